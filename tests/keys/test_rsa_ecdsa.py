"""RSA and ECDSA keys satisfy the same protocols as SM2 keys, and the policy decides about them."""

from __future__ import annotations

import copy
import hashlib
import pickle

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import load_der_public_key
from cryptography.x509 import load_der_x509_csr

from gmpki import oids
from gmpki.algorithms.policy import DEFAULT_POLICY
from gmpki.asn1 import der
from gmpki.errors import (
    DecryptionError,
    InvalidInputError,
    InvalidSignature,
    InvalidTypeError,
    PolicyError,
    UnsupportedAlgorithm,
)
from gmpki.keys.ecdsa import ECDSAPrivateKey, ECDSAPublicKey
from gmpki.keys.interfaces import Decryptor, PublicKey, Signer
from gmpki.keys.pending import PendingSignature
from gmpki.keys.rsa import EncryptionPadding, RSAPrivateKey, RSAPublicKey, SignaturePadding
from rsa_keys import rsa_key

RSA = rsa_key()
P256 = ECDSAPrivateKey.generate()
P384 = ECDSAPrivateKey.generate("P-384")
P521 = ECDSAPrivateKey.generate("P-521")
MESSAGE = b"a message"

SIGNERS = {
    "RSA": RSA,
    "RSA SHA-512": RSA.using(hash_name="sha512"),
    "RSA PSS": RSA.using(padding=SignaturePadding.PSS),
    "RSA PSS SHA-384": RSA.using(padding=SignaturePadding.PSS, hash_name="sha384"),
    "P-256": P256,
    "P-256 SHA-512": P256.using(hash_name="sha512"),
    "P-384": P384,
    "P-521": P521,
}
signers = pytest.mark.parametrize("key", SIGNERS.values(), ids=SIGNERS)


@signers
def test_sign_and_verify(key: Signer) -> None:
    public = key.public_key
    assert isinstance(key, Signer)
    assert isinstance(public, PublicKey)
    signature = key.sign(bytearray(MESSAGE))
    public.verify(signature, MESSAGE)
    public.verify_digest(signature, public.digest(MESSAGE))
    public.verify(key.sign_digest(public.digest(MESSAGE)), MESSAGE)
    assert public.standard_signature(signature) == signature
    for wrong in (b"", signature[:-1], signature + b"\x00", bytes(len(signature))):
        with pytest.raises(InvalidSignature):
            public.verify(wrong, MESSAGE)
    with pytest.raises(InvalidSignature):
        public.verify(signature, b"another message")
    assert public.is_valid(signature, MESSAGE)
    assert not public.is_valid(signature, b"another message")


@signers
def test_two_phases(key: Signer) -> None:
    pending = PendingSignature.prepare(key.public_key, MESSAGE)
    signature = pending.finish(key.sign_digest(pending.digest))
    key.public_key.verify(signature, MESSAGE)
    with pytest.raises(InvalidSignature):
        pending.finish(key.sign(b"another message"))


@signers
def test_wrong_use(key: Signer) -> None:
    for user_id in (b"", b"1234567812345678"):
        with pytest.raises(InvalidInputError, match="only SM2"):
            key.sign(MESSAGE, user_id=user_id)
        with pytest.raises(InvalidInputError, match="only SM2"):
            key.public_key.verify(b"", MESSAGE, user_id=user_id)
        with pytest.raises(InvalidInputError, match="only SM2"):
            key.public_key.digest(MESSAGE, user_id=user_id)
    with pytest.raises(InvalidInputError):
        key.sign_digest(bytes(31))
    for call in (key.sign, key.sign_digest, key.public_key.digest, key.public_key.standard_signature):
        with pytest.raises(InvalidTypeError):
            call("text")


@signers
def test_objects(key: Signer) -> None:
    for leak in (pickle.dumps, copy.copy):
        with pytest.raises(InvalidTypeError):
            leak(key)
    for thing in (key, key.public_key):
        with pytest.raises(AttributeError):
            thing.anything = 1
    assert "PublicKey" in repr(key)
    assert key.public_key == key.public_key
    assert (
        key.public_key != P256.using(hash_name="sha256").public_key
        or key.public_key.to_der() == P256.public_key.to_der()
    )
    assert len({key.public_key, key.public_key}) == 1
    assert key.public_key.to_pem().startswith(b"-----BEGIN PUBLIC KEY-----")


def test_cryptography_verifies() -> None:
    public = load_der_public_key(RSA.public_key.to_der())
    public.verify(RSA.sign(MESSAGE), MESSAGE, padding.PKCS1v15(), hashes.SHA256())
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
    public.verify(RSA.using(padding=SignaturePadding.PSS).sign(MESSAGE), MESSAGE, pss, hashes.SHA256())
    load_der_public_key(P384.public_key.to_der()).verify(P384.sign(MESSAGE), MESSAGE, ec.ECDSA(hashes.SHA384()))


