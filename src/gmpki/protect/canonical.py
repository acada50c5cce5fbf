"""One encoding for each value: what integrity tags and associated data are computed over.

Different values never have the same encoding (it can be read back without a choice), and one value has one encoding
whatever program, order of columns or form of number it comes in. Each value is one byte for its type, then:

==== ================= ===================================================================================
type value             behind it; lengths and counts are 4 bytes, all numbers big endian
==== ================= ===================================================================================
00   ``None``          nothing
01   ``False``         nothing
02   ``True``          nothing
03   ``int``           the length, then the shortest two's complement, at least one byte; at most 512 bytes
04   bytes             the length, then the bytes; any buffer is bytes
05   ``str``           the length, then UTF-8
06   ``datetime``      microseconds since 1970-01-01T00:00:00Z, 8 bytes in two's complement
07   ``date``          days since 1970-01-01, 4 bytes in two's complement
08   ``Decimal``       the length, then ASCII: ``-`` if negative, the digits, ``e``, the exponent; no zeros at the ends
                       of the digits: 1.50 is ``15e-1``, and every zero is ``0e0``
09   ``UUID``          16 bytes
0A   list or tuple     the count, then each member
0B   mapping           the count, then name (type 05) and value of each member, sorted by the bytes of the name
==== ================= ===================================================================================

Refused, because two systems would not agree on what they are: text that is not in Unicode's form NFC (normalise it
before it is *stored*: a silent change here would tag a text that the database does not hold); times without a time
zone; floating-point numbers (a database may give another last digit back; use ``Decimal``), NaN and infinities.

>>> from gmpki.protect.canonical import encode
>>> encode({"role": "admin", "id": 7}).hex()
'0b00000002050000000269640300000001070500000004726f6c65050000000561646d696e'
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from functools import lru_cache
from operator import itemgetter
from typing import TYPE_CHECKING, Final, TypeAlias, Union, cast
from uuid import UUID

from gmpki._inputs import as_bytes, as_text, utc
from gmpki.errors import InvalidInputError, InvalidTypeError, LimitExceeded

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from typing_extensions import Buffer

__all__ = [
    "MAX_DEPTH",
    "MAX_LEN",
    "RowId",
    "Scalar",
    "Value",
    "begin_list",
    "encode",
    "encode_all",
    "encode_behind",
    "encode_row",
    "label",
    "row_parts",
    "shown_row",
]

MAX_DEPTH: Final = 8
MAX_LEN: Final = 1 << 24
_MAX_INT_LEN: Final = 512
_MAX_DECIMAL_DIGITS: Final = 1000
_MAX_ROW_PARTS: Final = 16
_SHOWN_LEN: Final = 100
_SHORT_LEN: Final = 4096
_LONG_RUN: Final = 64
_SMALL: Final = 1 << 62
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=timezone.utc)
_EPOCH_DAY: Final = date(1970, 1, 1).toordinal()

Scalar: TypeAlias = Union[bool, int, str, "Buffer", datetime, date, Decimal, UUID, None]
"""A value of one column."""
Value: TypeAlias = Union[Scalar, "Sequence[Value]", "Mapping[str, Value]"]
"""Whatever is encoded."""
RowId: TypeAlias = Union[int, str, bytes, UUID, date, "tuple[int | str | bytes | UUID | date, ...]"]
"""What tells a row from the others of its table: its primary key, as one value or, of several columns, a tuple."""


def encode(value: Value) -> bytes:
    """Return the encoding of a value.

    :raises InvalidTypeError: when it, or something inside, has another type than those above.
    :raises InvalidInputError: when text is not in NFC or cannot be UTF-8, a time has no time zone, or a number is none.
    :raises LimitExceeded: when it is nested more than 8 levels deep, longer than 16 MiB, or a number too long.
    """
    plain = _plain(value)
    return plain if plain is not None else _joined([], _parts(value, MAX_DEPTH))


def encode_all(values: Sequence[Value]) -> list[bytes]:
    """Return the encoding of each of many values; numbers and texts that are alike take few steps each.

    :raises GmpkiError: as :func:`encode`.
    """
    kinds = set(map(type, values))
    if kinds == {int}:
        numbers = cast("Sequence[int]", values)
        least, most = min(numbers), max(numbers)
        length = most.bit_length() // 8 + 1
        if least >= 0 and least.bit_length() // 8 + 1 == length and most < _SMALL:
            head = b"\x03\0\0\0%c" % length
            return [head + value.to_bytes(length, "big") for value in numbers]
    elif kinds == {str}:
        texts = cast("Sequence[str]", values)
        lengths = set(map(len, texts))
        if max(lengths) <= _SHORT_LEN and all(map(str.isascii, texts)):
            heads = {length: b"\x05" + length.to_bytes(4, "big") for length in lengths}
            return [heads[len(text)] + text.encode("ascii") for text in texts]
    return list(map(encode, values))


def begin_list(count: int, *members: Value) -> bytes:
    """Return how the encoding of a list begins whose first members are always the same; :func:`encode_behind` ends it.

    :param count: how many members the whole list has.
    :raises GmpkiError: as :func:`encode`.
    """
    return _joined([b"\x0a" + count.to_bytes(4, "big")], *(_parts(each, MAX_DEPTH - 1) for each in members))


def encode_behind(begun: bytes, *members: Value) -> bytes:
    """Return the encoding of a list: what :func:`begin_list` returned, and the rest of the members.

    :raises GmpkiError: as :func:`encode`.
    """
    parts = [begun]
    for each in members:
        part = _at_once(each)
        if part is None:
            return _joined([begun], *(_parts(each, MAX_DEPTH - 1) for each in members))
        parts.append(part)
    return b"".join(parts)


def _joined(parts: list[bytes], *more: Iterator[bytes]) -> bytes:
    length = sum(map(len, parts))
    for some in more:
        for part in some:
            parts.append(part)
            length += len(part)
            if length > MAX_LEN:
                raise LimitExceeded(f"a value whose encoding is longer than {MAX_LEN} bytes")
    return b"".join(parts)


def encode_row(row: RowId) -> bytes:
    """Return the encoding of a row's identity: that of a list, also when it is one value.

    :raises InvalidTypeError: as :func:`row_parts`.
    :raises InvalidInputError: as :func:`row_parts` and :func:`encode`.
    """
    return encode(row_parts(row))


def row_parts(row: RowId) -> tuple[Scalar, ...]:
    """Return a row's identity as a tuple of its parts.

    :raises InvalidTypeError: when a part is None, ``bool`` or of another type than those of :data:`RowId`.
    :raises InvalidInputError: when there are no parts, or more than 16.
    """
    parts: tuple[Scalar, ...] = tuple(row) if isinstance(row, tuple) else (row,)
    if not 1 <= len(parts) <= _MAX_ROW_PARTS:
        raise InvalidInputError(f"the identity of a row has 1 to {_MAX_ROW_PARTS} parts, not {len(parts)}")
    for part in parts:
        if isinstance(part, bool) or not isinstance(part, int | str | bytes | UUID | date):
            raise InvalidTypeError(
                "the identity of a row is made of int, str, bytes, UUID and date, "
                f"not {type(part).__name__}; it must be known before the row is protected"
            )
    return parts


def shown_row(row: RowId) -> str:
    """Return a row's identity as it stands in messages: its parts, shortened."""
    return ", ".join(
        part.hex() if isinstance(part, bytes) else ascii(part) if isinstance(part, str) else f"{part}"
        for part in (row if isinstance(row, tuple) else (row,))
        if not isinstance(part, int) or part.bit_length() < 1024
    )[:_SHOWN_LEN]


