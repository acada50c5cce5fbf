"""An append-only log that shows every change: records chained with HMAC-SM3, sealed at intervals by a signature.

>>> import tempfile, os
>>> from gmpki.keys.sm2 import SM2PrivateKey
>>> from gmpki.protect.keys import KeyRing
>>> from gmpki.protect.log import AppendLog
>>> from gmpki.protect.log_verify import verify_log
>>> path = os.path.join(tempfile.mkdtemp(), "audit.log")
>>> keys, signer = KeyRing.generate(), SM2PrivateKey.generate()
>>> with AppendLog.create(path, keys, signer=signer) as log:
...     _ = log.append(b"login user=zhangsan")
...     _ = log.append(b"grant user=zhangsan role=auditor")
...     remembered = log.seal()

Whoever has the keys finds every change; whoever has only the public key, every change before the last seal:

>>> verify_log(path, keys=keys, signers=[signer.public_key], expected=remembered).entries
2
>>> verify_log(path, signers=[signer.public_key]).sealed_through
4

What stands behind the last seal is protected by the MACs alone. That a log was cut off between two records, behind a
seal or anywhere else, shows only against something kept elsewhere: a :class:`~gmpki.protect.log_seal.Checkpoint`, which
every call that writes returns.

The files of a log belong on a local file system: the locks of others do not keep every process out.

:standard: GB/T 15852.2-2012 (HMAC) with SM3; the format is this project's own
"""

from __future__ import annotations

import contextlib
import errno
import os
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from enum import Enum
from typing import TYPE_CHECKING, Final

from gmpki import _inputs
from gmpki._files import as_path, locked, refuse_existing
from gmpki.algorithms.rand import random_bytes
from gmpki.errors import InvalidInputError, StateError
from gmpki.keys.interfaces import Signer
from gmpki.protect import log_file
from gmpki.protect.log_record import LOG_ID_LEN, MacKeys, RecordKind, entry_contents
from gmpki.protect.log_writer import LogWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import TracebackType

    from typing_extensions import Buffer

    from gmpki.protect.log_seal import Checkpoint
    from gmpki.protect.log_tail import Tail

__all__ = ["DEFAULT_RULES", "AppendLog", "Durability", "LogRules"]


class Durability(Enum):
    """When a call waits until what it wrote is on the disk.

    A process that is killed loses nothing in any case: what was written is with the operating system. This is about
    the machine losing power.
    """

    EACH = "each"
    """Before every call returns."""
    SEALS = "seals"
    """Before a seal is written, behind it, and when a file is ended."""
    SYSTEM = "system"
    """Never; the operating system decides."""


@dataclass(frozen=True, slots=True)
class LogRules:
    """How a log is kept. Immutable; thread-safe.

    :ivar seal_every: a seal follows when that many records stand behind the last one, 1 to 10^9; None for never.
    :ivar seal_after: a seal follows the first entry that comes so long after the last one; None for never. Where
        entries may stop coming, a timer calls :meth:`AppendLog.seal_if_due`.
    :ivar durability: when a call waits for the disk.
    """

    seal_every: int | None = 1000
    seal_after: timedelta | None = timedelta(hours=1)
    durability: Durability = Durability.EACH

    def __post_init__(self) -> None:
        """Check the fields.

        :raises InvalidTypeError: when one has the wrong type.
        :raises InvalidInputError: when one is out of its range.
        """
        if self.seal_every is not None:
            _inputs.number(self.seal_every, 1, 10**9, "seal_every")
        if self.seal_after is not None:
            _inputs.member(self.seal_after, timedelta, "seal_after")
            if self.seal_after <= timedelta(0):
                raise InvalidInputError("seal_after must be longer than nothing")
        _inputs.member(self.durability, Durability, "durability")

    def want_seal(self, tail: Tail, now: datetime) -> bool:
        """Tell whether a seal is due behind the end of a log; none is behind one."""
        number, sealed_at = tail.seal
        if tail.last.number == number:
            return False
        return (self.seal_every is not None and tail.last.number - number >= self.seal_every) or (
            self.seal_after is not None and now - sealed_at >= self.seal_after
        )


