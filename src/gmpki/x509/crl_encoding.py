"""The entries of revocation lists, encoded: one at a time, or in blocks as they come out of a database.

>>> from gmpki.x509.crl_encoding import encode_block
>>> block = encode_block([(7, 1767139200, 4, None), (9, 1767139200, 0, None)])
>>> block.entries, block.der[:20].hex()
(2, '3020020107170d3235313233313030303030305a')
"""

from __future__ import annotations

from datetime import datetime, timezone
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from gmpki.asn1 import der
from gmpki.asn1.rfc5280 import CRLReason, InvalidityDate, ReasonCode
from gmpki.errors import InvalidInputError
from gmpki.x509.extensions import make

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["EncodedBlock", "encode_block", "encode_entry", "encode_invalidity", "encode_reason"]

_DAY_S: Final = 86_400
_MAX_SERIAL: Final = (1 << 160) - 1
# How both forms of time end, UTCTime and GeneralizedTime: hours and minutes, then seconds and Z (RFC 5280 4.1.2.5).
_MINUTES: Final = tuple(b"%02d%02d" % divmod(at, 60) for at in range(24 * 60))
_SECONDS: Final = tuple(b"%02dZ" % at for at in range(60))
_TIME_LEN: Final = 7
_SHORT: Final = 0x80


class EncodedBlock(NamedTuple):
    """Entries that stand encoded one behind the other.

    :ivar entries: how many they are.
    """

    entries: int
    der: bytes


def encode_block(rows: Iterable[tuple[int, int, int | None, int | None]], *, is_delta: bool = False) -> EncodedBlock:
    """Encode entries, each of them given as what a database holds of it.

    :param rows: serial number, 0 to 20 octets; revocation date in seconds since 1970; the reason as its number, None
        for none; the invalidity date in seconds, None for none.
    :param is_delta: for a delta list, which may take entries off the list again.
    :raises InvalidInputError: when a number or time is out of range, a reason is none, or one takes an entry off a
        complete list.
    :standard: RFC 5280 5.1.2.6, 5.3
    """
    parts: list[bytes] = []
    count = 0
    for serial_number, at, reason, invalidity in rows:
        if not 0 <= serial_number <= _MAX_SERIAL:
            raise InvalidInputError("a serial number has 1 to 20 octets")
        extensions = b"" if reason is None else encode_reason(reason, is_delta)
        if invalidity is not None:
            extensions += encode_invalidity(_from_seconds(invalidity))
        day, second = divmod(at, _DAY_S)
        parts.append(
            encode_entry(serial_number, _date(day) + _MINUTES[second // 60] + _SECONDS[second % 60], extensions)
        )
        count += 1
    return EncodedBlock(count, b"".join(parts))


def encode_entry(serial_number: int, date: bytes, extensions: bytes) -> bytes:
    """Return one entry.

    :param date: the encoded time of revocation.
    :param extensions: encoded one behind the other; empty for none.
    """
    digits = serial_number.to_bytes(serial_number.bit_length() // 8 + 1, "big")
    if not extensions:
        content_len = 2 + len(digits) + len(date)
        return b"0%c\x02%c%b%b" % (content_len, len(digits), digits, date)
    content_len = 4 + len(digits) + len(date) + len(extensions)
    if content_len < _SHORT:
        return b"0%c\x02%c%b%b0%c%b" % (content_len, len(digits), digits, date, len(extensions), extensions)
    content = der.encode_integer(serial_number) + date + der.encode(der.Tag.SEQUENCE, extensions)
    return der.encode(der.Tag.SEQUENCE, content)


# Entries repeat reasons and days, and some of them times; the days of 40 years have room.
@lru_cache(maxsize=64)
def encode_reason(reason: int, is_delta: bool) -> bytes:
    """Return the extension that gives a reason; nothing for unspecified, which is left out (RFC 5280 5.3.1).

    :raises InvalidInputError: when there is no such reason, or it takes an entry off a complete list.
    """
    try:
        code = ReasonCode(reason)
    except ValueError:
        raise InvalidInputError(f"there is no reason of the number {reason}") from None
    if code is ReasonCode.UNSPECIFIED:
        return b""
    if code is ReasonCode.REMOVE_FROM_CRL and not is_delta:
        raise InvalidInputError("only a delta list removes entries (RFC 5280 5.3.1)")
    return make(CRLReason(code)).to_der()


@lru_cache(maxsize=1024)
def encode_invalidity(at: datetime) -> bytes:
    """Return the extension that gives the invalidity date.

    :raises InvalidInputError: when the time cannot be written.
    """
    return make(InvalidityDate(at)).to_der()


@lru_cache(maxsize=1 << 14)
def _date(day: int) -> bytes:
    """Return the beginning of the encoding of every time of a day."""
    return der.encode_time(_from_seconds(day * _DAY_S))[:-_TIME_LEN]


def _from_seconds(at: int) -> datetime:
    try:
        return datetime.fromtimestamp(at, timezone.utc)
    except (OverflowError, OSError, ValueError):
        raise InvalidInputError("a time lies outside the years 1 to 9999") from None
