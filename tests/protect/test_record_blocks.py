"""Tags of many rows at once: what is accepted and what is raised is what the tagger of single rows says."""

from __future__ import annotations

from datetime import datetime, timezone
from decimal import Decimal
from typing import Any

import pytest

from gmpki.errors import (
    DecodeError,
    GmpkiError,
    InvalidInputError,
    InvalidTypeError,
    TamperedError,
    UnknownKeyError,
    UnsupportedAlgorithm,
)
from gmpki.protect import canonical
from gmpki.protect.keys import KeyRing
from gmpki.protect.record_blocks import BlockVerifier
from gmpki.protect.records import RecordTagger

RING = KeyRing.generate()
TABLE = "grants"
NAMES = ("serial", "100%", "at", "note")
ROWS = [(row, (f"{row * 77:x}", row % 3, (1 << 31) - 5 + row, None if row % 2 else "备注")) for row in range(1, 12)]


def tag(row: Any, values: tuple[Any, ...], ring: KeyRing = RING) -> bytes:
    return RecordTagger(ring, TABLE).tag(dict(zip(NAMES, values, strict=True)), row)


def verify(
    rows: list[tuple[Any, tuple[Any, ...]]], tags: list[Any] | None = None, ring: KeyRing = RING, table: str = TABLE
) -> None:
    made = [tag(row, values) for row, values in rows] if tags is None else tags
    columns = list(zip(*(values for _, values in rows), strict=True))
    BlockVerifier(ring, table, NAMES).verify(made, [row for row, _ in rows], columns)


def holds_at_once(rows: list[tuple[Any, tuple[Any, ...]]]) -> bool:
    columns = list(zip(*(values for _, values in rows), strict=True))
    ids = [row for row, _ in rows]
    return BlockVerifier(RING, TABLE, NAMES)._holds([tag(row, values) for row, values in rows], ids, columns)


def test_a_block() -> None:
    verify(ROWS)
    assert holds_at_once(ROWS)


def test_no_rows_and_one() -> None:
    BlockVerifier(RING, TABLE, NAMES).verify([], [], [[], [], [], []])
    verify(ROWS[:1])


@pytest.mark.parametrize("place", range(5))
@pytest.mark.parametrize("at", [0, 5, 10])
def test_one_value_was_changed(at: int, place: int) -> None:
    tags: list[Any] = [tag(row, values) for row, values in ROWS]
    row, values = ROWS[at]
    other: list[Any] = [row, *values]
    other[place] = {0: row + 100, 1: "abc", 2: 7, 3: 1 << 40, 4: "x"}[place]
    changed = [*ROWS[:at], (other[0], tuple(other[1:])), *ROWS[at + 1 :]]
    with pytest.raises(TamperedError) as caught:
        verify(changed, tags)
    assert (caught.value.reason, caught.value.place) == ("changed", str(other[0]))


def test_two_tags_were_exchanged() -> None:
    tags: list[Any] = [tag(row, values) for row, values in ROWS]
    tags[3], tags[4] = tags[4], tags[3]
    with pytest.raises(TamperedError):
        verify(ROWS, tags)


@pytest.mark.parametrize("bit", [0, 7, 80, 14 * 8, 46 * 8 - 1])
def test_one_bit_of_a_tag(bit: int) -> None:
    tags: list[Any] = [tag(row, values) for row, values in ROWS]
    tags[6] = (int.from_bytes(tags[6], "big") ^ 1 << 46 * 8 - 1 - bit).to_bytes(46, "big")
    with pytest.raises(GmpkiError):
        verify(ROWS, tags)


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        (None, TamperedError),
        (b"", DecodeError),
        (b"GMPR", DecodeError),
        (b"GMPT" + bytes(42), DecodeError),
        (b"GMPR\x02\x01" + bytes(40), UnsupportedAlgorithm),
        (b"GMPR\x01\x01" + bytes(40), UnknownKeyError),
        ("text", InvalidTypeError),
    ],
)
def test_what_is_no_tag(bad: Any, error: type[GmpkiError]) -> None:
    tags: list[Any] = [tag(row, values) for row, values in ROWS]
    tags[2] = bad
    with pytest.raises(error):
        verify(ROWS, tags)


