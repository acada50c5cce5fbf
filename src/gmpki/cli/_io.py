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
from typing import IO, TYPE_CHECKING, Any

import click

from gmpki import _files
from gmpki._files import CHUNK_LEN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = [
    "CHUNK_LEN",
    "chunks",
    "claim_standard_input",
    "create",
    "display_name",
    "display_output",
    "open_input",
    "progress",
    "read_input",
    "refuse_existing",
    "refuse_terminal",
    "seekable",
    "write_output",
]

PROGRESS_FROM_LEN = 64 << 20  # shorter work is over before a bar says anything
CLAIMED = f"{__name__}.standard-input"  # in the context of the command that runs


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
def progress(label: str) -> Iterator[Callable[[int, int | None], None]]:
    """Give what is told how many bytes are done and how many there are. Where the work is long and a person is there,
    a progress bar goes to standard error.
    """
    with contextlib.ExitStack() as stack:
        bars: list[Any] = []
        shown = 0

        def tell(done: int, total: int | None) -> None:
            nonlocal shown
            if total is None or total < PROGRESS_FROM_LEN or not sys.stderr.isatty():
                return
            if not bars:
                bars.append(stack.enter_context(click.progressbar(length=total, label=label, file=sys.stderr)))
            bars[0].update(done - shown)
            shown = done

        yield tell


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
    if path != "-":
        with _offering_force():
            _files.refuse_existing(path, force=force)


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
    """Open an output as :func:`gmpki._files.create` does; standard output for ``-``, written to like a pipe."""
    if path == "-":
        with _files.naming(display_output(path)):
            stream: IO[bytes] = sys.stdout.buffer
            if withhold:
                with _files.withheld(stream) as held:
                    yield held
            else:
                yield stream
            stream.flush()
        return
    with _offering_force(), _files.create(path, private=private, force=force, withhold=withhold) as stream:
        yield stream


@contextlib.contextmanager
def _offering_force() -> Iterator[None]:
    """Let the error for an output that exists say which option replaces it."""
    try:
        yield
    except FileExistsError as error:
        context = click.get_current_context(silent=True)
        if error.strerror != _files.EXISTS or (context is not None and "force" not in context.params):
            raise
        raise FileExistsError(errno.EEXIST, "the output exists; --force replaces it", error.filename) from None
