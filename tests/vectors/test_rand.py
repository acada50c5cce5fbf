"""The DRBG."""

from __future__ import annotations

import pytest

from gmpki.algorithms.rand import DRBG
from gmpki.errors import InvalidInputError
from vector_files import Vector, each


@each("rand/drbg.json", types=("DrbgReseedFirst",), algorithm="sm3")
def test_reseeded_before_use(vector: Vector) -> None:
    drbg = DRBG.from_entropy(vector.entropy, vector.nonce)
    drbg.reseed(vector.reseed_entropy, vector.reseed_additional)
    drbg.generate(vector.size, vector.additional_1)
    assert drbg.generate(vector.size, vector.additional_2) == vector.output_2


@each("rand/drbg.json", types=("Drbg",), algorithm="sm3")
def test_drbg(vector: Vector) -> None:
    if not vector.valid:
        with pytest.raises(InvalidInputError):
            DRBG.from_entropy(vector.entropy, vector.nonce, vector.personalisation)
        return
    drbg = DRBG.from_entropy(vector.entropy, vector.nonce, vector.personalisation)
    assert drbg.generate(vector.size, vector.additional_1) == vector.output_1
    drbg.reseed(vector.reseed_entropy, vector.reseed_additional)
    assert drbg.generate(vector.size, vector.additional_2) == vector.output_2
    assert drbg.generate(vector.size) == vector.output_3
