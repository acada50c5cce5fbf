"""The libraries of the extra "seal", which are loaded where they are used."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from gmpki.errors import UnsupportedPlatform

__all__ = ["extra"]


def extra(module: str) -> Any:
    """Return a module of the libraries that ``pip install 'gmpki[seal]'`` brings.

    :param module: its full name, such as "lxml.etree".
    :raises UnsupportedPlatform: when it is not installed.
    """
    try:
        return import_module(module)
    except ImportError as error:
        library = module.partition(".")[0]
        raise UnsupportedPlatform(f"{library} is not installed; pip install 'gmpki[seal]' brings it") from error
