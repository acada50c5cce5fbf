"""What public functions take: buffers, numbers, text, members of an enumeration. Each rule and its wording stand here.

The C core's view of a buffer, without a copy, is ``readable`` in :mod:`gmpki.algorithms._call`.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Final, TypeVar

from gmpki.errors import GmpkiError, InvalidInputError, InvalidTypeError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from typing_extensions import Buffer

__all__ = [
    "as_bytes",
    "as_text",
    "function",
    "iterated",
    "iterator",
    "member",
    "not_a_buffer",
    "number",
    "shown_number",
    "utc",
    "utc_seconds",
]

T = TypeVar("T")

# Longer numbers are not written out: Python refuses to beyond 4300 digits, and nobody reads one of 40.
_SHOWN_BITS: Final = 128


def not_a_buffer(data: object, name: str, *, text_hint: str = "") -> InvalidTypeError:
    """Return the error for what has no buffer; ``text_hint`` tells what to do about ``str``."""
    hint = f"; {text_hint}" if text_hint and isinstance(data, str) else ""
    return InvalidTypeError(
        f"{name} must be bytes, bytearray, memoryview or another buffer, not {type(data).__name__}{hint}"
    )


def as_bytes(data: Buffer, name: str, *, text_hint: str = "") -> bytes:
    """Return the bytes of a buffer.

    :raises InvalidTypeError: for ``str``, ``int``, ``None`` and whatever else has no buffer.
    :raises InvalidInputError: for a buffer that is not C-contiguous or was released.
    """
    if type(data) is bytes:
        return data
    try:
        view = memoryview(data)
    except TypeError:
        raise not_a_buffer(data, name, text_hint=text_hint) from None
    except (BufferError, ValueError) as error:
        raise InvalidInputError(f"{name} must be a contiguous buffer: {error}") from None
    if not view.c_contiguous:
        raise InvalidInputError(f"{name} must be a contiguous buffer")
    return view.tobytes()


def as_text(value: str, name: str) -> str:
    """Return text.

    :raises InvalidTypeError: for what is not ``str``.
    """
    if not isinstance(value, str):
        raise InvalidTypeError(f"{name} must be str, not {type(value).__name__}")
    return value


def function(value: object, name: str) -> None:
    """Check that a value can be called.

    :raises InvalidTypeError: when it cannot.
    """
    if not callable(value):
        raise InvalidTypeError(f"{name} must be a function, not {type(value).__name__}")


def shown_number(value: int) -> str:
    """Return a number as it stands in messages."""
    return str(value) if value.bit_length() <= _SHOWN_BITS else f"a number of {value.bit_length()} bits"


def number(value: int, low: int, high: int, name: str) -> int:
    """Return an integer of ``low`` .. ``high``.

    :raises InvalidTypeError: for what is not an ``int``, a ``bool`` for instance.
    :raises InvalidInputError: for one outside.
    """
    if not isinstance(value, int) or isinstance(value, bool):
        raise InvalidTypeError(f"{name} must be an int, not {type(value).__name__}")
    if not low <= value <= high:
        raise InvalidInputError(f"{name} must be {low} to {high}, not {shown_number(value)}")
    return value


def iterated(values: Iterable[T], name: str, *, most: int | None = None) -> tuple[T, ...]:
    """Return what an iterable holds, or the first ``most`` of it.

    :raises InvalidTypeError: when it is none.
    :raises GmpkiError: what an iterator of gmpki raises.
    """
    try:
        if most is None:
            return tuple(values)
        # Neither islice nor zip: over a released memoryview they end in a SystemError.
        found: list[T] = []
        for value in values:
            found.append(value)
            if len(found) == most:
                break
        return tuple(found)
    except GmpkiError:
        raise
    except (TypeError, ValueError, NotImplementedError):  # how objects say that they cannot be iterated
        raise InvalidTypeError(f"{name} must be a sequence, not {type(values).__name__}") from None


def iterator(values: Iterable[T], name: str) -> Iterator[T]:
    """Return an iterator over what an iterable holds.

    :raises InvalidTypeError: when it is none.
    """
    try:
        return iter(values)
    except (TypeError, ValueError, NotImplementedError):  # how objects say that they cannot be iterated
        raise InvalidTypeError(f"{name} must be a sequence, not {type(values).__name__}") from None


def utc(value: datetime, name: str) -> datetime:
    """Return a time with a time zone in UTC.

    :raises InvalidTypeError: for what is no ``datetime``.
    :raises InvalidInputError: for one without a time zone, or outside the years 1 to 9999 in UTC.
    """
    member(value, datetime, name)
    try:
        if value.tzinfo is None or value.utcoffset() is None:
            raise InvalidInputError(f"{name} has no time zone; give one, for instance datetime.timezone.utc")
        return value.astimezone(timezone.utc)
    except OverflowError:
        raise InvalidInputError(f"{name} lies outside the years 1 to 9999 in UTC") from None


def utc_seconds(value: datetime, name: str) -> datetime:
    """Return a time as :func:`utc` does, without its fraction of a second."""
    return utc(value, name).replace(microsecond=0)


def member(value: object, kind: type, name: str) -> None:
    """Check that a value is a member of an enumeration, or an object of a class.

    :raises InvalidTypeError: when it is not.
    """
    if not isinstance(value, kind):
        article = "an" if kind.__name__[0] in "AEIOU" else "a"
        raise InvalidTypeError(f"{name} must be {article} {kind.__name__}, not {type(value).__name__}")
