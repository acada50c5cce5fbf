"""Working days, in which periods for answering and delivering are counted.

Which days are holidays, and which Saturdays and Sundays are worked in exchange, is decided anew for each year, so it
is the office that says it:

>>> from datetime import date, datetime, timezone
>>> calendar = WorkCalendar(holidays={date(2026, 10, 1), date(2026, 10, 2)}, worked={date(2026, 10, 10)})
>>> calendar.end_after(datetime(2026, 9, 30, 3, tzinfo=timezone.utc), 1)
datetime.datetime(2026, 10, 5, 16, 0, tzinfo=datetime.timezone.utc)
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone, tzinfo
from typing import Final

from gmpki._inputs import as_text, member, number, utc
from gmpki.errors import InvalidInputError

__all__ = ["CHINA_TIME", "WorkCalendar"]

CHINA_TIME: Final = timezone(timedelta(hours=8))
MAX_DAYS: Final = 366
_SATURDAY: Final = 5
_MAX_LISTED: Final = 10_000
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """Which days are worked: Monday to Friday, but for what is listed. Immutable.

    :ivar holidays: days that are not worked.
    :ivar worked: Saturdays, Sundays and holidays that are worked all the same.
    :ivar zone: where the office is, for the begin of a day.
    :raises InvalidTypeError: when a list holds something else than dates, or the zone is none.
    :raises InvalidInputError: when a list has more than 10,000 days.
    """

    holidays: Collection[date] = field(default_factory=frozenset)
    worked: Collection[date] = field(default_factory=frozenset)
    zone: tzinfo = CHINA_TIME

    def __post_init__(self) -> None:
        member(self.zone, tzinfo, "zone")
        for name in ("holidays", "worked"):
            days = getattr(self, name)
            member(days, Collection, name)
            if len(days) > _MAX_LISTED:
                raise InvalidInputError(f"{name} has at most {_MAX_LISTED} days")
            for day in days:
                member(day, date, f"a day of {name}")
            object.__setattr__(self, name, frozenset(days))

    @classmethod
    def from_json(cls, text: str) -> WorkCalendar:
        """Read a calendar: ``{"holidays": ["2027-01-01"], "worked": []}``.

        :raises InvalidTypeError: when it is not text.
        :raises InvalidInputError: when it is no such JSON.
        """
        try:
            found = json.loads(as_text(text, "a calendar"))
            if not isinstance(found, Mapping) or not set(found) <= {"holidays", "worked"}:
                raise InvalidInputError("a calendar is an object with holidays and worked")
            days = {name: frozenset(map(date.fromisoformat, found.get(name, ()))) for name in ("holidays", "worked")}
            return cls(days["holidays"], days["worked"])
        except (TypeError, ValueError, RecursionError) as error:
            raise InvalidInputError(f"no calendar: {error}") from None

    def is_worked(self, day: date) -> bool:
        """Tell whether a day is a working day."""
        return day in self.worked or (day.weekday() < _SATURDAY and day not in self.holidays)

    def end_after(self, begin: datetime, days: int) -> datetime:
        """Return when a number of working days is over: at the end of the last one, in UTC.

        The day of the begin does not count.

        :param days: 1 to 366.
        :raises InvalidTypeError: when an argument has the wrong type.
        :raises InvalidInputError: when days is out of range, the time has no time zone, or there are not so many
            working days in the ten years that follow.
        """
        wanted = number(days, 1, MAX_DAYS, "days")
        try:
            day = utc(begin, "begin").astimezone(self.zone).date()
            for _ in range(3660):
                day += _DAY
                wanted -= self.is_worked(day)
                if wanted == 0:
                    midnight = datetime.combine(day + _DAY, datetime.min.time(), self.zone)
                    return midnight.astimezone(timezone.utc)
        except OverflowError:
            raise InvalidInputError("the period ends after the year 9999") from None
        raise InvalidInputError("the calendar has not so many working days in ten years")
