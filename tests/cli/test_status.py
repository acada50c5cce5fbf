"""``gmpki selftest``, ``gmpki backends`` and ``gmpki quickstart``."""

from __future__ import annotations

import os
import stat
import subprocess
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from gmpki.algorithms import backends, selftest
from gmpki.cli import quickstart
from gmpki.errors import GmpkiError

Run = Callable[..., Result]
Answer = Callable[..., dict[str, Any]]


def column_of(line: str, word: str) -> int:
    """Return the terminal column in which a word begins."""
    before = line[: line.index(word)]
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in before)


def test_backends(run: Run, answer: Answer) -> None:
    algorithms = answer("backends")["algorithms"]
    assert set(algorithms) == set(backends.ALGORITHMS)
    for name, fields in algorithms.items():
        assert fields["active"] == backends.active(name)
        assert fields["backends"][-1] == {"name": "portable", "available": True}
    heading, *rows = run("backends").stdout.splitlines()
    assert len(rows) == sum(len(fields["backends"]) for fields in algorithms.values())
    assert sum("active 使用中" in row for row in rows) == len(algorithms)
    assert {column_of(row, row.split()[1]) for row in rows} == {column_of(heading, "backend")}


@pytest.mark.parametrize("command", ["backends", "hash"])
def test_a_backend_that_does_not_exist(
    command: str, process: Callable[..., subprocess.CompletedProcess[bytes]]
) -> None:
    ran = process(command, env={**os.environ, "GMPKI_BACKEND": "sm3=none", "PYTHONUTF8": "1"})
    assert ran.returncode == 1
    assert b"BackendError" in ran.stderr


def test_selftest(run: Run, answer: Answer) -> None:
    tests = answer("selftest")["tests"]
    assert {test["name"] for test in tests} > {"integrity", "sm2/portable", "sm3/portable", "sm4/portable"}
    assert {test["status"] for test in tests} <= {"passed", "unsupported"}
    assert "integrity" in run("selftest").stdout


def test_a_failed_selftest(run: Run, answer: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
    result = selftest.SelfTestResult("sm3/portable", "failed", "known answers differ")
    monkeypatch.setattr(selftest, "run", lambda: selftest.SelfTestReport((result,)))
    assert "sm3/portable" in run("selftest", exit_code=1).stdout
    failed = answer("selftest", exit_code=1)
    assert failed["error"]["type"] == "SelfTestError"
    assert failed["tests"][0]["status"] == "failed"


def test_quickstart(run: Run) -> None:
    lines = run("quickstart", "--output", "demo").stdout.splitlines()
    titles = [line for line in lines if line[:1].isdigit() and line.endswith(" ms")]
    assert len(titles) == len(quickstart.STEPS)
    assert len({column_of(line, line[-4:]) for line in titles}) == 1, "the times are not aligned"
    assert lines[-1] == "gmpki 未取得商用密码产品认证。  gmpki is not a certified cryptographic module."


def test_quickstart_json(answer: Answer) -> None:
    fields = answer("quickstart", "--output", "demo")
    assert [step["name"] for step in fields["steps"]] == [step.name for step in quickstart.STEPS]
    assert all(step["elapsed_ms"] >= 0 and step["title_zh"] and step["title"] for step in fields["steps"])
    assert fields["certified"] is False
    assert sorted(fields["files"]) == sorted(os.listdir("demo"))
    assert stat.S_IMODE(os.stat("demo").st_mode) == 0o700
    for name in ("signing-key.pem", "encryption-key.pem", "password.txt", "contract-decrypted.txt"):
        assert stat.S_IMODE(os.stat(f"demo/{name}").st_mode) == 0o600
    original = Path("demo/contract.txt").read_bytes()
    assert Path("demo/contract-decrypted.txt").read_bytes() == original
    assert Path("demo/contract-changed.txt").read_bytes() != original


def test_quickstart_files_go_through_the_other_commands(run: Run, answer: Answer) -> None:
    answer("quickstart", "--output", "demo")
    os.chdir("demo")
    run("sm2", "verify", "--key", "signing-public.pem", "--signature", "contract.txt.sig", "contract.txt")
    options = ("--key", "encryption-key.pem", "--password-file", "password.txt")
    key = run("sm2", "decrypt", *options, "contract.txt.key.sm2").stdout_bytes
    Path("key.hex").write_text(key.hex(), encoding="utf-8")
    plain = run("sm4", "decrypt", "--key-file", "key.hex", "contract.txt.sm4").stdout_bytes
    assert plain == Path("contract.txt").read_bytes()


def test_quickstart_makes_a_directory_of_its_own(
    answer: Answer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    directory = Path(answer("quickstart")["directory"])
    assert directory.parent == tmp_path
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700


def test_quickstart_keeps_away_from_a_full_directory(run: Run) -> None:
    Path("demo").mkdir()
    Path("demo/contract.txt").write_bytes(b"mine")
    run("quickstart", "--output", "demo", exit_code=2)
    assert Path("demo/contract.txt").read_bytes() == b"mine"


def test_quickstart_tells_which_step_failed(answer: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: quickstart.Workspace) -> quickstart.Facts:
        raise GmpkiError("it did not work")

    steps = (quickstart.STEPS[0], quickstart.Step("broken", "坏", "Broken", fail), *quickstart.STEPS[1:])
    monkeypatch.setattr(quickstart, "STEPS", steps)
    failed = answer("quickstart", "--output", "demo", exit_code=1)
    assert failed["error"] == {"type": "GmpkiError", "message": "step broken: it did not work"}
    assert [step["name"] for step in failed["steps"]] == ["prepare"]
