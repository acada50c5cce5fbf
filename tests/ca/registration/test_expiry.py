"""The end of pairs whose time has run out."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from ca import office as scenes
from ca.conftest import Clock
from ca.office import Scene
from gmpki.asn1.rfc5280 import ReasonCode, Validity
from gmpki.ca.registration import expiry
from gmpki.ca.registration.states import ApplicationState, PairState
from gmpki.ca.registration.wanted import Wanted
from gmpki.ca.store import schema
from gmpki.ca.store.store import Store
from gmpki.errors import InvalidTypeError, IssuerRefusedError, NotPermittedError, TamperedError


@pytest.fixture
def scene(store: Store) -> Scene:
    return scenes.scene(store, is_foreign=True)


def issued(scene: Scene, clock: Clock, number: int, days: int) -> int:
    """Issue a pair for some days."""
    validity = Validity(clock.at, clock.at + timedelta(days=days))
    pair = scene.issued(request=scenes.request(number), wanted=Wanted(validity=validity)).pair
    assert pair is not None
    return pair.id


def state(scene: Scene, pair_id: int) -> PairState:
    return scene.office.pair(scene.clerk, pair_id).state


def test_what_has_expired(scene: Scene, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expiry, "_PAGE", 2)
    first, second, third, later = (issued(scene, clock, *each) for each in ((0, 10), (1, 10), (2, 11), (3, 30)))
    scene.office.suspend(scene.issuer, second)
    scene.office.revoke(scene.issuer, third, ReasonCode.SUPERSEDED)
    scene.keys.retired.clear()
    clock.move(days=10)
    assert scene.office.expire() == 0  # notAfter is within
    clock.move(days=5)
    told: list[int] = []
    assert scene.office.expire(progress=told.append) == 2
    assert told[-1] == 2
    assert [state(scene, each) for each in (first, second, third, later)] == [
        PairState.EXPIRED,
        PairState.EXPIRED,
        PairState.REVOKED,
        PairState.ISSUED,
    ]
    pair = scene.office.pair(scene.clerk, first)
    assert pair.encryption is not None
    assert len(scene.keys.retired) == 2
    assert pair.encryption.serial_number in scene.keys.retired
    assert pair.application_id is not None
    assert scene.office.application(scene.clerk, pair.application_id).state is ApplicationState.CLOSED
    assert scene.office.expire() == 0


def test_a_key_that_was_kept_retires_with_the_last_pair(scene: Scene, clock: Clock) -> None:
    first = issued(scene, clock, 0, 20)
    kept = scene.office.pair(scene.clerk, first).encryption
    assert kept is not None
    validity = Validity(clock.at, clock.at + timedelta(days=40))
    asked = scene.office.renew(scene.clerk, first, keep_encryption_key=True, wanted=Wanted(validity=validity))
    second = scene.office.issue(scene.issuer, asked.application.id).pair
    assert second is not None
    clock.move(days=25)
    assert scene.office.expire() == 1
    assert scene.keys.retired == []
    clock.move(days=25)
    assert scene.office.expire() == 1
    assert scene.keys.retired == [kept.serial_number]


def test_the_key_centre_is_out_of_reach(scene: Scene, clock: Clock) -> None:
    pair_id = issued(scene, clock, 0, 10)
    clock.move(days=11)
    scene.keys.fails = IssuerRefusedError("1", "no")
    with pytest.raises(IssuerRefusedError):
        scene.office.expire()
    assert state(scene, pair_id) is PairState.ISSUED
    assert scene.office.expire() == 1


def test_a_row_that_was_changed_hinders_no_other(scene: Scene, clock: Clock) -> None:
    changed, sound = issued(scene, clock, 0, 10), issued(scene, clock, 1, 10)
    with scene.store.transaction() as tx:
        tx.connection.execute(update(schema.pairs).where(schema.pairs.c.id == changed).values(receipt="x"))
    clock.move(days=11)
    with pytest.raises(TamperedError):
        scene.office.expire()
    assert state(scene, sound) is PairState.EXPIRED


def test_who_may(scene: Scene) -> None:
    assert scene.office.expire(scene.admin) == 0
    for somebody in (scene.clerk, scene.issuer):
        with pytest.raises(NotPermittedError):
            scene.office.expire(somebody)
    with pytest.raises(InvalidTypeError):
        scene.office.expire(progress=5)  # type: ignore[arg-type]
