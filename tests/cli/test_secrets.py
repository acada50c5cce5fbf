"""Where secrets come from."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from gmpki.cli import _io

Run = Callable[..., Result]
Answer = Callable[..., dict[str, Any]]

GENERATE = ("key", "generate", "--iterations", "1000", "--output", "key.pem")
KEY_HEX = "0123456789abcdeffedcba9876543210"


def test_environment_file_and_descriptor_agree(run: Run, answer: Answer) -> None:
    password = os.environ["PASSWORD"]
    run(*GENERATE, "--password-env", "PASSWORD")
    for text in (password, f"{password}\n", f"{password}\r\n", f"{password}\nanother line\n", f"{password}\n\r"):
        Path("password.txt").write_text(text, encoding="utf-8", newline="")
        assert answer("key", "show", "key.pem", "--password-file", "password.txt")["encrypted"]
        reading, writing = os.pipe()
        os.write(writing, text.encode())
        os.close(writing)
        assert answer("key", "show", "key.pem", "--password-fd", str(reading))["encrypted"]
        os.close(reading)


def test_wrong_password(run: Run, answer: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
    run(*GENERATE, "--password-env", "PASSWORD")
    monkeypatch.setenv("WRONG", "wrong")
    error = answer("key", "show", "key.pem", "--password-env", "WRONG", exit_code=1)["error"]
    assert error["type"] == "DecryptionError"
    assert "the password is wrong" in error["message"]


def test_more_than_one_source(run: Run) -> None:
    result = run(*GENERATE, "--password-env", "PASSWORD", "--password-file", "x", exit_code=2)
    assert "not several" in result.stderr


def test_a_variable_that_is_not_set(run: Run) -> None:
    assert "NOT_SET" in run(*GENERATE, "--password-env", "NOT_SET", exit_code=2).stderr


def test_a_descriptor_that_is_not_open(run: Run) -> None:
    assert "descriptor 987" in run(*GENERATE, "--password-fd", "987", exit_code=2).stderr


@pytest.mark.parametrize("length", [0, (1 << 16) + 1])
def test_empty_and_overlong_secrets(length: int, run: Run) -> None:
    Path("password.txt").write_text("x" * length, encoding="utf-8")
    assert f"{length} bytes long" in run(*GENERATE, "--password-file", "password.txt", exit_code=2).stderr
    assert not Path("key.pem").exists()


def test_a_password_of_bytes_that_are_no_text(run: Run, answer: Answer) -> None:
    Path("password.txt").write_bytes(b"\xff\xfe\x00secret\n")
    run(*GENERATE, "--password-file", "password.txt")
    answer("key", "show", "key.pem", "--password-file", "password.txt")


def test_a_password_ends_with_its_line(run: Run, answer: Answer) -> None:
    Path("password.txt").write_bytes("口令\rpaß".encode() + b"\n")
    run(*GENERATE, "--password-file", "password.txt")
    Path("password.txt").write_bytes("口令\r".encode())
    answer("key", "show", "key.pem", "--password-file", "password.txt", exit_code=1)
    Path("password.txt").write_bytes("口令\rpaß".encode())
    answer("key", "show", "key.pem", "--password-file", "password.txt")


@pytest.mark.parametrize("name", ["-", "/dev/stdin"])
@pytest.mark.parametrize(
    "arguments",
    [
        ["sm2", "sign", "--key", "{}", "{}"],
        ["sm2", "encrypt", "--key", "{}"],
        ["sm2", "verify", "--key", "{}", "--signature", "{}", "file"],
        ["sm4", "encrypt", "--key-file", "{}"],
        ["key", "show", "--password-file", "{}", "{}"],
        ["hash", "{}", "{}"],
    ],
    ids=" ".join,
)
def test_standard_input_is_read_for_one_purpose(arguments: list[str], name: str, run: Run, tmp_path: Path) -> None:
    run(*GENERATE, "--password-env", "PASSWORD", "--public-output", "pub.pem")
    data = Path("pub.pem").read_bytes()
    if arguments[0] == "key":
        data = Path("key.pem").read_bytes()
    elif arguments[1] == "sign":
        run("key", "convert", "--no-password", "--password-env", "PASSWORD", "--output", "plain.pem", "key.pem")
        data = Path("plain.pem").read_bytes()
    elif arguments[0] == "sm4":
        data = KEY_HEX.encode()
    result = run(*(argument.format(name) for argument in arguments), exit_code=2, stdin=data)
    assert "standard input is asked for twice" in " ".join(result.stderr.split())
    assert result.stdout == ""


def test_a_descriptor_that_is_standard_input(process: Callable[..., subprocess.CompletedProcess[bytes]]) -> None:
    ran = process("sm4", "encrypt", "--key-fd", "0", stdin=None, input=KEY_HEX.encode())
    assert ran.returncode == 2
    assert ran.stdout == b""


@pytest.mark.parametrize("text", ["", "00", KEY_HEX + "00", "g" * 32, KEY_HEX[:-1]])
def test_a_key_that_is_none(text: str, run: Run) -> None:
    Path("key.hex").write_text(text, encoding="utf-8")
    result = run("sm4", "encrypt", "--key-file", "key.hex", "--output", "out", exit_code=2, stdin=b"message")
    assert result.stdout == ""
    assert not text or text not in result.stderr, "the key is in the error message"
    assert not Path("out").exists()


def test_nobody_to_ask(process: Callable[..., subprocess.CompletedProcess[bytes]]) -> None:
    ran = process(*GENERATE)
    assert ran.returncode == 2
    assert b"--password-env, --password-fd or --password-file" in ran.stderr


# Makes the terminal on its standard input the one of its session, then becomes the command.
ON_A_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.executable, [sys.executable, "-m", "gmpki", *sys.argv[1:]])
"""


