"""A strict, eager, bounded DER reader (X.690), and the functions that write DER.

:class:`Reader` is a cursor over bytes. Each call reads one element, checks it against every rule of DER that
concerns it and moves on; nothing is put off. What breaks a rule raises :class:`~gmpki.errors.DecodeError` with the
offset in the outermost data and the path of field names. Given a :class:`~gmpki.asn1.quirks.QuirkLog` it is tolerant
instead: it accepts what has a meaning all the same, and notes it there.

>>> from gmpki.asn1 import der
>>> data = der.encode_sequence(der.encode_integer(1), der.encode_octet_string(b"abc"))
>>> with der.Reader(data).sequence("example") as fields:
...     version, value = fields.integer("version"), fields.octet_string("value")
>>> (version, value)
(1, b'abc')
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from gmpki.asn1 import _content
from gmpki.asn1._cursor import MAX_DEPTH, MAX_SIZE, Cursor
from gmpki.asn1._tags import Tag, tag_name
from gmpki.asn1._writer import (
    MAX_NAMED_BITS,
    encode,
    encode_bit_string,
    encode_bmp_string,
    encode_boolean,
    encode_enumerated,
    encode_explicit,
    encode_generalized_time,
    encode_ia5_string,
    encode_implicit,
    encode_integer,
    encode_named_bits,
    encode_null,
    encode_numeric_string,
    encode_octet_string,
    encode_oid,
    encode_printable_string,
    encode_sequence,
    encode_set_of,
    encode_teletex_string,
    encode_time,
    encode_universal_string,
    encode_utc_time,
    encode_utf8_string,
    encode_visible_string,
)
from gmpki.asn1.quirks import QuirkKind
from gmpki.errors import DecodeError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from gmpki.oids import ObjectIdentifier

T = TypeVar("T")

# What through_cache() remembers: elements up to so many bytes, and nested up to so many levels.
CACHED_DEPTH: Final = 8
_CACHED_SIZE: Final = 1024

__all__ = [
    "CACHED_DEPTH",
    "MAX_DEPTH",
    "MAX_SIZE",
    "STRING_TAGS",
    "BitString",
    "Reader",
    "Tag",
    "encode",
    "encode_bit_string",
    "encode_bmp_string",
    "encode_boolean",
    "encode_enumerated",
    "encode_explicit",
    "encode_generalized_time",
    "encode_ia5_string",
    "encode_implicit",
    "encode_integer",
    "encode_named_bits",
    "encode_null",
    "encode_numeric_string",
    "encode_octet_string",
    "encode_oid",
    "encode_printable_string",
    "encode_sequence",
    "encode_set_of",
    "encode_teletex_string",
    "encode_time",
    "encode_universal_string",
    "encode_utc_time",
    "encode_utf8_string",
    "encode_visible_string",
]


class BitString(NamedTuple):
    """The value of a BIT STRING: its bytes, and how many bits at the end of the last one do not count (0 to 7)."""

    data: bytes
    unused_bits: int


class Reader(Cursor):
    """A cursor over DER with one method for each type. A context: one thread at a time.

    Methods that read take the name of the field, for messages, and a tag that replaces the type's own where the field
    is ``[n] IMPLICIT``; they raise DecodeError when the next element is not what they read. A reader of the inside of
    an element must be brought to its end: use it in a ``with`` statement, or call :meth:`end`.

    :standard: X.690 (2021) clauses 8, 10 and 11
    """

    __slots__ = ()

    # ---- constructed types --------------------------------------------------------------
    def sequence(self, name: str = "", *, tag: int = Tag.SEQUENCE) -> Reader:
        """Return a reader of the fields of a SEQUENCE or SEQUENCE OF."""
        return self.inside(tag, name)

    def set_of(self, name: str = "", *, tag: int = Tag.SET, any_order: bool = False) -> Reader:
        """Return a reader of the elements of a SET OF, after checking that they are sorted (X.690 11.6).

        :param any_order: leave the order unchecked, for data that is known to break the rule.
        """
        at = self._pos
        inner = self.inside(tag, name)
        if not any_order:
            pos = inner._pos
            previous = b""
            while pos < inner._end:
                _, stop = self._header(pos, inner._end, name)
                element = self._data[pos:stop]
                if element < previous:
                    message = "the elements of a SET OF are not in the order of DER"
                    self.tolerate(QuirkKind.SET_ORDER, message, name, offset=at)
                    break
                previous = element
                pos = stop
        return inner

    def explicit(self, number: int, name: str = "") -> Reader:
        """Return a reader of what ``[number] EXPLICIT`` wraps."""
        return self.inside(Tag.context(number, constructed=True), name)

    # ---- elements that repeat -----------------------------------------------------------
    def through_cache(
        self,
        tag: int,
        name: str,
        cached: Callable[[bytes], T],
        read: Callable[[Reader, str], T],
        depth: int = CACHED_DEPTH,
    ) -> T:
        """Read an element that repeats from one object to the next, such as the name of an issuer.

        :param cached: decodes the exact bytes strictly and remembers what it made of them.
        :param read: reads at this place what ``cached`` refuses, so that errors and quirks have their place, and
            elements that are too long to be remembered.
        :param depth: how deep ``cached`` nests at most; less for what stands inside what is cached itself.
        """
        at = self._pos
        self._next(tag, name)
        if self._pos - at <= _CACHED_SIZE and self._depth >= depth:
            try:
                return cached(self._data[at : self._pos])
            except DecodeError:
                pass
        self._pos = at
        return read(self, name)

    def all_through_cache(
        self,
        tag: int,
        name: str,
        cached: Callable[[bytes], T],
        read: Callable[[Reader, str], T],
        depth: int = CACHED_DEPTH,
    ) -> list[T]:
        """Read elements until the end, each as :meth:`through_cache` does."""
        found = []
        data = self._data
        pos = self._pos
        end = self._end
        while pos < end:
            # Most are short and have been met before; everything else goes the long way.
            if data[pos] == tag and end - pos >= 2 and self._depth >= depth:
                stop = pos + 2 + data[pos + 1]
                if stop - pos < 0x82 and stop <= end:
                    try:
                        found.append(cached(data[pos:stop]))
                    except DecodeError:
                        pass
                    else:
                        pos = stop
                        continue
            self._pos = pos
            found.append(self.through_cache(tag, name, cached, read, depth))
            pos = self._pos
        self._pos = pos
        return found

    # ---- numbers ------------------------------------------------------------------------
    def boolean(self, name: str = "", *, tag: int = Tag.BOOLEAN) -> bool:
        """Read a BOOLEAN."""
        return self._value(tag, name, _content.decode_boolean)

    def boolean_default_false(self, name: str = "", *, tag: int = Tag.BOOLEAN) -> bool:
        """Read ``BOOLEAN DEFAULT FALSE``: absent is False, and an encoded FALSE breaks X.690 11.5."""
        at = self._pos
        if not self.next_is(tag):
            return False
        if not self.boolean(name, tag=tag):
            self.tolerate(QuirkKind.EXPLICIT_DEFAULT, "the default value FALSE is left out in DER", name, offset=at)
            return False
        return True

    def integer(
        self, name: str = "", *, tag: int = Tag.INTEGER, minimum: int | None = None, maximum: int | None = None
    ) -> int:
        """Read an INTEGER, optionally within bounds."""
        at = self._pos
        value = self._value(tag, name, _content.decode_integer)
        if minimum is not None and value < minimum:
            what = "the INTEGER is negative" if value < 0 else "the INTEGER is too small"
            raise self.error(f"{what}; at least {minimum} expected", name, offset=at)
        if maximum is not None and value > maximum:
            raise self.error("the INTEGER is too large", name, offset=at)
        return value

    def integer_default(self, default: int, name: str = "", *, tag: int = Tag.INTEGER) -> int:
        """Read ``INTEGER DEFAULT default``: absent is the default, and an encoded default breaks X.690 11.5."""
        at = self._pos
        if not self.next_is(tag):
            return default
        value = self.integer(name, tag=tag)
        if value == default:
            message = f"the default value {default} is left out in DER"
            self.tolerate(QuirkKind.EXPLICIT_DEFAULT, message, name, offset=at)
        return value

    def enumerated(self, name: str = "", *, tag: int = Tag.ENUMERATED) -> int:
        """Read an ENUMERATED."""
        return self._value(tag, name, _content.decode_integer)

    # ---- bytes and identifiers ----------------------------------------------------------
    def octet_string(self, name: str = "", *, tag: int = Tag.OCTET_STRING, size: int | None = None) -> bytes:
        """Read an OCTET STRING, optionally of one exact size in bytes."""
        at = self._pos
        start = self._next(tag, name)
        found = self._pos - start
        if size is not None and found != size:
            raise self.error(f"{size} bytes expected, {found} found", name, offset=at)
        return self._data[start : self._pos]

    def octets_in_place(self, name: str = "", *, tag: int = Tag.OCTET_STRING) -> memoryview:
        """Read an OCTET STRING without a copy: a read-only view of the data, which it keeps alive."""
        start = self._next(tag, name)
        return memoryview(self._data)[start : self._pos]

    def bit_string(self, name: str = "", *, tag: int = Tag.BIT_STRING) -> BitString:
        """Read a BIT STRING."""
        return BitString(*self._value(tag, name, _content.decode_bit_string))

    def bit_string_bytes(self, name: str = "", *, tag: int = Tag.BIT_STRING) -> bytes:
        """Read a BIT STRING that holds whole bytes, such as a key or a signature."""
        at = self._pos
        data, unused_bits = self._value(tag, name, _content.decode_bit_string)
        if unused_bits:
            raise self.error(f"whole bytes expected, {unused_bits} bits are unused", name, offset=at)
        return data

    def named_bits(self, name: str = "", *, tag: int = Tag.BIT_STRING) -> int:
        """Read a BIT STRING with named bits: bit n of the standard is ``1 << n`` (X.690 11.2.2)."""
        at = self._pos
        data, unused_bits = self._value(tag, name, _content.decode_bit_string)
        if len(data) * 8 > MAX_NAMED_BITS:
            raise self.error(
                f"{len(data)} bytes of named bits; at most {MAX_NAMED_BITS // 8} are read", name, offset=at
            )
        if data and not data[-1] >> unused_bits & 1:
            self.tolerate(
                QuirkKind.NAMED_BITS, "zero bits at the end of named bits are left out in DER", name, offset=at
            )
        return _content.named_bits(data)

    def null(self, name: str = "", *, tag: int = Tag.NULL) -> None:
        """Read a NULL."""
        self._value(tag, name, _content.check_null)

    def oid(self, name: str = "", *, tag: int = Tag.OID) -> ObjectIdentifier:
        """Read an OBJECT IDENTIFIER, with its names where they are registered."""
        return self._value(tag, name, _content.decode_oid)

    # ---- text and time ------------------------------------------------------------------
    def utf8_string(self, name: str = "", *, tag: int = Tag.UTF8_STRING) -> str:
        """Read a UTF8String."""
        return self._value(tag, name, _content.decode_utf8)

    def printable_string(self, name: str = "", *, tag: int = Tag.PRINTABLE_STRING) -> str:
        """Read a PrintableString of the alphabet of X.680 41.4."""
        return self._value(tag, name, _content.decode_printable)

    def numeric_string(self, name: str = "", *, tag: int = Tag.NUMERIC_STRING) -> str:
        """Read a NumericString: digits and spaces."""
        return self._value(tag, name, _content.decode_numeric)

    def ia5_string(self, name: str = "", *, tag: int = Tag.IA5_STRING) -> str:
        """Read an IA5String: ASCII."""
        return self._value(tag, name, _content.decode_ia5)

    def bmp_string(self, name: str = "", *, tag: int = Tag.BMP_STRING) -> str:
        """Read a BMPString: characters up to U+FFFF."""
        return self._value(tag, name, _content.decode_bmp)

    def visible_string(self, name: str = "", *, tag: int = Tag.VISIBLE_STRING) -> str:
        """Read a VisibleString: ASCII without control characters."""
        return self._value(tag, name, _content.decode_visible)

    def teletex_string(self, name: str = "", *, tag: int = Tag.TELETEX_STRING) -> str:
        """Read a TeletexString, as ISO 8859-1."""
        return self._value(tag, name, _content.decode_teletex)

    def universal_string(self, name: str = "", *, tag: int = Tag.UNIVERSAL_STRING) -> str:
        """Read a UniversalString: four bytes a character."""
        return self._value(tag, name, _content.decode_universal)

    def any_string(self, name: str = "") -> str:
        """Read the character string that stands here, of whichever of the eight types above."""
        tag = self.peek()
        decode = _STRINGS.get(tag) if tag is not None else None
        if tag is None or decode is None:
            raise self._unexpected("a character string", name)
        return self._value(tag, name, decode)

    def utc_time(self, name: str = "", *, tag: int = Tag.UTC_TIME) -> datetime:
        """Read a UTCTime with seconds and Z; 50 to 99 are 1950 to 1999 (RFC 5280 4.1.2.5.1)."""
        return self._value(tag, name, _content.decode_utc_time)

    def generalized_time(self, name: str = "", *, tag: int = Tag.GENERALIZED_TIME, fraction: bool = False) -> datetime:
        """Read a GeneralizedTime with seconds and Z.

        :param fraction: take a fraction of a second (X.690 11.7), which RFC 5280 4.1.2.5.2 forbids.
        """
        decode = _content.decode_generalized_time_with_fraction if fraction else _content.decode_generalized_time
        return self._value(tag, name, decode)

    def time(self, name: str = "") -> datetime:
        """Read a Time as RFC 5280 4.1.2.5 has it: UTCTime until 2049, GeneralizedTime from 2050."""
        at = self._pos
        if self.next_is(Tag.UTC_TIME):
            return self._value(Tag.UTC_TIME, name, _content.decode_utc_time)
        if not self.next_is(Tag.GENERALIZED_TIME):
            raise self._unexpected("a UTCTime or GeneralizedTime", name)
        value = self._value(Tag.GENERALIZED_TIME, name, _content.decode_generalized_time)
        if 1950 <= value.year < 2050:
            message = f"a GeneralizedTime in {value.year}; years until 2049 are UTCTime"
            self.tolerate(QuirkKind.TIME_FORM, message, name, offset=at)
        return value

    def _unexpected(self, expected: str, name: str) -> DecodeError:
        following = self.peek()
        found = "but nothing is left" if following is None else f"{tag_name(following)} found"
        return self.error(f"{expected} expected, {found}", name)


_STRINGS: Final[dict[int, Callable[[bytes], str]]] = {
    Tag.UTF8_STRING: _content.decode_utf8,
    Tag.NUMERIC_STRING: _content.decode_numeric,
    Tag.PRINTABLE_STRING: _content.decode_printable,
    Tag.TELETEX_STRING: _content.decode_teletex,
    Tag.IA5_STRING: _content.decode_ia5,
    Tag.VISIBLE_STRING: _content.decode_visible,
    Tag.UNIVERSAL_STRING: _content.decode_universal,
    Tag.BMP_STRING: _content.decode_bmp,
}
STRING_TAGS: Final = frozenset(_STRINGS)
