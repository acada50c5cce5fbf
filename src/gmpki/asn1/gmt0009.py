"""Data formats of SM2: signatures, ciphertexts, enveloped keys (GM/T 0009-2012, GB/T 35276-2017)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gmpki.asn1 import der
from gmpki.asn1._schema import Schema, der_of
from gmpki.asn1.rfc5280 import AlgorithmIdentifier

if TYPE_CHECKING:
    from gmpki.asn1.der import Reader

__all__ = ["SM2Cipher", "SM2EnvelopedKey", "SM2Signature"]

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


@dataclass(frozen=True, slots=True)
class SM2EnvelopedKey(Schema):
    """``SEQUENCE { symAlgID AlgorithmIdentifier, symEncryptedKey SM2Cipher, Sm2PublicKey BIT STRING,
    Sm2EncryptedPrivateKey BIT STRING }``: a key pair on its way to the holder of another key.

    :ivar algorithm: the block cipher that encrypts the private key.
    :ivar encrypted_key: the block cipher's key, encrypted to the receiver.
    :ivar public_key: the point of the pair, 65 bytes (04, x, y); whether it is on the curve, the caller finds.
    :ivar encrypted_private_key: the private key, encrypted.
    :standard: GM/T 0009-2012, the format that protects a key pair
    """

    algorithm: AlgorithmIdentifier
    encrypted_key: SM2Cipher
    public_key: bytes
    encrypted_private_key: bytes

    @classmethod
    def read(cls, reader: Reader, name: str = "", *, tag: int = der.Tag.SEQUENCE) -> SM2EnvelopedKey:
        """Read an SM2EnvelopedKey; tag replaces the type's own where the field is ``[n] IMPLICIT``."""
        with reader.sequence(name, tag=tag) as fields:
            return cls(
                AlgorithmIdentifier.read(fields, "symAlgID"),
                SM2Cipher.read(fields, "symEncryptedKey"),
                fields.bit_string_bytes("Sm2PublicKey"),
                fields.bit_string_bytes("Sm2EncryptedPrivateKey"),
            )

    def to_der(self) -> bytes:
        """Encode the structure as DER."""
        return der.encode_sequence(
            der_of(self.algorithm, AlgorithmIdentifier, "algorithm"),
            der_of(self.encrypted_key, SM2Cipher, "encrypted_key"),
            der.encode_bit_string(self.public_key),
            der.encode_bit_string(self.encrypted_private_key),
        )
