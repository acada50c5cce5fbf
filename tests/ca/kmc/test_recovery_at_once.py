"""Recoveries for a court that several ask for, approve and carry out at the same moment, on PostgreSQL."""

from __future__ import annotations

from functools import partial

import pytest

from ca.kmc.test_recovery import Scene
from ca.registration.test_office_at_once import together
from gmpki.ca.interfaces import AllottedKey
from gmpki.ca.kmc.recovery import RecoveryState
from gmpki.ca.store.store import Store
from gmpki.errors import LifeCycleError, NotPermittedError

pytestmark = pytest.mark.once


def test_one_who_approves_twice_at_once(postgresql_store: Store) -> None:
    scene = Scene(postgresql_store)
    number = scene.request()
    first = scene.people["first"]
    found = together(*[lambda: scene.judicial.approve(first, number)] * 2)
    assert sorted(map(str, map(type, found))) == sorted(map(str, (RecoveryState, NotPermittedError)))
    assert scene.judicial.get(number).state is RecoveryState.ONCE_APPROVED


def test_two_who_approve_at_once(postgresql_store: Store) -> None:
    scene = Scene(postgresql_store)
    number = scene.request()
    people = [scene.people[name] for name in ("first", "second")]
    found = together(*[partial(scene.judicial.approve, each, number) for each in people])
    assert set(found) == {RecoveryState.ONCE_APPROVED, RecoveryState.APPROVED}
    assert set(scene.judicial.get(number).approvers) == {"first", "second"}


def test_carried_out_twice_at_once(postgresql_store: Store) -> None:
    scene = Scene(postgresql_store)
    number = scene.approved()
    found = together(*[lambda: scene.judicial.carry_out(scene.people["judge"], number)] * 3)
    assert sum(isinstance(each, AllottedKey) for each in found) == 1
    assert sum(isinstance(each, LifeCycleError) for each in found) == 2


def test_refused_and_carried_out_at_once(postgresql_store: Store) -> None:
    scene = Scene(postgresql_store)
    number = scene.approved()
    found = together(
        lambda: scene.judicial.carry_out(scene.people["judge"], number),
        lambda: scene.judicial.refuse(scene.people["first"], number),
    )
    is_done = scene.judicial.get(number).state is RecoveryState.DONE
    assert isinstance(found[0], AllottedKey) is is_done
    assert isinstance(found[1], LifeCycleError) is is_done
