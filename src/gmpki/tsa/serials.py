"""Serial numbers of time-stamps, none of which ever comes twice.

A number is given out only after the disk holds that it is taken, so a process that is killed at any instant, a disk
that is full, or two processes over one file can leave numbers out, but never give one again.
"""

from __future__ import annotations

import os
from threading import Lock
from typing import TYPE_CHECKING, Final, Protocol, runtime_checkable

from gmpki import _files
from gmpki._inputs import number
from gmpki.algorithms import sm3
from gmpki.algorithms.rand import random_bytes
from gmpki.errors import LimitExceeded, StateError

if TYPE_CHECKING:
    from os import PathLike

__all__ = ["MAX_SERIAL_BITS", "FileSerials", "SerialSource"]

MAX_SERIAL_BITS: Final = 159
"""What fits into 20 bytes as a positive number; RFC 3161 2.4.2 has readers take 160 bits."""
MAX_BLOCK: Final = 1 << 20
# How often a process looks again for the file that was replaced while it waited for the lock.
_MAX_REPLACEMENTS: Final = 100


@runtime_checkable
class SerialSource(Protocol):
    """Where serial numbers come from: a file, a database, a counter in a device."""

    def next(self) -> int:
        """Return a positive number that was never returned before, to anybody, and never will be again.

        :raises GmpkiError: when it cannot promise that now; no time-stamp is made then.
        """


# A record is a count and what tells whether it was written to its end; the file is two of them, written by turns.
_MAGIC: Final = b"gmpki serials 1\n"
_COUNT_LEN: Final = 16
_CHECK_LEN: Final = 16
_MAX_COUNT: Final = 1 << 112
_RECORD_LEN: Final = _COUNT_LEN + _CHECK_LEN
_FILE_LEN: Final = len(_MAGIC) + 2 * _RECORD_LEN


