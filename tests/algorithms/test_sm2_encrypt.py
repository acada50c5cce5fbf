"""SM2 encryption."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from algorithms.sm2_examples import C1, C2, C3, few, flip, scalars
from gmpki.algorithms import sm2
from gmpki.algorithms.sm2 import CiphertextFormat, PrivateScalar
from gmpki.errors import (
    DecryptionError,
    InvalidInputError,
    InvalidTypeError,
)

ALGORITHM = "sm2"
pytestmark = pytest.mark.usefixtures("backend")


FORMATS = ("DER", "C1C3C2", "C1C3C2_BARE", "C1C2C3", "C1C2C3_BARE", "C1C3C2_COMPRESSED")
each_format = pytest.mark.parametrize("fmt", [CiphertextFormat[name] for name in FORMATS], ids=FORMATS)
ANY = CiphertextFormat.AUTO_WITH_C1C2C3


def test_the_ciphertext_of_the_standard(scalar: PrivateScalar) -> None:
    expected = b"encryption standard"
    for ciphertext in (C1 + C3 + C2, C1[1:] + C3 + C2):
        assert sm2.decrypt(scalar, ciphertext) == expected
    for ciphertext in (C1 + C2 + C3, C1[1:] + C2 + C3):
        assert sm2.decrypt(scalar, ciphertext, ANY) == expected
        with pytest.raises(DecryptionError):
            sm2.decrypt(scalar, ciphertext)


@each_format
@few
@given(scalar=scalars, message=st.binary(min_size=1, max_size=200))
def test_encryption_round_trips(fmt: CiphertextFormat, scalar: PrivateScalar, message: bytes) -> None:
    ciphertext = sm2.encrypt(scalar.point, message, fmt)
    assert sm2.decrypt(scalar, ciphertext, fmt) == message
    assert sm2.decrypt(scalar, ciphertext, ANY) == message
    assert sm2.encrypt(scalar.point, message, fmt) != ciphertext


@each_format
def test_lengths_and_first_bytes(fmt: CiphertextFormat, scalar: PrivateScalar) -> None:
    first, overhead = {
        "DER": ({0x30}, range(101, 112)),
        "C1C3C2": ({4}, (97,)),
        "C1C2C3": ({4}, (97,)),
        "C1C3C2_BARE": (set(range(256)), (96,)),
        "C1C2C3_BARE": (set(range(256)), (96,)),
        "C1C3C2_COMPRESSED": ({2, 3}, (65,)),
    }[str(fmt.name)]
    for length in (1, 2, 31, 32, 33, 100):
        ciphertext = sm2.encrypt(scalar.point, bytes(length), fmt)
        assert ciphertext[0] in first
        assert len(ciphertext) - length in overhead


@each_format
def test_every_flipped_bit_of_a_ciphertext_is_refused(fmt: CiphertextFormat, scalar: PrivateScalar) -> None:
    ciphertext = sm2.encrypt(scalar.point, b"message", fmt)
    for bit in range(8 * len(ciphertext)):
        with pytest.raises(DecryptionError) as caught:
            sm2.decrypt(scalar, flip(ciphertext, bit), ANY)
        assert str(caught.value) == DecryptionError.MESSAGE


@each_format
def test_every_truncation_is_refused(fmt: CiphertextFormat, scalar: PrivateScalar) -> None:
    ciphertext = sm2.encrypt(scalar.point, b"message", fmt)
    for cut in [*(ciphertext[:length] for length in range(len(ciphertext))), ciphertext + b"\0"]:
        with pytest.raises(DecryptionError) as caught:
            sm2.decrypt(scalar, cut, ANY)
        assert str(caught.value) == DecryptionError.MESSAGE


def test_decryption_needs_the_right_key_and_an_allowed_format(scalar: PrivateScalar) -> None:
    ciphertext = sm2.encrypt(scalar.point, b"message", CiphertextFormat.C1C3C2)
    with pytest.raises(DecryptionError):
        sm2.decrypt(PrivateScalar.generate(), ciphertext)
    for name in FORMATS:
        if name != "C1C3C2":
            with pytest.raises(DecryptionError):
                sm2.decrypt(scalar, ciphertext, CiphertextFormat[name])
    assert sm2.decrypt(scalar, ciphertext, CiphertextFormat.DER | CiphertextFormat.C1C3C2) == b"message"


def test_the_default_of_encryption_is_der(scalar: PrivateScalar) -> None:
    ciphertext = sm2.encrypt(scalar.point, b"message")
    assert sm2.decrypt(scalar, ciphertext, CiphertextFormat.DER) == b"message"


def test_messages_outside(scalar: PrivateScalar) -> None:
    for length in (0, sm2.MAX_PLAINTEXT_LEN + 1):
        with pytest.raises(InvalidInputError, match="message must be 1 to"):
            sm2.encrypt(scalar.point, bytes(length))


def test_a_large_message(scalar: PrivateScalar) -> None:
    message = bytes(1 << 20)
    assert sm2.decrypt(scalar, sm2.encrypt(scalar.point, message)) == message


@pytest.mark.parametrize("fmt", [1, "DER", None])
def test_formats_of_other_types(scalar: PrivateScalar, fmt: Any) -> None:
    with pytest.raises(InvalidTypeError, match="CiphertextFormat"):
        sm2.encrypt(scalar.point, b"m", fmt)
    with pytest.raises(InvalidTypeError, match="CiphertextFormat"):
        sm2.decrypt(scalar, b"m", fmt)


def test_formats_that_do_not_exist(scalar: PrivateScalar) -> None:
    with pytest.raises(InvalidInputError, match="one CiphertextFormat"):
        sm2.encrypt(scalar.point, b"m", CiphertextFormat.AUTO)
    for formats in (CiphertextFormat(0), CiphertextFormat(64), CiphertextFormat(65)):
        with pytest.raises(InvalidInputError, match="CiphertextFormat"):
            sm2.encrypt(scalar.point, b"m", formats)
        with pytest.raises(InvalidInputError, match="CiphertextFormat"):
            sm2.decrypt(scalar, b"m", formats)
