"""How many pairs, applications and seals there are, by what they are and when they came to be."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import ColumnElement, func, select

from gmpki._inputs import iterated, member
from gmpki.ca.reports._rows import region_ids
from gmpki.ca.reports.workdays import CHINA_TIME
from gmpki.ca.store.columns import seconds
from gmpki.ca.store.schema import applicants, applications, pairs
from gmpki.errors import InvalidInputError
from gmpki.seal.registry import SealRegistry

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from datetime import timezone

    from sqlalchemy import Connection, Table

__all__ = ["By", "Count", "count_applications", "count_pairs", "count_seals"]

_DAY_S: Final = 86400
_EPOCH: Final = date(1970, 1, 1).toordinal()
_MAX_OFFSET: Final = timedelta(hours=14)


class By(Enum):
    """What things are counted by. DAY, MONTH and YEAR are when a pair was issued, an application entered."""

    KIND = "kind"
    """Person, organisation or device."""
    OPERATION = "operation"
    """What was applied for; applications only."""
    STATE = "state"
    AUTHORITY = "authority"
    PROFILE = "profile"
    BUSINESS_KIND = "business_kind"
    MEDIUM = "medium"
    REGION = "region_id"
    POINT = "point_id"
    FREE = "is_free"
    DAY = "day"
    MONTH = "month"
    YEAR = "year"


_PERIODS: Final[dict[By, Callable[[date], str]]] = {
    By.DAY: date.isoformat,
    By.MONTH: lambda day: f"{day:%Y-%m}",
    By.YEAR: lambda day: f"{day:%Y}",
}


@dataclass(frozen=True, slots=True)
class Count:
    """How many have these values. Immutable.

    :ivar values: one for each thing that was counted by, in that order.
    """

    values: tuple[str | int | bool | None, ...]
    count: int


def count_pairs(
    connection: Connection,
    by: Sequence[By],
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    regions: Collection[int] | None = None,
    zone: timezone = CHINA_TIME,
) -> tuple[Count, ...]:
    """Count pairs by when they were issued and what they are, in the order of the values.

    :param by: what they are counted by, at most one of day, month and year; none of them counts all.
    :param since: only those of then or later.
    :param until: only those before then.
    :param regions: only those of these regions; None for all.
    :param zone: where days begin.
    :raises InvalidTypeError: when an argument has the wrong type.
    :raises InvalidInputError: when something is counted by twice or is not for this, or a time has no time zone.
    """
    return _count(connection, pairs, pairs.c.issued_at, _Asked.of(by, since, until, regions, zone))


def count_applications(
    connection: Connection,
    by: Sequence[By],
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    regions: Collection[int] | None = None,
    zone: timezone = CHINA_TIME,
) -> tuple[Count, ...]:
    """Count applications by when they were entered and what they are; arguments and errors as :func:`count_pairs`."""
    return _count(connection, applications, applications.c.entered_at, _Asked.of(by, since, until, regions, zone))


def count_seals(registry: SealRegistry, by: Sequence[By], *, zone: timezone = CHINA_TIME) -> tuple[Count, ...]:
    """Count the seals of a registry by their stage (``STATE``) and by when they were made.

    :raises InvalidTypeError: when an argument has the wrong type.
    :raises InvalidInputError: when they are to be counted by something else, or by one thing twice.
    """
    member(registry, SealRegistry, "registry")
    asked = _Asked.of(by, None, None, None, zone)
    found: Counter[tuple[Any, ...]] = Counter()
    for record in registry.find():
        values = {By.STATE: record.stage.value}
        for period, shown in _PERIODS.items():
            values[period] = shown(record.steps[0].at.astimezone(zone).date())
        try:
            found[tuple(values[each] for each in asked.by)] += 1
        except KeyError as error:
            raise InvalidInputError(f"seals are not counted by {error.args[0].value}") from None
    return _counts(found)


@dataclass(frozen=True, slots=True)
class _Asked:
    by: tuple[By, ...]
    since: int | None
    until: int | None
    regions: list[int] | None
    offset_s: int

    @classmethod
    def of(
        cls,
        by: Sequence[By],
        since: datetime | None,
        until: datetime | None,
        regions: Collection[int] | None,
        zone: timezone,
    ) -> _Asked:
        chosen = iterated(by, "by", most=len(By) + 1)
        for each in chosen:
            member(each, By, "what is counted by")
        if len(set(chosen)) < len(chosen) or len(set(chosen) & set(_PERIODS)) > 1:
            raise InvalidInputError("counted by each thing once, and by one of day, month and year")
        offset = zone.utcoffset(None)
        return cls(
            chosen,
            None if since is None else seconds(since),
            None if until is None else seconds(until),
            region_ids(regions),
            int(offset.total_seconds()),
        )


def _count(connection: Connection, table: Table, at: ColumnElement[int], asked: _Asked) -> tuple[Count, ...]:
    columns: list[ColumnElement[Any]] = []
    for each in asked.by:
        if each in _PERIODS:
            # Days are numbered by the database, months and years made of them here: no two databases agree on dates.
            columns.append(((at + asked.offset_s) // _DAY_S).label("day"))
        elif each is By.KIND:
            columns.append(applicants.c.kind)
        elif each.value in table.c:
            columns.append(table.c[each.value])
        else:
            raise InvalidInputError(f"{table.name} are not counted by {each.value}")
    query = select(*columns, func.count().label("how_many")).select_from(table).group_by(*columns)
    if By.KIND in asked.by:
        query = query.join(applicants, table.c.applicant_id == applicants.c.id)
    if asked.since is not None:
        query = query.where(at >= asked.since)
    if asked.until is not None:
        query = query.where(at < asked.until)
    if asked.regions is not None:
        query = query.where(table.c.region_id.in_(asked.regions))
    found: Counter[tuple[Any, ...]] = Counter()
    for *values, how_many in connection.execute(query):
        shown = [
            _PERIODS[each](date.fromordinal(_EPOCH + int(value))) if each in _PERIODS else value
            for each, value in zip(asked.by, values, strict=True)
        ]
        found[tuple(shown)] += how_many
    return _counts(found)


def _counts(found: Counter[tuple[Any, ...]]) -> tuple[Count, ...]:
    # What has no value comes first; text and numbers never share a column.
    ordered = sorted(found.items(), key=lambda item: [(value is not None, value) for value in item[0]])
    return tuple(Count(values, count) for values, count in ordered)
