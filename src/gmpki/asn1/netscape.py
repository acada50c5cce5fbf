"""Extensions of Netscape's certificate specifications, obsolete but still met: types, comment and addresses."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag
from typing import TYPE_CHECKING, ClassVar, Final, TypeVar

from gmpki import oids
from gmpki.asn1 import der
from gmpki.asn1.rfc5280._extension_value import ExtensionValue, encode_flags

if TYPE_CHECKING:
    from gmpki.asn1.der import Reader
    from gmpki.oids import ObjectIdentifier

__all__ = [
    "NetscapeBaseURL",
    "NetscapeCAPolicyURL",
    "NetscapeCARevocationURL",
    "NetscapeCertType",
    "NetscapeCertTypes",
    "NetscapeComment",
    "NetscapeRenewalURL",
    "NetscapeRevocationURL",
    "NetscapeSSLServerName",
]

T = TypeVar("T", bound="NetscapeText")


class NetscapeCertTypes(IntFlag):
    """What a certificate is for; bit n of the specification is ``1 << n``, and bit 4 is reserved."""

    SSL_CLIENT = 1 << 0
    SSL_SERVER = 1 << 1
    SMIME = 1 << 2
    OBJECT_SIGNING = 1 << 3
    RESERVED = 1 << 4
    SSL_CA = 1 << 5
    SMIME_CA = 1 << 6
    OBJECT_SIGNING_CA = 1 << 7


_ALL_TYPES: Final = 0xFF


@dataclass(frozen=True, slots=True)
class NetscapeCertType(ExtensionValue):
    """``BIT STRING`` with the named bits of :class:`NetscapeCertTypes`; bits without a name are ignored when read.

    :standard: Netscape Certificate Extensions, netscape-cert-type
    """

    OID: ClassVar[ObjectIdentifier] = oids.NETSCAPE_CERT_TYPE

    types: NetscapeCertTypes

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> NetscapeCertType:
        """Read the types."""
        return cls(NetscapeCertTypes(reader.named_bits(name) & _ALL_TYPES))

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidTypeError: when the types are no :class:`NetscapeCertTypes`.
        :raises InvalidInputError: when none is set.
        """
        return encode_flags(self.types, NetscapeCertTypes, _ALL_TYPES, "types")


@dataclass(frozen=True, slots=True)
class NetscapeText(ExtensionValue):
    """``IA5String``, which all other extensions of the specification hold."""

    text: str

    @classmethod
    def read(cls: type[T], reader: Reader, name: str = "") -> T:
        """Read the text."""
        return cls(reader.ia5_string(name))

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidTypeError: when the text is no ``str``.
        :raises InvalidInputError: when it is not ASCII.
        """
        return der.encode_ia5_string(self.text)


class NetscapeBaseURL(NetscapeText):
    """What the other addresses are relative to."""

    __slots__ = ()
    OID: ClassVar[ObjectIdentifier] = oids.NETSCAPE_BASE_URL


class NetscapeRevocationURL(NetscapeText):
    """Where to ask whether a certificate is revoked."""

    __slots__ = ()
    OID: ClassVar[ObjectIdentifier] = oids.NETSCAPE_REVOCATION_URL


class NetscapeCARevocationURL(NetscapeText):
    """Where to ask whether a certificate of this authority is revoked."""

    __slots__ = ()
    OID: ClassVar[ObjectIdentifier] = oids.NETSCAPE_CA_REVOCATION_URL


class NetscapeRenewalURL(NetscapeText):
    """Where to renew the certificate."""

    __slots__ = ()
    OID: ClassVar[ObjectIdentifier] = oids.NETSCAPE_RENEWAL_URL


class NetscapeCAPolicyURL(NetscapeText):
    """Where the policy of the authority is."""

    __slots__ = ()
    OID: ClassVar[ObjectIdentifier] = oids.NETSCAPE_CA_POLICY_URL


class NetscapeSSLServerName(NetscapeText):
    """The host name of the server."""

    __slots__ = ()
    OID: ClassVar[ObjectIdentifier] = oids.NETSCAPE_SSL_SERVER_NAME


class NetscapeComment(NetscapeText):
    """A comment for people."""

    __slots__ = ()
    OID: ClassVar[ObjectIdentifier] = oids.NETSCAPE_COMMENT
