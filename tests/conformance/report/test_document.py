"""What a report says as a whole: the verdict, what was not run, what the latency comes to."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from conformance.report import samples
from gmpki.algorithms.sm3 import SM3
from gmpki.conformance.model import Clause, Kind, LatencyRow, Outcome, Permission, Result, Severity, Words
from gmpki.conformance.registry import Check
from gmpki.conformance.report.document import DriverFile, Report, ReportedCheck, Verdict
from gmpki.conformance.report.json_form import read_json, write_json
from gmpki.errors import InvalidInputError, InvalidTypeError
from gmpki.tokens.limits import Verdict as LimitsVerdict

ALL_PASS = samples.passing()
REQUIRED, RECOMMENDED = "SKF-BUF-001", "SKF-BUF-003"


@pytest.mark.parametrize(
    ("changes", "verdict", "is_whole"),
    [
        ((), Verdict.PASSED, True),
        (((REQUIRED, Outcome.DEVIATION),), Verdict.DEVIATIONS, True),
        (((RECOMMENDED, Outcome.DEVIATION),), Verdict.DEVIATIONS, True),
        (((RECOMMENDED, Outcome.FAILED),), Verdict.DEVIATIONS, True),
        (((RECOMMENDED, Outcome.UNSUPPORTED),), Verdict.PASSED, True),
        (((RECOMMENDED, Outcome.NOT_RUN),), Verdict.PASSED, True),
        (((REQUIRED, Outcome.NOT_RUN),), Verdict.INCOMPLETE, False),
        (((REQUIRED, Outcome.UNSUPPORTED),), Verdict.UNSUPPORTED, True),
        (((REQUIRED, Outcome.FAILED),), Verdict.FAILED, True),
        (((REQUIRED, Outcome.NOT_RUN), ("SKF-PIN-002", Outcome.UNSUPPORTED)), Verdict.UNSUPPORTED, False),
        (((REQUIRED, Outcome.NOT_RUN), ("SKF-PIN-002", Outcome.FAILED)), Verdict.FAILED, False),
    ],
    ids=lambda value: None if isinstance(value, bool) else str(len(value)) if isinstance(value, tuple) else value.value,
)
def test_verdict(changes: tuple[tuple[str, Outcome], ...], verdict: Verdict, is_whole: bool) -> None:
    report = samples.report(*ALL_PASS, *changes)
    assert (report.verdict, report.is_whole) == (verdict, is_whole)


def test_a_run_that_ended_early_is_never_passed() -> None:
    report = samples.report(*ALL_PASS, is_complete=False, incomplete_why=Words("stopped", "已停止"))
    assert report.verdict is Verdict.INCOMPLETE
    assert not report.is_whole


def test_a_required_check_without_result_is_not_run() -> None:
    whole = samples.report(*ALL_PASS)
    report = replace(whole, results=whole.results[1:])
    assert report.outcomes[REQUIRED].outcome is Outcome.NOT_RUN
    assert report.outcomes[REQUIRED].message == Words("it was not selected for this run", "本次运行未选择此项")
    assert report.verdict is Verdict.INCOMPLETE
    stopped = replace(report, is_complete=False).outcomes[REQUIRED].message
    assert stopped is not None
    assert "ended before" in stopped.en


def test_a_report_without_checks_shows_nothing() -> None:
    assert samples.report(checks=(), results=()).verdict is Verdict.INCOMPLETE


def test_counts() -> None:
    report = samples.report()
    assert report.counts[Severity.REQUIRED, Outcome.PASSED] == 3
    assert report.counts[Severity.RECOMMENDED, Outcome.FAILED] == 1
    assert sum(report.counts.values()) == len(report.checks)


def test_functions_called() -> None:
    assert samples.report().functions_called == ("SKF_ConnectDev", "SKF_ECCVerify", "SKF_EnumDev")


def test_latency_is_judged() -> None:
    judgement = samples.report().judgement
    assert judgement is not None
    assert judgement.verdict is LimitsVerdict.FAILED
    assert [(row.limit.algorithm, row.limit.operation) for row in judgement.failed] == [("sm2", "sign")]
    assert samples.report(limits=None).judgement is None


CHECK = samples.check_of(samples.ROWS[0])
RESULT = samples.result_of(samples.ROWS[0])
SLOW = LatencyRow("sm2", "sign", 10, 0.02, 0.02, 0.03, 0.04)


@pytest.mark.parametrize(
    "fields",
    [
        {"checks": (CHECK, CHECK)},
        {"checks": (CHECK,), "results": (RESULT, RESULT)},
        {"checks": (), "results": (RESULT,)},
        {"latency": (SLOW, SLOW)},
        {"latency": (replace(SLOW, p50_s=0.031),)},
        {"latency": (replace(SLOW, p95_s=0.041),)},
        {"latency": (replace(SLOW, mean_s=0.05),)},
        {"latency": (replace(SLOW, mean_s=0.0),)},
        {"latency": (replace(SLOW, count=0),)},
        {"latency": (replace(SLOW, operation="hop"),)},
        {"latency": (replace(SLOW, algorithm="sm4", operation="encrypt"),)},
        {"ended": samples.STARTED - timedelta(seconds=1)},
        {"started": datetime(2026, 3, 1)},
        {"checks": (CHECK,) * 10_001},
    ],
)
def test_contradictions_are_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError):
        samples.report(**fields)


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "skf"},
        {"driver": "libexample_skf.so"},
        {"is_complete": 1},
        {"limits": "tender"},
        {"started": "2026-03-01"},
        {"checks": None},
        {"checks": ("SKF-BUF-001",)},
        {"results": (None,)},
        {"latency": (0.1,)},
        {"selection": (1,)},
        {"permissions": ("write",)},
        {"device": ()},
        {"driver_profile": None},
        {"environment": "Linux"},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_other_types_are_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidTypeError):
        samples.report(**fields)


def test_values_are_kept_whatever_they_came_in() -> None:
    whole = samples.report()
    report = replace(whole, checks=list(whole.checks), permissions=[Permission.WRITE])
    assert (report.checks, report.permissions) == (whole.checks, frozenset({Permission.WRITE}))


# ---- the driver ---------------------------------------------------------------------------
def test_driver_file(tmp_path: Path) -> None:
    data = bytes(range(256)) * 5000  # longer than one piece
    path = tmp_path / "libexample.so"
    path.write_bytes(data)
    driver = DriverFile.of(path)
    sm3 = SM3()
    sm3.update(data)
    expected = DriverFile("libexample.so", hashlib.sha256(data).hexdigest(), sm3.digest().hex(), len(data))
    assert driver == expected
    assert str(tmp_path) not in repr(driver)


def test_name_that_is_no_text(tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/lib\xff.so"
    with open(path, "wb"):
        pass
    driver = DriverFile.of(os.fsdecode(path))
    assert driver.name == "lib\ufffd.so"
    assert read_json(write_json(samples.report(driver=driver))).driver == driver


def test_driver_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        DriverFile.of(tmp_path / "none.so")


@pytest.mark.parametrize("path", [b"lib.so", 3, None])
def test_driver_file_of_no_path(path: Any) -> None:
    with pytest.raises(InvalidTypeError):
        DriverFile.of(path)


@pytest.mark.parametrize(
    "arguments",
    [
        ("",),
        ("x" * 5000,),
        ("lib.so", "00"),
        ("lib.so", "AB" * 32),
        ("lib.so", "", "zz" * 32),
        ("folder/lib.so", "00" * 32),
        ("folder\\lib.dll", "00" * 32),
        ("lib.so", "", "", -1),
        (1,),
        ("lib.so", b"00"),
        ("lib.so", "", "", 1.0),
    ],
)
def test_driver_file_is_checked(arguments: tuple[Any, ...]) -> None:
    with pytest.raises(InvalidInputError):
        DriverFile(*arguments)


def test_reader_needs_no_file() -> None:
    assert DriverFile("Reader 00/01").sha256 == ""


# ---- checks -------------------------------------------------------------------------------
def test_reported_check_says_what_the_check_says() -> None:
    check = Check(
        id="SKF-XYZ-001",
        group="a group that is not there",
        kind=Kind.SKF,
        title=Words("title", "标题"),
        clause=Clause("GM/T 0016-2012", "7.1.4", "B"),
        severity=Severity.RECOMMENDED,
        permissions=frozenset({Permission.LOCK}),
        functions=("SKF_EnumDev",),
        description="Do it.",
        precondition=Words("two devices", "两台设备"),
    )
    reported = ReportedCheck.of(check)
    for name in (
        "id",
        "group",
        "title",
        "clause",
        "severity",
        "permissions",
        "functions",
        "description",
        "precondition",
    ):
        assert getattr(reported, name) == getattr(check, name)
    assert reported.group_title == Words(check.group, check.group)


def test_group_has_its_title() -> None:
    from gmpki.conformance.registry import groups

    for group in groups(Kind.SKF):
        assert ReportedCheck.of(group.checks[0]).group_title == group.title


def test_a_report_names_no_folder() -> None:
    report = Report(
        Kind.SKF, samples.driver(), samples.STARTED, samples.ENDED, (CHECK,), (Result(CHECK.id, Outcome.PASSED),)
    )
    assert "/" not in report.driver.name
    assert report.verdict is Verdict.PASSED
