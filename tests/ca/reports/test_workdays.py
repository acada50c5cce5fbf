"""Working days."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmpki.ca.reports.workdays import CHINA_TIME, WorkCalendar
from gmpki.errors import InvalidInputError, InvalidTypeError


def at(day: int, hour: int = 10, *, month: int = 3) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=CHINA_TIME)


@pytest.mark.parametrize(
    ("begin", "days", "last"),
    [
        (at(2), 1, date(2026, 3, 3)),  # a Monday
        (at(2), 4, date(2026, 3, 6)),
        (at(2), 5, date(2026, 3, 9)),
        (at(6), 1, date(2026, 3, 9)),
        (at(7), 1, date(2026, 3, 9)),
        (at(8, 23), 3, date(2026, 3, 11)),
        (at(8, 1).astimezone(timezone.utc), 3, date(2026, 3, 11)),
    ],
)
def test_end_after(begin: datetime, days: int, last: date) -> None:
    midnight = datetime(last.year, last.month, last.day, tzinfo=CHINA_TIME) + timedelta(days=1)
    assert WorkCalendar().end_after(begin, days) == midnight


def test_holidays_and_worked_saturdays() -> None:
    calendar = WorkCalendar.from_json('{"holidays": ["2026-03-03", "2026-03-04"], "worked": ["2026-03-07"]}')
    assert calendar.end_after(at(2), 3) == at(8, 0)
    assert calendar.end_after(at(2), 4) == at(10, 0)
    assert WorkCalendar(holidays={date(2026, 3, 3)}, worked={date(2026, 3, 3)}).is_worked(date(2026, 3, 3))


@given(st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)), st.integers(1, 40), st.sets(st.integers(0, 90)))
def test_counted_day_by_day(begin: datetime, days: int, free: set[int]) -> None:
    begin = begin.replace(tzinfo=CHINA_TIME)
    calendar = WorkCalendar(holidays={begin.date() + timedelta(days=each) for each in free})
    end = calendar.end_after(begin, days)
    between = [begin.date() + timedelta(days=each + 1) for each in range((end - begin).days + 2)]
    worked = [day for day in between if day < end.astimezone(CHINA_TIME).date() and calendar.is_worked(day)]
    assert len(worked) == days
    assert end - begin > timedelta(days=days)


@pytest.mark.parametrize("days", [0, -1, 367])
def test_days_out_of_range(days: int) -> None:
    with pytest.raises(InvalidInputError):
        WorkCalendar().end_after(at(2), days)


def test_no_working_days_left() -> None:
    idle = WorkCalendar(holidays={date(2026, 1, 1) + timedelta(days=each) for each in range(5000)})
    with pytest.raises(InvalidInputError):
        idle.end_after(at(2), 1)
    with pytest.raises(InvalidInputError):
        WorkCalendar().end_after(datetime(9999, 12, 30, tzinfo=timezone.utc), 9)
    with pytest.raises(InvalidInputError):
        WorkCalendar().end_after(datetime(2026, 3, 2), 1)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "1",
        '{"holiday": []}',
        '{"holidays": ["2026-13-01"]}',
        '{"holidays": [1]}',
        '{"worked": 5}',
        "[" * 9999,
    ],
    ids=range(8),
)
def test_no_calendar(text: str) -> None:
    with pytest.raises(InvalidInputError):
        WorkCalendar.from_json(text)


@pytest.mark.parametrize("arguments", [{"holidays": ["2026-01-01"]}, {"worked": 1}, {"zone": "Asia/Shanghai"}])
def test_wrong_types(arguments: dict[str, Any]) -> None:
    with pytest.raises(InvalidTypeError):
        WorkCalendar(**arguments)


def test_too_many_days() -> None:
    with pytest.raises(InvalidInputError):
        WorkCalendar(holidays=[date.fromordinal(1 + each) for each in range(10_001)])
