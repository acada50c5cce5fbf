"""Certificates, requests, revocation lists and OCSP messages, to and from other software, and what a peer cannot do."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from interop.matrix import CANNOT, PEERS, Matrix, Outcome, cells
from interop.ours import Ours
from interop.scenario import ALGORITHMS


@pytest.fixture(scope="module")
def matrix(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Matrix]:
    """Give the matrix with peers that are started once."""
    made = Matrix(Ours(), tmp_path_factory.mktemp("interop"))
    yield made
    made.close()


@pytest.mark.parametrize("direction", ["we make", "they make"])
@pytest.mark.parametrize("peer", PEERS)
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_cells(matrix: Matrix, algorithm: str, peer: str, direction: str) -> None:
    reason = PEERS[peer].missing()
    if reason:
        pytest.skip(reason)
    found = {str(cell): matrix.run(cell) for cell in cells(peer=peer, algorithm=algorithm, direction=direction)}
    assert {cell: said for cell, (outcome, said) in found.items() if outcome is Outcome.FAILED} == {}


def test_each_entry_is_of_some_cell_and_says_why() -> None:
    used = [id(entry) for cell in cells() for entry in cell.entries]
    assert [entry for entry in CANNOT if id(entry) not in used] == []
    for entry in CANNOT:
        assert set(entry) == {"peer", "job", "algorithm", "direction", "message", "why"}
        assert len(entry["message"]) > 10
        assert len(entry["why"]) > 20


def test_no_cell_has_two_entries() -> None:
    assert [str(cell) for cell in cells() if len(cell.entries) > 1] == []
