"""Whom a verifier trusts, what the reports say, and revocation."""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from cms import signers
from cms.signers import CONTENT, NOW, message, person
from gmpki.asn1.rfc5280 import ReasonCode
from gmpki.cms import Check, CheckName, CheckStatus, SignerReport, Trust, VerifiedMessage, verify
from gmpki.errors import InvalidInputError, InvalidTypeError, MessageError, RevocationUnknownError, RevokedError
from gmpki.x509.crl_builder import CRLBuilder, Revocation
from gmpki.x509.crl_checker import CRLChecker
from gmpki.x509.named_key import TrustAnchor
from gmpki.x509.path import PathPolicy, RevocationMode
from gmpki.x509.revocation import RevocationResult, RevocationStatus
from gmpki.x509.signatures import LENIENT_SIGNATURES


def crl(*revoked: int) -> CRLChecker:
    entries = [Revocation(number, NOW - timedelta(hours=1), ReasonCode.KEY_COMPROMISE) for number in revoked]
    builder = CRLBuilder.for_issuer(
        signers.root(), this_update=NOW - signers.DAY, next_update=NOW + signers.DAY, number=1, entries=entries
    )
    return CRLChecker([builder.sign(signers.ROOT_KEY)])


def test_revocation() -> None:
    (report,) = verify(message(), signers.trust(checkers=[crl(5)])).signers
    assert report.check("revocation").status is CheckStatus.PASSED
    with pytest.raises(RevokedError):
        verify(message(), signers.trust(checkers=[crl(0x1001)]))
    collected = verify(message(), signers.trust(checkers=[crl(0x1001)]), collect=True)
    statuses = {check.name: check.status for check in collected.signers[0].checks}
    assert statuses[CheckName.CHAIN] is CheckStatus.PASSED
    assert statuses[CheckName.REVOCATION] is CheckStatus.FAILED
    with pytest.raises(RevokedError):
        assert collected.content


def test_unknown_revocation() -> None:
    @dataclass(frozen=True)
    class Unknown:
        def check(self, *_: Any) -> RevocationResult:
            return RevocationResult(RevocationStatus.UNKNOWN, detail="nobody answers")

    with pytest.raises(RevocationUnknownError):
        verify(message(), signers.trust(checkers=[Unknown()]))
    soft = PathPolicy(revocation=RevocationMode.SOFT)
    assert verify(message(), signers.trust(checkers=[Unknown()], policy=soft)).content == CONTENT


def test_revocation_without_anybody_to_ask() -> None:
    hard = PathPolicy(revocation=RevocationMode.HARD)
    with pytest.raises(InvalidInputError):
        verify(message(), signers.trust(policy=hard))


def test_anchors_that_are_names_and_keys() -> None:
    bare = TrustAnchor(signers.ROOT_NAME, signers.root().public_key_info)
    assert verify(message(), Trust((bare,), at=NOW)).content == CONTENT


def test_trust_is_made_of_sensible_parts() -> None:
    root = signers.root()
    for options in (
        {"policy": None},
        {"signatures": "all"},
        {"intermediates": [b""]},
        {"intermediates": 5},
        {"checkers": 5},
        {"at": "now"},
    ):
        with pytest.raises(InvalidTypeError):
            Trust([root], **options)  # type: ignore[arg-type]
    with pytest.raises(InvalidInputError):
        Trust([root], at=NOW.replace(tzinfo=None))
    with pytest.raises(InvalidTypeError):
        Trust.signature_only([b""])  # type: ignore[list-item]
    with pytest.raises(InvalidTypeError):
        Trust.signature_only(signatures=None)  # type: ignore[arg-type]
    with pytest.raises(InvalidInputError):
        Trust.signature_only().validate(person().certificate)


def test_the_same_trust_with_other_signatures() -> None:
    for trust in (signers.trust(), Trust.signature_only([person().certificate])):
        other = trust.using(LENIENT_SIGNATURES)
        assert other.signatures is LENIENT_SIGNATURES
        assert other.checks_chain is trust.checks_chain
        assert other.intermediates == trust.intermediates
        assert other.at == trust.at


# ---- reports --------------------------------------------------------------------------------
PASSED = tuple(Check(name, CheckStatus.PASSED) for name in (CheckName.DIGEST, CheckName.SIGNATURE))


def test_reports_are_not_fooled_by_what_is_missing() -> None:
    assert SignerReport(0, None, PASSED).ok
    for checks in ((), PASSED[:1], PASSED[1:], (PASSED[0], Check(CheckName.SIGNATURE, CheckStatus.NOT_CHECKED))):
        report = SignerReport(0, None, checks)
        assert not report.ok
        with pytest.raises(MessageError) as caught:
            report.require()
        assert caught.value.reason == "not-verified"
        with pytest.raises(MessageError):
            assert VerifiedMessage(CONTENT, (report,)).content


def test_a_message_without_reports_has_no_content() -> None:
    nobody = VerifiedMessage(CONTENT, ())
    assert not nobody.ok
    with pytest.raises(MessageError) as caught:
        assert nobody.content
    assert caught.value.reason == "no-signers"


def test_a_content_that_was_not_kept() -> None:
    with pytest.raises(MessageError) as caught:
        assert VerifiedMessage(None, (SignerReport(0, None, PASSED),)).content
    assert caught.value.reason == "content-elsewhere"


def test_checks_by_name() -> None:
    (report,) = verify(message(), signers.trust()).signers
    for name in ("certificate", "digest", "signature", "usage", "time-stamp", "chain", "revocation"):
        assert report.check(name).name.value == name
        assert str(report.check(name)).startswith(name)
    with pytest.raises(MessageError):
        report.check("weather")


def test_reports_can_be_pickled() -> None:
    verified = verify(message(), signers.trust())
    again = pickle.loads(pickle.dumps(verified))
    assert again.content == CONTENT
    assert again.signers[0].chain == verified.signers[0].chain
