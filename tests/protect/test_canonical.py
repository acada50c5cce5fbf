"""The canonical encoding: what it is, that it is injective, and what it refuses."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hostile
from gmpki.errors import GmpkiError, InvalidInputError, InvalidTypeError, LimitExceeded
from gmpki.protect.canonical import encode, encode_row, label, shown_row

UTC = timezone.utc

KNOWN = [
    (None, "00"),
    (False, "01"),
    (True, "02"),
    (0, "030000000100"),
    (127, "03000000017f"),
    (128, "03000000020080"),
    (-1, "0300000001ff"),
    (-128, "030000000180"),
    (-129, "0300000002ff7f"),
    (b"", "0400000000"),
    (b"\x00\xff", "040000000200ff"),
    ("", "0500000000"),
    ("中", "0500000003e4b8ad"),
    (datetime(1970, 1, 1, tzinfo=UTC), "060000000000000000"),
    (datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC), "06ffffffffffffffff"),
    (date(1970, 1, 2), "0700000001"),
    (Decimal("1.50"), "080000000531 3565 2d31".replace(" ", "")),
    (Decimal("-0.00"), "0800000003306530"),
    (Decimal("1200"), "08000000053132 6532".replace(" ", "").replace("0800000005", "0800000004")),
    (UUID(int=1), "09" + "00" * 15 + "01"),
    ([], "0a00000000"),
    ((1, None), "0a0000000203000000010100"),
    ({}, "0b00000000"),
    ({"b": 1, "a": None}, "0b00000002050000000161000500000001620300000001 01".replace(" ", "")),
]


@pytest.mark.parametrize(("value", "expected"), KNOWN, ids=[repr(value)[:40] for value, _ in KNOWN])
def test_known(value: Any, expected: str) -> None:
    assert encode(value).hex() == expected


class Decoder:
    """Reads the encoding back: if that can be done without a choice, two values cannot share one."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, length: int) -> bytes:
        piece = self.data[self.at : self.at + length]
        assert len(piece) == length
        self.at += length
        return piece

    def count(self) -> int:
        return int.from_bytes(self.take(4), "big")

    def value(self) -> Any:
        match self.take(1)[0]:
            case 0:
                return None
            case 1:
                return False
            case 2:
                return True
            case 3:
                return int.from_bytes(self.take(self.count()), "big", signed=True)
            case 4:
                return self.take(self.count())
            case 5:
                return self.take(self.count()).decode()
            case 6:
                micros = int.from_bytes(self.take(8), "big", signed=True)
                return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
            case 7:
                return date(1970, 1, 1) + timedelta(days=int.from_bytes(self.take(4), "big", signed=True))
            case 8:
                return Decimal(self.take(self.count()).decode())
            case 9:
                return UUID(bytes=self.take(16))
            case 10:
                return [self.value() for _ in range(self.count())]
            case 11:
                return {self.value(): self.value() for _ in range(self.count())}
        raise AssertionError


scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**200), 2**200),
    st.binary(max_size=20),
    st.text(st.characters(codec="ascii"), max_size=20),
    st.datetimes(timezones=st.just(UTC)),
    st.dates(),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.uuids(),
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(codec="ascii")), inner, max_size=4)
    ),
    max_leaves=10,
)


def same(left: Any, right: Any) -> bool:
    """Compare with types: True is not 1 here."""
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    return type(left) is type(right) and bool(left == right)


@given(values)
def test_can_be_read_back(value: Any) -> None:
    try:
        encoded = encode(value)
    except LimitExceeded:
        return
    decoder = Decoder(encoded)
    assert same(decoder.value(), value)
    assert decoder.at == len(encoded)


@given(values, values)
def test_different_values_differ(left: Any, right: Any) -> None:
    try:
        assert (encode(left) == encode(right)) == same(left, right)
    except LimitExceeded:
        return


def test_one_value_in_many_forms() -> None:
    beijing = timezone(timedelta(hours=8))
    assert encode(datetime(2026, 1, 1, 8, tzinfo=beijing)) == encode(datetime(2026, 1, 1, tzinfo=UTC))
    assert encode([1]) == encode((1,))
    assert encode(b"a") == encode(bytearray(b"a")) == encode(memoryview(b"a"))
    assert encode({"a": 1, "b": 2}) == encode({"b": 2, "a": 1})
    assert len({encode(Decimal(text)) for text in ("15", "15.0", "1.5e1", "0015")}) == 1
    assert len({encode(Decimal(text)) for text in ("0", "-0", "0.000", "0e5")}) == 1


DIFFERENT = [1, True, "1", b"1", Decimal(1), [1], (1, 1), [[1]], {"1": 1}, {"1": "1"}, None, "", b"", 0, [], {}, False]


def test_types_do_not_mix() -> None:
    assert len({encode(value) for value in DIFFERENT}) == len(DIFFERENT)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "error", "phrase"),
    [
        ("e\u0301", InvalidInputError, "NFC"),
        ({"e\u0301": 1}, InvalidInputError, "NFC"),
        ("\ud800", InvalidInputError, "surrogate"),
        (1.5, InvalidTypeError, "use Decimal"),
        (float("nan"), InvalidTypeError, "use Decimal"),
        (Decimal("NaN"), InvalidInputError, "no number"),
        (Decimal("-Infinity"), InvalidInputError, "no number"),
        (datetime(2026, 1, 1), InvalidInputError, "no time zone"),
        ({1: 2}, InvalidTypeError, "names of a mapping"),
        ({1, 2}, InvalidTypeError, "set"),
        (object(), InvalidTypeError, "no canonical encoding"),
        (1 << 4096, LimitExceeded, "an int"),
        (Decimal("1" * 1001), LimitExceeded, "a Decimal"),
        ("a" * (1 << 24) + "a", LimitExceeded, "at most"),
        (["a" * (1 << 23)] * 3, LimitExceeded, "longer than"),
        ([[[[[[[[[1]]]]]]]]], LimitExceeded, "8 levels"),
    ],
)
def test_refused(value: Any, error: type[Exception], phrase: str) -> None:
    with pytest.raises(error, match=phrase):
        encode(value)


def test_a_list_inside_itself() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(LimitExceeded, match="nested"):
        encode(endless)


def test_hostile_values() -> None:
    list(hostile.results(encode, (1,)))
    list(hostile.results(encode_row, (1,)))
    list(hostile.results(label, ("table", "table")))


def test_rows() -> None:
    assert encode_row(7) == encode([7]) == encode_row((7,))
    assert len({encode_row(row) for row in (7, "7", b"7", (7, 7), ("7", 7), date(2026, 1, 7))}) == 6
    assert shown_row((7, "张三", b"\x01")) == "7, '\\u5f20\\u4e09', 01"


@pytest.mark.parametrize("row", [None, True, 1.5, (), (None,), (1, None), ((1,),), [1], bytearray(b"1"), (1,) * 17])
def test_rows_refused(row: Any) -> None:
    with pytest.raises(GmpkiError, match="identity of a row"):
        encode_row(row)


@pytest.mark.parametrize("name", ["", "a" * 256, "a\n", "e\u0301", "\ud800", None, b"t"])
def test_labels_refused(name: Any) -> None:
    with pytest.raises(InvalidInputError, match="table"):
        label(name, "table")
