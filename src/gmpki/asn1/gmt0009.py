"""Data formats of SM2: signatures and ciphertexts (GM/T 0009-2012, GB/T 35276-2017)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gmpki.asn1 import der
from gmpki.asn1._schema import Schema

if TYPE_CHECKING:
    from gmpki.asn1.der import Reader

__all__ = ["SM2Cipher", "SM2Signature"]

_MAX = 2**256 - 1
_SM3_LEN = 32


@dataclass(frozen=True, slots=True)
class SM2Signature(Schema):
    """``SEQUENCE { r INTEGER, s INTEGER }``, each of at most 256 bits and not negative.

    Whether r and s lie in [1, n-1] is for the verification to say.

    :standard: GB/T 35276-2017 7.3
    """

    r: int
    s: int

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> SM2Signature:
        """Read an SM2Signature."""
        with reader.sequence(name) as fields:
            return cls(
                fields.integer("r", minimum=0, maximum=_MAX),
                fields.integer("s", minimum=0, maximum=_MAX),
            )

    def to_der(self) -> bytes:
        """Encode the structure as DER."""
        return der.encode_sequence(der.encode_integer(self.r), der.encode_integer(self.s))


@dataclass(frozen=True, slots=True)
class SM2Cipher(Schema):
    """``SEQUENCE { XCoordinate INTEGER, YCoordinate INTEGER, HASH OCTET STRING (SIZE (32)), CipherText OCTET STRING
    }``.

    The coordinates are at most 256 bits and not negative; whether they are a point on the curve, the decryption finds.

    :ivar hash: C3, 32 bytes.
    :ivar cipher_text: C2, as long as the plaintext.
    :standard: GB/T 35276-2017 7.2
    """

    x: int
    y: int
    hash: bytes
    cipher_text: bytes

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> SM2Cipher:
        """Read an SM2Cipher."""
        with reader.sequence(name) as fields:
            return cls(
                fields.integer("XCoordinate", minimum=0, maximum=_MAX),
                fields.integer("YCoordinate", minimum=0, maximum=_MAX),
                fields.octet_string("HASH", size=_SM3_LEN),
                fields.octet_string("CipherText"),
            )

    def to_der(self) -> bytes:
        """Encode the structure as DER."""
        return der.encode_sequence(
            der.encode_integer(self.x),
            der.encode_integer(self.y),
            der.encode_octet_string(self.hash),
            der.encode_octet_string(self.cipher_text),
        )
