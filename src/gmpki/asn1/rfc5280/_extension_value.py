"""What the contents of all extensions share: their identifier, and the SEQUENCE OF that is never empty."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, TypeVar

from gmpki import _inputs
from gmpki.asn1 import der
from gmpki.asn1._schema import Schema, der_of
from gmpki.asn1.quirks import QuirkKind
from gmpki.errors import InvalidInputError, InvalidTypeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from gmpki.asn1.der import Reader
    from gmpki.oids import ObjectIdentifier

__all__ = [
    "ExtensionValue",
    "check_items",
    "encode_count",
    "encode_flags",
    "encode_sequence_of",
    "has_items",
    "read_sequence_of",
]

T = TypeVar("T")


class ExtensionValue(Schema):
    """What the OCTET STRING of one kind of extension holds.

    :cvar OID: the identifier of the extension.
    :cvar CRITICAL: whether an extension of this kind is made critical unless the caller says otherwise.
    :cvar FIXED: whether the standard leaves the caller no choice.
    """

    __slots__ = ()
    OID: ClassVar[ObjectIdentifier]
    CRITICAL: ClassVar[bool] = False
    FIXED: ClassVar[bool] = False


def read_sequence_of(
    reader: Reader, name: str, item: str, read: Callable[[Reader, str], T], *, tag: int = der.Tag.SEQUENCE
) -> tuple[T, ...]:
    """Read ``SEQUENCE SIZE (1..MAX) OF``.

    :param item: the field name of one element.
    :param read: what reads one element.
    :raises DecodeError: when it is not there, or is empty and the reader is strict.
    """
    items = []
    with reader.sequence(name, tag=tag) as fields:
        if fields.at_end():
            fields.tolerate(QuirkKind.EMPTY_SEQUENCE, "the SEQUENCE is empty; at least one element expected")
        while not fields.at_end():
            items.append(read(fields, item))
    return tuple(items)


def encode_sequence_of(items: tuple[Schema, ...], kind: type[Schema], name: str) -> bytes:
    """Encode ``SEQUENCE SIZE (1..MAX) OF`` a structure.

    :raises InvalidTypeError: when items is no tuple or list, or one of them is none of that kind.
    :raises InvalidInputError: when it is empty.
    """
    check_items(items, name)
    return der.encode_sequence(*[der_of(item, kind, name) for item in items])


def has_items(items: object, name: str) -> bool:
    """Tell whether a field that is absent when it is empty has something in it.

    :raises InvalidTypeError: when it is neither tuple nor list.
    """
    if not isinstance(items, (tuple, list)):
        raise InvalidTypeError(f"{name} must be a tuple, not {type(items).__name__}")
    return len(items) > 0


def check_items(items: object, name: str) -> None:
    """Check that the value of a ``SIZE (1..MAX)`` field is a tuple or list with something in it.

    :raises InvalidTypeError: when it is neither.
    :raises InvalidInputError: when it is empty.
    """
    if not has_items(items, name):
        raise InvalidInputError(f"{name} must have at least one element")


def encode_count(value: int, name: str, *, tag: int = der.Tag.INTEGER) -> bytes:
    """Encode ``INTEGER (0..MAX)``.

    :raises InvalidTypeError: when the value is no ``int``.
    :raises InvalidInputError: when it is negative.
    """
    if type(value) is int and value < 0:
        raise InvalidInputError(f"{name} must not be negative")
    return der.encode_integer(value, tag=tag)


def encode_flags(value: int, kind: type, highest: int, name: str) -> bytes:
    """Encode a BIT STRING with named bits, of which at least one is set.

    :param kind: the class of flags expected.
    :param highest: the sum of all flags of the class.
    :raises InvalidTypeError: when the value is none of that class.
    :raises InvalidInputError: when no bit is set, or one that has no name.
    """
    _inputs.member(value, kind, name)
    if not 0 < int(value) <= highest:
        raise InvalidInputError(f"{name} must set at least one bit, and only bits of {kind.__name__}")
    return der.encode_named_bits(int(value))
