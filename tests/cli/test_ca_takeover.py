"""gmpki ca import, gmpki ca trust."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest

from cli import ca_files, takeover_files
from cli.takeover_files import ADMINISTRATOR

Run = Callable[..., click.testing.Result]
Answer = Callable[..., dict[str, Any]]

OLD = ("--authority", "old", "--ca-certificate", "old-ca.pem", "--key", "old-ca.key")
IMPORT = ("ca", "import", *ADMINISTRATOR)
TRUST = ("ca", "trust")


@pytest.fixture(autouse=True)
def _ca(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    ca_files.set_variables(monkeypatch)
    ca_files.write_ca()
    takeover_files.write_old()


# ---- import ---------------------------------------------------------------------------------
def test_an_authority_comes_over(run: Run, answer: Answer) -> None:
    done = answer(*IMPORT, *OLD, "--yes", "--report", "report.json", "old-ca", "holders.csv")
    assert done["counts"] == {"imported": 2, "imported:pair": 2}
    assert done["crl_number"] == 41
    assert len(json.loads(Path("report.json").read_bytes())["rows"]) == 2
    (made,) = answer("ca", "crl", "make", "--now", "--authority", "old", *ADMINISTRATOR)["lists"]
    assert (made["number"], made["entries"]) == (42, 2)
    again = answer(*IMPORT, "--authority", "old", "--yes", "--report", "report.csv", "old-ca")
    assert again["counts"] == {"present": 2}
    assert Path("report.csv").read_bytes().startswith(b"place,serials")


def test_a_dry_run_of_an_authority_that_is_not_there(run: Run, answer: Answer) -> None:
    done = answer(*IMPORT, *OLD, "--dry-run", "old-ca")
    assert (done["dry_run"], done["counts"]["imported"]) == (True, 2)
    assert "dry run" in run(*IMPORT, *OLD, "--dry-run", "old-ca").stdout
    keys = answer("ca", "key", "list", "--password-env", "CA_PASSWORD")["keys"]
    assert {each["authority"] for each in keys} == {"root", "ca"}


def test_what_is_refused_is_told(answer: Answer) -> None:
    Path("old-ca/notes.txt").write_bytes(b"notes")
    Path("old-ca/broken.pem").write_bytes(b"-----BEGIN CERTIFICATE-----\n")
    done = answer(*IMPORT, *OLD, "--yes", "old-ca", exit_code=1)
    assert done["error"]["reason"] == "refused"
    assert done["counts"]["imported"] == 2


@pytest.mark.parametrize(
    ("options", "code", "kind"),
    [
        (["--authority", "old", "--yes"], 2, "UsageError"),
        (["--authority", "ca", "--ca-certificate", "old-ca.pem", "--yes"], 2, "UsageError"),
        ([*OLD], 2, "UsageError"),
        ([*OLD, "--yes", "--region", "nowhere"], 1, "NotFoundError"),
        ([*OLD[:-1], "ca/keys/ca-1.pem", "--yes"], 1, "InvalidInputError"),
        ([*OLD, "--yes", "--report", "holders.csv"], 1, "FileExistsError"),
        ([*OLD, "--yes", "--crl-uri", "http://crl.example.cn/old.crl"], 1, "InvalidInputError"),
    ],
    ids=["no-certificate", "there-already", "not-asked", "region", "other-key", "report", "uri"],
)
def test_imports_that_are_not_done(answer: Answer, options: list[str], code: int, kind: str) -> None:
    assert answer(*IMPORT, *options, "old-ca", exit_code=code)["error"]["type"] == kind


def test_only_an_administrator_imports(answer: Answer) -> None:
    clerk = ca_files.operator("clerk")
    assert answer("ca", "import", *clerk, *OLD, "--yes", exit_code=1)["error"]["type"] == "NotPermittedError"


# ---- trust ----------------------------------------------------------------------------------
def trusted(answer: Answer, *options: str) -> list[tuple[str, str]]:
    found = answer(*TRUST, "list", "--password-env", "CA_PASSWORD", *options)["trusted"]
    return [(one["list"], one["state"]) for one in found]


def test_a_list_of_trusted_authorities(run: Run, answer: Answer) -> None:
    assert answer(*TRUST, "add", "old-ca.pem", *ADMINISTRATOR)["added"] is True
    assert answer(*TRUST, "add", "old-ca.pem", *ADMINISTRATOR)["added"] is False
    assert trusted(answer) == [("default", "trusted")]
    run(*TRUST, "export", "--password-env", "CA_PASSWORD", "--output", "trusted.pem")
    assert Path("trusted.pem").read_bytes() == Path("old-ca.pem").read_bytes()
    answer(*TRUST, "remove", "--yes", "--reason", "测试", "old-ca.pem", *ADMINISTRATOR)
    assert trusted(answer) == []
    assert trusted(answer, "--removed") == [("default", "removed")]
    assert "removed" in run(*TRUST, "list", "--removed", "--password-env", "CA_PASSWORD").stdout


def test_a_signed_list_is_taken_in_once(answer: Answer) -> None:
    takeover_files.write_trusted("take-in")
    take_in = (*TRUST, "take-in", "--yes", "--signers", "signers.pem", "--list", "province", *ADMINISTRATOR)
    assert answer(*take_in, "trusted.p7s")["added"] == 1
    assert trusted(answer, "--list", "province") == [("province", "trusted")]
    assert answer(*take_in, "trusted.p7s", exit_code=1)["error"]["reason"] == "stale"


def test_a_signed_list_of_a_stranger(answer: Answer) -> None:
    takeover_files.write_trusted("take-in")
    take_in = (*TRUST, "take-in", "--yes", *ADMINISTRATOR, "trusted.p7s", "--signers")
    assert answer(*take_in, "old-ca.pem", exit_code=1)["error"]["type"] == "ValidationError"
    listed = answer(*take_in, "signers.pem", "--crl", "old-ca/list41.crl", exit_code=1)["error"]
    assert listed["type"] == "RevocationUnknownError"


@pytest.mark.parametrize(
    ("arguments", "code", "kind"),
    [
        (["add", "holders.csv"], 1, "InvalidInputError"),
        (["add", "ca/operators/clerk.pem"], 1, "ValidationError"),
        (["remove", "--yes", "0123456789"], 1, "NotFoundError"),
        (["remove", "--yes", "xyz"], 1, "InvalidInputError"),
        (["remove", "old-ca.pem"], 2, "UsageError"),
        (["take-in", "--yes", "--signers", "old-ca.pem", "old-ca.pem"], 1, "InvalidInputError"),
    ],
    ids=["no-certificate", "no-authority", "not-there", "no-digest", "not-asked", "no-list"],
)
def test_what_is_not_trusted(answer: Answer, arguments: list[str], code: int, kind: str) -> None:
    assert answer(*TRUST, *arguments, *ADMINISTRATOR, exit_code=code)["error"]["type"] == kind


@pytest.mark.parametrize("options", [["--form", "signed"], ["--signer-key", "old-ca.key"]], ids=["no-key", "no-form"])
def test_exports_that_are_not_done(answer: Answer, options: list[str]) -> None:
    found = answer(*TRUST, "export", *options, "--password-env", "CA_PASSWORD", "--output", "x", exit_code=2)
    assert found["error"]["type"] == "UsageError"
