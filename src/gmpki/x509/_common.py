"""What the certificates of one issuer under one profile have in common, encoded once.

A certificate differs from the next one in serial number, validity, subject and key, and in the extensions that follow
from these; the rest is the same bytes again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from gmpki import oids
from gmpki.asn1.rfc5280 import GeneralName
from gmpki.asn1.rfc5280.ext_keys import AuthorityKeyIdentifier, ExtendedKeyUsage, KeyUsage
from gmpki.asn1.rfc5280.ext_names import BasicConstraints
from gmpki.asn1.rfc5280.ext_points import (
    AccessDescription,
    AuthorityInfoAccess,
    CRLDistributionPoints,
    DistributionPoint,
    DistributionPointName,
)
from gmpki.asn1.rfc5280.ext_policies import CertificatePolicies, PolicyInformation
from gmpki.asn1.rfc6960_nocheck import OCSPNoCheck
from gmpki.errors import InvalidInputError
from gmpki.x509.certificate_builder import key_identifier
from gmpki.x509.extensions import make

if TYPE_CHECKING:
    from gmpki.asn1.rfc5280 import Extension
    from gmpki.oids import ObjectIdentifier
    from gmpki.x509.certificate import Certificate
    from gmpki.x509.preparing import Addresses
    from gmpki.x509.profile import Profile

__all__ = ["Common", "Encoded", "encoded"]

_MAX_LISTS: Final = 1024


class Encoded(NamedTuple):
    """An extension as it stands in a certificate."""

    kind: ObjectIdentifier
    der: bytes


def encoded(extension: Extension) -> Encoded:
    """Encode an extension."""
    return Encoded(extension.extn_id, extension.to_der())


class Common:
    """The parts that do not change. Immutable but for what it remembers; thread-safe.

    :param issuer: the certificate of who signs; None when each applicant does.
    :raises InvalidInputError: when the issuer has no name.
    :ivar issuer_name: its subject, encoded; empty without one.
    :ivar authority_key: authorityKeyIdentifier; None when the profile has none, or it is the applicant's own key.
    :ivar usages: keyUsage, by the role of the certificate.
    :ivar policies: certificatePolicies, as far as the profile has them; the next three likewise.
    :ivar services: authorityInfoAccess; None when the profile has none, or no address is known.
    """

    def __init__(self, profile: Profile, issuer: Certificate | None, addresses: Addresses) -> None:
        if issuer is not None and issuer.subject.is_empty:
            raise InvalidInputError("the issuer of a certificate has a name (RFC 5280 4.1.2.4)")
        rules = profile.extensions
        self.profile = profile
        self.issuer = issuer
        self.addresses = addresses
        self.issuer_name = b"" if issuer is None else issuer.subject.to_der()
        self.authority_key = _authority_key(profile, issuer)
        usage = rules.key_usage
        self.usages = {role: encoded(make(KeyUsage(usage.of(role)), usage.critical)) for role in profile.roles}
        self.policies = _policies(profile)
        constraints, purposes = rules.basic_constraints, rules.extended_key_usage
        self.constraints = (
            None
            if constraints is None
            else encoded(make(BasicConstraints(constraints.ca, constraints.path_len), constraints.critical))
        )
        self.purposes = (
            None if purposes is None else encoded(make(ExtendedKeyUsage(purposes.purposes), purposes.critical))
        )
        self.services = _services(profile, addresses)
        self.no_check = encoded(make(OCSPNoCheck())) if rules.ocsp_no_check else None
        self._lists: dict[int, Encoded] = {}

    def list_of(self, serial_number: int) -> Encoded:
        """Return cRLDistributionPoints of the certificate with this number."""
        part = self.addresses.part_of(serial_number)
        found = self._lists.get(part)
        if found is None:
            names = tuple(GeneralName.uri(uri) for uri in self.addresses.crl_of(part))
            found = encoded(make(CRLDistributionPoints((DistributionPoint(DistributionPointName(names)),))))
            if len(self._lists) < _MAX_LISTS:
                self._lists[part] = found
        return found


def _authority_key(profile: Profile, issuer: Certificate | None) -> Encoded | None:
    """Return the identifier of the issuer's key: the one in its certificate (RFC 5280 4.2.1.1)."""
    rules = profile.extensions
    if not rules.authority_key_identifier or issuer is None:
        return None
    known = issuer.subject_key_identifier
    if known is None:
        known = key_identifier(issuer.public_key_info, rules.key_identifier or "sha1")
    return encoded(make(AuthorityKeyIdentifier(known)))


def _policies(profile: Profile) -> Encoded | None:
    rule = profile.extensions.certificate_policies
    if rule is None:
        return None
    return encoded(make(CertificatePolicies(tuple(map(PolicyInformation, rule.policies))), rule.critical))


def _services(profile: Profile, addresses: Addresses) -> Encoded | None:
    if profile.extensions.authority_info_access is None:
        return None
    descriptions = tuple(
        AccessDescription(method, GeneralName.uri(uri))
        for method, uris in ((oids.AD_OCSP, addresses.ocsp), (oids.AD_CA_ISSUERS, addresses.ca_issuers))
        for uri in uris
    )
    return encoded(make(AuthorityInfoAccess(descriptions))) if descriptions else None
