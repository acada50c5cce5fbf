"""A function of the suite in a second process: what it says and returns, and how its end is told."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gmpki.conformance.bench import CheckEnded
from gmpki.conformance.model import Kind, Outcome, Permission
from gmpki.conformance.recording import Recorder
from gmpki.conformance.skf.bench import SKFBench
from gmpki.conformance.skf.scene import SKFScene
from gmpki.conformance.skf.second_process import SecondBench
from gmpki.conformance.target import Options, Target
from gmpki.errors import TokenUnsupportedError
from gmpki.tokens.soft import library_path

pytestmark = pytest.mark.once


# ---- what runs there -----------------------------------------------------------------------


def devices(bench: SecondBench) -> list[str]:
    bench.observe("process", "second")
    return list(bench.skf.enum_dev())


def converse(bench: SecondBench, times: int) -> int:
    for _ in range(times):
        bench.say(bench.told() * 2)
    return os.getpid()


def log_in(bench: SecondBench) -> str:
    bench.login()
    return bench.application_name


def create_application(bench: SecondBench) -> None:
    bench.new_application()


def fail_there(bench: SecondBench) -> None:
    bench.skf.enum_dev()
    bench.fail("it is wrong", "错误")


def refused_there(bench: SecondBench) -> None:
    bench.skf.open_application(bench.device, "nobody made this")


def unsupported_there(bench: SecondBench) -> None:
    raise TokenUnsupportedError("no", function="SKF_Transmit", code_name="SAR_NOTSUPPORTYETERR")


def end_there(bench: SecondBench) -> None:
    os._exit(3)


def crash_there(bench: SecondBench) -> None:
    os.abort()


def hang_there(bench: SecondBench) -> None:
    time.sleep(60)


def mistake_there(bench: SecondBench) -> None:
    raise ZeroDivisionError("a mistake of the suite")


def print_there(bench: SecondBench) -> str:
    os.write(1, b"what a driver prints is no message\n")
    return "ok"


# ---- the first process ---------------------------------------------------------------------


@pytest.fixture
def bench(soft_token: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[SKFBench]:
    """Give the bench of a check on a software token, with all permissions."""
    monkeypatch.syspath_prepend(str(Path(__file__).resolve().parents[2]))  # for the functions above
    target = Target(Kind.SKF, library_path("skf"))
    with SKFScene(target, tuple(Permission), Options(), Recorder()) as scene:
        made = scene.bench()
        yield made
        made.close()


def ended(bench: SKFBench, function: Callable[..., Any], wait_s: float = 20.0) -> CheckEnded:
    with bench.second_process(function) as other, pytest.raises(CheckEnded) as caught:
        other.result(wait_s)
    assert caught.value.message.en
    assert caught.value.message.zh
    return caught.value


def test_what_it_returns(bench: SKFBench) -> None:
    with bench.second_process(devices) as other:
        assert other.result() == ["00a1"]
    assert ("process", "second") in bench.observed
    assert "SKF_EnumDev" in bench.recorder.functions


def test_messages_both_ways(bench: SKFBench) -> None:
    with bench.second_process(converse, times=2) as other:
        for value in (21, "ab"):
            other.tell(value)
            assert other.heard() == value * 2
        assert other.result() != os.getpid()


def test_it_has_the_application_that_is_open_here(bench: SKFBench) -> None:
    assert not bench.has_opened
    application = bench.application
    assert application is bench.application
    with bench.second_process(log_in) as other:
        assert other.result() == bench.application_name


def test_without_an_application_there_is_none_there(bench: SKFBench) -> None:
    assert ended(bench, log_in).outcome is Outcome.NOT_RUN


def test_it_makes_no_application_of_its_own(bench: SKFBench) -> None:
    bench.application  # noqa: B018 - opened, so that there is one
    assert ended(bench, create_application).outcome is Outcome.NOT_RUN


@pytest.mark.parametrize(
    ("function", "outcome", "words"),
    [
        (fail_there, Outcome.FAILED, "in a second process: it is wrong"),
        (refused_there, Outcome.FAILED, "SKF_OpenApplication: SAR_APPLICATION_NOT_EXISTS"),
        (unsupported_there, Outcome.UNSUPPORTED, "SKF_Transmit: SAR_NOTSUPPORTYETERR"),
        (end_there, Outcome.FAILED, "the driver ended the second process (3)"),
        (crash_there, Outcome.FAILED, "the driver ended the second process (SIGABRT)"),
    ],
    ids=lambda value: value.__name__ if callable(value) else None,
)
def test_how_it_ends(bench: SKFBench, function: Callable[..., Any], outcome: Outcome, words: str) -> None:
    end = ended(bench, function)
    assert end.outcome is outcome
    assert words in end.message.en


def test_calls_made_there_are_shown(bench: SKFBench) -> None:
    ended(bench, fail_there)
    assert [call.function for call in bench.recorder.calls if call.arguments.startswith("[second process] ")] == [
        "SKF_EnumDev",
        "SKF_EnumDev",
    ]


def test_one_that_hangs_is_ended(bench: SKFBench) -> None:
    started = time.monotonic()
    end = ended(bench, hang_there, wait_s=3.0)
    assert end.outcome is Outcome.FAILED
    assert "did not answer in 3 s" in end.message.en
    assert time.monotonic() - started < 30


def test_a_mistake_of_the_suite_is_no_verdict(bench: SKFBench) -> None:
    with bench.second_process(mistake_there) as other, pytest.raises(RuntimeError, match="ZeroDivisionError"):
        other.result()


def test_what_a_driver_prints_is_no_message(bench: SKFBench) -> None:
    with bench.second_process(print_there) as other:
        assert other.result() == "ok"


def test_pins_are_in_no_command_line(bench: SKFBench) -> None:
    bench.application  # noqa: B018 - opened, so that its PINs are sent
    with bench.second_process(converse, times=1) as other:
        command = Path(f"/proc/{other._process.pid}/cmdline")
        if command.exists():
            shown = command.read_bytes()
            assert bench.pins.user not in shown
            assert bench.pins.user.hex().encode() not in shown
        other.tell(1)
        assert other.result() != os.getpid()
