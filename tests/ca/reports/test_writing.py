"""Reports as CSV, which no spreadsheet runs, and as JSON."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from datetime import datetime, timezone
from enum import Enum
from typing import Any

import pytest

from gmpki.ca.reports.writing import csv_cell, write_csv, write_json


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
        ["张三", "2026-03-01T00:00:00+00:00", "red", "-3"],
        ['a,"b"\r\nc', "", "red", "-3"],
        ["'=HYPERLINK(1)", "", "red", "-3"],
    ]


def test_json() -> None:
    file = io.StringIO()
    assert write_json(iter(ROWS), Row, file) == 3
    found = json.loads(file.getvalue())
    assert found[0] == {"name": "张三", "at": "2026-03-01T00:00:00+00:00", "colour": "red", "count": -3}
    assert found[2]["name"] == "=HYPERLINK(1)"


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
