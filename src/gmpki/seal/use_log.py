"""The log of uses: an outbox that keeps every event until it has been handed on.

An event is on the disk before :meth:`FileUseLog.record` returns, so a signature of which nobody will hear is not
released. :meth:`FileUseLog.drain` hands events on in their order, each at least once: one whose receiver died half-way
comes again, with the same number, by which the receiver knows it.

    log = FileUseLog.create("uses.log")
    signer = SealSigner(seal, key, certificate, log=log)
    log.drain(upload)  # from a timer, as often as the receiver wants it
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import datetime, timezone
from threading import Lock, RLock
from typing import TYPE_CHECKING, Any, Final

from gmpki import _files
from gmpki._inputs import function, member, number
from gmpki.errors import StateError, TamperedError
from gmpki.protect.log_record import time_text
from gmpki.seal._chain_file import START, ChainPlace, ChainReader, open_chain
from gmpki.seal._journal import read_time
from gmpki.seal.interfaces import UseEvent, UseRecorder
from gmpki.seal.report import DocumentReport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from typing_extensions import Buffer

    from gmpki.cms.report import Check
    from gmpki.seal._chain_file import ChainWriter

__all__ = ["MAX_BATCH", "FileUseLog", "LoggedUse", "MemoryUseLog", "record_verification"]

KIND: Final = "gmpki seal uses 1"
MAX_BATCH: Final = 10_000
_SENT_SUFFIX: Final = ".sent"
_SENT: Final = re.compile(rb"([1-9][0-9]{0,17}) ([1-9][0-9]{0,17}) ([0-9a-f]{64})\n")
_TEXTS: Final = ("action", "name", "seal_id", "signer", "result")


@dataclass(frozen=True, slots=True)
class LoggedUse:
    """An event in the log. Immutable.

    :ivar number: from 1, one more for each event of a log.
    """

    number: int
    event: UseEvent


def record_verification(log: UseRecorder, report: DocumentReport, *, at: datetime | None = None) -> None:
    """Keep in a log that a document was verified: one event for each signature, or one for a document without any.

    The result is the verdict, or the reason of the first check that failed.

    :param at: when; None for now.
    :raises InvalidTypeError: when an argument has the wrong type.
    :raises InvalidInputError: when the time has no time zone.
    :raises GmpkiError: what the log raises.
    """
    member(log, UseRecorder, "log")
    member(report, DocumentReport, "report")
    when = datetime.now(timezone.utc) if at is None else at
    if not report.signatures:
        log.record(UseEvent(when, "verify", report.digest, report.name, result="not-signed"))
    of_document = _reason(report.checks)
    for one in report.signatures:
        signer = "" if one.signer_certificate is None else str(one.signer_certificate.subject)
        seal_id = "" if one.seal is None else one.seal.seal_id
        result = of_document or _reason(one.checks) or one.verdict(report.accepted).value
        log.record(UseEvent(when, "verify", report.digest, report.name, seal_id, signer, result))


def _reason(checks: Iterable[Check]) -> str:
    """Return the reason of the first check that failed; empty when none did."""
    error = next((check.error for check in checks if check.error is not None), None)
    return "" if error is None else getattr(error, "reason", type(error).__name__)


class MemoryUseLog:
    """An outbox in memory. Thread-safe; what was not handed on is gone when the process ends."""

    def __init__(self) -> None:
        self._events: list[LoggedUse] = []
        self._sent = 0
        self._threads = Lock()
        self._draining = RLock()

    def record(self, event: UseEvent) -> LoggedUse:
        """Keep an event.

        :raises InvalidTypeError: when it is none.
        """
        member(event, UseEvent, "event")
        with self._threads:
            logged = LoggedUse(len(self._events) + 1, event)
            self._events.append(logged)
            return logged

    @property
    def pending(self) -> int:
        """How many events were not handed on yet."""
        with self._threads:
            return len(self._events) - self._sent

    def drain(self, receiver: Callable[[tuple[LoggedUse, ...]], object], *, batch: int = 100) -> int:
        """Hand on what is pending; as :meth:`FileUseLog.drain`."""
        function(receiver, "receiver")
        number(batch, 1, MAX_BATCH, "batch")
        done = 0
        with self._draining:
            while True:
                with self._threads:
                    events = tuple(self._events[self._sent : self._sent + batch])
                if not events:
                    return done
                receiver(events)
                with self._threads:
                    self._sent += len(events)
                done += len(events)


class FileUseLog:
    """An outbox in a file. Thread-safe; any number of processes of one machine may share it.

    ``PATH.sent`` says how far the events were handed on. Events stay in the file; who wants a smaller one begins
    another and drains the old one to its end.

    What changes the file past this class is found as in a :class:`~gmpki.seal.file_registry.FileSealRegistry`, when it
    is read. To record an event, only what others wrote since the last one is read.
    """

    def __init__(self, path: str | os.PathLike[str], *, key: Buffer | None = None) -> None:
        """Open a file that :meth:`create` made.

        :param key: under which the entries are chained, 16 to 1024 bytes; None for a file without one.
        :raises InvalidTypeError: when an argument has the wrong type.
        :raises InvalidInputError: when the path is none, or the key has the wrong length.
        :raises StateError: when there is none, it cannot be read, or it was made with a key and none is given, or the
            reverse.
        :raises TamperedError: when its first or last line is not as it was written.
        """
        self._file = open_chain(path, KIND, key)
        with self._file.reading() as reader:
            self._identity = reader.identity
            self._place = reader.last()

    @classmethod
    def create(cls, path: str | os.PathLike[str], *, key: Buffer | None = None) -> FileUseLog:
        """Make the file, without any events. Parameters as the constructor.

        :raises InvalidTypeError: when an argument has the wrong type.
        :raises InvalidInputError: when the path is none, or the key has the wrong length.
        :raises StateError: when the file exists or cannot be written.
        """
        open_chain(path, KIND, key).create()
        return cls(path, key=key)

    def record(self, event: UseEvent) -> LoggedUse:
        """Keep an event; the disk holds it before this returns.

        :raises InvalidTypeError: when it is none.
        :raises LimitExceeded: when it is longer than 256 KiB.
        :raises StateError: when it cannot be written; then it is not kept.
        :raises TamperedError: when what others wrote since is not as it was written, or it is another file.
        """
        member(event, UseEvent, "event")
        with self._file.writing() as writer:
            self._catch_up(writer)
            self._place = writer.append(self._place, _to_fields(event))
            return LoggedUse(self._place.number - 1, event)

    @property
    def pending(self) -> int:
        """How many events were not handed on yet; errors as :meth:`drain`."""
        with self._file.reading() as reader:
            self._catch_up(reader)
            return self._place.number - self._sent().number

    def drain(self, receiver: Callable[[tuple[LoggedUse, ...]], object], *, batch: int = 100) -> int:
        """Hand on every pending event, in order, some at a time; return how many.

        Events count as handed on when the receiver returns. Whatever it raises passes through: those events, and those
        behind them, stay pending. Nobody else drains the log meanwhile; to record goes on.

        :param batch: how many at once at most, 1 to 10,000.
        :raises InvalidTypeError: when an argument has the wrong type.
        :raises InvalidInputError: when batch is out of its bounds.
        :raises StateError: when the files cannot be read, written or locked, or ``PATH.sent`` is damaged.
        :raises TamperedError: when events are not as they were written.
        """
        function(receiver, "receiver")
        number(batch, 1, MAX_BATCH, "batch")
        done = 0
        with _Draining(self._sent_path):
            while True:
                place, events = self._next(batch)
                if not events:
                    return done
                receiver(events)
                self._mark_sent(place)
                done += len(events)

    def _next(self, most: int) -> tuple[ChainPlace, tuple[LoggedUse, ...]]:
        """Return the next pending events, and the place behind them."""
        place = self._sent()
        events: list[LoggedUse] = []
        with self._file.reading() as reader:
            for behind, fields in reader.entries(place):
                place = behind
                if behind.number > 1:
                    events.append(LoggedUse(behind.number - 1, self._event(behind, fields)))
                if len(events) == most:
                    break
        return place, tuple(events)

    def _event(self, place: ChainPlace, fields: Mapping[str, Any]) -> UseEvent:
        try:
            texts = {name: fields[name] for name in _TEXTS}
            return UseEvent(time=read_time(fields["time"]), digest=bytes.fromhex(fields["digest"]), **texts)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise TamperedError(
                "changed", f"entry {place.number} of {self._file.path} is no use of a seal", place=place.number
            ) from error

    def _catch_up(self, reader: ChainReader | ChainWriter) -> None:
        if reader.identity != self._identity:
            raise TamperedError("replaced", f"{self._file.path} was replaced by another file")
        for place, _ in reader.entries(self._place):
            self._place = place

    # ---- how far it was handed on -------------------------------------------------------
    @property
    def _sent_path(self) -> str:
        return self._file.path + _SENT_SUFFIX

    def _sent(self) -> ChainPlace:
        """Return the place up to which events were handed on; behind the first line as long as none was."""
        try:
            with open(self._sent_path, "rb") as stream:
                found = _SENT.fullmatch(stream.read(200))
        except FileNotFoundError:
            with self._file.reading() as reader:
                return next((place for place, _ in reader.entries(START)), START)
        except OSError as error:
            raise StateError(f"{self._sent_path}: {error.strerror or error}") from error
        if found is None:
            raise StateError(f"{self._sent_path} is damaged; without it, every event is handed on again")
        return ChainPlace(int(found[1]), int(found[2]), bytes.fromhex(found[3].decode("ascii")))

    def _mark_sent(self, place: ChainPlace) -> None:
        line = f"{place.number} {place.offset} {place.head.hex()}\n".encode("ascii")
        try:
            with _files.create(self._sent_path, private=True, force=True) as stream:
                stream.write(line)
        except OSError as error:
            raise StateError(f"{self._sent_path}: {error.strerror or error}") from error

    def __repr__(self) -> str:
        return f"<FileUseLog {self._file.path!r}>"


class _Draining:
    """Keeps everybody else from draining, but lets errors of the receiver pass as they are. A context."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._lock = _files.locked(path)

    def __enter__(self) -> None:
        try:
            self._lock.__enter__()
        except OSError as error:
            raise StateError(f"{self._path}: {error.strerror or error}") from error

    def __exit__(self, *_: object) -> None:
        self._lock.__exit__(None, None, None)


def _to_fields(event: UseEvent) -> dict[str, Any]:
    texts = {name: getattr(event, name) for name in _TEXTS}
    return {"time": time_text(event.time), "digest": event.digest.hex(), **texts}
