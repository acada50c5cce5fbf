"""The generators give the committed files, and their reference gives the standards' examples.

All files are built by ``python vectors/generate/all.py --check``; here, those that are quick to build.
"""

from __future__ import annotations

import pytest

from vector_files import VECTORS, limbo_paths, paths, use_generators

use_generators()

import all as generators  # noqa: E402 - vectors/generate is importable from here on

pytestmark = pytest.mark.once

QUICK = [source for source in generators.SOURCES if source.path.split("/")[0] in {"rand", "sm4"}]
SLOW = {"sm4/cfb8.json", "sm4/ccm.json"}


@pytest.mark.parametrize("source", [s for s in QUICK if s.path not in SLOW], ids=lambda source: source.path)
def test_file_is_what_its_generator_makes(source: generators.Source) -> None:
    assert generators.check(source) is None


def test_every_file_has_a_generator() -> None:
    assert sorted(source.path for source in generators.SOURCES) == sorted(paths() + limbo_paths())


def test_every_file_has_a_second_implementation() -> None:
    assert all(source.confirmers for source in generators.SOURCES)


def test_generators_do_not_use_gmpki() -> None:
    for path in (VECTORS / "generate").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert "import gmpki" not in text, path
        assert "from gmpki" not in text, path
