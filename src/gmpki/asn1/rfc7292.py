"""PKCS #12: private keys and certificates in one file under a password (RFC 7292).

The standard allows BER throughout. What is read here is DER: :func:`~gmpki.asn1.ber.ber_to_der` comes first, once for
the file, and once for each structure that stands inside an OCTET STRING or was decrypted.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gmpki import _inputs
from gmpki.asn1 import der
from gmpki.asn1._schema import Schema, der_of
from gmpki.asn1.rfc5280 import AlgorithmIdentifier
from gmpki.asn1.rfc5280.ext_names import Attribute
from gmpki.asn1.rfc5652 import ContentInfo
from gmpki.errors import LimitExceeded

if TYPE_CHECKING:
    from gmpki.asn1.der import Reader
    from gmpki.oids import ObjectIdentifier

__all__ = [
    "MAX_BAGS",
    "PFX",
    "AuthenticatedSafe",
    "MacData",
    "PKCS12PBEParams",
    "SafeBag",
    "SafeContents",
    "TypedValue",
]

MAX_BAGS: Final = 1024
"""The most elements that one SafeContents, or one AuthenticatedSafe, may have."""

_VERSION: Final = 3
# Above any honest value, and small enough that arithmetic on them is free.
_MAX_COUNT: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class MacData(Schema):
    """``SEQUENCE { mac DigestInfo, macSalt OCTET STRING, iterations INTEGER DEFAULT 1 }``, where DigestInfo is
    ``SEQUENCE { digestAlgorithm AlgorithmIdentifier, digest OCTET STRING }``.

    :ivar algorithm: a hash, for the HMAC of RFC 7292 appendix B; or PBMAC1, whose parameters then say everything and
        salt and iterations mean nothing (RFC 9579).
    :ivar digest: the MAC.
    :standard: RFC 7292 4
    """

    algorithm: AlgorithmIdentifier
    digest: bytes
    salt: bytes
    iterations: int = 1

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> MacData:
        """Read a MacData."""
        with reader.sequence(name) as fields:
            with fields.sequence("mac") as info:
                # Not read in place: that would note NULL beside SM3, which is the usual form here.
                algorithm = AlgorithmIdentifier.from_der(info.raw_element("digestAlgorithm"))
                digest = info.octet_string("digest")
            salt = fields.octet_string("macSalt")
            at = fields.offset
            iterations = fields.integer_default(1, "iterations")
            if not 0 < iterations <= _MAX_COUNT:
                raise fields.error("the number of iterations is no positive one of 63 bits", "iterations", offset=at)
        return cls(algorithm, digest, salt, iterations)

    def to_der(self) -> bytes:
        """Encode the structure as DER."""
        algorithm = der_of(self.algorithm, AlgorithmIdentifier, "algorithm")
        return der.encode_sequence(
            der.encode_sequence(algorithm, der.encode_octet_string(self.digest)),
            der.encode_octet_string(self.salt),
            b"" if self.iterations == 1 else der.encode_integer(self.iterations),
        )


@dataclass(frozen=True, slots=True)
class PFX(Schema):
    """``SEQUENCE { version INTEGER (3), authSafe ContentInfo, macData MacData OPTIONAL }``: the whole file.

    :standard: RFC 7292 4
    """

    auth_safe: ContentInfo
    mac_data: MacData | None = None

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> PFX:
        """Read a PFX."""
        with reader.sequence(name) as fields:
            fields.integer("version", minimum=_VERSION, maximum=_VERSION)
            auth_safe = ContentInfo.read(fields, "authSafe")
            mac_data = None if fields.at_end() else MacData.read(fields, "macData")
        return cls(auth_safe, mac_data)

    def to_der(self) -> bytes:
        """Encode the structure as DER."""
        return der.encode_sequence(
            der.encode_integer(_VERSION),
            der_of(self.auth_safe, ContentInfo, "auth_safe"),
            b"" if self.mac_data is None else der_of(self.mac_data, MacData, "mac_data"),
        )


@dataclass(frozen=True, slots=True)
class AuthenticatedSafe(Schema):
    """``SEQUENCE OF ContentInfo``: Data where the contents are plain, EncryptedData where they are under a password,
    EnvelopedData where they are under a key.

    :standard: RFC 7292 4.1
    """

    contents: tuple[ContentInfo, ...]

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> AuthenticatedSafe:
        """Read an AuthenticatedSafe.

        :raises LimitExceeded: when it has more than 1024 elements.
        """
        contents: list[ContentInfo] = []
        with reader.sequence(name) as items:
            while not items.at_end():
                _check_count(contents, "safes")
                contents.append(ContentInfo.read(items, f"contentInfo[{len(contents)}]"))
        return cls(tuple(contents))

    def to_der(self) -> bytes:
        """Encode the structure as DER."""
        _inputs.member(self.contents, tuple, "contents")
        return der.encode_sequence(*(der_of(one, ContentInfo, "a content") for one in self.contents))


@dataclass(frozen=True, slots=True)
class SafeBag(Schema):
    """``SEQUENCE { bagId OBJECT IDENTIFIER, bagValue [0] EXPLICIT ANY, bagAttributes SET OF Attribute OPTIONAL }``.

    :ivar value: the exact DER of the value; not shown by ``repr``, it may be a private key.
    :ivar attributes: in the order of the encoding.
    :standard: RFC 7292 4.2
    """

    bag_id: ObjectIdentifier
    value: bytes = field(repr=False)
    attributes: tuple[Attribute, ...] = ()

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> SafeBag:
        """Read a SafeBag."""
        attributes = []
        with reader.sequence(name) as fields:
            bag_id = fields.oid("bagId")
            with fields.explicit(0, "bagValue") as inner:
                value = inner.raw_element()
            if not fields.at_end():
                with fields.set_of("bagAttributes") as items:
                    while not items.at_end():
                        attributes.append(Attribute.read(items, "attribute"))
        return cls(bag_id, value, tuple(attributes))

    def to_der(self) -> bytes:
        """Encode the structure as DER."""
        _inputs.member(self.attributes, tuple, "attributes")
        attributes = [der_of(one, Attribute, "an attribute") for one in self.attributes]
        return der.encode_sequence(
            der.encode_oid(self.bag_id),
            der.encode_explicit(0, self.value),
            der.encode_set_of(attributes) if attributes else b"",
        )


@dataclass(frozen=True, slots=True)
class SafeContents(Schema):
    """``SEQUENCE OF SafeBag``.

    :standard: RFC 7292 4.2
    """

    bags: tuple[SafeBag, ...]

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> SafeContents:
        """Read a SafeContents.

        :raises LimitExceeded: when it has more than 1024 bags.
        """
        bags: list[SafeBag] = []
        with reader.sequence(name) as items:
            while not items.at_end():
                _check_count(bags, "bags")
                bags.append(SafeBag.read(items, f"bag[{len(bags)}]"))
        return cls(tuple(bags))

    def to_der(self) -> bytes:
        """Encode the structure as DER."""
        _inputs.member(self.bags, tuple, "bags")
        return der.encode_sequence(*(der_of(bag, SafeBag, "a bag") for bag in self.bags))


@dataclass(frozen=True, slots=True)
class TypedValue(Schema):
    """``SEQUENCE { id OBJECT IDENTIFIER, value [0] EXPLICIT ANY }``: CertBag, CRLBag and SecretBag are this.

    :ivar value: the exact DER of the value; an OCTET STRING around an X.509 certificate or revocation list.
    :standard: RFC 7292 4.2.3 to 4.2.5
    """

    type: ObjectIdentifier
    value: bytes = field(repr=False)

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> TypedValue:
        """Read a CertBag, CRLBag or SecretBag."""
        with reader.sequence(name) as fields:
            kind = fields.oid("id")
            with fields.explicit(0, "value") as inner:
                return cls(kind, inner.raw_element())

    def to_der(self) -> bytes:
        """Encode the structure as DER."""
        return der.encode_sequence(der.encode_oid(self.type), der.encode_explicit(0, self.value))


@dataclass(frozen=True, slots=True)
class PKCS12PBEParams(Schema):
    """``SEQUENCE { salt OCTET STRING, iterations INTEGER }``: the parameters of the old encryption schemes.

    :standard: RFC 7292 appendix C
    """

    salt: bytes
    iterations: int

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> PKCS12PBEParams:
        """Read pkcs-12PbeParams."""
        with reader.sequence(name) as fields:
            return cls(fields.octet_string("salt"), fields.integer("iterations", minimum=1, maximum=_MAX_COUNT))

    def to_der(self) -> bytes:
        """Encode the structure as DER."""
        return der.encode_sequence(der.encode_octet_string(self.salt), der.encode_integer(self.iterations))


def _check_count(found: list[ContentInfo] | list[SafeBag], what: str) -> None:
    if len(found) >= MAX_BAGS:
        raise LimitExceeded(f"more than {MAX_BAGS} {what} in one PKCS #12 file")
