"""Who holds a certificate that somebody else has issued: what a table says of it, or what the certificate says itself.

A holder whose number nobody has written down, neither in a table nor in an identity extension, is known by SM3 of the
subject, so that certificates of one subject have one holder. The number is put in its place when it becomes known, by
:func:`gmpki.ca.registration.applicants.update_applicant`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from gmpki import oids
from gmpki.asn1.gmt0015 import IdentifyCode, IdentifyCodeKind, IdentityValue
from gmpki.ca.registration.applicants import Applicant, ApplicantKind, Contact
from gmpki.ca.registration.identity import Identity, IdentityKind
from gmpki.ca.store.columns import digest_text
from gmpki.errors import InvalidInputError
from gmpki.x509.names import format_name, name_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gmpki.oids import ObjectIdentifier
    from gmpki.x509.certificate import Certificate

__all__ = ["holder_of", "identity_extensions"]

_MAX_NAME_LEN: Final = 128
# What the number under an identifier may be, the likelier first. What identifies nobody by a number is not here.
_KINDS: Final[Mapping[ObjectIdentifier, tuple[IdentityKind, ...]]] = {
    oids.RESIDENT_IDENTITY_2023: (IdentityKind.RESIDENT_ID,),
    oids.PASSPORT_2023: (IdentityKind.PASSPORT,),
    oids.SOCIAL_CREDIT_CODE_2023: (IdentityKind.CREDIT_CODE,),
    oids.SOCIAL_CREDIT_CODE_2023_LONG: (IdentityKind.CREDIT_CODE,),
    oids.ORGANIZATION_CODE: (IdentityKind.CREDIT_CODE, IdentityKind.ORGANIZATION_CODE),
    oids.IC_REGISTRATION_NUMBER: (IdentityKind.CREDIT_CODE, IdentityKind.BUSINESS_REGISTRATION),
    oids.TAXATION_NUMBER: (IdentityKind.CREDIT_CODE, IdentityKind.TAXATION_NUMBER),
    oids.LEGACY_PERSONAL_IDENTITY: (IdentityKind.RESIDENT_ID,),
    oids.LEGACY_ORGANIZATION_CODE: (IdentityKind.CREDIT_CODE, IdentityKind.ORGANIZATION_CODE),
    oids.LEGACY_BUSINESS_REGISTRATION: (IdentityKind.CREDIT_CODE, IdentityKind.BUSINESS_REGISTRATION),
    oids.LEGACY_TAXATION_NUMBER: (IdentityKind.CREDIT_CODE, IdentityKind.TAXATION_NUMBER),
}
_DOCUMENTS: Final = {
    None: (IdentityKind.RESIDENT_ID,),
    IdentifyCodeKind.RESIDENT_ID: (IdentityKind.RESIDENT_ID,),
    IdentifyCodeKind.MILITARY_ID: (IdentityKind.MILITARY_CARD,),
    IdentifyCodeKind.PASSPORT: (IdentityKind.PASSPORT,),
}
_OF_PERSONS: Final = (IdentityKind.RESIDENT_ID, IdentityKind.PASSPORT, IdentityKind.MILITARY_CARD)
# A mark of the document that some authorities write before a number.
_MARK: Final = re.compile("^(?:SF|sf|0@)")


def identity_extensions(certificate: Certificate) -> tuple[ObjectIdentifier, ...]:
    """Return the kinds of identity extensions that a certificate has."""
    return tuple(oid for oid in certificate.extensions.oids if oid in _KINDS or oid == oids.IDENTIFY_CODE)


def holder_of(
    certificate: Certificate, said: Mapping[str, str], *, region_id: int, default_kind: ApplicantKind
) -> Applicant:
    """Return the holder of a certificate.

    :param said: what a table says of it: the columns of :data:`gmpki.ca.takeover.index.COLUMNS`.
    :param default_kind: where neither the table nor the certificate tells whether it is a person.
    :raises InvalidInputError: when what the table says cannot be meant, such as a number with a wrong check character.
    """
    found = _said_identity(said) or next(_identities(certificate), None)
    kind = _said_kind(said) or _kind(certificate, found, default_kind)
    if found is None:
        found = Identity(IdentityKind.SUBJECT, digest_text(name_key(certificate.subject)).upper())
    contact = None
    if "contact_name" in said:
        reached = {name: said.get(f"contact_{name}", "") for name in ("phone", "email", "address")}
        contact = Contact(said["contact_name"], **reached)
    return Applicant(
        kind, said.get("name") or _name(certificate, kind), found, region_id, said.get("credit_code", ""), contact
    )


def _said_identity(said: Mapping[str, str]) -> Identity | None:
    if "identity" not in said:
        return None
    for kind in IdentityKind:
        if kind.value == said.get("identity_kind"):
            return Identity(kind, said["identity"])
    raise InvalidInputError(f"identity_kind is one of {', '.join(kind.value for kind in IdentityKind)}")


def _said_kind(said: Mapping[str, str]) -> ApplicantKind | None:
    if "kind" not in said:
        return None
    for kind in ApplicantKind:
        if kind.value == said["kind"].lower():
            return kind
    raise InvalidInputError(f"kind is one of {', '.join(kind.value for kind in ApplicantKind)}")


def _identities(certificate: Certificate) -> Iterator[Identity]:
    """Yield the numbers that identity extensions hold, as far as they are right."""
    for oid in identity_extensions(certificate):
        if certificate.extensions.problem(oid) is not None:
            continue
        value = certificate.extensions.value(oid)
        if not isinstance(value, IdentityValue):
            continue
        kinds = _DOCUMENTS[value.kind] if isinstance(value, IdentifyCode) else _KINDS[oid]
        number = _MARK.sub("", str(getattr(value, "value", "")))
        for kind in kinds:
            try:
                yield Identity(kind, number)
            except InvalidInputError:
                continue
            break


def _kind(certificate: Certificate, identity: Identity | None, default: ApplicantKind) -> ApplicantKind:
    if identity is not None and identity.kind is not IdentityKind.SUBJECT:
        if identity.kind is IdentityKind.DEVICE:
            return ApplicantKind.DEVICE
        return ApplicantKind.PERSON if identity.kind in _OF_PERSONS else ApplicantKind.ORGANIZATION
    purposes = certificate.extended_key_usage
    if purposes is not None and oids.SERVER_AUTH in purposes.purposes:
        return ApplicantKind.DEVICE
    subject = certificate.subject
    organisations = set(subject.get_all(oids.ORGANIZATION_NAME))
    if organisations & set(subject.get_all(oids.COMMON_NAME)):
        return ApplicantKind.ORGANIZATION
    return default


def _name(certificate: Certificate, kind: ApplicantKind) -> str:
    subject = certificate.subject
    wanted = (oids.COMMON_NAME, oids.ORGANIZATION_NAME)
    if kind is ApplicantKind.ORGANIZATION:
        wanted = (oids.ORGANIZATION_NAME, oids.COMMON_NAME)
    for oid in wanted:
        for text in subject.get_all(oid):
            cleaned = "".join(character for character in text if character.isprintable()).strip()
            if cleaned:
                return cleaned[:_MAX_NAME_LEN]
    return format_name(subject)[:_MAX_NAME_LEN] or f"{certificate.serial_number:x}"
