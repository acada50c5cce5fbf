"""What the rules ask a certificate, worked out once and without errors, whatever the certificate holds."""

from __future__ import annotations

from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING, Final, TypeVar

from gmpki import oids
from gmpki.asn1.gmt0015 import IdentityValue
from gmpki.asn1.rfc5280._name_text import shown_text
from gmpki.asn1.rfc5280.ext_keys import (
    AuthorityKeyIdentifier,
    ExtendedKeyUsage,
    KeyUsage,
    KeyUsages,
    SubjectKeyIdentifier,
)
from gmpki.asn1.rfc5280.ext_names import BasicConstraints, SubjectAltName
from gmpki.asn1.rfc5280.general_name import GeneralNameKind
from gmpki.errors import DecodeError, GmpkiError
from gmpki.keys.ec_forms import SM2_KEY_SYNONYMS
from gmpki.x509.extensions import known_type
from gmpki.x509.lint._model import Scope
from gmpki.x509.profile import ENCRYPTION_USAGES, SIGNING_USAGES

if TYPE_CHECKING:
    from datetime import datetime

    from gmpki.asn1.quirks import Quirk, QuirkKind
    from gmpki.asn1.rfc5280 import AttributeTypeAndValue, GeneralName
    from gmpki.asn1.rfc5280._extension_value import ExtensionValue
    from gmpki.keys.loader import PublicKey
    from gmpki.oids import ObjectIdentifier
    from gmpki.x509.certificate import Certificate

__all__ = ["CertificatePurpose", "Facts", "shown", "usage_names"]

V = TypeVar("V", bound="ExtensionValue")

_SHOWN_LEN: Final = 80


class CertificatePurpose(str, Enum):
    """What a certificate is meant for, where the caller knows it."""

    CA = "ca"
    SIGNING = "signing"
    ENCRYPTION = "encryption"
    TLS_SERVER = "tls-server"
    OCSP = "ocsp"
    TSA = "tsa"


_SCOPES: Final = {
    CertificatePurpose.CA: Scope.CA,
    CertificatePurpose.SIGNING: Scope.END_ENTITY | Scope.SIGNING,
    CertificatePurpose.ENCRYPTION: Scope.END_ENTITY | Scope.ENCRYPTION,
    CertificatePurpose.TLS_SERVER: Scope.END_ENTITY | Scope.TLS_SERVER,
    CertificatePurpose.OCSP: Scope.END_ENTITY | Scope.OCSP,
    CertificatePurpose.TSA: Scope.END_ENTITY | Scope.TSA,
}
_BY_PURPOSE: Final = {
    oids.SERVER_AUTH: Scope.TLS_SERVER,
    oids.OCSP_SIGNING: Scope.OCSP,
    oids.TIME_STAMPING: Scope.TSA,
}


def shown(text: object) -> str:
    """Return text for a finding: in quotation marks, without invisible characters, at most 80 characters."""
    plain = str(text)
    cut = f"{plain[:_SHOWN_LEN]}..." if len(plain) > _SHOWN_LEN else plain
    return f'"{shown_text(cut)}"'


def usage_names(usages: KeyUsages) -> str:
    """Return the names of usages for a finding."""
    return ", ".join((usage.name or "").lower().replace("_", " ") for usage in KeyUsages if usage & usages)


