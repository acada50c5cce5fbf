"""Tokens in the field: what may become of one."""

from __future__ import annotations

from typing import Any

import pytest

from ca import people
from gmpki.ca.registration import media
from gmpki.ca.registration.media import STEPS, MediumState, NewMedium
from gmpki.ca.store.store import Store
from gmpki.errors import ConflictError, InvalidInputError, InvalidTypeError, LifeCycleError, NotFoundError, StoreError

WAYS = {
    MediumState.STOCK: (),
    MediumState.ISSUED: (MediumState.ISSUED,),
    MediumState.LOST: (MediumState.ISSUED, MediumState.LOST),
    MediumState.DAMAGED: (MediumState.DAMAGED,),
    MediumState.RETURNED: (MediumState.ISSUED, MediumState.RETURNED),
}


@pytest.fixture
def applicant(store: Store) -> int:
    people.add_regions(store, "440000", "440300")
    with store.transaction() as tx:
        media.register(
            tx, [NewMedium(f"K{place:04}", maker="示例厂", region_id=1) for place in range(3)], actor=people.CLERK
        )
    return people.register(store, people.person())


def move(store: Store, serial: str, state: MediumState, **more: Any) -> media.Medium:
    with store.transaction() as tx:
        return media.move(tx, serial, state, actor=people.CLERK, **more)


@pytest.mark.parametrize("new", MediumState)
@pytest.mark.parametrize("old", MediumState)
def test_every_step(store: Store, applicant: int, old: MediumState, new: MediumState) -> None:
    for state in WAYS[old]:
        move(store, "K0001", state, applicant_id=applicant)
    if new in STEPS[old]:
        moved = move(store, "K0001", new, applicant_id=applicant)
        with store.reading() as connection:
            assert media.read(connection, "K0001") == moved
        assert moved.state is new
        had = old in (MediumState.ISSUED, MediumState.LOST)
        held = new is MediumState.ISSUED or (had and new in (MediumState.LOST, MediumState.DAMAGED))
        assert moved.applicant_id == (applicant if held else None)
        return
    with pytest.raises(LifeCycleError) as caught:
        move(store, "K0001", new, applicant_id=applicant)
    assert (caught.value.operation, caught.value.state) == (new.value, old.value)


def test_history(store: Store, applicant: int, clock: Any) -> None:
    clock.move(hours=1)
    move(store, "K0001", MediumState.ISSUED, applicant_id=applicant, pair_id=7, reason="首次发放")
    move(store, "K0001", MediumState.LOST)
    with store.reading() as connection:
        steps = media.history(connection, "K0001")
        assert media.history(connection, "K0002")[1:] == ()
        assert media.read(connection, "K0001").pair_id == 7
    assert [step.operation for step in steps] == ["medium.register", "medium.issued", "medium.lost"]
    assert (steps[1].at - steps[0].at).seconds == 3600
    assert {step.actor for step in steps} == {people.CLERK.name}


def test_found_by_what_they_are(store: Store, applicant: int) -> None:
    move(store, "K0002", MediumState.ISSUED, applicant_id=applicant, region_id=2)
    with store.reading() as connection:

        def serials(**asked: Any) -> list[str]:
            return [each.serial for each in media.find(connection, **asked)]

        assert serials() == ["K0000", "K0001", "K0002"]
        assert serials(state=MediumState.STOCK) == ["K0000", "K0001"]
        assert serials(regions=[2]) == ["K0002"]
        assert serials(regions=[]) == []
        assert serials(applicant_id=applicant) == ["K0002"]
        assert serials(limit=2) == ["K0000", "K0001"]
        assert serials(after="K0001") == ["K0002"]


def test_a_long_list_at_once(store: Store, applicant: int) -> None:
    with store.transaction() as tx:
        assert media.register(tx, (NewMedium(f"L{place}") for place in range(1200)), actor=people.CLERK) == 1200


@pytest.mark.parametrize(
    "serials",
    [["K0001"], ["N1", "N1"], ["N1", "K0000", "N2"], [f"N{place}" for place in range(600)] + ["N1"]],
    ids=range(4),
)
def test_registered_once_and_all_or_none(store: Store, applicant: int, serials: list[str]) -> None:
    with pytest.raises(ConflictError), store.transaction() as tx:
        media.register(tx, map(NewMedium, serials), actor=people.CLERK)
    with store.reading() as connection:
        assert len(media.find(connection, limit=10_000)) == 3


def test_refused(store: Store, applicant: int) -> None:
    with pytest.raises(NotFoundError):
        move(store, "K9", MediumState.LOST)
    with pytest.raises(InvalidInputError):
        move(store, "K0001", MediumState.ISSUED)
    with pytest.raises(StoreError):
        move(store, "K0001", MediumState.ISSUED, applicant_id=99)
    with pytest.raises(InvalidTypeError):
        move(store, "K0001", "lost")  # type: ignore[arg-type]
    with pytest.raises(InvalidTypeError), store.transaction() as tx:
        media.register(tx, ["K7"], actor=people.CLERK)  # type: ignore[list-item]
    with pytest.raises(InvalidInputError), store.reading() as connection:
        media.find(connection, limit=0)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("",), InvalidInputError),
        (("K 1",), InvalidInputError),
        (("介质",), InvalidInputError),
        (("K" * 65,), InvalidInputError),
        (("K", ""), InvalidInputError),
        (("K", "ukey", "厂\n"), InvalidInputError),
        (("K", "ukey", "", 0), InvalidInputError),
        ((1,), InvalidTypeError),
        (("K", "ukey", "", "1"), InvalidTypeError),
    ],
)
def test_new_media_refused(arguments: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        NewMedium(*arguments)
