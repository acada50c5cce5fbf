"""``gmpki selftest`` and ``gmpki backends``."""

from __future__ import annotations

import os
import subprocess
import unicodedata
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import Result

from gmpki.algorithms import backends, selftest

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
