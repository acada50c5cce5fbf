"""SM2 signatures: what must verify, what must be refused, and signing with known nonces."""

from __future__ import annotations

import pytest

import native_test_library
from gmpki.algorithms import sm2
from gmpki.algorithms.sm2 import CurvePoint, PrivateScalar
from gmpki.errors import DecodeError, GmpkiError
from vector_files import Vector, each


def _verify(vector: Vector) -> None:
    """Verify as a caller does: read the key, read the signature in either form, check it."""
    point = CurvePoint.from_bytes(vector.public_key)
    signature = sm2.parse_signature(vector.signature)
    if "digest" in vector:
        sm2.verify_digest(point, signature, vector.digest)
    else:
        sm2.verify(point, signature, vector.message, vector.user_id)


@each("sm2/sign_verify.json", algorithm="sm2")
def test_verify(vector: Vector) -> None:
    if not vector.valid:
        with pytest.raises(GmpkiError):
            _verify(vector)
        if "Encoding" in vector.flags:
            with pytest.raises(DecodeError):
                sm2.signature_from_der(vector.signature)
        return
    _verify(vector)
    # What verifies reads and writes as DER and as r, s; a key that is given signs anew.
    raw = sm2.parse_signature(vector.signature)
    assert sm2.signature_from_der(sm2.signature_to_der(raw)) == raw
    if vector.encoding == "DER":
        assert sm2.signature_to_der(raw) == vector.signature
    else:
        assert raw == vector.signature
    if "private_key" in vector:
        scalar = PrivateScalar.from_bytes(vector.private_key)
        again = sm2.sign(scalar, vector.message, vector.user_id)
        sm2.verify(scalar.point, again, vector.message, vector.user_id)


@each("sm2/sign.json", "sm2/deterministic.json", algorithm="sm2")
def test_signatures_with_known_nonces_verify(vector: Vector) -> None:
    if vector.valid:
        point = PrivateScalar.from_bytes(vector.private_key).point
        sm2.verify_digest(point, vector.signature, vector.digest)


@each("sm2/deterministic.json", algorithm="sm2")
def test_deterministic(vector: Vector) -> None:
    scalar = PrivateScalar.from_bytes(vector.private_key)
    assert sm2.sign_digest(scalar, vector.digest, deterministic=True) == vector.signature
    assert sm2.sign_digest(scalar, vector.digest, deterministic=True, verify=True) == vector.signature


@each("sm2/sign.json", algorithm="sm2")
def test_sign_with_nonce(vector: Vector) -> None:
    lib, ffi = native_test_library.load()
    key, signature = ffi.new("gmpki_sm2_private_key *"), ffi.new("uint8_t[64]")
    assert lib.gmpki_sm2_private_key_load(key, vector.private_key) == lib.GMPKI_OK
    status = lib.gmpki_test_sm2_sign_digest_nonce(key, signature, vector.digest, vector.nonce)
    if vector.valid:
        assert status == lib.GMPKI_OK
        assert bytes(signature) == vector.signature
    else:
        assert status in (lib.GMPKI_TEST_NEXT_NONCE, lib.GMPKI_ERR_SCALAR)
        assert bytes(signature) == bytes(64)
