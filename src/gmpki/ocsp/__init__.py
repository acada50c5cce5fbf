"""OCSP (RFC 6960): asking whether a certificate was revoked, judging the answer, and answering.

The names below are loaded when they are first used. A client asks, a responder answers, the client verifies:

>>> from datetime import datetime, timedelta, timezone
>>> from gmpki import SM2PrivateKey
>>> from gmpki.ocsp import CertStatus, KnownStatus, OCSPRequestBuilder, OCSPResponder, OCSPResponse, verify_response
>>> from gmpki.x509.certificate_builder import CertificateBuilder
>>> from gmpki.x509.names import build_name
>>> from gmpki.x509.revocation import RevocationContext
>>> now = datetime(2026, 3, 1, 8, 0, tzinfo=timezone.utc)
>>> key, name = SM2PrivateKey.generate(), build_name(("C", "CN"), ("CN", "示例根"))
>>> builder = CertificateBuilder().issuer(name).validity(now, now + timedelta(days=365)).public_key(key.public_key)
>>> issuer = builder.subject(name).serial_number(1).sign(key)
>>> certificate = builder.subject(build_name(("CN", "张三"))).serial_number(2).sign(key)

>>> class Table:
...     def status(self, serial_number):
...         return KnownStatus(CertStatus.good()) if serial_number == 2 else None
>>> responder = OCSPResponder(issuer, key, Table(), clock=lambda: now)

>>> request = OCSPRequestBuilder().add(certificate, issuer).nonce().build()
>>> response = OCSPResponse.from_der(responder.answer(request.to_der()))
>>> verify_response(response, certificate, issuer, RevocationContext(now), nonce=request.nonce).status.value
'good'
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gmpki._lazy import lazy_names

if TYPE_CHECKING:
    from gmpki.asn1.rfc6960 import CertID, CertStatus, ResponseStatus
    from gmpki.ocsp.cert_ids import cert_id
    from gmpki.ocsp.checker import OCSPChecker
    from gmpki.ocsp.request import OCSPRequest
    from gmpki.ocsp.request_builder import OCSPRequestBuilder
    from gmpki.ocsp.responder import CRLStatusSource, KnownStatus, OCSPResponder, StatusSource
    from gmpki.ocsp.response import OCSPResponse
    from gmpki.ocsp.response_builder import OCSPResponseBuilder
    from gmpki.ocsp.verify import ResponsePolicy, check_response, verify_response

__all__ = [
    "CRLStatusSource",
    "CertID",
    "CertStatus",
    "KnownStatus",
    "OCSPChecker",
    "OCSPRequest",
    "OCSPRequestBuilder",
    "OCSPResponder",
    "OCSPResponse",
    "OCSPResponseBuilder",
    "ResponsePolicy",
    "ResponseStatus",
    "StatusSource",
    "cert_id",
    "check_response",
    "verify_response",
]

_HOMES = {
    "CRLStatusSource": "gmpki.ocsp.responder",
    "CertID": "gmpki.asn1.rfc6960",
    "CertStatus": "gmpki.asn1.rfc6960",
    "KnownStatus": "gmpki.ocsp.responder",
    "OCSPChecker": "gmpki.ocsp.checker",
    "OCSPRequest": "gmpki.ocsp.request",
    "OCSPRequestBuilder": "gmpki.ocsp.request_builder",
    "OCSPResponder": "gmpki.ocsp.responder",
    "OCSPResponse": "gmpki.ocsp.response",
    "OCSPResponseBuilder": "gmpki.ocsp.response_builder",
    "ResponsePolicy": "gmpki.ocsp.verify",
    "ResponseStatus": "gmpki.asn1.rfc6960",
    "StatusSource": "gmpki.ocsp.responder",
    "cert_id": "gmpki.ocsp.cert_ids",
    "check_response": "gmpki.ocsp.verify",
    "verify_response": "gmpki.ocsp.verify",
}

__getattr__, __dir__ = lazy_names(__name__, _HOMES)
