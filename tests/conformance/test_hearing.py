"""What a child may say: one that says something else, or at another time, is heard no further."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from conformance.tiny_group import installed
from gmpki.conformance import Kind, Outcome, Permission, Report, Result, Target, process, run
from gmpki.conformance.call_slots import CallSlots, slots_file
from gmpki.conformance.hearing import CHECKING, IDENTIFYING, REMOVING, Hearing
from gmpki.conformance.report import write_files
from gmpki.errors import InvalidInputError

CHECK = "SKF-TINY-001"
RESULT = Result(CHECK, Outcome.PASSED).to_json()
ROW = {"algorithm": "sm2", "operation": "sign", "count": 1, "mean_s": 1.0, "p50_s": 1.0, "p95_s": 1.0, "max_s": 1.0}
IDENTITY = {"driver": {"name": "d.so"}, "device": {"label": "L"}, "driver_profile": {}}
ORDER = {
    "format": 1,
    "target": {
        "kind": "skf",
        "path": "/opt/other.so",
        "device": None,
        "application": None,
        "driver_profile": None,
        "mechanism_map": None,
    },
    "permissions": ["init", "lock", "write"],
    "select": [],
    "options": {},
    "started": "2026-11-22T08:00:00+00:00",
}


def test_what_is_due_is_heard() -> None:
    hearing = Hearing({CHECK})
    for told in ({"begin": CHECK}, {"made": "GMPKI-1"}, {"result": RESULT, "rows": [ROW]}, {"removed": "GMPKI-1"}):
        hearing.take(told)
        assert hearing.running == (CHECK if "begin" in told or "made" in told else None)
    hearing.take({"done": True})
    Hearing((), IDENTIFYING).take({"identity": IDENTITY})
    Hearing((), REMOVING).take({"removed": "GMPKI-1"})


@pytest.mark.parametrize(
    ("may_say", "told"),
    [
        (CHECKING, {"order": ORDER}),
        (CHECKING, {"identity": IDENTITY}),
        (CHECKING, {}),
        (CHECKING, {"made": "GMPKI-1", "order": ORDER}),
        (CHECKING, {"rows": []}),
        (CHECKING, {"made": "GMPKI-1", "rows": []}),
        (CHECKING, {"made": 5}),
        (CHECKING, {"made": ""}),
        (CHECKING, {"made": "x" * 201}),
        (CHECKING, {"removed": ["GMPKI-1"]}),
        (CHECKING, {"begin": "SKF-TINY-002"}),
        (CHECKING, {"begin": [CHECK]}),
        (CHECKING, {"result": RESULT}),
        (CHECKING, {"done": 1}),
        (CHECKING, {"bug": 5}),
        (CHECKING, {"unusable": None}),
        (CHECKING, {"refused": "no token"}),
        (IDENTIFYING, {"begin": CHECK}),
        (IDENTIFYING, {"made": "GMPKI-1"}),
        (IDENTIFYING, {"identity": {}}),
        (IDENTIFYING, {"identity": {**IDENTITY, "device": {"label": "x" * 5, "y" * 201: ""}}}),
        (IDENTIFYING, {"identity": {**IDENTITY, "device": {str(number): "" for number in range(101)}}}),
        (IDENTIFYING, {"identity": {**IDENTITY, "driver_profile": {"notes": float("inf")}}}),
        (REMOVING, {"identity": IDENTITY}),
        (REMOVING, {"made": "GMPKI-1"}),
    ],
    ids=range(25),
)
def test_what_is_not_due_is_refused(may_say: frozenset[str], told: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError):
        Hearing({CHECK}, may_say).take(told)


@pytest.mark.parametrize(
    "changed",
    [
        {"check": "SKF-TINY-002"},
        {"outcome": "excellent"},
        {"duration_s": float("inf")},
        {"duration_s": float("nan")},
        {"duration_s": -1},
        {"call_count": float("inf")},
        {"call_count": -1},
        {"call_count": 1 << 60},
        {"functions": ["x" * 201]},
        {"functions": [""]},
        {"observed": [["a", "b"]] * 1001},
        {"calls": [["a", "b", "c"]] * 1001},
        {"message": {"en": "x"}},
    ],
    ids=range(13),
)
def test_a_result_that_no_report_has_room_for(changed: dict[str, Any]) -> None:
    hearing = Hearing({CHECK})
    hearing.take({"begin": CHECK})
    with pytest.raises(InvalidInputError):
        hearing.take({"result": {**RESULT, **changed}})


@pytest.mark.parametrize(
    "rows",
    [
        5,
        [5],
        [{"algorithm": "sm2"}],
        [{**ROW, "more": 1}],
        [{**ROW, "p50_s": "1"}],
        [{**ROW, "mean_s": 0}],
        [{**ROW, "mean_s": float("inf")}],
        [{**ROW, "max_s": 0.5}],
        [{**ROW, "operation": "dance"}],
        [{**ROW, "algorithm": "sm4", "operation": "encrypt"}],
        [ROW, ROW],
    ],
    ids=range(11),
)
def test_times_that_no_report_has_room_for(rows: Any) -> None:
    hearing = Hearing({CHECK})
    hearing.take({"begin": CHECK})
    with pytest.raises(InvalidInputError):
        hearing.take({"result": RESULT, "rows": rows})


def test_a_check_begins_once() -> None:
    hearing = Hearing({CHECK, "SKF-TINY-002"})
    hearing.take({"begin": CHECK})
    for identifier in (CHECK, "SKF-TINY-002"):
        with pytest.raises(InvalidInputError):
            hearing.take({"begin": identifier})
    hearing.take({"result": RESULT})
    for told in ({"begin": CHECK}, {"result": RESULT}):
        with pytest.raises(InvalidInputError):
            hearing.take(told)


def test_a_flood_of_names_ends() -> None:
    hearing = Hearing({CHECK})
    for number in range(5000):
        hearing.take({"made": f"GMPKI-{number}"})
    with pytest.raises(InvalidInputError):
        hearing.take({"made": "GMPKI-5000"})


# ---- runs on such a driver ----------------------------------------------------------------
# In the place of a child: says who it is, and then what the test wants.
PROGRAM = """
import json, os, sys, time
task = json.loads(sys.stdin.buffer.readline())
says = json.loads({says!r})
for message in says["checking" if task["checks"] else "removing" if task["remove"] else "identifying"]:
    print(json.dumps(message), flush=True)
