"""A log with several writers, writers that are killed, disks that are full or fail, and large files."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gmpki.errors import TamperedError
from gmpki.protect import log_file
from gmpki.protect.log import Durability, LogRules
from protect.log_scene import check, create, entries, reopen

pytestmark = pytest.mark.once


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "audit.log"


# ---- several writers ------------------------------------------------------------------------------------------------
def test_writers_catch_up_with_each_other(path: Path) -> None:
    with create(path) as one, reopen(path) as two:
        for number in range(10):
            (one, two)[number % 2].append(str(number).encode())
        one.rotate()
        two.append(b"10")
        two.rotate()
        two.append(b"11")
        one.append(b"12")
    assert entries(path) == [str(number).encode() for number in range(13)]


def test_threads(path: Path) -> None:
    with create(path) as log:

        def work(name: int) -> None:
            for number in range(40):
                log.append(f"{name} {number}".encode())
                if number == 20:
                    log.rotate()

        threads = [threading.Thread(target=work, args=(name,)) for name in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    found = entries(path)
    assert len(found) == 160
    for name in range(4):
        assert [e for e in found if e.startswith(b"%d " % name)] == [b"%d %d" % (name, n) for n in range(40)]


def put_in_place(path: Path, data: bytes) -> None:
    """Replace a file by another one."""
    copy = path.with_name("copy")
    copy.write_bytes(data)
    os.replace(copy, path)


def ended_otherwise(path: Path, lines: list[bytes]) -> None:
    """Let the log go on from an older copy, and end it there: what follows has the right keys and another history."""
    put_in_place(path, b"".join(lines[:2]))
    with reopen(path) as log:
        log.rotate()


HAPPENINGS: dict[str, tuple[Callable[[Path, list[bytes]], object], str]] = {
    "cut": (lambda path, lines: os.truncate(path, len(b"".join(lines[:2]))), "truncated"),
    "older-copy": (lambda path, lines: put_in_place(path, b"".join(lines[:2])), "replaced"),
    "same-copy": (lambda path, lines: put_in_place(path, b"".join(lines)), "replaced"),
    "junk": (lambda path, _: put_in_place(path, b"no log at all\n"), "replaced"),
    "line-of-another": (lambda path, lines: path.write_bytes(b"".join(lines) + b"a line\n"), "changed"),
    "line-twice": (lambda path, lines: path.write_bytes(b"".join([*lines, lines[1]])), "moved"),
    "another-history": (ended_otherwise, "replaced"),
    "removed": (lambda path, _: path.unlink(), "replaced"),
}


@pytest.mark.parametrize("name", HAPPENINGS)
def test_a_writer_notices_what_happened_to_what_it_wrote(path: Path, name: str) -> None:
    happen, reason = HAPPENINGS[name]
    with create(path) as log:
        log.extend([b"one", b"two"])
        happen(path, path.read_bytes().splitlines(keepends=True))
        before = path.read_bytes() if path.exists() else None
        with pytest.raises(TamperedError) as caught:
            log.append(b"three")
        assert caught.value.reason == reason
        assert (path.read_bytes() if path.exists() else None) == before


@pytest.mark.parametrize("change", ["digest", "log"])
def test_a_next_file_that_does_not_go_on(path: Path, change: str) -> None:
    with create(path) as log:
        log.append(b"one")
        with reopen(path) as other:
            other.rotate()
        if change == "digest":  # a second history of the same end
            lines = path.read_bytes().splitlines(keepends=True)
            fields = lines[0].split(b" ")
            fields[6] = b"0" * 63 + b"1"
            put_in_place(path, b" ".join(fields))
        else:
            create(path.with_name("other.log")).close()
            os.replace(path.with_name("other.log"), path)
        with pytest.raises(TamperedError) as caught:
            log.append(b"two")
        assert caught.value.reason == "replaced"


WRITER = """
import sys
from protect.log_scene import *
name, path, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
rules = LogRules(seal_every=50, durability=Durability.SYSTEM)
with reopen(path, rules=rules) as log:
    print("ready", flush=True)
    for number in range(count):
        log.append(f"{name} {number}".encode())
        if number % 500 == 499:
            log.rotate()
        if len(sys.argv) > 4:
            print(number, flush=True)
"""


@pytest.fixture
def start() -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Give a function that starts a process that writes to a log."""
    started: list[subprocess.Popen[bytes]] = []

    def run(*arguments: object) -> subprocess.Popen[bytes]:
        tests = str(Path(__file__).parent.parent)
        environment = {**os.environ, "PYTHONPATH": tests, "PYTHONDONTWRITEBYTECODE": "1"}
        command = [sys.executable, "-c", WRITER, *(str(argument) for argument in arguments)]
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE)
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def test_two_processes_at_once(path: Path, start: Callable[..., Any]) -> None:
    create(path).close()
    processes = [start(name, path, 600) for name in ("a", "b")]
    assert [process.wait(timeout=120) for process in processes] == [0, 0]
    report = check(path)
    assert (report.entries, report.mends) == (1200, ())
    assert len(log_file.part_names(str(path))) == 3
    found = entries(path)
    for name in (b"a", b"b"):
        assert [e for e in found if e.startswith(name)] == [b"%s %d" % (name, number) for number in range(600)]


