"""A registry on the disk: several processes, processes that are killed, full disks, files that were changed."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gmpki.algorithms import sm3
from gmpki.errors import InvalidInputError, InvalidTypeError, SealError, StateError, TamperedError
from gmpki.seal import Seal
from gmpki.seal._chain_file import MAX_LINE_LEN, START, open_chain
from gmpki.seal.file_registry import FileSealRegistry
from gmpki.seal.life import SealStage
from seal import samples
from seal.durable import NOW, Clock, files_no_longer_than, killed_after, start

WHO = {"by": "李四", "why": "示例"}
KEY = bytes(range(16))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "registry"


def filled(path: Path, **options: Any) -> tuple[FileSealRegistry, Seal]:
    """Make a registry with one seal in use."""
    registry = FileSealRegistry.create(path, clock=Clock(), **options)
    seal = samples.seal()
    registry.make(seal, **WHO)
    registry.file(seal, **WHO)
    return registry, seal


def reopened(path: Path, **options: Any) -> FileSealRegistry:
    return FileSealRegistry(path, clock=Clock(), **options)


# ---- opening --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("key", [None, KEY, bytearray(1024)], ids=["plain", "keyed", "long-key"])
def test_everything_is_there_again(path: Path, key: Any) -> None:
    registry, seal = filled(path, key=key)
    registry.replace(seal, samples.new_seal(name="示例市人力资源局"), **WHO, record_number="2")
    again = reopened(path, key=key)
    assert again.find() == registry.find()
    assert again.place == registry.place
    assert again.place.number == 4
    assert again.seal(seal.digest()) == seal
    assert str(path) in repr(again)


def test_modes(path: Path) -> None:
    filled(path)
    assert {file.stat().st_mode & 0o077 for file in [path, *path.rglob("*")]} == {0}


def test_what_is_there_is_not_made_again(path: Path) -> None:
    filled(path)
    before = (path / "registry").read_bytes()
    with pytest.raises(StateError, match="not to be replaced"):
        FileSealRegistry.create(path)
    assert (path / "registry").read_bytes() == before


def test_there_is_none(path: Path) -> None:
    with pytest.raises(StateError, match="there is no gmpki seal registry at "):
        FileSealRegistry(path)
    path.mkdir()
    with pytest.raises(StateError, match="there is no gmpki seal registry at "):
        FileSealRegistry(path)
    assert not (path / "registry").exists()


def test_keys(path: Path, tmp_path: Path) -> None:
    filled(path, key=KEY)
    filled(tmp_path / "plain")
    with pytest.raises(TamperedError, match="another key"):
        reopened(path, key=KEY[::-1])
    with pytest.raises(StateError, match="none is given"):
        reopened(path)
    with pytest.raises(StateError, match="without a key"):
        reopened(tmp_path / "plain", key=KEY)
    for wrong in (b"", bytes(15), bytes(1025)):
        with pytest.raises(InvalidInputError):
            reopened(path, key=wrong)
    with pytest.raises(InvalidTypeError):
        reopened(path, key="x" * 16)
    with pytest.raises(InvalidTypeError):
        FileSealRegistry(7)  # type: ignore[arg-type]
    with pytest.raises(InvalidInputError):
        FileSealRegistry.create("a\0b")


@pytest.mark.parametrize("contents", [b"", b"x", b"\n", b"{}\n", b"0" * 64 + b" 1 {}\n", bytes(1 << 20)])
def test_files_of_another_kind(path: Path, contents: bytes) -> None:
    filled(path)
    (path / "registry").write_bytes(contents)
    with pytest.raises((TamperedError, StateError)):
        reopened(path)
    assert (path / "registry").read_bytes() == contents


def test_directories_and_pipes(path: Path) -> None:
    path.mkdir()
    (path / "registry").mkdir()
    with pytest.raises(StateError):
        FileSealRegistry(path)
    (path / "registry").rmdir()
    os.mkfifo(path / "registry")
    with pytest.raises(StateError):
        FileSealRegistry(path)


# ---- several at once ------------------------------------------------------------------------------------------------
def test_two_objects_catch_up_with_each_other(path: Path) -> None:
    one, seal = filled(path)
    two = reopened(path)
    for registry in (one, two, one, two):
        registry.stop(seal, **WHO)
        registry.resume(seal, **WHO)
    assert one.record(seal) == two.record(seal)
    assert len(one.record(seal).steps) == 10
    one.revoke(seal, **WHO)
    with pytest.raises(SealError, match="is revoked"):
        two.resume(seal, **WHO)


# Stops and resumes until it has done enough, or is killed; says how often, each time before the next.
WORKING = """
import sys
from gmpki.errors import SealError
from gmpki.seal.file_registry import FileSealRegistry
registry = FileSealRegistry(sys.argv[1])
done = 0
while done < int(sys.argv[2]):
    for step in (registry.stop, registry.resume):
        if done == int(sys.argv[2]):
            break  # the other process may have taken its turn between two of these
        try:
            step(sys.argv[3], by=sys.argv[4], why="示例")
        except SealError as error:
            assert error.reason == "transition", error
            continue
        done += 1
        print(done, flush=True)
