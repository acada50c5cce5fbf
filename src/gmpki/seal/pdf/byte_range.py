"""Which bytes of a file a signature is over, and that these are all but its own value.

The attacks on signatures in PDF (signature wrapping, universal signature forgery) live on verifiers that take ByteRange
as it comes. Here there is one form that it may have: two pieces, from the first byte of the file to the end of a
revision, with nothing between them but the string of Contents, delimiters included.

:standard: ISO 32000-1 12.8.1; ISO 32000-2 12.8.1
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gmpki.cms.digests import ContentDigests, new_hash
from gmpki.errors import DecodeError, SealError
from gmpki.seal.pdf.syntax import WHITE, HexString
from gmpki.seal.pdf.xref import END

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["ByteRange", "contents_value", "element_len"]

_HEX: Final = re.compile(rb"<(?:[0-9A-Fa-f]{2})*>\Z")
_PIECE_LEN: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class ByteRange:
    """What a signature is over: everything before a gap, and everything behind it up to an end. Immutable.

    :ivar gap_start: where the gap begins: the ``<`` of Contents.
    :ivar gap_end: where it ends: behind the ``>``.
    :ivar end: how many bytes the file had when it was signed.
    """

    gap_start: int
    gap_end: int
    end: int

    @classmethod
    def read(cls, data: bytes, value: Any, contents: Any) -> ByteRange:
        """Return the range of a signature whose form is in order.

        :param value: of ByteRange.
        :param contents: the value of Contents.
        :raises SealError: "byte-range" when it is missing or anything but four numbers, does not begin at the first
            byte, leaves out other bytes than Contents, or ends elsewhere than at the end of a revision; "contents"
            when Contents is missing or no string in hexadecimal.
        """
        if not isinstance(value, list) or len(value) != 4 or any(type(number) is not int for number in value):
            raise SealError("byte-range", "ByteRange is not an array of four numbers")
        if not isinstance(contents, HexString):
            raise SealError("contents", "Contents is not a string in hexadecimal")
        start, gap_start, gap_end, rest = value
        end = gap_end + rest
        if start != 0 or gap_start < 0 or rest <= 0 or not gap_start < gap_end < end <= len(data):
            raise SealError(
                "byte-range", f"ByteRange {value} does not lie in the file of {len(data)} bytes, from byte 0"
            )
        if (gap_start, gap_end) != (contents.start, contents.end):
            raise SealError(
                "byte-range",
                f"ByteRange leaves out bytes {gap_start} to {gap_end}; Contents is {contents.start} to {contents.end}",
            )
        if _HEX.match(data[gap_start:gap_end]) is None:
            raise SealError("contents", "Contents has something else between its digits")
        closing = END.match(data, data.rfind(b"startxref", gap_end, end) if end > gap_end else 0, end)
        if closing is None or data[closing.end() : end].strip(WHITE):
            raise SealError("byte-range", "ByteRange does not end where a revision of the file ends")
        return cls(gap_start, gap_end, end)

    def pieces(self, data: bytes) -> Iterable[memoryview]:
        """Return the bytes that are signed, piece by piece."""
        view = memoryview(data)
        for start, end in ((0, self.gap_start), (self.gap_end, self.end)):
            for position in range(start, end, _PIECE_LEN):
                yield view[position : min(position + _PIECE_LEN, end)]

    def joined(self, data: bytes) -> bytes:
        """Return the bytes that are signed, in one."""
        return data[: self.gap_start] + data[self.gap_end : self.end]

    def digest(self, data: bytes, hash_name: str = "sm3") -> bytes:
        """Return their hash.

        :raises UnsupportedAlgorithm: when it is none that messages have.
        """
        running = new_hash(hash_name)
        for piece in self.pieces(data):
            running.update(piece)
        digest: bytes = running.digest()
        return digest

    def feed(self, data: bytes, digests: ContentDigests) -> ContentDigests:
        """Bring them past running digests; return these."""
        for piece in self.pieces(data):
            digests.update(piece)
        return digests

    def covers_all(self, data: bytes) -> bool:
        """Tell whether nothing but white space follows."""
        return not data[self.end : self.end + 64].strip(WHITE) and not data[self.end :].strip(WHITE)


def contents_value(contents: bytes) -> bytes:
    """Return what stands in Contents, without the zeros that fill the place that was reserved.

    :raises SealError: "contents" when it is empty, or anything but zeros follows.
    :raises DecodeError: when it is no ASN.1.
    """
    if not contents.strip(b"\x00"):
        raise SealError("contents", "Contents is empty")
    length = element_len(contents)
    if contents[length:].strip(b"\x00"):
        raise SealError("contents", "in Contents something else than zeros follows the signature")
    return contents[:length]


def element_len(data: bytes) -> int:
    """Return the length of the first element of some BER, header included, which takes one pass.

    :raises DecodeError: when it does not end in the data.
    """
    position = open_ones = 0
    while True:
        is_end = open_ones and data[position : position + 2] == b"\x00\x00"
        if is_end:
            position += 2
            open_ones -= 1
        else:
            position, content_len = _header(data, position)
            if content_len is None:
                open_ones += 1
            else:
                position += content_len
        if position > len(data):
            raise DecodeError("the encoding is cut off", offset=len(data))
        if not open_ones:
            return position


def _header(data: bytes, at: int) -> tuple[int, int | None]:
    """Return where the content of an element begins, and its length; None when that is indefinite."""
    head = data[at : at + 2]
    if len(head) < 2 or head[0] & 0x1F == 0x1F:
        raise DecodeError("the encoding is cut off, or has a tag that no signature has", offset=at)
    first = head[1]
    if first == 0x80 and head[0] & 0x20:
        return at + 2, None
    if first < 0x80:
        return at + 2, first
    count = first & 0x7F
    if not 1 <= count <= 4 or at + 2 + count > len(data):
        raise DecodeError("a length is malformed", offset=at)
    return at + 2 + count, int.from_bytes(data[at + 2 : at + 2 + count], "big")
