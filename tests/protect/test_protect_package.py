"""The package as a whole: its examples, its table of needs."""

from __future__ import annotations

import doctest
from importlib import import_module

import pytest

from gmpki.protect import NEEDS

EXAMPLES = {
    "blind_index": 4,
    "canonical": 2,
    "fields": 5,
    "files": 8,
    "keys": 6,
    "needs": 2,
    "records": 8,
    "rotation": 10,
    "sqlalchemy": 12,
}


@pytest.mark.parametrize("module", EXAMPLES)
def test_examples(module: str) -> None:
    failed, tried = doctest.testmod(import_module(f"gmpki.protect.{module}"), optionflags=doctest.ELLIPSIS)
    assert failed == 0
    assert tried >= EXAMPLES[module]


def test_needs_name_modules_that_exist() -> None:
    for module in {module for need in NEEDS for module in need.modules}:
        import_module(module)


def test_needs_are_told_with_their_reservations() -> None:
    text = import_module("gmpki.protect.needs").__doc__ or ""
    assert "gmpki is no certified cryptographic module" in text
    assert "confidence D" in text
    assert {need.strength for need in NEEDS} == {"shall", "should"}
    assert all(need.contribution and need.left and need.modules for need in NEEDS)
    assert len({(need.layer, need.subject) for need in NEEDS}) == len(NEEDS)
