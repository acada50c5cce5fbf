"""What RFC 5280 section 4 demands of the certificates of conforming authorities, beyond what a path needs to hold.

Each rule looks at one certificate in its place and returns a sentence when it is broken, None when it holds. Strict
reading refuses some of this earlier; the rules stand here for certificates that were read leniently.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Flag, auto
from typing import TYPE_CHECKING, Final

from gmpki import oids
from gmpki.asn1.rfc5280 import GeneralNameKind
from gmpki.asn1.rfc5280.ext_keys import KeyUsages
from gmpki.asn1.rfc5280.ext_names import NameConstraints
from gmpki.asn1.rfc5280.ext_policies import PolicyConstraints
from gmpki.x509.path.name_forms import dns_labels, is_absolute_uri, mailbox_parts, wildcard_base
from gmpki.x509.path.policies import ANY_POLICY

if TYPE_CHECKING:
    from gmpki.asn1.rfc5280 import GeneralName
    from gmpki.x509.path.facts import Facts

__all__ = ["RFC5280_RULES", "Place", "Rule"]


class Place(Flag):
    """Where in a path a certificate stands."""

    TARGET = auto()
    AUTHORITY = auto()
    ANCHOR = auto()


_TARGET: Final = Place.TARGET
_ISSUERS: Final = Place.AUTHORITY | Place.ANCHOR
_BELOW: Final = Place.TARGET | Place.AUTHORITY
_ALL: Final = Place.TARGET | Place.AUTHORITY | Place.ANCHOR


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule about the form of a certificate.

    :ivar reason: the code of what breaks it.
    :ivar places: where in a path it holds.
    :ivar problem: what looks at the certificate.
    :ivar about: the extensions of which one at least is there when the rule can be broken; empty for a rule that says
        more than what extensions hold.
    """

    reason: str
    places: Place
    problem: Callable[[Facts], str | None]
    about: frozenset[str] = frozenset()


def _extensions_need_version_3(facts: Facts) -> str | None:
    """RFC 5280 4.1.2.1 and 4.1.2.9: extensions appear in version 3 only; 4.1.2.8 has unique identifiers from 2 on."""
    certificate = facts.certificate
    if len(certificate.extensions) and certificate.version != 3:
        return f"extensions in a certificate of version {certificate.version}"
    unique = certificate.issuer_unique_id is not None or certificate.subject_unique_id is not None
    return "unique identifiers in a certificate of version 1" if unique and certificate.version == 1 else None


def _serial_number_is_positive(facts: Facts) -> str | None:
    """RFC 5280 4.1.2.2. A widely trusted root has the number zero, and the number of an anchor serves nobody."""
    serial = facts.certificate.serial_number
    if serial <= 0:
        return "the serial number is not positive"
    return "the serial number has more than 20 octets" if serial.bit_length() > 159 else None


def _issuer_has_a_name(facts: Facts) -> str | None:
    """RFC 5280 4.1.2.4."""
    return "the issuer's name is empty" if facts.certificate.issuer.is_empty else None


def _authority_has_a_name(facts: Facts) -> str | None:
    """RFC 5280 4.1.2.6."""
    return "an authority's name is empty" if facts.certificate.subject.is_empty else None


def _subject_has_a_name(facts: Facts) -> str | None:
    """RFC 5280 4.1.2.6 and 4.2.1.6: without a name in the subject, a critical subjectAltName has it."""
    if not facts.certificate.subject.is_empty:
        return None
    if facts.is_ca:
        return "an authority's name is empty"
    return "there is neither a subject nor a subjectAltName" if facts.alternative_names is None else None


_NEVER_CRITICAL: Final = frozenset(
    {
        oids.AUTHORITY_KEY_IDENTIFIER,
        oids.SUBJECT_KEY_IDENTIFIER,
        oids.SUBJECT_DIRECTORY_ATTRIBUTES,
        oids.FRESHEST_CRL,
        oids.AUTHORITY_INFO_ACCESS,
        oids.SUBJECT_INFO_ACCESS,
    }
)


