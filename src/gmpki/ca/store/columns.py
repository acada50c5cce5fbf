"""How values stand in columns: times, serial numbers, identifiers of keys and certificates."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_text, member, number, utc_seconds
from gmpki.algorithms import sm3
from gmpki.errors import InvalidInputError
from gmpki.x509.certificate import Certificate

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from gmpki.keys.interfaces import PublicKey

__all__ = [
    "certificate_digest",
    "digest_text",
    "from_seconds",
    "public_key_id",
    "row_id",
    "seconds",
    "serial_number",
    "serial_text",
]

# 20 octets. RFC 5280 4.1.2.2 wants a positive number in as many; authorities that are taken over have used zero, and
# the highest bit of the 20th octet.
_MAX_SERIAL: Final = (1 << 160) - 1
_MAX_ID: Final = (1 << 63) - 1
_SERIAL: Final = re.compile("0|[1-9a-f][0-9a-f]{0,39}", re.ASCII)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MAX_SECONDS: Final = int((datetime(9999, 12, 31, 23, 59, 59, tzinfo=timezone.utc) - _EPOCH).total_seconds())
_MIN_SECONDS: Final = int((datetime(1, 1, 1, tzinfo=timezone.utc) - _EPOCH).total_seconds())


def row_id(value: int, name: str) -> int:
    """Return the number of a row.

    :param name: what the message calls it.
    :raises InvalidTypeError: when it is no int.
    :raises InvalidInputError: when it is not positive, or longer than 63 bits.
    """
    return number(value, 1, _MAX_ID, name)


def seconds(at: datetime) -> int:
    """Return a time as the columns hold it: whole seconds since 1970 in UTC.

    :raises InvalidTypeError: when it is no datetime.
    :raises InvalidInputError: when it has no time zone, or lies outside the years 1 to 9999.
    """
    return int(utc_seconds(at, "a time").timestamp())


def from_seconds(value: int) -> datetime:
    """Return the time that a column holds.

    :raises InvalidTypeError: when it is no int.
    :raises InvalidInputError: when it lies outside the years 1 to 9999.
    """
    return datetime.fromtimestamp(number(value, _MIN_SECONDS, _MAX_SECONDS, "a time in seconds"), timezone.utc)


def serial_text(serial: int) -> str:
    """Return the serial number of a certificate as the columns hold it: lower-case hexadecimal digits.

    >>> serial_text(0x0A5B)
    'a5b'

    :raises InvalidTypeError: when it is no int.
    :raises InvalidInputError: when it is negative or longer than 20 octets.
    :standard: RFC 5280 4.1.2.2
    """
    return f"{number(serial, 0, _MAX_SERIAL, 'a serial number'):x}"


def serial_number(text: str) -> int:
    """Return the number that a column holds.

    :raises InvalidTypeError: when it is no text.
    :raises InvalidInputError: when it is not what :func:`serial_text` gives.
    """
    if not _SERIAL.fullmatch(as_text(text, "a serial number")):
        raise InvalidInputError("a serial number is stored as 1 to 40 lower-case hexadecimal digits")
    return int(text, 16)


def digest_text(data: Buffer) -> str:
    """Return SM3 of data as the columns hold it: 64 lower-case hexadecimal digits.

    :raises InvalidTypeError: when it is no buffer.
    """
    return sm3.digest(data).hex()


def public_key_id(key: PublicKey) -> str:
    """Return what a public key is found by: SM3 of its SubjectPublicKeyInfo."""
    return digest_text(key.to_der())


def certificate_digest(certificate: Certificate) -> str:
    """Return what a certificate is found by: SM3 of its DER.

    :raises InvalidTypeError: when it is no certificate.
    """
    member(certificate, Certificate, "certificate")
    return certificate.fingerprint("sm3").hex()
