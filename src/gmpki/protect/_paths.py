"""Paths of files, as the functions of this package take them."""

from __future__ import annotations

import os

from gmpki.errors import InvalidInputError, InvalidTypeError

__all__ = ["as_path"]


def as_path(path: str | os.PathLike[str], name: str = "path") -> str:
    """Return a path as text.

    :raises InvalidTypeError: when it is neither ``str`` nor a path object of text.
    :raises InvalidInputError: when it is empty or has characters that no file name has.
    """
    text = os.fspath(path) if isinstance(path, str | os.PathLike) else None
    if not isinstance(text, str):
        raise InvalidTypeError(f"{name} must be str or a path object, not {type(path).__name__}")
    try:
        usable = bool(text) and b"\0" not in os.fsencode(text)
    except UnicodeError:
        usable = False
    if not usable:
        raise InvalidInputError(f"{name} is no name that a file can have")
    return text
