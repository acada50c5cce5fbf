"""Names of files, locks, and files that appear whole or not at all; tests/cli/test_io.py has the rest."""

from __future__ import annotations

import errno
import os
import stat
import threading
from pathlib import Path
from typing import Any

import pytest

from gmpki import _files
from gmpki.errors import InvalidInputError, InvalidTypeError


@pytest.mark.parametrize("as_path", [False, True])
def test_a_file_appears_when_the_block_ends(tmp_path: Path, as_path: bool) -> None:
    target = tmp_path / "target"
    with _files.create(target if as_path else str(target), private=True) as stream:
        stream.write(b"x")
        assert not target.exists()
    assert target.read_bytes() == b"x"
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert os.listdir(tmp_path) == ["target"]


def test_what_exists_stays(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_bytes(b"old")
    with pytest.raises(FileExistsError, match=_files.EXISTS) as caught:
        _files.create(target).__enter__()
    assert caught.value.filename == str(target)
    assert target.read_bytes() == b"old"


@pytest.mark.parametrize("name", ["missing/target", "directory"])
def test_where_nothing_can_be_written(tmp_path: Path, name: str) -> None:
    (tmp_path / "directory").mkdir()
    with pytest.raises((FileNotFoundError, IsADirectoryError)) as caught:
        _files.create(tmp_path / name, force=True).__enter__()
    assert caught.value.filename == str(tmp_path / name)
    assert os.listdir(tmp_path) == ["directory"]


@pytest.mark.parametrize("failure", [RuntimeError(), KeyboardInterrupt(), OSError(errno.ENOSPC, "No space left")])
def test_what_fails_leaves_nothing(tmp_path: Path, failure: BaseException) -> None:
    def fail() -> None:
        with _files.create(tmp_path / "target") as stream:
            stream.write(b"half")
            raise failure

    with pytest.raises(type(failure)):
        fail()
    assert os.listdir(tmp_path) == []


def test_withheld_output_of_a_failed_block_goes_nowhere(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    seen: list[bytes] = []
    reader = threading.Thread(target=lambda: seen.append(pipe.read_bytes()))
    reader.start()

    def fail() -> None:
        with _files.create(pipe, withhold=True) as stream:
            stream.write(b"forged")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    reader.join(30)
    assert seen == [b""]


def test_the_umask_is_read_and_not_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = os.umask(0o027)
    try:
        if Path("/proc/self/status").exists():
            monkeypatch.setattr(os, "umask", None)
        with _files.create(tmp_path / "target"):
            pass
    finally:
        monkeypatch.undo()
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "target").stat().st_mode) == 0o640


@pytest.mark.parametrize("path", ["name", Path("a") / "b", "档案", "\udcff"])
def test_paths(path: str | Path) -> None:
    assert _files.as_path(path) == str(path)


@pytest.mark.parametrize("path", [None, 7, b"name", Path, ["name"]])
def test_what_is_no_path(path: Any) -> None:
    with pytest.raises(InvalidTypeError, match="source must be str or a path object, not"):
        _files.as_path(path, "source")


@pytest.mark.parametrize("path", ["", "a\0b", "\ud800"])
def test_what_no_file_is_called(path: str) -> None:
    with pytest.raises(InvalidInputError, match="path is no name that a file can have"):
        _files.as_path(path)


def test_a_lock_keeps_others_out(tmp_path: Path) -> None:
    path = str(tmp_path / "file")
    order = []

    def second() -> None:
        with _files.locked(path):
            order.append("second")

    other = threading.Thread(target=second)
    with _files.locked(path):
        other.start()
        other.join(0.05)
        order.append("first")
    other.join()
    assert order == ["first", "second"]
    assert (tmp_path / "file.lock").stat().st_mode & 0o777 == 0o600
    with _files.unwritten(path), _files.unwritten(path):
        pass  # readers do not wait for each other


def test_who_may_not_lock_reads_all_the_same(tmp_path: Path) -> None:
    with _files.unwritten(str(tmp_path / "file")):
        assert list(tmp_path.iterdir()) == []
