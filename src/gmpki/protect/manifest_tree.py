"""A directory and the files below it, as manifests look at them: listing, hashing, comparing.

Everything is opened from the root downwards, part by part, and no symbolic link is followed: whoever exchanges a
directory for a link while it is read does not lead the reader elsewhere.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gmpki import _inputs
from gmpki._files import CHUNK_LEN, as_path
from gmpki.algorithms.sm3 import SM3
from gmpki.errors import InvalidInputError, LimitExceeded, StateError, TamperedError, UnsupportedPlatform
from gmpki.protect.manifest import Manifest, ManifestFile, check_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["MAX_DEPTH", "MAX_NAMES", "FileDifference", "ManifestReport", "check_tree", "list_files"]

MAX_DEPTH: Final = 200
"""How deep directories may lie in each other."""
MAX_NAMES: Final = 1_000_000
"""How many names a tree may have."""

_FILE: Final = "file"


@dataclass(frozen=True, slots=True)
class FileDifference:
    """How a file differs from the manifest. Immutable; thread-safe.

    :ivar what: "digest", "size", "mode", "kind" (no regular file any more) or "unreadable".
    :ivar expected: as the manifest has it.
    :ivar found: as it is.
    """

    path: str
    what: str
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.path}: {self.what} is {self.found}, not {self.expected}"


@dataclass(frozen=True, slots=True)
class ManifestReport:
    """What came of comparing a tree with a manifest. Immutable; thread-safe.

    :ivar checked: how many files are as they should be.
    :ivar changed: each with the first difference that was found.
    :ivar missing: paths of files that are not there.
    :ivar added: paths of what is there and not in the manifest: files, links, devices; not directories.
    """

    checked: int
    changed: tuple[FileDifference, ...] = ()
    missing: tuple[str, ...] = ()
    added: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the tree is as the manifest says."""
        return not (self.changed or self.missing or self.added)

    def require(self) -> None:
        """Raise the first difference.

        :raises TamperedError: reason "changed", "missing" or "added"; ``place`` is the path.
        """
        if self.changed:
            raise TamperedError("changed", str(self.changed[0]), place=self.changed[0].path)
        if self.missing:
            raise TamperedError("missing", f"{self.missing[0]}: the file is missing", place=self.missing[0])
        if self.added:
            raise TamperedError("added", f"{self.added[0]}: the manifest does not have it", place=self.added[0])


