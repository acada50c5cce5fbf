"""What was measured in one run: the measurements, the machine, and what can be asked of them.

Measurements come from two levels: ``c`` in ticks of the processor's clock (cycles of the TSC, or nanoseconds where
there is none), ``python`` in seconds. Every figure is for one item: a batch of eight signatures counts as eight.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

OURS = "gmpki"
SCALE = "scale_"  # other algorithms, measured so that one can see what kind of machine this is
PART = "part_"  # what operations of ours are made of

C, PYTHON = "c", "python"

NAMES = {
    "keygen": "key generation with its pairwise check",
    "keygen_unchecked": "key generation",
    "sign": "sign",
    "sign_deterministic": "sign, deterministic",
    "verify": "verify",
    "verify_table": "verify, table of the key kept",
    "table_make": "table of a public key made",
    "ecdh": "ECDH",
    "private_key_load": "private key loaded",
    "public_key_load_65": "public key loaded",
    "public_key_load_33": "public key loaded, compressed",
}


def title(operation: str) -> str:
    """Say what an operation of the native harness is."""
    algorithm, _, rest = operation.partition("_")
    if algorithm == "sm2":
        if match := re.fullmatch(r"(\w+)_batch_(\d+)", rest):
            return f"SM2 {NAMES[match[1]]}, batch of {match[2]}"
        if match := re.fullmatch(r"(encrypt|decrypt)_(\d+)", rest):
            return f"SM2 {match[1]} {match[2]} B"
        return f"SM2 {NAMES.get(rest, rest)}"
    if algorithm in ("sm3", "sm4"):
        *words, size = rest.split("_")
        name = "-".join([algorithm, *(word for word in words if word not in ("encrypt", "decrypt", "batch"))]).upper()
        verb = "".join(f" {word}" for word in words if word in ("encrypt", "decrypt"))
        many = re.fullmatch(r"(\d+)x(\d+)", size)
        if operation == "sm4_key":
            return "SM4 key expansion"
        if words[:1] == ["pbkdf2"]:
            return f"PBKDF2-SM3, 100 rounds, {f'{size} at once' if 'batch' in words else f'{size} B'}"
        return f"{name}{verb} {f'{many[1]} x {many[2]} B' if many else f'{size} B'}"
    return operation.removeprefix(SCALE).removeprefix(PART).replace("_", " ")


@dataclass(frozen=True)
class Measurement:
    """One implementation of one operation: ticks or seconds for one item."""

    level: str
    operation: str
    implementation: str
    backend: str  # of ours; empty for others
    data_len: int  # bytes of each item, 0 where a rate says nothing
    min: float
    median: float
    samples: int

    @property
    def is_ours(self) -> bool:
        return self.implementation == OURS

    @property
    def name(self) -> str:
        return f"{self.implementation}[{self.backend}]" if self.backend else self.implementation


@dataclass
class Run:
    """Everything that one run measured."""

    machine: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    absent: list[str] = field(default_factory=list)
    measurements: list[Measurement] = field(default_factory=list)

    @property
    def ticks_per_second(self) -> float:
        return float(self.machine.get("ticks_per_second", 0))

    def operations(self, level: str) -> dict[str, list[Measurement]]:
        """Return the measurements of a level by operation, in the order in which they came."""
        found: dict[str, list[Measurement]] = {}
        for one in self.measurements:
            if one.level == level:
                found.setdefault(one.operation, []).append(one)
        return found

    def of(self, level: str, operation: str) -> list[Measurement]:
        return [one for one in self.measurements if (one.level, one.operation) == (level, operation)]

    def best_ours(self, level: str, operation: str, backends: Iterable[str] = ()) -> Measurement | None:
        """Return the fastest of ours, among these backends where any are named."""
        named = tuple(backends)
        ours = [one for one in self.of(level, operation) if one.is_ours and (not named or one.backend in named)]
        return min(ours, key=lambda one: one.min, default=None)

    def best_peer(self, level: str, operation: str) -> Measurement | None:
        peers = [one for one in self.of(level, operation) if not one.is_ours]
        return min(peers, key=lambda one: one.min, default=None)

    def compared(self) -> Iterator[tuple[Measurement, Measurement]]:
        """Give the fastest of ours and the fastest peer of every operation that both have."""
        for level in (C, PYTHON):
            for operation in self.operations(level):
                ours, peer = self.best_ours(level, operation), self.best_peer(level, operation)
                if ours is not None and peer is not None:
                    yield ours, peer

    def merge(self, other: Run) -> None:
        """Take the least figures of both: load that lasts a second disturbs one pass and not all."""
        known = {(one.level, one.operation, one.name): index for index, one in enumerate(self.measurements)}
        for one in other.measurements:
            index = known.get((one.level, one.operation, one.name))
            if index is None:
                self.measurements.append(one)
                continue
            before = self.measurements[index]
            least, median = min(before.min, one.min), min(before.median, one.median)
            samples = before.samples + one.samples
            self.measurements[index] = replace(before, min=least, median=median, samples=samples)

    def save(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Run:
        entry = json.loads(path.read_text(encoding="utf-8"))
        return cls(**{**entry, "measurements": [Measurement(**one) for one in entry["measurements"]]})


def shown(run: Run, one: Measurement) -> str:
    """Return a figure as its level counts: cycles or cycles a byte, or time with calls or bytes a second."""
    if one.level == C:
        unit = "cycles" if run.machine.get("unit", "").endswith("cycles") else "ns"
        if one.data_len:
            return f"{one.min / one.data_len:.3f} {'c' if unit == 'cycles' else unit}/B"
        return f"{one.min:,.0f} {unit}"
    if one.data_len >= 1024:
        return f"{one.data_len / one.min / 1e6:,.0f} MB/s"
    return f"{one.min * 1e6:,.2f} µs"


def markdown(run: Run) -> str:
    """Return the tables: operation, the best of ours, the best peer, their ratio, our kernel."""
    lines = [f"Processor: {run.machine.get('processor', 'unknown')}; {run.machine.get('compiler', '')}", ""]
    for level, heading in ((C, "From C"), (PYTHON, "From Python")):
        lines += [f"## {heading}", "", "| operation | ours | median | best peer | ratio | kernel |"]
        lines += ["|---|--:|--:|--:|--:|---|"]
        for operation, rows in run.operations(level).items():
            ours, peer = run.best_ours(level, operation), run.best_peer(level, operation)
            if ours is None:
                continue
            name = title(operation) if level == C else operation
            cells = [name, shown(run, ours), f"{ours.median / ours.min:.2f} x"]
            cells += [f"{shown(run, peer)} {peer.name}", f"{peer.min / ours.min:.2f}"] if peer else ["", ""]
            slower = [one for one in rows if one.is_ours and one is not ours and one.backend]
            others = "; ".join(f"{shown(run, one)} {one.backend}" for one in slower)
            kernel = ours.backend + (f" ({others})" if others else "")
            lines.append("| " + " | ".join([*cells, kernel]) + " |")
        lines.append("")
    scale = [one for operation, rows in run.operations(C).items() if operation.startswith(SCALE) for one in rows]
    lines += ["For scale, other algorithms on this machine:", ""]
    lines += [f"- {title(one.operation)}: {shown(run, one)} ({one.name})" for one in scale]
    return "\n".join(lines) + "\n"
