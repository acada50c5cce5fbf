"""The top level: names that are loaded when they are used, and what that costs."""

from __future__ import annotations

import doctest
import subprocess
import sys
from importlib import import_module

import pytest

import gmpki


def loaded_after(code: str) -> set[str]:
    result = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nprint(*sys.modules)"], capture_output=True, text=True, check=True
    )
    return set(result.stdout.split())


def test_importing_loads_nothing() -> None:
    ours = {name for name in loaded_after("import gmpki") if name.startswith("gmpki")}
    assert ours == {"gmpki"}


@pytest.mark.parametrize(
    "code", ["import gmpki.algorithms", "from gmpki import GmpkiError", "import gmpki; dir(gmpki); gmpki.__version__"]
)
def test_the_native_module_waits_for_an_algorithm(code: str) -> None:
    assert "gmpki._native" not in loaded_after(code)
    assert "gmpki._native" in loaded_after(f"{code}\nfrom gmpki import sm3")


@pytest.mark.parametrize(
    "module",
    [
        "sm3",
        "sm4",
        "sm4_aead",
        "sm4_mac",
        "sm2",
        "kdf",
        "rand",
        "backends",
        "selftest",
        "policy",
        "rsa",
        "ecdsa",
        "aes",
    ],
)
def test_no_algorithm_needs_cryptography_to_be_imported(module: str) -> None:
    loaded = loaded_after(f"import gmpki.algorithms.{module}")
    assert not {"cryptography", "asn1crypto", "click", "ssl"} & loaded


@pytest.mark.parametrize("name", ["sm3", "sm4_aead", "policy"])
def test_examples_in_docstrings(name: str) -> None:
    failed, tried = doctest.testmod(import_module(f"gmpki.algorithms.{name}"))
    assert failed == 0
    assert tried > 0


def test_the_version_is_that_of_the_distribution() -> None:
    from importlib.metadata import version

    assert gmpki.__version__ == version("gmpki")
