"""The BER normaliser: turns the BER that older software writes into DER, and reports what it had to change.

PKCS#7 and PKCS#12 files of browsers, of Java and of certificate authorities come with indefinite lengths and strings
in segments. They are brought to DER here, in linear time and without recursion, and read by the strict reader.
"""

from __future__ import annotations

from array import array
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from gmpki.asn1 import _content
from gmpki.asn1._cursor import CONSTRUCTED_TYPES, MAX_DEPTH, MAX_SIZE, as_bytes, check_bound
from gmpki.asn1._tags import CLASS_MASK, CONSTRUCTED, NUMBER_MASK, Tag, tag_name
from gmpki.asn1.quirks import Quirk, QuirkKind
from gmpki.errors import DecodeError, LimitExceeded

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["MAX_ELEMENTS", "Normalised", "ber_to_der"]

# Each element costs about 33 bytes of working memory, whatever its size.
MAX_ELEMENTS: Final = 1_000_000

# OCTET STRING, BIT STRING and the character strings: what BER may cut into segments (X.690 8.6.4, 8.7.3, 8.23.6).
_STRING_NUMBERS = frozenset((0x03, 0x04, 0x0C, *range(0x12, 0x17), *range(0x19, 0x1F)))
# Types whose contents have several forms in BER and one in DER, apart from strings.
_CANONICAL = frozenset((Tag.BOOLEAN, Tag.INTEGER, Tag.ENUMERATED, Tag.BIT_STRING))


class Normalised(NamedTuple):
    """What :func:`ber_to_der` returns: the DER, and the departures in the order they were met, empty for DER."""

    der: bytes
    quirks: tuple[Quirk, ...]


def ber_to_der(
    data: Buffer,
    *,
    sort_sets: bool = True,
    max_depth: int = MAX_DEPTH,
    max_size: int = MAX_SIZE,
    max_elements: int = MAX_ELEMENTS,
) -> Normalised:
    """Convert one BER element to DER.

    Lengths become definite and minimal, segmented strings whole, BOOLEANs 00 or FF, INTEGERs minimal, unused bits
    zero, and sets sorted. What needs the schema stays as it is: fields encoded with their default value, and under an
    IMPLICIT tag segmented strings and sets out of order.

    :param sort_sets: False keeps the order of sets, which then may not be DER: for data whose signer signed a set in
        the wrong order.
    :param max_depth: how many constructed elements may contain each other.
    :param max_size: the longest input and output, in bytes.
    :param max_elements: the most elements, segments of strings not counted.
    :raises InvalidTypeError: when data has no buffer, or a bound is no ``int``.
    :raises DecodeError: when it is not one BER element.
    :raises LimitExceeded: when it is beyond max_size or max_elements.
    :standard: X.690 (2021) clauses 8, 10 and 11
    """
    check_bound(max_depth, "max_depth")
    check_bound(max_elements, "max_elements")
    return _Normaliser(as_bytes(data, max_size), max_depth, max_elements).run(max_size, sort_sets)


