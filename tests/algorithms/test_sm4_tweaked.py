"""SM4 in the modes that take a whole message under a tweak: XTS, HCTR."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmpki.algorithms import sm4
from gmpki.algorithms.sm4 import Mode, XTSOrder, encrypt
from gmpki.errors import InvalidInputError, InvalidTypeError

ALGORITHM = "sm4"
pytestmark = pytest.mark.usefixtures("backend")

KEY = bytes.fromhex("0123456789abcdeffedcba9876543210")
IV = bytes(range(16))


def xor(a: bytes, b: bytes) -> bytes:
    return bytes(x ^ y for x, y in zip(a, b, strict=True))


XTS_KEY = bytes(range(32))


@pytest.mark.parametrize("order", list(XTSOrder), ids=lambda order: order.name)
@given(data=st.binary(min_size=16, max_size=200), tweak=st.binary(min_size=16, max_size=16))
def test_xts_round_trips(order: XTSOrder, data: bytes, tweak: bytes) -> None:
    ciphertext = sm4.encrypt_xts(XTS_KEY, tweak, data, order=order)
    assert len(ciphertext) == len(data)
    assert sm4.decrypt_xts(XTS_KEY, tweak, ciphertext, order=order) == data


def test_xts_orders_agree_on_one_block_only() -> None:
    one, two = bytes(16), bytes(32)
    gb, ieee = XTSOrder.GB, XTSOrder.IEEE
    assert sm4.encrypt_xts(XTS_KEY, IV, one, order=gb) == sm4.encrypt_xts(XTS_KEY, IV, one, order=ieee)
    assert sm4.encrypt_xts(XTS_KEY, IV, two, order=gb) != sm4.encrypt_xts(XTS_KEY, IV, two, order=ieee)
    assert sm4.encrypt_xts(XTS_KEY, IV, two) == sm4.encrypt_xts(XTS_KEY, IV, two, order=ieee)


def test_xts_first_block_is_its_definition() -> None:
    mask = encrypt(XTS_KEY[16:], IV, Mode.ECB)
    expected = xor(encrypt(XTS_KEY[:16], xor(KEY, mask), Mode.ECB), mask)
    assert sm4.encrypt_xts(XTS_KEY, IV, KEY) == expected


@pytest.mark.parametrize("work", [sm4.encrypt_xts, sm4.decrypt_xts])
def test_xts_refusals(work: Callable[..., bytes]) -> None:
    for length in (0, 1, 15, sm4.MAX_XTS_LEN + 1):
        with pytest.raises(InvalidInputError, match="data must be 16 to"):
            work(XTS_KEY, IV, bytes(length))
    for length in (0, 16, 31, 33):
        with pytest.raises(InvalidInputError, match="key must be 32"):
            work(bytes(length), IV, IV)
    for length in (0, 12, 17):
        with pytest.raises(InvalidInputError, match="tweak must be 16"):
            work(XTS_KEY, bytes(length), IV)
    for order in (0, "IEEE", None):
        with pytest.raises(InvalidTypeError, match="order must be a XTSOrder"):
            work(XTS_KEY, IV, IV, order=order)


def test_xts_refuses_equal_halves_for_encryption() -> None:
    with pytest.raises(InvalidInputError, match="must differ"):
        sm4.encrypt_xts(KEY * 2, IV, bytes(16))


HCTR_KEY = bytes(range(32))


@given(data=st.binary(min_size=16, max_size=200), tweak=st.binary(max_size=50))
def test_hctr_round_trips(data: bytes, tweak: bytes) -> None:
    ciphertext = sm4.encrypt_hctr(HCTR_KEY, tweak, data)
    assert len(ciphertext) == len(data)
    assert sm4.decrypt_hctr(HCTR_KEY, tweak, ciphertext) == data


def test_hctr_changes_everywhere() -> None:
    """Each bit of the message and of the tweak changes the whole ciphertext."""
    data, tweak = bytes(64), bytes(5)
    ciphertext = sm4.encrypt_hctr(HCTR_KEY, tweak, data)
    for changed in (
        sm4.encrypt_hctr(HCTR_KEY, tweak, data[:-1] + b"\x01"),
        sm4.encrypt_hctr(HCTR_KEY, tweak, b"\x80" + data[1:]),
        sm4.encrypt_hctr(HCTR_KEY, tweak[:-1] + b"\x01", data),
    ):
        for start in range(0, 64, 16):
            assert changed[start : start + 16] != ciphertext[start : start + 16]


@pytest.mark.parametrize("work", [sm4.encrypt_hctr, sm4.decrypt_hctr])
def test_hctr_refusals(work: Callable[..., bytes]) -> None:
    for length in (0, 1, 15):
        with pytest.raises(InvalidInputError, match="data must be 16 to"):
            work(HCTR_KEY, b"", bytes(length))
    for length in (0, 16, 31, 33):
        with pytest.raises(InvalidInputError, match="key must be 32"):
            work(bytes(length), b"", IV)
    with pytest.raises(InvalidInputError, match="tweak must be at most"):
        work(HCTR_KEY, bytes(sm4.MAX_TWEAK_LEN + 1), IV)
