"""``gmpki log``."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from cli import protect_files, sample_files

Run = Callable[..., Result]
Answer = Callable[..., dict[str, Any]]
RING = ("--keys", "audit.ring", "--password-env", "PASSWORD")
VERIFY = ("log", "verify", *RING, "--certificate", "signing.pem", "audit.log")


@pytest.fixture
def _files(run: Run) -> None:
    sample_files.write_authority()
    protect_files.write_log()


pytestmark = pytest.mark.usefixtures("_files")


def test_from_nothing_to_a_verified_log(run: Run, answer: Answer) -> None:
    made = answer("log", "new", "--keys", "my.ring", "--new-keys", "--password-env", "PASSWORD", "my.log")
    assert Path("my.ring").stat().st_mode & 0o777 == 0o600
    ring = ("--keys", "my.ring", "--password-env", "PASSWORD")
    assert answer("log", "append", *ring, "my.log", "one", "二")["appended"] == 2
    assert answer("log", "append", *ring, "my.log", stdin=b"three\n\nfive")["appended"] == 3
    sealed = answer("log", "seal", *ring, "--key", "signing.key", "--checkpoint", "my.kept", "my.log")
    assert Path("my.kept").read_text() == sealed["checkpoint"] + "\n"
    ended = answer("log", "rotate", *ring, "--key", "signing.key", "my.log")
    assert (ended["ended"], ended["part"]) == ("my.log.000001", 2)
    told = answer("log", "verify", *ring, "--certificate", "signing.pem", "--expect", "my.kept", "my.log")
    assert (told["entries"], told["seals"], told["first"], told["last"]) == (5, 1, 1, 9)
    assert told["macs_verified"] is told["compared_with_checkpoint"] is True
    assert told["findings"] == []
    assert made["checkpoint"] != told["checkpoint"]


def test_verify_as_text(run: Run) -> None:
    shown = run(*VERIFY, "--expect", "audit.kept").stdout
    assert "OK 完整" in shown
    assert "1, HMAC" in shown
    assert "已对照检查点 compared" in shown
    auditor = run("log", "verify", "--certificate", "signing.pem", "audit.log")
    assert "无保护 nothing that was verified" in auditor.stdout
    assert "no --expect" in auditor.stdout


def test_a_public_key_in_place_of_a_certificate(answer: Answer) -> None:
    Path("owner.pub").write_bytes(sample_files.OWNER.public_key.to_pem())
    assert answer("log", "verify", "--public-key", "owner.pub", "audit.log")["sealed_through"] == 3
    Path("other.pub").write_bytes(sample_files.ROOT.public_key.to_pem())
    refused = answer("log", "verify", "--public-key", "other.pub", "audit.log", exit_code=1)
    assert (refused["error"]["type"], refused["error"]["reason"]) == ("TamperedError", "seal")


def test_a_change_is_told_with_its_place(run: Run, answer: Answer) -> None:
    data = Path("audit.log").read_bytes()
    Path("audit.log").write_bytes(data.replace(b"zhangsan", b"zhangsan2", 1))
    told = answer(*VERIFY, exit_code=1)
    assert [(one["reason"], one["place"], one["line"]) for one in told["findings"]] == [("changed", 2, 2)]
    assert told["error"] == {
        "type": "TamperedError",
        "reason": "changed",
        "message": "record 2 (audit.log, line 2): it is not as it was written: its MAC does not hold",
    }
    assert told["checkpoint"] is None
    shown = run(*VERIFY, exit_code=1)
    assert "record 2 (audit.log, line 2)" in shown.stdout
    assert "TamperedError" in shown.stderr
    assert (
        answer("log", "verify", "--certificate", "signing.pem", "audit.log", exit_code=1)["findings"][0]["place"] == 2
    )


def test_a_log_that_was_cut_off(answer: Answer) -> None:
    lines = Path("audit.log").read_bytes().splitlines(keepends=True)
    Path("audit.log").write_bytes(b"".join(lines[:2]))
    assert answer(*VERIFY)["compared_with_checkpoint"] is False
    told = answer(*VERIFY, "--expect", "audit.kept", exit_code=1)
    assert told["error"]["reason"] == "truncated"
    Path("audit.log").write_bytes(b"".join(lines)[:-5])
    assert answer(*VERIFY, exit_code=1)["error"]["reason"] == "torn"


def test_a_torn_line_is_mended_by_the_next_entry(run: Run, answer: Answer) -> None:
    with Path("audit.log").open("ab") as file:
        file.write(b"half a li")
    run("log", "append", *RING, "audit.log", "after")
    assert answer(*VERIFY)["mended"] == [5]
    (line,) = (line for line in run(*VERIFY).stdout.splitlines() if "torn lines mended" in line)
    assert line.split()[-1] == "5"


def test_old_files_by_name(run: Run, answer: Answer) -> None:
    run("log", "rotate", *RING, "audit.log")
    assert answer("log", "verify", *RING, "audit.log.000001", "audit.log")["last"] == 6
    assert answer("log", "verify", *RING, "audit.log")["first"] == 1
    Path("audit.log.000001").unlink()
    assert answer("log", "verify", *RING, "audit.log")["first"] == 6


def test_seals_that_are_due(run: Run, answer: Answer) -> None:
    run("log", "append", *RING, "--key", "signing.key", "--seal-every", "2", "audit.log", *"abcdef")
    assert answer(*VERIFY)["seals"] == 4


def test_a_ring_under_an_sm2_key(run: Run, answer: Answer) -> None:
    from gmpki.protect.keys import KeyRing

    ring = KeyRing.load("audit.ring", b"correct horse battery staple")
    ring.save("wrapped.ring", sample_files.KMC.public_key)
    Path("kmc2.key").write_bytes(sample_files.KMC.to_pem())
    options = ("--keys", "wrapped.ring", "--unwrap-key", "kmc2.key")
    run("log", "append", *options, "audit.log", "entry")
    assert answer("log", "verify", *options, "audit.log")["entries"] == 3


@pytest.mark.parametrize(
    ("arguments", "exit_code", "kind"),
    [
        (("verify", "audit.log"), 2, "UsageError"),
        (("verify", "--certificate", "signing.pem"), 2, "UsageError"),
        (("verify", "--certificate", "signing.pem", "missing.log"), 1, "FileNotFoundError"),
        (("verify", "--certificate", "encryption.pem", "audit.log"), 1, "InvalidInputError"),
        (("verify", *RING, "--expect", "events.txt", "audit.log"), 1, "DecodeError"),
        (("new", *RING, "audit.log"), 1, "FileExistsError"),
        (("new", *RING, "--new-keys", "other.log"), 1, "FileExistsError"),
        (("new", *RING, "--new-keys", "--unwrap-key", "kmc.key", "other.log"), 2, "UsageError"),
        (("append", *RING, "missing.log", "x"), 1, "FileNotFoundError"),
        (("append", "--keys", "events.txt", "--password-env", "PASSWORD", "audit.log", "x"), 1, "DecodeError"),
        (("append", *RING, "audit.log", "x" * ((1 << 20) + 1)), 1, "LimitExceeded"),
        (("append", *RING, "signing.pem", "x"), 1, "TamperedError"),
        (("seal", *RING, "audit.log"), 2, "UsageError"),
    ],
    ids=lambda value: " ".join(value)[:60] if isinstance(value, tuple) else None,
)
def test_what_does_not_work(answer: Answer, arguments: tuple[str, ...], exit_code: int, kind: str) -> None:
    before = Path("audit.log").read_bytes()
    told = answer("log", *arguments, exit_code=exit_code)
    assert told["error"]["type"] == kind
    assert Path("audit.log").read_bytes() == before


def test_a_wrong_password(answer: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSWORD", "wrong")
    assert answer("log", "append", *RING, "audit.log", "x", exit_code=1)["error"]["type"] == "DecryptionError"


def test_a_process_that_reads_as_it_comes(process: Any, answer: Answer) -> None:
    """Entries are there before the input has ended."""
    command = [sys.executable, "-m", "gmpki", "log", "append", *RING, "audit.log"]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, env=environment) as running:
        assert running.stdin is not None
        running.stdin.write(b"now\n")
        running.stdin.flush()
        for _ in range(200):
            if b"=now\n" in Path("audit.log").read_bytes():
                break
            time.sleep(0.05)
        assert b"=now\n" in Path("audit.log").read_bytes()
        running.kill()
    assert answer(*VERIFY)["entries"] == 3


def test_a_ring_that_does_not_open(run: Run, answer: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTHER", "another password")
    verify = ("log", "verify", "--keys", "audit.ring", "audit.log")
    error = answer(*verify, "--password-env", "OTHER", exit_code=1)["error"]
    assert (error["type"], error["message"][:31]) == ("DecryptionError", "audit.ring: the password is wro")
    Path("none.ring").write_bytes(b"no ring")
    Path("none.ring").chmod(0o600)
    error = answer("log", "verify", "--keys", "none.ring", *RING[2:], "audit.log", exit_code=1)["error"]
    assert error["message"].startswith("none.ring: ")


def test_a_checkpoint_on_standard_output(run: Run) -> None:
    before = Path("audit.log").read_bytes()
    for command in (("append", "audit.log", "x"), ("rotate", "audit.log"), ("new", "new.log")):
        run("log", *command, *RING, "--checkpoint", "-", "--json", exit_code=2)
    run("log", "seal", "audit.log", *RING, "--key", "signing.key", "--checkpoint", "-", "--json", exit_code=2)
    assert Path("audit.log").read_bytes() == before
    assert not Path("new.log").exists()
    assert run("log", "append", "audit.log", "x", *RING, "--checkpoint", "-").stdout.startswith("gmpki-log ")


def test_seals_that_nobody_looked_at(run: Run) -> None:
    assert "未核对签名 not checked" in run("log", "verify", *RING, "audit.log").stdout
    assert "not checked" not in run(*VERIFY).stdout
