"""Many messages at once: digests, MACs and keys are those of one call each, whatever the number and the lengths."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmpki.algorithms import kdf, sm3
from gmpki.algorithms._batch import PART
from gmpki.errors import InvalidInputError, InvalidTypeError

ALGORITHM = "sm3"
pytestmark = pytest.mark.usefixtures("backend")

# Around what lanes there may be, and around the parts that a batch is cut into.
COUNTS = (0, 1, 2, 7, 8, 9, 15, 16, 17, 33, 255, 256, 257, PART - 1, PART, PART + 1)
messages = st.lists(st.binary(max_size=300), max_size=40)


def mixed(count: int) -> list[bytes]:
    draw = random.Random(count)
    return [draw.randbytes(draw.choice((0, 1, 55, 56, 64, 119, 120, 200, 1000))) for _ in range(count)]


@pytest.mark.parametrize("count", COUNTS)
def test_any_number_of_messages(count: int) -> None:
    given_messages = mixed(count)
    digests, macs = [sm3.digest(m) for m in given_messages], [sm3.hmac(b"key", m) for m in given_messages]
    assert sm3.sm3_batch(given_messages) == digests
    assert sm3.sm3_batch(bytearray(m) for m in given_messages) == digests
    assert sm3.hmac_batch(b"key", tuple(given_messages)) == macs
    assert sm3.hmac_batch(bytearray(b"key"), iter(given_messages)) == macs
    assert sm3.hmac_batch(b"key", map(memoryview, given_messages)) == macs


@given(messages, st.binary(max_size=100))
def test_any_lengths(some: list[bytes], key: bytes) -> None:
    assert sm3.sm3_batch(some) == [sm3.digest(m) for m in some]
    assert sm3.hmac_batch(key, some) == [sm3.hmac(key, m) for m in some]


def test_one_long_message_beside_short_ones() -> None:
    some = [b"a", b"b" * 3_000_000, b"", *[b"c" * 64] * 20]
    assert sm3.sm3_batch(some) == [sm3.digest(m) for m in some]


def test_any_kind_of_buffer(as_buffer: Callable[[bytes], Any]) -> None:
    some = [as_buffer(m) for m in (b"", b"abc", b"x" * 64)]
    assert sm3.sm3_batch(some) == [sm3.digest(m) for m in some]
    assert sm3.sm3_batch([b"abc", *some]) == [sm3.digest(m) for m in (b"abc", *some)]
    assert sm3.hmac_batch(as_buffer(b"key"), some) == [sm3.hmac(b"key", m) for m in some]
    assert kdf.pbkdf2_batch(some, some, 2, 33) == [kdf.pbkdf2(m, m, 2, 33) for m in some]


def test_what_is_no_buffer_is_named_by_its_place(refuses_non_buffers: Callable[..., None]) -> None:
    refuses_non_buffers(lambda value: sm3.sm3_batch([b"", value]))
    refuses_non_buffers(lambda value: sm3.hmac_batch(b"", [b"", value]))
    refuses_non_buffers(lambda value: sm3.hmac_batch(value, []))
    refuses_non_buffers(lambda value: kdf.pbkdf2_batch([b"", value], [b"", b""], 1, 1))
    refuses_non_buffers(lambda value: kdf.pbkdf2_batch([b"", b""], [b"", value], 1, 1))
    with pytest.raises(InvalidTypeError, match=rf"messages\[{PART + 2}\]"):
        sm3.sm3_batch([b""] * (PART + 2) + ["text"])


@pytest.mark.parametrize("wrong", [None, 1, object()])
def test_what_cannot_be_iterated(wrong: Any) -> None:
    for call in (
        lambda: sm3.sm3_batch(wrong),
        lambda: sm3.hmac_batch(b"", wrong),
        lambda: kdf.pbkdf2_batch(wrong, [], 1, 1),
        lambda: kdf.pbkdf2_batch([], wrong, 1, 1),
    ):
        with pytest.raises(InvalidTypeError, match="sequence"):
            call()


def test_bytes_are_no_sequence_of_messages() -> None:
    with pytest.raises(InvalidTypeError):
        sm3.sm3_batch(b"abc")


def test_an_error_of_the_iterator_passes() -> None:
    def failing() -> Iterator[bytes]:
        yield b"first"
        raise OSError("the file ended")

    with pytest.raises(OSError, match="the file ended"):
        sm3.sm3_batch(failing())


@pytest.mark.parametrize("length", [1, 31, 32, 33, 64, 100])
@pytest.mark.parametrize("count", [0, 1, 8, 17, 257])
def test_keys_of_many_passwords(count: int, length: int) -> None:
    passwords, salts = mixed(count), mixed(count)[::-1]
    expected = [kdf.pbkdf2(p, s, 3, length) for p, s in zip(passwords, salts, strict=True)]
    assert kdf.pbkdf2_batch(passwords, salts, 3, length) == expected
    assert kdf.pbkdf2_batch(iter(passwords), iter(salts), 3, length) == expected


def test_long_keys_are_derived_in_parts() -> None:
    passwords = [bytes([i]) for i in range(3)]
    assert kdf.pbkdf2_batch(passwords, passwords, 1, 600_000) == [kdf.pbkdf2(p, p, 1, 600_000) for p in passwords]


@pytest.mark.parametrize(("passwords", "salts"), [(1, 0), (0, 1), (256, 257), (513, 512), (3, 2)])
def test_as_many_salts_as_passwords(passwords: int, salts: int) -> None:
    with pytest.raises(InvalidInputError, match="as many"):
        kdf.pbkdf2_batch([b"p"] * passwords, [b"s"] * salts, 1, 16)


@pytest.mark.parametrize(("iterations", "length"), [(0, 1), (1 << 32, 1), (1, 0), (1, (1 << 30) + 1)])
def test_numbers_outside(iterations: int, length: int) -> None:
    with pytest.raises(InvalidInputError):
        kdf.pbkdf2_batch([], [], iterations, length)
    for wrong in ("1", None, 1.0, True):
        with pytest.raises(InvalidTypeError):
            kdf.pbkdf2_batch([], [], wrong, 1)
        with pytest.raises(InvalidTypeError):
            kdf.pbkdf2_batch([], [], 1, wrong)
