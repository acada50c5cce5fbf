"""The checks of threads: what passes, and drivers that are not made for several."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from conformance.trials import FAULTS, expect_passed, trial
from gmpki.conformance.model import Outcome
from gmpki.conformance.skf.recorded import RecordedLibrary

pytestmark = pytest.mark.once

OWN_FAULTS = {fault.name: fault for fault in FAULTS if any(check.startswith("SKF-THR-") for check in fault.caught_by)}


def test_right_token(right_driver: str) -> None:
    results = trial(right_driver, "THR")
    expect_passed(results, 6)
    assert dict(results["SKF-THR-003"].observed) == {"blocks taken": "80 of 80"}


@pytest.mark.parametrize("name", OWN_FAULTS)
def test_faults(name: str, faulty_skf: Callable[[str], str]) -> None:
    expected = OWN_FAULTS[name].caught_by
    results = trial(faulty_skf(name), *expected)
    assert {check: results[check].outcome for check in expected} == dict.fromkeys(expected, Outcome.FAILED)


@pytest.mark.parametrize(
    ("check", "function", "said"),
    [
        ("SKF-THR-001", "SKF_DigestUpdate", "SKF_DigestUpdate"),
        ("SKF-THR-004", "SKF_ECCSignData", "SKF_ECCSignData"),
        ("SKF-THR-005", "SKF_Encrypt", "SKF_Encrypt"),
        ("SKF-THR-006", "SKF_ConnectDev", "SKF_ConnectDev"),
    ],
)
def test_driver_that_refuses_second_threads(
    check: str, function: str, said: str, right_driver: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    right, main = RecordedLibrary.call, threading.current_thread()

    def call(self: RecordedLibrary, layout: Any, name: str, arguments: tuple[Any, ...]) -> int:
        if name == function and threading.current_thread() is not main:
            return 0x0A000001  # SAR_FAIL
        return right(self, layout, name, arguments)

    monkeypatch.setattr(RecordedLibrary, "call", call)
    result = trial(right_driver, check)[check]
    assert result.outcome is Outcome.FAILED
    assert result.message is not None
    assert f"{said} SAR_FAIL" in result.message.en
    assert f"{said} SAR_FAIL" in result.message.zh


def test_updates_that_are_lost(right_driver: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks that were answered SAR_OK and left out make another digest."""
    right, main, seen = RecordedLibrary.call, threading.current_thread(), list[int]()

    def call(self: RecordedLibrary, layout: Any, name: str, arguments: tuple[Any, ...]) -> int:
        if name == "SKF_DigestUpdate" and threading.current_thread() is not main:
            seen.append(1)
            if len(seen) == 7:
                return 0
        return right(self, layout, name, arguments)

    monkeypatch.setattr(RecordedLibrary, "call", call)
    result = trial(right_driver, "THR-003", permissions=())["SKF-THR-003"]
    assert result.outcome is Outcome.FAILED
