"""Requests (RFC 6960 4.1.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gmpki.asn1 import der
from gmpki.asn1._schema import Schema, der_of
from gmpki.asn1.rfc5280 import Extension, GeneralName, encode_extensions
from gmpki.asn1.rfc6960._shared import (
    MAX_REQUESTS,
    CertID,
    Signature,
    optional_extensions,
    read_version,
    sequence_of,
)

if TYPE_CHECKING:
    from gmpki.asn1.der import Reader

__all__ = ["OCSPRequest", "Request", "TBSRequest"]


@dataclass(frozen=True, slots=True)
class Request(Schema):
    """``SEQUENCE { reqCert CertID, singleRequestExtensions [0] EXPLICIT Extensions OPTIONAL }``.

    :standard: RFC 6960 4.1.1
    """

    cert_id: CertID
    extensions: tuple[Extension, ...] = ()

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> Request:
        """Read a Request."""
        with reader.sequence(name) as fields:
            cert_id = CertID.read(fields, "reqCert")
            return cls(cert_id, optional_extensions(fields, 0, "singleRequestExtensions"))

    def to_der(self) -> bytes:
        """Encode the structure as DER."""
        return der.encode_sequence(
            der_of(self.cert_id, CertID, "cert_id"), der.encode_explicit(0, encode_extensions(self.extensions))
        )


@dataclass(frozen=True, slots=True)
class TBSRequest(Schema):
    """``SEQUENCE { version [0] EXPLICIT Version DEFAULT v1, requestorName [1] EXPLICIT GeneralName OPTIONAL,
    requestList SEQUENCE OF Request, requestExtensions [2] EXPLICIT Extensions OPTIONAL }``.

    :standard: RFC 6960 4.1.1
    """

    requests: tuple[Request, ...]
    requestor_name: GeneralName | None = None
    extensions: tuple[Extension, ...] = ()

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> TBSRequest:
        """Read a TBSRequest."""
        requestor_name = None
        with reader.sequence(name) as fields:
            read_version(fields)
            if fields.next_is(der.Tag.context(1, constructed=True)):
                with fields.explicit(1, "requestorName") as wrapped:
                    requestor_name = GeneralName.read(wrapped)
            requests = sequence_of(fields, "requestList", Request.read, MAX_REQUESTS)
            return cls(requests, requestor_name, optional_extensions(fields, 2, "requestExtensions"))

    def to_der(self) -> bytes:
        """Encode the structure as DER."""
        name = b""
        if self.requestor_name is not None:
            name = der.encode_explicit(1, der_of(self.requestor_name, GeneralName, "requestor_name"))
        return der.encode_sequence(
            name,
            der.encode_sequence(*(der_of(request, Request, "a request") for request in self.requests)),
            der.encode_explicit(2, encode_extensions(self.extensions)),
        )


@dataclass(frozen=True, slots=True)
class OCSPRequest(Schema):
    """``SEQUENCE { tbsRequest TBSRequest, optionalSignature [0] EXPLICIT Signature OPTIONAL }``.

    :ivar tbs_der: the exact bytes of tbsRequest, which the signature is over; what :meth:`to_der` writes.
    :standard: RFC 6960 4.1.1
    """

    tbs: TBSRequest
    tbs_der: bytes
    signature: Signature | None = None

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> OCSPRequest:
        """Read an OCSPRequest."""
        signature = None
        with reader.sequence(name) as fields:
            at = fields.offset
            tbs = TBSRequest.read(fields, "tbsRequest")
            tbs_der = fields.since(at)
            if fields.next_is(der.Tag.context(0, constructed=True)):
                with fields.explicit(0, "optionalSignature") as wrapped:
                    signature = Signature.read(wrapped)
        return cls(tbs, tbs_der, signature)

    def to_der(self) -> bytes:
        """Encode the structure as DER."""
        signature = b"" if self.signature is None else der_of(self.signature, Signature, "signature")
        return der.encode_sequence(self.tbs_der, der.encode_explicit(0, signature))
