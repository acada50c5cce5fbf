"""The reader of schemas: each keyword refuses what it has to, and none that is unknown is passed over."""

from __future__ import annotations

from typing import Any

import pytest

from gmpki.conformance.report._schema import Schema
from gmpki.errors import InvalidInputError

TAKEN: list[tuple[dict[str, Any], Any]] = [
    ({}, None),
    ({"type": "integer"}, 3),
    ({"type": "number"}, 3),
    ({"type": "number"}, 3.5),
    ({"type": ["string", "null"]}, None),
    ({"const": 1}, 1),
    ({"enum": ["a", None]}, None),
    ({"maxLength": 2}, "ab"),
    ({"maxLength": 2}, 12345),  # of texts alone
    ({"pattern": "^[a-z]*$"}, "abc"),
    ({"minimum": 1, "maximum": 1}, 1),
    ({"exclusiveMinimum": 0}, 0.001),
    ({"items": {"type": "null"}}, [None, None]),
    ({"properties": {"a": {"type": "null"}}}, {"a": None, "b": 1}),
    ({"additionalProperties": {"type": "null"}}, {"a": None}),
    ({"anyOf": [{"type": "null"}, {"type": "string"}]}, "x"),
    ({"$ref": "#/$defs/a", "$defs": {"a": {"type": "null"}}}, None),
]
REFUSED: list[tuple[dict[str, Any], Any]] = [
    ({"type": "integer"}, True),
    ({"type": "integer"}, 3.0),
    ({"type": "number"}, False),
    ({"type": "boolean"}, 0),
    ({"type": "null"}, 0),
    ({"type": "array"}, {}),
    ({"type": "object"}, []),
    ({"type": ["string", "null"]}, 1),
    ({"const": 1}, True),
    ({"const": 1}, 1.0),
    ({"enum": ["a", None]}, "b"),
    ({"enum": [0]}, False),
    ({"maxLength": 2}, "abc"),
    ({"minLength": 1}, ""),
    ({"type": "string"}, "\ud800"),
    ({"pattern": "^[a-z]*$"}, "abc\n"),
    ({"pattern": "^[a-z]*$"}, "aBc"),
    ({"minimum": 1}, 0),
    ({"maximum": 1}, 2),
    ({"maximum": 1}, float("inf")),
    ({"minimum": 1}, float("nan")),
    ({"exclusiveMinimum": 0}, 0),
    ({"minItems": 1}, []),
    ({"maxItems": 1}, [1, 2]),
    ({"items": {"type": "null"}}, [None, 1]),
    ({"required": ["a"]}, {}),
    ({"maxProperties": 1}, {"a": 1, "b": 2}),
    ({"minProperties": 1}, {}),
    ({"properties": {"a": {"type": "null"}}}, {"a": 1}),
    ({"additionalProperties": False}, {"a": 1}),
    ({"additionalProperties": {"type": "null"}}, {"a": 1}),
    ({"propertyNames": {"maxLength": 1}}, {"ab": 1}),
    ({"anyOf": [{"type": "null"}, {"type": "string"}]}, 1),
    ({"$ref": "#/$defs/a", "$defs": {"a": {"type": "null"}}}, 1),
    ({"$ref": "#/$defs/a", "type": "string", "$defs": {"a": {}}}, 1),
]


@pytest.mark.parametrize(("schema", "value"), TAKEN, ids=[str(number) for number in range(len(TAKEN))])
def test_what_fits_is_taken(schema: dict[str, Any], value: Any) -> None:
    Schema(schema).check(value)


@pytest.mark.parametrize(("schema", "value"), REFUSED, ids=[str(number) for number in range(len(REFUSED))])
def test_what_does_not_fit_is_refused(schema: dict[str, Any], value: Any) -> None:
    with pytest.raises(InvalidInputError):
        Schema(schema).check(value)


@pytest.mark.parametrize(
    "schema",
    [
        {"format": "date"},
        {"items": {"uniqueItems": True}},
        {"properties": {"a": {"not": {}}}},
        {"additionalProperties": {"oneOf": []}},
        {"anyOf": [{"if": {}}]},
        {"$defs": {"a": {"allOf": []}}},
    ],
)
def test_unknown_keywords_are_refused(schema: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError, match="keyword"):
        Schema(schema)


def test_the_place_is_named_and_not_what_stands_there() -> None:
    schema = Schema({"properties": {"a": {"items": {"type": "null"}}}})
    with pytest.raises(InvalidInputError, match=r"^report\.a\[1\]: null expected$"):
        schema.check({"a": [None, "secret"]})


def test_nesting_has_an_end() -> None:
    schema = Schema({"$ref": "#/$defs/list", "$defs": {"list": {"type": "array", "items": {"$ref": "#/$defs/list"}}}})
    value: list[Any] = []
    for _ in range(20):
        value = [value]
    schema.check(value)
    for _ in range(20):
        value = [value]
    with pytest.raises(InvalidInputError, match="nested too deep"):
        schema.check(value)
