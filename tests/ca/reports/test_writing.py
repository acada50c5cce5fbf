"""Reports as CSV, which no spreadsheet runs, and as JSON."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from enum import Enum
from typing import Any

import pytest

from gmpki.ca.reports.writing import csv_cell, write_csv, write_json
from gmpki.errors import InvalidInputError, InvalidTypeError


class Colour(Enum):
    RED = "red"


@dataclass(frozen=True)
class Row:
    name: str
    at: datetime | None = None
    colour: Colour = Colour.RED
    count: int = -3


AT = datetime(2026, 3, 1, tzinfo=timezone.utc)
ROWS = [Row("张三", AT), Row('a,"b"\r\nc'), Row("=HYPERLINK(1)")]


def test_csv() -> None:
    file = io.StringIO(newline="")
    assert write_csv(iter(ROWS), Row, file) == 3
    assert list(csv.reader(io.StringIO(file.getvalue(), newline=""))) == [
        ["name", "at", "colour", "count"],
        ["张三", "2026-03-01T00:00:00Z", "red", "-3"],
        ['a,"b"\r\nc', "", "red", "-3"],
        ["'=HYPERLINK(1)", "", "red", "-3"],
    ]


def test_json() -> None:
    file = io.StringIO()
    assert write_json(iter(ROWS), Row, file) == 3
    found = json.loads(file.getvalue())
    assert found[0] == {"name": "张三", "at": "2026-03-01T00:00:00Z", "colour": "red", "count": -3}
    assert found[2]["name"] == "=HYPERLINK(1)"


def test_times_are_told_in_utc() -> None:
    at = datetime(2026, 3, 1, 7, 59, 59, 999999, tzinfo=timezone(timedelta(hours=8)))
    assert csv_cell(at) == "2026-02-28T23:59:59Z"
    assert csv_cell(AT.date()) == "2026-03-01"


@pytest.mark.parametrize("write", [write_csv, write_json])
def test_a_time_without_a_zone(write: Any) -> None:
    with pytest.raises(InvalidInputError, match="a time"):
        write([Row("张三", AT.replace(tzinfo=None))], Row, io.StringIO(newline=""))


@pytest.mark.parametrize("write", [write_csv, write_json])
@pytest.mark.parametrize("row_type", [dict, None, ROWS[0]], ids=["dict", "None", "row"])
def test_rows_that_are_no_dataclasses(write: Any, row_type: Any) -> None:
    with pytest.raises(InvalidTypeError):
        write([], row_type, io.StringIO(newline=""))


def test_nothing() -> None:
    for write, expected in ((write_csv, "name,at,colour,count\r\n"), (write_json, "[\n]\n")):
        file = io.StringIO(newline="")
        assert write([], Row, file) == 0
        assert file.getvalue() == expected


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "\n=1", "  =1", "\u3000=1", "＝1", "|x"])
def test_formulas_get_an_apostrophe(text: str) -> None:
    assert csv_cell(text) == f"'{text}"


@pytest.mark.parametrize(
    ("value", "cell"), [("1-2", "1-2"), ("'x", "'x"), (-5, "-5"), (None, ""), (True, "True"), ("", "")]
)
def test_the_rest_stays(value: Any, cell: str) -> None:
    assert csv_cell(value) == cell
