"""Comparison of names: string types, case and spaces do not matter (RFC 5280 7.1, RFC 4518)."""

from __future__ import annotations

import operator
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from gmpki import _inputs
from gmpki.asn1 import der
from gmpki.asn1.rfc5280 import AttributeTypeAndValue, Name
from gmpki.errors import DecodeError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["is_subordinate", "name_key", "names_match"]

# Mapped to nothing (RFC 4518 2.2): soft hyphens, variation selectors, controls and formatting characters.
_DROPPED: Final = dict.fromkeys(
    (
        0x00AD,
        0x034F,
        0x06DD,
        0x070F,
        0x1806,
        0x200B,
        0xFEFF,
        0xFFFC,
        0xE0001,
        *range(0x0009),
        *range(0x000E, 0x0020),
        *range(0x007F, 0x0085),
        *range(0x0086, 0x00A0),
        *range(0x180B, 0x180F),
        *range(0x200C, 0x2010),
        *range(0x202A, 0x202F),
        *range(0x2060, 0x2064),
        *range(0x206A, 0x2070),
        *range(0xFE00, 0xFE10),
        *range(0xFFF9, 0xFFFC),
        *range(0x1D173, 0x1D17B),
        *range(0xE0020, 0xE0080),
    )
)
# Mapped to a space, likewise.
_SPACES: Final = dict.fromkeys(
    (*range(0x0009, 0x000E), 0x0085, 0x00A0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000),
    " ",
)
_MAP: Final = {**_DROPPED, **_SPACES}
# Unassigned, private use and surrogate characters, and the replacement character, match nothing (RFC 4518 2.4).
_PROHIBITED: Final = frozenset(("Cn", "Co", "Cs"))
_REMEMBERED_LEN: Final = 1024
_BINARY: Final = der.Tag.context(0, constructed=True)


def _prepare(text: str) -> str | None:
    """Bring text to the form in which it is compared; None when it holds what RFC 4518 2.4 prohibits."""
    if text.isascii() and text.isprintable():
        return _spaced(text.lower())
    # Normalised twice: compatibility characters such as U+3392 (MHz) unfold to capitals.
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text.translate(_MAP)).casefold())
    if "\ufffd" in folded or any(unicodedata.category(character) in _PROHIBITED for character in folded):
        return None
    return _spaced(folded)


def _spaced(text: str) -> str:
    """Drop spaces at both ends, and leave one of several inside (RFC 4518 2.6.1)."""
    return " ".join(part for part in text.split(" ") if part)


def _attribute_key(attribute: AttributeTypeAndValue) -> bytes:
    prepared = None
    if attribute.value[0] in der.STRING_TAGS:
        try:
            prepared = _prepare(der.Reader(attribute.value).any_string())
        except DecodeError:  # a string that its type does not allow, met in tolerant reading: only its bytes count
            prepared = None
    value = der.encode(_BINARY, attribute.value) if prepared is None else der.encode_utf8_string(prepared)
    return der.encode_sequence(der.encode_oid(attribute.type), value)


def _rdn_key(rdn: tuple[AttributeTypeAndValue, ...]) -> bytes:
    return der.encode_set_of(map(_attribute_key, rdn))


# A name that is new shares most of its parts with others.
_remembered_key = lru_cache(maxsize=2048)(_rdn_key)


@lru_cache(maxsize=2048)
def _remembered_keys(name: Name) -> tuple[bytes, ...]:
    return tuple(map(_remembered_key, name.rdns))


def _rdn_keys(name: Name) -> tuple[bytes, ...]:
    # Longer names, and their parts, are prepared each time: thousands of them would fill the memory.
    return _remembered_keys(name) if len(name.to_der()) <= _REMEMBERED_LEN else tuple(map(_rdn_key, name.rdns))


def _each_key(name: Name) -> Iterator[bytes]:
    return map(_remembered_key if len(name.to_der()) <= _REMEMBERED_LEN else _rdn_key, name.rdns)


def name_key(name: Name) -> bytes:
    """Return bytes that are equal for exactly those names that match: a key for dictionaries.

    :raises InvalidTypeError: when name is no :class:`~gmpki.asn1.rfc5280.Name`.
    """
    if type(name) is not Name:
        _inputs.member(name, Name, "a name")
    return b"".join(_rdn_keys(name))


def names_match(first: Name, second: Name) -> bool:
    """Tell whether two names are the same name: equal attributes in the same order.

    Strings are compared as RFC 4518 prepares them, whatever their string type: without regard to case, and with runs
    of spaces as one. Values that are no strings are compared by their bytes, as are strings with characters that RFC
    4518 prohibits. This holds for every attribute type, also those that nobody knows here.

    :raises InvalidTypeError: when one is no :class:`~gmpki.asn1.rfc5280.Name`.
    :standard: RFC 5280 7.1
    """
    _inputs.member(first, Name, "the first name")
    _inputs.member(second, Name, "the second name")
    if first == second:
        return True
    # Set by set: what differs is found before the rest is prepared.
    return len(first.rdns) == len(second.rdns) and all(map(operator.eq, _each_key(first), _each_key(second)))


def is_subordinate(name: Name, base: Name) -> bool:
    """Tell whether a name lies in the subtree of another: begins with all its parts, or is the same.

    :raises InvalidTypeError: when one is no :class:`~gmpki.asn1.rfc5280.Name`.
    :standard: RFC 5280 4.2.1.10 for names of the form directoryName
    """
    _inputs.member(name, Name, "the name")
    _inputs.member(base, Name, "the base")
    count = len(base.rdns)
    return count <= len(name.rdns) and _rdn_keys(name)[:count] == _rdn_keys(base)
