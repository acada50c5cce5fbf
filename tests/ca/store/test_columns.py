"""How values stand in columns."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from gmpki.ca.store import columns
from gmpki.errors import InvalidInputError, InvalidTypeError

NOT_NUMBERS = ("", "0x1", "A", "01", "-1", " 1", "1 ", "1_0", "f" * 41, "g", "１", "1\n")


@pytest.mark.parametrize(("number", "text"), [(0, "0"), (1, "1"), (0xA5B, "a5b"), ((1 << 160) - 1, "f" * 40)])
def test_serial_numbers_come_back(number: int, text: str) -> None:
    assert columns.serial_text(number) == text
    assert columns.serial_number(text) == number


@pytest.mark.parametrize("number", [-1, 1 << 160, 1 << 5000])
def test_numbers_of_no_certificate_are_refused(number: int) -> None:
    with pytest.raises(InvalidInputError):
        columns.serial_text(number)


@pytest.mark.parametrize("text", NOT_NUMBERS, ids=repr)
def test_text_of_no_number_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError):
        columns.serial_number(text)


@pytest.mark.parametrize("value", [None, b"1", 1.0, True])
def test_other_types_are_refused(value: Any) -> None:
    for function in (columns.serial_text, columns.serial_number, columns.seconds, columns.from_seconds):
        with pytest.raises(InvalidTypeError):
            function(value)


@pytest.mark.parametrize("number", [1, (1 << 63) - 1])
def test_numbers_of_rows(number: int) -> None:
    assert columns.row_id(number, "the number of a pair") == number


@pytest.mark.parametrize("number", [0, -1, 1 << 63, 1 << 5000])
def test_numbers_of_no_row(number: int) -> None:
    with pytest.raises(InvalidInputError, match="the number of a pair"):
        columns.row_id(number, "the number of a pair")


@pytest.mark.parametrize("value", [None, "1", 1.0, True])
def test_what_is_no_number_of_a_row(value: Any) -> None:
    with pytest.raises(InvalidTypeError, match="the number of a pair"):
        columns.row_id(value, "the number of a pair")


def test_times_come_back_in_utc() -> None:
    at = datetime(2026, 3, 1, 8, 0, 0, 999_999, tzinfo=timezone(timedelta(hours=8)))
    assert columns.from_seconds(columns.seconds(at)) == datetime(2026, 3, 1, 0, 0, 0, tzinfo=timezone.utc)


@pytest.mark.parametrize("at", [datetime.min, datetime.max])
def test_the_first_and_the_last_time_come_back(at: datetime) -> None:
    whole = at.replace(tzinfo=timezone.utc, microsecond=0)
    assert columns.from_seconds(columns.seconds(whole)) == whole


def test_times_without_a_zone_and_outside_the_calendar_are_refused() -> None:
    with pytest.raises(InvalidInputError):
        columns.seconds(datetime(2026, 3, 1))
    for value in (1 << 63, -(1 << 63), 10**400):
        with pytest.raises(InvalidInputError):
            columns.from_seconds(value)
