"""The checks of waiting for events: what passes, what each fault makes fail, what becomes of drivers without it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conformance.trials import FAULTS, expect_passed, trial
from gmpki.conformance.model import Outcome
from gmpki.conformance.skf import events
from gmpki.tokens.skf import load

pytestmark = pytest.mark.once

OWN_FAULTS = {fault.name: fault for fault in FAULTS if any(check.startswith("SKF-EVT-") for check in fault.caught_by)}


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "_BLOCKED_S", 0.3)
    monkeypatch.setattr(events, "_AT_ONCE_S", 1.5)


def test_right_token(right_driver: str) -> None:
    results = trial(right_driver, "EVT", permissions=())
    expect_passed(results, 5)
    assert dict(results["SKF-EVT-002"].observed)["the cancelled wait answers"] == "SAR_NOT_EVENTERR"
    assert dict(results["SKF-EVT-005"].observed)["the next wait"] == "waits"


@pytest.mark.parametrize("name", OWN_FAULTS)
def test_faults(name: str, faulty_skf: Callable[[str], str], monkeypatch: pytest.MonkeyPatch) -> None:
    path = faulty_skf(name)
    for check in OWN_FAULTS[name].caught_by:
        result = trial(path, check, permissions=())[check]
        assert result.outcome is Outcome.FAILED, check
        assert result.message is not None
        assert result.message.zh
    # What still waits in a thread is let go.
    monkeypatch.delenv("GMPKI_FAULT")
    skf = load(path)
    skf.cancel_wait_for_dev_event()
    skf.close()


def test_hang_is_named(faulty_skf: Callable[[str], str]) -> None:
    result = trial(faulty_skf("wait-not-cancelled"), "EVT-002", permissions=())["SKF-EVT-002"]
    assert result.message is not None
    assert "hangs" in result.message.en


@pytest.mark.parametrize("function", ["SKF_WaitForDevEvent", "SKF_CancelWaitForDevEvent"])
def test_driver_without_events(function: str, lacking: Callable[..., str]) -> None:
    results = trial(lacking(function), "EVT-002", "EVT-003", permissions=())
    assert {result.outcome for result in results.values()} == {Outcome.UNSUPPORTED}
