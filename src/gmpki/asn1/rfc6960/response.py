"""Responses (RFC 6960 4.2.1)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from gmpki._inputs import as_bytes, member
from gmpki.asn1 import der
from gmpki.asn1._schema import Schema, der_of
from gmpki.asn1.rfc5280 import Extension, Name, encode_extensions
from gmpki.asn1.rfc5280.ext_crl import CRLReason, ReasonCode
from gmpki.asn1.rfc6960._shared import (
    MAX_REQUESTS,
    CertID,
    Signature,
    optional_extensions,
    read_version,
    sequence_of,
)
from gmpki.errors import InvalidInputError

if TYPE_CHECKING:
    from datetime import datetime

    from gmpki.asn1.der import Reader
    from gmpki.oids import ObjectIdentifier

__all__ = [
    "BasicOCSPResponse",
    "CertStatus",
    "CertStatusKind",
    "OCSPResponse",
    "ResponderID",
    "ResponseData",
    "ResponseStatus",
    "SingleResponse",
]

_SHA1_LEN = 20


class ResponseStatus(Enum):
    """Whether a responder answers, and why not.

    :standard: RFC 6960 4.2.1 (OCSPResponseStatus), 4.2.2.3 and 2.3
    """

    SUCCESSFUL = 0
    MALFORMED_REQUEST = 1
    INTERNAL_ERROR = 2
    TRY_LATER = 3
    SIG_REQUIRED = 5
    UNAUTHORIZED = 6

    @property
    def standard_name(self) -> str:
        """The name in the standard, such as "tryLater"."""
        first, *rest = self.name.lower().split("_")
        return first + "".join(word.capitalize() for word in rest)


class CertStatusKind(str, Enum):
    """The alternatives of CertStatus."""

    GOOD = "good"
    REVOKED = "revoked"
    UNKNOWN = "unknown"


_STATUS_TAGS = {
    der.Tag.context(0): CertStatusKind.GOOD,
    der.Tag.context(1, constructed=True): CertStatusKind.REVOKED,
    der.Tag.context(2): CertStatusKind.UNKNOWN,
}


@dataclass(frozen=True, slots=True)
class CertStatus(Schema):
    """``CHOICE { good [0] IMPLICIT NULL, revoked [1] IMPLICIT RevokedInfo, unknown [2] IMPLICIT NULL }`` with
    ``RevokedInfo ::= SEQUENCE { revocationTime GeneralizedTime, revocationReason [0] EXPLICIT CRLReason OPTIONAL }``.

    :ivar revocation_time: in UTC with whole seconds; None unless revoked.
    :ivar revocation_reason: None unless revoked, or when none is given.
    :standard: RFC 6960 4.2.1
    """

    kind: CertStatusKind
    revocation_time: datetime | None = None
    revocation_reason: ReasonCode | None = None

    def __post_init__(self) -> None:
        """Check that the parts make sense together.

        :raises InvalidTypeError: when kind or the reason is none.
        :raises InvalidInputError: when a revoked status has no time, or another has one or a reason.
        """
        member(self.kind, CertStatusKind, "kind")
        if self.revocation_reason is not None:
            member(self.revocation_reason, ReasonCode, "revocation_reason")
        revoked = self.kind is CertStatusKind.REVOKED
        if revoked is (self.revocation_time is None) or (self.revocation_reason is not None and not revoked):
            raise InvalidInputError("a revoked status has a time and may have a reason; the others have neither")

    @classmethod
    def good(cls) -> CertStatus:
        """Return the status "good"."""
        return cls(CertStatusKind.GOOD)

    @classmethod
    def unknown(cls) -> CertStatus:
        """Return the status "unknown"."""
        return cls(CertStatusKind.UNKNOWN)

    @classmethod
    def revoked(cls, time: datetime, reason: ReasonCode | None = None) -> CertStatus:
        """Return the status "revoked" since a time.

        :raises InvalidTypeError: when the reason is none.
        """
        return cls(CertStatusKind.REVOKED, time, reason)

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> CertStatus:
        """Read a CertStatus."""
        tag = reader.peek()
        kind = None if tag is None else _STATUS_TAGS.get(tag)
        if tag is None or kind is None:
            raise reader.error("[0] good, [1] revoked or [2] unknown expected", name)
        if kind is not CertStatusKind.REVOKED:
            reader.null(name, tag=tag)
            return cls(kind)
        reason = None
        with reader.sequence(name, tag=tag) as fields:
            time = fields.generalized_time("revocationTime")
            if fields.next_is(der.Tag.context(0, constructed=True)):
                with fields.explicit(0, "revocationReason") as wrapped:
                    reason = CRLReason.read(wrapped).reason
        return cls(kind, time, reason)

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidInputError: when the time of revocation has no time zone, or a fraction of a second.
        """
        if self.revocation_time is None:
            return der.encode_null(tag=der.Tag.context(0 if self.kind is CertStatusKind.GOOD else 2))
        reason = b""
        if self.revocation_reason is not None:
            reason = der.encode_explicit(0, CRLReason(self.revocation_reason).to_der())
        content = der.encode_sequence(der.encode_generalized_time(self.revocation_time), reason)
        return der.encode_implicit(1, content)


