"""Extensions about keys: which one it is, what for and how long (RFC 5280 4.2.1.1 to 4.2.1.3 and 4.2.1.12)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag
from typing import TYPE_CHECKING, ClassVar, Final

from gmpki import oids
from gmpki.asn1 import der
from gmpki.asn1.rfc5280._extension_value import ExtensionValue, check_items, encode_flags, has_items, read_sequence_of
from gmpki.asn1.rfc5280.general_name import GeneralName, encode_general_names, read_general_names
from gmpki.errors import InvalidInputError

if TYPE_CHECKING:
    from datetime import datetime

    from gmpki.asn1.der import Reader
    from gmpki.oids import ObjectIdentifier

__all__ = [
    "AuthorityKeyIdentifier",
    "ExtendedKeyUsage",
    "KeyUsage",
    "KeyUsages",
    "PrivateKeyUsagePeriod",
    "SubjectKeyIdentifier",
]

_KEY_IDENTIFIER: Final = der.Tag.context(0)
_CERT_ISSUER: Final = der.Tag.context(1, constructed=True)
_CERT_SERIAL: Final = der.Tag.context(2)
_NOT_BEFORE: Final = der.Tag.context(0)
_NOT_AFTER: Final = der.Tag.context(1)


@dataclass(frozen=True, slots=True)
class AuthorityKeyIdentifier(ExtensionValue):
    """``SEQUENCE { keyIdentifier [0] OCTET STRING OPTIONAL, authorityCertIssuer [1] GeneralNames OPTIONAL,
    authorityCertSerialNumber [2] INTEGER OPTIONAL }``, tags implicit.

    Issuer and serial number of the authority's certificate stand together or not at all.

    :ivar key_identifier: the identifier of the issuer's key, of any length; None when absent.
    :ivar authority_cert_issuer: empty when absent.
    :ivar authority_cert_serial_number: None when absent.
    :standard: RFC 5280 4.2.1.1
    """

    OID: ClassVar[ObjectIdentifier] = oids.AUTHORITY_KEY_IDENTIFIER
    FIXED: ClassVar[bool] = True

    key_identifier: bytes | None = None
    authority_cert_issuer: tuple[GeneralName, ...] = ()
    authority_cert_serial_number: int | None = None

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> AuthorityKeyIdentifier:
        """Read an AuthorityKeyIdentifier."""
        key_identifier = serial_number = None
        issuer: tuple[GeneralName, ...] = ()
        with reader.sequence(name) as fields:
            if fields.next_is(_KEY_IDENTIFIER):
                key_identifier = fields.octet_string("keyIdentifier", tag=_KEY_IDENTIFIER)
            if fields.next_is(_CERT_ISSUER):
                issuer = read_general_names(fields, "authorityCertIssuer", tag=_CERT_ISSUER)
            if fields.next_is(_CERT_SERIAL):
                serial_number = fields.integer("authorityCertSerialNumber", tag=_CERT_SERIAL)
            if bool(issuer) != (serial_number is not None):
                raise fields.error("authorityCertIssuer and authorityCertSerialNumber come together or not at all")
        return cls(key_identifier, issuer, serial_number)

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidInputError: when all fields are absent, or only one of issuer and serial number is there.
        """
        key_identifier, issuer, serial_number = self.key_identifier, b"", self.authority_cert_serial_number
        has_issuer = has_items(self.authority_cert_issuer, "authority_cert_issuer")
        if has_issuer != (serial_number is not None):
            raise InvalidInputError(
                "authority_cert_issuer and authority_cert_serial_number are given together or not at all"
            )
        if has_issuer:
            issuer = der.encode_implicit(1, encode_general_names(self.authority_cert_issuer))
        elif key_identifier is None:
            raise InvalidInputError("an AuthorityKeyIdentifier needs a key identifier, or an issuer and serial number")
        return der.encode_sequence(
            b"" if key_identifier is None else der.encode_octet_string(key_identifier, tag=_KEY_IDENTIFIER),
            issuer,
            b"" if serial_number is None else der.encode_integer(serial_number, tag=_CERT_SERIAL),
        )


@dataclass(frozen=True, slots=True)
class SubjectKeyIdentifier(ExtensionValue):
    """``OCTET STRING``: 20 bytes when it is a SHA-1 value, 32 when it is one of SM3, but any length is read.

    :standard: RFC 5280 4.2.1.2
    """

    OID: ClassVar[ObjectIdentifier] = oids.SUBJECT_KEY_IDENTIFIER
    FIXED: ClassVar[bool] = True

    key_identifier: bytes

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> SubjectKeyIdentifier:
        """Read a SubjectKeyIdentifier."""
        return cls(reader.octet_string(name))

    def to_der(self) -> bytes:
        """Encode the structure as DER."""
        return der.encode_octet_string(self.key_identifier)


