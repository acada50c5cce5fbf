"""The key derivation of PKCS #12, for old encryption schemes and for the MAC that most files have.

:standard: RFC 7292 appendix B
"""

from __future__ import annotations

import hashlib
from enum import IntEnum
from typing import TYPE_CHECKING, Final

from gmpki import oids
from gmpki._inputs import as_bytes, member, number
from gmpki.algorithms import sm3
from gmpki.errors import InvalidInputError, LimitExceeded

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Buffer

__all__ = ["HASHES", "KeyPurpose", "block_count", "derive", "hash_len"]

HASHES: Final = {
    oids.SM3: "sm3",
    oids.SM3_HASH: "sm3",
    oids.SHA1: "sha1",
    oids.SHA224: "sha224",
    oids.SHA256: "sha256",
    oids.SHA384: "sha384",
    oids.SHA512: "sha512",
}
"""The hashes by identifier."""

# Lengths in bytes of the digest and of the block of each hash: u and v in the standard.
_SIZES: Final = {
    "sm3": (32, 64),
    "sha1": (20, 64),
    "sha224": (28, 64),
    "sha256": (32, 64),
    "sha384": (48, 128),
    "sha512": (64, 128),
}
_MAX_LEN: Final = 1024


class KeyPurpose(IntEnum):
    """What is derived: the byte "ID" of RFC 7292 B.3."""

    KEY = 1
    IV = 2
    MAC = 3


def hash_len(hash_name: str) -> int:
    """Return the length in bytes of the digests of a hash of :data:`HASHES`."""
    return _SIZES[hash_name][0]


def block_count(hash_name: str, length: int) -> int:
    """Return how many times the iterations run for length bytes."""
    return -(-length // hash_len(hash_name))


def derive(
    hash_name: str, password: Buffer, salt: Buffer, iterations: int, *, purpose: KeyPurpose, length: int
) -> bytes:
    """Derive a key, an IV or a key of a MAC.

    :param hash_name: sm3, sha1, sha224, sha256, sha384 or sha512.
    :param password: as :func:`~gmpki.keystore._unlocking.bmp_password` gives it.
    :param salt: at most 1024 bytes.
    :param iterations: at least 1; whoever calls has bounded them.
    :param length: bytes to derive, 1 to 1024.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when the hash is another, or iterations or length is outside.
    :raises LimitExceeded: when the salt is longer.
    :standard: RFC 7292 B.2
    """
    if hash_name not in _SIZES:
        raise InvalidInputError(f"the hash must be one of {', '.join(_SIZES)}")
    member(purpose, KeyPurpose, "purpose")
    number(iterations, 1, (1 << 63) - 1, "iterations")
    number(length, 1, _MAX_LEN, "length")
    secret, salted = as_bytes(password, "the password"), as_bytes(salt, "the salt")
    if len(salted) > _MAX_LEN:
        raise LimitExceeded(f"a salt of {len(salted)} bytes; at most {_MAX_LEN} are read")
    digest = _digest(hash_name)
    block_len = _SIZES[hash_name][1]
    # D, then I = S || P: salt and password, each repeated to a whole number of blocks.
    diversifier = bytes((purpose,)) * block_len
    blocks = bytearray(_fill(salted, block_len) + _fill(secret, block_len))
    out = b""
    while True:
        value = digest(diversifier + blocks)
        for _ in range(iterations - 1):
            value = digest(value)
        out += value
        if len(out) >= length:
            return out[:length]
        # Each block of I becomes the sum of itself, B and 1, modulo 2 to the length of the block.
        addend = int.from_bytes(_fill(value, block_len)[:block_len], "big") + 1
        modulus = 1 << (8 * block_len)
        for start in range(0, len(blocks), block_len):
            block = int.from_bytes(blocks[start : start + block_len], "big")
            blocks[start : start + block_len] = ((block + addend) % modulus).to_bytes(block_len, "big")


def _fill(value: bytes, block_len: int) -> bytes:
    """Repeat a value to the next whole number of blocks; the last copy may be cut off. Empty stays empty."""
    if not value:
        return b""
    length = block_len * -(-len(value) // block_len)
    return (value * -(-length // len(value)))[:length]


def _digest(hash_name: str) -> Callable[[Buffer], bytes]:
    if hash_name == "sm3":
        return sm3.digest
    new = getattr(hashlib, hash_name)
    return lambda data: new(data, usedforsecurity=False).digest()
