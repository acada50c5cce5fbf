"""The Python package cryptography as a peer for certificates, requests, revocation lists and OCSP, without SM2."""

# Every implementation has the same methods with the same arguments.
# ruff: noqa: ARG002

from __future__ import annotations

import os
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.x509 import ocsp, verification
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from interop.refusing import refusing
from interop.scenario import (
    CRL_URI,
    DNS_NAME,
    Algorithm,
    CertificateReading,
    CertificateSpec,
    CRLReading,
    CRLSpec,
    Refused,
    RequestReading,
    ResponseSpec,
    Status,
    begin,
    end,
    now,
)

__all__ = ["Cryptography"]

PADDING = {
    "rsa": padding.PKCS1v15(),
    "rsa-pss": padding.PSS(padding.MGF1(hashes.SHA256()), hashes.SHA256.digest_size),
}
OIDS = {"C": NameOID.COUNTRY_NAME, "O": NameOID.ORGANIZATION_NAME, "CN": NameOID.COMMON_NAME}
REASONS = {
    1: x509.ReasonFlags.key_compromise,
    3: x509.ReasonFlags.affiliation_changed,
    4: x509.ReasonFlags.superseded,
    5: x509.ReasonFlags.cessation_of_operation,
    6: x509.ReasonFlags.certificate_hold,
    8: x509.ReasonFlags.remove_from_crl,
}
USAGES = {
    "digital_signature": "digitalSignature",
    "content_commitment": "nonRepudiation",
    "key_encipherment": "keyEncipherment",
    "data_encipherment": "dataEncipherment",
    "key_agreement": "keyAgreement",
    "key_cert_sign": "keyCertSign",
    "crl_sign": "cRLSign",
}
KIND_USAGES = {
    "root": {"key_cert_sign", "crl_sign"},
    "sub": {"key_cert_sign", "crl_sign"},
    "leaf": {"digital_signature"},
    "signing": {"digital_signature", "content_commitment"},
    "encryption": {"key_encipherment", "data_encipherment", "key_agreement"},
    "responder": {"digital_signature"},
    "timestamper": {"digital_signature"},
}

refused = refusing(
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
    InvalidSignature,
    UnsupportedAlgorithm,
    verification.VerificationError,
)


