"""The checks of key agreement: what passes, and how each fault is named."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conformance.trials import expect_lack_told, expect_named, expect_passed, trial

pytestmark = pytest.mark.once

NAMED = (
    ("agree-on-zeros", "AGREE-001", "different keys"),
    ("agree-on-zeros", "AGREE-002", "different keys"),
    ("agree-ignores-ids", "AGREE-003", "the IDs given are ignored"),
    ("agree-ignores-ids", "AGREE-004", "the IDs given are ignored"),
    ("agree-on-ecb-only", "AGREE-005", "SKF_EncryptInit"),
    ("agree-same-ephemeral", "AGREE-006", "comes twice"),
    ("agree-with-any-point", "AGREE-007", "an ephemeral key that is not on the curve"),
    ("agree-with-any-point", "AGREE-008", "an ephemeral key that is not on the curve"),
    ("agree-with-any-point", "AGREE-009", "a public key that is not on the curve"),
    ("agree-many-times", "AGREE-010", "serves two exchanges"),
    ("agree-cuts-long-ids", "AGREE-011", "33 bytes"),
)


def test_right_token(right_driver: str) -> None:
    expect_passed(trial(right_driver, "AGREE"), 13)


@pytest.mark.parametrize(("fault", "check", "words"), NAMED, ids=[f"{check}-{fault}" for fault, check, _ in NAMED])
def test_fault_is_named(fault: str, check: str, words: str, faulty_skf: Callable[[str], str]) -> None:
    expect_named(trial(faulty_skf(fault), check)[f"SKF-{check}"], words)


@pytest.mark.parametrize(
    "function", ["SKF_GenerateAgreementDataWithECC", "SKF_GenerateKeyWithECC", "SKF_GenerateAgreementDataAndKeyWithECC"]
)
def test_driver_lacks_a_function(function: str, lacking: Callable[..., str]) -> None:
    expect_lack_told(trial(lacking(function), "AGREE"), function)
