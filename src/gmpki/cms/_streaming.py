"""What all messages larger than memory share: pieces with progress, outlines read as messages, their files."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from typing import IO, TYPE_CHECKING, Final, NamedTuple

from gmpki._files import create
from gmpki.asn1.ber_stream import MessageStream
from gmpki.cms.message import Message, read_message
from gmpki.cms.pem_stream import PEMWriter, decoded
from gmpki.cms.profiles import MessageKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gmpki.asn1.ber_stream import ContentPlace
    from gmpki.asn1.ber_writer import Sink
    from gmpki.asn1.quirks import Quirk

__all__ = [
    "Path",
    "Progress",
    "Received",
    "created_message",
    "opened_message",
    "receive",
    "remaining_len",
    "reported",
]

Progress = Callable[[int, int | None], object]
"""What is called with how many bytes are done, and how many there are, None when nobody knows."""
Path = str | os.PathLike[str]
_ENCRYPTED: Final = frozenset(
    (
        MessageKind.ENVELOPED_DATA,
        MessageKind.AUTH_ENVELOPED_DATA,
        MessageKind.ENCRYPTED_DATA,
        MessageKind.SIGNED_AND_ENVELOPED_DATA,
    )
)


def reported(parts: Iterable[bytes], progress: Progress | None, total: int | None, *, done: int = 0) -> Iterator[bytes]:
    """Pass pieces on, and tell of each when it has been dealt with; ``done`` bytes were before."""
    for part in parts:
        yield part
        done += len(part)
        if progress is not None:
            progress(done, total)


def remaining_len(source: IO[bytes]) -> int | None:
    """Return how many bytes of a stream are still to come; None when that cannot be known."""
    if not source.seekable():
        return None
    here = source.tell()
    end = source.seek(0, os.SEEK_END)
    source.seek(here)
    return max(0, end - here)


class Received(NamedTuple):
    """A message in a stream.

    :ivar message: what reading makes of it without the content that stands in the stream.
    :ivar place: where that content stands; None when it has none, or one that reading took along.
    :ivar quirks: the departures around the content, and those that reading met.
    """

    stream: MessageStream
    message: Message
    place: ContentPlace | None
    quirks: tuple[Quirk, ...]

    def content(self, progress: Progress | None) -> Iterator[bytes]:
        """Read the content that stands in the stream."""
        if self.place is None:
            return iter(())
        return reported(self.stream.content(self.place), progress, self.place.encoded_len)


def receive(source: IO[bytes], *, lenient: bool) -> Received:
    """Read a message from a seekable stream, all but its content.

    :raises DecodeError: when it is malformed.
    :raises LimitExceeded: when what stands around the content is longer than 16 MiB.
    :raises InvalidInputError: when the stream cannot be sought.
    """
    stream = MessageStream(source)
    outline = stream.outline(implicit=MessageKind.of(stream.content_type) in _ENCRYPTED)
    message = read_message(outline.encoded, lenient=lenient)
    return Received(stream, message, outline.content, (*outline.quirks, *message.quirks))


@contextlib.contextmanager
def created_message(path: Path, *, pem: bool, force: bool) -> Iterator[Sink]:
    """Open the file of a message that is to be written, which appears whole or not at all.

    :param pem: write PEM; without it, what comes as it is.
    :raises FileExistsError: when the file exists and ``force`` is not set.
    :raises OSError: when it cannot be written.
    """
    with create(path, force=force) as file:
        if not pem:
            yield file
            return
        with PEMWriter(file) as writer:
            yield writer


@contextlib.contextmanager
def opened_message(path: Path) -> Iterator[IO[bytes]]:
    """Open the file of a message: in binary, PEM or base64, and a pipe as well.

    :raises OSError: when it cannot be read.
    :raises DecodeError: when it is broken PEM.
    """
    with open(path, "rb") as file, decoded(file) as stream:
        yield stream
