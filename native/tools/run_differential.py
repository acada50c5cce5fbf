"""Run every field kernel against the portable code on the same operands, 10^8 times in each of its operations.

Usage: ``python run_differential.py [--count N]``. The unit tests do a small part of it at each run. The field of the
lanes, which has another form, is compared by a program of its own, in millions.
"""

from __future__ import annotations

import argparse
import re
import sys

from building import ROOT, attempt, build, configure

COUNT = 100_000_000
MILLION = 1_000_000
LANES = re.compile(r"^(\d+) operations of each kind$", re.MULTILINE)
SUMMARY = re.compile(r"^(\d+) kernels, (\d+) operations each time, (\d+) differences$", re.MULTILINE)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="field kernels against the portable code")
    parser.add_argument("--count", type=int, default=COUNT, help="operations of each kind")
    count = parser.parse_args(arguments).count
    build_dir = ROOT / "build" / "differential"
    configure(build_dir, {"GMPKI_TESTS": "ON"})
    build(build_dir, "sm2_differential_test", "sm2_lanes_test")
    programs = build_dir / "native" / "tests"
    result = attempt([str(programs / "sm2_differential_test"), str(count)])
    print(result.stdout, end="", flush=True)
    lanes = attempt([str(programs / "sm2_lanes_test"), str(-(-count // MILLION))])
    print(lanes.stdout, end="")
    summary = SUMMARY.search(result.stdout)
    kernels, done, differences = (int(text) for text in summary.groups()) if summary else (0, 0, -1)
    on_lanes = LANES.search(lanes.stdout)
    kernels += on_lanes is not None
    done = min(done, int(on_lanes.group(1))) if on_lanes else done
    good = result.returncode == 0 and lanes.returncode == 0 and differences == 0 and kernels > 0
    verdict = f"{differences} differences" if lanes.returncode == 0 else "differences on the lanes"
    print(f"differential: {done} operations per kernel, {verdict}, {kernels} kernels")
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
