"""Judge the outside certificates, requests, revocation lists, messages and seals; print what is quirky about each.

Usage: ``python tests/objects/run_objects.py``. The folder is ``GMPKI_TEST_DATA``, else the one beside the project.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "native" / "tools")]

from conftest import outside_data  # noqa: E402
from figures import Figures  # noqa: E402
from objects.judge import Collection, read_index  # noqa: E402
from objects.judgement import Judgement  # noqa: E402


def line(name: str, judgement: Judgement) -> str:
    """Return what is said about one object."""
    mode = "strict " if judgement.strict else "lenient"
    quirks = "; ".join((*map(str, judgement.quirks), *judgement.variants))
    return f"{name:30} {mode} {judgement.verdict}{f' [{quirks}]' if quirks else ''}"


def main() -> int:
    figures = Figures("objects")
    folder = outside_data()
    if not (folder / "INDEX.tsv").is_file():
        figures.skip("outside test data: folder not present (GMPKI_TEST_DATA)")
        return figures.finish("0 of 0 judged as listed (0 strict, 0 lenient only), 0 quirks named")
    collection = Collection(read_index(folder))
    judged = {entry.name: collection.judge(entry) for entry in collection.entries}
    for name, judgement in judged.items():
        print(line(name, judgement))
        for problem in judgement.problems:
            figures.short(f"{name}: {problem}")
    good = [judgement for judgement in judged.values() if not judgement.problems]
    strict = sum(judgement.strict for judgement in judged.values())
    quirks = sum(len(judgement.quirks) + len(judgement.variants) for judgement in judged.values())
    figures.count("judged", len(good))
    figures.count("quirks", quirks)
    modes = f"{strict} strict, {len(judged) - strict} lenient only"
    return figures.finish(f"{len(good)} of {len(judged)} judged as listed ({modes}), {quirks} quirks named")


if __name__ == "__main__":
    raise SystemExit(main())
