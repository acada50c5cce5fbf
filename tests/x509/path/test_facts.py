"""What is remembered about a certificate between validations, and what never is."""

from __future__ import annotations

import pickle
from datetime import timedelta
from typing import Any

import pytest

from gmpki.asn1.rfc5280 import AuthorityKeyIdentifier, KeyUsages
from gmpki.x509.certificate import Certificate
from gmpki.x509.path import PathPolicy
from gmpki.x509.path.facts import Facts
from gmpki.x509.revocation import RevocationResult, RevocationStatus
from gmpki.x509.signatures import STANDARD_SIGNATURES, SignaturePolicy
from x509.path.paths import DAY, NOW, ROOT, SUB, USER, Party, issue, key, refused, validate

OTHER_ID = SignaturePolicy((b"somebody@example.cn",))


class WithId:
    """A signer with an id of his own."""

    def __init__(self, label: str) -> None:
        self._key = key(label)
        self.signature_algorithm = self._key.signature_algorithm

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message, user_id=b"somebody@example.cn")


@pytest.fixture
def chain() -> tuple[Certificate, Certificate]:
    """Return certificates that no other test has validated."""
    return issue(USER, SUB), issue(SUB, ROOT, ca=True)


@pytest.fixture
def verified(monkeypatch: pytest.MonkeyPatch) -> list[Certificate]:
    """Return a list that grows by each certificate whose signature is verified."""
    found: list[Certificate] = []
    verify = Certificate.verify_signature

    def noted(self: Certificate, issuer: Any, **options: Any) -> Any:
        found.append(self)
        return verify(self, issuer, **options)

    monkeypatch.setattr(Certificate, "verify_signature", noted)
    return found


# ---- remembered ---------------------------------------------------------------------------------
def test_facts_stay_with_the_certificate(chain: tuple[Certificate, Certificate]) -> None:
    user, sub = chain
    first = validate(user, sub)
    facts = Facts.of(user)
    assert validate(user, sub) == first
    assert Facts.of(user) is facts
    assert Facts.of(Certificate.from_der(user.der)) is not facts


def test_signatures_that_held_are_not_verified_again(
    chain: tuple[Certificate, Certificate], verified: list[Certificate]
) -> None:
    user, sub = chain
    for _ in range(3):
        validate(user, sub)
    assert verified == [user, sub]


def test_another_object_is_verified_for_itself(
    chain: tuple[Certificate, Certificate], verified: list[Certificate]
) -> None:
    user, sub = chain
    validate(user, sub)
    for again in (Certificate.from_der(user.der), pickle.loads(pickle.dumps(user))):
        verified.clear()
        validate(again, sub)
        assert verified == [user]


# ---- never remembered -----------------------------------------------------------------------------
def test_time_is_judged_anew(chain: tuple[Certificate, Certificate]) -> None:
    validate(*chain)
    refused("expired", *chain, at=NOW + 101 * DAY)
    refused("not-yet-valid", *chain, at=NOW - 101 * DAY)
    validate(*chain, at=NOW + timedelta(seconds=1))


def test_revocation_is_asked_anew(chain: tuple[Certificate, Certificate]) -> None:
    class Checker:
        def __init__(self) -> None:
            self.answer = RevocationResult(RevocationStatus.GOOD)

        def check(self, *_asked: object) -> RevocationResult:
            return self.answer

    checker = Checker()
    validate(*chain, checkers=[checker])
    checker.answer = RevocationResult(RevocationStatus.REVOKED, revoked_at=NOW - DAY)
    refused("revoked", *chain, checkers=[checker])
    checker.answer = RevocationResult(RevocationStatus.UNKNOWN)
    refused("revocation-unknown", *chain, checkers=[checker])


def test_what_the_caller_asks_is_judged_anew(chain: tuple[Certificate, Certificate]) -> None:
    validate(*chain)
    refused("key-usage", *chain, key_usage=KeyUsages.KEY_CERT_SIGN)
    refused("depth", *chain, max_depth=0)
    refused("no-path", chain[0])
    validate(*chain)


def test_a_key_of_the_same_name_is_another_key(
    chain: tuple[Certificate, Certificate], verified: list[Certificate]
) -> None:
    user, sub = chain
    validate(user, sub)
    impostor = issue(Party(SUB.label, "another key", SUB.name), ROOT, ca=True)
    verified.clear()
    refused("signature", user, impostor)
    assert user in verified


def test_another_policy_is_another_question() -> None:
    user, sub = issue(USER, SUB, signer=WithId(SUB.label)), issue(SUB, ROOT, ca=True)
    both = SignaturePolicy((None, *OTHER_ID.user_ids))
    accepted = validate(user, sub, signatures=both)
    assert accepted.quirks[0]
    refused("signature", user, sub)
    assert validate(user, sub, signatures=both) == accepted
    assert refused("signature", user, sub, policy=PathPolicy(signatures=STANDARD_SIGNATURES)).certificate is user


def test_what_does_not_hold_is_verified_each_time(verified: list[Certificate]) -> None:
    forged, sub = issue(USER, SUB, signer=key("somebody else")), issue(SUB, ROOT, ca=True)
    for _ in range(2):
        refused("signature", forged, sub)
    assert verified.count(forged) == 2
    assert not Facts.of(forged).held


def test_the_budget_counts_what_is_remembered_too(chain: tuple[Certificate, Certificate]) -> None:
    validate(*chain)
    refused("limit", *chain, max_signatures=1)
    validate(*chain, max_signatures=2)


def test_a_certificate_remembers_few_keys_and_policies(
    chain: tuple[Certificate, Certificate], verified: list[Certificate]
) -> None:
    policies = [SignaturePolicy((None, bytes((number,)))) for number in range(1, 20)]
    for signatures in policies:
        validate(*chain, signatures=signatures)
    assert len(Facts.of(chain[0]).held) == 8
    verified.clear()
    validate(*chain, signatures=policies[-1])
    assert verified == list(chain)


def test_a_rule_that_was_tolerated_is_refused_where_it_is_not() -> None:
    user, sub = issue(USER, SUB, without=(AuthorityKeyIdentifier,)), issue(SUB, ROOT, ca=True)
    reason = "authority-key-identifier"
    for _ in range(2):
        found = validate(user, sub, tolerated=frozenset({reason}))
        assert [departure.reason for departure in found.departures] == [reason]
        refused(reason, user, sub)
