"""What an office tells at the command line: searches, applications and holders shown, tokens, reports, reminders."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import click
import pytest

from cli import ca_files, ca_office, seal_files
from gmpki.ca.operators.appointments import Appointment, change_appointment
from gmpki.ca.operators.permissions import Permission
from gmpki.ca.operators.regions import add_region
from gmpki.ca.registration.media import MediumState
from gmpki.ca.registration.states import ApplicationState, PairState
from gmpki.ca.reports.counts import By
from gmpki.ca.store import store
from gmpki.cli import ca_report, ca_search, ca_tokens
from gmpki.x509.issuing import self_signed
from gmpki.x509.names import parse_name

Run = Callable[..., click.testing.Result]
Answer = Callable[..., dict[str, Any]]

# An office in a directory of its own for each test takes long, and the interpreter is none of its matters.
pytestmark = pytest.mark.once


def by(name: str) -> list[str]:
    """Return the options of a command that an operator runs."""
    return ca_files.operator(name)


@pytest.fixture(autouse=True)
def _directory(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    ca_files.set_variables(monkeypatch)
    ca_files.write_ca()


@pytest.fixture
def _pairs() -> None:
    """Have one pair delivered, one issued, and an application entered."""
    with ca_office.opened() as office:
        office.delivered(0, token_serial="00a1")
        office.issued(1)
        office.entered(2, business_kind="医保")


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Give a function that moves the clock of every store that is opened from then on."""

    def move(**by: float) -> None:
        monkeypatch.setattr(store, "_system_time", lambda: datetime.now(timezone.utc) + timedelta(**by))

    return move


def test_words_on_the_command_line_are_those_of_the_office() -> None:
    assert tuple(state.value for state in PairState) == ca_search.PAIR_STATES
    assert tuple(state.value for state in ApplicationState) == ca_search.APPLICATION_STATES
    assert tuple(state.value for state in MediumState) == ca_tokens.STATES
    assert [name.upper().replace("-", "_") for name in ca_report.BY] == [each.name for each in By]


# ---- search ---------------------------------------------------------------------------------
@pytest.mark.usefixtures("_pairs")
@pytest.mark.parametrize(
    ("criteria", "found"),
    [
        ([], [2, 1]),
        (["--identity", "１１０１０５ 19491231 002x"], [2, 1]),
        (["--identity", "E10000009"], []),
        (["--name-prefix", "张"], [1, 2]),
        (["--name", "张"], []),
        (["--contact-prefix", "李"], [1, 2]),
        (["--token-serial", "00a1"], [1]),
        (["--state", "active"], [1]),
        (["--handler", "clerk", "--profile", "personal", "--authority", "ca"], [2, 1]),
        (["--since", "2100-01-01"], []),
        (["--until", "2100-01-01"], [2, 1]),
        (["--subject-prefix", "CN=张三"], [1, 2]),
    ],
)
def test_pairs_are_found(answer: Answer, criteria: list[str], found: list[int]) -> None:
    pairs = answer("ca", "search", "pairs", *criteria, *by("auditor"))["pairs"]
    assert [each["pair"] for each in pairs] == found


@pytest.mark.usefixtures("_pairs")
def test_pages_follow_each_other(answer: Answer, run: Run) -> None:
    first = answer("ca", "search", "pairs", "--limit", "1", *by("clerk"))
    assert [each["pair"] for each in first["pairs"]] == [2]
    last = answer("ca", "search", "pairs", "--limit", "1", "--after", first["next"], *by("clerk"))
    assert ([each["pair"] for each in last["pairs"]], last["next"]) == ([1], None)
    assert "--after " in run("ca", "search", "pairs", "--limit", "1", *by("clerk")).stdout
    assert "nothing found" in run("ca", "search", "pairs", "--name", "没有", *by("clerk")).stdout


@pytest.mark.usefixtures("_pairs")
def test_applications_and_applicants_are_found(answer: Answer, run: Run) -> None:
    found = answer("ca", "search", "applications", "--business-kind", "医保", *by("clerk"))["applications"]
    assert [(each["application"], each["operation"], each["state"]) for each in found] == [(3, "apply", "entered")]
    named = answer("ca", "search", "applications", "--reference", found[0]["reference"], *by("clerk"))
    assert named["applications"] == found
    assert found[0]["region"] == "000000"
    told = run("ca", "search", "applicants", ca_office.IDENTITY, *by("clerk")).stdout
    assert "110105********002X" in told
    assert ca_office.IDENTITY not in told
    number = f"{ca_office.IDENTITY}\n".encode()
    assert run("ca", "search", "applicants", "-", *by("clerk"), stdin=number).stdout == told
    told = run("ca", "search", "pairs", "--identity", "-", "--json", *by("clerk"), stdin=number).stdout
    assert [each["pair"] for each in json.loads(told)["pairs"]] == [2, 1]


