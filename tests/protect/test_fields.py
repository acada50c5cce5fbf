"""Encrypted fields and blind indexes: the format, what is bound, and what is refused."""

from __future__ import annotations

import base64
import hmac
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hostile
from gmpki.algorithms.sm3 import sm3
from gmpki.algorithms.sm4_aead import SM4GCM
from gmpki.errors import (
    DecodeError,
    DecryptionError,
    GmpkiError,
    InvalidInputError,
    InvalidTag,
    InvalidTypeError,
    LimitExceeded,
    UnknownKeyError,
    UnsupportedAlgorithm,
)
from gmpki.protect import BlindIndex, FieldCipher, KeyRing, looks_encrypted
from gmpki.protect.canonical import encode
from gmpki.protect.fields import MAX_VALUE_LEN, OVERHEAD_LEN
from gmpki.protect.keys import KeyUse

RING = KeyRing.generate()
CIPHER = FieldCipher(RING, "employee", "id_card")
VALUE = "110101199003070000"
STORED = CIPHER.encrypt(b"value", 7)
STORED_TEXT = CIPHER.encrypt_text(VALUE, 7)


def expand(key: bytes, info: bytes, length: int) -> bytes:
    """HKDF-Expand, written out."""
    out = block = b""
    number = 1
    while len(out) < length:
        block = hmac.new(key, block + info + bytes([number]), sm3).digest()
        out += block
        number += 1
    return out[:length]


def test_format_is_the_documented_one() -> None:
    front, rest = STORED[:38], STORED[38:]
    assert front[:14] == b"GMPF\x01\x01" + RING.primary_id
    derived = expand(RING.derive(KeyUse.FIELD, "field"), front[14:], 28)
    context = encode(["gmpki field 1", "bytes", "employee", "id_card", [7]])
    assert SM4GCM(derived[:16]).decrypt(derived[16:], rest, front + context) == b"value"
    assert len(STORED) == 5 + OVERHEAD_LEN == 5 + 54


def test_text_is_base64_of_the_same() -> None:
    raw = base64.b64decode(STORED_TEXT)
    assert raw[:4] == b"GMPF"
    assert len(raw) == len(VALUE) + OVERHEAD_LEN


@given(st.binary(max_size=200), st.one_of(st.integers(), st.binary(max_size=9), st.uuids()))
def test_bytes_come_back(value: bytes, row: Any) -> None:
    assert CIPHER.decrypt(CIPHER.encrypt(value, row), row) == value


@given(st.text(st.characters(codec="utf-8"), max_size=50))
def test_text_comes_back_as_it_was(value: str) -> None:
    assert CIPHER.decrypt_text(CIPHER.encrypt_text(value, 1), 1) == value


def test_nothing_repeats() -> None:
    stored = [CIPHER.encrypt(b"same", 7) for _ in range(300)]
    assert len({value[14:38] for value in stored}) == 300
    assert len({value[38:] for value in stored}) == 300


@pytest.mark.parametrize("row", [8, "7", b"7", (7, 7), UUID(int=7), -7])
def test_bound_to_the_row(row: Any) -> None:
    with pytest.raises(InvalidTag):
        CIPHER.decrypt(STORED, row)
    with pytest.raises(InvalidTag):
        CIPHER.decrypt_text(STORED_TEXT, row)


def test_bound_to_column_table_and_type() -> None:
    for table, column in [("employee", "phone"), ("customer", "id_card"), ("id_card", "employee")]:
        with pytest.raises(InvalidTag):
            FieldCipher(RING, table, column).decrypt(STORED, 7)
    with pytest.raises(InvalidTag):
        CIPHER.decrypt(base64.b64decode(STORED_TEXT), 7)
    with pytest.raises(InvalidTag):
        CIPHER.decrypt_text(base64.b64encode(STORED).decode(), 7)


