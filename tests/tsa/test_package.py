"""The package as a whole: its names, its examples."""

from __future__ import annotations

import doctest
import subprocess
import sys
from importlib import import_module

import pytest

import gmpki.tsa


def test_names() -> None:
    assert dir(gmpki.tsa) == sorted(gmpki.tsa.__all__)
    for name in gmpki.tsa.__all__:
        value = getattr(gmpki.tsa, name)
        if not name.isupper():
            assert value.__name__ == name
            assert value.__doc__
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = gmpki.tsa.nothing  # type: ignore[attr-defined]


def test_importing_the_package_loads_nothing() -> None:
    code = "import sys, gmpki.tsa; print([name for name in sys.modules if name.startswith('gmpki.x509')])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout.strip() == b"[]"


@pytest.mark.parametrize(("module", "least"), [("gmpki.tsa", 15), ("gmpki.tsa.imprint", 1), ("gmpki.tsa.request", 2)])
def test_examples(module: str, least: int) -> None:
    failed, tried = doctest.testmod(import_module(module))
    assert failed == 0
    assert tried >= least
