"""Messages whose content is larger than memory: found in a stream, and read piece by piece.

A message of RFC 5652 is a few small fields around one long OCTET STRING. :class:`MessageStream` walks the headers on
the way to that string and gives two things: the outline, which is the message without its content and small enough
for the readers of messages in memory, and the content, piece by piece. Nothing but headers is interpreted here; what
is malformed outside the way stays in the outline, and whoever reads that refuses it.
"""

from __future__ import annotations

import io
from itertools import count
from typing import IO, TYPE_CHECKING, Final, NamedTuple

from gmpki.asn1 import _content, der
from gmpki.asn1._content import ContentError
from gmpki.asn1._cursor import MAX_DEPTH, check_bound
from gmpki.asn1._tags import CONSTRUCTED, NUMBER_MASK, Tag, tag_name
from gmpki.asn1.ber import MAX_ELEMENTS, length_octets
from gmpki.asn1.ber_writer import END_OF_CONTENTS
from gmpki.asn1.quirks import Quirk, QuirkKind, QuirkLog
from gmpki.errors import DecodeError, InvalidInputError, LimitExceeded

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

__all__ = [
    "CHUNK_LEN",
    "MAX_OUTLINE_LEN",
    "ContentPlace",
    "MessageStream",
    "Outline",
]

CHUNK_LEN: Final = 1 << 20  # the pieces that content is read in
MAX_OUTLINE_LEN: Final = 16 << 20  # certificates, revocation lists and signers; honest ones take some MiB

# Elements beside the way to the content, each of which is copied: a message has no more than a dozen.
_MAX_BESIDE: Final = 64
_WINDOW_LEN: Final = 1 << 18  # what is read at once for headers and short segments
_SHORT_LEN: Final = 1 << 16
_MAX_HEADER_LEN: Final = 2 + 8
_MAX_OID_LEN: Final = 128  # as gmpki.asn1.der reads them
_STRING: Final = (Tag.OCTET_STRING, Tag.OCTET_STRING | CONSTRUCTED)
_WRAPPER: Final = Tag.context(0, constructed=True)
# The tags on the way to the content, inside the outermost SEQUENCE (RFC 5652 sections 3, 5.1, 5.2 and 6.1; RFC 5083
# 2.1): the content is the first of its tag within the first of the tag before, and so on.
_EXPLICIT: Final = ((_WRAPPER,), (Tag.SEQUENCE,), (Tag.SEQUENCE,), (_WRAPPER,), _STRING)
_IMPLICIT: Final = (*_EXPLICIT[:3], (Tag.context(0), _WRAPPER))
# The level of what the outline leaves out, and how many elements stand before it there: the content type alone, or
# that and the algorithm (RFC 5652 5.2 and 6.1). The outline no longer shows where it stood.
_LEFT_OUT_LEVEL: Final = 3
_BEFORE_EXPLICIT: Final = 1
_BEFORE_IMPLICIT: Final = 2


class ContentPlace(NamedTuple):
    """Where the content of a message stands in its stream.

    :ivar tag: the identifier octet of the string: primitive, or constructed when it comes in segments.
    :ivar start: the offset of its contents octets, in bytes from the start of the message.
    :ivar stop: the offset behind them.
    :ivar indefinite: whether an end-of-contents mark follows.
    """

    tag: int
    start: int
    stop: int
    indefinite: bool

    @property
    def encoded_len(self) -> int:
        """How many bytes the content takes in the stream; less the headers of its segments, its length."""
        return self.stop - self.start


class Outline(NamedTuple):
    """A message without its content.

    :ivar encoded: the message as it would be if the content were absent. DER if the rest of the message is DER.
    :ivar content: where the content stands; ``None`` when the message has none, or one of another type than OCTET
        STRING, which then stands in ``encoded``.
    :ivar quirks: how the elements around the content depart from DER.
    """

    encoded: bytes
    content: ContentPlace | None
    quirks: tuple[Quirk, ...]