def label(text: str, name: str) -> str:
    """Return the name of a table, column or the like, after checking it.

    :raises InvalidTypeError: when it is not ``str``.
    :raises InvalidInputError: when it is empty, longer than 255 characters, or not printable text in NFC.
    """
    if not as_text(text, name) or len(text) > 255 or not text.isprintable() or not _is_nfc(text):
        raise InvalidInputError(f"{name} must be 1 to 255 printable characters in Unicode's form NFC")
    return text


def _is_nfc(text: str) -> bool:
    return text.isascii() or unicodedata.is_normalized("NFC", text)


def _parts(value: object, depth: int) -> Iterator[bytes]:  # noqa: PLR0912 - one branch for each type
    if value is None:
        yield b"\x00"
    elif isinstance(value, bool):
        yield b"\x02" if value else b"\x01"
    elif isinstance(value, int):
        yield _counted(3, _int(value))
    elif isinstance(value, str):
        yield _counted(5, _text(value))
    elif isinstance(value, bytes | bytearray | memoryview):
        yield _counted(4, as_bytes(value, "a value"))
    elif isinstance(value, datetime):
        micros = (utc(value, "a time") - _EPOCH) // timedelta(microseconds=1)
        yield b"\x06" + micros.to_bytes(8, "big", signed=True)
    elif isinstance(value, date):
        yield b"\x07" + (value.toordinal() - _EPOCH_DAY).to_bytes(4, "big", signed=True)
    elif isinstance(value, Decimal):
        yield _counted(8, _decimal(value))
    elif isinstance(value, UUID):
        yield b"\x09" + value.bytes
    elif depth == 0:
        raise LimitExceeded(f"a value nested more than {MAX_DEPTH} levels deep")
    elif isinstance(value, list | tuple):
        yield b"\x0a" + len(value).to_bytes(4, "big")
        for member in value:
            plain = _plain(member)
            if plain is not None:
                yield plain
            else:
                yield from _parts(member, depth - 1)
    elif isinstance(value, Mapping):
        yield from _mapping(value, depth)
    else:
        hint = "; use Decimal" if isinstance(value, float) else ""
        raise InvalidTypeError(f"a value of type {type(value).__name__} has no canonical encoding{hint}")


