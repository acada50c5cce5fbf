"""The log of uses: nothing lost, everything handed on at least once, whoever dies."""

from __future__ import annotations

import errno
import os
import signal
import threading
from pathlib import Path
from typing import Any

import pytest

from gmpki.errors import InvalidInputError, InvalidTypeError, LimitExceeded, StateError, TamperedError
from gmpki.seal import SealSigner, UseEvent, UseRecorder, verify_seal
from gmpki.seal.report import DocumentReport
from gmpki.seal.use_log import FileUseLog, LoggedUse, MemoryUseLog, record_verification
from seal import samples
from seal.durable import NOW, files_no_longer_than, killed_after, start


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "uses"


@pytest.fixture(params=["memory", "file"])
def log(request: pytest.FixtureRequest, path: Path) -> Any:
    return MemoryUseLog() if request.param == "memory" else FileUseLog.create(path)


def event(name: str = "合同.ofd", **options: Any) -> UseEvent:
    said: dict[str, Any] = {"time": NOW, "action": "seal", "digest": samples.DIGEST, "name": name}
    return UseEvent(**(said | {"seal_id": "31010000000001", "signer": "CN=张三"} | options))


class Receiver:
    """Takes what it is given, and remembers it; at some calls it dies instead."""

    def __init__(self, *deaths: int) -> None:
        self.batches: list[list[LoggedUse]] = []
        self.deaths = list(deaths)
        self.calls = 0

    def __call__(self, uses: tuple[LoggedUse, ...]) -> None:
        """Take some uses."""
        self.calls += 1
        if self.calls in self.deaths:
            raise ConnectionError("the receiver is gone")
        self.batches.append(list(uses))

    @property
    def numbers(self) -> list[int]:
        """Every number in the order in which it came."""
        return [one.number for batch in self.batches for one in batch]


# ---- recording and draining -----------------------------------------------------------------------------------------
def test_events_come_out_as_they_went_in(log: Any) -> None:
    events = [event(), event("\n\x1b[2J\udcff 'x\"", action="verify", result="expired"), event("", signer="")]
    assert isinstance(log, UseRecorder)
    assert [log.record(one).number for one in events] == [1, 2, 3]
    assert log.pending == 3
    receiver = Receiver()
    assert log.drain(receiver) == 3
    assert [one.event for one in receiver.batches[0]] == events
    assert log.pending == 0
    assert log.drain(receiver) == 0
    assert receiver.calls == 1


def test_batches(log: Any) -> None:
    for _ in range(7):
        log.record(event())
    receiver = Receiver()
    assert log.drain(receiver, batch=3) == 7
    assert [[one.number for one in batch] for batch in receiver.batches] == [[1, 2, 3], [4, 5, 6], [7]]
    log.record(event())
    assert log.drain(receiver) == 1
    assert receiver.numbers == list(range(1, 9))


def test_a_receiver_that_dies(log: Any) -> None:
    for _ in range(6):
        log.record(event())
    receiver = Receiver(2, 3)
    for pending in (4, 4):
        with pytest.raises(ConnectionError):
            log.drain(receiver, batch=2)
        assert log.pending == pending
    assert log.drain(receiver, batch=2) == 4
    assert receiver.numbers == [1, 2, 3, 4, 5, 6]
    assert receiver.calls == 5


def test_a_receiver_that_dies_after_it_took_them(log: Any) -> None:
    log.record(event())
    seen: list[int] = []

    def receiver(uses: tuple[LoggedUse, ...]) -> None:
        seen.extend(one.number for one in uses)
        if len(seen) == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        log.drain(receiver)
    assert log.drain(receiver) == 1
    assert seen == [1, 1]  # at least once, and known by its number


def test_what_is_recorded_while_others_are_handed_on(log: Any) -> None:
    log.record(event("first"))
    names: list[str] = []

    def receiver(uses: tuple[LoggedUse, ...]) -> None:
        names.extend(one.event.name for one in uses)
        if len(names) == 1:
            log.record(event("second"))

    assert log.drain(receiver) == 2
    assert names == ["first", "second"]


