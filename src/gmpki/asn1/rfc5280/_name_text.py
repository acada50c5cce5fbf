"""Names as text by RFC 4514, and the short names of attribute types."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from gmpki.asn1.rfc5280.name import AttributeTypeAndValue

__all__ = ["SHORT_NAMES", "attribute_text", "escape", "rfc4514", "shown_text"]

# The dotted number of an attribute type to its short name. The first nine are those of RFC 4514 section 3; the others
# are registered for LDAP (RFC 4519), or what everybody writes.
SHORT_NAMES: Final[dict[str, str]] = {
    "2.5.4.3": "CN",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    "2.5.4.10": "O",
    "2.5.4.11": "OU",
    "2.5.4.6": "C",
    "2.5.4.9": "STREET",
    "0.9.2342.19200300.100.1.25": "DC",
    "0.9.2342.19200300.100.1.1": "UID",
    "2.5.4.4": "SN",
    "2.5.4.5": "serialNumber",
    "2.5.4.12": "T",
    "2.5.4.13": "description",
    "2.5.4.15": "businessCategory",
    "2.5.4.17": "postalCode",
    "2.5.4.20": "telephoneNumber",
    "2.5.4.41": "name",
    "2.5.4.42": "GN",
    "2.5.4.43": "initials",
    "2.5.4.44": "generationQualifier",
    "2.5.4.45": "x500UniqueIdentifier",
    "2.5.4.46": "dnQualifier",
    "2.5.4.65": "pseudonym",
    "2.5.4.97": "organizationIdentifier",
    "1.2.840.113549.1.9.1": "emailAddress",
    "1.2.840.113549.1.9.2": "unstructuredName",
    "1.3.6.1.4.1.311.60.2.1.1": "jurisdictionL",
    "1.3.6.1.4.1.311.60.2.1.2": "jurisdictionST",
    "1.3.6.1.4.1.311.60.2.1.3": "jurisdictionC",
}

_SPECIAL: Final = frozenset('",+;<>\\')


def _shown(character: str) -> str:
    return "".join(f"\\{byte:02X}" for byte in character.encode("utf-8", "surrogatepass"))


def shown_text(text: str) -> str:
    """Return text for a terminal: control and other invisible characters as their bytes in UTF-8, in hexadecimal."""
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else _shown(character) for character in text)


def escape(text: str) -> str:
    """Escape an attribute value as RFC 4514 2.4 asks, invisible characters too."""
    last = len(text) - 1
    out = []
    for position, character in enumerate(text):
        if character in _SPECIAL or (position == 0 and character in " #") or (position == last and character == " "):
            out.append("\\" + character)
        elif character.isprintable():
            out.append(character)
        else:
            out.append(_shown(character))
    return "".join(out)


@lru_cache(maxsize=1024)
def attribute_text(attribute: AttributeTypeAndValue) -> str:
    """Return ``TYPE=value``; a type without a short name has its number, and its value is in hexadecimal."""
    short = SHORT_NAMES.get(attribute.type)
    text = attribute.text
    if short is None or text is None:
        return f"{short or str.__str__(attribute.type)}=#{attribute.value.hex().upper()}"
    return f"{short}={escape(text)}"


def rfc4514(rdns: tuple[tuple[AttributeTypeAndValue, ...], ...]) -> str:
    """Return the text of RFC 4514: the last set first, sets with commas, attributes of a set with plus signs."""
    return ",".join("+".join(map(attribute_text, rdn)) for rdn in reversed(rdns))
