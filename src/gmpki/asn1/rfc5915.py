"""ECPrivateKey of RFC 5915, which SEC 1 defines too: the inside of PKCS #8 and of the "EC PRIVATE KEY" form."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gmpki.asn1 import der
from gmpki.asn1._schema import Schema

if TYPE_CHECKING:
    from gmpki.asn1.der import Reader

__all__ = ["ECPrivateKey"]

_VERSION = 1


@dataclass(frozen=True, slots=True)
class ECPrivateKey(Schema):
    """``SEQUENCE { version INTEGER (1), privateKey OCTET STRING, parameters [0] ECParameters OPTIONAL, publicKey [1]
    BIT STRING OPTIONAL }``, tags explicit.

    :ivar private_key: the scalar, big endian. Secret; not shown by ``repr``.
    :ivar parameters: the exact DER of ECParameters; None when absent.
    :ivar public_key: the encoded point; None when absent.
    :standard: RFC 5915 3; SEC 1 v2 C.4
    """

    private_key: bytes = field(repr=False)
    parameters: bytes | None = None
    public_key: bytes | None = None

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> ECPrivateKey:
        """Read an ECPrivateKey."""
        parameters = public_key = None
        with reader.sequence(name) as fields:
            fields.integer("version", minimum=_VERSION, maximum=_VERSION)
            private_key = fields.octet_string("privateKey")
            if fields.next_is(der.Tag.context(0, constructed=True)):
                with fields.explicit(0, "parameters") as inner:
                    parameters = inner.raw_element()
            if fields.next_is(der.Tag.context(1, constructed=True)):
                with fields.explicit(1, "publicKey") as inner:
                    public_key = inner.bit_string_bytes()
        return cls(private_key, parameters, public_key)

    def to_der(self) -> bytes:
        """Encode the structure as DER."""
        point = b"" if self.public_key is None else der.encode_bit_string(self.public_key)
        return der.encode_sequence(
            der.encode_integer(_VERSION),
            der.encode_octet_string(self.private_key),
            der.encode_explicit(0, b"" if self.parameters is None else self.parameters),
            der.encode_explicit(1, point),
        )
