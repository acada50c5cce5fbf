"""The checks of digests: what passes, and how each fault is named."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conformance.trials import expect_lack_told, expect_named, expect_passed, trial

pytestmark = pytest.mark.once

NAMED = (
    ("digest-hashes-twice", "DIG-001", "SM3 of 3 bytes is wrong"),
    ("digest-one-block-at-a-time", "DIG-002", "wrong in pieces of"),
    ("digest-always-sm3", "DIG-003", "SHA-1 is wrong"),
    ("digest-always-sm3", "DIG-004", "SHA-256 is wrong"),
    ("digest-hashes-twice", "DIG-005", "hashed once more"),
    ("digest-ignores-z", "DIG-005", "Z is ignored"),
    ("digest-default-id", "DIG-006", "Z is of the default ID"),
    ("digest-cuts-long-ids", "DIG-007", "only 32 bytes of the ID"),
    ("digest-ignores-z", "DIG-008", "Z is ignored"),
    ("digest-z-without-id", "DIG-009", "Z is put before the message"),
    ("digest-id-without-key", "DIG-010", "without a key"),
    ("digest-of-nothing-refused", "DIG-013", "SKF_DigestFinal"),
    ("digest-one-for-all", "DIG-014", "they mix"),
    ("digest-any-algorithm", "DIG-015", "SGD_SM4_ECB is a digest"),
)


def test_right_token(right_driver: str) -> None:
    expect_passed(trial(right_driver, "DIG"), 15)


@pytest.mark.parametrize(("fault", "check", "words"), NAMED, ids=[f"{check}-{fault}" for fault, check, _ in NAMED])
def test_fault_is_named(fault: str, check: str, words: str, faulty_skf: Callable[[str], str]) -> None:
    expect_named(trial(faulty_skf(fault), check)[f"SKF-{check}"], words)


@pytest.mark.parametrize("function", ["SKF_DigestUpdate", "SKF_Digest"])
def test_driver_lacks_a_function(function: str, lacking: Callable[..., str]) -> None:
    expect_lack_told(trial(lacking(function), "DIG"), function)
