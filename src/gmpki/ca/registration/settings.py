"""How a registration office works: what goes through proofreading and review, when a pair may be renewed."""

from __future__ import annotations

import calendar
from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from gmpki._inputs import member, number
from gmpki.ca.registration.retention import MINIMUM_YEARS
from gmpki.ca.registration.states import Operation
from gmpki.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["DEFAULT_ROUTES", "OfficeSettings", "Route", "months_before"]


class Route(Enum):
    """The way of an operation with a pair."""

    REVIEWED = "reviewed"
    """It is entered, proofread and reviewed by different people, as a new application is."""
    DIRECT = "direct"
    """Who may do it does it at once; only renewals are still to be issued."""


DEFAULT_ROUTES: Final[Mapping[Operation, Route]] = MappingProxyType(
    {
        Operation.RENEW: Route.DIRECT,
        Operation.REISSUE: Route.REVIEWED,
        Operation.CHANGE: Route.REVIEWED,
        Operation.REPORT_LOSS: Route.DIRECT,
        Operation.LIFT_LOSS: Route.DIRECT,
        Operation.SUSPEND: Route.DIRECT,
        Operation.RESUME: Route.DIRECT,
        Operation.REVOKE: Route.DIRECT,
        Operation.RECOVER: Route.REVIEWED,
    }
)


@dataclass(frozen=True, slots=True)
class OfficeSettings:
    """The rules of an office. Immutable.

    :ivar routes: in place of those of :data:`DEFAULT_ROUTES`.
    :ivar renewal_months: how long before its expiry a pair may be renewed, in months of the calendar.
    :ivar retention_years: how long applications are kept at least, after the last certificate has expired.
    :raises InvalidTypeError: when a field has the wrong type.
    :raises InvalidInputError: when an operation has no route, or a number lies outside.
    """

    routes: Mapping[Operation, Route] = field(default_factory=dict)
    renewal_months: int = 2
    retention_years: int = MINIMUM_YEARS

    def __post_init__(self) -> None:
        number(self.renewal_months, 1, 120, "renewal_months")
        number(self.retention_years, MINIMUM_YEARS, 1000, "retention_years")
        member(self.routes, AnyMapping, "routes")
        chosen = dict(self.routes)
        for operation, route in chosen.items():
            member(operation, Operation, "an operation")
            member(route, Route, "a route")
            if operation not in DEFAULT_ROUTES:
                raise InvalidInputError(f"{operation.value} has no route to choose")
        object.__setattr__(self, "routes", MappingProxyType({**DEFAULT_ROUTES, **chosen}))


def months_before(at: datetime, months: int) -> datetime:
    """Return the same day and time some months earlier, or the last day of a month that is too short.

    >>> from datetime import datetime, timezone
    >>> months_before(datetime(2026, 4, 30, 12, tzinfo=timezone.utc), 2)
    datetime.datetime(2026, 2, 28, 12, 0, tzinfo=datetime.timezone.utc)

    :raises InvalidInputError: when it lies before the year 1.
    """
    year, month = divmod(at.year * 12 + at.month - 1 - months, 12)
    if year < 1:
        raise InvalidInputError("that many months before, there is no date")
    return at.replace(year=year, month=month + 1, day=min(at.day, calendar.monthrange(year, month + 1)[1]))
