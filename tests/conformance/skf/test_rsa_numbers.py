"""RSA by its numbers, against the package that has it, and the mistakes that are named."""

from __future__ import annotations

import hashlib
from functools import cache

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicNumbers
from cryptography.hazmat.primitives.serialization import load_der_private_key

from gmpki.algorithms import sm3
from gmpki.conformance.model import Words
from gmpki.conformance.skf.rsa_numbers import (
    EXPONENT,
    SoftwareKey,
    encrypted,
    mistake_in_signature,
    padded,
    signature_block,
    unpadded,
)

MESSAGE = b"what is signed"
DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420") + hashlib.sha256(MESSAGE).digest()


@cache
def key() -> SoftwareKey:
    return SoftwareKey.generate(1024)


def test_numbers() -> None:
    private = key().private
    peer = load_der_private_key(key().pkcs1, None)
    assert isinstance(peer, RSAPrivateKey)
    numbers = peer.private_numbers()
    assert int.from_bytes(private.modulus, "big") == numbers.public_numbers.n
    assert private.exponent == numbers.public_numbers.e == EXPONENT
    assert int.from_bytes(private.private_exponent, "big") == numbers.d
    parts = (private.prime1, private.prime2, private.prime1_exponent, private.prime2_exponent, private.coefficient)
    assert [int.from_bytes(part, "big") for part in parts] == [
        numbers.p, numbers.q, numbers.dmp1, numbers.dmq1, numbers.iqmp,
    ]  # fmt: skip
    assert "pkcs1" not in repr(key())


def test_signatures_are_those_of_a_peer() -> None:
    public = RSAPublicNumbers(EXPONENT, int.from_bytes(key().public.modulus, "big")).public_key()
    signature = key().sign(DIGEST_INFO)
    public.verify(signature, MESSAGE, padding.PKCS1v15(), hashes.SHA256())
    with pytest.raises(InvalidSignature):
        public.verify(signature, MESSAGE + b".", padding.PKCS1v15(), hashes.SHA256())
    assert mistake_in_signature(signature_block(key().public, signature), DIGEST_INFO, ()) is None


def test_encryption_is_that_of_a_peer() -> None:
    peer = load_der_private_key(key().pkcs1, None)
    assert isinstance(peer, RSAPrivateKey)
    assert peer.decrypt(encrypted(key().public, b"a session key"), padding.PKCS1v15()) == b"a session key"
    theirs = peer.public_key().encrypt(b"a session key", padding.PKCS1v15())
    assert unpadded(key().raw(theirs)) == b"a session key"


@pytest.mark.parametrize(
    "block",
    [
        pytest.param(b"\0\2" + b"\1" * 7 + b"\0" + b"k" * 6, id="short-padding"),
        pytest.param(b"\0\1" + b"\xff" * 8 + b"\0" + b"k" * 5, id="of-a-signature"),
        pytest.param(b"\1\2" + b"\1" * 8 + b"\0" + b"k" * 5, id="first-byte"),
        pytest.param(b"\0\2" + b"\1" * 14, id="no-end"),
        pytest.param(bytes(16), id="zeros"),
    ],
)
def test_blocks_that_hold_no_message(block: bytes) -> None:
    assert unpadded(block) is None


DATA = bytes(range(1, 33))
DIGESTS = ((sm3.digest(DATA), Words("hashed", "杂凑")),)


@pytest.mark.parametrize(
    ("block", "words"),
    [
        pytest.param(padded(sm3.digest(DATA), 128), "hashed", id="hashed"),
        pytest.param(DATA.rjust(128, b"\0"), "data is not padded", id="bare"),
        pytest.param(DATA.ljust(128, b"\0"), "stands at the beginning", id="at-the-beginning"),
        pytest.param(b"\0\2" + b"\1" * 93 + b"\0" + DATA, "the padding is not that of a signature", id="type-2"),
        pytest.param(padded(DATA[::-1], 128), "reversed", id="reversed"),
        pytest.param(padded(b"other", 128), "no known mistake", id="other"),
    ],
)
def test_mistakes_are_named(block: bytes, words: str) -> None:
    mistake = mistake_in_signature(block, DATA, DIGESTS)
    assert mistake is not None
    assert words in mistake.en
    assert mistake.zh
