"""What was done too late, and what will be soon: answers, deliveries, published revocations."""

from __future__ import annotations

import operator
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, select

from gmpki._inputs import member, number
from gmpki.ca.registration.states import ApplicationState
from gmpki.ca.reports._rows import region_ids
from gmpki.ca.reports.workdays import MAX_DAYS, WorkCalendar
from gmpki.ca.store.columns import from_seconds, seconds
from gmpki.ca.store.schema import applications, authorities, pairs, revocations
from gmpki.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from datetime import datetime

    from sqlalchemy import Column, Connection, Select

__all__ = ["Clock", "Delay", "ServiceLevels", "delays"]

_DAY_S: Final = 86400
_MAX_REVOCATION_S: Final = 366 * _DAY_S
_UNANSWERED: Final = sorted(
    each.value for each in (ApplicationState.ENTERED, ApplicationState.RETURNED, ApplicationState.PROOFREAD)
)
_UNDELIVERED: Final = sorted(each.value for each in (ApplicationState.APPROVED, ApplicationState.ISSUED))


class Clock(Enum):
    """What is measured."""

    ANSWER = "answer"
    """From the entry of an application to its review."""
    DELIVERY = "delivery"
    """From the review that approved to the delivery."""
    REVOCATION = "revocation"
    """From the request to revoke to the list that tells it."""


@dataclass(frozen=True, slots=True)
class ServiceLevels:
    """How long things may take. Immutable.

    :ivar answer_days: working days from the entry to the review, 1 to 366.
    :ivar delivery_days: working days from the review to the delivery, 1 to 366.
    :ivar revocation_s: seconds from the request to the published revocation, at most a year.
    :ivar calendar: which days are worked.
    :raises InvalidTypeError: when a field has the wrong type.
    :raises InvalidInputError: when a number is out of range.
    """

    answer_days: int = 3
    delivery_days: int = 5
    revocation_s: int = _DAY_S
    calendar: WorkCalendar = field(default_factory=WorkCalendar)

    def __post_init__(self) -> None:
        number(self.answer_days, 1, MAX_DAYS, "answer_days")
        number(self.delivery_days, 1, MAX_DAYS, "delivery_days")
        number(self.revocation_s, 1, _MAX_REVOCATION_S, "revocation_s")
        member(self.calendar, WorkCalendar, "calendar")


@dataclass(frozen=True, slots=True)
class Delay:
    """Something that is late, was, or will be. Immutable.

    :ivar subject: the reference of an application, or the serial number of a certificate.
    :ivar region_id: where; None for a certificate that no registration office applied for.
    :ivar done_at: None when it is still to be done.
    :ivar is_late: False when it is to be done soon.
    """

    clock: Clock
    subject: str
    region_id: int | None
    begun_at: datetime
    due_at: datetime
    done_at: datetime | None
    is_late: bool


def delays(
    connection: Connection,
    levels: ServiceLevels,
    *,
    now: datetime,
    since: datetime,
    soon: timedelta = timedelta(days=1),
    regions: Collection[int] | None = None,
) -> Iterator[Delay]:
    """Give what is late, what was done late since a time, and what is due soon; what is undone comes first.

    :param since: of what is done, only what was begun from then on. What is undone is told however old it is.
    :param soon: what is due within this time counts as due soon; zero to a year.
    :param regions: only what belongs to these regions; None for all.
    :raises InvalidTypeError: when an argument has the wrong type.
    :raises InvalidInputError: when a time has no time zone, or soon is out of range.
    """
    member(levels, ServiceLevels, "levels")
    member(soon, timedelta, "soon")
    if not timedelta(0) <= soon <= timedelta(days=366):
        raise InvalidInputError("soon is zero to 366 days")
    queries = _queries(levels, seconds(since), region_ids(regions))
    return _delays(connection, queries, from_seconds(seconds(now)), soon)


def _delays(connection: Connection, queries: list[_Query], now: datetime, soon: timedelta) -> Iterator[Delay]:
    for each in queries:
        for row in connection.execute(each.query.execution_options(yield_per=1000)):
            begun, done = from_seconds(row.begun_at), None if row.done_at is None else from_seconds(row.done_at)
            due_at = each.due(begun)
            is_late = (done or now) > due_at
            if is_late or (done is None and now >= due_at - soon):
                yield Delay(each.clock, row.subject, row.region_id, begun, due_at, done, is_late)


@dataclass(frozen=True, slots=True)
class _Query:
    """What may be late, and what tells when it is."""

    clock: Clock
    query: Select[Any]
    due: Callable[[datetime], datetime]


@dataclass(frozen=True, slots=True)
class _Span:
    """From when to when something takes, and how long it may take at least."""

    key: Column[Any]
    begin: Column[Any]
    done: Column[Any]
    least_s: int

    def added(self, query: Select[Any], since: int | None) -> Select[Any]:
        """Return the query for what is undone, or for what was begun since then and took too long, perhaps."""
        query = query.add_columns(self.begin.label("begun_at"), self.done.label("done_at"))
        query = query.order_by(self.begin, self.key)
        if since is None:
            return query.where(self.done.is_(None), self.begin.is_not(None))
        return query.where(self.begin >= since, self.done > self.begin + self.least_s)


def _queries(levels: ServiceLevels, since: int, places: list[int] | None) -> list[_Query]:
    columns = applications.c
    # The day of the begin does not count, so so many working days are never less than so many times 24 hours.
    answer = _Span(columns.id, columns.entered_at, columns.reviewed_at, levels.answer_days * _DAY_S)
    delivery = _Span(columns.id, columns.reviewed_at, columns.delivered_at, levels.delivery_days * _DAY_S)
    found = []
    for start in (None, since):
        for clock, span, states in ((Clock.ANSWER, answer, _UNANSWERED), (Clock.DELIVERY, delivery, _UNDELIVERED)):
            query: Select[Any] = select(columns.reference.label("subject"), columns.region_id)
            if start is None:
                query = query.where(columns.state.in_(states))
            if places is not None:
                query = query.where(columns.region_id.in_(places))
            days = levels.answer_days if clock is Clock.ANSWER else levels.delivery_days
            due = partial(_working_days, levels.calendar, days)
            found.append(_Query(clock, span.added(query, start), due))
        found.append(_revocations(levels.revocation_s, start, places))
    return found


def _working_days(calendar: WorkCalendar, days: int, begun: datetime) -> datetime:
    return calendar.end_after(begun, days)


def _revocations(limit_s: int, since: int | None, places: list[int] | None) -> _Query:
    columns = revocations.c
    own = and_(pairs.c.signing_serial == columns.serial, pairs.c.authority == authorities.c.name)
    query: Select[Any] = (
        select(columns.serial.label("subject"), pairs.c.region_id)
        .join_from(revocations, authorities, columns.authority_id == authorities.c.id)
        .outerjoin(pairs, own)
    )
    if places is not None:
        query = query.where(pairs.c.region_id.in_(places))
    span = _Span(columns.id, columns.requested_at, columns.published_at, limit_s)
    return _Query(Clock.REVOCATION, span.added(query, since), partial(operator.add, timedelta(seconds=limit_s)))
