"""Where a process can be cut off or its disk fail: before each statement that writes, around each commit, at each write
of SQLite to a file.

The last of these are reached by replacing SQLite's own call of the operating system, which its VFS allows
(xSetSystemCall). That takes a libsqlite3 that is a library of its own, as the systems' Pythons have it.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import errno
import os
import signal
from collections.abc import Callable
from enum import Enum
from typing import Any

from sqlalchemy import Engine, event

_READS = ("SELECT", "PRAGMA", "SHOW", "BEGIN", "SAVEPOINT", "RELEASE")


class Fault(Enum):
    """What happens at a point."""

    KILLED = "killed at a statement or commit"
    CUT = "killed in the middle of a write"
    IO = "a write fails"
    FULL = "the disk is full from a write on"
    SERVER = "the server is stopped at a commit"


class Points:
    """Counts the points of one kind, and does something at one of them.

    :ivar passed: how many there were.
    """

    def __init__(self, target: int | None, action: Callable[[], None]) -> None:
        self.passed = 0
        self._target = target
        self._action = action

    def reached(self) -> bool:
        """Note a point; return whether it is the one."""
        self.passed += 1
        return self.passed - 1 == self._target

    def pass_by(self) -> None:
        """Note a point, and act when it is the one."""
        if self.reached():
            self._action()


def kill() -> None:
    """End this process at once."""
    os.kill(os.getpid(), signal.SIGKILL)


def watch_commits(engine: Engine, points: Points) -> None:
    """Have points before and after each commit."""
    commit = engine.dialect.do_commit

    def watched(connection: Any) -> None:
        points.pass_by()
        commit(connection)
        points.pass_by()

    engine.dialect.do_commit = watched  # type: ignore[method-assign]


def watch_statements(engine: Engine, points: Points) -> None:
    """Have points before each statement that writes. What only reads leaves the disk as the one before."""

    def watched(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.lstrip().upper().startswith(_READS):
            points.pass_by()

    event.listen(engine, "before_cursor_execute", watched)


# ---- SQLite's writes ------------------------------------------------------------------------
_WRITE = ctypes.CFUNCTYPE(
    ctypes.c_ssize_t, ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int64, use_errno=True
)
_SET = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)
_GET = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p)
_POINTER = ctypes.c_void_p


class _Vfs(ctypes.Structure):
    """sqlite3_vfs, version 3."""

    _fields_ = (
        ("version", ctypes.c_int),
        ("file_len", ctypes.c_int),
        ("path_len", ctypes.c_int),
        ("next", _POINTER),
        ("name", ctypes.c_char_p),
        ("data", _POINTER),
        ("methods", _POINTER * 12),
        ("time", _POINTER),
        ("set_system_call", _SET),
        ("get_system_call", _GET),
        ("next_system_call", _POINTER),
    )


_CALLS = (b"pwrite64", b"pwrite")
_kept: list[Any] = []


def _vfs() -> Any:
    """Return SQLite's VFS; None where Python has an SQLite of its own inside."""
    import _sqlite3

    if not getattr(_sqlite3, "__file__", None):
        return None
    with open("/proc/self/maps", encoding="ascii", errors="replace") as maps:
        paths = {line.split()[-1] for line in maps if "libsqlite3.so" in line}
    if len(paths) != 1:
        return None
    library = ctypes.CDLL(paths.pop())
    library.sqlite3_vfs_find.restype = ctypes.POINTER(_Vfs)
    found = library.sqlite3_vfs_find(None)
    usable = found and found.contents.version >= 3 and any(_call(found, name) for name in _CALLS)
    return found if usable else None


def _call(vfs: Any, name: bytes) -> int | None:
    address: int | None = vfs.contents.get_system_call(ctypes.cast(vfs, _POINTER), name)
    return address


def can_watch_writes() -> bool:
    """Return whether SQLite's writes can be reached."""
    return _vfs() is not None


def watch_writes(points: Points, fault: Fault) -> None:
    """Have a point at each write of SQLite to a file, with a fault: CUT, IO or FULL. It stays so in this process."""
    vfs = _vfs()
    is_full = False

    def write(descriptor: int, data: int, length: int, offset: int) -> int:
        nonlocal is_full
        content = ctypes.string_at(data, length)
        is_it = points.reached()
        if is_it and fault is Fault.CUT:
            os.pwrite(descriptor, content[: length // 2], offset)
            kill()
        if is_it and fault is Fault.IO:
            ctypes.set_errno(errno.EIO)
            return -1
        is_full = is_full or (is_it and fault is Fault.FULL)
        if is_full:
            ctypes.set_errno(errno.ENOSPC)
            return -1
        return os.pwrite(descriptor, content, offset)

    callback = _WRITE(write)
    _kept.append(callback)  # it must live as long as SQLite may call it
    for name in _CALLS:
        if vfs is not None and _call(vfs, name):
            address = ctypes.cast(callback, _POINTER)
            vfs.contents.set_system_call(ctypes.cast(vfs, _POINTER), name, address)
