"""Floors only grow, vectors do not get lost, and each skip says why."""

from __future__ import annotations

import json
import subprocess

import pytest

import figures
from meta import sources
from project_files import has_history

pytestmark = pytest.mark.once

FLOORS = "tests/floors.toml"

# Floors that stood higher than anything ever reached, each with what was wrong about them.
MISTAKEN = {
    ("ctest", "checks", 1900000): "counted the tests of kernels that only some processors run",
    ("sanitize", "checks", 3800000): "the same",
    ("qemu", "checks", 3800000): "the same; qemu runs the portable code",
    ("test", "cases", 15000): "the same",
    ("fuzz", "targets", 9): "counted a program that an earlier build had left behind",
}


def earlier_versions() -> list[dict[str, dict[str, int]]]:
    """Return the floors of every commit that changed them."""
    log = ["git", "log", "--format=%H", "--", FLOORS]
    commits = subprocess.run(log, cwd=sources.ROOT, capture_output=True, text=True, check=True).stdout.split()
    texts = []
    for commit in commits:
        show = subprocess.run(
            ["git", "show", f"{commit}:{FLOORS}"], cwd=sources.ROOT, capture_output=True, text=True, check=False
        )
        if show.returncode == 0:
            texts.append(show.stdout)
    return [figures.tomllib.loads(text) for text in texts]


def test_floors_only_grow() -> None:
    if not has_history():
        pytest.skip("no history: not a git checkout")
    now = figures.floors()
    for earlier in earlier_versions():
        for section, names in earlier.items():
            for name, least in names.items():
                if (section, name, least) in MISTAKEN:
                    continue
                assert now[section][name] >= least, f"{section}.{name} sank from {least}"


def vector_files() -> list[str]:
    return [n for n in sources.tracked() if n.startswith("vectors/") and n.endswith(".json") and "schema" not in n]


def test_vector_files_keep_their_cases() -> None:
    floors = figures.floors()["vectors"]
    for name in vector_files():
        document = json.loads((sources.ROOT / name).read_text(encoding="utf-8"))
        cases = len(document.get("testcases", ())) or sum(len(group["tests"]) for group in document["groups"])
        assert cases >= floors[name.removeprefix("vectors/")], name


def test_no_vector_file_is_lost() -> None:
    assert {f"vectors/{name}" for name in figures.floors()["vectors"]} == set(vector_files())


def test_each_skip_says_why() -> None:
    text = (sources.ROOT / "tests" / "skips.toml").read_text(encoding="utf-8")
    for entry in figures.tomllib.loads(text).get("skip", []):
        assert set(entry) == {"where", "reason", "why"}
        assert len(entry["why"]) > 20
        assert entry["reason"].strip("* ")
