"""SM4 in GCM and CCM, and its MACs."""

from __future__ import annotations

import pytest

from gmpki.algorithms import sm4_mac
from gmpki.algorithms.sm4_aead import SM4CCM, SM4GCM
from gmpki.errors import InvalidInputError, InvalidTag
from vector_files import Vector, each


def _check(kind: type[SM4GCM | SM4CCM], vector: Vector) -> None:
    sealed = vector.ciphertext + vector.tag
    if vector.valid:
        cipher = kind(vector.key, tag_length=len(vector.tag))
        assert cipher.encrypt(vector.nonce, vector.plaintext, vector.associated_data) == sealed
        assert cipher.decrypt(vector.nonce, sealed, vector.associated_data) == vector.plaintext
        return
    refusal = InvalidInputError if "OutOfRange" in vector.flags else InvalidTag
    with pytest.raises(refusal):
        kind(vector.key, tag_length=len(vector.tag)).decrypt(vector.nonce, sealed, vector.associated_data)


@each("sm4/gcm.json", algorithm="sm4")
def test_gcm(vector: Vector) -> None:
    _check(SM4GCM, vector)
    _check_streamed_gcm(vector)


def _check_streamed_gcm(vector: Vector) -> None:
    if "OutOfRange" in vector.flags:
        with pytest.raises(InvalidInputError):
            SM4GCM(vector.key, tag_length=len(vector.tag)).decryptor(vector.nonce, vector.tag)
        return
    decryptor = SM4GCM(vector.key, tag_length=len(vector.tag)).decryptor(vector.nonce, vector.tag)
    decryptor.authenticate_additional_data(vector.associated_data[:5])
    decryptor.authenticate_additional_data(vector.associated_data[5:])
    text = decryptor.update(vector.ciphertext[:19]) + decryptor.update(vector.ciphertext[19:])
    if vector.valid:
        assert text + decryptor.finalize() == vector.plaintext
    else:
        with pytest.raises(InvalidTag):
            decryptor.finalize()


@each("sm4/ccm.json", types=("Aead",), algorithm="sm4")
def test_ccm(vector: Vector) -> None:
    _check(SM4CCM, vector)


@each("sm4/ccm.json", types=("AeadEncrypt",), algorithm="sm4")
def test_ccm_refuses_to_encrypt(vector: Vector) -> None:
    with pytest.raises(InvalidInputError):
        SM4CCM(vector.key, tag_length=vector.tag_size).encrypt(vector.nonce, vector.plaintext, vector.associated_data)


@each("sm4/cmac.json", algorithm="sm4")
def test_cmac(vector: Vector) -> None:
    assert (sm4_mac.cmac(vector.key, vector.message, len(vector.tag)) == vector.tag) is vector.valid


@each("sm4/cbc_mac.json", algorithm="sm4")
def test_cbc_mac(vector: Vector) -> None:
    if "OutOfRange" in vector.flags:
        with pytest.raises(InvalidInputError):
            sm4_mac.cbc_mac(vector.key, vector.message, len(vector.tag))
    else:
        assert (sm4_mac.cbc_mac(vector.key, vector.message, len(vector.tag)) == vector.tag) is vector.valid
