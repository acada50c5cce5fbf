"""The checks of random numbers: what passes, what each fault makes fail, what is only told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from conformance.trials import FAULTS, expect_passed, trial
from gmpki.conformance.model import Outcome, Result
from gmpki.conformance.skf.recorded import RecordedLibrary
from gmpki.conformance.target import Options
from gmpki.errors import UnsupportedPlatform
from gmpki.tokens.soft import library_path

pytestmark = pytest.mark.once

OWN_FAULTS = {fault.name: fault for fault in FAULTS if any(check.startswith("SKF-RND-") for check in fault.caught_by)}
# The long sample takes seconds with each fault; the run of all faults has it.
LONG = "SKF-RND-008"


@pytest.fixture
def right_driver(soft_token: str) -> str:
    """Give the path of the software token's driver, with a device."""
    path = library_path("skf")
    assert path is not None
    return path


def seen(result: Result) -> dict[str, str]:
    return dict(result.observed)


def test_right_token(right_driver: str) -> None:
    results = trial(right_driver, "RND", permissions=())
    expect_passed(results, 11)
    assert seen(results["SKF-RND-007"])["samples"] == "20 x 20000 bits, 19 have to pass"
    assert seen(results["SKF-RND-009"])["longest"] == "65536"
    assert all(result.functions for result in results.values())


@pytest.mark.parametrize("name", OWN_FAULTS)
def test_faults(name: str, faulty_skf: Callable[[str], str]) -> None:
    expected = [check for check in OWN_FAULTS[name].caught_by if check != LONG]
    results = trial(faulty_skf(name), *expected, permissions=())
    for check in expected:
        assert results[check].outcome is Outcome.FAILED, check
        message = results[check].message
        assert message is not None
        assert message.en
        assert message.zh


def test_faulty_driver_without_its_fault(faulty_skf: Callable[[str], str]) -> None:
    results = trial(faulty_skf(""), "RND-001", "RND-002", "RND-005", "RND-007", "RND-010", permissions=())
    assert {result.outcome for result in results.values()} == {Outcome.PASSED}


def test_more_samples(right_driver: str) -> None:
    results = trial(right_driver, "RND-007", permissions=(), options=Options(random_samples=25))
    assert seen(results["SKF-RND-007"])["samples"] == "25 x 20000 bits, 24 have to pass"


def answered(monkeypatch: pytest.MonkeyPatch, refuses: Callable[[int], bool]) -> None:
    """Make the driver refuse random numbers of some lengths."""
    right = RecordedLibrary.call

    def call(self: RecordedLibrary, layout: Any, function: str, arguments: tuple[Any, ...]) -> int:
        if function == "SKF_GenRandom" and refuses(arguments[2]):
            return 0x0A000010  # SAR_INDATALENERR
        return right(self, layout, function, arguments)

    monkeypatch.setattr(RecordedLibrary, "call", call)


def test_token_that_takes_one_piece_a_call(right_driver: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A limit is no fault: samples are read in pieces, and the limit is told."""
    answered(monkeypatch, lambda length: length > 1024)
    results = trial(right_driver, "RND-006", "RND-007", "RND-009", permissions=())
    assert {result.outcome for result in results.values()} == {Outcome.PASSED}
    assert seen(results["SKF-RND-009"]) == {"2048 bytes": "SAR_INDATALENERR", "longest": "1024"}


def test_token_that_refuses_short_requests(right_driver: str, monkeypatch: pytest.MonkeyPatch) -> None:
    answered(monkeypatch, lambda length: length < 8)
    results = trial(right_driver, "RND-001", "RND-002", permissions=())
    assert results["SKF-RND-001"].outcome is Outcome.FAILED
    assert results["SKF-RND-002"].outcome is Outcome.PASSED


def test_without_numpy(right_driver: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the machine lacks says nothing of the token."""

    def missing() -> Any:
        raise UnsupportedPlatform("statistical tests need numpy")

    monkeypatch.setattr("gmpki.conformance.skf.randomness.load_numpy", missing)
    results = trial(right_driver, "RND-005", "RND-006", "RND-007", permissions=())
    assert [result.outcome for result in results.values()] == [Outcome.PASSED, Outcome.NOT_RUN, Outcome.NOT_RUN]
