"""SM4 in its modes of operation: whole messages, streams, XTS, HCTR."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmpki.algorithms import sm4
from gmpki.algorithms._call import ffi, lib
from gmpki.algorithms.sm4 import CipherContext, Mode, Padding, SM4Cipher, XTSOrder, decrypt, encrypt
from gmpki.errors import DecryptionError, InvalidInputError, InvalidTypeError, StateError

ALGORITHM = "sm4"
pytestmark = pytest.mark.usefixtures("backend")

KEY = bytes.fromhex("0123456789abcdeffedcba9876543210")
IV = bytes(range(16))
BLOCK_MODES = (Mode.ECB, Mode.CBC, Mode.BC, Mode.OFBNLF)
STREAM_MODES = tuple(mode for mode in Mode if mode not in BLOCK_MODES)
SCHEMES = [(mode, Padding.NONE) for mode in Mode] + [(mode, Padding.PKCS7) for mode in BLOCK_MODES]
scheme = pytest.mark.parametrize(("mode", "padding"), SCHEMES, ids=lambda member: member.name)


def iv_of(mode: Mode) -> bytes | None:
    return None if mode is Mode.ECB else IV


def whole(data: bytes, mode: Mode, padding: Padding) -> bytes:
    """Return data cut to what the scheme takes."""
    return data[: len(data) // 16 * 16] if padding is Padding.NONE and mode in BLOCK_MODES else data


def test_enumerations_are_those_of_the_core() -> None:
    for mode in Mode:
        assert getattr(lib, f"GMPKI_SM4_{mode.name}") == mode
    assert (lib.GMPKI_SM4_NO_PADDING, lib.GMPKI_SM4_PKCS7) == (Padding.NONE, Padding.PKCS7)
    assert (lib.GMPKI_SM4_XTS_IEEE, lib.GMPKI_SM4_XTS_GB) == (XTSOrder.IEEE, XTSOrder.GB)
    assert (lib.GMPKI_SM4_KEY_LEN, lib.GMPKI_SM4_BLOCK_LEN) == (sm4.KEY_LEN, sm4.BLOCK_LEN)


def test_example_of_the_standard() -> None:
    """GB/T 32907-2016 A.1: the key encrypts itself."""
    ciphertext = encrypt(KEY, KEY, Mode.ECB)
    assert ciphertext.hex() == "681edf34d206965e86b3e94f536e4246"
    assert decrypt(KEY, ciphertext, Mode.ECB) == KEY


@pytest.mark.parametrize("mode", [Mode.ECB, Mode.CBC, Mode.CFB128, Mode.OFB, Mode.CTR], ids=lambda mode: mode.name)
@pytest.mark.parametrize("length", [0, 16, 48, 64, 160, 1024])
def test_cryptography_agrees(mode: Mode, length: int) -> None:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    try:
        from cryptography.hazmat.decrepit.ciphers import modes as old_modes
    except ImportError:  # before they were moved there
        old_modes = modes
    others = {
        Mode.ECB: modes.ECB,
        Mode.CBC: lambda: modes.CBC(IV),
        Mode.CFB128: lambda: old_modes.CFB(IV),
        Mode.OFB: lambda: old_modes.OFB(IV),
        Mode.CTR: lambda: modes.CTR(IV),
    }
    data = bytes(i % 253 for i in range(length))
    other = Cipher(algorithms.SM4(KEY), others[mode]()).encryptor()
    assert encrypt(KEY, data, mode, iv_of(mode)) == other.update(data) + other.finalize()


def test_cfb8_is_its_definition() -> None:
    """GB/T 17964-2021 with k = 8: one byte of key stream, then the register shifts in the byte of ciphertext."""
    data, register, expected = bytes(range(50)), IV, b""
    for byte in data:
        expected += bytes([byte ^ encrypt(KEY, register, Mode.ECB)[0]])
        register = register[1:] + expected[-1:]
    assert encrypt(KEY, data, Mode.CFB8, IV) == expected


def xor(a: bytes, b: bytes) -> bytes:
    return bytes(x ^ y for x, y in zip(a, b, strict=True))


def test_bc_is_its_definition() -> None:
    """GB/T 17964-2021: each block is XORed with the feedback F, and F with each block of ciphertext."""
    data, feedback, expected = bytes(range(80)), IV, b""
    for start in range(0, 80, 16):
        expected += encrypt(KEY, xor(data[start : start + 16], feedback), Mode.ECB)
        feedback = xor(feedback, expected[-16:])
    assert encrypt(KEY, data, Mode.BC, IV) == expected


def test_ofbnlf_is_its_definition() -> None:
    """GB/T 17964-2021: each block has a key of its own, the encryption of the one before."""
    data, key, expected = bytes(range(80)), IV, b""
    for start in range(0, 80, 16):
        key = encrypt(KEY, key, Mode.ECB)
        expected += encrypt(key, data[start : start + 16], Mode.ECB)
    assert encrypt(KEY, data, Mode.OFBNLF, IV) == expected


@scheme
def test_every_length_round_trips(mode: Mode, padding: Padding) -> None:
    for length in range(100):
        data = whole(bytes(range(length)), mode, padding)
        ciphertext = encrypt(KEY, data, mode, iv_of(mode), padding=padding)
        added = 16 - len(data) % 16 if padding is Padding.PKCS7 else 0
        assert len(ciphertext) == len(data) + added
        assert decrypt(KEY, ciphertext, mode, iv_of(mode), padding=padding) == data


def run(context: CipherContext, parts: list[bytes]) -> bytes:
    return b"".join([context.update(part) for part in parts] + [context.finalize()])


def cut(data: bytes, sizes: list[int]) -> list[bytes]:
    """Return data in pieces of these sizes, the rest last."""
    parts, start = [], 0
    for size in sizes:
        parts.append(data[start : start + size])
        start += size
    return [*parts, data[start:]]


@scheme
@given(data=st.binary(max_size=400), sizes=st.lists(st.integers(0, 70), max_size=8))
def test_any_split_equals_one_shot(mode: Mode, padding: Padding, data: bytes, sizes: list[int]) -> None:
    data = whole(data, mode, padding)
    cipher = SM4Cipher(KEY, mode, iv_of(mode), padding=padding)
    ciphertext = run(cipher.encryptor(), cut(data, sizes))
    assert ciphertext == encrypt(KEY, data, mode, iv_of(mode), padding=padding)
    assert run(cipher.decryptor(), cut(ciphertext, sizes)) == data


@scheme
@given(data=st.binary(max_size=300), sizes=st.lists(st.integers(0, 70), max_size=6))
def test_update_into_equals_update(mode: Mode, padding: Padding, data: bytes, sizes: list[int]) -> None:
    data = whole(data, mode, padding)
    cipher = SM4Cipher(KEY, mode, iv_of(mode), padding=padding)
    context, collected = cipher.encryptor(), b""
    for part in cut(data, sizes):
        out = bytearray(b"\xee" * (len(part) + 15))
        written = context.update_into(part, out)
        assert out[written:] == b"\xee" * (len(out) - written)
        collected += out[:written]
    assert collected + context.finalize() == encrypt(KEY, data, mode, iv_of(mode), padding=padding)


@scheme
@pytest.mark.parametrize("ahead", [0, 5])
@pytest.mark.parametrize("shift", [0, 3, 16])
def test_update_into_its_own_memory(mode: Mode, padding: Padding, ahead: int, shift: int) -> None:
    """The output may lie on the input, exactly or shifted, also while bytes are waiting in the context."""
    data = bytes(range(ahead + 96 - ahead))
    cipher = SM4Cipher(KEY, mode, iv_of(mode), padding=padding)
    context = cipher.encryptor()
    begun = context.update(data[:ahead])
    memory = bytearray(data[ahead:] + bytes(48))
    view = memoryview(memory)
    written = context.update_into(view[: 96 - ahead], view[shift:])
    result = begun + bytes(view[shift : shift + written]) + context.finalize()
    assert result == encrypt(KEY, data, mode, iv_of(mode), padding=padding)


@scheme
def test_a_small_output_consumes_nothing(mode: Mode, padding: Padding) -> None:
    data = bytes(range(64))
    context = SM4Cipher(KEY, mode, iv_of(mode), padding=padding).encryptor()
    begun = context.update(data[:3])
    small = bytearray(47)
    with pytest.raises(InvalidInputError, match="47 bytes"):
        context.update_into(data[3:], small)
    assert small == bytes(47)
    rest = context.update(data[3:])
    assert begun + rest + context.finalize() == encrypt(KEY, data, mode, iv_of(mode), padding=padding)


def test_update_into_needs_a_writable_buffer(refuses_non_buffers: Callable[..., None]) -> None:
    context = SM4Cipher(KEY, Mode.CTR, IV).encryptor()
    refuses_non_buffers(lambda out: context.update_into(b"x", out))
    refuses_non_buffers(lambda data: context.update_into(data, bytearray(200)))
    for read_only in (bytes(16), memoryview(bytes(16))):
        with pytest.raises(InvalidTypeError, match="read only"):
            context.update_into(b"x", read_only)
    assert context.update(b"x") == encrypt(KEY, b"x", Mode.CTR, IV)


@pytest.mark.parametrize("mode", BLOCK_MODES, ids=lambda mode: mode.name)
@pytest.mark.parametrize("length", [1, 15, 17, 31, 33])
def test_parts_of_blocks_are_refused_without_padding(mode: Mode, length: int) -> None:
    cipher = SM4Cipher(KEY, mode, iv_of(mode))
    for work, context in ((encrypt, cipher.encryptor()), (decrypt, cipher.decryptor())):
        with pytest.raises(InvalidInputError, match="whole number"):
            work(KEY, bytes(length), mode, iv_of(mode))
        context.update(bytes(length))
        with pytest.raises(InvalidInputError, match="whole number"):
            context.finalize()


@pytest.mark.parametrize("mode", BLOCK_MODES, ids=lambda mode: mode.name)
def test_every_wrong_padding_is_one_error(mode: Mode) -> None:
    """Any last block whose padding is not right, and any length that no padding gives."""
    iv = iv_of(mode)
    endings = [bytes(15) + bytes([last]) for last in (0, 17, 32, 255)]
    endings += [bytes(14) + b"\x03\x02", bytes(13) + b"\x01\x03\x03", b"\x0f" + b"\x10" * 15]
    cases = [encrypt(KEY, bytes(16) + ending, mode, iv) for ending in endings]
    cases += [b"", bytes(1), bytes(15), bytes(17), bytes(33)]
    for ciphertext in cases:
        with pytest.raises(DecryptionError) as caught:
            decrypt(KEY, ciphertext, mode, iv, padding=Padding.PKCS7)
        assert str(caught.value) == DecryptionError.MESSAGE
        context = SM4Cipher(KEY, mode, iv, padding=Padding.PKCS7).decryptor()
        context.update(ciphertext)
        with pytest.raises(DecryptionError):
            context.finalize()


@pytest.mark.parametrize("padding_length", range(1, 17))
def test_every_right_padding_is_removed(padding_length: int) -> None:
    block = bytes(16 - padding_length) + bytes([padding_length]) * padding_length
    ciphertext = encrypt(KEY, block, Mode.CBC, IV)
    assert decrypt(KEY, ciphertext, Mode.CBC, IV, padding=Padding.PKCS7) == bytes(16 - padding_length)


@pytest.mark.parametrize("ones", range(17))
def test_the_counter_is_one_number_of_128_bits(ones: int) -> None:
    start = bytes(16 - ones) + b"\xff" * ones
    following = (int.from_bytes(start, "big") + 1) % (1 << 128)
    expected = encrypt(KEY, start + following.to_bytes(16, "big"), Mode.ECB)
    assert encrypt(KEY, bytes(32), Mode.CTR, start) == expected
    context = SM4Cipher(KEY, Mode.CTR, start).encryptor()
    assert b"".join(context.update(b"\0") for _ in range(32)) == expected


@scheme
def test_a_finished_context_is_refused(mode: Mode, padding: Padding) -> None:
    cipher = SM4Cipher(KEY, mode, iv_of(mode), padding=padding)
    for context in (cipher.encryptor(), cipher.encryptor()):
        context.finalize()
        for call in (
            lambda context=context: context.update(b""),
            lambda context=context: context.update_into(b"", bytearray(16)),
            lambda context=context: context.finalize(),
        ):
            with pytest.raises(StateError, match="finished"):
                call()


def test_stream_modes_take_no_padding() -> None:
    for mode in STREAM_MODES:
        for call in (
            lambda mode=mode: encrypt(KEY, b"x", mode, IV, padding=Padding.PKCS7),
            lambda mode=mode: decrypt(KEY, b"x", mode, IV, padding=Padding.PKCS7),
            lambda mode=mode: SM4Cipher(KEY, mode, IV, padding=Padding.PKCS7),
        ):
            with pytest.raises(InvalidInputError, match=mode.name):
                call()


MAKERS: list[Callable[..., object]] = [
    SM4Cipher,
    lambda key, *rest, **named: encrypt(key, bytes(16), *rest, **named),
    lambda key, *rest, **named: decrypt(key, bytes(16), *rest, **named),
]


@pytest.mark.parametrize("make", MAKERS, ids=["cipher", "encrypt", "decrypt"])
def test_refused_parameters(make: Callable[..., object], refuses_non_buffers: Callable[..., None]) -> None:
    refuses_non_buffers(lambda key: make(key, Mode.ECB))
    refuses_non_buffers(lambda iv: make(KEY, Mode.CBC, iv), none_allowed=True)
    for length in (0, 15, 17, 24, 32):
        with pytest.raises(InvalidInputError, match="key must be 16"):
            make(bytes(length), Mode.ECB)
        with pytest.raises(InvalidInputError, match="iv must be 16"):
            make(KEY, Mode.CTR, bytes(length))
    with pytest.raises(InvalidInputError, match="ECB takes no iv"):
        make(KEY, Mode.ECB, IV)
    with pytest.raises(InvalidInputError, match="CBC needs an iv"):
        make(KEY, Mode.CBC)
    for mode in (0, "ECB", None):
        with pytest.raises(InvalidTypeError, match="mode must be a Mode"):
            make(KEY, mode, IV)
    for padding in (1, "PKCS7", None, True):
        with pytest.raises(InvalidTypeError, match="padding must be a Padding"):
            make(KEY, Mode.CBC, IV, padding=padding)


def test_refused_data(refuses_non_buffers: Callable[..., None]) -> None:
    refuses_non_buffers(lambda data: encrypt(KEY, data, Mode.ECB))
    refuses_non_buffers(lambda data: decrypt(KEY, data, Mode.ECB))
    cipher = SM4Cipher(KEY, Mode.CTR, IV)
    refuses_non_buffers(cipher.encryptor().update)
    refuses_non_buffers(lambda data: sm4.encrypt_xts(KEY * 2, IV, data))
    refuses_non_buffers(lambda tweak: sm4.encrypt_xts(KEY + IV, tweak, IV))
    refuses_non_buffers(lambda key: sm4.decrypt_xts(key, IV, IV))
    refuses_non_buffers(lambda data: sm4.encrypt_hctr(KEY * 2, b"", data))
    refuses_non_buffers(lambda tweak: sm4.encrypt_hctr(KEY * 2, tweak, IV))
    refuses_non_buffers(lambda key: sm4.decrypt_hctr(key, b"", IV))


@scheme
def test_every_kind_of_buffer(mode: Mode, padding: Padding, as_buffer: Callable[[bytes], Any]) -> None:
    data, iv = bytes(range(64)), iv_of(mode)
    wrapped_iv = None if iv is None else as_buffer(iv)
    ciphertext = encrypt(KEY, data, mode, iv, padding=padding)
    assert encrypt(as_buffer(KEY), as_buffer(data), mode, wrapped_iv, padding=padding) == ciphertext
    context = SM4Cipher(as_buffer(KEY), mode, wrapped_iv, padding=padding).encryptor()
    assert context.update(as_buffer(data)) + context.finalize() == ciphertext
    assert decrypt(KEY, as_buffer(ciphertext), mode, iv, padding=padding) == data


def test_a_cipher_keeps_its_own_key_and_iv() -> None:
    key, iv = bytearray(KEY), bytearray(IV)
    cipher = SM4Cipher(key, Mode.CTR, iv)
    key[0] ^= 1
    iv[0] ^= 1
    assert cipher.encryptor().update(bytes(20)) == encrypt(KEY, bytes(20), Mode.CTR, IV)


def test_secrets_stay_inside() -> None:
    cipher = SM4Cipher(b"sixteen letters.", Mode.CBC, IV, padding=Padding.PKCS7)
    assert repr(cipher) == "<SM4Cipher CBC padding=PKCS7>"
    for holder in (cipher, cipher.encryptor()):
        for duplicate in (copy.copy, copy.deepcopy, pickle.dumps):
            with pytest.raises(InvalidTypeError, match="pickled"):
                duplicate(holder)


def spare_contexts() -> list[bytes]:
    return [bytes(ffi.buffer(memory)) for memory, _ in sm4._spare]


def test_one_shot_calls_leave_their_contexts_empty() -> None:
    size = ffi.sizeof("gmpki_sm4_ctx")
    encrypt(KEY, b"message", Mode.CBC, IV, padding=Padding.PKCS7)
    before = len(sm4._spare)
    assert before >= 1
    with pytest.raises(DecryptionError):
        decrypt(KEY, bytes(32), Mode.CBC, IV, padding=Padding.PKCS7)
    with pytest.raises(InvalidInputError):
        encrypt(KEY, b"message", Mode.ECB)
    assert encrypt(KEY, b"message", Mode.CTR, IV) == SM4Cipher(KEY, Mode.CTR, IV).encryptor().update(b"message")
    assert spare_contexts() == [bytes(size)] * before


def test_one_shot_calls_of_many_threads_do_not_meet() -> None:
    data = bytes(range(256)) * 400
    keys = [bytes((number,)) * 16 for number in range(8)]
    expected = [encrypt(key, data, Mode.CTR, IV) for key in keys]
    with ThreadPoolExecutor(len(keys)) as pool:
        for _ in range(20):
            assert list(pool.map(lambda key: encrypt(key, data, Mode.CTR, IV), keys)) == expected
    assert spare_contexts() == [bytes(ffi.sizeof("gmpki_sm4_ctx"))] * len(sm4._spare)
