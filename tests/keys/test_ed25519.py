"""Ed25519 keys: they sign, load, and refuse what is not theirs."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import load_der_public_key

from gmpki import oids
from gmpki.algorithms.ed25519 import PrivateHandle, PublicHandle
from gmpki.asn1.rfc5280 import NULL, AlgorithmIdentifier, SubjectPublicKeyInfo
from gmpki.asn1.rfc5958 import PrivateKeyInfo
from gmpki.errors import (
    DecodeError,
    GmpkiError,
    InvalidInputError,
    InvalidSignature,
    InvalidTypeError,
    KeyMismatchError,
)
from gmpki.errors import UnsupportedAlgorithm as Unsupported
from gmpki.keys.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from gmpki.keys.interfaces import PublicKey, Signer
from gmpki.keys.loader import load_private_key, load_public_key, load_public_key_info
from gmpki.keys.pending import PendingSignature

KEY = Ed25519PrivateKey.generate()
PUBLIC = KEY.public_key
# The first test vector of RFC 8032 7.1: the empty message.
SECRET = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
POINT = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
SIGNATURE = bytes.fromhex(
    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
)
ALGORITHM = AlgorithmIdentifier(oids.ED25519)


def test_known_answer() -> None:
    private = load_private_key(PrivateKeyInfo(ALGORITHM, b"\x04\x20" + SECRET).to_der())
    assert isinstance(private, Ed25519PrivateKey)
    assert private.sign(b"") == SIGNATURE
    assert private.public_key == load_public_key_info(SubjectPublicKeyInfo(ALGORITHM, POINT))


def test_public_key_beside_it() -> None:
    """The form with a public key and attributes (RFC 8410 7), which Java programs write."""
    for attributes in (None, b"\xa0\x00"):
        data = PrivateKeyInfo(ALGORITHM, b"\x04\x20" + SECRET, attributes, POINT).to_der()
        assert load_private_key(data).public_key == load_public_key_info(SubjectPublicKeyInfo(ALGORITHM, POINT))
        with pytest.raises(KeyMismatchError):
            load_private_key(data.replace(POINT, bytes(32)))


def test_sign_and_verify() -> None:
    assert isinstance(KEY, Signer)
    assert isinstance(PUBLIC, PublicKey)
    signature = KEY.sign(bytearray(b"message"))
    PUBLIC.verify(signature, b"message")
    load_der_public_key(PUBLIC.to_der()).verify(signature, b"message")  # type: ignore[union-attr, call-arg]
    assert PUBLIC.is_valid(signature, b"message")
    assert not PUBLIC.is_valid(signature, b"another")
    for wrong in (b"", signature[:-1], signature + b"\0", bytes(64)):
        with pytest.raises(InvalidSignature):
            PUBLIC.verify(wrong, b"message")
    assert KEY.signature_algorithm == PUBLIC.signature_algorithm == ALGORITHM


@pytest.mark.parametrize("password", [None, b"password"])
def test_files(password: bytes | None) -> None:
    loaded = load_private_key(KEY.to_pem(password, iterations=1000), password)
    assert loaded.public_key == PUBLIC
    assert load_public_key(PUBLIC.to_pem()) == PUBLIC
    assert load_public_key(PUBLIC.to_der()) == PUBLIC


def test_objects() -> None:
    for leak in (pickle.dumps, copy.copy):
        with pytest.raises(InvalidTypeError):
            leak(KEY)
    assert pickle.loads(pickle.dumps(PUBLIC)) == PUBLIC
    assert hash(PUBLIC) == hash(load_public_key(PUBLIC.to_der()))
    assert Ed25519PrivateKey.generate().public_key != PUBLIC
    assert PUBLIC.to_der() != PUBLIC
    for thing in (KEY, PUBLIC):
        with pytest.raises(AttributeError):
            thing.anything = 1
        assert "Ed25519" in repr(thing)
        assert "Ed25519" in repr(thing._handle)
    assert PUBLIC._handle.bits == 253


def test_there_is_no_digest() -> None:
    calls: list[Any] = [
        lambda: PUBLIC.digest(b"message"),
        lambda: PUBLIC.verify_digest(bytes(64), bytes(32)),
        lambda: KEY.sign_digest(bytes(32)),
        lambda: PendingSignature.prepare(PUBLIC, b"message"),
    ]
    for call in calls:
        with pytest.raises(Unsupported, match="whole messages"):
            call()


def test_wrong_use() -> None:
    for user_id in (b"", b"1234567812345678"):
        with pytest.raises(InvalidInputError, match="only SM2"):
            KEY.sign(b"message", user_id=user_id)
        with pytest.raises(InvalidInputError, match="only SM2"):
            PUBLIC.verify(bytes(64), b"message", user_id=user_id)
    for call in (KEY.sign, PUBLIC.standard_signature):
        with pytest.raises(InvalidTypeError):
            call("text")  # type: ignore[operator]
    for make in (Ed25519PublicKey, Ed25519PrivateKey):
        with pytest.raises(InvalidTypeError):
            make(b"key")
    with pytest.raises(InvalidTypeError):
        Ed25519PublicKey(PUBLIC._handle, policy=None)  # type: ignore[arg-type]
    for handle in (PublicHandle, PrivateHandle):
        with pytest.raises(InvalidTypeError):
            handle()


@pytest.mark.parametrize("length", [0, 1, 31, 33, 64, 66])
def test_public_keys_of_wrong_length(length: int) -> None:
    with pytest.raises(DecodeError):
        load_public_key_info(SubjectPublicKeyInfo(ALGORITHM, bytes(length)))


@pytest.mark.parametrize("inner", [b"", b"\x04\x1f" + bytes(31), b"\x04\x21" + bytes(33), bytes(32), b"\x30\x00"])
def test_private_keys_that_are_malformed(inner: bytes) -> None:
    with pytest.raises(GmpkiError):
        load_private_key(PrivateKeyInfo(ALGORITHM, inner).to_der())


@pytest.mark.parametrize("parameters", [NULL, b"\x30\x00", b"\x06\x01\x2a"])
def test_parameters_are_absent(parameters: bytes) -> None:
    algorithm = AlgorithmIdentifier(oids.ED25519, parameters)
    with pytest.raises(DecodeError, match="absent"):
        load_public_key_info(SubjectPublicKeyInfo(algorithm, POINT))
    with pytest.raises(DecodeError, match="absent"):
        load_private_key(PrivateKeyInfo(algorithm, b"\x04\x20" + SECRET).to_der())


def test_load_public_key_info_takes_a_structure() -> None:
    with pytest.raises(InvalidTypeError):
        load_public_key_info(PUBLIC.to_der())  # type: ignore[arg-type]