@dataclass(frozen=True, slots=True)
class SingleResponse(Schema):
    """``SEQUENCE { certID CertID, certStatus CertStatus, thisUpdate GeneralizedTime, nextUpdate [0] EXPLICIT
    GeneralizedTime OPTIONAL, singleExtensions [1] EXPLICIT Extensions OPTIONAL }``.

    :ivar this_update: the last time at which the status was known to be right, in UTC.
    :ivar next_update: when there will be newer information, in UTC; None when there is newer at any time.
    :standard: RFC 6960 4.2.1
    """

    cert_id: CertID
    status: CertStatus
    this_update: datetime
    next_update: datetime | None = None
    extensions: tuple[Extension, ...] = ()

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> SingleResponse:
        """Read a SingleResponse."""
        next_update = None
        with reader.sequence(name) as fields:
            cert_id = CertID.read(fields, "certID")
            status = CertStatus.read(fields, "certStatus")
            this_update = fields.generalized_time("thisUpdate")
            if fields.next_is(der.Tag.context(0, constructed=True)):
                with fields.explicit(0, "nextUpdate") as wrapped:
                    next_update = wrapped.generalized_time()
            extensions = optional_extensions(fields, 1, "singleExtensions")
            return cls(cert_id, status, this_update, next_update, extensions)

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidInputError: when a time has no time zone, or a fraction of a second.
        """
        next_update = b"" if self.next_update is None else der.encode_generalized_time(self.next_update)
        return der.encode_sequence(
            der_of(self.cert_id, CertID, "cert_id"),
            der_of(self.status, CertStatus, "status"),
            der.encode_generalized_time(self.this_update),
            der.encode_explicit(0, next_update),
            der.encode_explicit(1, encode_extensions(self.extensions)),
        )


@dataclass(frozen=True, slots=True)
class ResponderID(Schema):
    """``CHOICE { byName [1] EXPLICIT Name, byKey [2] EXPLICIT OCTET STRING }``; one of the two is given.

    :ivar key_hash: the SHA-1 of the responder's subjectPublicKey without tag, length and unused bits, 20 bytes.
    :standard: RFC 6960 4.2.1 and 4.2.2.2
    """

    name: Name | None = None
    key_hash: bytes | None = None

    def __post_init__(self) -> None:
        """Check that one alternative is given.

        :raises InvalidInputError: when both are, or none; when the hash has not 20 bytes.
        """
        if (self.name is None) is (self.key_hash is None):
            raise InvalidInputError("a responder is identified by a name or by the hash of a key, not by both or none")
        if self.key_hash is not None and len(as_bytes(self.key_hash, "key_hash")) != _SHA1_LEN:
            raise InvalidInputError(f"the hash of a responder's key is SHA-1, {_SHA1_LEN} bytes")

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> ResponderID:
        """Read a ResponderID."""
        if reader.next_is(der.Tag.context(1, constructed=True)):
            with reader.explicit(1, name) as wrapped:
                return cls(name=Name.read(wrapped, "byName"))
        with reader.explicit(2, name) as wrapped:
            return cls(key_hash=wrapped.octet_string("byKey", size=_SHA1_LEN))

    def to_der(self) -> bytes:
        """Encode the structure as DER."""
        if self.name is not None:
            return der.encode_explicit(1, der_of(self.name, Name, "name"))
        return der.encode_explicit(2, der.encode_octet_string(self.key_hash or b""))


@dataclass(frozen=True, slots=True)
class ResponseData(Schema):
    """``SEQUENCE { version [0] EXPLICIT Version DEFAULT v1, responderID ResponderID, producedAt GeneralizedTime,
    responses SEQUENCE OF SingleResponse, responseExtensions [1] EXPLICIT Extensions OPTIONAL }``.

    :standard: RFC 6960 4.2.1
    """

    responder_id: ResponderID
    produced_at: datetime
    responses: tuple[SingleResponse, ...]
    extensions: tuple[Extension, ...] = ()

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> ResponseData:
        """Read a ResponseData."""
        with reader.sequence(name) as fields:
            read_version(fields)
            return cls(
                ResponderID.read(fields, "responderID"),
                fields.generalized_time("producedAt"),
                sequence_of(fields, "responses", SingleResponse.read, MAX_REQUESTS),
                optional_extensions(fields, 1, "responseExtensions"),
            )

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidInputError: when a time has no time zone, or a fraction of a second.
        """
        return der.encode_sequence(
            der_of(self.responder_id, ResponderID, "responder_id"),
            der.encode_generalized_time(self.produced_at),
            der.encode_sequence(*(der_of(single, SingleResponse, "a response") for single in self.responses)),
            der.encode_explicit(1, encode_extensions(self.extensions)),
        )


