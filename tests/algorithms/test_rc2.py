"""RC2: the vectors of RFC 2268 section 5 for keys of at most 8 bytes, and what OpenSSL 3.0 gave for longer ones."""

from __future__ import annotations

import pytest

from gmpki.algorithms.rc2 import MAX_DATA_LEN, decrypt_cbc_vartime
from gmpki.errors import DecryptionError, InvalidInputError, InvalidTypeError, LimitExceeded

ZERO_IV = bytes(8)
PADDING = b"\x08" * 8


@pytest.mark.parametrize(
    ("key", "bits", "plain", "ciphertext"),
    [
        ("0000000000000000", 63, "0000000000000000", "ebb773f993278eff"),
        ("ffffffffffffffff", 64, "ffffffffffffffff", "278b27e42e2f0d49"),
        ("3000000000000000", 64, "1000000000000001", "30649edf9be7d2c2"),
        ("88", 64, "0000000000000000", "61a8a244adacccf0"),
        ("88bca90e90875a", 64, "0000000000000000", "6ccf4308974c267f"),
        ("88bca90e90875a7f0f9c384627bafb2f", 128, "0000000000000000", "82221789b6441b56"),
        ("000102030405060708090a0b0c0d0e0f", 128, "0000000000000000", "9c4bfe6dfe739c2b"),
    ],
)
def test_one_block(key: str, bits: int, plain: str, ciphertext: str) -> None:
    # The vectors have no padding: with this IV the right plain text becomes a whole block of it, and no other does.
    iv = bytes(a ^ b for a, b in zip(bytes.fromhex(plain), PADDING, strict=True))
    assert decrypt_cbc_vartime(bytes.fromhex(key), bits, iv, bytes.fromhex(ciphertext)) == b""


KEY = bytes(range(16))


@pytest.mark.parametrize("length", [0, 1, 7, 9, 25])
def test_wrong_lengths(length: int) -> None:
    with pytest.raises(DecryptionError):
        decrypt_cbc_vartime(KEY, 128, ZERO_IV, bytes(length))


@pytest.mark.parametrize("last", [0, 9, 255])
def test_padding_outside_a_block(last: int) -> None:
    block = bytes.fromhex("9c4bfe6dfe739c2b")  # decrypts to zeros
    with pytest.raises(DecryptionError):
        decrypt_cbc_vartime(KEY, 128, bytes(7) + bytes((last,)), block)


def test_padding_that_is_not_all_the_same() -> None:
    block = bytes.fromhex("9c4bfe6dfe739c2b")
    assert decrypt_cbc_vartime(KEY, 128, b"ABCDEF\x02\x02", block) == b"ABCDEF"
    with pytest.raises(DecryptionError):
        decrypt_cbc_vartime(KEY, 128, b"ABCDEF\x01\x02", block)


def test_limits() -> None:
    with pytest.raises(LimitExceeded, match="262152"):
        decrypt_cbc_vartime(KEY, 128, ZERO_IV, bytes(MAX_DATA_LEN + 8))
    for key, bits, iv in ((b"", 40, ZERO_IV), (bytes(129), 40, ZERO_IV), (KEY, 0, ZERO_IV), (KEY, 1025, ZERO_IV)):
        with pytest.raises(InvalidInputError):
            decrypt_cbc_vartime(key, bits, iv, bytes(8))
    with pytest.raises(InvalidInputError, match="iv"):
        decrypt_cbc_vartime(KEY, 128, bytes(7), bytes(8))
    with pytest.raises(InvalidTypeError):
        decrypt_cbc_vartime("key", 128, ZERO_IV, bytes(8))  # type: ignore[arg-type]
