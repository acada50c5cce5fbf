"""Run every field kernel against the portable code on the same operands, 10^8 times in each of its operations.

Usage: ``python run_differential.py [--count N]``. The unit tests do a small part of it at each run.
"""

from __future__ import annotations

import argparse
import re
import sys

from building import ROOT, attempt, build, configure

COUNT = 100_000_000
SUMMARY = re.compile(r"^(\d+) kernels, (\d+) operations each time, (\d+) differences$", re.MULTILINE)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="field kernels against the portable code")
    parser.add_argument("--count", type=int, default=COUNT, help="operations of each kind")
    count = parser.parse_args(arguments).count
    build_dir = ROOT / "build" / "differential"
    configure(build_dir, {"GMPKI_TESTS": "ON"})
    build(build_dir, "sm2_differential_test")
    result = attempt([str(build_dir / "native" / "tests" / "sm2_differential_test"), str(count)])
    print(result.stdout, end="")
    summary = SUMMARY.search(result.stdout)
    kernels, done, differences = (int(text) for text in summary.groups()) if summary else (0, 0, -1)
    print(f"differential: {done} operations per kernel, {differences} differences, {kernels} kernels")
    return 0 if result.returncode == 0 and differences == 0 and kernels > 0 else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
