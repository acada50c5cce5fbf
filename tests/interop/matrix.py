"""The matrix: every job and algorithm, with every peer, in both directions.

What a peer cannot do stands in ``cannot.toml`` with its own message; those cells are run too, so that the table stays
true.
"""

from __future__ import annotations

import fnmatch
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Literal

import figures
from interop import bouncy_castle, openssl_peer
from interop.bouncy_castle_messages import BouncyCastle
from interop.checking import Wrong
from interop.cryptography_messages import Cryptography
from interop.jobs import JOBS, algorithms_of
from interop.openssl_messages import OpenSSLPeer
from interop.scenario import ALGORITHMS, Algorithm, Hierarchy, Peer, Refused
from interop.tongsuo_peer import Tongsuopy

__all__ = ["CANNOT", "PEERS", "Cell", "Matrix", "Outcome", "cells"]

Direction = Literal["we make", "they make"]

CANNOT: list[dict[str, Any]] = figures.tomllib.loads(
    (Path(__file__).resolve().parent / "cannot.toml").read_text(encoding="utf-8")
)["cannot"]


@dataclass(frozen=True)
class PeerProgram:
    """How to start a peer in a directory, and why it may be missing ("" when it is there)."""

    start: Callable[[Path], Peer]
    missing: Callable[[], str] = lambda: ""


PEERS = {
    "bouncy-castle": PeerProgram(lambda _: BouncyCastle(), bouncy_castle.missing),
    "openssl": PeerProgram(OpenSSLPeer, openssl_peer.missing),
    "tongsuopy": PeerProgram(lambda _: Tongsuopy()),
    "cryptography": PeerProgram(lambda _: Cryptography()),
}


@dataclass(frozen=True)
class Cell:
    """One job, one algorithm, one peer, one direction."""

    job: str
    algorithm: Algorithm
    peer: str
    direction: Direction

    def __str__(self) -> str:
        return f"{self.job}, {self.algorithm}, {self.peer}, {self.direction}"

    @property
    def entries(self) -> list[dict[str, Any]]:
        """The entries of cannot.toml for this cell."""
        return [
            entry
            for entry in CANNOT
            if entry["peer"] == self.peer
            and entry["direction"] in (self.direction, "*")
            and any(fnmatch.fnmatchcase(self.job, pattern) for pattern in entry["job"])
            and any(fnmatch.fnmatchcase(self.algorithm, pattern) for pattern in entry["algorithm"])
        ]


def cells(*, peer: str = "*", algorithm: str = "*", direction: str = "*") -> Iterator[Cell]:
    """Give the cells of the matrix, or a part of them."""
    directions: tuple[Direction, ...] = ("we make", "they make")
    for one, each, way, job in itertools.product(PEERS, ALGORITHMS, directions, JOBS):
        wanted = peer in (one, "*") and algorithm in (each, "*") and direction in (way, "*")
        if wanted and each in algorithms_of(job):
            yield Cell(job, each, one, way)


class Outcome(Enum):
    """What came of a cell."""

    HOLDS = "holds"
    CANNOT = "cannot (listed)"
    FAILED = "FAILED"


class Matrix:
    """Runs cells; what was made is kept for later cells. A context: one thread at a time."""

    def __init__(self, ours: Peer, directory: Path) -> None:
        self._ours = ours
        self._directory = directory
        self._peers: dict[str, Peer] = {}
        self._made: dict[tuple[str, Algorithm], Hierarchy] = {}
        self._keys: dict[tuple[str, str], dict[str, bytes]] = {}

    def close(self) -> None:
        """End the programs that were started."""
        for peer in self._peers.values():
            if isinstance(peer, bouncy_castle.BouncyCastle):
                peer.close()

    def _peer(self, name: str) -> Peer:
        if name not in self._peers:
            directory = self._directory / name
            directory.mkdir()
            self._peers[name] = PEERS[name].start(directory)
        return self._peers[name]

    def _hierarchy(self, maker: Peer, algorithm: Algorithm) -> Hierarchy:
        key = (maker.name, algorithm)
        if key not in self._made:
            # Keys of RSA take long to make; "rsa" and "rsa-pss" have the same ones.
            keys = self._keys.setdefault((maker.name, algorithm.partition("-")[0]), {})
            self._made[key] = Hierarchy(maker, algorithm, keys)
        return self._made[key]

    def run(self, cell: Cell) -> tuple[Outcome, str]:
        """Run a cell; return what came of it, and what was said where it does not hold."""
        peer = self._peer(cell.peer)
        maker, checker = (self._ours, peer) if cell.direction == "we make" else (peer, self._ours)
        listed = cell.entries
        if len(listed) > 1:
            return Outcome.FAILED, "cannot.toml has more than one entry for it"
        try:
            JOBS[cell.job](self._hierarchy(maker, cell.algorithm), checker)
        except Wrong as error:
            return Outcome.FAILED, str(error)
        except Refused as error:
            if error.ours:
                return Outcome.FAILED, f"gmpki: {error}"
            if not listed:
                return Outcome.FAILED, f"{cell.peer}: {error}"
            if listed[0]["message"] not in str(error):
                return Outcome.FAILED, f'{cell.peer} says something else than "{listed[0]["message"]}": {error}'
            return Outcome.CANNOT, str(error)
        except Exception as error:  # noqa: BLE001 - whatever else is raised is a failure of this cell alone
            return Outcome.FAILED, f"{type(error).__name__}: {error}"
        return (Outcome.FAILED, "listed as impossible, but it holds") if listed else (Outcome.HOLDS, "")
