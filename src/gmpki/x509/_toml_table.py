"""Tables of a TOML file, read key by key: whatever is wrong is named with its table, its key and its line.

Each method takes one key out of the table; :meth:`Table.end` then refuses what nobody asked for, so that a misspelt key
is never passed over.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any, Final, NoReturn

from gmpki._inputs import shown_number
from gmpki.errors import ProfileError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from typing import TypeVar

    T = TypeVar("T")

__all__ = ["Table", "read_toml"]

_HEADER: Final = re.compile(r"\s*\[([\w.\- ]+)\]\s*(?:#.*)?$")
_KEY: Final = re.compile(r"\s*([\w\-]+)\s*=")

_KINDS: Final[dict[type, str]] = {str: "text", int: "a whole number", bool: "true or false", list: "a list"}
_NAMES: Final[dict[type, str]] = {**_KINDS, dict: "a table", float: "a number with a fraction", str: "a long text"}


def read_toml(text: str, what: str) -> Table:
    """Return the outermost table of a TOML file.

    :param what: how the file is called in errors.
    :raises ProfileError: when it is no TOML; the message names line and column.
    """
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        content = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        raise ProfileError(f"{what} is no TOML: {error}") from None
    return Table(content, (), _lines_of(text), what)


def _lines_of(text: str) -> dict[tuple[str, ...], int]:
    """Return the line of each table's header and of each key, as far as they stand at the start of a line."""
    lines: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            table = tuple(part.strip() for part in header[1].split("."))
            lines.setdefault(table, number)
        elif key := _KEY.match(line):
            lines.setdefault((*table, key[1]), number)
    return lines


class Table:
    """One table of the file. A context: it gives each key once."""

    def __init__(
        self, content: dict[str, Any], path: tuple[str, ...], lines: dict[tuple[str, ...], int], what: str
    ) -> None:
        self._content = dict(content)
        self._path = path
        self._lines = lines
        self._what = what

    def fail(self, problem: str, key: str = "") -> NoReturn:
        """Refuse the value of a key, or the table as a whole.

        :raises ProfileError: always; the message names file, line and key.
        """
        path = (*self._path, key) if key else self._path
        line = next((self._lines[path[:end]] for end in range(len(path), 0, -1) if path[:end] in self._lines), None)
        where = f"{self._what}, line {line}" if line is not None else self._what
        name = ".".join(part if part.isprintable() else repr(part) for part in path)
        raise ProfileError(f"{where}: {name}: {problem}" if name else f"{where}: {problem}")

    def _take(self, key: str, kind: type) -> Any:
        """Return the value of a key, or None when it is not there."""
        value = self._content.pop(key, None)
        if value is not None and type(value) is not kind:
            self.fail(f"{_KINDS[kind]} expected, not {_shown(value)}", key)
        return value

    def _given(self, key: str, value: T | None, default: T | None) -> T:
        if value is not None:
            return value
        if default is None:
            self.fail("this key must be there", key)
        return default

    def text(self, key: str, default: str | None = None, *, max_len: int = 200) -> str:
        """Return a text of one line.

        :param default: what stands for an absent key; None when it must be there.
        :param max_len: the most characters.
        """
        value: str = self._given(key, self._take(key, str), default)
        if len(value) > max_len or not value.isprintable():
            self.fail(f"one line of at most {max_len} characters expected", key)
        return value

    def boolean(self, key: str, default: bool | None = None) -> bool:
        """Return true or false."""
        value: bool = self._given(key, self._take(key, bool), default)
        return value

    def number(self, key: str, low: int, high: int, default: int | None = None) -> int:
        """Return a whole number from low to high."""
        value: int = self._given(key, self._take(key, int), default)
        if not low <= value <= high:
            self.fail(f"{low} to {high} expected, not {shown_number(value)}", key)
        return value

    def optional_number(self, key: str, low: int, high: int) -> int | None:
        """Return a whole number from low to high, or None when the key is not there."""
        return self.number(key, low, high) if key in self._content else None

    def choice(self, key: str, values: Collection[str], default: str | None = None) -> str:
        """Return one of some words."""
        value = self.text(key, default)
        if value not in values:
            self.fail(f"one of {', '.join(values)} expected, not {value!r}", key)
        return value

    def items(self, key: str, convert: Callable[[str], T], *, max_items: int = 64) -> tuple[T, ...]:
        """Return a list of different texts, each converted; empty when the key is not there.

        :param convert: raises ProfileError for a text that it does not know.
        """
        values = self._take(key, list) or []
        if len(values) > max_items:
            self.fail(f"at most {max_items} items expected, not {len(values)}", key)
        converted: list[T] = []
        for value in values:
            if type(value) is not str:
                self.fail(f"a list of texts expected; {_shown(value)} is in it", key)
            try:
                item = convert(value)
            except ProfileError as error:
                self.fail(str(error), key)
            if item in converted:
                self.fail(f"{value!r} stands there twice", key)
            converted.append(item)
        return tuple(converted)

    def texts(self) -> dict[str, str]:
        """Return every key that is left, each with a text."""
        return {key: self.text(key) for key in list(self._content)}

    def table(self, key: str) -> Table | None:
        """Return a table inside this one, or None when it is not there."""
        value = self._content.pop(key, None)
        return None if value is None else self._inner(key, value)

    def tables(self) -> dict[str, Table]:
        """Return every key that is left, each with a table."""
        inner = {key: self._inner(key, value) for key, value in self._content.items()}
        self._content.clear()
        return inner

    def _inner(self, key: str, value: object) -> Table:
        if not isinstance(value, dict):
            self.fail(f"a table expected, not {_shown(value)}", key)
        return Table(value, (*self._path, key), self._lines, self._what)

    def has(self, key: str) -> bool:
        """Tell whether a key is there and was not taken."""
        return key in self._content

    def end(self, known: Collection[str] = ()) -> None:
        """Check that no key is left.

        :param known: what could have stood there, for the message.
        :raises ProfileError: when one is.
        """
        for key in self._content:
            hint = f"; known here: {', '.join(known)}" if known else ""
            self.fail(f"no such key{hint}", key)


def _shown(value: object) -> str:
    """Return a value as it stands in messages; long ones are only called by their kind."""
    if isinstance(value, int) and not isinstance(value, bool):
        return shown_number(value)
    return repr(value) if isinstance(value, str) and len(value) <= 40 else _NAMES.get(type(value), "something else")
