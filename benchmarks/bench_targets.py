"""The targets of targets.toml beside what a run measured: reached or not, by how much, with which kernel."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench_results import C, Measurement, Run

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

TARGETS = Path(__file__).with_name("targets.toml")
ONE, TWO = "1 thread", "2 threads"  # the backends under which test_threads.py notes its two figures

REFERENCE = "SHA-256 1 MiB of hashlib"  # what two threads gain on this machine where nothing of ours is in the way


@dataclass(frozen=True)
class Outcome:
    """A target and what became of it."""

    name: str
    name_zh: str
    limit: str
    figure: str  # "not measured" where it was not
    reached: bool
    ratio: str  # to the best peer of the same operation in the same run
    kernel: str
    elsewhere: str

    @property
    def verdict(self) -> str:
        return "reached" if self.reached else "not measured" if self.figure == "not measured" else "NOT REACHED"


def _cycles(run: Run, target: dict[str, Any], ours: Measurement) -> tuple[float, str, str]:
    """Return the figure in cycles, the figure and the limit as texts."""
    figure = ours.min if ours.level == C else ours.min * run.ticks_per_second
    if beside := target.get("beside"):
        cost = run.best_ours(C, beside)
        figure -= cost.min if cost is not None else 0
    if target.get("per_byte"):
        figure /= ours.data_len
        return figure, f"{figure:.3f} c/B", f"{target['at_most']:.2f} c/B"
    return figure, f"{figure:,.0f}", f"{target['at_most']:,}"


def _rate(target: dict[str, Any], ours: Measurement) -> tuple[float, str, str]:
    least = target["at_least"]
    if target.get("rate") == "bytes":
        figure = ours.data_len / ours.min
        return figure, f"{figure / 1e9:.2f} GB/s", f"{least / 1e9:.1f} GB/s"
    return 1 / ours.min, f"{1 / ours.min:,.0f} /s", f"{least:,} /s"


def judge(run: Run, target: dict[str, Any]) -> Outcome:
    """Hold one target against the run."""
    level, operation = target["level"], target["operation"]
    names = target["name"], target.get("name_zh", target["name"])
    elsewhere = target.get("elsewhere", "")
    if "speedup" in target:
        one, two = (run.best_ours(level, operation, [backend]) for backend in (ONE, TWO))
        limit = f"{target['speedup']} x"
        if one is None or two is None:
            return Outcome(*names, limit, "not measured", False, "", "", elsewhere)
        gain = one.min / two.min
        others = {measured.backend: measured.min for measured in run.of(level, f"two threads: {REFERENCE}")}
        beside = f"hashlib gains {others[ONE] / others[TWO]:.2f} x" if others.keys() >= {ONE, TWO} else ""
        return Outcome(*names, limit, f"{gain:.2f} x", gain >= target["speedup"], beside, "", elsewhere)
    ours, peer = run.best_ours(level, operation, target.get("backends", ())), run.best_peer(level, operation)
    at_most = "at_most" in target
    if ours is None:
        limit = f"{target['at_most']:,}" if at_most else f"{target['at_least']:,} /s"
        return Outcome(*names, limit, "not measured", False, "", "", elsewhere)
    figure, text, limit = _cycles(run, target, ours) if at_most else _rate(target, ours)
    reached = figure <= target["at_most"] if at_most else figure >= target["at_least"]
    ratio = f"{peer.min / ours.min:.2f} x {peer.implementation}" if peer is not None else ""
    return Outcome(*names, limit, text, reached, ratio, ours.backend, elsewhere)


def outcomes(run: Run) -> list[Outcome]:
    """Judge every target."""
    return [judge(run, target) for target in tomllib.loads(TARGETS.read_text(encoding="utf-8"))["target"]]


def table(found: list[Outcome]) -> list[str]:
    """Return the lines of the table."""
    columns = "  {:42} {:>12} {:>12}  {:12} {:24} {:14} {}"
    head = columns.format("target", "limit", "here", "", "to the best peer", "kernel", "others, elsewhere")
    rows = [
        columns.format(one.name, one.limit, one.figure, one.verdict, one.ratio, one.kernel, one.elsewhere)
        for one in found
    ]
    return [head, *(row.rstrip() for row in rows)]
