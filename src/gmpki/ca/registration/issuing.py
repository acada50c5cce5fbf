"""The last step of an application for certificates: an authority issues them, for one application or for many at once.

What the office writes about it is part of the authority's own commit where both share a database, and follows the
answer otherwise, as :mod:`gmpki.ca.registration.carrying` says.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Protocol, runtime_checkable

from gmpki._inputs import iterated, member
from gmpki.asn1.rfc5280 import ReasonCode
from gmpki.ca.interfaces import Order
from gmpki.ca.registration import _medium, applications, carrying, elsewhere, pairs
from gmpki.ca.registration._desk import Once
from gmpki.ca.registration._refusals import note_refusal
from gmpki.ca.registration.retention import end_of_retention
from gmpki.ca.registration.states import ISSUING_OPERATIONS, ApplicationState, Operation, transition
from gmpki.ca.store.columns import digest_text, row_id, seconds
from gmpki.errors import (
    ConflictError,
    GmpkiError,
    InvalidInputError,
    LifeCycleError,
    LimitExceeded,
    NotFoundError,
    NotPermittedError,
    StoreError,
)
from gmpki.x509.request import CertificateRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from gmpki.ca.interfaces import Actor, Issued
    from gmpki.ca.operators.operators import Operator
    from gmpki.ca.registration._desk import Desk
    from gmpki.ca.registration.applications import Application
    from gmpki.ca.registration.carrying import Outcome
    from gmpki.ca.registration.pairs import Pair
    from gmpki.ca.store.store import Transaction

__all__ = ["BulkIssuer", "IssueAsked", "issue", "issue_many", "settle"]

_MOST: Final = 1000


@dataclass(frozen=True, slots=True)
class IssueAsked:
    """For which application certificates are to be issued, and what comes to it only now. Immutable.

    :ivar request: proves the signing key, when the application came without one.
    :ivar token_serial: of the token that has the key, when the application does not tell.
    :ivar key: makes the call one that is carried out once.
    :raises InvalidTypeError: when a field has the wrong type.
    :raises InvalidInputError: when the id is none, or the serial number is empty, too long or not printable.
    """

    application_id: int
    request: CertificateRequest | None = None
    token_serial: str | None = None
    key: str | None = None

    def __post_init__(self) -> None:
        row_id(self.application_id, "the id of an application")
        if self.request is not None:
            member(self.request, CertificateRequest, "request")
        if self.token_serial is not None:
            applications.check_token_serial(self.token_serial)


@runtime_checkable
class BulkIssuer(Protocol):
    """A backend that issues for many orders in the commits of one."""

    def issue_many(
        self,
        orders: Iterable[Order],
        *,
        actor: Actor,
        complete: Sequence[Callable[[Transaction, Issued], None] | None] | None = None,
    ) -> list[Issued | GmpkiError]:
        """Return for each order what it gave or what stood in its way."""


def issue(desk: Desk, operator: Operator, asked: IssueAsked) -> Outcome:
    """Have the certificates of an approved application issued.

    Errors are those of :meth:`RegistrationOffice.issue <gmpki.ca.registration.office.RegistrationOffice.issue>`.
    """
    with desk.store.transaction() as tx:
        begun = _begin(desk, tx, operator, asked)
    if begun is None:
        return carrying.outcome(desk, asked.application_id)
    issued = desk.backend.issue(begun.order, actor=operator.actor, complete=begun)
    return _end(desk, begun, issued)


def issue_many(desk: Desk, operator: Operator, asked: Iterable[IssueAsked]) -> list[Outcome | GmpkiError]:
    """Have the certificates of several approved applications issued; a failure concerns one of them alone.

    Errors are those of
    :meth:`RegistrationOffice.issue_many <gmpki.ca.registration.office.RegistrationOffice.issue_many>`.
    """
    listed = iterated(asked, "asked", most=_MOST + 1)
    if len(listed) > _MOST:
        raise LimitExceeded(f"at most {_MOST} applications at once")
    for each in listed:
        member(each, IssueAsked, "what is asked")
    begun: list[IssueBegun | GmpkiError | None] = []
    with desk.store.transaction() as tx:
        begun.extend(_begun_or_error(desk, tx, operator, each) for each in listed)
    steps = [step for step in begun if isinstance(step, IssueBegun)]
    given = dict(zip(map(id, steps), _issued(desk, operator, steps), strict=True))
    found: list[Outcome | GmpkiError] = []
    for each, step in zip(listed, begun, strict=True):
        if step is None:
            found.append(carrying.outcome(desk, each.application_id))
        elif isinstance(step, GmpkiError):
            found.append(step)
        else:
            found.append(_ended_or_error(desk, step, given[id(step)]))
    return found


def _issued(desk: Desk, operator: Operator, steps: Sequence[IssueBegun]) -> list[Issued | GmpkiError]:
    backend = desk.backend
    if isinstance(backend, BulkIssuer) and steps:
        return backend.issue_many([step.order for step in steps], actor=operator.actor, complete=steps)
    return [_issued_or_error(desk, operator, step) for step in steps]


# ---- one application ------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class IssueBegun:
    """An issue that was begun; called by the authority in the commit that makes the certificates issued."""

    desk: Desk
    operator: Operator
    asked: IssueAsked
    application: Application
    before: Pair | None
    once: Once
    order: Order

    def __call__(self, tx: Transaction, issued: Issued) -> None:
        row, application = applications.lock(tx, self.application.id)
        state = transition(Operation.ISSUE, application.state)
        token_serial = self.asked.token_serial
        pair_id = pairs.add(tx, replace(application, token_serial=token_serial), issued)
        applications.ROWS.change(
            tx,
            row,
            state=state.value,
            pair_id=pair_id,
            request=self.order.request.der,
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
        self.once.keep(tx, application.id)

    def _end_older(self, tx: Transaction, application: Application, pair_id: int) -> None:
        """Write down that the pair which the application was about has been replaced."""
        row, older = pairs.lock(tx, int(application.pair_id or 0))
        new = pairs.move(tx, row, application.operation, replaced_by=pair_id)
        operation = f"pair.{application.operation.value}"
        tx.audit(self.operator.actor, operation, older.subject, state=new.value, replaced_by=pair_id)
        carrying.close_undelivered(tx, older.application_id)


def _begin(desk: Desk, tx: Transaction, operator: Operator, asked: IssueAsked) -> IssueBegun | None:
    """Check what can be checked before the authority is asked; None when it was done before."""
    request = None if asked.request is None else digest_text(asked.request.der)
    once = Once(asked.key, Operation.ISSUE, operator, asked.application_id, request, asked.token_serial)
    application, before = carrying.begin(desk, tx, operator, asked.application_id, once)
    if application is None:
        return None
    if application.operation not in ISSUING_OPERATIONS:
        raise InvalidInputError(f"{application.operation.value} issues nothing; carry it out")
    asked = _whole(application, asked)
    _medium.is_with(tx.connection, asked.token_serial, application.applicant_id)
    order = _order(application, before, asked.request)
    if not desk.backend.completes_within:
        elsewhere.ask(tx, order, application.id)
    return IssueBegun(desk, operator, asked, application, before, once, order)


def _whole(application: Application, asked: IssueAsked) -> IssueAsked:
    """Return what is asked with what the application has of it already, which stays as it was reviewed."""
    request = application.request if application.request is not None else asked.request
    if asked.request is not None and request is not None and asked.request.der != request.der:
        raise ConflictError("request-fixed", "the request that was reviewed is another one")
    if application.request is None and request is not None:
        applications.refuse_unreviewed(request, application.wanted.extensions)
    token_serial = application.token_serial if application.token_serial is not None else asked.token_serial
    if asked.token_serial not in (None, token_serial):
        raise ConflictError("token-fixed", "the token that was reviewed is another one")
    return replace(asked, request=request, token_serial=token_serial)


def _order(application: Application, before: Pair | None, request: CertificateRequest | None) -> Order:
    """Return what the authority is asked for."""
    if request is None:
        raise InvalidInputError("the application has no request; give one with the key that was made")
    wanted = application.wanted
    kept = before.encryption if before is not None and wanted.keeps_encryption_key else None
    is_revoked = before is not None and application.operation is not Operation.RENEW
    return Order(
        key=carrying.order_key(application),
        authority=application.authority,
        profile=application.profile,
        request=request,
        subject=wanted.subject,
        validity=wanted.validity,
        extensions=wanted.extensions,
        encryption_key=None if kept is None else kept.serial_number,
        replaces=before.serial_numbers if before is not None and is_revoked else (),
        replaces_reason=wanted.reason if wanted.reason is not None else ReasonCode.SUPERSEDED,
    )


def _end(desk: Desk, begun: IssueBegun, issued: Issued) -> Outcome:
    """Write down what a backend with a database of its own has issued, and see to the key of the older pair."""
    application_id = begun.application.id
    if not desk.backend.completes_within:
        try:
            with desk.store.transaction() as tx:
                if not _is_written(tx, application_id, issued):
                    begun(tx, issued)
                elsewhere.forget(tx, application_id)
        except (LifeCycleError, ConflictError):
            elsewhere.undo(desk, begun.operator.actor, application_id, begun.order, issued)
            raise
    if begun.before is not None:
        carrying.retire_ended(desk, begun.before.id)
    return carrying.outcome(desk, application_id)


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


def settle(desk: Desk, actor: Actor) -> int:
    """Undo what was issued elsewhere for applications that have come to another end; return for how many.

    :raises GmpkiError: as :func:`gmpki.ca.registration.elsewhere.settle`.
    """

    def ordered(application: Application, request: bytes) -> Order:
        before = None
        if application.operation is not Operation.APPLY and application.pair_id is not None:
            with desk.store.reading() as connection:
                before = pairs.read(connection, desk.store.protection, application.pair_id)
        return _order(application, before, CertificateRequest.from_der(request, lenient=True))

    return elsewhere.settle(desk, actor, ordered)


# ---- each of many ---------------------------------------------------------------------------
def _begun_or_error(
    desk: Desk, tx: Transaction, operator: Operator, asked: IssueAsked
) -> IssueBegun | GmpkiError | None:
    try:
        return _begin(desk, tx, operator, asked)
    except StoreError:
        raise
    except NotPermittedError as error:
        note_refusal(tx, operator, "issue_many", f"application:{asked.application_id}", error)
        return error
    except GmpkiError as error:
        return error


def _issued_or_error(desk: Desk, operator: Operator, step: IssueBegun) -> Issued | GmpkiError:
    try:
        return desk.backend.issue(step.order, actor=operator.actor, complete=step)
    except GmpkiError as error:
        return error


def _ended_or_error(desk: Desk, step: IssueBegun, issued: Issued | GmpkiError) -> Outcome | GmpkiError:
    if isinstance(issued, GmpkiError):
        return issued
    try:
        return _end(desk, step, issued)
    except StoreError:
        raise
    except GmpkiError as error:
        return error
