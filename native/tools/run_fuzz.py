"""Run the fuzz targets of native/tests/fuzz with libFuzzer, under ASan and UBSan.

Usage: ``python run_fuzz.py [--seconds N]``: N seconds in all, shared evenly.
"""

from __future__ import annotations

import argparse
import re
import sys

from building import ROOT, attempt, build, clang, configure
from figures import Figures

_RUNS = re.compile(r"Done (\d+) runs|stat::number_of_executed_units: (\d+)")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60)
    seconds = parser.parse_args(arguments).seconds
    figures = Figures("fuzz")
    build_dir = ROOT / "build" / "fuzz"
    options = {"GMPKI_FUZZ": "ON", "GMPKI_SANITIZE": "address,undefined", "CMAKE_C_COMPILER": clang()}
    configure(build_dir, {**options, "CMAKE_C_FLAGS_RELEASE": "-O1"})
    build(build_dir)
    sources = sorted((ROOT / "native" / "tests" / "fuzz").glob("fuzz_*.c"))  # a build may still hold one that is gone
    targets = [build_dir / "native" / "tests" / source.stem for source in sources]
    total = 0
    for target in targets:
        corpus = build_dir / "corpus" / target.name
        corpus.mkdir(parents=True, exist_ok=True)
        share = max(1, seconds // len(targets))
        command = [str(target), f"-max_total_time={share}", "-print_final_stats=1", "-timeout=20", str(corpus)]
        result = attempt(command, cwd=build_dir)
        match = _RUNS.search(result.stdout)
        runs = int(match.group(1) or match.group(2)) if match else 0
        total += runs
        print(f"fuzz: {target.name}: {runs} runs in {share} s", flush=True)
        if result.returncode != 0 or runs == 0:
            print(result.stdout)
            figures.short(f"{target.name} ended with {result.returncode} after {runs} runs")
    figures.count("targets", len(targets))
    return figures.finish(f"{len(targets)} targets, {total} runs, {len(figures.shortfalls)} findings")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
