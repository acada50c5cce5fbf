"""BER written as it comes: headers of elements whose length is known or is not, strings in segments."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Final

from gmpki import _inputs
from gmpki.asn1._tags import CONSTRUCTED, Tag, tag_name
from gmpki.asn1.ber import length_octets
from gmpki.errors import InvalidInputError

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Buffer

__all__ = ["END_OF_CONTENTS", "SEGMENT_LEN", "SegmentWriter", "definite_header", "indefinite_header"]

SEGMENT_LEN: Final = 1 << 16
END_OF_CONTENTS: Final = b"\x00\x00"


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

    def __init__(self, sink: IO[bytes], *, tag: int = Tag.OCTET_STRING | CONSTRUCTED) -> None:
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
            self._segment(self._held[start : start + SEGMENT_LEN])
        del self._held[:whole]
        return len(piece)

    def _segment(self, content: bytes | bytearray) -> None:
        self._sink.write(definite_header(Tag.OCTET_STRING, len(content)))
        self._sink.write(content)

    def close(self) -> None:
        """Write what is held and the end-of-contents mark."""
        if self._held:
            self._segment(self._held)
            self._held.clear()
        self._sink.write(END_OF_CONTENTS)

    def __enter__(self) -> SegmentWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
