"""The checks of the authentication to a device: what passes, how each fault is named, and the key afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from conformance.trials import EVERY_PERMISSION, expect_named, expect_passed, trial
from gmpki.conformance.bench import run_check
from gmpki.conformance.model import Kind, Outcome, Result
from gmpki.conformance.recording import Recorder
from gmpki.conformance.registry import check_named
from gmpki.conformance.skf.scene import TEMPORARY_KEY, SKFScene
from gmpki.conformance.target import Options, Target
from gmpki.errors import LoginRequiredError
from gmpki.tokens.skf import DriverProfile, device_auth, load
from gmpki.tokens.skf.driver_profile import DeviceAuthForm
from gmpki.tokens.skf.functions import SKF
from gmpki.tokens.skf.library import Library
from gmpki.tokens.skf.structures import DeviceHandle

pytestmark = pytest.mark.once

NAMED = (
    ("dev-auth-refuses-standard-form", "AUTH-001", "another form, or the device key is another"),
    ("dev-auth-takes-any-answer", "AUTH-002", "an answer whose last byte is wrong is accepted"),
    ("dev-auth-takes-any-answer", "AUTH-003", "after a wrong answer applications can be created"),
    ("dev-auth-grants-before-comparing", "AUTH-003", "after a wrong answer applications can be created"),
    ("dev-auth-takes-any-length", "AUTH-004", "8 bytes are accepted for the answer of 16"),
    ("dev-auth-without-challenge", "AUTH-005", "a block of zeros is accepted"),
    ("application-created-unauthenticated", "AUTH-010", "an application is created without authentication"),
    ("application-deleted-unauthenticated", "AUTH-011", "an application is deleted without authentication"),
    ("device-key-change-unauthenticated", "AUTH-012", "the device key is changed without authentication"),
    ("listing-needs-device-right", "AUTH-013", "SAR_DEVNOAUTH"),
    ("device-key-change-ignored", "AUTH-030", "the new key is refused"),
    ("device-key-change-refused", "AUTH-030", "SAR_NOTINITIALIZEERR"),
    ("dev-auth-takes-any-answer", "AUTH-030", "the old key is still accepted"),
)


def test_right_token(right_driver: str) -> None:
    results = trial(right_driver, "AUTH")
    expect_passed(results, 15)
    seen = {name: value for result in results.values() for name, value in result.observed}
    assert seen["held by another connection"] == "True"
    assert seen["second time"] == "SAR_DEVNOAUTH"
    assert seen["factory key"] == "True"


@pytest.mark.parametrize(("fault", "check", "words"), NAMED, ids=[f"{check}-{fault}" for fault, check, _ in NAMED])
def test_fault_is_named(fault: str, check: str, words: str, faulty_skf: Callable[[str], str]) -> None:
    expect_named(trial(faulty_skf(fault), check)[f"SKF-{check}"], words, Outcome.FAILED)


@pytest.mark.parametrize("function", ["SKF_DevAuth", "SKF_ChangeDevAuthKey", "SKF_CreateApplication"])
def test_driver_lacks_a_function(function: str, lacking: Callable[..., str]) -> None:
    results = trial(lacking(function), "AUTH")
    about = {check: result for check, result in results.items() if function in result.functions}
    assert all(result.outcome is Outcome.UNSUPPORTED for result in about.values())
    assert about


# ---- the device key ------------------------------------------------------------------------


@pytest.fixture
def connected(right_driver: str) -> Iterator[tuple[SKF, DeviceHandle]]:
    """Give the device, to look at it beside the checks."""
    with load(right_driver) as skf:
        device = skf.connect_dev("00a1")
        yield skf, device
        skf.disconnect_dev(device)


def run_one(path: str, check: str, *, key: bytes | None = None, profile: DriverProfile | None = None) -> Result:
    """Run a check with a device key of the target, or what is known of its driver."""
    recorder = Recorder()
    target = Target(Kind.SKF, path, device_key=key, driver_profile=profile)
    with SKFScene(target, EVERY_PERMISSION, Options(), recorder) as scene:
        return run_check(check_named(check), scene.bench, recorder)


def test_key_is_as_before(right_driver: str, connected: tuple[SKF, DeviceHandle]) -> None:
    trial(right_driver, "AUTH-030")
    device_auth.authenticate(*connected)
    with pytest.raises(LoginRequiredError):
        device_auth.authenticate(*connected, TEMPORARY_KEY)


def test_key_is_as_before_when_the_check_fails(faulty_skf: Callable[[str], str], right_driver: str) -> None:
    """A token that takes every answer: nobody can tell which key it has, and it still has its own."""
    trial(faulty_skf("dev-auth-takes-any-answer"), "AUTH-030")
    with load(right_driver) as skf:
        device = skf.connect_dev("00a1")
        device_auth.authenticate(skf, device)
        skf.disconnect_dev(device)


def test_key_left_by_a_run_that_was_ended(right_driver: str, connected: tuple[SKF, DeviceHandle]) -> None:
    device_auth.authenticate(*connected)
    connected[0].change_dev_auth_key(connected[1], TEMPORARY_KEY)
    result = run_one(right_driver, "SKF-AUTH-030", key=TEMPORARY_KEY)
    assert result.outcome is Outcome.NOT_RUN
    assert result.message is not None
    assert "ended by force" in result.message.en


def test_wrong_key_is_no_pass(right_driver: str) -> None:
    results = {check: run_one(right_driver, check, key=bytes(16)) for check in ("SKF-AUTH-001", "SKF-AUTH-030")}
    assert results["SKF-AUTH-001"].outcome is Outcome.FAILED
    assert results["SKF-AUTH-030"].outcome is Outcome.NOT_RUN


def test_other_form(right_driver: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A device that wants two blocks: refused in the standard's form, a deviation where its profile knows the other."""
    right = Library.call

    def call(self: Library, layout: Any, function: str, arguments: tuple[Any, ...]) -> int:
        if function == "SKF_DevAuth":
            handle, data, length = arguments
            arguments = (handle, data, 16 if length == 32 else 0)
        return right(self, layout, function, arguments)

    monkeypatch.setattr(Library, "call", call)
    unknown = run_one(right_driver, "SKF-AUTH-001")
    assert unknown.outcome is Outcome.FAILED
    known = run_one(right_driver, "SKF-AUTH-001", profile=DriverProfile(device_auth=DeviceAuthForm.PADDED))
    assert known.outcome is Outcome.DEVIATION
    assert known.workaround is not None
    assert DeviceAuthForm.PADDED.value in known.workaround.en


def test_no_secret_in_calls(right_driver: str) -> None:
    result = run_one(right_driver, "SKF-AUTH-001", key=bytes(16))
    shown = " ".join(f"{call.function} {call.arguments} {call.answer}" for call in result.calls)
    assert "SKF_DevAuth" in shown
    assert bytes(16).hex() not in shown
