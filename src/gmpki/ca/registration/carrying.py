"""The last step of what is asked for a pair: it is carried out, by the authority and the key-management centre.

What the office writes about it is part of the authority's own commit where both share a database. Otherwise it follows
the answer; when the process ends between the two, the same call asks again, gets the same answer, and writes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gmpki.asn1.rfc5280 import ReasonCode
from gmpki.ca.interfaces import RevocationOrder
from gmpki.ca.registration import _medium, applications, escrow, pairs
from gmpki.ca.registration._desk import Once
from gmpki.ca.registration.states import ISSUING_OPERATIONS, ApplicationState, Operation, PairState, transition
from gmpki.errors import InvalidInputError, LifeCycleError, StateError

if TYPE_CHECKING:
    from datetime import datetime

    from gmpki.ca.operators.operators import Operator
    from gmpki.ca.registration._desk import Desk
    from gmpki.ca.registration.applications import Application
    from gmpki.ca.registration.pairs import Pair
    from gmpki.ca.store.store import Transaction

__all__ = ["Outcome", "again", "begin", "carry_out", "close_undelivered", "outcome", "refuse_recipient", "retire_ended"]

_REVOKING: Final = {
    Operation.SUSPEND: ReasonCode.CERTIFICATE_HOLD,
    Operation.REPORT_LOSS: ReasonCode.CERTIFICATE_HOLD,
    Operation.RESUME: ReasonCode.REMOVE_FROM_CRL,
    Operation.LIFT_LOSS: ReasonCode.REMOVE_FROM_CRL,
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What has become of an application. Immutable.

    :ivar pair: the pair that was issued, or that it is about; None as long as there is none.
    :ivar delivery: the encryption key for its owner, in an envelope: of a pair that was issued, or recovered.
    """

    application: Application
    pair: Pair | None = None
    delivery: bytes | None = field(default=None, repr=False)


def outcome(desk: Desk, application_id: int) -> Outcome:
    """Return what has become of an application.

    :raises NotFoundError: when there is none.
    :raises TamperedError: when its row or that of its pair is not as it was written.
    """
    with desk.store.reading() as connection:
        application = applications.read(connection, desk.store.protection, application_id)
        if application.pair_id is None:
            return Outcome(application)
        pair = pairs.read(connection, desk.store.protection, application.pair_id)
        is_issued = application.state in (ApplicationState.ISSUED, ApplicationState.DELIVERED)
        return Outcome(application, pair, pair.delivery if is_issued else None)


def begin(
    desk: Desk, tx: Transaction, operator: Operator, application_id: int, once: Once
) -> tuple[Application | None, Pair | None]:
    """Check what can be checked before others are asked; None for the application when it has been carried out."""
    application = applications.read(tx.connection, tx.protection, application_id)
    is_issue = application.operation in ISSUING_OPERATIONS
    operation = Operation.ISSUE if is_issue else application.operation
    desk.permit(tx.connection, operator, operation.value, application.region_id)
    if once.answer(tx) is not None:
        return None, None
    transition(Operation.ISSUE if is_issue else Operation.CARRY_OUT, application.state)
    if application.operation is Operation.APPLY or application.pair_id is None:
        return application, None
    pair = pairs.read(tx.connection, tx.protection, application.pair_id)
    transition(application.operation, pairs.state_at(pair, tx.now))
    return application, pair


def carry_out(desk: Desk, operator: Operator, application_id: int, key: str | None) -> Outcome:
    """Carry out an approved application that issues nothing.

    Errors are those of
    :meth:`RegistrationOffice.carry_out <gmpki.ca.registration.office.RegistrationOffice.carry_out>`.
    """
    once = Once(key, Operation.CARRY_OUT, operator, application_id)
    with desk.store.transaction() as tx:
        application, pair = begin(desk, tx, operator, application_id, once)
    if application is None:
        return again(desk, application_id)
    if application.operation in ISSUING_OPERATIONS or pair is None:
        raise InvalidInputError(f"{application.operation.value} ends with new certificates; issue them")
    if application.operation is Operation.RECOVER:
        found = _recovered(desk, Outcome(application, pair))
        with desk.store.transaction() as tx:
            _write_done(tx, operator, application_id)
            once.keep(tx, application_id)
        return Outcome(outcome(desk, application_id).application, pair, found.delivery)

    def complete(tx: Transaction) -> None:
        _write_done(tx, operator, application_id)
        once.keep(tx, application_id)

    wanted = application.wanted
    order = RevocationOrder(
        key=order_key(application),
        authority=application.authority,
        serial_numbers=pair.serial_numbers,
        reason=_REVOKING.get(application.operation) or wanted.reason or ReasonCode.UNSPECIFIED,
        invalidity_date=wanted.invalidity_date,
    )
    desk.backend.revoke(order, actor=operator.actor, complete=complete)
    if not desk.backend.completes_within:
        with desk.store.transaction() as tx:
            complete(tx)
    retire_ended(desk, pair.id)
    return outcome(desk, application_id)


