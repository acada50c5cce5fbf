"""Files in and out: ``-`` for the standard streams, output that appears whole or not at all, private keys for the owner
only, a progress bar where a person waits.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
import tempfile
from typing import IO, TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "CHUNK_LEN",
    "chunks",
    "claim_standard_input",
    "create",
    "display_name",
    "display_output",
    "open_input",
    "read_input",
    "refuse_existing",
    "refuse_terminal",
    "seekable",
    "write_output",
]

CHUNK_LEN = 1 << 20
PROGRESS_FROM_LEN = 64 << 20  # shorter work is over before a bar says anything
# What is left in a directory when a process is killed outright; of no use to anybody, and only its owner can read it.
TEMPORARY_PREFIX, TEMPORARY_SUFFIX = ".gmpki-", ".partial"
CLAIMED = f"{__name__}.standard-input"  # in the context of the command that runs
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def display_name(path: str) -> str:
    """Return how the path of an input is called in messages."""
    return "standard input" if path == "-" else path


def display_output(path: str) -> str:
    """Return how the path of an output is called in messages."""
    return "standard output" if path == "-" else path


@contextlib.contextmanager
def open_input(path: str) -> Iterator[IO[bytes]]:
    """Open a file, or standard input for ``-``, for reading bytes."""
    if path == "-":
        claim_standard_input()
        yield sys.stdin.buffer
        return
    with open(path, "rb") as stream:
        yield stream


def claim_standard_input() -> None:
    """Refuse to read standard input for two purposes: the second one would find nothing there, and take that for data.

    :raises click.UsageError: this command has read it already.
    """
    context = click.get_current_context(silent=True)
    if context is None:
        return
    if context.meta.get(CLAIMED):
        raise click.UsageError("standard input is asked for twice, and can be read only once: name a file")
    context.meta[CLAIMED] = True


def read_input(path: str, *, max_len: int) -> bytes:
    """Read a file that has to fit into memory.

    :raises LimitExceeded: it is longer than ``max_len`` bytes.
    """
    with open_input(path) as stream:
        data = stream.read(max_len + 1)
    if len(data) > max_len:
        from gmpki.errors import LimitExceeded

        raise LimitExceeded(f"{display_name(path)} is longer than the {max_len} bytes that this command takes")
    return data


def chunks(stream: IO[bytes], *, label: str, total_len: int | None = None) -> Iterator[bytes]:
    """Read a stream piece by piece, to its end or for ``total_len`` bytes.

    Where the work is long and a person is there, a progress bar goes to standard error.
    """
    expected_len = total_len if total_len is not None else _remaining_len(stream)
    if expected_len is None or expected_len < PROGRESS_FROM_LEN or not sys.stderr.isatty():
        yield from _pieces(stream, total_len)
        return
    with click.progressbar(length=expected_len, label=label, file=sys.stderr) as bar:
        for piece in _pieces(stream, total_len):
            yield piece
            bar.update(len(piece))


def _pieces(stream: IO[bytes], total_len: int | None) -> Iterator[bytes]:
    left = total_len
    while piece := stream.read(CHUNK_LEN if left is None else min(left, CHUNK_LEN)):
        yield piece
        if left is not None:
            left -= len(piece)


@contextlib.contextmanager
def seekable(stream: IO[bytes]) -> Iterator[IO[bytes]]:
    """Give the stream itself, or, for a pipe, a copy of it in a temporary file without a name."""
    if stream.seekable():
        yield stream
        return
    with tempfile.TemporaryFile() as copy:
        while piece := stream.read(CHUNK_LEN):
            copy.write(piece)
        copy.seek(0)
        yield copy


def _remaining_len(stream: IO[bytes]) -> int | None:
    """Return how many bytes of a regular file are still to come, None where that cannot be known."""
    try:
        status = os.fstat(stream.fileno())
    except (OSError, AttributeError):
        return None
    return status.st_size - stream.tell() if stat.S_ISREG(status.st_mode) else None


def refuse_existing(path: str, *, force: bool) -> None:
    """Refuse early, before any work, an output that exists. :func:`create` refuses again when the work is done.

    :raises FileExistsError: the file exists and ``force`` is not set.
    :raises IsADirectoryError: there is a directory of that name.
    """
    if path != "-" and os.path.isdir(path):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
    if path != "-" and not force and os.path.lexists(path) and not _is_special(path):
        raise _exists(path)


def refuse_terminal(path: str) -> None:
    """Refuse to write binary data to a terminal, where nobody can read it and control characters do harm.

    :raises click.UsageError: standard output is one.
    """
    if path == "-" and sys.stdout.isatty():
        raise click.UsageError("binary data does not go to a terminal: name a file with --output, or use a pipe")


def write_output(path: str, data: bytes, *, private: bool = False, force: bool = False) -> None:
    """Write ``data`` to a file, or to standard output for ``-``, as :func:`create` does."""
    with create(path, private=private, force=force) as stream:
        stream.write(data)


@contextlib.contextmanager
def create(path: str, *, private: bool = False, force: bool = False, withhold: bool = False) -> Iterator[IO[bytes]]:
    """Open an output that takes its place only when the block ends without an error.

    A file is written to a neighbour with a temporary name, flushed to the disk and renamed: whoever looks sees the old
    state or the whole new one. A pipe or device is written to directly.

    :param private: readable and writable for the owner only (0600); without it the umask decides.
    :param force: an existing file may be replaced.
    :param withhold: keep back what goes to a pipe or standard output until the block has ended without an error. For
        decryption: nobody gets a byte of a message that turns out to be forged.
    :raises FileExistsError: the file exists and ``force`` is not set.
    """
    if path == "-" or _is_special(path):
        with _naming(display_output(path)), _open_stream(path) as stream:
            if not withhold:
                yield stream
                stream.flush()
                return
            with tempfile.TemporaryFile() as held:
                with _naming(tempfile.gettempdir()):
                    yield held
                    held.seek(0)
                while chunk := held.read(CHUNK_LEN):
                    stream.write(chunk)
            stream.flush()
            return
    refuse_existing(path, force=force)
    directory = os.path.dirname(os.path.abspath(path))
    # Named before it is made, so that a signal at any moment finds the name to remove.
    temporary = os.path.join(directory, f"{TEMPORARY_PREFIX}{os.urandom(8).hex()}{TEMPORARY_SUFFIX}")
    try:
        with _naming(path), open(_create_private(temporary, path), "wb") as stream:
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


def _create_private(temporary: str, path: str) -> int:
    """Make a file of mode 0600 and return its descriptor; an error names the output that was asked for."""
    try:
        return os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise type(error)(error.errno, error.strerror, path) from None


@contextlib.contextmanager
def _naming(path: str) -> Iterator[None]:
    """Let an error that says a file has no room name that file."""
    try:
        yield
    except OSError as error:
        if error.filename is None and error.errno in FULL:
            error.filename = path
        raise


@contextlib.contextmanager
def _open_stream(path: str) -> Iterator[IO[bytes]]:
    if path == "-":
        yield sys.stdout.buffer
        return
    with open(path, "wb") as stream:
        yield stream


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


def _is_special(path: str) -> bool:
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


def _exists(path: str) -> FileExistsError:
    return FileExistsError(errno.EEXIST, "the output exists; --force replaces it", path)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
