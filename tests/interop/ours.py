"""gmpki itself, behind the same methods as its peers."""

# Every implementation has the same methods with the same arguments.
# ruff: noqa: ARG002

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from gmpki import oids
from gmpki.asn1.rfc5280 import Extension
from gmpki.asn1.rfc5280.ext_crl import ReasonCode
from gmpki.asn1.rfc5280.ext_keys import (
    AuthorityKeyIdentifier,
    ExtendedKeyUsage,
    KeyUsage,
    KeyUsages,
    SubjectKeyIdentifier,
)
from gmpki.asn1.rfc5280.ext_names import BasicConstraints, SubjectAltName
from gmpki.asn1.rfc5280.ext_points import CRLDistributionPoints, DistributionPoint, DistributionPointName
from gmpki.asn1.rfc5280.general_name import GeneralName
from gmpki.asn1.rfc6960 import CertStatus
from gmpki.asn1.rfc6960_nocheck import OCSPNoCheck
from gmpki.errors import GmpkiError
from gmpki.keys.ecdsa import ECDSAPrivateKey
from gmpki.keys.ed25519 import Ed25519PrivateKey
from gmpki.keys.interfaces import PublicKey, Signer
from gmpki.keys.loader import load_private_key, load_public_key
from gmpki.keys.rsa import RSAPrivateKey, RSAPublicKey, SignaturePadding
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.ocsp.cert_ids import identifies
from gmpki.ocsp.request import OCSPRequest
from gmpki.ocsp.request_builder import OCSPRequestBuilder
from gmpki.ocsp.response import OCSPResponse
from gmpki.ocsp.response_builder import OCSPResponseBuilder
from gmpki.ocsp.verify import check_response
from gmpki.x509.certificate import Certificate
from gmpki.x509.certificate_builder import CertificateBuilder, key_identifier
from gmpki.x509.crl import CertificateRevocationList
from gmpki.x509.crl_builder import CRLBuilder, Revocation
from gmpki.x509.crl_checker import CRLChecker
from gmpki.x509.named_key import TrustAnchor
from gmpki.x509.names import build_name
from gmpki.x509.path import PathPolicy, validate_path
from gmpki.x509.request import CertificateRequest, RequestBuilder
from gmpki.x509.revocation import RevocationContext
from gmpki.x509.signatures import SignaturePolicy
from interop.refusing import refusing
from interop.scenario import (
    CRL_URI,
    DNS_NAME,
    Algorithm,
    CertificateReading,
    CertificateSpec,
    CRLReading,
    CRLSpec,
    RequestReading,
    ResponseSpec,
    Status,
    begin,
    end,
    now,
)

__all__ = ["Ours"]

USAGES = {
    KeyUsages.DIGITAL_SIGNATURE: "digitalSignature",
    KeyUsages.NON_REPUDIATION: "nonRepudiation",
    KeyUsages.KEY_ENCIPHERMENT: "keyEncipherment",
    KeyUsages.DATA_ENCIPHERMENT: "dataEncipherment",
    KeyUsages.KEY_AGREEMENT: "keyAgreement",
    KeyUsages.KEY_CERT_SIGN: "keyCertSign",
    KeyUsages.CRL_SIGN: "cRLSign",
}
KIND_USAGES = {
    "root": KeyUsages.KEY_CERT_SIGN | KeyUsages.CRL_SIGN,
    "sub": KeyUsages.KEY_CERT_SIGN | KeyUsages.CRL_SIGN,
    "leaf": KeyUsages.DIGITAL_SIGNATURE,
    "signing": KeyUsages.DIGITAL_SIGNATURE | KeyUsages.NON_REPUDIATION,
    "encryption": KeyUsages.KEY_ENCIPHERMENT | KeyUsages.DATA_ENCIPHERMENT | KeyUsages.KEY_AGREEMENT,
    "responder": KeyUsages.DIGITAL_SIGNATURE,
    "timestamper": KeyUsages.DIGITAL_SIGNATURE,
}


refused = refusing(GmpkiError, ours=True)


def user_id(algorithm: Algorithm) -> bytes | None:
    """Return the user id that signatures are made with: None is the default one."""
    return b"" if algorithm == "sm2-empty-id" else None


def policy(algorithm: Algorithm) -> SignaturePolicy:
    """Return the policy for signatures of an algorithm."""
    return SignaturePolicy(user_ids=(user_id(algorithm),))