"""


def real_time(path: Path) -> Seal:
    """Make a registry by the clock of the machine, with one seal in use."""
    registry = FileSealRegistry.create(path)
    registry.make(samples.seal(), **WHO)
    registry.file(samples.seal(), **WHO)
    return samples.seal()


@pytest.mark.once
def test_two_processes_at_once(path: Path) -> None:
    seal = real_time(path)
    running = [start(WORKING, path, 60, seal.seal_id, name) for name in ("one", "two")]
    for process in running:
        process.communicate(timeout=120)
        assert process.returncode == 0
    steps = FileSealRegistry(path).record(seal).steps[2:]
    assert sorted({step.by for step in steps}) == ["one", "two"]
    assert [sum(step.by == name for step in steps) for name in ("one", "two")] == [60, 60]
    assert [step.action.value for step in steps] == ["stop", "resume"] * 60


@pytest.mark.once
@pytest.mark.parametrize("delay_ms", [0, 9])
def test_a_process_that_is_killed(path: Path, delay_ms: int) -> None:
    seal = real_time(path)
    done = 0
    for turn in range(3):
        process = start(WORKING, path, 10**6, seal.seal_id, f"turn {turn}")
        said = killed_after(process, delay_ms / 1000)
        found = len(FileSealRegistry(path).record(seal).steps) - 2 - done
        # What was said to be done is there, and perhaps one more that nobody could be told of.
        assert len(said) <= found <= len(said) + 1
        done += found
    again = FileSealRegistry(path)
    (again.stop if again.record(seal).stage is SealStage.IN_USE else again.resume)(seal, **WHO)
    assert len(FileSealRegistry(path).record(seal).steps) == done + 3


LIMITED = """
import resource, signal, sys
from gmpki.seal.file_registry import FileSealRegistry
registry = FileSealRegistry(sys.argv[1])
signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
for _ in range(100):
    registry.stop(sys.argv[3], by="x", why="y")
    registry.resume(sys.argv[3], by="x")
