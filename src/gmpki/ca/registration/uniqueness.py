"""What somebody has already: one free certificate for each number, and a warning before a second registration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from gmpki.ca.registration.states import FINAL_STATES, ApplicationState, PairState, named
from gmpki.ca.store.columns import from_seconds, row_id
from gmpki.ca.store.schema import applicants, applications, pairs
from gmpki.errors import ConflictError, NotFoundError

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Row, Select

    from gmpki.ca.store.store import Transaction

__all__ = ["Existing", "demand_free", "existing"]

# What is issued stands as a pair, and what has ended is no longer in the way.
_OPEN: Final = sorted(
    state.value
    for state in ApplicationState
    if state not in FINAL_STATES and state not in (ApplicationState.ISSUED, ApplicationState.DELIVERED)
)
_HELD: Final = sorted(
    state.value for state in PairState if state not in FINAL_STATES and state is not PairState.REPLACED
)
_MAX_SHOWN: Final = 100


@dataclass(frozen=True, slots=True)
class Existing:
    """An application that is open or a pair that is held. Immutable.

    :ivar kind: "application" or "pair".
    :ivar id: its number in the database.
    :ivar state: what it is.
    :ivar until: when the pair expires; None for an application.
    """

    kind: str
    id: int
    state: ApplicationState | PairState
    authority: str
    profile: str
    business_kind: str
    is_free: bool
    until: datetime | None


def existing(
    connection: Connection, applicant_id: int, *, business_kind: str | None = None, profile: str | None = None
) -> tuple[Existing, ...]:
    """Return what an applicant has, to warn of a repeated registration: pairs first, the newest first, at most 100.

    :param business_kind: only of this kind; None for all.
    :param profile: only of this profile; None for all.
    :raises InvalidTypeError: when the number of the applicant is no int.
    """
    row_id(applicant_id, "the number of an applicant")
    found: list[Existing] = []
    for table, states in ((pairs, _HELD), (applications, _OPEN)):
        query = select(table).where(table.c.applicant_id == applicant_id, table.c.state.in_(states))
        if business_kind is not None:
            query = query.where(table.c.business_kind == business_kind)
        if profile is not None:
            query = query.where(table.c.profile == profile)
        query = query.order_by(table.c.id.desc()).limit(_MAX_SHOWN - len(found))
        found += [_existing(row, is_pair=table is pairs) for row in connection.execute(query)]
    return tuple(found)


def _existing(row: Row[Any], *, is_pair: bool) -> Existing:
    return Existing(
        "pair" if is_pair else "application",
        row.id,
        named(PairState, row.state) if is_pair else named(ApplicationState, row.state),
        row.authority,
        row.profile,
        row.business_kind,
        row.is_free,
        from_seconds(row.not_after) if is_pair else None,
    )


def demand_free(tx: Transaction, applicant_id: int, *, besides_application: int | None = None) -> None:
    """See that somebody may still have a free certificate, and keep others from asking until the transaction ends.

    One is free for each identity number, and for each credit code of an organisation. It counts as taken while a free
    pair is held or a free application for a new one is open; what renews or replaces a pair takes no second one.

    :param besides_application: an application that does not count, for it is the one that asks.
    :raises NotFoundError: when there is no such applicant.
    :raises ConflictError: "free-taken" when it is taken.
    """
    row_id(applicant_id, "the number of an applicant")
    # FOR UPDATE, where there is such a thing: two processes that ask for the same number come one after the other.
    query = select(applicants.c.id, applicants.c.kind, applicants.c.credit_code).order_by(applicants.c.id)
    own = tx.connection.execute(query.where(applicants.c.id == applicant_id).with_for_update()).first()
    if own is None:
        raise NotFoundError(f"there is no applicant {applicant_id}")
    who = [applicant_id]
    if own.kind == "organization" and own.credit_code is not None:
        same = (applicants.c.credit_code == own.credit_code) & (applicants.c.kind == "organization")
        who = [row.id for row in tx.connection.execute(query.where(same).with_for_update())]
    held = pairs.c.applicant_id.in_(who) & pairs.c.is_free & pairs.c.state.in_(_HELD)
    _refuse(tx, select(pairs.c.id).where(held), "pair")
    asked: ColumnElement[bool] = (
        applications.c.applicant_id.in_(who)
        & applications.c.is_free
        & applications.c.pair_id.is_(None)
        & applications.c.state.in_(_OPEN)
    )
    if besides_application is not None:
        asked &= applications.c.id != besides_application
    _refuse(tx, select(applications.c.id).where(asked), "application")


def _refuse(tx: Transaction, query: Select[tuple[int]], kind: str) -> None:
    found = tx.connection.scalar(query.limit(1))
    if found is not None:
        raise ConflictError("free-taken", f"the free certificate of this number is taken: {kind} {found}")
