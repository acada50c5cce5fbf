"""The signed attribute by which a signer names his certificate, so that nobody puts another one of the same key there.

RFC 3161 demands it of tokens; signatures that are to last have it too (RFC 5126 5.7.3).
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Final

from gmpki import oids
from gmpki._inputs import member
from gmpki.asn1.quirks import QuirkLog
from gmpki.asn1.rfc5035 import ESSCertID, ESSCertIDv2, IssuerSerial, SigningCertificate, SigningCertificateV2
from gmpki.asn1.rfc5280 import GeneralName, Name
from gmpki.asn1.rfc5652 import Attribute
from gmpki.cms.algorithms import digest_algorithm, digest_name
from gmpki.cms.digests import new_hash
from gmpki.errors import GmpkiError, TimestampError
from gmpki.keys.signature_algorithms import SM2_SIGNATURES
from gmpki.x509.certificate import Certificate
from gmpki.x509.names import names_match

if TYPE_CHECKING:
    from gmpki.asn1.rfc5652 import Attributes

__all__ = ["check_signing_certificate", "signing_certificate"]

_STRONG: Final = frozenset(("sm3", "sha256", "sha384", "sha512"))
# What software puts where SHA-1 belongs, told by its length alone; tolerant reading takes it.
_INSTEAD_OF_SHA1: Final = {32: ("sm3", "sha256"), 48: ("sha384",), 64: ("sha512",)}


def signing_certificate(certificate: Certificate, *, old: bool = False) -> Attribute:
    """Return the attribute that names a certificate.

    :param old: by its SHA-1; otherwise by SM3 for certificates with SM2 keys, and SHA-256 for others.
    :raises InvalidTypeError: when certificate is none.
    :standard: RFC 5035 3 and 5.4; RFC 5816 2.2.1
    """
    member(certificate, Certificate, "certificate")
    issuer_serial = IssuerSerial((GeneralName.directory(certificate.issuer),), certificate.serial_number)
    if old:
        identifier = ESSCertID(_hash(certificate, "sha1"), issuer_serial)
        return Attribute(oids.SIGNING_CERTIFICATE, (SigningCertificate((identifier,)).to_der(),))
    is_sm2 = certificate.public_key.signature_algorithm.algorithm in SM2_SIGNATURES
    name = "sm3" if is_sm2 else "sha256"
    identifier_v2 = ESSCertIDv2(digest_algorithm(name), _hash(certificate, name), issuer_serial)
    return Attribute(oids.SIGNING_CERTIFICATE_V2, (SigningCertificateV2((identifier_v2,)).to_der(),))


def check_signing_certificate(attributes: Attributes, certificate: Certificate, *, lenient: bool = False) -> bool:
    """Check that the attributes of this kind name a certificate; return whether there is one.

    :param attributes: the signed ones.
    :param lenient: take departures from DER, and other hashes where SHA-1 belongs.
    :raises TimestampError: "signing-certificate" when one names another certificate, or is malformed.
    :standard: RFC 5035 3 and 5.4: the first identifier is that of the signer
    """
    member(certificate, Certificate, "certificate")
    found = False
    for kind in (oids.SIGNING_CERTIFICATE, oids.SIGNING_CERTIFICATE_V2):
        try:
            value = attributes.find(kind)
            if value is None:
                continue
            matches = _names(value, kind == oids.SIGNING_CERTIFICATE_V2, certificate, lenient=lenient)
        except GmpkiError as error:
            raise TimestampError("signing-certificate", f"the attribute {kind.name} is not in order: {error}") from None
        if not matches:
            raise TimestampError("signing-certificate", f"the attribute {kind.name} names another certificate")
        found = True
    return found


def _names(value: bytes, is_v2: bool, certificate: Certificate, *, lenient: bool) -> bool:
    log = QuirkLog(tolerant=lenient)
    named = (SigningCertificateV2 if is_v2 else SigningCertificate).from_der(value, quirks=log).certs
    if not named:  # which only lenient reading lets in
        return False
    identifier = named[0]
    if isinstance(identifier, ESSCertIDv2):
        names: tuple[str, ...] = (digest_name(identifier.hash_algorithm, lenient=lenient)[0],)
        if not _STRONG.issuperset(names):
            return False
    else:
        names = _INSTEAD_OF_SHA1.get(len(identifier.cert_hash), ("sha1",))
    hashed = any(hmac.compare_digest(identifier.cert_hash, _hash(certificate, name)) for name in names)
    return hashed and (identifier.issuer_serial is None or _is_issued_as(certificate, identifier.issuer_serial))


def _is_issued_as(certificate: Certificate, said: IssuerSerial) -> bool:
    issuers = [name.value for name in said.issuer if isinstance(name.value, Name)]
    named = len(said.issuer) == 1 and len(issuers) == 1 and names_match(issuers[0], certificate.issuer)
    return named and said.serial_number == certificate.serial_number


def _hash(certificate: Certificate, name: str) -> bytes:
    running = new_hash(name)
    running.update(certificate.der)
    digest: bytes = running.digest()
    return digest
