"""The checks of several processes: what passes, and what is told of the software token."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from conformance.trials import expect_passed, trial
from gmpki.conformance.model import Outcome
from gmpki.conformance.skf import processes
from gmpki.conformance.skf.recorded import RecordedLibrary

pytestmark = pytest.mark.once


def test_right_token(right_driver: str) -> None:
    results = trial(right_driver, "PROC")
    expect_passed(results, 6)
    assert dict(results["SKF-PROC-003"].observed) == {
        "signing in another process that has not logged in": "SAR_USER_NOT_LOGGED_IN",
        "signing here after another process has logged out": "SAR_OK",
    }
    assert dict(results["SKF-PROC-006"].observed) == {"SKF_ECCSignData": "SAR_CONTAINER_NOT_EXISTS"}


def test_lock_that_stays(faulty_skf: Callable[[str], str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A lock that the first process cannot have any more is that of the one that has died."""
    right = RecordedLibrary.call

    def call(self: RecordedLibrary, layout: Any, name: str, arguments: tuple[Any, ...]) -> int:
        return 0x0A00000F if name == "SKF_LockDev" else right(self, layout, name, arguments)  # SAR_TIMEOUTERR

    monkeypatch.setattr(RecordedLibrary, "call", call)
    result = trial(faulty_skf(""), "PROC-005", permissions=())["SKF-PROC-005"]
    assert result.outcome is Outcome.FAILED
    assert result.message is not None
    assert "SAR_TIMEOUTERR" in result.message.en


def test_second_process_without_a_lock(faulty_skf: Callable[[str], str]) -> None:
    result = trial(faulty_skf("lock-does-nothing"), "PROC-005", permissions=())["SKF-PROC-005"]
    assert result.outcome is Outcome.PASSED  # nothing holds on: that it never held is another check's finding


def test_key_that_outlives_its_container(right_driver: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_sign", lambda *_: "SAR_OK")
    result = trial(right_driver, "PROC-006")["SKF-PROC-006"]
    assert result.outcome is Outcome.FAILED


def test_same_random_bytes(right_driver: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gmpki.conformance.skf.second_process.SecondProcess.result", lambda *_: "aa" * 32)
    monkeypatch.setattr("gmpki.tokens.skf.functions.SKF.gen_random", lambda *_: b"\xaa" * 32)
    result = trial(right_driver, "PROC-001", permissions=())["SKF-PROC-001"]
    assert result.outcome is Outcome.FAILED


def test_driver_without_locks(lacking: Callable[..., str]) -> None:
    result = trial(lacking("SKF_LockDev"), "PROC-005", permissions=())["SKF-PROC-005"]
    assert result.outcome is Outcome.UNSUPPORTED
