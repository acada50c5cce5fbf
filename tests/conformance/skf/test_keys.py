"""The checks of signing pairs: what passes, and how each fault is named."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conformance.trials import expect_lack_told, expect_named, expect_passed, trial

pytestmark = pytest.mark.once

NAMED = (
    ("generate-left-aligned", "GEN-001", "left-aligned"),
    ("generate-point-off-curve", "GEN-001", "the public key is not on the curve"),
    ("generate-bits-of-field", "GEN-002", "BitLen is 512"),
    ("generate-left-aligned", "GEN-002", "XCoordinate is not right-aligned"),
    ("generate-point-off-curve", "GEN-003", "the exported key is another"),
    ("generate-same-pair", "GEN-005", "two containers got the same pair"),
    ("generate-draft-identifier-only", "GEN-006", "only 0x00020100"),
    ("generate-any-identifier", "GEN-007", "SGD_RSA"),
    ("public-key-with-private-key", "GEN-009", "writes a private key"),
    ("public-key-flag-ignored", "GEN-011", "bSignFlag is ignored"),
)


def test_right_token(right_driver: str) -> None:
    expect_passed(trial(right_driver, "GEN"), 9)


@pytest.mark.parametrize(("fault", "check", "words"), NAMED, ids=[f"{check}-{fault}" for fault, check, _ in NAMED])
def test_fault_is_named(fault: str, check: str, words: str, faulty_skf: Callable[[str], str]) -> None:
    expect_named(trial(faulty_skf(fault), check)[f"SKF-{check}"], words)


@pytest.mark.parametrize("function", ["SKF_GenECCKeyPair", "SKF_ExportPublicKey"])
def test_driver_lacks_a_function(function: str, lacking: Callable[..., str]) -> None:
    expect_lack_told(trial(lacking(function), "GEN"), function)
