"""Files: whole or not at all, private for the owner only, never replaced unasked."""

from __future__ import annotations

import errno
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gmpki import _files
from gmpki.cli import _io
from gmpki.errors import LimitExceeded


@pytest.fixture(autouse=True)
def _directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def mode_of(path: str) -> int:
    return stat.S_IMODE(os.stat(path).st_mode)


def test_private_and_public_modes() -> None:
    before = os.umask(0o022)
    try:
        _io.write_output("private", b"x", private=True)
        _io.write_output("public", b"x")
        assert mode_of("private") == 0o600
        assert mode_of("public") == 0o644
        assert os.umask(0o022) == 0o022, "the umask was left changed"
    finally:
        os.umask(before)


def test_private_from_the_first_moment() -> None:
    with _io.create("secret", private=True) as stream:
        (temporary,) = os.listdir()
        assert mode_of(temporary) == 0o600
        stream.write(b"x")


def test_replacing_narrows_the_mode() -> None:
    Path("key").write_bytes(b"old")
    os.chmod("key", 0o666)
    _io.write_output("key", b"new", private=True, force=True)
    assert mode_of("key") == 0o600


def test_refuses_to_overwrite() -> None:
    Path("here").write_bytes(b"old")
    with pytest.raises(FileExistsError, match="--force"):
        _io.write_output("here", b"new")
    assert Path("here").read_bytes() == b"old"
    _io.write_output("here", b"new", force=True)
    assert Path("here").read_bytes() == b"new"
    assert os.listdir() == ["here"]


def test_refuses_a_file_that_appeared_meanwhile() -> None:
    def be_overtaken() -> None:
        with _io.create("here") as stream:
            stream.write(b"new")
            Path("here").write_bytes(b"somebody else's")

    with pytest.raises(FileExistsError, match="--force"):
        be_overtaken()
    assert Path("here").read_bytes() == b"somebody else's"
    assert os.listdir() == ["here"]


def test_refuses_a_dangling_link() -> None:
    os.symlink("nowhere", "link")
    with pytest.raises(FileExistsError, match="--force"):
        _io.write_output("link", b"x")


@pytest.mark.parametrize("force", [False, True])
def test_an_error_leaves_nothing(force: bool) -> None:
    if force:
        Path("output").write_bytes(b"old")

    def fail_halfway() -> None:
        with _io.create("output", force=force) as stream:
            stream.write(b"half")
            stream.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_halfway()
    assert os.listdir() == (["output"] if force else [])
    if force:
        assert Path("output").read_bytes() == b"old"


def test_nobody_sees_half_a_file() -> None:
    Path("output").write_bytes(b"old")
    with _io.create("output", force=True) as stream:
        stream.write(b"half")
        stream.flush()
        assert Path("output").read_bytes() == b"old"
    assert Path("output").read_bytes() == b"half"


