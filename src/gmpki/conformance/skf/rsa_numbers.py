"""RSA by its numbers, so that what a token makes can be taken apart: keys, and the blocks inside (RFC 8017)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gmpki.asn1.der import Reader
from gmpki.asn1.rfc5958 import PrivateKeyInfo
from gmpki.conformance.model import Words
from gmpki.tokens.skf.structures import RsaPrivateKey, RsaPublicKey

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["EXPONENT", "SoftwareKey", "encrypted", "mistake_in_signature", "padded", "signature_block", "unpadded"]

EXPONENT: Final = 65537
_LEAST_PADDING_LEN: Final = 8


@dataclass(frozen=True, slots=True)
class SoftwareKey:
    """A key pair made here. Immutable; what is secret in it does not show in its representation.

    :ivar pkcs1: RSAPrivateKey in DER (RFC 8017 A.1.2).
    """

    private: RsaPrivateKey
    pkcs1: bytes = field(repr=False)

    @classmethod
    def generate(cls, bits: int) -> SoftwareKey:
        """Make a pair with the exponent 65537.

        :param bits: of the modulus, 1024 or 2048.
        """
        from gmpki.algorithms.rsa import PrivateHandle

        pkcs1 = PrivateKeyInfo.from_der(PrivateHandle.generate(bits).to_der()).private_key
        with Reader(pkcs1).sequence("RSAPrivateKey") as fields:
            _version, n, e, d, p, q, dp, dq, inverse = (fields.integer() for _ in range(9))
        whole, half = bits // 8, bits // 16
        values = (value.to_bytes(half, "big") for value in (p, q, dp, dq, inverse))
        return cls(RsaPrivateKey(bits, n.to_bytes(whole, "big"), e, d.to_bytes(whole, "big"), *values), pkcs1)

    @property
    def public(self) -> RsaPublicKey:
        """Its public key."""
        return self.private.public_key

    def raw(self, block: bytes) -> bytes:
        """Return the bare private operation on a block as long as the modulus."""
        return _power(block, self.private.private_exponent, self.private.modulus)

    def sign(self, data: bytes) -> bytes:
        """Return the signature of data, which is not hashed, by PKCS#1 v1.5."""
        return self.raw(padded(data, len(self.private.modulus)))


def _power(block: bytes, exponent: bytes, modulus: bytes) -> bytes:
    number = pow(int.from_bytes(block, "big"), int.from_bytes(exponent, "big"), int.from_bytes(modulus, "big"))
    return number.to_bytes(len(modulus), "big")


def signature_block(key: RsaPublicKey, signature: bytes) -> bytes:
    """Return the block that a signature holds: the bare public operation."""
    return _power(signature, key.exponent.to_bytes(4, "big"), key.modulus)


def padded(data: bytes, length: int) -> bytes:
    """Return the block of a signature of a modulus of length bytes (RFC 8017 9.2, with data for its DigestInfo)."""
    return b"\0\1" + b"\xff" * (length - 3 - len(data)) + b"\0" + data


def encrypted(key: RsaPublicKey, message: bytes) -> bytes:
    """Return a message encrypted to a key by PKCS#1 v1.5 (RFC 8017 7.2.1)."""
    filling = bytes(secrets.randbelow(255) + 1 for _ in range(len(key.modulus) - 3 - len(message)))
    return signature_block(key, b"\0\2" + filling + b"\0" + message)


def unpadded(block: bytes) -> bytes | None:
    """Return the message of a decrypted block (RFC 8017 7.2.2); None where it is none. For keys of the suite only."""
    end = block.find(b"\0", 2)
    return block[end + 1 :] if block[:2] == b"\0\2" and end >= 2 + _LEAST_PADDING_LEN else None


def mistake_in_signature(block: bytes, data: bytes, digests: Iterable[tuple[bytes, Words]]) -> Words | None:
    """Return what is wrong with the block of a signature of data; None where nothing is.

    :param digests: what the token might have hashed data to, and how that is called.
    """
    length = len(block)
    if block == padded(data, length):
        return None
    for content, words in digests:
        if block.endswith(content):
            return words
    if block == data.rjust(length, b"\0"):
        return Words("data is not padded", "未填充")
    if block == data.ljust(length, b"\0"):
        return Words("data is not padded, and stands at the beginning", "未填充，且数据左对齐")
    if block.endswith(b"\0" + data):
        return Words("the padding is not that of a signature (00 01 FF ... 00)", "填充不是签名填充（00 01 FF…00）")
    if block.endswith(data[::-1]):
        return Words("the bytes of data are reversed", "数据字节序颠倒")
    return Words("no known mistake explains it", "原因不明")
