"""Files: their names; locks; files that appear whole or not at all, written to a neighbour only their owner can read,
then renamed.

What fails while writing raises the ``OSError`` of the operating system, with the name of the file that was asked for.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import tempfile
from typing import IO, TYPE_CHECKING, Final

from gmpki.errors import InvalidInputError, InvalidTypeError, UnsupportedPlatform

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "CHUNK_LEN",
    "EXISTS",
    "TEMPORARY_PREFIX",
    "TEMPORARY_SUFFIX",
    "as_path",
    "create",
    "is_special",
    "lock",
    "locked",
    "naming",
    "pieces",
    "refuse_existing",
    "remove",
    "unwritten",
    "withheld",
]

CHUNK_LEN: Final = 1 << 20  # what is read at once of a stream
EXISTS: Final = "the file exists and is not to be replaced"  # the text of the FileExistsError that is raised here
# What is left in a directory when a process is killed outright; of no use to anybody, and only its owner can read it.
TEMPORARY_PREFIX, TEMPORARY_SUFFIX = ".gmpki-", ".partial"
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_LOCK_SUFFIX: Final = ".lock"


def as_path(path: str | os.PathLike[str], name: str = "path") -> str:
    """Return a path as text.

    :raises InvalidTypeError: when it is neither ``str`` nor a path object of text.
    :raises InvalidInputError: when it is empty or has characters that no file name has.
    """
    text = os.fspath(path) if isinstance(path, str | os.PathLike) else None
    if not isinstance(text, str):
        raise InvalidTypeError(f"{name} must be str or a path object, not {type(path).__name__}")
    try:
        usable = bool(text) and b"\0" not in os.fsencode(text)
    except UnicodeError:
        usable = False
    if not usable:
        raise InvalidInputError(f"{name} is no name that a file can have")
    return text


# ---- locks --------------------------------------------------------------------------------
@contextlib.contextmanager
def locked(path: str) -> Iterator[None]:
    """Keep everybody else who does the same out of a file, waiting for whoever does.

    What is locked is an empty file beside it, ``PATH.lock``, which stays: the file itself may be replaced. It is opened
    anew each time: a lock belongs to an open file, which threads, and processes after a fork, would share.

    :raises OSError: when the lock file cannot be made or opened.
    :raises UnsupportedPlatform: where files cannot be locked.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    descriptor = os.open(path + _LOCK_SUFFIX, flags, 0o600)
    try:
        lock(descriptor)
        yield
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def unwritten(path: str) -> Iterator[None]:
    """Keep those waiting who hold :func:`locked` to write. Where no lock file can be read, nobody writes.

    :raises UnsupportedPlatform: where files cannot be locked.
    """
    try:
        descriptor = os.open(path + _LOCK_SUFFIX, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        yield
        return
    try:
        lock(descriptor, shared=True)
        yield
    finally:
        os.close(descriptor)


def lock(descriptor: int, *, shared: bool = False, wait: bool = True) -> None:
    """Lock an open file until it is closed, waiting for whoever has locked it.

    It is flock and not lockf: it holds against other descriptors of this process, whose closing does not end it.

    :raises OSError: when it cannot be locked; without ``wait`` a BlockingIOError when somebody else has locked it.
    :raises UnsupportedPlatform: where files cannot be locked.
    """
    try:
        import fcntl
    except ImportError:
        raise UnsupportedPlatform("this platform has no fcntl, by which processes lock a file") from None
    fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB))


# ---- writing ------------------------------------------------------------------------------


def refuse_existing(path: str | os.PathLike[str], *, force: bool) -> None:
    """Refuse early, before any work, a file that exists. :func:`create` refuses again when the work is done.

    :raises FileExistsError: the file exists and ``force`` is not set.
    :raises IsADirectoryError: there is a directory of that name.
    """
    path = os.fspath(path)
    if os.path.isdir(path):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
    if not force and os.path.lexists(path) and not is_special(path):
        raise _exists(path)


