"""Which revocation lists are due, and making those that are.

Something outside calls :func:`make_due` every minute or so: a timer, a service, somebody at a keyboard. Any number of
processes may do so at the same time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from gmpki._inputs import iterated, member
from gmpki.ca.interfaces import SYSTEM, Actor
from gmpki.ca.revocation.lists import IssuedList, in_scope, issue_list, latest_list, told_by
from gmpki.ca.revocation.rules import ListIssuer, ListScope
from gmpki.ca.store.columns import seconds
from gmpki.ca.store.schema import crls, revocations

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy import Connection

    from gmpki.ca.store.store import Store

__all__ = ["DueList", "due_lists", "make_due", "scopes_of"]

# As long as this, a list that somebody has begun is left to them.
_BEGUN_S: Final = 120


@dataclass(frozen=True, slots=True)
class DueList:
    """A list that is to be made now. Immutable.

    :ivar reason: "first" when there is none yet, "period" when the latest is old enough, "at-once" when a key was
        compromised since.
    """

    issuer: ListIssuer
    part: int
    is_delta: bool
    reason: str


def due_lists(store: Store, issuers: Iterable[ListIssuer]) -> list[DueList]:
    """Return the lists that are due at the time of the store: complete ones first.

    :param issuers: the keys of authorities that sign lists; those whose certificate has expired are passed over.
    :raises InvalidTypeError: when something else is given.
    :raises StoreError: when the database cannot be read.
    """
    now = store.now()
    due = []
    with store.reading() as connection:
        for issuer in iterated(issuers, "issuers"):
            member(issuer, ListIssuer, "an issuer")
            for scope in scopes_of(connection, issuer):
                reason = _reason(connection, issuer, scope, now)
                if reason is not None:
                    due.append(DueList(issuer, scope.part, scope.is_delta, reason))
    return sorted(due, key=lambda each: each.is_delta)


def make_due(
    store: Store, issuers: Iterable[ListIssuer], *, actor: Actor = SYSTEM, publishers: Sequence[str] = ()
) -> list[IssuedList]:
    """Make the lists that are due; return what was made.

    A list that another process makes at the same time is left to it. A complete list that is made now leaves the delta
    lists of its scope to the next time.

    :param publishers: the names of those that are to have the lists.
    :raises GmpkiError: as :func:`due_lists` and :func:`~gmpki.ca.revocation.lists.issue_list`; the lists before are
        made then.
    """
    made = []
    for due in due_lists(store, issuers):
        still = partial(_is_due, due.issuer, due.issuer.scope(due.part, is_delta=due.is_delta))
        one = issue_list(
            store, due.issuer, due.part, is_delta=due.is_delta, actor=actor, publishers=publishers, wanted=still
        )
        if one is not None:
            made.append(one)
    return made


def _is_due(issuer: ListIssuer, scope: ListScope, connection: Connection, now: datetime) -> bool:
    return _reason(connection, issuer, scope, now) is not None


def scopes_of(connection: Connection, issuer: ListIssuer) -> Iterator[ListScope]:
    """Yield the scopes of an issuer: those that it has, and those that it once had a list of."""
    parts = set(range(1, issuer.addresses.crl_parts + 1)) or {0}
    of_issuer = (crls.c.authority_id == issuer.authority_id, crls.c.generation_id == issuer.generation_id)
    parts.update(connection.scalars(select(crls.c.part).where(*of_issuer, crls.c.state == "issued").distinct()))
    for part in sorted(parts):
        if part <= issuer.addresses.crl_parts:
            yield issuer.scope(part)
            if issuer.rules.has_deltas:
                yield issuer.scope(part, is_delta=True)


def _reason(connection: Connection, issuer: ListIssuer, scope: ListScope, now: datetime) -> str | None:
    """Return why a list is due, None when it is not."""
    if issuer.certificate.not_after <= now or _is_begun(connection, scope, now):
        return None
    rules = issuer.rules
    latest = latest_list(connection, scope)
    if not scope.is_delta:
        if latest is None:
            return "first"
        is_due = latest.this_update + timedelta(seconds=rules.period_s) <= now
        told = latest.change_number
    else:
        complete = latest_list(connection, issuer.scope(scope.part))
        if complete is None:
            return None
        latest = latest if latest is not None else complete
        is_due = latest.this_update + timedelta(seconds=rules.delta_period_s) <= now
        told = max(complete.change_number, latest.change_number)
    if is_due:
        return "period"
    # What cannot wait goes into a delta list where there are such, for which they are there.
    if scope.is_delta == rules.has_deltas and _cannot_wait(connection, issuer, scope, told):
        return "at-once"
    return None


def _is_begun(connection: Connection, scope: ListScope, now: datetime) -> bool:
    lately = crls.c.this_update > seconds(now) - _BEGUN_S
    return connection.scalar(select(crls.c.id).where(in_scope(scope), crls.c.state == "meant", lately)) is not None


def _cannot_wait(connection: Connection, issuer: ListIssuer, scope: ListScope, told: int) -> bool:
    """Tell whether something was revoked since a change for a reason that lets nobody wait."""
    urgent = [int(reason) for reason in issuer.rules.at_once]
    since = (revocations.c.change_number > told, revocations.c.lifted_at.is_(None), revocations.c.reason.in_(urgent))
    return connection.scalar(select(revocations.c.id).where(told_by(scope), *since).limit(1)) is not None
