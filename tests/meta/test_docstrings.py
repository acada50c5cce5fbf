"""Every public function says what it does; what implements a standard cites it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from meta import sources

pytestmark = pytest.mark.once

# The modules whose functions implement standards.
ALGORITHMIC = ("sm2", "sm3", "sm4", "sm4_aead", "sm4_mac", "kdf", "rand")

# Functions there that implement none.
WITHOUT_STANDARD = {"gmpki.algorithms.rand.random_bytes"}  # the operating system's source


def is_property_like(node: ast.AST) -> bool:
    """Return whether the definition is an overload or a setter, whose documentation stands elsewhere."""
    decorators = [ast.unparse(d) for d in getattr(node, "decorator_list", [])]
    return any(name.endswith((".setter", "overload")) for name in decorators)


@pytest.mark.parametrize("path", sources.package_files(), ids=sources.module_name)
def test_public_names_have_docstrings(path: Path) -> None:
    assert ast.get_docstring(sources.tree(path)), f"{path.name}: the module has no docstring"
    bare = [
        name for name, node in sources.public_functions(path) if not (ast.get_docstring(node) or is_property_like(node))
    ]
    assert bare == []


def algorithm_files() -> list[Path]:
    return [path for path in (sources.PACKAGE / "algorithms").glob("*.py") if path.stem in ALGORITHMIC]


def test_algorithm_files_exist() -> None:
    assert {path.stem for path in algorithm_files()} == set(ALGORITHMIC)


@pytest.mark.parametrize("path", algorithm_files(), ids=lambda path: path.stem)
def test_algorithms_cite_their_standard(path: Path) -> None:
    uncited = [
        name
        for name, node in sources.public_functions(path)
        if isinstance(node, ast.FunctionDef)
        and name.count(".") == sources.module_name(path).count(".") + 1
        and name not in WITHOUT_STANDARD
        and ":standard:" not in (ast.get_docstring(node) or "")
    ]
    assert uncited == []