def _never_critical(facts: Facts) -> str | None:
    """RFC 5280 4.2.1.1, 4.2.1.2, 4.2.1.8, 4.2.1.15, 4.2.2.1, 4.2.2.2."""
    for extension in facts.certificate.extensions:
        if extension.critical and extension.extn_id in _NEVER_CRITICAL:
            return f"{extension.extn_id.name} is critical"
    return None


def _authority_key_is_named(facts: Facts) -> str | None:
    """RFC 5280 4.2.1.1: keyIdentifier is in every certificate; issuer and serial number come together.

    Between other certificates a self-signed one leads nowhere, so that the exception for those does not hold there.
    """
    found = facts.authority_key
    if found is None or found.key_identifier is None:
        return "authorityKeyIdentifier has no keyIdentifier" if found else "there is no authorityKeyIdentifier"
    if bool(found.authority_cert_issuer) != (found.authority_cert_serial_number is not None):
        return "authorityKeyIdentifier has only one of authorityCertIssuer and authorityCertSerialNumber"
    return None


def _authority_key_is_named_or_own(facts: Facts) -> str | None:
    """RFC 5280 4.2.1.1: a self-signed certificate may leave authorityKeyIdentifier out."""
    return None if facts.authority_key is None and facts.is_self_issued else _authority_key_is_named(facts)


def _subject_key_is_named(facts: Facts) -> str | None:
    """RFC 5280 4.2.1.2."""
    return "an authority without subjectKeyIdentifier" if facts.subject_key_identifier is None else None


def _key_usage_says_something(facts: Facts) -> str | None:
    """RFC 5280 4.2.1.3: at least one bit is set."""
    return "keyUsage has no bit set" if facts.key_usage == 0 else None


def _key_usage_fits_basic_constraints(facts: Facts) -> str | None:
    """RFC 5280 4.2.1.3 and 4.2.1.9: keyCertSign needs cA; a path length needs cA and keyCertSign."""
    usage, constraints = facts.key_usage, facts.basic_constraints
    if usage is None:
        return None
    signs = KeyUsages.KEY_CERT_SIGN in usage
    if constraints is None or not constraints.ca:
        return "keyCertSign without cA" if signs else None
    return "a path length without keyCertSign" if constraints.path_len is not None and not signs else None


def _path_length_needs_ca(facts: Facts) -> str | None:
    """RFC 5280 4.2.1.9."""
    constraints = facts.basic_constraints
    wrong = constraints is not None and constraints.path_len is not None and not constraints.ca
    return "a path length without cA" if wrong else None


def _basic_constraints_critical(facts: Facts) -> str | None:
    """RFC 5280 4.2.1.9."""
    if facts.basic_constraints is None:
        return "an authority without basicConstraints"
    return None if facts.is_critical(oids.BASIC_CONSTRAINTS) else "basicConstraints of an authority is not critical"


def _name_constraints_of_authorities(facts: Facts) -> str | None:
    """RFC 5280 4.2.1.10: in certificates of authorities only, never empty."""
    found = facts.find(NameConstraints)
    if found is None:
        return None
    if not facts.is_ca:
        return "nameConstraints in a certificate that is no authority's"
    return None if found.permitted or found.excluded else "nameConstraints is empty"


def _name_constraints_critical(facts: Facts) -> str | None:
    """RFC 5280 4.2.1.10."""
    if facts.name_space is None or facts.is_critical(oids.NAME_CONSTRAINTS):
        return None
    return "nameConstraints is not critical"


def _policies_once(facts: Facts) -> str | None:
    """RFC 5280 4.2.1.4: no policy twice; 4.2.1.5: anyPolicy is not mapped."""
    policies = facts.policy_facts
    listed = policies.policies or ()
    if len(set(listed)) != len(listed):
        return "certificatePolicies has a policy twice"
    mapped = any(ANY_POLICY in mapping for mapping in policies.mappings)
    return "policyMappings maps anyPolicy" if mapped else None


def _policy_constraints_critical(facts: Facts) -> str | None:
    """RFC 5280 4.2.1.11 and 4.2.1.14: critical, and policyConstraints not empty."""
    for oid in (oids.POLICY_CONSTRAINTS, oids.INHIBIT_ANY_POLICY):
        if oid in facts.certificate.extensions and not facts.is_critical(oid):
            return f"{oid.name} is not critical"
    found = facts.find(PolicyConstraints)
    empty = found is not None and found.require_explicit_policy is None and found.inhibit_policy_mapping is None
    return "policyConstraints is empty" if empty else None


