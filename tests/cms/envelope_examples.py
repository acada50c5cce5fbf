"""Certificates and keys that tests of envelopes share, and messages taken apart and put together again."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any
from unittest import mock

from gmpki import oids
from gmpki.algorithms import sm3
from gmpki.asn1.rfc5083 import AuthEnvelopedData
from gmpki.asn1.rfc5280 import AlgorithmIdentifier
from gmpki.asn1.rfc5280.ext_keys import KeyUsage, KeyUsages, SubjectKeyIdentifier
from gmpki.asn1.rfc5652 import ContentInfo, EnvelopedData
from gmpki.cms import ContentCipher, MessageProfile, encrypt
from gmpki.keys.rsa import RSAPrivateKey
from gmpki.x509.certificate import Certificate
from gmpki.x509.certificate_builder import CertificateBuilder
from gmpki.x509.pair import CertificatePair
from rsa_keys import rsa_key
from x509.pair_examples import AT, ENCRYPTION_USAGES, OWNER, ROOT_KEY, ROOT_NAME, SIGNING_USAGES, key

CONTENT = "示例市社会保障局：待遇发放名单".encode()


def certify(public_key: Any, serial: int, usages: KeyUsages | None = ENCRYPTION_USAGES, **changes: Any) -> Certificate:
    """Certify any key."""
    builder = (
        CertificateBuilder()
        .subject(changes.get("subject", OWNER))
        .issuer(changes.get("issuer", ROOT_NAME))
        .serial_number(serial)
        .validity(AT, AT + timedelta(days=365))
        .public_key(public_key)
    )
    if usages is not None:
        builder = builder.add_extension(KeyUsage(usages))
    if "key_identifier" in changes:
        builder = builder.add_extension(SubjectKeyIdentifier(changes["key_identifier"]))
    return builder.sign(ROOT_KEY)


SIGNING_KEY, ENCRYPTION_KEY, OLD_KEY, OTHER_KEY = key(41), key(42), key(43), key(44)
PAIR = CertificatePair(
    certify(SIGNING_KEY.public_key, 41, SIGNING_USAGES),
    certify(ENCRYPTION_KEY.public_key, 42, key_identifier=b"key of the owner 042"),
)
OLD = certify(OLD_KEY.public_key, 43)
OTHER = certify(OTHER_KEY.public_key, 44)
KEYS = [(PAIR, ENCRYPTION_KEY)]


@cache
def rsa_recipient() -> tuple[Certificate, RSAPrivateKey]:
    """Return an RSA key and its certificate."""
    return certify(rsa_key().public_key, 45, KeyUsages.KEY_ENCIPHERMENT), rsa_key()


def changed(message: bytes, *, inner: dict[str, Any] | None = None, info: dict[str, Any] | None = None) -> bytes:
    """Change fields of the EncryptedContentInfo and of the first recipient of an EnvelopedData or AuthEnvelopedData."""
    frame = ContentInfo.from_der(message)
    assert frame.content is not None
    kind: Any = AuthEnvelopedData if frame.content_type.name == "id-ct-authEnvelopedData" else EnvelopedData
    data = kind.from_der(frame.content)
    first, *rest = data.recipient_infos
    data = replace(
        data,
        recipient_infos=(replace(first, **(info or {})), *rest),
        encrypted_content_info=replace(data.encrypted_content_info, **(inner or {})),
    )
    return ContentInfo(frame.content_type, data.to_der()).to_der()


def parts(message: bytes) -> Any:
    """Return the EnvelopedData or AuthEnvelopedData of a message."""
    frame = ContentInfo.from_der(message)
    assert frame.content is not None
    kind: Any = AuthEnvelopedData if frame.content_type.name == "id-ct-authEnvelopedData" else EnvelopedData
    return kind.from_der(frame.content)


def flipped(data: bytes, place: int = -1) -> bytes:
    """Change one bit."""
    changed = bytearray(data)
    changed[place] ^= 0x01
    return bytes(changed)


def settled(name: str, make: Callable[[], bytes]) -> bytes:
    """Make a message whose key and IV follow from a name, the same in every run.

    CBC takes a wrong key for the right one whenever the padding happens to be right, one time in 256.
    """
    numbers = itertools.count()

    def chosen(length: int) -> bytes:
        return sm3.digest(f"{name} {next(numbers)}".encode())[:length]

    with mock.patch("gmpki.cms.content_ciphers.random_bytes", chosen):
        return make()


BLOCK = CONTENT[:15]  # one block of SM4 once it is padded
CBC = settled("block", lambda: encrypt(BLOCK, [PAIR]))
LONG = settled("long", lambda: encrypt(CONTENT * 3, [PAIR]))
GCM = encrypt(CONTENT, [PAIR], profile=MessageProfile.RFC5652, cipher=ContentCipher.SM4_GCM)
TYPED = encrypt(
    CONTENT, [PAIR], profile=MessageProfile.RFC5652, cipher=ContentCipher.SM4_GCM, content_type=oids.SIGNED_DATA
)


def key_of(message: bytes) -> bytes:
    encrypted: bytes = parts(message).recipient_infos[0].encrypted_key
    return encrypted


def content_of(message: bytes) -> bytes:
    encrypted: bytes = parts(message).encrypted_content_info.encrypted_content
    return encrypted


def with_key(message: bytes, encrypted_key: bytes) -> bytes:
    return changed(message, info={"encrypted_key": encrypted_key})


def with_content(message: bytes, encrypted_content: bytes) -> bytes:
    return changed(message, inner={"encrypted_content": encrypted_content})


def sealed_key(key: bytes, receiver: Any = ENCRYPTION_KEY) -> bytes:
    encrypted: bytes = receiver.public_key.encrypt(key)
    return encrypted


def gcm_changed(**fields: Any) -> bytes:
    frame = ContentInfo.from_der(GCM if "authenticated_attributes" not in fields else TYPED)
    data = replace(parts(frame.to_der()), **fields)
    return ContentInfo(frame.content_type, data.to_der()).to_der()


def algorithm_of(message: bytes) -> AlgorithmIdentifier:
    algorithm: AlgorithmIdentifier = parts(message).encrypted_content_info.content_encryption_algorithm
    return algorithm
