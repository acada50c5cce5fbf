"""Print a table from a pytest-benchmark JSON file: each operation, each implementation, the ratio to the best peer.

Run: ``python benchmarks/report.py build/bench/suites.json``, which ``make bench`` does. Times are the minimum over all
rounds, the figure least disturbed by other load on the machine.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

# A job with certificates or messages, its bare signature, and what asn1crypto does of it.
WITH_SIGNATURES = (
    ("parse_and_verify", "verify", "parse"),
    ("build_and_sign", "sign", "build"),
    ("message_verify", "message_bare_verify", "message_judge"),
    ("message_sign", "message_bare_sign", "message_build"),
)


@dataclass(frozen=True)
class Row:
    """One implementation of one operation."""

    implementation: str
    best_s: float
    data_len: int

    @property
    def is_ours(self) -> bool:
        return self.implementation.startswith("gmpki")

    def rate(self) -> str:
        """The time per call, and the rate in MB/s where data was processed."""
        per_call = f"{self.best_s * 1e6:12.2f} us {1 / self.best_s:12,.0f} /s"
        return f"{per_call} {self.data_len / self.best_s / 1e6:10,.1f} MB/s" if self.data_len else per_call


def read(path: Path) -> dict[str, list[Row]]:
    """Group the measurements of a file by operation."""
    operations: dict[str, list[Row]] = defaultdict(list)
    for entry in json.loads(path.read_text())["benchmarks"]:
        info = entry["extra_info"]
        best_s = entry["stats"]["min"] / info.get("items", 1)
        operations[entry["group"]].append(Row(info["implementation"], best_s, info["data_len"]))
    return dict(operations)


def ratio(row: Row, rows: list[Row]) -> str:
    """How many times as fast as the fastest peer, for rows of gmpki."""
    peers = [other.best_s for other in rows if not other.is_ours]
    return f"{min(peers) / row.best_s:8.2f} x best peer" if row.is_ours and peers else ""


def beside_cryptography(path: Path) -> list[str]:
    """Return what jobs with seals cost beside their cryptography, and how many times that the whole takes."""
    best: dict[tuple[str, str], float] = {}
    for entry in json.loads(path.read_text())["benchmarks"]:
        info = entry["extra_info"]
        best[info.get("job", ""), info["implementation"]] = entry["stats"]["min"]
    lines = []
    for (job, name), whole in best.items():
        bare = best.get((job.replace("seals_", "seals_bare_", 1), name))
        if job.startswith("seals_") and bare is not None:
            share = 1 - bare / whole
            figures = f"{whole * 1e3:10.3f} ms, {whole / bare:5.2f} times the cryptography, {share:4.0%} beside it"
            lines.append(f"  {job.removeprefix('seals_'):18} {name:14} {figures}")
    return lines


def without_signature(path: Path) -> list[str]:
    """Return what gmpki's jobs cost beside the signature, as parts of the same job in asn1crypto."""
    best: dict[tuple[str, str], float] = {}
    for entry in json.loads(path.read_text())["benchmarks"]:
        info = entry["extra_info"]
        best[info.get("job", ""), info["implementation"]] = entry["stats"]["min"]
    lines = []
    for whole, bare, encoding in WITH_SIGNATURES:
        reference = best.get((encoding, "asn1crypto"))
        for (job, name), seconds in best.items():
            if job == whole and name.startswith("gmpki") and reference is not None:
                rest = seconds - best[bare, name]
                lines.append(f"  {whole:18} {name:14} {rest * 1e6:10.2f} us, 1/{reference / rest:.1f} of asn1crypto")
    return lines


def main() -> None:
    operations = read(Path(sys.argv[1]))
    wins = compared = 0
    for operation, rows in operations.items():
        print(operation)
        for row in sorted(rows, key=lambda row: row.best_s):
            print(f"  {row.implementation:30} {row.rate():56} {ratio(row, rows)}".rstrip())
        ours = [row.best_s for row in rows if row.is_ours]
        peers = [row.best_s for row in rows if not row.is_ours]
        if ours and peers:
            compared += 1
            wins += min(ours) < min(peers)
    rest = without_signature(Path(sys.argv[1]))
    if rest:
        print("certificates and messages, without the bare signature", *rest, sep="\n")
    seals = beside_cryptography(Path(sys.argv[1]))
    if seals:
        print("seals and sealed documents", *seals, sep="\n")
    measured = sum(len(rows) for rows in operations.values())
    count = len(operations)
    print(f"from Python: {measured} measurements of {count} operations, faster than every peer in {wins} of {compared}")


if __name__ == "__main__":
    main()
