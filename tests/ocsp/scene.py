"""An authority with a certificate to ask about, responders with and without its leave, and their answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import certified
from certified import DAY, NOW
from gmpki import oids
from gmpki.asn1.rfc5280 import Extension
from gmpki.asn1.rfc5280._extension_value import ExtensionValue
from gmpki.asn1.rfc5280.ext_keys import ExtendedKeyUsage, KeyUsage, KeyUsages
from gmpki.asn1.rfc5280.ext_names import BasicConstraints
from gmpki.asn1.rfc6960 import CertID, CertStatus
from gmpki.asn1.rfc6960_nocheck import OCSPNoCheck
from gmpki.keys.ecdsa import ECDSAPrivateKey
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.ocsp.cert_ids import cert_id
from gmpki.ocsp.response import OCSPResponse
from gmpki.ocsp.response_builder import OCSPResponseBuilder
from gmpki.x509.certificate import Certificate
from gmpki.x509.names import build_name
from rsa_keys import rsa_key

ROOT = build_name(("C", "CN"), ("O", "示例数字证书认证中心"), ("CN", "示例根"))
ALGORITHMS = ("sm2", "ecdsa", "rsa")


@lru_cache(maxsize=32)
def key(algorithm: str, owner: str) -> Any:
    """Make a key, always the same one for the same owner."""
    if algorithm == "rsa":
        return rsa_key(owner)
    return SM2PrivateKey.generate() if algorithm == "sm2" else ECDSAPrivateKey.generate()


def certify(*whom: Any, **options: Any) -> Certificate:
    """Issue a certificate that lasts, without the identifiers of keys: no answer depends on them."""
    return certified.certify(*whom, **({"identifiers": False, "not_after": NOW + 30_000 * DAY} | options))


@dataclass(frozen=True)
class Scene:
    """An authority, one of its certificates, and its delegated responder."""

    algorithm: str
    ca_key: Any
    ca: Certificate
    leaf: Certificate
    responder_key: Any
    responder: Certificate

    def delegated(self, *extensions: ExtensionValue | Extension, **options: Any) -> Certificate:
        """Return another certificate for the responder's key."""
        options = {"issuer": ROOT, "signer": self.ca_key, "serial_number": 9} | options
        return certify(
            build_name(("CN", "OCSP")), self.responder_key.public_key, *_places(options), *extensions, **options
        )

    def identifier(self, hash_name: str = "sm3") -> CertID:
        """Return the CertID of the leaf."""
        return cert_id(self.leaf, self.ca, hash_name)

    def builder(self, status: CertStatus | None = None, **options: Any) -> OCSPResponseBuilder:
        """Return a response about the leaf, good unless told, fresh now, by the authority itself."""
        options = {"this_update": NOW, "next_update": NOW + DAY, "identifier": self.identifier()} | options
        builder = OCSPResponseBuilder().responder(self.ca).produced_at(NOW)
        return builder.add(status=CertStatus.good() if status is None else status, **options)

    def good(self) -> OCSPResponse:
        """Return a response that is in order."""
        return self.builder().sign(self.ca_key)

    def by_responder(self, certificate: Certificate | None = None, *more: Certificate) -> OCSPResponse:
        """Return a response of the delegated responder, with a certificate of it."""
        certificate = self.responder if certificate is None else certificate
        builder = self.builder().responder(certificate).certificates((certificate, *more))
        return builder.sign(self.responder_key)


def _places(options: dict[str, Any]) -> Sequence[Any]:
    return options.pop("issuer"), options.pop("signer")


SIGNING = ExtendedKeyUsage((oids.OCSP_SIGNING,))
USAGE = KeyUsage(KeyUsages.DIGITAL_SIGNATURE)
NO_CHECK = OCSPNoCheck()


@lru_cache(maxsize=8)
def scene(algorithm: str = "sm2", user_id: bytes | None = None) -> Scene:
    """Build the scene for an algorithm, once."""
    ca_key, responder_key = key(algorithm, "ca"), key(algorithm, "responder")
    usage = KeyUsage(KeyUsages.KEY_CERT_SIGN | KeyUsages.CRL_SIGN)
    ca = certify(ROOT, ca_key.public_key, ROOT, ca_key, BasicConstraints(ca=True), usage, user_id=user_id)
    leaf = certify(
        build_name(("CN", "张三")), key(algorithm, "leaf").public_key, ROOT, ca_key, serial_number=0x77, user_id=user_id
    )
    responder = certify(
        build_name(("CN", "OCSP")),
        responder_key.public_key,
        ROOT,
        ca_key,
        SIGNING,
        USAGE,
        NO_CHECK,
        serial_number=8,
        user_id=user_id,
    )
    return Scene(algorithm, ca_key, ca, leaf, responder_key, responder)
