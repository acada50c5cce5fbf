"""Signing what a time-stamp token says."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gmpki import oids
from gmpki._inputs import member
from gmpki.algorithms import sm3
from gmpki.asn1.rfc5035 import ESSCertID, ESSCertIDv2, IssuerSerial, SigningCertificate, SigningCertificateV2
from gmpki.asn1.rfc5280 import AlgorithmIdentifier, GeneralName
from gmpki.asn1.rfc5652 import Attribute
from gmpki.cms.profiles import MessageProfile
from gmpki.cms.signer_spec import SignerSpec
from gmpki.cms.signing import sign
from gmpki.keys.signature_algorithms import SM2_SIGNATURES
from gmpki.x509.certificate import Certificate

if TYPE_CHECKING:
    from gmpki.asn1.rfc3161 import TSTInfo
    from gmpki.keys.interfaces import Signer

__all__ = ["TokenForm", "sign_token", "signing_certificate"]


@dataclass(frozen=True)
class TokenForm:
    """Everything about the tokens of an authority that is the same in each. Immutable.

    :ivar chain: certificates that go along with the authority's own.
    :ivar old_attribute: name the certificate by its SHA-1.
    """

    signer: Signer
    certificate: Certificate
    chain: tuple[Certificate, ...] = ()
    profile: MessageProfile = MessageProfile.RFC5652
    old_attribute: bool = False
    user_id: bytes | None = None
    spec: SignerSpec = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for certificate in self.chain:
            member(certificate, Certificate, "a certificate of the chain")
        member(self.profile, MessageProfile, "profile")
        attribute = signing_certificate(self.certificate, old=self.old_attribute)
        spec = SignerSpec(self.signer, self.certificate, user_id=self.user_id, signed_attributes=(attribute,))
        object.__setattr__(self, "spec", spec)


def sign_token(info: TSTInfo, form: TokenForm, *, certificates: bool) -> bytes:
    """Sign the contents of a token; return the DER of the token.

    :param certificates: let those of the authority go along.
    :raises GmpkiError: what the signer raises.
    :standard: RFC 3161 2.4.2; GM/T 0033-2014
    """
    return sign(
        info.to_der(),
        [form.spec],
        profile=form.profile,
        content_type=oids.TST_INFO,
        certificates=form.chain if certificates else (),
        include_signer_certificates=certificates,
    )


def signing_certificate(certificate: Certificate, *, old: bool = False) -> Attribute:
    """Return the signed attribute that names a signer's certificate.

    :param old: by its SHA-1; otherwise by SM3 for certificates with SM2 keys, and SHA-256 for others.
    :standard: RFC 5035 3 and 5.4; RFC 5816 2.2.1
    """
    issuer_serial = IssuerSerial((GeneralName.directory(certificate.issuer),), certificate.serial_number)
    if old:
        sha1 = hashlib.sha1(certificate.der, usedforsecurity=False).digest()
        return Attribute(oids.SIGNING_CERTIFICATE, (SigningCertificate((ESSCertID(sha1, issuer_serial),)).to_der(),))
    if certificate.public_key.signature_algorithm.algorithm in SM2_SIGNATURES:
        identifier = ESSCertIDv2(AlgorithmIdentifier(oids.SM3), sm3.digest(certificate.der), issuer_serial)
    else:
        digest = hashlib.sha256(certificate.der).digest()
        identifier = ESSCertIDv2(AlgorithmIdentifier(oids.SHA256), digest, issuer_serial)
    return Attribute(oids.SIGNING_CERTIFICATE_V2, (SigningCertificateV2((identifier,)).to_der(),))
