"""What the files of profiles, maps and limits have in common: their length, names, lines of text, and errors."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_text
from gmpki.errors import InvalidInputError, InvalidTypeError, ProfileError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gmpki.x509._toml_table import Table

__all__ = [
    "CONFIDENCE",
    "MAX_LINE_LEN",
    "check_line",
    "check_name",
    "errors_of",
    "inner_texts",
    "read_profile",
    "shipped_names",
    "shipped_text",
]

CONFIDENCE: Final = ("A", "B", "C", "D")
"""From read in a standard to not verified."""

MAX_LINE_LEN: Final = 300
"""Characters of the longest text."""

_MAX_TEXT_LEN: Final = 65536
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9.-]{0,63}")


def check_line(value: str, name: str) -> None:
    """Refuse what is no text of one line."""
    if len(as_text(value, name)) > MAX_LINE_LEN or not value.isprintable():
        raise InvalidInputError(f"{name}: one line of at most {MAX_LINE_LEN} characters expected")


def check_name(value: str, what: str) -> None:
    """Refuse what is no short name."""
    if not _NAME.fullmatch(as_text(value, "name")):
        raise InvalidInputError(f"the name of a {what} has 1 to 64 small letters, digits, '.' and '-'")


def read_profile(text: str, what: str) -> Table:
    """Return the outermost table of a file.

    :param what: how the file is called in errors.
    :raises InvalidTypeError: when text is no text.
    :raises ProfileError: when it is too long or no TOML.
    """
    from gmpki.x509._toml_table import read_toml

    if len(as_text(text, "text")) > _MAX_TEXT_LEN:
        raise ProfileError(f"{what} has at most {_MAX_TEXT_LEN} characters")
    return read_toml(text, what)


@contextlib.contextmanager
def errors_of(what: str) -> Iterator[None]:
    """Raise what a value says of its fields as an error of the file."""
    try:
        yield
    except ProfileError:
        raise
    except (InvalidInputError, InvalidTypeError) as error:
        raise ProfileError(f"{what}: {error}") from None


def inner_texts(table: Table, key: str) -> dict[str, str]:
    """Return the texts of an inner table, which may be absent."""
    inner = table.table(key)
    return {} if inner is None else inner.texts()


def shipped_names(kind: str) -> tuple[str, ...]:
    """Return the names of the files of a kind that come with gmpki."""
    from importlib.resources import files

    listed = (files("gmpki.data") / kind).iterdir()
    return tuple(sorted(path.name.removesuffix(".toml") for path in listed if path.name.endswith(".toml")))


def shipped_text(kind: str, name: str) -> str:
    """Return the text of one of them."""
    from importlib.resources import files

    return (files("gmpki.data") / kind / f"{name}.toml").read_text(encoding="utf-8")
