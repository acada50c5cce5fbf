"""Build bench_core, run it, read what it prints; count instructions with callgrind."""

from __future__ import annotations

import json
import os
import platform
import re
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "native" / "tools")]

from bench_results import C, Measurement, Run  # noqa: E402
from building import attempt, build, configure, tool  # noqa: E402

FOLDER = ROOT / "build" / "bench"
PARTS = re.compile(r"^summary: (\d+)$", re.MULTILINE)


def built(*, counting: bool = False) -> Path:
    """Build the harness and return it; for counting, with the processor's features as valgrind can decode them."""
    folder = FOLDER / ("core-counting" if counting else "core")
    options = {"GMPKI_BENCH": "ON", "GMPKI_BENCH_COUNTING": "ON" if counting else "OFF"}
    configure(folder, options)
    build(folder, "bench_core")
    return folder / "native" / "bench" / "bench_core"


def processor() -> str:
    """Return the processor's own name, and where it does not say one its kind."""
    with open("/proc/cpuinfo", encoding="utf-8") if Path("/proc/cpuinfo").exists() else open(os.devnull) as file:
        found = re.search(r"^model name\s*: (.+)$", file.read(), re.MULTILINE)
    return found[1].strip() if found else platform.processor() or platform.machine()


def measure(program: Path, *, budget_ms: int = 100, only: Sequence[str] = (), arguments: Sequence[str] = ()) -> Run:
    """Run the harness on one processor, and return what it measured and what failed."""
    pinned = ["--cpu", str(max(os.sched_getaffinity(0)))] if hasattr(os, "sched_getaffinity") else []
    names = [word for name in only for word in ("--only", name)]
    result = attempt([str(program), "--json", "--budget-ms", str(budget_ms), *pinned, *names, *arguments])
    run = Run()
    for line in result.stdout.splitlines():
        if not line.startswith("{"):
            run.absent.append(line.strip())
            continue
        entry = json.loads(line)
        if "unit" in entry:
            run.versions = {name: entry.pop(name) for name in ("openssl", "libgcrypt", "gmpki") if entry[name]}
            run.machine = {"processor": processor(), "system": platform.system(), "cores": os.cpu_count(), **entry}
            missing = [name for name in ("openssl", "libgcrypt") if name in entry]
            run.absent += [f"{name}'s headers are not here: it was not measured from C" for name in missing]
        else:
            entry.pop("items")
            run.measurements.append(Measurement(C, **entry))
    return run


def measure_often(program: Path, *, passes: int, budget_ms: int) -> Run:
    """Measure everything several times over, and keep the least figures."""
    run = measure(program, budget_ms=budget_ms)
    for _ in range(passes - 1):
        run.merge(measure(program, budget_ms=budget_ms))
    return run


def counts(program: Path, only: Sequence[str]) -> dict[str, int]:
    """Return how many instructions each operation of ours takes on each backend that valgrind can run.

    Empty where there is no valgrind. The name is ``operation backend``.
    """
    valgrind = tool("valgrind")
    if valgrind is None:
        return {}
    names = [word for name in only for word in ("--only", name)]
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "counts"
        options = ["--tool=callgrind", "--toggle-collect=bench_call", "--dump-after=bench_call"]
        command = [valgrind, *options, f"--callgrind-out-file={out}", str(program), "--once", "--ours", *names]
        result = attempt(command)
        done = re.findall(r"^([a-z]\w+) ([\w-]+) (\d+)$", result.stdout, re.MULTILINE)
        dumps = [Path(f"{out}.{number}") for number in range(1, len(done) + 1)]
        if result.returncode != 0 or not all(dump.exists() for dump in dumps):
            print(result.stdout)
            raise SystemExit("bench-check: callgrind could not count")
        found = {}
        for (operation, backend, items), dump in zip(done, dumps, strict=True):
            summary = PARTS.search(dump.read_text(encoding="utf-8", errors="replace"))
            if summary is not None:
                found[f"{operation} {backend}"] = int(summary[1]) // int(items)
        return found