class Ours:
    """What users call, and nothing below."""

    name = "gmpki"

    # ---- keys and signatures ------------------------------------------------------------
    @refused
    def new_key(self, algorithm: Algorithm) -> bytes:
        makers: dict[str, Callable[[], SM2PrivateKey | RSAPrivateKey | ECDSAPrivateKey | Ed25519PrivateKey]] = {
            "rsa": lambda: RSAPrivateKey.generate(2048),
            "rsa-pss": lambda: RSAPrivateKey.generate(2048),
            "p256": ECDSAPrivateKey.generate,
            "ed25519": Ed25519PrivateKey.generate,
        }
        return makers.get(algorithm, SM2PrivateKey.generate)().to_der()

    @staticmethod
    def _signer(algorithm: Algorithm, key: bytes) -> Signer:
        found = load_private_key(key)
        if isinstance(found, RSAPrivateKey) and algorithm == "rsa-pss":
            return found.using(padding=SignaturePadding.PSS)
        return found

    @refused
    def public_key(self, algorithm: Algorithm, key: bytes) -> bytes:
        return self._signer(algorithm, key).public_key.to_der()

    @refused
    def check_key(self, algorithm: Algorithm, key: bytes, public_key: bytes) -> bytes:
        found = load_public_key(public_key)
        if load_private_key(key).public_key != found:
            raise AssertionError("the keys are not a pair")
        return found.to_der()

    @refused
    def sign(self, algorithm: Algorithm, key: bytes, message: bytes) -> bytes:
        return self._signer(algorithm, key).sign(message, user_id=user_id(algorithm))

    @refused
    def check_signature(self, algorithm: Algorithm, public_key: bytes, message: bytes, signature: bytes) -> None:
        key: PublicKey = load_public_key(public_key)
        if isinstance(key, RSAPublicKey) and algorithm == "rsa-pss":
            key = key.using(padding=SignaturePadding.PSS)
        key.verify(signature, message, user_id=user_id(algorithm))

    # ---- certificates -------------------------------------------------------------------
    @refused
    def make_certificate(self, algorithm: Algorithm, spec: CertificateSpec) -> bytes:
        key = load_public_key(spec.public_key)
        subject = build_name(*spec.subject)
        builder = (
            CertificateBuilder()
            .subject(subject)
            .serial_number(spec.serial)
            .validity(begin(), end())
            .public_key(key)
            .add_extension(SubjectKeyIdentifier(key_identifier(key)))
            .add_extension(KeyUsage(KIND_USAGES[spec.kind]))
        )
        if spec.issuer is None:
            builder = builder.issuer(subject)
        else:
            issuer = Certificate.from_der(spec.issuer)
            identifier = AuthorityKeyIdentifier(issuer.subject_key_identifier)
            builder = builder.issuer(issuer.subject).add_extension(identifier)
        for extension in self._extensions(spec.kind):
            builder = builder.add_extension(extension)
        return builder.sign(self._signer(algorithm, spec.issuer_key), user_id=user_id(algorithm)).to_der()

    @staticmethod
    def _extensions(kind: str) -> list[Any]:
        if kind in ("root", "sub"):
            return [BasicConstraints(ca=True, path_len=None if kind == "root" else 0)]
        if kind == "responder":
            return [ExtendedKeyUsage((oids.OCSP_SIGNING,)), OCSPNoCheck()]
        if kind == "timestamper":  # the one purpose, and critical (RFC 3161 2.3)
            return [Extension(oids.EXTENDED_KEY_USAGE, True, ExtendedKeyUsage((oids.TIME_STAMPING,)).to_der())]
        if kind != "leaf":
            return []
        point = DistributionPoint(DistributionPointName((GeneralName.uri(CRL_URI),)))
        return [
            ExtendedKeyUsage((oids.SERVER_AUTH,)),
            SubjectAltName((GeneralName.dns(DNS_NAME),)),
            CRLDistributionPoints((point,)),
        ]

    @refused
    def check_certificate(self, algorithm: Algorithm, certificate: bytes, issuer: bytes) -> CertificateReading:
        found = Certificate.from_der(certificate)
        assert found.to_der() == certificate
        found.verify_signature(Certificate.from_der(issuer), policy=policy(algorithm))
        usage = found.key_usage or KeyUsages(0)
        names = frozenset(name for bit, name in USAGES.items() if bit in usage)
        return CertificateReading(found.serial_number, found.subject.get(oids.COMMON_NAME) or "", names)

    @refused
    def check_chain(self, algorithm: Algorithm, leaf: bytes, sub: bytes, root: bytes, crls: tuple[bytes, ...]) -> None:
        lists = [CertificateRevocationList.from_der(crl) for crl in crls]
        validate_path(
            Certificate.from_der(leaf),
            anchors=[TrustAnchor.of(Certificate.from_der(root))],
            intermediates=[Certificate.from_der(sub)],
            policy=PathPolicy(signatures=policy(algorithm)),
            checkers=[CRLChecker(lists)] if lists else [],
            at=now(),
        )

    @refused
    def make_request(self, algorithm: Algorithm, key: bytes, subject: tuple[tuple[str, str], ...]) -> bytes:
        names = SubjectAltName((GeneralName.dns(DNS_NAME),))
        builder = RequestBuilder().subject(build_name(*subject)).add_extension(names)
        return builder.sign(self._signer(algorithm, key), user_id=user_id(algorithm)).to_der()

    @refused
    def check_request(self, algorithm: Algorithm, request: bytes) -> RequestReading:
        found = CertificateRequest.from_der(request)
        assert found.to_der() == request
        found.verify_signature(policy=policy(algorithm))
        names = found.extensions.find(SubjectAltName)
        dns_name = str(names.names[0].value) if names is not None else ""
        return RequestReading(found.subject.get(oids.COMMON_NAME) or "", found.public_key.to_der(), dns_name)

    # ---- revocation ---------------------------------------------------------------------
    @refused
    def make_crl(self, algorithm: Algorithm, spec: CRLSpec) -> bytes:
        entries = [
            Revocation(serial, begin(), ReasonCode(reason) if reason else None)
            for serial, reason in spec.entries.items()
        ]
        issuer = Certificate.from_der(spec.issuer)
        builder = CRLBuilder.for_issuer(
            issuer, this_update=begin(), next_update=end(), number=spec.number, entries=entries
        )
        builder = replace(builder, delta_base=spec.base)
        return builder.sign(self._signer(algorithm, spec.issuer_key), user_id=user_id(algorithm)).to_der()

    @refused
    def check_crl(self, algorithm: Algorithm, crl: bytes, issuer: bytes) -> CRLReading:
        found = CertificateRevocationList.from_der(crl)
        assert found.to_der() == crl
        found.verify_signature(Certificate.from_der(issuer), policy=policy(algorithm))
        entries = {entry.serial_number: int(entry.reason or 0) for entry in found}
        for serial in entries:
            assert found.find(serial) is not None
        return CRLReading(entries, found.crl_number, found.delta_base)

    @refused
    def make_ocsp_request(self, algorithm: Algorithm, certificate: bytes, issuer: bytes) -> bytes:
        hash_name = "sm3" if algorithm.startswith("sm2") else "sha256"
        about = (Certificate.from_der(certificate), Certificate.from_der(issuer), hash_name)
        return OCSPRequestBuilder().add(*about).nonce().build().to_der()

    @refused
    def read_ocsp_request(self, algorithm: Algorithm, request: bytes, issuer: bytes) -> tuple[tuple[int, ...], int]:
        found = OCSPRequest.from_der(request)
        assert found.to_der() == request
        authority = Certificate.from_der(issuer)
        for identifier in found.cert_ids:
            assert identifies(identifier, identifier.serial_number, authority)
        serials = tuple(identifier.serial_number for identifier in found.cert_ids)
        return serials, len(found.nonce or b"")

    @refused
    def make_ocsp_response(self, algorithm: Algorithm, spec: ResponseSpec) -> bytes:
        request = OCSPRequest.from_der(spec.request)
        responder = Certificate.from_der(spec.responder)
        statuses = {
            "good": CertStatus.good(),
            "revoked": CertStatus.revoked(begin(), ReasonCode.KEY_COMPROMISE),
            "unknown": CertStatus.unknown(),
        }
        builder = OCSPResponseBuilder().responder(responder).certificates([responder])
        if request.nonce is not None:
            builder = builder.nonce(request.nonce)
        for identifier in request.cert_ids:
            builder = builder.add(identifier, statuses[spec.status], begin(), end())
        return builder.sign(self._signer(algorithm, spec.responder_key), user_id=user_id(algorithm)).to_der()

    @refused
    def check_ocsp_response(
        self, algorithm: Algorithm, response: bytes, request: bytes, certificate: bytes, issuer: bytes, root: bytes
    ) -> Status:
        found = OCSPResponse.from_der(response)
        assert found.to_der() == response
        context = RevocationContext(now(), policy(algorithm))
        result = check_response(
            found,
            Certificate.from_der(certificate),
            Certificate.from_der(issuer),
            context,
            nonce=OCSPRequest.from_der(request).nonce,
        )
        status = result.status.value
        assert status in ("good", "revoked", "unknown")
        return status  # type: ignore[return-value]
