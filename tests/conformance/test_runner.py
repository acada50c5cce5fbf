"""Runs: what becomes of drivers that crash, hang, end the process or cannot be loaded; stopping and resuming."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import NamedTuple

import pytest

from conformance.tiny_group import installed, tiny, tiny_library
from gmpki.conformance import Check, Kind, Outcome, Permission, Report, Result, Target, resume, run
from gmpki.conformance.report.document import Verdict
from gmpki.errors import (
    ConflictError,
    InvalidInputError,
    InvalidTypeError,
    NotFoundError,
    StateError,
    TokenNotFoundError,
)
from gmpki.tokens.skf import load
from gmpki.tokens.skf.device_auth import authenticate
from gmpki.tokens.soft import library_path
from own_children import children

__all__ = ["tiny", "tiny_library"]

pytestmark = pytest.mark.once

QUICK = ("TINY-001", "TINY-005", "TINYB-001", "TINYB-002", "TINYB-003")


def ran(path: str, *select: str, **named: object) -> dict[str, Result]:
    report = run(Target(Kind.SKF, path), select=select, **named)  # type: ignore[arg-type]
    return {result.check: result for result in report.results}


# ---- what a driver does to its process ----------------------------------------------------
class Whole(NamedTuple):
    """What comes of all checks together, and what was told meanwhile."""

    report: Report
    told: list[tuple[int, int, str, str]]
    left: set[int]  # processes that stayed

    @property
    def results(self) -> dict[str, Result]:
        return {result.check.removeprefix("SKF-"): result for result in self.report.results}


@pytest.fixture(scope="module")
def whole(tiny_library: str) -> Whole:
    """A run of everything that writing permits."""
    told: list[tuple[int, int, str, str]] = []

    def note(done: int, total: int, check: Check, result: Result) -> None:
        told.append((done, total, check.id, result.check))

    before = children()
    with installed():
        target = Target(Kind.SKF, tiny_library, user_pin=b"31415926")
        report = run(target, permissions=[Permission.WRITE], progress=note)
    return Whole(report, told, children() - before)


def test_every_outcome(whole: Whole) -> None:
    assert {name: result.outcome.value for name, result in whole.results.items()} == {
        "TINY-001": "passed",
        "TINY-002": "failed",
        "TINY-003": "failed",
        "TINY-004": "failed",
        "TINY-005": "passed",
        "TINY-006": "passed",
        "TINY-007": "not-run",
        "TINYB-001": "failed",
        "TINYB-002": "unsupported",
        "TINYB-003": "deviation",
        "TINYB-004": "passed",
        "TINYB-005": "failed",
        "TINYB-006": "passed",
        "TINYB-007": "not-run",
    }
    assert not whole.left


@pytest.mark.parametrize(
    ("check", "words", "function"),
    [
        ("TINY-002", "the driver crashed in SKF_SetLabel: SIGSEGV", "SKF_SetLabel"),
        ("TINY-003", "the driver did not return in time in SKF_LockDev", "SKF_LockDev"),
        ("TINY-004", "the driver ended the process in SKF_UnlockDev, with code 3", "SKF_UnlockDev"),
    ],
    ids=["crash", "hang", "exit"],
)
def test_what_ends_the_process_names_its_call(whole: Whole, check: str, words: str, function: str) -> None:
    result = whole.results[check]
    assert result.message is not None
    assert result.message.en == words
    assert function in result.message.zh
    assert [call.function for call in result.calls] == [function]
    assert result.functions == (function,)


def test_what_the_driver_prints_is_kept_without_secrets(whole: Whole) -> None:
    assert dict(whole.results["TINY-002"].observed) == {"output": "about to look at the label ***"}


def test_a_process_that_the_driver_left_does_not_hold_the_run(tiny: str) -> None:
    began = time.monotonic()
    assert ran(tiny, "TINYB-005")["SKF-TINYB-005"].outcome is Outcome.FAILED
    assert time.monotonic() - began < 15


@pytest.mark.parametrize("content", [b"", b"no library"], ids=["empty", "text"])
def test_a_driver_that_cannot_be_loaded_is_one_finding(tiny: str, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "driver.so"
    path.write_bytes(content)
    results = list(ran(str(path)).values())
    assert [result.outcome for result in results].count(Outcome.FAILED) == 1
    assert results[0].message is not None
    assert "cannot be loaded" in results[0].message.en
    assert {result.outcome for result in results[1:]} == {Outcome.NOT_RUN}


def test_a_driver_that_crashes_when_it_is_loaded_is_one_finding(tiny: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINY_CRASH_AT_ONCE", "1")
    results = list(ran(tiny).values())
    assert [result.outcome for result in results].count(Outcome.FAILED) == 1
    assert results[0].message is not None
    assert results[0].message.en == "the driver crashed in SKF_EnumDev: SIGSEGV"


def test_no_token_is_an_error(tiny: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINY_NO_DEVICE", "1")
    with pytest.raises(TokenNotFoundError, match="0 devices"):
        ran(tiny)


def test_another_token_than_was_named_is_an_error(tiny: str) -> None:
    with pytest.raises(TokenNotFoundError, match="no device 'OTHER'"):
        run(Target(Kind.SKF, tiny, device="OTHER"))


def test_a_mistake_of_the_suite_is_loud(tiny: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINY_BUG", "1")
    before = children()
    with pytest.raises(StateError, match=r"SKF-TINYB-006(.|\n)*ZeroDivisionError"):
        ran(tiny, "TINYB-006")
    assert not children() - before


# ---- the report ---------------------------------------------------------------------------
def test_the_report(whole: Whole) -> None:
    report = whole.report
    assert report.driver.name == "tiny.so"
    assert len(report.driver.sha256) == 64
    assert report.is_complete
    assert report.verdict is Verdict.FAILED
    assert report.selection == ()
    assert [row.operation for row in report.latency] == ["sign"]
    assert {"gmpki", "python", "system", "processor", "c_library"} == set(report.environment)
    assert report.driver_profile["layout"] == "u32-packed"
    assert "SKF_Transmit" in report.driver_profile["missing"]
    assert os.uname().nodename not in report.environment.values()


def test_progress(whole: Whole) -> None:
    numbers = [done for done, _, _, _ in whole.told]
    assert numbers == list(range(1, len(whole.results) + 1))
    assert {total for _, total, _, _ in whole.told} == {len(whole.results)}
    assert all(check == result for _, _, check, result in whole.told)


@pytest.mark.parametrize("permissions", [(), (Permission.LOCK, Permission.INIT)], ids=["none", "others"])
def test_what_is_not_permitted_does_not_run(tiny: str, permissions: tuple[Permission, ...]) -> None:
    result = ran(tiny, "TINY-006", permissions=permissions)["SKF-TINY-006"]
    assert result.outcome is Outcome.NOT_RUN
    assert result.message is not None
    assert result.message.en == "it takes --allow-write"


def test_every_permission_that_lacks_is_named(whole: Whole) -> None:
    result = whole.results["TINY-007"]
    assert result.message is not None
    assert result.message.en == "it takes --allow-lock --allow-init"


@pytest.mark.parametrize(
    "named",
    [
        {"permissions": ["write"]},
        {"permissions": 5},
        {"select": [5]},
        {"options": 5},
        {"limits": "tender"},
        {"progress": 5},
    ],
    ids=lambda named: next(iter(named)),
)
def test_wrong_types(tiny: str, named: dict[str, object]) -> None:
    with pytest.raises(InvalidTypeError):
        run(Target(Kind.SKF, tiny), **named)  # type: ignore[arg-type]


def test_a_pattern_that_chooses_nothing_writes_nothing(tiny: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError):
        run(Target(Kind.SKF, tiny), select=["NONE"], report_dir=tmp_path / "report")
    assert not (tmp_path / "report").exists()


# ---- stopping and resuming ----------------------------------------------------------------
def stopped(path: str, folder: Path, monkeypatch: pytest.MonkeyPatch, *select: str) -> Report:
    """A run that is told to stop while a slow check runs."""
    monkeypatch.setenv("TINY_SLOW_S", "1")
    stop = threading.Event()

    def note(done: int, total: int, check: object, result: Result) -> None:
        if result.check == "SKF-TINYB-003":
            stop.set()

    return run(Target(Kind.SKF, path), select=select, report_dir=folder, progress=note, stop=stop)


def test_a_run_that_is_stopped_can_be_resumed(tiny: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    select = (*QUICK, "TINYB-004", "TINYB-006")
    report = stopped(tiny, tmp_path, monkeypatch, *select)
    assert not report.is_complete
    assert report.incomplete_why is not None
    assert "SKF-TINYB-006" not in {result.check for result in report.results}
    monkeypatch.delenv("TINY_SLOW_S")
    before = journal_lines(tmp_path)
    whole = resume(tmp_path)
    assert whole.is_complete
    assert {result.check for result in whole.results} == {f"SKF-{name}" for name in select}
    assert whole.started == report.started
    again = [line["result"]["check"] for line in journal_lines(tmp_path)[len(before) :] if "result" in line]
    assert set(again) <= {"SKF-TINYB-004", "SKF-TINYB-006"}
    assert [row.operation for row in whole.latency] == ["sign"]


def journal_lines(folder: Path) -> list[dict[str, dict[str, str]]]:
    return [json.loads(line) for line in (folder / "journal.jsonl").read_text().splitlines()]


def test_sigint_stops(tiny: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINY_SLOW_S", "20")
    handlers = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr("gmpki.conformance.group_run._GRACE_S", 0.5)
    before = children()
    timer = threading.Timer(2, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    report = run(Target(Kind.SKF, tiny), select=["TINYB-004"])
    timer.join()
    assert not report.is_complete
    assert report.results == ()
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == handlers
    assert not children() - before


def mapped(process: int) -> bytes:
    """What a process has mapped; nothing when it has ended."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{process}/maps").read_bytes()
    return b""