@pytest.mark.parametrize(
    "options",
    [
        ["pairs", "--state", "entered"],
        ["pairs", "--serial", "xyz"],
        ["pairs", "--since", "yesterday"],
        ["pairs", "--limit", "0"],
        ["applications", "--state", "active"],
        ["applicants"],
    ],
)
def test_searches_that_are_no_command(answer: Answer, options: list[str]) -> None:
    answer("ca", "search", *options, *by("clerk"), exit_code=2)


@pytest.mark.parametrize("options", [["pairs", "--after", "nonsense"], ["pairs", "--name", ""]])
def test_searches_that_are_refused(answer: Answer, options: list[str]) -> None:
    assert answer("ca", "search", *options, *by("clerk"), exit_code=1)["error"]["type"] == "InvalidInputError"


@pytest.mark.usefixtures("_pairs")
def test_an_operator_sees_their_own_region_only(answer: Answer) -> None:
    with ca_office.opened() as office:
        boss = office.staff("administrator")
        certificate = self_signed(parse_name("C=CN, O=示例电子认证, CN=clerk"), ca_office.key(9), "root-ca")
        with office.store.transaction() as tx:
            region = add_region(tx, boss.actor, code="110000", title="别处").id
            allowed = frozenset({Permission.ENTRY, Permission.ADMINISTRATION})
            change_appointment(tx, boss, Appointment("clerk", "录入员", certificate, allowed, region))
    assert answer("ca", "search", "pairs", *by("clerk"))["pairs"] == []
    assert answer("ca", "search", "applicants", ca_office.IDENTITY, *by("clerk"))["applicants"] == []
    assert answer("ca", "report", "pairs", *by("clerk"))["total"] == 0
    assert answer("ca", "report", "ledger", *by("clerk"))["applications"] == []
    for what in ("application", "pair", "applicant"):
        error = answer("ca", "show", what, "1", *by("clerk"), exit_code=1)["error"]
        assert error["type"] == "NotPermittedError"


# ---- show -----------------------------------------------------------------------------------
@pytest.mark.usefixtures("_pairs")
def test_an_application_is_shown(answer: Answer, run: Run) -> None:
    shown = answer("ca", "show", "application", "1", *by("reviewer"))
    assert [shown[f"{step}_by"] for step in ("entered", "proofread", "reviewed", "issued")] == [
        "clerk",
        "proofreader",
        "reviewer",
        "issuer",
    ]
    assert (shown["applicant_name"], shown["region"], shown["attachments"]) == ("张三", "000000", [])
    told = run("ca", "show", "application", "3", *by("proofreader")).stdout
    assert "校对 proofread" in told
    assert "110105********002X" in told
    assert answer("ca", "show", "application", "9", *by("clerk"), exit_code=1)["error"]["type"] == "NotFoundError"


@pytest.mark.usefixtures("_pairs")
def test_a_pair_is_shown_with_its_certificates(answer: Answer, run: Run) -> None:
    shown = answer("ca", "show", "pair", "1", "--pem", *by("reviewer"))
    assert (shown["state"], shown["token_serial"], shown["receipt"]) == ("active", "00a1", "张三")
    assert "renew" in shown["possible"]
    assert [text.splitlines()[0] for text in shown["pem"]] == ["-----BEGIN CERTIFICATE-----"] * 2
    Path("pair.pem").write_text(run("ca", "show", "pair", "1", "--pem", *by("reviewer")).stdout, "utf-8")
    run("cert", "pair", "check", "pair.pem")


@pytest.mark.usefixtures("_pairs")
def test_numbers_are_shown_whole_only_with_an_entry_in_the_audit_log(answer: Answer) -> None:
    hidden = answer("ca", "show", "applicant", "1", *by("proofreader"))
    assert (hidden["identity"], hidden["contact_phone"]) == ("110105********002X", "000****0000")
    assert "幸福" not in json.dumps(hidden, ensure_ascii=False)
    assert [(each["kind"], each["id"]) for each in hidden["held"]] == [("pair", 2), ("pair", 1), ("application", 3)]
    whole = answer("ca", "show", "applicant", "1", "--in-full", *by("proofreader"))
    assert whole["identity"] == ca_office.IDENTITY
    entries = answer("ca", "audit", "list", *by("auditor"))["entries"]
    assert [each["by"] for each in entries if each["operation"] == "applicant.show"] == ["proofreader"]


