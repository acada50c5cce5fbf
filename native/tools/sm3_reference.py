"""SM3 (GB/T 32905-2016) and HMAC on it in plain Python: a reference that needs no library.

Written from the clauses of the standard, for clarity, not speed (about 0.3 MB/s). The build uses it to store the
library's integrity value; the tests use it as a second opinion.
"""

from __future__ import annotations

import struct

__all__ = ["hmac_sm3", "sm3"]

_MASK = 0xFFFFFFFF

# Clause 4.1: the initial value.
_IV = (0x7380166F, 0x4914B2B9, 0x172442D7, 0xDA8A0600, 0xA96F30BC, 0x163138AA, 0xE38DEE4D, 0xB0FB0E4E)


def _rotl(x: int, n: int) -> int:
    n %= 32
    return (x << n | x >> (32 - n)) & _MASK


# Clause 4.2: the constant of round j, already rotated by j as clause 5.3.3 uses it.
_T = tuple(_rotl(0x79CC4519 if j < 16 else 0x7A879D8A, j) for j in range(64))


def _expand(block: bytes) -> list[int]:
    """Clause 5.3.2: 68 words W of a 64-byte block."""
    w = list(struct.unpack(">16I", block))
    for j in range(16, 68):
        x = w[j - 16] ^ w[j - 9] ^ _rotl(w[j - 3], 15)
        w.append(x ^ _rotl(x, 15) ^ _rotl(x, 23) ^ _rotl(w[j - 13], 7) ^ w[j - 6])  # P1 of clause 4.4
    return w


def _compress(state: tuple[int, ...], block: bytes) -> tuple[int, ...]:
    """Clause 5.3.3: the compression function."""
    w = _expand(block)
    a, b, c, d, e, f, g, h = state
    for j in range(64):
        a12 = _rotl(a, 12)
        ss1 = _rotl((a12 + e + _T[j]) & _MASK, 7)
        ss2 = ss1 ^ a12
        ff = a ^ b ^ c if j < 16 else (a & b) | (a & c) | (b & c)  # clause 4.3
        gg = e ^ f ^ g if j < 16 else (e & f) | (~e & g)
        tt1 = (ff + d + ss2 + (w[j] ^ w[j + 4])) & _MASK
        tt2 = (gg + h + ss1 + w[j]) & _MASK
        a, b, c, d = tt1, a, _rotl(b, 9), c
        e, f, g, h = tt2 ^ _rotl(tt2, 9) ^ _rotl(tt2, 17), e, _rotl(f, 19), g  # P0 of clause 4.4
    return tuple(x ^ y for x, y in zip(state, (a, b, c, d, e, f, g, h), strict=True))


def sm3(data: bytes) -> bytes:
    """Return the 32-byte digest of data."""
    # Clause 5.2: one bit 1, zeros to 56 bytes mod 64, the length in bits.
    padded = data + b"\x80" + bytes((55 - len(data)) % 64) + struct.pack(">Q", 8 * len(data))
    state: tuple[int, ...] = _IV
    for i in range(0, len(padded), 64):
        state = _compress(state, padded[i : i + 64])
    return struct.pack(">8I", *state)


def hmac_sm3(key: bytes, data: bytes) -> bytes:
    """Return the 32-byte HMAC-SM3 (GB/T 15852.2-2012, RFC 2104) of data."""
    key = (sm3(key) if len(key) > 64 else key).ljust(64, b"\0")
    inner = sm3(bytes(k ^ 0x36 for k in key) + data)
    return sm3(bytes(k ^ 0x5C for k in key) + inner)