def _at_once(value: object) -> bytes | None:
    """Return the encoding of a short list or dictionary of what most columns hold; None for all else.

    It is the same as that of :func:`_parts`, in a third of the time; its length is bounded by the counts.
    """
    parts: list[bytes | None]
    if type(value) is tuple and len(value) <= _LONG_RUN:
        parts = [b"\x0a" + len(value).to_bytes(4, "big"), *map(_plain, value)]
    elif type(value) is dict and len(value) <= _LONG_RUN:
        parts = [b"\x0b" + len(value).to_bytes(4, "big")]
        for name, encoded in _remembered_names(tuple(value)):
            parts.append(encoded)
            parts.append(_plain(value[name]))
    else:
        return None
    return None if None in parts else b"".join(parts)  # type: ignore[arg-type]


def _mapping(value: Mapping[object, object], depth: int) -> Iterator[bytes]:
    names = tuple(value)
    is_usual = len(names) <= _LONG_RUN and all(type(name) is str for name in names)
    run = [b"\x0b" + len(names).to_bytes(4, "big")]
    for name, encoded in _remembered_names(names) if is_usual else _sorted_names(names):
        member = value[name]
        run.append(encoded)
        plain = _plain(member)
        if plain is not None:
            run.append(plain)
        if plain is None or len(run) > _LONG_RUN:
            # Now and then, so that whoever counts the bytes stops in time.
            yield b"".join(run)
            run.clear()
        if plain is None:
            yield from _parts(member, depth - 1)
    yield b"".join(run)


def _sorted_names(names: tuple[object, ...]) -> tuple[tuple[str, bytes], ...]:
    """Return the names of a mapping in the order of their bytes, each with its encoding."""
    found = []
    for name in names:
        if not isinstance(name, str):
            raise InvalidTypeError(f"the names of a mapping are str, not {type(name).__name__}")
        found.append((_text(name), name))
    found.sort(key=itemgetter(0))
    return tuple((name, _counted(5, text)) for text, name in found)


# Records of one table have the same names again and again.
_remembered_names = lru_cache(maxsize=256)(_sorted_names)


def _plain(value: object) -> bytes | None:
    """Return the encoding of what most columns hold, without the detours of :func:`_parts`; None for all else."""
    # Not isinstance: bool is an int, and so is a member of some enumerations.
    if value is None:
        return b"\x00"
    if type(value) is int and 0 <= value < _SMALL:
        length = value.bit_length() // 8 + 1
        return b"\x03\0\0\0%c%b" % (length, value.to_bytes(length, "big", signed=True))
    if type(value) is str and len(value) <= _SHORT_LEN and value.isascii():
        return b"\x05%b%b" % (len(value).to_bytes(4, "big"), value.encode("ascii"))
    return None


def _counted(tag: int, content: bytes) -> bytes:
    if len(content) > MAX_LEN:
        raise LimitExceeded(f"a value of {len(content)} bytes; at most {MAX_LEN} are encoded")
    return bytes((tag,)) + len(content).to_bytes(4, "big") + content


def _int(value: int) -> bytes:
    # One bit more than the magnitude, for the sign; -2^(8n-1) needs none.
    length = ((value if value >= 0 else ~value).bit_length() // 8) + 1
    if length > _MAX_INT_LEN:
        raise LimitExceeded(f"an int of {length} bytes; at most {_MAX_INT_LEN} are encoded")
    return value.to_bytes(length, "big", signed=True)


def _text(value: str) -> bytes:
    if not _is_nfc(value):
        raise InvalidInputError("text is not in Unicode's form NFC; normalise it before it is stored")
    try:
        return value.encode("utf-8")
    except UnicodeEncodeError:
        raise InvalidInputError("text with half a surrogate pair, which UTF-8 cannot hold") from None


def _decimal(value: Decimal) -> bytes:
    if not value.is_finite():
        raise InvalidInputError(f"{value} is no number")
    sign, digits, exponent = value.as_tuple()
    if len(digits) > _MAX_DECIMAL_DIGITS:
        raise LimitExceeded(f"a Decimal of {len(digits)} digits; at most {_MAX_DECIMAL_DIGITS} are encoded")
    text = "".join(map(str, digits)).lstrip("0")
    shortened = text.rstrip("0")
    if not shortened:
        return b"0e0"
    # as_tuple() gives letters as exponent for NaN and infinity alone.
    power = int(exponent) + len(text) - len(shortened)
    return f"{'-' if sign else ''}{shortened}e{power}".encode("ascii")
