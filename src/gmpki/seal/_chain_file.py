"""A file of entries of which each one holds the digest of what stands before it; what the file formats of this package
share.

A line is ``DIGEST NUMBER FIELDS``: the fields as one JSON object; the number, 1 for the first line, which says what
kind of file it is; and the digest, SM3 or, under a key, HMAC-SM3, of the digest of the line before, the number and the
fields. Whoever changes, removes or moves an entry has to write everything after it anew, and under a key cannot. That
the end was cut off shows only against a place that was kept elsewhere.

An entry is on the disk before :meth:`ChainWriter.append` returns, and is there whole or not at all: what a crash left
of one is cut off by the next writer.
"""

from __future__ import annotations

import contextlib
import hmac
import json
import os
import re
from dataclasses import dataclass, field
from threading import RLock
from typing import TYPE_CHECKING, Any, Final

from gmpki import _files
from gmpki._inputs import as_bytes
from gmpki.algorithms import sm3
from gmpki.errors import InvalidInputError, LimitExceeded, StateError, TamperedError
from gmpki.protect import log_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from typing_extensions import Buffer

__all__ = ["START", "ChainFile", "ChainPlace", "ChainWriter", "open_chain"]

MAX_LINE_LEN: Final = 1 << 18
_MIN_KEY_LEN: Final = 16
_MAX_KEY_LEN: Final = 1 << 10
_LINE: Final = re.compile(rb"([0-9a-f]{64}) ([1-9][0-9]{0,17}) (\{[^\n]*\})\n")


@dataclass(frozen=True, slots=True)
class ChainPlace:
    """A place in a file: behind how many entries, at which byte, and the digest of the last of them. Immutable."""

    number: int
    offset: int
    head: bytes


START: Final = ChainPlace(0, 0, bytes(sm3.DIGEST_LEN))
"""The beginning of a file."""


def open_chain(path: str | os.PathLike[str], kind: str, key: Buffer | None) -> ChainFile:
    """Return a file of a kind; nothing is read yet.

    :param key: of the HMAC, 16 to 1024 bytes; None for digests that anybody can compute.
    :raises InvalidTypeError: when an argument has the wrong type.
    :raises InvalidInputError: when the path is none, or the key has another length.
    """
    raw = None if key is None else as_bytes(key, "key")
    if raw is not None and not _MIN_KEY_LEN <= len(raw) <= _MAX_KEY_LEN:
        raise InvalidInputError(f"the key is {_MIN_KEY_LEN} to {_MAX_KEY_LEN} bytes long, not {len(raw)}")
    return ChainFile(_files.as_path(path), kind, raw)


@dataclass
class ChainFile:
    """One file. Thread-safe; any number of processes of one machine may share it.

    :ivar path: its name. ``PATH.lock`` is what processes lock; it is empty and stays.
    :ivar kind: what its first line has to say.
    :ivar key: of the HMAC; None for digests that anybody can compute. Not shown by ``repr``.
    """

    path: str
    kind: str
    key: bytes | None = field(repr=False)
    _threads: RLock = field(default_factory=RLock, repr=False)

    def create(self) -> None:
        """Make the file.

        :raises StateError: when it exists or cannot be written.
        """
        line = self._line(START, {"file": self.kind, "keyed": self.key is not None})
        with self._trouble(), _files.create(self.path, private=True) as stream:
            stream.write(line)

    @contextlib.contextmanager
    def reading(self) -> Iterator[ChainReader]:
        """Open the file while nobody writes to it.

        :raises StateError: when it is not there or cannot be read.
        """
        with self._threads, self._trouble(), _files.unwritten(self.path):
            descriptor = log_file.open_read(self.path)
            try:
                yield ChainReader(self, descriptor)
            finally:
                os.close(descriptor)

    @contextlib.contextmanager
    def writing(self) -> Iterator[ChainWriter]:
        """Open the file to append to it, with everybody else kept out.

        :raises StateError: when it is not there or cannot be written to.
        """
        with self._threads, self._trouble(), _files.locked(self.path):
            descriptor = log_file.open_append(self.path)
            try:
                yield ChainWriter(self, descriptor)
            finally:
                os.close(descriptor)

    # ---- lines --------------------------------------------------------------------------
    def _digest(self, head: bytes, body: bytes) -> bytes:
        if self.key is None:
            return sm3.digest(head + body)
        return sm3.hmac(self.key, head + body)

    def _line(self, place: ChainPlace, fields: Mapping[str, Any]) -> bytes:
        try:
            # What is no character, in a file name for instance, becomes the escape that JSON has for it.
            text = json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")
        except ValueError:  # a number of more digits than Python writes
            raise InvalidInputError("an entry holds a number that cannot be written") from None
        body = b"%d %b" % (place.number + 1, text)
        line = b"%b %b\n" % (self._digest(place.head, body).hex().encode("ascii"), body)
        if len(line) > MAX_LINE_LEN:
            raise LimitExceeded(f"an entry of {len(line)} bytes; at most {MAX_LINE_LEN} are taken")
        return line

    def _entry(self, place: ChainPlace, line: bytes) -> tuple[ChainPlace, dict[str, Any]]:
        """Read the line that follows a place."""
        number = place.number + 1
        found = _LINE.fullmatch(line) if len(line) <= MAX_LINE_LEN else None
        if found is None:
            raise TamperedError("changed", f"line {number} of {self.path} is no entry", place=number)
        try:
            fields = json.loads(found[3])
        except (ValueError, RecursionError):
            raise TamperedError("changed", f"entry {number} of {self.path} cannot be read", place=number) from None
        if number == 1:
            self._check_kind(fields)
        digest = bytes.fromhex(found[1].decode("ascii"))
        body = line[2 * sm3.DIGEST_LEN + 1 : -1]
        if not hmac.compare_digest(digest, self._digest(place.head, body)) or int(found[2]) != number:
            keyed = "" if self.key is None else ", or it was written under another key"
            raise TamperedError(
                "changed", f"entry {number} of {self.path} is not what was written there{keyed}", place=number
            )
        return ChainPlace(number, place.offset + len(line), digest), fields

    def _check_kind(self, fields: Mapping[str, Any]) -> None:
        if fields.get("file") != self.kind:
            raise StateError(f"{self.path} is no {self.kind}")
        if fields.get("keyed") is not (self.key is not None):
            needs = (
                "was written without a key" if self.key is not None else "was written under a key, and none is given"
            )
            raise StateError(f"{self.path} {needs}")

    @property
    def _called(self) -> str:
        """What people call such a file: its kind, without the number of the format."""
        return self.kind.rpartition(" ")[0] or self.kind

    @contextlib.contextmanager
    def _trouble(self) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError as error:
            raise StateError(f"there is no {self._called} at {self.path}") from error
        except OSError as error:
            raise StateError(f"{self._called} {self.path}: {error.strerror or error}") from error


