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
from gmpki.x509.certificate_builder import CertificateBuilder, key_identifier, random_serial_number
from gmpki.x509.extensions import make, parse

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from gmpki.asn1.rfc5280 import Name, Validity
    from gmpki.asn1.rfc5280._extension_value import ExtensionValue
    from gmpki.keys.loader import PublicKey
    from gmpki.oids import ObjectIdentifier
    from gmpki.x509.certificate import Certificate
    from gmpki.x509.issuing import Addresses
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
        self._subject = _application.subject(applicant.subject, profile)
        self._validity = _application.validity(asked, profile, issuer, at)
        others = _application.requested(applicant.extensions, profile)
        # Who issues has the last word, kind by kind.
        others.update(_application.extensions_by_kind(added, profile))
        names = _alternative_names(others.pop(oids.SUBJECT_ALT_NAME, None))
        self._names = _application.alternative_names(names, profile, self._subject)
        self._addresses = _addresses(profile, addresses, others)
        self._others = others

    def of(self, role: Role, public_key: PublicKey, serial_number: int | None) -> CertificateBuilder:
        """Return one of the certificates, to be signed.

        :param serial_number: None for a random one.
        """
        issuer = self._subject if self._issuer is None else self._issuer.subject
        builder = (
            CertificateBuilder()
            .subject(self._subject)
            .issuer(issuer)
            .serial_number(random_serial_number() if serial_number is None else serial_number)
            .validity(self._validity.not_before, self._validity.not_after)
            .public_key(public_key)
        )
        for extension in self._extensions(role, public_key):
            builder = builder.add_extension(extension)
        return builder

    def _extensions(self, role: Role, public_key: PublicKey) -> list[Extension]:
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
        found += self._addresses
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


def _addresses(profile: Profile, addresses: Addresses, others: dict[ObjectIdentifier, Extension]) -> list[Extension]:
    """Return cRLDistributionPoints and authorityInfoAccess, as far as the profile has them and addresses are known."""
    rules = profile.extensions
    found: list[Extension] = []
    if rules.crl_distribution_points is not None and oids.CRL_DISTRIBUTION_POINTS not in others:
        if addresses.crl:
            names = tuple(GeneralName.uri(uri) for uri in addresses.crl)
            found.append(make(CRLDistributionPoints((DistributionPoint(DistributionPointName(names)),))))
        elif rules.crl_distribution_points:
            raise ProfileError(f"the profile {profile.name} needs the address of the issuer's revocation list")
    if rules.authority_info_access is not None and oids.AUTHORITY_INFO_ACCESS not in others:
        descriptions = tuple(
            AccessDescription(method, GeneralName.uri(uri))
            for method, uris in ((oids.AD_OCSP, addresses.ocsp), (oids.AD_CA_ISSUERS, addresses.ca_issuers))
            for uri in uris
        )
        if descriptions:
            found.append(make(AuthorityInfoAccess(descriptions)))
        elif rules.authority_info_access:
            raise ProfileError(f"the profile {profile.name} needs the address of the issuer's OCSP responder")
    return found
