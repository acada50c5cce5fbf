"""Rows of the table of bad inputs: key stores, and what messages rest on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from cms.bad_rows import Row, rows
from cms.envelope_examples import (
    flipped,
)
from gmpki.asn1.rfc5958 import EncryptedPrivateKeyInfo
from gmpki.asn1.rfc7292 import PFX, MacData
from gmpki.errors import (
    DecodeError,
    DecryptionError,
    InvalidInputError,
    LimitExceeded,
    ValidationError,
)
from gmpki.keys.pem import write_pem
from gmpki.keystore import PKCS12, open_key
from gmpki.ocsp import CertStatus, OCSPResponse, OCSPResponseBuilder, verify_response
from gmpki.x509.revocation import RevocationContext
from gmpki.x509.signatures import SignaturePolicy
from keystore import stores
from ocsp import scene as ocsp_scene

UNIFORM = DecryptionError.MESSAGE


def store(data: bytes, password: bytes = stores.PASSWORD, **options: Any) -> object:
    return PKCS12.from_bytes(data, password, **options)


def mac_of(iterations: int) -> MacData:
    found = PFX.from_der(stores.written()).mac_data
    assert found is not None
    return replace(found, iterations=iterations)


def key_file(iterations: int) -> bytes:
    """Return an encrypted private key that asks for so much work."""
    algorithm = stores.pbes2(iterations)
    return write_pem("ENCRYPTED PRIVATE KEY", EncryptedPrivateKeyInfo(algorithm, bytes(48)).to_der())


def status(response: OCSPResponse, certificate: Any = None) -> object:
    """Verify the answer of an OCSP responder about a certificate."""
    made = ocsp_scene.scene()
    context = RevocationContext(ocsp_scene.NOW, SignaturePolicy(), None)
    return verify_response(response, certificate or made.leaf, made.ca, context)


def answer(**options: Any) -> OCSPResponse:
    made = ocsp_scene.scene()
    return made.builder(**options).sign(options.pop("key", made.ca_key))


def unsigned() -> OCSPResponse:
    made = ocsp_scene.scene()
    return OCSPResponseBuilder.finish(made.good().tbs_der, made.ca_key.signature_algorithm, b"")


def unknown_made_good() -> OCSPResponse:
    made = ocsp_scene.scene()
    data = made.builder(CertStatus.unknown()).sign(made.ca_key).to_der()
    return OCSPResponse.from_der(data.replace(b"\x82\x00\x18", b"\x80\x00\x18"))


BELOW: list[Row] = rows(
    (
        "store:password",
        "a key store under another password",
        lambda: store(stores.written(), b"wrong"),
        DecryptionError,
        UNIFORM,
    ),
    (
        "store:changed",
        "a bit of a key store changed",
        lambda: store(flipped(stores.written(), 300)),
        DecryptionError,
        UNIFORM,
    ),
    ("store:cut", "a byte of a key store cut off", lambda: store(stores.written()[:-1]), DecodeError, "are left"),
    (
        "store:no-mac",
        "its MAC left out",
        lambda: store(replace(PFX.from_der(stores.written()), mac_data=None).to_der()),
        InvalidInputError,
        "MAC",
    ),
    (
        "store:iterations-of-the-mac",
        "a MAC of 2^31 - 1 iterations",
        lambda: store(stores.sealed(b"\x30\x00", mac=mac_of(2**31 - 1))),
        LimitExceeded,
        "iterations",
    ),
    (
        "store:iterations-of-a-bag",
        "a safe of 2^31 - 1 iterations",
        lambda: store(stores.store_of(stores.encrypted_safe(bytes(16), stores.pbes2(2**31 - 1)))),
        LimitExceeded,
        "iterations",
    ),
    (
        "store:password-with-nul",
        "a password that is cut at its NUL elsewhere",
        lambda: store(stores.written(), stores.PASSWORD + b"\x00rest"),
        DecryptionError,
        UNIFORM,
    ),
    (
        "key-file:iterations",
        "an encrypted key of 2^31 - 1 iterations",
        lambda: open_key(key_file(2**31 - 1), b"x"),
        LimitExceeded,
        "iterations",
    ),
    (
        "ocsp:another-certificate",
        "an answer about another certificate",
        lambda: status(answer(), ocsp_scene.scene().responder),
        ValidationError,
        "ocsp-other-certificate",
    ),
    ("ocsp:unsigned", "an answer without a signature", lambda: status(unsigned()), ValidationError, "ocsp-signature"),
    (
        "ocsp:unknown-made-good",
        "the status changed after it was signed",
        lambda: status(unknown_made_good()),
        ValidationError,
        "ocsp-signature",
    ),
    (
        "ocsp:somebody-else",
        "signed by a stranger",
        lambda: status(ocsp_scene.scene().builder().sign(ocsp_scene.key("sm2", "stranger"))),
        ValidationError,
        "ocsp-signature",
    ),
)