class _Header(NamedTuple):
    tag: int
    start: int
    stop: int | None  # None for the indefinite form


class MessageStream:
    """A message in a stream, from where the stream stands to its end. A context: one thread at a time.

    The stream is sought and read; where it stands afterwards is not defined. Its own errors, such as ``OSError``, pass
    through.
    """

    def __init__(self, stream: IO[bytes], *, max_outline_len: int = MAX_OUTLINE_LEN) -> None:
        """Look at the beginning of a message.

        :param max_outline_len: the longest message without its content, in bytes.
        :raises InvalidTypeError: when max_outline_len is no ``int``.
        :raises InvalidInputError: when the stream cannot be sought.
        :raises DecodeError: when it does not begin with a SEQUENCE and an OBJECT IDENTIFIER.
        """
        check_bound(max_outline_len, "max_outline_len")
        self._elements = _Elements(stream)
        self._max_len = max_outline_len
        self._content_type = self._read_content_type()

    @property
    def content_type(self) -> str:
        """The OBJECT IDENTIFIER that the message begins with, dotted."""
        return self._content_type

    @property
    def encoded_len(self) -> int:
        """How long the message is, in bytes."""
        return self._elements.size

    def _read_content_type(self) -> str:
        elements = self._elements
        outer = elements.header(0, elements.size)
        if outer.tag != Tag.SEQUENCE:
            raise DecodeError(f"a message begins with a SEQUENCE, not with {tag_name(outer.tag)}", offset=0)
        limit = elements.size if outer.stop is None else outer.stop
        inner = elements.header(outer.start, limit)
        if inner.tag != Tag.OID or inner.stop is None:
            raise DecodeError(f"an OBJECT IDENTIFIER expected, {tag_name(inner.tag)} found", offset=outer.start)
        try:
            return _content.decode_oid(elements.near(inner.start, min(inner.stop, inner.start + _MAX_OID_LEN + 1)))
        except ContentError as error:
            raise DecodeError(str(error), offset=outer.start) from None

    def outline(self, *, implicit: bool) -> Outline:
        """Find the content, and return the message without it.

        :param implicit: the content stands directly under the tag [0], as encrypted content does, and not in an OCTET
            STRING under it.
        :raises DecodeError: when the elements around the content are not BER, have something behind them, or what
            should be there once is there twice, or the content does not stand where it should.
        :raises LimitExceeded: when the outline is longer than its bound, or has more elements than a message has.
        """
        elements = self._elements
        walk = _Walk(elements, self._max_len, implicit=implicit)
        outer = elements.header(0, elements.size)
        walk.note(0, outer)
        encoded, end = walk.copy(0, outer, elements.size)
        if end != elements.size:
            raise DecodeError(f"{elements.size - end} bytes too many", offset=end)
        return Outline(encoded, walk.content, walk.quirks.quirks)

    def content(self, place: ContentPlace) -> Iterator[bytes]:
        """Read the content in pieces of at most :data:`CHUNK_LEN` bytes.

        :raises DecodeError: when its segments are not BER, or the stream has become shorter.
        """
        if not place.tag & CONSTRUCTED:
            yield from self._elements.pieces(place.start, place.stop)
            return
        joined = bytearray()
        for start, stop in self._segments(place):
            short = stop - start <= _SHORT_LEN
            if joined and (not short or len(joined) + stop - start > CHUNK_LEN):
                yield bytes(joined)
                joined.clear()
            if short:
                joined += self._elements.near(start, stop)
            else:
                yield from self._elements.pieces(start, stop)
        if joined:
            yield bytes(joined)

    def _segments(self, place: ContentPlace) -> Iterator[tuple[int, int]]:
        """Step over the segments of a string."""
        limit = place.stop + len(END_OF_CONTENTS) * place.indefinite
        outer = _Header(place.tag, place.start, None if place.indefinite else place.stop)
        for segment in self._elements.inside(outer, limit, _STRING):
            if segment.stop is not None and not segment.tag & CONSTRUCTED:
                yield segment.start, segment.stop