if says["shrinks"]:
    os.ftruncate(task["slots"], 0)
time.sleep(20)
"""
DONE = [{"done": True}]


def ran(
    monkeypatch: pytest.MonkeyPatch,
    folder: Path,
    checking: list[dict[str, Any]],
    *,
    identifying: list[dict[str, Any]] | None = None,
    shrinks: bool = False,
) -> Report:
    """Run a check of a driver that says this."""
    says = {
        "identifying": [{"identity": IDENTITY}, *DONE] if identifying is None else identifying,
        "checking": checking,
        "removing": DONE,
        "shrinks": shrinks,
    }
    driver = folder / "driver.so"
    driver.write_bytes(b"driver")
    with installed(), monkeypatch.context() as patch:
        patch.setattr(process, "_START", PROGRAM.format(says=json.dumps(says)))
        return run(
            Target(Kind.SKF, str(driver)),
            select=["TINY-001"],
            report_dir=folder / "report",
            progress=lambda *_: None,
        )


@pytest.mark.once
@pytest.mark.parametrize(
    "told",
    [
        {"order": ORDER},
        {"result": {**RESULT, "check": "SKF-NONE-001"}},
        {"result": {**RESULT, "duration_s": 1e400}},
        {"begin": {}},
        {"identity": IDENTITY},
    ],
    ids=["order", "other", "endless", "type", "identity"],
)
def test_a_driver_that_speaks_in_place_of_the_suite(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: dict[str, Any]
) -> None:
    report = ran(monkeypatch, tmp_path, [{"begin": CHECK}, told, {"result": RESULT}, *DONE])
    (result,) = report.results
    assert result.outcome is Outcome.FAILED
    assert result.message is not None
    assert "damaged" in result.message.en
    assert report.permissions == frozenset[Permission]()
    assert "other.so" not in (tmp_path / "report" / "journal.jsonl").read_text()
    assert len(write_files(report, tmp_path / "report")) == 3


@pytest.mark.once
def test_which_file_a_driver_is_it_does_not_say_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = {**IDENTITY, "driver": {"name": "good.so", "sha256": "ab" * 32, "sm3": "cd" * 32, "length": 5}}
    told = [{"begin": CHECK}, {"result": RESULT}, *DONE]
    report = ran(monkeypatch, tmp_path, told, identifying=[{"identity": other}, *DONE])
    assert (report.driver.name, report.driver.length) == ("driver.so", 6)
    assert report.results[0].outcome is Outcome.PASSED


@pytest.mark.once
def test_a_driver_that_takes_the_shared_file_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory without a file behind it ends the process that looks at it."""
    monkeypatch.setattr("gmpki.conformance.group_run._SCENE_S", 1.0)
    report = ran(monkeypatch, tmp_path, [{"made": "GMPKI-1"}, {"removed": "GMPKI-1"}], shrinks=True)
    assert report.results[0].outcome is Outcome.FAILED


def test_names_of_functions_that_are_none() -> None:
    with slots_file() as descriptor, CallSlots(descriptor) as slots:
        slots.begin("SKF_EnumDev")
        for place, written in ((64, b"\xff" + b"A" * 63), (128, b"\x04\x1b[2J"), (192, b"\x03\xff\xfe\xfd")):
            os.pwrite(descriptor, written, place)
        assert slots.running() == ("A" * 62, "SKF_EnumDev")
