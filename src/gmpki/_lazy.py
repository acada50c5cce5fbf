"""Packages whose names are loaded when they are first used.

:standard: PEP 562
"""

from __future__ import annotations

import sys

# What typing.TYPE_CHECKING says, without the import of typing: gmpki itself is such a package, and light.
TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

__all__ = ["lazy_names"]


def lazy_names(package: str, homes: Mapping[str, str]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return ``__getattr__`` and ``__dir__`` of a package.

    :param package: its full name.
    :param homes: which module each name is loaded from.
    """
    module = sys.modules[package]

    def load(name: str) -> Any:
        from importlib import import_module

        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(homes[name]), name)
        setattr(module, name, value)
        return value

    def names() -> list[str]:
        listed: list[str] = module.__all__
        return listed

    return load, names
