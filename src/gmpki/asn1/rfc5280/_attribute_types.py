"""The types of attributes in names, by the short names that people write."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki import _inputs, oids
from gmpki.asn1 import der
from gmpki.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gmpki.oids import ObjectIdentifier

__all__ = ["SHORT_BY_OID", "SHORT_NAMES", "attribute_type"]

# The short name of each attribute type. The first nine are those of RFC 4514 section 3; the others
# are registered for LDAP (RFC 4519), or what everybody writes.
SHORT_BY_OID: Final[dict[str, str]] = {
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

SHORT_NAMES: Final[Mapping[str, ObjectIdentifier]] = {
    short: oids.find(dotted) for dotted, short in SHORT_BY_OID.items()
}
"""The object identifier of each short name."""

# What else people and other programs write.
_ALIASES: Final = {
    "E": oids.EMAIL_ADDRESS,
    "EMAIL": oids.EMAIL_ADDRESS,
    "S": oids.STATE_OR_PROVINCE_NAME,
    "SP": oids.STATE_OR_PROVINCE_NAME,
    "SURNAME": oids.SURNAME,
    "G": oids.GIVEN_NAME,
    "GIVENNAME": oids.GIVEN_NAME,
    "TITLE": oids.TITLE,
}
_BY_NAME: Final = {
    **{short.upper(): oid for short, oid in SHORT_NAMES.items()},
    **{oids.find(dotted).name.upper(): oids.find(dotted) for dotted in SHORT_BY_OID},
    **_ALIASES,
}


def attribute_type(name: str) -> ObjectIdentifier:
    """Return the object identifier of an attribute type given by its short name, full name or number.

    :raises InvalidTypeError: when name is no ``str``.
    :raises InvalidInputError: when it is neither a known name nor an object identifier.
    """
    text = _inputs.as_text(name, "an attribute type")
    known = _BY_NAME.get(text.upper())
    if known is not None:
        return known
    dotted = text[4:] if text[:4].upper() == "OID." else str.__str__(text)
    if not dotted[:1].isdigit():
        raise InvalidInputError(f"not an attribute type: {text[:80]!r}; expected one such as CN, O or 2.5.4.3")
    der.encode_oid(dotted)
    return oids.find(dotted)