@signers
def test_signature_algorithm_is_understood_elsewhere(key: Signer) -> None:
    """A certification request made by hand with the algorithm identifier passes cryptography's check."""
    empty_name = der.encode_sequence()
    info = der.encode_sequence(
        der.encode_integer(0),
        empty_name,
        key.public_key.to_der(),
        der.encode_set_of([], tag=der.Tag.context(0, constructed=True)),
    )
    signature = der.encode_bit_string(key.sign(info))
    request = load_der_x509_csr(der.encode_sequence(info, key.signature_algorithm.to_der(), signature))
    assert request.is_signature_valid


def test_algorithms() -> None:
    assert RSA.signature_algorithm.algorithm is oids.RSA_SHA256
    assert P256.signature_algorithm.algorithm is oids.ECDSA_SHA256
    assert P384.signature_algorithm.algorithm is oids.ECDSA_SHA384
    assert P521.signature_algorithm.algorithm is oids.ECDSA_SHA512
    assert P521.public_key.hash_name == "sha512"
    assert P384.public_key.digest(MESSAGE) == hashlib.sha384(MESSAGE).digest()
    assert (P521.public_key.curve, RSA.public_key.bits) == ("P-521", 2048)


@pytest.mark.parametrize("key", [P256, P384, P521], ids=["P-256", "P-384", "P-521"])
def test_raw_signatures_of_tokens(key: ECDSAPrivateKey) -> None:
    width = {"P-256": 32, "P-384": 48, "P-521": 66}[key.public_key.curve]
    signature = key.sign(MESSAGE)
    raw = b"".join(number.to_bytes(width, "big") for number in decode_dss_signature(signature))
    key.public_key.verify(raw, MESSAGE)
    assert key.public_key.standard_signature(raw) == signature
    with pytest.raises(InvalidSignature, match=f"{2 * width} raw bytes"):
        key.public_key.standard_signature(raw[1:])


def test_rsa_encryption() -> None:
    assert isinstance(RSA, Decryptor)
    for scheme in EncryptionPadding:
        assert RSA.decrypt(RSA.public_key.encrypt(b"a key", padding=scheme), padding=scheme) == b"a key"
    for wrong in (b"", bytes(256), bytes(255)):
        with pytest.raises(DecryptionError):
            RSA.decrypt(wrong)


# ---- policy -----------------------------------------------------------------------------
def test_sha1_is_refused_unless_allowed() -> None:
    for refused in (RSA, P256):
        with pytest.raises(PolicyError, match="sha1-signature"):
            refused.using(hash_name="sha1")
    policy = DEFAULT_POLICY.allowing("sha1-signature")
    rsa = RSAPrivateKey(RSA._handle, hash_name="sha1", policy=policy)
    assert rsa.signature_algorithm.algorithm is oids.RSA_SHA1
    rsa.public_key.verify(rsa.sign(MESSAGE), MESSAGE)
    ecdsa = ECDSAPrivateKey(P256._handle, hash_name="sha1", policy=policy)
    assert ecdsa.signature_algorithm.algorithm is oids.ECDSA_SHA1
    # A key made under a policy keeps it.
    assert ecdsa.using(hash_name="sha256").using(hash_name="sha1").signature_algorithm.algorithm is oids.ECDSA_SHA1


def test_public_keys_take_another_hash() -> None:
    P256.public_key.using(hash_name="sha512").verify(P256.using(hash_name="sha512").sign(MESSAGE), MESSAGE)
    RSA.public_key.using(hash_name="sha512").verify(RSA.using(hash_name="sha512").sign(MESSAGE), MESSAGE)


def test_small_rsa_is_refused_unless_allowed() -> None:
    with pytest.raises(PolicyError, match="rsa-1024"):
        RSAPrivateKey.generate(1024)
    small = RSAPrivateKey.generate(1024, policy=DEFAULT_POLICY.allowing("rsa-1024"))
    small.public_key.verify(small.sign(MESSAGE), MESSAGE)


def test_small_curves_are_refused_unless_allowed() -> None:
    with pytest.raises(PolicyError, match="ec-192"):
        ECDSAPrivateKey.generate("P-192")
    with pytest.raises(UnsupportedAlgorithm):
        ECDSAPrivateKey.generate("P-255")


@pytest.mark.parametrize("hash_name", ["md5", "MD5"])
def test_md5_is_never_offered(hash_name: str) -> None:
    with pytest.raises((PolicyError, UnsupportedAlgorithm)):
        RSA.using(hash_name=hash_name)
    with pytest.raises(UnsupportedAlgorithm, match="sha256"):
        RSAPrivateKey(RSA._handle, hash_name="md5", policy=DEFAULT_POLICY.allowing("md5"))


def test_hashes_without_an_algorithm_identifier() -> None:
    with pytest.raises(UnsupportedAlgorithm, match="sha224"):
        P256.using(hash_name="sha224")


@pytest.mark.parametrize("make", [RSAPrivateKey, RSAPublicKey, ECDSAPrivateKey, ECDSAPublicKey])
def test_constructors_take_handles(make: type) -> None:
    with pytest.raises(InvalidTypeError):
        make(b"key")
