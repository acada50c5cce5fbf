"""The checks of codes: which are told, which are taken for deviations."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conformance.trials import expect_named, expect_passed, trial
from gmpki.conformance.model import Outcome
from gmpki.tokens.skf import header
from gmpki.tokens.skf.library import Library

pytestmark = pytest.mark.once

NAMED = (
    (
        "every-failure-is-sar-fail",
        "ERR-002",
        "answers SAR_FAIL to an application that is not there",
    ),
    ("code-of-no-standard", "ERR-041", "SKF_ConnectDev: 0x0B000001"),
    ("code-changes", "ERR-042", "SAR_FAIL"),
)


def test_right_token(right_driver: str) -> None:
    results = trial(right_driver, "ERR")
    expect_passed(results, 19)
    told = {check.removeprefix("SKF-ERR-"): dict(result.observed) for check, result in results.items()}
    assert told["003"] == {"SKF_OpenContainer": "SAR_CONTAINER_NOT_EXISTS"}
    assert told["005"] == {"SKF_CreateContainer": "SAR_CONTAINER_EXISTS"}
    assert told["027"] == {"SKF_ECCVerify": "SAR_HASHNOTEQUALERR"}


@pytest.mark.parametrize(("fault", "check", "words"), NAMED, ids=[f"{check}-{fault}" for fault, check, _ in NAMED])
def test_fault_is_named(fault: str, check: str, words: str, faulty_skf: Callable[[str], str]) -> None:
    expect_named(trial(faulty_skf(fault), check)[f"SKF-{check}"], words)


def _answering(monkeypatch: pytest.MonkeyPatch, wanted: Callable[[int], int]) -> None:
    """Change what the driver answers to calls that it refuses."""
    right = Library.call

    def call(self: Library, layout: object, function: str, arguments: tuple[object, ...]) -> int:
        code = right(self, layout, function, arguments)  # type: ignore[arg-type]
        return wanted(code) if code else code

    monkeypatch.setattr(Library, "call", call)


def test_one_code_for_everything(right_driver: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the standard names a code another is a deviation; where it names none it is only told."""
    _answering(monkeypatch, lambda _: header.constants()["SAR_FAIL"])
    results = trial(right_driver, "ERR")
    outcomes = {check.removeprefix("SKF-ERR-"): result.outcome for check, result in results.items()}
    named = {"002", "004", "006", "007", "011", "012", *(f"{number:03d}" for number in range(21, 27))}
    assert {check for check, outcome in outcomes.items() if outcome is Outcome.DEVIATION} == named
    assert all(outcomes[check] is Outcome.PASSED for check in ("001", "003", "005", "008", "027", "041", "042"))


def test_refused_by_sar_ok(right_driver: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _answering(monkeypatch, lambda _: header.constants()["SAR_OK"])
    for check in ("ERR-001", "ERR-002", "ERR-021", "ERR-027"):
        result = trial(right_driver, check)[f"SKF-{check}"]
        assert result.outcome is Outcome.FAILED
        assert result.message is not None
        assert "SAR_OK" in result.message.en


def test_codes_of_a_later_edition_are_told(right_driver: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _answering(monkeypatch, lambda _: header.constants()["SAR_AUTH_BLOCKED"])
    result = trial(right_driver, "ERR-041")["SKF-ERR-041"]
    assert result.outcome is Outcome.PASSED
    assert "SKF_ConnectDev: SAR_AUTH_BLOCKED" in dict(result.observed)["codes that the edition of 2012 does not have"]
