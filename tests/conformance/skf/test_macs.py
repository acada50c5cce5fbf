"""The checks of MACs: what passes, and how each fault is named."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from conformance.trials import expect_named, expect_passed, trial
from gmpki.conformance.model import Outcome
from gmpki.tokens.skf.library import Library

pytestmark = pytest.mark.once

NAMED = (
    ("clear-key-ignored", "MAC-001", "is wrong"),
    ("mac-ignores-iv", "MAC-001", "the IV is ignored"),
    ("mac-of-first-block", "MAC-001", "only the first block"),
    ("mac-ignores-iv", "MAC-002", "the IV is ignored"),
    ("mac-takes-one-update", "MAC-002", "only the first block"),
    ("mac-takes-one-update", "MAC-003", "SKF_MacFinal answered SAR_INDATALENERR"),
    ("mac-fills-up", "MAC-004", "filled up with zeros"),
    ("mac-fills-up", "MAC-005", "20 bytes have a MAC"),
    ("mac-given-again", "MAC-007", "works twice"),
    ("mac-iv-length-not-checked", "MAC-009", "IVLen 8"),
    ("mac-ignores-iv", "MAC-010", "they mix"),
    ("macs-share-one-slot", "MAC-010", "they mix"),
    ("mac-spoils-encryption", "MAC-011", "changes the ciphertext"),
)


def test_right_token(right_driver: str) -> None:
    results = trial(right_driver, "MAC", permissions=())
    expect_passed(results, 10)
    assert dict(results["SKF-MAC-008"].observed)["nothing"] == "SAR_INDATALENERR"


@pytest.mark.parametrize(("fault", "check", "words"), NAMED, ids=[f"{check}-{fault}" for fault, check, _ in NAMED])
def test_fault_is_named(fault: str, check: str, words: str, faulty_skf: Callable[[str], str]) -> None:
    expect_named(trial(faulty_skf(fault), check, permissions=())[f"SKF-{check}"], words, Outcome.FAILED)


def test_whole_blocks_only(faulty_skf: Callable[[str], str]) -> None:
    results = trial(faulty_skf("mac-whole-blocks-only"), "MAC-002", "MAC-003", "MAC-005", permissions=())
    assert [result.outcome for result in results.values()] == [Outcome.PASSED, Outcome.DEVIATION, Outcome.PASSED]


@pytest.mark.parametrize("function", ["SKF_MacInit", "SKF_Mac", "SKF_MacUpdate", "SKF_MacFinal"])
def test_driver_lacks_a_function(function: str, lacking: Callable[..., str]) -> None:
    """It is never called a mistake, nor a refusal, that a driver says what it has not got."""
    results = trial(lacking(function), "MAC", permissions=())
    assert all(result.outcome not in (Outcome.FAILED, Outcome.DEVIATION) for result in results.values())
    assert any(result.outcome is Outcome.UNSUPPORTED for result in results.values())


def test_keys_for_cbc_make_macs_too(right_driver: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """There are drivers that have no identifier for keys of MACs."""
    right, refused = Library.call, []

    def call(self: Library, layout: Any, function: str, arguments: tuple[Any, ...]) -> int:
        if function == "SKF_MacInit" and not refused:
            refused.append(arguments)
            return 0x0A000006  # SAR_INVALIDPARAMERR
        return right(self, layout, function, arguments)

    monkeypatch.setattr(Library, "call", call)
    result = trial(right_driver, "MAC-001", permissions=())["SKF-MAC-001"]
    assert result.outcome is Outcome.PASSED
    assert dict(result.observed)["a key for"] == "SGD_SM4_CBC"
