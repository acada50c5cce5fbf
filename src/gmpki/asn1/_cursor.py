"""The cursor under :class:`gmpki.asn1.der.Reader`: position, headers, nesting and errors, with no types yet."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final, TypeVar

from gmpki import _inputs
from gmpki.asn1 import _content
from gmpki.asn1._content import ContentError
from gmpki.asn1._tags import CLASS_MASK, CONSTRUCTED, NUMBER_MASK, Tag, tag_name
from gmpki.asn1._tolerant import TOLERANT
from gmpki.asn1.quirks import QuirkKind
from gmpki.errors import DecodeError, LimitExceeded

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from typing_extensions import Buffer

    from gmpki.asn1.quirks import QuirkLog

__all__ = ["CONSTRUCTED_TYPES", "MAX_DEPTH", "MAX_SIZE", "Cursor", "as_bytes", "check_bound"]

_new = object.__new__

T = TypeVar("T")
C = TypeVar("C", bound="Cursor")

# The deepest structure of this house, a certificate inside a message inside a seal inside a message, needs about 20.
MAX_DEPTH: Final = 32
# The largest honest input is a revocation list of a national authority, some tens of MiB.
MAX_SIZE: Final = 64 * 1024 * 1024

# Universal types that are constructed in DER: EXTERNAL, EMBEDDED PDV, SEQUENCE, SET, CHARACTER STRING (X.690 10.2).
CONSTRUCTED_TYPES = frozenset((0x28, 0x2B, 0x30, 0x31, 0x3D))
# What is checked in elements that are kept whole; strings and times wait for who gives them a meaning.
_CHECKS: dict[int, Callable[[bytes], object]] = {
    Tag.BOOLEAN: _content.decode_boolean,
    Tag.INTEGER: _content.check_integer,
    Tag.ENUMERATED: _content.check_integer,
    Tag.BIT_STRING: _content.decode_bit_string,
    Tag.NULL: _content.check_null,
    Tag.OID: _content.decode_oid,
}


def as_bytes(data: Buffer, max_size: int) -> bytes:
    """Return data as bytes, copying only what is not bytes already.

    :raises InvalidTypeError: when it has no buffer, or max_size is no ``int``.
    :raises InvalidInputError: when the buffer is not contiguous.
    :raises LimitExceeded: when it is longer than max_size bytes.
    """
    check_bound(max_size, "max_size")
    encoded = _inputs.as_bytes(data, "ASN.1 data")
    if len(encoded) > max_size:
        raise LimitExceeded(f"{len(encoded)} bytes of ASN.1; at most {max_size} are read unless max_size says more")
    return encoded


def check_bound(bound: int, name: str) -> None:
    """Check that a bound is a number, and not negative.

    :raises InvalidTypeError: when it is no ``int``.
    :raises InvalidInputError: when it is negative.
    """
    if type(bound) is not int or bound < 0:
        _inputs.number(bound, 0, sys.maxsize, name)


class Cursor:
    """A place in DER, and the rules that hold for every type. A context: one thread at a time."""

    __slots__ = ("_data", "_depth", "_end", "_name", "_parent", "_pos", "_quirks")
    _parent: Cursor | None

    def __init__(
        self,
        data: Buffer,
        *,
        name: str = "",
        max_depth: int = MAX_DEPTH,
        max_size: int = MAX_SIZE,
        quirks: QuirkLog | None = None,
    ) -> None:
        """Put a cursor at the start of data.

        :param name: the name of the outermost structure, the first of the path in errors.
        :param max_depth: how many constructed elements may contain each other.
        :param max_size: the longest data taken, in bytes.
        :param quirks: where departures from DER are noted, which are then accepted; without it they are refused.
        :raises InvalidTypeError: when data has no buffer, or a bound is no ``int``.
        :raises InvalidInputError: when data is not contiguous.
        :raises LimitExceeded: when data is longer than max_size.
        """
        # Every structure inside another's bytes comes through here: the usual types are told apart first.
        if type(max_depth) is not int or max_depth < 0:
            check_bound(max_depth, "max_depth")
        if type(data) is not bytes or type(max_size) is not int or len(data) > max_size:
            data = as_bytes(data, max_size)
        self._data = data
        self._pos = 0
        self._end = len(self._data)
        self._depth = max_depth
        self._parent = None
        self._name = name
        self._quirks = quirks

    # ---- where it stands ----------------------------------------------------------------
    @property
    def offset(self) -> int:
        """The position in the outermost data, in bytes."""
        return self._pos

    def at_end(self) -> bool:
        """Tell whether everything has been read."""
        return self._pos >= self._end

    def peek(self) -> int | None:
        """Return the identifier octet of the next element, or None at the end."""
        return self._data[self._pos] if self._pos < self._end else None

    def next_is(self, tag: int) -> bool:
        """Tell whether the next element has this tag: the test for an OPTIONAL field."""
        return self._pos < self._end and self._data[self._pos] == tag

    def since(self, offset: int) -> bytes:
        """Return the exact bytes from an earlier :attr:`offset` to here."""
        return self._data[offset : self._pos]

    def go_back(self, offset: int) -> None:
        """Stand again where an earlier :attr:`offset` was taken from this reader."""
        self._pos = offset

    def may_nest(self, levels: int) -> bool:
        """Tell whether so many more constructed elements may contain each other here."""
        return self._depth >= levels

    def end(self) -> None:
        """Check that nothing is left.

        :raises DecodeError: when something is.
        """
        if self._pos != self._end:
            raise self.error(f"{self._end - self._pos} bytes too many")

    def __enter__(self: C) -> C:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.end()

    def error(self, message: str, name: str = "", *, offset: int | None = None) -> DecodeError:
        """Make, not raise, the error for a place: this one unless offset says another."""
        return DecodeError(message, offset=self._pos if offset is None else offset, path=self._path(name))

    def _path(self, name: str) -> tuple[str, ...]:
        path = [name] if name else []
        reader: Cursor | None = self
        while reader is not None:
            if reader._name:
                path.append(reader._name)
            reader = reader._parent
        return tuple(reversed(path))

    # ---- departures -----------------------------------------------------------------------
    @property
    def tolerant(self) -> bool:
        """Tell whether departures from DER are noted and accepted."""
        return self._quirks is not None and self._quirks.tolerant

    def note(self, kind: QuirkKind, name: str = "", *, offset: int | None = None) -> None:
        """Record a departure that strict reading accepts too; without a log it is forgotten."""
        if self._quirks is not None:
            self._quirks.note(kind, self._pos if offset is None else offset, ".".join(self._path(name)))

    def tolerate(self, kind: QuirkKind, message: str, name: str = "", *, offset: int | None = None) -> None:
        """Record a departure when the log accepts it, as every tolerant one does, else refuse it.

        :raises DecodeError: with this message, when it does not, or there is none.
        """
        if self._quirks is None or not self._quirks.accepts(kind):
            raise self.error(message, name, offset=offset)
        self.note(kind, name, offset=offset)

    # ---- headers ------------------------------------------------------------------------
    def _header(self, pos: int, end: int, name: str) -> tuple[int, int]:
        """Check the identifier and length octets at pos; return where the contents start and stop."""
        data = self._data
        if end - pos < 2:
            raise self.error("the data ends inside the header of an element", name, offset=pos)
        if data[pos] & NUMBER_MASK == NUMBER_MASK:
            raise self.error("tag numbers above 30 are not supported", name, offset=pos)
        length = data[pos + 1]
        start = pos + 2
        if length >= 0x80:
            octets = length & 0x7F
            if octets == 0:
                raise self.error("indefinite length is BER, not DER; ber_to_der() converts it", name, offset=pos)
            if octets > 4:
                raise self.error(f"a length of {octets} bytes; at most 4 are read", name, offset=pos)
            start += octets
            if start > end:
                raise self.error("the data ends inside the header of an element", name, offset=pos)
            length = int.from_bytes(data[pos + 2 : start], "big")
            if length < 0x80 or length < 1 << (8 * (octets - 1)):
                self.tolerate(QuirkKind.LONG_LENGTH, "the length is not minimal", name, offset=pos)
        if length > end - start:
            raise self.error(f"an element of {length} bytes where {end - start} are left", name, offset=pos)
        return start, start + length

    def _next(self, tag: int, name: str) -> int:
        """Step over the next element, which must have this tag; return where its contents start."""
        data = self._data
        pos = self._pos
        end = self._end
        # The fast path: the right tag and a length of one octet. Everything else is for _header.
        if end - pos >= 2 and data[pos] == tag:
            length = data[pos + 1]
            start = pos + 2
            if length < 0x80 and length <= end - start:
                self._pos = start + length
                return start
            start, self._pos = self._header(pos, end, name)
            return start
        if pos >= end:
            raise self.error(f"{tag_name(tag)} expected, but nothing is left", name)
        self._header(pos, end, name)
        raise self.error(f"{tag_name(tag)} expected, {tag_name(data[pos])} found", name)

    def _value(self, tag: int, name: str, decode: Callable[[bytes], T]) -> T:
        at = self._pos
        start = self._next(tag, name)
        try:
            return decode(self._data[start : self._pos])
        except ContentError as error:
            return self._decode_tolerantly(decode, at, self._data[start : self._pos], name, error)

    def _decode_tolerantly(
        self, decode: Callable[[bytes], T], at: int, content: bytes, name: str, error: ContentError
    ) -> T:
        """Decode contents that the strict decoder refused with error, if reading is tolerant and they mean something.

        :raises DecodeError: otherwise.
        """
        more = TOLERANT.get(decode) if self.tolerant else None
        if more is None:
            raise self.error(str(error), name, offset=at) from None
        kind, decode_more = more
        try:
            value: T = decode_more(content)
        except ContentError as refused:
            raise self.error(str(refused), name, offset=at) from None
        self.note(kind, name, offset=at)
        return value

    # ---- constructed elements -----------------------------------------------------------
    def inside(self: C, tag: int, name: str = "") -> C:
        """Step over the next element, which must have this tag, and return a reader of its contents.

        With the tag of an OCTET STRING it reads DER that the string holds.

        :raises DecodeError: for another tag, a bad header, or nesting deeper than max_depth.
        """
        at = self._pos
        start = self._next(tag, name)
        if self._depth <= 0:
            raise self.error("nested too deeply", name, offset=at)
        inner = _new(type(self))
        inner._data = self._data
        inner._pos = start
        inner._end = self._pos
        inner._depth = self._depth - 1
        inner._parent = self
        inner._name = name
        inner._quirks = self._quirks
        return inner

    def exact(self, tag: int, name: str = "") -> bytes:
        """Step over the next element, which must have this tag, and return its exact bytes, header included.

        Its contents are not looked at: for elements that are read elsewhere.
        """
        at = self._pos
        self._next(tag, name)
        return self._data[at : self._pos]

    def contents(self, tag: int, name: str = "") -> bytes:
        """Step over the next element, which must have this tag, and return its contents, which are not looked at."""
        start = self._next(tag, name)
        return self._data[start : self._pos]

    def raw_element(self, name: str = "") -> bytes:
        """Step over one element of any type and return its exact bytes, header included.

        Everything inside is checked too: headers, nesting, and the contents of BOOLEAN, INTEGER, ENUMERATED, BIT
        STRING, NULL and OBJECT IDENTIFIER.

        :raises DecodeError: when there is none, or something in it is not DER.
        """
        first = self._pos
        if first >= self._end:
            raise self.error("an element expected, but nothing is left", name)
        data = self._data
        pos = first
        ends = [self._end]
        while True:
            start, stop = self._header(pos, ends[-1], name)
            identifier = data[pos]
            if identifier & CONSTRUCTED:
                if identifier & CLASS_MASK == 0 and identifier not in CONSTRUCTED_TYPES:
                    raise self.error(f"{tag_name(identifier)} is not allowed in DER", name, offset=pos)
                if len(ends) > self._depth:
                    raise self.error("nested too deeply", name, offset=pos)
                ends.append(stop)
                pos = start
            else:
                self._check_primitive(identifier, pos, start, stop, name)
                pos = stop
            while len(ends) > 1 and pos == ends[-1]:
                ends.pop()
            if len(ends) == 1:
                self._pos = pos
                return data[first:pos]

    def _check_primitive(self, identifier: int, pos: int, start: int, stop: int, name: str) -> None:
        check = _CHECKS.get(identifier)
        if check is not None:
            try:
                check(self._data[start:stop])
            except ContentError as error:
                self._decode_tolerantly(check, pos, self._data[start:stop], name, error)
        elif identifier == 0 or identifier | CONSTRUCTED in CONSTRUCTED_TYPES:
            what = "an end-of-contents mark" if identifier == 0 else tag_name(identifier)
            raise self.error(f"{what} is not allowed in DER", name, offset=pos)
