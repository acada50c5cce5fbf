"""Ciphertexts go from every form to every other, and what cannot be one is refused."""

from __future__ import annotations

import doctest
from typing import Any

import pytest

from gmpki.errors import DecodeError, InvalidInputError, InvalidPointError, InvalidTypeError
from gmpki.keys import ciphertext as module
from gmpki.keys.ciphertext import SM2Ciphertext
from gmpki.keys.sm2 import CiphertextFormat, SM2PrivateKey

FORMS = ("DER", "C1C3C2", "C1C3C2_BARE", "C1C2C3", "C1C2C3_BARE", "C1C3C2_COMPRESSED")
KEY = SM2PrivateKey.from_bytes(bytes(31) + b"\x05")
# Longer and shorter than C3, so that a wrong order cannot come out right.
MESSAGES = (b"m", b"message", bytes(range(32)), bytes(range(100)))


@pytest.mark.parametrize("source", FORMS)
@pytest.mark.parametrize("target", FORMS)
def test_every_form_becomes_every_other(source: str, target: str) -> None:
    for message in MESSAGES:
        encrypted = KEY.public_key.encrypt(message, fmt=CiphertextFormat[source])
        parts = SM2Ciphertext.from_bytes(encrypted, CiphertextFormat[source])
        assert len(parts.c2) == len(message)
        converted = parts.to_bytes(CiphertextFormat[target])
        assert KEY.decrypt(converted, formats=CiphertextFormat[target]) == message
        assert SM2Ciphertext.from_bytes(converted, CiphertextFormat[target]) == parts
        assert parts.to_bytes(CiphertextFormat[source]) == encrypted


@pytest.mark.parametrize("form", FORMS)
def test_short_ones_are_refused(form: str) -> None:
    fmt = CiphertextFormat[form]
    encrypted = KEY.public_key.encrypt(b"m", fmt=fmt)
    for length in range(len(encrypted)):
        with pytest.raises(InvalidInputError):
            SM2Ciphertext.from_bytes(encrypted[:length], fmt)


def test_an_empty_message_has_no_ciphertext() -> None:
    parts = SM2Ciphertext.from_bytes(KEY.public_key.encrypt(b"m"), CiphertextFormat.DER)
    empty = SM2Ciphertext(parts.c1, parts.c3, b"").to_bytes()
    with pytest.raises(InvalidInputError, match="empty C2"):
        SM2Ciphertext.from_bytes(empty, CiphertextFormat.DER)


def test_points_off_the_curve_and_broken_der() -> None:
    with pytest.raises(InvalidPointError):
        SM2Ciphertext.from_bytes(b"\x04" + bytes(63) + b"\x01" + bytes(33), CiphertextFormat.C1C3C2)
    with pytest.raises(InvalidPointError):
        SM2Ciphertext.from_bytes(b"\x05" + KEY.public_key.to_bytes()[1:] + bytes(33), CiphertextFormat.C1C3C2)
    with pytest.raises(DecodeError):
        SM2Ciphertext.from_bytes(KEY.public_key.encrypt(b"m") + b"\x00", CiphertextFormat.DER)


@pytest.mark.parametrize(
    "fmt", [CiphertextFormat.AUTO, CiphertextFormat(0), CiphertextFormat.DER | CiphertextFormat.C1C3C2]
)
def test_one_form_at_a_time(fmt: CiphertextFormat) -> None:
    encrypted = KEY.public_key.encrypt(b"m")
    with pytest.raises(InvalidInputError, match="one CiphertextFormat"):
        SM2Ciphertext.from_bytes(encrypted, fmt)
    with pytest.raises(InvalidInputError, match="one CiphertextFormat"):
        SM2Ciphertext.from_bytes(encrypted, CiphertextFormat.DER).to_bytes(fmt)


@pytest.mark.parametrize("value", [None, 1, "DER", b""])
def test_wrong_types(value: Any) -> None:
    with pytest.raises(InvalidTypeError, match="fmt must be a CiphertextFormat"):
        SM2Ciphertext.from_bytes(bytes(200), value)
    if not isinstance(value, bytes):
        with pytest.raises(InvalidTypeError, match="the ciphertext must be bytes"):
            SM2Ciphertext.from_bytes(value, CiphertextFormat.DER)


def test_the_example() -> None:
    failed, tried = doctest.testmod(module)
    assert failed == 0
    assert tried > 0
