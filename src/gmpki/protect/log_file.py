"""The files of a log on the disk: who may write, where the last record ends, what a crash left behind.

The file that is written to has the name of the log; files that were ended stand beside it as ``NAME.000001`` and so on.
``NAME.lock`` is what processes lock; it is empty and stays.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
from typing import TYPE_CHECKING, Final

from gmpki.errors import DecodeError, TamperedError
from gmpki.protect.log_record import MAX_LINE_LEN, Record

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "first_record",
    "last_record",
    "lines",
    "open_append",
    "open_read",
    "part_name",
    "part_names",
    "sync",
    "write_whole",
]

_BLOCK_LEN: Final = 1 << 16
_PART: Final = re.compile(r"\.([0-9]{6,12})")


def part_name(path: str, part: int) -> str:
    """Return the name of a file of the log that was ended."""
    return f"{path}.{part:06d}"


def part_names(path: str) -> list[str]:
    """Return the names of the files of a log that are there, the oldest first, the one being written to last."""
    directory, name = os.path.split(path)
    found: list[tuple[int, str]] = []
    with contextlib.suppress(FileNotFoundError), os.scandir(directory or ".") as listed:
        for file in listed:
            number = _PART.fullmatch(file.name[len(name) :]) if file.name.startswith(name) else None
            # Another way to write a number would give one part two files.
            if number is not None and file.name == part_name(name, int(number[1])):
                found.append((int(number[1]), os.path.join(directory, file.name)))
    names = [file for _, file in sorted(found)]
    return [*names, path] if os.path.lexists(path) else names


def write_whole(descriptor: int, data: bytes) -> None:
    """Append a line, all of it or nothing, as far as the file system lets go of what it took.

    :raises OSError: when there is no room, or the disk fails.
    """
    before = os.fstat(descriptor).st_size
    try:
        written = os.write(descriptor, data)
        while written < len(data):  # a signal, or a disk that is nearly full: the next call says so
            written += os.write(descriptor, data[written:])
    except BaseException:
        with contextlib.suppress(OSError):
            os.ftruncate(descriptor, before)
        raise


def lines(descriptor: int, start: int, end: int) -> Iterator[bytes]:
    """Yield the lines of a stretch of a file with their ends; the last may have none.

    A line that is longer than :data:`MAX_LINE_LEN` comes cut to one byte more than that, without its end.
    """
    kept = b""
    overlong = False
    offset = start
    while offset < end:
        block = os.pread(descriptor, min(_BLOCK_LEN, end - offset), offset)
        if not block:
            break  # somebody cut it off meanwhile
        offset += len(block)
        # Only the new block is searched, so that a long line costs no more than its length.
        pieces = block.split(b"\n")
        for piece in pieces[:-1]:
            line = piece + b"\n" if not kept else b"".join((kept, piece, b"\n"))
            yield kept[: MAX_LINE_LEN + 1] if overlong else line
            kept, overlong = b"", False
        if not overlong:
            kept += pieces[-1]
            overlong = len(kept) > MAX_LINE_LEN
    if kept:
        yield kept[: MAX_LINE_LEN + 1]


def first_record(descriptor: int, name: str) -> Record:
    """Return the first record of a file.

    :raises TamperedError: when its first line is none; reason "changed".
    """
    try:
        return Record.of_line(next(lines(descriptor, 0, os.fstat(descriptor).st_size), b""))
    except DecodeError as error:
        raise TamperedError("changed", f"the first line of {name} begins no log: {error}") from error


def last_record(descriptor: int, name: str) -> tuple[Record, int, bytes]:
    """Return the last record of a file, where it ends, and what stands behind it.

    Only the end of the file is read, whatever its length.

    :raises TamperedError: when the last whole line is no record, or there is none; reason "changed".
    """
    size = os.fstat(descriptor).st_size
    end = _last_newline(descriptor, size) + 1
    torn = os.pread(descriptor, size - end, end)
    start = _last_newline(descriptor, end - 1) + 1 if end else 0
    line = os.pread(descriptor, end - start, start)
    try:
        return Record.of_line(line), end, torn
    except DecodeError as error:
        raise TamperedError("changed", f"the last whole line of {name} is no record: {error}") from error


def _last_newline(descriptor: int, end: int) -> int:
    """Return the offset of the last end of line before an offset; -1 when there is none.

    :raises TamperedError: when it is further away than a line is long; reason "changed".
    """
    offset = end
    while offset > 0:
        start = max(0, offset - _BLOCK_LEN)
        found = os.pread(descriptor, offset - start, start).rfind(b"\n")
        if found >= 0:
            return start + found
        offset = start
        if end - offset > MAX_LINE_LEN + _BLOCK_LEN:
            raise TamperedError("changed", f"there is no end of line in the last {end - offset} bytes")
    return -1


def open_append(path: str) -> int:
    """Open a file of a log for reading and appending; return its descriptor.

    :raises OSError: when it is not there, is a symbolic link or no regular file, or may not be opened.
    """
    return _open_regular(path, os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW)


def open_read(path: str) -> int:
    """Open a file of a log for reading; return its descriptor.

    :raises OSError: when it is not there, is no regular file, or may not be opened.
    """
    return _open_regular(path, os.O_RDONLY)


def _open_regular(path: str, flags: int) -> int:
    # A pipe in the place of the file would be waited for.
    descriptor = os.open(path, flags | os.O_CLOEXEC | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "the file of a log is a regular file", path)
    return descriptor


def sync(descriptor: int) -> None:
    """Wait until what was written to a file is on the disk."""
    getattr(os, "fdatasync", os.fsync)(descriptor)
