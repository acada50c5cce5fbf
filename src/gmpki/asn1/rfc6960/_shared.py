"""What requests and responses share: identifiers of certificates, signatures, lists with bounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from gmpki.asn1 import der
from gmpki.asn1._schema import Schema, der_of
from gmpki.asn1.quirks import QuirkKind
from gmpki.asn1.rfc5280 import AlgorithmIdentifier, Extension, read_extensions

if TYPE_CHECKING:
    from collections.abc import Callable

    from gmpki.asn1.der import Reader

__all__ = [
    "MAX_CERTIFICATES",
    "MAX_REQUESTS",
    "CertID",
    "Signature",
    "optional_extensions",
    "read_version",
    "sequence_of",
]

T = TypeVar("T")

MAX_REQUESTS: Final = 1024
"""How many certificates a request asks about, or a response answers for, at most."""
MAX_CERTIFICATES: Final = 32
"""How many certificates a request or response brings along at most."""


def sequence_of(reader: Reader, name: str, read: Callable[[Reader], T], most: int) -> tuple[T, ...]:
    """Read a SEQUENCE OF with a bound on its elements."""
    values: list[T] = []
    with reader.sequence(name) as elements:
        while not elements.at_end():
            if len(values) == most:
                raise elements.error(f"more than {most} elements")
            values.append(read(elements))
    return tuple(values)


def optional_extensions(reader: Reader, number: int, name: str) -> tuple[Extension, ...]:
    """Read ``[number] EXPLICIT Extensions OPTIONAL``."""
    if not reader.next_is(der.Tag.context(number, constructed=True)):
        return ()
    with reader.explicit(number, name) as wrapped:
        return read_extensions(wrapped, "")


def optional_certificates(reader: Reader) -> tuple[bytes, ...]:
    """Read ``certs [0] EXPLICIT SEQUENCE OF Certificate OPTIONAL`` without looking into the certificates."""
    if not reader.next_is(der.Tag.context(0, constructed=True)):
        return ()
    with reader.explicit(0, "certs") as wrapped:
        return sequence_of(wrapped, "", lambda element: element.raw_element("Certificate"), MAX_CERTIFICATES)


def read_version(reader: Reader) -> None:
    """Read ``version [0] EXPLICIT Version DEFAULT v1``; v1 is the only one, so DER leaves the field out."""
    if reader.next_is(der.Tag.context(0, constructed=True)):
        at = reader.offset
        with reader.explicit(0, "version") as wrapped:
            wrapped.integer(minimum=0, maximum=0)
        message = "the default value v1 is left out in DER"
        reader.tolerate(QuirkKind.EXPLICIT_DEFAULT, message, "version", offset=at)


@dataclass(frozen=True, slots=True, eq=False)
class CertID(Schema):
    """``SEQUENCE { hashAlgorithm AlgorithmIdentifier, issuerNameHash OCTET STRING, issuerKeyHash OCTET STRING,
    serialNumber CertificateSerialNumber }``.

    Two of them are equal when they name the same certificate by the same hash; parameters of the hash that are absent
    or NULL make no difference.

    :ivar issuer_name_hash: the hash of the DER of the issuer's name.
    :ivar issuer_key_hash: the hash of the bytes of the issuer's subjectPublicKey, without tag, length and unused bits.
    :standard: RFC 6960 4.1.1
    """

    hash_algorithm: AlgorithmIdentifier
    issuer_name_hash: bytes
    issuer_key_hash: bytes
    serial_number: int

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> CertID:
        """Read a CertID."""
        with reader.sequence(name) as fields:
            return cls(
                AlgorithmIdentifier.read(fields, "hashAlgorithm"),
                fields.octet_string("issuerNameHash"),
                fields.octet_string("issuerKeyHash"),
                fields.integer("serialNumber"),
            )

    def to_der(self) -> bytes:
        """Encode the structure as DER."""
        return der.encode_sequence(
            der_of(self.hash_algorithm, AlgorithmIdentifier, "hash_algorithm"),
            der.encode_octet_string(self.issuer_name_hash),
            der.encode_octet_string(self.issuer_key_hash),
            der.encode_integer(self.serial_number),
        )

    @property
    def _key(self) -> tuple[str, bytes | None, bytes, bytes, int]:
        algorithm = self.hash_algorithm
        parameters = None if algorithm.has_no_parameters else algorithm.parameters
        return algorithm.algorithm, parameters, self.issuer_name_hash, self.issuer_key_hash, self.serial_number

    def __eq__(self, other: object) -> bool:
        return self._key == other._key if isinstance(other, CertID) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._key)


@dataclass(frozen=True, slots=True)
class Signature(Schema):
    """``SEQUENCE { signatureAlgorithm AlgorithmIdentifier, signature BIT STRING, certs [0] EXPLICIT SEQUENCE OF
    Certificate OPTIONAL }``.

    :ivar certificates: the exact DER of each.
    :standard: RFC 6960 4.1.1
    """

    algorithm: AlgorithmIdentifier
    signature: bytes
    certificates: tuple[bytes, ...] = ()

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> Signature:
        """Read a Signature."""
        with reader.sequence(name) as fields:
            return cls.read_fields(fields)

    @classmethod
    def read_fields(cls, fields: Reader) -> Signature:
        """Read the three fields where no SEQUENCE is around them: in a BasicOCSPResponse."""
        algorithm = AlgorithmIdentifier.read(fields, "signatureAlgorithm")
        signature = fields.bit_string_bytes("signature")
        return cls(algorithm, signature, optional_certificates(fields))

    def fields_der(self) -> bytes:
        """Encode the three fields without a SEQUENCE around them."""
        certificates = der.encode_sequence(*self.certificates) if self.certificates else b""
        return (
            der_of(self.algorithm, AlgorithmIdentifier, "algorithm")
            + der.encode_bit_string(self.signature)
            + der.encode_explicit(0, certificates)
        )

    def to_der(self) -> bytes:
        """Encode the structure as DER."""
        return der.encode_sequence(self.fields_der())
