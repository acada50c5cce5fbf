"""Serial numbers: never the same twice, whoever is killed, however full the disk, however many processes there are."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gmpki.errors import InvalidInputError, InvalidTypeError, LimitExceeded, StateError
from gmpki.tsa import serials
from gmpki.tsa.serials import MAX_SERIAL_BITS, FileSerials, SerialSource

# Prints each number as it is given out, until it is killed or has given enough.
COUNTING = """
import sys
from gmpki.tsa.serials import FileSerials
serials = FileSerials(sys.argv[1], block=int(sys.argv[2]), random_bits=0)
for _ in range(int(sys.argv[3])):
    sys.stdout.write(f"{serials.next()}\\n")
    sys.stdout.flush()
"""


def counting(path: Path, *, block: int = 1, most: int = 10**9) -> subprocess.Popen[bytes]:
    arguments = [sys.executable, "-B", "-c", COUNTING, str(path), str(block), str(most)]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE)


def whole_lines(output: bytes) -> list[int]:
    """Return the numbers that were printed to the end of their line."""
    return [int(line) for line in output.split(b"\n")[:-1]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "serials"


# ---- counting -------------------------------------------------------------------------------------------------------
def test_numbers_grow(path: Path) -> None:
    source = FileSerials.create(path)
    found = [source.next() for _ in range(20)]
    assert found == sorted(set(found))
    assert all(0 < number < 1 << MAX_SERIAL_BITS for number in found)
    assert FileSerials(path).next() > found[-1]
    assert isinstance(source, SerialSource)


def test_plain_counting(path: Path) -> None:
    source = FileSerials.create(path, first=7, random_bits=0)
    assert [source.next() for _ in range(3)] == [7, 8, 9]
    assert FileSerials(path, random_bits=0).next() == 10


def test_only_its_owner_can_use_the_file(path: Path) -> None:
    FileSerials.create(path)
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_block_is_left_out_when_its_process_ends(path: Path) -> None:
    source = FileSerials.create(path, block=10, random_bits=0)
    assert [source.next(), source.next()] == [1, 2]
    other = FileSerials(path, block=10, random_bits=0)
    assert other.next() == 11
    assert [source.next() for _ in range(9)] == [*range(3, 11), 21]


def test_an_old_copy_of_the_file_gives_no_number_again(path: Path) -> None:
    source = FileSerials.create(path)
    copy = path.read_bytes()
    before = {source.next() for _ in range(5)}
    path.write_bytes(copy)
    assert before.isdisjoint(FileSerials(path).next() for _ in range(5))


def test_a_file_that_is_replaced_is_read_anew(path: Path, tmp_path: Path) -> None:
    source = FileSerials.create(path, random_bits=0)
    assert source.next() == 1
    FileSerials.create(tmp_path / "new", first=1000)
    (tmp_path / "new").rename(path)
    assert source.next() == 1000


def test_threads_share_one_source(path: Path) -> None:
    source = FileSerials.create(path, block=3, random_bits=0)
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.extend([source.next() for _ in range(25)])) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == list(range(1, 101))


def test_two_sources_of_one_process_share_the_file(path: Path) -> None:
    sources = [FileSerials.create(path, random_bits=0), FileSerials(path, random_bits=0)]
    assert [sources[turn % 2].next() for turn in range(10)] == list(range(1, 11))


def test_a_forked_child_does_not_repeat_its_parent(path: Path) -> None:
    source = FileSerials.create(path, block=100, random_bits=0)
    assert source.next() == 1  # the block is in the memory that the child copies
    receiving, sending = multiprocessing.get_context("fork").Pipe(duplex=False)
    child = os.fork()
    if child == 0:
        sending.send([source.next() for _ in range(5)])
        os._exit(0)
    os.waitpid(child, 0)
    assert set(receiving.recv()).isdisjoint(source.next() for _ in range(5))


# ---- processes ------------------------------------------------------------------------------------------------------
@pytest.mark.once
@pytest.mark.parametrize("block", [1, 7])
def test_processes_share_the_file(path: Path, block: int) -> None:
    FileSerials.create(path)
    running = [counting(path, block=block, most=60) for _ in range(3)]
    outputs = [process.communicate(timeout=120)[0] for process in running]
    found = [number for output in outputs for number in whole_lines(output)]
    assert len(found) == 180
    assert len(set(found)) == 180


@pytest.mark.once
@pytest.mark.parametrize("block", [1, 5])
def test_killed_processes_leave_no_number_for_a_second_time(path: Path, block: int) -> None:
    FileSerials.create(path)
    found: list[int] = []
    for turn in range(6):
        process = counting(path, block=block)
        assert process.stdout is not None
        first = process.stdout.readline()
        time.sleep(0.003 * turn)
        process.send_signal(signal.SIGKILL)
        found += whole_lines(first + process.communicate(timeout=60)[0])
        assert process.returncode == -signal.SIGKILL
    assert len(found) >= 6
    assert found == sorted(set(found))
    assert FileSerials(path, random_bits=0).next() > found[-1]


def test_a_process_is_killed_while_another_one_waits(path: Path) -> None:
    FileSerials.create(path)
    killed, left = counting(path), counting(path, most=50)
    assert killed.stdout is not None
    first = killed.stdout.readline()
    killed.kill()
    numbers = whole_lines(first + killed.communicate(timeout=60)[0]) + whole_lines(left.communicate(timeout=60)[0])
    assert left.returncode == 0
    assert len(numbers) == len(set(numbers)) >= 51


KILLED_IN = """
import os, signal, sys
from gmpki.tsa import serials
place = sys.argv[2]
real = getattr(os, place)
def killing(*arguments):
    if place == "pwrite":  # the part of a record that a power failure lets through
        real(arguments[0], arguments[1][: int(sys.argv[3])], arguments[2])
    os.kill(os.getpid(), signal.SIGKILL)
