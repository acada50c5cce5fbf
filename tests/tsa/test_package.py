"""The examples of the package."""

from __future__ import annotations

import doctest
from importlib import import_module

import pytest


@pytest.mark.parametrize(("module", "least"), [("gmpki.tsa", 15), ("gmpki.tsa.imprint", 1), ("gmpki.tsa.request", 2)])
def test_examples(module: str, least: int) -> None:
    failed, tried = doctest.testmod(import_module(module))
    assert failed == 0
    assert tried >= least
