"""The Python package cryptography as a maker and reader of messages and key stores, without SM2 and time-stamps.

It signs messages and encrypts them to RSA keys, decrypts envelopes, and verifies nothing that is signed.
"""

# Every implementation has the same methods with the same arguments.
# ruff: noqa: ARG002

from __future__ import annotations

from importlib import import_module
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.ciphers import algorithms
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import pkcs7, pkcs12

from interop import cryptography_peer
from interop.cryptography_peer import PADDING
from interop.messages import PASSWORD, Envelope, Signing, SigningReading
from interop.refusing import refusing
from interop.scenario import Algorithm, Refused

__all__ = ["Cryptography"]

DER = serialization.Encoding.DER

refused = refusing(AttributeError, ImportError, TypeError, ValueError, UnsupportedAlgorithm)


class Cryptography(cryptography_peer.Cryptography):
    """What it has for messages, with RSA and ECDSA."""

    # ---- signed messages ----------------------------------------------------------------
    @refused
    def make_signed(self, algorithm: Algorithm, content: bytes, how: Signing) -> bytes:
        builder = pkcs7.PKCS7SignatureBuilder().set_data(content)
        padding = PADDING["rsa-pss"] if algorithm == "rsa-pss" else None
        for key, certificate in how.signers:
            own = x509.load_der_x509_certificate(certificate)
            builder = builder.add_signer(own, self._private(key), hashes.SHA256(), rsa_padding=padding)  # type: ignore[arg-type]
        for authority in how.authorities:
            builder = builder.add_certificate(x509.load_der_x509_certificate(authority))
        options = [pkcs7.PKCS7Options.Binary]
        options += [pkcs7.PKCS7Options.DetachedSignature] if how.detached else []
        options += [] if how.attributes else [pkcs7.PKCS7Options.NoAttributes]
        if how.streamed:
            builder.sign_stream  # type: ignore[attr-defined] # noqa: B018 - what does not exist
        return builder.sign(DER, options)

    @refused
    def make_countersigned(self, algorithm: Algorithm, message: bytes, key: bytes, certificate: bytes) -> bytes:
        made: bytes = getattr(pkcs7, "countersign_der")(message, key)  # noqa: B009 - what does not exist
        return made

    @refused
    def check_signed(self, algorithm: Algorithm, message: bytes, root: bytes, content: bytes) -> SigningReading:
        return SigningReading(getattr(pkcs7, "pkcs7_verify_der")(message), 0, 0)  # noqa: B009 - what does not exist

    # ---- envelopes ----------------------------------------------------------------------
    @refused
    def make_enveloped(self, algorithm: Algorithm, content: bytes, how: Envelope) -> bytes:
        builder = pkcs7.PKCS7EnvelopeBuilder().set_data(content)
        cipher: Any = AESGCM if how.authenticated else algorithms.AES128
        builder = builder.set_content_encryption_algorithm(cipher)
        padding = (PADDING["rsa-pss"],) if algorithm == "rsa-pss" else ()
        for certificate in how.recipients:
            builder = builder.add_recipient(x509.load_der_x509_certificate(certificate), *padding)
        if how.streamed:
            builder.encrypt_stream  # type: ignore[attr-defined] # noqa: B018 - what does not exist
        return builder.encrypt(DER, [pkcs7.PKCS7Options.Binary])

    @refused
    def read_enveloped(self, algorithm: Algorithm, message: bytes, certificate: bytes, key: bytes) -> bytes:
        who = x509.load_der_x509_certificate(certificate), self._private(key)
        return pkcs7.pkcs7_decrypt_der(message, *who, [])

    @refused
    def make_encrypted(self, algorithm: Algorithm, content: bytes, key: bytes) -> bytes:
        made: bytes = getattr(pkcs7, "encrypted_data_der")(content, key)  # noqa: B009 - what does not exist
        return made

    @refused
    def read_encrypted(self, algorithm: Algorithm, message: bytes, key: bytes) -> bytes:
        return self.make_encrypted(algorithm, message, key)

    # ---- key stores ---------------------------------------------------------------------
    @refused
    def make_store(self, algorithm: Algorithm, key: bytes, chain: tuple[bytes, ...], gm: bool) -> bytes:
        encryption = (
            serialization.PrivateFormat.PKCS12.encryption_builder()
            .kdf_rounds(2048)
            .key_cert_algorithm(pkcs12.PBES.PBESv2SHA256AndAES256CBC)
            .hmac_hash(hashes.SHA256())
            .build(PASSWORD)
        )
        own, *others = (x509.load_der_x509_certificate(one) for one in chain)
        return pkcs12.serialize_key_and_certificates(b"one", self._private(key), own, others, encryption)

    @refused
    def read_store(self, algorithm: Algorithm, store: bytes, password: bytes) -> tuple[bytes, tuple[bytes, ...]]:
        key, own, others = pkcs12.load_key_and_certificates(store, password)
        if key is None or own is None:
            raise Refused("no key with a certificate")
        found = tuple(certificate.public_bytes(DER) for certificate in (own, *others))
        return self._public_bytes(key.public_key()), found

    # ---- time-stamps --------------------------------------------------------------------
    def __getattr__(self, name: str) -> Any:
        """Stand for every other method: they need a module for time-stamps."""

        @refused
        def absent(*_: object) -> None:
            import_module("cryptography.x509.timestamp")

        return absent
