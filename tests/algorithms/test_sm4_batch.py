"""Many messages in CBC at once: the ciphertexts of one call each, whatever the number, the lengths and the keys."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmpki.algorithms import sm4
from gmpki.algorithms.sm4 import Mode, Padding
from gmpki.errors import InvalidInputError, InvalidTypeError

ALGORITHM = "sm4"
pytestmark = pytest.mark.usefixtures("backend")

Item = tuple[bytes, bytes, bytes]


def one_by_one(items: list[Item], padding: Padding) -> list[bytes]:
    return [sm4.encrypt(key, message, Mode.CBC, iv, padding=padding) for key, iv, message in items]


def mixed(count: int, *, whole: bool) -> list[Item]:
    draw = random.Random(count)
    keys = [draw.randbytes(16) for _ in range(3)]
    unit = 16 if whole else 1
    lengths = [unit * draw.choice((0, 1, 2, 15, 16, 17, 64, 100)) for _ in range(count)]
    return [(draw.choice(keys), draw.randbytes(16), draw.randbytes(length)) for length in lengths]


@pytest.mark.parametrize("count", [0, 1, 2, 7, 8, 9, 15, 16, 17, 31, 33, 255, 256, 257, 600])
def test_any_number_of_messages(count: int) -> None:
    items = mixed(count, whole=True)
    assert sm4.cbc_encrypt_batch(items) == one_by_one(items, Padding.NONE)
    items = mixed(count, whole=False)
    assert sm4.cbc_encrypt_batch(iter(items), padding=Padding.PKCS7) == one_by_one(items, Padding.PKCS7)


@given(
    st.lists(
        st.tuples(st.binary(min_size=16, max_size=16), st.binary(min_size=16, max_size=16), st.binary(max_size=100)),
        max_size=40,
    )
)
def test_any_lengths(items: list[Item]) -> None:
    assert sm4.cbc_encrypt_batch(items, padding=Padding.PKCS7) == one_by_one(items, Padding.PKCS7)


def test_long_messages_go_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sm4, "_STREAMS_LEN", 1 << 16)
    seen = []
    streams = sm4._streams
    monkeypatch.setattr(sm4, "_streams", lambda part, padding: seen.append(len(part)) or streams(part, padding))
    draw = random.Random(1)
    message = draw.randbytes(10_000)
    items = [(draw.randbytes(16), draw.randbytes(16), message[: 16 * draw.randrange(400, 600)]) for _ in range(40)]
    assert sm4.cbc_encrypt_batch(items) == one_by_one(items, Padding.NONE)
    assert seen == [16, 16, 8]


def test_a_message_longer_than_a_part() -> None:
    item = (bytes(16), bytes(16), bytes((1 << 20) + 1024))
    assert sm4.cbc_encrypt_batch([item, item]) == one_by_one([item, item], Padding.NONE)


def test_any_kind_of_buffer(as_buffer: Callable[[bytes], Any]) -> None:
    items = mixed(20, whole=False)
    given_items = [tuple(as_buffer(part) for part in item) for item in items]
    assert sm4.cbc_encrypt_batch(given_items, padding=Padding.PKCS7) == one_by_one(items, Padding.PKCS7)
    assert [bytes(message) for _, _, message in given_items] == [message for _, _, message in items]


def test_refused_inputs(refuses_non_buffers: Callable[..., None]) -> None:
    right = (bytes(16), bytes(16), bytes(16))
    refuses_non_buffers(lambda value: sm4.cbc_encrypt_batch([right, (value, bytes(16), b"")]))
    refuses_non_buffers(lambda value: sm4.cbc_encrypt_batch([right, (bytes(16), value, b"")]))
    refuses_non_buffers(lambda value: sm4.cbc_encrypt_batch([right, (bytes(16), bytes(16), value)]))
    for wrong in (None, 7, object(), [None], [b""], [(b"", b"")], [[bytes(16)] * 3], "text"):
        with pytest.raises(InvalidTypeError):
            sm4.cbc_encrypt_batch(wrong)
    with pytest.raises(InvalidTypeError, match="Padding"):
        sm4.cbc_encrypt_batch([], padding=1)


@pytest.mark.parametrize(("key", "iv"), [(15, 16), (17, 16), (0, 16), (16, 15), (16, 17), (16, 0)])
def test_lengths_of_key_and_iv(key: int, iv: int) -> None:
    with pytest.raises(InvalidInputError, match="16 bytes"):
        sm4.cbc_encrypt_batch([(bytes(key), bytes(iv), b"")])


@pytest.mark.parametrize("length", [1, 15, 17, 31])
def test_whole_blocks_without_padding(length: int) -> None:
    with pytest.raises(InvalidInputError, match="whole number"):
        sm4.cbc_encrypt_batch([(bytes(16), bytes(16), bytes(16)), (bytes(16), bytes(16), bytes(length))])