# ---- crashes --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("delay_ms", [0, 3, 11, 40])
def test_a_writer_that_is_killed(path: Path, start: Callable[..., Any], delay_ms: int) -> None:
    create(path).close()
    process = start("a", path, 10**6, "tell")
    assert process.stdout.readline() == b"ready\n"
    time.sleep(delay_ms / 1000)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    told = process.stdout.read().split()
    with reopen(path) as log:
        log.append(b"after")
    found = entries(path)
    # What was said to be written is there, and perhaps one more that nobody could be told of.
    assert found[:-1] == [b"a %d" % number for number in range(len(found) - 1)]
    assert len(told) <= len(found) - 1 <= len(told) + 1
    assert found[-1] == b"after"


def test_a_writer_that_is_killed_lets_the_other_go_on(path: Path, start: Callable[..., Any]) -> None:
    create(path).close()
    process, other = start("a", path, 10**6), start("b", path, 300)
    assert other.wait(timeout=120) == 0
    process.kill()
    process.wait()
    with reopen(path) as log:
        log.append(b"after")
    assert [e for e in entries(path) if e.startswith(b"b")] == [b"b %d" % number for number in range(300)]


LIMITED = """
import resource, signal, sys
from protect.log_scene import *
path, limit = sys.argv[1], int(sys.argv[2])
signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
with reopen(path) as log:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    for number in range(100):
        log.append(f"a {number}".encode())
"""


@pytest.mark.parametrize("room", [1, 63, 64, 65, 100, 200, 230, 231, 232, 500, 1000])
def test_a_writer_that_is_killed_within_a_line(path: Path, room: int) -> None:
    """The system writes the part of the line that the limit leaves room for, and kills the process at the rest."""
    create(path).close()
    limit = path.stat().st_size + room
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent), "PYTHONDONTWRITEBYTECODE": "1"}
    ran = subprocess.run(
        [sys.executable, "-c", LIMITED, str(path), str(limit)], env=environment, check=False, timeout=60
    )
    assert ran.returncode == -signal.SIGXFSZ
    assert path.stat().st_size == limit
    torn = not path.read_bytes().endswith(b"\n")
    with reopen(path) as log:
        log.append(b"after")
    found = entries(path)
    assert found == [*(b"a %d" % number for number in range(len(found) - 1)), b"after"]
    assert len(check(path).mends) == torn


