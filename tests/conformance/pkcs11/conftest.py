"""What tests of the checks of PKCS #11 modules share: the right module, one with a fault, SoftHSM."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gmpki.tokens.soft import library_path
from tokens.pkcs11.conftest import softhsm

__all__ = ["softhsm"]


@pytest.fixture
def right_module(soft_token: str) -> str:
    """Give the path of the software token's module, with a device."""
    path = library_path("pkcs11")
    assert path is not None
    return path


@pytest.fixture
def faulty_module(
    soft_token: str, build_faulty: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], str]:
    """Give what turns a fault on and returns the path of the module that has it."""

    def turn_on(name: str) -> str:
        path = build_faulty("pkcs11")
        monkeypatch.setenv("GMPKI_FAULT", name)
        return path

    return turn_on