def test_names_do_not_run_together() -> None:
    stored = FieldCipher(RING, "ab", "c").encrypt(b"", ("d", "e"))
    for table, column, row in [("a", "bc", ("d", "e")), ("ab", "cd", ("e",)), ("ab", "c", ("de",))]:
        with pytest.raises(InvalidTag):
            FieldCipher(RING, table, column).decrypt(stored, row)


def test_every_bit_counts() -> None:
    for at in range(len(STORED)):
        for bit in range(8):
            changed = bytearray(STORED)
            changed[at] ^= 1 << bit
            with pytest.raises((DecodeError, InvalidTag, UnknownKeyError, UnsupportedAlgorithm)):
                CIPHER.decrypt(changed, 7)


def test_every_truncation() -> None:
    for length in range(len(STORED)):
        with pytest.raises(DecodeError if length < OVERHEAD_LEN else InvalidTag):
            CIPHER.decrypt(STORED[:length], 7)
    for length in range(len(STORED_TEXT)):
        with pytest.raises((DecodeError, InvalidTag)):
            CIPHER.decrypt_text(STORED_TEXT[:length], 7)


@pytest.mark.parametrize(
    "stored",
    [
        "",
        VALUE,
        STORED_TEXT + "=",
        STORED_TEXT + "\n",
        STORED_TEXT.rstrip("=") + "====",
        "张三",
        "\ud800",
        " " + STORED_TEXT,
    ],
    ids=["empty", "plaintext", "padding", "end of line", "much padding", "other text", "surrogate", "space"],
)
def test_text_that_is_no_field(stored: str) -> None:
    with pytest.raises(DecodeError):
        CIPHER.decrypt_text(stored, 7)


def test_base64_has_one_form() -> None:
    padded = CIPHER.encrypt_text("ab", 7)  # 56 bytes: one = and two unused bits
    assert padded.endswith("=")
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    changed = padded[:-2] + letters[letters.index(padded[-2]) ^ 1] + "="
    assert base64.b64decode(changed) == base64.b64decode(padded)
    with pytest.raises(DecodeError, match="no base64"):
        CIPHER.decrypt_text(changed, 7)


def test_plaintext_is_never_taken() -> None:
    with pytest.raises(DecodeError, match="does not begin with GMPF"):
        CIPHER.decrypt(b"plaintext in the column", 7)


def test_other_objects_are_named() -> None:
    token = BlindIndex(RING, "employee", "id_card").token(VALUE)
    with pytest.raises(DecodeError, match="it is index"):
        CIPHER.decrypt(token, 7)


def test_versions_and_algorithms() -> None:
    for at, phrase in [(4, "format version 9"), (5, "algorithm 9")]:
        with pytest.raises(UnsupportedAlgorithm, match=phrase):
            CIPHER.decrypt(STORED[:at] + b"\x09" + STORED[at + 1 :], 7)


def test_rotation() -> None:
    ring = RING.rotated()
    cipher = FieldCipher(ring, "employee", "id_card")
    assert cipher.decrypt_text(STORED_TEXT, 7) == VALUE
    assert not cipher.is_current(STORED_TEXT)
    new = cipher.encrypt_text(VALUE, 7)
    assert cipher.is_current(new)
    with pytest.raises(UnknownKeyError, match="has no key"):
        CIPHER.decrypt_text(new, 7)
    gone = FieldCipher(ring.destroyed(RING.primary_id), "employee", "id_card")
    with pytest.raises(UnknownKeyError, match="was destroyed"):
        gone.decrypt_text(STORED_TEXT, 7)


def test_pending_key_is_not_used_for_new_values() -> None:
    ring = RING.with_new_key()
    assert FieldCipher(ring, "t", "c").encrypt(b"", 1)[6:14] == RING.primary_id


def test_limits() -> None:
    with pytest.raises(LimitExceeded):
        CIPHER.encrypt(bytes(MAX_VALUE_LEN + 1), 7)
    with pytest.raises(DecodeError, match="characters"):
        CIPHER.decrypt_text("A" * (1 << 25), 7)


