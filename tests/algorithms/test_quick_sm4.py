"""SM4 of one message past CFFI: what it answers is what CFFI answers, and what it declines goes to CFFI."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from gmpki.algorithms import _quick, sm4, sm4_aead, sm4_mac
from gmpki.algorithms.sm4 import Mode, Padding, XTSOrder
from gmpki.errors import DecryptionError, GmpkiError, InvalidInputError, InvalidTag, InvalidTypeError, LimitExceeded

KEY, IV, NONCE = bytes(range(16)), bytes(range(16, 32)), bytes(12)
XTS_KEY = KEY + IV
WHOLE_BLOCKS = (Mode.ECB, Mode.CBC, Mode.BC, Mode.OFBNLF)
LIMIT, PADDED_LIMIT = 1 << 20, 4096

# Around a block, around the length from which the lock is released, and around both limits.
LENGTHS = (0, 1, 15, 16, 17, 31, 32, 64, 255, 1023, 1024, 1025, 1040, 4080, 4095, 4096, 4097, 4112, 20_000)


def data_of(length: int) -> bytes:
    return bytes(i * 7 % 251 for i in range(min(length, 2510))) * (length // 2510 + 1)


def settings() -> list[tuple[Mode, Padding]]:
    return [(mode, Padding.NONE) for mode in Mode] + [(mode, Padding.PKCS7) for mode in WHOLE_BLOCKS]


def iv_of(mode: Mode) -> bytes | None:
    return None if mode is Mode.ECB else IV


@pytest.fixture
def no_cffi(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the way through CFFI fail: what succeeds then has gone past it."""

    def refuse(*_arguments: object, **_options: object) -> None:
        raise AssertionError("went through CFFI")

    for module in (sm4, sm4_aead, sm4_mac):
        monkeypatch.setattr(module, "readable", refuse)
        monkeypatch.setattr(module, "output", refuse)


@pytest.mark.parametrize(("mode", "padding"), settings(), ids=lambda value: value.name)
@pytest.mark.parametrize("length", LENGTHS)
def test_modes_agree_with_cffi(mode: Mode, padding: Padding, length: int) -> None:
    data, iv = data_of(length)[:length], iv_of(mode)
    if padding is Padding.NONE and mode in WHOLE_BLOCKS and length % 16:
        assert _quick.sm4_crypt(0, KEY, data, mode, iv, padding) is None
        assert _quick.sm4_crypt(1, KEY, data, mode, iv, padding) is None
        return
    ciphertext = sm4.encrypt(KEY, bytearray(data), mode, iv, padding=padding)
    assert _quick.sm4_crypt(0, KEY, data, mode, iv, padding) == ciphertext
    assert sm4.encrypt(KEY, data, mode, iv, padding=padding) == ciphertext
    plaintext = _quick.sm4_crypt(1, KEY, ciphertext, mode, iv, padding)
    if padding is Padding.PKCS7 and len(ciphertext) > PADDED_LIMIT:
        assert plaintext is None
    else:
        assert plaintext == data
    assert sm4.decrypt(KEY, ciphertext, mode, iv, padding=padding) == data


@pytest.mark.usefixtures("no_cffi")
@pytest.mark.parametrize(("mode", "padding"), settings(), ids=lambda value: value.name)
def test_plain_calls_do_not_touch_cffi(mode: Mode, padding: Padding) -> None:
    iv = iv_of(mode)
    assert sm4.decrypt(KEY, sm4.encrypt(KEY, IV, mode, iv, padding=padding), mode, iv, padding=padding) == IV


@pytest.mark.usefixtures("no_cffi")
def test_plain_calls_of_the_others_do_not_touch_cffi() -> None:
    assert sm4_mac.cmac(KEY, b"message") == sm4_mac.CMACSM4(KEY, b"message").digest()


@pytest.mark.parametrize("order", list(XTSOrder))
@pytest.mark.parametrize("length", [16, 17, 31, 32, 512, 1024, 1025, 4096])
def test_xts_agrees_with_cffi(order: XTSOrder, length: int) -> None:
    data = data_of(length)[:length]
    ciphertext = sm4.encrypt_xts(XTS_KEY, IV, bytearray(data), order=order)
    assert _quick.sm4_xts(0, XTS_KEY, IV, data, order) == ciphertext == sm4.encrypt_xts(XTS_KEY, IV, data, order=order)
    assert _quick.sm4_xts(1, XTS_KEY, IV, ciphertext, order) == data
    assert sm4.decrypt_xts(XTS_KEY, IV, ciphertext, order=order) == data


