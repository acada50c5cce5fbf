"""Names as text by RFC 4514, and the short names of attribute types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki import oids

if TYPE_CHECKING:
    from gmpki.asn1.rfc5280.name import AttributeTypeAndValue

__all__ = ["SHORT_NAMES", "attribute_text", "escape", "rfc4514", "shown_text"]

# The short name of each attribute type. The first nine are those of RFC 4514 section 3; the others
# are registered for LDAP (RFC 4519), or what everybody writes.
SHORT_NAMES: Final[dict[str, str]] = {
    oids.COMMON_NAME: "CN",
    oids.LOCALITY_NAME: "L",
    oids.STATE_OR_PROVINCE_NAME: "ST",
    oids.ORGANIZATION_NAME: "O",
    oids.ORGANIZATIONAL_UNIT_NAME: "OU",
    oids.COUNTRY_NAME: "C",
    oids.STREET_ADDRESS: "STREET",
    oids.DOMAIN_COMPONENT: "DC",
    oids.USER_ID: "UID",
    oids.SURNAME: "SN",
    oids.SERIAL_NUMBER: "serialNumber",
    oids.TITLE: "T",
    oids.DESCRIPTION: "description",
    oids.BUSINESS_CATEGORY: "businessCategory",
    oids.POSTAL_CODE: "postalCode",
    oids.TELEPHONE_NUMBER: "telephoneNumber",
    oids.NAME: "name",
    oids.GIVEN_NAME: "GN",
    oids.INITIALS: "initials",
    oids.GENERATION_QUALIFIER: "generationQualifier",
    oids.X500_UNIQUE_IDENTIFIER: "x500UniqueIdentifier",
    oids.DN_QUALIFIER: "dnQualifier",
    oids.PSEUDONYM: "pseudonym",
    oids.ORGANIZATION_IDENTIFIER: "organizationIdentifier",
    oids.EMAIL_ADDRESS: "emailAddress",
    oids.UNSTRUCTURED_NAME: "unstructuredName",
    oids.JURISDICTION_LOCALITY: "jurisdictionL",
    oids.JURISDICTION_STATE_OR_PROVINCE: "jurisdictionST",
    oids.JURISDICTION_COUNTRY: "jurisdictionC",
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
