"""The short calls past CFFI: what they answer is what CFFI answers, and what they decline goes to CFFI."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gmpki import _native
from gmpki.algorithms import _quick, sm2, sm3
from gmpki.errors import DecodeError, InvalidInputError, InvalidTypeError

lib, ffi = _native.lib, _native.ffi

# Around a block, around the two blocks of padding, around the length from which the interpreter's lock is released.
LENGTHS = (0, 1, 31, 55, 56, 63, 64, 65, 119, 120, 128, 1023, 1024, 1025, 4096, 100_000)


def through_cffi(data: bytes) -> bytes:
    out = ffi.new("uint8_t[32]")
    assert lib.gmpki_sm3_hash(out, data, len(data)) == 0
    return bytes(out)


def mac_through_cffi(key: bytes, data: bytes) -> bytes:
    out = ffi.new("uint8_t[32]")
    assert lib.gmpki_sm3_hmac(out, key, len(key), data, len(data)) == 0
    return bytes(out)


def test_the_module_lives_in_the_library_of_the_core() -> None:
    assert _quick.sm3.__module__ == "gmpki._quick"
    assert sys.modules["gmpki._quick"].__file__ == _native.__file__


@pytest.mark.parametrize("length", LENGTHS)
def test_hashes_agree_with_cffi(length: int) -> None:
    data = bytes(i * 7 % 251 for i in range(length))
    assert _quick.sm3(data) == through_cffi(data) == sm3.digest(data) == sm3.digest(bytearray(data))
    assert _quick.sm3_behind(b"prefix", data) == through_cffi(b"prefix" + data)
    assert _quick.sm3_behind(data, b"") == through_cffi(data)
    for key in (b"", b"k" * 32, b"k" * 64, b"k" * 65, data):
        assert _quick.hmac(key, data) == mac_through_cffi(key, data) == sm3.hmac(key, data)


@given(raw=st.binary(min_size=64, max_size=64))
@settings(max_examples=200)
def test_signatures_agree_with_cffi(raw: bytes) -> None:
    out, length = ffi.new("uint8_t[72]"), ffi.new("size_t *")
    assert lib.gmpki_sm2_signature_to_der(out, 72, length, raw) == 0
    der = _quick.signature_to_der(raw)
    assert der == ffi.buffer(out, length[0])[:]
    assert _quick.signature_from_der(der) == raw == sm2.signature_from_der(der)


@pytest.mark.parametrize(
    "other", [None, 1, "text", bytearray(64), memoryview(bytes(64)), [b"x"], type("B", (bytes,), {})(64)]
)
def test_whatever_is_not_exactly_bytes_is_declined(other: object) -> None:
    assert _quick.sm3(other) is None
    assert _quick.sm3_behind(other, b"") is None
    assert _quick.sm3_behind(b"", other) is None
    assert _quick.hmac(other, b"") is None
    assert _quick.hmac(b"", other) is None
    assert _quick.signature_to_der(other) is None
    assert _quick.signature_from_der(other) is None
    for batch in (_quick.sm3_batch, _quick.hmac_batch):
        assert batch(other, b"") is None
        assert batch([b""], b"") is None
        assert batch((b"",), other) is None
        assert batch((b"", other), b"") is None
        assert batch((b"",) * 300 + (other,), b"") is None


def test_no_messages_are_no_digests() -> None:
    assert _quick.sm3_batch((), b"") == [] == _quick.hmac_batch((), b"")


@pytest.mark.parametrize("count", [0, 1, 3])
def test_another_number_of_arguments_is_declined(count: int) -> None:
    assert _quick.sm3_behind(*[b""] * count) is None
    assert _quick.hmac(*[b""] * count) is None
    assert _quick.sm3_batch(*[()] * count) is None
    assert _quick.hmac_batch(*[()] * count) is None


@pytest.mark.parametrize("length", [0, 63, 65])
def test_a_signature_of_another_length_is_left_to_cffi_to_refuse(length: int) -> None:
    assert _quick.signature_to_der(bytes(length)) is None
    with pytest.raises(InvalidInputError, match="64"):
        sm2.signature_to_der(bytes(length))


@pytest.mark.parametrize("der", [b"", b"0", bytes(64), b"\x30\x06\x02\x01\x01\x02\x01\x01\x00"])
def test_what_is_not_der_is_empty(der: bytes) -> None:
    assert _quick.signature_from_der(der) == b""
    with pytest.raises(DecodeError):
        sm2.signature_from_der(der)


def test_errors_come_from_the_way_through_cffi() -> None:
    for wrong in ("text", 1, None):
        with pytest.raises(InvalidTypeError):
            sm3.digest(wrong)
        with pytest.raises(InvalidTypeError):
            sm3.hmac(wrong, b"")
        with pytest.raises(InvalidTypeError):
            sm3.hmac(b"", wrong)


def test_every_function_declines_without_the_library() -> None:
    assert _quick._declined() is None
    assert _quick._declined(b"a", b"b") is None


def test_nothing_keeps_references() -> None:
    message, key = b"m" * 2000, b"k" * 40
    before = sys.getrefcount(message), sys.getrefcount(key), sys.getrefcount(None)
    for _ in range(100):
        _quick.sm3(message)
        _quick.sm3_behind(key, message)
        _quick.hmac(key, message)
        _quick.hmac(key, None)
        _quick.sm3_batch((message, key, message), key)
        _quick.sm3_batch((message, None), key)
        _quick.signature_to_der(message)
    assert (sys.getrefcount(message), sys.getrefcount(key)) == before[:2]
    assert abs(sys.getrefcount(None) - before[2]) < 50


LONG = bytes(30_000_000)


def longest_pause_during(call: Callable[[], object]) -> float:
    """Run a call in another thread; return the longest time that this thread stood still, as a part of the call's."""
    took: list[float] = []

    def work() -> None:
        start = time.perf_counter()
        call()
        took.append(time.perf_counter() - start)

    thread = threading.Thread(target=work)
    thread.start()
    longest, last = 0.0, time.perf_counter()
    while thread.is_alive():
        now = time.perf_counter()
        longest, last = max(longest, now - last), now
    thread.join()
    return longest / took[0]


@pytest.mark.parametrize(
    "call",
    [
        lambda: _quick.sm3(LONG),
        lambda: _quick.sm3_behind(b"prefix", LONG),
        lambda: _quick.hmac(b"key", LONG),
        lambda: _quick.hmac(LONG, b"message"),
        lambda: _quick.sm3_batch((LONG,), b""),
        lambda: _quick.hmac_batch((LONG,), b"key"),
    ],
    ids=["sm3", "sm3_behind", "hmac", "hmac_key", "sm3_batch", "hmac_batch"],
)
def test_a_long_call_lets_other_threads_run(call: Callable[[], object]) -> None:
    """A call that kept the interpreter would stop this thread for its whole length, every time."""
    assert any(longest_pause_during(call) < 0.8 for _ in range(5))


def test_threads_share_nothing() -> None:
    messages = [bytes([i]) * (64 if i % 2 else 100_000) for i in range(32)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(_quick.sm3, messages * 8)) == [through_cffi(m) for m in messages] * 8
