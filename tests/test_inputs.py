"""The rules about what public functions take, and their wording."""

from __future__ import annotations

import array
from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone, tzinfo
from itertools import count
from typing import Any

import pytest

from gmpki import _inputs
from gmpki.errors import InvalidInputError, InvalidTypeError


class Named(bytes):
    """A subclass that lies about its length."""

    def __len__(self) -> int:
        return 1_000_000


@pytest.mark.parametrize(
    "data", [b"data", bytearray(b"data"), memoryview(b"-data-")[1:-1], array.array("B", b"data"), Named(b"data")]
)
def test_buffers(data: Any) -> None:
    assert _inputs.as_bytes(data, "data") == b"data"
    assert type(_inputs.as_bytes(data, "data")) is bytes


def test_bytes_are_not_copied() -> None:
    data = b"data"
    assert _inputs.as_bytes(data, "data") is data


@pytest.mark.parametrize("value", [None, 7, 7.5, "text", [1], object()])
def test_what_is_no_buffer(value: Any) -> None:
    with pytest.raises(InvalidTypeError, match=f"data must be bytes, .*, not {type(value).__name__}"):
        _inputs.as_bytes(value, "data", text_hint="encode it")


def test_text_gets_a_hint() -> None:
    with pytest.raises(InvalidTypeError, match=r"not str; encode it$"):
        _inputs.as_bytes("text", "data", text_hint="encode it")  # type: ignore[arg-type]
    with pytest.raises(InvalidTypeError, match=r"not int$"):
        _inputs.as_bytes(7, "data", text_hint="encode it")  # type: ignore[arg-type]


def test_buffers_with_gaps_and_released_ones() -> None:
    released = memoryview(b"data")
    released.release()
    for data in (memoryview(b"data")[::2], released):
        with pytest.raises(InvalidInputError, match="data must be a contiguous buffer"):
            _inputs.as_bytes(data, "data")


def test_text() -> None:
    assert _inputs.as_text("text", "name") == "text"
    for value in (b"text", None, 7, ["text"]):
        with pytest.raises(InvalidTypeError, match=f"name must be str, not {type(value).__name__}"):
            _inputs.as_text(value, "name")  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [0, 5, 10])
def test_numbers(value: int) -> None:
    assert _inputs.number(value, 0, 10, "length") == value


@pytest.mark.parametrize("value", [-1, 11, 2**64])
def test_numbers_outside(value: int) -> None:
    with pytest.raises(InvalidInputError, match=f"length must be 0 to 10, not {value}"):
        _inputs.number(value, 0, 10, "length")


@pytest.mark.parametrize("sign", [1, -1])
def test_numbers_too_long_to_be_written_out(sign: int) -> None:
    with pytest.raises(InvalidInputError, match="length must be 0 to 10, not a number of 40001 bits"):
        _inputs.number(sign << 40_000, 0, 10, "length")


@pytest.mark.parametrize("value", [True, 1.0, "1", None, b"1"])
def test_what_is_no_number(value: Any) -> None:
    with pytest.raises(InvalidTypeError, match=f"length must be an int, not {type(value).__name__}"):
        _inputs.number(value, 0, 10, "length")


def test_what_can_be_iterated() -> None:
    assert _inputs.iterated([1, 2], "it") == (1, 2)
    assert _inputs.iterated(iter("ab"), "it") == ("a", "b")
    assert _inputs.iterated(count(), "it", most=3) == (0, 1, 2)


def released() -> memoryview:
    view = memoryview(bytes(4))
    view.release()
    return view


@pytest.mark.parametrize("most", [None, 3])
@pytest.mark.parametrize("value", [None, 5, object(), memoryview(bytes(4)).cast("B", (2, 2)), released()])
def test_what_cannot_be_iterated(value: Any, most: int | None) -> None:
    with pytest.raises(InvalidTypeError, match="it must be a sequence"):
        _inputs.iterated(value, "it", most=most)


def test_iterators() -> None:
    assert list(_inputs.iterator([1, 2], "it")) == [1, 2]
    assert next(_inputs.iterator(count(), "it")) == 0
    for value in (None, 5, object()):
        with pytest.raises(InvalidTypeError, match=f"it must be a sequence, not {type(value).__name__}"):
            _inputs.iterator(value, "it")


def test_times_in_utc() -> None:
    east = datetime(2026, 1, 1, 8, 0, 0, 5, tzinfo=timezone(timedelta(hours=8)))
    assert _inputs.utc(east, "at") == east
    assert _inputs.utc(east, "at").tzinfo is timezone.utc
    assert _inputs.utc_seconds(east, "at") == datetime(2026, 1, 1, tzinfo=timezone.utc)


class NoOffset(tzinfo):
    def utcoffset(self, _when: datetime | None) -> None:
        return None


@pytest.mark.parametrize(
    ("value", "error", "words"),
    [
        (None, InvalidTypeError, "datetime"),
        (1_800_000_000, InvalidTypeError, "datetime"),
        (date(2026, 1, 1), InvalidTypeError, "datetime"),
        (datetime(2026, 1, 1), InvalidInputError, "no time zone"),
        (datetime(2026, 1, 1, tzinfo=NoOffset()), InvalidInputError, "no time zone"),
        (datetime.max.replace(tzinfo=timezone(-timedelta(hours=1))), InvalidInputError, "years 1 to 9999"),
        (datetime.min.replace(tzinfo=timezone(timedelta(hours=1))), InvalidInputError, "years 1 to 9999"),
    ],
)
def test_times_that_are_refused(value: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=f"at .*{words}"):
        _inputs.utc(value, "at")


def test_errors_of_gmpki_pass_through_iteration() -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise InvalidInputError("the second")

    with pytest.raises(InvalidInputError, match="the second"):
        _inputs.iterated(broken(), "it")


@pytest.mark.parametrize("value", [None, 7, "print", b"", [print]])
def test_what_is_no_function(value: Any) -> None:
    _inputs.function(print, "clock")
    with pytest.raises(InvalidTypeError, match=f"clock must be a function, not {type(value).__name__}"):
        _inputs.function(value, "clock")
