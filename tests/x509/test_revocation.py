"""What checkers are asked and answer."""

from __future__ import annotations

import pickle
from datetime import datetime, timedelta, timezone

import pytest

from gmpki.asn1.rfc5280 import ReasonCode
from gmpki.errors import InvalidInputError, InvalidTypeError, RevocationUnknownError, RevokedError
from gmpki.x509.crl_checker import CRLChecker
from gmpki.x509.revocation import RevocationChecker, RevocationContext, RevocationResult, RevocationStatus
from gmpki.x509.signatures import STANDARD_SIGNATURES

NOW = datetime(2026, 6, 15, 12, tzinfo=timezone.utc)


def test_good_is_good() -> None:
    RevocationResult(RevocationStatus.GOOD).require_good()


def test_revoked_says_when_and_why() -> None:
    result = RevocationResult(RevocationStatus.REVOKED, "crl", ReasonCode.KEY_COMPROMISE, NOW)
    with pytest.raises(RevokedError, match=r"revoked on 2026-06-15 12:00:00 UTC, key compromise") as caught:
        result.require_good()
    assert caught.value.revoked_at == NOW
    assert caught.value.revocation_reason is ReasonCode.KEY_COMPROMISE
    assert caught.value.reason == "revoked"


def test_unknown_says_what_is_missing() -> None:
    with pytest.raises(RevocationUnknownError, match="unknown: no list") as caught:
        RevocationResult(RevocationStatus.UNKNOWN, detail="no list").require_good()
    assert caught.value.reason == "revocation-unknown"


@pytest.mark.parametrize(
    ("status", "revoked_at"),
    [(RevocationStatus.REVOKED, None), (RevocationStatus.GOOD, NOW), (RevocationStatus.UNKNOWN, NOW)],
)
def test_the_time_of_revocation_goes_with_revoked(status: RevocationStatus, revoked_at: datetime | None) -> None:
    with pytest.raises(InvalidInputError):
        RevocationResult(status, revoked_at=revoked_at)


def test_status_is_a_status() -> None:
    with pytest.raises(InvalidTypeError):
        RevocationResult("good")  # type: ignore[arg-type]


@pytest.mark.parametrize("field", ["source", "reason", "invalidity_date", "this_update", "next_update", "detail"])
def test_every_part_of_a_result_has_its_type(field: str) -> None:
    with pytest.raises(InvalidTypeError):
        RevocationResult(RevocationStatus.UNKNOWN, **{field: 5})  # type: ignore[arg-type]
    with pytest.raises(InvalidTypeError):
        RevocationResult(RevocationStatus.REVOKED, revoked_at="2026")  # type: ignore[arg-type]


def test_context_has_the_standard_policy() -> None:
    assert RevocationContext(NOW).signatures is STANDARD_SIGNATURES
    assert RevocationContext(NOW).validate_signer is None


@pytest.mark.parametrize("at", [datetime(2026, 1, 1), NOW.replace(tzinfo=None) + timedelta(1)])
def test_context_refuses_naive_times(at: datetime) -> None:
    with pytest.raises(InvalidInputError, match="time zone"):
        RevocationContext(at)


def test_context_refuses_other_types() -> None:
    with pytest.raises(InvalidTypeError):
        RevocationContext(1_700_000_000)  # type: ignore[arg-type]


def test_results_can_be_pickled() -> None:
    result = RevocationResult(RevocationStatus.REVOKED, "crl", ReasonCode.SUPERSEDED, NOW, detail="on the list")
    assert pickle.loads(pickle.dumps(result)) == result


def test_the_checker_of_lists_is_a_checker() -> None:
    assert isinstance(CRLChecker(), RevocationChecker)
    assert not isinstance(object(), RevocationChecker)
