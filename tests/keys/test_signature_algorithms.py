"""Signature algorithms and the keys they belong to."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from gmpki import oids
from gmpki.algorithms.policy import DEFAULT_POLICY
from gmpki.asn1 import der
from gmpki.asn1.rfc5280 import NULL, AlgorithmIdentifier
from gmpki.asn1.rfc8017 import RSASSAPSSParams
from gmpki.errors import (
    DecodeError,
    InvalidSignature,
    InvalidTypeError,
    KeyMismatchError,
    PolicyError,
    UnsupportedAlgorithm,
)
from gmpki.keys.ecdsa import ECDSAPrivateKey
from gmpki.keys.ed25519 import Ed25519PrivateKey
from gmpki.keys.interfaces import PublicKey
from gmpki.keys.rsa import SignaturePadding
from gmpki.keys.signature_algorithms import is_oid_synonym, key_for
from gmpki.keys.sm2 import SM2PrivateKey
from rsa_keys import rsa_key

RSA = rsa_key()
SIGNERS = {
    "SM2": SM2PrivateKey.generate(),
    "RSA": RSA,
    "RSA SM3": RSA.using(hash_name="sm3"),
    "RSA PSS": RSA.using(padding=SignaturePadding.PSS),
    "RSA PSS SHA-512": RSA.using(padding=SignaturePadding.PSS, hash_name="sha512"),
    "P-256": ECDSAPrivateKey.generate(),
    "P-384": ECDSAPrivateKey.generate("P-384"),
    "Ed25519": Ed25519PrivateKey.generate(),
}
KINDS = ("SM2", "RSA", "P-256", "Ed25519")


@pytest.mark.parametrize("name", SIGNERS)
def test_a_key_verifies_by_its_algorithm(name: str) -> None:
    signer = SIGNERS[name]
    # The key of a certificate does not know which hash its owner uses: it is the plain one of its kind.
    plain = SIGNERS[name.split(maxsplit=1)[0]].public_key
    key = key_for(plain, signer.signature_algorithm, DEFAULT_POLICY)
    signature = signer.sign(b"message")
    key.verify(signature, b"message")
    with pytest.raises(InvalidSignature):
        key.verify(signature, b"another")


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("other", KINDS)
def test_the_algorithm_of_another_key_is_refused(name: str, other: str) -> None:
    if name == other:
        key_for(SIGNERS[name].public_key, SIGNERS[other].signature_algorithm, DEFAULT_POLICY)
        return
    with pytest.raises(KeyMismatchError, match="the signature says"):
        key_for(SIGNERS[name].public_key, SIGNERS[other].signature_algorithm, DEFAULT_POLICY)


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("oid", ["1.2.3", "1.2.156.10197.1.502", "1.2.840.113549.1.1.1", "1.2.840.113549.1.1.4"])
def test_unknown_algorithms(name: str, oid: str) -> None:
    with pytest.raises(UnsupportedAlgorithm):
        key_for(SIGNERS[name].public_key, AlgorithmIdentifier(oids.find(oid)), DEFAULT_POLICY)


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("parameters", [b"\x30\x00", b"\x04\x00", der.encode_oid(oids.SM2)])
def test_parameters_that_do_not_belong(name: str, parameters: bytes) -> None:
    algorithm = AlgorithmIdentifier(SIGNERS[name].signature_algorithm.algorithm, parameters)
    with pytest.raises(DecodeError):
        key_for(SIGNERS[name].public_key, algorithm, DEFAULT_POLICY)


@pytest.mark.parametrize("name", ["SM2", "RSA", "P-256"])
@pytest.mark.parametrize("parameters", [None, NULL])
def test_parameters_absent_or_null(name: str, parameters: bytes | None) -> None:
    signer = SIGNERS[name]
    algorithm = AlgorithmIdentifier(signer.signature_algorithm.algorithm, parameters)
    key_for(signer.public_key, algorithm, DEFAULT_POLICY).verify(signer.sign(b"m"), b"m")


def test_the_synonym_of_sm2() -> None:
    synonym = AlgorithmIdentifier(oids.SM2_SIGN)
    assert is_oid_synonym(synonym)
    assert not is_oid_synonym(SIGNERS["SM2"].signature_algorithm)
    assert key_for(SIGNERS["SM2"].public_key, synonym, DEFAULT_POLICY) == SIGNERS["SM2"].public_key


def test_sha1_needs_the_policy() -> None:
    allowing = DEFAULT_POLICY.allowing("sha1-signature")
    for name, oid in (("RSA", oids.RSA_SHA1), ("P-256", oids.ECDSA_SHA1)):
        with pytest.raises(PolicyError, match="sha1-signature"):
            key_for(SIGNERS[name].public_key, AlgorithmIdentifier(oid), DEFAULT_POLICY)
        assert (
            key_for(SIGNERS[name].public_key, AlgorithmIdentifier(oid), allowing).signature_algorithm.algorithm == oid
        )


class Elsewhere:
    """A public key behind some service, with one algorithm."""

    signature_algorithm = AlgorithmIdentifier(oids.RSA_SHA256, NULL)
    digest = verify = verify_digest = standard_signature = to_der = lambda _self: b""


def test_keys_of_other_classes_verify_what_they_name() -> None:
    key: PublicKey = Elsewhere()  # type: ignore[assignment]
    assert key_for(key, Elsewhere.signature_algorithm, DEFAULT_POLICY) is key
    with pytest.raises(KeyMismatchError):
        key_for(key, AlgorithmIdentifier(oids.RSA_SHA512, NULL), DEFAULT_POLICY)


def test_wrong_types() -> None:
    with pytest.raises(InvalidTypeError):
        key_for(b"key", RSA.signature_algorithm, DEFAULT_POLICY)  # type: ignore[arg-type]
    with pytest.raises(InvalidTypeError):
        key_for(RSA.public_key, "1.2.3", DEFAULT_POLICY)  # type: ignore[arg-type]


# ---- RSASSA-PSS -------------------------------------------------------------------------
SHA256 = AlgorithmIdentifier(oids.SHA256, NULL)
SHA384 = AlgorithmIdentifier(oids.SHA384, NULL)
MGF1_SHA256 = AlgorithmIdentifier(oids.MGF1, SHA256.to_der())


def pss(parameters: bytes | None) -> AlgorithmIdentifier:
    return AlgorithmIdentifier(oids.RSA_PSS, parameters)


@pytest.mark.parametrize("salt_len", [0, 20, 32, 64])
def test_pss_takes_the_salt_it_names(salt_len: int) -> None:
    private = RSA._handle._key
    signature = private.sign(b"m", padding.PSS(padding.MGF1(hashes.SHA256()), salt_len), hashes.SHA256())
    named = key_for(RSA.public_key, pss(RSASSAPSSParams(SHA256, MGF1_SHA256, salt_len).to_der()), DEFAULT_POLICY)
    named.verify(signature, b"m")
    other = key_for(RSA.public_key, pss(RSASSAPSSParams(SHA256, MGF1_SHA256, salt_len + 1).to_der()), DEFAULT_POLICY)
    with pytest.raises(InvalidSignature):
        other.verify(signature, b"m")


def test_pss_parameters_are_read_as_they_are_written() -> None:
    assert RSASSAPSSParams().to_der() == b"\x30\x00"
    for value in (
        RSASSAPSSParams(),
        RSASSAPSSParams(SHA256, MGF1_SHA256, 32),
        RSASSAPSSParams(salt_length=0),
        RSASSAPSSParams(trailer_field=2),
    ):
        assert RSASSAPSSParams.from_der(value.to_der()) == value


DEFAULTS = {
    "hash": der.encode_explicit(0, RSASSAPSSParams().hash_algorithm.to_der()),
    "mask": der.encode_explicit(1, RSASSAPSSParams().mask_gen_algorithm.to_der()),
    "salt": der.encode_explicit(2, der.encode_integer(20)),
    "trailer": der.encode_explicit(3, der.encode_integer(1)),
}


@pytest.mark.parametrize("name", DEFAULTS)
def test_pss_defaults_are_left_out(name: str) -> None:
    with pytest.raises(DecodeError, match="left out"):
        key_for(RSA.public_key, pss(der.encode_sequence(DEFAULTS[name])), DEFAULT_POLICY)


BAD_PSS = {
    "absent": (None, DecodeError),
    "NULL": (NULL, DecodeError),
    "no sequence": (b"\x04\x00", DecodeError),
    "too much": (b"\x30\x02\x05\x00", DecodeError),
    "two hashes": (RSASSAPSSParams(SHA384, MGF1_SHA256, 32).to_der(), UnsupportedAlgorithm),
    "another mask": (RSASSAPSSParams(SHA256, SHA256, 32).to_der(), UnsupportedAlgorithm),
    "mask without hash": (
        RSASSAPSSParams(SHA256, AlgorithmIdentifier(oids.MGF1), 32).to_der(),
        UnsupportedAlgorithm,
    ),
    "unknown hash": (
        RSASSAPSSParams(
            AlgorithmIdentifier(oids.SM3), AlgorithmIdentifier(oids.MGF1, AlgorithmIdentifier(oids.SM3).to_der())
        ).to_der(),
        UnsupportedAlgorithm,
    ),
    "hash with parameters": (
        RSASSAPSSParams(AlgorithmIdentifier(oids.SHA256, b"\x30\x00"), MGF1_SHA256, 32).to_der(),
        DecodeError,
    ),
    "trailer": (RSASSAPSSParams(SHA256, MGF1_SHA256, 32, 2).to_der(), DecodeError),
    "salt beyond the key": (RSASSAPSSParams(SHA256, MGF1_SHA256, 257).to_der(), DecodeError),
    "absurd salt": (RSASSAPSSParams(SHA256, MGF1_SHA256, 1 << 4000).to_der(), DecodeError),
    "negative salt": (der.encode_sequence(der.encode_explicit(2, der.encode_integer(-1))), DecodeError),
    "SHA-1, the default": (b"\x30\x00", PolicyError),
}


@pytest.mark.parametrize("name", BAD_PSS)
def test_pss_parameters_that_are_refused(name: str) -> None:
    parameters, error = BAD_PSS[name]
    with pytest.raises(error):
        key_for(RSA.public_key, pss(parameters), DEFAULT_POLICY)
