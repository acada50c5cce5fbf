"""An office in front of an authority of somebody else: what happens between its answer and our writing it down."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from ca import office as scenes
from ca.conftest import Clock
from ca.office import Scene
from gmpki.asn1.rfc5280 import ReasonCode
from gmpki.ca.interfaces import Order, RevocationOrder
from gmpki.ca.registration.issuing import IssueAsked
from gmpki.ca.registration.states import ApplicationState, PairState
from gmpki.ca.store.schema import orders_elsewhere
from gmpki.ca.store.store import Store
from gmpki.errors import IssuerRefusedError, LifeCycleError, NotPermittedError, StateError, TamperedError


@pytest.fixture
def scene(store: Store) -> Scene:
    return scenes.scene(store, is_foreign=True)


def unplugged(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the process end, as it were, between the authority's next answer and the office's commit."""
    issue, revoke = scene.authority.issue, scene.authority.revoke

    def ends(method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **more: Any) -> Any:
            method(*arguments, **more)
            monkeypatch.undo()
            raise KeyboardInterrupt

        return call

    monkeypatch.setattr(scene.authority, "issue", ends(issue))
    monkeypatch.setattr(scene.authority, "revoke", ends(revoke))


def test_issued_and_not_written_down(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    approved = scene.approved()
    unplugged(scene, monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        scene.office.issue(scene.issuer, approved.id, key="k")
    assert scene.office.application(scene.clerk, approved.id).state is ApplicationState.APPROVED
    issued = scene.office.issue(scene.issuer, approved.id, key="k")
    (answer,) = [each for _, each in scene.authority.answers.values()]
    assert issued.pair is not None
    assert issued.pair.signing == answer.signing
    assert len([each for each in scene.authority.orders if isinstance(each, Order)]) == 1


def test_revoked_and_not_written_down(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    pair = scene.delivered().pair
    assert pair is not None
    unplugged(scene, monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        scene.office.revoke(scene.issuer, pair.id, ReasonCode.KEY_COMPROMISE, key="k")
    assert scene.office.pair(scene.clerk, pair.id).state is PairState.ACTIVE
    revoked = scene.office.revoke(scene.issuer, pair.id, ReasonCode.KEY_COMPROMISE, key="k")
    assert revoked.pair is not None
    assert revoked.pair.state is PairState.REVOKED
    orders = [each for each in scene.authority.orders if isinstance(each, RevocationOrder)]
    assert len({each.key for each in orders}) == 1


def test_refused(scene: Scene) -> None:
    approved = scene.approved()
    scene.authority.fails = IssuerRefusedError("13", "not now")
    with pytest.raises(IssuerRefusedError):
        scene.office.issue(scene.issuer, approved.id, key="k")
    assert scene.office.application(scene.clerk, approved.id).state is ApplicationState.APPROVED
    issued = scene.office.issue(scene.issuer, approved.id, key="k")
    assert issued.pair is not None
    scene.authority.fails = IssuerRefusedError("13", "not now")
    with pytest.raises(IssuerRefusedError):
        scene.office.suspend(scene.issuer, issued.pair.id, key="s")
    assert scene.office.pair(scene.clerk, issued.pair.id).state is PairState.ISSUED
    assert scene.office.suspend(scene.issuer, issued.pair.id, key="s").application.state is ApplicationState.CLOSED


def meanwhile(scene: Scene, monkeypatch: pytest.MonkeyPatch, what: Callable[[], object]) -> None:
    """Do something while the authority issues."""
    issue = scene.authority.issue

    def call(*arguments: Any, **more: Any) -> Any:
        issued = issue(*arguments, **more)
        monkeypatch.undo()
        what()
        return issued

    monkeypatch.setattr(scene.authority, "issue", call)


def test_withdrawn_while_it_was_issued(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    approved = scene.approved()
    meanwhile(scene, monkeypatch, lambda: scene.office.withdraw(scene.clerk, approved.id))
    with pytest.raises(LifeCycleError):
        scene.office.issue(scene.issuer, approved.id)
    (answer,) = [each for _, each in scene.authority.answers.values()]
    assert scene.authority.revoked == dict.fromkeys(
        (answer.signing.serial_number, answer.encryption.serial_number), ReasonCode.CESSATION_OF_OPERATION
    )
    assert ("application.issue-undone", "issuer", f"application:{approved.id}") in scene.audited()


def test_the_older_pair_revoked_while_its_successor_was_issued(
    scene: Scene, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = scene.delivered().pair
    assert pair is not None
    clock.at = pair.not_after - timedelta(days=3)
    asked = scene.office.renew(scene.clerk, pair.id)
    meanwhile(scene, monkeypatch, lambda: scene.office.revoke(scene.issuer, pair.id, ReasonCode.KEY_COMPROMISE))
    with pytest.raises(LifeCycleError):
        scene.office.issue(scene.issuer, asked.application.id)
    assert len(scene.authority.revoked) == 4
    assert scene.office.pair(scene.clerk, pair.id).replaced_by is None


def test_issued_twice_at_once(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    approved = scene.approved()
    inner: list[Any] = []
    meanwhile(scene, monkeypatch, lambda: inner.append(scene.office.issue(scene.issuer, approved.id)))
    outer = scene.office.issue(scene.issuer, approved.id)
    assert [outer] == inner
    assert scene.authority.revoked == {}


def test_one_by_one_where_there_is_no_other_way(scene: Scene) -> None:
    approved = [scene.approved(request=scenes.request(number)) for number in range(2)]
    scene.authority.fails = IssuerRefusedError("13", "not now")
    refused, issued = scene.office.issue_many(scene.issuer, [IssueAsked(each.id) for each in approved])
    assert isinstance(refused, IssuerRefusedError)
    assert not isinstance(issued, Exception)
    assert issued.application.state is ApplicationState.ISSUED


def test_the_key_centre_is_out_of_reach(scene: Scene) -> None:
    pair = scene.delivered().pair
    assert pair is not None
    retire = scene.keys.retire

    def fails(*_: Any) -> None:
        raise IssuerRefusedError("1", "no")

    scene.keys.retire = fails
    revoked = scene.office.revoke(scene.issuer, pair.id, ReasonCode.SUPERSEDED)
    assert revoked.application.state is ApplicationState.CLOSED
    assert ("pair.key-not-retired", "system", f"pair:{pair.id}") in scene.audited()
    with pytest.raises(IssuerRefusedError):
        scene.office.settle()
    scene.keys.retire = retire
    assert scene.office.settle(scene.admin) == 1
    assert pair.encryption is not None
    assert scene.keys.retired == [pair.encryption.serial_number]
    assert scene.office.settle() == 0


def test_the_process_ended_before_the_key_was_retired(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    pair = scene.delivered().pair
    assert pair is not None
    assert pair.encryption is not None

    def ends(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(scene.keys, "retire", ends)
        with pytest.raises(KeyboardInterrupt):
            scene.office.revoke(scene.issuer, pair.id, ReasonCode.SUPERSEDED)
    assert scene.office.pair(scene.clerk, pair.id).state is PairState.REVOKED
    assert scene.keys.retired == []
    assert scene.office.settle() == 1
    assert scene.keys.retired == [pair.encryption.serial_number]


def test_a_key_that_a_later_pair_has_is_left_in_use(scene: Scene) -> None:
    pair = scene.delivered().pair
    assert pair is not None
    asked = scene.office.reissue(scene.clerk, pair.id, request=scenes.request(7), keep_encryption_key=True)
    scene.reviewed(asked.application.id)
    scene.office.issue(scene.issuer, asked.application.id)
    assert scene.office.pair(scene.clerk, pair.id).state is PairState.REVOKED
    assert scene.office.settle() == 0
    assert scene.keys.retired == []


def test_another_key_than_the_certificate_s_is_not_given_out(scene: Scene) -> None:
    pair = scene.delivered().pair
    assert pair is not None
    assert pair.encryption is not None
    asked = scene.office.recover(scene.clerk, pair.id)
    scene.reviewed(asked.application.id)
    scene.keys.keys[pair.encryption.serial_number] = scenes.key(50)
    with pytest.raises(StateError):
        scene.office.carry_out(scene.keeper, asked.application.id)
    assert scene.office.application(scene.clerk, asked.application.id).state is ApplicationState.APPROVED


# ---- what was issued and is not wanted ----------------------------------------------------
def issued_elsewhere(scene: Scene) -> set[int]:
    answers = [answer for _, answer in scene.authority.answers.values()]
    return {each.serial_number for answer in answers for each in (answer.signing, answer.encryption)}


def test_what_could_not_be_undone_is_undone_later(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    approved = scene.approved()

    def withdrawn_and_out_of_reach() -> None:
        scene.office.withdraw(scene.clerk, approved.id)
        scene.authority.fails = IssuerRefusedError("13", "not now")

    meanwhile(scene, monkeypatch, withdrawn_and_out_of_reach)
    with pytest.raises(IssuerRefusedError):
        scene.office.issue(scene.issuer, approved.id)
    assert scene.authority.revoked == {}
    scene.authority.fails = IssuerRefusedError("13", "not yet")
    with pytest.raises(IssuerRefusedError):
        scene.office.settle()
    assert scene.office.settle(scene.admin) == 1
    assert set(scene.authority.revoked) == issued_elsewhere(scene)
    assert ("application.issue-revoked", "admin", f"application:{approved.id}") in scene.audited()
    assert scene.office.settle() == 0


def test_withdrawn_after_the_process_had_ended(scene: Scene, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    approved = scene.approved()
    unplugged(scene, monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        scene.office.issue(scene.issuer, approved.id)
    scene.office.withdraw(scene.clerk, approved.id)
    assert scene.office.settle() == 0  # somebody might still wait for the answer
    clock.move(minutes=11)
    assert scene.office.settle() == 1
    assert set(scene.authority.revoked) == issued_elsewhere(scene)
    assert len([each for each in scene.authority.orders if isinstance(each, Order)]) == 1


def test_what_may_still_be_issued_is_left(scene: Scene, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    approved = scene.approved()
    unplugged(scene, monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        scene.office.issue(scene.issuer, approved.id)
    clock.move(minutes=11)
    assert scene.office.settle() == 0
    assert scene.office.issue(scene.issuer, approved.id).application.state is ApplicationState.ISSUED
    assert scene.office.settle() == 0
    assert scene.authority.revoked == {}


def test_the_pair_ended_after_the_process_had(scene: Scene, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    pair = scene.delivered().pair
    assert pair is not None
    clock.at = pair.not_after - timedelta(days=3)
    asked = scene.office.renew(scene.clerk, pair.id)
    unplugged(scene, monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        scene.office.issue(scene.issuer, asked.application.id)
    scene.office.revoke(scene.issuer, pair.id, ReasonCode.KEY_COMPROMISE)
    with pytest.raises(LifeCycleError):
        scene.office.issue(scene.issuer, asked.application.id)
    clock.move(minutes=11)
    assert scene.office.settle() == 1
    assert set(scene.authority.revoked) == issued_elsewhere(scene)


def test_a_reissue_that_is_undone_has_ended_the_older_pair(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    pair = scene.delivered().pair
    assert pair is not None
    asked = scene.office.reissue(scene.clerk, pair.id, request=scenes.request(7))
    scene.reviewed(asked.application.id)
    meanwhile(scene, monkeypatch, lambda: scene.office.withdraw(scene.clerk, asked.application.id))
    with pytest.raises(LifeCycleError):
        scene.office.issue(scene.issuer, asked.application.id)
    assert set(scene.authority.revoked) == issued_elsewhere(scene)
    assert scene.office.pair(scene.clerk, pair.id).state is PairState.REVOKED


def test_a_reissue_of_which_nothing_is_known_is_left_to_people(
    scene: Scene, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = scene.delivered().pair
    assert pair is not None
    asked = scene.office.reissue(scene.clerk, pair.id, request=scenes.request(7))
    scene.reviewed(asked.application.id)
    scene.authority.fails = IssuerRefusedError("13", "not now")
    with pytest.raises(IssuerRefusedError):
        scene.office.issue(scene.issuer, asked.application.id)
    scene.office.withdraw(scene.clerk, asked.application.id)
    clock.move(minutes=11)
    assert scene.office.settle() == 0
    assert scene.authority.revoked == {}


def test_a_changed_row_is_not_acted_on(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    approved = scene.approved()

    def withdrawn_and_out_of_reach() -> None:
        scene.office.withdraw(scene.clerk, approved.id)
        scene.authority.fails = IssuerRefusedError("13", "not now")

    meanwhile(scene, monkeypatch, withdrawn_and_out_of_reach)
    with pytest.raises(IssuerRefusedError):
        scene.office.issue(scene.issuer, approved.id)
    with scene.store.transaction() as tx:
        tx.connection.execute(update(orders_elsewhere).values(serials="1 2"))
    with pytest.raises(TamperedError):
        scene.office.settle()
    assert scene.authority.revoked == {}


def test_who_may_settle(scene: Scene) -> None:
    with pytest.raises(NotPermittedError):
        scene.office.settle(scene.clerk)