def test_a_file_system_without_hard_links(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    _io.write_output("output", b"x")
    assert Path("output").read_bytes() == b"x"
    with pytest.raises(FileExistsError):
        _io.write_output("output", b"y")
    assert os.listdir() == ["output"]


@pytest.mark.parametrize("name", ["n" * 255, "名" * 85])
def test_a_long_name(name: str) -> None:
    _io.write_output(name, b"x")
    assert os.listdir() == [name]


def test_errors_name_the_output() -> None:
    with pytest.raises(FileNotFoundError) as caught:
        _io.write_output("nowhere/output", b"x")
    assert caught.value.filename == "nowhere/output"
    os.mkdir("directory")
    with pytest.raises(IsADirectoryError) as found:
        _io.write_output("directory", b"x", force=True)
    assert found.value.filename == "directory"
    assert os.listdir() == ["directory"]


def test_devices_and_pipes_are_written_directly() -> None:
    _io.write_output("/dev/null", b"x")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    os.mkfifo("pipe")
    with subprocess.Popen(["cat", "pipe"], stdout=subprocess.PIPE) as reader:
        _io.write_output("pipe", b"through")
        assert reader.communicate(timeout=30)[0] == b"through"
    assert stat.S_ISFIFO(os.stat("pipe").st_mode)


def test_read_input_is_bounded() -> None:
    Path("input").write_bytes(b"12345")
    assert _io.read_input("input", max_len=5) == b"12345"
    with pytest.raises(LimitExceeded, match="input is longer than the 4 bytes"):
        _io.read_input("input", max_len=4)


@pytest.mark.parametrize("total_len", [None, 0, 1, _io.CHUNK_LEN, _io.CHUNK_LEN + 1])
def test_chunks(total_len: int | None) -> None:
    data = os.urandom(2 * _io.CHUNK_LEN + 3)
    Path("input").write_bytes(data)
    with open("input", "rb") as stream:
        pieces = list(_io.chunks(stream, label="", total_len=total_len))
    assert b"".join(pieces) == data[:total_len]
    assert all(0 < len(piece) <= _io.CHUNK_LEN for piece in pieces)


def gmpki_with_signal(number: signal.Signals, handler: signal.Handlers, *arguments: str) -> list[str]:
    """Return the command that runs gmpki with a signal heeded or ignored, whatever the tests themselves run with."""
    program = (
        f"import os, signal, sys\nsignal.signal({int(number)}, signal.Handlers({int(handler)}))\n"
        "os.execv(sys.executable, [sys.executable, '-m', 'gmpki', *sys.argv[1:]])"
    )
    return [sys.executable, "-c", program, *arguments]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_termination_removes_the_half_written_file(number: signal.Signals, tmp_path: Path) -> None:
    reading, writing = os.pipe()
    key = {**os.environ, "KEY": "00" * 16}
    command = gmpki_with_signal(number, signal.SIG_DFL, "sm4", "encrypt", "--key-env", "KEY", "--output", "out")
    with subprocess.Popen(command, stdin=reading, stderr=subprocess.PIPE, env=key) as process:
        os.close(reading)
        try:
            deadline = time.monotonic() + 60
            while not os.listdir() and time.monotonic() < deadline:
                time.sleep(0.02)
            assert [name[:7] for name in os.listdir()] == [_files.TEMPORARY_PREFIX]
            process.send_signal(number)
            _, errors = process.communicate(timeout=60)
        finally:
            process.kill()
            os.close(writing)
    assert process.returncode == 1
    assert "no half-written file is left" in errors.decode()
    assert os.listdir(tmp_path) == []


def test_nohup_stays() -> None:
    command = gmpki_with_signal(signal.SIGHUP, signal.SIG_IGN, "hash")
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        process.stdin.write(bytes(2 << 20))  # more than a pipe holds: taken when the command runs
        process.stdin.flush()
        process.send_signal(signal.SIGHUP)
        output, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert output.endswith(b"  -\n")


def test_a_killed_process_leaves_what_only_the_owner_reads() -> None:
    with _io.create("secret") as stream:
        stream.write(b"half")
        (temporary,) = os.listdir()
        assert temporary.startswith(".gmpki-")
        assert temporary.endswith(".partial")
        assert mode_of(temporary) == 0o600


@pytest.mark.parametrize("force", [False, True])
def test_an_open_file_under_its_name_in_dev_is_written_and_not_replaced(force: bool) -> None:
    with open("target", "wb") as target:
        _io.write_output(f"/dev/fd/{target.fileno()}", b"x", force=force)
    assert Path("target").read_bytes() == b"x"
    assert os.listdir() == ["target"]


def test_no_room_names_the_file() -> None:
    with pytest.raises(OSError, match="No space left") as caught, _io.create("output"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert caught.value.filename == "output"
    with pytest.raises(OSError, match="No space left") as caught:
        _io.write_output("/dev/full", b"x")
    assert caught.value.filename == "/dev/full"
    assert os.listdir() == []