class ChainReader:
    """An open file. A context's, used by one thread."""

    def __init__(self, file: ChainFile, descriptor: int) -> None:
        self._file = file
        self._descriptor = descriptor

    @property
    def identity(self) -> tuple[int, int]:
        """What tells this file from another one of its name."""
        status = os.fstat(self._descriptor)
        return status.st_dev, status.st_ino

    def entries(self, place: ChainPlace) -> Iterator[tuple[ChainPlace, dict[str, Any]]]:
        """Yield what follows a place: the fields of each entry, and the place behind it.

        A last line without its end is what a crash left, and is not there.

        :raises TamperedError: "changed" for what is not as it was written; "truncated" when the file ends before the
            place.
        :raises StateError: when this is a file of another kind.
        """
        end = os.fstat(self._descriptor).st_size
        if end < place.offset:
            raise TamperedError(
                "truncated", f"{self._file.path} has lost entries from {place.number} on", place=place.number
            )
        for line in log_file.lines(self._descriptor, place.offset, end):
            if not line.endswith(b"\n") and len(line) <= MAX_LINE_LEN:
                return
            place, fields = self._file._entry(place, line)
            yield place, fields

    def last(self) -> ChainPlace:
        """Return the place behind the last entry, without reading those before.

        :raises TamperedError: "changed" when the last line is none.
        :raises StateError: when this is a file of another kind.
        """
        size = os.fstat(self._descriptor).st_size
        first = next(log_file.lines(self._descriptor, 0, min(size, MAX_LINE_LEN)), b"")
        beginning, _ = self._file._entry(START, first)
        stretch = os.pread(self._descriptor, 2 * MAX_LINE_LEN, max(0, size - 2 * MAX_LINE_LEN))
        whole = stretch[: stretch.rfind(b"\n") + 1]
        line = whole[whole.rfind(b"\n", 0, -1) + 1 :]
        found = _LINE.fullmatch(line)
        if found is None:
            raise TamperedError("changed", f"the last whole line of {self._file.path} is no entry")
        end = size - (len(stretch) - len(whole))
        if end == beginning.offset:
            return beginning
        return ChainPlace(int(found[2]), end, bytes.fromhex(found[1].decode("ascii")))


class ChainWriter(ChainReader):
    """A file that is open for appending. A context's, used by one thread."""

    def append(self, place: ChainPlace, fields: Mapping[str, Any]) -> ChainPlace:
        """Append an entry behind the last one, and wait until the disk holds it.

        :param place: behind the last entry, which the caller has read up to; what a crash left there is cut off.
        :raises StateError: when there is a whole entry behind the place.
        :raises InvalidInputError: when a number has thousands of digits.
        :raises LimitExceeded: when the entry is longer than 256 KiB.
        :raises OSError: when it cannot be written; nothing is appended then.
        """
        line = self._file._line(place, fields)
        behind = os.pread(self._descriptor, MAX_LINE_LEN, place.offset)
        if b"\n" in behind:
            raise StateError(f"{self._file.path} goes on behind entry {place.number}")
        if behind:
            os.ftruncate(self._descriptor, place.offset)
        log_file.write_whole(self._descriptor, line)
        try:
            log_file.sync(self._descriptor)
        except OSError:
            # Nobody has read it yet: the file is locked.
            with contextlib.suppress(OSError):
                os.ftruncate(self._descriptor, place.offset)
            raise
        return self._file._entry(place, line)[0]
