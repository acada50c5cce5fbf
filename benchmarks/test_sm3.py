"""SM3 and HMAC-SM3, short and long messages."""

from __future__ import annotations

import hashlib
import hmac

import pytest

import peers

LENGTHS = [64, 8192, 1 << 20]
SLOW_PEER_LIMIT = 8192  # pure Python takes seconds for a megabyte


def message(implementation: object, length: int) -> bytes:
    if implementation.__class__.__name__ == "Gmssl" and length > SLOW_PEER_LIMIT:
        pytest.skip("pure Python: measured up to 8 KiB only")
    return bytes(i & 0xFF for i in range(256)) * (length // 256) + bytes(length % 256)


@pytest.mark.operation("sm3")
@pytest.mark.parametrize("length", LENGTHS)
def test_sm3(comparison, implementation, length):
    data = message(implementation, length)
    digest = comparison.measure(f"SM3 {length} B", implementation.sm3, data, data_len=length)
    assert digest == hashlib.new("sm3", data).digest()


@pytest.mark.operation("hmac_sm3")
@pytest.mark.parametrize("length", LENGTHS)
def test_hmac_sm3(comparison, implementation, length):
    data = message(implementation, length)
    mac = comparison.measure(f"HMAC-SM3 {length} B", implementation.hmac_sm3, data, data_len=length)
    assert mac == hmac.new(peers.KEY, data, "sm3").digest()
