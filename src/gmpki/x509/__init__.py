"""X.509 certificates: read, built, issued in pairs, requested, revoked, judged, and validated along a path.

The names below are loaded when they are first used. Their modules have more: what each kind of extension holds is in
:mod:`gmpki.asn1.rfc5280` and :mod:`gmpki.asn1.gmt0015`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

    from gmpki.asn1.quirks import Quirk, QuirkKind
    from gmpki.asn1.rfc5280 import (
        AccessDescription,
        AlgorithmIdentifier,
        AuthorityInfoAccess,
        AuthorityKeyIdentifier,
        BasicConstraints,
        CertificatePolicies,
        CRLDistributionPoints,
        DistributionPoint,
        DistributionPointName,
        ExtendedKeyUsage,
        Extension,
        GeneralName,
        GeneralSubtree,
        IssuingDistributionPoint,
        KeyUsage,
        KeyUsages,
        Name,
        NameConstraints,
        PolicyInformation,
        ReasonCode,
        ReasonFlags,
        SubjectAltName,
        SubjectKeyIdentifier,
        SubjectPublicKeyInfo,
        Validity,
    )
    from gmpki.x509.certificate import Certificate, load_certificate, load_certificates
    from gmpki.x509.certificate_builder import CertificateBuilder, key_identifier, random_serial_number
    from gmpki.x509.crl import CertificateRevocationList, RevokedCertificate, load_crl
    from gmpki.x509.crl_builder import CRLBuilder, Revocation
    from gmpki.x509.crl_checker import CRLChecker
    from gmpki.x509.crl_verify import verify_crl
    from gmpki.x509.delivery import CSRResponseDelivery, EnvelopeDelivery, KeyDelivery, SKFBlobDelivery, open_delivery
    from gmpki.x509.extensions import Extensions, ExtensionValue
    from gmpki.x509.issuing import Addresses, IssuedPair, Issuer, issue_pair, self_signed
    from gmpki.x509.lint import Finding, Severity, lint_certificate, lint_pair
    from gmpki.x509.named_key import NamedKey, TrustAnchor
    from gmpki.x509.names import build_name, format_name, names_match, parse_name
    from gmpki.x509.pair import CertificatePair, load_pair
    from gmpki.x509.path import PathPolicy, PeerName, Purpose, RevocationMode, ValidatedPath, validate_path
    from gmpki.x509.prelint import lint_check
    from gmpki.x509.profile import Profile, load_profile
    from gmpki.x509.request import CertificateRequest, RequestBuilder, load_request
    from gmpki.x509.revocation import RevocationChecker, RevocationContext, RevocationResult, RevocationStatus
    from gmpki.x509.signatures import LENIENT_SIGNATURES, STANDARD_SIGNATURES, SignaturePolicy, verify_signed
    from gmpki.x509.text import to_text

__all__ = [
    "LENIENT_SIGNATURES",
    "STANDARD_SIGNATURES",
    "AccessDescription",
    "Addresses",
    "AlgorithmIdentifier",
    "AuthorityInfoAccess",
    "AuthorityKeyIdentifier",
    "BasicConstraints",
    "CRLBuilder",
    "CRLChecker",
    "CRLDistributionPoints",
    "CSRResponseDelivery",
    "Certificate",
    "CertificateBuilder",
    "CertificatePair",
    "CertificatePolicies",
    "CertificateRequest",
    "CertificateRevocationList",
    "DistributionPoint",
    "DistributionPointName",
    "EnvelopeDelivery",
    "ExtendedKeyUsage",
    "Extension",
    "ExtensionValue",
    "Extensions",
    "Finding",
    "GeneralName",
    "GeneralSubtree",
    "IssuedPair",
    "Issuer",
    "IssuingDistributionPoint",
    "KeyDelivery",
    "KeyUsage",
    "KeyUsages",
    "Name",
    "NameConstraints",
    "NamedKey",
    "PathPolicy",
    "PeerName",
    "PolicyInformation",
    "Profile",
    "Purpose",
    "Quirk",
    "QuirkKind",
    "ReasonCode",
    "ReasonFlags",
    "RequestBuilder",
    "Revocation",
    "RevocationChecker",
    "RevocationContext",
    "RevocationMode",
    "RevocationResult",
    "RevocationStatus",
    "RevokedCertificate",
    "SKFBlobDelivery",
    "Severity",
    "SignaturePolicy",
    "SubjectAltName",
    "SubjectKeyIdentifier",
    "SubjectPublicKeyInfo",
    "TrustAnchor",
    "ValidatedPath",
    "Validity",
    "build_name",
    "format_name",
    "issue_pair",
    "key_identifier",
    "lint_certificate",
    "lint_check",
    "lint_pair",
    "load_certificate",
    "load_certificates",
    "load_crl",
    "load_pair",
    "load_profile",
    "load_request",
    "names_match",
    "open_delivery",
    "parse_name",
    "random_serial_number",
    "self_signed",
    "to_text",
    "validate_path",
    "verify_crl",
    "verify_signed",
]

_HOMES = {
    "AccessDescription": "gmpki.asn1.rfc5280",
    "Addresses": "gmpki.x509.issuing",
    "AlgorithmIdentifier": "gmpki.asn1.rfc5280",
    "AuthorityInfoAccess": "gmpki.asn1.rfc5280",
    "AuthorityKeyIdentifier": "gmpki.asn1.rfc5280",
    "BasicConstraints": "gmpki.asn1.rfc5280",
    "CRLBuilder": "gmpki.x509.crl_builder",
    "CRLChecker": "gmpki.x509.crl_checker",
    "CRLDistributionPoints": "gmpki.asn1.rfc5280",
    "CSRResponseDelivery": "gmpki.x509.delivery",
    "Certificate": "gmpki.x509.certificate",
    "CertificateBuilder": "gmpki.x509.certificate_builder",
    "CertificatePair": "gmpki.x509.pair",
    "CertificatePolicies": "gmpki.asn1.rfc5280",
    "CertificateRequest": "gmpki.x509.request",
    "CertificateRevocationList": "gmpki.x509.crl",
    "DistributionPoint": "gmpki.asn1.rfc5280",
    "DistributionPointName": "gmpki.asn1.rfc5280",
    "EnvelopeDelivery": "gmpki.x509.delivery",
    "ExtendedKeyUsage": "gmpki.asn1.rfc5280",
    "Extension": "gmpki.asn1.rfc5280",
    "ExtensionValue": "gmpki.x509.extensions",
    "Extensions": "gmpki.x509.extensions",
    "Finding": "gmpki.x509.lint",
    "GeneralName": "gmpki.asn1.rfc5280",
    "GeneralSubtree": "gmpki.asn1.rfc5280",
    "IssuedPair": "gmpki.x509.issuing",
    "Issuer": "gmpki.x509.issuing",
    "IssuingDistributionPoint": "gmpki.asn1.rfc5280",
    "KeyDelivery": "gmpki.x509.delivery",
    "KeyUsage": "gmpki.asn1.rfc5280",
    "KeyUsages": "gmpki.asn1.rfc5280",
    "LENIENT_SIGNATURES": "gmpki.x509.signatures",
    "Name": "gmpki.asn1.rfc5280",
    "NameConstraints": "gmpki.asn1.rfc5280",
    "NamedKey": "gmpki.x509.named_key",
    "PathPolicy": "gmpki.x509.path",
    "PeerName": "gmpki.x509.path",
    "PolicyInformation": "gmpki.asn1.rfc5280",
    "Profile": "gmpki.x509.profile",
    "Purpose": "gmpki.x509.path",
    "Quirk": "gmpki.asn1.quirks",
    "QuirkKind": "gmpki.asn1.quirks",
    "ReasonCode": "gmpki.asn1.rfc5280",
    "ReasonFlags": "gmpki.asn1.rfc5280",
    "RequestBuilder": "gmpki.x509.request",
    "Revocation": "gmpki.x509.crl_builder",
    "RevocationChecker": "gmpki.x509.revocation",
    "RevocationContext": "gmpki.x509.revocation",
    "RevocationMode": "gmpki.x509.path",
    "RevocationResult": "gmpki.x509.revocation",
    "RevocationStatus": "gmpki.x509.revocation",
    "RevokedCertificate": "gmpki.x509.crl",
    "SKFBlobDelivery": "gmpki.x509.delivery",
    "STANDARD_SIGNATURES": "gmpki.x509.signatures",
    "Severity": "gmpki.x509.lint",
    "SignaturePolicy": "gmpki.x509.signatures",
    "SubjectAltName": "gmpki.asn1.rfc5280",
    "SubjectKeyIdentifier": "gmpki.asn1.rfc5280",
    "SubjectPublicKeyInfo": "gmpki.asn1.rfc5280",
    "TrustAnchor": "gmpki.x509.named_key",
    "ValidatedPath": "gmpki.x509.path",
    "Validity": "gmpki.asn1.rfc5280",
    "build_name": "gmpki.x509.names",
    "format_name": "gmpki.x509.names",
    "issue_pair": "gmpki.x509.issuing",
    "key_identifier": "gmpki.x509.certificate_builder",
    "lint_certificate": "gmpki.x509.lint",
    "lint_check": "gmpki.x509.prelint",
    "lint_pair": "gmpki.x509.lint",
    "load_certificate": "gmpki.x509.certificate",
    "load_certificates": "gmpki.x509.certificate",
    "load_crl": "gmpki.x509.crl",
    "load_pair": "gmpki.x509.pair",
    "load_profile": "gmpki.x509.profile",
    "load_request": "gmpki.x509.request",
    "names_match": "gmpki.x509.names",
    "open_delivery": "gmpki.x509.delivery",
    "parse_name": "gmpki.x509.names",
    "random_serial_number": "gmpki.x509.certificate_builder",
    "self_signed": "gmpki.x509.issuing",
    "to_text": "gmpki.x509.text",
    "validate_path": "gmpki.x509.path",
    "verify_crl": "gmpki.x509.crl_verify",
    "verify_signed": "gmpki.x509.signatures",
}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
