"""The examples of the package."""

from __future__ import annotations

import doctest
from importlib import import_module

import pytest


def test_examples() -> None:
    failed, tried = doctest.testmod(import_module("gmpki.ocsp"))
    assert failed == 0
    assert tried > 10


def test_examples_of_fetching() -> None:
    pytest.importorskip("httpcore", reason="peer program: httpcore is not installed")
    failed, tried = doctest.testmod(import_module("gmpki.fetch"))
    assert failed == 0
    assert tried == 2
