"""What the tree holds: the top level as decided, no traces of one machine, no file with two jobs."""

from __future__ import annotations

import re

import pytest

from meta import sources

pytestmark = pytest.mark.once

TOP_LEVEL = {
    ".ci",
    ".gitignore",
    "CHANGELOG.md",
    "CMakeLists.txt",
    "CONTRIBUTING.md",
    "LICENSE",
    "Makefile",
    "README.md",
    "SECURITY.md",
    "benchmarks",
    "bindings",
    "docs",
    "native",
    "pyproject.toml",
    "src",
    "tests",
    "vectors",
}

# Home folders, and hosts of package registries (written apart, so that this file does not hold them).
MACHINE = re.compile(r"(?<![\w.])/(?:root|home/\w+|work|Users/\w+)/")
REGISTRY = re.compile(
    "|".join(re.escape(host) for host in ("pypi" + ".org", "pythonhosted" + ".org", "npmjs" + ".org"))
)
UNFINISHED = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b")

TEXT = (".py", ".c", ".h", ".md", ".toml", ".txt", ".cmake", ".json", ".pyi")
LONGEST_FILE = 600  # lines; 400 is the aim


def text_files() -> list[str]:
    return [name for name in sources.tracked() if name.endswith(TEXT) or name in ("Makefile", ".ci/run")]


def read(name: str) -> str:
    return (sources.ROOT / name).read_text(encoding="utf-8")


def test_top_level() -> None:
    assert {name.split("/")[0] for name in sources.tracked()} == TOP_LEVEL


@pytest.mark.parametrize("pattern", [MACHINE, REGISTRY, UNFINISHED], ids=["machine", "registry", "unfinished"])
def test_forbidden_text(pattern: re.Pattern[str]) -> None:
    hits = [f"{name}: {match.group()}" for name in text_files() for match in pattern.finditer(read(name))]
    assert hits == []


def test_files_have_one_job() -> None:
    hand_written = [n for n in text_files() if n.endswith((".py", ".c", ".h")) and "_generated" not in n]
    assert [name for name in hand_written if read(name).count("\n") > LONGEST_FILE] == []


def test_c_sources_are_listed_once() -> None:
    listed = re.findall(r"src/[\w/]+\.c\b", read("native/CMakeLists.txt"))
    present = sorted(n.removeprefix("native/") for n in sources.tracked() if re.fullmatch(r"native/src/.*\.c", n))
    assert sorted(listed) == present