@contextlib.contextmanager
def create(
    path: str | os.PathLike[str], *, private: bool = False, force: bool = False, withhold: bool = False
) -> Iterator[IO[bytes]]:
    """Open a file that takes its place only when the block ends without an error.

    It is written to a neighbour with a temporary name, flushed to the disk and renamed: whoever looks sees the old
    state or the whole new one. A pipe or device is written to directly.

    :param private: readable and writable for the owner only (0600); without it the umask decides.
    :param force: an existing file may be replaced.
    :param withhold: keep back what goes to a pipe or device until the block has ended without an error. For
        decryption: nobody gets a byte of a message that turns out to be forged.
    :raises FileExistsError: the file exists and ``force`` is not set.
    :raises OSError: it cannot be written; ``filename`` is the file that was asked for.
    """
    path = os.fspath(path)
    if is_special(path):
        with naming(path), open(path, "wb") as stream:
            if withhold:
                with withheld(stream) as held:
                    yield held
            else:
                yield stream
            stream.flush()
        return
    refuse_existing(path, force=force)
    directory = os.path.dirname(os.path.abspath(path))
    # Named before it is made, so that a signal at any moment finds the name to remove.
    temporary = os.path.join(directory, f"{TEMPORARY_PREFIX}{os.urandom(8).hex()}{TEMPORARY_SUFFIX}")
    try:
        with naming(path), open(_create_private(temporary, path), "wb") as stream:
            yield stream
            stream.flush()
            if not private:
                os.fchmod(stream.fileno(), 0o666 & ~_umask())
            os.fsync(stream.fileno())
        _put_in_place(temporary, path, force=force)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    _sync_directory(directory)


def remove(path: str) -> None:
    """Remove a file, so that it stays away when the machine loses power.

    :raises OSError: when there is none, or it cannot be removed.
    """
    os.unlink(path)
    _sync_directory(os.path.dirname(os.path.abspath(path)))


@contextlib.contextmanager
def withheld(stream: IO[bytes]) -> Iterator[IO[bytes]]:
    """Collect in a temporary file what goes to a stream when the block ends without an error, and else nowhere."""
    with tempfile.TemporaryFile() as held:
        with naming(tempfile.gettempdir()):
            yield held
            held.seek(0)
        for piece in pieces(held):
            stream.write(piece)


def pieces(stream: IO[bytes]) -> Iterator[bytes]:
    """Read a stream to its end, piece by piece."""
    while piece := stream.read(CHUNK_LEN):
        yield piece


@contextlib.contextmanager
def naming(path: str) -> Iterator[None]:
    """Let an error that says a file has no room name that file."""
    try:
        yield
    except OSError as error:
        if error.filename is None and error.errno in _FULL:
            error.filename = path
        raise


def is_special(path: str) -> bool:
    """Tell whether the path leads to something that is there and is no regular file: a pipe, a device, an open file
    under its name in ``/dev`` or ``/proc``, which nothing may take the place of.
    """
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return False
    if stat.S_ISDIR(mode):
        return False
    directory = os.path.realpath(os.path.dirname(os.path.abspath(path)))
    return not stat.S_ISREG(mode) or directory == "/dev" or directory.startswith("/proc/")


def _create_private(temporary: str, path: str) -> int:
    """Make a file of mode 0600 and return its descriptor; an error names the output that was asked for."""
    try:
        return os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise type(error)(error.errno, error.strerror, path) from None


def _put_in_place(temporary: str, path: str, *, force: bool) -> None:
    if force:
        os.replace(temporary, path)
        return
    # A hard link, unlike a rename, fails when somebody else made the file meanwhile.
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise _exists(path) from None
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK):
            raise
        # A file system without hard links: the check and the rename are two steps there.
        refuse_existing(path, force=False)
        os.replace(temporary, path)
    else:
        os.unlink(temporary)


def _sync_directory(directory: str) -> None:
    """Make the new name last; some file systems cannot be asked for that, which is no reason to fail."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _exists(path: str) -> FileExistsError:
    return FileExistsError(errno.EEXIST, EXISTS, path)


def _umask() -> int:
    """Return the umask. Asking for it by setting it would, for a moment, give it to the files of other threads."""
    with contextlib.suppress(OSError, ValueError), open("/proc/self/status", "rb") as status:
        for line in status:
            if line.startswith(b"Umask:"):
                return int(line.split()[1], 8)
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