"""


@pytest.mark.once
@pytest.mark.parametrize("room", [1, 64, 65, 100, 300, 700])
def test_a_process_that_is_killed_within_a_line(path: Path, room: int) -> None:
    """The system writes the part of the line that the limit leaves room for, and kills the process at the rest."""
    seal = real_time(path)
    file = path / "registry"
    limit = file.stat().st_size + room
    process = start(LIMITED, path, limit, seal.seal_id)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGXFSZ
    assert file.stat().st_size == limit
    assert not file.read_bytes().endswith(b"\n")
    again = FileSealRegistry(path)
    steps = len(again.record(seal).steps)
    (again.stop if again.record(seal).stage is SealStage.IN_USE else again.resume)(seal, **WHO)
    assert len(FileSealRegistry(path).record(seal).steps) == steps + 1


def test_every_torn_last_line(path: Path) -> None:
    registry, seal = filled(path)
    file = path / "registry"
    before = file.read_bytes()
    registry.stop(seal, **WHO)
    whole = file.read_bytes()
    for length in range(len(before) + 1, len(whole)):
        file.write_bytes(whole[:length])
        again = reopened(path)
        assert again.record(seal).stage is SealStage.IN_USE
        assert file.read_bytes() == whole[:length]  # who only reads changes nothing
        again.stop(seal, **WHO)
        assert file.read_bytes() == whole


# ---- disks ----------------------------------------------------------------------------------------------------------
def test_a_full_disk(path: Path) -> None:
    registry, seal = filled(path)
    file = path / "registry"
    before = file.read_bytes()
    with files_no_longer_than(len(before) + 50):
        for _ in range(2):
            with pytest.raises(StateError, match="too large"):
                registry.stop(seal, **WHO)
        with pytest.raises(StateError, match="too large"):
            registry.make(samples.new_seal(seal_id="31010000000002"), **WHO)
    assert file.read_bytes() == before
    assert registry.record(seal).stage is SealStage.IN_USE
    registry.stop(seal, **WHO)
    assert reopened(path).record(seal).stage is SealStage.STOPPED
    assert len(registry.find()) == 1


def test_a_full_disk_makes_no_registry(path: Path) -> None:
    with files_no_longer_than(16), pytest.raises(StateError):
        FileSealRegistry.create(path)
    FileSealRegistry.create(path)  # what is half there is no hindrance
    assert FileSealRegistry(path).find() == ()


def test_a_seal_that_a_failed_step_left_is_taken_up_later(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    registry = FileSealRegistry.create(path, clock=Clock())
    with monkeypatch.context() as patched:
        patched.setattr("gmpki.protect.log_file.write_whole", failing(errno.ENOSPC))
        with pytest.raises(StateError):
            registry.make(samples.seal(), **WHO)
    assert registry.find() == ()
    registry.make(samples.seal(), **WHO)
    assert reopened(path).seal(samples.seal().seal_id) == samples.seal()


def failing(error: int) -> Callable[..., Any]:
    def fail(*_: object) -> int:
        raise OSError(error, os.strerror(error))

    return fail


@pytest.mark.parametrize("call", ["write_whole", "sync"])
@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO])
def test_no_step_without_the_disk(path: Path, monkeypatch: pytest.MonkeyPatch, call: str, error: int) -> None:
    registry, seal = filled(path)
    before = (path / "registry").read_bytes()
    with monkeypatch.context() as patched:
        patched.setattr(f"gmpki.protect.log_file.{call}", failing(error))
        for _ in range(2):
            with pytest.raises(StateError, match=os.strerror(error)):
                registry.stop(seal, **WHO)
    assert (path / "registry").read_bytes() == before
    assert registry.record(seal).stage is SealStage.IN_USE
    registry.stop(seal, **WHO)
    assert reopened(path).record(seal).stage is SealStage.STOPPED


# ---- files that were changed ----------------------------------------------------------------------------------------
def lines_of(path: Path) -> list[bytes]:
    return (path / "registry").read_bytes().splitlines(keepends=True)


def written(path: Path, lines: list[bytes]) -> None:
    (path / "registry").write_bytes(b"".join(lines))


@pytest.mark.parametrize("key", [None, KEY], ids=["plain", "keyed"])
def test_every_changed_byte_is_found(path: Path, key: bytes | None) -> None:
    filled(path, key=key)
    whole = (path / "registry").read_bytes()
    for at in range(0, len(whole) - 1, 7):  # without its end, the last line counts as torn
        changed = bytearray(whole)
        changed[at] ^= 1
        (path / "registry").write_bytes(changed)
        with pytest.raises((TamperedError, StateError)):
            reopened(path, key=key)


@pytest.mark.parametrize("happening", ["removed", "swapped", "twice", "inserted"])
def test_lines_out_of_place(path: Path, happening: str) -> None:
    registry, seal = filled(path)
    registry.stop(seal, **WHO)
    lines = lines_of(path)
    written(
        path,
        {
            "removed": [lines[0], *lines[2:]],
            "swapped": [lines[0], lines[2], lines[1], lines[3]],
            "twice": [*lines, lines[3]],
            "inserted": [lines[0], b"a line\n", *lines[1:]],
        }[happening],
    )
    with pytest.raises(TamperedError) as caught:
        reopened(path)
    assert caught.value.reason == "changed"


def forged(previous: bytes, number: int, fields: Any, key: bytes | None = None) -> bytes:
    """Return a line as somebody writes it who knows how."""
    text = fields if isinstance(fields, bytes) else json.dumps(fields).encode()
    body = b"%d %b" % (number, text)
    head = bytes.fromhex(previous[:64].decode())
    digest = sm3.digest(head + body) if key is None else sm3.hmac(key, head + body)
    return digest.hex().encode() + b" " + body + b"\n"


STEP = {"do": "resume", "seal": samples.seal().digest().hex(), "at": "2026-03-01T08:00:00Z", "by": "x"}
FORGERIES: dict[str, Any] = {
    "transition": STEP,
    "no-such-step": STEP | {"do": "steal"},
    "no-such-seal": STEP | {"do": "stop", "seal": "00" * 32},
    "earlier": STEP | {"do": "stop", "at": "2026-02-01T08:00:00Z"},
    "no-time": STEP | {"do": "stop", "at": "yesterday"},
    "time-of-another-form": STEP | {"do": "stop", "at": "2026-03-01T08:00:00.5Z"},
    "no-by": {"do": "stop", "seal": STEP["seal"], "at": STEP["at"]},
    "by-number": STEP | {"do": "stop", "by": 7},
    "seal-number": STEP | {"do": "stop", "seal": 7},
    "reason": STEP | {"do": "stop", "reason": 99},
    "made-twice": STEP | {"do": "make", "made": {"digest": STEP["seal"]}},
    "made-list": STEP | {"do": "make", "made": []},
    "empty": {},
    "deep": b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "number": b'{"do":' + b"9" * 5000 + b"}",
    "no-json": b"{x}",
    "no-utf8": b'{"do":"\xff"}',
}


@pytest.mark.parametrize("name", FORGERIES)
def test_entries_that_do_not_follow(path: Path, name: str) -> None:
    filled(path)
    lines = lines_of(path)
    written(path, [*lines, forged(lines[-1], 4, FORGERIES[name])])
    with pytest.raises(TamperedError) as caught:
        reopened(path)
    assert (caught.value.reason, caught.value.place) == ("changed", 4)


def test_what_somebody_appends_who_has_no_key(path: Path, tmp_path: Path) -> None:
    stop = STEP | {"do": "stop"}
    filled(path, key=KEY)
    lines = lines_of(path)
    written(path, [*lines, forged(lines[-1], 4, stop)])
    with pytest.raises(TamperedError):
        reopened(path, key=KEY)
    written(path, [*lines, forged(lines[-1], 4, stop, KEY)])
    assert reopened(path, key=KEY).record(samples.seal()).stage is SealStage.STOPPED
    # Without a key it is only the order of entries that holds.
    filled(tmp_path / "plain")
    lines = lines_of(tmp_path / "plain")
    written(tmp_path / "plain", [*lines, forged(lines[-1], 4, stop)])
    assert reopened(tmp_path / "plain").record(samples.seal()).stage is SealStage.STOPPED


def test_lines_that_are_too_long(path: Path) -> None:
    filled(path)
    lines = lines_of(path)
    written(path, [*lines, b"x" * (MAX_LINE_LEN + 1)])
    with pytest.raises(TamperedError):
        reopened(path)
    written(path, [*lines, b"x" * 1000])
    assert len(reopened(path).find()) == 1  # what a crash left
    written(path, [*lines, bytes(1000)])
    assert len(reopened(path).find()) == 1


def test_a_file_that_was_cut_off_or_replaced_under_an_open_registry(path: Path) -> None:
    registry, seal = filled(path)
    file = path / "registry"
    whole = file.read_bytes()
    os.truncate(file, len(b"".join(lines_of(path)[:2])))
    with pytest.raises(TamperedError) as caught:
        registry.record(seal)
    assert caught.value.reason == "truncated"
    with pytest.raises(TamperedError):
        registry.stop(seal, **WHO)
    copy = path / "copy"
    copy.write_bytes(whole)
    os.replace(copy, file)
    with pytest.raises(TamperedError) as caught:
        registry.stop(seal, **WHO)
    assert caught.value.reason == "replaced"
    assert file.read_bytes() == whole


def test_a_cut_off_registry_shows_against_its_place(path: Path) -> None:
    registry, seal = filled(path)
    kept = registry.place
    registry.stop(seal, **WHO)
    written(path, lines_of(path)[:-1])
    assert reopened(path).place == kept
    written(path, lines_of(path)[:-1])
    assert reopened(path).place.number == kept.number - 1


def test_seals_that_were_changed_or_removed(path: Path) -> None:
    registry, seal = filled(path)
    file = path / "seals" / f"{seal.digest().hex()}.esl"
    assert file.read_bytes() == seal.der
    file.write_bytes(seal.der[:-1])
    with pytest.raises(TamperedError) as caught:
        registry.seal(seal.seal_id)
    assert (caught.value.reason, caught.value.place) == ("changed", file.name)
    file.unlink()
    with pytest.raises(TamperedError) as caught:
        registry.seal(seal.seal_id)
    assert caught.value.reason == "missing"
    os.mkfifo(file)
    with pytest.raises(StateError, match="regular"):
        registry.seal(seal.seal_id)
    shutil.rmtree(path / "seals")
    with pytest.raises(StateError):
        registry.make(samples.new_seal(seal_id="31010000000002"), **WHO)
    assert len(registry.find()) == 1
    assert registry.status(seal, at=NOW).known


# ---- the file itself ------------------------------------------------------------------------------------------------
def test_a_writer_that_has_not_read_what_is_there_overwrites_nothing(path: Path) -> None:
    filled(path)
    file = open_chain(path / "registry", "gmpki seal registry 1", None)
    before = (path / "registry").read_bytes()
    with file.writing() as writer:
        behind = next(place for place, _ in writer.entries(START))
        with pytest.raises(StateError, match="goes on behind entry 1"):
            writer.append(behind, {"do": "x"})
        with pytest.raises(InvalidInputError):
            writer.append(writer.last(), {"number": 10**5000})
    assert (path / "registry").read_bytes() == before


def test_the_last_place_without_reading_what_is_before(path: Path) -> None:
    registry, _ = filled(path)
    file = open_chain(path / "registry", "gmpki seal registry 1", None)
    with file.reading() as reader:
        assert reader.last() == registry.place
        assert list(reader.entries(reader.last())) == []
    with (path / "registry").open("ab") as stream:
        stream.write(b"torn")
    with file.reading() as reader:
        assert reader.last() == registry.place
    assert KEY.hex() not in repr(open_chain(path, "x", KEY))
