"""What the Baseline Requirements of the CA/Browser Forum demand of the certificates of servers on the public web.

Only what can be seen from a certificate alone is judged, and not how long it is valid, since test suites and private
authorities differ there. SM2 with SM3 is taken beside the algorithms of the Requirements: the profile is of use in
national networks too. Which suffixes are public would need a list that changes; only a star right above a top-level
domain is refused. Clause numbers are those of version 2 of the Requirements.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki import oids
from gmpki.asn1 import der
from gmpki.asn1.rfc5280 import GeneralNameKind
from gmpki.asn1.rfc5280.ext_points import AuthorityInfoAccess
from gmpki.errors import DecodeError
from gmpki.x509.path.name_forms import address_text, dns_labels, wildcard_base
from gmpki.x509.path.rules import RFC5280_RULES, Place, Rule

if TYPE_CHECKING:
    from gmpki.x509.path.facts import Facts

__all__ = ["WEBPKI_RULES"]

_TARGET: Final = Place.TARGET
_BELOW: Final = Place.TARGET | Place.AUTHORITY
_ALL: Final = Place.TARGET | Place.AUTHORITY | Place.ANCHOR

_LEAST_RSA_BITS: Final = 2048
_CURVES: Final = frozenset({oids.P256, oids.P384, oids.P521, oids.SM2})
_SIGNATURES: Final = frozenset(
    {
        oids.RSA_SHA256,
        oids.RSA_SHA384,
        oids.RSA_SHA512,
        oids.RSA_PSS,
        oids.ECDSA_SHA256,
        oids.ECDSA_SHA384,
        oids.ECDSA_SHA512,
        oids.SM2_WITH_SM3,
    }
)
_PSS_HASHES: Final = (oids.SHA256, oids.SHA384, oids.SHA512)


def _is_version_3(facts: Facts) -> str | None:
    """BR 7.1.1."""
    version = facts.certificate.version
    return None if version == 3 else f"a certificate of version {version}"


def _no_unique_identifiers(facts: Facts) -> str | None:
    """BR 7.1.2: neither issuerUniqueID nor subjectUniqueID."""
    certificate = facts.certificate
    unique = certificate.issuer_unique_id is not None or certificate.subject_unique_id is not None
    return "a certificate with unique identifiers" if unique else None


def _has_alternative_names(facts: Facts) -> str | None:
    """BR 7.1.2.7.12: subjectAltName is there, and critical only beside an empty subject."""
    if facts.alternative_names is None:
        return "there is no subjectAltName"
    wrong = not facts.certificate.subject.is_empty and facts.is_critical(oids.SUBJECT_ALT_NAME)
    return "subjectAltName is critical beside a subject" if wrong else None


def _alternative_names_are_hosts(facts: Facts) -> str | None:
    """BR 7.1.2.7.12: DNS names and addresses only; BR 3.2.2.6: no star right above a top-level domain."""
    for name in facts.alternative_names or ():
        if name.kind not in (GeneralNameKind.DNS_NAME, GeneralNameKind.IP_ADDRESS):
            return f"subjectAltName holds a name that is no host: {str(name)[:300]!r}"
        base = wildcard_base(name.value) if isinstance(name.value, str) else None
        if base is not None and len(dns_labels(base) or ()) < 2:
            return f"the pattern {str(name)[:300]!r} holds a whole top-level domain"
    return None


def _common_name_is_a_copy(facts: Facts) -> str | None:
    """BR 7.1.4.3: at most one common name, character for character one of subjectAltName."""
    common_names = [a.text for a in facts.certificate.subject.attributes if a.type == oids.COMMON_NAME]
    if not common_names:
        return None
    if len(common_names) > 1:
        return "there is more than one common name"
    hosts = {
        name.value if isinstance(name.value, str) else address_text(name.value)
        for name in facts.alternative_names or ()
        if isinstance(name.value, (str, bytes)) and name.kind in (GeneralNameKind.DNS_NAME, GeneralNameKind.IP_ADDRESS)
    }
    if common_names[0] is not None and common_names[0] in hosts:
        return None
    return f"the common name {str(common_names[0])[:300]!r} is none of the names in subjectAltName"


def _is_no_authority(facts: Facts) -> str | None:
    """BR 7.1.2.7.8."""
    return "the certificate of a server has cA TRUE" if facts.is_ca else None


def _names_the_server_purpose(facts: Facts) -> str | None:
    """BR 7.1.2.7.10: extKeyUsage is there with serverAuth, without anyExtendedKeyUsage, not critical."""
    found = facts.extended_key_usage
    if found is None or oids.SERVER_AUTH not in found:
        return "extKeyUsage has no serverAuth"
    if oids.ANY_EXTENDED_KEY_USAGE in found:
        return "extKeyUsage has anyExtendedKeyUsage"
    return "extKeyUsage is critical" if facts.is_critical(oids.EXTENDED_KEY_USAGE) else None


def _root_without_purposes(facts: Facts) -> str | None:
    """BR 7.1.2.1.2: a root certificate has no extKeyUsage."""
    found = facts.is_self_issued and facts.extended_key_usage is not None
    return "a root certificate has extKeyUsage" if found else None


def _authority_has_key_usage(facts: Facts) -> str | None:
    """BR 7.1.2.6.6 and its sisters: keyUsage is there."""
    return "an authority without keyUsage" if facts.key_usage is None else None


def _authority_key_by_identifier(facts: Facts) -> str | None:
    """BR 7.1.2.11.1 and 7.1.2.1.3: keyIdentifier and nothing else; in a root, that of the root itself."""
    found = facts.authority_key
    if found is None:
        return None
    if found.key_identifier is None:
        return "authorityKeyIdentifier has no keyIdentifier"
    if found.authority_cert_issuer or found.authority_cert_serial_number is not None:
        return "authorityKeyIdentifier has an issuer or a serial number"
    return None


def _root_names_itself(facts: Facts) -> str | None:
    """BR 7.1.2.1.3: the authorityKeyIdentifier of a root is its subjectKeyIdentifier."""
    found = facts.authority_key
    if found is None or not facts.is_self_issued or found.key_identifier == facts.subject_key_identifier:
        return None
    return "the authorityKeyIdentifier of a root is not its subjectKeyIdentifier"


def _information_access_is_formed(facts: Facts) -> str | None:
    """BR 7.1.2.7.7: at least one description; OCSP or caIssuers, at a URI."""
    found = facts.find(AuthorityInfoAccess)
    if found is None:
        return None
    if not found.descriptions:
        return "authorityInfoAccess is empty"
    for description in found.descriptions:
        if description.method not in (oids.AD_OCSP, oids.AD_CA_ISSUERS):
            return f"authorityInfoAccess has the method {description.method}"
        if description.location.kind is not GeneralNameKind.URI:
            return "authorityInfoAccess has a location that is no URI"
    return None


def _key_is_allowed(facts: Facts) -> str | None:
    """BR 6.1.5 and 7.1.3.1: RSA of 2048 bits at least, a multiple of 8; P-256, P-384 or P-521 by name. Also SM2."""
    info = facts.certificate.public_key_info
    algorithm = info.algorithm
    if algorithm.algorithm == oids.RSA_ENCRYPTION:
        bits = _rsa_bits(info.subject_public_key)
        return None if bits >= _LEAST_RSA_BITS and bits % 8 == 0 else f"an RSA key of {bits} bits"
    if algorithm.algorithm != oids.EC_PUBLIC_KEY:
        return f"a key of the kind {algorithm.algorithm.name}"
    try:
        curve = algorithm.parameters_oid
    except DecodeError:
        curve = None
    if curve is None:
        return "a key whose curve is not named"
    return None if curve in _CURVES else f"a key on the curve {curve.name}"


def _rsa_bits(encoded: bytes) -> int:
    """Return the bits of the modulus of an RSAPublicKey; 0 for what is none (RFC 8017 A.1.1)."""
    try:
        with der.Reader(encoded).sequence() as fields:
            modulus = fields.integer("modulus")
            fields.integer("publicExponent")
    except DecodeError:
        return 0
    return max(modulus, 0).bit_length()


def _signature_is_allowed(facts: Facts) -> str | None:
    """BR 7.1.3.2: RSA or ECDSA with SHA-256, SHA-384 or SHA-512. Also SM2 with SM3."""
    algorithm = facts.certificate.signature_algorithm
    if algorithm.algorithm not in _SIGNATURES:
        return f"a signature with {algorithm.shown}"
    if algorithm.algorithm == oids.RSA_PSS:
        encoded = algorithm.parameters or b""
        if not any(der.encode_oid(oid) in encoded for oid in _PSS_HASHES):
            return "an RSASSA-PSS signature with another hash than SHA-256, SHA-384 or SHA-512"
    return None


WEBPKI_RULES: Final = (
    # The Requirements allow name constraints that are not critical (7.1.2.5.2).
    *(rule for rule in RFC5280_RULES if rule.problem.__name__ != "_name_constraints_critical"),
    Rule("version", _BELOW, _is_version_3),
    Rule("webpki-extension", _BELOW, _no_unique_identifiers),
    Rule("subject-alt-name", _TARGET, _has_alternative_names),
    Rule("subject-alt-name", _TARGET, _alternative_names_are_hosts),
    Rule("common-name", _TARGET, _common_name_is_a_copy),
    Rule("webpki-extension", _TARGET, _is_no_authority),
    Rule("webpki-extension", _TARGET, _names_the_server_purpose),
    Rule("webpki-extension", Place.ANCHOR, _root_without_purposes),
    Rule("webpki-extension", Place.AUTHORITY, _authority_has_key_usage),
    Rule("authority-key-identifier", _ALL, _authority_key_by_identifier),
    Rule("authority-key-identifier", Place.ANCHOR, _root_names_itself),
    Rule("webpki-extension", _BELOW, _information_access_is_formed),
    Rule("key", _ALL, _key_is_allowed),
    Rule("signature-algorithm", _BELOW, _signature_is_allowed),
)
"""The rules of the profile "webpki"."""
