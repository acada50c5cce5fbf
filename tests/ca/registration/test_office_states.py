"""Every operation of an office on something in every state, and what it refuses after a time or a change."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ca import office as scenes
from ca.conftest import Clock
from ca.office import Scene
from ca.office_steps import ASKED, STEPS, bring, bring_pair
from gmpki.ca.registration.carrying import Outcome
from gmpki.ca.registration.states import (
    PAIR_OPERATIONS,
    TRANSITIONS,
    ApplicationState,
    Operation,
    PairState,
)
from gmpki.ca.store.store import Store
from gmpki.errors import (
    LifeCycleError,
)


@pytest.fixture
def scene(store: Store) -> Scene:
    return scenes.scene(store, is_foreign=True)


@pytest.mark.parametrize("state", ApplicationState)
def test_operations_with_an_application_in_each_state(scene: Scene, state: ApplicationState) -> None:
    application = bring(scene, state)
    assert application.state is state
    for operation, step in STEPS.items():
        if (operation, state) in TRANSITIONS:
            continue
        with pytest.raises(LifeCycleError) as caught:
            step(scene, application.id)
        assert caught.value.state == state.value
        assert scene.office.application(scene.clerk, application.id) == application


@pytest.mark.parametrize("state", PairState)
def test_operations_with_a_pair_in_each_state(scene: Scene, clock: Clock, state: PairState) -> None:
    pair_id = bring_pair(scene, state, clock)
    before = scene.office.pair(scene.clerk, pair_id)
    assert before.state is state
    for operation, step in ASKED.items():
        if (operation, state) in TRANSITIONS:
            continue
        with pytest.raises(LifeCycleError) as caught:
            step(scene, pair_id)
        assert (caught.value.operation, caught.value.state) == (operation.value, state.value)
        assert scene.office.pair(scene.clerk, pair_id) == before


@pytest.mark.parametrize("state", PairState)
def test_legal_operations_with_a_pair(scene: Scene, clock: Clock, state: PairState) -> None:
    for operation in [each for each in ASKED if (each, state) in TRANSITIONS]:
        pair_id = bring_pair(scene, state, clock)
        if operation is Operation.RECOVER and state not in (PairState.ISSUED, PairState.ACTIVE):
            with pytest.raises(LifeCycleError, match="enveloped"):  # it needs another pair to be enveloped for
                ASKED[operation](scene, pair_id)
            continue
        found = ASKED[operation](scene, pair_id)
        assert isinstance(found, Outcome)
        if found.application.state is ApplicationState.CLOSED:
            assert scene.office.pair(scene.clerk, pair_id).state is TRANSITIONS[operation, state]


def test_all_operations_with_pairs_are_tried() -> None:
    assert set(ASKED) == PAIR_OPERATIONS - {Operation.UNLOCK}


def test_time_that_has_run_out_counts_before_it_is_written_down(scene: Scene, clock: Clock) -> None:
    pair = scene.delivered().pair
    assert pair is not None
    clock.at = pair.not_after + timedelta(seconds=1)
    for operation in (Operation.RENEW, Operation.REVOKE, Operation.SUSPEND, Operation.REPORT_LOSS):
        with pytest.raises(LifeCycleError) as caught:
            ASKED[operation](scene, pair.id)
        assert caught.value.state == "expired"
