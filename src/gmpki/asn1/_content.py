"""Contents octets of the primitive types, both ways, by the rules of DER (X.690 clauses 8, 10 and 11).

Every ``decode_*`` takes the contents octets and returns the value or raises :class:`ContentError`, whose text the
reader completes with the place. Every ``encode_*`` takes a value and returns contents octets or raises
:class:`~gmpki.errors.InvalidInputError`.
"""

from __future__ import annotations

from datetime import datetime, timezone
from functools import lru_cache

from gmpki import _inputs
from gmpki.errors import InvalidInputError, InvalidTypeError
from gmpki.oids import ObjectIdentifier, find

__all__ = ["ContentError"]

# No registered arc comes near these; they keep a hostile identifier from costing more than its bytes.
MAX_OID_LEN = 128
_PRINTABLE = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 '()+,-./:=?"
_NUMERIC = b"0123456789 "
_VISIBLE = bytes(range(0x20, 0x7F))
_ALPHABETS = {"printable": _PRINTABLE, "numeric": _NUMERIC, "visible": _VISIBLE}
# Each byte with its bits in the other order: bit 0 of a BIT STRING is the highest of its first byte (X.690 8.6.2).
_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


class ContentError(Exception):
    """Contents octets break a rule of DER; internal, the reader turns it into a DecodeError."""


# ---- BOOLEAN, INTEGER, NULL -----------------------------------------------------------------------------------------
def decode_boolean(content: bytes) -> bool:
    """X.690 8.2 and 11.1: one octet, 00 or FF."""
    if content == b"\xff":
        return True
    if content == b"\x00":
        return False
    if len(content) != 1:
        raise ContentError(f"a BOOLEAN has 1 byte of contents, this one has {len(content)}")
    raise ContentError(f"a BOOLEAN is 00 or FF in DER, this one is {content.hex().upper()}")


def check_integer(content: bytes) -> None:
    """X.690 8.3: at least one octet, and the first nine bits are not all equal."""
    if not content:
        raise ContentError("an INTEGER has at least 1 byte of contents, this one is empty")
    if len(content) > 1:
        first, second = content[0], content[1]
        if (first == 0 and second < 0x80) or (first == 0xFF and second >= 0x80):
            raise ContentError("the INTEGER is not minimal: its first byte only repeats the sign")


def decode_integer(content: bytes) -> int:
    """X.690 8.3."""
    check_integer(content)
    return int.from_bytes(content, "big", signed=True)


def minimal_integer(content: bytes) -> bytes:
    """Drop the first bytes of contents that only repeat the sign."""
    sign = 0xFF if content[0] & 0x80 else 0x00
    first = 0
    while first < len(content) - 1 and content[first] == sign and (content[first + 1] ^ sign) < 0x80:
        first += 1
    return content[first:]


