"""The examples of the package."""

from __future__ import annotations

import doctest
from importlib import import_module

import pytest


@pytest.mark.parametrize("name", ["gmpki.keystore", "gmpki.keystore.open", "gmpki.keystore.pkcs12"])
def test_examples(name: str) -> None:
    failed, tried = doctest.testmod(import_module(name))
    assert failed == 0
    assert tried > 3
