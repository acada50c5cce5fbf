"""Drivers that mean harm, and processes of drivers that they have taken over: an error each time, and nothing left."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from gmpki.errors import DriverCrashedError, DriverError, GmpkiError, InvalidInputError, TokenTimeoutError
from gmpki.tokens.skf import isolation, load, load_isolated
from gmpki.tokens.skf.answer_types import LOADED, is_answer_of, is_of
from gmpki.tokens.skf.isolation import IsolatedSKF
from gmpki.tokens.skf.messages import error_of
from gmpki.tokens.skf.structures import (
    ApplicationHandle,
    DeviceHandle,
    FileAttribute,
    KeyHandle,
    PinState,
    RsaPublicKey,
)
from own_children import children
from tokens.skf.mock_drivers import Build

pytestmark = pytest.mark.once

SM4_ECB = 0x401
AES_128_ECB = 0x80010101

# A process that answers loading as it should, and each other call with VALUE, with no regard to what was called.
TAKEN_OVER = """
import os, sys
sys.path[:] = __import__("json").loads(sys.argv[1])
from gmpki.tokens.skf.messages import *
from gmpki.tokens.skf.structures import *
source, answers = os.fdopen(0, "rb"), os.fdopen(1, "wb")
while (message := read_message(source)) is not None:
    number, name, _, _ = decode(message, 1)
    answer = (number, False, LOADED, None) if name == "load" else (number, FAILED, VALUE, PROFILE)
    write_message(answers, encode(answer, 1))