def encode_integer(value: int) -> bytes:
    """X.690 8.3, the fewest octets of two's complement."""
    if type(value) is not int:
        raise InvalidTypeError(f"an INTEGER takes int, not {type(value).__name__}")
    magnitude = value if value >= 0 else ~value
    return value.to_bytes(magnitude.bit_length() // 8 + 1, "big", signed=True)


def check_null(content: bytes) -> None:
    """X.690 8.8."""
    if content:
        raise ContentError(f"a NULL is empty, this one has {len(content)} bytes")


# ---- BIT STRING -----------------------------------------------------------------------------------------------------
def decode_bit_string(content: bytes) -> tuple[bytes, int]:
    """X.690 8.6 and 11.2: data and the number of unused bits at its end, which are zero."""
    if not content:
        raise ContentError("a BIT STRING has at least 1 byte of contents, this one is empty")
    unused = content[0]
    if unused > 7:
        raise ContentError(f"a BIT STRING has 0 to 7 unused bits, this one says {unused}")
    data = content[1:]
    if unused and not data:
        raise ContentError("an empty BIT STRING cannot have unused bits")
    if unused and data[-1] & ((1 << unused) - 1):
        raise ContentError("the unused bits of a BIT STRING are zero in DER")
    return data, unused


def encode_bit_string(data: bytes, unused: int) -> bytes:
    """X.690 8.6 and 11.2."""
    data = _inputs.as_bytes(data, "a BIT STRING")
    if type(unused) is not int:
        raise InvalidTypeError(f"the number of unused bits is an int, not {type(unused).__name__}")
    if not 0 <= unused <= 7 or (unused and not data):
        raise InvalidInputError(
            f"a BIT STRING of {len(data)} bytes cannot have {_inputs.shown_number(unused)} unused bits"
        )
    if unused and data[-1] & ((1 << unused) - 1):
        raise InvalidInputError("the unused bits of a BIT STRING must be zero")
    return bytes((unused,)) + data


def named_bits(data: bytes) -> int:
    """Make a number of the bits of a BIT STRING: bit n of the standard is ``1 << n``."""
    return int.from_bytes(data.translate(_REVERSED), "little")


def encode_named_bits(value: int) -> tuple[bytes, int]:
    """X.690 11.2.2: no zero bits at the end; return the bytes and how many bits of the last one do not count."""
    data = value.to_bytes((value.bit_length() + 7) // 8, "little").translate(_REVERSED)
    return data, -value.bit_length() % 8


# ---- OBJECT IDENTIFIER ----------------------------------------------------------------------------------------------
@lru_cache(maxsize=1024)
def decode_oid(content: bytes) -> ObjectIdentifier:
    """X.690 8.19: subidentifiers in base 128, each minimal."""
    if not content:
        raise ContentError("an OBJECT IDENTIFIER has at least 1 byte of contents, this one is empty")
    if len(content) > MAX_OID_LEN:
        raise ContentError(f"an OBJECT IDENTIFIER of {len(content)} bytes; at most {MAX_OID_LEN} are read")
    if content[-1] & 0x80:
        raise ContentError("the OBJECT IDENTIFIER ends in the middle of a number")
    arcs = []
    value = 0
    at_start = True
    for byte in content:
        if at_start and byte == 0x80:
            raise ContentError("a number of the OBJECT IDENTIFIER is padded with 80")
        value = (value << 7) | (byte & 0x7F)
        at_start = byte < 0x80
        if at_start:
            arcs.append(value)
            value = 0
    # X.690 8.19.4: the first subidentifier is 40 * arc1 + arc2, and only arc 2 has room above 39.
    root = min(arcs[0] // 40, 2)
    return find(".".join(map(str, (root, arcs[0] - 40 * root, *arcs[1:]))))


def encode_oid(dotted: str) -> bytes:
    """X.690 8.19."""
    if not isinstance(dotted, str):
        raise InvalidTypeError(f"an object identifier takes str, not {type(dotted).__name__}")
    parts = dotted.split(".")
    if len(parts) < 2 or not all(p.isascii() and p.isdigit() and (p == "0" or p[0] != "0") for p in parts):
        raise InvalidInputError(
            f"not an object identifier: {str(dotted)!r}; expected numbers with dots, such as 1.2.156.10197"
        )
    if max(map(len, parts)) > MAX_OID_LEN * 7 // 3:
        raise InvalidInputError("a number of the object identifier is too large")
    arcs = [int(p) for p in parts]
    if arcs[0] > 2 or (arcs[0] < 2 and arcs[1] > 39):
        raise InvalidInputError(
            f"not an object identifier: {str(dotted)!r}; it begins with 0.0 to 0.39, 1.0 to 1.39 or 2"
        )
    out = bytearray()
    for arc in (arcs[0] * 40 + arcs[1], *arcs[2:]):
        groups = [arc & 0x7F]
        while arc := arc >> 7:
            groups.append(0x80 | (arc & 0x7F))
        out += bytes(reversed(groups))
    if len(out) > MAX_OID_LEN:
        raise InvalidInputError(f"the object identifier needs {len(out)} bytes; at most {MAX_OID_LEN} are written")
    return bytes(out)


# ---- character strings ----------------------------------------------------------------------------------------------
def decode_utf8(content: bytes) -> str:
    """X.690 8.23.10."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ContentError(f"not UTF-8: {error.reason} at byte {error.start} of the string") from None


def _decode_ascii(content: bytes, allowed: bytes, type_name: str) -> str:
    if content.translate(None, allowed):  # what is left without the characters that are allowed
        position, byte = next((i, b) for i, b in enumerate(content) if b not in allowed)
        raise ContentError(f"byte {byte:02X} at position {position} is not in the alphabet of {type_name}")
    return content.decode("ascii")


def decode_printable(content: bytes) -> str:
    """X.680 41.4: letters, digits, space and eleven signs."""
    return _decode_ascii(content, _PRINTABLE, "PrintableString")


def decode_numeric(content: bytes) -> str:
    """X.680 41.2: digits and space."""
    return _decode_ascii(content, _NUMERIC, "NumericString")


def decode_ia5(content: bytes) -> str:
    """X.680 table 8: ASCII."""
    try:
        return content.decode("ascii")
    except UnicodeDecodeError as error:
        raise ContentError(f"byte {content[error.start]:02X} at position {error.start} is not in IA5String") from None


def decode_visible(content: bytes) -> str:
    """X.680 table 8: ASCII without control characters."""
    return _decode_ascii(content, _VISIBLE, "VisibleString")


def decode_teletex(content: bytes) -> str:
    """Read a TeletexString as ISO 8859-1, which is what certificates with it mean; T.61 itself nobody follows."""
    return content.decode("latin-1")


def decode_universal(content: bytes) -> str:
    """X.690 8.23.7: four octets a character."""
    try:
        return content.decode("utf-32-be")
    except UnicodeDecodeError:
        raise ContentError("a UniversalString holds four bytes for each character") from None


def decode_bmp(content: bytes) -> str:
    """X.690 8.23.9: two octets a character; surrogates are no characters of this type."""
    if len(content) % 2:
        raise ContentError(f"a BMPString has an even number of bytes, this one has {len(content)}")
    try:
        text = content.decode("utf-16-be")
    except UnicodeDecodeError:
        text = None
    if text is None or len(text) * 2 != len(content):
        raise ContentError("a BMPString holds no surrogates")
    return text


def encode_text(value: str, codec: str, type_name: str) -> bytes:
    """Encode text as utf-8, ascii (IA5), printable, numeric, visible, latin-1 (Teletex), bmp or utf-32-be."""
    if not isinstance(value, str):
        raise InvalidTypeError(f"a {type_name} takes str, not {type(value).__name__}")
    try:
        if codec == "bmp":
            content = value.encode("utf-16-be")
            if len(content) != 2 * len(value):
                raise InvalidInputError("a BMPString holds no characters above U+FFFF")
            return content
        content = value.encode(codec if codec in ("utf-8", "latin-1", "utf-32-be") else "ascii")
    except UnicodeEncodeError as error:
        raise InvalidInputError(f"character {error.start} of the text is not in {type_name}") from None
    alphabet = _ALPHABETS.get(codec)
    if alphabet is not None and content.translate(None, alphabet):
        raise InvalidInputError(f"the text has characters that are not in {type_name}")
    return content


# ---- times ----------------------------------------------------------------------------------------------------------
def _decode_time(content: bytes, year_digits: int, type_name: str, century: int = 0) -> datetime:
    shape = "YYYYMMDDHHMMSSZ"[4 - year_digits :]
    if len(content) != year_digits + 11 or content[-1:] != b"Z" or not content[:-1].isdigit():
        shown = content[:24].decode("ascii", "backslashreplace")
        raise ContentError(f"a {type_name} has the form {shape} in DER, this one is {shown!r}")
    at = year_digits
    try:
        return datetime(
            int(content[:at]) + century,
            int(content[at : at + 2]),
            int(content[at + 2 : at + 4]),
            int(content[at + 4 : at + 6]),
            int(content[at + 6 : at + 8]),
            int(content[at + 8 : at + 10]),
            tzinfo=timezone.utc,
        )
    except ValueError as error:
        raise ContentError(f"no such time: {error}") from None


# Authorities let certificates begin and end at few times of the day, and issue many on one day.
@lru_cache(maxsize=1024)
def decode_utc_time(content: bytes) -> datetime:
    """X.690 11.8, with the century of RFC 5280 4.1.2.5.1: 50 to 99 are 1950 to 1999."""
    return _decode_time(content, 2, "UTCTime", 1900 if content[:2] >= b"50" else 2000)


def decode_generalized_time_with_fraction(content: bytes) -> datetime:
    """X.690 11.7: a fraction of a second without zeros at its end, read to microseconds."""
    whole, point, fraction = content[:-1].partition(b".")
    if not point:
        return decode_generalized_time(content)
    if content[-1:] != b"Z" or not fraction.isdigit() or fraction.endswith(b"0") or len(fraction) > 20:
        shown = content[:24].decode("ascii", "backslashreplace")
        raise ContentError(f"a GeneralizedTime has the form YYYYMMDDHHMMSS.fZ in DER, this one is {shown!r}")
    return decode_generalized_time(whole + b"Z").replace(microsecond=int(fraction[:6].ljust(6, b"0")))


def decode_generalized_time(content: bytes) -> datetime:
    """X.690 11.7 without fractions, as RFC 5280 4.1.2.5.2 has it."""
    return _decode_time(content, 4, "GeneralizedTime")


def utc(value: datetime) -> datetime:
    """Bring a time with a time zone to UTC."""
    time = _inputs.utc(value, "the time")
    if time.microsecond:
        raise InvalidInputError("the time has a fraction of a second; DER times here have whole seconds")
    return time


def time_text(value: datetime) -> bytes:
    """Write a UTC time as YYYYMMDDHHMMSSZ."""
    # Not strftime: its %Y does not pad years below 1000 on every platform.
    when = (value.year, value.month, value.day, value.hour, value.minute, value.second)
    return b"%04d%02d%02d%02d%02d%02dZ" % when
