"""Reads the files of ``vectors/`` for tests: one parametrised test a file, every vector on every backend."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gmpki.algorithms import backends

VECTORS = Path(__file__).resolve().parent.parent / "vectors"
GENERATE = VECTORS / "generate"
# Cases of path validation have the form of the suite that they stand beside.
LIMBO = "limbo/"
# The inputs that are words, not bytes.
TEXT = frozenset({"comment", "encoding", "format", "formats", "mode", "order", "padding", "result", "type"})

TestFunction = Callable[["Vector"], None]


def decode(text: str) -> bytes:
    """Read hexadecimal, with ``*count`` behind it when the bytes are one unit many times over."""
    unit, _, count = text.partition("*")
    return bytes.fromhex(unit) * int(count or 1)


class Vector:
    """One test of a vector file with the parameters of its group; inputs are attributes, as bytes, numbers or words."""

    def __init__(self, path: str, fields: dict[str, Any]) -> None:
        self.path = path
        self.fields = fields

    def __getattr__(self, name: str) -> Any:
        try:
            value = self.fields[name]
        except KeyError:
            raise AttributeError(f"{self!r} has no {name}") from None
        return decode(value) if isinstance(value, str) and name not in TEXT else value

    def __contains__(self, name: str) -> bool:
        return name in self.fields

    def __repr__(self) -> str:
        return f"<{self.path} {self.fields['id']}: {self.fields['comment']}>"

    @property
    def valid(self) -> bool:
        """Whether it must be taken; otherwise it must be refused."""
        return self.fields["result"] == "valid"


@functools.cache
def document(path: str) -> dict[str, Any]:
    """Read a file, named by its path under vectors/."""
    read: dict[str, Any] = json.loads((VECTORS / path).read_text(encoding="utf-8"))
    return read


def vectors(path: str, *types: str) -> Iterator[Vector]:
    """Give the tests of a file, or those in groups of some types."""
    for group in document(path)["groups"]:
        if not types or group["type"] in types:
            shared = {name: value for name, value in group.items() if name != "tests"}
            for test in group["tests"]:
                yield Vector(path, {**shared, **test})


def paths() -> list[str]:
    """Name every vector file in the form of Wycheproof."""
    found = (path.relative_to(VECTORS).as_posix() for path in VECTORS.glob("*/*.json"))
    return sorted(path for path in found if not path.startswith(LIMBO))


def limbo_paths() -> list[str]:
    """Name every file of cases for path validation, in the form of x509-limbo."""
    return sorted(path.relative_to(VECTORS).as_posix() for path in (VECTORS / LIMBO).glob("*.json"))


@functools.cache
def usable(algorithm: str) -> tuple[str, ...]:
    """Name the backends of an algorithm that this processor can run."""
    return tuple(backend.name for backend in backends.available(algorithm) if backend.available)


def each(*files: str, types: tuple[str, ...] = (), algorithm: str) -> Callable[[TestFunction], Callable[..., None]]:
    """Make a test run for each vector of some files, and for each on every backend of an algorithm."""

    def decorate(function: TestFunction) -> Callable[..., None]:
        @functools.wraps(function)
        def run(vector: Vector) -> None:
            names = usable(algorithm)
            if len(names) == 1:  # it is in use already
                function(vector)
                return
            for name in names:
                with backends.forced(algorithm, name):
                    function(vector)

        chosen = [vector for path in files for vector in vectors(path, *types)]
        names = [f"{vector.path.removesuffix('.json')}-{vector.id}" for vector in chosen]
        return pytest.mark.parametrize("vector", chosen, ids=names)(run)

    return decorate


def use_generators() -> None:
    """Let ``peers``, ``reference`` and the generators of vectors/generate be imported."""
    if str(GENERATE) not in sys.path:
        sys.path.insert(0, str(GENERATE))
