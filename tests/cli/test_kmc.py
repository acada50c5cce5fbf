"""gmpki kmc."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest

from cli import ca_files
from gmpki.ca.kmc import centre, kinds
from gmpki.cli.kmc_keys import KINDS
from services.asgi import ask

Run = Callable[..., click.testing.Result]
Answer = Callable[..., dict[str, Any]]

OPENED = ("--password-env", "CA_PASSWORD")
ADMINISTRATOR = (*OPENED, "--as", "administrator")
SERIAL = ("--serial", "1234abcd")
REQUEST = (*SERIAL, "--reason", "调查", "--document", "order.pdf", "--recipient", "court.pem")
NEW = ("kmc", "init", "--ca", "centre", "--low", "1", "--full", "2", *OPENED)
SHARED = ("--threshold", "2", "--count", "3", "--share-output", "shares", *("--new-share-password-env", "PASSWORD") * 3)


def shares(*numbers: int) -> list[str]:
    """Return the options that name shares with their passwords."""
    named = [word for number in numbers for word in ("--share", f"shares/share-{number}.der")]
    return named + ["--share-password-env", "PASSWORD"] * len(numbers)


@pytest.fixture(autouse=True)
def _variables(monkeypatch: pytest.MonkeyPatch) -> None:
    ca_files.set_variables(monkeypatch)


@pytest.fixture
def _centre(run: Run) -> None:
    ca_files.write_kmc()


def test_the_kinds_of_keys() -> None:
    assert all(kinds.checked_kind(kind) == kind for kind in KINDS)


# ---- founding -------------------------------------------------------------------------------
def test_a_centre_of_its_own(run: Run, answer: Answer) -> None:
    assert answer(*NEW)["key"] == "keys/key-centre.pem"
    assert sorted(os.listdir("centre")) == ["ca.db", "ca.toml", "keys", "store.ring"]
    found = answer("kmc", "status", "--ca", "centre", *OPENED)
    assert found["keys"] == {"SM2": {"spare": 2}}
    assert found["refill"] is False
    assert answer(*NEW, "--as", "x", exit_code=1)["error"]["type"] == "FileExistsError"
    assert "SM2" in run("kmc", "status", "--ca", "centre", *OPENED).stdout


def test_a_centre_in_shares(answer: Answer) -> None:
    made = answer(*NEW, *SHARED)
    assert made["shares"] is True
    assert sorted(os.listdir("shares")) == ["share-1.der", "share-2.der", "share-3.der"]
    refill = ("kmc", "refill", "--ca", "centre", "--full", "3", *OPENED)
    assert "--share" in answer(*refill, exit_code=2)["error"]["message"]
    assert answer(*refill, *shares(1), exit_code=1)["error"]["type"] == "InvalidInputError"
    assert answer(*refill, *shares(3, 1))["made"] == 1
    assert answer("kmc", "shares", "--ca", "centre", *OPENED, *shares(2, 3))["shares"] == 2
    few = answer("kmc", "shares", "--ca", "centre", *OPENED, *shares(2, 3)[:-2], exit_code=2)
    assert "once for each" in few["error"]["message"]
    assert answer("kmc", "shares", "--ca", "centre", *OPENED, exit_code=2)["error"]["type"] == "UsageError"


def test_a_share_with_a_wrong_password(answer: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
    answer(*NEW, *SHARED)
    monkeypatch.setenv("PASSWORD", "wrong")
    opened = answer("kmc", "shares", "--ca", "centre", *OPENED, *shares(1, 2), exit_code=1)
    assert opened["error"]["type"] == "DecryptionError"


@pytest.mark.parametrize(
    "options",
    [
        ["--threshold", "2"],
        ["--threshold", "3", "--count", "2", "--share-output", "shares"],
        ["--threshold", "2", "--count", "2", "--share-output", "shares", "--new-share-password-env", "PASSWORD"],
        ["--threshold", "2", "--count", "2", "--share-output", "."],
        ["--low", "5"],
    ],
    ids=" ".join,
)
def test_a_centre_that_is_not_founded(answer: Answer, options: list[str]) -> None:
    assert answer(*NEW, *options, exit_code=2)["error"]["type"] == "UsageError"
    assert not Path("centre/ca.toml").exists()
    assert not Path("shares").exists()


def test_a_centre_that_an_authority_gets_later(run: Run, answer: Answer) -> None:
    run(*ca_files.init_arguments("ca"), "--no-key-centre")
    init = ("kmc", "init", "--low", "1", "--full", "2")
    assert answer("kmc", "refill", *ADMINISTRATOR, exit_code=2)["error"]["type"] == "UsageError"
    assert answer(*init, *OPENED, "--as", "clerk", exit_code=1)["error"]["type"] == "NotPermittedError"
    assert answer(*init, *ADMINISTRATOR)["spare"] == 2
    assert answer("kmc", "refill", "--full", "3", *ADMINISTRATOR)["made"] == 1


# ---- keys -----------------------------------------------------------------------------------
@pytest.mark.usefixtures("_centre")
def test_refilling(answer: Answer) -> None:
    refill = ("kmc", "refill", "--full", "6")
    made = answer(*refill, *OPENED, "--scheduled")
    assert made["spare"] == 6
    assert answer(*refill, *OPENED, "--scheduled")["made"] == 0
    assert answer(*refill, *OPENED, "--as", "clerk", exit_code=1)["error"]["type"] == "NotPermittedError"


@pytest.mark.usefixtures("_centre")
def test_recovering_for_the_owner(run: Run, answer: Answer) -> None:
    recover = ("kmc", "recover", *SERIAL, "--owner", "new-signing.pem", *OPENED)
    assert answer(*recover, "--as", "recovery", "--output", "key.der")["authority"] == "ca"
    run("cert", "pair", "open", "--key", "owner.key", "--no-password", "--output", "own.pem", "key.der")
    assert (
        answer(*recover, "--as", "administrator", "--output", "x", exit_code=1)["error"]["type"] == "NotPermittedError"
    )
    other = ("kmc", "recover", "--serial", "99", "--owner", "new-signing.pem", *OPENED, "--as", "recovery")
    assert answer(*other, "--output", "x", exit_code=1)["error"]["type"] == "NotFoundError"


@pytest.mark.usefixtures("_centre")
def test_recovery_by_order_takes_two_approvers(answer: Answer) -> None:
    judicial = ("kmc", "judicial")
    number = str(answer(*judicial, "request", *REQUEST, *OPENED, "--as", "recovery")["number"])
    carry = (*judicial, "carry-out", number, "--yes", "--output", "key.der", *OPENED, "--as", "recovery")
    approve = (*judicial, "approve", number, *OPENED, "--as")
    assert answer(*approve, "recovery2", exit_code=2)["error"]["type"] == "UsageError", "asked, and nobody there"
    assert answer(*approve, "recovery", "--yes", exit_code=1)["error"]["type"] == "NotPermittedError"
    assert answer(*approve, "recovery2", "--yes")["state"] == "once-approved"
    assert answer(*carry, exit_code=1)["error"]["type"] == "LifeCycleError"
    assert not Path("key.der").exists()
    assert answer(*approve, "recovery3", "--yes")["approvers"] == ["recovery2", "recovery3"]
    assert answer(*carry)["state"] == "done"
    assert Path("key.der").stat().st_mode & 0o077 == 0
    again = (*judicial, "carry-out", number, "--yes", "--output", "again.der", *OPENED, "--as", "recovery")
    assert answer(*again, exit_code=1)["error"]["type"] == "LifeCycleError"
    shown = answer(*judicial, "show", number, *OPENED, "--as", "recovery2")
    assert shown["reason"] == "调查"
    assert "error" in answer(*judicial, "show", number, *ADMINISTRATOR, exit_code=1)


@pytest.mark.usefixtures("_centre")
def test_recovery_by_order_that_is_refused(answer: Answer) -> None:
    number = str(answer("kmc", "judicial", "request", *REQUEST, *OPENED, "--as", "recovery")["number"])
    refuse = ("kmc", "judicial", "refuse", number, "--yes", *OPENED, "--as", "recovery2")
    assert answer(*refuse)["state"] == "refused"
    assert answer(*refuse, exit_code=1)["error"]["type"] == "LifeCycleError"


# ---- the master key -------------------------------------------------------------------------
@pytest.mark.usefixtures("_centre")
def test_the_master_key_is_changed(answer: Answer) -> None:
    rotate = ("kmc", "rotate", *ADMINISTRATOR)
    assert answer(*rotate, exit_code=2)["error"]["type"] == "UsageError"
    assert answer(*rotate, "--yes")["rewrapped"] == 4
    Path("ca/keys/key-centre.pem").unlink()
    assert answer("kmc", "refill", "--full", "5", *ADMINISTRATOR)["made"] == 2
    assert answer(*rotate, "--yes", *SHARED)["rewrapped"] == 6
    assert answer("kmc", "shares", *OPENED, *shares(1, 2))["shares"] == 2
    assert answer("kmc", "rotate", "--yes", *ADMINISTRATOR, *shares(1, 3))["keys"] == 6


@pytest.mark.usefixtures("_centre")
def test_a_change_that_was_interrupted(answer: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: object, **__: object) -> int:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(centre.KeyManagementCentre, "rewrap", killed)
        answer("kmc", "rotate", "--yes", *ADMINISTRATOR, exit_code=1)
    assert answer("kmc", "refill", "--full", "9", *ADMINISTRATOR, exit_code=1)["error"]
    finish = ("kmc", "rotate", "--yes", *ADMINISTRATOR, "--finish", "ca/keys/key-centre.pem")
    assert answer(*finish, "--opening-key", "ca/keys/key-centre-2.pem")["rewrapped"] == 4
    assert answer("kmc", "refill", "--full", "5", *ADMINISTRATOR)["made"] == 2


# ---- serving --------------------------------------------------------------------------------
@pytest.mark.usefixtures("_centre")
def test_serving(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    replies = []

    def served(application: Any, **_: Any) -> None:
        replies.append(ask(application, "POST", "/", b"no message", content_type="application/octet-stream"))

    monkeypatch.setattr("gmpki.cli._serving._run", served)
    own = ("--key", "ca/keys/ocsp.pem", "--certificate", "ca/certificates/ocsp.pem")
    authority = ("--authority", "ca=ca/certificates/ca.pem")
    assert "listening" in run("kmc", "serve", *own, *authority, *OPENED).stderr
    assert replies[0].status_code == 200, "refusals are signed answers"
    assert "[key_service]" in run("kmc", "serve", *authority, *OPENED, exit_code=2).stderr
    assert "NAME=FILE" in run("kmc", "serve", *own, "--authority", "ca", *OPENED, exit_code=2).stderr
    assert "go together" in run("kmc", "serve", *own[:2], *authority, *OPENED, exit_code=2).stderr
