"""gmpki ca init, and how operators log in at the command line."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest

from cli import ca_files
from gmpki.cli import _ca_found
from gmpki.cli._ca_settings import CASettings, KeyCentrePlace, KeyPlace, PublisherPlace, read_settings
from gmpki.errors import ProfileError

Run = Callable[..., click.testing.Result]
Answer = Callable[..., dict[str, Any]]

OPENED = ("--password-env", "CA_PASSWORD")
FOUND = ("ca", "init", "--ca", "new", "--organisation", "示例电子认证", "--spare-keys", "1", *OPENED)


@pytest.fixture(autouse=True)
def _variables(monkeypatch: pytest.MonkeyPatch) -> None:
    ca_files.set_variables(monkeypatch)


def test_everything_is_founded(answer: Answer) -> None:
    found = answer(*FOUND)
    assert found["development"] is False
    assert found["operators"][0] == "administrator"
    assert set(found["files"]) == {"ca.db", "ca.toml", "certificates", "keys", "operators", "store.ring"}
    assert sorted(os.listdir("new")) == sorted(found["files"]), "nothing else is left"
    for private in ("store.ring", "keys/ca-1.pem", "operators/clerk.key", "ca.db"):
        assert Path("new", private).stat().st_mode & 0o077 == 0, private
    assert b"ENCRYPTED" in Path("new/keys/root-1.pem").read_bytes()


def test_the_certificates_hold(run: Run) -> None:
    run(*FOUND)
    options = ("--anchor", "new/certificates/root.pem", "--intermediate", "new/certificates/ca.pem")
    for name in ("certificates/ca.pem", "certificates/ocsp.pem", "operators/clerk.pem"):
        run("cert", "verify", *options, f"new/{name}")


@pytest.mark.parametrize("there", ["ca.toml", "keys", "ca.db"])
def test_nothing_is_written_over(run: Run, answer: Answer, there: str) -> None:
    Path("new").mkdir()
    Path("new", there).write_bytes(b"mine")
    error = answer(*FOUND, exit_code=1)["error"]
    assert error["type"] == "FileExistsError"
    assert "--force" not in error["message"], "there is no such option"
    assert os.listdir("new") == [there]
    assert Path("new", there).read_bytes() == b"mine"


def test_what_fails_leaves_nothing(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", "ca.db")

    monkeypatch.setattr(_ca_found, "appoint_first", full)
    assert "No space left" in run(*FOUND, exit_code=1).stderr
    assert os.listdir("new") == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--operator", "boss"], "NAME=VALUE"),
        (["--operator", "boss=everything"], "no permission 'everything'"),
        (["--operator", "boss=audit,entry"], "who audits has no other permission"),
        (["--operator", "../boss=entry"], "letters, digits"),
        (["--operator", "a=administration", "--operator", "a=entry"], "two operators have one name"),
        (["--operator-request", "nobody=x.csr"], "names nobody"),
        (["--name", "a/b"], "--name takes"),
        (["--root-name", "ca"], "different names"),
        (["--issuer", "x.pem"], "--issuer goes with --finish"),
        (["--region", "北京"], "--region takes NAME=VALUE"),
    ],
)
def test_what_makes_no_sense(run: Run, options: list[str], said: str) -> None:
    assert said in run(*FOUND, *options, exit_code=2).stderr
    assert not Path("new", "ca.toml").exists()


def test_somebody_has_to_administer(answer: Answer) -> None:
    error = answer(*FOUND, "--operator", "clerk=entry", exit_code=1)["error"]
    assert "administration" in error["message"]


def test_an_organisation_is_needed(run: Run) -> None:
    assert "--organisation" in run("ca", "init", "--ca", "new", *OPENED, exit_code=2).stderr


def test_production_wants_keys_in_hardware(run: Run, answer: Answer) -> None:
    assert "hardware" in answer(*FOUND, "--production", exit_code=1)["error"]["message"]
    run(*FOUND, "--production", "--software-signer", "software-key")


def test_an_operator_brings_a_request(run: Run) -> None:
    run("key", "generate", "--no-password", "--output", "own.pem")
    run("csr", "new", "--key", "own.pem", "--subject", "CN=anything", "--output", "own.csr")
    run(*FOUND, "--operator", "a=administration", "--operator-request", "a=own.csr")
    assert os.listdir("new/operators") == ["a.pem"]


def test_a_root_elsewhere(run: Run, answer: Answer) -> None:
    run("key", "generate", "--no-password", "--output", "root.key")
    run("cert", "root", "--key", "root.key", "--subject", "C=CN, O=别处, CN=别处根", "--output", "root.pem")
    made = answer(*FOUND, "--request")
    assert made["root"] is None
    assert made["operators"] == []
    issue = ("cert", "issue", "--ca", "root.pem", "--ca-key", "root.key", "--profile", "subordinate-ca")
    run(*issue, "--output", "sub.pem", "--request", "new/request.csr")
    finish = ("ca", "init", "--ca", "new", *OPENED, "--finish", "sub.pem")
    assert "--issuer" in run(*finish, exit_code=2).stderr
    assert answer(*finish, "--issuer", "sub.pem", exit_code=1)["error"]["type"] == "ValidationError"
    assert "administrator" in answer(*finish, "--issuer", "root.pem")["operators"]
    assert answer(*finish, "--issuer", "root.pem", exit_code=1)["error"]["type"] == "StateError"
    assert read_settings("new").ocsp == KeyPlace("keys/ocsp.pem", "certificates/ocsp.pem")


# ---- ca.toml --------------------------------------------------------------------------------
def test_the_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    settings = CASettings(
        database='postgresql+psycopg://ca@host/"ca"',
        authority="ca",
        anchors=("a.pem", "b.pem"),
        publishers={"web": PublisherPlace(directory="公开"), "l": PublisherPlace(ldap="ldaps://x", start_tls=True)},
        key_centre=KeyCentrePlace(address="https://k", certificate="k.pem", party=KeyPlace("p.key", "p.pem")),
        audit=KeyPlace("soft:dev=1"),
        routes={"renew": "reviewed"},
    )
    (tmp_path / "ca.toml").write_text(settings.to_toml(), encoding="utf-8")
    assert read_settings(str(tmp_path)) == settings


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("databases = 'x'", "no such key"),
        ("database = 1", "text expected"),
        ("= ", "is no TOML"),
        ("[publishers.web]\n", "either a directory or"),
        ("[publishers.web]\ndirectory='a'\nldap='ldap://x'", "either a directory or"),
        ("[key_centre]\naddress = 'https://k'", "a party"),
        ("[key_centre]\nlow = 5\nfull = 4", "low-water mark"),
        ("[audit]\ncertificate = 'a.pem'", "this key must be there"),
        ("[office]\nretention_years = 9", "10 to 1000"),
        ("[office.routes]\nrenew = 'away'", "one of reviewed, direct"),
        ("\udcff", "no UTF-8"),
    ],
)
def test_a_file_that_is_wrong(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "ca.toml").write_text(text, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(ProfileError, match=said):
        read_settings(str(tmp_path))
