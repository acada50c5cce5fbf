"""Signed messages of 1 KiB made and verified; beside them the bare signature and asn1crypto's bare encoding.

What a message costs without its signature is the difference of two of these, and is compared with asn1crypto.
"""

from __future__ import annotations

from typing import Any

import pytest

from cms_peers import CONTENT, PEERS, Asn1crypto, Gmpki
from gmpki.cms import SignedMessage

OPERATIONS = {
    "sign": "message of 1 KiB signed",
    "bare_sign": "message: the signature, nothing else",
    "verify": "message of 1 KiB read and verified, chain not asked for",
    "judge": "message of 1 KiB read and judged by asn1crypto, its signature not verified",
    "verify_with_path": "message of 1 KiB read and verified with its path, certificate met before",
    "verify_strangers": "message of 1 KiB read and verified with its path, certificate new",
    "bare_verify": "message: signature verified, nothing else",
    "read": "message of 1 KiB read",
    "build": "message of 1 KiB encoded by asn1crypto, not signed",
}
CASES = [(operation, peer) for operation in OPERATIONS for peer in PEERS if hasattr(peer, operation)]


@pytest.mark.parametrize(("operation", "peer"), CASES, ids=[f"{o}-{p.name}" for o, p in CASES])
def test_message(benchmark: Any, operation: str, peer: Any) -> None:
    call = getattr(peer, operation)
    call()  # keys and messages are made before the clock starts
    benchmark.group = OPERATIONS[operation]
    benchmark.extra_info["implementation"] = peer.name
    benchmark.extra_info["data_len"] = 0
    benchmark.extra_info["job"] = f"message_{operation}"
    benchmark(call)


def test_all_do_the_same() -> None:
    """The jobs are the same ones: what asn1crypto builds is a message, and what gmpki builds it reads."""
    for peer in PEERS:
        if isinstance(peer, Gmpki):
            assert peer.verify() == peer.verify_with_path() == peer.verify_strangers() == CONTENT
        if isinstance(peer, Asn1crypto):
            built = SignedMessage.from_der(peer.build())
            assert built.unverified_content() == CONTENT
            assert len(built.signers) == len(built.certificates) == 1
            assert peer.read()
            assert all(peer.judge())
