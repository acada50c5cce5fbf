"""A path of three certificates validated with two revocation lists, from their bytes on."""

from __future__ import annotations

from typing import Any

import pytest

from certificate_peers import PEERS

VALIDATORS = [peer for peer in PEERS if hasattr(peer, "path")]


@pytest.mark.parametrize("peer", VALIDATORS, ids=[peer.name for peer in VALIDATORS])
def test_path(benchmark: Any, peer: Any) -> None:
    assert peer.path() is not None
    benchmark.group = "path of three with revocation lists"
    benchmark.extra_info["implementation"] = peer.name
    benchmark.extra_info["data_len"] = 0
    benchmark(peer.path)
