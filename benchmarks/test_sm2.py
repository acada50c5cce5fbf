"""SM2: key generation, signatures with ZA, encryption of a 32-byte key."""

from __future__ import annotations

import itertools

import pytest

MESSAGE = bytes(range(32))


@pytest.mark.operation("sm2_keygen")
def test_generate(comparison, implementation):
    assert comparison.measure("SM2 generate", implementation.sm2_keygen) is not None


@pytest.mark.operation("sm2_sign")
def test_sign(comparison, implementation):
    signature = comparison.measure("SM2 sign", implementation.sm2_sign, MESSAGE)
    implementation.sm2_verify(MESSAGE, signature)


@pytest.mark.operation("sm2_verify")
def test_verify(comparison, implementation):
    signature = implementation.sm2_sign(MESSAGE)
    comparison.measure("SM2 verify", implementation.sm2_verify, MESSAGE, signature)


@pytest.mark.operation("sm2_verify_of")
def test_verify_many_keys(comparison, implementation):
    """So many keys take turns that what is kept of a key is of no use."""
    turns = itertools.cycle(implementation.sm2_many(256, MESSAGE))

    def verify_next():
        implementation.sm2_verify_of(next(turns), MESSAGE)

    comparison.measure("SM2 verify, 256 keys in turn", verify_next)


@pytest.mark.operation("sm2_encrypt")
def test_encrypt(comparison, implementation):
    ciphertext = comparison.measure("SM2 encrypt 32 B", implementation.sm2_encrypt, MESSAGE)
    assert implementation.sm2_decrypt(ciphertext) == MESSAGE


@pytest.mark.operation("sm2_decrypt")
def test_decrypt(comparison, implementation):
    ciphertext = implementation.sm2_encrypt(MESSAGE)
    assert comparison.measure("SM2 decrypt 32 B", implementation.sm2_decrypt, ciphertext) == MESSAGE
