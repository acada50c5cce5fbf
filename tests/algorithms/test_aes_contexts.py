"""AES in pieces: the same as whole, and as the cryptography package does it."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmpki.algorithms import aes
from gmpki.errors import DecryptionError, InvalidInputError, InvalidTag, InvalidTypeError, StateError

KEYS = st.sampled_from([bytes(16), bytes(range(24)), bytes(range(32))])
IV = bytes(range(16))


def through(context: Any, data: bytes, cuts: list[int]) -> bytes:
    places = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    found = b"".join(context.update(data[start:stop]) for start, stop in pairwise(places))
    return found + bytes(context.finalize())


@given(KEYS, st.binary(max_size=100), st.lists(st.integers(0, 200), max_size=5))
def test_cbc(key: bytes, data: bytes, cuts: list[int]) -> None:
    ciphertext = through(aes.cbc_encryptor(key, IV), data, cuts)
    assert ciphertext == aes.encrypt_cbc(key, IV, data)
    assert through(aes.cbc_decryptor(key, IV), ciphertext, cuts) == data


@given(KEYS, st.binary(max_size=100), st.lists(st.integers(0, 200), max_size=5), st.binary(max_size=30))
def test_gcm(key: bytes, data: bytes, cuts: list[int], beside: bytes) -> None:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    encryptor = aes.gcm_encryptor(key, IV[:12], beside)
    ciphertext = through(encryptor, data, cuts)
    assert ciphertext + encryptor.tag == AESGCM(key).encrypt(IV[:12], data, beside)
    assert through(aes.gcm_decryptor(key, IV[:12], encryptor.tag, beside), ciphertext, cuts) == data
    assert through(aes.gcm_decryptor(key, IV[:12], encryptor.tag[:12], beside), ciphertext, cuts) == data
    for tag, other in ((bytes(16), beside), (encryptor.tag, beside + b"x")):
        context = aes.gcm_decryptor(key, IV[:12], tag, other)
        context.update(ciphertext)
        with pytest.raises(InvalidTag):
            context.finalize()


def test_cbc_that_is_wrong() -> None:
    for data in (b"", bytes(15), bytes(16), bytes(33)):
        context = aes.cbc_decryptor(bytes(16), IV)
        context.update(data)
        with pytest.raises(DecryptionError) as caught:
            context.finalize()
        assert type(caught.value) is DecryptionError


def test_out_of_order() -> None:
    encryptor = aes.gcm_encryptor(bytes(16), IV)
    with pytest.raises(StateError):
        assert encryptor.tag
    encryptor.finalize()
    cbc = aes.cbc_encryptor(bytes(16), IV)
    cbc.finalize()
    with pytest.raises(StateError, match="CBC has none"):
        assert cbc.tag
    for context in (encryptor, cbc):
        with pytest.raises(StateError):
            context.finalize()
        with pytest.raises(StateError):
            context.update(b"x")


@pytest.mark.parametrize("make", [aes.cbc_encryptor, aes.cbc_decryptor, aes.gcm_encryptor])
def test_lengths_and_types(make: Any) -> None:
    for key, iv in ((bytes(15), IV), (b"", IV), (bytes(16), bytes(7)), (bytes(16), bytes(129)), (bytes(16), b"")):
        with pytest.raises(InvalidInputError):
            make(key, iv)
    for key, iv in (("text", IV), (bytes(16), None), (5, IV)):
        with pytest.raises(InvalidTypeError):
            make(key, iv)
    for bad in ("text", None, 5):
        with pytest.raises(InvalidTypeError):
            make(bytes(16), IV).update(bad)


def test_tags_of_wrong_lengths() -> None:
    for length in (0, 4, 11, 17):
        with pytest.raises(InvalidInputError, match="tag"):
            aes.gcm_decryptor(bytes(16), IV, bytes(length))
