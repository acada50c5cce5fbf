"""``gmpki conformance`` about checks and reports that are there: list, show, report, verify, compare."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from cli import conformance_files, seal_files, token_files
from conformance.report import samples
from gmpki.cli import conformance_show
from gmpki.conformance import Kind, Outcome, Report, checks
from gmpki.conformance.model import CONFIDENCE, LatencyRow
from gmpki.conformance.report import read_json, report_page, write_files

pytestmark = pytest.mark.once

Run = Callable[..., Result]
Answer = Callable[..., dict[str, Any]]

FIRST, SECOND, RECOMMENDED = "SKF-BUF-001", "SKF-BUF-002", "SKF-BUF-003"


# ---- list, show ---------------------------------------------------------------------------
def test_every_check_is_listed(answer: Answer) -> None:
    found = [one["id"] for one in answer("conformance", "list")["checks"]]
    assert found == [check.id for kind in Kind for check in checks(kind)]
    of_skf = answer("conformance", "list", "--skf")["checks"]
    assert [one["id"] for one in of_skf] == [check.id for check in checks(Kind.SKF)]
    assert {one["kind"] for one in of_skf} == {"skf"}


@pytest.mark.parametrize(
    ("pattern", "groups"), [("PIN", {"pins", "pin_locks"}), ("skf-pin", {"pins", "pin_locks"}), ("pins", {"pins"})]
)
def test_patterns_choose(answer: Answer, pattern: str, groups: set[str]) -> None:
    found = answer("conformance", "list", "--skf", "--select", pattern)["checks"]
    assert {one["group"] for one in found} == groups
    assert all(one["id"].startswith("SKF-PIN-") for one in found)


def test_a_pattern_may_be_of_one_interface(answer: Answer) -> None:
    found = answer("conformance", "list", "--select", "buffers")["checks"]
    assert {one["kind"] for one in found} == {"skf"}
    told = answer("conformance", "list", "--pkcs11", "--select", "buffers", exit_code=1)
    assert told["error"]["type"] == "InvalidInputError"
    told = answer("conformance", "list", "--select", "no-such-group", exit_code=1)
    assert "chooses no check" in told["error"]["message"]


def test_a_list_for_a_person(run: Run) -> None:
    told = run("conformance", "list", "--skf", "--select", "pins", "--select", FIRST).output
    for check in checks(Kind.SKF):
        assert (check.id in told) is (check.group == "pins" or check.id == FIRST)
    assert "(pins)" in told
    assert "--allow-lock" in told


def test_show(run: Run, answer: Answer) -> None:
    (check,) = [one for one in checks(Kind.SKF) if one.id == FIRST]
    told = run("conformance", "show", FIRST.lower()).output
    for words in (check.title.en, check.title.zh, check.clause.document, check.description, *check.functions):
        assert words in told
    assert answer("conformance", "show", FIRST)["clause_number"] == check.clause.clause
    assert answer("conformance", "show", "SKF-NONE-001", exit_code=1)["error"]["type"] == "InvalidInputError"


def test_what_a_check_takes_is_shown(run: Run) -> None:
    check = next(one for one in checks(Kind.SKF) if len(one.permissions) > 1 and one.precondition is not None)
    told = run("conformance", "show", check.id).output
    assert check.precondition is not None
    assert check.precondition.zh in told
    for permission in check.permissions:
        assert f"--allow-{permission.value}" in told


def test_every_confidence_has_words() -> None:
    assert tuple(conformance_show.CONFIDENCE) == CONFIDENCE


# ---- report -------------------------------------------------------------------------------
def changed(report: Report, outcome: Outcome, check: str = FIRST) -> Report:
    results = [replace(one, outcome=outcome) if one.check == check else one for one in report.results]
    return replace(report, results=tuple(results))


GOOD = conformance_files.good()
SLOW = samples.report().limits


def chosen(*identifiers: str, report: Report = GOOD, **fields: Any) -> Report:
    """A run of these checks of a report, whose first one measures."""
    results = tuple(one for one in report.results if one.check in identifiers)
    checks_of = tuple(replace(one, group="latency") if one.id == FIRST else one for one in report.checks)
    return replace(report, selection=identifiers, checks=checks_of, results=results, **fields)


@pytest.mark.parametrize(
    ("report", "exit_code", "words"),
    [
        (GOOD, 0, "Every required check passed."),
        (changed(GOOD, Outcome.DEVIATION), 0, "Passed with deviations"),
        (changed(GOOD, Outcome.FAILED, "SKF-BUF-003"), 0, "Passed with deviations"),
        (changed(GOOD, Outcome.FAILED), 1, f"required checks failed: 1 ({FIRST})"),
        (changed(GOOD, Outcome.UNSUPPORTED), 1, f"required and not supported: 1 ({FIRST})"),
        (changed(GOOD, Outcome.NOT_RUN), 1, f"did not run: 1 ({FIRST})"),
        (replace(GOOD, is_complete=False), 1, "incomplete, which is no pass"),
        (replace(GOOD, limits=SLOW), 1, "limits of latency are not kept: "),
        (replace(GOOD, limits=SLOW, latency=()), 1, "mandatory, and not measured: "),
        (chosen(SECOND), 0, "no verdict on the token"),
        (chosen(SECOND, RECOMMENDED), 0, "no verdict on the token"),
        (chosen(SECOND, RECOMMENDED, report=changed(GOOD, Outcome.FAILED, RECOMMENDED)), 0, "no verdict on the token"),
        (chosen(SECOND, report=changed(GOOD, Outcome.FAILED)), 0, "no verdict on the token"),
        (chosen(SECOND, report=changed(GOOD, Outcome.DEVIATION, SECOND)), 0, "no verdict on the token"),
        (chosen(SECOND, report=changed(GOOD, Outcome.FAILED, SECOND)), 1, f"checks failed: 1 ({SECOND})"),
        (chosen(SECOND, report=changed(GOOD, Outcome.UNSUPPORTED, SECOND)), 1, f"not supported: 1 ({SECOND})"),
        (chosen(SECOND, report=changed(GOOD, Outcome.NOT_RUN, SECOND)), 1, f"without a verdict: 1 ({SECOND})"),
        (
            chosen(SECOND, RECOMMENDED, report=changed(GOOD, Outcome.NOT_RUN, RECOMMENDED)),
            1,
            f"chosen, and without a verdict: 1 ({RECOMMENDED})",
        ),
        (chosen(SECOND, is_complete=False), 1, "stopped before every check that was chosen had a verdict"),
        (chosen(SECOND, limits=SLOW), 1, "limits of latency are not kept: "),
        (chosen(SECOND, limits=SLOW, latency=()), 0, "no verdict on the token"),
        (chosen(FIRST, limits=SLOW, latency=()), 1, "mandatory, and not measured: "),
    ],
    ids=[
        "passed",
        "deviation",
        "recommended",
        "failed",
        "unsupported",
        "incomplete",
        "stopped",
        "slow",
        "not-measured",
        "chosen",
        "chosen-two",
        "chosen-recommended-failed",
        "chosen-beside-failed",
        "chosen-deviation",
        "chosen-failed",
        "chosen-unsupported",
        "chosen-not-run",
        "chosen-recommended-not-run",
        "chosen-stopped",
        "chosen-slow",
        "chosen-without-latency",
        "chosen-latency-not-measured",
    ],
)
def test_each_verdict_has_an_exit_code(run: Run, answer: Answer, report: Report, exit_code: int, words: str) -> None:
    write_files(report, "r")
    assert words in run("conformance", "report", "r", exit_code=exit_code).output
    told = answer("conformance", "report", "r/report.json", exit_code=exit_code)
    assert told["verdict"] == report.verdict.value
    assert told["selection"] == list(report.selection)
    assert not report.selection or told["verdict"] in ("incomplete", "failed", "unsupported")


def test_forms_are_written_again(answer: Answer, run: Run) -> None:
    write_files(GOOD, "r")
    told = answer("conformance", "report", "r", "--html", "p.html", "--junit", "j.xml", "--output", "c.json")
    assert told["files"] == ["c.json", "j.xml", "p.html"]
    for name, copy in (("html", "p.html"), ("xml", "j.xml"), ("json", "c.json")):
        assert Path(copy).read_bytes() == Path(f"r/report.{name}").read_bytes()
    assert answer("conformance", "report", "r", "--html", "p.html", exit_code=1)["error"]["type"] == "FileExistsError"
    run("conformance", "report", "r", "--html", "p.html", "--force")
    run("conformance", "report", "r", "--html", "-", exit_code=2)


def test_what_a_token_says_of_itself_does_not_reach_the_terminal(run: Run) -> None:
    write_files(replace(GOOD, device={"label": "\x1b[2J\u202etext"}), "r")
    assert "\x1b" not in run("conformance", "report", "r").output


@pytest.mark.parametrize(
    ("content", "error"),
    [(b"", "InvalidInputError"), (b"{}", "InvalidInputError"), (b"[" * 100, "InvalidInputError"), (None, "OSError")],
    ids=["empty", "nothing", "deep", "absent"],
)
@pytest.mark.parametrize("verb", [("report",), ("verify", "--signature-only"), ("compare", "good")], ids=lambda v: v[0])
def test_what_is_no_report(answer: Answer, verb: tuple[str, ...], content: bytes | None, error: str) -> None:
    write_files(GOOD, "good")
    if content is not None:
        Path("odd.json").write_bytes(content)
    told = answer("conformance", *verb, "odd.json", exit_code=1)["error"]
    assert told["type"] == (error if content is not None else "FileNotFoundError")
    assert "odd.json" in told["message"]


def test_an_empty_folder_holds_no_report(answer: Answer) -> None:
    Path("r").mkdir()
    assert answer("conformance", "report", "r", exit_code=1)["error"]["type"] == "FileNotFoundError"


# ---- verify -------------------------------------------------------------------------------
VERIFY = ("conformance", "verify", "--anchor", "root.pem")


def test_a_signature_holds(answer: Answer, run: Run) -> None:
    conformance_files.write_reports()
    told = answer(*VERIFY, "acceptance")
    assert (told["is_trusted"], told["signed_at"], told["verdict"]) == (True, None, "passed")
    assert "张三" in told["signers"][0]
    assert set(told["forms"].values()) == {"same"}
    assert set(told["forms"]) == {"acceptance/report.html", "acceptance/report.xml"}
    told = answer("conformance", "verify", "--signature-only", "acceptance/report.json")
    assert not told["is_trusted"]
    assert "张三" in run(*VERIFY, "acceptance").output


def test_another_report_under_the_same_signature(answer: Answer) -> None:
    conformance_files.write_reports()
    Path("acceptance/report.json").write_bytes(Path("version-1/report.json").read_bytes())
    assert answer(*VERIFY, "acceptance", exit_code=1)["error"]["type"] == "InvalidSignature"


@pytest.mark.parametrize("name", ["report.html", "report.xml"])
def test_another_form_that_says_something_else(answer: Answer, name: str) -> None:
    conformance_files.write_reports()
    path = Path("acceptance", name)
    path.write_bytes(path.read_bytes().replace("通过".encode(), "未过".encode()) + b"\n")
    told = answer(*VERIFY, "acceptance", exit_code=1)
    assert told["error"]["type"] == "TamperedError"
    assert told["forms"][str(path)] == "differs"
    path.unlink()
    assert str(path) not in answer(*VERIFY, "acceptance")["forms"]


def test_forms_of_another_version_are_not_compared(answer: Answer) -> None:
    seal_files.write_people()
    write_files(replace(GOOD, environment={"gmpki": "0.0"}), "r")
    conformance_files.write_signature("r")
    Path("r/report.html").write_text("another layout", encoding="ascii")
    assert set(answer(*VERIFY, "r")["forms"].values()) == {"other-version"}


def test_who_is_not_trusted(answer: Answer, run: Run) -> None:
    conformance_files.write_reports()
    told = answer("conformance", "verify", "--anchor", "maker-root.pem", "acceptance", exit_code=1)
    assert told["error"]["type"] == "ValidationError"
    run("conformance", "verify", "acceptance", exit_code=2)
    run(*VERIFY, "-", exit_code=2)


def test_no_signature(answer: Answer) -> None:
    conformance_files.write_reports()
    told = answer(*VERIFY, "version-1", exit_code=1)["error"]
    assert told["type"] == "FileNotFoundError"
    assert "version-1/report.json.p7s" in told["message"]
    told = answer(*VERIFY, "version-1", "--signature", "acceptance/report.json.p7s", exit_code=1)["error"]
    assert told["type"] == "InvalidSignature"


# ---- compare ------------------------------------------------------------------------------
def test_better_and_worse(answer: Answer, run: Run) -> None:
    write_files(changed(GOOD, Outcome.FAILED), "old")
    write_files(GOOD, "new")
    told = answer("conformance", "compare", "old", "new")
    assert [(one["check"], one["direction"]) for one in told["checks"]] == [(FIRST, "better")]
    told = answer("conformance", "compare", "new", "old", exit_code=1)
    assert told["error"]["message"] == f"it got worse: {FIRST}"
    assert FIRST in run("conformance", "compare", "new/report.json", "old", exit_code=1).output
    assert answer("conformance", "compare", "new", "new")["checks"] == []


def test_slower_is_worse(answer: Answer) -> None:
    row = LatencyRow("sm2", "sign", 200, 0.010, 0.010, 0.011, 0.012)
    write_files(replace(GOOD, latency=(row,)), "old")
    slow = replace(row, mean_s=0.020, p50_s=0.020, p95_s=0.021, max_s=0.022)
    write_files(replace(GOOD, latency=(slow,)), "new")
    told = answer("conformance", "compare", "old", "new", exit_code=1)
    assert told["error"]["message"] == "it got worse: sm2 sign takes longer"
    answer("conformance", "compare", "new", "old")


def test_different_interfaces(answer: Answer) -> None:
    write_files(GOOD, "old")
    write_files(replace(GOOD, kind=Kind.PKCS11), "new")
    assert answer("conformance", "compare", "old", "new", exit_code=1)["error"]["type"] == "InvalidInputError"


# ---- time-stamps --------------------------------------------------------------------------
def test_a_report_signed_by_a_token_and_time_stamped(answer: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
    token_files.set_variables(monkeypatch)
    token_files.write_token()
    seal_files.write_tsa()
    reply = f"{sys.executable} -m gmpki tsa reply --key tsa.key --certificate tsa.pem --serials tsa.serials"
    stamp = ("--stamp-command", f"{reply} --policy 1.2.156.99999.1", "--stamp-anchor", "root.pem")
    sign = ("--sign", token_files.CONTAINER, "--password-env", "USER_PIN")
    asked = ("conformance", "run", "--soft", "--select", "SKF-ABI-001", "--report", "r", *sign, *stamp)
    signed_by = answer(*asked)["signed_by"]
    told = answer(*VERIFY, "--tsa-anchor", "root.pem", "r")
    assert told["signers"] == [signed_by]
    assert told["signed_at"] is not None
    page = Path("r/report.html").read_text(encoding="utf-8")
    data = Path("r/report.json").read_bytes()
    assert page == report_page(read_json(data), data)