# ---- tokens ---------------------------------------------------------------------------------
def test_the_register_of_tokens(answer: Answer, run: Run) -> None:
    Path("serials.txt").write_text("00a2\n\n00a3\n", "utf-8")
    assert (
        answer("ca", "tokens", "add", "00a1", "--list", "serials.txt", "--maker", "厂商", *by("issuer"))["added"] == 3
    )
    again = answer("ca", "tokens", "add", "00a4", "00a1", *by("issuer"), exit_code=1)["error"]
    assert again["type"] == "ConflictError"
    page = answer("ca", "tokens", "list", "--limit", "2", *by("clerk"))
    assert ([each["serial"] for each in page["tokens"]], page["next"]) == (["00a1", "00a2"], "00a2")
    with ca_office.opened() as office:
        office.delivered(token_serial="00a1")
    assert answer("ca", "tokens", "list", "--state", "issued", *by("clerk"))["tokens"][0]["pair"] == 1
    assert answer("ca", "tokens", "set", "00a2", "damaged", "--reason", "外壳", *by("issuer"))["state"] == "damaged"
    back = answer("ca", "tokens", "set", "00a2", "stock", *by("issuer"), exit_code=1)["error"]
    assert back["type"] == "LifeCycleError"
    shown = answer("ca", "tokens", "show", "00a1", *by("clerk"))
    assert [each["operation"] for each in shown["history"]] == ["medium.register", "medium.issued"]
    assert "medium.damaged" in run("ca", "tokens", "show", "00a2", *by("clerk")).stdout


@pytest.mark.parametrize(
    ("options", "exit_code", "kind"),
    [
        (["add"], 2, "UsageError"),
        (["add", "两 个"], 1, "InvalidInputError"),
        (["set", "00a1", "issued"], 2, "UsageError"),
        (["set", "00a1", "lost"], 1, "NotFoundError"),
        (["show", "00a1"], 1, "NotFoundError"),
    ],
)
def test_tokens_that_are_refused(answer: Answer, options: list[str], exit_code: int, kind: str) -> None:
    assert answer("ca", "tokens", *options, *by("issuer"), exit_code=exit_code)["error"]["type"] == kind


def test_who_keeps_no_account_of_tokens(answer: Answer) -> None:
    assert answer("ca", "tokens", "add", "00a1", *by("clerk"), exit_code=1)["error"]["type"] == "NotPermittedError"
    assert answer("ca", "tokens", "list", *by("clerk"))["tokens"] == []


# ---- reports --------------------------------------------------------------------------------
@pytest.mark.usefixtures("_pairs")
def test_counts(answer: Answer, run: Run) -> None:
    found = answer("ca", "report", "pairs", "--by", "state", "--by", "region", *by("administrator"))
    assert found["counts"] == [
        {"state": "active", "region": "000000", "count": 1},
        {"state": "issued", "region": "000000", "count": 1},
    ]
    assert found["total"] == 2
    assert "合计  total  3" in run("ca", "report", "applications", "--by", "operation", *by("administrator")).stdout
    assert answer("ca", "report", "pairs", "--since", "2100-01-01", *by("administrator"))["total"] == 0
    twice = ("--by", "day", "--by", "month")
    assert (
        answer("ca", "report", "pairs", *twice, *by("administrator"), exit_code=1)["error"]["type"]
        == "InvalidInputError"
    )
    assert answer("ca", "report", "pairs", "--by", "operation", *by("administrator"), exit_code=2)
    assert answer("ca", "report", "pairs", *by("clerk"), exit_code=1)["error"]["type"] == "NotPermittedError"


def test_seals_are_counted(answer: Answer) -> None:
    seal_files.write_seals()
    found = answer("ca", "report", "seals", "--registry", "seals", "--by", "state", *by("administrator"))
    assert found["total"] == sum(each["count"] for each in found["counts"]) > 0


@pytest.mark.usefixtures("_pairs")
def test_the_ledger_as_csv(answer: Answer, run: Run) -> None:
    told = answer("ca", "report", "ledger", *by("administrator"))["applications"]
    assert [each["state"] for each in told] == ["delivered", "issued", "entered"]
    assert answer("ca", "report", "ledger", "--csv", "l.csv", *by("administrator"))["rows"] == 3
    data = Path("l.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf"), "spreadsheets know it by this mark"
    assert Path("l.csv").stat().st_mode & 0o077 == 0
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
    assert (rows[0]["name"], rows[0]["state"], rows[0]["region"]) == ("张三", "delivered", "000000")
    error = answer("ca", "report", "ledger", "--csv", "l.csv", *by("administrator"), exit_code=1)["error"]
    assert error["type"] == "FileExistsError"
    assert "张三" in run("ca", "report", "ledger", "--csv", "-", *by("administrator")).stdout
    assert run("ca", "report", "ledger", "--until", "2000-01-01", *by("administrator")).stdout.split() == [
        "合计",
        "total",
        "0",
    ]


