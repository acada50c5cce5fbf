"""What cards say when they are switched on."""

from __future__ import annotations

from functools import reduce
from operator import xor

import pytest

from gmpki.conformance.pcsc.atr import AnswerToReset
from gmpki.errors import DecodeError
from gmpki.tokens.soft.card import ATR


def checked(text: str) -> bytes:
    """Return an ATR with its check byte."""
    given = bytes.fromhex(text)
    return given + bytes((reduce(xor, given[1:]),))


@pytest.mark.parametrize(
    ("encoded", "protocols", "historical"),
    [
        (ATR, (0, 1), ""),
        (bytes.fromhex("3b00"), (0,), ""),
        (bytes.fromhex("3f021450"), (0,), "1450"),
        (bytes.fromhex("3b9511000102030405"), (0,), "0102030405"),
        (checked("3b828131fe45aabb"), (1,), "aabb"),
        (checked("3bf11800ff8131fe4515"), (1,), "15"),
    ],
    ids=["ours", "nothing", "inverse", "T=0 said", "T=1", "all interface bytes"],
)
def test_right(encoded: bytes, protocols: tuple[int, ...], historical: str) -> None:
    found = AnswerToReset.from_bytes(encoded)
    assert (found.protocols, found.historical.hex()) == (protocols, historical)


@pytest.mark.parametrize(
    ("encoded", "why"),
    [
        (b"", "it has 0 bytes"),
        (b"\x3b", "it has 1 bytes"),
        (bytes.fromhex("3b0f") + bytes(32), "it has 34 bytes"),
        (bytes.fromhex("3c00"), "begins with 3C"),
        (bytes.fromhex("3bf0"), "interface bytes"),
        (bytes.fromhex("3b8080"), "interface bytes"),
        (bytes.fromhex("3b0214"), "not as long"),
        (bytes.fromhex("3b02145000"), "not as long"),
        (ATR[:-1], "not as long"),
        (ATR + b"\0", "not as long"),
        (ATR[:-1] + b"\2", "check byte"),
    ],
)
def test_wrong(encoded: bytes, why: str) -> None:
    with pytest.raises(DecodeError, match=why):
        AnswerToReset.from_bytes(encoded)


@pytest.mark.parametrize(
    ("historical", "extended", "chains"),
    [
        ("8073000040", True, False),
        ("8073000080", False, True),
        ("8034730000c0", False, False),
        ("8031c073c001c0", True, True),
        ("0073000040009000", True, False),
        ("00310273", False, False),
        ("1073000040", False, False),
        ("80720000", False, False),
        ("8073", False, False),
        ("", False, False),
    ],
)
def test_capabilities(historical: str, extended: bool, chains: bool) -> None:
    length = len(historical) // 2
    found = AnswerToReset.from_bytes(bytes((0x3B, length)) + bytes.fromhex(historical))
    assert (found.takes_extended, found.takes_chains) == (extended, chains)
