"""Distinguished names as people write them, the string types that the standards ask for, and comparison.

>>> name = build_name(("C", "CN"), ("O", "示例市社会保障局"), ("CN", "张三"))
>>> str(name)
'CN=张三,O=示例市社会保障局,C=CN'
>>> parse_name("/C=CN/O=示例市社会保障局/CN=张三") == name
True
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from gmpki import _inputs, oids
from gmpki.asn1 import der
from gmpki.asn1.rfc5280 import AttributeTypeAndValue, Name
from gmpki.asn1.rfc5280._attribute_types import SHORT_BY_OID, SHORT_NAMES, attribute_type
from gmpki.asn1.rfc5280._name_text import escape, rfc4514, shown_text
from gmpki.errors import InvalidInputError, InvalidTypeError
from gmpki.x509._name_match import is_subordinate, name_key, names_match
from gmpki.x509._name_parser import Part, parse_rdns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gmpki.oids import ObjectIdentifier

__all__ = [
    "SHORT_NAMES",
    "attribute_type",
    "build_name",
    "format_name",
    "is_subordinate",
    "name_key",
    "names_match",
    "parse_name",
]

# The most characters of a value (RFC 5280 appendix A.1, the ub- constants); every value has at least one.
UPPER_BOUNDS: Final = {
    oids.COMMON_NAME: 64,
    oids.LOCALITY_NAME: 128,
    oids.STATE_OR_PROVINCE_NAME: 128,
    oids.ORGANIZATION_NAME: 64,
    oids.ORGANIZATIONAL_UNIT_NAME: 64,
    oids.TITLE: 64,
    oids.SERIAL_NUMBER: 64,
    oids.PSEUDONYM: 128,
    oids.EMAIL_ADDRESS: 255,
    oids.NAME: 32768,
    oids.SURNAME: 32768,
    oids.GIVEN_NAME: 32768,
    oids.INITIALS: 32768,
    oids.GENERATION_QUALIFIER: 32768,
}
COUNTRIES: Final = frozenset((oids.COUNTRY_NAME, oids.JURISDICTION_COUNTRY))
# Types of RFC 5280 appendix A.1 and RFC 4519 that have one string type only.
PRINTABLE_ONLY: Final = frozenset((oids.SERIAL_NUMBER, oids.DN_QUALIFIER, oids.TELEPHONE_NUMBER))
IA5_ONLY: Final = frozenset((oids.EMAIL_ADDRESS, oids.DOMAIN_COMPONENT))
NO_STRINGS: Final = {oids.POSTAL_ADDRESS: "a list of strings", oids.X500_UNIQUE_IDENTIFIER: "a BIT STRING"}

# From the largest unit to the smallest: tells which end of a written name comes first in its encoding.
_RANKS: Final = {
    kind: rank
    for rank, kind in enumerate(
        (
            oids.COUNTRY_NAME,
            oids.STATE_OR_PROVINCE_NAME,
            oids.LOCALITY_NAME,
            oids.ORGANIZATION_NAME,
            oids.ORGANIZATIONAL_UNIT_NAME,
            oids.COMMON_NAME,
        )
    )
}


def build_name(
    *rdns: tuple[str, str] | Sequence[tuple[str, str]],
    allow_long: bool = False,
) -> Name:
    """Build a name, its parts in the order of the encoding: the country first.

    Values become PrintableString where all their characters allow it and UTF8String otherwise, except that country,
    serial number and DN qualifier are always PrintableString, and e-mail address and domain component IA5String.

    :param rdns: pairs of an attribute type (``"CN"``, ``"2.5.4.3"``) and a text; a list of pairs is one set with
        several attributes.
    :param allow_long: take values that are longer than RFC 5280 allows. Lengths count characters, not bytes.
    :raises InvalidTypeError: when a part is no pair of ``str``, nor a list of pairs.
    :raises InvalidInputError: when a type is unknown, or a value is empty, too long, or has characters that its string
        type lacks.
    :standard: RFC 5280 4.1.2.4 and appendix A.1; GM/T 0015-2012 asks for the same string types [B]
    """
    allow_long = bool(allow_long)
    return Name(tuple(tuple([_given_attribute(*_pair(pair), allow_long) for pair in _pairs(rdn)]) for rdn in rdns))


def _pairs(rdn: object) -> list[object]:
    if isinstance(rdn, list):
        return rdn
    if isinstance(rdn, tuple) and rdn and not isinstance(rdn[0], str):
        return list(rdn)
    return [rdn]


def _pair(pair: object) -> tuple[str, str]:
    if isinstance(pair, (tuple, list)) and len(pair) == 2:
        kind, text = pair
        if isinstance(kind, str) and isinstance(text, str):
            return kind, text
    raise InvalidTypeError('a name is built of pairs of text such as ("CN", "example"), or of lists of such pairs')


def _given_attribute(type_name: str, text: str, allow_long: bool) -> AttributeTypeAndValue:
    make = _remembered_attribute if len(type_name) + len(text) <= _REMEMBERED_LEN else _attribute
    return make(type_name, text, allow_long=allow_long)


def _attribute(type_name: str, text: str, *, allow_long: bool) -> AttributeTypeAndValue:
    kind = attribute_type(type_name)
    if kind in NO_STRINGS:
        raise InvalidInputError(f"{kind.name} holds {NO_STRINGS[kind]}, not text")
    if not text:
        raise InvalidInputError(f"the value of {kind.name} is empty")
    bound = UPPER_BOUNDS.get(kind)
    if bound is not None and len(text) > bound and not allow_long:
        raise InvalidInputError(f"{kind.name} has at most {bound} characters, this one {len(text)}")
    return AttributeTypeAndValue(kind, _encode_value(kind, text))


# Country, province and organisation are the same in the names of many subjects.
_REMEMBERED_LEN: Final = 128
_remembered_attribute = lru_cache(maxsize=512)(_attribute)


def _encode_value(kind: ObjectIdentifier, text: str) -> bytes:
    try:
        if kind in COUNTRIES:
            if len(text) != 2 or not (text.isascii() and text.isalpha()):
                raise InvalidInputError("a country is two letters, such as CN")
            return der.encode_printable_string(text)
        if kind in PRINTABLE_ONLY:
            return der.encode_printable_string(text)
        if kind in IA5_ONLY:
            return der.encode_ia5_string(text)
        try:
            return der.encode_printable_string(text)
        except InvalidInputError:  # a character that it lacks
            return der.encode_utf8_string(text)
    except InvalidInputError as error:
        raise InvalidInputError(f"{kind.name}: {error}") from None


def parse_name(text: str, *, order: str = "auto", allow_long: bool = False) -> Name:
    """Read a name that somebody wrote, in one of three forms.

    ``CN=张三,O=示例,C=CN``, the form of RFC 4514, which has the last part of the encoding first;
    ``C=CN, O=示例, CN=张三`` and ``/C=CN/O=示例/CN=张三``, in the order of the encoding. Values may be quoted, have
    special characters escaped with a backslash, or be the DER in hexadecimal after ``#``.

    :param order: "rfc4514" when the last part stands first, "as-encoded" when it stands last, "auto" to tell by which
        of the first and the last part names the larger unit (country, province, locality, organisation, unit, person),
        and by RFC 4514 when that says nothing. A text that begins with a slash is always in the order of the encoding.
    :param allow_long: as in :func:`build_name`.
    :raises InvalidTypeError: when text is no ``str``.
    :raises InvalidInputError: when it is none of these forms, saying at which character, or breaks a rule of
        :func:`build_name`.
    """
    text = _inputs.as_text(text, "a name")
    if order not in ("auto", "rfc4514", "as-encoded"):
        raise InvalidInputError(f'order is "auto", "rfc4514" or "as-encoded", not {order!r}')
    rdns = [tuple(_written_attribute(part, allow_long=allow_long) for part in parts) for parts in parse_rdns(text)]
    reverse = not text.startswith("/") and (order == "rfc4514" or (order == "auto" and _last_part_stands_first(rdns)))
    return Name(tuple(reversed(rdns) if reverse else rdns))


def _written_attribute(part: Part, *, allow_long: bool) -> AttributeTypeAndValue:
    try:
        if part.encoded is None:
            return _attribute(part.type_name, part.text, allow_long=allow_long)
        return AttributeTypeAndValue(attribute_type(part.type_name), part.encoded)
    except InvalidInputError as error:
        raise InvalidInputError(f"{error} (at character {part.position} of the name)") from None


def _last_part_stands_first(rdns: list[tuple[AttributeTypeAndValue, ...]]) -> bool:
    if not rdns:
        return False
    first, last = (_RANKS.get(rdn[0].type) for rdn in (rdns[0], rdns[-1]))
    return first is None or last is None or first >= last


def format_name(name: Name, order: str = "rfc4514") -> str:
    """Write a name as text.

    :param order: "rfc4514" for the form of RFC 4514, as ``str(name)`` gives it; "as-encoded" for people: in the order
        of the encoding, with a space after each comma, and text for attribute types that have only a number.
    :raises InvalidTypeError: when name is no :class:`~gmpki.asn1.rfc5280.Name`.
    :raises InvalidInputError: when order is neither.
    """
    _inputs.member(name, Name, "a name")
    if order == "rfc4514":
        return rfc4514(name.rdns)
    if order != "as-encoded":
        raise InvalidInputError(f'order is "rfc4514" or "as-encoded", not {order!r}')
    return ", ".join("+".join(map(_shown_attribute, rdn)) for rdn in name.rdns)


def _shown_attribute(attribute: AttributeTypeAndValue) -> str:
    short = SHORT_BY_OID.get(attribute.type) or shown_text(str.__str__(attribute.type))
    text = attribute.text
    return f"{short}=#{attribute.value.hex().upper()}" if text is None else f"{short}={escape(text)}"
