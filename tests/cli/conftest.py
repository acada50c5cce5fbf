"""What the tests of the command line share: running a command inside this process, or as a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from gmpki.cli.main import cli

PASSWORD = "correct horse battery staple"

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Give a function that runs a command in an empty directory, with a password in the environment."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PASSWORD", PASSWORD)

    def invoke(*arguments: str, exit_code: int = 0, stdin: bytes | None = None) -> Result:
        result = CliRunner().invoke(cli, arguments, input=stdin)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        assert result.exit_code == exit_code, result.output
        return result

    return invoke


@pytest.fixture
def answer(run: Run) -> Callable[..., dict[str, Any]]:
    """Give a function that runs a command with ``--json`` and returns the one object it prints."""

    def invoke(*arguments: str, exit_code: int = 0, stdin: bytes | None = None) -> dict[str, Any]:
        result = run(*arguments, "--json", exit_code=exit_code, stdin=stdin)
        assert result.stderr == ""
        assert result.stdout.count("\n") == 1
        value: dict[str, Any] = json.loads(result.stdout)
        assert value["ok"] is (exit_code == 0)
        assert ("error" in value) is (exit_code != 0)
        if exit_code:
            assert set(value["error"]) - {"reason", "tries_left"} == {"type", "message"}
        return value

    return invoke


@pytest.fixture
def process(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[bytes]]:
    """Give a function that runs ``python -m gmpki`` without a terminal."""

    def start(*arguments: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
        environment = {**os.environ, "PASSWORD": PASSWORD, "PYTHONUTF8": "1"}
        options = {"stdin": subprocess.DEVNULL, "cwd": tmp_path, "env": environment} | options
        if options["stdin"] is None:
            del options["stdin"]  # the caller gives input
        command = [sys.executable, "-m", "gmpki", *arguments]
        return subprocess.run(command, capture_output=True, start_new_session=True, timeout=120, check=False, **options)

    return start


@pytest.fixture
def key_pair(run: Run) -> tuple[str, str]:
    """Make a key pair without a password; give the names of its two files."""
    run("key", "generate", "--no-password", "--output", "key.pem", "--public-output", "pub.pem")
    return "key.pem", "pub.pem"
