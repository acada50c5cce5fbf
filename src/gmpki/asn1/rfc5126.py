"""What a signature that must last carries with it: references to certificates and revocation information, and values.

The module of the RFC has explicit tags. Certificates, revocation lists and OCSP responses stay the DER that came.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from gmpki import _inputs, oids
from gmpki.asn1 import der
from gmpki.asn1._schema import Schema, der_of
from gmpki.asn1.rfc5035 import IssuerSerial, encode_issuer_serial, read_issuer_serial
from gmpki.asn1.rfc5280 import AlgorithmIdentifier, Name
from gmpki.asn1.rfc6960 import ResponderID
from gmpki.asn1.rfc6960._shared import sequence_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from gmpki.asn1.der import Reader

__all__ = [
    "MAX_VALUES",
    "CRLIdentifier",
    "CRLOCSPRef",
    "CRLValidatedID",
    "CertificateValues",
    "CompleteCertificateRefs",
    "CompleteRevocationRefs",
    "OCSPResponsesID",
    "OtherCertID",
    "OtherHash",
    "RevocationValues",
]

T = TypeVar("T")

MAX_VALUES: Final = 1024
"""How many values or references of one kind an attribute holds at most."""
_SHA1: Final = AlgorithmIdentifier(oids.SHA1)


def _raw(reader: Reader) -> bytes:
    return reader.exact(der.Tag.SEQUENCE, "value")


def _wrapped(reader: Reader, number: int, name: str, read: Callable[[Reader], T]) -> tuple[T, ...]:
    """Read ``[number] EXPLICIT SEQUENCE OF ... OPTIONAL``."""
    if not reader.next_is(der.Tag.context(number, constructed=True)):
        return ()
    with reader.explicit(number, name) as wrapped:
        return sequence_of(wrapped, "", read, MAX_VALUES)


def _wrapped_twice(reader: Reader, number: int, name: str, read: Callable[[Reader], T]) -> tuple[T, ...]:
    """Read ``[number] EXPLICIT SEQUENCE { SEQUENCE OF ... } OPTIONAL``."""
    if not reader.next_is(der.Tag.context(number, constructed=True)):
        return ()
    with reader.explicit(number, name) as wrapped, wrapped.sequence() as fields:
        return sequence_of(fields, "", read, MAX_VALUES)


def _sequence(parts: Iterable[bytes]) -> bytes:
    listed = _inputs.iterated(parts, "the elements")
    return der.encode_sequence(*listed) if listed else b""


@dataclass(frozen=True, slots=True)
class OtherHash(Schema):
    """``CHOICE { sha1Hash OCTET STRING, otherHash SEQUENCE { hashAlgorithm AlgorithmIdentifier, hashValue OCTET STRING
    } }``; SHA-1 is written as the first.

    :standard: RFC 5126 5.7.3.3
    """

    hash_algorithm: AlgorithmIdentifier
    hash_value: bytes

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> OtherHash:
        """Read an OtherHash."""
        if reader.next_is(der.Tag.OCTET_STRING):
            return cls(_SHA1, reader.octet_string(name))
        with reader.sequence(name) as fields:
            return cls(AlgorithmIdentifier.read(fields, "hashAlgorithm"), fields.octet_string("hashValue"))

    def to_der(self) -> bytes:
        """Encode the structure as DER."""
        algorithm = der_of(self.hash_algorithm, AlgorithmIdentifier, "hash_algorithm")
        value = der.encode_octet_string(self.hash_value)
        return value if self.hash_algorithm == _SHA1 else der.encode_sequence(algorithm, value)


@dataclass(frozen=True, slots=True)
class OtherCertID(Schema):
    """``SEQUENCE { otherCertHash OtherHash, issuerSerial IssuerSerial OPTIONAL }``.

    :standard: RFC 5126 5.7.3.3
    """

    cert_hash: OtherHash
    issuer_serial: IssuerSerial | None = None

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> OtherCertID:
        """Read an OtherCertID."""
        with reader.sequence(name) as fields:
            return cls(OtherHash.read(fields, "otherCertHash"), read_issuer_serial(fields))

    def to_der(self) -> bytes:
        """Encode the structure as DER."""
        return der.encode_sequence(
            der_of(self.cert_hash, OtherHash, "cert_hash"), encode_issuer_serial(self.issuer_serial)
        )


@dataclass(frozen=True, slots=True)
class CompleteCertificateRefs(Schema):
    """``SEQUENCE OF OtherCertID``: the certificates of the path, without the signer's.

    :standard: RFC 5126 6.2.1
    """

    refs: tuple[OtherCertID, ...]

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> CompleteCertificateRefs:
        """Read a CompleteCertificateRefs."""
        return cls(sequence_of(reader, name, lambda item: OtherCertID.read(item, "otherCertID"), MAX_VALUES))

    def to_der(self) -> bytes:
        """Encode the structure as DER."""
        return der.encode_sequence(
            *[der_of(ref, OtherCertID, "a reference") for ref in _inputs.iterated(self.refs, "refs")]
        )


@dataclass(frozen=True, slots=True)
class CRLIdentifier(Schema):
    """``SEQUENCE { crlissuer Name, crlIssuedTime UTCTime, crlNumber INTEGER OPTIONAL }``.

    :standard: RFC 5126 6.2.2
    """

    issuer: Name
    issued_at: datetime
    number: int | None = None

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> CRLIdentifier:
        """Read a CRLIdentifier."""
        with reader.sequence(name) as fields:
            return cls(
                Name.read(fields, "crlissuer"),
                fields.utc_time("crlIssuedTime"),
                None if fields.at_end() else fields.integer("crlNumber"),
            )

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidInputError: when the time has no time zone, a fraction of a second, or lies outside 1950 to 2049.
        """
        return der.encode_sequence(
            der_of(self.issuer, Name, "issuer"),
            der.encode_utc_time(self.issued_at),
            b"" if self.number is None else der.encode_integer(self.number),
        )


