"""The life of an application and of a pair of certificates: which operation leads from which state to which.

There is one table, :data:`TRANSITIONS`. What it does not hold is refused:

>>> from gmpki.ca.registration.states import Operation, PairState, transition
>>> transition(Operation.REPORT_LOSS, PairState.ACTIVE)
<PairState.LOST: 'lost'>
>>> transition(Operation.RENEW, PairState.REVOKED)
Traceback (most recent call last):
gmpki.errors.LifeCycleError: renew is not for a pair that is revoked

Which of these an operation finds in the database is decided inside the transaction that changes it.
"""

from __future__ import annotations

from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeVar, cast

from gmpki._inputs import as_text, member
from gmpki.errors import InvalidInputError, InvalidTypeError, LifeCycleError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "FINAL_STATES",
    "ISSUING_OPERATIONS",
    "PAIR_OPERATIONS",
    "TRANSITIONS",
    "ApplicationState",
    "Operation",
    "PairState",
    "named",
    "operations_in",
    "transition",
]

S = TypeVar("S", "ApplicationState", "PairState")
E = TypeVar("E", "ApplicationState", "PairState", "Operation")


class _Named(Enum):
    """What has a name in the database, which is its value, and one in Chinese."""

    title_zh: str

    def __new__(cls, value: str, title_zh: str) -> _Named:
        found = object.__new__(cls)
        found._value_ = value
        found.title_zh = title_zh
        return found


class ApplicationState(_Named):
    """How far an application has come. The value is what the database holds, ``title_zh`` the name in Chinese."""

    ENTERED = "entered", "已录入"
    RETURNED = "returned", "已退回"
    PROOFREAD = "proofread", "已校对"
    APPROVED = "approved", "已审核"
    REJECTED = "rejected", "已驳回"
    WITHDRAWN = "withdrawn", "已撤回"
    ISSUED = "issued", "已签发"
    DELIVERED = "delivered", "已交付"
    CLOSED = "closed", "已办结"


class PairState(_Named):
    """What a pair of certificates is, or the only certificate of a holder. Values as in :class:`ApplicationState`.

    A pair that is REVOKED has revoked certificates. One that is REPLACED was renewed: its certificates run out by
    themselves.
    """

    ISSUED = "issued", "待交付"
    ACTIVE = "active", "使用中"
    LOST = "lost", "已挂失"
    SUSPENDED = "suspended", "已冻结"
    REVOKED = "revoked", "已注销"
    REPLACED = "replaced", "已更新"
    EXPIRED = "expired", "已过期"


class Operation(_Named):
    """What is done with an application or a pair. Values as in :class:`ApplicationState`."""

    # With an application:
    APPLY = "apply", "申请"
    AMEND = "amend", "修改"
    PROOFREAD = "proofread", "校对"
    SEND_BACK = "send-back", "退回"
    APPROVE = "approve", "审核通过"
    REJECT = "reject", "驳回"
    WITHDRAW = "withdraw", "撤回"
    ISSUE = "issue", "签发"
    CARRY_OUT = "carry-out", "办理"
    CLOSE = "close", "办结"
    # With both:
    DELIVER = "deliver", "交付"
    # With a pair:
    RENEW = "renew", "更新"
    REISSUE = "reissue", "补办"
    CHANGE = "change", "变更"
    REPORT_LOSS = "report-loss", "挂失"
    LIFT_LOSS = "lift-loss", "解除挂失"
    SUSPEND = "suspend", "冻结"
    RESUME = "resume", "解冻"
    REVOKE = "revoke", "注销"
    RECOVER = "recover", "密钥恢复"
    UNLOCK = "unlock", "解锁"
    EXPIRE = "expire", "过期"


ISSUING_OPERATIONS: Final = frozenset({Operation.APPLY, Operation.RENEW, Operation.REISSUE, Operation.CHANGE})
"""What ends with new certificates."""

PAIR_OPERATIONS: Final = frozenset(
    {
        Operation.RENEW,
        Operation.REISSUE,
        Operation.CHANGE,
        Operation.REPORT_LOSS,
        Operation.LIFT_LOSS,
        Operation.SUSPEND,
        Operation.RESUME,
        Operation.REVOKE,
        Operation.RECOVER,
        Operation.UNLOCK,
    }
)
"""What can be asked for a pair that exists."""


