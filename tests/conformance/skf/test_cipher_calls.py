"""Mistakes in ciphertexts of SM4 are named, and messages cut as checks want them."""

from __future__ import annotations

import pytest

from gmpki.algorithms import sm4
from gmpki.conformance.skf.cipher_calls import (
    CBC,
    CFB,
    ECB,
    IV,
    MODES,
    OFB,
    CipherMode,
    cut,
    mistake_in_cipher,
    plaintext,
    software,
)
from gmpki.conformance.skf.known_keys import KEY

DATA = plaintext(64)
WORDWISE = b"".join(KEY[at : at + 4][::-1] for at in range(0, 16, 4))


@pytest.mark.parametrize(
    ("mode", "found", "words"),
    [
        pytest.param(ECB, DATA, "as it went in", id="in-clear"),
        pytest.param(CBC, sm4.encrypt(KEY, DATA, sm4.Mode.ECB), "it is ECB", id="ecb"),
        pytest.param(ECB, sm4.encrypt(KEY, DATA, sm4.Mode.CBC, bytes(16)), "it is CBC", id="cbc"),
        pytest.param(OFB, sm4.encrypt(KEY, DATA, sm4.Mode.CTR, IV), "it is CTR", id="ctr"),
        pytest.param(CFB, sm4.encrypt(KEY, DATA, sm4.Mode.CFB8, IV), "it is CFB8", id="cfb8"),
        pytest.param(ECB, software(ECB, DATA, key=WORDWISE), "each word of the key", id="key-words"),
        pytest.param(CBC, software(CBC, DATA, key=KEY[::-1]), "the key is reversed", id="key-reversed"),
        pytest.param(CBC, software(CBC, DATA, key=bytes(16)), "the key is all zeros", id="key-zeros"),
        pytest.param(ECB, sm4.decrypt(KEY, DATA, sm4.Mode.ECB), "it decrypts", id="decrypts"),
        pytest.param(CBC, software(CBC, DATA, padding=1), "padding is added", id="padded"),
        pytest.param(CBC, software(CBC, DATA, iv=bytes(16)), "the IV is ignored", id="iv-ignored"),
        pytest.param(CBC, software(CBC, DATA, iv=IV[::-1]), "the IV is reversed", id="iv-reversed"),
        pytest.param(
            CBC, b"".join(software(CBC, block) for block in cut(DATA, (16,) * 4)), "nothing is chained", id="no-chain"
        ),
        pytest.param(CBC, software(CBC, DATA)[:32], "32 bytes come out of 64", id="cut-off"),
        pytest.param(CBC, bytes(64), "no known mistake", id="other"),
    ],
)
def test_mistakes_are_named(mode: CipherMode, found: bytes, words: str) -> None:
    mistake = mistake_in_cipher(mode, DATA, found)
    assert words in mistake.en
    assert mistake.zh


def test_known_answer_of_the_standard() -> None:
    """GB/T 32907-2016 A.1."""
    assert software(ECB, KEY).hex() == "681edf34d206965e86b3e94f536e4246"


@pytest.mark.parametrize("lengths", [(), (1,) * 10, (10,), (64,), (100,), (3, 7, 60, 9)])
def test_pieces_make_the_whole(lengths: tuple[int, ...]) -> None:
    pieces = list(cut(DATA, lengths))
    assert b"".join(pieces) == DATA
    assert all(pieces)


def test_no_two_blocks_are_the_same() -> None:
    long = plaintext(4096)
    assert len({long[at : at + 16] for at in range(0, 256, 16)}) == 16
    assert {mode.identifier for mode in MODES} == {f"SGD_SM4_{name}" for name in ("ECB", "CBC", "CFB", "OFB")}