def test_lengths_of_tags_that_make_up_for_each_other() -> None:
    tags: list[Any] = [tag(row, values) for row, values in ROWS]
    tags[2], tags[3] = tags[2][:-1], tags[2][-1:] + tags[3]
    with pytest.raises(GmpkiError):
        verify(ROWS, tags)


def test_another_table_and_other_names() -> None:
    with pytest.raises(TamperedError):
        verify(ROWS, table="rights")
    tags = [tag(row, values) for row, values in ROWS]
    columns = list(zip(*(values for _, values in ROWS), strict=True))
    with pytest.raises(TamperedError):
        BlockVerifier(RING, TABLE, NAMES[::-1]).verify(tags, [row for row, _ in ROWS], columns)


def test_tags_of_several_keys() -> None:
    ring = RING.rotated()
    tags: list[Any] = [tag(row, values, ring if row % 2 else RING) for row, values in ROWS]
    verify(ROWS, tags, ring)
    with pytest.raises(UnknownKeyError):
        verify(ROWS, tags, RING)
    tags[4] = tags[4][:14] + tags[5][14:]
    with pytest.raises(TamperedError):
        verify(ROWS, tags, ring)


@pytest.mark.parametrize(
    "value",
    [b"bytes", True, Decimal("1.50"), datetime(2026, 1, 1, tzinfo=timezone.utc), -1, 0, 1 << 70, -(1 << 63), "名", ""],
)
def test_other_values(value: Any) -> None:
    verify([*ROWS, (99, ("a", 1, value, None))])


def test_keys_of_several_columns() -> None:
    verify([((1, row), values) for row, values in ROWS])


@pytest.mark.parametrize(("there", "read"), [(1, True), (0, False), (1, Decimal(1))])
def test_equal_values_of_another_type(there: Any, read: Any) -> None:
    """What is equal in Python and has another encoding is not taken for the same."""
    rows = [(row, ("a", there, 1, None)) for row in range(1, 9)]
    tags: list[Any] = [tag(row, values) for row, values in rows]
    rows[5] = (6, ("a", read, 1, None))
    with pytest.raises(TamperedError):
        verify(rows, tags)


def test_a_value_without_an_encoding() -> None:
    tags: list[Any] = [tag(row, values) for row, values in ROWS]
    for bad in (1.0, object(), "e\N{COMBINING ACUTE ACCENT}", []):
        rows = [*ROWS[:-1], (11, (ROWS[-1][1][0], bad, *ROWS[-1][1][2:]))]
        with pytest.raises(GmpkiError):
            verify(rows, tags)


def test_columns_that_do_not_fit() -> None:
    block = BlockVerifier(RING, TABLE, NAMES)
    for tags, rows, columns in (
        ([], [1], [[1]] * 4),
        ([b""], [], [[1]] * 4),
        ([b""], [1], [[1]] * 3),
        ([b""], [1], [[1], [1], [1], []]),
    ):
        with pytest.raises(InvalidInputError):
            block.verify(tags, rows, columns)  # type: ignore[arg-type]


def test_arguments() -> None:
    with pytest.raises(InvalidInputError):
        BlockVerifier(RING, TABLE, ("a", "a"))
    with pytest.raises(InvalidInputError):
        BlockVerifier(RING, "", ("a",))
    for bad in ((b"a",), (1,), None, 5):
        with pytest.raises(InvalidTypeError):
            BlockVerifier(RING, TABLE, bad)  # type: ignore[arg-type]
    with pytest.raises(InvalidTypeError):
        BlockVerifier(None, TABLE, ("a",))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "values",
    [
        [1, 2, 3],
        [0, 127],
        [127, 128],
        [255, 256, 32767],
        [1 << 31, (1 << 31) + 1],
        [-1, 5],
        [1 << 61, (1 << 62) - 1],
        [1 << 62, 1 << 63],
        [1, True],
        ["a", "bb", ""],
        ["名", "a"],
        ["a" * 5000, "b"],
        [None, 1, "x"],
        [b"x", b"y"],
        [],
    ],
)
def test_many_values_are_encoded_as_each(values: list[Any]) -> None:
    assert canonical.encode_all(values) == [canonical.encode((value,))[5:] for value in values]