def test_what_a_spreadsheet_would_run_is_only_text(answer: Answer) -> None:
    with ca_office.opened() as office:
        office.entered(business_kind="=1+1")
    answer("ca", "report", "applications", "--by", "business-kind", "--csv", "c.csv", *by("administrator"))
    assert "'=1+1,1" in Path("c.csv").read_text("utf-8-sig")


@pytest.mark.usefixtures("_pairs")
def test_delays(answer: Answer, run: Run, later: Callable[..., None]) -> None:
    assert answer("ca", "report", "delays", *by("administrator"))["delays"] == []
    later(days=30)
    found = answer("ca", "report", "delays", *by("administrator"))
    assert {each["clock"] for each in found["delays"] if each["late"]} == {"answer", "delivery"}
    Path("days.json").write_text('{"holidays": [], "worked": []}', "utf-8")
    options = ("--answer-days", "300", "--delivery-days", "300", "--calendar", "days.json", "--csv", "d.csv")
    assert answer("ca", "report", "delays", *options, *by("administrator"))["rows"] == 0
    assert Path("d.csv").read_text("utf-8-sig").startswith("clock,subject,region")
    Path("days.json").write_bytes(b"\xff")
    error = answer("ca", "report", "delays", "--calendar", "days.json", *by("administrator"), exit_code=1)["error"]
    assert error["type"] == "InvalidInputError"


# ---- expiring -------------------------------------------------------------------------------
@pytest.mark.usefixtures("_pairs")
def test_reminders_come_once_for_each_threshold(answer: Answer, run: Run, later: Callable[..., None]) -> None:
    assert answer("ca", "expiring", *by("clerk"))["pairs"] == []
    later(days=729 - 20)
    listed = answer("ca", "expiring", "--within", "30", *by("clerk"))["pairs"]
    assert [each["pair"] for each in listed] == [1, 2]
    remind = ("ca", "expiring", "--remind", "r.jsonl")
    assert answer(*remind, "--scheduled", "--password-env", "CA_PASSWORD")["reminders"] == 2
    assert answer(*remind, *by("administrator"))["reminders"] == 0
    lines = [json.loads(line) for line in Path("r.jsonl").read_text("utf-8").splitlines()]
    assert [(each["pair"], each["threshold_days"], each["contact"]["email"]) for each in lines] == [
        (1, 30, "lisi@example.cn"),
        (2, 30, "lisi@example.cn"),
    ]
    assert Path("r.jsonl").stat().st_mode & 0o077 == 0
    later(days=729 - 5)
    assert answer(*remind, *by("administrator"))["reminders"] == 2
    assert answer(*remind, *by("clerk"), exit_code=1)["error"]["type"] == "NotPermittedError"


@pytest.mark.usefixtures("_pairs")
def test_reminders_that_cannot_be_written_stay_due(answer: Answer, later: Callable[..., None]) -> None:
    later(days=729 - 20)
    Path("folder").mkdir()
    failed = answer("ca", "expiring", "--remind", "folder", *by("administrator"), exit_code=1)
    assert (failed["reminders"], len(failed["failed"])) == (0, 2)
    later(days=729 - 20, seconds=2)
    assert answer("ca", "expiring", "--remind", "r.jsonl", *by("administrator"))["reminders"] == 2


@pytest.mark.parametrize("options", [["--threshold", "5"], ["--scheduled"], ["--remind", "-"], ["--within", "-1"]])
def test_reminders_that_are_no_command(answer: Answer, options: list[str]) -> None:
    answer("ca", "expiring", *options, *by("administrator"), exit_code=2)


@pytest.mark.usefixtures("_pairs")
def test_what_has_expired_is_closed(answer: Answer, run: Run, later: Callable[..., None]) -> None:
    later(days=731)
    assert answer("ca", "renew", "1", *by("clerk"), exit_code=1)["error"]["type"] == "LifeCycleError"
    assert "已过期  expired  2" in run("ca", "expire", "--scheduled", "--password-env", "CA_PASSWORD").stdout
    assert answer("ca", "show", "pair", "1", *by("clerk"))["state"] == "expired"
    assert answer("ca", "expire", *by("administrator"))["expired"] == 0
