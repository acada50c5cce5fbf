"""Fuzz the parsers written in Python, with coverage, and prove with a planted bug that bugs are found.

Usage: ``python tests/fuzz/run_fuzz.py [--seconds N] [--target NAME]``: N seconds in all, shared evenly. Inputs that
reached something new are kept in ``build/fuzz-python`` for the next run; a finding is left beside them.
"""

from __future__ import annotations

import argparse
import importlib.util
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "native" / "tools")]

from building import attempt  # noqa: E402
from figures import Figures  # noqa: E402

NAMES = (
    "certificate",
    "request",
    "crl",
    "ocsp_request",
    "ocsp_response",
    "name",
    "extension",
    "path",
    "delivery",
    "profile",
    "issuing",
    "ber",
    "signed_message",
    "envelope",
    "stream",
    "key_store",
    "timestamp",
    "evidence",
    "protected",
    "log",
    "manifest",
    "seal",
    "seal_signature",
    "archive",
    "package",
    "pdf",
    "sealed_file",
    "two_phase",
    "picture",
    "scan",
    "seal_journal",
    "token_uri",
    "driver_profile",
    "card_answer",
    "driver_message",
    "key_message",
    "order",
    "order_content",
    "share",
    "backup",
    "batch",
    "settings",
    "conformance_report",
    "conformance_journal",
    "pin_file",
    "child_message",
)
AT_ONCE = 2  # most of a short run is the start of its process
PLANTED = "planted"
PLANTED_S = 60  # it takes a few seconds; a loaded machine takes longer
BUILD = ROOT / "build" / "fuzz-python"

_RUNS = re.compile(r"stat::number_of_executed_units: (\d+)|Done (\d+) ")


def fuzz(target: str, seconds: int) -> tuple[int, int, str]:
    """Run one target; return the exit code, the executions and the output."""
    corpus = BUILD / target
    corpus.mkdir(parents=True, exist_ok=True)
    program = Path(__file__).resolve().parent / "run_one.py"
    command = [sys.executable, "-B", str(program), target, str(seconds), str(corpus)]
    result = attempt(command, cwd=BUILD)
    counts = [int(first or second) for first, second in _RUNS.findall(result.stdout)]
    return result.returncode, max(counts, default=0), result.stdout


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--target", choices=NAMES)
    options = parser.parse_args(arguments)
    figures = Figures("fuzz-python")
    if importlib.util.find_spec("atheris") is None:
        figures.skip("atheris not installed: it has no wheel for this Python or processor")
        return figures.finish("0 targets, 0 executions, 0 crashes, no planted bug")
    targets = [options.target] if options.target else list(NAMES)
    share = max(1, options.seconds // len(targets))
    executions = crashes = 0
    with ThreadPoolExecutor(AT_ONCE) as pool:
        results = list(pool.map(lambda target: fuzz(target, share), targets))
    for target, (code, count, output) in zip(targets, results, strict=True):
        executions += count
        print(f"fuzz-python: {target}: {count} executions in {share} s", flush=True)
        if code != 0 or count == 0:
            crashes += 1
            print(output[-6000:])
            figures.short(f"{target} ended with {code} after {count} executions")
    code, count, output = fuzz(PLANTED, PLANTED_S)
    found = code != 0 and "KeyError: 'planted'" in output
    print(f"fuzz-python: {PLANTED}: found after {count} executions" if found else output[-6000:], flush=True)
    if not found:
        figures.short("the planted bug was not found")
    if options.target is None:
        figures.count("targets", len(targets))
    proof = "planted bug found" if found else "planted bug NOT found"
    return figures.finish(f"{len(targets)} targets, {executions} executions, {crashes} crashes, {proof}")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
