"""Brings an application and a profile together into certificates that only lack a signature."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gmpki import oids
from gmpki.asn1.rfc5280 import Extension, GeneralName
from gmpki.asn1.rfc5280.ext_keys import AuthorityKeyIdentifier, ExtendedKeyUsage, KeyUsage, SubjectKeyIdentifier
from gmpki.asn1.rfc5280.ext_names import BasicConstraints, SubjectAltName
from gmpki.asn1.rfc5280.ext_points import (
    AccessDescription,
    AuthorityInfoAccess,
    CRLDistributionPoints,
    DistributionPoint,
    DistributionPointName,
)
from gmpki.asn1.rfc5280.ext_policies import CertificatePolicies, PolicyInformation
from gmpki.asn1.rfc6960_nocheck import OCSPNoCheck
from gmpki.errors import ProfileError
from gmpki.x509 import _application
from gmpki.x509.certificate_builder import CertificateBuilder, key_identifier
from gmpki.x509.extensions import make, parse

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from gmpki.asn1.rfc5280 import Name, Validity
    from gmpki.asn1.rfc5280._extension_value import ExtensionValue
    from gmpki.keys.loader import PublicKey
    from gmpki.oids import ObjectIdentifier
    from gmpki.x509.certificate import Certificate
    from gmpki.x509.preparing import Addresses
    from gmpki.x509.profile import Profile, Role

__all__ = ["Applicant", "Draft"]


@dataclass(frozen=True, slots=True)
class Applicant:
    """Who applies.

    :ivar extensions: what a request asks for; empty without one.
    """

    subject: Name
    public_key: PublicKey
    extensions: tuple[Extension, ...] = ()


class Draft:
    """One application under one profile, checked: the certificates that it gives differ in key, usages and serial
    number only.

    :ivar subject: the subject of the certificates.
    :ivar validity: their validity.
    :param issuer: the certificate of who will sign; None when the applicant does.
    :param asked: the validity asked for.
    :param added: extensions that who issues adds.
    :raises ProfileError: when the profile does not allow what is asked for.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when a value cannot be in a certificate.
    """

    def __init__(
        self,
        applicant: Applicant,
        profile: Profile,
        issuer: Certificate | None,
        *,
        addresses: Addresses,
        asked: Validity | None,
        added: Iterable[ExtensionValue | Extension],
        at: datetime,
    ) -> None:
        _application.check_key(applicant.public_key, profile)
        self._profile = profile
        self._issuer = issuer
        self.subject = _application.subject(applicant.subject, profile)
        self.validity = _application.validity(asked, profile, issuer, at)
        others = _application.requested(applicant.extensions, profile)
        # Who issues has the last word, kind by kind.
        others.update(_application.extensions_by_kind(added, profile))
        names = _alternative_names(others.pop(oids.SUBJECT_ALT_NAME, None))
        self._names = _application.alternative_names(names, profile, self.subject)
        self._services = _services(profile, addresses, others)
        self._addresses = addresses
        self._has_list = _has_list(profile, addresses, others)
        self._others = others

    def of(self, role: Role, public_key: PublicKey, serial_number: int) -> CertificateBuilder:
        """Return one of the certificates, to be signed."""
        issuer = self.subject if self._issuer is None else self._issuer.subject
        builder = (
            CertificateBuilder()
            .subject(self.subject)
            .issuer(issuer)
            .serial_number(serial_number)
            .validity(self.validity.not_before, self.validity.not_after)
            .public_key(public_key)
        )
        for extension in self._extensions(role, public_key, serial_number):
            builder = builder.add_extension(extension)
        return builder

    def _extensions(self, role: Role, public_key: PublicKey, serial_number: int) -> list[Extension]:
        """Return the extensions of one certificate, in the order in which standards list them."""
        rules = self._profile.extensions
        found: list[Extension] = []
        if rules.authority_key_identifier:
            found.append(make(AuthorityKeyIdentifier(self._authority_key(public_key))))
        if rules.key_identifier is not None:
            found.append(make(SubjectKeyIdentifier(key_identifier(public_key, rules.key_identifier))))
        found.append(make(KeyUsage(rules.key_usage.of(role)), rules.key_usage.critical))
        policies = rules.certificate_policies
        if policies is not None and oids.CERTIFICATE_POLICIES not in self._others:
            values = tuple(PolicyInformation(policy) for policy in policies.policies)
            found.append(make(CertificatePolicies(values), policies.critical))
        if self._names is not None:
            found.append(self._names)
        constraints = rules.basic_constraints
        if constraints is not None:
            found.append(make(BasicConstraints(constraints.ca, constraints.path_len), constraints.critical))
        purposes = rules.extended_key_usage
        if purposes is not None:
            found.append(make(ExtendedKeyUsage(purposes.purposes), purposes.critical))
        if self._has_list:
            uris = self._addresses.crl_of(self._addresses.part_of(serial_number))
            names = tuple(GeneralName.uri(uri) for uri in uris)
            found.append(make(CRLDistributionPoints((DistributionPoint(DistributionPointName(names)),))))
        found += self._services
        if rules.ocsp_no_check:
            found.append(make(OCSPNoCheck()))
        return found + list(self._others.values())

    def _authority_key(self, public_key: PublicKey) -> bytes:
        """Return the identifier of the issuer's key: the one in its certificate (RFC 5280 4.2.1.1)."""
        method = self._profile.extensions.key_identifier or "sha1"
        if self._issuer is None:
            return key_identifier(public_key, method)
        known = self._issuer.subject_key_identifier
        return key_identifier(self._issuer.public_key_info, method) if known is None else known


def _alternative_names(extension: Extension | None) -> SubjectAltName | None:
    value = None if extension is None else parse(extension)
    return value if isinstance(value, SubjectAltName) else None


def _has_list(profile: Profile, addresses: Addresses, others: dict[ObjectIdentifier, Extension]) -> bool:
    """Tell whether cRLDistributionPoints is made of the addresses."""
    rule = profile.extensions.crl_distribution_points
    if rule is None or oids.CRL_DISTRIBUTION_POINTS in others:
        return False
    if rule and not addresses.crl:
        raise ProfileError(f"the profile {profile.name} needs the address of the issuer's revocation list")
    return bool(addresses.crl)


def _services(profile: Profile, addresses: Addresses, others: dict[ObjectIdentifier, Extension]) -> list[Extension]:
    """Return authorityInfoAccess, when the profile has it and addresses are known."""
    rule = profile.extensions.authority_info_access
    if rule is None or oids.AUTHORITY_INFO_ACCESS in others:
        return []
    descriptions = tuple(
        AccessDescription(method, GeneralName.uri(uri))
        for method, uris in ((oids.AD_OCSP, addresses.ocsp), (oids.AD_CA_ISSUERS, addresses.ca_issuers))
        for uri in uris
    )
    if rule and not descriptions:
        raise ProfileError(f"the profile {profile.name} needs the address of the issuer's OCSP responder")
    return [make(AuthorityInfoAccess(descriptions))] if descriptions else []
