"""Run the matrix of what gmpki makes and reads, from certificates to time-stamps, with other software.

Usage: ``python tests/interop/run_interop.py [--peer NAME] [--algorithm NAME]``. Every cell is run; what a peer cannot
do is listed in ``cannot.toml``. A peer that the machine does not have makes the run fall short.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "native" / "tools")]

from figures import Figures  # noqa: E402
from interop.jobs import JOBS, algorithms_of  # noqa: E402
from interop.matrix import PEERS, Matrix, Outcome, cells  # noqa: E402
from interop.our_messages import Ours  # noqa: E402
from interop.scenario import ALGORITHMS  # noqa: E402


def row(matrix: Matrix, job: str, algorithm: str, peers: list[str], counts: Counter[Outcome]) -> str:
    """Run one row of the matrix; return it as a line, with what failed below."""
    marks, notes = [], []
    for peer in peers:
        for cell in cells(peer=peer, algorithm=algorithm):
            if cell.job == job:
                outcome, said = matrix.run(cell)
                counts[outcome] += 1
                marks.append({Outcome.HOLDS: "ok", Outcome.CANNOT: "cannot", Outcome.FAILED: "FAILED"}[outcome])
                if outcome is Outcome.FAILED:
                    notes.append(f"\n  {cell}: {said}")
    return f"{job:17} {algorithm:13} {' '.join(f'{mark:>8}' for mark in marks)}{''.join(notes)}"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer", choices=PEERS)
    parser.add_argument("--algorithm", choices=ALGORITHMS)
    options = parser.parse_args(arguments)
    figures = Figures("interop")
    wanted = [options.peer] if options.peer else list(PEERS)
    absent = {name: PEERS[name].missing() for name in wanted if PEERS[name].missing()}
    for reason in absent.values():
        figures.skip(reason)
    peers = [name for name in wanted if name not in absent]
    counts: Counter[Outcome] = Counter()
    print(f"{'':31} {' '.join(f'{name:>17}' for name in peers)}")
    print(f"{'':31} {' '.join(f'{way:>8}' for _ in peers for way in ('ours', 'theirs'))}")
    with tempfile.TemporaryDirectory() as directory:
        matrix = Matrix(Ours(), Path(directory))
        try:
            for job in JOBS:
                for algorithm in algorithms_of(job):
                    if options.algorithm not in (None, algorithm):
                        continue
                    print(row(matrix, job, algorithm, peers, counts), flush=True)
        finally:
            matrix.close()
    failed, cannot = counts[Outcome.FAILED], counts[Outcome.CANNOT]
    if failed:
        figures.short(f"{failed} cells failed")
    if not (options.peer or options.algorithm):
        figures.count("cells", counts[Outcome.HOLDS])
    return figures.finish(f"{counts.total()} cells run, {failed} failed, {cannot} cannot (listed)")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
