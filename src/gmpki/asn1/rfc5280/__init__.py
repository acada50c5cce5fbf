"""Structures of RFC 5280: certificates, revocation lists, names, and what other documents use of them.

``algorithm`` AlgorithmIdentifier and SubjectPublicKeyInfo; ``name`` and ``general_name``; ``extension`` the frame of
an extension, and ``ext_*`` what extensions hold; ``certificate`` and ``crl`` what is signed; ``signed`` the frame
around it. Everything is offered here under one name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gmpki.asn1.rfc5280.algorithm import NULL, AlgorithmIdentifier, SubjectPublicKeyInfo
from gmpki.asn1.rfc5280.certificate import TBSCertificate, Validity, read_serial_number
from gmpki.asn1.rfc5280.crl import RevokedCertificate, TBSCertListHead
from gmpki.asn1.rfc5280.extension import Extension, encode_extensions, read_extensions
from gmpki.asn1.rfc5280.general_name import (
    GeneralName,
    GeneralNameKind,
    OtherName,
    encode_general_names,
    read_general_names,
)
from gmpki.asn1.rfc5280.name import AttributeTypeAndValue, Name
from gmpki.asn1.rfc5280.signed import SignedStructure, read_signed

if TYPE_CHECKING:
    from typing import Any

    from gmpki.asn1.rfc5280.ext_crl import (
        CertificateIssuer,
        CRLNumber,
        CRLReason,
        DeltaCRLIndicator,
        HoldInstruction,
        InvalidityDate,
        ReasonCode,
    )
    from gmpki.asn1.rfc5280.ext_keys import (
        AuthorityKeyIdentifier,
        ExtendedKeyUsage,
        KeyUsage,
        KeyUsages,
        PrivateKeyUsagePeriod,
        SubjectKeyIdentifier,
    )
    from gmpki.asn1.rfc5280.ext_names import (
        Attribute,
        BasicConstraints,
        GeneralSubtree,
        IssuerAltName,
        NameConstraints,
        SubjectAltName,
        SubjectDirectoryAttributes,
    )
    from gmpki.asn1.rfc5280.ext_points import (
        AccessDescription,
        AuthorityInfoAccess,
        CRLDistributionPoints,
        DistributionPoint,
        DistributionPointName,
        FreshestCRL,
        IssuingDistributionPoint,
        ReasonFlags,
        SubjectInfoAccess,
    )
    from gmpki.asn1.rfc5280.ext_policies import (
        CertificatePolicies,
        DisplayText,
        InhibitAnyPolicy,
        NoticeReference,
        PolicyConstraints,
        PolicyInformation,
        PolicyMapping,
        PolicyMappings,
        PolicyQualifierInfo,
        UserNotice,
    )

__all__ = [
    "NULL",
    "AccessDescription",
    "AlgorithmIdentifier",
    "Attribute",
    "AttributeTypeAndValue",
    "AuthorityInfoAccess",
    "AuthorityKeyIdentifier",
    "BasicConstraints",
    "CRLDistributionPoints",
    "CRLNumber",
    "CRLReason",
    "CertificateIssuer",
    "CertificatePolicies",
    "DeltaCRLIndicator",
    "DisplayText",
    "DistributionPoint",
    "DistributionPointName",
    "ExtendedKeyUsage",
    "Extension",
    "FreshestCRL",
    "GeneralName",
    "GeneralNameKind",
    "GeneralSubtree",
    "HoldInstruction",
    "InhibitAnyPolicy",
    "InvalidityDate",
    "IssuerAltName",
    "IssuingDistributionPoint",
    "KeyUsage",
    "KeyUsages",
    "Name",
    "NameConstraints",
    "NoticeReference",
    "OtherName",
    "PolicyConstraints",
    "PolicyInformation",
    "PolicyMapping",
    "PolicyMappings",
    "PolicyQualifierInfo",
    "PrivateKeyUsagePeriod",
    "ReasonCode",
    "ReasonFlags",
    "RevokedCertificate",
    "SignedStructure",
    "SubjectAltName",
    "SubjectDirectoryAttributes",
    "SubjectInfoAccess",
    "SubjectKeyIdentifier",
    "SubjectPublicKeyInfo",
    "TBSCertListHead",
    "TBSCertificate",
    "UserNotice",
    "Validity",
    "encode_extensions",
    "encode_general_names",
    "read_extensions",
    "read_general_names",
    "read_serial_number",
    "read_signed",
]

# What extensions hold is loaded when it is first used: who reads keys needs none of it.
_HOMES = {
    "AccessDescription": "ext_points",
    "Attribute": "ext_names",
    "AuthorityInfoAccess": "ext_points",
    "AuthorityKeyIdentifier": "ext_keys",
    "BasicConstraints": "ext_names",
    "CRLDistributionPoints": "ext_points",
    "CRLNumber": "ext_crl",
    "CRLReason": "ext_crl",
    "CertificateIssuer": "ext_crl",
    "CertificatePolicies": "ext_policies",
    "DeltaCRLIndicator": "ext_crl",
    "DisplayText": "ext_policies",
    "DistributionPoint": "ext_points",
    "DistributionPointName": "ext_points",
    "ExtendedKeyUsage": "ext_keys",
    "FreshestCRL": "ext_points",
    "GeneralSubtree": "ext_names",
    "HoldInstruction": "ext_crl",
    "InhibitAnyPolicy": "ext_policies",
    "InvalidityDate": "ext_crl",
    "IssuerAltName": "ext_names",
    "IssuingDistributionPoint": "ext_points",
    "KeyUsage": "ext_keys",
    "KeyUsages": "ext_keys",
    "NameConstraints": "ext_names",
    "NoticeReference": "ext_policies",
    "PolicyConstraints": "ext_policies",
    "PolicyInformation": "ext_policies",
    "PolicyMapping": "ext_policies",
    "PolicyMappings": "ext_policies",
    "PolicyQualifierInfo": "ext_policies",
    "PrivateKeyUsagePeriod": "ext_keys",
    "ReasonCode": "ext_crl",
    "ReasonFlags": "ext_points",
    "SubjectAltName": "ext_names",
    "SubjectDirectoryAttributes": "ext_names",
    "SubjectInfoAccess": "ext_points",
    "SubjectKeyIdentifier": "ext_keys",
    "UserNotice": "ext_policies",
}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
