"""The checks of SM2 encryption: what passes, and how each fault is named."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conformance.trials import expect_lack_told, expect_named, expect_passed, trial

pytestmark = pytest.mark.once

NAMED = (
    ("encrypt-hashes-message-only", "ENC-001", "C3 is SM3(M)"),
    ("encrypt-in-clear", "ENC-001", "C2 is the message"),
    ("encrypt-left-aligned", "ENC-001", "left-aligned"),
    ("encrypt-length-of-whole", "ENC-001", "CipherLen is 128 instead of 32"),
    ("encrypt-order-of-2010", "ENC-001", "C1 C2 C3"),
    ("encrypt-at-most-32-bytes", "ENC-002", "length 33 is refused"),
    ("encrypt-repeats", "ENC-003", "C1 comes twice"),
    ("encrypt-wants-capacity", "ENC-004", "demands the capacity"),
    ("encrypt-any-point", "ENC-005", "what is no point"),
    ("decrypt-at-most-32-bytes", "ENC-007", "length 33 is refused"),
    ("decrypt-ignores-c3", "ENC-008", "although C1 is another point"),
    ("decrypt-ignores-c3", "ENC-009", "sent in clear"),
    ("decrypt-ignores-c3", "ENC-010", "although C1 is another point"),
    ("session-key-ignores-c3", "ENC-011", "although C1 is another point"),
    ("session-key-ignores-c3", "ENC-012", "although C1 is not on the curve"),
    ("session-key-imported-as-zeros", "ENC-013", "another key when X"),
    ("session-key-never-mind-length", "ENC-014", "beyond the length"),
)


def test_right_token(right_driver: str) -> None:
    expect_passed(trial(right_driver, "ENC"), 14)


@pytest.mark.parametrize(("fault", "check", "words"), NAMED, ids=[f"{check}-{fault}" for fault, check, _ in NAMED])
def test_fault_is_named(fault: str, check: str, words: str, faulty_skf: Callable[[str], str]) -> None:
    expect_named(trial(faulty_skf(fault), check)[f"SKF-{check}"], words)


@pytest.mark.parametrize(
    "function", ["SKF_ExtECCEncrypt", "SKF_ExtECCDecrypt", "SKF_ECCDecrypt", "SKF_ImportSessionKey"]
)
def test_driver_lacks_a_function(function: str, lacking: Callable[..., str]) -> None:
    expect_lack_told(trial(lacking(function), "ENC"), function)
