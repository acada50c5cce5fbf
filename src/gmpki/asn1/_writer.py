"""DER encoding as functions from values to bytes; exported through :mod:`gmpki.asn1.der`."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from gmpki import _inputs
from gmpki.asn1 import _content
from gmpki.asn1._tags import CONSTRUCTED, Tag
from gmpki.errors import DecodeError, InvalidInputError, InvalidTypeError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

__all__: list[str] = []

_MAX_OCTET = 0xFF
_MAX_TWO_OCTETS = 0xFFFF
# Each octet as bytes: to join two of these takes half as long as to make bytes of two numbers.
_OCTETS: Final = tuple(bytes((octet,)) for octet in range(_MAX_OCTET + 1))
# The longest list of named bits in the standards here, PKIFailureInfo, has 27.
MAX_NAMED_BITS = 64


def encode(tag: int, content: bytes) -> bytes:
    """Join an identifier octet, the definite minimal length (X.690 10.1) and the contents.

    Every function here makes its element so, and raises as it does.

    :raises InvalidTypeError: when tag is no ``int``, or content has no buffer.
    :raises InvalidInputError: when tag is outside 0 to 255.
    """
    if type(content) is not bytes:
        content = _inputs.as_bytes(content, "the contents")
    if type(tag) is not int or not 0 <= tag <= _MAX_OCTET:
        tag = _inputs.number(tag, 0, _MAX_OCTET, "an identifier octet")
    length = len(content)
    if length < 0x80:
        return _OCTETS[tag] + _OCTETS[length] + content
    if length <= _MAX_OCTET:
        return _OCTETS[tag] + b"\x81" + _OCTETS[length] + content
    if length <= _MAX_TWO_OCTETS:
        return _OCTETS[tag] + b"\x82" + length.to_bytes(2, "big") + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return _OCTETS[tag] + _OCTETS[0x80 | len(octets)] + octets + content


def _element(part: bytes) -> bytes:
    """Return an element that is encoded already."""
    return part if type(part) is bytes else _inputs.as_bytes(part, "an encoded element")


def encode_sequence(*parts: bytes) -> bytes:
    """Encode a SEQUENCE of elements that are encoded already; an absent OPTIONAL one is given as ``b""``."""
    try:
        content = b"".join(parts)
    except (TypeError, ValueError, BufferError):  # one of them is no element: _element says which rule it breaks
        content = b"".join([_element(part) for part in parts])
    return encode(Tag.SEQUENCE, content)


def encode_set_of(parts: Iterable[bytes], *, tag: int = Tag.SET) -> bytes:
    """Encode a SET OF, its elements sorted as X.690 11.6 asks.

    :raises InvalidTypeError: when parts cannot be iterated, or one of them has no buffer.
    """
    listed = parts if type(parts) in (tuple, list) else _inputs.iterated(parts, "the elements of a SET OF")
    try:
        content = b"".join(sorted(listed))
    except (TypeError, ValueError, BufferError):  # one of them is no element, or a buffer that has no order
        content = b"".join(sorted([_element(part) for part in listed]))
    return encode(tag, content)


def encode_boolean(value: bool, *, tag: int = Tag.BOOLEAN) -> bytes:
    """Encode a BOOLEAN.

    :raises InvalidTypeError: when value is no ``bool``.
    """
    if not isinstance(value, bool):
        raise InvalidTypeError(f"a BOOLEAN takes bool, not {type(value).__name__}")
    return encode(tag, b"\xff" if value else b"\x00")


def encode_integer(value: int, *, tag: int = Tag.INTEGER) -> bytes:
    """Encode an INTEGER in the fewest bytes.

    :raises InvalidTypeError: when value is no int.
    """
    return encode(tag, _content.encode_integer(value))


def encode_enumerated(value: int, *, tag: int = Tag.ENUMERATED) -> bytes:
    """Encode an ENUMERATED.

    :raises InvalidTypeError: when value is no int.
    """
    return encode(tag, _content.encode_integer(value))


def encode_octet_string(value: bytes, *, tag: int = Tag.OCTET_STRING) -> bytes:
    """Encode an OCTET STRING."""
    return encode(tag, value)


def encode_bit_string(value: bytes, unused_bits: int = 0, *, tag: int = Tag.BIT_STRING) -> bytes:
    """Encode a BIT STRING whose last byte has 0 to 7 unused bits, which are zero.

    :raises InvalidInputError: when they are not, or too many.
    """
    return encode(tag, _content.encode_bit_string(value, unused_bits))


def encode_named_bits(value: int, *, tag: int = Tag.BIT_STRING) -> bytes:
    """Encode a BIT STRING with named bits: bit n of the standard is ``1 << n``, and zero bits at the end are left out.

    :raises InvalidTypeError: when value is no ``int``.
    :raises InvalidInputError: when it is negative or needs more than 64 bits.
    :standard: X.690 11.2.2
    """
    if not isinstance(value, int) or not 0 <= value < 1 << MAX_NAMED_BITS:
        value = _inputs.number(value, 0, (1 << MAX_NAMED_BITS) - 1, "named bits")
    return encode(tag, _content.encode_bit_string(*_content.encode_named_bits(value)))


def encode_null(*, tag: int = Tag.NULL) -> bytes:
    """Encode NULL."""
    return encode(tag, b"")


def encode_oid(dotted: str, *, tag: int = Tag.OID) -> bytes:
    """Encode an OBJECT IDENTIFIER given as a dotted string.

    :raises InvalidTypeError: when it is no ``str``.
    :raises InvalidInputError: when the text is none, or needs more than 128 bytes.
    """
    if tag is Tag.OID and isinstance(dotted, str):  # nearly all, and most of them again and again
        return _oid_element(dotted)
    return encode(tag, _content.encode_oid(dotted))


@lru_cache(maxsize=1024)
def _oid_element(dotted: str) -> bytes:
    return encode(Tag.OID, _content.encode_oid(dotted))


def encode_utf8_string(text: str, *, tag: int = Tag.UTF8_STRING) -> bytes:
    """Encode a UTF8String.

    :raises InvalidInputError: when the text has lone surrogates.
    """
    return encode(tag, _content.encode_text(text, "utf-8", "UTF8String"))


def encode_printable_string(text: str, *, tag: int = Tag.PRINTABLE_STRING) -> bytes:
    """Encode a PrintableString.

    :raises InvalidInputError: when a character is not in its alphabet (X.680 41.4).
    """
    return encode(tag, _content.encode_text(text, "printable", "PrintableString"))


def encode_numeric_string(text: str, *, tag: int = Tag.NUMERIC_STRING) -> bytes:
    """Encode a NumericString.

    :raises InvalidInputError: when a character is neither digit nor space.
    """
    return encode(tag, _content.encode_text(text, "numeric", "NumericString"))


def encode_ia5_string(text: str, *, tag: int = Tag.IA5_STRING) -> bytes:
    """Encode an IA5String.

    :raises InvalidInputError: when a character is not ASCII.
    """
    return encode(tag, _content.encode_text(text, "ascii", "IA5String"))


def encode_visible_string(text: str, *, tag: int = Tag.VISIBLE_STRING) -> bytes:
    """Encode a VisibleString.

    :raises InvalidInputError: when a character is not ASCII, or is a control character.
    """
    return encode(tag, _content.encode_text(text, "visible", "VisibleString"))


def encode_teletex_string(text: str, *, tag: int = Tag.TELETEX_STRING) -> bytes:
    """Encode a TeletexString as ISO 8859-1, as it is read.

    :raises InvalidInputError: when a character lies above U+00FF.
    """
    return encode(tag, _content.encode_text(text, "latin-1", "TeletexString"))


def encode_universal_string(text: str, *, tag: int = Tag.UNIVERSAL_STRING) -> bytes:
    """Encode a UniversalString.

    :raises InvalidInputError: when the text has lone surrogates.
    """
    return encode(tag, _content.encode_text(text, "utf-32-be", "UniversalString"))


def encode_bmp_string(text: str, *, tag: int = Tag.BMP_STRING) -> bytes:
    """Encode a BMPString.

    :raises InvalidInputError: when a character lies above U+FFFF or is a surrogate.
    """
    return encode(tag, _content.encode_text(text, "bmp", "BMPString"))


def encode_utc_time(value: datetime, *, tag: int = Tag.UTC_TIME) -> bytes:
    """Encode a UTCTime in UTC with seconds.

    :raises InvalidInputError: for a time without time zone, with a fraction of a second, or outside 1950 to 2049.
    """
    value = _content.utc(value)
    if not 1950 <= value.year <= 2049:
        raise InvalidInputError(f"a UTCTime holds the years 1950 to 2049, not {value.year}")
    return encode(tag, _content.time_text(value)[2:])


def encode_generalized_time(value: datetime, *, tag: int = Tag.GENERALIZED_TIME) -> bytes:
    """Encode a GeneralizedTime in UTC with seconds.

    :raises InvalidInputError: for a time without time zone or with a fraction of a second.
    """
    return encode(tag, _content.time_text(_content.utc(value)))


def encode_time(value: datetime) -> bytes:
    """Encode a Time as RFC 5280 4.1.2.5 chooses: UTCTime for 1950 to 2049, else GeneralizedTime.

    :raises InvalidInputError: for a time without time zone or with a fraction of a second.
    """
    return _time_in_utc(_content.utc(value))


# The same few times stand in what is issued together.
@lru_cache(maxsize=256)
def _time_in_utc(value: datetime) -> bytes:
    return encode_utc_time(value) if 1950 <= value.year <= 2049 else encode_generalized_time(value)


def encode_explicit(number: int, element: bytes) -> bytes:
    """Wrap an encoded element in ``[number] EXPLICIT``; ``b""`` stays ``b""``, an absent OPTIONAL field."""
    outer = Tag.context(number, constructed=True)
    return encode(outer, element) if _element(element) else b""


def encode_implicit(number: int, element: bytes) -> bytes:
    """Replace the tag of an encoded element by ``[number] IMPLICIT``; ``b""`` stays ``b""``.

    :raises DecodeError: when the element begins with a tag number above 30.
    """
    tag = Tag.context(number)
    element = _element(element)
    if not element:
        return b""
    if element[0] & 0x1F == 0x1F:
        raise DecodeError("tag numbers above 30 are not supported", offset=0)
    return bytes((tag | (element[0] & CONSTRUCTED),)) + element[1:]