class _Elements:
    """The elements of a stream, found by their headers. Offsets count from where the stream stood."""

    def __init__(self, stream: IO[bytes]) -> None:
        if not stream.seekable():
            raise InvalidInputError("the stream of a message must be seekable; copy it to a file first")
        self._stream = stream
        self._begin = stream.tell()
        self.size = stream.seek(0, io.SEEK_END) - self._begin
        # What was read last for headers and short segments.
        self._window = b""
        self._window_at = 0

    def read(self, start: int, stop: int) -> bytes:
        """Return these bytes, all of them."""
        self._stream.seek(self._begin + start)
        data = self._stream.read(stop - start)
        while len(data) < stop - start:
            more = self._stream.read(stop - start - len(data))
            if not more:
                raise DecodeError("the stream ends before the message does", offset=start + len(data))
            data += more
        return data

    def pieces(self, start: int, stop: int) -> Iterator[bytes]:
        """Return these bytes in pieces."""
        for pos in range(start, stop, CHUNK_LEN):
            yield self.read(pos, min(pos + CHUNK_LEN, stop))

    def near(self, start: int, stop: int) -> bytes:
        """Return a few bytes, which are probably in the window already."""
        at = start - self._window_at
        if at < 0 or stop - self._window_at > len(self._window):
            self._window = self.read(start, min(start + _WINDOW_LEN, self.size))
            self._window_at = start
            at = 0
        return self._window[at : at + stop - start]

    def header(self, pos: int, limit: int) -> _Header:
        """Read the identifier and the length of an element that ends at the limit or before."""
        data = self.near(pos, min(pos + _MAX_HEADER_LEN, limit))
        if len(data) < 2:
            raise DecodeError("the data ends inside the header of an element", offset=pos)
        tag, length = data[0], data[1]
        start = pos + 2
        if tag & NUMBER_MASK == NUMBER_MASK:
            raise DecodeError("tag numbers above 30 are not supported", offset=pos)
        if tag == 0:
            raise DecodeError("an end-of-contents mark where none belongs", offset=pos)
        if length == 0x80:
            if not tag & CONSTRUCTED:
                raise DecodeError("a primitive element of indefinite length", offset=pos)
            return _Header(tag, start, None)
        if length > 0x80:
            octets = length & 0x7F
            if octets > _MAX_HEADER_LEN - 2:
                raise DecodeError(f"a length of {octets} bytes; at most {_MAX_HEADER_LEN - 2} are read", offset=pos)
            if len(data) < 2 + octets:
                raise DecodeError("the data ends inside the header of an element", offset=pos)
            start += octets
            length = int.from_bytes(data[2 : 2 + octets], "big")
        if length > limit - start:
            raise DecodeError(f"an element of {length} bytes where {limit - start} are left", offset=pos)
        return _Header(tag, start, start + length)

    def end(self, pos: int, stop: int | None, limit: int) -> int | None:
        """Return where an element that is open at pos ends, its end-of-contents mark included, if it ends here."""
        if stop is not None:
            return pos if pos == stop else None
        return pos + 2 if self.near(pos, min(pos + 2, limit)) == END_OF_CONTENTS else None

    def inside(self, outer: _Header, limit: int, tags: tuple[int, ...] | None) -> Generator[_Header, None, int]:
        """Step over the elements inside an element, in their order, and return where it ends.

        :param tags: those allowed, and constructed elements are gone into; None allows all, and only elements of
            indefinite length, whose end cannot be known otherwise, are gone into.
        """
        open_elements = [(outer.stop, limit if outer.stop is None else outer.stop)]
        pos = outer.start
        while True:
            stop, limit = open_elements[-1]
            end = self.end(pos, stop, limit)
            if end is not None:
                pos = end
                open_elements.pop()
                if not open_elements:
                    return pos
                continue
            header = self.header(pos, limit)
            if tags is not None and header.tag not in tags:
                raise DecodeError(f"{tag_name(header.tag)} as a segment of an OCTET STRING", offset=pos)
            yield header
            if header.stop is not None and (tags is None or not header.tag & CONSTRUCTED):
                pos = header.stop
                continue
            if len(open_elements) >= MAX_DEPTH:
                raise DecodeError("nested too deeply", offset=pos)
            open_elements.append((header.stop, limit if header.stop is None else header.stop))
            pos = header.start


