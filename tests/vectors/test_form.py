"""The vector files keep to their schema, and to what a schema cannot say."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from vector_files import VECTORS, document, limbo_paths, paths

SCHEMA = json.loads((VECTORS / "schema.json").read_text(encoding="utf-8"))
LIMBO_SCHEMA = json.loads((VECTORS / "limbo_schema.json").read_text(encoding="utf-8"))
TYPES = {"object": dict, "array": list, "string": str, "integer": int}
KNOWN = {
    "$defs", "$ref", "$schema", "additionalProperties", "anyOf", "enum", "items", "minItems", "minLength", "minimum",
    "pattern", "patternProperties", "properties", "required", "title", "type",
}  # fmt: skip


def problems(value: Any, schema: dict[str, Any], where: str = "$") -> list[str]:
    """Check a value against the part of JSON Schema that schema.json uses."""
    if "$ref" in schema:
        return problems(value, SCHEMA["$defs"][schema["$ref"].rsplit("/", 1)[1]], where)
    if "anyOf" in schema:
        return min((problems(value, choice, where) for choice in schema["anyOf"]), key=len)
    if "enum" in schema:
        return [] if value in schema["enum"] else [f"{where}: {value!r} is none of {schema['enum']}"]
    expected = TYPES[schema["type"]]
    if not isinstance(value, expected) or isinstance(value, bool):
        return [f"{where}: not of type {schema['type']}"]
    if isinstance(value, dict):
        return _object_problems(value, schema, where)
    if isinstance(value, list):
        found = [] if len(value) >= schema.get("minItems", 0) else [f"{where}: too short"]
        return found + [p for i, item in enumerate(value) for p in problems(item, schema["items"], f"{where}[{i}]")]
    if isinstance(value, int):
        return [] if value >= schema.get("minimum", value) else [f"{where}: below its minimum"]
    matches = re.search(schema.get("pattern", ""), value) and len(value) >= schema.get("minLength", 0)
    return [] if matches else [f"{where}: {value[:40]!r} does not match"]


def _object_problems(value: dict[str, Any], schema: dict[str, Any], where: str) -> list[str]:
    found = [f"{where}: {name} is missing" for name in schema.get("required", ()) if name not in value]
    for name, item in value.items():
        patterns = [s for pattern, s in schema.get("patternProperties", {}).items() if re.search(pattern, name)]
        chosen = schema.get("properties", {}).get(name) or next(iter(patterns), None) or schema["additionalProperties"]
        found += [f"{where}: unknown {name}"] if chosen is False else problems(item, chosen, f"{where}.{name}")
    return found


def _keywords(schema: Any) -> set[str]:
    if isinstance(schema, list):
        return set().union(*map(_keywords, schema))
    if not isinstance(schema, dict):
        return set()
    found = set(schema)
    for name, inner in schema.items():
        if name in {"properties", "patternProperties", "$defs"}:
            found |= set().union(*map(_keywords, inner.values()))
        elif name != "enum":
            found |= _keywords(inner)
    return found


def test_schema_uses_only_what_is_checked() -> None:
    assert _keywords(SCHEMA) <= KNOWN


@pytest.mark.parametrize("path", paths())
def test_file_keeps_to_the_schema(path: str) -> None:
    assert problems(document(path), SCHEMA) == []


@pytest.mark.parametrize("path", limbo_paths())
def test_file_of_cases_keeps_to_its_schema(path: str) -> None:
    assert _keywords(LIMBO_SCHEMA) <= KNOWN
    doc = document(path)
    assert problems(doc, LIMBO_SCHEMA) == []
    ids = [case["id"] for case in doc["testcases"]]
    assert len(set(ids)) == len(ids) == doc["count"]
    assert (VECTORS / path).stat().st_size < 1_000_000


@pytest.mark.parametrize("path", paths())
def test_ids_flags_and_size(path: str) -> None:
    doc = document(path)
    tests = [test for group in doc["groups"] for test in group["tests"]]
    assert [test["id"] for test in tests] == list(range(1, len(tests) + 1))
    assert doc["count"] == len(tests)
    assert {flag for test in tests for flag in test["flags"]} <= set(doc["flags"])
    assert (VECTORS / path).stat().st_size < 1_000_000


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"result": "maybe"}, "none of"),
        ({"id": "1"}, "not of type integer"),
        ({"id": 0}, "below its minimum"),
        ({"id": True}, "not of type integer"),
        ({"key": "abc"}, "does not match"),
        ({"key": "AB"}, "does not match"),
        ({"formats": "EVERY"}, "none of"),
        ({"flags": ["lower"]}, "does not match"),
        ({"flags": None}, "not of type array"),
    ],
)
def test_a_bad_test_is_found(change: dict[str, Any], expected: str) -> None:
    good = {"id": 1, "comment": "c", "flags": [], "result": "valid", "key": "00ff*3"}
    assert problems(good, SCHEMA["$defs"]["test"]) == []
    assert expected in "".join(problems({**good, **change}, SCHEMA["$defs"]["test"]))


def test_a_missing_and_an_unknown_field_are_found() -> None:
    assert problems({"id": 1}, SCHEMA["$defs"]["test"])
    doc = document("sm3/hash.json")
    assert problems({**doc, "extra": 1}, SCHEMA) == ["$: unknown extra"]
