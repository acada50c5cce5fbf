"""The ledger of applications (办理台账): each with who did what to it and when."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, or_, select

from gmpki._inputs import number
from gmpki.ca.registration.applicants import ApplicantKind
from gmpki.ca.registration.states import ApplicationState, Operation, named
from gmpki.ca.store.columns import from_seconds, seconds
from gmpki.ca.store.schema import applicants, applications

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import datetime

    from sqlalchemy import Connection, Row

__all__ = ["LedgerRow", "ledger"]

_PAGE: Final = 1000


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One application. Immutable.

    :ivar decision: what was said in the review, or on sending it back.
    """

    reference: str
    operation: Operation
    state: ApplicationState
    kind: ApplicantKind
    name: str
    contact_name: str | None
    authority: str
    profile: str
    business_kind: str
    medium: str
    token_serial: str | None
    region_id: int
    point_id: int | None
    is_free: bool
    entered_by: str
    entered_at: datetime
    proofread_by: str | None
    proofread_at: datetime | None
    reviewed_by: str | None
    reviewed_at: datetime | None
    decision: str | None
    issued_by: str | None
    issued_at: datetime | None
    delivered_at: datetime | None
    closed_at: datetime | None


def ledger(
    connection: Connection, *, since: datetime, until: datetime, regions: Collection[int] | None = None
) -> Iterator[LedgerRow]:
    """Give the applications that were entered in a period, the oldest first; memory does not grow with their number.

    :param since: from then on.
    :param until: before then.
    :param regions: only those of these regions; None for all.
    :raises InvalidTypeError: when an argument has the wrong type.
    :raises InvalidInputError: when a time has no time zone.
    """
    first, end = seconds(since), seconds(until)
    places = None if regions is None else sorted({number(each, 1, (1 << 63) - 1, "a region") for each in regions})
    return _rows(connection, first, end, places)


def _rows(connection: Connection, first: int, end: int, places: list[int] | None) -> Iterator[LedgerRow]:
    columns = [applications.c[name] if name in applications.c else applicants.c[name] for name in _NAMES]
    at, key = applications.c.entered_at, applications.c.id
    query = (
        select(key, *columns)
        .join_from(applications, applicants, applications.c.applicant_id == applicants.c.id)
        .where(at < end)
        .order_by(at, key)
        .limit(_PAGE)
    )
    if places is not None:
        query = query.where(applications.c.region_id.in_(places))
    last = (first, 0)
    while True:
        behind = and_(at >= last[0], or_(at > last[0], key > last[1]))
        page = connection.execute(query.where(behind)).all()
        yield from map(_row, page)
        if len(page) < _PAGE:
            return
        last = (page[-1].entered_at, page[-1].id)


_NAMES: Final = tuple(each.name for each in fields(LedgerRow))


def _row(row: Row[Any]) -> LedgerRow:
    values = {name: getattr(row, name) for name in _NAMES}
    for name, value in values.items():
        if name.endswith("_at") and value is not None:
            values[name] = from_seconds(value)
    values["operation"] = named(Operation, row.operation)
    values["state"] = named(ApplicationState, row.state)
    values["kind"] = ApplicantKind(row.kind)
    return LedgerRow(**values)
