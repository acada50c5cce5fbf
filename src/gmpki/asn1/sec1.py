"""Elliptic-curve domain parameters written out in full (SEC 1, X9.62), as some keys carry them instead of a name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gmpki import oids
from gmpki.asn1 import der
from gmpki.asn1._schema import Schema

if TYPE_CHECKING:
    from gmpki.asn1.der import Reader

__all__ = ["SpecifiedECDomain"]


@dataclass(frozen=True, slots=True)
class SpecifiedECDomain(Schema):
    """``SEQUENCE { version INTEGER (1..3), fieldID SEQUENCE { prime-field, prime INTEGER }, curve SEQUENCE { a OCTET
    STRING, b OCTET STRING, seed BIT STRING OPTIONAL }, base OCTET STRING, order INTEGER, cofactor INTEGER OPTIONAL }``.

    Curves over prime fields only. The hash field that SEC 1 allows at the end is refused.

    :ivar base: the encoded generator.
    :ivar cofactor: None when absent.
    :standard: SEC 1 v2 C.2
    """

    version: int
    prime: int
    a: bytes
    b: bytes
    seed: bytes | None
    base: bytes
    order: int
    cofactor: int | None

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> SpecifiedECDomain:
        """Read a SpecifiedECDomain over a prime field."""
        seed = cofactor = None
        with reader.sequence(name) as fields:
            version = fields.integer("version", minimum=1, maximum=3)
            with fields.sequence("fieldID") as field_id:
                at = field_id.offset
                if field_id.oid("fieldType") != oids.PRIME_FIELD:
                    raise field_id.error("only curves over prime fields are read", "fieldType", offset=at)
                prime = field_id.integer("prime", minimum=0)
            with fields.sequence("curve") as curve:
                a, b = curve.octet_string("a"), curve.octet_string("b")
                if curve.next_is(der.Tag.BIT_STRING):
                    seed = curve.bit_string_bytes("seed")
            base = fields.octet_string("base")
            order = fields.integer("order", minimum=0)
            if fields.next_is(der.Tag.INTEGER):
                cofactor = fields.integer("cofactor", minimum=0)
        return cls(version, prime, a, b, seed, base, order, cofactor)

    def to_der(self) -> bytes:
        """Encode the structure as DER."""
        return der.encode_sequence(
            der.encode_integer(self.version),
            der.encode_sequence(der.encode_oid(oids.PRIME_FIELD), der.encode_integer(self.prime)),
            der.encode_sequence(
                der.encode_octet_string(self.a),
                der.encode_octet_string(self.b),
                b"" if self.seed is None else der.encode_bit_string(self.seed),
            ),
            der.encode_octet_string(self.base),
            der.encode_integer(self.order),
            b"" if self.cofactor is None else der.encode_integer(self.cofactor),
        )
