"""Proofreading and review: what other people than who entered an application do with it before it is carried out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gmpki._inputs import as_text
from gmpki.ca.operators.permissions import demand_another
from gmpki.ca.registration import applications
from gmpki.ca.registration._desk import Once
from gmpki.ca.registration.applications import Application
from gmpki.ca.registration.states import ApplicationState, Operation, transition
from gmpki.errors import ConflictError, InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gmpki.ca.operators.operators import Operator
    from gmpki.ca.registration._desk import Desk
    from gmpki.ca.store.store import Transaction

__all__ = ["Decision", "decide"]

_MAX_REMARK_LEN: Final = 1000
_NEEDS_REASON: Final = frozenset({Operation.SEND_BACK, Operation.REJECT})


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody has decided about an application. Immutable.

    :ivar operation: proofread, send back, approve, reject or withdraw.
    :ivar remark: why; at most 1000 characters, needed when it is sent back or rejected.
    :ivar seen: the ``content_digest`` of the application that they looked at; None does not check it.
    """

    operation: Operation
    application_id: int
    remark: str = ""
    seen: str | None = None

    def __post_init__(self) -> None:
        if len(as_text(self.remark, "the remark")) > _MAX_REMARK_LEN or not _is_text(self.remark):
            raise InvalidInputError(f"a remark has at most {_MAX_REMARK_LEN} characters, no control characters")
        if self.operation in _NEEDS_REASON and not self.remark.strip():
            raise InvalidInputError(f"{self.operation.value} needs a reason")
        if self.seen is not None:
            as_text(self.seen, "seen")


def decide(desk: Desk, operator: Operator, decision: Decision, key: str | None) -> Application:
    """Write down what somebody has decided.

    Errors are those of the method of :class:`~gmpki.ca.registration.office.RegistrationOffice` for the decision.
    """
    operation = decision.operation
    with desk.store.transaction() as tx:
        once = Once(key, operation, operator, decision.application_id, decision.remark, decision.seen)
        row, application = applications.lock(tx, decision.application_id)
        # What was proofread is sent back by who reviews.
        is_review = operation is Operation.SEND_BACK and application.proofread_by is not None
        needed = Operation.REJECT if is_review else operation
        desk.permit(tx.connection, operator, needed.value, application.region_id)
        if once.answer(tx) is None:
            state = transition(operation, application.state)
            if operation is not Operation.WITHDRAW:
                demand_another(operator.name, (application.entered_by, application.proofread_by))
            if decision.seen is not None and decision.seen != application.content_digest:
                raise ConflictError("changed", "the application is no longer what was looked at")
            signed = _signed(tx, operator, operation, state)
            remark = decision.remark or None
            applications.ROWS.change(tx, row, state=state.value, decision=remark, **signed)
            tx.audit(operator.actor, f"application.{operation.value}", application.subject, reason=remark)
            once.keep(tx, application.id)
        return applications.read(tx.connection, tx.protection, decision.application_id)


def _signed(tx: Transaction, operator: Operator, operation: Operation, state: ApplicationState) -> Mapping[str, Any]:
    """Return the columns that say who it was and when."""
    if operation is Operation.PROOFREAD:
        return {"proofread_by": operator.name, "proofread_at": tx.at}
    if operation in (Operation.APPROVE, Operation.REJECT):
        reviewed = {"reviewed_by": operator.name, "reviewed_at": tx.at}
        return reviewed if state is ApplicationState.APPROVED else {**reviewed, "closed_at": tx.at}
    return {"closed_at": tx.at} if state is ApplicationState.WITHDRAWN else {}


def _is_text(text: str) -> bool:
    return all(each.isprintable() or each == "\n" for each in text)
