"""Which of several mechanisms a check takes that is not about one of them: the first that the token lists."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gmpki.algorithms import sm3, sm4
from gmpki.tokens.pkcs11.header import C

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from gmpki.conformance.pkcs11.bench import P11Bench
    from gmpki.tokens.pkcs11.attributes import AttributeValue

__all__ = [
    "DIGESTS",
    "Cipher",
    "Digest",
    "any_cipher",
    "any_digest",
    "block_ciphers",
    "key_generation",
    "wrapping_cipher",
]

DIGESTS: Final = {
    "CKM_SHA_1": "sha1",
    "CKM_SHA224": "sha224",
    "CKM_SHA256": "sha256",
    "CKM_SHA384": "sha384",
    "CKM_SHA512": "sha512",
    "CKM_MD5": "md5",
}
"""The digests of the standard that Python has too, by the names of their mechanisms."""

_KEY_LEN: Final = 16


@dataclass(frozen=True, slots=True)
class Digest:
    """A digest of the token and the same in software. Immutable."""

    name: str
    mechanism: int
    function: Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class Cipher:
    """A block cipher of the token, block by block without a parameter, and the same in software. Immutable.

    :ivar key_type: of its keys, which have 16 bytes.
    :ivar encrypt: takes the key and whole blocks.
    """

    name: str
    mechanism: int
    key_type: int
    encrypt: Callable[[bytes, bytes], bytes]


def _hashed(name: str) -> Callable[[bytes], bytes]:
    return lambda data: hashlib.new(name, data, usedforsecurity=False).digest()


def any_digest(bench: P11Bench) -> Digest:
    """Return a digest that the token lists; end the check when there is none."""
    number = bench.numbers.mechanisms.get("sm3")
    known = {} if number is None else {number: Digest("SM3", number, sm3.digest)}
    for mechanism, name in DIGESTS.items():
        known[getattr(C, mechanism)] = Digest(mechanism, getattr(C, mechanism), _hashed(name))
    for one in known.values():
        if one.mechanism in bench.listed:
            return one
    return bench.unsupported("the token lists no digest that is known", "令牌未列出已知的摘要机制")


def block_ciphers(bench: P11Bench) -> Iterator[Cipher]:
    """Yield the block ciphers that the token lists."""
    sm4_ecb, sm4_type = bench.numbers.mechanisms.get("sm4-ecb"), bench.numbers.key_types.get("sm4")
    if sm4_ecb is not None and sm4_type is not None:
        yield Cipher(
            "SM4", sm4_ecb, sm4_type, lambda key, data: sm4.SM4Cipher(key, sm4.Mode.ECB).encryptor().update(data)
        )
    if C.CKM_AES_ECB in bench.listed:
        yield Cipher("AES", C.CKM_AES_ECB, C.CKK_AES, _aes_ecb)


def _aes_ecb(key: bytes, data: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers import Cipher as Foreign
    from cryptography.hazmat.primitives.ciphers import algorithms, modes

    running = Foreign(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305 - blocks for comparison
    return running.update(data) + running.finalize()


def any_cipher(bench: P11Bench) -> Cipher:
    """Return a block cipher that the token lists; end the check when there is none."""
    for one in block_ciphers(bench):
        return one
    return bench.unsupported("the token lists neither SM4 nor AES", "令牌既未列出 SM4 也未列出 AES")


def wrapping_cipher(bench: P11Bench) -> Cipher:
    """Return a block cipher by which the token wraps keys; end the check when there is none."""
    for one in block_ciphers(bench):
        if bench.module.mechanism_info(bench.slot, one.mechanism).flags & C.CKF_WRAP:
            return one
    return bench.unsupported("the token wraps no keys by SM4 or AES", "令牌不支持用 SM4 或 AES 包裹密钥")


def key_generation(bench: P11Bench) -> tuple[int, Mapping[int, AttributeValue]]:
    """Return a mechanism that makes a secret key of 16 bytes, and what its template says of the length."""
    length: dict[int, AttributeValue] = {C.CKA_VALUE_LEN: _KEY_LEN}
    for mechanism in (C.CKM_GENERIC_SECRET_KEY_GEN, C.CKM_AES_KEY_GEN):
        if mechanism in bench.listed:
            return mechanism, length
    number = bench.numbers.mechanisms.get("sm4-key-gen")
    if number is None:
        bench.unsupported("the token makes no secret keys", "令牌不能生成对称密钥")
    return number, {}
