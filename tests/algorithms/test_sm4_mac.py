"""CMAC and CBC-MAC with SM4."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmpki.algorithms.sm4 import Mode, encrypt
from gmpki.algorithms.sm4_mac import CMACSM4, cbc_mac, cmac
from gmpki.errors import InvalidInputError, InvalidTag, InvalidTypeError

ALGORITHM = "sm4"
pytestmark = pytest.mark.usefixtures("backend")

KEY = bytes.fromhex("0123456789abcdeffedcba9876543210")


@given(st.binary(min_size=16, max_size=16), st.binary(max_size=200))
def test_cmac_agrees_with_cryptography(key: bytes, data: bytes) -> None:
    from cryptography.hazmat.primitives.ciphers.algorithms import SM4
    from cryptography.hazmat.primitives.cmac import CMAC

    other = CMAC(SM4(key))
    other.update(data)
    assert cmac(key, data) == other.finalize()


@given(st.lists(st.binary(max_size=50), max_size=8))
def test_any_split_equals_one_shot(parts: list[bytes]) -> None:
    running = CMACSM4(KEY)
    for part in parts:
        running.update(part)
    assert running.digest() == cmac(KEY, b"".join(parts))
    assert running.hexdigest() == running.digest().hex()


@given(st.integers(1, 8), st.binary(min_size=128, max_size=128))
def test_cbc_mac_is_the_last_block_of_cbc(blocks: int, data: bytes) -> None:
    data = data[: 16 * blocks]
    assert cbc_mac(KEY, data) == encrypt(KEY, data, Mode.CBC, bytes(16))[-16:]


@pytest.mark.parametrize("work", [cmac, cbc_mac])
def test_a_shorter_mac_is_the_head_of_the_longer(work: Callable[..., bytes]) -> None:
    full = work(KEY, bytes(32))
    for length in range(1, 17):
        assert work(KEY, bytes(32), length) == full[:length]
    for length in (0, -1, 17, 1 << 70):
        with pytest.raises(InvalidInputError, match="length"):
            work(KEY, bytes(32), length)
    for other in ("16", None, 16.0):
        with pytest.raises(InvalidTypeError, match="length"):
            work(KEY, bytes(32), other)


def test_verify() -> None:
    mac = cmac(KEY, b"data")
    running = CMACSM4(KEY, b"data")
    running.verify(mac)
    for bit in range(128):
        changed = bytearray(mac)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(InvalidTag):
            running.verify(changed)
    for wrong in (b"", mac[:15], mac + b"\0"):
        with pytest.raises(InvalidTag):
            running.verify(wrong)
    assert (running.name, running.digest_size, running.block_size) == ("cmac-sm4", 16, 16)


def test_copy_is_independent() -> None:
    first = CMACSM4(KEY, b"a")
    second = first.copy()
    first.update(b"b")
    assert second.digest() == cmac(KEY, b"a")
    assert first.digest() == cmac(KEY, b"ab")


@pytest.mark.parametrize("length", [0, 1, 15, 17, 31])
def test_cbc_mac_takes_whole_blocks(length: int) -> None:
    with pytest.raises(InvalidInputError, match="whole blocks"):
        cbc_mac(KEY, bytes(length))


def test_refused_inputs(refuses_non_buffers: Callable[..., None]) -> None:
    for work in (cmac, cbc_mac):
        refuses_non_buffers(lambda x, work=work: work(x, bytes(16)))
        refuses_non_buffers(lambda x, work=work: work(KEY, x))
        for length in (0, 15, 17, 32):
            with pytest.raises(InvalidInputError, match="key must be 16"):
                work(bytes(length), bytes(16))
    refuses_non_buffers(CMACSM4)
    refuses_non_buffers(lambda x: CMACSM4(KEY, x))
    refuses_non_buffers(CMACSM4(KEY).update)
    refuses_non_buffers(CMACSM4(KEY).verify)


def test_every_kind_of_buffer(as_buffer: Callable[[bytes], Any]) -> None:
    data = bytes(range(48))
    assert cmac(as_buffer(KEY), as_buffer(data)) == CMACSM4(as_buffer(KEY), as_buffer(data)).digest() == cmac(KEY, data)
    assert cbc_mac(as_buffer(KEY), as_buffer(data)) == cbc_mac(KEY, data)
