"""Hold a value of JSON against a schema: the part of JSON Schema that the schema of reports is written in.

The schema that is shipped for others is so the one that reports are read by, and the two cannot part.

:standard: JSON Schema, draft 2020-12, validation
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from gmpki.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Schema"]

_MAX_DEPTH: Final = 24
_ANNOTATIONS: Final = frozenset(("$schema", "$id", "$defs", "$comment", "title", "description", "examples"))
_TYPES: Final[dict[str, Callable[[Any], bool]]] = {
    "null": lambda value: value is None,
    "boolean": lambda value: isinstance(value, bool),
    # Stricter than the draft, to which 1.0 is an integer too: no report is written so.
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    "string": lambda value: isinstance(value, str),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
}


class Schema:
    """A schema. Immutable; thread-safe.

    :raises InvalidInputError: when it has a keyword that is not known here: none is passed over.
    """

    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root = root
        self._definitions: Mapping[str, Any] = root.get("$defs", {})
        for schema in (root, *self._definitions.values()):
            _demand_known(schema)

    def check(self, value: Any) -> None:
        """Check a value as ``json.loads`` returns it.

        :raises InvalidInputError: when it does not fit; the message says where, and not what stands there.
        """
        self._check(value, self._root, "report", 0)

    def check_part(self, name: str, value: Any) -> None:
        """Check a value against one definition of the schema; errors as :meth:`check`."""
        self._check(value, self._definitions[name], name, 0)

    def _check(self, value: Any, schema: Mapping[str, Any], where: str, depth: int) -> None:
        if depth > _MAX_DEPTH:
            raise InvalidInputError(f"{where}: nested too deep")
        if "$ref" in schema:
            self._check(value, self._definitions[schema["$ref"].removeprefix("#/$defs/")], where, depth)
        if "type" in schema and not any(_TYPES[name](value) for name in _names(schema["type"])):
            raise InvalidInputError(f"{where}: {' or '.join(_names(schema['type']))} expected")
        if "const" in schema and not _same(value, schema["const"]):
            raise InvalidInputError(f"{where}: has to be {schema['const']!r}")
        if "enum" in schema and not any(_same(value, known) for known in schema["enum"]):
            raise InvalidInputError(f"{where}: none of the values that there are")
        if "anyOf" in schema and not any(self._fits(value, choice, where, depth) for choice in schema["anyOf"]):
            raise InvalidInputError(f"{where}: none of the forms that there are")
        if isinstance(value, str):
            _check_text(value, schema, where)
        elif isinstance(value, list):
            self._check_array(value, schema, where, depth)
        elif isinstance(value, dict):
            self._check_object(value, schema, where, depth)
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            _check_number(value, schema, where)

    def _fits(self, value: Any, schema: Mapping[str, Any], where: str, depth: int) -> bool:
        try:
            self._check(value, schema, where, depth)
        except InvalidInputError:
            return False
        return True

    def _check_array(self, value: list[Any], schema: Mapping[str, Any], where: str, depth: int) -> None:
        _check_count(len(value), schema, "Items", where)
        if "items" in schema:
            for index, item in enumerate(value):
                self._check(item, schema["items"], f"{where}[{index}]", depth + 1)

    def _check_object(self, value: dict[str, Any], schema: Mapping[str, Any], where: str, depth: int) -> None:
        _check_count(len(value), schema, "Properties", where)
        for name in schema.get("required", ()):
            if name not in value:
                raise InvalidInputError(f"{where}: {name} is missing")
        known = schema.get("properties", {})
        others = schema.get("additionalProperties", True)
        for name, inner in value.items():
            if "propertyNames" in schema:
                self._check(name, schema["propertyNames"], f"{where}: a name", depth + 1)
            if name in known:
                self._check(inner, known[name], f"{where}.{name}", depth + 1)
            elif others is False:
                raise InvalidInputError(f"{where}: {name[:50]!r} is not known")
            elif others is not True:
                self._check(inner, others, f"{where}.{name[:50]}", depth + 1)


def _check_text(value: str, schema: Mapping[str, Any], where: str) -> None:
    _check_count(len(value), schema, "Length", where)
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:  # half of a pair of \\u escapes, which no file could hold
        raise InvalidInputError(f"{where}: no text") from None
    if "pattern" in schema and _pattern(schema["pattern"]).fullmatch(value) is None:
        raise InvalidInputError(f"{where}: not of the form that it has to have")


def _check_number(value: float, schema: Mapping[str, Any], where: str) -> None:
    if not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        raise InvalidInputError(f"{where}: out of range")
    if "exclusiveMinimum" in schema and not value > schema["exclusiveMinimum"]:
        raise InvalidInputError(f"{where}: out of range")


def _check_count(count: int, schema: Mapping[str, Any], what: str, where: str) -> None:
    if not schema.get(f"min{what}", 0) <= count <= schema.get(f"max{what}", count):
        raise InvalidInputError(f"{where}: too many or too few ({count})")


def _names(kinds: str | list[str]) -> list[str]:
    return [kinds] if isinstance(kinds, str) else kinds


def _same(value: Any, known: Any) -> bool:
    return type(value) is type(known) and bool(value == known)


@lru_cache(maxsize=64)
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text)


_NESTED: Final[dict[str, Callable[[Any], tuple[Any, ...]]]] = {
    "items": lambda inner: (inner,),
    "propertyNames": lambda inner: (inner,),
    "additionalProperties": lambda inner: () if isinstance(inner, bool) else (inner,),
    "properties": lambda inner: tuple(inner.values()),
    "anyOf": tuple,
}
_PLAIN: Final = frozenset(
    (
        *("$ref", "type", "const", "enum", "required", "pattern", "minimum", "maximum", "exclusiveMinimum"),
        *(f"{end}{what}" for end in ("min", "max") for what in ("Length", "Items", "Properties")),
    )
)


def _demand_known(schema: Mapping[str, Any]) -> None:
    for keyword, inner in schema.items():
        if keyword in _NESTED:
            for one in _NESTED[keyword](inner):
                _demand_known(one)
        elif keyword not in _PLAIN | _ANNOTATIONS:
            raise InvalidInputError(f"a schema with the keyword {keyword!r} is not understood")