source = serials.FileSerials(sys.argv[1], random_bits=0)
setattr(os, place, killing)
source.next()
"""


@pytest.mark.once
@pytest.mark.parametrize("place", [("pread", "0"), ("fsync", "0"), *(("pwrite", str(n)) for n in (0, 1, 15, 16, 31))])
def test_killed_at_each_step(path: Path, place: tuple[str, str]) -> None:
    source = FileSerials.create(path, random_bits=0)
    before = [source.next() for _ in range(3)]
    for _ in range(3):
        run = subprocess.run([sys.executable, "-B", "-c", KILLED_IN, str(path), *place], timeout=60, check=False)
        assert run.returncode == -signal.SIGKILL
    after = [source.next() for _ in range(3)]
    assert after == sorted(set(after))
    assert after[0] > before[-1]


# ---- disks ----------------------------------------------------------------------------------------------------------
@contextlib.contextmanager
def files_no_longer_than(length: int) -> Iterator[None]:
    """Let the operating system refuse what grows, as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (length, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)


def test_a_full_disk_does_not_stop_a_file_that_is_there(path: Path) -> None:
    source = FileSerials.create(path, random_bits=0)
    with files_no_longer_than(path.stat().st_size):
        assert [source.next() for _ in range(20)] == list(range(1, 21))


def test_a_full_disk_makes_no_file(path: Path) -> None:
    with files_no_longer_than(16), pytest.raises(StateError, match="too large"):
        FileSerials.create(path)
    assert list(path.parent.iterdir()) == []


def test_a_disk_that_takes_half_a_record(path: Path) -> None:
    source = FileSerials.create(path, random_bits=0)
    before = [source.next() for _ in range(2)]
    for length in (16 + 20, 16 + 32 + 20):
        with files_no_longer_than(length), pytest.raises(StateError):
            [source.next() for _ in range(2)]
    after = [source.next() for _ in range(3)]
    assert before + after == sorted({*before, *after})


@pytest.mark.parametrize("call", ["pwrite", "fsync"])
@pytest.mark.parametrize("error", [28, 5])  # ENOSPC, EIO
def test_no_number_without_the_disk(path: Path, monkeypatch: pytest.MonkeyPatch, call: str, error: int) -> None:
    source = FileSerials.create(path, random_bits=0)
    assert source.next() == 1

    def failing(*_: object) -> int:
        raise OSError(error, os.strerror(error))

    with monkeypatch.context() as patched:
        patched.setattr(os, call, failing)
        for _ in range(2):
            with pytest.raises(StateError, match=os.strerror(error)):
                source.next()
    assert source.next() >= 2


