"""The short way through certificates of the usual shape, which nearly all are: version 3, extensions, no unique ids.

It takes apart what is strict DER of that shape, and says None to everything else. Then the reader goes its long way,
field by field, and finds the error, the quirk, or the certificate of another shape. Whatever is decoded here is decoded
by the same functions as there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from gmpki.asn1 import _content, der
from gmpki.asn1._content import ContentError
from gmpki.asn1.rfc5280 import algorithm, extension, name
from gmpki.errors import DecodeError

if TYPE_CHECKING:
    from datetime import datetime

    from gmpki.asn1.rfc5280.algorithm import AlgorithmIdentifier
    from gmpki.asn1.rfc5280.extension import Extension
    from gmpki.asn1.rfc5280.name import Name

__all__ = ["MAX_REMEMBERED", "UsualCertificate", "read_usual", "split"]

MAX_REMEMBERED: Final = 1024
"""The longest element, in bytes, that goes through the caches."""

_VERSION_3: Final = der.encode_explicit(0, der.encode_integer(2))
_SEQUENCE: Final = der.Tag.SEQUENCE
_EXTENSIONS: Final = der.Tag.context(3, constructed=True)
# SEQUENCE of two UTCTimes of 13 bytes each.
_VALIDITY_LEN: Final = 32
_FIRST_TIME: Final = b"\x30\x1e\x17\x0d"
_SECOND_TIME: Final = b"\x17\x0d"
_MAX_SERIAL_LEN: Final = 22  # header and 20 octets


class UsualCertificate(NamedTuple):
    """The fields of a TBSCertificate of the usual shape."""

    serial_number: int
    signature: AlgorithmIdentifier
    issuer: Name
    not_before: datetime
    not_after: datetime
    subject: Name
    key_algorithm: AlgorithmIdentifier
    subject_public_key: bytes
    extensions: tuple[Extension, ...]


def split(data: bytes) -> list[bytes] | None:
    """Return the exact bytes of the elements inside a constructed element; None unless all lengths are minimal."""
    end = len(data)
    pos = _start(data)
    parts = []
    try:
        while pos < end:
            length = data[pos + 1]
            stop = pos + 2
            if length >= 0x80:
                if length == 0x81:
                    length = data[stop]
                    stop += 1
                    if length < 0x80:
                        return None
                elif length == 0x82:
                    length = data[stop] << 8 | data[stop + 1]
                    stop += 2
                    if length < 0x100:
                        return None
                else:
                    return None
            stop += length
            parts.append(data[pos:stop])
            pos = stop
    except IndexError:  # the data ends inside a header
        return None
    return parts if pos == end else None  # else the last element is longer than what is left


def _start(element: bytes) -> int:
    """Return where the contents of an element start whose header has been checked."""
    length = element[1]
    return 2 if length < 0x80 else 2 + (length & 0x7F)


def read_usual(tbs: bytes) -> UsualCertificate | None:
    """Take a TBSCertificate apart, if it has the usual shape.

    :param tbs: one element whose header has been checked.
    """
    parts = split(tbs)
    if parts is None or len(parts) != 8 or parts[0] != _VERSION_3:
        return None
    _, serial, signature, issuer, validity, subject, key, wrapped = parts
    whole_key, whole_extensions = split(key), split(wrapped)
    if (
        wrapped[0] != _EXTENSIONS
        or key[0] != _SEQUENCE
        or whole_key is None
        or len(whole_key) != 2
        or whole_extensions is None
        or len(whole_extensions) != 1
        or whole_extensions[0][0] != _SEQUENCE
        or len(validity) != _VALIDITY_LEN
        or validity[:4] != _FIRST_TIME
        or validity[17:19] != _SECOND_TIME
        or serial[0] != der.Tag.INTEGER
        or len(serial) > _MAX_SERIAL_LEN
    ):
        return None
    items = split(whole_extensions[0])
    key_algorithm, bits = whole_key
    first_bit = _start(bits)
    if not items or bits[0] != der.Tag.BIT_STRING or bits[first_bit : first_bit + 1] != b"\x00":
        return None
    for part in (signature, issuer, subject, key_algorithm, *items):
        if part[0] != _SEQUENCE or len(part) > MAX_REMEMBERED:
            return None
    try:
        number = _content.decode_integer(serial[2:])
        if number <= 0:
            return None
        return UsualCertificate(
            number,
            algorithm.read_cached(signature),
            name.read_cached(issuer),
            _content.decode_utc_time(validity[4:17]),
            _content.decode_utc_time(validity[19:]),
            name.read_cached(subject),
            algorithm.read_cached(key_algorithm),
            bits[first_bit + 1 :],
            tuple([extension.read_cached(item) for item in items]),
        )
    except (ContentError, DecodeError):
        return None
