"""Key derivation on SM3: the KDF of SM2, PBKDF2, HKDF."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmpki.algorithms import kdf, sm3
from gmpki.errors import InvalidInputError, InvalidTypeError

ALGORITHM = "sm3"
pytestmark = pytest.mark.usefixtures("backend")


def kdf_by_definition(z: bytes, length: int) -> bytes:
    """GB/T 32918.4-2016 5.4.3, step by step."""
    blocks = [sm3.digest(z + counter.to_bytes(4, "big")) for counter in range(1, length // 32 + 2)]
    return b"".join(blocks)[:length]


@given(st.binary(max_size=200), st.integers(1, 300))
def test_kdf_is_the_definition(z: bytes, length: int) -> None:
    assert kdf.sm3_kdf(z, length) == kdf_by_definition(z, length)


@given(st.binary(max_size=100), st.binary(max_size=40), st.integers(1, 5), st.integers(1, 100))
def test_pbkdf2_agrees_with_cryptography(password: bytes, salt: bytes, iterations: int, length: int) -> None:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

    expected = PBKDF2HMAC(hashes.SM3(), length, salt, iterations).derive(password)
    assert kdf.pbkdf2(password, salt, iterations, length) == expected


@given(st.binary(max_size=100), st.binary(max_size=80), st.binary(max_size=80), st.integers(1, 300))
def test_hkdf_agrees_with_cryptography(material: bytes, salt: bytes, info: bytes, length: int) -> None:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    expected = HKDF(hashes.SM3(), length, salt, info).derive(material)
    assert kdf.hkdf(material, length, salt=salt, info=info) == expected
    assert kdf.hkdf_expand(kdf.hkdf_extract(salt, material), info, length) == expected


def test_an_empty_salt_is_a_digest_of_zeros() -> None:
    assert kdf.hkdf_extract(b"", b"x") == kdf.hkdf_extract(bytes(32), b"x") == sm3.hmac(bytes(32), b"x")


def test_longest_hkdf() -> None:
    assert len(kdf.hkdf(b"x", kdf.MAX_HKDF_LEN)) == 255 * 32
    for length in (0, -1, kdf.MAX_HKDF_LEN + 1):
        with pytest.raises(InvalidInputError, match="length"):
            kdf.hkdf(b"x", length)
        with pytest.raises(InvalidInputError, match="length"):
            kdf.hkdf_expand(bytes(32), b"", length)


def test_a_short_pseudorandom_key_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="at least 32"):
        kdf.hkdf_expand(bytes(31), b"", 1)


LENGTHS: list[tuple[Any, type[Exception]]] = [
    (0, InvalidInputError),
    (-1, InvalidInputError),
    (1 << 40, InvalidInputError),
    (1 << 100, InvalidInputError),
    ("32", InvalidTypeError),
    (32.0, InvalidTypeError),
    (True, InvalidTypeError),
    (None, InvalidTypeError),
]


@pytest.mark.parametrize(("length", "error"), LENGTHS)
def test_wrong_lengths(length: Any, error: type[Exception]) -> None:
    for call in (
        lambda: kdf.sm3_kdf(b"z", length),
        lambda: kdf.pbkdf2(b"p", b"s", 1, length),
        lambda: kdf.hkdf(b"k", length),
        lambda: kdf.hkdf_expand(bytes(32), b"", length),
    ):
        with pytest.raises(error, match="length"):
            call()


@pytest.mark.parametrize(
    ("iterations", "error"),
    [(0, InvalidInputError), (-5, InvalidInputError), (1 << 32, InvalidInputError), ("1", InvalidTypeError)],
)
def test_wrong_iterations(iterations: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="iterations"):
        kdf.pbkdf2(b"p", b"s", iterations, 32)


def longest_pause_during_a_call() -> float:
    """Return the longest pause of this thread while another one is in the core, as a part of the call's length."""
    took: list[float] = []

    def work() -> None:
        start = time.perf_counter()
        kdf.pbkdf2(b"password", b"salt", 1_000_000, 32)
        took.append(time.perf_counter() - start)

    thread = threading.Thread(target=work)
    thread.start()
    longest, last = 0.0, time.perf_counter()
    while thread.is_alive():
        now = time.perf_counter()
        longest, last = max(longest, now - last), now
    thread.join()
    return longest / took[0]


def test_a_long_call_lets_other_threads_run() -> None:
    """A call that kept the interpreter would stop this thread for its whole length, every time."""
    assert any(longest_pause_during_a_call() < 0.8 for _ in range(5))


def test_refused_inputs(refuses_non_buffers: Callable[..., None]) -> None:
    refuses_non_buffers(lambda x: kdf.sm3_kdf(x, 1))
    refuses_non_buffers(lambda x: kdf.pbkdf2(x, b"", 1, 1))
    refuses_non_buffers(lambda x: kdf.pbkdf2(b"", x, 1, 1))
    refuses_non_buffers(lambda x: kdf.hkdf_extract(x, b""))
    refuses_non_buffers(lambda x: kdf.hkdf_extract(b"", x))
    refuses_non_buffers(lambda x: kdf.hkdf_expand(x, b"", 1))
    refuses_non_buffers(lambda x: kdf.hkdf_expand(bytes(32), x, 1))
    refuses_non_buffers(lambda x: kdf.hkdf(x, 1))
    refuses_non_buffers(lambda x: kdf.hkdf(b"", 1, salt=x))
    refuses_non_buffers(lambda x: kdf.hkdf(b"", 1, info=x))


def test_every_kind_of_buffer(as_buffer: Callable[[bytes], Any]) -> None:
    data = bytes(range(64))
    assert kdf.sm3_kdf(as_buffer(data), 40) == kdf.sm3_kdf(data, 40)
    assert kdf.pbkdf2(as_buffer(data), as_buffer(data), 2, 40) == kdf.pbkdf2(data, data, 2, 40)
    buffer = as_buffer(data)
    assert kdf.hkdf(buffer, 40, salt=buffer, info=buffer) == kdf.hkdf(data, 40, salt=data, info=data)
