"""Triple DES: answers of the ``openssl`` program, and what is refused."""

from __future__ import annotations

import pytest

from gmpki.algorithms.triple_des import decrypt_cbc
from gmpki.errors import DecryptionError, InvalidInputError, InvalidTypeError

KEY = bytes(range(24))
IV = bytes(range(8))
CIPHERTEXT = bytes.fromhex("d1f85896db186e483c6acdaf8136bfc4")


def test_three_keys() -> None:
    assert decrypt_cbc(KEY, IV, CIPHERTEXT) == b"gmpki 3DES"


def test_two_keys() -> None:
    assert decrypt_cbc(KEY[:16], IV, bytes.fromhex("514c3cd431f0330be44267920b2480c9")) == b"gmpki 3DES"


@pytest.mark.parametrize("data", [b"", bytes(7), bytes(9), bytes(8), CIPHERTEXT[:8], CIPHERTEXT[:-1]])
def test_wrong_length_or_padding(data: bytes) -> None:
    with pytest.raises(DecryptionError):
        decrypt_cbc(KEY, IV, data)


@pytest.mark.parametrize(
    ("key", "iv", "error"),
    [
        (b"", IV, InvalidInputError),
        (bytes(8), IV, InvalidInputError),
        (bytes(25), IV, InvalidInputError),
        (KEY, b"", InvalidInputError),
        (KEY, bytes(16), InvalidInputError),
        ("key", IV, InvalidTypeError),
        (KEY, None, InvalidTypeError),
    ],
)
def test_inputs_that_are_refused(key: bytes, iv: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        decrypt_cbc(key, iv, CIPHERTEXT)
