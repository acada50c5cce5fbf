"""What a tolerant reader makes of contents octets that the strict decoders of ``_content`` refuse.

:data:`TOLERANT` maps a strict decoder to the quirk it would be and to a decoder that takes more. Those still raise
:class:`~gmpki.asn1._content.ContentError` for contents that have no meaning at all.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, Final

from gmpki.asn1 import _content
from gmpki.asn1._content import ContentError
from gmpki.asn1.quirks import QuirkKind

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["TOLERANT"]


def _boolean(content: bytes) -> bool:
    if len(content) != 1:
        raise ContentError(f"a BOOLEAN has 1 byte of contents, this one has {len(content)}")
    return content != b"\x00"


def _integer(content: bytes) -> int:
    if not content:
        raise ContentError("an INTEGER has at least 1 byte of contents, this one is empty")
    return int.from_bytes(content, "big", signed=True)


def _bit_string(content: bytes) -> tuple[bytes, int]:
    """Take unused bits that are not zero, and clear them."""
    if len(content) < 2 or not 0 < content[0] <= 7:
        return _content.decode_bit_string(content)
    unused = content[0]
    return content[1:-1] + bytes((content[-1] & (0xFF << unused) & 0xFF,)), unused


def _text(content: bytes) -> str:
    """Read whatever bytes a string of ASCII or UTF-8 holds; those that are no UTF-8 appear in hexadecimal."""
    return content.decode("utf-8", "backslashreplace")


def _bmp(content: bytes) -> str:
    """Take pairs of surrogates, which UTF-16 has and BMPString has not."""
    if len(content) % 2:
        raise ContentError(f"a BMPString has an even number of bytes, this one has {len(content)}")
    return content.decode("utf-16-be", "backslashreplace")


# Seconds may be missing, a fraction may be there, and instead of Z a difference to UTC (X.680 46.3 and 47.3).
_AFTER_YEAR: Final = (
    rb"(?P<month>\d\d)(?P<day>\d\d)(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)?"
    rb"(?P<fraction>[.,]\d{1,20})?(?P<zone>Z|[+-]\d{4})?"
)
# By the number of digits of the year: without seconds a year of four looks like one of two with them.
_TIMES: Final = {digits: re.compile(rb"(?P<year>\d{%d})%b" % (digits, _AFTER_YEAR)) for digits in (2, 4)}


def _time(content: bytes, year_digits: int, type_name: str) -> datetime:
    match = _TIMES[year_digits].fullmatch(content) if len(content) <= 64 else None
    if match is None or (match["fraction"] and match["second"] is None):
        raise ContentError(f"this {type_name} cannot be read: {content[:24].decode('ascii', 'backslashreplace')!r}")
    year = int(match["year"])
    if year_digits == 2:
        year += 1900 if year >= 50 else 2000
    zone = match["zone"] or b"Z"
    try:
        when = datetime(
            year,
            int(match["month"]),
            int(match["day"]),
            int(match["hour"]),
            int(match["minute"]),
            int(match["second"] or 0),
            tzinfo=timezone.utc,
        )
        if zone != b"Z":
            ahead = timedelta(hours=int(zone[1:3]), minutes=int(zone[3:5]))
            when = when - ahead if zone[:1] == b"+" else when + ahead
    except (ValueError, OverflowError) as error:
        raise ContentError(f"no such time: {error}") from None
    return when


def _utc_time(content: bytes) -> datetime:
    return _time(content, 2, "UTCTime")


def _generalized_time(content: bytes) -> datetime:
    return _time(content, 4, "GeneralizedTime")


TOLERANT: Final[dict[Callable[[bytes], Any], tuple[QuirkKind, Callable[[bytes], Any]]]] = {
    _content.decode_boolean: (QuirkKind.BOOLEAN, _boolean),
    _content.check_integer: (QuirkKind.INTEGER, _integer),
    _content.decode_integer: (QuirkKind.INTEGER, _integer),
    _content.decode_bit_string: (QuirkKind.UNUSED_BITS, _bit_string),
    _content.decode_utf8: (QuirkKind.TEXT_ALPHABET, _text),
    _content.decode_printable: (QuirkKind.TEXT_ALPHABET, _text),
    _content.decode_numeric: (QuirkKind.TEXT_ALPHABET, _text),
    _content.decode_ia5: (QuirkKind.TEXT_ALPHABET, _text),
    _content.decode_visible: (QuirkKind.TEXT_ALPHABET, _text),
    _content.decode_bmp: (QuirkKind.TEXT_ALPHABET, _bmp),
    _content.decode_utc_time: (QuirkKind.TIME_FORM, _utc_time),
    _content.decode_generalized_time: (QuirkKind.TIME_FORM, _generalized_time),
}
