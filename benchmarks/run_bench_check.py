"""Name what has become slower than benchmarks/baseline.json says: ``make bench-check``.

Two comparisons, each with room of a tenth:

- the time of each operation of ours on each backend, as a ratio to another library's measured in the same run: what
  the machine does to both cancels out. What seems slower is measured again, up to three times, and counts only when it
  stays so. On another processor than the baseline's these are said and do not fail.
- how many instructions it executes, under callgrind, on the backends that valgrind can run: the same in every run. With
  another compiler than the baseline's these are said and do not fail.

Usage: ``python run_bench_check.py [--save]``; ``--save`` measures and stores the baseline.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import native_bench
from bench_results import PART, SCALE, C, Measurement, Run
from native_bench import ROOT

sys.path[:0] = [str(ROOT / "native" / "tools")]

from figures import Figures  # noqa: E402

BASELINE = Path(__file__).with_name("baseline.json")
ROOM = 1.10
ATTEMPTS = 3
FAMILIES = ("sm2", "sm3", "sm4")

# Below, a tenth is a few dozen cycles, and where the linker puts a loop decides; instructions are counted all the same.
LEAST_LEN = 1024
LONGEST_LEN = 8192

# What stands in where no other library does the operation.
SUBSTITUTES = {
    "sm2": f"{SCALE}p256_verify openssl",
    "sm3": "sm3_8192 openssl",
    "sm4": "sm4_cbc_encrypt_8192 openssl",
}


def key(one: Measurement) -> str:
    return f"{one.operation} {one.backend}"


def comparable(one: Measurement) -> bool:
    """Tell whether the time of a measurement of ours says something in a comparison."""
    in_family = one.operation.startswith(FAMILIES)
    right_size = one.data_len == 0 or LEAST_LEN <= one.data_len <= LONGEST_LEN
    return one.is_ours and in_family and right_size


def times(run: Run) -> dict[str, float]:
    """Return the time for one item, of ours by operation and backend, of others by operation and library."""
    return {
        key(one) if one.is_ours else f"{one.operation} {one.implementation}": one.min
        for one in run.measurements
        if one.level == C
    }


def reference(run: Run, operation: str) -> str | None:
    """Return what an operation is held against: its fastest peer, or its family's substitute."""
    peer = run.best_peer(C, operation)
    if peer is not None:
        return f"{operation} {peer.implementation}"
    substitute = SUBSTITUTES[operation.split("_", maxsplit=1)[0]]
    return substitute if substitute in times(run) else None


def ratios(run: Run) -> dict[str, dict[str, Any]]:
    """Return the ratio of each measurement of ours to its reference."""
    measured, found = times(run), {}
    for one in run.measurements:
        against = reference(run, one.operation) if comparable(one) else None
        if against is not None:
            found[key(one)] = {"against": against, "ratio": round(one.min / measured[against], 4)}
    return found


def counted(program: Path) -> dict[str, int]:
    """Return the instruction counts; without the longest messages, which say nothing that shorter ones do not."""
    return {name: count for name, count in native_bench.counts(program, FAMILIES).items() if "1048576" not in name}


def save(run: Run, instructions: dict[str, int]) -> int:
    entry = {
        "machine": {name: run.machine[name] for name in ("processor", "compiler")},
        "versions": run.versions,
        "ratios": ratios(run),
        "instructions": instructions,
    }
    BASELINE.write_text(json.dumps(entry, indent=1) + "\n", encoding="utf-8")
    print(f"bench-check: saved {len(entry['ratios'])} ratios and {len(instructions)} instruction counts")
    return 0


def slower(run: Run, stored: dict[str, dict[str, Any]]) -> dict[str, float]:
    """Return which of the stored ratios are worse now by more than the room, with how many times as slow they are."""
    measured, found = times(run), {}
    for name, entry in stored.items():
        if name in measured and entry["against"] in measured:
            now = measured[name] / measured[entry["against"]] / entry["ratio"]
            if now > ROOM:
                found[name] = now
    return found


def confirmed(program: Path, run: Run, stored: dict[str, dict[str, Any]]) -> dict[str, float]:
    """Return what stays slower when it is measured again, with more time for each, up to three times."""
    worse = slower(run, stored)
    for attempt in range(ATTEMPTS):
        if not worse:
            break
        operations = {word.split(" ")[0] for name in worse for word in (name, stored[name]["against"])}
        run.merge(native_bench.measure(program, budget_ms=60 * (attempt + 1), only=sorted(operations)))
        worse = slower(run, stored)
    return worse


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--save", action="store_true", help="measure and store the baseline")
    options = parser.parse_args()
    figures = Figures("bench-check")

    program, counting = native_bench.built(), native_bench.built(counting=True)
    run = native_bench.measure_often(program, passes=4 if options.save else 2, budget_ms=40)
    run.measurements = [one for one in run.measurements if not one.operation.startswith(PART)]
    for line in run.absent:
        print(f"bench-check: {line}")
    instructions = counted(counting)
    if options.save:
        return save(run, instructions)

    baseline = json.loads(BASELINE.read_text(encoding="utf-8"))
    same_processor = baseline["machine"]["processor"] == run.machine["processor"]
    same_compiler = baseline["machine"]["compiler"] == run.machine["compiler"]
    said = 0

    def tell(what: str, counts: bool) -> None:
        nonlocal said
        said += 1
        if counts:
            figures.short(what)
        else:
            print(f"bench-check: only said: {what}")

    stored = baseline["ratios"]
    for name, factor in confirmed(program, run, stored).items():
        against = stored[name]["against"]
        tell(f"{name}: {factor:.2f} times as slow as the baseline, beside {against}", same_processor)
    held = [name for name, entry in stored.items() if {name, entry["against"]} <= times(run).keys()]
    here = {key(one) for one in run.measurements if one.is_ours}
    for name in sorted({name.split(" ")[0] for name in stored} - {name.split(" ")[0] for name in here}):
        tell(f"{name}: in the baseline, and not measured any more", counts=True)

    compared = 0
    for name, before in baseline["instructions"].items():
        if name not in instructions:
            continue
        compared += 1
        factor = instructions[name] / before
        if factor > ROOM:
            tell(f"{name}: {instructions[name]:,} instructions, {before:,} in the baseline", same_compiler)
    if not instructions:
        print("bench-check: no valgrind here: instructions were not counted")
    new = sorted(set(ratios(run)) - set(stored))
    if new:
        print(f"bench-check: {len(new)} not in the baseline: {', '.join(new[:8])}{' ...' if len(new) > 8 else ''}")
    return figures.finish(
        f"{len(held)} of {len(stored)} ratios and {compared} of {len(baseline['instructions'])} instruction counts "
        f"compared, {said} more than {ROOM - 1:.0%} worse, {len(figures.shortfalls)} of them regressions"
    )


if __name__ == "__main__":
    raise SystemExit(main())
