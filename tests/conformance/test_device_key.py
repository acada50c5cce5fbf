"""The device key: once it was refused it is not tried again, in a run as a whole."""

from __future__ import annotations

import pytest

from conformance.trials import EVERY_PERMISSION
from gmpki.conformance import Kind, Outcome, Target, run
from gmpki.conformance.device_key import DeviceKey
from gmpki.errors import LoginRequiredError, TokenError, TokenRemovedError
from gmpki.tokens.soft import library_path

KEY = bytes(range(16))


class Device:
    """Answers as it is told to, and counts."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.keys: list[bytes] = []

    def authenticate(self, key: bytes) -> None:
        self.keys.append(key)
        if self.error is not None:
            raise self.error


def test_right_key_is_used_each_time() -> None:
    device, key = Device(), DeviceKey(KEY)
    for _ in range(3):
        key.use(device.authenticate)
    assert device.keys == [KEY] * 3
    assert not key.is_refused


def test_refused_key_is_used_once() -> None:
    told: list[bool] = []
    device, key = Device(LoginRequiredError("no")), DeviceKey(KEY, on_refused=lambda: told.append(True))
    with pytest.raises(LoginRequiredError, match="no"):
        key.use(device.authenticate)
    with pytest.raises(LoginRequiredError, match="not tried again"):
        key.use(device.authenticate)
    assert device.keys == [KEY]
    assert told == [True]


def test_key_refused_before_is_not_used() -> None:
    device = Device()
    with pytest.raises(LoginRequiredError, match="not tried again"):
        DeviceKey(KEY, is_refused=True).use(device.authenticate)
    assert device.keys == []


@pytest.mark.parametrize("error", [TokenRemovedError("gone"), TokenError("busy")], ids=["removed", "other"])
def test_other_errors_say_nothing_of_the_key(error: TokenError) -> None:
    device, key = Device(error), DeviceKey(KEY)
    for _ in range(2):
        with pytest.raises(type(error)):
            key.use(device.authenticate)
    assert len(device.keys) == 2
    assert not key.is_refused


@pytest.mark.once
def test_run_with_a_wrong_key_gives_few_wrong_answers(soft_token: str) -> None:
    """Of all that would authenticate only the first does, and the check of the right answer itself."""
    patterns = ("SKF-BUF-001", "SKF-BUF-085", "SKF-AUTH", "SKF-PIN-010", "SKF-STAGE-010")
    path = library_path("skf")
    assert soft_token
    assert path is not None
    target = Target(Kind.SKF, path, device_key=KEY)
    results = run(target, permissions=EVERY_PERMISSION, select=patterns).results
    answered = [result.check for result in results if "SKF_DevAuth" in result.functions]
    assert answered == ["SKF-BUF-085", "SKF-AUTH-001"]
    outcomes = {result.check: result.outcome for result in results}
    assert outcomes["SKF-BUF-001"] is Outcome.PASSED
    assert outcomes["SKF-AUTH-001"] is Outcome.FAILED
    assert outcomes["SKF-STAGE-010"] is Outcome.NOT_RUN