def test_threads(log: Any) -> None:
    def work() -> None:
        for _ in range(20):
            log.record(event())

    receiver = Receiver()
    threads = [threading.Thread(target=work) for _ in range(3)]
    threads += [threading.Thread(target=lambda: log.drain(receiver, batch=5)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log.drain(receiver)
    assert receiver.numbers == list(range(1, 61))


@pytest.mark.parametrize("batch", [0, 10_001, -1])
def test_batches_out_of_bounds(log: Any, batch: int) -> None:
    with pytest.raises(InvalidInputError):
        log.drain(Receiver(), batch=batch)


def test_other_types(log: Any) -> None:
    for call in (
        lambda: log.record("event"),
        lambda: log.record(None),
        lambda: log.drain("receiver"),
        lambda: log.drain(Receiver(), batch="1"),
        lambda: record_verification("log", None),  # type: ignore[arg-type]
        lambda: record_verification(log, "report"),  # type: ignore[arg-type]
    ):
        with pytest.raises(InvalidTypeError):
            call()  # type: ignore[no-untyped-call]
    assert log.pending == 0


# ---- what is logged -------------------------------------------------------------------------------------------------
def test_signing_and_verifying(log: Any) -> None:
    me = samples.signer()
    signer = SealSigner(samples.seal(), me.key, me.certificate, log=log, clock=lambda: NOW, document_name="合同.ofd")
    signer.sign_document(samples.DIGEST, samples.PROPERTY_INFO)
    good = verify_seal(samples.seal(), samples.trust(accept=samples.UNASKED), name="org.esl")
    record_verification(log, good, at=NOW)
    record_verification(log, verify_seal(samples.seal(), samples.trust(), name="org.esl"), at=NOW)
    bad = verify_seal(samples.new_seal(by=samples.other_maker()), samples.trust(), name="forged.esl")
    record_verification(log, bad, at=NOW)
    record_verification(log, DocumentReport("ofd", "bare.ofd", bytes(32), ()), at=NOW)
    receiver = Receiver()
    log.drain(receiver)
    said = [(one.event.action, one.event.name, one.event.result) for one in receiver.batches[0]]
    assert said == [
        ("seal", "合同.ofd", "done"),
        ("verify", "org.esl", "valid"),
        ("verify", "org.esl", "incomplete"),
        ("verify", "forged.esl", "no-path"),
        ("verify", "bare.ofd", "not-signed"),
    ]
    assert receiver.batches[0][1].event.seal_id == samples.seal().seal_id
    assert receiver.batches[0][1].event.digest == good.digest


def test_no_signature_without_the_log(path: Path) -> None:
    log, me = FileUseLog.create(path), samples.signer()
    signer = SealSigner(samples.seal(), me.key, me.certificate, log=log, clock=lambda: NOW)
    with files_no_longer_than(path.stat().st_size + 10), pytest.raises(StateError, match="too large"):
        signer.sign_document(samples.DIGEST, "x")
    assert log.pending == 0
    signer.sign_document(samples.DIGEST, "x")
    assert log.pending == 1


# ---- files ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("key", [None, bytes(range(32))], ids=["plain", "keyed"])
def test_a_log_goes_on(path: Path, key: bytes | None) -> None:
    log = FileUseLog.create(path, key=key)
    for _ in range(3):
        log.record(event())
    log.drain(Receiver())
    again = FileUseLog(path, key=key)
    assert (again.pending, again.record(event()).number) == (0, 4)
    assert log.record(event()).number == 5
    assert again.pending == log.pending == 2
    receiver = Receiver()
    assert again.drain(receiver) == 2
    assert receiver.numbers == [4, 5]
    assert str(path) in repr(again)
    assert {file.stat().st_mode & 0o077 for file in path.parent.iterdir()} == {0}


def test_there_is_one_or_none(path: Path) -> None:
    with pytest.raises(StateError):
        FileUseLog(path)
    FileUseLog.create(path)
    with pytest.raises(StateError):
        FileUseLog.create(path)
    with pytest.raises(StateError, match="without a key"):
        FileUseLog(path, key=bytes(range(16)))
    path.write_bytes(b"")
    with pytest.raises(TamperedError):
        FileUseLog(path)


def test_an_event_that_is_too_long(path: Path) -> None:
    log = FileUseLog.create(path)
    with pytest.raises(LimitExceeded):
        log.record(event("x" * (1 << 18)))
    log.record(event("x" * 200_000))
    log.record(event())
    assert FileUseLog(path).record(event()).number == 3
    assert log.drain(Receiver()) == 3


def test_without_its_note_everything_comes_again(path: Path) -> None:
    log = FileUseLog.create(path)
    log.record(event())
    log.drain(Receiver())
    note = path.with_name("uses.sent")
    note.write_bytes(note.read_bytes()[:-1])
    for call in (lambda: log.pending, lambda: log.drain(Receiver())):
        with pytest.raises(StateError, match="damaged"):
            call()  # type: ignore[no-untyped-call]
    note.unlink()
    receiver = Receiver()
    assert log.drain(receiver) == 1
    assert receiver.numbers == [1]


@pytest.mark.parametrize("line", [1, 2, 3])
@pytest.mark.parametrize("happening", ["changed", "removed"])
def test_lines_that_were_changed_or_removed(path: Path, line: int, happening: str) -> None:
    log = FileUseLog.create(path)
    for number in range(4):
        log.record(event(str(number)))
    lines = path.read_bytes().splitlines(keepends=True)
    lines[line] = lines[line].replace(b'"seal"', b'"veal"') if happening == "changed" else b""
    path.write_bytes(b"".join(lines))
    receiver = Receiver()
    with pytest.raises(TamperedError):
        FileUseLog(path).drain(receiver, batch=1)
    assert receiver.numbers == list(range(1, line))  # what stands before holds


def test_a_note_from_elsewhere(path: Path) -> None:
    log = FileUseLog.create(path)
    log.record(event())
    log.record(event())
    path.with_name("uses.sent").write_bytes(b"2 100 " + b"0" * 64 + b"\n")
    with pytest.raises(TamperedError):
        log.drain(Receiver())
    path.with_name("uses.sent").write_bytes(b"9 100000 " + b"0" * 64 + b"\n")
    with pytest.raises(TamperedError):
        log.drain(Receiver())


def test_a_log_that_was_replaced_or_cut_off(path: Path) -> None:
    log = FileUseLog.create(path)
    log.record(event())
    whole = path.read_bytes()
    os.truncate(path, len(whole.splitlines(keepends=True)[0]))
    with pytest.raises(TamperedError) as caught:
        log.record(event())
    assert caught.value.reason == "truncated"
    copy = path.with_name("copy")
    copy.write_bytes(whole)
    os.replace(copy, path)
    with pytest.raises(TamperedError) as caught:
        log.record(event())
    assert caught.value.reason == "replaced"


# ---- crashes and disks ----------------------------------------------------------------------------------------------
RECORDING = """
import sys
from datetime import datetime, timezone
from gmpki.seal import UseEvent
from gmpki.seal.use_log import FileUseLog
log = FileUseLog(sys.argv[1])
for _ in range(int(sys.argv[2])):
    print(log.record(UseEvent(datetime.now(timezone.utc), "seal", bytes(32), sys.argv[3])).number, flush=True)
"""


@pytest.mark.once
def test_processes_share_the_log(path: Path) -> None:
    log = FileUseLog.create(path)
    running = [start(RECORDING, path, 50, name) for name in ("one", "two")]
    said = [int(line) for process in running for line in process.communicate(timeout=120)[0].split()]
    assert [process.returncode for process in running] == [0, 0]
    assert sorted(said) == list(range(1, 101))
    receiver = Receiver()
    assert log.drain(receiver) == 100
    assert receiver.numbers == list(range(1, 101))


@pytest.mark.once
@pytest.mark.parametrize("delay_ms", [0, 7])
def test_a_process_that_is_killed(path: Path, delay_ms: int) -> None:
    FileUseLog.create(path)
    said: list[int] = []
    for turn in range(3):
        said += [int(line) for line in killed_after(start(RECORDING, path, 10**6, turn), delay_ms / 1000)]
    receiver = Receiver()
    done = FileUseLog(path).drain(receiver)
    assert receiver.numbers == list(range(1, done + 1))
    assert set(said) <= set(receiver.numbers)
    assert done <= len(said) + 3


# Hands on, one at a time; is killed by its own receiver behind some of them.
DRAINING = """
import os, signal, sys
from gmpki.seal.use_log import FileUseLog
def receiver(uses):
    os.write(1, b"".join(b"%d\\n" % one.number for one in uses))
    if uses[-1].number == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
FileUseLog(sys.argv[1]).drain(receiver, batch=2)
"""


@pytest.mark.once
def test_a_drain_that_is_killed(path: Path) -> None:
    log = FileUseLog.create(path)
    for _ in range(10):
        log.record(event())
    received: list[int] = []
    for death in (4, 8, 0):
        process = start(DRAINING, path, death)
        received += [int(line) for line in process.communicate(timeout=60)[0].split()]
        assert process.returncode == (-signal.SIGKILL if death else 0)
    assert received == [1, 2, 3, 4, 3, 4, 5, 6, 7, 8, 7, 8, 9, 10]
    assert log.pending == 0


@pytest.mark.parametrize("call", ["write_whole", "sync"])
def test_no_event_without_the_disk(path: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    log = FileUseLog.create(path)

    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(f"gmpki.protect.log_file.{call}", fail)
        with pytest.raises(StateError, match="space"):
            log.record(event())
    assert log.pending == 0
    assert log.record(event()).number == 1


def test_a_full_disk_while_draining(path: Path) -> None:
    log = FileUseLog.create(path)
    for _ in range(4):
        log.record(event())
    receiver = Receiver()
    with files_no_longer_than(10), pytest.raises(StateError, match="too large"):
        log.drain(receiver, batch=2)
    assert log.pending == 4
    assert log.drain(receiver, batch=2) == 4
    assert receiver.numbers == [1, 2, 1, 2, 3, 4]


def test_a_torn_last_line(path: Path) -> None:
    log = FileUseLog.create(path)
    log.record(event("one"))
    before = path.read_bytes()
    log.record(event("two"))
    whole = path.read_bytes()
    for length in range(len(before) + 1, len(whole), 9):
        path.write_bytes(whole[:length])
        again = FileUseLog(path)
        assert again.pending == 1
        assert again.record(event("two")).number == 2
        assert path.read_bytes() == whole