def ask(arguments: list[str], answers: list[bytes], directory: Path) -> tuple[int, bytes]:
    """Run a command on a terminal of its own and type answers; return its exit code and what the terminal showed."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-c", ON_A_TERMINAL, *arguments]
    streams = {"stdin": theirs, "stdout": theirs, "stderr": theirs}
    with subprocess.Popen(command, cwd=directory, start_new_session=True, **streams) as process:
        os.close(theirs)
        shown = b""
        for line in answers:
            while not shown.endswith(b": "):
                shown += os.read(ours, 1024)
            os.write(ours, line + b"\n")
            shown += b"|"
        try:
            while piece := os.read(ours, 1024):
                shown += piece
        except OSError:  # the terminal of a process that has ended
            pass
        os.close(ours)
        return process.wait(timeout=60), shown


def test_the_prompt_does_not_show_what_is_typed(tmp_path: Path) -> None:
    code, shown = ask(list(GENERATE), [b"typed secret", b"typed secret"], tmp_path)
    assert code == 0
    assert b"typed secret" not in shown
    assert (tmp_path / "key.pem").read_bytes().startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----")
    code, shown = ask(["key", "show", "key.pem"], [b"typed secret"], tmp_path)
    assert code == 0
    assert b"typed secret" not in shown


def test_the_prompt_asks_again_when_the_two_differ(tmp_path: Path) -> None:
    code, _ = ask(list(GENERATE), [b"one", b"two", b"three", b"three"], tmp_path)
    assert code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["sm2", "sign", "--key", "key.pem", "file"],
        ["sm2", "encrypt", "--key", "pub.pem", "file"],
        ["sm4", "encrypt", "--key-file", "key.hex", "file"],
        ["key", "convert", "--to", "public", "--encoding", "der", "pub.pem"],
    ],
    ids=" ".join,
)
def test_binary_data_does_not_go_to_a_terminal(arguments: list[str], run: Run, tmp_path: Path) -> None:
    run("key", "generate", "--no-password", "--output", "key.pem", "--public-output", "pub.pem")
    Path("key.hex").write_text(KEY_HEX, encoding="utf-8")
    Path("file").write_bytes(b"content")
    code, shown = ask(arguments, [], tmp_path)
    assert code == 2
    assert b"binary data does not go to a terminal" in b" ".join(shown.split())
    assert run(*arguments).stdout_bytes


def test_long_work_shows_a_bar_on_a_terminal(tmp_path: Path) -> None:
    with open(tmp_path / "large", "wb") as stream:
        stream.truncate(_io.PROGRESS_FROM_LEN + 1)
    code, shown = ask(["hash", "large"], [], tmp_path)
    assert code == 0
    assert b"100%" in shown
    with open(tmp_path / "small", "wb") as stream:
        stream.truncate(_io.PROGRESS_FROM_LEN - 1)
    assert b"%" not in ask(["hash", "small"], [], tmp_path)[1]