@pytest.mark.parametrize("length", LENGTHS)
def test_cmac_agrees_with_cffi(length: int) -> None:
    data = data_of(length)[:length]
    whole = sm4_mac.cmac(KEY, bytearray(data))
    for kept in range(1, 17):
        assert _quick.sm4_cmac(KEY, data, kept) == whole[:kept] == sm4_mac.cmac(KEY, data, kept)


AEADS: list[tuple[Any, Any, Any, range | tuple[int, ...]]] = [
    (sm4_aead.SM4GCM, _quick.sm4_gcm_encrypt, _quick.sm4_gcm_decrypt, (1, 11, 12, 13, 16, 1025)),
    (sm4_aead.SM4CCM, _quick.sm4_ccm_encrypt, _quick.sm4_ccm_decrypt, range(7, 14)),
]
aeads = pytest.mark.parametrize(("cipher", "seal", "open_", "nonces"), AEADS, ids=["GCM", "CCM"])


@aeads
@pytest.mark.parametrize("tag_length", [4, 12, 16])
@pytest.mark.parametrize("header", [None, b"", b"header", bytes(1100)], ids=["none", "empty", "short", "long"])
def test_authenticated_encryption_agrees_with_cffi(cipher, seal, open_, nonces, tag_length, header) -> None:
    plain, slow = cipher(KEY, tag_length=tag_length), cipher(bytearray(KEY), tag_length=tag_length)
    key = _quick.sm4_key(KEY)
    for nonce in map(bytes, nonces):
        for length in (0, 1, 16, 64, 1023, 1025, 5000):
            data = data_of(length)[:length]
            sealed = slow.encrypt(nonce, data, header)
            assert seal(key, tag_length, nonce, data, header) == sealed == plain.encrypt(nonce, data, header)
            assert open_(key, tag_length, nonce, sealed, header) == data == plain.decrypt(nonce, sealed, header)
            assert slow.decrypt(nonce, sealed, header) == data


