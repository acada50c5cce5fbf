"""Mistakes in signatures and ciphertexts are named, and what is right is not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gmpki.algorithms import sm3
from gmpki.algorithms.sm2 import CiphertextFormat, PointFormat
from gmpki.conformance.skf.sm2_blobs import FORMS, NUMBER_LEN, ORDER, CipherParts, Form, bytes_of, number_of
from gmpki.conformance.skf.sm2_mistakes import (
    digests_signed,
    holds,
    mistake_in,
    mistake_in_ciphertext,
    moved_back,
    random_number_repeats,
    swapped,
)
from gmpki.keys.ciphertext import SM2Ciphertext
from gmpki.keys.sm2 import SignatureEncoding, SM2PrivateKey

KEY = SM2PrivateKey.from_bytes(bytes_of(0x3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8))
PUBLIC = KEY.public_key
E = PUBLIC.digest(b"message")
MESSAGE = bytes(range(32))


# ---- signatures --------------------------------------------------------------------------
def signed(digest: bytes) -> bytes:
    return KEY.sign_digest(digest, encoding=SignatureEncoding.RAW)


def readings(signature: bytes, written: Form = FORMS[0]) -> list[tuple[Form, bytes]]:
    fields = [written.write(signature[at : at + NUMBER_LEN]) for at in (0, NUMBER_LEN)]
    return [(form, form.read(fields[0]) + form.read(fields[1])) for form in FORMS]


def named(signature: bytes, written: Form = FORMS[0]) -> str:
    words = mistake_in(PUBLIC, E, readings(signature, written))
    assert words is not None
    assert words.zh
    return words.en


def test_good_signature_has_no_mistake() -> None:
    assert mistake_in(PUBLIC, E, readings(signed(E))) is None


@pytest.mark.parametrize("at", range(1, 5), ids=["hashed", "z", "z-empty", "reversed"])
def test_other_digest_is_named(at: int) -> None:
    digest, words = list(digests_signed(PUBLIC, E))[at]
    assert named(signed(digest)) == words.en


@pytest.mark.parametrize("form", FORMS[1:], ids=["left", "little-right", "little-left"])
def test_form_is_named(form: Form) -> None:
    assert named(signed(E), form) == form.words.en


def test_two_mistakes_are_both_named() -> None:
    found = named(swapped(signed(sm3.digest(E))), FORMS[1])
    assert "left-aligned" in found
    assert "r and s are swapped" in found
    assert "hashed once more" in found


def test_unknown_mistake_is_no_guess() -> None:
    assert named(bytes(63) + b"\1") == "no known mistake explains it"


def test_holds() -> None:
    assert holds(PUBLIC, E, signed(E))
    assert not holds(PUBLIC, sm3.digest(E), signed(E))


def with_random_number(k: int, digest: bytes) -> bytes:
    """Return a signature made with a random number that is chosen (GB/T 32918.2-2016 6.1)."""
    x1 = number_of(SM2PrivateKey.from_bytes(bytes_of(k)).public_key.to_bytes(PointFormat.BARE)[:NUMBER_LEN])
    d = number_of(KEY.to_bytes())
    r = (number_of(digest) + x1) % ORDER
    s = pow(1 + d, -1, ORDER) * (k - r * d) % ORDER
    return bytes_of(r) + bytes_of(s)


def test_random_number_that_repeats() -> None:
    digests = [sm3.digest(bytes([at])) for at in range(3)]
    for k in (5, 7):
        assert holds(PUBLIC, digests[0], with_random_number(k, digests[0]))
    assert random_number_repeats((e, with_random_number(5, e)) for e in digests)
    assert not random_number_repeats((e, with_random_number(5 + at, e)) for at, e in enumerate(digests))
    assert not random_number_repeats((e, signed(e)) for e in digests)


@pytest.mark.parametrize("at", [0, NUMBER_LEN], ids=["r", "s"])
def test_dropped_zero_byte(at: int) -> None:
    digest, signature = E, signed(E)
    while signature[at]:
        digest = sm3.digest(digest)
        signature = signed(digest)
    number = signature[at : at + NUMBER_LEN]
    moved = number[1:] + b"\0"
    written = moved + signature[NUMBER_LEN:] if at == 0 else signature[:NUMBER_LEN] + moved
    assert not holds(PUBLIC, digest, written)
    assert signature in moved_back(written)


# ---- ciphertexts -------------------------------------------------------------------------
def parts_of(message: bytes = MESSAGE) -> CipherParts:
    form = CiphertextFormat.C1C3C2
    return CipherParts.of(SM2Ciphertext.from_bytes(PUBLIC.encrypt(message, fmt=form), form))


def named_in(parts: CipherParts) -> str:
    words = mistake_in_ciphertext(KEY, MESSAGE, [(FORMS[0], parts)])
    assert words is not None
    assert words.zh
    return words.en


def test_good_ciphertext_has_no_mistake() -> None:
    assert mistake_in_ciphertext(KEY, MESSAGE, [(FORMS[0], parts_of())]) is None


def test_hashes_are_named() -> None:
    parts = parts_of()
    shared = KEY.ecdh(type(PUBLIC).from_bytes(parts.c1))
    x, y = shared[:NUMBER_LEN], shared[NUMBER_LEN:]
    assert named_in(replace(parts, c3=sm3.digest(MESSAGE))).startswith("C3 is SM3(M) instead")
    assert named_in(replace(parts, c3=sm3.digest(MESSAGE + x + y))) == "C3 is SM3(M || x2 || y2)"
    assert named_in(replace(parts, c3=sm3.digest(x + y + MESSAGE))) == "C3 is SM3(x2 || y2 || M)"
    assert named_in(replace(parts, c3=bytes(32))).startswith("C3 is not written")
    assert named_in(replace(parts, c3=b"\1" * 32)) == "C3 is not SM3(x2 || M || y2)"


def test_c2_is_named() -> None:
    parts = parts_of()
    assert "C1 C2 C3" in named_in(replace(parts, c2=parts.c3, c3=parts.c2))
    assert "C2 is the message" in named_in(replace(parts, c2=MESSAGE))
    assert named_in(replace(parts, c2=bytes(32))) == "C2 is not the message with the key stream over it"


def test_c1_is_named() -> None:
    parts = parts_of()
    off = replace(parts, c1=bytes(64))
    assert named_in(off) == "C1 is not on the curve"
    left = mistake_in_ciphertext(KEY, MESSAGE, [(FORMS[0], off), (FORMS[1], parts)])
    assert left == FORMS[1].words
