"""Content ciphers: whole and in pieces, against a second implementation, and what they refuse."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hostile
from gmpki import oids
from gmpki.algorithms import rand
from gmpki.cms import CipherParameters, ContentCipher
from gmpki.errors import DecryptionError, InvalidInputError, StateError

CIPHERS = st.sampled_from(ContentCipher)


def named(cipher: Any) -> str:
    return str(cipher.name)


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    places = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[start:stop] for start, stop in pairwise(places)]


@given(CIPHERS, st.binary(max_size=200), st.lists(st.integers(0, 1000), max_size=6), st.binary(max_size=20))
def test_pieces_are_the_whole(cipher: ContentCipher, content: bytes, cuts: list[int], beside: bytes) -> None:
    beside = beside if cipher.is_authenticated else b""
    parameters, key = CipherParameters.new(cipher), cipher.generate_key()
    ciphertext, tag = parameters.encrypt(key, content, beside)
    assert len(ciphertext) == parameters.encrypted_len(len(content))
    assert (tag is not None) == cipher.is_authenticated
    encryptor = parameters.encryptor(key, beside)
    found = b"".join(encryptor.update(piece) for piece in pieces(content, cuts)) + encryptor.finalize()
    assert (found, encryptor.tag) == (ciphertext, tag)
    again = CipherParameters.read(parameters.algorithm)
    assert again == parameters
    decryptor = again.decryptor(key, tag, beside)
    opened = b"".join(decryptor.update(piece) for piece in pieces(ciphertext, cuts)) + decryptor.finalize()
    assert opened == content == again.decrypt(key, bytearray(ciphertext), tag, beside)


@pytest.mark.parametrize("cipher", list(ContentCipher), ids=named)
def test_against_the_cryptography_package(cipher: ContentCipher) -> None:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    from cryptography.hazmat.primitives.padding import PKCS7

    content = bytes(range(100))
    parameters, key = CipherParameters.new(cipher), cipher.generate_key()
    ciphertext, tag = parameters.encrypt(key, content)
    algorithm: Any = (algorithms.SM4 if cipher.is_sm4 else algorithms.AES)(key)
    mode: Any = modes.GCM(parameters.iv, tag) if cipher.is_authenticated else modes.CBC(parameters.iv)
    context = Cipher(algorithm, mode).decryptor()
    opened = context.update(ciphertext) + context.finalize()
    if not cipher.is_authenticated:
        unpadder = PKCS7(128).unpadder()
        opened = unpadder.update(opened) + unpadder.finalize()
    assert opened == content


@pytest.mark.parametrize("cipher", list(ContentCipher), ids=named)
def test_failures_are_one_error(cipher: ContentCipher) -> None:
    parameters, key = CipherParameters.new(cipher), cipher.generate_key()
    ciphertext, tag = parameters.encrypt(key, bytes(20))
    broken = [ciphertext[:-1], b"", ciphertext[:-17]]
    for data in broken:
        decryptor = parameters.decryptor(key, tag)
        decryptor.update(data)
        with pytest.raises(DecryptionError) as caught:
            decryptor.finalize()
        assert type(caught.value) is DecryptionError
        with pytest.raises(DecryptionError) as caught:
            parameters.decrypt(key, data, tag)
        assert type(caught.value) is DecryptionError


@pytest.mark.parametrize("cipher", list(ContentCipher), ids=named)
def test_doomed_contexts_fail_at_their_end_alone(cipher: ContentCipher) -> None:
    parameters, key = CipherParameters.new(cipher), cipher.generate_key()
    ciphertext, tag = parameters.encrypt(key, bytes(64))
    decryptor = parameters.decryptor(key, tag, doomed=True)
    assert decryptor.update(ciphertext)
    with pytest.raises(DecryptionError):
        decryptor.finalize()
    with pytest.raises(DecryptionError):
        parameters.decrypt(key, ciphertext, tag, doomed=True)


@pytest.mark.parametrize("cipher", list(ContentCipher), ids=named)
def test_contexts_out_of_order(cipher: ContentCipher) -> None:
    parameters, key = CipherParameters.new(cipher), cipher.generate_key()
    encryptor = parameters.encryptor(key)
    if cipher.is_authenticated:
        with pytest.raises(StateError):
            assert encryptor.tag
    encryptor.finalize()
    for call in (encryptor.finalize, lambda: encryptor.update(b"x")):
        with pytest.raises(StateError):
            call()
    assert (encryptor.tag is None) == (not cipher.is_authenticated)
    ciphertext, tag = parameters.encrypt(key, b"")
    decryptor = parameters.decryptor(key, tag)
    assert decryptor.update(ciphertext) + decryptor.finalize() == b""
    with pytest.raises(StateError):
        decryptor.finalize()


@pytest.mark.parametrize("cipher", list(ContentCipher), ids=named)
def test_keys_and_tags_of_wrong_lengths(cipher: ContentCipher) -> None:
    parameters, key = CipherParameters.new(cipher), cipher.generate_key()
    assert len(key) == cipher.key_len
    ciphertext, tag = parameters.encrypt(key, b"content")
    for wrong in (b"", key[:-1], key + b"\x00", bytes(64)):
        with pytest.raises(InvalidInputError, match="key of"):
            parameters.encrypt(wrong, b"content")
        with pytest.raises(InvalidInputError, match="key of"):
            parameters.decrypt(wrong, ciphertext, tag)
    for bad in (b"", bytes(12), bytes(17)) if cipher.is_authenticated else (bytes(16),):
        with pytest.raises(InvalidInputError, match="tag"):
            parameters.decrypt(key, ciphertext, bad)
    if not cipher.is_authenticated:
        with pytest.raises(InvalidInputError, match="associated data"):
            parameters.encrypt(key, b"content", b"beside")


def test_parameters_never_repeat() -> None:
    for cipher in ContentCipher:
        assert len({CipherParameters.new(cipher).iv for _ in range(50)}) == 50


def test_identifiers() -> None:
    written = CipherParameters.new(ContentCipher.SM4_CBC, identifier=oids.SM4)
    assert written.algorithm.algorithm == oids.SM4
    assert CipherParameters.read(written.algorithm).cipher is ContentCipher.SM4_CBC
    for identifier in (oids.SM4_GCM, oids.AES128_CBC, oids.SM1_CBC):
        with pytest.raises(InvalidInputError, match="no identifier"):
            CipherParameters.new(ContentCipher.SM4_CBC, identifier=identifier)


def test_arguments_of_wrong_types() -> None:
    parameters, key = CipherParameters.new(ContentCipher.AES128_GCM), rand.random_bytes(16)
    list(hostile.results(CipherParameters.new, (ContentCipher.SM4_CBC,)))
    list(hostile.results(CipherParameters.read, (parameters.algorithm,)))
    list(hostile.results(parameters.encrypt, (key, b"content", b"")))
    list(hostile.results(parameters.decrypt, (key, b"content", bytes(16), b"")))