@aeads
def test_whatever_was_changed_is_refused(cipher, seal, open_, nonces) -> None:
    del seal, nonces
    plain, key = cipher(KEY), _quick.sm4_key(KEY)
    sealed = plain.encrypt(NONCE, b"message", b"header")
    for i in range(8 * len(sealed)):
        wrong = bytearray(sealed)
        wrong[i // 8] ^= 1 << i % 8
        assert open_(key, 16, NONCE, bytes(wrong), b"header") is None
        with pytest.raises(InvalidTag):
            plain.decrypt(NONCE, bytes(wrong), b"header")
    for nonce, header in ((NONCE, b"headers"), (NONCE, None), (b"another one!", b"header")):
        with pytest.raises(InvalidTag):
            plain.decrypt(nonce, sealed, header)
    for length in range(16):
        with pytest.raises(InvalidTag):
            plain.decrypt(NONCE, sealed[:length], b"header")


def same_refusal(call: Callable[[Any], object], kind: type[GmpkiError]) -> None:
    """Both ways raise the same; a function that is given ``bytearray`` makes other buffers of all it is called with."""
    texts = []
    for buffer in (bytes, bytearray):
        with pytest.raises(kind) as caught:
            call(buffer)
        assert type(caught.value) is kind
        texts.append(str(caught.value))
    assert texts[0] == texts[1]


def test_refusals_are_those_of_cffi() -> None:
    padded = sm4.encrypt(KEY, b"message", Mode.CBC, IV, padding=Padding.PKCS7)
    for length in (0, 15, 17):
        same_refusal(lambda b, n=length: sm4.encrypt(b(n), b(16), Mode.CTR, b(IV)), InvalidInputError)
        same_refusal(lambda b, n=length: sm4.encrypt(b(KEY), b(16), Mode.CTR, b(n)), InvalidInputError)
        same_refusal(lambda b, n=length: sm4.encrypt_xts(b(XTS_KEY), b(n), b(16)), InvalidInputError)
        same_refusal(lambda b, n=length: sm4.encrypt_xts(b(16 + n), b(16), b(16)), InvalidInputError)
        same_refusal(lambda b, n=length: sm4_mac.cmac(b(n), b(16)), InvalidInputError)
    for call in (sm4.encrypt, sm4.decrypt):
        same_refusal(lambda b, c=call: c(b(KEY), b(17), Mode.CBC, b(IV)), InvalidInputError)
        same_refusal(lambda b, c=call: c(b(KEY), b(16), Mode.CBC), InvalidInputError)
        same_refusal(lambda b, c=call: c(b(KEY), b(16), Mode.ECB, b(IV)), InvalidInputError)
        same_refusal(lambda b, c=call: c(b(KEY), b(16), Mode.ECB, b(0)), InvalidInputError)
        same_refusal(lambda b, c=call: c(b(KEY), b(16), Mode.CTR, b(IV), padding=Padding.PKCS7), InvalidInputError)
    for wrong in (b"", padded[:-1], padded[:-1] + b"x", KEY):
        same_refusal(
            lambda b, w=wrong: sm4.decrypt(b(KEY), b(w), Mode.CBC, b(IV), padding=Padding.PKCS7), DecryptionError
        )
    same_refusal(lambda b: sm4.encrypt_xts(b(KEY + KEY), b(IV), b(16)), InvalidInputError)
    same_refusal(lambda b: sm4.encrypt_xts(b(XTS_KEY), b(IV), b(15)), InvalidInputError)
    for length in (0, 17):
        same_refusal(lambda b, n=length: sm4_mac.cmac(b(KEY), b(16), n), InvalidInputError)
    for cipher, nonce in ((sm4_aead.SM4GCM(KEY), 0), (sm4_aead.SM4CCM(KEY), 6), (sm4_aead.SM4CCM(KEY), 14)):
        same_refusal(lambda b, c=cipher, n=nonce: c.encrypt(b(n), b(16)), InvalidInputError)
        same_refusal(lambda b, c=cipher, n=nonce: c.decrypt(b(n), b(16)), InvalidInputError)
    same_refusal(lambda b: sm4_aead.SM4CCM(KEY).encrypt(b(13), b(65536)), LimitExceeded)


def test_modes_and_paddings_must_be_of_their_enumerations() -> None:
    for mode in (5, True, Padding.PKCS7, XTSOrder.GB, "CTR", None):
        for call in (sm4.encrypt, sm4.decrypt):
            with pytest.raises(InvalidTypeError):
                call(KEY, b"", mode, IV)
            with pytest.raises(InvalidTypeError):
                call(KEY, b"", Mode.CBC, IV, padding=Mode.CBC if mode is Padding.PKCS7 else mode)
        if type(mode) is not XTSOrder:
            with pytest.raises(InvalidTypeError):
                sm4.encrypt_xts(XTS_KEY, IV, KEY, order=mode)
    for length in (True, 16.0, "16", None):
        with pytest.raises(InvalidTypeError):
            sm4_mac.cmac(KEY, b"", length)


class Bytes(bytes):
    pass


OTHERS = [None, 1, "sixteen letters.", bytearray(16), memoryview(bytes(16)), [b"x"], Bytes(16)]


@pytest.mark.parametrize("other", OTHERS, ids=lambda value: type(value).__name__)
def test_whatever_is_not_exactly_bytes_is_declined(other: object) -> None:
    key = _quick.sm4_key(KEY)
    declined = [
        _quick.sm4_crypt(0, other, KEY, Mode.CTR, IV, 0),
        _quick.sm4_crypt(0, KEY, other, Mode.CTR, IV, 0),
        _quick.sm4_crypt(0, KEY, KEY, Mode.CTR, other, 0),
        _quick.sm4_xts(0, other, IV, KEY, 0),
        _quick.sm4_xts(0, XTS_KEY, other, KEY, 0),
        _quick.sm4_xts(0, XTS_KEY, IV, other, 0),
        _quick.sm4_cmac(other, KEY, 16),
        _quick.sm4_cmac(KEY, other, 16),
        _quick.sm4_key(other),
    ]
    for call in (_quick.sm4_gcm_encrypt, _quick.sm4_gcm_decrypt, _quick.sm4_ccm_encrypt, _quick.sm4_ccm_decrypt):
        declined += [call(other, 16, NONCE, KEY, None), call(KEY, 16, NONCE, KEY, None)]
        declined += [call(key, 16, other, KEY, None), call(key, 16, NONCE, other, None)]
        if other is not None:
            declined.append(call(key, 16, NONCE, KEY, other))
    assert declined == [None] * len(declined)


def test_numbers_out_of_range_are_declined() -> None:
    key = _quick.sm4_key(KEY)
    for number in (-1, 256, 1 << 31, 1 << 70, -(1 << 70), 1.0, "1", None):
        assert _quick.sm4_crypt(number, KEY, KEY, Mode.CTR, IV, 0) is None
        assert _quick.sm4_crypt(0, KEY, KEY, number, IV, 0) is None
        assert _quick.sm4_crypt(0, KEY, KEY, Mode.CBC, IV, number) is None
        assert _quick.sm4_xts(number, XTS_KEY, IV, KEY, 0) is None
        assert _quick.sm4_xts(0, XTS_KEY, IV, KEY, number) is None
        assert _quick.sm4_cmac(KEY, KEY, number) is None
        assert _quick.sm4_gcm_encrypt(key, number, NONCE, KEY, None) is None
        assert _quick.sm4_gcm_decrypt(key, number, NONCE, KEY, None) is None
    for number in (2, 8, 255):  # numbers, but none that the core knows
        assert _quick.sm4_crypt(number, KEY, KEY, Mode.CTR, IV, 0) is None
        assert _quick.sm4_crypt(0, KEY, KEY, Mode.CBC, IV, number) is None
        assert _quick.sm4_xts(0, XTS_KEY, IV, KEY, number) is None
    for number in (8, 255):
        assert _quick.sm4_crypt(0, KEY, KEY, number, IV, 0) is None
    for number in (0, 1, 3, 5, 17, 255):
        assert _quick.sm4_gcm_encrypt(key, number, NONCE, KEY, None) is None
        assert _quick.sm4_gcm_decrypt(key, number, NONCE, bytes(300), None) is None


@pytest.mark.parametrize("count", [0, 1, 4, 7])
def test_another_number_of_arguments_is_declined(count: int) -> None:
    for name in _quick.__all__:
        if name.startswith("sm4_") and name != "sm4_key":
            assert getattr(_quick, name)(*[KEY] * count) is None


def test_a_foreign_capsule_is_no_key() -> None:
    import datetime

    foreign = datetime.datetime_CAPI
    assert type(foreign) is type(_quick.sm4_key(KEY))
    assert _quick.sm4_gcm_encrypt(foreign, 16, NONCE, KEY, None) is None


@pytest.mark.parametrize("length", [LIMIT, LIMIT + 16])
def test_long_messages_agree_with_cffi(length: int) -> None:
    data, cipher = bytes(length), sm4_aead.SM4GCM(KEY)
    ciphertext = sm4.encrypt(KEY, bytearray(data), Mode.CTR, IV)
    quick = _quick.sm4_crypt(0, KEY, data, Mode.CTR, IV, 0)
    assert quick == (ciphertext if length == LIMIT else None)
    assert sm4.encrypt(KEY, data, Mode.CTR, IV) == ciphertext
    sealed = cipher.encrypt(NONCE, data)
    assert sealed == cipher.encrypt(NONCE, bytearray(data))
    assert cipher.decrypt(NONCE, sealed) == data


def test_nothing_keeps_references() -> None:
    message, key, capsule = b"m" * 2000, b"k" * 16, _quick.sm4_key(KEY)
    counted = (message, key, capsule, Mode.CBC)
    before = [sys.getrefcount(one) for one in counted], sys.getrefcount(None)
    for _ in range(100):
        _quick.sm4_crypt(0, key, message, Mode.CBC, key, 1)
        _quick.sm4_crypt(1, key, message, Mode.CBC, key, 1)
        _quick.sm4_crypt(0, key, message, Mode.CBC, None, 0)
        _quick.sm4_xts(0, message, key, key, 0)
        _quick.sm4_cmac(key, message, 16)
        _quick.sm4_key(key)
        _quick.sm4_gcm_encrypt(capsule, 16, key, message, key)
        _quick.sm4_gcm_decrypt(capsule, 16, key, message, key)
    assert [sys.getrefcount(one) for one in counted] == before[0]
    assert abs(sys.getrefcount(None) - before[1]) < 50


def test_threads_share_nothing() -> None:
    messages = [bytes([i]) * (64 if i % 2 else 100_000) for i in range(32)]
    cipher = sm4_aead.SM4GCM(KEY)
    expected = [cipher.encrypt(NONCE, bytearray(message)) for message in messages]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda message: cipher.encrypt(NONCE, message), messages * 4)) == expected * 4


