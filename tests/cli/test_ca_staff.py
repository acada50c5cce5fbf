"""gmpki ca operators and regions, and who is let in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest

from cli import ca_files
from gmpki.ca.operators.permissions import Permission
from gmpki.cli.ca_init import PERMISSIONS

Run = Callable[..., click.testing.Result]
Answer = Callable[..., dict[str, Any]]

OPENED = ("--password-env", "CA_PASSWORD")
ADMINISTRATOR = (*OPENED, "--as", "administrator")
LOGIN = (*OPENED, "--operator-key", "ca/operators/administrator.key", "--operator-password-env", "CA_PASSWORD")


@pytest.fixture(autouse=True)
def _ca(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    ca_files.set_variables(monkeypatch)
    ca_files.write_ca()


def without_development() -> None:
    path = Path("ca/ca.toml")
    path.write_text(path.read_text(encoding="utf-8").replace("operators = true", "operators = false"), encoding="utf-8")


def test_the_names_of_permissions() -> None:
    assert list(PERMISSIONS) == [each.value for each in Permission]


# ---- who is let in --------------------------------------------------------------------------
def test_logging_in(answer: Answer) -> None:
    without_development()
    add = ("ca", "regions", "add", "110000", "--title", "示例市")
    certificate = ("--operator-certificate", "ca/operators/administrator.pem")
    assert answer(*add, *LOGIN, *certificate)["region"]["code"] == "110000"
    audit = ("ca", "audit", "list", *OPENED, "--operator-key", "ca/operators/auditor.key")
    audit += ("--operator-certificate", "ca/operators/auditor.pem", "--operator-password-env", "CA_PASSWORD")
    operations = [(each["operation"], each["by"]) for each in answer(*audit)["entries"]]
    assert ("region.add", "administrator") in operations
    assert ("operator.login", "administrator") in operations


def test_without_a_proof_only_in_development(answer: Answer) -> None:
    add = ("ca", "regions", "add", "110000", "--title", "示例市")
    assert answer(*add, *ADMINISTRATOR)
    without_development()
    assert "development" in answer(*add, *ADMINISTRATOR, exit_code=2)["error"]["message"]


def test_that_nothing_was_proved_is_in_the_log(answer: Answer) -> None:
    answer("ca", "regions", "add", "110000", "--title", "示例市", *ADMINISTRATOR)
    entries = answer("ca", "audit", "list", *OPENED, "--as", "auditor")["entries"]
    assert [each["by"] for each in entries if each["operation"] == "operator.local-login"] == [
        "auditor",
        "administrator",
    ]


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        ([], "UsageError"),
        (["--as", "nobody"], "NotFoundError"),
        (["--as", "clerk"], "NotPermittedError"),
        (["--operator-key", "ca/operators/administrator.key"], "UsageError"),
        (
            ["--operator-key", "ca/operators/clerk.key", "--operator-certificate", "ca/operators/administrator.pem"],
            "KeyMismatchError",
        ),
        (["--operator-key", "ca/keys/ocsp.pem", "--operator-certificate", "ca/certificates/ocsp.pem"], "LoginError"),
    ],
)
def test_who_is_not_let_in(answer: Answer, options: list[str], kind: str) -> None:
    password = ["--operator-password-env", "CA_PASSWORD"] if "--operator-key" in options else []
    code = 2 if kind == "UsageError" else 1
    add = ("ca", "regions", "add", "110000", "--title", "示例市", *OPENED)
    assert answer(*add, *options, *password, exit_code=code)["error"]["type"] == kind


def test_who_was_suspended_is_not_let_in(answer: Answer) -> None:
    answer("ca", "operators", "suspend", "auditor", *ADMINISTRATOR)
    listed = ("ca", "audit", "list", *OPENED, "--operator-key", "ca/operators/auditor.key")
    listed += ("--operator-certificate", "ca/operators/auditor.pem", "--operator-password-env", "CA_PASSWORD")
    assert answer(*listed, exit_code=1)["error"]["type"] == "LoginError"


def test_a_wrong_password(answer: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CA_PASSWORD", "wrong")
    error = answer("ca", "status", *OPENED, exit_code=1)["error"]
    assert error["type"] == "DecryptionError"
    assert "store.ring" in error["message"]


def test_a_directory_that_is_none(answer: Answer) -> None:
    assert answer("ca", "status", "--ca", "nowhere", *OPENED, exit_code=1)["error"]["type"] == "FileNotFoundError"


# ---- operators ------------------------------------------------------------------------------
def test_operators_are_listed(run: Run, answer: Answer) -> None:
    listed = answer("ca", "operators", "list", *OPENED, "--permission", "recovery")["operators"]
    assert [each["name"] for each in listed] == ["recovery", "recovery2", "recovery3"]
    assert "proofreading" in run("ca", "operators", "list", *OPENED).stdout


def test_appointing_with_a_new_key(run: Run, answer: Answer) -> None:
    add = ("ca", "operators", "add", "clerk2", "--permission", "entry", "--region", "000000", *ADMINISTRATOR)
    made = ("--new-key", "clerk2.key", "--key-password-env", "PASSWORD", "--output", "clerk2.pem")
    assert answer(*add, *made)["operator"]["region"] == "000000"
    anchors = ("--anchor", "ca/certificates/root.pem", "--intermediate", "ca/certificates/ca.pem")
    run("cert", "verify", *anchors, "clerk2.pem")
    run("key", "show", "--password-env", "PASSWORD", "clerk2.key")
    error = answer(*add, "--certificate", "clerk2.pem", exit_code=1)["error"]
    assert error["type"] == "ConflictError"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--certificate", "ca/operators/clerk.pem"], "--permission"),
        (["--permission", "entry"], "give one of"),
        (["--permission", "entry", "--certificate", "a", "--request", "b"], "give one of"),
    ],
)
def test_appointing_nobody(run: Run, options: list[str], said: str) -> None:
    assert said in run("ca", "operators", "add", "x", *options, *ADMINISTRATOR, exit_code=2).stderr


def test_nothing_is_issued_for_who_may_not_appoint(answer: Answer) -> None:
    add = ("ca", "operators", "add", "x", "--permission", "entry", *OPENED, "--as", "clerk")
    before = answer("ca", "status", *OPENED)["certificates"]
    made = ("--new-key", "x.key", "--key-password-env", "PASSWORD")
    assert answer(*add, *made, exit_code=1)["error"]["type"] == "NotPermittedError"
    assert answer("ca", "status", *OPENED)["certificates"] == before
    assert not Path("x.key").exists()


def test_the_life_of_an_operator(answer: Answer) -> None:
    step = ("ca", "operators")
    assert answer(*step, "suspend", "clerk", "--reason", "休假", *ADMINISTRATOR)["operator"]["state"] == "suspended"
    assert answer(*step, "suspend", "clerk", *ADMINISTRATOR, exit_code=1)["error"]["type"] == "LifeCycleError"
    assert answer(*step, "resume", "clerk", *ADMINISTRATOR)["operator"]["state"] == "active"
    change = (*step, "change", "clerk", "--title", "李四", "--permission", "review", *ADMINISTRATOR)
    changed = answer(*change, "--certificate", "ca/operators/clerk.pem")["operator"]
    assert (changed["title"], changed["permissions"]) == ("李四", ["review"])
    assert answer(*step, "remove", "clerk", *ADMINISTRATOR, exit_code=2)["error"]["type"] == "UsageError"
    assert answer(*step, "remove", "clerk", "--yes", *ADMINISTRATOR)["operator"]["state"] == "removed"
    assert answer(*step, "resume", "clerk", *ADMINISTRATOR, exit_code=1)["error"]["type"] == "LifeCycleError"


def test_nobody_changes_their_own_record(answer: Answer) -> None:
    error = answer("ca", "operators", "suspend", "administrator", *ADMINISTRATOR, exit_code=1)["error"]
    assert error["type"] == "NotPermittedError"


# ---- regions --------------------------------------------------------------------------------
def test_regions(run: Run, answer: Answer) -> None:
    add = ("ca", "regions", "add", "110000", "--title", "示例市", "--within", "000000", *ADMINISTRATOR)
    assert answer(*add)["region"]["parent"] == "000000"
    assert answer(*add, exit_code=1)["error"]["type"] == "ConflictError"
    point = ("ca", "regions", "add-point", "P01", "--region", "110000", "--title", "示例网点", "--remote")
    assert answer(*point, *ADMINISTRATOR)["point"]["remote"] is True
    assert answer("ca", "regions", "rename", "110000", "--title", "新名", *ADMINISTRATOR)["title"] == "新名"
    listed = answer("ca", "regions", "list", *OPENED)
    assert listed["regions"][1] == {"code": "110000", "title": "新名", "parent": "000000"}
    assert "P01" in run("ca", "regions", "list", *OPENED).stdout


def test_a_region_within_none(answer: Answer) -> None:
    add = ("ca", "regions", "add", "110000", "--title", "示例市", "--within", "9", *ADMINISTRATOR)
    assert answer(*add, exit_code=1)["error"]["type"] == "NotFoundError"
