"""The package as a whole: its names, its examples."""

from __future__ import annotations

import doctest
import subprocess
import sys
from importlib import import_module

import pytest

import gmpki.ocsp


def test_names() -> None:
    assert dir(gmpki.ocsp) == gmpki.ocsp.__all__ == sorted(gmpki.ocsp.__all__)
    for name in gmpki.ocsp.__all__:
        value = getattr(gmpki.ocsp, name)
        assert value.__name__ == name
        assert value.__doc__
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = gmpki.ocsp.nothing  # type: ignore[attr-defined]


def test_importing_the_package_loads_nothing() -> None:
    code = "import sys, gmpki.ocsp; print([name for name in sys.modules if name.startswith('gmpki.x509')])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout.strip() == b"[]"


def test_examples() -> None:
    failed, tried = doctest.testmod(import_module("gmpki.ocsp"))
    assert failed == 0
    assert tried > 10


def test_examples_of_fetching() -> None:
    pytest.importorskip("httpcore", reason="peer program: httpcore is not installed")
    failed, tried = doctest.testmod(import_module("gmpki.fetch"))
    assert failed == 0
    assert tried == 2
