"""The checks of signatures of software: what passes, and how each fault is named."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conformance.trials import expect_lack_told, expect_named, expect_passed, trial

pytestmark = pytest.mark.once

NAMED = (
    ("verify-hashes-again", "VER-001", "the digest is hashed once more"),
    ("verify-reads-left-aligned", "VER-001", "left-aligned"),
    ("verify-swaps-r-and-s", "VER-001", "r and s are swapped"),
    ("external-verify-accepts-all", "VER-002", "another digest"),
    ("verify-refuses-leading-zeros", "VER-003", "begins with a zero byte"),
    ("verify-accepts-all", "VER-004", "the first bit of the digest is changed"),
    ("verify-accepts-all", "VER-005", "r is changed"),
    ("verify-accepts-all", "VER-006", "s is changed"),
    ("verify-accepts-zeros", "VER-007", "r = 0"),
    ("verify-accepts-all", "VER-008", "another key"),
    ("verify-accepts-all", "VER-009", "not on the curve"),
)


def test_right_token(right_driver: str) -> None:
    expect_passed(trial(right_driver, "VER"), 9)


@pytest.mark.parametrize(("fault", "check", "words"), NAMED, ids=[f"{check}-{fault}" for fault, check, _ in NAMED])
def test_fault_is_named(fault: str, check: str, words: str, faulty_skf: Callable[[str], str]) -> None:
    expect_named(trial(faulty_skf(fault), check)[f"SKF-{check}"], words)


@pytest.mark.parametrize("function", ["SKF_ECCVerify", "SKF_ExtECCVerify"])
def test_driver_lacks_a_function(function: str, lacking: Callable[..., str]) -> None:
    expect_lack_told(trial(lacking(function), "VER"), function)