class KeyUsages(IntFlag):
    """What a key may be used for; bit n of the standard is ``1 << n``.

    :standard: RFC 5280 4.2.1.3
    """

    DIGITAL_SIGNATURE = 1 << 0
    NON_REPUDIATION = 1 << 1
    KEY_ENCIPHERMENT = 1 << 2
    DATA_ENCIPHERMENT = 1 << 3
    KEY_AGREEMENT = 1 << 4
    KEY_CERT_SIGN = 1 << 5
    CRL_SIGN = 1 << 6
    ENCIPHER_ONLY = 1 << 7
    DECIPHER_ONLY = 1 << 8


_ALL_USAGES: Final = 0x1FF


@dataclass(frozen=True, slots=True)
class KeyUsage(ExtensionValue):
    """``BIT STRING`` with the named bits of :class:`KeyUsages`.

    Bits that have no name are ignored when read.

    :standard: RFC 5280 4.2.1.3
    """

    OID: ClassVar[ObjectIdentifier] = oids.KEY_USAGE
    CRITICAL: ClassVar[bool] = True

    usages: KeyUsages

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> KeyUsage:
        """Read a KeyUsage."""
        return cls(KeyUsages(reader.named_bits(name) & _ALL_USAGES))

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidTypeError: when the usages are no :class:`KeyUsages`.
        :raises InvalidInputError: when none is set.
        """
        return encode_flags(self.usages, KeyUsages, _ALL_USAGES, "usages")


@dataclass(frozen=True, slots=True)
class PrivateKeyUsagePeriod(ExtensionValue):
    """``SEQUENCE { notBefore [0] GeneralizedTime OPTIONAL, notAfter [1] GeneralizedTime OPTIONAL }``, tags implicit.

    One of them is there.

    :standard: RFC 3280 4.2.1.4; RFC 5280 leaves it to X.509
    """

    OID: ClassVar[ObjectIdentifier] = oids.PRIVATE_KEY_USAGE_PERIOD

    not_before: datetime | None = None
    not_after: datetime | None = None

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> PrivateKeyUsagePeriod:
        """Read a PrivateKeyUsagePeriod."""
        not_before = not_after = None
        with reader.sequence(name) as fields:
            if fields.at_end():
                raise fields.error("notBefore, notAfter or both expected, but nothing is there")
            if fields.next_is(_NOT_BEFORE):
                not_before = fields.generalized_time("notBefore", tag=_NOT_BEFORE)
            if fields.next_is(_NOT_AFTER):
                not_after = fields.generalized_time("notAfter", tag=_NOT_AFTER)
        return cls(not_before, not_after)

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidInputError: when both times are absent or the first is after the second; for times without
            time zone or with a fraction of a second.
        """
        if self.not_before is None and self.not_after is None:
            raise InvalidInputError("a PrivateKeyUsagePeriod needs not_before, not_after or both")
        encoded = der.encode_sequence(
            b"" if self.not_before is None else der.encode_generalized_time(self.not_before, tag=_NOT_BEFORE),
            b"" if self.not_after is None else der.encode_generalized_time(self.not_after, tag=_NOT_AFTER),
        )
        if self.not_before is not None and self.not_after is not None and self.not_before > self.not_after:
            raise InvalidInputError("not_before is after not_after")
        return encoded


@dataclass(frozen=True, slots=True)
class ExtendedKeyUsage(ExtensionValue):
    """``SEQUENCE SIZE (1..MAX) OF OBJECT IDENTIFIER``: the purposes a key is certified for.

    :standard: RFC 5280 4.2.1.12
    """

    OID: ClassVar[ObjectIdentifier] = oids.EXTENDED_KEY_USAGE

    purposes: tuple[ObjectIdentifier, ...]

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> ExtendedKeyUsage:
        """Read an ExtKeyUsageSyntax."""
        return cls(read_sequence_of(reader, name, "keyPurposeId", _read_oid))

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidTypeError: when the purposes are no tuple of object identifiers.
        :raises InvalidInputError: when there is none, or one stands twice.
        """
        check_items(self.purposes, "purposes")
        encoded = [der.encode_oid(purpose) for purpose in self.purposes]
        if len(set(encoded)) != len(encoded):
            raise InvalidInputError("a purpose stands twice in purposes")
        return der.encode_sequence(*encoded)


def _read_oid(reader: Reader, name: str) -> ObjectIdentifier:
    return reader.oid(name)
