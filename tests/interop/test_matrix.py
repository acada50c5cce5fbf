"""Certificates, requests, revocation lists and OCSP messages, to and from other software, and what a peer cannot do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from interop.checking import Wrong
from interop.jobs import JOBS
from interop.matrix import CANNOT, PEERS, Cell, Matrix, Outcome, cells
from interop.our_messages import Ours
from interop.scenario import ALGORITHMS, Hierarchy, Refused


@pytest.fixture(scope="module")
def matrix(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Matrix]:
    """Give the matrix with peers that are started once."""
    made = Matrix(Ours(), tmp_path_factory.mktemp("interop"))
    yield made
    made.close()


@pytest.mark.once
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


# ---- the matrix itself: a cell fails where it should --------------------------------------------
EMPTY_ID = Cell("signature", "sm2-empty-id", "tongsuopy", "we make")


@pytest.mark.parametrize(
    ("cell", "table", "outcome", "said"),
    [
        (EMPTY_ID, CANNOT, Outcome.CANNOT, "ECDSA"),
        (EMPTY_ID, [], Outcome.FAILED, "tongsuopy: "),
        (EMPTY_ID, [{**EMPTY_ID.entries[0], "message": "no such message"}], Outcome.FAILED, "says something else"),
        (EMPTY_ID, [*EMPTY_ID.entries, *EMPTY_ID.entries], Outcome.FAILED, "more than one entry"),
        (Cell("key", "sm2", "tongsuopy", "we make"), [], Outcome.HOLDS, ""),
        (
            Cell("key", "sm2", "tongsuopy", "we make"),
            [{**EMPTY_ID.entries[0], "job": ["key"], "algorithm": ["sm2"]}],
            Outcome.FAILED,
            "but it holds",
        ),
    ],
    ids=["listed", "not listed", "another message", "listed twice", "holds", "holds though listed"],
)
def test_outcomes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cell: Cell, table: list[Any], outcome: Outcome, said: str
) -> None:
    monkeypatch.setattr("interop.matrix.CANNOT", table)
    found, text = Matrix(Ours(), tmp_path).run(cell)
    assert found is outcome
    assert said in text


@pytest.mark.once
@pytest.mark.parametrize("job", JOBS)
def test_damage_is_noticed(job: str) -> None:
    """A checker that accepts everything fails every job."""

    class Blind(Ours):
        def __getattribute__(self, name: str) -> Any:
            method = super().__getattribute__(name)
            if not name.startswith(("check_", "read_")):
                return method

            def accept(*arguments: Any) -> Any:
                try:
                    return method(*arguments)
                except Refused:
                    return None

            return accept

    with pytest.raises(Wrong):
        JOBS[job](Hierarchy(Ours(), "sm2"), Blind())