def test_a_run_that_is_killed_leaves_no_process(tiny: str) -> None:
    program = (
        "import sys; from conformance.tiny_group import installed; from gmpki.conformance import *\n"
        "with installed(): run(Target(Kind.SKF, sys.argv[1]), select=['TINYB-004'])"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "TINY_SLOW_S": "2"}
    with subprocess.Popen([sys.executable, "-c", program, tiny], env=environment) as process:
        found: list[str] = []
        while not any(tiny.encode() in mapped(int(child)) for child in found):
            time.sleep(0.05)
            assert process.poll() is None
            found = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        process.kill()
    deadline = time.monotonic() + 20
    while any(mapped(int(child)) for child in found) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(mapped(int(child)) for child in found)


def test_what_had_no_verdict_is_run_again(tiny: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINY_CRASH_AT_ONCE", "1")
    first = run(Target(Kind.SKF, tiny), select=QUICK, report_dir=tmp_path)
    assert first.is_complete
    monkeypatch.delenv("TINY_CRASH_AT_ONCE")
    results = {result.check: result.outcome.value for result in resume(tmp_path).results}
    assert results["SKF-TINY-001"] == "failed"  # that was a verdict
    assert results["SKF-TINY-005"] == "passed"


def test_another_driver_is_refused(tiny: str, tmp_path: Path) -> None:
    driver = tmp_path / "driver.so"
    driver.write_bytes(Path(tiny).read_bytes())
    run(Target(Kind.SKF, str(driver)), select=["TINY-001"], report_dir=tmp_path / "report")
    driver.write_bytes(Path(tiny).read_bytes() + b"\0")
    lines = (tmp_path / "report" / "journal.jsonl").read_text().splitlines()
    (tmp_path / "report" / "journal.jsonl").write_text("\n".join(line for line in lines if "result" not in line) + "\n")
    with pytest.raises(ConflictError, match="another driver"):
        resume(tmp_path / "report")
    assert resume(tmp_path / "report", accept_change=True).results[0].outcome is Outcome.PASSED


@pytest.mark.parametrize(
    "named",
    [{"permissions": [Permission.WRITE]}, {"select": ["TINY-005"]}],
    ids=["permissions", "selection"],
)
def test_another_order_is_refused(tiny: str, tmp_path: Path, named: dict[str, object]) -> None:
    run(Target(Kind.SKF, tiny), select=["TINY-001"], report_dir=tmp_path)
    with pytest.raises(ConflictError, match="began with"):
        resume(tmp_path, **named)  # type: ignore[arg-type]
    report = resume(tmp_path, accept_change=True, **named)  # type: ignore[arg-type]
    assert report.is_complete
    assert resume(tmp_path).results == report.results  # which is the order from now on


def test_a_folder_with_a_run_is_refused(tiny: str, tmp_path: Path) -> None:
    run(Target(Kind.SKF, tiny), select=["TINY-001"], report_dir=tmp_path)
    with pytest.raises(ConflictError, match="another run"):
        run(Target(Kind.SKF, tiny), select=["TINY-001"], report_dir=tmp_path)


def test_a_folder_without_a_run_is_refused(tiny: str, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        resume(tmp_path)


# ---- what is left on the token ------------------------------------------------------------
def applications() -> set[str]:
    with load(library_path("skf")) as skf:
        device = skf.connect_dev(skf.enum_dev()[0])
        names = set(skf.enum_application(device))
        skf.disconnect_dev(device)
    return names


def create(name: str) -> None:
    with load(library_path("skf")) as skf:
        device = skf.connect_dev(skf.enum_dev()[0])
        authenticate(skf, device)
        skf.create_application(
            device,
            name,
            admin_pin="87654321",
            admin_tries=6,
            user_pin="12345678",
            user_tries=6,
            create_file_rights=0x10,
        )
        skf.disconnect_dev(device)


def test_an_application_of_a_child_that_died_is_removed(soft_token: str, tmp_path: Path) -> None:
    create("GMPKI-of-others")
    with installed():
        report = run(
            Target(Kind.SKF, str(library_path("skf"))),
            select=["TINYB-007"],
            permissions=[Permission.INIT],
            report_dir=tmp_path / "report",
        )
    assert report.results[0].message is not None
    assert report.results[0].message.en == "the driver crashed after SKF_CreateApplication: SIGKILL"
    assert [set(line) for line in journal_lines(tmp_path / "report")[2:]] == [{"made"}, {"result"}, {"removed"}]
    assert applications() == {"GMPKI-of-others"}
    assert "left_behind" not in report.environment


def test_an_application_of_a_run_that_died_is_removed(soft_token: str, tmp_path: Path) -> None:
    create("GMPKI-0badcafe")
    create("GMPKI-of-others")
    with installed():
        target = Target(Kind.SKF, str(library_path("skf")))
        run(target, select=["TINYB-003"], permissions=[Permission.INIT], report_dir=tmp_path / "report")
        journal = tmp_path / "report" / "journal.jsonl"
        lines = [line for line in journal.read_text().splitlines() if "result" not in line]
        journal.write_text("\n".join([*lines, '{"made": "GMPKI-0badcafe"}', '{"result": {"che']))
        assert resume(tmp_path / "report").is_complete
    assert applications() == {"GMPKI-of-others"}


def test_an_application_of_a_run_that_has_every_result_is_removed(soft_token: str, tmp_path: Path) -> None:
    create("GMPKI-0badcafe")
    with installed():
        target = Target(Kind.SKF, str(library_path("skf")))
        run(target, select=["TINYB-003"], report_dir=tmp_path / "report")
        with (tmp_path / "report" / "journal.jsonl").open("a") as journal:
            journal.write('{"made": "GMPKI-0badcafe"}\n')
        assert "left_behind" not in resume(tmp_path / "report").environment
    assert applications() == set()


def test_an_application_that_cannot_be_removed_is_named(soft_token: str, tmp_path: Path) -> None:
    create("GMPKI-0badcafe")
    with installed():
        target = Target(Kind.SKF, str(library_path("skf")), device_key=bytes(16))
        run(target, select=["TINYB-003"], report_dir=tmp_path / "report")
        journal = tmp_path / "report" / "journal.jsonl"
        lines = [line for line in journal.read_text().splitlines() if "result" not in line]
        journal.write_text("\n".join([*lines, '{"made": "GMPKI-0badcafe"}', ""]))
        report = resume(tmp_path / "report", target)
    assert report.environment["left_behind"] == "GMPKI-0badcafe"
    assert applications() == {"GMPKI-0badcafe"}
    assert bytes(16).hex() not in journal.read_text()