def _alternative_names_critical(facts: Facts) -> str | None:
    """RFC 5280 4.2.1.6: critical beside an empty subject; at least one name."""
    if facts.alternative_names is None:
        return None
    if not facts.alternative_names:
        return "subjectAltName is empty"
    wrong = facts.certificate.subject.is_empty and not facts.is_critical(oids.SUBJECT_ALT_NAME)
    return "subjectAltName is not critical beside an empty subject" if wrong else None


def _alternative_names_formed(facts: Facts) -> str | None:
    """RFC 5280 4.2.1.6: DNS names in the preferred syntax, mailboxes, absolute URIs. ``*.`` in front is taken."""
    for name in facts.alternative_names or ():
        if _is_malformed(name):
            return f"subjectAltName holds the malformed name {str(name)[:300]!r}"
    return None


def _is_malformed(name: GeneralName) -> bool:
    if name.kind is GeneralNameKind.IP_ADDRESS:
        return not isinstance(name.value, bytes) or len(name.value) not in (4, 16)
    if not isinstance(name.value, str):
        return False
    if name.kind is GeneralNameKind.DNS_NAME:
        base = wildcard_base(name.value)
        return dns_labels(name.value if base is None else base) is None
    if name.kind is GeneralNameKind.RFC822_NAME:
        return mailbox_parts(name.value) is None
    return name.kind is GeneralNameKind.URI and not is_absolute_uri(name.value)


_KEY_USAGE: Final = frozenset({oids.KEY_USAGE})
_BASIC_CONSTRAINTS: Final = frozenset({oids.BASIC_CONSTRAINTS})
_NAME_CONSTRAINTS: Final = frozenset({oids.NAME_CONSTRAINTS})
_POLICIES: Final = frozenset({oids.CERTIFICATE_POLICIES, oids.POLICY_MAPPINGS})
_POLICY_CONSTRAINTS: Final = frozenset({oids.POLICY_CONSTRAINTS, oids.INHIBIT_ANY_POLICY})
_ALTERNATIVE_NAMES: Final = frozenset({oids.SUBJECT_ALT_NAME})

RFC5280_RULES: Final = (
    Rule("version", _ALL, _extensions_need_version_3),
    Rule("serial-number", _BELOW, _serial_number_is_positive),
    Rule("issuer-name", _ALL, _issuer_has_a_name),
    Rule("subject-name", _ISSUERS, _authority_has_a_name),
    Rule("subject-name", _TARGET, _subject_has_a_name),
    Rule("criticality", _ALL, _never_critical),
    Rule("authority-key-identifier", Place.AUTHORITY, _authority_key_is_named),
    Rule("authority-key-identifier", Place.TARGET | Place.ANCHOR, _authority_key_is_named_or_own),
    Rule("subject-key-identifier", _ISSUERS, _subject_key_is_named),
    Rule("key-usage-form", _ALL, _key_usage_says_something, _KEY_USAGE),
    Rule("key-usage-form", _ALL, _key_usage_fits_basic_constraints, _KEY_USAGE),
    Rule("basic-constraints", _ALL, _path_length_needs_ca, _BASIC_CONSTRAINTS),
    Rule("basic-constraints", _ISSUERS, _basic_constraints_critical),
    Rule("name-constraints-form", _ALL, _name_constraints_of_authorities, _NAME_CONSTRAINTS),
    Rule("name-constraints-form", _ALL, _name_constraints_critical, _NAME_CONSTRAINTS),
    Rule("policy-form", _ALL, _policies_once, _POLICIES),
    Rule("policy-form", _ALL, _policy_constraints_critical, _POLICY_CONSTRAINTS),
    Rule("subject-alt-name", _BELOW, _alternative_names_critical, _ALTERNATIVE_NAMES),
    Rule("subject-alt-name", _BELOW, _alternative_names_formed, _ALTERNATIVE_NAMES),
)
"""The rules of the profile "rfc5280", in the order in which they are applied."""
