"""The checks of speed behind PKCS #11: the software token, SoftHSM without SM, and a token that is too slow."""

from __future__ import annotations

import time
from typing import Any

import pytest

from conformance.trials import trial
from gmpki.conformance import latency
from gmpki.conformance.model import Kind, Outcome, Permission
from gmpki.conformance.pkcs11.recorded import RecordedModule
from gmpki.conformance.target import Options

pytestmark = pytest.mark.once

QUICK = Options(latency_count=2, limits="gmt0027")
HARDWARE_ONLY = {f"P11-LAT-{number:03}" for number in (19, 20, 21, 22)}
SM_ONLY = {f"P11-LAT-{number:03}" for number in range(1, 9)}


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measure no more often than was asked: what is tested here is the way to the functions."""
    monkeypatch.setattr(latency, "_WARM_UP", 0)
    monkeypatch.setattr(latency, "_MORE_TIMES", 1)
    monkeypatch.setattr(latency, "_MORE_KEYS", 1)


def outcomes(path: str) -> dict[Outcome, set[str]]:
    found: dict[Outcome, set[str]] = {}
    for check, result in trial(path, "LAT", kind=Kind.PKCS11, options=QUICK).items():
        found.setdefault(result.outcome, set()).add(check)
    return found


def test_right_token(right_module: str) -> None:
    found = outcomes(right_module)
    assert set(found) == {Outcome.PASSED, Outcome.UNSUPPORTED}
    assert found[Outcome.UNSUPPORTED] == HARDWARE_ONLY
    assert len(found[Outcome.PASSED]) == 18


def test_softhsm(softhsm: str) -> None:
    found = outcomes(softhsm)
    assert set(found) == {Outcome.PASSED, Outcome.UNSUPPORTED}
    assert found[Outcome.UNSUPPORTED] == HARDWARE_ONLY | SM_ONLY


def test_a_signature_that_takes_too_long(right_module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    right = RecordedModule.answer

    def answer(self: RecordedModule, function: str, *arguments: Any) -> int:
        if function == "C_Sign":
            time.sleep(0.06)
        return right(self, function, *arguments)

    monkeypatch.setattr(RecordedModule, "answer", answer)
    results = trial(right_module, "LAT-002", kind=Kind.PKCS11, options=Options(latency_count=2))
    message = results["P11-LAT-002"].message
    assert results["P11-LAT-002"].outcome is Outcome.FAILED
    assert message is not None
    assert message.en.startswith("too slow by tender: the slowest took ")


def test_without_a_pin(right_module: str) -> None:
    results = trial(right_module, "LAT-002", kind=Kind.PKCS11, permissions=(Permission.WRITE,), options=QUICK)
    assert results["P11-LAT-002"].outcome is Outcome.NOT_RUN
