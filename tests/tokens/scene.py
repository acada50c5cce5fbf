"""What happens in every test of tokens: the names and PINs in use, and a pair of certificates issued to a container."""

from __future__ import annotations

from dataclasses import dataclass

from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.tokens.delivery import import_delivery
from gmpki.tokens.interfaces import Container
from gmpki.x509.delivery import EnvelopeDelivery, KeyDelivery
from gmpki.x509.issuing import Issuer
from gmpki.x509.names import build_name
from gmpki.x509.pair import CertificatePair
from gmpki.x509.request import CertificateRequest, RequestBuilder
from seal import samples

APPLICATION = "GMPKI-TEST"
USER_PIN = "12345678"
ADMIN_PIN = "87654321"
OWNER = build_name(("C", "CN"), ("O", samples.ORGANISATION), ("CN", "张三"))


@dataclass(frozen=True)
class Issued:
    """What an authority has issued to a container."""

    request: CertificateRequest
    pair: CertificatePair
    encryption_key: SM2PrivateKey
    delivered: bytes


def issue_to(container: Container, delivery: KeyDelivery | None = None) -> Issued:
    """Let the container's signing key sign a request, and issue a pair that is not imported yet."""
    request = RequestBuilder().subject(OWNER).sign(container.signing_key)
    request.verify_signature()
    authority = Issuer(samples.root().certificate, samples.root().key)
    encryption_key = SM2PrivateKey.generate()
    issued = authority.issue_pair(
        request, encryption_key, "organisation", delivery=delivery or EnvelopeDelivery(), at=samples.NOW
    )
    assert issued.delivery is not None
    return Issued(request, issued.pair, encryption_key, issued.delivery)


def provision(container: Container, delivery: KeyDelivery | None = None) -> Issued:
    """Make the signing pair inside, have the pair issued, import the encryption key and both certificates."""
    container.generate()
    issued = issue_to(container, delivery)
    assert import_delivery(container, issued.delivered, pair=issued.pair) == issued.pair
    return issued
