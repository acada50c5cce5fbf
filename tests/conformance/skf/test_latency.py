"""The checks of speed behind SKF: what passes on the software token, and what slow tokens fail by."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conformance.trials import FAULTS, trial
from gmpki.conformance import latency
from gmpki.conformance.model import Outcome, Permission
from gmpki.conformance.target import Options

pytestmark = pytest.mark.once

OWN_FAULTS = {fault.name: fault for fault in FAULTS if any(check.startswith("SKF-LAT-") for check in fault.caught_by)}
# These sleep for half a minute; the run of all faults has them.
LONG = ("slow-rsa-generation",)
QUICK = Options(latency_count=3, limits="gmt0027")
HARDWARE_ONLY = {f"SKF-LAT-{number:03}" for number in (19, 20, 21, 22)}


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measure no more often than was asked: what is tested here is the way to the functions."""
    monkeypatch.setattr(latency, "_WARM_UP", 0)
    monkeypatch.setattr(latency, "_MORE_TIMES", 1)
    monkeypatch.setattr(latency, "_MORE_KEYS", 1)


def test_right_token(right_driver: str) -> None:
    results = trial(right_driver, "LAT", options=QUICK)
    assert len(results) == 22
    outcomes = {check: result.outcome for check, result in results.items()}
    assert {check for check, outcome in outcomes.items() if outcome is Outcome.UNSUPPORTED} == HARDWARE_ONLY
    assert {outcomes[check] for check in outcomes if check not in HARDWARE_ONLY} == {Outcome.PASSED}
    assert dict(results["SKF-LAT-002"].observed)["count"] == "3"
    assert "SKF_ECCSignData" in results["SKF-LAT-002"].functions


@pytest.mark.parametrize("name", [name for name in OWN_FAULTS if name not in LONG])
def test_faults(name: str, faulty_skf: Callable[[str], str]) -> None:
    expected = OWN_FAULTS[name].caught_by
    results = trial(faulty_skf(name), *expected, options=Options(latency_count=2))
    for check in expected:
        message = results[check].message
        assert results[check].outcome is Outcome.FAILED, check
        assert message is not None
        assert message.en.startswith("too slow by ")


def test_a_fault_that_the_standard_allows(faulty_skf: Callable[[str], str]) -> None:
    results = trial(faulty_skf("slow-sm2-signing"), "LAT-002", options=QUICK)
    assert results["SKF-LAT-002"].outcome is Outcome.PASSED


def test_driver_without_a_function(lacking: Callable[..., str]) -> None:
    results = trial(lacking("SKF_ECCVerify"), "LAT-003", options=QUICK)
    assert results["SKF-LAT-003"].outcome is Outcome.UNSUPPORTED


def test_without_a_permission_to_make_an_application(right_driver: str) -> None:
    results = trial(right_driver, "LAT-002", permissions=(Permission.WRITE,), options=QUICK)
    assert results["SKF-LAT-002"].outcome is Outcome.NOT_RUN
