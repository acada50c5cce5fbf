"""The checks of signatures of the token: what passes, and how each fault is named."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conformance.trials import expect_lack_told, expect_named, expect_passed, trial

pytestmark = pytest.mark.once

NAMED = (
    ("sign-digest-reversed", "SIGN-001", "the bytes of the digest are reversed"),
    ("sign-hashes-again", "SIGN-001", "the digest is hashed once more"),
    ("sign-left-aligned", "SIGN-001", "left-aligned"),
    ("sign-little-endian", "SIGN-001", "little-endian in the last 32 bytes"),
    ("sign-swaps-r-and-s", "SIGN-001", "r and s are swapped"),
    ("sign-drops-leading-zeros", "SIGN-002", "the zero byte before a number is dropped"),
    ("sign-repeats-signature", "SIGN-003", "two signatures of one digest are the same"),
    ("sign-without-key", "SIGN-005", "an empty container signs"),
    ("import-pair-renews-signing-pair", "SIGN-006", "does not hold"),
    ("external-sign-hashes-again", "SIGN-009", "the digest is hashed once more"),
    ("verify-hashes-again", "SIGN-010", "refuses its own signature"),
)


def test_right_token(right_driver: str) -> None:
    expect_passed(trial(right_driver, "SIGN"), 9)


@pytest.mark.parametrize(("fault", "check", "words"), NAMED, ids=[f"{check}-{fault}" for fault, check, _ in NAMED])
def test_fault_is_named(fault: str, check: str, words: str, faulty_skf: Callable[[str], str]) -> None:
    expect_named(trial(faulty_skf(fault), check)[f"SKF-{check}"], words)


@pytest.mark.parametrize("function", ["SKF_ECCSignData", "SKF_ExtECCSign"])
def test_driver_lacks_a_function(function: str, lacking: Callable[..., str]) -> None:
    expect_lack_told(trial(lacking(function), "SIGN"), function)
