"""gmpki ca status, crl, ocsp, publish, inspect, key, audit, backup, restore."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import click
import pytest

from cli import ca_files
from services.asgi import ask

Run = Callable[..., click.testing.Result]
Answer = Callable[..., dict[str, Any]]

OPENED = ("--password-env", "CA_PASSWORD")
ADMINISTRATOR = (*OPENED, "--as", "administrator")
AUDITOR = (*OPENED, "--as", "auditor")
SCHEDULED = (*OPENED, "--scheduled")
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"


@pytest.fixture(autouse=True)
def _ca(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    ca_files.set_variables(monkeypatch)
    ca_files.write_ca()


def test_status(run: Run, answer: Answer) -> None:
    found = answer("ca", "status", *OPENED)
    assert found["database"] == f"sqlite:///{Path('ca/ca.db').absolute()}"
    assert [(each["authority"], each["state"]) for each in found["keys"]] == [("root", "active"), ("ca", "active")]
    assert found["operators"] == {"active": 9}
    assert found["encryption_keys"] == {"spare": 4}
    assert found["development"] is True
    text = run("ca", "status", *OPENED).stdout
    assert "待发布" in text
    assert "keys/" not in text


# ---- lists and publication --------------------------------------------------------------------
def test_lists_are_made_once_they_are_due(run: Run, answer: Answer) -> None:
    made = answer("ca", "crl", "make", *SCHEDULED)["lists"]
    assert [(one["authority"], one["entries"]) for one in made] == [("root", 0), ("ca", 0)]
    assert answer("ca", "crl", "make", *SCHEDULED)["lists"] == []
    (now,) = answer("ca", "crl", "make", "--now", "--authority", "ca", *ADMINISTRATOR)["lists"]
    assert now["number"] > made[1]["number"]
    assert len(answer("ca", "crl", "list", *OPENED)["lists"]) == 2
    run("ca", "crl", "get", *OPENED, "--output", "ca.crl")
    run("crl", "verify", "--issuer", "ca/certificates/ca.pem", "ca.crl")


@pytest.mark.parametrize(
    ("options", "code", "kind"),
    [
        (["make", "--now", "--scheduled"], 2, "UsageError"),
        (["make", "--as", "clerk"], 1, "NotPermittedError"),
        (["make"], 2, "UsageError"),
        (["make", "--authority", "other", "--scheduled"], 1, "NotFoundError"),
        (["get", "--output", "x"], 1, "NotFoundError"),
        (["get", "--generation", "2", "--output", "x"], 1, "NotFoundError"),
    ],
)
def test_lists_that_are_not_made(answer: Answer, options: list[str], code: int, kind: str) -> None:
    assert answer("ca", "crl", *options, *OPENED, exit_code=code)["error"]["type"] == kind


def test_a_root_whose_key_is_kept_elsewhere(answer: Answer) -> None:
    Path("ca/keys/root-1.pem").rename("root-1.pem")
    assert [one["authority"] for one in answer("ca", "crl", "make", *SCHEDULED)["lists"]] == ["ca"]


def test_publishing_and_a_planted_difference(run: Run, answer: Answer) -> None:
    run("ca", "crl", "make", *SCHEDULED)
    done = answer("ca", "publish", *SCHEDULED)
    assert done["done"] >= 4
    assert done["failed"] == 0
    looked = ("ca", "inspect", *ADMINISTRATOR)
    assert answer(*looked, "--report", "inspection.json")["clean"] is True
    assert Path("inspection.json").read_bytes().startswith(b"{")
    assert re.fullmatch(TIME, json.loads(Path("inspection.json").read_bytes())["at"])
    assert re.search(TIME, run(*looked).stdout)
    assert "+00:00" not in run(*looked).stdout
    assert answer(*looked, "--report", "inspection.json", exit_code=1)["error"]["type"] == "FileExistsError"
    (published,) = Path("ca/public/crl").glob("ca-*.crl")
    published.write_bytes(b"something else")
    found = answer(*looked, exit_code=1)
    assert found["clean"] is False
    assert "has found 1 thing\n" in run(*looked, exit_code=1).stderr


def test_a_place_that_cannot_be_written(answer: Answer) -> None:
    Path("ca/public").write_bytes(b"a file")
    assert answer("ca", "publish", *SCHEDULED, exit_code=1)["error"]["type"] == "PublicationError"


def test_a_publisher_without_its_password(answer: Answer) -> None:
    path = Path("ca/ca.toml")
    entry = '\n[publishers.l]\nldap = "ldaps://localhost"\nbase = "o=x"\nuser = "cn=x"\npassword_env = "NO_SUCH"\n'
    path.write_text(path.read_text(encoding="utf-8") + entry, encoding="utf-8")
    assert "NO_SUCH" in answer("ca", "publish", *SCHEDULED, exit_code=2)["error"]["message"]


# ---- OCSP -----------------------------------------------------------------------------------
def asked(run: Run) -> None:
    run("ocsp", "request", "--issuer", "ca/certificates/ca.pem", "--output", "status.req", "ca/operators/clerk.pem")


def test_ocsp_is_answered(run: Run) -> None:
    asked(run)
    run("ca", "ocsp", "answer", *OPENED, "--output", "status.der", "status.req")
    verify = ("ocsp", "verify", "--issuer", "ca/certificates/ca.pem", "--request", "status.req")
    run(*verify, "--response", "status.der", "ca/operators/clerk.pem")


@pytest.mark.parametrize("request_der", [b"", b"junk", b"\x30\x00"], ids=["empty", "junk", "nothing-asked"])
def test_ocsp_of_what_is_no_request(run: Run, answer: Answer, request_der: bytes) -> None:
    Path("junk.req").write_bytes(request_der)
    asking = ("ca", "ocsp", "answer", *OPENED, "--force", "--output", "status.der", "junk.req")
    found = answer(*asking, exit_code=1)
    assert (found["status"], found["output"]) == ("malformedRequest", "status.der")
    assert found["error"]["type"] == "ResponderError"
    assert "malformedRequest" in run(*asking, exit_code=1).stdout
    assert Path("status.der").read_bytes() == bytes.fromhex("30030a0101"), "who asked is told so"


def test_ocsp_is_served(run: Run, answer: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
    asked(run)
    replies = []

    def served(application: Any, **options: Any) -> None:
        content = Path("status.req").read_bytes()
        replies.append(ask(application, "POST", "/", content, content_type="application/ocsp-request"))
        assert options["port"] == 8181

    monkeypatch.setattr("gmpki.cli._serving._run", served)
    assert answer_after_notice(run, "ca", "ocsp", "serve", "--port", "8181", *OPENED)
    assert replies[0].status_code == 200
    assert replies[0].headers["content-type"] == "application/ocsp-response"


def answer_after_notice(run: Run, *arguments: str) -> bool:
    """Run a command that says on standard error that it listens."""
    return "listening" in run(*arguments, "--json").stderr


def test_the_responder_is_certified_anew(run: Run, answer: Answer) -> None:
    before = Path("ca/certificates/ocsp.pem").read_bytes()
    assert answer("ca", "ocsp", "renew", *SCHEDULED)["output"] == "ca/certificates/ocsp.pem"
    assert Path("ca/certificates/ocsp.pem").read_bytes() != before
    asked(run)
    run("ca", "ocsp", "answer", *OPENED, "--output", "status.der", "status.req")


def test_ocsp_without_a_responder(answer: Answer) -> None:
    path = Path("ca/ca.toml")
    path.write_text(path.read_text(encoding="utf-8").partition("[ocsp]")[0], encoding="utf-8")
    Path("status.req").write_bytes(b"x")
    answered = answer("ca", "ocsp", "answer", *OPENED, "--output", "x", "status.req", exit_code=2)
    assert "[ocsp]" in answered["error"]["message"]


# ---- keys -----------------------------------------------------------------------------------
def test_keys_are_rolled_over(run: Run, answer: Answer) -> None:
    roll = ("ca", "key", "roll-over", "--yes", *ADMINISTRATOR)
    assert answer(*roll)["number"] == 2
    assert answer(*roll, "--authority", "root")["number"] == 2
    states = [
        (each["authority"], each["number"], each["state"]) for each in answer("ca", "key", "list", *OPENED)["keys"]
    ]
    assert states == [("root", 1, "retired"), ("root", 2, "active"), ("ca", 1, "retired"), ("ca", 2, "active")]
    assert Path("ca/keys/ca-2.pem").stat().st_mode & 0o077 == 0
    assert len(answer("ca", "crl", "make", *SCHEDULED)["lists"]) == 4, "the old keys sign lists still"
    assert "ca-2" in run("ca", "key", "list", *OPENED).stdout


@pytest.mark.parametrize(
    ("options", "kind", "code"),
    [
        (["--as", "administrator"], "UsageError", 2),
        (["--yes", "--as", "issuer"], "NotPermittedError", 1),
        (["--yes", "--as", "administrator", "--new-key", "ca/keys/ca-1.pem"], "KeyMismatchError", 1),
    ],
)
def test_keys_that_are_not_rolled_over(answer: Answer, options: list[str], kind: str, code: int) -> None:
    assert answer("ca", "key", "roll-over", *OPENED, *options, exit_code=code)["error"]["type"] == kind
    assert not Path("ca/keys/ca-2.pem").exists()


def test_the_next_key_is_certified_elsewhere(run: Run, answer: Answer) -> None:
    run("ca", "key", "request", *ADMINISTRATOR, "--output", "next.csr")
    issue = ("cert", "issue", "--ca", "ca/certificates/root.pem", "--ca-key", "ca/keys/root-1.pem")
    issue += ("--ca-password-env", "CA_PASSWORD", "--profile", "subordinate-ca", "--request", "next.csr")
    run(*issue, "--output", "next.pem")
    activate = ("ca", "key", "activate", *ADMINISTRATOR, "next.pem")
    wrong = answer(*activate, "--issuer", "ca/certificates/ca.pem", exit_code=1)["error"]
    assert wrong["type"] == "ValidationError"
    assert answer(*activate, "--issuer", "ca/certificates/root.pem")["number"] == 2
    stranger = ("ca", "key", "activate", *ADMINISTRATOR, "--issuer", "ca/certificates/root.pem")
    assert answer(*stranger, "ca/certificates/root.pem", exit_code=1)["error"]["type"] == "KeyMismatchError"


# ---- the audit log --------------------------------------------------------------------------
def test_the_log_is_sealed_verified_exported(run: Run, answer: Answer) -> None:
    sealed = answer("ca", "audit", "seal", "--checkpoint", "kept", *AUDITOR)
    assert Path("kept").read_text(encoding="ascii").strip() == sealed["checkpoint"]
    found = answer("ca", "audit", "verify", "--expected", "kept", *AUDITOR)
    assert found["seals"] == 1
    assert found["compared_with_checkpoint"] is True
    assert answer("ca", "audit", "export", "--output", "audit.log", *AUDITOR)["finding_count"] == 0
    run("log", "verify", "--keys", "ca/store.ring", *OPENED, "audit.log")
    again = answer("ca", "audit", "export", "--output", "audit.log", *AUDITOR, exit_code=1)
    assert again["error"]["type"] == "FileExistsError"


def test_a_change_is_found_and_located(answer: Answer) -> None:
    with closing(sqlite3.connect("ca/ca.db")) as connection, connection:
        connection.execute("UPDATE audit SET actor = 'somebody' WHERE number = 3")
    found = answer("ca", "audit", "verify", *AUDITOR, exit_code=1)
    assert found["error"]["type"] == "TamperedError"
    assert [each["place"] for each in found["findings"]] == [3]


def test_the_changed_row_of_another_operator_keeps_no_auditor_from_the_log(answer: Answer) -> None:
    with closing(sqlite3.connect("ca/ca.db")) as connection, connection:
        connection.execute("UPDATE operators SET permissions = 'entry,review' WHERE name = 'clerk'")
    assert answer("ca", "audit", "verify", *AUDITOR)["ok"] is True
    refused = answer("ca", "search", "applications", *OPENED, "--as", "clerk", exit_code=1)["error"]
    assert refused["type"] == "TamperedError"


@pytest.mark.parametrize(
    "step", [["list"], ["verify"], ["seal"], ["export", "--output", "x"]], ids=lambda step: step[0]
)
def test_the_log_is_for_auditors(answer: Answer, step: list[str]) -> None:
    assert answer("ca", "audit", *step, *ADMINISTRATOR, exit_code=1)["error"]["type"] == "NotPermittedError"


def test_entries_are_found(run: Run, answer: Answer) -> None:
    entries = answer("ca", "audit", "list", "--operation", "operator.appoint", "--most", "3", *AUDITOR)["entries"]
    assert len(entries) == 3
    before = str(entries[-1]["number"])
    more = answer("ca", "audit", "list", "--operation", "operator.appoint", "--before", before, *AUDITOR)["entries"]
    assert len(more) == 6
    assert "no such entry" in run("ca", "audit", "list", "--by", "nobody", *AUDITOR).stdout
    assert "--since" in run("ca", "audit", "list", "--since", "yesterday", *AUDITOR, exit_code=2).stderr


# ---- backup ---------------------------------------------------------------------------------
def test_backup_and_restore(run: Run, answer: Answer) -> None:
    made = answer("ca", "backup", *ADMINISTRATOR, "--output", "ca.backup")
    assert answer("ca", "backup", *OPENED, "--verify", "ca.backup")["rows"] == made["rows"]
    restore = ("ca", "restore", *OPENED, "ca.backup")
    assert answer(*restore, "--yes", exit_code=1)["error"]["type"] == "StoreError", "the database is not empty"
    Path("ca/ca.db").unlink()
    assert answer(*restore, exit_code=2)["error"]["type"] == "UsageError"
    answer(*restore, "--yes")
    assert answer("ca", "status", *OPENED)["operators"] == {"active": 9}
    run("ca", "audit", "verify", *AUDITOR)


def test_a_backup_that_was_changed(answer: Answer) -> None:
    answer("ca", "backup", *SCHEDULED, "--output", "ca.backup")
    data = bytearray(Path("ca.backup").read_bytes())
    data[len(data) // 2] ^= 1
    Path("ca.backup").write_bytes(data)
    assert answer("ca", "backup", *OPENED, "--verify", "ca.backup", exit_code=1)["error"]["type"] == "TamperedError"


@pytest.mark.parametrize("options", [[], ["--output", "a", "--verify", "b"], ["--output", "-"]])
def test_a_backup_to_nowhere(answer: Answer, options: list[str]) -> None:
    assert answer("ca", "backup", *ADMINISTRATOR, *options, exit_code=2)["error"]["type"] == "UsageError"


def test_a_backup_is_for_administrators(answer: Answer) -> None:
    backup = ("ca", "backup", *OPENED, "--as", "clerk", "--output", "x")
    assert answer(*backup, exit_code=1)["error"]["type"] == "NotPermittedError"
    assert not Path("x").exists()