class Cryptography:
    """Certificates, requests, revocation lists and OCSP with RSA, ECDSA and Ed25519."""

    name = "cryptography"

    # ---- keys and signatures ------------------------------------------------------------
    @refused
    def new_key(self, algorithm: Algorithm) -> bytes:
        key: Any
        if algorithm.startswith("sm2"):
            key = ec.generate_private_key(getattr(ec, "SM2")())  # noqa: B009 - the attribute that does not exist
        elif algorithm == "p256":
            key = ec.generate_private_key(ec.SECP256R1())
        elif algorithm == "ed25519":
            key = ed25519.Ed25519PrivateKey.generate()
        else:
            key = rsa.generate_private_key(65537, 2048)
        form = serialization.PrivateFormat.PKCS8
        return bytes(key.private_bytes(serialization.Encoding.DER, form, serialization.NoEncryption()))

    @staticmethod
    def _private(key: bytes) -> Any:
        return serialization.load_der_private_key(key, None)

    @staticmethod
    def _public_bytes(key: Any) -> bytes:
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return bytes(key.public_bytes(serialization.Encoding.DER, form))

    @refused
    def public_key(self, algorithm: Algorithm, key: bytes) -> bytes:
        return self._public_bytes(self._private(key).public_key())

    @refused
    def check_key(self, algorithm: Algorithm, key: bytes, public_key: bytes) -> bytes:
        found = self._public_bytes(serialization.load_der_public_key(public_key))
        if self.public_key(algorithm, key) != found:
            raise Refused("the keys are not a pair")
        return found

    @staticmethod
    def _scheme(algorithm: Algorithm) -> tuple[Any, ...]:
        """Return what ``sign`` and ``verify`` of a key take behind the message."""
        if algorithm == "ed25519":
            return ()
        return (ec.ECDSA(hashes.SHA256()),) if algorithm == "p256" else (PADDING[algorithm], hashes.SHA256())

    @refused
    def sign(self, algorithm: Algorithm, key: bytes, message: bytes) -> bytes:
        return bytes(self._private(key).sign(message, *self._scheme(algorithm)))

    @refused
    def check_signature(self, algorithm: Algorithm, public_key: bytes, message: bytes, signature: bytes) -> None:
        key: Any = serialization.load_der_public_key(public_key)
        key.verify(signature, message, *self._scheme(algorithm))

    @staticmethod
    def _sign(algorithm: Algorithm, builder: Any, key: bytes) -> Any:
        """Let a builder sign; only certificates, requests and lists take the padding of RSA."""
        hashed = None if algorithm == "ed25519" else hashes.SHA256()
        options = {"rsa_padding": PADDING["rsa-pss"]} if algorithm == "rsa-pss" else {}
        return builder.sign(Cryptography._private(key), hashed, **options)

    # ---- certificates -------------------------------------------------------------------
    @staticmethod
    def _name(subject: tuple[tuple[str, str], ...]) -> x509.Name:
        return x509.Name([x509.NameAttribute(OIDS[name], text) for name, text in subject])

    @staticmethod
    def _usage(kind: str) -> x509.KeyUsage:
        bits = {name: name in KIND_USAGES[kind] for name in USAGES}
        return x509.KeyUsage(**bits, encipher_only=False, decipher_only=False)

    @refused
    def make_certificate(self, algorithm: Algorithm, spec: CertificateSpec) -> bytes:
        key: Any = serialization.load_der_public_key(spec.public_key)
        issuer = None if spec.issuer is None else x509.load_der_x509_certificate(spec.issuer)
        builder = (
            x509.CertificateBuilder()
            .subject_name(self._name(spec.subject))
            .issuer_name(self._name(spec.subject) if issuer is None else issuer.subject)
            .public_key(key)
            .serial_number(spec.serial)
            .not_valid_before(begin())
            .not_valid_after(end())
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(self._usage(spec.kind), critical=True)
        )
        if issuer is not None:
            identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.public_key())  # type: ignore[arg-type]
            builder = builder.add_extension(identifier, critical=False)
        for extension, critical in self._extensions(spec.kind):
            builder = builder.add_extension(extension, critical=critical)
        return bytes(self._sign(algorithm, builder, spec.issuer_key).public_bytes(serialization.Encoding.DER))

    @staticmethod
    def _extensions(kind: str) -> list[tuple[x509.ExtensionType, bool]]:
        if kind in ("root", "sub"):
            return [(x509.BasicConstraints(ca=True, path_length=None if kind == "root" else 0), True)]
        if kind == "responder":
            return [
                (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), False),
                (x509.OCSPNoCheck(), False),
            ]
        if kind == "timestamper":
            return [(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), True)]
        if kind != "leaf":
            return []
        uri = x509.UniformResourceIdentifier(CRL_URI)
        method = AuthorityInformationAccessOID.OCSP
        return [
            (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
            (x509.SubjectAlternativeName([x509.DNSName(DNS_NAME)]), False),
            (x509.CRLDistributionPoints([x509.DistributionPoint([uri], None, None, None)]), False),
            (x509.AuthorityInformationAccess([x509.AccessDescription(method, uri)]), False),
        ]

    @refused
    def check_certificate(self, algorithm: Algorithm, certificate: bytes, issuer: bytes) -> CertificateReading:
        found = x509.load_der_x509_certificate(certificate)
        found.verify_directly_issued_by(x509.load_der_x509_certificate(issuer))
        usage = found.extensions.get_extension_for_class(x509.KeyUsage).value
        names = frozenset(shown for name, shown in USAGES.items() if getattr(usage, name))
        return CertificateReading(found.serial_number, self._common_name(found.subject), names)

    @staticmethod
    def _common_name(name: x509.Name) -> str:
        return str(name.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)

    @refused
    def check_chain(self, algorithm: Algorithm, leaf: bytes, sub: bytes, root: bytes, crls: tuple[bytes, ...]) -> None:
        certificates = [x509.load_der_x509_certificate(data) for data in (leaf, sub, root)]
        verifier = (
            verification.PolicyBuilder()
            .store(verification.Store([certificates[2]]))
            .time(now())
            .extension_policies(
                ca_policy=verification.ExtensionPolicy.webpki_defaults_ca(),
                ee_policy=verification.ExtensionPolicy.permit_all(),
            )
            .build_client_verifier()
        )
        verifier.verify(certificates[0], [certificates[1]])
        # The verifier has no revocation; the lists are checked one by one.
        for data, issuer, subject in zip(crls, certificates[1:], certificates, strict=False):
            crl = x509.load_der_x509_crl(data)
            if not crl.is_signature_valid(issuer.public_key()):  # type: ignore[arg-type]
                raise Refused("the signature of the list does not hold")
            if crl.get_revoked_certificate_by_serial_number(subject.serial_number) is not None:
                raise Refused("revoked")

    @refused
    def make_request(self, algorithm: Algorithm, key: bytes, subject: tuple[tuple[str, str], ...]) -> bytes:
        names = x509.SubjectAlternativeName([x509.DNSName(DNS_NAME)])
        builder = x509.CertificateSigningRequestBuilder(self._name(subject)).add_extension(names, critical=False)
        return bytes(self._sign(algorithm, builder, key).public_bytes(serialization.Encoding.DER))

    @refused
    def check_request(self, algorithm: Algorithm, request: bytes) -> RequestReading:
        found = x509.load_der_x509_csr(request)
        if not found.is_signature_valid:
            raise Refused("the signature of the request does not hold")
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        return RequestReading(
            self._common_name(found.subject),
            self._public_bytes(found.public_key()),
            names.get_values_for_type(x509.DNSName)[0],
        )

    # ---- revocation ---------------------------------------------------------------------
    @refused
    def make_crl(self, algorithm: Algorithm, spec: CRLSpec) -> bytes:
        issuer = x509.load_der_x509_certificate(spec.issuer)
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.public_key())  # type: ignore[arg-type]
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(issuer.subject)
            .last_update(begin())
            .next_update(end())
            .add_extension(identifier, critical=False)
            .add_extension(x509.CRLNumber(spec.number), critical=False)
        )
        if spec.base is not None:
            builder = builder.add_extension(x509.DeltaCRLIndicator(spec.base), critical=True)
        for serial, reason in spec.entries.items():
            entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(begin())
            if reason:
                entry = entry.add_extension(x509.CRLReason(REASONS[reason]), critical=False)
            builder = builder.add_revoked_certificate(entry.build())
        return bytes(self._sign(algorithm, builder, spec.issuer_key).public_bytes(serialization.Encoding.DER))

    @refused
    def check_crl(self, algorithm: Algorithm, crl: bytes, issuer: bytes) -> CRLReading:
        found = x509.load_der_x509_crl(crl)
        if not found.is_signature_valid(x509.load_der_x509_certificate(issuer).public_key()):  # type: ignore[arg-type]
            raise Refused("the signature of the list does not hold")
        entries = {}
        for entry in found:
            given = [extension.value for extension in entry.extensions]
            codes = [code for code, flag in REASONS.items() if x509.CRLReason(flag) in given]
            entries[entry.serial_number] = codes[0] if codes else 0
        numbers = {
            type(extension.value): extension.value
            for extension in found.extensions
            if isinstance(extension.value, (x509.CRLNumber, x509.DeltaCRLIndicator))
        }
        number, base = (numbers.get(kind) for kind in (x509.CRLNumber, x509.DeltaCRLIndicator))
        return CRLReading(entries, number and number.crl_number, base and base.crl_number)

    @refused
    def make_ocsp_request(self, algorithm: Algorithm, certificate: bytes, issuer: bytes) -> bytes:
        certificates = (x509.load_der_x509_certificate(data) for data in (certificate, issuer))
        builder = ocsp.OCSPRequestBuilder().add_certificate(*certificates, hashes.SHA256())
        nonce = x509.OCSPNonce(os.urandom(32))
        return builder.add_extension(nonce, critical=False).build().public_bytes(serialization.Encoding.DER)

    @staticmethod
    def _nonce(extensions: x509.Extensions) -> bytes:
        found = [extension.value for extension in extensions if isinstance(extension.value, x509.OCSPNonce)]
        return found[0].nonce if found else b""

    @refused
    def read_ocsp_request(self, algorithm: Algorithm, request: bytes, issuer: bytes) -> tuple[tuple[int, ...], int]:
        found = ocsp.load_der_ocsp_request(request)
        return (found.serial_number,), len(self._nonce(found.extensions))

    @refused
    def make_ocsp_response(self, algorithm: Algorithm, spec: ResponseSpec) -> bytes:
        request = ocsp.load_der_ocsp_request(spec.request)
        revoked = spec.status == "revoked"
        certificates = [x509.load_der_x509_certificate(data) for data in (spec.certificate, spec.issuer)]
        statuses = {
            "good": ocsp.OCSPCertStatus.GOOD,
            "revoked": ocsp.OCSPCertStatus.REVOKED,
            "unknown": ocsp.OCSPCertStatus.UNKNOWN,
        }
        responder = x509.load_der_x509_certificate(spec.responder)
        nonce = x509.OCSPNonce(self._nonce(request.extensions))
        builder = (
            ocsp.OCSPResponseBuilder()
            .add_response(
                certificates[0],
                certificates[1],
                request.hash_algorithm,
                statuses[spec.status],
                begin(),
                end(),
                begin() if revoked else None,
                x509.ReasonFlags.key_compromise if revoked else None,
            )
            .responder_id(ocsp.OCSPResponderEncoding.NAME, responder)
            .certificates([responder])
            .add_extension(nonce, critical=False)
        )
        return bytes(self._sign(algorithm, builder, spec.responder_key).public_bytes(serialization.Encoding.DER))

    @refused
    def check_ocsp_response(
        self, algorithm: Algorithm, response: bytes, request: bytes, certificate: bytes, issuer: bytes, root: bytes
    ) -> Status:
        found = ocsp.load_der_ocsp_response(response)
        authority = x509.load_der_x509_certificate(issuer)
        signer: Any = authority.public_key()
        for responder in found.certificates:
            if responder.subject == found.responder_name and responder != authority:
                responder.verify_directly_issued_by(authority)
                signer = responder.public_key()
        signer.verify(found.signature, found.tbs_response_bytes, *self._scheme(algorithm))
        asked = ocsp.load_der_ocsp_request(request)
        if self._nonce(found.extensions) != self._nonce(asked.extensions):
            raise Refused("the nonce is another one")
        if found.serial_number != x509.load_der_x509_certificate(certificate).serial_number:
            raise Refused("the response is about another certificate")
        status = found.certificate_status.name.lower()
        assert status in ("good", "revoked", "unknown")
        return status  # type: ignore[return-value]
