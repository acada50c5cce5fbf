"""What tests of groups of checks share: the right driver, and one that says that it lacks a function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gmpki.tokens.skf.library import Library
from gmpki.tokens.soft import library_path

NOT_SUPPORTED = 0x0A000003


@pytest.fixture
def right_driver(soft_token: str) -> str:
    """Give the path of the software token's driver, with a device."""
    path = library_path("skf")
    assert path is not None
    return path


@pytest.fixture
def lacking(right_driver: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Give what makes the driver answer SAR_NOTSUPPORTYETERR to functions, and returns its path."""

    def lack(*functions: str) -> str:
        right = Library.call

        def call(self: Library, layout: Any, function: str, arguments: tuple[Any, ...]) -> int:
            return NOT_SUPPORTED if function in functions else right(self, layout, function, arguments)

        monkeypatch.setattr(Library, "call", call)
        return right_driver

    return lack