def test_every_torn_last_line_is_mended_with_a_note(path: Path) -> None:
    with create(path) as log:
        log.extend([b"one", b"two"])
    whole = path.read_bytes()
    lines = whole.splitlines(keepends=True)
    kept = len(whole) - len(lines[-1])
    for length in range(kept + 1, len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(TamperedError) as caught:
            check(path)
        assert (caught.value.reason, caught.value.place) == ("torn", 3)
        with reopen(path) as log:
            log.append(b"after")
        report = check(path)
        assert (report.mends, report.entries) == ((3,), 2)
        note = path.read_bytes().splitlines()[2]
        assert b" mend 3 " in note
        assert f"length={length - kept} ".encode() in note


def test_zeros_that_a_power_failure_left_are_mended(path: Path) -> None:
    with create(path) as log:
        log.append(b"one")
    with path.open("ab") as file:
        file.write(bytes(5000))
    with reopen(path) as log:
        log.append(b"two")
    assert (check(path).mends, entries(path)) == ((3,), [b"one", b"two"])


def test_a_line_that_another_writer_left_torn_is_mended(path: Path) -> None:
    with create(path) as log:
        log.append(b"one")
        with path.open("ab") as file:
            file.write(b"half a li")
        log.append(b"two")
    assert (check(path).mends, entries(path)) == ((3,), [b"one", b"two"])


def test_a_changed_last_line_is_not_taken_for_a_torn_one(path: Path) -> None:
    with create(path) as log:
        log.append(b"one")
    data = bytearray(path.read_bytes())
    data[-2] ^= 1
    path.write_bytes(data)
    with pytest.raises(TamperedError):
        reopen(path)
    assert path.read_bytes() == data


@pytest.mark.parametrize("written", [0, 1, 100])
def test_a_write_that_fails_leaves_nothing(path: Path, written: int, monkeypatch: Any) -> None:
    with create(path) as log:
        log.append(b"one")
        before = path.read_bytes()
        real = os.write

        def full(descriptor: int, data: bytes) -> int:
            if len(data) <= written or len(data) < 100:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return real(descriptor, data[:written]) if written else full(descriptor, b"")

        with monkeypatch.context() as patch:
            patch.setattr("os.write", full)
            with pytest.raises(OSError, match="space") as caught:
                log.append(b"two")
        assert caught.value.filename == str(path)
        assert path.read_bytes() == before
        log.append(b"three")
    assert entries(path) == [b"one", b"three"]


def test_a_disk_that_fails_to_sync(path: Path, monkeypatch: Any) -> None:
    def broken(_: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with create(path, rules=LogRules(seal_every=None)) as log:
        log.append(b"one")
        with monkeypatch.context() as patch:
            patch.setattr("gmpki.protect.log_file.sync", broken)
            with pytest.raises(OSError, match="error"):
                log.append(b"two")
        log.append(b"three")
    assert entries(path) == [b"one", b"two", b"three"]  # written, and not known to be on the disk


@pytest.mark.parametrize(
    ("durability", "syncs"), [(Durability.EACH, 7), (Durability.SEALS, 2), (Durability.SYSTEM, 0)], ids=str
)
def test_when_a_call_waits_for_the_disk(path: Path, durability: Durability, syncs: int, monkeypatch: Any) -> None:
    with create(path, rules=LogRules(seal_every=None, durability=durability)) as log:
        calls: list[int] = []
        monkeypatch.setattr("gmpki.protect.log_file.sync", calls.append)
        for number in range(4):
            log.append(str(number).encode())
        log.extend([b"a", b"b", b"c"])
        log.seal()
    assert len(calls) == syncs


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Give the folder of a disk of 64 KiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if (
        os.geteuid() != 0
        or subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], check=False, capture_output=True
        ).returncode
    ):
        pytest.skip("peer program: no tmpfs can be mounted here")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_full_disk(small_disk: Path) -> None:
    path = small_disk / "audit.log"
    filler = small_disk / "filler"
    written: list[bytes] = []
    with create(path, rules=LogRules(seal_every=20)) as log:
        filler.write_bytes(bytes(8192))

        def fill() -> None:
            for number in range(1000):
                entry = b"%d " % number + b"x" * 700
                log.append(entry)
                written.append(entry)

        with pytest.raises(OSError, match="space") as caught:
            fill()
        assert caught.value.errno == errno.ENOSPC
        full = path.read_bytes()
        assert full.endswith(b"\n")
        for _ in range(3):
            with pytest.raises(OSError, match="space"):
                log.append(b"y" * 5000)
        assert path.read_bytes().startswith(full)
        found = entries(path)
        # An entry whose seal found no room is there all the same.
        assert found[: len(written)] == written
        assert len(found) <= len(written) + 1
        # There may be room for the end of this file, and there is none for another one.
        with pytest.raises(OSError, match="space"):
            log.rotate()
        filler.unlink()
        log.append(b"there is room again")
    assert check(path).entries == len(found) + 1


def test_a_full_disk_and_a_torn_line(small_disk: Path) -> None:
    path = small_disk / "audit.log"
    with create(path) as log:
        log.append(b"one")
    with path.open("ab") as file:
        file.write(b"torn " * 100)
    filler = small_disk / "filler"
    with pytest.raises(OSError, match="space"):
        filler.write_bytes(bytes(1 << 20))
    # To cut the torn line off makes no room that counts: pages stay. The note may find room in its page.
    with reopen(path) as log:
        log.append(b"two")
    filler.unlink()
    with reopen(path) as log:
        log.append(b"three")
    assert entries(path)[0] == b"one"
    assert entries(path)[-1] == b"three"
    assert check(path).mends == (3,)


# ---- size -----------------------------------------------------------------------------------------------------------
def test_the_end_is_found_without_reading_the_whole(path: Path, monkeypatch: Any) -> None:
    with create(path) as log:
        log.extend([b"x" * 1000] * 2000)
    read: list[int] = []
    real = os.pread

    def counting(descriptor: int, length: int, offset: int) -> bytes:
        data = real(descriptor, length, offset)
        read.append(len(data))
        return data

    monkeypatch.setattr("os.pread", counting)
    with reopen(path) as log:
        assert log.append(b"last").number == 2002
    assert sum(read) < 300_000 < path.stat().st_size


def test_verification_needs_little_memory(path: Path) -> None:
    import tracemalloc

    with create(path) as log:
        for _ in range(20):
            log.extend([b"x" * 5000] * 200)
    assert path.stat().st_size > 20_000_000
    tracemalloc.start()
    try:
        assert check(path).entries == 4000
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 2_000_000
