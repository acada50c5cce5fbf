"""What an office refuses: the wrong person, the wrong state, a key used twice, a row that was changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from ca import office as scenes
from ca import people
from ca.conftest import Clock
from ca.office import Scene
from gmpki.asn1.rfc5280 import ReasonCode
from gmpki.ca.operators import appointments
from gmpki.ca.registration import pairs
from gmpki.ca.registration.applications import Application
from gmpki.ca.registration.carrying import Outcome
from gmpki.ca.registration.issuing import IssueAsked
from gmpki.ca.registration.office import RegistrationOffice
from gmpki.ca.registration.states import (
    PAIR_OPERATIONS,
    TRANSITIONS,
    ApplicationState,
    Operation,
    PairState,
)
from gmpki.ca.registration.wanted import Wanted
from gmpki.ca.store import schema
from gmpki.ca.store.store import Store
from gmpki.errors import (
    ConflictError,
    GmpkiError,
    InvalidInputError,
    InvalidTypeError,
    LifeCycleError,
    LimitExceeded,
    NotFoundError,
    NotPermittedError,
    StateError,
    TamperedError,
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


# Every operation with an application, by somebody who otherwise may.
STEPS: dict[Operation, Callable[[Scene, int], object]] = {
    Operation.AMEND: lambda scene, number: scene.office.amend(scene.clerk, number, scene.form()),
    Operation.PROOFREAD: lambda scene, number: scene.office.proofread(scene.colleague, number),
    Operation.APPROVE: lambda scene, number: scene.office.approve(scene.reviewer, number),
    Operation.REJECT: lambda scene, number: scene.office.reject(scene.reviewer, number, "原因"),
    Operation.WITHDRAW: lambda scene, number: scene.office.withdraw(scene.clerk, number),
    Operation.ISSUE: lambda scene, number: scene.office.issue(scene.issuer, number),
    Operation.DELIVER: lambda scene, number: scene.office.deliver(scene.issuer, number, receipt="张三"),
}
# Every operation with a pair.
ASKED: dict[Operation, Callable[[Scene, int], object]] = {
    Operation.RENEW: lambda scene, number: scene.office.renew(scene.clerk, number),
    Operation.REISSUE: lambda scene, number: scene.office.reissue(scene.clerk, number),
    Operation.CHANGE: lambda scene, number: scene.office.change(scene.clerk, number, scenes.SUBJECT),
    Operation.REPORT_LOSS: lambda scene, number: scene.office.report_loss(scene.clerk, number),
    Operation.LIFT_LOSS: lambda scene, number: scene.office.lift_loss(scene.issuer, number),
    Operation.SUSPEND: lambda scene, number: scene.office.suspend(scene.issuer, number),
    Operation.RESUME: lambda scene, number: scene.office.resume(scene.issuer, number),
    Operation.REVOKE: lambda scene, number: scene.office.revoke(scene.issuer, number, ReasonCode.SUPERSEDED),
    Operation.RECOVER: lambda scene, number: scene.office.recover(scene.clerk, number),
}


def bring(scene: Scene, state: ApplicationState) -> Application:
    """Return an application in a state."""
    office = scene.office
    found = office.apply(scene.clerk, scene.form())
    if state is ApplicationState.RETURNED:
        return office.send_back(scene.colleague, found.id, "?")
    if state is ApplicationState.ENTERED:
        return found
    if state is ApplicationState.WITHDRAWN:
        return office.withdraw(scene.clerk, found.id)
    found = office.proofread(scene.colleague, found.id)
    if state is ApplicationState.PROOFREAD:
        return found
    if state is ApplicationState.REJECTED:
        return office.reject(scene.reviewer, found.id, "原因")
    found = office.approve(scene.reviewer, found.id)
    if state is ApplicationState.APPROVED:
        return found
    issued = office.issue(scene.issuer, found.id)
    if state is ApplicationState.DELIVERED:
        return office.deliver(scene.issuer, found.id, receipt="张三").application
    if state is ApplicationState.CLOSED:
        assert issued.pair is not None
        office.revoke(scene.issuer, issued.pair.id, ReasonCode.SUPERSEDED)
    return office.application(scene.clerk, found.id)


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


def bring_pair(scene: Scene, state: PairState, clock: Clock) -> int:
    """Return a pair in a state, at a time when it may be renewed where it may be."""
    pair = scene.issued().pair
    assert pair is not None
    clock.at = pair.not_after - timedelta(days=30)
    office = scene.office
    if state is PairState.ACTIVE:
        office.deliver(scene.issuer, pair.application_id or 0, receipt="张三")
    elif state is PairState.LOST:
        office.report_loss(scene.clerk, pair.id)
    elif state is PairState.SUSPENDED:
        office.suspend(scene.issuer, pair.id)
    elif state is PairState.REVOKED:
        office.revoke(scene.issuer, pair.id, ReasonCode.SUPERSEDED)
    elif state is PairState.REPLACED:
        office.issue(scene.issuer, office.renew(scene.clerk, pair.id).application.id)
    elif state is PairState.EXPIRED:
        clock.at = pair.not_after + timedelta(seconds=1)
        assert office.expire() == 1
    return pair.id


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


@pytest.mark.parametrize(
    ("operation", "state"),
    [each for each in TRANSITIONS if each[0] in ASKED and isinstance(each[1], PairState)],
    ids=lambda each: each.value,
)
def test_legal_operations_with_a_pair(scene: Scene, clock: Clock, operation: Operation, state: PairState) -> None:
    pair_id = bring_pair(scene, state, clock)
    if operation is Operation.RECOVER and state not in (PairState.ISSUED, PairState.ACTIVE):
        with pytest.raises(LifeCycleError, match="enveloped"):  # it needs another pair to be enveloped for
            ASKED[operation](scene, pair_id)
        return
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


def alone(scene: Scene, name: str) -> Scene:
    """Return the same office where one person tries to do everything."""
    return replace(scene, operators=dict.fromkeys(scenes.NAMES, scene.operators[name]))


def active(scene: Scene) -> int:
    """Return a pair that was issued and delivered."""
    pair = scene.delivered().pair
    assert pair is not None
    return pair.id


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


# ---- tampering ------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "change",
    [
        {"state": "approved"},
        {"profile": "subordinate-ca"},
        {"entered_by": "somebody"},
        {"proofread_by": None},
        {"applicant_id": 2},
        {"wanted": "{}"},
        {"region_id": 2},
        {"operation": "revoke"},
        {"token_serial": "UK-9"},
        {"tag": b""},
        {"tag": bytes(46)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_changed_application_is_found_out(scene: Scene, change: dict[str, Any]) -> None:
    people.register(scene.store, people.person(2))
    people.add_regions(scene.store, "120000")
    application = scene.office.apply(scene.clerk, scene.form(wanted=Wanted(subject=scenes.SUBJECT)))
    scene.office.proofread(scene.colleague, application.id)
    with scene.store.transaction() as tx:
        tx.connection.execute(update(schema.applications).values(change))
    for step in (STEPS[Operation.APPROVE], STEPS[Operation.ISSUE], STEPS[Operation.WITHDRAW]):
        with pytest.raises((TamperedError, InvalidInputError)):
            step(scene, application.id)
    with pytest.raises((TamperedError, InvalidInputError)):
        scene.office.application_of_reference(scene.clerk, application.reference)


@pytest.mark.parametrize(
    "change",
    [{"state": "active"}, {"applicant_id": 2}, {"not_after": 1}, {"delivery": b"x"}, {"replaced_by": 1}],
    ids=lambda change: next(iter(change)),
)
def test_a_changed_pair_is_found_out(scene: Scene, clock: Clock, change: dict[str, Any]) -> None:
    people.register(scene.store, people.person(2))
    pair = scene.office.pair(scene.clerk, bring_pair(scene, PairState.SUSPENDED, clock))
    with scene.store.transaction() as tx:
        tx.connection.execute(update(schema.pairs).values(change))
    for step in (ASKED[Operation.RESUME], ASKED[Operation.REVOKE]):
        with pytest.raises(TamperedError):
            step(scene, pair.id)
    with scene.store.reading() as connection, pytest.raises(TamperedError):
        pairs.by_serial(connection, scene.store.protection, scenes.AUTHORITY, pair.serial_numbers[0])


# ---- what cannot be meant -------------------------------------------------------------------
@pytest.mark.parametrize("number", [0, -1, 1 << 63, "1", None, True, 1.0])
def test_ids_that_are_none(quiet: Scene, number: Any) -> None:
    for step in (*STEPS.values(), *ASKED.values()):
        with pytest.raises(InvalidInputError):
            step(quiet, number)


def test_what_is_not_there(quiet: Scene) -> None:
    for step in (*STEPS.values(), *ASKED.values()):
        with pytest.raises(NotFoundError):
            step(quiet, 77)
    with pytest.raises(NotFoundError):
        quiet.office.application_of_reference(quiet.clerk, "20260301-AAAAAAAA")
    with pytest.raises(NotFoundError):
        quiet.office.apply(quiet.clerk, quiet.form(applicant_id=77))


@pytest.mark.parametrize(
    "more",
    [
        {"business_kind": ""},
        {"business_kind": "x" * 65},
        {"medium": "a\x00b"},
        {"authority": ""},
        {"profile": 5},
        {"token_serial": ""},
        {"token_serial": "x" * 65},
        {"request": b""},
        {"request": None},
        {"wanted": None},
        {"is_free": 1},
        {"applicant_id": 0},
        {"applicant_id": True},
    ],
    ids=str,
)
def test_forms_that_cannot_be_meant(quiet: Scene, more: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError):
        quiet.form(**more)


@pytest.mark.parametrize(
    "wanted",
    [
        {"subject": "CN=张三"},
        {"validity": (1, 2)},
        {"extensions": []},
        {"extensions": (1,)},
        {"keeps_encryption_key": 1},
        {"reason": 1},
        {"invalidity_date": datetime(2026, 1, 1)},
        {"invalidity_date": "2026"},
        {"asked_by": "x" * 257},
        {"asked_by": "a\nb"},
        {"recipient_id": 0},
    ],
    ids=str,
)
def test_wishes_that_cannot_be_meant(wanted: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError):
        Wanted(**wanted)


@pytest.mark.parametrize(
    "reason",
    [
        ReasonCode.CERTIFICATE_HOLD,
        ReasonCode.REMOVE_FROM_CRL,
        ReasonCode.CA_COMPROMISE,
        ReasonCode.AA_COMPROMISE,
        None,
        1,
    ],
)
def test_reasons_that_are_not_for_holders(quiet: Scene, reason: Any) -> None:
    with pytest.raises(InvalidInputError):
        quiet.office.revoke(quiet.issuer, active(quiet), reason)


@pytest.mark.parametrize("remark", ["", "  ", "x" * 1001, "a\x00b", 5, None])
def test_remarks_that_are_none(quiet: Scene, remark: Any) -> None:
    application = quiet.office.apply(quiet.clerk, quiet.form())
    with pytest.raises(InvalidInputError):
        quiet.office.send_back(quiet.colleague, application.id, remark)


def test_keys_and_requests_that_do_not_fit(quiet: Scene) -> None:
    office = quiet.office
    without = quiet.approved(request=None, wanted=Wanted(subject=scenes.SUBJECT))
    with pytest.raises(InvalidInputError):
        office.issue(quiet.issuer, without.id)
    approved = quiet.approved(token_serial="UK-1")
    for more, reason in (({"request": scenes.request(9)}, "request-fixed"), ({"token_serial": "UK-2"}, "token-fixed")):
        with pytest.raises(ConflictError) as caught:
            office.issue(quiet.issuer, approved.id, **more)  # type: ignore[arg-type]
        assert caught.value.reason == reason
    with pytest.raises(InvalidInputError):
        office.issue(quiet.issuer, approved.id, token_serial="")


def test_what_issues_is_not_carried_out_and_the_other_way_round(scene: Scene, clock: Clock) -> None:
    approved = scene.approved()
    with pytest.raises(GmpkiError):
        scene.office.carry_out(scene.issuer, approved.id)
    recovery = scene.office.recover(scene.clerk, bring_pair(scene, PairState.ACTIVE, clock))
    scene.reviewed(recovery.application.id)
    with pytest.raises(GmpkiError):
        scene.office.issue(scene.keeper, recovery.application.id)
    assert scene.office.application(scene.clerk, recovery.application.id).state is ApplicationState.APPROVED


def test_what_an_amendment_leaves_alone(scene: Scene, clock: Clock) -> None:
    other = people.register(scene.store, people.person(2))
    application = scene.office.apply(scene.clerk, scene.form())
    with pytest.raises(InvalidInputError):
        scene.office.amend(scene.clerk, application.id, scene.form(applicant_id=other))
    pair_id = bring_pair(scene, PairState.ACTIVE, clock)
    reissue = scene.office.reissue(scene.clerk, pair_id).application
    for more in ({"profile": "organisation"}, {"authority": "别的"}, {"applicant_id": other}):
        with pytest.raises(InvalidInputError):
            scene.office.amend(scene.clerk, reissue.id, scene.form(**more))
    scene.office.amend(scene.clerk, reissue.id, scene.form())
    scene.office.withdraw(scene.clerk, reissue.id)
    recovery = scene.office.recover(scene.clerk, pair_id).application
    with pytest.raises(InvalidInputError):
        scene.office.amend(scene.clerk, recovery.id, scene.form())


def test_a_key_is_recovered_for_its_holder_only(scene: Scene, clock: Clock) -> None:
    other = people.register(scene.store, people.person(2))
    theirs = scene.issued(applicant_id=other, request=scenes.request(4)).pair
    assert theirs is not None
    pair_id = bring_pair(scene, PairState.ISSUED, clock)
    with pytest.raises(NotPermittedError) as caught:
        scene.office.recover(scene.clerk, pair_id, recipient_id=theirs.id)
    assert caught.value.reason == "other-holder"
    asked = scene.office.recover(scene.clerk, pair_id)
    scene.reviewed(asked.application.id)
    scene.office.suspend(scene.issuer, pair_id)
    with pytest.raises(LifeCycleError):
        scene.office.carry_out(scene.keeper, asked.application.id)


def test_an_office_without_a_key_centre(scene: Scene, clock: Clock) -> None:
    office = RegistrationOffice(scene.store, scene.authority)
    asked = office.recover(scene.clerk, bring_pair(scene, PairState.ACTIVE, clock))
    scene.reviewed(asked.application.id)
    with pytest.raises(StateError):
        office.carry_out(scene.keeper, asked.application.id)


def test_types(quiet: Scene) -> None:
    for arguments in ((None, quiet.authority), (quiet.store, None), (quiet.store, object())):
        with pytest.raises(InvalidTypeError):
            RegistrationOffice(*arguments)  # type: ignore[arg-type]
    for more in ({"keys": object()}, {"settings": {}}):
        with pytest.raises(InvalidTypeError):
            RegistrationOffice(quiet.store, quiet.authority, **more)
    with pytest.raises(InvalidTypeError):
        quiet.office.apply(quiet.clerk, {})  # type: ignore[arg-type]
    for nobody in (None, "clerk", object()):
        with pytest.raises(InvalidTypeError):
            quiet.office.apply(nobody, quiet.form())  # type: ignore[arg-type]
        with pytest.raises(InvalidTypeError):
            quiet.office.application(nobody, quiet.office.apply(quiet.clerk, quiet.form()).id)  # type: ignore[arg-type]
    for asked in (5, [5], [(1, None)], None):
        with pytest.raises(InvalidTypeError):
            quiet.office.issue_many(quiet.issuer, asked)  # type: ignore[arg-type]
    with pytest.raises(LimitExceeded):
        quiet.office.issue_many(quiet.issuer, [IssueAsked(1)] * 1001)
    for more in (
        {"application_id": 0},
        {"application_id": 1, "request": b""},
        {"application_id": 1, "token_serial": 5},
    ):
        with pytest.raises(InvalidInputError):
            IssueAsked(**more)  # type: ignore[arg-type]