DEFAULT_RULES: Final = LogRules()
"""A seal every 1000 records or every hour, and each call waits for the disk."""


def _now() -> datetime:
    return datetime.now(timezone.utc)


class AppendLog:
    """A log that is written to. Thread-safe; any number of processes may write to the same log.

    Every call takes the lock of the log, catches up with what other processes have written meanwhile, verifying its
    MACs and its chain, and writes each record with one call of the operating system. A line that a crash cut off is
    removed by the next call, which leaves a record of it.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        keys: MacKeys,
        *,
        signer: Signer | None = None,
        rules: LogRules = DEFAULT_RULES,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        """Prepare; :meth:`create` and :meth:`open` are what makes a log to use."""
        self._path = os.path.abspath(as_path(path))  # the process may change its directory
        _inputs.member(keys, MacKeys, "keys")
        if signer is not None:
            _inputs.member(signer, Signer, "signer")
        _inputs.member(rules, LogRules, "rules")
        _inputs.function(clock, "clock")
        self._signer = signer
        self._rules = rules
        self._thread_lock = threading.RLock()
        self._writer = LogWriter(self._path, keys, clock)
        self._closed = self._inside = False

    @classmethod
    def create(
        cls,
        path: str | os.PathLike[str],
        keys: MacKeys,
        *,
        signer: Signer | None = None,
        rules: LogRules = DEFAULT_RULES,
        clock: Callable[[], datetime] = _now,
    ) -> AppendLog:
        """Begin a new log in a new file, readable and writable for its owner only.

        :param keys: where the MAC key comes from; its primary key is taken.
        :param signer: who seals; None when another process does.
        :param clock: gives the time, with a time zone.
        :raises FileExistsError: when there is a file of that name, or one that was ended.
        :raises OSError: when the file cannot be written.
        :raises InvalidTypeError: when an argument has the wrong type.
        :raises InvalidInputError: when the clock gives a time without a zone.
        :raises UnsupportedPlatform: where files cannot be locked.
        :raises GmpkiError: what ``keys`` raises.
        """
        log = cls(path, keys, signer=signer, rules=rules, clock=clock)
        with locked(log._path):
            if log_file.part_names(log._path):
                raise FileExistsError(errno.EEXIST, "there is a log of that name", log._path)
            log._writer.begin(random_bytes(LOG_ID_LEN), None)
            log._writer.catch_up()
        return log

    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str],
        keys: MacKeys,
        *,
        signer: Signer | None = None,
        rules: LogRules = DEFAULT_RULES,
        clock: Callable[[], datetime] = _now,
    ) -> AppendLog:
        """Open a log to go on with it. Its first and its last record are verified, and not what is between.

        Parameters as :meth:`create`.

        :raises FileNotFoundError: when there is none: whoever removed a log does not get a new one by that.
        :raises OSError: when the file cannot be read or written.
        :raises TamperedError: when the first or the last record is not as it was written.
        :raises InvalidTypeError: when an argument has the wrong type.
        :raises UnsupportedPlatform: where files cannot be locked.
        :raises GmpkiError: what ``keys`` raises, for a key that they do not have.
        """
        log = cls(path, keys, signer=signer, rules=rules, clock=clock)
        if not log_file.part_names(log._path):
            raise FileNotFoundError(errno.ENOENT, "there is no log of that name", log._path)
        with locked(log._path):
            log._writer.catch_up()
            log._sync(Durability.EACH)
        return log

    # ---- what it is ---------------------------------------------------------------------
    @property
    def path(self) -> str:
        """The name of the file that is written to."""
        return self._path

    @property
    def checkpoint(self) -> Checkpoint:
        """Up to where the log has come; errors as :meth:`append`."""
        with self._writing():
            return self._writer.tail.checkpoint

    @property
    def part(self) -> int:
        """Which file of the log is written to, from 1; errors as :meth:`append`."""
        with self._writing():
            return self._writer.tail.header.part

    def __repr__(self) -> str:
        return f"<AppendLog {self._path!r}>"

    # ---- writing ------------------------------------------------------------------------
    def append(self, data: Buffer) -> Checkpoint:
        """Append an entry, and a seal when one is due.

        When the entry is written and the seal fails, the error is that of the signer, and the entry stays.

        :param data: 0 to :data:`~gmpki.protect.log_record.MAX_ENTRY_LEN` bytes, of any kind; text as UTF-8.
        :returns: up to where the log has come.
        :raises InvalidTypeError: when data is not a buffer.
        :raises LimitExceeded: when it is too long.
        :raises TamperedError: when the end of the file is not as it was written; nothing is appended then.
        :raises StateError: when the log was closed, or a signer writes to the log that it seals.
        :raises OSError: when it cannot be written; nothing is appended then, unless only waiting for the disk failed.
        :raises GmpkiError: what the signer raises.
        """
        return self.extend((data,))

    def extend(self, entries: Iterable[Buffer]) -> Checkpoint:
        """Append entries one by one, and wait for the disk once.

        Errors as :meth:`append`. All entries are looked at before the first is written; when one cannot be written, or
        a seal between them fails, those before it stay.
        """
        contents = [entry_contents(data) for data in _inputs.iterated(entries, "entries")]
        with self._writing():
            try:
                for content in contents:
                    self._writer.write(RecordKind.ENTRY, content)
                    if self._is_due():
                        self._seal()
            finally:
                self._sync(Durability.EACH)
            return self._writer.tail.checkpoint

    def seal(self) -> Checkpoint:
        """Write a seal, whether one is due or not.

        :returns: a checkpoint to be kept elsewhere.
        :raises StateError: when there is no signer, or the log was closed.
        :raises GmpkiError: what the signer raises.

        The rest is as in :meth:`append`.
        """
        with self._writing():
            self._seal()
            return self._writer.tail.checkpoint

    def seal_if_due(self) -> Checkpoint:
        """Write a seal when the rules ask for one, for instance from a timer; errors as :meth:`seal`."""
        with self._writing():
            if self._is_due():
                self._seal()
            return self._writer.tail.checkpoint

    def rotate(self) -> Checkpoint:
        """End this file, with a seal where there is a signer, and go on in a new one under the primary key.

        The old one gets the number of the part behind its name.

        :returns: a checkpoint at the end of the old file.
        :raises FileExistsError: when there is a file of that name.

        The rest is as in :meth:`seal`, but that a signer is not needed.
        """
        with self._writing():
            refuse_existing(log_file.part_name(self._path, self._writer.tail.header.part), force=False)
            if self._signer is not None and self._writer.tail.last.kind is not RecordKind.SEAL:
                self._seal()
            self._writer.write(RecordKind.END, b"")
            self._sync(Durability.SEALS)
            checkpoint = self._writer.tail.checkpoint
            self._writer.go_on()
            return checkpoint

    def close(self) -> None:
        """Close the file; the log cannot be written to through this object any more."""
        with self._thread_lock:
            self._closed = True
            if not self._inside:
                self._writer.drop()

    def __enter__(self) -> AppendLog:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    # ---- inside -------------------------------------------------------------------------
    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        """Hold the lock of the log, caught up."""
        with self._thread_lock:
            if self._closed:
                raise StateError("the log was closed")
            if self._inside:
                raise StateError("this thread is writing to the log already, for instance from within a signer")
            self._inside = True
            try:
                with locked(self._path):
                    self._writer.catch_up()
                    yield
            finally:
                self._inside = False

    def _sync(self, least: Durability) -> None:
        """Wait for the disk where the rules ask for that as often as a place needs it."""
        wanted = (Durability.EACH,) if least is Durability.EACH else (Durability.EACH, Durability.SEALS)
        if self._rules.durability in wanted:
            self._writer.sync()

    def _is_due(self) -> bool:
        return self._signer is not None and self._rules.want_seal(self._writer.tail, self._writer.now())

    def _seal(self) -> None:
        if self._signer is None:
            raise StateError("this log was opened without a signer")
        self._sync(Durability.SEALS)
        self._writer.write_seal(self._signer)
        self._sync(Durability.SEALS)