class Facts:
    """A certificate as the rules see it. A context: one thread at a time."""

    def __init__(
        self, certificate: Certificate, *, at: datetime | None = None, purpose: CertificatePurpose | None = None
    ) -> None:
        self.certificate = certificate
        self.at = at
        self.purpose = purpose

    # ---- extensions -----------------------------------------------------------------------
    def value(self, kind: type[V]) -> V | None:
        """Return what an extension holds; None when there is none, or it is malformed, which a rule of its own says."""
        try:
            return self.certificate.extensions.find(kind)
        except DecodeError:
            return None

    def has(self, oid: str) -> bool:
        """Tell whether there is an extension of an identifier, well formed or not."""
        return self.certificate.extensions.get(oid) is not None

    def is_critical(self, oid: str) -> bool:
        """Tell whether there is an extension of an identifier and it is critical."""
        return self.certificate.extensions.is_critical(oid)

    @cached_property
    def usages(self) -> KeyUsages | None:
        """The bits of keyUsage; None when there is none that can be read."""
        found = self.value(KeyUsage)
        return None if found is None else found.usages

    @cached_property
    def purposes(self) -> tuple[ObjectIdentifier, ...]:
        """What extKeyUsage lists."""
        found = self.value(ExtendedKeyUsage)
        return () if found is None else tuple(found.purposes)

    @cached_property
    def constraints(self) -> BasicConstraints | None:
        """The basicConstraints."""
        return self.value(BasicConstraints)

    @cached_property
    def alternatives(self) -> tuple[GeneralName, ...]:
        """The names of subjectAltName."""
        found = self.value(SubjectAltName)
        return () if found is None else tuple(found.names)

    def alternative_texts(self, kind: GeneralNameKind) -> list[str]:
        """Return the texts of the alternative names of one kind."""
        return [str(name.value) for name in self.alternatives if name.kind is kind]

    @cached_property
    def subject_key(self) -> bytes | None:
        """The identifier of the subject's key."""
        found = self.value(SubjectKeyIdentifier)
        return None if found is None else found.key_identifier

    @cached_property
    def authority_key(self) -> bytes | None:
        """The identifier of the issuer's key."""
        found = self.value(AuthorityKeyIdentifier)
        return None if found is None else found.key_identifier

    @cached_property
    def identities(self) -> list[tuple[ObjectIdentifier, IdentityValue | None]]:
        """The identity extensions, each with what it holds, or None when that is malformed."""
        found = []
        for extension in self.certificate.extensions:
            kind = known_type(extension.extn_id)
            if kind is not None and issubclass(kind, IdentityValue):
                found.append((extension.extn_id, self.value(kind)))
        return found

    # ---- what it is -----------------------------------------------------------------------
    @cached_property
    def says_ca(self) -> bool:
        """Tell whether basicConstraints says that it is one of an authority."""
        return self.constraints is not None and self.constraints.ca

    @cached_property
    def is_self_issued(self) -> bool:
        """Tell whether it names itself as its issuer."""
        return self.certificate.is_self_issued

    @cached_property
    def scope(self) -> Scope:
        """Which rules are about this certificate."""
        certificate_signing = self.usages is not None and bool(self.usages & KeyUsages.KEY_CERT_SIGN)
        scope = Scope.CA if self.says_ca or certificate_signing else Scope.END_ENTITY
        if self.purpose is not None:
            scope = _SCOPES[self.purpose]
        if not scope & Scope.END_ENTITY:
            return scope
        for purpose in self.purposes:
            scope |= _BY_PURPOSE.get(purpose, scope)
        if self.purpose is None and self.usages is not None:
            signs, encrypts = bool(self.usages & SIGNING_USAGES), bool(self.usages & ENCRYPTION_USAGES)
            if signs != encrypts:
                scope |= Scope.SIGNING if signs else Scope.ENCRYPTION
        return scope

    @cached_property
    def attributes(self) -> tuple[AttributeTypeAndValue, ...]:
        """The attributes of the subject."""
        return self.certificate.subject.attributes

    @cached_property
    def names(self) -> list[tuple[str, AttributeTypeAndValue]]:
        """The attributes of issuer and subject, each with which of the two it is of."""
        both = (("issuer", self.certificate.issuer), ("subject", self.certificate.subject))
        return [(where, attribute) for where, name in both for attribute in name.attributes]

    @cached_property
    def public_key(self) -> PublicKey | None:
        """The public key; None when it cannot be loaded, and then :attr:`key_problem` says why."""
        return self._key[0]

    @cached_property
    def key_problem(self) -> GmpkiError | None:
        """Why the public key cannot be loaded."""
        return self._key[1]

    @cached_property
    def _key(self) -> tuple[PublicKey | None, GmpkiError | None]:
        try:
            return self.certificate.public_key, None
        except GmpkiError as error:
            return None, error

    @cached_property
    def key_algorithm(self) -> ObjectIdentifier:
        """The algorithm of the public key."""
        return self.certificate.public_key_info.algorithm.algorithm

    @cached_property
    def is_sm2(self) -> bool:
        """Tell whether the public key is one of SM2."""
        algorithm = self.certificate.public_key_info.algorithm
        return algorithm.algorithm in SM2_KEY_SYNONYMS or algorithm.parameters_oid == oids.SM2

    def quirks(self, *kinds: QuirkKind) -> list[Quirk]:
        """Return the quirks of some kinds that were met in reading."""
        return [quirk for quirk in self.certificate.quirks if quirk.kind in kinds]
