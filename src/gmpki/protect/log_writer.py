"""The end of a log as one process sees it: catching up with others, mending, writing the next record.

Everything here is called under the lock of the log.
"""

from __future__ import annotations

import base64
import contextlib
import os
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from gmpki import _files, _inputs
from gmpki.algorithms import sm3
from gmpki.errors import DecodeError, TamperedError
from gmpki.protect import log_file
from gmpki.protect.log_record import LogKey, MacKeys, Record, RecordKind
from gmpki.protect.log_seal import Header
from gmpki.protect.log_tail import Tail

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from gmpki.keys.interfaces import Signer

__all__ = ["LogWriter"]

_TORN_KEPT_LEN: Final = 512


class LogWriter:
    """The file that is written to. A context: one thread at a time, and under the lock of the log."""

    def __init__(self, path: str, keys: MacKeys, clock: Callable[[], datetime]) -> None:
        self.path = path
        self._keys = keys
        self._clock = clock
        self._descriptor = -1
        self._known: Tail | None = None
        self._end = 0  # where the last record ends, in bytes from the start of the file

    @property
    def tail(self) -> Tail:
        """Up to where the file is known."""
        if self._known is None:
            self.catch_up()
        assert self._known is not None  # noqa: S101 - catch_up has set it or raised
        return self._known

    def now(self) -> datetime:
        """Return the time of the clock in whole seconds.

        :raises InvalidInputError: when it has no time zone.
        """
        return _inputs.utc_seconds(self._clock(), "the time of the clock")

    def drop(self) -> None:
        """Close the file and forget what is known of it."""
        descriptor, self._descriptor, self._known = self._descriptor, -1, None
        if descriptor >= 0:
            os.close(descriptor)

    def sync(self) -> None:
        """Wait until the file is on the disk.

        :raises OSError: when the disk fails; what is there then is read anew by the next call.
        """
        if self._descriptor < 0:
            return
        try:
            log_file.sync(self._descriptor)
        except OSError:
            self.drop()
            raise

    # ---- beginning and ending files -------------------------------------------------------
    def begin(self, log_id: bytes, ended: Tail | None) -> None:
        """Write a new file with its first record under the primary key.

        :param ended: the end of the file before, or None for a new log.
        :raises FileExistsError: when there is a file of that name.
        """
        record = Tail.begun(self._keys, log_id, self.now(), ended).last
        with _files.create(self.path, private=True) as stream:
            stream.write(record.line)
        self.drop()

    def go_on(self) -> None:
        """Put the file that was ended aside and begin the next one. Whoever finds this half done, does the rest.

        :raises FileExistsError: when there is a file of the name that it gets.
        """
        ended = self.tail
        name = log_file.part_name(self.path, ended.header.part)
        _files.refuse_existing(name, force=False)
        os.rename(self.path, name)
        self.drop()
        self.begin(ended.header.log_id, ended)

    # ---- reading what others wrote ----------------------------------------------------------
    def catch_up(self) -> None:
        """Read what was written since the last time, and mend what a crash left.

        :raises TamperedError: when what is known is not there any more, or what follows it does not hold.
        :raises OSError: when the file cannot be read.
        :raises GmpkiError: what the keys raise.
        """
        self._reopen_if_moved()
        if self._descriptor < 0:
            self._open()
        torn = self._load() if self._known is None else self._follow()
        if torn:
            self._mend(torn)
        if self.tail.last.kind is RecordKind.END:
            self.go_on()
            self.catch_up()

    def _open(self) -> None:
        if not os.path.lexists(self.path):
            # A crash between the two steps of go_on: the last file was ended, and the next one is not there.
            ended = log_file.part_names(self.path)[-1:]
            if ended:
                tail = self._ended(ended[0])
                self.begin(tail.header.log_id, tail)
        self._descriptor = log_file.open_append(self.path)

    def _ended(self, path: str) -> Tail:
        self._descriptor = log_file.open_read(path)
        try:
            torn = self._load()
            tail = self.tail
        finally:
            self.drop()
        if torn or tail.last.kind is not RecordKind.END:
            message = f"{path} was not ended, and the file that is written to is not there"
            raise TamperedError("removed", message, place=tail.last.number + 1)
        return tail

    def _reopen_if_moved(self) -> None:
        """Let go of a file that another process has ended and put aside, and go on in the next one.

        :raises TamperedError: when it was not ended, or what has taken its name does not go on with it.
        """
        if self._descriptor < 0:
            return
        if self._known is None:
            self.drop()
            return
        here = os.fstat(self._descriptor)
        with contextlib.suppress(FileNotFoundError):
            there = os.stat(self.path, follow_symlinks=False)
            if (here.st_dev, here.st_ino) == (there.st_dev, there.st_ino):
                return
        try:
            self._follow()  # an open file can be read, whatever became of its name
            ended = self._known
        finally:
            self.drop()
        place = ended.last.number + 1
        if ended.last.kind is not RecordKind.END:
            message = f"{self.path} was removed or replaced, and had not been ended"
            raise TamperedError("replaced", message, place=place)
        self._open()
        if not self._goes_on(ended):
            self.drop()
            raise TamperedError("replaced", f"{self.path} does not go on with the log", place=place)

    def _goes_on(self, ended: Tail) -> bool:
        first, header = self._beginning()
        if header.part == ended.header.part + 1 and first.previous != ended.last.head:
            return False
        return header.log_id == ended.header.log_id and header.part > ended.header.part

    def _beginning(self) -> tuple[Record, Header]:
        first = log_file.first_record(self._descriptor, self.path)
        try:
            return first, Header.of(first)
        except DecodeError as error:
            raise TamperedError("changed", f"{self.path}: {error}", place=first.number) from error

    def _load(self) -> bytes:
        """Read the first and the last record; return what stands behind that and is no whole line."""
        first, header = self._beginning()
        key = LogKey.of(self._keys, header.log_id, header.key_id)
        last, end, torn = log_file.last_record(self._descriptor, self.path)
        for record in (first, last):
            _require(key, record, self.path)
        self._known, self._end = Tail(header, key, last), end
        return torn

    def _follow(self) -> bytes:
        """Read on from what is known; return what stands at the end and is no whole line."""
        known = self.tail
        size = os.fstat(self._descriptor).st_size
        if size < self._end:
            message = f"{self.path} was cut off: it had {self._end} bytes, it has {size}"
            raise TamperedError("truncated", message, place=known.last.number)
        for line in log_file.lines(self._descriptor, self._end, size):
            if not line.endswith(b"\n") and self._end + len(line) == size:
                return line
            self._known, self._end = self._next(line), self._end + len(line)
        return b""

    def _next(self, line: bytes) -> Tail:
        """Verify the line that follows what is known."""
        known = self.tail
        try:
            record = Record.of_line(line)
        except DecodeError as error:
            place = known.last.number + 1
            raise TamperedError("changed", f"record {place} of {self.path}: {error}", place=place) from error
        _require(known.key, record, self.path)
        if (record.number, record.previous) != (known.last.number + 1, known.last.head):
            place = known.last.number + 1
            raise TamperedError("moved", f"record {place} of {self.path} does not follow the one before", place=place)
        return replace(known, last=record)

    def _mend(self, torn: bytes) -> None:
        """Remove a line that was cut off, which no call has said to be written, and leave a record of it.

        Who can write to the file can make a whole line a torn one; the record of it is what then shows. A crash
        between the two steps loses that record, and nothing that a call has said to be written.
        """
        os.ftruncate(self._descriptor, self._end)
        start = base64.b64encode(torn[:_TORN_KEPT_LEN]).decode("ascii")
        contents = f"length={len(torn)} sm3={sm3.digest(torn).hex()} start={start}"
        self.write(RecordKind.MEND, contents.encode("ascii"))

    # ---- writing --------------------------------------------------------------------------
    def write(self, kind: RecordKind, contents: bytes) -> None:
        """Append a record.

        :raises OSError: when it cannot be written.
        """
        self._put(self.tail.with_record(kind, contents, self.now()))

    def write_seal(self, signer: Signer) -> None:
        """Append a seal.

        :raises OSError: when it cannot be written.
        :raises GmpkiError: what the signer raises.
        """
        self._put(self.tail.with_seal(signer, self.now()))

    def _put(self, tail: Tail) -> None:
        with _files.naming(self.path):
            log_file.write_whole(self._descriptor, tail.last.line)
        self._known, self._end = tail, self._end + len(tail.last.line)


def _require(key: LogKey, record: Record, path: str) -> None:
    if not key.holds(record):
        message = f"record {record.number} of {path} is not as it was written: its MAC does not hold"
        raise TamperedError("changed", message, place=record.number)
