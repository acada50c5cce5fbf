"""Many at once: signatures, keys, digests, MACs, password keys, streams of CBC. Figures are for one of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import peers
from gmpki.algorithms import backends, kdf, sm2, sm2_batch, sm3, sm4
from gmpki.algorithms._call import lib

MANY = 64
MESSAGE_LEN = 8192


def signing() -> list[tuple[Any, bytes]]:
    return [(sm2.PrivateScalar.generate(), bytes([i]) * 32) for i in range(MANY)]


def sign() -> Callable[[], Any]:
    items = signing()
    return lambda: sm2_batch.sign_batch(items)


def verify() -> Callable[[], Any]:
    """Every item has its own key, so that no table of a key helps."""
    items = [(scalar.point, sm2.sign(scalar, message), message) for scalar, message in signing()]
    assert sm2_batch.verify_batch(items) == [None] * MANY
    return lambda: sm2_batch.verify_batch(items)


def generate() -> Callable[[], Any]:
    return lambda: sm2_batch.generate_batch(MANY)


def messages(length: int) -> list[bytes]:
    return [bytes([i]) * length for i in range(MANY)]


def digests(length: int) -> Callable[[], Any]:
    data = messages(length)
    return lambda: sm3.sm3_batch(data)


def macs(length: int) -> Callable[[], Any]:
    data = messages(length)
    return lambda: sm3.hmac_batch(peers.KEY, data)


def password_keys() -> Callable[[], Any]:
    data = messages(16)
    return lambda: kdf.pbkdf2_batch(data, data, 1000, 32)


def streams() -> Callable[[], Any]:
    items = [(peers.KEY, peers.IV, data) for data in messages(MESSAGE_LEN)]
    return lambda: sm4.cbc_encrypt_batch(items)


# Operation: algorithm, the function of the core that it needs, bytes of an item, how it is made ready.
JOBS: dict[str, tuple[str, str, int, Callable[[], Callable[[], Any]]]] = {
    f"SM2 sign, batch of {MANY}": ("sm2", "gmpki_sm2_sign_batch", 0, sign),
    f"SM2 verify, batch of {MANY}": ("sm2", "gmpki_sm2_verify_batch", 0, verify),
    f"SM2 generate, batch of {MANY}": ("sm2", "gmpki_sm2_generate_batch", 0, generate),
    f"SM3 {MANY} x 64 B": ("sm3", "gmpki_sm3_batch", 64, lambda: digests(64)),
    f"SM3 {MANY} x {MESSAGE_LEN} B": ("sm3", "gmpki_sm3_batch", MESSAGE_LEN, lambda: digests(MESSAGE_LEN)),
    f"HMAC-SM3 {MANY} x 64 B": ("sm3", "gmpki_sm3_hmac_batch", 64, lambda: macs(64)),
    f"PBKDF2-SM3, 1000 rounds, {MANY} at once": ("sm3", "gmpki_sm3_pbkdf2_batch", 0, password_keys),
    f"SM4-CBC {MANY} x {MESSAGE_LEN} B": ("sm4", "gmpki_sm4_cbc_encrypt_batch", MESSAGE_LEN, streams),
}
CASES = [
    (operation, backend.name)
    for operation, (algorithm, needs, _, _) in JOBS.items()
    for backend in backends.available(algorithm)
    if backend.available and hasattr(lib, needs)
]


@pytest.mark.parametrize(("operation", "backend"), CASES)
def test_batch(benchmark: Any, operation: str, backend: str) -> None:
    algorithm, _, data_len, make = JOBS[operation]
    benchmark.group = operation
    benchmark.extra_info["implementation"] = f"gmpki[{backend}]"
    benchmark.extra_info["data_len"] = data_len
    benchmark.extra_info["items"] = MANY
    with backends.forced(algorithm, backend):
        assert len(benchmark(make())) == MANY
