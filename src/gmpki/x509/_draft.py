"""Brings an application and a profile together into certificates that only lack a signature."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gmpki import oids
from gmpki._inputs import number
from gmpki.asn1 import der
from gmpki.asn1.rfc5280.ext_keys import AuthorityKeyIdentifier, SubjectKeyIdentifier
from gmpki.asn1.rfc5280.ext_names import SubjectAltName
from gmpki.errors import InvalidInputError, ProfileError
from gmpki.x509 import _application
from gmpki.x509._common import Encoded, encoded
from gmpki.x509.certificate_builder import MAX_SERIAL, key_identifier
from gmpki.x509.extensions import make, parse
from gmpki.x509.named_key import key_info_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from gmpki.asn1.rfc5280 import AlgorithmIdentifier, Extension, Name, Validity
    from gmpki.asn1.rfc5280._extension_value import ExtensionValue
    from gmpki.keys.loader import PublicKey
    from gmpki.oids import ObjectIdentifier
    from gmpki.x509._common import Common
    from gmpki.x509.profile import Role

__all__ = ["Applicant", "Draft"]

_VERSION_3: Final = der.encode_explicit(0, der.encode_integer(2))


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
    :param common: what the issuer's certificates under the profile share.
    :param asked: the validity asked for.
    :param added: extensions that who issues adds.
    :raises ProfileError: when the profile does not allow what is asked for.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when a value cannot be in a certificate.
    """

    def __init__(
        self,
        applicant: Applicant,
        common: Common,
        *,
        asked: Validity | None,
        added: Iterable[ExtensionValue | Extension],
        at: datetime,
    ) -> None:
        profile = common.profile
        _application.check_key(applicant.public_key, profile)
        self._common = common
        self.subject = _application.subject(applicant.subject, profile)
        self.validity = _application.validity(asked, profile, common.issuer, at)
        others = _application.requested(applicant.extensions, profile)
        # Who issues has the last word, kind by kind.
        others.update(_application.extensions_by_kind(added, profile))
        alternative = _alternative_names(others.pop(oids.SUBJECT_ALT_NAME, None))
        names = _application.alternative_names(alternative, profile, self.subject)
        self._names = None if names is None else encoded(names)
        self._has_services = _has_services(common, others)
        self._has_list = _has_list(common, others)
        self._others = {kind: encoded(extension) for kind, extension in others.items()}
        self._subject = self.subject.to_der()
        self._validity = self.validity.to_der()

    def to_be_signed(
        self, role: Role, public_key: PublicKey, serial_number: int, signature_algorithm: AlgorithmIdentifier
    ) -> bytes:
        """Return the DER of the TBSCertificate of one of the certificates: what
        :class:`~gmpki.x509.certificate_builder.CertificateBuilder` makes of the same fields.

        :param signature_algorithm: that of the key that will sign.
        :raises InvalidTypeError: when the serial number is no ``int``.
        :raises InvalidInputError: when it is outside, or an extension would stand there twice.
        """
        number(serial_number, 1, MAX_SERIAL, "serial_number")
        extensions = self._extensions(role, public_key, serial_number)
        kinds = {extension.kind for extension in extensions}
        if len(kinds) != len(extensions):
            raise InvalidInputError("the profile and what is added to it have extensions of the same kind")
        return der.encode_sequence(
            _VERSION_3,
            der.encode_integer(serial_number),
            signature_algorithm.to_der(),
            self._common.issuer_name or self._subject,
            self._validity,
            self._subject,
            key_info_of(public_key).to_der(),
            der.encode_explicit(3, der.encode_sequence(*[extension.der for extension in extensions])),
        )

    def _extensions(self, role: Role, public_key: PublicKey, serial_number: int) -> list[Encoded]:
        """Return the extensions of one certificate, in the order in which standards list them."""
        common, others = self._common, self._others
        method = common.profile.extensions.key_identifier
        found = [
            common.authority_key or self._own_authority_key(public_key),
            None if method is None else encoded(make(SubjectKeyIdentifier(key_identifier(public_key, method)))),
            common.usages[role],
            None if oids.CERTIFICATE_POLICIES in others else common.policies,
            self._names,
            common.constraints,
            common.purposes,
            common.list_of(serial_number) if self._has_list else None,
            common.services if self._has_services else None,
            common.no_check,
        ]
        return [*filter(None, found), *others.values()]

    def _own_authority_key(self, public_key: PublicKey) -> Encoded | None:
        """Return authorityKeyIdentifier of a certificate that is signed with its own key."""
        rules = self._common.profile.extensions
        if not rules.authority_key_identifier:
            return None
        return encoded(make(AuthorityKeyIdentifier(key_identifier(public_key, rules.key_identifier or "sha1"))))


def _alternative_names(extension: Extension | None) -> SubjectAltName | None:
    value = None if extension is None else parse(extension)
    return value if isinstance(value, SubjectAltName) else None


def _has_list(common: Common, others: dict[ObjectIdentifier, Extension]) -> bool:
    """Tell whether cRLDistributionPoints is made of the addresses."""
    rule = common.profile.extensions.crl_distribution_points
    if rule is None or oids.CRL_DISTRIBUTION_POINTS in others:
        return False
    if rule and not common.addresses.crl:
        raise ProfileError(f"the profile {common.profile.name} needs the address of the issuer's revocation list")
    return bool(common.addresses.crl)


def _has_services(common: Common, others: dict[ObjectIdentifier, Extension]) -> bool:
    """Tell whether authorityInfoAccess is made of the addresses."""
    rule = common.profile.extensions.authority_info_access
    if rule is None or oids.AUTHORITY_INFO_ACCESS in others:
        return False
    if rule and common.services is None:
        raise ProfileError(f"the profile {common.profile.name} needs the address of the issuer's OCSP responder")
    return common.services is not None
