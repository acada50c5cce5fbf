"""Whether the clock of a time-stamping authority can be trusted at the moment.

An authority asks its checks before each time-stamp; when one of them raises, it answers timeNotAvailable and makes no
time-stamp. How a clock is kept right (a receiver, servers of a national time service) is the operator's affair.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING, Final, Protocol, runtime_checkable

from gmpki._inputs import function, member, utc
from gmpki.errors import InvalidInputError, TimestampError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ClockCheck", "ReferenceClock", "SteadyClock"]

_SECOND: Final = timedelta(seconds=1)
_DAY: Final = timedelta(days=1)


@runtime_checkable
class ClockCheck(Protocol):
    """Who can tell whether a clock is right."""

    def check(self, now: datetime) -> None:
        """Return when the clock that shows this time is right, as far as can be told.

        :raises GmpkiError: when it is not, or when that cannot be told.
        """


class SteadyClock:
    """Refuses a clock that was put forward or back while the authority ran. Thread-safe.

    The time that went by is measured with the monotonic clock of the system, which nobody sets. After a jump every
    check fails until the clock is back where it would be without it; an operator who put it right makes a new object.
    """

    def __init__(self, limit: timedelta = _SECOND, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Begin; the first time that is checked is taken as right.

        :param limit: how far both clocks may move apart between two checks, up to a day.
        :param monotonic: returns seconds that only grow.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises InvalidInputError: when limit is not positive or longer than a day.
        """
        self._limit = _checked_limit(limit)
        function(monotonic, "monotonic")
        self._monotonic = monotonic
        self._lock = Lock()
        self._last: tuple[datetime, float] | None = None

    def check(self, now: datetime) -> None:
        """Compare the time that went by since the last check that held.

        :raises TimestampError: when the clock jumped; the reason is "clock".
        :raises InvalidTypeError: when now is no ``datetime``.
        :raises InvalidInputError: when it has no time zone.
        """
        now = utc(now, "now")
        with self._lock:
            elapsed_s = self._monotonic()
            if self._last is not None:
                before, before_s = self._last
                jump_s = (now - before).total_seconds() - (elapsed_s - before_s)
                if abs(jump_s) > self._limit.total_seconds():
                    raise TimestampError("clock", f"the clock jumped by {jump_s:+.3f} seconds")
            self._last = now, elapsed_s


class ReferenceClock:
    """Refuses a clock that is too far from another one. Thread-safe if the function that reads the other one is."""

    def __init__(self, reference: Callable[[], datetime], limit: timedelta = _SECOND) -> None:
        """Take the other clock.

        :param reference: returns its time, with a time zone; what it raises means that it cannot be read.
        :param limit: how far apart both may be, up to a day.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises InvalidInputError: when limit is not positive or longer than a day.
        """
        function(reference, "reference")
        self._reference = reference
        self._limit = _checked_limit(limit)

    def check(self, now: datetime) -> None:
        """Compare the two clocks.

        :raises TimestampError: when they are too far apart, or the other one cannot be read; the reason is "clock".
        :raises InvalidTypeError: when now is no ``datetime``.
        :raises InvalidInputError: when it has no time zone.
        """
        now = utc(now, "now")
        try:
            other = utc(self._reference(), "the time of the reference clock")
        except Exception as error:  # whatever it meets, the time is not confirmed
            raise TimestampError("clock", f"the reference clock cannot be read: {type(error).__name__}") from error
        apart_s = (now - other).total_seconds()
        if abs(apart_s) > self._limit.total_seconds():
            raise TimestampError("clock", f"the clock is {apart_s:+.3f} seconds from the reference clock")


def _checked_limit(limit: timedelta) -> timedelta:
    member(limit, timedelta, "limit")
    if not timedelta(0) < limit <= _DAY:
        raise InvalidInputError("limit must be above zero and at most a day")
    return limit
