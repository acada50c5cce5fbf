"""Certificates read and verified, built and signed; beside them the bare signature and asn1crypto's bare encoding.

What a job costs without its signature is the difference of two of these; ``report.py`` shows it as a ratio to
asn1crypto.
"""

from __future__ import annotations

from typing import Any

import pytest

import certificate_peers
from certificate_peers import PEERS

OPERATIONS = {
    "parse": "certificate read",
    "verify": "certificate: signature verified, nothing else",
    "parse_and_verify": "certificate read and verified",
    "sign": "certificate: signed, nothing else",
    "build_and_sign": "certificate built and signed",
    "build": "certificate encoded by asn1crypto, not signed",
}
CASES = [(operation, peer) for operation in OPERATIONS for peer in PEERS if hasattr(peer, operation)]


@pytest.mark.parametrize(("operation", "peer"), CASES, ids=[f"{o}-{p.name}" for o, p in CASES])
def test_certificate(benchmark: Any, operation: str, peer: Any) -> None:
    call = getattr(peer, operation)
    call()  # keys and certificates are made before the clock starts
    benchmark.group = OPERATIONS[operation]
    benchmark.extra_info["implementation"] = peer.name
    benchmark.extra_info["data_len"] = 0
    benchmark.extra_info["job"] = operation
    benchmark(call)


def test_all_read_the_same() -> None:
    """The jobs are the same ones: what gmpki built, each peer reads, and the other way round."""
    ours = [peer for peer in PEERS if isinstance(peer, certificate_peers.Gmpki)]
    for peer in PEERS:
        if hasattr(peer, "build_and_sign"):
            found = certificate_peers.Certificate.from_der(peer.build_and_sign())
            assert len(found.extensions) == 6
        if hasattr(peer, "build"):
            assert len(certificate_peers.Certificate.from_der(peer.build()).extensions) == 6
    assert len(ours) == 2
