"""A folder of small files that decide about trust: nobody but its owner may write to it, and nothing in it is taken for
granted.

Every file is written whole, readable for its owner only, under the lock of the folder. Reading follows no symbolic
link, opens no pipe or device, and is bounded in the number of files and in their length.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from typing import TYPE_CHECKING, Final

from gmpki import _files
from gmpki.errors import LimitExceeded, StateError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["GuardedFolder"]

_OTHERS_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH
_LOCK: Final = ".folder"  # the lock is .folder.lock, which no listing shows


class GuardedFolder:
    """Files in folders within one folder. Thread-safe; any number of processes of one machine may share it.

    Every method raises StateError when the operating system does not do what is asked.
    """

    def __init__(self, path: str, kind: str) -> None:
        """Name a folder; nothing is opened.

        :param kind: what it is called in errors, such as "trust folder".
        """
        self.path = path
        self._kind = kind

    def file(self, inner: str, name: str) -> str:
        """Return the path of a file."""
        return os.path.join(self.path, inner, name)

    def make(self, *inner: str) -> None:
        """Make the folder and folders within it, each for its owner only, where they are missing."""
        with self._failing(self.path):
            for name in ("", *inner):
                os.makedirs(os.path.join(self.path, name), mode=0o700, exist_ok=True)

    def check(self, inner: str = "") -> bool:
        """Tell whether the folder, or one within it, is there.

        :raises StateError: when it is no folder, or somebody else can write to it.
        """
        path = os.path.join(self.path, inner) if inner else self.path
        try:
            # A link may lead to the folder itself; what is within it is not to be had from elsewhere.
            found = os.stat(path) if not inner else os.lstat(path)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise self._error(path, error) from error
        if not stat.S_ISDIR(found.st_mode):
            raise StateError(f"{self._kind} {path}: this is no folder")
        if found.st_mode & _OTHERS_WRITE:
            raise StateError(f"{self._kind} {path}: others may write there, and so decide what is trusted; chmod go-w")
        if found.st_uid not in (0, os.geteuid()):
            raise StateError(f"{self._kind} {path}: it belongs to another user, who could decide what is trusted")
        return True

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keep everybody out who writes too, waiting for whoever does."""
        self.check()
        with contextlib.ExitStack() as stack:
            with self._failing(self.path):
                stack.enter_context(_files.locked(os.path.join(self.path, _LOCK)))
            yield

    def names(self, inner: str, suffix: str, *, most: int) -> list[str]:
        """Return the names of what is in a folder, sorted; hidden ones are not counted.

        :param suffix: that each name must have.
        :raises LimitExceeded: when there are more than ``most``.
        :raises StateError: when there is something of another name: it would be passed over without a word.
        """
        if not self.check() or (inner and not self.check(inner)):
            return []
        found: list[str] = []
        path = os.path.join(self.path, inner)
        with self._failing(path), os.scandir(path) as listed:
            for entry in listed:
                if entry.name.startswith("."):  # what a killed process left of a file that it did not finish
                    continue
                if not entry.name.endswith(suffix):
                    name = ascii(entry.name)[:80]
                    raise StateError(f"{self._kind} {path}: {name} was not put there by gmpki, which says what counts")
                if len(found) == most:
                    raise LimitExceeded(f"{self._kind} {path}: there are more than {most} files")
                found.append(entry.name)
        return sorted(found)

    def read(self, inner: str, name: str, *, max_len: int) -> bytes | None:
        """Return the contents of a file; None when there is none.

        :raises LimitExceeded: when it has more than max_len bytes.
        :raises StateError: when it is no plain file.
        """
        if not self.check():
            return None
        path = self.file(inner, name)
        flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
        try:
            with os.fdopen(os.open(path, flags), "rb") as stream:
                if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                    raise StateError(f"{self._kind} {path}: this is no plain file")
                data = stream.read(max_len + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            if error.errno == errno.ELOOP:
                raise StateError(f"{self._kind} {path}: this is a symbolic link, which is not followed") from error
            raise self._error(path, error) from error
        if len(data) > max_len:
            raise LimitExceeded(f"{self._kind} {path}: the file has more than {max_len} bytes")
        return data

    def write(self, inner: str, name: str, data: bytes) -> None:
        """Write a file in the place of what is there: whoever looks sees the old state or the whole new one."""
        path = self.file(inner, name)
        with self._failing(path), _files.create(path, private=True, force=True) as stream:
            stream.write(data)

    def remove(self, inner: str, name: str) -> None:
        """Remove a file."""
        path = self.file(inner, name)
        with self._failing(path):
            _files.remove(path)

    def remove_folder(self, inner: str) -> None:
        """Remove a folder within the folder that has no files any more, hidden ones excepted."""
        path = os.path.join(self.path, inner)
        with self._failing(path):
            for name in os.listdir(path):
                if name.startswith(_files.TEMPORARY_PREFIX):
                    os.unlink(os.path.join(path, name))
            os.rmdir(path)

    @contextlib.contextmanager
    def _failing(self, path: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise self._error(path, error) from error

    def _error(self, path: str, error: OSError) -> StateError:
        return StateError(f"{self._kind} {path}: {error.strerror or error}")
