"""Time-stamps (RFC 3161, GM/T 0033): asking for them, making them, judging them; evidence that lasts (RFC 5126).

The names below are loaded when they are first used. A client asks, an authority answers, the client verifies:

>>> from datetime import datetime, timedelta, timezone
>>> from gmpki import SM2PrivateKey, oids
>>> from gmpki.asn1.rfc5280 import Extension
>>> from gmpki.asn1.rfc5280.ext_keys import ExtendedKeyUsage
>>> from gmpki.cms import Trust
>>> from gmpki.tsa import TimestampAuthority, TimestampRequest, TokenVerifier
>>> from gmpki.x509.certificate_builder import CertificateBuilder
>>> from gmpki.x509.names import build_name
>>> now = datetime(2026, 3, 1, 8, 0, tzinfo=timezone.utc)
>>> key, name = SM2PrivateKey.generate(), build_name(("C", "CN"), ("CN", "示例时间戳"))
>>> purpose = Extension(oids.EXTENDED_KEY_USAGE, True, ExtendedKeyUsage((oids.TIME_STAMPING,)).to_der())
>>> builder = CertificateBuilder().subject(name).issuer(name).serial_number(1).public_key(key.public_key)
>>> certificate = builder.validity(now, now + timedelta(days=365)).add_extension(purpose).sign(key)

>>> class Counter:
...     number = 0
...     def next(self):
...         self.number += 1
...         return self.number
>>> authority = TimestampAuthority(key, certificate, Counter(), ["1.2.156.99999.1"], clock=lambda: now)

>>> request = TimestampRequest.of("合同".encode())
>>> response = authority.answer(request.to_der())
>>> stamp = TokenVerifier(Trust.signature_only()).verify_response(response, request)
>>> stamp.time, stamp.serial_number
(datetime.datetime(2026, 3, 1, 8, 0, tzinfo=datetime.timezone.utc), 1)

An authority in use has :class:`FileSerials` for its numbers and checks of its clock; a client in use has a
:class:`~gmpki.cms.Trust` with the anchors that it trusts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gmpki._lazy import lazy_names

if TYPE_CHECKING:
    from gmpki.tsa.authority import TimestampAuthority
    from gmpki.tsa.clock import ClockCheck, ReferenceClock, SteadyClock
    from gmpki.tsa.evidence import Evidence
    from gmpki.tsa.evidence_check import EvidenceReport, EvidenceStep, verify_evidence
    from gmpki.tsa.http import QUERY_MEDIA_TYPE, REPLY_MEDIA_TYPE, TimestampClient
    from gmpki.tsa.imprint import Imprint
    from gmpki.tsa.request import TimestampRequest
    from gmpki.tsa.response import FailureInfo, PKIStatus, TimestampResponse
    from gmpki.tsa.serials import FileSerials, SerialSource
    from gmpki.tsa.token import TimestampToken
    from gmpki.tsa.validation_data import ValidationData
    from gmpki.tsa.verify import TokenPolicy, TokenVerifier, VerifiedTimestamp

__all__ = [
    "QUERY_MEDIA_TYPE",
    "REPLY_MEDIA_TYPE",
    "ClockCheck",
    "Evidence",
    "EvidenceReport",
    "EvidenceStep",
    "FailureInfo",
    "FileSerials",
    "Imprint",
    "PKIStatus",
    "ReferenceClock",
    "SerialSource",
    "SteadyClock",
    "TimestampAuthority",
    "TimestampClient",
    "TimestampRequest",
    "TimestampResponse",
    "TimestampToken",
    "TokenPolicy",
    "TokenVerifier",
    "ValidationData",
    "VerifiedTimestamp",
    "verify_evidence",
]

_HOMES = {
    "QUERY_MEDIA_TYPE": "gmpki.tsa.http",
    "REPLY_MEDIA_TYPE": "gmpki.tsa.http",
    "ClockCheck": "gmpki.tsa.clock",
    "Evidence": "gmpki.tsa.evidence",
    "EvidenceReport": "gmpki.tsa.evidence_check",
    "EvidenceStep": "gmpki.tsa.evidence_check",
    "FailureInfo": "gmpki.tsa.response",
    "FileSerials": "gmpki.tsa.serials",
    "Imprint": "gmpki.tsa.imprint",
    "PKIStatus": "gmpki.tsa.response",
    "ReferenceClock": "gmpki.tsa.clock",
    "SerialSource": "gmpki.tsa.serials",
    "SteadyClock": "gmpki.tsa.clock",
    "TimestampAuthority": "gmpki.tsa.authority",
    "TimestampClient": "gmpki.tsa.http",
    "TimestampRequest": "gmpki.tsa.request",
    "TimestampResponse": "gmpki.tsa.response",
    "TimestampToken": "gmpki.tsa.token",
    "TokenPolicy": "gmpki.tsa.verify",
    "TokenVerifier": "gmpki.tsa.verify",
    "ValidationData": "gmpki.tsa.validation_data",
    "VerifiedTimestamp": "gmpki.tsa.verify",
    "verify_evidence": "gmpki.tsa.evidence_check",
}

__getattr__, __dir__ = lazy_names(__name__, _HOMES)
