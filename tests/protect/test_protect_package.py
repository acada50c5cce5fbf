"""The package as a whole: its names, its examples, its table of needs."""

from __future__ import annotations

import doctest
import subprocess
import sys
from importlib import import_module

import pytest

import gmpki.protect
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


def test_names() -> None:
    assert dir(gmpki.protect) == sorted(gmpki.protect.__all__)
    assert set(gmpki.protect.__all__) == set(gmpki.protect._HOMES)
    for name in gmpki.protect.__all__:
        value = getattr(gmpki.protect, name)
        if name != "NEEDS":
            assert value.__name__ == name
            assert value.__doc__
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = gmpki.protect.nothing  # type: ignore[attr-defined]


def test_importing_the_package_loads_nothing() -> None:
    code = (
        "import sys, gmpki.protect\n"
        "print([n for n in sys.modules if n.startswith(('gmpki.algorithms', 'gmpki.protect.', 'sqlalchemy'))])\n"
        "from gmpki.protect import FieldCipher, FieldJob, DBAPITable, encrypt_file, RecordTagger\n"
        "print([n for n in sys.modules if n in ('sqlalchemy', 'cryptography', 'gmpki.x509')])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout
    assert found.split() == [b"[]", b"[]"]


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
