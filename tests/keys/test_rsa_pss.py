"""RSA keys under id-RSASSA-PSS: one scheme, and where they say so one hash and salts of a least length."""

from __future__ import annotations

import pickle
import subprocess
from pathlib import Path
from typing import Any

import pytest

from gmpki import oids
from gmpki.algorithms.policy import DEFAULT_POLICY
from gmpki.asn1.rfc5280 import NULL, AlgorithmIdentifier, SubjectPublicKeyInfo
from gmpki.asn1.rfc8017 import RSASSAPSSParams
from gmpki.errors import (
    DecodeError,
    InvalidSignature,
    InvalidTypeError,
    KeyMismatchError,
    PolicyError,
    UnsupportedAlgorithm,
)
from gmpki.keys.loader import load_public_key, load_public_key_info
from gmpki.keys.rsa import RSAPrivateKey, SignaturePadding
from gmpki.keys.rsa_pss import RSAPSSPublicKey, read_pss
from gmpki.keys.signature_algorithms import key_for
from rsa_keys import rsa_key

PRIVATE = rsa_key()
BITS = SubjectPublicKeyInfo.from_der(PRIVATE.public_key.to_der()).subject_public_key


def parameters(hash_oid: oids.ObjectIdentifier = oids.SHA256, salt_len: int = 32) -> bytes:
    hashed = AlgorithmIdentifier(hash_oid, NULL)
    return RSASSAPSSParams(hashed, AlgorithmIdentifier(oids.MGF1, hashed.to_der()), salt_len).to_der()


def key(allowed: bytes | None = None, **options: Any) -> RSAPSSPublicKey:
    return RSAPSSPublicKey(SubjectPublicKeyInfo(AlgorithmIdentifier(oids.RSA_PSS, allowed), BITS), **options)


def signer(hash_name: str = "sha256") -> RSAPrivateKey:
    return PRIVATE.using(padding=SignaturePadding.PSS, hash_name=hash_name)


@pytest.mark.parametrize("hash_name", ["sha256", "sha384", "sha512"])
def test_without_parameters_every_hash_is_allowed(hash_name: str) -> None:
    algorithm = signer(hash_name).signature_algorithm
    verifier = key_for(key(), algorithm, DEFAULT_POLICY)
    verifier.verify(signer(hash_name).sign(b"m"), b"m")
    with pytest.raises(InvalidSignature):
        verifier.verify(signer(hash_name).sign(b"m"), b"n")


def test_parameters_allow_one_hash() -> None:
    allowed = key(parameters(oids.SHA384, 48))
    assert allowed.hash_name == "sha384"
    key_for(allowed, signer("sha384").signature_algorithm, DEFAULT_POLICY).verify(signer("sha384").sign(b"m"), b"m")
    with pytest.raises(KeyMismatchError, match="sha384"):
        key_for(allowed, signer("sha256").signature_algorithm, DEFAULT_POLICY)


def test_parameters_allow_salts_of_a_least_length() -> None:
    for least, fine in ((0, True), (31, True), (32, True), (33, False), (64, False)):
        allowed = key(parameters(salt_len=least))
        if fine:
            key_for(allowed, signer().signature_algorithm, DEFAULT_POLICY).verify(signer().sign(b"m"), b"m")
        else:
            with pytest.raises(KeyMismatchError, match="salts"):
                key_for(allowed, signer().signature_algorithm, DEFAULT_POLICY)


@pytest.mark.parametrize("oid", [oids.RSA_SHA256, oids.RSA_SHA512, oids.RSA_WITH_SM3])
def test_no_other_scheme(oid: oids.ObjectIdentifier) -> None:
    with pytest.raises(KeyMismatchError, match="alone"):
        key_for(key(), AlgorithmIdentifier(oid, NULL), DEFAULT_POLICY)
    with pytest.raises(KeyMismatchError):
        key().encrypt(b"a key")
    with pytest.raises(KeyMismatchError):
        key().using(padding=SignaturePadding.PKCS1V15)


def test_loading() -> None:
    for allowed in (None, parameters()):
        made = key(allowed)
        for loaded in (load_public_key(made.to_der()), load_public_key(made.to_pem())):
            assert loaded == made
            assert loaded.to_der() == made.to_der()
        assert pickle.loads(pickle.dumps(made)) == made
        assert hash(made) == hash(key(allowed))
    assert key() != key(parameters())
    assert PRIVATE.public_key != key()
    assert "2048" in repr(key())


def test_policy() -> None:
    with pytest.raises(PolicyError, match="sha1"):
        key(RSASSAPSSParams().to_der())
    small = RSAPrivateKey.generate(1024, policy=DEFAULT_POLICY.allowing("rsa-1024"))
    bits = SubjectPublicKeyInfo.from_der(small.public_key.to_der()).subject_public_key
    info = SubjectPublicKeyInfo(AlgorithmIdentifier(oids.RSA_PSS), bits)
    with pytest.raises(PolicyError, match="rsa-1024"):
        load_public_key_info(info)
    assert load_public_key_info(info, policy=DEFAULT_POLICY.allowing("rsa-1024")).to_der() == info.to_der()


@pytest.mark.parametrize("allowed", [NULL, b"\x04\x00", b"\x30\x02\x05\x00", b"\x06\x01\x2a"])
def test_parameters_that_are_malformed(allowed: bytes) -> None:
    with pytest.raises(DecodeError):
        key(allowed)
    with pytest.raises(DecodeError):
        read_pss(allowed)


def test_parameters_of_unknown_hashes() -> None:
    with pytest.raises(UnsupportedAlgorithm):
        key(parameters(oids.SM3))


@pytest.mark.parametrize("bits", [b"", b"\x30\x00", b"\x04" + bytes(64), BITS[:-1], BITS + b"\0"])
def test_keys_that_are_malformed(bits: bytes) -> None:
    with pytest.raises(DecodeError):
        load_public_key_info(SubjectPublicKeyInfo(AlgorithmIdentifier(oids.RSA_PSS), bits))


def test_it_takes_a_structure() -> None:
    with pytest.raises(InvalidTypeError):
        RSAPSSPublicKey(key().to_der())  # type: ignore[arg-type]


@pytest.mark.once
def test_keys_of_openssl(tmp_path: Path) -> None:
    private, public, message, signature = (str(tmp_path / name) for name in ("key", "pub", "message", "signature"))
    options = ["rsa_keygen_bits:2048", "rsa_pss_keygen_md:sha256", "rsa_pss_keygen_mgf1_md:sha256"]
    options.append("rsa_pss_keygen_saltlen:32")
    command = ["openssl", "genpkey", "-algorithm", "RSA-PSS", "-out", private]
    subprocess.run([*command, *(part for o in options for part in ("-pkeyopt", o))], capture_output=True, check=True)
    subprocess.run(["openssl", "pkey", "-in", private, "-pubout", "-out", public], capture_output=True, check=True)
    Path(message).write_bytes(b"message")
    command = ["openssl", "dgst", "-sha256", "-sigopt", "rsa_pss_saltlen:32", "-sign", private, "-out", signature]
    subprocess.run([*command, message], capture_output=True, check=True)
    loaded = load_public_key(Path(public).read_bytes())
    assert isinstance(loaded, RSAPSSPublicKey)
    verifier = key_for(loaded, AlgorithmIdentifier(oids.RSA_PSS, parameters()), DEFAULT_POLICY)
    verifier.verify(Path(signature).read_bytes(), b"message")
