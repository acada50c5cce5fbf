"""Run every driver at every real peer, both certificates on each path, and 10,000 signatures without growth.

Usage: ``python tests/tokens/run_tokens.py [--only WORD]``: only the checks whose driver or peer has the word in it.
Each operation prints OK or what was wrong. A peer that the machine does not have makes the run fall short, unless
tests/skips.toml lists the reason.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "native" / "tools")]

from figures import Figures  # noqa: E402
from gmpki.errors import GmpkiError  # noqa: E402
from tokens import driver_checks, foreign_programs, token_paths  # noqa: E402
from tokens.checks import Absent, Check, Group, Wrong  # noqa: E402
from tokens.growth import growth_of  # noqa: E402

SIGNATURES = 10_000

GROUPS: tuple[Group, ...] = (
    foreign_programs.pkcs11_tool,
    foreign_programs.p11tool,
    foreign_programs.python_pkcs11,
    driver_checks.softhsm,
    driver_checks.mock_drivers_of_every_layout,
    *driver_checks.PATH_CHECKS,
)


@contextlib.contextmanager
def folder_of_its_own() -> Iterator[Path]:
    """Give a folder where the software token's devices are; it is gone afterwards."""
    with tempfile.TemporaryDirectory() as name:
        os.environ["GMPKI_SOFTTOKEN_DIR"] = os.path.join(name, "tokens")
        os.mkdir(os.environ["GMPKI_SOFTTOKEN_DIR"])
        try:
            yield Path(name)
        finally:
            del os.environ["GMPKI_SOFTTOKEN_DIR"]


def run(check: Check, figures: Figures) -> bool:
    """Run a check and print its line; return whether it holds."""
    started = time.perf_counter()
    try:
        said = check.run() or ""
        verdict = "OK"
    except Exception as error:  # noqa: BLE001  whatever it was, the others are run
        said, verdict = f"{type(error).__name__}: {error}", "FAILED"
        figures.short(f"{check.driver}, {check.peer}, {check.operation}: {said}")
    elapsed_ms = (time.perf_counter() - started) * 1000
    print(f"{check.driver:15} {check.peer:28} {check.operation:24} {verdict:6} {elapsed_ms:8.0f} ms {said}".rstrip())
    sys.stdout.flush()
    return verdict == "OK"


def run_group(group: Group, wanted: str, figures: Figures) -> Counter[str]:
    """Run the checks of a group; return how many of each driver hold, and under "" how many were run."""
    counts: Counter[str] = Counter()
    with folder_of_its_own() as folder:
        try:
            for check in group(folder):
                if wanted in f"{check.driver} {check.peer}":
                    counts[""] += 1
                    counts[f"{check.driver} at {check.peer}"] += run(check, figures)
        except Absent as absent:
            figures.skip(str(absent))
        except (GmpkiError, Wrong) as error:  # before a check, or between two
            figures.short(f"{getattr(group, '__name__', group)}: {type(error).__name__}: {error}")
    return counts


def run_signatures(wanted: str, figures: Figures) -> int:
    """Sign many times on each path; return how many signatures were made where nothing grew."""
    made = 0
    for path in token_paths.PATHS:
        if wanted not in path.name:
            continue
        with folder_of_its_own(), contextlib.ExitStack() as stack:
            try:
                container = stack.enter_context(path.open()).container
            except Absent as absent:
                figures.skip(str(absent))
                continue
            container.generate()
            key = container.signing_key
            growth = growth_of(lambda key=key: key.sign(b"message"), SIGNATURES)  # type: ignore[misc]
            print(
                f"{path.name:44} signatures               {'OK' if growth.is_none else 'FAILED':6} {growth}", flush=True
            )
            if growth.is_none:
                made += growth.operations
            else:
                figures.short(f"{path.name}: {growth}")
    return made


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", metavar="WORD")
    options = parser.parse_args(arguments)
    figures = Figures("tokens")
    counts: Counter[str] = Counter()
    for group in GROUPS:
        counts += run_group(group, options.only, figures)
    signatures = run_signatures(options.only, figures)
    total = counts.pop("", 0)
    held = counts.total()
    print()
    for pair, number in counts.items():
        print(f"{number:4} {pair}")
    if not options.only:
        figures.count("operations", held)
        figures.count("pairs", len(counts))
        figures.count("signatures", signatures)
    pairs = f"{len(counts)} pairs of driver and peer"
    return figures.finish(f"{held} of {total} operations OK, {pairs}, {signatures} signatures without growth")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
