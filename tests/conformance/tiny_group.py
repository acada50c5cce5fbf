"""A small driver and small groups of checks for the tests of runs, in place of those of the suite."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance import faulty_token, tiny_checks
from gmpki.conformance import process, registry
from gmpki.conformance.model import Kind

SOURCE = Path(__file__).with_name("tiny_driver.c")
INCLUDE = Path(__file__).resolve().parents[2] / "native" / "include"
START = (
    "import sys, json; sys.path[:] = json.loads(sys.argv[1]); from conformance import tiny_checks; "
    "tiny_checks.install(); from gmpki.conformance.child import main; main()"
)


def build(folder: Path, cc: str) -> str:
    """Build the driver and return its path."""
    path = folder / "tiny.so"
    command = [cc, "-std=c11", "-O1", "-fPIC", "-shared", f"-I{INCLUDE}", str(SOURCE), "-o", str(path)]
    subprocess.run(command, check=True, capture_output=True)
    return str(path)


@pytest.fixture(scope="session")
def tiny_library(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Give the path of the driver."""
    cc = faulty_token.compiler()
    if cc is None:
        pytest.skip("peer program: a C compiler")
    return build(tmp_path_factory.mktemp("tiny"), cc)


@contextlib.contextmanager
def installed() -> Iterator[None]:
    """Let the checks here be those of the suite, in this process and in children."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(registry._GROUPS, Kind.SKF, ())
        patch.setattr(process, "_START", START)
        tiny_checks.install()
        registry.groups.cache_clear()
        registry.checks.cache_clear()
        yield
    registry.groups.cache_clear()
    registry.checks.cache_clear()


@pytest.fixture
def tiny(tiny_library: str) -> Iterator[str]:
    """Give the path of the driver, with the checks here in place of the suite's."""
    with installed():
        yield tiny_library