def test_a_backend_that_does_not_exist_stops_these_too() -> None:
    code = """
from gmpki import errors
from gmpki.algorithms import _quick, sm4, sm4_aead, sm4_mac
key = _quick.sm4_key(bytes(16))
assert _quick.sm4_crypt(0, bytes(16), bytes(16), sm4.Mode.CTR, bytes(16), 0) is None
assert _quick.sm4_xts(0, bytes(range(32)), bytes(16), bytes(16), 0) is None
assert _quick.sm4_cmac(bytes(16), b"", 16) is None
assert _quick.sm4_gcm_encrypt(key, 16, bytes(12), b"", None) is None
assert _quick.sm4_gcm_decrypt(key, 16, bytes(12), bytes(16), None) is None
for call in (
    lambda: sm4.encrypt(bytes(16), bytes(16), sm4.Mode.CTR, bytes(16)),
    lambda: sm4_aead.SM4GCM(bytes(16)).encrypt(bytes(12), b""),
    lambda: sm4_mac.cmac(bytes(16), b""),
):
    try:
        call()
    except errors.BackendError:
        print("refused")
"""
    environment = os.environ | {"GMPKI_BACKEND": "sm4=abacus"}
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment)
    assert result.stdout.split() == ["refused"] * 3, result.stderr