def test_inputs_refused() -> None:
    with pytest.raises(InvalidTypeError, match="encrypt_text"):
        CIPHER.encrypt("text", 7)  # type: ignore[arg-type]
    with pytest.raises(InvalidTypeError):
        CIPHER.encrypt_text(b"bytes", 7)  # type: ignore[arg-type]
    with pytest.raises(InvalidInputError, match="surrogate"):
        CIPHER.encrypt_text("\ud800", 7)
    for row in (None, True, (), 1.5):
        with pytest.raises(InvalidInputError, match="identity of a row"):
            CIPHER.encrypt(b"", row)  # type: ignore[arg-type]
    with pytest.raises(InvalidTypeError):
        FieldCipher(b"ring", "t", "c")  # type: ignore[arg-type]
    with pytest.raises(InvalidInputError, match="column"):
        FieldCipher(RING, "t", "")


def test_text_that_is_no_utf8_inside() -> None:
    forged = base64.b64encode(CIPHER._seal(b"\xff", 7, "text")).decode()  # what only a holder of the key can make
    with pytest.raises(DecryptionError):
        CIPHER.decrypt_text(forged, 7)


def test_looks_encrypted() -> None:
    assert looks_encrypted(STORED)
    assert looks_encrypted(STORED_TEXT)
    assert looks_encrypted(STORED_TEXT[:9])  # cut off: no plaintext all the same
    for plain in ("", b"", VALUE, "GMPF", b"R01QRgEB", "r01qr"):
        assert not looks_encrypted(plain)


def test_hostile_values() -> None:
    list(hostile.results(CIPHER.encrypt, (b"value", 7)))
    list(hostile.results(CIPHER.encrypt_text, (VALUE, 7)))
    list(hostile.results(CIPHER.decrypt, (STORED, 7)))
    list(hostile.results(CIPHER.decrypt_text, (STORED_TEXT, 7)))
    list(hostile.results(CIPHER.is_current, (STORED_TEXT,)))
    list(hostile.results(looks_encrypted, (STORED_TEXT,)))
    list(hostile.results(FieldCipher, (RING, "t", "c")))
    index = BlindIndex(RING, "t", "c")
    list(hostile.results(index.token, (VALUE,)))
    list(hostile.results(index.candidates, (VALUE,)))
    list(hostile.results(index.is_current, (index.token(1),)))
    list(hostile.results(BlindIndex, (RING, "t", "c")))


class TestBlindIndex:
    INDEX = BlindIndex(RING, "employee", "id_card")

    def test_format(self) -> None:
        token = self.INDEX.token(VALUE)
        key = RING.derive(KeyUse.INDEX, "index")
        data = encode(["gmpki index 1", "employee", "id_card", VALUE])
        assert token == b"GMPI\x01\x01" + RING.primary_id + hmac.new(key, data, sm3).digest()[:16]

    def test_equal_values_alone_are_equal(self) -> None:
        assert self.INDEX.token(VALUE) == self.INDEX.token(VALUE)
        assert len({self.INDEX.token(value) for value in (VALUE, VALUE + " ", int(VALUE), VALUE.encode(), None)}) == 5

    def test_columns_cannot_be_joined(self) -> None:
        others = [BlindIndex(RING, "employee", "phone"), BlindIndex(RING, "customer", "id_card")]
        assert len({index.token(VALUE) for index in [self.INDEX, *others]}) == 3

    def test_rotation(self) -> None:
        ring = RING.rotated()
        index = BlindIndex(ring, "employee", "id_card")
        old = self.INDEX.token(VALUE)
        assert index.candidates(VALUE) == (old, index.token(VALUE))
        assert index.is_current(index.token(VALUE))
        assert not index.is_current(old)
        gone = BlindIndex(ring.destroyed(RING.primary_id), "employee", "id_card")
        assert gone.candidates(VALUE) == (index.token(VALUE),)

    def test_no_token(self) -> None:
        with pytest.raises(DecodeError):
            self.INDEX.is_current(STORED)
        with pytest.raises(GmpkiError):
            self.INDEX.token(1.5)  # type: ignore[arg-type]
