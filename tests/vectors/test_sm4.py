"""The SM4 block cipher and its encryption modes."""

from __future__ import annotations

import pytest

from gmpki.algorithms import sm4
from gmpki.algorithms.sm4 import Mode, Padding, XTSOrder
from gmpki.errors import DecryptionError, InvalidInputError
from vector_files import Vector, each

MODES = tuple(f"sm4/{name}.json" for name in ("ecb", "cbc", "cfb128", "cfb8", "ofb", "ctr", "bc", "ofbnlf"))


@each("sm4/block.json", types=("Block",), algorithm="sm4")
def test_block(vector: Vector) -> None:
    assert sm4.encrypt(vector.key, vector.plaintext, Mode.ECB, padding=Padding.NONE) == vector.ciphertext
    assert sm4.decrypt(vector.key, vector.ciphertext, Mode.ECB, padding=Padding.NONE) == vector.plaintext


@pytest.mark.once
@each("sm4/block.json", types=("IteratedBlock",), algorithm="sm4")
def test_iterated_block(vector: Vector) -> None:
    context = sm4.SM4Cipher(vector.key, Mode.ECB).encryptor()
    block = bytearray(vector.plaintext)
    for _ in range(vector.iterations):
        context.update_into(block, block)
    assert block == vector.ciphertext


def _arguments(vector: Vector) -> tuple[Mode, bytes | None]:
    return Mode[vector.mode], vector.iv if "iv" in vector else None


@each(*MODES, types=("Encrypt",), algorithm="sm4")
def test_mode(vector: Vector) -> None:
    mode, iv = _arguments(vector)
    padding = Padding[vector.padding]
    if not vector.valid:
        with pytest.raises(InvalidInputError):
            sm4.encrypt(vector.key, vector.plaintext, mode, iv, padding=padding)
        with pytest.raises(InvalidInputError):
            sm4.decrypt(vector.key, vector.plaintext, mode, iv, padding=padding)
        return
    assert sm4.encrypt(vector.key, vector.plaintext, mode, iv, padding=padding) == vector.ciphertext
    assert sm4.decrypt(vector.key, vector.ciphertext, mode, iv, padding=padding) == vector.plaintext


@each(*MODES, types=("Decrypt",), algorithm="sm4")
def test_refused_padding(vector: Vector) -> None:
    mode, iv = _arguments(vector)
    with pytest.raises(DecryptionError):
        sm4.decrypt(vector.key, vector.ciphertext, mode, iv, padding=Padding[vector.padding])


@each("sm4/xts_ieee.json", "sm4/xts_gb.json", algorithm="sm4")
def test_xts(vector: Vector) -> None:
    order = XTSOrder[vector.order]
    if vector.valid:
        assert sm4.encrypt_xts(vector.key, vector.tweak, vector.plaintext, order=order) == vector.ciphertext
        assert sm4.decrypt_xts(vector.key, vector.tweak, vector.ciphertext, order=order) == vector.plaintext
    else:
        with pytest.raises(InvalidInputError):
            sm4.encrypt_xts(vector.key, vector.tweak, vector.plaintext, order=order)


@each("sm4/hctr.json", algorithm="sm4")
def test_hctr(vector: Vector) -> None:
    if vector.valid:
        assert sm4.encrypt_hctr(vector.key, vector.tweak, vector.plaintext) == vector.ciphertext
        assert sm4.decrypt_hctr(vector.key, vector.tweak, vector.ciphertext) == vector.plaintext
    else:
        with pytest.raises(InvalidInputError):
            sm4.encrypt_hctr(vector.key, vector.tweak, vector.plaintext)
