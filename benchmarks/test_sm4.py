"""SM4 by mode, short and long messages. All implementations must give the same bytes."""

from __future__ import annotations

import functools

import pytest

import peers

LENGTHS = [64, 8192, 1 << 20]


@functools.cache
def expected(mode: str, length: int) -> bytes:
    return getattr(peers.Cryptography(), mode)(bytes(length))


def measure(comparison, implementation, mode: str, length: int) -> None:
    name = f"{mode.upper().replace('_', '-')} {length} B"
    result = comparison.measure(name, getattr(implementation, mode), bytes(length), data_len=length)
    assert result == expected(mode, length)


@pytest.mark.operation("sm4_ecb")
@pytest.mark.parametrize("length", LENGTHS)
def test_ecb(comparison, implementation, length):
    measure(comparison, implementation, "sm4_ecb", length)


@pytest.mark.operation("sm4_cbc")
@pytest.mark.parametrize("length", LENGTHS)
def test_cbc(comparison, implementation, length):
    measure(comparison, implementation, "sm4_cbc", length)


@pytest.mark.operation("sm4_ctr")
@pytest.mark.parametrize("length", LENGTHS)
def test_ctr(comparison, implementation, length):
    measure(comparison, implementation, "sm4_ctr", length)


@pytest.mark.operation("sm4_gcm")
@pytest.mark.parametrize("length", LENGTHS)
def test_gcm(comparison, implementation, length):
    measure(comparison, implementation, "sm4_gcm", length)


@pytest.mark.operation("sm4_cbc_decrypt")
@pytest.mark.parametrize("length", LENGTHS)
def test_cbc_decrypt(comparison, implementation, length):
    data = expected("sm4_cbc", length)
    result = comparison.measure(f"SM4-CBC decrypt {length} B", implementation.sm4_cbc_decrypt, data, data_len=length)
    assert result == bytes(length)


@pytest.mark.operation("sm4_xts")
@pytest.mark.parametrize("length", LENGTHS)
def test_xts(comparison, implementation, length):
    result = comparison.measure(f"SM4-XTS {length} B", implementation.sm4_xts, bytes(length), data_len=length)
    assert len(result) == length


@pytest.mark.parametrize("length", LENGTHS[1:])
@pytest.mark.operation("sm4_ctr_into")
def test_ctr_into(comparison, implementation, length):
    out = bytearray(length + 15)
    name = f"SM4-CTR {length} B, update_into"
    comparison.measure(name, implementation.sm4_ctr_into, bytes(length), out, data_len=length)
    assert out[:length] == expected("sm4_ctr", length)


@pytest.mark.operation("sm4_gcm_into")
@pytest.mark.parametrize("length", LENGTHS[1:])
def test_gcm_into(comparison, implementation, length):
    out = bytearray(length)
    name = f"SM4-GCM {length} B, update_into"
    comparison.measure(name, implementation.sm4_gcm_into, bytes(length), out, data_len=length)
    assert out == expected("sm4_gcm", length)[:length]
