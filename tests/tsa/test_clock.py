"""Checks of a clock: what jumped, what is apart from a reference, what cannot be read."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from gmpki.errors import InvalidInputError, InvalidTypeError, TimestampError
from gmpki.tsa.clock import ClockCheck, ReferenceClock, SteadyClock

NOW = datetime(2026, 3, 1, 8, 0, 0, tzinfo=timezone.utc)
SECOND = timedelta(seconds=1)


class Monotonic:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def test_they_are_checks() -> None:
    assert isinstance(SteadyClock(), ClockCheck)
    assert isinstance(ReferenceClock(lambda: NOW), ClockCheck)


def test_a_clock_that_runs() -> None:
    monotonic = Monotonic()
    clock = SteadyClock(monotonic=monotonic)
    for seconds in (0, 10, 3600, 3600.4):
        monotonic.seconds = 1000.0 + seconds
        clock.check(NOW + seconds * SECOND)


@pytest.mark.parametrize("jump_s", [-3600, -1.5, 1.5, 86400])
def test_a_clock_that_jumped_stays_refused_until_it_is_back(jump_s: float) -> None:
    monotonic = Monotonic()
    clock = SteadyClock(monotonic=monotonic)
    clock.check(NOW)
    for passed_s in (5, 10):
        monotonic.seconds = 1000.0 + passed_s
        with pytest.raises(TimestampError, match="jumped by") as caught:
            clock.check(NOW + (passed_s + jump_s) * SECOND)
        assert caught.value.reason == "clock"
    clock.check(NOW + 10 * SECOND)


def test_the_real_clock() -> None:
    clock = SteadyClock(timedelta(seconds=30))
    clock.check(datetime.now(timezone.utc))
    clock.check(datetime.now(timezone.utc))


@pytest.mark.parametrize("apart_s", [-1, 0, 1])
def test_a_reference_that_agrees(apart_s: int) -> None:
    ReferenceClock(lambda: NOW + apart_s * SECOND).check(NOW)


@pytest.mark.parametrize("apart_s", [-1.1, 1.1, -86400])
def test_a_reference_that_does_not(apart_s: float) -> None:
    with pytest.raises(TimestampError, match="from the reference") as caught:
        ReferenceClock(lambda: NOW + apart_s * SECOND).check(NOW)
    assert caught.value.reason == "clock"


def unreachable() -> datetime:
    raise OSError("no route")


@pytest.mark.parametrize("reference", [unreachable, lambda: None, lambda: NOW.replace(tzinfo=None), lambda: "now"])
def test_a_reference_that_cannot_be_read(reference: Any) -> None:
    with pytest.raises(TimestampError, match="cannot be read"):
        ReferenceClock(reference).check(NOW)


@pytest.mark.parametrize("limit", [timedelta(0), -SECOND, timedelta(days=2)])
def test_limits_out_of_bounds(limit: timedelta) -> None:
    with pytest.raises(InvalidInputError, match="limit"):
        SteadyClock(limit)
    with pytest.raises(InvalidInputError, match="limit"):
        ReferenceClock(lambda: NOW, limit)


@pytest.mark.parametrize("wrong", [None, 1, "clock"])
def test_other_types(wrong: Any) -> None:
    with pytest.raises(InvalidTypeError):
        SteadyClock(wrong)
    with pytest.raises(InvalidTypeError):
        SteadyClock(monotonic=wrong)
    with pytest.raises(InvalidTypeError):
        ReferenceClock(wrong)
    with pytest.raises(InvalidTypeError):
        SteadyClock().check(wrong)
    with pytest.raises(InvalidInputError, match="time zone"):
        SteadyClock().check(NOW.replace(tzinfo=None))
