"""The project's files and what the Python sources import and declare: read once, used by the meta tests."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

from project_files import project_files

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGE = ROOT / "src" / "gmpki"


@functools.cache
def tracked() -> tuple[str, ...]:
    """Return the paths of the project's files: committed, or new and not ignored."""
    return tuple(project_files())


@functools.cache
def package_files() -> tuple[Path, ...]:
    """Return the Python files of the package."""
    return tuple(sorted(PACKAGE.rglob("*.py")))


@functools.cache
def tree(path: Path) -> ast.Module:
    """Return the syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def module_name(path: Path) -> str:
    """Return the dotted name of a file of the package."""
    parts = ["gmpki", *path.relative_to(PACKAGE).with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def part(module: str) -> str:
    """Return the part of the package that a dotted name belongs to: "keys" for "gmpki.keys.sm2"."""
    return module.split(".")[1] if "." in module else ""


@functools.cache
def imports(path: Path) -> tuple[tuple[str, int], ...]:
    """Return every module that a file of the package imports anywhere, functions included, with its line."""
    package = module_name(path).split(".")
    if path.name != "__init__.py":
        package.pop()
    found: list[tuple[str, int]] = []
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found += ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            found.append((module, node.lineno))
            found += ((f"{module}.{alias.name}", node.lineno) for alias in node.names)
    return tuple(found)


def public_functions(path: Path) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]]:
    """Yield the public functions, classes and methods of a file with their dotted names."""
    definitions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    for node in tree(path).body:
        if isinstance(node, definitions) and not node.name.startswith("_"):
            yield f"{module_name(path)}.{node.name}", node
            # What overrides a method of a library is documented there.
            if isinstance(node, ast.ClassDef) and not any("." in ast.unparse(base) for base in node.bases):
                for inner in node.body:
                    if isinstance(inner, definitions) and not inner.name.startswith("_"):
                        yield f"{module_name(path)}.{node.name}.{inner.name}", inner
