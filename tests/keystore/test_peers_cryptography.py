"""PKCS #12 of ``cryptography``, both ways, with the keys that it has: RSA, P-256, Ed25519."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("cryptography", reason="peer program: cryptography not found")

from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
    pkcs12,
)

from gmpki.errors import DecryptionError
from gmpki.keys.ecdsa import ECDSAPrivateKey
from gmpki.keys.ed25519 import Ed25519PrivateKey
from gmpki.keys.loader import load_private_key
from gmpki.keystore import PKCS12, KeyEntry, StoreProfile, write_pkcs12
from keystore.stores import PASSWORD
from rsa_keys import rsa_key

if TYPE_CHECKING:
    from gmpki.keys.loader import PrivateKey

MAKERS: dict[str, Any] = {"rsa": rsa_key, "p256": ECDSAPrivateKey.generate, "ed25519": Ed25519PrivateKey.generate}


def theirs(key: PrivateKey) -> Any:
    return load_der_private_key(key.to_der(), None)


@pytest.mark.parametrize("name", MAKERS)
def test_they_read_ours(name: str) -> None:
    key = MAKERS[name]()
    data = write_pkcs12([KeyEntry(key)], PASSWORD, profile=StoreProfile.AES, iterations=5)
    found, certificate, others = pkcs12.load_key_and_certificates(data, PASSWORD)
    assert (certificate, others) == (None, [])
    assert found is not None
    encoded = found.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    assert load_private_key(encoded).public_key == key.public_key
    with pytest.raises(ValueError, match="password"):
        pkcs12.load_key_and_certificates(data, b"wrong")


@pytest.mark.parametrize(
    ("algorithm", "mac"),
    [
        (pkcs12.PBES.PBESv2SHA256AndAES256CBC, SHA256()),
        (pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC, SHA1()),
    ],
    ids=["aes", "3des"],
)
@pytest.mark.parametrize("name", MAKERS)
def test_we_read_theirs(name: str, algorithm: Any, mac: Any) -> None:
    key = MAKERS[name]()
    builder = PrivateFormat.PKCS12.encryption_builder().kdf_rounds(5).key_cert_algorithm(algorithm).hmac_hash(mac)
    data = pkcs12.serialize_key_and_certificates("名".encode(), theirs(key), None, None, builder.build(PASSWORD))
    (entry,) = PKCS12.from_bytes(data, PASSWORD).keys
    assert entry.private_key.public_key == key.public_key
    assert entry.friendly_name == "名"
    with pytest.raises(DecryptionError):
        PKCS12.from_bytes(data, b"wrong")


def test_theirs_without_encryption() -> None:
    key = ECDSAPrivateKey.generate()
    data = pkcs12.serialize_key_and_certificates(None, theirs(key), None, None, NoEncryption())
    # Its MAC is under an empty password; to some that is two zero bytes, to others nothing at all.
    for password in (None, b""):
        store = PKCS12.from_bytes(data, password)
        assert store.keys[0].private_key.public_key == key.public_key
        assert store.protections == ()
        assert store.mac is not None
