"""Times on the command line."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import click
import pytest

from gmpki.cli._times import parse_last_second, parse_time, show_time

UTC = timezone.utc


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-03-01", datetime(2026, 3, 1, tzinfo=UTC)),
        ("2026-03-01T08:00", datetime(2026, 3, 1, 8, tzinfo=UTC)),
        ("2026-03-01 08:00:09", datetime(2026, 3, 1, 8, 0, 9, tzinfo=UTC)),
        ("2026-03-01T08:00:00Z", datetime(2026, 3, 1, 8, tzinfo=UTC)),
        ("2026-03-01T08:00:00+08:00", datetime(2026, 3, 1, tzinfo=UTC)),
    ],
)
def test_what_is_read(text: str, time: datetime) -> None:
    read = parse_time(text, "--at")
    assert read == time
    assert read.tzinfo is UTC


def test_without_a_text_it_is_now() -> None:
    now = parse_time(None, "--at")
    assert abs(datetime.now(UTC) - now) < timedelta(minutes=5)
    assert now.microsecond == 0


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "20260301",
        "2026-13-01",
        "2026-W09-7",
        "2026-03-01T08:00:00.5Z",
        "２026-03-01",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
    ],
)
def test_what_is_refused(text: str) -> None:
    with pytest.raises(click.UsageError, match="--at takes a time such as 2026-03-01T08:00:00Z"):
        parse_time(text, "--at")


def test_what_is_shown() -> None:
    assert show_time(None) is None
    assert show_time(datetime(2026, 3, 1, 8, tzinfo=timezone(timedelta(hours=8)))) == "2026-03-01T00:00:00Z"
    assert show_time(datetime(1, 1, 1, tzinfo=UTC)) == "0001-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-03-01", datetime(2026, 3, 1, 23, 59, 59, tzinfo=UTC)),
        ("2026-03-01T08:00:00Z", datetime(2026, 3, 1, 8, tzinfo=UTC)),
        ("2026-03-01 08:00", datetime(2026, 3, 1, 8, tzinfo=UTC)),
    ],
)
def test_a_day_ends_with_its_last_second(text: str, at: datetime) -> None:
    assert parse_last_second(text, "--until") == at