def check_tree(
    manifest: Manifest,
    root: str | os.PathLike[str],
    *,
    modes: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> ManifestReport:
    """Compare the files below a directory with a manifest.

    :param modes: compare modes too; False where the file system has none.
    :param progress: called with the bytes read and their sum.
    :raises OSError: when the directory, or one below it, cannot be read.
    :raises LimitExceeded: when the tree is deeper than 200 directories or has more than a million names.
    :raises InvalidTypeError: when an argument has the wrong type.
    :raises InvalidInputError: when root is no name that a file can have.
    :raises UnsupportedPlatform: where files cannot be opened from a directory.
    """
    _inputs.member(manifest, Manifest, "manifest")
    with _root(root) as top:
        kinds = dict(_names(top, frozenset(manifest.without)))
        meter = _Meter(sum(file.size for file in manifest.files), progress)
        checked, changed, missing = 0, [], []
        for file in manifest.files:
            kind = kinds.pop(file.path, None)
            difference = None
            try:
                if kind is None:
                    raise FileNotFoundError
                if kind != _FILE:
                    difference = FileDifference(file.path, "kind", _FILE, kind)
                else:
                    difference = _difference(top, file, meter, modes=modes)
            except FileNotFoundError:
                missing.append(file.path)
                continue
            except OSError as error:
                difference = FileDifference(file.path, "unreadable", "readable", error.strerror or type(error).__name__)
            if difference is None:
                checked += 1
            else:
                changed.append(difference)
    added = sorted(kinds, key=os.fsencode)
    return ManifestReport(checked, tuple(changed), tuple(missing), tuple(added))


def list_files(
    root: str | os.PathLike[str], without: tuple[str, ...], progress: Callable[[int, int], None] | None
) -> list[ManifestFile]:
    """Hash the files below a directory; parameters and errors as :meth:`Manifest.of_tree`."""
    with _root(root) as top:
        names = []
        for path, kind in _names(top, frozenset(without)):
            check_path(path)
            if kind != _FILE:
                raise InvalidInputError(f"{path!r} is a {kind}, which a manifest cannot vouch for: leave it out")
            names.append(path)
        names.sort(key=os.fsencode)
        meter = _Meter(sum(_size(top, path) for path in names), progress)
        return [_read(top, path, meter) for path in names]


class _Meter:
    """Tells how far the reading is."""

    def __init__(self, total: int, progress: Callable[[int, int], None] | None) -> None:
        self._total, self._done, self._progress = total, 0, progress

    def add(self, count: int) -> None:
        self._done += count
        if self._progress is not None:
            self._progress(self._done, max(self._done, self._total))


def _difference(top: int, file: ManifestFile, meter: _Meter, *, modes: bool) -> FileDifference | None:
    size = _size(top, file.path)
    if size != file.size:
        return FileDifference(file.path, "size", str(file.size), str(size))
    try:
        found = _read(top, file.path, meter)
    except StateError as error:
        return FileDifference(file.path, "digest", file.digest.hex(), str(error))
    if found.digest != file.digest:
        return FileDifference(file.path, "digest", file.digest.hex(), found.digest.hex())
    if modes and found.mode != file.mode:
        return FileDifference(file.path, "mode", f"{file.mode:04o}", f"{found.mode:04o}")
    return None


# ---- the file system ---------------------------------------------------------------------------------------------
@contextmanager
def _root(root: str | os.PathLike[str]) -> Iterator[int]:
    path = as_path(root, "root")
    if os.open not in os.supports_dir_fd or not hasattr(os, "O_NOFOLLOW"):
        raise UnsupportedPlatform("this platform cannot open files from a directory without following links")
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _names(top: int, without: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Yield path and kind of everything below a directory that is no directory."""
    waiting = [("", 0)]
    count = 0
    while waiting:
        folder, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise LimitExceeded(f"the tree is deeper than {MAX_DEPTH} directories: {folder[:100]!r}")
        with _opened(top, folder.rstrip("/"), os.O_DIRECTORY) as descriptor:
            for name in os.listdir(descriptor):
                count += 1
                if count > MAX_NAMES:
                    raise LimitExceeded(f"the tree has more than {MAX_NAMES} names")
                path = folder + name
                kind = _kind(descriptor, name)
                if kind == "directory":
                    if f"{path}/" not in without:
                        waiting.append((f"{path}/", depth + 1))
                elif path not in without:
                    yield path, kind


def _kind(directory: int, name: str) -> str:
    mode = os.stat(name, dir_fd=directory, follow_symlinks=False).st_mode
    if stat.S_ISREG(mode):
        return _FILE
    if stat.S_ISDIR(mode):
        return "directory"
    return "symbolic link" if stat.S_ISLNK(mode) else "device, pipe or socket"


@contextmanager
def _opened(top: int, path: str, flags: int = 0) -> Iterator[int]:
    """Open what a path leads to, from the root down, without following a link anywhere.

    :raises OSError: when it is not there, or a part of it is a link.
    """
    directory = os.dup(top)
    try:
        parts = path.split("/") if path else ["."]
        for position, part in enumerate(parts, start=1):
            wanted = flags if position == len(parts) else os.O_DIRECTORY
            # A pipe that was put there meanwhile would be waited for.
            everywhere = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            inner = os.open(part, everywhere | wanted, dir_fd=directory)
            os.close(directory)
            directory = inner
        yield directory
    finally:
        os.close(directory)


def _size(top: int, path: str) -> int:
    with _opened(top, path) as descriptor:
        return os.fstat(descriptor).st_size


def _read(top: int, path: str, meter: _Meter) -> ManifestFile:
    """Hash a file.

    :raises StateError: when it is written to meanwhile.
    :raises OSError: when it cannot be read, or is no regular file any more.
    """
    running = SM3()
    with _opened(top, path) as descriptor:
        before = os.fstat(descriptor)
        if not stat.S_ISREG(before.st_mode):
            raise OSError(errno.EINVAL, "no regular file any more", path)
        size = 0
        while chunk := os.read(descriptor, CHUNK_LEN):
            running.update(chunk)
            size += len(chunk)
            meter.add(len(chunk))
            if size > before.st_size:  # it may never end
                break
        after = os.fstat(descriptor)
    if size != before.st_size or (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise StateError(f"{path} was written to while it was read")
    return ManifestFile(path, size, stat.S_IMODE(after.st_mode), running.digest())
