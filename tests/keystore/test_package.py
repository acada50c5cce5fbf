"""The package as a whole: its names, its examples, and that a command line without it stays quick."""

from __future__ import annotations

import doctest
import subprocess
import sys
from importlib import import_module

import pytest

import gmpki.keystore


def test_names() -> None:
    assert dir(gmpki.keystore) == sorted(gmpki.keystore.__all__)
    for name in gmpki.keystore.__all__:
        value = getattr(gmpki.keystore, name)
        assert value.__name__ == name
        assert value.__doc__
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = gmpki.keystore.nothing  # type: ignore[attr-defined]


def test_importing_the_package_loads_nothing() -> None:
    code = "import sys, gmpki.keystore; print([name for name in sys.modules if name.startswith('gmpki.x509')])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout.strip() == b"[]"


@pytest.mark.parametrize("name", ["gmpki.keystore", "gmpki.keystore.open", "gmpki.keystore.pkcs12"])
def test_examples(name: str) -> None:
    failed, tried = doctest.testmod(import_module(name))
    assert failed == 0
    assert tried > 3
