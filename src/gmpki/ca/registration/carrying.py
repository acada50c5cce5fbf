"""The last step of every operation: an approved application is carried out, by the authority and the key centre.

What the office writes about it is part of the authority's own commit where both share a database. Otherwise it follows
the answer; when the process ends between the two, the same call asks again, gets the same answer, and writes.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from gmpki.asn1.rfc5280 import ReasonCode
from gmpki.ca.interfaces import Order, RevocationOrder
from gmpki.ca.registration import _medium, applications, pairs
from gmpki.ca.registration._desk import Once
from gmpki.ca.registration.retention import end_of_retention
from gmpki.ca.registration.states import ISSUING_OPERATIONS, ApplicationState, Operation, PairState, transition
from gmpki.ca.store.columns import digest_text, seconds
from gmpki.errors import ConflictError, InvalidInputError, LifeCycleError, NotFoundError, StateError

if TYPE_CHECKING:
    from datetime import datetime

    from gmpki.ca.interfaces import Issued
    from gmpki.ca.operators.operators import Operator
    from gmpki.ca.registration._desk import Desk
    from gmpki.ca.registration.applications import Application
    from gmpki.ca.registration.pairs import Pair
    from gmpki.ca.store.store import Transaction
    from gmpki.x509.request import CertificateRequest

__all__ = ["Material", "Outcome", "again", "carry_out", "issue", "outcome", "refuse_recipient"]

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


# ---- new certificates -----------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Material:
    """What comes to an application only when its certificates are issued. Immutable.

    :ivar request: proves the signing key.
    :ivar token_serial: of the token that has it.
    """

    request: CertificateRequest | None = None
    token_serial: str | None = None


def issue(desk: Desk, operator: Operator, application_id: int, material: Material, key: str | None) -> Outcome:
    """Have the certificates of an approved application issued."""
    request = None if material.request is None else digest_text(material.request.der)
    once = Once(key, Operation.ISSUE, operator, application_id, request, material.token_serial)
    application, before = _begin(desk, operator, application_id, once)
    if application is None:
        return outcome(desk, application_id)
    if application.operation not in ISSUING_OPERATIONS:
        raise InvalidInputError(f"{application.operation.value} issues nothing; carry it out")
    material = _whole(application, material)
    with desk.store.reading() as connection:
        _medium.is_with(connection, material.token_serial, application.applicant_id)
    order = _order(application, before, material)
    complete = _Completion(desk, operator, application_id, material, once)
    issued = desk.backend.issue(order, actor=operator.actor, complete=complete)
    if not desk.backend.completes_within:
        with desk.store.transaction() as tx:
            if not _is_written(tx, application_id, issued):
                complete(tx, issued)
    return outcome(desk, application_id)


def _begin(desk: Desk, operator: Operator, application_id: int, once: Once) -> tuple[Application | None, Pair | None]:
    """Check what can be checked before others are asked; None for the application when it has been carried out."""
    with desk.store.transaction() as tx:
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


def _whole(application: Application, material: Material) -> Material:
    """Return the material with what the application has of it already, which stays as it was reviewed."""
    request = application.request if application.request is not None else material.request
    if material.request is not None and request is not None and material.request.der != request.der:
        raise ConflictError("request-fixed", "the request that was reviewed is another one")
    token_serial = application.token_serial if application.token_serial is not None else material.token_serial
    if material.token_serial not in (None, token_serial):
        raise ConflictError("token-fixed", "the token that was reviewed is another one")
    if token_serial is not None:
        applications.check_token_serial(token_serial)
    return Material(request, token_serial)


def _order(application: Application, before: Pair | None, material: Material) -> Order:
    """Return what the authority is asked for."""
    if material.request is None:
        raise InvalidInputError("the application has no request; give one with the key that was made")
    wanted = application.wanted
    kept = before.encryption if before is not None and wanted.keeps_encryption_key else None
    is_revoked = before is not None and application.operation is not Operation.RENEW
    return Order(
        key=_key(application),
        authority=application.authority,
        profile=application.profile,
        request=material.request,
        subject=wanted.subject,
        validity=wanted.validity,
        extensions=wanted.extensions,
        encryption_key=None if kept is None else kept.serial_number,
        replaces=before.serial_numbers if before is not None and is_revoked else (),
        replaces_reason=wanted.reason if wanted.reason is not None else ReasonCode.SUPERSEDED,
    )


@dataclass(frozen=True, slots=True)
class _Completion:
    """Writes down what was issued: in the authority's commit, where it shares the database."""

    desk: Desk
    operator: Operator
    application_id: int
    material: Material
    once: Once

    def __call__(self, tx: Transaction, issued: Issued) -> None:
        row, application = applications.lock(tx, self.application_id)
        state = transition(Operation.ISSUE, application.state)
        request, token_serial = self.material.request, self.material.token_serial
        pair_id = pairs.add(tx, replace(application, token_serial=token_serial), issued)
        applications.ROWS.change(
            tx,
            row,
            state=state.value,
            pair_id=pair_id,
            request=None if request is None else request.der,
            token_serial=token_serial,
            issued_by=self.operator.name,
            issued_at=tx.at,
            retain_until=end_of_retention(seconds(issued.signing.not_after), self.desk.settings.retention_years),
        )
        actor, serial = self.operator.actor, f"{issued.signing.serial_number:x}"
        tx.audit(actor, "application.issue", application.subject, pair=pair_id, serial=serial)
        if application.operation is not Operation.APPLY:
            self._end_older(tx, application, pair_id)
        _medium.hand_out(tx, actor, token_serial, application.applicant_id, pair_id)
        self.once.keep(tx, self.application_id)

    def _end_older(self, tx: Transaction, application: Application, pair_id: int) -> None:
        """Write down that the pair which the application was about has been replaced."""
        row, older = pairs.lock(tx, int(application.pair_id or 0))
        new = pairs.move(tx, row, application.operation, replaced_by=pair_id)
        operation = f"pair.{application.operation.value}"
        tx.audit(self.operator.actor, operation, older.subject, state=new.value, replaced_by=pair_id)
        close_undelivered(tx, older.application_id)


def _is_written(tx: Transaction, application_id: int, issued: Issued) -> bool:
    """Tell whether somebody else, who got the same answer, has written it already."""
    _, application = applications.lock(tx, application_id)
    if application.state is ApplicationState.APPROVED:
        return False
    try:
        pair = pairs.by_serial(tx.connection, tx.protection, application.authority, issued.signing.serial_number)
    except NotFoundError:
        return False
    return pair.application_id == application_id


# ---- a pair that is there -------------------------------------------------------------------
def carry_out(desk: Desk, operator: Operator, application_id: int, key: str | None) -> Outcome:
    """Carry out an approved application that issues nothing."""
    once = Once(key, Operation.CARRY_OUT, operator, application_id)
    application, pair = _begin(desk, operator, application_id, once)
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
        key=_key(application),
        authority=application.authority,
        serial_numbers=pair.serial_numbers,
        reason=_REVOKING.get(application.operation) or wanted.reason or ReasonCode.UNSPECIFIED,
        invalidity_date=wanted.invalidity_date,
    )
    desk.backend.revoke(order, actor=operator.actor, complete=complete)
    if not desk.backend.completes_within:
        with desk.store.transaction() as tx:
            complete(tx)
    return outcome(desk, application_id)


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
    refuse_recipient(recipient, desk.store.now())
    allotted = desk.keys.recover(pair.authority, pair.encryption.serial_number, recipient.signing.public_key)
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


def _key(application: Application) -> str:
    return f"application:{application.reference}"
