"""Messages whose content is larger than memory, written as it comes: headers of elements whose length is known or is
not, strings in segments, and the elements around the content.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from gmpki import _inputs
from gmpki.asn1 import der
from gmpki.asn1._tags import CONSTRUCTED, Tag, tag_name
from gmpki.asn1.ber import length_octets
from gmpki.errors import InvalidInputError

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Buffer

__all__ = [
    "END_OF_CONTENTS",
    "SEGMENT_LEN",
    "MessageFrame",
    "MessageWriter",
    "SegmentWriter",
    "Sink",
    "definite_header",
    "indefinite_header",
]

SEGMENT_LEN: Final = 1 << 16
END_OF_CONTENTS: Final = b"\x00\x00"

_WRAPPER: Final = Tag.context(0, constructed=True)


class Sink(Protocol):
    """What bytes are written to: a binary stream, or another writer."""

    def write(self, data: bytes, /) -> object:
        """Write all of data."""


def definite_header(tag: int, length: int) -> bytes:
    """Encode an identifier octet and a length, as DER does.

    :raises InvalidTypeError: when one of them is no ``int``.
    :raises InvalidInputError: when the tag is outside 0 to 255, or the length outside 0 to 2^63 - 1.
    """
    tag = _inputs.number(tag, 0, 0xFF, "an identifier octet")
    return bytes((tag,)) + length_octets(_inputs.number(length, 0, (1 << 63) - 1, "a length"))


def indefinite_header(tag: int) -> bytes:
    """Encode the identifier octet of a constructed element whose end :data:`END_OF_CONTENTS` marks.

    :raises InvalidTypeError: when it is no ``int``.
    :raises InvalidInputError: when it is outside 0 to 255, or has not the bit of constructed elements.
    :standard: X.690 8.1.3.6
    """
    tag = _inputs.number(tag, 0, 0xFF, "an identifier octet")
    if not tag & CONSTRUCTED:
        raise InvalidInputError(f"{tag_name(tag)} is primitive and cannot have an indefinite length")
    return bytes((tag, 0x80))


class SegmentWriter:
    """Writes an OCTET STRING, or what is IMPLICIT one, of a length that nobody knows yet. A context: one thread.

    >>> import io
    >>> out = io.BytesIO()
    >>> with SegmentWriter(out) as content:
    ...     _ = content.write(b"abc")
    >>> out.getvalue().hex()
    '248004036162630000'

    :standard: X.690 8.7.3
    """

    def __init__(self, sink: Sink, *, tag: int = Tag.OCTET_STRING | CONSTRUCTED) -> None:
        """Write the header.

        :param tag: the identifier octet, with the bit of constructed elements.
        :raises InvalidTypeError: when tag is no ``int``.
        :raises InvalidInputError: when it is none of a constructed element.
        """
        self._sink = sink
        self._held = bytearray()
        sink.write(indefinite_header(tag))

    def write(self, data: Buffer) -> int:
        """Write content; return its length in bytes.

        :raises InvalidTypeError: when data has no buffer.
        :raises InvalidInputError: when it is not contiguous.
        """
        piece = _inputs.as_bytes(data, "the content")
        self._held += piece
        whole = len(self._held) - len(self._held) % SEGMENT_LEN
        for start in range(0, whole, SEGMENT_LEN):
            self._segment(bytes(self._held[start : start + SEGMENT_LEN]))
        del self._held[:whole]
        return len(piece)

    def _segment(self, content: bytes) -> None:
        self._sink.write(definite_header(Tag.OCTET_STRING, len(content)))
        self._sink.write(content)

    def close(self) -> None:
        """Write what is held and the end-of-contents mark."""
        if self._held:
            self._segment(bytes(self._held))
            self._held.clear()
        self._sink.write(END_OF_CONTENTS)

    def __enter__(self) -> SegmentWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()


class MessageFrame(NamedTuple):
    """The fields around the content of a message, which stand before it.

    :ivar content_type: of the message, dotted.
    :ivar before: the DER of the fields of the message before the structure that holds the content.
    :ivar inside: the DER of the fields of that structure before the content.
    :ivar implicit: the content stands directly under the tag [0], as encrypted content does.
    """

    content_type: str
    before: bytes
    inside: bytes
    implicit: bool

    def _levels(self, after_len: int) -> list[tuple[int, bytes, int]]:
        """List the elements around the content: tag, what comes in each before the next, how much comes after it."""
        string = Tag.context(0) if self.implicit else Tag.OCTET_STRING
        wrapper = [] if self.implicit else [(_WRAPPER, b"", 0)]
        return [
            (Tag.SEQUENCE, der.encode_oid(self.content_type), 0),
            (_WRAPPER, b"", 0),
            (Tag.SEQUENCE, self.before, after_len),
            (Tag.SEQUENCE, self.inside, 0),
            *wrapper,
            (string, b"", 0),
        ]

    def definite_head(self, content_len: int, after_len: int) -> bytes:
        """Return everything before the content, in DER.

        :param after_len: how long the fields of the message behind the content are.
        :raises InvalidTypeError: when a field has the wrong type.
        :raises InvalidInputError: when content_type is no object identifier, or a length is negative or beyond 2^62.
        """
        total = _inputs.number(content_len, 0, 1 << 62, "the length of the content")
        _inputs.number(after_len, 0, 1 << 62, "the length of the fields behind the content")
        head = b""
        for tag, before, after in reversed(self._levels(after_len)):
            total += len(before) + after
            header = definite_header(tag, total)
            head = header + before + head
            total += len(header)
        return head

    def around(self, content: bytes, after: bytes) -> bytes:
        """Return a whole message in DER around a content in memory, which is copied once.

        :param after: the DER of the fields of the message behind the content.
        """
        return b"".join((self.definite_head(len(content), len(after)), content, after))

    def indefinite_head(self) -> bytes:
        """Return everything before the string with the content.

        :raises InvalidTypeError: when a field has the wrong type.
        :raises InvalidInputError: when content_type is no object identifier.
        """
        levels = self._levels(0)[:-1]
        return b"".join([indefinite_header(tag) + before for tag, before, _ in levels])

    def indefinite_tail(self, after: bytes) -> bytes:
        """Return everything behind the string with the content.

        :param after: the DER of the fields of the message behind the content.
        """
        inner = 1 if self.implicit else 2
        return END_OF_CONTENTS * inner + after + END_OF_CONTENTS * 3


class MessageWriter:
    """Writes a message around a content that comes in pieces. A context: one thread at a time.

    With the lengths known the message is DER where its fields are; without, it has elements of indefinite length.
    """

    def __init__(self, sink: Sink, frame: MessageFrame, *, lengths: tuple[int, int] | None = None) -> None:
        """Write everything before the content.

        :param lengths: of the content, and of the fields of the message behind it, in bytes; None when unknown.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises InvalidInputError: when content_type is no object identifier, or a length is none.
        """
        self._sink = sink
        self._frame = frame
        self._lengths = lengths
        self._written_len = 0
        self._segments: SegmentWriter | None = None
        if lengths is not None:
            sink.write(frame.definite_head(*lengths))
        else:
            sink.write(frame.indefinite_head())
            string = _WRAPPER if frame.implicit else Tag.OCTET_STRING | CONSTRUCTED
            self._segments = SegmentWriter(sink, tag=string)

    def write(self, data: Buffer) -> int:
        """Write a piece of the content; return its length in bytes.

        :raises InvalidTypeError: when data has no buffer.
        :raises InvalidInputError: when it is not contiguous.
        """
        piece = _inputs.as_bytes(data, "the content")
        self._written_len += len(piece)
        (self._segments or self._sink).write(piece)
        return len(piece)

    def finish(self, after: bytes) -> None:
        """Write everything behind the content.

        :param after: the DER of the fields of the message behind the content.
        :raises InvalidInputError: when the lengths are others than was said; what was written is then no message.
        """
        if self._segments is not None:
            self._segments.close()
            self._sink.write(self._frame.indefinite_tail(after))
            return
        if self._lengths != (self._written_len, len(after)):
            raise InvalidInputError(
                f"{self._written_len} bytes of content and {len(after)} behind it came; announced were {self._lengths}"
            )
        self._sink.write(after)
