"""What path validation wants to know about a certificate, each thing worked out once and only when asked for.

It stays with the certificate: a service meets the same authorities and signers again and again, and what follows from
the bytes of a certificate does not change. Time, revocation and what the caller asks are judged anew each time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar, cast, overload

from gmpki import oids
from gmpki.asn1.rfc5280.ext_keys import AuthorityKeyIdentifier, ExtendedKeyUsage, KeyUsage, SubjectKeyIdentifier
from gmpki.asn1.rfc5280.ext_names import BasicConstraints, NameConstraints, SubjectAltName
from gmpki.asn1.rfc5280.ext_policies import CertificatePolicies, InhibitAnyPolicy, PolicyConstraints, PolicyMappings
from gmpki.errors import DecodeError
from gmpki.x509.extensions import ExtensionValue
from gmpki.x509.names import name_key, names_match
from gmpki.x509.path.name_constraints import ConstrainedNames, NameSpace, names_of
from gmpki.x509.path.policies import PolicyFacts
from gmpki.x509.path.result import refusal

if TYPE_CHECKING:
    from gmpki.asn1.quirks import Quirk
    from gmpki.asn1.rfc5280 import GeneralName, SubjectPublicKeyInfo
    from gmpki.asn1.rfc5280.ext_keys import KeyUsages
    from gmpki.x509.certificate import Certificate
    from gmpki.x509.path.policy import PathProfile
    from gmpki.x509.path.rules import Place
    from gmpki.x509.signatures import SignaturePolicy

__all__ = ["PROCESSED", "Facts"]

E = TypeVar("E", bound=ExtensionValue)
T = TypeVar("T")

PROCESSED: Final = frozenset(
    {
        oids.AUTHORITY_KEY_IDENTIFIER,
        oids.SUBJECT_KEY_IDENTIFIER,
        oids.KEY_USAGE,
        oids.CERTIFICATE_POLICIES,
        oids.POLICY_MAPPINGS,
        oids.SUBJECT_ALT_NAME,
        oids.ISSUER_ALT_NAME,
        oids.BASIC_CONSTRAINTS,
        oids.NAME_CONSTRAINTS,
        oids.POLICY_CONSTRAINTS,
        oids.EXTENDED_KEY_USAGE,
        oids.CRL_DISTRIBUTION_POINTS,
        oids.INHIBIT_ANY_POLICY,
        oids.FRESHEST_CRL,
    }
)
"""The extensions that may be critical: what they say is heeded here or by the checkers of revocation, or, for names of
the issuer and key identifiers, is for information only."""

_ABOUT_POLICIES: Final = frozenset(
    {oids.CERTIFICATE_POLICIES, oids.POLICY_MAPPINGS, oids.POLICY_CONSTRAINTS, oids.INHIBIT_ANY_POLICY}
)
_NO_POLICIES: Final = {is_self_issued: PolicyFacts(self_issued=is_self_issued) for is_self_issued in (False, True)}


class _once(Generic[T]):  # noqa: N801 - reads like property
    """A property that is worked out once. One path asks for dozens; ``cached_property`` of Python 3.11 locks each."""

    def __init__(self, work: Callable[[Any], T]) -> None:
        self.work = work
        self.name = work.__name__
        self.__doc__ = work.__doc__

    @overload
    def __get__(self, instance: None, owner: type) -> _once[T]: ...

    @overload
    def __get__(self, instance: object, owner: type) -> T: ...

    def __get__(self, instance: object | None, owner: type) -> _once[T] | T:
        if instance is None:
            return self
        value = self.work(instance)
        # Found there from now on, without coming here again.
        instance.__dict__[self.name] = value
        return value


class Facts:
    """A certificate in a search for paths. Thread-safe: what two threads work out at once is the same.

    Everything that needs an extension raises ValidationError "malformed" when that cannot be decoded or is there twice.

    :ivar present: the object identifiers of its extensions.
    :ivar faultless: the rules, by profile and place, of which it breaks none.
    :ivar held: the keys under which its signature was verified and held, each with the policy that took it, and what
        was met in it.
    """

    def __init__(self, certificate: Certificate) -> None:
        self.certificate = certificate
        self.present = frozenset(certificate.extensions.oids)
        self.faultless: set[tuple[PathProfile, Place]] = set()
        self.held: dict[tuple[SubjectPublicKeyInfo, bool, SignaturePolicy], tuple[Quirk, ...]] = {}

    @classmethod
    def of(cls, certificate: Certificate) -> Facts:
        """Return the facts of a certificate: those from before, when there are any."""
        known: Facts | None = getattr(certificate, "_path_facts", None)
        if known is None:
            known = cls(certificate)
            object.__setattr__(certificate, "_path_facts", known)
        return known

    def find(self, kind: type[E]) -> E | None:
        """Return the contents of an extension, or None when it is absent."""
        if kind.OID not in self.present:
            return None
        try:
            # Every kind that is asked for here was decoded when the certificate was read.
            return cast("E | None", self.certificate.extensions.value(kind.OID))
        except DecodeError as error:
            raise refusal("malformed", f"{kind.__name__} is malformed: {error}", self.certificate) from None

    def is_critical(self, oid: str) -> bool:
        """Tell whether there is an extension of some kind and it is critical."""
        return self.certificate.extensions.is_critical(oid)

    def check_decodable(self) -> None:
        """Refuse extensions that tolerant reading kept though they are malformed or stand twice.

        Others than those that count here may be so, unless they are critical.

        :raises ValidationError: "malformed" when there is one.
        :standard: RFC 5280 4.2
        """
        if not self.certificate.is_lenient:
            return
        extensions = self.certificate.extensions
        for extension in extensions:
            problem = extensions.problem(extension.extn_id)
            if problem is not None and (extension.critical or extension.extn_id in PROCESSED):
                raise refusal("malformed", problem, self.certificate)

    @_once
    def subject_key(self) -> bytes:
        """Return the subject in a form in which equal names are equal bytes."""
        return name_key(self.certificate.subject)

    @_once
    def issuer_key(self) -> bytes:
        """Return the issuer in the same form."""
        return name_key(self.certificate.issuer)

    @_once
    def is_self_issued(self) -> bool:
        """Tell whether subject and issuer are the same name (RFC 5280 6.1)."""
        return names_match(self.certificate.subject, self.certificate.issuer)

    def is_same(self, other: Facts) -> bool:
        """Tell whether another certificate has the same key and name: what an authority is, whichever one says so."""
        same_key = self.certificate.public_key_info == other.certificate.public_key_info
        return same_key and self.subject_key == other.subject_key

    @_once
    def basic_constraints(self) -> BasicConstraints | None:
        """Return the contents of basicConstraints."""
        return self.find(BasicConstraints)

    @property
    def is_ca(self) -> bool:
        """Whether the certificate says that it is an authority's (RFC 5280 4.2.1.9)."""
        return self.basic_constraints is not None and self.basic_constraints.ca

    @_once
    def key_usage(self) -> KeyUsages | None:
        """Return the bits of keyUsage; None when it is absent."""
        found = self.find(KeyUsage)
        return None if found is None else found.usages

    @_once
    def extended_key_usage(self) -> tuple[str, ...] | None:
        """Return the purposes of extKeyUsage; None when it is absent."""
        found = self.find(ExtendedKeyUsage)
        return None if found is None else found.purposes

    @_once
    def alternative_names(self) -> tuple[GeneralName, ...] | None:
        """Return the names of subjectAltName; None when it is absent."""
        found = self.find(SubjectAltName)
        return None if found is None else found.names

    @_once
    def names(self) -> ConstrainedNames:
        """Return the names that constraints of authorities above apply to."""
        return names_of(self.certificate.subject, self.alternative_names or ())

    @_once
    def name_space(self) -> NameSpace | None:
        """Return the constraints on names below; None when there are none."""
        found = self.find(NameConstraints)
        return None if found is None else NameSpace.of(found)

    @_once
    def subject_key_identifier(self) -> bytes | None:
        """Return the key identifier of the subject."""
        found = self.find(SubjectKeyIdentifier)
        return None if found is None else found.key_identifier

    @_once
    def authority_key(self) -> AuthorityKeyIdentifier | None:
        """Return the contents of authorityKeyIdentifier."""
        return self.find(AuthorityKeyIdentifier)

    @_once
    def policy_facts(self) -> PolicyFacts:
        """Return what the four extensions about policies say."""
        if self.present.isdisjoint(_ABOUT_POLICIES):
            return _NO_POLICIES[self.is_self_issued]
        policies, mappings = self.find(CertificatePolicies), self.find(PolicyMappings)
        constraints, inhibit = self.find(PolicyConstraints), self.find(InhibitAnyPolicy)
        return PolicyFacts(
            self_issued=self.is_self_issued,
            policies=None if policies is None else tuple(p.policy_identifier for p in policies.policies),
            mappings=()
            if mappings is None
            else tuple((m.issuer_domain_policy, m.subject_domain_policy) for m in mappings.mappings),
            require_explicit_policy=None if constraints is None else constraints.require_explicit_policy,
            inhibit_policy_mapping=None if constraints is None else constraints.inhibit_policy_mapping,
            inhibit_any_policy=None if inhibit is None else inhibit.skip_certs,
        )