class _Normaliser:
    """Three linear passes: list the elements in order, sum their lengths from the last to the first, write them."""

    def __init__(self, data: bytes, max_depth: int, max_elements: int) -> None:
        self.data = data
        self.max_depth = max_depth
        self.max_elements = max_elements
        self.quirks: dict[QuirkKind, tuple[int, int]] = {}
        # The elements in order, outer before inner: identifier, contents in the input, index of the parent, and the
        # length of the contents in the output.
        self.identifiers = bytearray()
        self.starts = array("q")
        self.stops = array("q")
        self.parents = array("q")
        self.lengths = array("q")
        # Contents that are not a slice of the input: canonical forms and joined segments.
        self.replaced: dict[int, bytes] = {}
        self.joined: dict[int, bytearray] = {}
        # Open constructed elements: index, end (-1 when indefinite), and the number of the string type for a segment.
        self.open: list[tuple[int, int, int]] = []

    def run(self, max_size: int, sort_sets: bool) -> Normalised:
        self._list_elements()
        size = self._sum_lengths()
        if size > max_size:
            raise LimitExceeded(f"{size} bytes of DER; at most {max_size} are written unless max_size says more")
        out, positions = self._write()
        if sort_sets:
            self._sort_sets(out, positions)
        return Normalised(bytes(out), tuple(Quirk(kind, *seen) for kind, seen in self.quirks.items()))

    def _met(self, kind: QuirkKind, offset: int) -> None:
        first, count = self.quirks.get(kind, (offset, 0))
        self.quirks[kind] = (first, count + 1)

    # ---- pass 1 -------------------------------------------------------------------------
    def _list_elements(self) -> None:
        pos = 0
        while True:
            pos = self._close(self._element(pos))
            if not self.open:
                break
        if pos != len(self.data):
            raise DecodeError(f"{len(self.data) - pos} bytes too many", offset=pos)

    def _close(self, pos: int) -> int:
        """Close every open element that ends at pos; return where the next one begins."""
        while self.open:
            _, end, _ = self.open[-1]
            if end == -1 and self.data[pos : pos + 2] == b"\x00\x00":
                pos += 2
            elif pos != end:
                break
            self.open.pop()
        return pos

    def _header(self, pos: int) -> tuple[int, int]:
        """Return where the contents start, and where they stop or -1 for the indefinite form."""
        data = self.data
        # An element may reach to the end of the innermost open one of definite length. Those further out reach as
        # far or further, but indefinite ones in between say nothing, so the search is bounded by the depth.
        limit = next((end for _, end, _ in reversed(self.open) if end != -1), len(data))
        if limit - pos < 2:
            raise DecodeError("the data ends inside the header of an element", offset=pos)
        if data[pos] & NUMBER_MASK == NUMBER_MASK:
            raise DecodeError("tag numbers above 30 are not supported", offset=pos)
        if data[pos] == 0:
            raise DecodeError("an end-of-contents mark where none belongs", offset=pos)
        start = pos + 2
        length = data[pos + 1]
        if length == 0x80:
            if not data[pos] & CONSTRUCTED:
                raise DecodeError("a primitive element of indefinite length", offset=pos)
            self._met(QuirkKind.INDEFINITE_LENGTH, pos)
            return start, -1
        if length > 0x80:
            octets = length & 0x7F
            if octets > 8:
                raise DecodeError(f"a length of {octets} bytes; at most 8 are read", offset=pos)
            start += octets
            if start > limit:
                raise DecodeError("the data ends inside the header of an element", offset=pos)
            length = int.from_bytes(data[pos + 2 : start], "big")
            if length < 0x80 or length < 1 << (8 * (octets - 1)):
                self._met(QuirkKind.LONG_LENGTH, pos)
        if length > limit - start:
            raise DecodeError(f"an element of {length} bytes where {limit - start} are left", offset=pos)
        return start, start + length

    def _element(self, pos: int) -> int:
        """Take the element at pos; return where its contents start if it was opened, else where it stops."""
        start, stop = self._header(pos)
        identifier = self.data[pos]
        string = self.open[-1][2] if self.open else 0
        if string:
            return self._segment(pos, start, stop, string)
        universal = identifier & CLASS_MASK == 0
        number = identifier & NUMBER_MASK
        if not identifier & CONSTRUCTED:
            if universal and identifier | CONSTRUCTED in CONSTRUCTED_TYPES:
                raise DecodeError(f"{tag_name(identifier)} does not exist", offset=pos)
            index = self._add(identifier, start, stop)
            if identifier in _CANONICAL:
                self._canonical(index, pos, self.data[start:stop])
            return stop
        if universal and number in _STRING_NUMBERS:
            self._met(QuirkKind.CONSTRUCTED_STRING, pos)
            index = self._add(number, start, start)
            # A BIT STRING begins with its number of unused bits, known when the last segment has come.
            self.joined[index] = bytearray(b"\x00" if number == Tag.BIT_STRING else b"")
            self._push(index, stop, number, pos)
            return start
        if universal and identifier not in CONSTRUCTED_TYPES:
            raise DecodeError(f"{tag_name(identifier)} does not exist", offset=pos)
        self._push(self._add(identifier, start, start), stop, 0, pos)
        return start

    def _add(self, identifier: int, start: int, stop: int) -> int:
        index = len(self.identifiers)
        if index >= self.max_elements:
            raise LimitExceeded(f"more than {self.max_elements} elements; max_elements allows more")
        self.identifiers.append(identifier)
        self.starts.append(start)
        self.stops.append(stop)
        self.parents.append(self.open[-1][0] if self.open else -1)
        self.lengths.append(stop - start)
        return index

    def _push(self, index: int, end: int, string: int, pos: int) -> None:
        if len(self.open) >= self.max_depth:
            raise DecodeError("nested too deeply", offset=pos)
        self.open.append((index, end, string))

    def _segment(self, pos: int, start: int, stop: int, string: int) -> int:
        """Append one segment to the string that is open."""
        identifier = self.data[pos]
        index = self.open[-1][0]
        # The segments of character strings are OCTET STRINGs by the standard (X.690 8.23.6) and of the string's own
        # type in practice.
        if identifier & ~CONSTRUCTED not in (string, string if string == Tag.BIT_STRING else Tag.OCTET_STRING):
            raise DecodeError(f"{tag_name(identifier)} as a segment of a {tag_name(string)}", offset=pos)
        if identifier & CONSTRUCTED:
            self._push(index, stop, string, pos)
            return start
        joined = self.joined[index]
        if string == Tag.BIT_STRING:
            if stop == start or self.data[start] > 7 or joined[0] or (self.data[start] and stop - start == 1):
                raise DecodeError("a segment of a BIT STRING with wrong unused bits", offset=pos)
            joined[0] = self.data[start]
            start += 1
        joined += self.data[start:stop]
        if string == Tag.BIT_STRING and joined[0]:
            self._clear_unused_bits(joined, pos)
        return stop

    def _clear_unused_bits(self, content: bytearray, pos: int) -> None:
        mask = (1 << content[0]) - 1
        if content[-1] & mask:
            self._met(QuirkKind.UNUSED_BITS, pos)
            content[-1] &= ~mask & 0xFF

    def _canonical(self, index: int, pos: int, content: bytes) -> None:
        """Bring the contents of a BOOLEAN, INTEGER, ENUMERATED or BIT STRING to their one form in DER."""
        identifier = self.identifiers[index]
        if identifier == Tag.BOOLEAN:
            if len(content) != 1:
                raise DecodeError(f"a BOOLEAN has 1 byte of contents, this one has {len(content)}", offset=pos)
            if content[0] not in (0x00, 0xFF):
                self._met(QuirkKind.BOOLEAN, pos)
                self.replaced[index] = b"\xff"
        elif identifier != Tag.BIT_STRING:
            if not content:
                raise DecodeError(
                    f"an {tag_name(identifier)} has at least 1 byte of contents, this one is empty", offset=pos
                )
            minimal = _content.minimal_integer(content)
            if len(minimal) != len(content):
                self._met(QuirkKind.INTEGER, pos)
                self.replaced[index] = minimal
        elif not content or content[0] > 7 or (content[0] and len(content) == 1):
            raise DecodeError("a BIT STRING with wrong unused bits", offset=pos)
        elif content[0]:
            cleared = bytearray(content)
            self._clear_unused_bits(cleared, pos)
            self.replaced[index] = bytes(cleared)

    # ---- passes 2 and 3 -----------------------------------------------------------------
    def _sum_lengths(self) -> int:
        """Add each element's length to its parent's, the last element first; return the length of the whole."""
        for index, joined in self.joined.items():
            self.replaced[index] = bytes(joined)
        for index, content in self.replaced.items():
            self.lengths[index] = len(content)
        size = 0
        for index in range(len(self.identifiers) - 1, -1, -1):
            length = self.lengths[index]
            size = len(length_octets(length)) + 1 + length
            if index:
                self.lengths[self.parents[index]] += size
        return size

    def _write(self) -> tuple[bytearray, array[int]]:
        out = bytearray()
        positions = array("q")
        for index, identifier in enumerate(self.identifiers):
            positions.append(len(out))
            out.append(identifier)
            out += length_octets(self.lengths[index])
            replaced = self.replaced.get(index)
            out += self.data[self.starts[index] : self.stops[index]] if replaced is None else replaced
        return out, positions

    def _sort_sets(self, out: bytearray, positions: array[int]) -> None:
        """Sort the elements of every set, inner sets first, in place: lengths do not change."""
        children: dict[int, list[int]] = {i: [] for i, tag in enumerate(self.identifiers) if tag == Tag.SET}
        for index, parent in enumerate(self.parents):
            if parent in children:
                children[parent].append(index)
        for index in reversed(children):
            spans = [positions[child] for child in children[index]]
            spans.append(positions[index] + 1 + len(length_octets(self.lengths[index])) + self.lengths[index])
            elements = [bytes(out[a:b]) for a, b in pairwise(spans)]
            ordered = sorted(elements)
            if ordered != elements:
                self._met(QuirkKind.SET_ORDER, self.starts[index])
                out[spans[0] : spans[-1]] = b"".join(ordered)


def length_octets(length: int) -> bytes:
    """Encode a length in the fewest octets (X.690 10.1)."""
    if length < 0x80:
        return bytes((length,))
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((0x80 | len(octets),)) + octets
