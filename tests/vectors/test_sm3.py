"""SM3, HMAC-SM3 and the derivations."""

from __future__ import annotations

import pytest

from gmpki.algorithms import kdf, sm3
from gmpki.errors import InvalidInputError, InvalidTag
from vector_files import Vector, each


@each("sm3/hash.json", algorithm="sm3")
def test_hash(vector: Vector) -> None:
    message = vector.message
    assert sm3.digest(message) == vector.digest
    running = sm3.SM3(message[:7])
    running.update(message[7:])
    assert running.digest() == vector.digest


@each("sm3/hmac.json", algorithm="sm3")
def test_hmac(vector: Vector) -> None:
    assert (sm3.hmac(vector.key, vector.message) == vector.tag) is vector.valid
    running = sm3.HMACSM3(vector.key, vector.message)
    if vector.valid:
        running.verify(vector.tag)
    else:
        with pytest.raises((InvalidTag, InvalidInputError)):
            running.verify(vector.tag)


@each("sm3/kdf.json", algorithm="sm3")
def test_kdf(vector: Vector) -> None:
    if vector.valid:
        assert kdf.sm3_kdf(vector.input, vector.size) == vector.output
    else:
        with pytest.raises(InvalidInputError):
            kdf.sm3_kdf(vector.input, vector.size)


@each("sm3/pbkdf2.json", algorithm="sm3")
def test_pbkdf2(vector: Vector) -> None:
    inputs = vector.password, vector.salt, vector.iterations, vector.size
    if vector.valid:
        assert kdf.pbkdf2(*inputs) == vector.output
    else:
        with pytest.raises(InvalidInputError):
            kdf.pbkdf2(*inputs)


@each("sm3/hkdf.json", algorithm="sm3")
def test_hkdf(vector: Vector) -> None:
    assert kdf.hkdf_extract(vector.salt, vector.key_material) == vector.prk
    if vector.valid:
        assert kdf.hkdf_expand(vector.prk, vector.info, vector.size) == vector.output
        assert kdf.hkdf(vector.key_material, vector.size, salt=vector.salt, info=vector.info) == vector.output
    else:
        with pytest.raises(InvalidInputError):
            kdf.hkdf_expand(vector.prk, vector.info, vector.size)
