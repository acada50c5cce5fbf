"""The life of certificates at an office whose authority is reached by messages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from ca import office as scenes
from ca.conftest import Clock
from ca.office import Scene
from ca.remote import remote_scene
from ca.remote.remote_scene import NAME, Both
from gmpki.asn1.rfc5280 import ReasonCode
from gmpki.ca.registration.issuing import IssueAsked
from gmpki.ca.registration.states import ApplicationState, PairState
from gmpki.ca.store.certificates import CertificateState, find
from gmpki.ca.store.schema import audit, issues
from gmpki.ca.store.store import Store
from gmpki.errors import FetchError, IssuerRefusedError
from gmpki.keys.envelope import KeyEnvelope
from gmpki.protect.keys import KeyRing
from gmpki.x509.names import build_name


@pytest.fixture
def sides(ring: KeyRing, clock: Clock) -> Iterator[Both]:
    with Store.create("sqlite://", ring, clock=clock) as store:
        yield remote_scene.both(store)


@pytest.fixture
def scene(store: Store, sides: Both) -> Scene:
    return remote_scene.at_work(store, sides)


def states(sides: Both, serials: tuple[int, ...]) -> set[CertificateState]:
    """Return the states of certificates at the authority."""
    store, authority = sides.made.store, sides.made.authority
    with store.reading() as connection:
        return {row.state for row in find(connection, store.protection, authority.id, serials).values()}


def orders(sides: Both) -> int:
    """Return how many orders for people the authority has issued."""
    counted = select(func.count()).select_from(issues).where(issues.c.order_key.like("office:%"))
    with sides.made.store.reading() as connection:
        return connection.scalar(counted.where(issues.c.state == "issued")) or 0


def pair_of(scene: Scene, number: int = 0) -> tuple[int, tuple[int, ...]]:
    pair = scene.delivered(request=scenes.request(number)).pair
    assert pair is not None
    return pair.id, pair.serial_numbers


def test_issued_and_delivered(scene: Scene, sides: Both) -> None:
    issued = scene.issued()
    assert issued.pair is not None
    assert issued.delivery is not None
    assert issued.pair.certificates is not None
    opened = KeyEnvelope.from_der(issued.delivery).open(scenes.key(0))
    assert opened.public_key == issued.pair.certificates.encryption.public_key
    assert states(sides, issued.pair.serial_numbers) == {CertificateState.VALID}
    delivered = scene.office.deliver(scene.issuer, issued.application.id, receipt="张三")
    assert delivered.application.state is ApplicationState.DELIVERED
    with sides.made.store.reading() as connection:
        told = connection.scalars(select(audit.c.actor).where(audit.c.operation == "certificate.issued")).all()
    assert told[-1] == f"{NAME}: issuer"


def test_lost_found_and_revoked(scene: Scene, sides: Both) -> None:
    pair_id, serials = pair_of(scene)
    scene.office.report_loss(scene.clerk, pair_id)
    assert states(sides, serials) == {CertificateState.SUSPENDED}
    scene.office.lift_loss(scene.issuer, pair_id)
    assert states(sides, serials) == {CertificateState.VALID}
    revoked = scene.office.revoke(scene.issuer, pair_id, ReasonCode.KEY_COMPROMISE)
    assert revoked.pair is not None
    assert revoked.pair.state is PairState.REVOKED
    assert states(sides, serials) == {CertificateState.REVOKED}


@pytest.mark.parametrize("keeps", [False, True])
def test_renewed(scene: Scene, sides: Both, clock: Clock, keeps: bool) -> None:
    pair_id, serials = pair_of(scene)
    before = scene.office.pair(scene.clerk, pair_id)
    clock.at = before.not_after - timedelta(days=20)
    asked = scene.office.renew(scene.clerk, pair_id, keep_encryption_key=keeps)
    renewed = scene.office.issue(scene.issuer, asked.application.id).pair
    assert renewed is not None
    assert states(sides, serials) == {CertificateState.VALID}
    assert before.encryption is not None
    assert renewed.encryption is not None
    assert (renewed.encryption.public_key == before.encryption.public_key) is keeps


def test_reissued_changed_and_recovered(scene: Scene, sides: Both) -> None:
    pair_id, serials = pair_of(scene)
    asked = scene.office.reissue(scene.clerk, pair_id, request=scenes.request(1), reason=ReasonCode.KEY_COMPROMISE)
    scene.reviewed(asked.application.id)
    second = scene.office.issue(scene.issuer, asked.application.id).pair
    assert second is not None
    assert states(sides, serials) == {CertificateState.REVOKED}
    scene.office.deliver(scene.issuer, asked.application.id, receipt="张三")
    subject = build_name(("C", "CN"), ("O", "示例市社会保障局"), ("CN", "张三丰"))
    changed = scene.office.change(scene.clerk, second.id, subject, request=scenes.request(2))
    scene.reviewed(changed.application.id)
    third = scene.office.issue(scene.issuer, changed.application.id).pair
    assert third is not None
    assert third.signing.subject == subject
    scene.office.deliver(scene.issuer, changed.application.id, receipt="张三丰")
    recovery = scene.office.recover(scene.clerk, third.id)
    scene.reviewed(recovery.application.id)
    recovered = scene.office.carry_out(scene.keeper, recovery.application.id)
    assert recovered.delivery is not None
    assert third.encryption is not None
    opened = KeyEnvelope.from_der(recovered.delivery).open(scenes.key(2))
    assert opened.public_key == third.encryption.public_key


def test_the_answer_is_lost_once(scene: Scene, sides: Both) -> None:
    approved = scene.approved()
    sides.line.loses = ["answer", "message"]
    issued = scene.office.issue(scene.issuer, approved.id)
    assert issued.pair is not None
    assert len(sides.line.messages) == 3
    assert orders(sides) == 1


def test_the_answer_stays_lost(scene: Scene, sides: Both) -> None:
    approved = scene.approved()
    sides.line.loses = ["answer"] * 4
    with pytest.raises(FetchError):
        scene.office.issue(scene.issuer, approved.id)
    assert scene.office.application(scene.clerk, approved.id).state is ApplicationState.APPROVED
    issued = scene.office.issue(scene.issuer, approved.id)
    assert issued.pair is not None
    assert orders(sides) == 1
    assert states(sides, issued.pair.serial_numbers) == {CertificateState.VALID}


def test_the_answer_to_a_revocation_stays_lost(scene: Scene, sides: Both) -> None:
    pair_id, serials = pair_of(scene)
    sides.line.loses = ["answer"] * 4
    with pytest.raises(FetchError):
        scene.office.report_loss(scene.clerk, pair_id, key="k")
    assert states(sides, serials) == {CertificateState.SUSPENDED}
    assert scene.office.pair(scene.clerk, pair_id).state is PairState.ACTIVE
    scene.office.report_loss(scene.clerk, pair_id, key="k")
    assert scene.office.pair(scene.clerk, pair_id).state is PairState.LOST


def test_the_profile_refuses(scene: Scene) -> None:
    approved = scene.approved(profile="ssl-server")
    with pytest.raises(IssuerRefusedError) as caught:
        scene.office.issue(scene.issuer, approved.id)
    assert caught.value.code == "NotPermittedError.profile"
    assert scene.office.application(scene.clerk, approved.id).state is ApplicationState.APPROVED


def test_several_at_once(scene: Scene, sides: Both) -> None:
    approved = [scene.approved(request=scenes.request(number)) for number in range(3)]
    sides.line.loses = ["message"] * 4
    first, *others = scene.office.issue_many(scene.issuer, [IssueAsked(each.id) for each in approved])
    assert isinstance(first, FetchError)
    assert [each.application.state for each in others if not isinstance(each, Exception)] == [
        ApplicationState.ISSUED,
        ApplicationState.ISSUED,
    ]