def retire_ended(desk: Desk, pair_id: int) -> None:
    """Retire the encryption key of a pair, when the pair has been revoked."""
    with desk.store.reading() as connection:
        pair = pairs.read(connection, desk.store.protection, pair_id)
    if pair.state is PairState.REVOKED:
        escrow.retire(desk.store, desk.keys, pair)


def again(desk: Desk, application_id: int) -> Outcome:
    """Return what carrying out an application has given, when the same is asked again."""
    found = outcome(desk, application_id)
    is_recovery = found.application.operation is Operation.RECOVER
    return _recovered(desk, found) if is_recovery and found.application.state is ApplicationState.CLOSED else found


def _recovered(desk: Desk, found: Outcome) -> Outcome:
    """Have the encryption key enveloped for the holder's present signing key; asked again, it is the same key."""
    pair = found.pair
    if desk.keys is None:
        raise StateError("the office has no key-management centre to recover from")
    if pair is None or pair.encryption is None:
        raise InvalidInputError("there is no encryption key to recover")
    with desk.store.reading() as connection:
        recipient_id = found.application.wanted.recipient_id or pair.id
        recipient = pairs.read(connection, desk.store.protection, recipient_id)
        serial = escrow.origin(connection, desk.store.protection, pair)
    refuse_recipient(recipient, desk.store.now())
    allotted = desk.keys.recover(pair.authority, serial, recipient.signing.public_key)
    if allotted.public_key.to_der() != pair.encryption.public_key.to_der():
        raise StateError("the key-management centre gave another key than that of the certificate")
    return Outcome(found.application, pair, allotted.delivery)


def refuse_recipient(recipient: Pair, at: datetime) -> None:
    """See that a key may be enveloped for the signing key of a pair.

    :raises LifeCycleError: when the pair is not in use.
    """
    state = pairs.state_at(recipient, at)
    if state not in (PairState.ISSUED, PairState.ACTIVE):
        raise LifeCycleError("recover", state.value, f"no key is enveloped for a pair that is {state.value}")


def _write_done(tx: Transaction, operator: Operator, application_id: int) -> None:
    row, application = applications.lock(tx, application_id)
    state = transition(Operation.CARRY_OUT, application.state)
    applications.ROWS.change(tx, row, state=state.value, issued_by=operator.name, closed_at=tx.at)
    pair_row, pair = pairs.lock(tx, int(application.pair_id or 0))
    new = pairs.move(tx, pair_row, application.operation)
    _medium.note(tx, operator.actor, application.operation, pair)
    tx.audit(
        operator.actor,
        f"pair.{application.operation.value}",
        pair.subject,
        application=application_id,
        state=new.value,
        reason=application.wanted.reason.name if application.wanted.reason is not None else None,
        recipient=application.wanted.recipient_id,
    )
    if new is PairState.REVOKED:
        close_undelivered(tx, pair.application_id)


def close_undelivered(tx: Transaction, application_id: int | None) -> None:
    """Close the application of a pair that has ended before it was delivered."""
    if application_id is None:
        return
    row, application = applications.lock(tx, application_id)
    if application.state is ApplicationState.ISSUED:
        state = transition(Operation.CLOSE, application.state)
        applications.ROWS.change(tx, row, state=state.value, closed_at=tx.at)


def order_key(application: Application) -> str:
    """Return the key of what the authority is asked for: an application is carried out once."""
    return f"application:{application.reference}"
