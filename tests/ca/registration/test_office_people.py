"""Who may do what at an office, and what is done once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ca import office as scenes
from ca import people
from ca.conftest import Clock
from ca.office import Scene
from ca.office_steps import ASKED, STEPS, active, alone, bring_pair
from gmpki.asn1.rfc5280 import ReasonCode
from gmpki.ca.operators import appointments
from gmpki.ca.registration import applicants
from gmpki.ca.registration.applicants import Contact
from gmpki.ca.registration.applications import Application
from gmpki.ca.registration.states import (
    Operation,
    PairState,
)
from gmpki.ca.store.store import Store
from gmpki.errors import (
    ConflictError,
    InvalidInputError,
    InvalidTypeError,
    LifeCycleError,
    NotFoundError,
    NotPermittedError,
)
from gmpki.protect.keys import KeyRing


@pytest.fixture
def scene(store: Store) -> Scene:
    return scenes.scene(store, is_foreign=True)


@pytest.fixture(scope="module")
def quiet(ring: KeyRing) -> Iterator[Scene]:
    """Give an office that many tests share, none of which does more to it than to be refused."""
    with Store.create("sqlite://", ring, clock=Clock()) as store:
        yield scenes.scene(store, is_foreign=True)


# ---- who ------------------------------------------------------------------------------------
NEEDED = {
    Operation.AMEND: {"clerk", "colleague", "reviewer", "issuer"},
    Operation.PROOFREAD: {"colleague", "reviewer"},
    Operation.APPROVE: {"reviewer"},
    Operation.REJECT: {"reviewer"},
    Operation.WITHDRAW: {"clerk", "colleague", "reviewer", "issuer"},
    Operation.ISSUE: {"issuer"},
    Operation.DELIVER: {"issuer"},
}


@pytest.mark.parametrize("operation", STEPS, ids=lambda each: each.value)
def test_who_may_not(quiet: Scene, operation: Operation) -> None:
    application = quiet.office.apply(quiet.clerk, quiet.form())
    for name in set(scenes.NAMES) - NEEDED[operation]:
        with pytest.raises(NotPermittedError) as caught:
            STEPS[operation](alone(quiet, name), application.id)
        assert caught.value.reason == "permission"


@pytest.mark.parametrize("name", ["keeper", "admin"])
def test_who_may_not_apply(quiet: Scene, name: str) -> None:
    with pytest.raises(NotPermittedError):
        quiet.office.apply(quiet.operators[name], quiet.form())


@pytest.mark.parametrize(
    ("operation", "name"),
    [
        (Operation.SUSPEND, "clerk"),
        (Operation.RESUME, "reviewer"),
        (Operation.REVOKE, "clerk"),
        (Operation.REVOKE, "admin"),
        (Operation.LIFT_LOSS, "clerk"),
        (Operation.REPORT_LOSS, "keeper"),
        (Operation.RECOVER, "keeper"),
        (Operation.RENEW, "admin"),
    ],
    ids=lambda each: getattr(each, "value", each),
)
def test_who_may_not_with_a_pair(quiet: Scene, operation: Operation, name: str) -> None:
    pair_id = active(quiet)
    with pytest.raises(NotPermittedError) as caught:
        ASKED[operation](alone(quiet, name), pair_id)
    assert caught.value.reason == "permission"


def test_a_recovery_is_carried_out_by_its_keeper(scene: Scene, clock: Clock) -> None:
    asked = scene.office.recover(scene.clerk, bring_pair(scene, PairState.ACTIVE, clock))
    scene.reviewed(asked.application.id)
    with pytest.raises(NotPermittedError):
        scene.office.carry_out(scene.issuer, asked.application.id)


def test_nobody_proofreads_or_reviews_their_own(scene: Scene) -> None:
    office = scene.office
    own = office.apply(scene.colleague, scene.form())
    for step in (
        lambda: office.proofread(scene.colleague, own.id),
        lambda: office.send_back(scene.colleague, own.id, "?"),
    ):
        with pytest.raises(NotPermittedError) as caught:
            step()
        assert caught.value.reason == "own-entry"
    own = office.apply(scene.reviewer, scene.form())
    office.proofread(scene.colleague, own.id)
    other = office.apply(scene.clerk, scene.form())
    office.proofread(scene.reviewer, other.id)
    for application in (own, other):
        for decide in (
            lambda number: office.approve(scene.reviewer, number),
            lambda number: office.reject(scene.reviewer, number, "原因"),
            lambda number: office.send_back(scene.reviewer, number, "?"),
        ):
            with pytest.raises(NotPermittedError) as caught:
                decide(application.id)
            assert caught.value.reason == "own-entry"


def test_only_who_entered_it_amends(scene: Scene) -> None:
    application = scene.office.apply(scene.clerk, scene.form())
    with pytest.raises(NotPermittedError) as caught:
        scene.office.amend(scene.issuer, application.id, scene.form())
    assert caught.value.reason == "not-own-entry"


def test_another_region(quiet: Scene) -> None:
    (other,) = people.add_regions(quiet.store, "110000")
    applicant = people.register(quiet.store, people.person(7, region_id=other))
    with pytest.raises(NotPermittedError) as caught:
        quiet.office.apply(quiet.clerk, quiet.form(applicant_id=applicant))
    assert caught.value.reason == "region"
    with pytest.raises(NotPermittedError):
        quiet.office.register(quiet.clerk, people.person(8, region_id=other))


def test_a_contact_is_changed(scene: Scene) -> None:
    applicant = people.register(scene.store, people.person(7))
    changed = scene.office.change_contact(scene.clerk, applicant, name="王五", address="")
    assert changed == Contact("王五", "13800138000", "lisi@example.test")
    with scene.store.reading() as connection:
        kept = applicants.read(connection, scene.store.protection, applicant).applicant
    assert kept == people.person(7, contact=changed)
    assert ("applicant.update", "clerk", f"applicant:{applicant}") in scene.audited()


def test_a_contact_where_there_was_none(scene: Scene) -> None:
    applicant = people.register(scene.store, people.person(7, contact=None))
    with pytest.raises(InvalidInputError):
        scene.office.change_contact(scene.clerk, applicant, phone="000-0000001")
    assert scene.office.change_contact(scene.clerk, applicant, name="王五") == Contact("王五")


CONTACTS: dict[str, tuple[dict[str, Any], type[Exception]]] = {
    "nothing": ({}, InvalidInputError),
    "no-name": ({"name": ""}, InvalidInputError),
    "no-mailbox": ({"email": "lisi"}, InvalidInputError),
    "too-long": ({"phone": "0" * 33}, InvalidInputError),
    "no-text": ({"address": 7}, InvalidTypeError),
}


@pytest.mark.parametrize("change", CONTACTS)
def test_a_contact_that_is_none(quiet: Scene, change: str) -> None:
    values, error = CONTACTS[change]

    def kept() -> applicants.RegisteredApplicant:
        with quiet.store.reading() as connection:
            return applicants.read(connection, quiet.store.protection, 1)

    before = kept()
    with pytest.raises(error):
        quiet.office.change_contact(quiet.clerk, 1, **values)
    assert kept() == before


def test_who_may_not_change_a_contact(scene: Scene) -> None:
    (other,) = people.add_regions(scene.store, "110000")
    near = people.register(scene.store, people.person(7))
    far = people.register(scene.store, people.person(8, region_id=other))
    for name, applicant, reason in (
        ("admin", near, "permission"),
        ("keeper", near, "permission"),
        ("clerk", far, "region"),
    ):
        with pytest.raises(NotPermittedError) as caught:
            scene.office.change_contact(scene.operators[name], applicant, phone="000")
        assert caught.value.reason == reason
        assert ("office.refused", name, f"applicant:{applicant}") in scene.audited()
    with pytest.raises(NotFoundError):
        scene.office.change_contact(scene.clerk, 99, phone="000")


def test_an_operator_who_was_suspended(scene: Scene) -> None:
    application = scene.office.apply(scene.clerk, scene.form())
    with scene.store.transaction() as tx:
        appointments.suspend_operator(tx, scene.admin, "clerk")
    for step in (
        lambda: scene.office.apply(scene.clerk, scene.form()),
        lambda: scene.office.application(scene.clerk, application.id),
        lambda: scene.office.withdraw(scene.clerk, application.id),
    ):
        with pytest.raises(NotPermittedError) as caught:
            step()
        assert caught.value.reason == "state"


# ---- once -----------------------------------------------------------------------------------
def test_the_same_request_is_carried_out_once(scene: Scene, clock: Clock) -> None:
    office = scene.office
    first = office.apply(scene.clerk, scene.form(), key="apply-1")
    assert office.apply(scene.clerk, scene.form(), key="apply-1") == first
    proofread = office.proofread(scene.colleague, first.id, key="proofread-1")
    assert office.proofread(scene.colleague, first.id, key="proofread-1") == proofread
    approved = office.approve(scene.reviewer, first.id, key="approve-1")
    assert office.approve(scene.reviewer, first.id, key="approve-1") == approved
    issued = office.issue(scene.issuer, first.id, key="issue-1")
    assert office.issue(scene.issuer, first.id, key="issue-1") == issued
    delivered = office.deliver(scene.issuer, first.id, receipt="张三", key="deliver-1")
    assert office.deliver(scene.issuer, first.id, receipt="张三", key="deliver-1") == delivered
    assert issued.pair is not None
    lost = office.report_loss(scene.clerk, issued.pair.id, key="lost-1")
    clock.move(minutes=1)
    assert office.report_loss(scene.clerk, issued.pair.id, key="lost-1") == lost
    assert len(scene.authority.orders) == 2


@pytest.mark.parametrize(
    "again",
    [
        lambda scene, _: scene.office.apply(scene.clerk, scene.form(business_kind="别的"), key="k"),
        lambda scene, _: scene.office.apply(scene.clerk, scene.form(request=scenes.request(5)), key="k"),
        lambda scene, _: scene.office.apply(scene.issuer, scene.form(), key="k"),
        lambda scene, each: scene.office.withdraw(scene.clerk, each.id, key="k"),
    ],
    ids=["other-contents", "other-request", "other-person", "other-operation"],
)
def test_a_key_is_for_one_request(scene: Scene, again: Callable[[Scene, Application], object]) -> None:
    first = scene.office.apply(scene.clerk, scene.form(), key="k")
    with pytest.raises(ConflictError) as caught:
        again(scene, first)
    assert caught.value.reason == "key-reused"


@pytest.mark.parametrize("key", ["", "x" * 129, "a\nb", 5])
def test_keys_that_are_none(quiet: Scene, key: Any) -> None:
    with pytest.raises(InvalidInputError):
        quiet.office.apply(quiet.clerk, quiet.form(), key=key)


def test_one_replacement_at_a_time(scene: Scene, clock: Clock) -> None:
    pair_id = bring_pair(scene, PairState.ACTIVE, clock)
    scene.office.renew(scene.clerk, pair_id)
    for operation in (Operation.RENEW, Operation.REISSUE, Operation.CHANGE):
        with pytest.raises(ConflictError) as caught:
            ASKED[operation](scene, pair_id)
        assert caught.value.reason == "open-application"
    scene.office.revoke(scene.issuer, pair_id, ReasonCode.KEY_COMPROMISE)


def test_a_replacement_of_what_has_been_revoked_meanwhile(scene: Scene, clock: Clock) -> None:
    pair_id = bring_pair(scene, PairState.ACTIVE, clock)
    asked = scene.office.renew(scene.clerk, pair_id)
    scene.office.revoke(scene.issuer, pair_id, ReasonCode.KEY_COMPROMISE)
    with pytest.raises(LifeCycleError) as caught:
        scene.office.issue(scene.issuer, asked.application.id)
    assert (caught.value.operation, caught.value.state) == ("renew", "revoked")
    scene.office.withdraw(scene.clerk, asked.application.id)


def test_what_was_amended_meanwhile_is_not_what_was_seen(scene: Scene) -> None:
    office = scene.office
    seen = office.apply(scene.clerk, scene.form())
    office.amend(scene.clerk, seen.id, scene.form(business_kind="别的"))
    with pytest.raises(ConflictError) as caught:
        office.proofread(scene.colleague, seen.id, seen=seen.content_digest)
    assert caught.value.reason == "changed"
    office.proofread(scene.colleague, seen.id)
    with pytest.raises(ConflictError):
        office.approve(scene.reviewer, seen.id, seen=seen.content_digest)


def test_one_free_certificate(scene: Scene) -> None:
    scene.office.apply(scene.clerk, scene.form(is_free=True))
    with pytest.raises(ConflictError) as caught:
        scene.office.apply(scene.clerk, scene.form(is_free=True))
    assert caught.value.reason == "free-taken"
    paid = scene.office.apply(scene.clerk, scene.form())
    with pytest.raises(ConflictError):
        scene.office.amend(scene.clerk, paid.id, scene.form(is_free=True))