class FileSerials:
    """Serial numbers counted in a file. Thread-safe; any number of processes of one machine may share the file.

    A number is the count with random bits behind it, so that not even a file brought back from an old copy of the
    disk gives a number again. The file has a fixed length and is written in place: a full disk cannot stop it.

    Two records are written by turns. A reader takes the larger count; if the power failed while one was written, the
    other one stands, and the counts that the lost one may have taken are left out.
    """

    def __init__(self, path: str | PathLike[str], *, block: int = 1, random_bits: int = 64) -> None:
        """Take a file that :meth:`create` made.

        :param block: how many counts are taken at once, 1 to 2^20. Each taking waits for the disk; what a process has
            not used when it ends is left out.
        :param random_bits: how many random bits stand behind the count, 0 to 127.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises InvalidInputError: when a number is out of its bounds.
        :raises StateError: when the file is not there, cannot be read, or is none of this kind. There is no new
            beginning by itself: whoever lost the file has to say where to go on, by :meth:`create`.
        """
        self._path = _files.as_path(path)
        self._block = number(block, 1, MAX_BLOCK, "block")
        self._random_bits = number(random_bits, 0, 127, "random_bits")
        self._lock = Lock()
        self._process = os.getpid()
        self._following = 0
        self._end = 0
        with _Locked(self._path) as file:
            file.read()

    @classmethod
    def create(cls, path: str | PathLike[str], *, first: int = 1, block: int = 1, random_bits: int = 64) -> FileSerials:
        """Make the file.

        :param first: the count to begin with, 1 to 2^96: above all that were used, when a file was lost.
        :param block: as in the constructor, like random_bits.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises InvalidInputError: when a number is out of its bounds.
        :raises StateError: when the file exists or cannot be written.
        """
        name = _files.as_path(path)
        record = _record(number(first, 1, 1 << 96, "first"))
        try:
            with _files.create(name, private=True) as stream:
                stream.write(_MAGIC + record + record)
        except OSError as error:
            raise _trouble(name, error) from error
        return cls(name, block=block, random_bits=random_bits)

    def next(self) -> int:
        """Return a number that was never returned before; of the same file, each one is larger than those before it.

        Larger holds for all processes with ``block`` 1; with more, for the numbers of each process.

        :raises StateError: when the file cannot be locked, read or written, is damaged, or is gone; no number is used.
        :raises LimitExceeded: when the numbers no longer fit into 20 bytes.
        :raises RandomSourceError: when the random source fails.
        """
        bits = self._random_bits
        tail = int.from_bytes(random_bytes((bits + 7) // 8), "big") & ((1 << bits) - 1) if bits else 0
        with self._lock:
            # A forked child has a copy of the counts that its parent took.
            if self._following >= self._end or self._process != os.getpid():
                self._take()
            count = self._following
            value = count << bits | tail
            if value.bit_length() > MAX_SERIAL_BITS:
                raise LimitExceeded(f"the serial numbers of {self._path} have grown over {MAX_SERIAL_BITS} bits")
            self._following = count + 1
            return value

    def _take(self) -> None:
        """Take the next counts of the file; the disk holds that before they are used."""
        with _Locked(self._path) as file:
            following = file.read()
            file.write(following + self._block)
        self._following, self._end, self._process = following, following + self._block, os.getpid()


class _Locked:
    """The file, opened and locked against everybody else. A context, used once."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._descriptor = -1
        self._older = 0

    def __enter__(self) -> _Locked:
        try:
            for _ in range(_MAX_REPLACEMENTS):
                self._descriptor = os.open(self._path, os.O_RDWR | os.O_CLOEXEC)
                _files.lock(self._descriptor)
                if os.path.samestat(os.fstat(self._descriptor), os.stat(self._path)):
                    return self
                os.close(self._descriptor)
                self._descriptor = -1
        except OSError as error:
            self._close()
            raise _trouble(self._path, error) from error
        raise StateError(f"the serial number file {self._path} is replaced again and again")

    def __exit__(self, *_: object) -> None:
        self._close()

    def _close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)  # gives the lock back
            self._descriptor = -1

    def read(self) -> int:
        """Return the next free count, after a damaged record was mended.

        :raises StateError: when the file is none of this kind, damaged beyond that, or cannot be read or written.
        """
        try:
            data = os.pread(self._descriptor, _FILE_LEN + 1, 0)
        except OSError as error:
            raise _trouble(self._path, error) from error
        if len(data) != _FILE_LEN or not data.startswith(_MAGIC):
            raise StateError(f"{self._path} is no file of serial numbers")
        first, second = (_count(data[at : at + _RECORD_LEN]) for at in (len(_MAGIC), len(_MAGIC) + _RECORD_LEN))
        if first is not None and second is not None:
            self._older = 0 if first <= second else 1
            return max(first, second)
        left = second if first is None else first
        if left is None:
            raise StateError(f"the serial number file {self._path} is damaged")
        # The lost record was at most one block ahead. With this written, the two are no further apart again.
        self._older = 0 if first is None else 1
        self.write(left + MAX_BLOCK)
        return left + MAX_BLOCK

    def write(self, count: int) -> None:
        """Write the next free count over the older record, and wait until the disk holds it.

        :raises StateError: when it cannot be written.
        """
        at = len(_MAGIC) + self._older * _RECORD_LEN
        try:
            if os.pwrite(self._descriptor, _record(count), at) != _RECORD_LEN:
                raise StateError(f"the serial number file {self._path} was written in part only")
            os.fsync(self._descriptor)
        except OSError as error:
            raise _trouble(self._path, error) from error
        self._older = 1 - self._older


def _record(count: int) -> bytes:
    encoded = count.to_bytes(_COUNT_LEN, "big")
    return encoded + sm3.digest(_MAGIC + encoded)[:_CHECK_LEN]


def _count(record: bytes) -> int | None:
    """Return the count of a record, None when it is damaged."""
    count = int.from_bytes(record[:_COUNT_LEN], "big")
    return count if 0 < count <= _MAX_COUNT and record == _record(count) else None


def _trouble(path: str, error: OSError) -> StateError:
    return StateError(f"the serial number file {path} gives no number: {error.strerror or error}")