"""


def taken_over(value: str, *, loaded: str = '((), (("a", "a"),))', failed: bool = False, profile: str = "None") -> str:
    text = TAKEN_OVER.replace("LOADED", loaded).replace("VALUE", value).replace("FAILED", str(failed))
    return text.replace("PROFILE", profile)


# ---- lists and keys -----------------------------------------------------------------------
def test_a_list_of_too_many_names(mock: Build) -> None:
    with load(mock(None, "MANY_NAMES")) as skf:
        device = skf.connect_dev("MOCK1")
        with pytest.raises(DriverError, match="more than 4096 names"):
            skf.enum_application(device)


@pytest.mark.parametrize(
    ("algorithm", "length"),
    [(SM4_ECB, 0), (SM4_ECB, 1), (SM4_ECB, 15), (SM4_ECB, 17), (0x101, 8), (0x202, 24), (AES_128_ECB, 7)],
)
def test_a_key_shorter_than_the_driver_reads(mock: Build, algorithm: int, length: int) -> None:
    """SKF_SetSymmKey is not told how long the key is: it would read on behind it."""
    with load(mock()) as skf:
        device = skf.connect_dev("MOCK1")
        with pytest.raises(InvalidInputError, match="none of the cipher"):
            skf.set_symm_key(device, bytes(length), algorithm)


# ---- processes ----------------------------------------------------------------------------
def test_no_process_stays_of_a_driver_that_cannot_be_loaded(tmp_path: Path) -> None:
    before = children()
    with pytest.raises(DriverError):
        load_isolated(tmp_path / "none.so")
    deadline = time.monotonic() + 10
    while children() - before and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not children() - before


def test_a_process_that_reads_no_more_is_ended(mock: Build) -> None:
    """More than a pipe holds is sent to a process that was stopped: the call ends when its time does."""
    with load_isolated(mock()) as skf:
        device = skf.connect_dev("MOCK1")
        assert skf._child is not None
        os.kill(skf._child._process.pid, signal.SIGSTOP)
        check_that_a_long_call_ends(skf, device)


def check_that_a_long_call_ends(skf: IsolatedSKF, device: DeviceHandle) -> None:
    raised: list[BaseException] = []
    skf._timeout_s = 0.2

    def call() -> None:
        try:
            skf.write_file(ApplicationHandle(1, device.device, device.session), "file", 0, bytes(1_000_000))
        except GmpkiError as error:
            raised.append(error)

    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    thread.join(20)
    assert not thread.is_alive()
    assert isinstance(raised[0], TokenTimeoutError)


@pytest.mark.parametrize(
    "value",
    ["5", "('one', 5)"],
)
def test_an_answer_of_another_type(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setattr(isolation, "_START", taken_over(value))
    with load_isolated("driver.so", timeout_s=8) as skf, pytest.raises(DriverError, match="does not return"):
        skf.enum_dev()


@pytest.mark.parametrize("loaded", ["None", "((), ((5, 'a'),))"])
def test_loading_answered_with_something_else(monkeypatch: pytest.MonkeyPatch, loaded: str) -> None:
    monkeypatch.setattr(isolation, "_START", taken_over("None", loaded=loaded))
    with pytest.raises(DriverError):
        load_isolated("driver.so", timeout_s=8)


@pytest.mark.parametrize(
    "sent",
    [
        ("PinIncorrectError", "text", "f", 1, "n", "many"),
        ("PinIncorrectError", "text", 5, 1, "n", 1),
        ("TokenError", "text", "f", b"", "n", 1),
        ("TokenError", "text", "f", 1, (), 1),
        ("KeyboardInterrupt", "text", None, None, None, None),
    ],
    ids=lambda sent: sent[0],
)
def test_an_error_that_is_none(sent: object) -> None:
    with pytest.raises(DriverError):
        error_of(sent)


@pytest.mark.parametrize(
    "child",
    [taken_over("('TokenError', 'text', 5, 1, 'n', 1)", failed=True), taken_over("('one',)", profile="5")],
    ids=["error", "profile"],
)
def test_whoever_waits_hears_of_it(monkeypatch: pytest.MonkeyPatch, child: str) -> None:
    monkeypatch.setattr(isolation, "_START", child)
    with load_isolated("driver.so", timeout_s=60) as skf, pytest.raises(DriverCrashedError):
        skf.enum_dev()


# ---- types of answers ---------------------------------------------------------------------
@pytest.mark.parametrize(
    ("method", "answer"),
    [
        ("enum_dev", ()),
        ("enum_dev", ("a", "b")),
        ("gen_random", b""),
        ("cancel_wait_for_dev_event", None),
        ("wait_for_dev_event", None),
        ("wait_for_dev_event", ("MOCK1", 1)),
        ("get_dev_state", 2),
        ("get_pin_info", PinState(10, 9, False)),
        ("export_public_key", bytes(64)),
        ("export_public_key", RsaPublicKey(1024, b"\xc5" * 128, 65537)),
        ("rsa_export_session_key", (b"", KeyHandle(1, "a", 1))),
    ],
)
def test_answers_that_are_right(method: str, answer: object) -> None:
    assert is_answer_of(method, answer)


@pytest.mark.parametrize(
    ("method", "answer"),
    [
        ("gen_random", bytearray()),
        ("gen_random", "text"),
        ("cancel_wait_for_dev_event", 0),
        ("wait_for_dev_event", ("MOCK1",)),
        ("wait_for_dev_event", ("MOCK1", True)),
        ("get_dev_state", True),
        ("get_pin_info", PinState("10", 9, False)),  # type: ignore[arg-type]
        ("get_pin_info", PinState(10, 9, 1)),  # type: ignore[arg-type]
        ("get_file_info", FileAttribute(b"name", 1, 1, 1)),  # type: ignore[arg-type]
        ("export_public_key", None),
        ("connect_dev", KeyHandle(1, "a", 1)),
        ("connect_dev", DeviceHandle(1, 5, 1)),  # type: ignore[arg-type]
        ("rsa_export_session_key", (KeyHandle(1, "a", 1), b"")),
    ],
)
def test_answers_that_are_wrong(method: str, answer: object) -> None:
    assert not is_answer_of(method, answer)


def test_what_loading_answers() -> None:
    assert is_of(LOADED, (("SKF_A",), (("SKF_B", "_SKF_B"),)))
    assert not is_of(LOADED, (("SKF_A",), {"SKF_B": "_SKF_B"}))
