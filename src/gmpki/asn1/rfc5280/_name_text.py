"""Names as text by RFC 4514."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki.asn1.rfc5280._attribute_types import SHORT_BY_OID

if TYPE_CHECKING:
    from gmpki.asn1.rfc5280.name import AttributeTypeAndValue

__all__ = ["attribute_text", "escape", "rfc4514", "shown_text"]

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


def attribute_text(attribute: AttributeTypeAndValue) -> str:
    """Return ``TYPE=value``; a type without a short name has its number, and its value is in hexadecimal."""
    short = SHORT_BY_OID.get(attribute.type)
    text = attribute.text
    if short is None or text is None:
        return f"{short or str.__str__(attribute.type)}=#{attribute.value.hex().upper()}"
    return f"{short}={escape(text)}"


def rfc4514(rdns: tuple[tuple[AttributeTypeAndValue, ...], ...]) -> str:
    """Return the text of RFC 4514: the last set first, sets with commas, attributes of a set with plus signs."""
    return ",".join("+".join(map(attribute_text, rdn)) for rdn in reversed(rdns))
