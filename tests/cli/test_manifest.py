"""``gmpki manifest``."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from cli import protect_files, sample_files

Run = Callable[..., Result]
Answer = Callable[..., dict[str, Any]]
SIGN = ("manifest", "sign", "--key", "signing.key", "--certificate", "signing.pem")
TRUST = ("--anchor", "root.pem", "--intermediate", "sub.pem")
VERIFY = ("manifest", "verify", *TRUST, "program.manifest", "program")


@pytest.fixture
def _files(run: Run) -> None:
    sample_files.write_authority()
    protect_files.write_program()
    protect_files.write_manifest()


pytestmark = pytest.mark.usefixtures("_files")


def test_sign_and_verify(run: Run, answer: Answer) -> None:
    made = answer(*SIGN, "--output", "my.manifest", "program")
    assert (made["files"], made["without"], made["signers"][0]["subject"]) == (4, [], "C=CN, O=示例局, CN=示例局")
    told = answer("manifest", "verify", *TRUST, "my.manifest", "program")
    assert (told["files"], told["unchanged"], told["chain"]) == (4, 4, ["passed"])
    assert (told["changed"], told["missing"], told["added"]) == ([], [], [])
    assert "4 / 4" in run("manifest", "verify", *TRUST, "my.manifest", "program").stdout


def test_pem_and_profiles(run: Run, answer: Answer) -> None:
    for options in (("--pem",), ("--profile", "rfc5652"), ("--pem", "--profile", "rfc5652")):
        run(*SIGN, *options, "--force", "--output", "my.manifest", "program")
        assert answer("manifest", "verify", *TRUST, "my.manifest", "program")["unchanged"] == 4
    assert run(*SIGN, "--pem", "program").stdout.startswith("-----BEGIN ")


def test_differences(run: Run, answer: Answer) -> None:
    Path("program/app").write_bytes(b"c0de")
    Path("program/空").unlink()
    Path("program/lib/new\x1b[2J").write_bytes(b"")
    told = answer(*VERIFY, exit_code=1)
    assert [(one["path"], one["what"]) for one in told["changed"]] == [("app", "digest")]
    assert told["missing"] == ["空"]
    assert told["added"] == ["lib/new\x1b[2J"]
    assert told["error"] == {
        "type": "TamperedError",
        "reason": "changed",
        "message": "1 changed, 1 missing, 1 added",
    }
    shown = run(*VERIFY, exit_code=1)
    assert "\x1b" not in shown.stdout
    assert r"new\x1b[2J" in shown.stdout


def test_modes(answer: Answer) -> None:
    Path("program/app").chmod(0o777)
    assert answer(*VERIFY, exit_code=1)["changed"][0]["what"] == "mode"
    assert answer(*VERIFY, "--no-modes")["unchanged"] == 4


def test_an_output_within_the_directory_is_left_out(run: Run, answer: Answer) -> None:
    made = answer(*SIGN, "--without", "log/", "--output", "program/list", "program")
    assert made["without"] == ["list", "log/"]
    Path("program/log/more").write_bytes(b"")
    assert answer("manifest", "verify", *TRUST, "program/list", "program")["unchanged"] == 3
    os.chdir("program")
    made = answer(*SIGN[:2], "--key", "../signing.key", "--certificate", "../signing.pem", "-o", "..list", ".")
    assert "..list" in made["without"]


def test_who_is_trusted(answer: Answer) -> None:
    assert answer("manifest", "verify", "--signature-only", "program.manifest", "program")["chain"] == ["not-checked"]
    told = answer("manifest", "verify", "--anchor", "two.pem", "program.manifest", "program", exit_code=1)
    assert told["error"]["type"] == "ValidationError"
    told = answer(*VERIFY, "--at", "2090-01-01", exit_code=1)
    assert told["error"]["reason"] == "expired"


def test_a_manifest_that_was_changed(answer: Answer) -> None:
    data = Path("program.manifest").read_bytes()
    Path("program.manifest").write_bytes(data.replace(b" 0755 4 app", b" 0777 4 app"))
    assert answer(*VERIFY, exit_code=1)["error"]["type"] == "InvalidSignature"


@pytest.mark.parametrize(
    ("arguments", "exit_code", "kind"),
    [
        ((*SIGN, "-o", "x", "missing"), 1, "FileNotFoundError"),
        ((*SIGN, "-o", "x", "signing.pem"), 1, "NotADirectoryError"),
        ((*SIGN, "-o", "program.manifest", "program"), 1, "FileExistsError"),
        ((*SIGN, "--without", "../x", "-o", "x", "program"), 1, "InvalidInputError"),
        ((*SIGN, "program"), 2, "UsageError"),
        (("manifest", "sign", "--key", "kmc.key", "--certificate", "signing.pem", "-o", "x", "program"), 1, None),
        (("manifest", "sign", "--key", "signing.key", "-o", "x", "program"), 1, "KeyMismatchError"),
        (("manifest", "verify", "program.manifest", "program"), 2, "UsageError"),
        (("manifest", "verify", *TRUST, "signing.pem", "program"), 1, None),
        (("manifest", "verify", *TRUST, "program.manifest", "missing"), 1, "FileNotFoundError"),
    ],
    ids=lambda value: " ".join(value)[-50:] if isinstance(value, tuple) else None,
)
def test_what_does_not_work(answer: Answer, arguments: tuple[str, ...], exit_code: int, kind: str | None) -> None:
    told = answer(*arguments, exit_code=exit_code)
    assert told["error"]["type"] == kind or kind is None
    assert not Path("x").exists()


def test_a_link(answer: Answer) -> None:
    Path("program/link").symlink_to("app")
    assert answer(*VERIFY, exit_code=1)["added"] == ["link"]
    told = answer(*SIGN, "-o", "x", "program", exit_code=1)
    assert "link" in told["error"]["message"]
    assert answer(*SIGN, "--without", "link", "-o", "x", "program")["files"] == 4


def test_pkcs12_brings_key_and_certificate(run: Run, answer: Answer) -> None:
    run("p12", "create", "--key", "signing.key", "-c", "signing.pem", "--password-env", "PASSWORD", "-o", "own.p12")
    run("manifest", "sign", "--key", "own.p12", "--password-env", "PASSWORD", "-o", "my.manifest", "program")
    assert answer("manifest", "verify", *TRUST, "my.manifest", "program")["unchanged"] == 4


def test_who_may_sign(run: Run, answer: Answer) -> None:
    """Others below the same anchors have certificates too."""
    assert answer(*VERIFY, "--signer", "signing.pem")["unchanged"] == 4
    assert answer(*VERIFY, "--signer", "two.pem", "--signer", "both.pem")["unchanged"] == 4
    error = answer(*VERIFY, "--signer", "two.pem", exit_code=1)["error"]
    assert (error["type"], error["reason"]) == ("ValidationError", "signer")
    answer(*VERIFY, "--signer", "missing.pem", exit_code=1)
