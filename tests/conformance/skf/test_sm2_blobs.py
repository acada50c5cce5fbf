"""SM2's structures as checks lay them out."""

from __future__ import annotations

import pytest

from gmpki.algorithms.sm2 import CurvePoint, PointFormat
from gmpki.conformance.skf.sm2_blobs import (
    FIELD_LEN,
    FORMS,
    NUMBER_LEN,
    ORDER,
    RIGHT,
    CipherParts,
    Form,
    bytes_of,
    number_of,
    off_curve,
    on_curve,
)
from gmpki.errors import InvalidInputError
from gmpki.keys.ciphertext import SM2Ciphertext
from gmpki.keys.sm2 import SM2PrivateKey

NUMBER = bytes(range(1, NUMBER_LEN + 1))
NAMES = ["right", "left", "little-right", "little-left"]


@pytest.mark.parametrize("form", FORMS, ids=NAMES)
def test_forms_read_what_they_write(form: Form) -> None:
    field = form.write(NUMBER)
    assert len(field) == FIELD_LEN
    assert form.read(field) == NUMBER
    assert sum(other.read(field) == NUMBER for other in FORMS) == 1


def test_right_form_is_the_integer() -> None:
    assert int.from_bytes(RIGHT.write(NUMBER), "big") == number_of(NUMBER)
    assert bytes_of(number_of(NUMBER)) == NUMBER


def test_order_is_the_first_number_that_is_no_private_key() -> None:
    assert SM2PrivateKey.from_bytes(bytes_of(ORDER - 2))
    for number in (0, ORDER - 1, ORDER):
        with pytest.raises(InvalidInputError):
            SM2PrivateKey.from_bytes(bytes_of(number))


def test_curve() -> None:
    point = SM2PrivateKey.generate().public_key.to_bytes(PointFormat.BARE)
    assert on_curve(point)
    assert not on_curve(off_curve(point))
    assert off_curve(point)[:-1] == point[:-1]
    assert not on_curve(bytes(64))


def test_parts_of_a_ciphertext() -> None:
    point = CurvePoint.from_bytes(SM2PrivateKey.generate().public_key.to_bytes())
    parts = CipherParts.of(SM2Ciphertext(point, b"h" * 32, b"text"))
    assert parts == CipherParts(point.to_bytes(PointFormat.BARE), b"h" * 32, b"text")
