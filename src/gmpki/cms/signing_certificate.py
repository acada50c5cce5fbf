"""The signed attribute that names the signer's certificate by its hash, where a message has it.

Nothing else in a signature says which certificate its key belongs to: without it, whoever gets another certificate for
the same key can put that one in its place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki import oids
from gmpki.asn1.quirks import QuirkLog
from gmpki.asn1.rfc5035 import ESSCertID, ESSCertIDv2, SigningCertificate, SigningCertificateV2
from gmpki.cms.algorithms import digest_name
from gmpki.cms.digests import hash_of
from gmpki.errors import DecodeError, MessageError

if TYPE_CHECKING:
    from gmpki.asn1.rfc5035 import IssuerSerial
    from gmpki.cms.attributes import ReadAttributes
    from gmpki.x509.certificate import Certificate

__all__ = ["check_signing_certificate"]

_LEN_256: Final = 32


def check_signing_certificate(attributes: ReadAttributes, certificate: Certificate, *, lenient: bool) -> None:
    """Check that the certificate is the one that the signer signed along, if he signed one.

    :param lenient: accept SM3 or SHA-256 where the first version of the attribute has SHA-1, as authorities of
        time-stamps write it [D].
    :raises MessageError: "signing-certificate" when it is another one, or the attribute is malformed.
    :standard: RFC 5035 3 and 5.4: the first identifier is that of the signer
    """
    for kind in (oids.SIGNING_CERTIFICATE, oids.SIGNING_CERTIFICATE_V2):
        attribute = attributes.get(kind)
        if attribute is None:
            continue
        try:
            if len(attribute.values) != 1:
                raise DecodeError(f"it has one value, not {len(attribute.values)}")
            identifier = _first(attribute.values[0], kind, lenient=lenient)
        except DecodeError as error:
            raise MessageError("signing-certificate", f"the attribute {kind.name} is malformed: {error}") from None
        if not _is_hash(identifier, certificate) or not _is_named(identifier.issuer_serial, certificate):
            raise MessageError(
                "signing-certificate", "the certificate is not the one that the signer signed along as his own"
            )


def _first(value: bytes, kind: str, *, lenient: bool) -> ESSCertID | ESSCertIDv2:
    schema = SigningCertificate if kind == oids.SIGNING_CERTIFICATE else SigningCertificateV2
    identifiers = schema.from_der(value, quirks=QuirkLog(tolerant=lenient)).certs
    if not identifiers:
        raise DecodeError("it names no certificate")
    return identifiers[0]


def _is_hash(identifier: ESSCertID | ESSCertIDv2, certificate: Certificate) -> bool:
    if isinstance(identifier, ESSCertIDv2):
        name = digest_name(identifier.hash_algorithm, lenient=False)[0]
        return identifier.cert_hash == hash_of(name, certificate.der)
    if len(identifier.cert_hash) == _LEN_256:  # which only lenient reading lets in
        return identifier.cert_hash in (hash_of("sm3", certificate.der), hash_of("sha256", certificate.der))
    return identifier.cert_hash == hash_of("sha1", certificate.der)


def _is_named(named: IssuerSerial | None, certificate: Certificate) -> bool:
    """Tell whether issuer and serial number are those of the certificate; absent ones say nothing against it."""
    if named is None:
        return True
    issuers = [name.value for name in named.issuer]
    return named.serial_number == certificate.serial_number and certificate.issuer in issuers
