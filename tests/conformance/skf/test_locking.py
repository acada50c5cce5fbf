"""The checks of exclusive use: what passes, what each fault makes fail, what is only told."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conformance.trials import FAULTS, expect_passed, trial
from gmpki.conformance.model import Outcome
from gmpki.conformance.skf import locking

pytestmark = pytest.mark.once

OWN_FAULTS = {fault.name: fault for fault in FAULTS if any(check.startswith("SKF-LOCK-") for check in fault.caught_by)}
# These wait for as long as a second process may be silent; the run of all faults has them.
LONG = ("lock-waits-seconds",)


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hold and wait shorter than on a device."""
    monkeypatch.setattr(locking, "_LONG_MS", 4000)
    monkeypatch.setattr(locking, "_HELD_S", 0.5)


def test_right_token(right_driver: str) -> None:
    results = trial(right_driver, "LOCK", permissions=())
    expect_passed(results, 9)
    assert dict(results["SKF-LOCK-002"].observed) == {"while locked": "waits"}
    assert dict(results["SKF-LOCK-003"].observed) == {"SKF_LockDev after the time-out": "SAR_TIMEOUTERR"}


@pytest.mark.parametrize("name", [name for name in OWN_FAULTS if name not in LONG])
def test_faults(name: str, faulty_skf: Callable[[str], str]) -> None:
    expected = OWN_FAULTS[name].caught_by
    results = trial(faulty_skf(name), *expected, permissions=())
    for check in expected:
        message = results[check].message
        assert results[check].outcome is Outcome.FAILED, check
        assert message is not None
        assert message.zh


def test_time_out_in_seconds(faulty_skf: Callable[[str], str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locking, "_WAIT_S", 2.0)
    result = trial(faulty_skf("lock-waits-seconds"), "LOCK-004", permissions=())["SKF-LOCK-004"]
    assert result.outcome is Outcome.FAILED
    assert result.message is not None
    assert "did not answer" in result.message.en


@pytest.mark.parametrize("check", ["SKF-LOCK-001", "SKF-LOCK-003", "SKF-LOCK-008"])
def test_driver_without_locks(check: str, lacking: Callable[..., str]) -> None:
    result = trial(lacking("SKF_LockDev", "SKF_UnlockDev"), check, permissions=())[check]
    assert result.outcome is Outcome.UNSUPPORTED
