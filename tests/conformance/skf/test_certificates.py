"""The checks of certificates: what passes, and how each fault is named."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conformance.trials import expect_lack_told, expect_named, expect_passed, trial

pytestmark = pytest.mark.once

NAMED = (
    ("certificates-swapped", "CERT-001", "swapped"),
    ("certificate-of-2048-bytes", "CERT-002", "bytes are refused"),
    ("certificate-never-replaced", "CERT-003", "comes back"),
    ("certificate-flag-ignored", "CERT-004", "nobody imported"),
    ("certificate-missing-is-empty", "CERT-004", "a length of 0"),
    ("certificate-missing-is-empty", "CERT-005", "another code"),
)


def test_right_token(right_driver: str) -> None:
    expect_passed(trial(right_driver, "CERT"), 5)


@pytest.mark.parametrize(("fault", "check", "words"), NAMED, ids=[f"{check}-{fault}" for fault, check, _ in NAMED])
def test_fault_is_named(fault: str, check: str, words: str, faulty_skf: Callable[[str], str]) -> None:
    expect_named(trial(faulty_skf(fault), check)[f"SKF-{check}"], words)


@pytest.mark.parametrize("function", ["SKF_ImportCertificate", "SKF_ExportCertificate"])
def test_driver_lacks_a_function(function: str, lacking: Callable[..., str]) -> None:
    expect_lack_told(trial(lacking(function), "CERT"), function)
