"""What the commands of ``gmpki token`` say where there is nothing, nothing was done, or something is not known."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from cli.token_files import DEVICE, PLACE, Token, pkcs11_uri, set_variables, write_token
from gmpki.tokens.soft import library_path

Run = Callable[..., Result]
Answer = Callable[..., dict[str, Any]]

NEW = ("--admin-pin-env", "ADMIN_PIN", "--pin-env", "USER_PIN")
EMPTY = f"{DEVICE};app=OLD"


@pytest.fixture(autouse=True)
def token(run: Run, monkeypatch: pytest.MonkeyPatch) -> Token:
    set_variables(monkeypatch)
    return write_token()


# ---- nothing there ----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("kind", "chinese", "english"), [("file", "没有文件", "no file"), ("container", "没有容器", "no container")]
)
def test_an_empty_list_says_so(run: Run, answer: Answer, kind: str, chinese: str, english: str) -> None:
    assert run("token", kind, "list", EMPTY).stdout.split("  ") == [chinese, english, "OLD\n"]
    assert answer("token", kind, "list", EMPTY)[f"{kind}s"] == []


def test_a_device_without_applications_says_so(run: Run, answer: Answer) -> None:
    for name in ("OLD", "GMPKI-TEST"):
        run("token", "app", "delete", "--yes", f"{DEVICE};app={name}")
    assert "没有应用  no application  00a1" in run("token", "app", "list", DEVICE).stdout
    assert answer("token", "app", "list", DEVICE)["applications"] == []


# ---- nothing done -----------------------------------------------------------------------
@pytest.mark.parametrize("stdin", [b"n\n", b"\n"], ids=["no", "nothing"])
def test_an_answer_of_no_says_that_nothing_was_done(run: Run, monkeypatch: pytest.MonkeyPatch, stdin: bytes) -> None:
    monkeypatch.setattr("gmpki.cli._token._somebody_to_ask", lambda: True)
    said = run("token", "file", "rm", PLACE, "--name", "old", *NEW[2:], exit_code=1, stdin=stdin).stderr
    assert "the answer was not yes; nothing was done" in said
    assert "half-written" not in said
    assert "old" in run("token", "file", "list", PLACE).stdout


def test_a_last_try_that_is_not_spent(run: Run, answer: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WRONG_PIN", "00000000")
    for _ in range(9):
        run("token", "pin", "verify", PLACE, "--pin-env", "WRONG_PIN", exit_code=1)
    monkeypatch.setattr("gmpki.cli._token._somebody_to_ask", lambda: True)
    said = run("token", "pin", "verify", PLACE, *NEW[2:], exit_code=1, stdin=b"n\n").stderr
    assert "nothing was done" in said
    assert answer("token", "pin", "info", PLACE)["pins"][0]["tries_left"] == 1


def test_an_interruption_is_none_of_these(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The end of the input is no answer."""
    monkeypatch.setattr("gmpki.cli._token._somebody_to_ask", lambda: True)
    said = run("token", "file", "rm", PLACE, "--name", "old", *NEW[2:], exit_code=1, stdin=b"").stderr
    assert "interrupted" in said


# ---- not known, not possible ------------------------------------------------------------
def test_tries_that_only_flags_tell_of(run: Run, answer: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WRONG_PIN", "00000000")
    uri = pkcs11_uri()
    assert "剩余次数未告知 usable; how many tries are left is not told" in run("token", "pin", "info", uri).stdout
    run("token", "pin", "verify", uri, "--pin-env", "WRONG_PIN", exit_code=1)
    user = answer("token", "pin", "info", uri)["pins"][0]
    assert (user["tries_left"], user["some_spent"]) == (None, True)
    shown = run("token", "pin", "info", uri).stdout
    assert "上次正确之后有过错误, 剩余次数未告知 wrong since it was last right; how many tries are left is" in shown
    run("token", "pin", "verify", uri, *NEW[2:])
    # A flag that is not set says nothing (PKCS #11 2.40, CK_TOKEN_INFO).
    assert answer("token", "pin", "info", uri)["pins"][0]["some_spent"] is None
    assert answer("token", "pin", "info", PLACE)["pins"][0]["some_spent"] is False


@pytest.mark.parametrize("command", [("app", "create"), ("init",)], ids=["create", "init"])
def test_more_tries_than_a_device_takes(run: Run, answer: Answer, command: tuple[str, ...]) -> None:
    arguments = ("token", *command, f"{DEVICE};app=NEW", *NEW, "--pin-tries")
    error = answer(*arguments, "16", exit_code=1)["error"]
    assert "SAR_INVALIDPARAMERR" in error["message"]
    assert "--pin-tries 16 may be more than the device takes: the software token takes 15" in error["message"]
    run(*arguments, "15")
    assert answer("token", "pin", "info", f"{DEVICE};app=NEW")["pins"][0]["max_tries"] == 15
    assert "software token at most 15" in " ".join(run("token", *command, "--help").stdout.split())


def test_a_device_that_refuses_something_else(answer: Answer) -> None:
    error = answer("token", "app", "create", PLACE, *NEW, "--pin-tries", "12", exit_code=1)["error"]
    assert error["type"] == "TokenExistsError"
    assert "--pin-tries" not in error["message"]


@pytest.mark.parametrize("variable", ["", DEVICE], ids=["alone", "variable"])
def test_a_number_is_no_token(run: Run, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv("GMPKI_TOKEN", variable)
    assert "--length 16" in run("token", "random", "16", exit_code=2).stderr


# ---- what is written down ---------------------------------------------------------------
@pytest.mark.once
def test_a_saved_profile_says_what_is_to_be_filled_in(run: Run, answer: Answer) -> None:
    uri = f"skf:lib={library_path('skf')}"
    assert "待填写" in run("token", "doctor", uri, "--save", "new.toml").stdout
    text = Path("new.toml").read_text(encoding="utf-8")
    assert text.startswith("# ")
    assert "name" in text.splitlines()[0]
    assert "title" in text.splitlines()[0]
    # What is filled in is asked for no more.
    filled = text.replace('"unknown"', '"own"').replace('title = ""', 'title = "Own 1.0"\nsources = ["tried"]')
    Path("own.toml").write_text(filled, encoding="utf-8")
    assert "待填写" not in run("token", "doctor", f"{uri};profile=own.toml", "--save", "again.toml").stdout
    assert not Path("again.toml").read_text(encoding="utf-8").startswith("#")
    assert answer("token", "doctor", uri, "--save", "json.toml")["to_fill_in"] == ["name", "title", "sources"]


def test_the_software_token_has_one_name(run: Run) -> None:
    assert "软令牌 a software token, no certified hardware" in run("token", "info", DEVICE).stdout
