"""How far a run has come: on a terminal, in a log, and for a person who is asked."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gmpki.cli import _conformance_progress
from gmpki.cli._conformance_progress import CLEAR_LINE, Progress
from gmpki.conformance import Kind, Outcome, Result, Target, plan
from gmpki.conformance.registry import groups


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


FORESEEN = plan(Target(Kind.SKF, "driver.so"), (), ("buffers", "pins"))
GROUP = [check for check in FORESEEN.to_run if check.group == "buffers"]
TITLE = next(group.title for group in groups(Kind.SKF) if group.name == "buffers")


def told(stream: io.StringIO, *, quiet: bool = False) -> str:
    """What is told of a whole group, in which the first check fails, and of one that is not permitted."""
    locked = next(check for check in FORESEEN.not_permitted if check.group == "pins")
    with Progress(FORESEEN, quiet=quiet, stream=stream) as progress:
        progress(1, 99, locked, Result(locked.id, Outcome.NOT_RUN))
        for done, check in enumerate(GROUP, 2):
            outcome = Outcome.FAILED if check is GROUP[0] else Outcome.PASSED
            progress(done, 99, check, Result(check.id, outcome))
    return stream.getvalue()


def test_a_line_for_each_group_on_a_terminal() -> None:
    lines = told(Terminal()).split("\n")
    assert len(lines) == 2
    last = lines[0].split(CLEAR_LINE)[-1]
    assert last == f"{TITLE.zh}  {TITLE.en}: 通过 passed {len(GROUP) - 1}, 未通过 failed 1"
    assert f"[{len(GROUP) + 1}/99] {GROUP[-1].id} buffers" in lines[0]
    assert lines[1] == CLEAR_LINE


def test_a_group_is_told_once_when_a_result_comes_again() -> None:
    stream = Terminal()
    with Progress(FORESEEN, quiet=False, stream=stream) as progress:
        for check in (*GROUP, GROUP[-1]):
            progress(1, 1, check, Result(check.id, Outcome.PASSED))
    assert stream.getvalue().count("\n") == 1


def test_a_line_now_and_then_in_a_log(monkeypatch: pytest.MonkeyPatch) -> None:
    assert told(io.StringIO()) == ""  # it was over at once
    monkeypatch.setattr(_conformance_progress, "EVERY_S", 0.0)
    lines = told(io.StringIO()).splitlines()
    assert len(lines) == len(GROUP)
    assert lines[-1].startswith(f"gmpki: {len(GROUP) + 1}/99 {GROUP[-1].id} buffers: ")
    assert "未通过 failed 1" in lines[-1]


@pytest.mark.parametrize("stream", [Terminal, io.StringIO], ids=["terminal", "log"])
def test_nothing_when_quiet(stream: type[io.StringIO], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_conformance_progress, "EVERY_S", 0.0)
    assert told(stream(), quiet=True) == ""


# ---- a person at a terminal ---------------------------------------------------------------
# The terminal becomes that of the shell, and so of the command, when the shell opens it.
SHELL = 'exec "$0" -m gmpki conformance run "$@" <"$TERMINAL" >"$TERMINAL" 2>&1'


def at_terminal(folder: Path, *arguments: str, typed: dict[str, str]) -> tuple[int, str]:
    """Run the command at a terminal, type when words appear, and return the exit code and what was on the screen."""
    master, slave = os.openpty()
    environment = {**os.environ, "TERMINAL": os.ttyname(slave), "PYTHONUTF8": "1"}
    command = ["sh", "-c", SHELL, sys.executable, *arguments]
    screen = b""
    with subprocess.Popen(command, cwd=folder, env=environment, start_new_session=True) as process:
        waiting = dict(typed)
        os.set_blocking(master, False)
        end = time.monotonic() + 90
        while process.poll() is None and time.monotonic() < end:
            try:
                screen += os.read(master, 4096)
            except BlockingIOError:
                time.sleep(0.02)
            for words in [words for words in waiting if words in screen.decode("utf-8", "replace")]:
                os.write(master, f"{waiting.pop(words)}\n".encode())
        if process.poll() is None:
            process.kill()
        with contextlib.suppress(BlockingIOError):  # that was all
            while True:
                screen += os.read(master, 4096)
    os.close(slave)
    os.close(master)
    return process.returncode, screen.decode("utf-8", "replace")


@pytest.mark.once
def test_a_person_is_asked_before_more_than_reading(tmp_path: Path) -> None:
    asked = ("--soft", "--allow-init", "--select", "SKF-ABI-001", "--report", "r")
    code, screen = at_terminal(tmp_path, *asked, typed={"Sure?": "n"})
    assert code == 1
    assert screen.index("Creates applications of its own") < screen.index("Sure?")
    assert "nothing was done" in screen
    assert not (tmp_path / "r").exists()
    code, screen = at_terminal(tmp_path, *asked, typed={"Sure?": "y"})
    assert code == 0
    assert "二进制接口  The binary interface: 通过 passed 1" in screen
    assert (tmp_path / "r" / "report.html").is_file()


@pytest.mark.once
def test_nobody_is_asked_who_said_yes_or_only_reads(tmp_path: Path) -> None:
    for extra in (("--allow-init", "--yes"), ()):
        code, screen = at_terminal(tmp_path, "--soft", "--select", "SKF-ABI-001", *extra, typed={})
        assert code == 0
        assert "Sure?" not in screen
        assert "通过 passed 1" in screen


@pytest.mark.once
def test_a_pin_is_asked_for_where_it_is_needed(tmp_path: Path) -> None:
    asked = ("--soft", "--allow-write", "--application", "NONE", "--select", "SKF-ABI-012", "--yes")
    code, screen = at_terminal(tmp_path, *asked, typed={"用户 PIN of the user": "31415926"})
    assert code == 1
    assert "用户 PIN of the user" in screen
    assert "31415926" not in screen
    assert "未运行 not run" in screen
