"""Run one target under atheris, until the time is over or something is found.

Usage: ``python run_one.py TARGET SECONDS CORPUS``; a file in the place of SECONDS is run once, to look at a finding.
"""

from __future__ import annotations

import os
import random
import sys
from pathlib import Path

import atheris

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "native" / "tools")]

PARTS = ("fuzz.targets", "fuzz.message_targets", "fuzz.seal_targets", "fuzz.conformance_targets")
with atheris.instrument_imports(include=["gmpki", *PARTS]):
    from fuzz import all_seeds, mutation, targets

# Names in text, and what is no DER, have no elements to change.
UNSTRUCTURED = {
    *("name", "protected", "log", "archive", "pdf", "picture", "scan", "seal_journal"),
    *("conformance_report", "conformance_journal", "pin_file", "child_message"),
}


def main(arguments: list[str]) -> None:
    target, seconds, corpus = arguments
    if Path(seconds).is_file():
        targets.one_input(target, Path(seconds).read_bytes())
        return
    folder = Path(os.environ.get("GMPKI_TEST_DATA", ROOT.parent / "shared" / "data"))
    given = all_seeds.seeds_of(target, folder)
    for number, data in enumerate(given):
        (Path(corpus) / f"seed-{number}").write_bytes(data)

    def mutate(data: bytes, max_size: int, seed: int) -> bytes:
        rng = random.Random(seed)
        if target not in UNSTRUCTURED and rng.random() < 0.85:
            # Most of what is kept for its coverage is broken early; the seeds are what reaches the end.
            base = rng.choice(given) if rng.random() < 0.5 else data
            made = mutation.mutate(base, rng.choice(given), rng, max_size)
            if made is not None:
                return made
        return bytes(atheris.Mutate(data, max_size))

    max_len = max(targets.MAX_LEN, *map(len, given))
    options = [f"-max_total_time={seconds}", f"-max_len={max_len}", "-timeout=60", "-print_final_stats=1"]
    options += [f"-artifact_prefix={corpus}-", "-rss_limit_mb=2048"]
    one_input = atheris.instrument_func(lambda data: targets.one_input(target, data))
    atheris.Setup([sys.argv[0], *options, corpus], one_input, custom_mutator=mutate)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1:])
