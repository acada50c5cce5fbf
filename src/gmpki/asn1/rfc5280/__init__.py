"""Structures of RFC 5280: certificates, revocation lists, names, and what other documents use of them.

``algorithm`` AlgorithmIdentifier and SubjectPublicKeyInfo; ``name`` and ``general_name``; ``extension`` the frame of
an extension, and ``ext_*`` what extensions hold; ``certificate`` and ``crl`` what is signed; ``signed`` the frame
around it. Everything is offered here under one name.
"""

from __future__ import annotations

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

__all__ = [
    "NULL",
    "AlgorithmIdentifier",
    "AttributeTypeAndValue",
    "Extension",
    "GeneralName",
    "GeneralNameKind",
    "Name",
    "OtherName",
    "RevokedCertificate",
    "SignedStructure",
    "SubjectPublicKeyInfo",
    "TBSCertListHead",
    "TBSCertificate",
    "Validity",
    "encode_extensions",
    "encode_general_names",
    "read_extensions",
    "read_general_names",
    "read_serial_number",
    "read_signed",
]
