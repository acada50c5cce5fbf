"""SM2 ciphertexts: what must open, what must be refused with the one error, and encrypting with known nonces."""

from __future__ import annotations

import pytest

import native_test_library
from gmpki.algorithms import sm2
from gmpki.algorithms.sm2 import CiphertextFormat, PrivateScalar
from gmpki.errors import DecryptionError, InvalidScalarError
from vector_files import Vector, each

ALL = CiphertextFormat.AUTO_WITH_C1C2C3


@each("sm2/decrypt.json", algorithm="sm2")
def test_decrypt(vector: Vector) -> None:
    if "BadScalar" in vector.flags:
        with pytest.raises(InvalidScalarError):
            PrivateScalar.from_bytes(vector.private_key)
        return
    scalar = PrivateScalar.from_bytes(vector.private_key)
    formats = ALL if vector.formats == "ALL" else CiphertextFormat[vector.formats]
    if vector.valid:
        assert sm2.decrypt(scalar, vector.ciphertext, formats) == vector.plaintext
    else:
        with pytest.raises(DecryptionError):
            sm2.decrypt(scalar, vector.ciphertext, formats)


def _forms(vector: Vector) -> dict[CiphertextFormat, bytes]:
    """Put the parts of a ciphertext together in the forms whose layout is fixed."""
    c1, c2, c3 = vector.c1, vector.c2, vector.c3
    return {
        CiphertextFormat.C1C3C2: b"\x04" + c1 + c3 + c2,
        CiphertextFormat.C1C3C2_BARE: c1 + c3 + c2,
        CiphertextFormat.C1C2C3: b"\x04" + c1 + c2 + c3,
        CiphertextFormat.C1C2C3_BARE: c1 + c2 + c3,
        CiphertextFormat.C1C3C2_COMPRESSED: bytes([2 + (c1[63] & 1)]) + c1[:32] + c3 + c2,
    }


@each("sm2/encrypt.json", algorithm="sm2")
def test_ciphertexts_with_known_nonces_open(vector: Vector) -> None:
    if vector.valid:
        scalar = PrivateScalar.from_bytes(vector.private_key)
        for form, ciphertext in _forms(vector).items():
            assert sm2.decrypt(scalar, ciphertext, form) == vector.plaintext


@each("sm2/encrypt.json", algorithm="sm2")
def test_encrypt_with_nonce(vector: Vector) -> None:
    lib, ffi = native_test_library.load()
    key = ffi.new("gmpki_sm2_public_key *")
    assert lib.gmpki_sm2_public_key_load(key, vector.public_key, len(vector.public_key)) == lib.GMPKI_OK
    expected = _forms(vector) if vector.valid else dict.fromkeys(CiphertextFormat(bit) for bit in (1, 2, 4, 8, 16, 32))
    for form, ciphertext in expected.items():
        out, out_len = ffi.new("uint8_t[]", len(vector.plaintext) + 128), ffi.new("size_t *")
        status = lib.gmpki_test_sm2_encrypt_nonce(
            key, out, out_len, vector.plaintext, len(vector.plaintext), vector.nonce, form
        )
        if vector.valid:
            assert status == lib.GMPKI_OK
            assert bytes(out)[: out_len[0]] == ciphertext
        else:
            assert status == lib.GMPKI_TEST_NEXT_NONCE
