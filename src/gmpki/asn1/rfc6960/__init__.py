"""OCSP: requests, responses and their extensions (RFC 6960; the nonce as RFC 9654 has it). All tags are explicit.

Certificates stay the DER that came; what is signed stays the exact bytes that came.
"""

from gmpki.asn1.rfc6960._shared import MAX_CERTIFICATES, MAX_REQUESTS, CertID, Signature
from gmpki.asn1.rfc6960.extensions import (
    MAX_NONCE_LEN,
    AcceptableResponses,
    ArchiveCutoff,
    CrlID,
    ExtendedRevoke,
    Nonce,
    PreferredSignatureAlgorithm,
    PreferredSignatureAlgorithms,
    ServiceLocator,
)
from gmpki.asn1.rfc6960.request import OCSPRequest, Request, TBSRequest
from gmpki.asn1.rfc6960.response import (
    BasicOCSPResponse,
    CertStatus,
    CertStatusKind,
    OCSPResponse,
    ResponderID,
    ResponseData,
    ResponseStatus,
    SingleResponse,
)

__all__ = [
    "MAX_CERTIFICATES",
    "MAX_NONCE_LEN",
    "MAX_REQUESTS",
    "AcceptableResponses",
    "ArchiveCutoff",
    "BasicOCSPResponse",
    "CertID",
    "CertStatus",
    "CertStatusKind",
    "CrlID",
    "ExtendedRevoke",
    "Nonce",
    "OCSPRequest",
    "OCSPResponse",
    "PreferredSignatureAlgorithm",
    "PreferredSignatureAlgorithms",
    "Request",
    "ResponderID",
    "ResponseData",
    "ResponseStatus",
    "ServiceLocator",
    "Signature",
    "SingleResponse",
    "TBSRequest",
]
