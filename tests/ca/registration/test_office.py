"""The life of certificates at an office whose authority shares its database: what goes well."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from ca import office as scenes
from ca import people
from ca.conftest import Clock
from ca.office import Scene
from gmpki.asn1.rfc5280 import ReasonCode, Validity
from gmpki.ca.interfaces import SYSTEM
from gmpki.ca.registration import media
from gmpki.ca.registration.issuing import IssueAsked
from gmpki.ca.registration.media import MediumState, NewMedium
from gmpki.ca.registration.settings import OfficeSettings, Route, months_before
from gmpki.ca.registration.states import ApplicationState, Operation, PairState
from gmpki.ca.registration.wanted import Wanted
from gmpki.ca.store import schema
from gmpki.ca.store.columns import serial_text
from gmpki.ca.store.store import Store
from gmpki.errors import ConflictError, LifeCycleError
from gmpki.keys.envelope import KeyEnvelope
from gmpki.x509.names import build_name


@pytest.fixture
def scene(store: Store) -> Scene:
    return scenes.scene(store)


def certificate_states(scene: Scene, serials: tuple[int, ...]) -> set[str]:
    table = schema.certificates
    query = select(table.c.state).where(table.c.serial.in_([serial_text(serial) for serial in serials]))
    with scene.store.reading() as connection:
        return set(connection.scalars(query))


def test_from_the_application_to_the_receipt(scene: Scene, clock: Clock) -> None:
    office = scene.office
    entered = office.apply(scene.clerk, scene.form(business_kind="社保", token_serial="UK-0001"))
    assert (entered.state, entered.entered_by, entered.operation) == (
        ApplicationState.ENTERED,
        "clerk",
        Operation.APPLY,
    )
    assert entered.reference.startswith("20260301-")
    clock.move(hours=1)
    proofread = office.proofread(scene.colleague, entered.id, seen=entered.content_digest)
    assert (proofread.state, proofread.proofread_by) == (ApplicationState.PROOFREAD, "colleague")
    approved = office.approve(scene.reviewer, entered.id, remark="材料齐全", seen=entered.content_digest)
    assert (approved.state, approved.reviewed_by, approved.decision) == (
        ApplicationState.APPROVED,
        "reviewer",
        "材料齐全",
    )
    clock.move(hours=1)
    issued = office.issue(scene.issuer, entered.id)
    pair = issued.pair
    assert pair is not None
    assert issued.application.state is ApplicationState.ISSUED
    assert issued.application.pair_id == pair.id
    assert issued.application.issued_at == clock.at
    assert (pair.state, pair.token_serial, pair.business_kind) == (PairState.ISSUED, "UK-0001", "社保")
    assert pair.certificates is not None
    assert pair.signing.public_key == scenes.key(0).public_key
    assert issued.delivery is not None
    opened = KeyEnvelope.from_der(issued.delivery).open(scenes.key(0))
    assert opened.public_key == pair.certificates.encryption.public_key
    delivered = office.deliver(scene.issuer, entered.id, receipt="张三, 当面")
    assert delivered.application.state is ApplicationState.DELIVERED
    assert delivered.pair is not None
    assert (delivered.pair.state, delivered.pair.receipt) == (PairState.ACTIVE, "张三, 当面")
    assert office.application(scene.clerk, entered.id) == delivered.application
    assert office.application_of_reference(scene.clerk, entered.reference) == delivered.application
    told = [entry for entry in scene.audited() if entry[0].startswith(("application.", "pair."))]
    assert told == [
        ("application.apply", "clerk", f"application:{entered.id}"),
        ("application.proofread", "colleague", f"application:{entered.id}"),
        ("application.approve", "reviewer", f"application:{entered.id}"),
        ("application.issue", "issuer", f"application:{entered.id}"),
        ("pair.deliver", "issuer", f"pair:{pair.id}"),
    ]


def test_what_is_wanted_is_issued(scene: Scene, clock: Clock) -> None:
    subject = build_name(("C", "CN"), ("O", "示例单位"), ("CN", "李四"))
    validity = Validity(clock.at, clock.at + timedelta(days=100))
    issued = scene.issued(wanted=Wanted(subject=subject, validity=validity))
    assert issued.pair is not None
    assert issued.pair.signing.subject == subject
    assert issued.pair.not_after == validity.not_after
    with scene.store.reading() as connection:
        kept = connection.scalar(select(schema.applications.c.retain_until))
    assert kept is not None
    assert kept >= int((validity.not_after + timedelta(days=3650)).timestamp())


def test_sent_back_amended_and_entered_again(scene: Scene) -> None:
    office = scene.office
    entered = office.apply(scene.clerk, scene.form())
    back = office.send_back(scene.colleague, entered.id, "姓名有误")
    assert (back.state, back.decision) == (ApplicationState.RETURNED, "姓名有误")
    amended = office.amend(scene.clerk, entered.id, scene.form(business_kind="公积金"))
    assert (amended.state, amended.business_kind) == (ApplicationState.ENTERED, "公积金")
    assert amended.content_digest != entered.content_digest
    office.proofread(scene.colleague, entered.id)
    assert office.send_back(scene.reviewer, entered.id, "缺附件").state is ApplicationState.RETURNED
    again = office.amend(scene.clerk, entered.id, scene.form())
    assert (again.proofread_by, again.content_digest) == (None, entered.content_digest)
    assert scene.reviewed(entered.id).state is ApplicationState.APPROVED


@pytest.mark.parametrize("steps", [0, 1, 2, 3])
def test_withdrawn(scene: Scene, steps: int) -> None:
    office = scene.office
    entered = office.apply(scene.clerk, scene.form())
    for step in ("send" if steps == 1 else "", "proof" if steps > 1 else "", "approve" if steps > 2 else ""):
        if step == "send":
            office.send_back(scene.colleague, entered.id, "?")
        elif step == "proof":
            office.proofread(scene.colleague, entered.id)
        elif step == "approve":
            office.approve(scene.reviewer, entered.id)
    gone = office.withdraw(scene.clerk, entered.id, reason="本人申请")
    assert gone.state is ApplicationState.WITHDRAWN
    assert gone.closed_at is not None


def test_rejected(scene: Scene) -> None:
    entered = scene.office.apply(scene.clerk, scene.form())
    scene.office.proofread(scene.colleague, entered.id)
    rejected = scene.office.reject(scene.reviewer, entered.id, "材料不符")
    assert (rejected.state, rejected.decision) == (ApplicationState.REJECTED, "材料不符")
    with pytest.raises(LifeCycleError):
        scene.office.issue(scene.issuer, entered.id)


def test_a_key_that_is_made_at_the_issuing_point(scene: Scene) -> None:
    approved = scene.approved(request=None, wanted=Wanted(subject=scenes.SUBJECT))
    issued = scene.office.issue(scene.issuer, approved.id, request=scenes.request(2), token_serial="UK-0002")
    assert issued.pair is not None
    assert issued.pair.signing.public_key == scenes.key(2).public_key
    assert (issued.pair.token_serial, issued.application.token_serial) == ("UK-0002", "UK-0002")
    assert issued.application.request == scenes.request(2)


def near_expiry(scene: Scene, clock: Clock) -> int:
    """Deliver a pair, and let the time come when it may be renewed."""
    delivered = scene.delivered()
    assert delivered.pair is not None
    clock.at = months_before(delivered.pair.not_after, 2)
    return delivered.pair.id


@pytest.mark.parametrize("keeps", [False, True])
@pytest.mark.parametrize("number", [None, 1])
def test_renewed(scene: Scene, clock: Clock, keeps: bool, number: int | None) -> None:
    before = scene.office.pair(scene.clerk, near_expiry(scene, clock))
    request = None if number is None else scenes.request(number)
    asked = scene.office.renew(scene.clerk, before.id, request=request, keep_encryption_key=keeps)
    assert asked.application.state is ApplicationState.APPROVED
    renewed = scene.office.issue(scene.issuer, asked.application.id).pair
    assert renewed is not None
    assert renewed.signing.public_key == scenes.key(number or 0).public_key
    assert renewed.signing.subject == before.signing.subject
    assert renewed.encryption is not None
    assert before.encryption is not None
    assert (renewed.encryption.public_key == before.encryption.public_key) is keeps
    assert renewed.delivery is not None
    KeyEnvelope.from_der(renewed.delivery).open(scenes.key(number or 0))
    after = scene.office.pair(scene.clerk, before.id)
    assert (after.state, after.replaced_by) == (PairState.REPLACED, renewed.id)
    assert certificate_states(scene, before.serial_numbers) == {"valid"}


def test_a_key_that_was_kept_is_recovered_under_its_first_certificate(scene: Scene, clock: Clock) -> None:
    first = near_expiry(scene, clock)
    asked = scene.office.renew(scene.clerk, first, keep_encryption_key=True)
    second = scene.office.issue(scene.issuer, asked.application.id).pair
    assert second is not None
    recovery = scene.office.recover(scene.clerk, second.id)
    scene.reviewed(recovery.application.id)
    found = scene.office.carry_out(scene.keeper, recovery.application.id)
    assert found.delivery is not None
    assert second.encryption is not None
    assert KeyEnvelope.from_der(found.delivery).open(scenes.key(0)).public_key == second.encryption.public_key


def test_renewal_begins_two_months_before_expiry(scene: Scene, clock: Clock) -> None:
    pair_id = near_expiry(scene, clock)
    clock.move(seconds=-1)
    with pytest.raises(LifeCycleError, match=r"2 months before its expiry, \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"):
        scene.office.renew(scene.clerk, pair_id)
    clock.move(seconds=1)
    scene.office.renew(scene.clerk, pair_id)


def test_lost_and_reissued(scene: Scene) -> None:
    first = scene.delivered().pair
    assert first is not None
    lost = scene.office.report_loss(scene.clerk, first.id, asked_by="本人, 电话")
    assert lost.application.state is ApplicationState.CLOSED
    assert certificate_states(scene, first.serial_numbers) == {"suspended"}
    asked = scene.office.reissue(scene.clerk, first.id, request=scenes.request(1), reason=ReasonCode.KEY_COMPROMISE)
    scene.reviewed(asked.application.id)
    second = scene.office.issue(scene.issuer, asked.application.id).pair
    assert second is not None
    assert certificate_states(scene, first.serial_numbers) == {"revoked"}
    assert certificate_states(scene, second.serial_numbers) == {"valid"}
    after = scene.office.pair(scene.clerk, first.id)
    assert (after.state, after.replaced_by) == (PairState.REVOKED, second.id)


def test_lost_and_found(scene: Scene) -> None:
    pair = scene.delivered().pair
    assert pair is not None
    scene.office.report_loss(scene.clerk, pair.id)
    found = scene.office.lift_loss(scene.issuer, pair.id).pair
    assert found is not None
    assert found.state is PairState.ACTIVE
    assert certificate_states(scene, pair.serial_numbers) == {"valid"}


def test_suspended_and_resumed(scene: Scene) -> None:
    issued = scene.issued()
    assert issued.pair is not None
    scene.office.suspend(scene.issuer, issued.pair.id)
    assert certificate_states(scene, issued.pair.serial_numbers) == {"suspended"}
    scene.office.resume(scene.issuer, issued.pair.id)
    assert certificate_states(scene, issued.pair.serial_numbers) == {"valid"}
    # What was not delivered yet still can be.
    delivered = scene.office.deliver(scene.issuer, issued.application.id, receipt="张三")
    assert delivered.application.state is ApplicationState.DELIVERED


def test_changed_data(scene: Scene) -> None:
    first = scene.issued()
    assert first.pair is not None
    subject = build_name(("C", "CN"), ("O", "示例市社会保障局"), ("CN", "张三丰"))
    asked = scene.office.change(scene.clerk, first.pair.id, subject, request=scenes.request(1))
    scene.reviewed(asked.application.id)
    changed = scene.office.issue(scene.issuer, asked.application.id).pair
    assert changed is not None
    assert changed.signing.subject == subject
    assert certificate_states(scene, first.pair.serial_numbers) == {"revoked"}
    # The first one was never delivered, and will not be.
    assert scene.office.application(scene.clerk, first.application.id).state is ApplicationState.CLOSED


def test_revoked(scene: Scene, clock: Clock) -> None:
    pair = scene.delivered().pair
    assert pair is not None
    since = clock.at - timedelta(hours=5)
    clock.move(hours=1)
    revoked = scene.office.revoke(scene.issuer, pair.id, ReasonCode.KEY_COMPROMISE, invalidity_date=since)
    assert revoked.pair is not None
    assert revoked.pair.state is PairState.REVOKED
    assert revoked.application.wanted.invalidity_date == since
    with scene.store.reading() as connection:
        rows = connection.execute(select(schema.revocations.c.reason, schema.revocations.c.invalidity_at)).all()
    assert set(rows) == {(int(ReasonCode.KEY_COMPROMISE), int(since.timestamp()))}
    assert ("kmc.retire", "示例", "keys:1") in scene.audited()


def test_an_operation_on_the_route_with_review(store: Store) -> None:
    scene = scenes.scene(store, settings=OfficeSettings({Operation.REVOKE: Route.REVIEWED}))
    pair = scene.delivered().pair
    assert pair is not None
    asked = scene.office.revoke(scene.clerk, pair.id, ReasonCode.CESSATION_OF_OPERATION)
    assert asked.application.state is ApplicationState.ENTERED
    assert certificate_states(scene, pair.serial_numbers) == {"valid"}
    scene.reviewed(asked.application.id)
    assert scene.office.carry_out(scene.issuer, asked.application.id).application.state is ApplicationState.CLOSED
    assert certificate_states(scene, pair.serial_numbers) == {"revoked"}


def test_recovered_for_the_pair_of_now(scene: Scene) -> None:
    first = scene.delivered().pair
    assert first is not None
    asked = scene.office.reissue(scene.clerk, first.id, request=scenes.request(1))
    scene.reviewed(asked.application.id)
    second = scene.office.issue(scene.issuer, asked.application.id).pair
    assert second is not None
    recovery = scene.office.recover(scene.clerk, first.id, recipient_id=second.id, asked_by="本人")
    scene.reviewed(recovery.application.id)
    found = scene.office.carry_out(scene.keeper, recovery.application.id, key="recovery")
    assert found.delivery is not None
    assert first.encryption is not None
    assert KeyEnvelope.from_der(found.delivery).open(scenes.key(1)).public_key == first.encryption.public_key
    again = scene.office.carry_out(scene.keeper, recovery.application.id, key="recovery")
    assert again.delivery is not None


def test_the_register_of_media_follows(scene: Scene) -> None:
    with scene.store.transaction() as tx:
        media.register(tx, [NewMedium("UK-1"), NewMedium("UK-2")], actor=SYSTEM)

    def state(serial: str) -> MediumState:
        with scene.store.reading() as connection:
            return media.read(connection, serial).state

    pair = scene.delivered(token_serial="UK-1").pair
    assert pair is not None
    assert (state("UK-1"), state("UK-2")) == (MediumState.ISSUED, MediumState.STOCK)
    scene.office.report_loss(scene.clerk, pair.id)
    assert state("UK-1") is MediumState.LOST
    scene.office.lift_loss(scene.issuer, pair.id)
    assert state("UK-1") is MediumState.ISSUED
    other = people.register(scene.store, people.person(2))
    approved = scene.approved(applicant_id=other, request=scenes.request(3), token_serial="UK-1")
    with pytest.raises(ConflictError) as caught:
        scene.office.issue(scene.issuer, approved.id)
    assert caught.value.reason == "token-taken"


def test_many_at_once(scene: Scene) -> None:
    approved = [scene.approved(request=scenes.request(number)) for number in range(3)]
    entered = scene.office.apply(scene.clerk, scene.form())
    asked = [IssueAsked(each.id, key=f"issue {each.id}") for each in (*approved, entered)]
    found = scene.office.issue_many(scene.issuer, asked)
    assert isinstance(found[3], LifeCycleError)
    pairs = [each.pair for each in found[:3]]  # type: ignore[union-attr] # the others went well
    assert [each.signing.public_key for each in pairs if each is not None] == [
        scenes.key(number).public_key for number in range(3)
    ]
    again = scene.office.issue_many(scene.issuer, asked)
    assert [each.pair for each in again[:3]] == pairs  # type: ignore[union-attr]
    assert scene.office.issue_many(scene.issuer, []) == []