def _table() -> dict[tuple[Operation, ApplicationState | PairState], ApplicationState | PairState]:
    application: dict[Operation, dict[ApplicationState, ApplicationState]] = {
        Operation.AMEND: {
            ApplicationState.ENTERED: ApplicationState.ENTERED,
            ApplicationState.RETURNED: ApplicationState.ENTERED,
        },
        Operation.PROOFREAD: {ApplicationState.ENTERED: ApplicationState.PROOFREAD},
        Operation.SEND_BACK: {
            ApplicationState.ENTERED: ApplicationState.RETURNED,
            ApplicationState.PROOFREAD: ApplicationState.RETURNED,
        },
        Operation.APPROVE: {ApplicationState.PROOFREAD: ApplicationState.APPROVED},
        Operation.REJECT: {ApplicationState.PROOFREAD: ApplicationState.REJECTED},
        Operation.WITHDRAW: {
            ApplicationState.ENTERED: ApplicationState.WITHDRAWN,
            ApplicationState.RETURNED: ApplicationState.WITHDRAWN,
            ApplicationState.PROOFREAD: ApplicationState.WITHDRAWN,
            ApplicationState.APPROVED: ApplicationState.WITHDRAWN,
        },
        Operation.ISSUE: {ApplicationState.APPROVED: ApplicationState.ISSUED},
        Operation.CARRY_OUT: {ApplicationState.APPROVED: ApplicationState.CLOSED},
        Operation.DELIVER: {ApplicationState.ISSUED: ApplicationState.DELIVERED},
        # The pair ended before it was delivered.
        Operation.CLOSE: {ApplicationState.ISSUED: ApplicationState.CLOSED},
    }
    pair: dict[Operation, dict[PairState, PairState]] = {
        # A pair that was suspended before its receipt was written down comes back as active.
        Operation.DELIVER: {PairState.ISSUED: PairState.ACTIVE, PairState.ACTIVE: PairState.ACTIVE},
        Operation.RENEW: dict.fromkeys((PairState.ISSUED, PairState.ACTIVE), PairState.REPLACED),
        Operation.REISSUE: dict.fromkeys((PairState.ISSUED, PairState.ACTIVE, PairState.LOST), PairState.REVOKED),
        Operation.CHANGE: dict.fromkeys((PairState.ISSUED, PairState.ACTIVE), PairState.REVOKED),
        # Not from SUSPENDED: lifting the loss would end the suspension, too.
        Operation.REPORT_LOSS: dict.fromkeys((PairState.ISSUED, PairState.ACTIVE), PairState.LOST),
        Operation.LIFT_LOSS: {PairState.LOST: PairState.ACTIVE},
        Operation.SUSPEND: dict.fromkeys((PairState.ISSUED, PairState.ACTIVE), PairState.SUSPENDED),
        Operation.RESUME: {PairState.SUSPENDED: PairState.ACTIVE},
        Operation.REVOKE: dict.fromkeys(
            (PairState.ISSUED, PairState.ACTIVE, PairState.LOST, PairState.SUSPENDED, PairState.REPLACED),
            PairState.REVOKED,
        ),
        Operation.EXPIRE: dict.fromkeys(
            (PairState.ISSUED, PairState.ACTIVE, PairState.LOST, PairState.SUSPENDED, PairState.REPLACED),
            PairState.EXPIRED,
        ),
        # What was encrypted long ago is still to be read, so these outlive the pair; they leave it as it is.
        Operation.RECOVER: {state: state for state in PairState if state not in (PairState.LOST, PairState.SUSPENDED)},
        Operation.UNLOCK: {
            state: state for state in (PairState.ISSUED, PairState.ACTIVE, PairState.REPLACED, PairState.EXPIRED)
        },
    }
    table: dict[tuple[Operation, ApplicationState | PairState], ApplicationState | PairState] = {}
    for operation, steps in application.items():
        table.update({(operation, state): new for state, new in steps.items()})
    for operation, moves in pair.items():
        table.update({(operation, was): new for was, new in moves.items()})
    return table


TRANSITIONS: Final[Mapping[tuple[Operation, ApplicationState | PairState], ApplicationState | PairState]] = (
    MappingProxyType(_table())
)
"""The new state by the operation and the state before. What begins with an application or a pair is not in it."""

FINAL_STATES: Final = frozenset(
    state
    for state in (*ApplicationState, *PairState)
    if all(new is state for (_, before), new in TRANSITIONS.items() if before is state)
)
"""The states that nothing leads out of."""


def transition(operation: Operation, state: S) -> S:
    """Return the state that an operation leads to.

    :raises InvalidTypeError: when one is no :class:`Operation`, or no state.
    :raises LifeCycleError: when the operation is not one for something in this state.
    """
    member(operation, Operation, "operation")
    if not isinstance(state, (ApplicationState, PairState)):
        raise InvalidTypeError(f"state must be an ApplicationState or a PairState, not {type(state).__name__}")
    new = TRANSITIONS.get((operation, state))
    if new is None:
        what = "an application" if isinstance(state, ApplicationState) else "a pair"
        raise LifeCycleError(operation.value, state.value, f"{operation.value} is not for {what} that is {state.value}")
    return cast("S", new)


def operations_in(state: ApplicationState | PairState) -> tuple[Operation, ...]:
    """Return the operations that are possible in a state, in the order in which :class:`Operation` has them."""
    return tuple(operation for operation in Operation if (operation, state) in TRANSITIONS)


def named(kind: type[E], value: str) -> E:
    """Return the member of an enumeration of this module by its name in the database.

    :raises InvalidTypeError: when it is no text.
    :raises InvalidInputError: when there is none.
    """
    for each in kind:
        if each.value == as_text(value, kind.__name__):
            return each
    raise InvalidInputError(f"no {kind.__name__}: {value[:40]!r}")