def test_no_number_when_half_a_record_was_written(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = FileSerials.create(path, random_bits=0)
    assert source.next() == 1
    real = os.pwrite
    with monkeypatch.context() as patched:
        patched.setattr(os, "pwrite", lambda file, data, at: real(file, data[:20], at))
        with pytest.raises(StateError, match="in part"):
            source.next()
    found = [source.next() for _ in range(3)]
    assert found[0] > 1
    assert found == sorted(set(found))


@pytest.mark.parametrize("at", range(16, 80, 9))
def test_one_damaged_record_is_mended(path: Path, at: int) -> None:
    source = FileSerials.create(path, random_bits=0, block=5)
    given = [source.next() for _ in range(12)]
    for _ in range(3):  # again and again, for the records must not drift apart
        data = bytearray(path.read_bytes())
        data[at] ^= 0x40
        path.write_bytes(data)
        given.append(FileSerials(path, random_bits=0).next())
    assert given == sorted(set(given))


def test_two_damaged_records_are_refused(path: Path) -> None:
    source = FileSerials.create(path)
    data = bytearray(path.read_bytes())
    data[20] ^= 1
    data[60] ^= 1
    path.write_bytes(data)
    for refused in (source.next, lambda: FileSerials(path)):
        with pytest.raises(StateError, match="damaged"):
            refused()


@pytest.mark.parametrize(
    "contents", [b"", b"1", b"gmpki serials 1\n", b"gmpki serials 2\n" + bytes(64), bytes(1 << 16)]
)
def test_files_of_another_kind(path: Path, contents: bytes) -> None:
    path.write_bytes(contents)
    with pytest.raises(StateError, match="no file of serial numbers"):
        FileSerials(path)
    assert path.read_bytes() == contents


@pytest.mark.parametrize("count", [0, (1 << 112) + 1, (1 << 128) - 1])
def test_counts_out_of_range_are_damage(path: Path, count: int) -> None:
    FileSerials.create(path)
    path.write_bytes(path.read_bytes()[:16] + 2 * serials._record(count))
    with pytest.raises(StateError, match="damaged"):
        FileSerials(path)


def test_a_lost_file_is_no_new_beginning(path: Path) -> None:
    source = FileSerials.create(path)
    path.unlink()
    with pytest.raises(StateError, match="No such file"):
        source.next()
    with pytest.raises(StateError, match="No such file"):
        FileSerials(path)
    assert not path.exists()


def test_an_existing_file_is_not_made_anew(path: Path) -> None:
    source = FileSerials.create(path, random_bits=0)
    assert source.next() == 1
    with pytest.raises(StateError, match="not to be replaced"):
        FileSerials.create(path)
    assert source.next() == 2


def test_a_directory_and_a_pipe(path: Path) -> None:
    with pytest.raises(StateError):
        FileSerials(path.parent)
    os.mkfifo(path)
    with pytest.raises(StateError):
        FileSerials(path)


def test_numbers_that_grow_too_long(path: Path) -> None:
    source = FileSerials.create(path, first=1 << 96, random_bits=127)
    with pytest.raises(LimitExceeded, match="159 bits"):
        source.next()


# ---- inputs ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("wrong", [None, 7, b"name", ["name"]])
def test_paths_of_other_types(wrong: object) -> None:
    for call in (FileSerials, FileSerials.create):
        with pytest.raises(InvalidTypeError):
            call(wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", ["", "a\0b", "\ud800"])
def test_paths_that_are_none(wrong: str) -> None:
    with pytest.raises(InvalidInputError, match="no name"):
        FileSerials(wrong)


@pytest.mark.parametrize(
    "options",
    [{"block": 0}, {"block": (1 << 20) + 1}, {"random_bits": -1}, {"random_bits": 128}, {"first": 0}, {"block": "1"}],
)
def test_numbers_out_of_bounds(path: Path, options: dict[str, int]) -> None:
    with pytest.raises(InvalidInputError):
        FileSerials.create(path, **options)
