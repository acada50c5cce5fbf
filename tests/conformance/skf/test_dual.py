"""The checks of dual key pairs: what passes, and how each fault is named."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conformance.trials import expect_lack_told, expect_named, expect_passed, trial

pytestmark = pytest.mark.once

NAMED = (
    ("certificates-swapped", "DUAL-001", "the signing certificate comes back"),
    ("import-pair-number-first", "DUAL-002", "the standard's form is refused"),
    ("import-pair-renews-signing-pair", "DUAL-002", "the signing key changed"),
    ("public-key-flag-ignored", "DUAL-002", "the signing key for both"),
    ("session-key-imported-as-zeros", "DUAL-003", "another key"),
    ("session-key-ignores-c3", "DUAL-004", "decrypts with the signing key"),
    ("import-pair-whole-field-only", "DUAL-005", "only the standard's form"),
    ("import-pair-never-refused", "DUAL-006", "another container's key"),
    ("import-pair-never-refused", "DUAL-007", "whose public key is not that of the private key"),
    ("import-pair-never-refused", "DUAL-010", "with C2 damaged"),
    ("import-pair-never-refused", "DUAL-012", "without a signing pair"),
)


def test_right_token(right_driver: str) -> None:
    expect_passed(trial(right_driver, "DUAL"), 14)


@pytest.mark.parametrize(("fault", "check", "words"), NAMED, ids=[f"{check}-{fault}" for fault, check, _ in NAMED])
def test_fault_is_named(fault: str, check: str, words: str, faulty_skf: Callable[[str], str]) -> None:
    expect_named(trial(faulty_skf(fault), check)[f"SKF-{check}"], words)


@pytest.mark.parametrize("function", ["SKF_ImportECCKeyPair", "SKF_ImportSessionKey"])
def test_driver_lacks_a_function(function: str, lacking: Callable[..., str]) -> None:
    expect_lack_told(trial(lacking(function), "DUAL"), function)
