"""What an office refuses: rows that were changed, and what cannot be meant."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import update

from ca import office as scenes
from ca import people
from ca.conftest import Clock
from ca.office import Scene
from ca.office_steps import ASKED, STEPS, active, bring_pair
from gmpki.asn1.rfc5280 import GeneralName, ReasonCode, SubjectAltName
from gmpki.ca.registration import pairs
from gmpki.ca.registration.issuing import IssueAsked
from gmpki.ca.registration.office import RegistrationOffice
from gmpki.ca.registration.states import (
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
from gmpki.x509.request import RequestBuilder


@pytest.fixture
def scene(store: Store) -> Scene:
    return scenes.scene(store, is_foreign=True)


@pytest.fixture(scope="module")
def quiet(ring: KeyRing) -> Iterator[Scene]:
    """Give an office that many tests share, none of which does more to it than to be refused."""
    with Store.create("sqlite://", ring, clock=Clock()) as store:
        yield scenes.scene(store, is_foreign=True)


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
        with pytest.raises(TamperedError):
            step(scene, application.id)
    with pytest.raises(TamperedError):
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


def test_what_nobody_has_reviewed_is_not_issued(scene: Scene, clock: Clock) -> None:
    names = SubjectAltName((GeneralName.dns("example.cn"),))
    asking = RequestBuilder().subject(scenes.SUBJECT).add_extension(names).sign(scenes.key(6))
    without = scene.approved(request=None, wanted=Wanted(subject=scenes.SUBJECT))
    pair_id = bring_pair(scene, PairState.ACTIVE, clock)
    for step in (
        lambda: scene.office.issue(scene.issuer, without.id, request=asking),
        lambda: scene.office.renew(scene.clerk, pair_id, request=asking),
    ):
        with pytest.raises(ConflictError) as caught:
            step()
        assert caught.value.reason == "unreviewed"
    for wanted in (Wanted(subject=scenes.SUBJECT), Wanted(extensions=tuple(asking.extensions))):
        with pytest.raises(InvalidInputError):
            scene.office.renew(scene.clerk, pair_id, wanted=wanted)


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
