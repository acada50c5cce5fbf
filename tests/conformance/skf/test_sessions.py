"""The checks of session keys: what passes, and how each fault is named."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conformance.trials import expect_named, expect_passed, trial
from gmpki.conformance.model import Outcome, Permission

pytestmark = pytest.mark.once

NAMED = (
    ("session-key-in-clear", "SESS-001", "in clear"),
    ("session-key-wraps-another", "SESS-001", "another key is exported"),
    ("session-key-c1c2c3", "SESS-001", "C1 C2 C3 of 2010"),
    ("session-key-left-aligned", "SESS-001", "left-aligned"),
    ("session-key-says-32", "SESS-002", "CipherLen is 32"),
    ("session-key-always-the-same", "SESS-003", "comes twice"),
    ("session-key-c1c2c3", "SESS-003", "C1 C2 C3 of 2010"),
    ("session-key-wraps-another", "SESS-004", "by a key made for it"),
    ("key-for-cbc-is-for-ecb", "SESS-004", "CBC is wrong"),
    ("session-key-for-no-point", "SESS-005", "what is no point"),
    ("session-key-any-algorithm", "SESS-006", "0x00000001"),
    ("session-key-imported-as-zeros", "SESS-007", "a key of zeros"),
    ("session-key-wraps-another", "SESS-008", "the two keys differ"),
    ("session-key-left-aligned", "SESS-008", "SKF_ImportSessionKey answered"),
    ("key-for-cbc-is-for-ecb", "SESS-009", "CBC is wrong"),
    ("session-key-ignores-c3", "SESS-010", "8 bytes are a key"),
    ("session-key-any-algorithm", "SESS-011", "0x00000001"),
    ("session-key-ignores-c3", "SESS-012", "what it cannot decrypt"),
    ("clear-key-reversed", "SESS-013", "ECB is wrong"),
    ("clear-key-ignored", "SESS-013", "ECB is wrong"),
    ("clear-key-any-algorithm", "SESS-014", "0x00000001"),
    ("closed-stays-open", "SESS-016", "after a new connection"),
)


def test_right_token(right_driver: str) -> None:
    results = trial(right_driver, "SESS")
    expect_passed(results, 16)
    assert dict(results["SKF-SESS-017"].observed)["after logout"] == "SAR_OK"


@pytest.mark.parametrize(("fault", "check", "words"), NAMED, ids=[f"{check}-{fault}" for fault, check, _ in NAMED])
def test_fault_is_named(fault: str, check: str, words: str, faulty_skf: Callable[[str], str]) -> None:
    expect_named(trial(faulty_skf(fault), check)[f"SKF-{check}"], words, Outcome.FAILED)


@pytest.mark.parametrize(
    "function", ["SKF_ECCExportSessionKey", "SKF_ImportSessionKey", "SKF_SetSymmKey", "SKF_EncryptInit", "SKF_Encrypt"]
)
def test_driver_lacks_a_function(function: str, lacking: Callable[..., str]) -> None:
    """It is never called a mistake, nor a refusal, that a driver says what it has not got."""
    results = trial(lacking(function), "SESS")
    assert all(result.outcome is not Outcome.FAILED for result in results.values())
    assert any(result.outcome is Outcome.UNSUPPORTED for result in results.values())


def test_nothing_is_made_without_leave(right_driver: str) -> None:
    """What makes containers is the runner's to leave out; without an application of its own there is no scene."""
    results = trial(right_driver, "SESS-001", "SESS-013", permissions=(Permission.WRITE,))
    assert results["SKF-SESS-001"].outcome is Outcome.NOT_RUN
    assert results["SKF-SESS-013"].outcome is Outcome.PASSED
