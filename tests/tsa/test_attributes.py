"""The attribute in which a token names the certificate of its authority."""

from __future__ import annotations

from typing import Any

import pytest

from gmpki import oids
from gmpki.asn1 import der
from gmpki.asn1.rfc5035 import ESSCertID, ESSCertIDv2, IssuerSerial, SigningCertificate, SigningCertificateV2
from gmpki.asn1.rfc5280 import AlgorithmIdentifier, GeneralName
from gmpki.asn1.rfc5652 import Attribute
from gmpki.errors import (
    MessageError,
    UnsupportedAlgorithm,
)
from gmpki.tsa.imprint import Imprint
from gmpki.tsa.signing_certificate import signing_certificate
from gmpki.x509.certificate import Certificate
from tsa.scene import (
    DATA,
    NOW,
    ROOT,
    TSA,
    scene,
    verifier,
)


# ---- the attribute --------------------------------------------------------------------------------------------------
def v2(*identifiers: ESSCertIDv2) -> Attribute:
    return Attribute(oids.SIGNING_CERTIFICATE_V2, (SigningCertificateV2(identifiers).to_der(),))


def issued_as(name: Any = ROOT, number: int = 8) -> IssuerSerial:
    return IssuerSerial((GeneralName.directory(name),), number)


def sm3_of(certificate: Certificate) -> bytes:
    return Imprint.of(certificate.der).digest


SM3 = AlgorithmIdentifier(oids.SM3)
WRONG_ATTRIBUTES = {
    "another certificate": lambda made: [signing_certificate(made.ca)],
    "another certificate, old": lambda made: [signing_certificate(made.ca, old=True)],
    "one right, one wrong": lambda made: [signing_certificate(made.tsa), signing_certificate(made.ca, old=True)],
    "the signer second": lambda made: [v2(ESSCertIDv2(SM3, sm3_of(made.ca)), ESSCertIDv2(SM3, sm3_of(made.tsa)))],
    "another issuer": lambda made: [v2(ESSCertIDv2(SM3, sm3_of(made.tsa), issued_as(TSA)))],
    "another number": lambda made: [v2(ESSCertIDv2(SM3, sm3_of(made.tsa), issued_as(number=9)))],
    "no directory name": lambda made: [
        v2(ESSCertIDv2(SM3, sm3_of(made.tsa), IssuerSerial((GeneralName.dns("a"),), 8)))
    ],
    "short hash": lambda made: [v2(ESSCertIDv2(SM3, sm3_of(made.tsa)[:31]))],
    "SM3 named SHA-256": lambda made: [v2(ESSCertIDv2(AlgorithmIdentifier(oids.SHA256), sm3_of(made.tsa)))],
    "malformed": lambda _: [Attribute(oids.SIGNING_CERTIFICATE_V2, (der.encode_null(),))],
    "no certificate": lambda _: [Attribute(oids.SIGNING_CERTIFICATE_V2, (der.encode_sequence(der.encode_sequence()),))],
    "two values": lambda made: [
        Attribute(oids.SIGNING_CERTIFICATE_V2, (*signing_certificate(made.tsa).values, der.encode_sequence()))
    ],
}


@pytest.mark.parametrize("name", WRONG_ATTRIBUTES)
@pytest.mark.parametrize("lenient", [False, True])
def test_wrong_attributes(name: str, lenient: bool) -> None:
    token = scene().token(attributes=WRONG_ATTRIBUTES[name](scene()))
    with pytest.raises(MessageError) as caught:
        verifier(scene(), lenient=lenient).verify(token, DATA)
    assert caught.value.reason == "signing-certificate"


def test_an_attribute_with_an_unknown_hash() -> None:
    unknown = ESSCertIDv2(AlgorithmIdentifier(oids.find("1.2.3")), sm3_of(scene().tsa))
    with pytest.raises(UnsupportedAlgorithm):
        verifier(scene()).verify(scene().token(attributes=[v2(unknown)]), DATA)


def test_right_attributes() -> None:
    for identifier in (
        ESSCertIDv2(SM3, sm3_of(scene().tsa)),
        ESSCertIDv2(SM3, sm3_of(scene().tsa), issued_as()),
        ESSCertIDv2(AlgorithmIdentifier(oids.SHA256), Imprint.of(scene().tsa.der, "sha256").digest),
        ESSCertIDv2(AlgorithmIdentifier(oids.SHA512), Imprint.of(scene().tsa.der, "sha512").digest),
    ):
        assert verifier(scene()).verify(scene().token(attributes=[v2(identifier)]), DATA).time == NOW


def test_sm3_in_the_old_attribute_is_for_lenient_reading() -> None:
    value = SigningCertificate((ESSCertID(sm3_of(scene().tsa)),)).to_der()
    token = scene().token(attributes=[Attribute(oids.SIGNING_CERTIFICATE, (value,))])
    with pytest.raises(MessageError, match="20 bytes"):
        verifier(scene()).verify(token, DATA)
    assert verifier(scene(), lenient=True).verify(token, DATA).time == NOW