class _Walk:
    """Copies a message, and leaves out the content that it finds on its way."""

    def __init__(self, elements: _Elements, max_len: int, *, implicit: bool) -> None:
        self.elements = elements
        self.way = _IMPLICIT if implicit else _EXPLICIT
        self.before = _BEFORE_IMPLICIT if implicit else _BEFORE_EXPLICIT
        self.max_len = max_len
        self.copied_len = 0
        self.copied = 0
        self.content: ContentPlace | None = None
        self.quirks = QuirkLog()

    def copy(self, level: int, outer: _Header, limit: int) -> tuple[bytes, int]:
        """Copy an element that is on the way; return the copy, and where the element ends."""
        limit = limit if outer.stop is None else outer.stop
        parts: list[bytes] = []
        pos = outer.start
        found = False
        while (end := self.elements.end(pos, outer.stop, limit)) is None:
            header = self.elements.header(pos, limit)
            if header.tag not in self.way[level]:
                part, pos = self._whole(pos, header, limit)
                parts.append(part)
                continue
            if found:
                raise DecodeError(f"{tag_name(header.tag)} a second time", offset=pos)
            if level == _LEFT_OUT_LEVEL and len(parts) != self.before:
                raise DecodeError(f"{tag_name(header.tag)} out of its place", offset=pos)
            found = True
            self.note(pos, header)
            if level + 1 == len(self.way):
                if header.tag & CONSTRUCTED:
                    self.quirks.note(QuirkKind.CONSTRUCTED_STRING, pos)
                pos = self._leave_out(header, limit)
            else:
                part, pos = self.copy(level + 1, header, limit)
                parts.append(part)
        if self.way[level] is _STRING and found:
            if parts:
                raise DecodeError("more than one element around the content", offset=outer.start)
            return b"", end
        return der.encode(outer.tag, b"".join(parts)), end

    def _leave_out(self, header: _Header, limit: int) -> int:
        """Keep the place of the content; return where it ends."""
        stop = end = header.stop
        if stop is None or end is None:
            end = _exhausted(self.elements.inside(header, limit, _STRING))
            stop = end - len(END_OF_CONTENTS)
        self.content = ContentPlace(header.tag, header.start, stop, header.stop is None)
        return end

    def _whole(self, pos: int, header: _Header, limit: int) -> tuple[bytes, int]:
        """Copy an element that is beside the way."""
        self.copied += 1
        if self.copied > _MAX_BESIDE:
            raise LimitExceeded(f"more than {_MAX_BESIDE} elements around the content")
        end = header.stop
        if end is None:
            end = _exhausted(self.elements.inside(header, limit, None), MAX_ELEMENTS)
        self.copied_len += end - pos
        if self.copied_len > self.max_len:
            raise LimitExceeded(f"more than {self.max_len} bytes around the content; max_outline_len allows more")
        return self.elements.read(pos, end), end

    def note(self, pos: int, header: _Header) -> None:
        """Record how an element on the way, which the copy encodes anew, departs from DER."""
        if header.stop is None:
            self.quirks.note(QuirkKind.INDEFINITE_LENGTH, pos)
        elif header.start - pos > 1 + len(length_octets(header.stop - header.start)):
            self.quirks.note(QuirkKind.LONG_LENGTH, pos)


def _exhausted(steps: Generator[_Header, None, int], most: int | None = None) -> int:
    """Take all steps, and return where they ended.

    :raises LimitExceeded: when there are more than the most.
    """
    try:
        for _ in count() if most is None else range(most):
            next(steps)
    except StopIteration as end:
        position: int = end.value
        return position
    raise LimitExceeded(f"more than {most} elements around the content")
