"""The checks of RSA: what passes, and how each fault is named."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from conformance.trials import expect_named, expect_passed, trial
from gmpki.conformance.model import Outcome
from gmpki.tokens.skf.library import Library

pytestmark = pytest.mark.once

NAMED = (
    ("rsa-exponent-3", "RSA-001", "the exponent is 3"),
    ("rsa-always-1024", "RSA-001", "BitLen is 1024"),
    ("rsa-exponent-3", "RSA-002", "the exponent is 3"),
    ("rsa-same-pair-again", "RSA-003", "comes twice"),
    ("rsa-any-length", "RSA-004", "a pair of 0 bits"),
    ("rsa-sign-hashes", "RSA-005", "hashed by SM3 once more"),
    ("rsa-verify-nothing", "RSA-005", "refuses its own signature"),
    ("rsa-sign-hashes", "RSA-006", "hashed by SM3 once more"),
    ("rsa-sign-cuts-off", "RSA-006", "246 bytes are signed"),
    ("rsa-verify-anything", "RSA-007", "it verifies: other data"),
    ("rsa-verify-nothing", "RSA-007", "software's signature is refused"),
    ("rsa-import-forgotten", "RSA-008", "SKF_ExportPublicKey"),
    ("rsa-import-forgotten", "RSA-009", "SKF_ImportSessionKey"),
    ("session-key-imported-as-zeros", "RSA-009", "another key is imported"),
    ("rsa-session-key-of-zeros", "RSA-010", "another key is exported"),
    ("rsa-little-endian", "RSA-011", "it is not m^e mod n"),
    ("rsa-little-endian", "RSA-012", "it is not m^d mod n"),
    ("rsa-primes-swapped", "RSA-013", "Chinese remainder theorem"),
)
LACKING = (
    ("SKF_GenRSAKeyPair", "RSA-001"),
    ("SKF_GenRSAKeyPair", "RSA-005"),
    ("SKF_RSASignData", "RSA-005"),
    ("SKF_RSAVerify", "RSA-007"),
    ("SKF_ImportRSAKeyPair", "RSA-008"),
    ("SKF_RSAExportSessionKey", "RSA-010"),
    ("SKF_ExtRSAPubKeyOperation", "RSA-011"),
    ("SKF_ExtRSAPriKeyOperation", "RSA-012"),
    ("SKF_GenExtRSAKey", "RSA-013"),
)


def test_right_token(right_driver: str) -> None:
    results = trial(right_driver, "RSA")
    expect_passed(results, 13)
    assert dict(results["SKF-RSA-008"].observed) == {"the key is filled up with": "PKCS#5"}


@pytest.mark.parametrize(("fault", "check", "words"), NAMED, ids=[f"{check}-{fault}" for fault, check, _ in NAMED])
def test_fault_is_named(fault: str, check: str, words: str, faulty_skf: Callable[[str], str]) -> None:
    expect_named(trial(faulty_skf(fault), check)[f"SKF-{check}"], words, Outcome.FAILED)


@pytest.mark.parametrize(("function", "check"), LACKING)
def test_driver_lacks_a_function(function: str, check: str, lacking: Callable[..., str]) -> None:
    """It is never called a mistake, nor a refusal, that a driver says what it has not got."""
    assert trial(lacking(function), check)[f"SKF-{check}"].outcome is Outcome.UNSUPPORTED


def test_token_without_rsa(right_driver: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many have none; no check fails for that, and no key is made."""
    right = Library.call

    def call(self: Library, layout: Any, function: str, arguments: tuple[Any, ...]) -> int:
        code = right(self, layout, function, arguments)
        if function == "SKF_GetDevInfo":
            arguments[1].AlgAsymCap = 0x00020F00
        return code

    monkeypatch.setattr(Library, "call", call)
    results = trial(right_driver, "RSA")
    assert {result.outcome for result in results.values()} == {Outcome.UNSUPPORTED}


def test_import_with_zeros_behind_the_key(right_driver: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The standard does not say how the pair becomes whole blocks; there are two ways."""
    right, refused = Library.call, []

    def call(self: Library, layout: Any, function: str, arguments: tuple[Any, ...]) -> int:
        if function == "SKF_ImportRSAKeyPair" and not refused:
            refused.append(arguments)
            return 0x0A000011  # SAR_INDATAERR
        return right(self, layout, function, arguments)

    monkeypatch.setattr(Library, "call", call)
    result = trial(right_driver, "RSA-008")["SKF-RSA-008"]
    assert result.outcome is Outcome.PASSED
    assert dict(result.observed) == {"the key is filled up with": "zeros"}
