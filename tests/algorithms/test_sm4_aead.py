"""SM4-GCM and SM4-CCM."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmpki.algorithms.sm4_aead import CCM_TAG_LENGTHS, GCM_TAG_LENGTHS, SM4CCM, SM4GCM
from gmpki.errors import DecryptionError, InvalidInputError, InvalidTag, InvalidTypeError, StateError

ALGORITHM = "sm4"
pytestmark = pytest.mark.usefixtures("backend")

KEY = bytes.fromhex("0123456789abcdeffedcba9876543210")
NONCE = bytes.fromhex("00001234567800000000abcd")
HEADER = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
MESSAGE = b"".join(bytes([byte]) * 8 for byte in b"\xaa\xbb\xcc\xdd\xee\xff\xee\xaa")

# RFC 8998 A.1 and A.2: ciphertext, then tag.
SEALED = {
    SM4GCM: "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735"
    "d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d"
    "83de3541e4c2b58177e065a9bf7b62ec",
    SM4CCM: "48af93501fa62adbcd414cce6034d895dda1bf8f132f042098661572e7483094"
    "fd12e518ce062c98acee28d95df4416bed31a2f04476c18bb40c84a74b97dc5b"
    "16842d4fa186f56ab33256971fa110f4",
}
both = pytest.mark.parametrize("mode", [SM4GCM, SM4CCM])
Cipher = type[SM4GCM] | type[SM4CCM]


@both
def test_examples_of_rfc_8998(mode: Cipher) -> None:
    cipher = mode(KEY)
    assert cipher.encrypt(NONCE, MESSAGE, HEADER).hex() == SEALED[mode]
    assert cipher.decrypt(NONCE, bytes.fromhex(SEALED[mode]), HEADER) == MESSAGE


@pytest.mark.parametrize("length", [0, 1, 15, 16, 17, 100])
def test_cryptography_agrees_on_gcm(length: int) -> None:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    for nonce in (bytes(8), NONCE, bytes(range(40))):
        other = Cipher(algorithms.SM4(KEY), modes.GCM(nonce)).encryptor()
        other.authenticate_additional_data(HEADER)
        expected = other.update(bytes(length)) + other.finalize() + other.tag
        assert SM4GCM(KEY).encrypt(nonce, bytes(length), HEADER) == expected


@both
@given(data=st.data())
def test_round_trips(mode: Cipher, data: st.DataObject) -> None:
    cipher = mode(
        data.draw(st.binary(min_size=16, max_size=16)),
        tag_length=data.draw(st.sampled_from(GCM_TAG_LENGTHS if mode is SM4GCM else CCM_TAG_LENGTHS)),
    )
    nonce = data.draw(st.binary(min_size=7, max_size=13))
    message, header = data.draw(st.binary(max_size=200)), data.draw(st.none() | st.binary(max_size=60))
    sealed = cipher.encrypt(nonce, message, header)
    assert len(sealed) == len(message) + cipher.tag_length
    assert cipher.decrypt(nonce, sealed, header) == message


@both
def test_every_flipped_bit_is_refused(mode: Cipher) -> None:
    cipher = mode(KEY)
    inputs = [NONCE, cipher.encrypt(NONCE, b"message of some length", HEADER), HEADER]
    for position, original in enumerate(inputs):
        for bit in range(8 * len(original)):
            changed = list(inputs)
            flipped = bytearray(original)
            flipped[bit // 8] ^= 1 << bit % 8
            changed[position] = bytes(flipped)
            with pytest.raises(InvalidTag):
                cipher.decrypt(*changed)


@both
@given(data=st.data())
def test_any_flipped_bit_is_refused(mode: Cipher, data: st.DataObject) -> None:
    cipher = mode(KEY)
    sealed = bytearray(cipher.encrypt(NONCE, data.draw(st.binary(max_size=100)), HEADER))
    bit = data.draw(st.integers(0, 8 * len(sealed) - 1))
    sealed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(InvalidTag):
        cipher.decrypt(NONCE, sealed, HEADER)


@both
def test_every_truncation_is_refused(mode: Cipher) -> None:
    cipher = mode(KEY)
    sealed = cipher.encrypt(NONCE, MESSAGE, HEADER)
    for length in range(len(sealed)):
        with pytest.raises(InvalidTag) as caught:
            cipher.decrypt(NONCE, sealed[:length], HEADER)
        assert str(caught.value) == InvalidTag.MESSAGE
    for other in (None, b"", HEADER + b"\0"):
        with pytest.raises(InvalidTag):
            cipher.decrypt(NONCE, sealed, other)
    assert issubclass(InvalidTag, DecryptionError)


@both
def test_no_associated_data_is_empty_associated_data(mode: Cipher) -> None:
    assert mode(KEY).encrypt(NONCE, b"x") == mode(KEY).encrypt(NONCE, b"x", b"")


@both
def test_nothing_to_encrypt_is_still_authenticated(mode: Cipher) -> None:
    sealed = mode(KEY).encrypt(NONCE, b"", HEADER)
    assert len(sealed) == 16
    assert mode(KEY).decrypt(NONCE, sealed, HEADER) == b""


@pytest.mark.parametrize(
    ("mode", "lengths"), [(SM4GCM, (4, 8, 12, 13, 14, 15, 16)), (SM4CCM, (4, 6, 8, 10, 12, 14, 16))]
)
def test_tag_lengths(mode: Cipher, lengths: tuple[int, ...]) -> None:
    for length in range(-1, 34):
        if length not in lengths:
            with pytest.raises(InvalidInputError, match="tag_length"):
                mode(KEY, tag_length=length)
            continue
        cipher = mode(KEY, tag_length=length)
        assert cipher.tag_length == length
        assert len(cipher.encrypt(NONCE, b"abc")) == 3 + length
    for other in ("16", 16.0, None, True):
        with pytest.raises(InvalidTypeError, match="tag_length"):
            mode(KEY, tag_length=other)  # type: ignore[arg-type]


def test_gcm_keeps_the_head_of_the_tag() -> None:
    full = SM4GCM(KEY).encrypt(NONCE, MESSAGE)
    for length in GCM_TAG_LENGTHS:
        assert SM4GCM(KEY, tag_length=length).encrypt(NONCE, MESSAGE) == full[: len(MESSAGE) + length]


def test_nonce_lengths() -> None:
    with pytest.raises(InvalidInputError, match="nonce"):
        SM4GCM(KEY).encrypt(b"", b"")
    with pytest.raises(InvalidInputError, match="nonce"):
        SM4GCM(KEY).decryptor(b"", bytes(16))
    for length in (1, 12, 100):
        SM4GCM(KEY).encrypt(bytes(length), b"")
    for length in (0, 6, 14, 16):
        with pytest.raises(InvalidInputError, match="nonce must be 7 to 13"):
            SM4CCM(KEY).encrypt(bytes(length), b"")
        with pytest.raises(InvalidInputError, match="nonce must be 7 to 13"):
            SM4CCM(KEY).decrypt(bytes(length), bytes(16))


def test_ccm_counts_its_message_in_what_the_nonce_leaves() -> None:
    cipher = SM4CCM(KEY)
    assert len(cipher.encrypt(bytes(13), bytes(0xFFFF))) == 0xFFFF + 16
    with pytest.raises(InvalidInputError):
        cipher.encrypt(bytes(13), bytes(0x10000))
    with pytest.raises((InvalidInputError, InvalidTag)):
        cipher.decrypt(bytes(13), bytes(0x10000 + 16))
    assert len(cipher.encrypt(bytes(12), bytes(0x10000))) == 0x10000 + 16


@both
def test_refused_inputs(mode: Cipher, refuses_non_buffers: Callable[..., None]) -> None:
    cipher = mode(KEY)
    refuses_non_buffers(mode)
    for work in (cipher.encrypt, cipher.decrypt):
        refuses_non_buffers(lambda x, work=work: work(x, bytes(16)))
        refuses_non_buffers(lambda x, work=work: work(NONCE, x))
        refuses_non_buffers(lambda x, work=work: work(NONCE, bytes(16), x), none_allowed=True)
    for length in (0, 15, 17, 32):
        with pytest.raises(InvalidInputError, match="key must be 16"):
            mode(bytes(length))


@both
def test_every_kind_of_buffer(mode: Cipher, as_buffer: Callable[[bytes], Any]) -> None:
    cipher = mode(as_buffer(KEY))
    sealed = cipher.encrypt(as_buffer(NONCE), as_buffer(MESSAGE), as_buffer(HEADER))
    assert sealed.hex() == SEALED[mode]
    assert cipher.decrypt(as_buffer(NONCE), as_buffer(sealed), as_buffer(HEADER)) == MESSAGE


@both
def test_secrets_stay_inside(mode: Cipher) -> None:
    cipher = mode(b"sixteen letters.", tag_length=8)
    assert repr(cipher) == f"<{mode.__name__} tag_length=8>"
    for duplicate in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(InvalidTypeError, match="pickled"):
            duplicate(cipher)


def cut(data: bytes, sizes: list[int]) -> list[bytes]:
    """Return data in pieces of these sizes, the rest last."""
    parts, start = [], 0
    for size in sizes:
        parts.append(data[start : start + size])
        start += size
    return [*parts, data[start:]]


sizes = st.lists(st.integers(0, 50), max_size=6)


@given(message=st.binary(max_size=300), header=st.binary(max_size=100), message_sizes=sizes, header_sizes=sizes)
def test_any_split_of_a_stream_equals_one_shot(
    message: bytes, header: bytes, message_sizes: list[int], header_sizes: list[int]
) -> None:
    cipher = SM4GCM(KEY)
    encryptor = cipher.encryptor(NONCE)
    for part in cut(header, header_sizes):
        encryptor.authenticate_additional_data(part)
    ciphertext = b"".join(encryptor.update(part) for part in cut(message, message_sizes)) + encryptor.finalize()
    assert ciphertext + encryptor.tag == cipher.encrypt(NONCE, message, header)

    decryptor = cipher.decryptor(NONCE, encryptor.tag)
    for part in cut(header, header_sizes[::-1]):
        decryptor.authenticate_additional_data(part)
    plaintext = b""
    for part in cut(ciphertext, message_sizes[::-1]):
        out = bytearray(len(part) + 3)
        assert decryptor.update_into(part, out) == len(part)
        assert out[len(part) :] == bytes(3)
        plaintext += out[: len(part)]
    assert plaintext + decryptor.finalize() == message


@pytest.mark.parametrize("shift", [0, 1, 16, 50])
def test_update_into_its_own_memory(shift: int) -> None:
    memory = bytearray(MESSAGE + bytes(shift))
    view = memoryview(memory)
    encryptor = SM4GCM(KEY).encryptor(NONCE)
    encryptor.authenticate_additional_data(HEADER)
    assert encryptor.update_into(view[: len(MESSAGE)], view[shift:]) == len(MESSAGE)
    encryptor.finalize()
    assert (bytes(view[shift:]) + encryptor.tag).hex() == SEALED[SM4GCM]


def test_a_small_output_consumes_nothing() -> None:
    encryptor = SM4GCM(KEY).encryptor(NONCE)
    small = bytearray(9)
    with pytest.raises(InvalidInputError, match="out holds 9 bytes"):
        encryptor.update_into(bytes(10), small)
    assert small == bytes(9)
    sealed = encryptor.update(bytes(10)) + encryptor.finalize() + encryptor.tag
    assert sealed == SM4GCM(KEY).encrypt(NONCE, bytes(10))


def test_a_changed_stream_is_refused_at_its_end() -> None:
    sealed = SM4GCM(KEY).encrypt(NONCE, MESSAGE, HEADER)
    ciphertext, tag = sealed[:-16], sealed[-16:]
    changes = [
        (NONCE, HEADER, ciphertext[:-1] + bytes([ciphertext[-1] ^ 1]), tag),
        (NONCE, HEADER, ciphertext, tag[:-1] + bytes([tag[-1] ^ 1])),
        (NONCE, HEADER[:-1], ciphertext, tag),
        (NONCE[:-1], HEADER, ciphertext, tag),
        (NONCE, HEADER, ciphertext[:-1], tag),
    ]
    for nonce, header, data, expected in changes:
        decryptor = SM4GCM(KEY).decryptor(nonce, expected)
        decryptor.authenticate_additional_data(header)
        decryptor.update(data)
        with pytest.raises(InvalidTag):
            decryptor.finalize()
        with pytest.raises(StateError, match="finished"):
            decryptor.finalize()


def test_order_of_a_stream() -> None:
    encryptor = SM4GCM(KEY).encryptor(NONCE)
    with pytest.raises(StateError, match="only after finalize"):
        _ = encryptor.tag
    encryptor.update(b"x")
    with pytest.raises(StateError, match="before the first byte"):
        encryptor.authenticate_additional_data(b"late")
    encryptor.finalize()
    for call in (
        encryptor.finalize,
        lambda: encryptor.update(b""),
        lambda: encryptor.update_into(b"", bytearray(1)),
        lambda: encryptor.authenticate_additional_data(b""),
    ):
        with pytest.raises(StateError, match="finished"):
            call()
    assert len(encryptor.tag) == 16


def test_refused_inputs_of_a_stream(refuses_non_buffers: Callable[..., None]) -> None:
    cipher = SM4GCM(KEY, tag_length=12)
    refuses_non_buffers(cipher.encryptor)
    refuses_non_buffers(lambda x: cipher.decryptor(x, bytes(12)))
    refuses_non_buffers(lambda x: cipher.decryptor(NONCE, x))
    refuses_non_buffers(cipher.encryptor(NONCE).update)
    refuses_non_buffers(cipher.encryptor(NONCE).authenticate_additional_data)
    refuses_non_buffers(lambda x: cipher.encryptor(NONCE).update_into(x, bytearray(200)))
    refuses_non_buffers(lambda x: cipher.encryptor(NONCE).update_into(b"", x))
    with pytest.raises(InvalidTypeError, match="read only"):
        cipher.encryptor(NONCE).update_into(b"x", bytes(16))
    for length in (0, 11, 13, 16):
        with pytest.raises(InvalidInputError, match="tag must be 12"):
            cipher.decryptor(NONCE, bytes(length))
    for duplicate in (copy.copy, pickle.dumps):
        with pytest.raises(InvalidTypeError, match="pickled"):
            duplicate(cipher.encryptor(NONCE))
