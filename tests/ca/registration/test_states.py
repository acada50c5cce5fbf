"""The table of transitions: each pair of an operation and a state is legal and leads somewhere, or is refused."""

from __future__ import annotations

from typing import Any

import pytest

from gmpki.ca.operators.permissions import OPERATIONS
from gmpki.ca.registration.states import (
    FINAL_STATES,
    ISSUING_OPERATIONS,
    PAIR_OPERATIONS,
    TRANSITIONS,
    ApplicationState,
    Operation,
    PairState,
    named,
    operations_in,
    transition,
)
from gmpki.errors import InvalidInputError, InvalidTypeError, LifeCycleError

# Written out a second time, as the rules say it, one line an operation.
APPLICATIONS = {
    "amend": "entered>entered returned>entered",
    "proofread": "entered>proofread",
    "send-back": "entered>returned proofread>returned",
    "approve": "proofread>approved",
    "reject": "proofread>rejected",
    "withdraw": "entered>withdrawn returned>withdrawn proofread>withdrawn approved>withdrawn",
    "issue": "approved>issued",
    "carry-out": "approved>closed",
    "close": "issued>closed",
    "deliver": "issued>delivered",
}
PAIRS = {
    "deliver": "issued>active active>active",
    "renew": "issued>replaced active>replaced",
    "reissue": "issued>revoked active>revoked lost>revoked",
    "change": "issued>revoked active>revoked",
    "report-loss": "issued>lost active>lost",
    "lift-loss": "lost>active",
    "suspend": "issued>suspended active>suspended",
    "resume": "suspended>active",
    "revoke": "issued>revoked active>revoked lost>revoked suspended>revoked replaced>revoked",
    "expire": "issued>expired active>expired lost>expired suspended>expired replaced>expired",
    "recover": "issued>issued active>active revoked>revoked replaced>replaced expired>expired",
    "unlock": "issued>issued active>active replaced>replaced expired>expired",
}


def rules(lines: dict[str, str], kind: Any) -> dict[tuple[Operation, Any], Any]:
    found = {}
    for operation, steps in lines.items():
        for step in steps.split():
            before, after = step.split(">")
            found[Operation(operation), kind(before)] = kind(after)
    return found


RULES = rules(APPLICATIONS, ApplicationState) | rules(PAIRS, PairState)
EVERY = [(operation, state) for operation in Operation for state in (*ApplicationState, *PairState)]


@pytest.mark.parametrize(
    ("operation", "state"), EVERY, ids=[f"{each.value}-{type(state).__name__}-{state.value}" for each, state in EVERY]
)
def test_every_operation_in_every_state(operation: Operation, state: ApplicationState | PairState) -> None:
    if (operation, state) in RULES:
        assert transition(operation, state) is RULES[operation, state]
        assert operation in operations_in(state)
        return
    with pytest.raises(LifeCycleError) as caught:
        transition(operation, state)
    assert (caught.value.operation, caught.value.state) == (operation.value, state.value)
    assert state.value in str(caught.value)
    assert operation not in operations_in(state)


def test_the_table_holds_nothing_else() -> None:
    assert dict(TRANSITIONS) == RULES
    with pytest.raises(TypeError):
        TRANSITIONS[Operation.APPLY, PairState.ACTIVE] = PairState.ACTIVE  # type: ignore[index]


def test_what_ends_is_at_an_end() -> None:
    assert {
        ApplicationState.REJECTED,
        ApplicationState.WITHDRAWN,
        ApplicationState.DELIVERED,
        ApplicationState.CLOSED,
        PairState.REVOKED,
        PairState.EXPIRED,
    } == FINAL_STATES


def test_every_state_is_reached() -> None:
    begun = {ApplicationState.ENTERED, PairState.ISSUED}
    assert begun | set(TRANSITIONS.values()) == {*ApplicationState, *PairState}


def test_operations_with_a_pair_are_all_of_them() -> None:
    with_pair = {operation for operation, state in TRANSITIONS if isinstance(state, PairState)}
    assert with_pair - {Operation.DELIVER, Operation.EXPIRE} == PAIR_OPERATIONS
    assert ISSUING_OPERATIONS - {Operation.APPLY} <= PAIR_OPERATIONS


def test_every_operation_needs_a_permission() -> None:
    assert {operation.value for operation in Operation} <= set(OPERATIONS)


@pytest.mark.parametrize("kind", [ApplicationState, PairState, Operation])
def test_names(kind: Any) -> None:
    assert len({each.title_zh for each in kind}) == len(kind)
    for each in kind:
        assert named(kind, each.value) is each
        assert each.value.isascii()
        assert not each.title_zh.isascii()


@pytest.mark.parametrize("value", ["", "ACTIVE", "active ", "x" * 1000])
def test_there_is_no_such_name(value: str) -> None:
    with pytest.raises(InvalidInputError):
        named(PairState, value)


def test_types() -> None:
    with pytest.raises(InvalidTypeError):
        transition("revoke", PairState.ACTIVE)  # type: ignore[arg-type]
    with pytest.raises(InvalidTypeError):
        transition(Operation.REVOKE, "active")  # type: ignore[type-var]
    with pytest.raises(InvalidTypeError):
        named(PairState, 5)  # type: ignore[arg-type]
