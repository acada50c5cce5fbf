"""The attributes by which a signature names the certificate it was made with (RFC 5035; the first: RFC 2634)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gmpki import oids
from gmpki.asn1 import der
from gmpki.asn1._schema import Schema, der_of
from gmpki.asn1.quirks import QuirkKind
from gmpki.asn1.rfc5280 import (
    AlgorithmIdentifier,
    GeneralName,
    encode_general_names,
    read_general_names,
    read_serial_number,
)
from gmpki.asn1.rfc5280._extension_value import encode_sequence_of, has_items, read_sequence_of
from gmpki.asn1.rfc5280.ext_policies import PolicyInformation

if TYPE_CHECKING:
    from gmpki.asn1.der import Reader

__all__ = ["ESSCertID", "ESSCertIDv2", "IssuerSerial", "SigningCertificate", "SigningCertificateV2"]

_SHA256: Final = AlgorithmIdentifier(oids.SHA256)
_SHA1_LEN: Final = 20


@dataclass(frozen=True, slots=True)
class IssuerSerial(Schema):
    """``SEQUENCE { issuer GeneralNames, serialNumber CertificateSerialNumber }``.

    :standard: RFC 2634 5.4.1
    """

    issuer: tuple[GeneralName, ...]
    serial_number: int

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> IssuerSerial:
        """Read an IssuerSerial."""
        with reader.sequence(name) as fields:
            return cls(read_general_names(fields, "issuer"), read_serial_number(fields))

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidTypeError: when a field has the wrong type.
        :raises InvalidInputError: when there is no name.
        """
        return der.encode_sequence(encode_general_names(self.issuer), der.encode_integer(self.serial_number))


def read_issuer_serial(fields: Reader) -> IssuerSerial | None:
    """Read ``issuerSerial IssuerSerial OPTIONAL``, the last field of a structure."""
    return None if fields.at_end() else IssuerSerial.read(fields, "issuerSerial")


def encode_issuer_serial(value: IssuerSerial | None) -> bytes:
    """Encode the same field."""
    return b"" if value is None else der_of(value, IssuerSerial, "issuer_serial")


@dataclass(frozen=True, slots=True)
class ESSCertID(Schema):
    """``SEQUENCE { certHash OCTET STRING, issuerSerial IssuerSerial OPTIONAL }``.

    :ivar cert_hash: the SHA-1 of the DER of the certificate, 20 bytes; tolerant reading takes other lengths, because
        software is seen that puts another hash there.
    :standard: RFC 2634 5.4.1
    """

    cert_hash: bytes
    issuer_serial: IssuerSerial | None = None

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> ESSCertID:
        """Read an ESSCertID."""
        with reader.sequence(name) as fields:
            at = fields.offset
            cert_hash = fields.octet_string("certHash")
            if len(cert_hash) != _SHA1_LEN:
                message = f"a SHA-1 of {_SHA1_LEN} bytes expected, {len(cert_hash)} found"
                fields.tolerate(QuirkKind.ALGORITHM_MISMATCH, message, "certHash", offset=at)
            return cls(cert_hash, read_issuer_serial(fields))

    def to_der(self) -> bytes:
        """Encode the structure as DER."""
        return der.encode_sequence(der.encode_octet_string(self.cert_hash), encode_issuer_serial(self.issuer_serial))


@dataclass(frozen=True, slots=True)
class ESSCertIDv2(Schema):
    """``SEQUENCE { hashAlgorithm AlgorithmIdentifier DEFAULT {id-sha256}, certHash OCTET STRING, issuerSerial
    IssuerSerial OPTIONAL }``.

    :ivar cert_hash: the hash of the DER of the certificate.
    :standard: RFC 5035 4
    """

    hash_algorithm: AlgorithmIdentifier
    cert_hash: bytes
    issuer_serial: IssuerSerial | None = None

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> ESSCertIDv2:
        """Read an ESSCertIDv2."""
        algorithm = _SHA256
        with reader.sequence(name) as fields:
            at = fields.offset
            if fields.next_is(der.Tag.SEQUENCE):
                algorithm = AlgorithmIdentifier.read(fields, "hashAlgorithm")
                if algorithm == _SHA256:
                    message = "the default value SHA-256 is left out in DER"
                    fields.tolerate(QuirkKind.EXPLICIT_DEFAULT, message, "hashAlgorithm", offset=at)
            return cls(algorithm, fields.octet_string("certHash"), read_issuer_serial(fields))

    def to_der(self) -> bytes:
        """Encode the structure as DER."""
        algorithm = der_of(self.hash_algorithm, AlgorithmIdentifier, "hash_algorithm")
        return der.encode_sequence(
            b"" if self.hash_algorithm == _SHA256 else algorithm,
            der.encode_octet_string(self.cert_hash),
            encode_issuer_serial(self.issuer_serial),
        )


def _read_policies(fields: Reader) -> tuple[PolicyInformation, ...]:
    if fields.at_end():
        return ()
    return read_sequence_of(fields, "policies", "policyInformation", PolicyInformation.read)


def _encode_policies(policies: tuple[PolicyInformation, ...]) -> bytes:
    return encode_sequence_of(policies, PolicyInformation, "policies") if has_items(policies, "policies") else b""


@dataclass(frozen=True, slots=True)
class SigningCertificate(Schema):
    """``SEQUENCE { certs SEQUENCE OF ESSCertID, policies SEQUENCE OF PolicyInformation OPTIONAL }``.

    :ivar certs: the first is that of the signer.
    :standard: RFC 2634 5.4
    """

    certs: tuple[ESSCertID, ...]
    policies: tuple[PolicyInformation, ...] = ()

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> SigningCertificate:
        """Read a SigningCertificate."""
        with reader.sequence(name) as fields:
            return cls(read_sequence_of(fields, "certs", "ESSCertID", ESSCertID.read), _read_policies(fields))

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidTypeError: when a field has the wrong type.
        :raises InvalidInputError: when there is no certificate.
        """
        certs = encode_sequence_of(self.certs, ESSCertID, "certs")
        return der.encode_sequence(certs, _encode_policies(self.policies))


@dataclass(frozen=True, slots=True)
class SigningCertificateV2(Schema):
    """``SEQUENCE { certs SEQUENCE OF ESSCertIDv2, policies SEQUENCE OF PolicyInformation OPTIONAL }``.

    :ivar certs: the first is that of the signer.
    :standard: RFC 5035 3
    """

    certs: tuple[ESSCertIDv2, ...]
    policies: tuple[PolicyInformation, ...] = ()

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> SigningCertificateV2:
        """Read a SigningCertificateV2."""
        with reader.sequence(name) as fields:
            return cls(read_sequence_of(fields, "certs", "ESSCertIDv2", ESSCertIDv2.read), _read_policies(fields))

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidTypeError: when a field has the wrong type.
        :raises InvalidInputError: when there is no certificate.
        """
        certs = encode_sequence_of(self.certs, ESSCertIDv2, "certs")
        return der.encode_sequence(certs, _encode_policies(self.policies))