@dataclass(frozen=True, slots=True)
class CRLValidatedID(Schema):
    """``SEQUENCE { crlHash OtherHash, crlIdentifier CrlIdentifier OPTIONAL }``.

    :standard: RFC 5126 6.2.2
    """

    crl_hash: OtherHash
    identifier: CRLIdentifier | None = None

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> CRLValidatedID:
        """Read a CRLValidatedID."""
        with reader.sequence(name) as fields:
            crl_hash = OtherHash.read(fields, "crlHash")
            return cls(crl_hash, None if fields.at_end() else CRLIdentifier.read(fields, "crlIdentifier"))

    def to_der(self) -> bytes:
        """Encode the structure as DER."""
        identifier = b"" if self.identifier is None else der_of(self.identifier, CRLIdentifier, "identifier")
        return der.encode_sequence(der_of(self.crl_hash, OtherHash, "crl_hash"), identifier)


@dataclass(frozen=True, slots=True)
class OCSPResponsesID(Schema):
    """``SEQUENCE { ocspIdentifier SEQUENCE { ocspResponderID ResponderID, producedAt GeneralizedTime }, ocspRepHash
    OtherHash OPTIONAL }``.

    :standard: RFC 5126 6.2.2
    """

    responder_id: ResponderID
    produced_at: datetime
    response_hash: OtherHash | None = None

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> OCSPResponsesID:
        """Read an OCSPResponsesID."""
        with reader.sequence(name) as fields:
            with fields.sequence("ocspIdentifier") as inner:
                responder = ResponderID.read(inner, "ocspResponderID")
                produced_at = inner.generalized_time("producedAt")
            return cls(responder, produced_at, None if fields.at_end() else OtherHash.read(fields, "ocspRepHash"))

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidInputError: when the time has no time zone, or a fraction of a second.
        """
        identifier = der.encode_sequence(
            der_of(self.responder_id, ResponderID, "responder_id"), der.encode_generalized_time(self.produced_at)
        )
        response_hash = b"" if self.response_hash is None else der_of(self.response_hash, OtherHash, "response_hash")
        return der.encode_sequence(identifier, response_hash)


@dataclass(frozen=True, slots=True)
class CRLOCSPRef(Schema):
    """``SEQUENCE { crlids [0] EXPLICIT SEQUENCE { crls SEQUENCE OF CrlValidatedID } OPTIONAL, ocspids [1] EXPLICIT
    SEQUENCE { ocspResponses SEQUENCE OF OcspResponsesID } OPTIONAL, otherRev [2] EXPLICIT OtherRevRefs OPTIONAL }``.

    :ivar other: the exact DER of OtherRevRefs, or None.
    :standard: RFC 5126 6.2.2
    """

    crl_ids: tuple[CRLValidatedID, ...] = ()
    ocsp_ids: tuple[OCSPResponsesID, ...] = ()
    other: bytes | None = None

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> CRLOCSPRef:
        """Read a CRLOCSPRef."""
        with reader.sequence(name) as fields:
            return cls(
                _wrapped_twice(fields, 0, "crlids", CRLValidatedID.read),
                _wrapped_twice(fields, 1, "ocspids", OCSPResponsesID.read),
                _read_other(fields, "otherRev"),
            )

    def to_der(self) -> bytes:
        """Encode the structure as DER."""
        crls = _sequence(
            der_of(item, CRLValidatedID, "a reference") for item in _inputs.iterated(self.crl_ids, "crl_ids")
        )
        answers = _sequence(
            der_of(item, OCSPResponsesID, "a reference") for item in _inputs.iterated(self.ocsp_ids, "ocsp_ids")
        )
        return der.encode_sequence(
            der.encode_explicit(0, der.encode_sequence(crls) if crls else b""),
            der.encode_explicit(1, der.encode_sequence(answers) if answers else b""),
            b"" if self.other is None else der.encode_explicit(2, self.other),
        )


def _read_other(fields: Reader, name: str) -> bytes | None:
    if not fields.next_is(der.Tag.context(2, constructed=True)):
        return None
    with fields.explicit(2, name) as wrapped:
        return wrapped.exact(der.Tag.SEQUENCE)


@dataclass(frozen=True, slots=True)
class CompleteRevocationRefs(Schema):
    """``SEQUENCE OF CrlOcspRef``: one for the signer's certificate, then one for each of the certificate references.

    :standard: RFC 5126 6.2.2
    """

    refs: tuple[CRLOCSPRef, ...]

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> CompleteRevocationRefs:
        """Read a CompleteRevocationRefs."""
        return cls(sequence_of(reader, name, lambda item: CRLOCSPRef.read(item, "crlOcspRef"), MAX_VALUES))

    def to_der(self) -> bytes:
        """Encode the structure as DER."""
        return der.encode_sequence(
            *[der_of(ref, CRLOCSPRef, "a reference") for ref in _inputs.iterated(self.refs, "refs")]
        )


@dataclass(frozen=True, slots=True)
class CertificateValues(Schema):
    """``SEQUENCE OF Certificate``.

    :ivar certificates: the exact DER of each, not looked into.
    :standard: RFC 5126 6.3.3
    """

    certificates: tuple[bytes, ...]

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> CertificateValues:
        """Read a CertificateValues."""
        return cls(sequence_of(reader, name, _raw, MAX_VALUES))

    def to_der(self) -> bytes:
        """Encode the structure as DER."""
        return der.encode_sequence(*_inputs.iterated(self.certificates, "certificates"))


@dataclass(frozen=True, slots=True)
class RevocationValues(Schema):
    """``SEQUENCE { crlVals [0] EXPLICIT SEQUENCE OF CertificateList OPTIONAL, ocspVals [1] EXPLICIT SEQUENCE OF
    BasicOCSPResponse OPTIONAL, otherRevVals [2] EXPLICIT OtherRevVals OPTIONAL }``.

    :ivar crls: the exact DER of each, not looked into.
    :ivar ocsp_responses: the exact DER of each BasicOCSPResponse, not looked into.
    :ivar other: the exact DER of OtherRevVals, or None.
    :standard: RFC 5126 6.3.4
    """

    crls: tuple[bytes, ...] = ()
    ocsp_responses: tuple[bytes, ...] = ()
    other: bytes | None = None

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> RevocationValues:
        """Read a RevocationValues."""
        with reader.sequence(name) as fields:
            return cls(
                _wrapped(fields, 0, "crlVals", _raw),
                _wrapped(fields, 1, "ocspVals", _raw),
                _read_other(fields, "otherRevVals"),
            )

    def to_der(self) -> bytes:
        """Encode the structure as DER."""
        return der.encode_sequence(
            der.encode_explicit(0, _sequence(self.crls)),
            der.encode_explicit(1, _sequence(self.ocsp_responses)),
            b"" if self.other is None else der.encode_explicit(2, self.other),
        )
