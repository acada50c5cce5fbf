"""The ledger of applications (办理台账): each with who did what to it and when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from gmpki.ca.registration.states import ApplicationState
from gmpki.ca.reports._rows import columns_of, reader_of, region_ids
from gmpki.ca.store.columns import seconds
from gmpki.ca.store.paging import in_pages
from gmpki.ca.store.schema import applicants, applications

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import datetime

    from sqlalchemy import Connection

    from gmpki.ca.registration.applicants import ApplicantKind
    from gmpki.ca.registration.states import Operation

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
    columns = applications.c
    query = (
        select(columns.id, *columns_of(applications, LedgerRow))
        .join_from(applications, applicants, columns.applicant_id == applicants.c.id)
        .where(columns.entered_at < end)
    )
    places = region_ids(regions)
    if places is not None:
        query = query.where(columns.region_id.in_(places))
    return map(_ROW, in_pages(connection, query, (columns.entered_at, columns.id), first, _PAGE))


_ROW: Final = reader_of(LedgerRow, ApplicationState)
