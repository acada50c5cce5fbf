"""A path of three certificates validated with two revocation lists, from their bytes on, and as a service does."""

from __future__ import annotations

from typing import Any

import pytest

from certificate_peers import PEERS

OPERATIONS = {
    "path": "path of three with revocation lists, all from bytes",
    "path_of_two": "path of three with revocation lists, anchor and lists kept",
}
CASES = [(operation, peer) for operation in OPERATIONS for peer in PEERS if hasattr(peer, operation)]


@pytest.mark.parametrize(("operation", "peer"), CASES, ids=[f"{o}-{p.name}" for o, p in CASES])
def test_path(benchmark: Any, operation: str, peer: Any) -> None:
    call = getattr(peer, operation)
    assert call() is not None
    benchmark.group = OPERATIONS[operation]
    benchmark.extra_info["implementation"] = peer.name
    benchmark.extra_info["data_len"] = 0
    benchmark(call)