@dataclass(frozen=True, slots=True)
class BasicOCSPResponse(Schema):
    """``SEQUENCE { tbsResponseData ResponseData, signatureAlgorithm AlgorithmIdentifier, signature BIT STRING, certs
    [0] EXPLICIT SEQUENCE OF Certificate OPTIONAL }``.

    :ivar tbs_der: the exact bytes of tbsResponseData, which the signature is over; what :meth:`to_der` writes.
    :ivar signature: the three fields behind it.
    :standard: RFC 6960 4.2.1
    """

    tbs: ResponseData
    tbs_der: bytes
    signature: Signature

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> BasicOCSPResponse:
        """Read a BasicOCSPResponse."""
        with reader.sequence(name) as fields:
            at = fields.offset
            tbs = ResponseData.read(fields, "tbsResponseData")
            return cls(tbs, fields.since(at), Signature.read_fields(fields))

    def to_der(self) -> bytes:
        """Encode the structure as DER."""
        member(self.signature, Signature, "signature")
        return der.encode_sequence(self.tbs_der, self.signature.fields_der())


@dataclass(frozen=True, slots=True)
class OCSPResponse(Schema):
    """``SEQUENCE { responseStatus ENUMERATED, responseBytes [0] EXPLICIT SEQUENCE { responseType OBJECT IDENTIFIER,
    response OCTET STRING } OPTIONAL }``.

    :ivar response_type: None when the status is not successful; then there is no response either.
    :standard: RFC 6960 4.2.1
    """

    status: ResponseStatus
    response_type: ObjectIdentifier | None = None
    response: bytes | None = None

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> OCSPResponse:
        """Read an OCSPResponse."""
        response_type = response = None
        with reader.sequence(name) as fields:
            at = fields.offset
            number = fields.enumerated("responseStatus")
            try:
                status = ResponseStatus(number)
            except ValueError:
                raise fields.error("no such status", "responseStatus", offset=at) from None
            if fields.next_is(der.Tag.context(0, constructed=True)):
                with fields.explicit(0, "responseBytes") as wrapped, wrapped.sequence() as inner:
                    response_type = inner.oid("responseType")
                    response = inner.octet_string("response")
            if (status is ResponseStatus.SUCCESSFUL) is (response is None):
                # RFC 6960 4.2.1: responseBytes are there when the status is successful, and only then.
                raise fields.error("responseBytes belong to a successful response, and to no other", offset=at)
        return cls(status, response_type, response)

    def to_der(self) -> bytes:
        """Encode the structure as DER."""
        member(self.status, ResponseStatus, "status")
        content = b""
        if self.response is not None and self.response_type is not None:
            inner = der.encode_oid(self.response_type) + der.encode_octet_string(self.response)
            content = der.encode_explicit(0, der.encode_sequence(inner))
        return der.encode_sequence(der.encode_enumerated(self.status.value), content)
