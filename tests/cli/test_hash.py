"""``gmpki hash``."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

Run = Callable[..., Result]
Answer = Callable[..., dict[str, Any]]

ABC = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
EMPTY = "1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b"


def test_files_and_standard_input(run: Run) -> None:
    Path("abc").write_bytes(b"abc")
    Path("empty").write_bytes(b"")
    assert run("hash", "abc", "empty", "abc").stdout == f"{ABC}  abc\n{EMPTY}  empty\n{ABC}  abc\n"
    assert run("hash", stdin=b"abc").stdout == f"{ABC}  -\n"
    assert run("hash", "-", stdin=b"abc").stdout == f"{ABC}  -\n"


def test_json(answer: Answer) -> None:
    Path("abc").write_bytes(b"abc")
    assert answer("hash", "abc") == {"ok": True, "algorithm": "sm3", "files": [{"name": "abc", "digest": ABC}]}


def test_a_large_file(run: Run) -> None:
    data = bytes(range(256)) * 20_001  # several pieces, the last one not whole
    Path("large").write_bytes(data)
    expected = run("hash", stdin=data).stdout.split()[0]
    assert run("hash", "large").stdout == f"{expected}  large\n"
    if "sm3" in hashlib.algorithms_available:
        assert hashlib.new("sm3", data).hexdigest() == expected


def test_check(run: Run, answer: Answer) -> None:
    Path("a").write_bytes(b"a")
    Path("b").write_bytes(b"b")
    Path("sums").write_text(run("hash", "a", "b").stdout, encoding="utf-8")
    assert run("hash", "--check", "sums").stdout == "a: OK 一致\nb: OK 一致\n"
    assert answer("hash", "--check", "sums")["files"] == [{"name": "a", "status": "ok"}, {"name": "b", "status": "ok"}]
    Path("b").write_bytes(b"B")
    result = run("hash", "--check", "sums", exit_code=1)
    assert result.stdout == "a: OK 一致\nb: FAILED 不符\n"
    assert "1 of 2 files do not match" in result.stderr
    error = answer("hash", "--check", "sums", exit_code=1)
    assert error["error"]["type"] == "ChecksumMismatch"
    assert [file["status"] for file in error["files"]] == ["ok", "failed"]


def test_check_of_a_file_that_is_gone(answer: Answer) -> None:
    Path("sums").write_text(f"{ABC}  gone\n", encoding="utf-8")
    (file,) = answer("hash", "--check", "sums", exit_code=1)["files"]
    assert file["status"].startswith("unreadable: ")


@pytest.mark.parametrize(
    "line",
    [
        f"{ABC}  abc",
        f"{ABC.upper()} *abc",
        f"{ABC}  abc\r",
        f"\n{ABC}  abc\n\n",
        f"SM3 (abc) = {ABC}",
        f"SM3(abc)= {ABC}\r",
    ],
)
def test_forms_of_a_list(line: str, run: Run) -> None:
    Path("abc").write_bytes(b"abc")
    run("hash", "--check", stdin=line.encode())


@pytest.mark.parametrize(
    "text", ["", "\n", "abc", f"{ABC[:-1]}  abc", f"{ABC} abc", f"{ABC}  abc\nnonsense\n", f"{ABC}  a\0c"]
)
def test_a_list_that_is_none(text: str, answer: Answer) -> None:
    Path("abc").write_bytes(b"abc")
    assert answer("hash", "--check", exit_code=1, stdin=text.encode())["error"]["type"] == "DecodeError"


@pytest.mark.parametrize("name", ["two\nlines", "back\\slash", "return\r", "\\n", "合同 文件.txt", " leading"])
def test_unusual_names(name: str, run: Run) -> None:
    Path(name).write_bytes(b"abc")
    line = run("hash", name).stdout
    assert line.count("\n") == 1
    run("hash", "--check", stdin=line.encode())


def test_a_name_cannot_pass_for_another_line(run: Run) -> None:
    Path("sums").write_text(f"\\{ABC}  gone\\nabc: OK 一致\n", encoding="utf-8")
    assert run("hash", "--check", "sums", exit_code=1).stdout.splitlines() == [
        "\\gone\\nabc: OK 一致: unreadable: No such file or directory"
    ]


def test_one_missing_file_is_a_failure_and_the_others_have_their_digests(run: Run, answer: Answer) -> None:
    Path("abc").write_bytes(b"abc")
    Path("directory").mkdir()
    result = answer("hash", "missing", "abc", "directory", exit_code=1)
    assert result["error"]["type"] == "FileNotFoundError"
    assert result["error"]["message"] == "No such file or directory: missing; Is a directory: directory"
    assert result["files"] == [
        {"name": "missing", "error": "No such file or directory"},
        {"name": "abc", "digest": ABC},
        {"name": "directory", "error": "Is a directory"},
    ]
    assert run("hash", "missing", "abc", exit_code=1).stdout == f"{ABC}  abc\n"
