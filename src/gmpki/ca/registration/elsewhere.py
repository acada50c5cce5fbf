"""What an authority elsewhere was asked to issue, so that nothing which it has issued is left in use unknown.

A row is written before the authority is asked, and goes in the commit that writes down what came of it. When the
application or its pair has come to another end meanwhile, nobody gets what was issued, and it is revoked; where that
fails, or the process ends, the row stays, and :func:`settle` tries again.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, select

from gmpki.asn1.rfc5280 import ReasonCode
from gmpki.ca.interfaces import RevocationOrder
from gmpki.ca.registration import applications, carrying, pairs
from gmpki.ca.registration.states import TRANSITIONS, ApplicationState, Operation, transition
from gmpki.ca.store.columns import seconds, serial_number, serial_text
from gmpki.ca.store.schema import orders_elsewhere as table
from gmpki.ca.store.tagged_rows import TaggedRows
from gmpki.errors import GmpkiError, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import RowMapping

    from gmpki.ca.interfaces import Actor, Issued, Order
    from gmpki.ca.registration._desk import Desk
    from gmpki.ca.registration.applications import Application
    from gmpki.ca.store.store import Transaction

__all__ = ["ask", "forget", "settle", "undo"]

_ROWS: Final = TaggedRows(table, "order to an authority elsewhere")
_ASKED: Final = "asked"
_UNWANTED: Final = "unwanted"
# Whoever asked may still be waiting for the answer.
_LEASE: Final = timedelta(minutes=10)


def ask(tx: Transaction, order: Order, application_id: int) -> None:
    """Write down that an authority is about to be asked; a second attempt finds the row of the first.

    :raises LifeCycleError: when nothing may be issued for the application any more.
    """
    _, application = applications.lock(tx, application_id)
    transition(Operation.ISSUE, application.state)
    if tx.connection.scalar(select(table.c.id).where(table.c.application_id == application_id)) is None:
        asked = {"state": _ASKED, "request": order.request.der, "serials": None, "asked_at": tx.at}
        _ROWS.add(tx, {"application_id": application_id, **asked})


def forget(tx: Transaction, application_id: int) -> None:
    """Forget an order in the commit that writes down what came of it."""
    tx.connection.execute(delete(table).where(table.c.application_id == application_id))


def undo(desk: Desk, actor: Actor, application_id: int, order: Order, issued: Issued) -> None:
    """Have what nobody gets revoked.

    :raises GmpkiError: when that fails; :func:`settle` tries again.
    """
    serials = tuple(each.serial_number for each in (issued.signing, issued.encryption) if each is not None)
    listed = " ".join(map(serial_text, serials))
    with desk.store.transaction() as tx:
        number = tx.connection.scalar(select(table.c.id).where(table.c.application_id == application_id))
        if number is not None:
            _ROWS.change(tx, _ROWS.lock(tx, number), state=_UNWANTED, serials=listed)
        tx.audit(actor, "application.issue-undone", applications.subject_of(application_id), serials=listed)
        if order.replaces:
            _end_older(tx, actor, application_id, order.replaces_reason)
    _revoke(desk, actor, application_id, _undoing(order.authority, order.key, serials))


def _end_older(tx: Transaction, actor: Actor, application_id: int, reason: ReasonCode) -> None:
    """Write down that the authority has revoked the older pair with the order that is undone."""
    _, application = applications.lock(tx, application_id)
    row, older = pairs.lock(tx, int(application.pair_id or 0))
    if (Operation.REVOKE, pairs.state_at(older, tx.now)) in TRANSITIONS:
        new = pairs.move(tx, row, Operation.REVOKE)
        tx.audit(actor, "pair.revoke", older.subject, application=application_id, state=new.value, reason=reason.name)


def settle(desk: Desk, actor: Actor, ordered: Callable[[Application, bytes], Order]) -> int:
    """Undo what was issued elsewhere for applications that have come to another end; return for how many.

    An order whose outcome is not known is given once more under its key: its answer says what there is to revoke. One
    that would itself revoke an older pair is left to people.

    :param ordered: makes the order of an application and a request anew.
    :raises TamperedError: when a row is not as it was written.
    :raises GmpkiError: the first error of the authority, after all others were tried.
    """
    done = 0
    problem: GmpkiError | None = None
    for row in _left(desk):
        try:
            done += _settled(desk, actor, row, ordered)
        except StoreError:  # noqa: PERF203 - a network between
            raise
        except GmpkiError as error:
            problem = problem if problem is not None else error
    if problem is not None:
        raise problem
    return done


def _left(desk: Desk) -> Iterator[RowMapping]:
    with desk.store.reading() as connection:
        rows = connection.execute(select(table).order_by(table.c.id)).mappings().all()
    for row in rows:
        yield _ROWS.verify(desk.store.protection, row)


def _settled(desk: Desk, actor: Actor, row: RowMapping, ordered: Callable[[Application, bytes], Order]) -> bool:
    """Undo one order, when nobody waits for it and it can be told what it has given."""
    application_id = row["application_id"]
    with desk.store.reading() as connection:
        application = applications.read(connection, desk.store.protection, application_id)
    if row["state"] == _UNWANTED:
        serials = tuple(map(serial_number, row["serials"].split()))
        key = carrying.order_key(application)
        _revoke(desk, actor, application_id, _undoing(application.authority, key, serials))
        return True
    if row["asked_at"] + int(_LEASE.total_seconds()) > seconds(desk.store.now()) or _may_be_issued(desk, application):
        return False
    order = ordered(application, row["request"])
    if order.replaces:
        return False
    undo(desk, actor, application_id, order, desk.backend.issue(order, actor=actor))
    return True


def _may_be_issued(desk: Desk, application: Application) -> bool:
    """Tell whether issuing may still be repeated, and end well."""
    if application.state is not ApplicationState.APPROVED:
        return False
    if application.pair_id is None:
        return True
    with desk.store.reading() as connection:
        pair = pairs.read(connection, desk.store.protection, application.pair_id)
    return (application.operation, pairs.state_at(pair, desk.store.now())) in TRANSITIONS


def _undoing(authority: str, key: str, serials: tuple[int, ...]) -> RevocationOrder:
    return RevocationOrder(f"{key}:undo", authority, serials, ReasonCode.CESSATION_OF_OPERATION)


def _revoke(desk: Desk, actor: Actor, application_id: int, order: RevocationOrder) -> None:
    desk.backend.revoke(order, actor=actor)
    with desk.store.transaction() as tx:
        forget(tx, application_id)
        tx.audit(actor, "application.issue-revoked", applications.subject_of(application_id))
