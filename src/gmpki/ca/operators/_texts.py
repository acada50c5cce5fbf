"""Texts in the rows that say who may do what where: codes that others refer to, titles for people."""

from __future__ import annotations

from gmpki._inputs import as_text
from gmpki.errors import InvalidInputError
from gmpki.protect import canonical

__all__ = ["code_text", "title_text"]


def code_text(value: str, name: str, most: int) -> str:
    """Return a short name that others refer to: printable characters of ASCII without blanks.

    :raises InvalidTypeError: when it is no text.
    :raises InvalidInputError: when it is empty, longer than ``most``, or has other characters.
    """
    text = as_text(value, name)
    if not 1 <= len(text) <= most or not text.isascii() or not text.isprintable() or " " in text:
        raise InvalidInputError(f"{name} must be 1 to {most} printable ASCII characters without blanks")
    return text


def title_text(value: str) -> str:
    """Return a title for people.

    :raises InvalidTypeError: when it is no text.
    :raises InvalidInputError: when it is empty, longer than 255 characters, or not printable text in NFC.
    """
    return canonical.label(value, "title")
