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
