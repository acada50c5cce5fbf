"""The frame that certificates, revocation lists, requests and OCSP responses share: contents, algorithm, signature."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from gmpki.asn1 import der
from gmpki.asn1._schema import Schema, der_of
from gmpki.asn1.rfc5280.algorithm import AlgorithmIdentifier

if TYPE_CHECKING:
    from gmpki.asn1.der import Reader

__all__ = ["SignedStructure", "read_signed"]

S = TypeVar("S", bound=Schema)


@dataclass(frozen=True, slots=True)
class SignedStructure(Schema):
    """``SEQUENCE { what is signed, signatureAlgorithm AlgorithmIdentifier, signature BIT STRING }``.

    :ivar tbs_der: the exact bytes that are signed, one SEQUENCE.
    :ivar signature: the bytes of the BIT STRING, which has no unused bits.
    :standard: RFC 5280 4.1.1 and 5.1.1
    """

    tbs_der: bytes
    signature_algorithm: AlgorithmIdentifier
    signature: bytes

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> SignedStructure:
        """Read the frame; what is signed is not looked at."""
        with reader.sequence(name) as fields:
            return cls(
                fields.exact(der.Tag.SEQUENCE, "tbs"),
                AlgorithmIdentifier.read(fields, "signatureAlgorithm"),
                fields.bit_string_bytes("signature"),
            )

    def to_der(self) -> bytes:
        """Encode the structure as DER."""
        return der.encode_sequence(
            self.tbs_der,
            der_of(self.signature_algorithm, AlgorithmIdentifier, "signature_algorithm"),
            der.encode_bit_string(self.signature),
        )


def read_signed(reader: Reader, kind: type[S], name: str, tbs_name: str) -> tuple[SignedStructure, S]:
    """Read the frame and, in its place, what is signed.

    :param kind: the structure that is signed.
    :param name: the field name of the frame; tbs_name that of what is signed.
    :raises DecodeError: when it is not there or breaks a rule.
    """
    with reader.sequence(name) as fields:
        at = fields.offset
        tbs = kind.read(fields, tbs_name)
        tbs_der = fields.since(at)
        signed = SignedStructure(
            tbs_der,
            AlgorithmIdentifier.read(fields, "signatureAlgorithm"),
            fields.bit_string_bytes("signature"),
        )
    return signed, tbs
