"""Login of operators: who gets in, what the audit log says of it, and that a challenge is answered once."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from ca.operators.staff import AUTHORITY, AUTHORITY_NAME, Staff, appointment, certificate_of, key_of
from certified import NOW, certify
from gmpki.asn1.rfc5280 import SubjectPublicKeyInfo
from gmpki.asn1.rfc5280.ext_keys import KeyUsage, KeyUsages
from gmpki.ca.operators.appointments import change_appointment, remove_operator, suspend_operator
from gmpki.ca.operators.login import OperatorLogin, StoreChallenges
from gmpki.ca.operators.permissions import Permission
from gmpki.ca.store.audit_rows import find_entries
from gmpki.ca.store.store import Store
from gmpki.errors import ConflictError, InvalidInputError, InvalidTypeError, LimitExceeded, LoginError
from gmpki.protect.login import Refusal, answer_challenge
from gmpki.protect.login_store import ChallengeStore
from gmpki.x509.named_key import TrustAnchor
from gmpki.x509.names import build_name
from gmpki.x509.revocation import RevocationResult, RevocationStatus

NAME = "https://ra.example.cn"
ANCHOR = TrustAnchor(AUTHORITY_NAME, SubjectPublicKeyInfo.from_der(AUTHORITY.public_key.to_der()))


class Status:
    """Tells of every certificate what it was told to tell."""

    status = RevocationStatus.GOOD

    def check(self, *_: Any) -> RevocationResult:
        if self.status is RevocationStatus.REVOKED:
            return RevocationResult(self.status, revoked_at=NOW - timedelta(hours=1))
        return RevocationResult(self.status)


class Scene:
    """A login over the store of a staff with one clerk."""

    def __init__(self, staff: Staff) -> None:
        self.staff = staff
        self.clerk = staff.appoint("clerk", Permission.ENTRY, region_id=staff.city.id)
        self.status = Status()
        self.refusals: list[Refusal] = []
        self.login = self.node()

    def node(self, **options: Any) -> OperatorLogin:
        options = {"anchors": [ANCHOR], "checkers": [self.status], "on_refusal": self.refusals.append} | options
        return OperatorLogin(self.staff.store, NAME, **options)

    def answer(self, challenge: bytes | None = None, *, name: str = "clerk", **options: Any) -> bytes:
        challenge = self.login.challenge() if challenge is None else challenge
        options = {"server": NAME, "clock": self.staff.store.now} | options
        certificate = options.pop("certificate", certificate_of(name))
        return answer_challenge(challenge, key_of(name), certificate, **options)

    def refused(self, answer: bytes) -> str:
        with pytest.raises(LoginError) as caught:
            self.login.verify(answer)
        assert str(caught.value) == "the login was refused"
        assert self.refusals[-1].reason == caught.value.reason
        return caught.value.reason

    def logged(self) -> list[tuple[str, str, Any]]:
        found = find_entries(self.staff.store, most=1)
        return [(entry.operation, entry.actor, entry.details.get("reason")) for entry in found]


@pytest.fixture
def scene(staff: Staff) -> Scene:
    return Scene(staff)


def test_a_login_gives_an_operator(scene: Scene) -> None:
    assert scene.login.verify(scene.answer()) == scene.clerk
    assert scene.logged() == [("operator.login", "clerk", None)]
    assert find_entries(scene.staff.store, most=1)[0].certificate == scene.clerk.certificate_digest


def test_one_node_asks_and_another_judges_once(scene: Scene) -> None:
    answer = scene.answer(scene.node().challenge())
    assert scene.login.verify(answer) == scene.clerk
    assert scene.refused(answer) == "challenge"
    with pytest.raises(LoginError):
        scene.node().verify(answer)


def test_who_is_no_operator(scene: Scene) -> None:
    assert scene.refused(scene.answer(name="stranger")) == "operator"
    assert scene.logged() == [("operator.refuse-login", "system", "operator")]


@pytest.mark.parametrize("change", [suspend_operator, remove_operator])
def test_who_is_no_operator_now(scene: Scene, change: Any) -> None:
    with scene.staff.store.transaction() as tx:
        change(tx, scene.staff.boss, "clerk")
    assert scene.refused(scene.answer()) == "state"
    assert scene.logged() == [("operator.refuse-login", "system", "state")]


def test_who_has_another_certificate_now(scene: Scene) -> None:
    with scene.staff.store.transaction() as tx:
        change_appointment(tx, scene.staff.boss, appointment("clerk", Permission.ENTRY, serial_number=2))
    assert scene.refused(scene.answer()) == "operator"
    assert scene.login.verify(scene.answer(certificate=certificate_of("clerk", 2))).name == "clerk"


def test_a_certificate_of_the_same_name_and_key_that_is_not_the_operators(scene: Scene) -> None:
    usage = KeyUsage(KeyUsages.DIGITAL_SIGNATURE)
    name = build_name(("C", "CN"), ("CN", "clerk"))
    other = certify(name, key_of("clerk").public_key, AUTHORITY_NAME, AUTHORITY, usage, serial_number=9)
    assert scene.refused(scene.answer(certificate=other)) == "operator"


def test_a_row_that_was_changed(scene: Scene) -> None:
    with scene.staff.store.engine.begin() as connection:
        connection.execute(text("UPDATE operators SET permissions = 'administration' WHERE name = 'clerk'"))
    assert scene.refused(scene.answer()) == "tampered"


@pytest.mark.parametrize("status", [RevocationStatus.REVOKED, RevocationStatus.UNKNOWN])
def test_a_certificate_that_is_revoked_or_of_which_nothing_is_known(scene: Scene, status: RevocationStatus) -> None:
    scene.status.status = status
    assert scene.refused(scene.answer()).startswith("certificate-")
    assert scene.logged()[0][0] == "operator.refuse-login"


def test_a_certificate_that_has_expired(scene: Scene, clock: Any) -> None:
    clock.move(days=2000)
    assert scene.refused(scene.answer()) == "certificate-expired"


def test_a_certificate_of_somebody_else(scene: Scene) -> None:
    name = build_name(("C", "CN"), ("CN", "clerk"))
    usage = KeyUsage(KeyUsages.DIGITAL_SIGNATURE)
    forged = certify(name, key_of("clerk").public_key, AUTHORITY_NAME, key_of("forger"), usage)
    assert scene.refused(scene.answer(certificate=forged)).startswith("certificate")


@pytest.mark.parametrize("answer", [b"", b"\x30\x00", b"\xff" * 100])
def test_what_is_no_answer_fills_no_log(scene: Scene, answer: bytes) -> None:
    before = scene.logged()
    assert scene.refused(answer) == "malformed"
    assert scene.logged() == before


def test_an_answer_that_comes_late(scene: Scene, clock: Any) -> None:
    answer = scene.answer()
    before = scene.logged()
    clock.move(minutes=3)
    assert scene.refused(answer) == "time"
    assert scene.logged() == before


@pytest.mark.parametrize("answer", ["text", None, 7])
def test_answers_of_the_wrong_type(scene: Scene, answer: Any) -> None:
    with pytest.raises(InvalidTypeError):
        scene.login.verify(answer)


@pytest.mark.parametrize(
    "options", [{"anchors": []}, {"checkers": []}, {"on_refusal": 7}, {"window": timedelta(0)}, {"policy": None}]
)
def test_logins_that_are_none(scene: Scene, options: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError):
        scene.node(**options)


# ---- open challenges ------------------------------------------------------------------------
def test_it_is_a_challenge_store(store: Store) -> None:
    assert isinstance(StoreChallenges(store), ChallengeStore)


def test_challenges_are_taken_once_and_forgotten(store: Store) -> None:
    challenges = StoreChallenges(store, most=2)
    later = NOW + timedelta(minutes=2)
    challenges.add(b"\x01" * 32, later, NOW)
    with pytest.raises(ConflictError):
        challenges.add(b"\x01" * 32, later, NOW)
    challenges.add(b"\x02" * 32, later, NOW)
    with pytest.raises(LimitExceeded):
        challenges.add(b"\x03" * 32, later, NOW)
    assert challenges.take(b"\x01" * 32, later)
    assert not challenges.take(b"\x01" * 32, later)
    challenges.add(b"\x03" * 32, later, NOW)
    challenges.add(b"\x04" * 32, later + timedelta(minutes=2), later)
    assert not challenges.take(b"\x02" * 32, later)
    assert challenges.take(b"\x04" * 32, later)


@pytest.mark.parametrize("identifier", [b"", b"\x01" * 31, "text"])
def test_identifiers_that_are_none(store: Store, identifier: Any) -> None:
    challenges = StoreChallenges(store)
    with pytest.raises(InvalidInputError):
        challenges.add(identifier, NOW + timedelta(minutes=1), NOW)
    with pytest.raises(InvalidInputError):
        challenges.take(identifier, NOW)


@pytest.mark.parametrize("most", [0, 10**6 + 1, "7"])
def test_limits_that_are_none(store: Store, most: Any) -> None:
    with pytest.raises(InvalidInputError):
        StoreChallenges(store, most)


@pytest.mark.once
def test_two_nodes_take_one_challenge_on_postgresql(postgresql_store: Store) -> None:
    challenges = StoreChallenges(postgresql_store)
    later = NOW + timedelta(minutes=2)
    taken: list[bool] = []
    for number in range(5):
        identifier = bytes([number]) * 32
        challenges.add(identifier, later, NOW)
        ready = threading.Barrier(2)

        def take(identifier: bytes = identifier, ready: threading.Barrier = ready) -> None:
            ready.wait()
            taken.append(challenges.take(identifier, later))

        threads = [threading.Thread(target=take) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(taken) == [False] * 5 + [True] * 5
