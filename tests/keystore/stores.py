"""Keys, certificates and files that the tests of key stores share."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from gmpki import oids
from gmpki.algorithms import aes
from gmpki.asn1 import der
from gmpki.asn1.rfc5280 import NULL, AlgorithmIdentifier
from gmpki.asn1.rfc5652 import ContentInfo, EncryptedContentInfo, EncryptedData
from gmpki.asn1.rfc7292 import PFX, AuthenticatedSafe, MacData, SafeBag, SafeContents, TypedValue
from gmpki.asn1.rfc8018 import PBKDF2Params
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.keystore import KeyEntry, StoreProfile, pkcs12_mac, write_pkcs12
from gmpki.x509.certificate import Certificate
from x509 import pair_examples as examples

PASSWORD = "口令 password".encode()
SIGNING_KEY, ENCRYPTION_KEY = examples.SIGNING_KEY, examples.ENCRYPTION_KEY


@lru_cache
def certificates() -> tuple[Certificate, Certificate, Certificate]:
    """Return the signing and the encryption certificate of one holder, and the root."""
    return (
        examples.certificate(examples.SIGNING_USAGES, 12),
        examples.certificate(examples.ENCRYPTION_USAGES, 13),
        examples.root(),
    )


def pair_entries() -> list[KeyEntry]:
    """Return both keys of a pair with their certificates."""
    signing, encryption, _ = certificates()
    return [KeyEntry(SIGNING_KEY, signing, "签名"), KeyEntry(ENCRYPTION_KEY, encryption, "加密")]


def written(profile: StoreProfile = StoreProfile.GM_CLASSIC, **options: Any) -> bytes:
    """Return a file with the pair and the root, under few iterations."""
    defaults: dict[str, Any] = {"certificates": [certificates()[2]], "profile": profile, "iterations": 3}
    return write_pkcs12(pair_entries(), PASSWORD, **(defaults | options))


def data(content: bytes) -> ContentInfo:
    """Return a ContentInfo with plain data."""
    return ContentInfo(oids.DATA, der.encode_octet_string(content))


def safe_of(*bags: SafeBag) -> ContentInfo:
    """Return a plain safe."""
    return data(SafeContents(bags).to_der())


def key_bag(key: SM2PrivateKey = SIGNING_KEY) -> SafeBag:
    """Return a bag with a plain key."""
    return SafeBag(oids.KEY_BAG, key.to_der())


def certificate_bag(certificate: Certificate | None = None, **changes: Any) -> SafeBag:
    """Return a bag with a certificate."""
    encoded = (certificate or certificates()[0]).der
    held = TypedValue(changes.pop("type", oids.CERT_TYPE_X509), der.encode_octet_string(encoded))
    return SafeBag(oids.CERT_BAG, held.to_der(), **changes)


def sealed(content: bytes, *, mac: MacData | None = None, password: bytes = PASSWORD) -> bytes:
    """Return a file whose authSafe holds some bytes, with a MAC that fits them unless another is given."""
    return PFX(data(content), mac or pkcs12_mac.classic("sm3", content, password, 3)).to_der()


def store_of(*safes: ContentInfo, **options: Any) -> bytes:
    """Return a file with these safes and a MAC that fits."""
    return sealed(AuthenticatedSafe(safes).to_der(), **options)


def encrypted_safe(plain: bytes, algorithm: AlgorithmIdentifier, ciphertext: bytes | None = None) -> ContentInfo:
    """Return a safe under some algorithm; the ciphertext is the plain text unless given."""
    content = EncryptedContentInfo(oids.DATA, algorithm, plain if ciphertext is None else ciphertext)
    return ContentInfo(oids.ENCRYPTED_DATA, EncryptedData(0, content).to_der())


def pbes2(iterations: int, *, salt: bytes = bytes(16), cipher: oids.ObjectIdentifier = oids.AES128_CBC) -> Any:
    """Return the identifier of PBES2 with PBKDF2-HMAC-SHA256."""
    from gmpki.asn1.rfc8018 import PBES2Params

    derivation = PBKDF2Params(salt, iterations, None, AlgorithmIdentifier(oids.HMAC_SHA256, NULL))
    parameters = PBES2Params(
        AlgorithmIdentifier(oids.PBKDF2, derivation.to_der()),
        AlgorithmIdentifier(cipher, der.encode_octet_string(bytes(16))),
    )
    return AlgorithmIdentifier(oids.PBES2, parameters.to_der())


def under_pbes2(plain: bytes, password: bytes = PASSWORD) -> ContentInfo:
    """Return a safe that is encrypted, whatever the plain text is."""
    import hashlib

    key = hashlib.pbkdf2_hmac("sha256", password, bytes(16), 1, 16)
    return encrypted_safe(b"", pbes2(1), aes.encrypt_cbc(key, bytes(16), plain))
