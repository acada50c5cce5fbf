"""The examples of the package, and that it costs nothing before it is used."""

from __future__ import annotations

import doctest
import subprocess
import sys
from importlib import import_module

import pytest


@pytest.mark.parametrize(("module", "least"), [("gmpki.seal", 20), ("gmpki.seal.report", 4), ("gmpki.seal.trust", 1)])
def test_examples(module: str, least: int) -> None:
    failed, tried = doctest.testmod(import_module(module))
    assert failed == 0
    assert tried >= least


def test_nothing_is_loaded_before_it_is_used() -> None:
    """The package itself costs nothing, and what reads seals needs none of the libraries for documents."""
    program = (
        "import sys, gmpki.seal\n"
        "assert not [name for name in sys.modules if name.startswith('gmpki.seal.')]\n"
        "gmpki.seal.Seal, gmpki.seal.make_seal, gmpki.seal.verify_seal\n"
        "heavy = {'cryptography', 'lxml', 'PIL', 'resvg_py', 'pyhanko', 'pypdfium2'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    run = subprocess.run([sys.executable, "-B", "-c", program], capture_output=True, timeout=60, check=False)
    assert run.returncode == 0, run.stderr.decode()
