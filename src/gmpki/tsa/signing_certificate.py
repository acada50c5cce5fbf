"""Making the signed attribute by which a signer names his certificate; messages check it wherever it stands.

RFC 3161 demands it of tokens; signatures that are to last have it too (RFC 5126 5.7.3).
"""

from __future__ import annotations

from gmpki import oids
from gmpki._inputs import member
from gmpki.asn1.rfc5035 import ESSCertID, ESSCertIDv2, IssuerSerial, SigningCertificate, SigningCertificateV2
from gmpki.asn1.rfc5280 import GeneralName
from gmpki.asn1.rfc5652 import Attribute
from gmpki.cms.algorithms import digest_algorithm
from gmpki.cms.digests import hash_of
from gmpki.keys.signature_algorithms import SM2_SIGNATURES
from gmpki.x509.certificate import Certificate

__all__ = ["signing_certificate"]


def signing_certificate(certificate: Certificate, *, old: bool = False) -> Attribute:
    """Return the attribute that names a certificate.

    :param old: by its SHA-1; otherwise by SM3 for certificates with SM2 keys, and SHA-256 for others.
    :raises InvalidTypeError: when certificate is none.
    :standard: RFC 5035 3 and 5.4; RFC 5816 2.2.1
    """
    member(certificate, Certificate, "certificate")
    issuer_serial = IssuerSerial((GeneralName.directory(certificate.issuer),), certificate.serial_number)
    if old:
        identifier = ESSCertID(hash_of("sha1", certificate.der), issuer_serial)
        return Attribute(oids.SIGNING_CERTIFICATE, (SigningCertificate((identifier,)).to_der(),))
    is_sm2 = certificate.public_key.signature_algorithm.algorithm in SM2_SIGNATURES
    name = "sm3" if is_sm2 else "sha256"
    identifier_v2 = ESSCertIDv2(digest_algorithm(name), hash_of(name, certificate.der), issuer_serial)
    return Attribute(oids.SIGNING_CERTIFICATE_V2, (SigningCertificateV2((identifier_v2,)).to_der(),))
