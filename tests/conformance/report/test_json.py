"""Reports as JSON: what is written is read again; what somebody sends is held against the schema, within bounds."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.report import samples
from gmpki.conformance.model import Call, Outcome, Result, Words
from gmpki.conformance.report.json_form import MAX_LEN, read_json, report_as_dict, schema, write_json
from gmpki.errors import InvalidInputError, InvalidTypeError, LimitExceeded
from gmpki.tokens.limits import limit_profile

WRITTEN = write_json(samples.report())


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"limits": None},
        {"limits": limit_profile("gmt0027")},
        {"is_complete": False, "incomplete_why": Words("stopped", "已停止")},
        {"selection": ("buffers", "SKF-PIN")},
        {"latency": ()},
        {"device": {}, "driver_profile": {}, "environment": {}},
        {"driver_profile": {"deep": {"deeper": [1, 2.5, None, True, {"deepest": "yes"}]}}},
        {"checks": (), "results": ()},
    ],
)
def test_round_trip(fields: dict[str, Any]) -> None:
    report = samples.report(**fields)
    data = write_json(report)
    assert read_json(data) == report
    assert write_json(read_json(data)) == data


def test_the_form_says_what_it_is() -> None:
    found = json.loads(WRITTEN)
    assert found["format"] == 1
    assert "not an accredited test" in found["statement"]["en"]
    assert "自测" in found["statement"]["zh"]
    assert WRITTEN.endswith(b"\n")
    assert "示例公司".encode() in WRITTEN


def test_summary() -> None:
    summary = json.loads(WRITTEN)["summary"]
    assert summary["verdict"] == "failed"
    assert summary["is_whole"] is False
    assert summary["counts"]["required"] == {"passed": 3, "failed": 1, "deviation": 1, "unsupported": 0, "not-run": 1}
    assert summary["functions_known"] == 78
    assert summary["latency_verdict"] == "failed"
    rows = {(row["algorithm"], row["operation"]): row for row in summary["latency"]}
    assert rows["sm2", "sign"] == {"algorithm": "sm2", "operation": "sign", "verdict": "failed", "margin": 0.961538}
    assert rows["sm1", "encrypt"]["margin"] is None
    clauses = {(one["document"], one["clause"]): one for one in summary["clauses"]}
    assert clauses["GM/T 0016-2012", "7.1.4"]["outcome"] == "failed"
    assert clauses["GM/T 0016-2012", "7.1.4"]["checks"] == ["SKF-BUF-001", "SKF-BUF-002"]


def test_clauses_are_in_the_order_of_their_numbers() -> None:
    numbers = [one["clause"] for one in json.loads(WRITTEN)["summary"]["clauses"]]
    assert numbers == ["7.1.4", "7.2.5", "7.2.6", "7.3.3", "7.6.10", "7.6.11", "7.6.20", ""]


# ---- what drivers say ---------------------------------------------------------------------
def test_long_and_broken_texts_are_cut() -> None:
    report = samples.report()
    hostile = Result(
        "SKF-BUF-001",
        Outcome.FAILED,
        message=Words("x" * 5000, "\ud800"),
        observed=(("label", "y" * 5000),),
        calls=(Call("SKF_EnumDev", "z" * 5000, "SAR_OK"),),
    )
    data = write_json(replace(report, results=(hostile, *report.results[1:]), device={"label": "\udcff" * 2}))
    found = read_json(data)
    result = found.results[0]
    assert result.message is not None
    assert (len(result.message.en), result.message.en[-1]) == (4000, "…")
    assert result.message.zh == "\\ud800"
    assert len(result.calls[0].arguments) == 1000
    assert found.device["label"] == "\\udcff\\udcff"
    assert write_json(found) == data


@pytest.mark.parametrize(
    "fields",
    [
        {"device": {"total_len": 1}},
        {"driver_profile": {"key": object()}},
        {"driver_profile": {"number": float("nan")}},
        {"environment": {"x" * 300: ""}},
        {"environment": {str(number): "" for number in range(101)}},
    ],
)
def test_what_has_no_room_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError, match="report"):
        write_json(samples.report(**fields))


@pytest.mark.parametrize("value", [None, {}, "report", b"{}"])
def test_only_reports_are_written(value: Any) -> None:
    with pytest.raises(InvalidTypeError):
        write_json(value)
    with pytest.raises(InvalidTypeError):
        report_as_dict(value)


# ---- hostile input ------------------------------------------------------------------------
def changed(change: Callable[[dict[str, Any]], object]) -> bytes:
    found = json.loads(WRITTEN)
    change(found)
    return json.dumps(found).encode()


def put(*path: Any) -> Callable[[dict[str, Any]], object]:
    """Return what puts the last of the path at the place that the others name."""
    *names, last, value = path

    def change(found: dict[str, Any]) -> None:
        inner: Any = found
        for name in names:
            inner = inner[name]
        inner[last] = value

    return change


CHANGES = {
    "format": put("format", 2),
    "format true": put("format", True),
    "no format": lambda found: found.pop("format"),
    "missing": lambda found: found.pop("results"),
    "unknown": put("extra", 1),
    "unknown in a check": put("checks", 0, "extra", 1),
    "unknown in a result": put("results", 0, "extra", 1),
    "kind": put("kind", "usb"),
    "kind list": put("kind", ["skf"]),
    "driver": put("driver", None),
    "driver digest": put("driver", "sha256", "00"),
    "driver folder": put("driver", "name", "/opt/lib.so"),
    "driver length": put("driver", "length", -1),
    "driver length true": put("driver", "length", True),
    "device number": put("device", "label", 1),
    "device long": put("device", "label", "x" * 4001),
    "device many": put("device", {str(number): "" for number in range(101)}),
    "profile long": put("driver_profile", "notes", "x" * 4001),
    "profile large": put("driver_profile", "notes", 1e300),
    "permission": put("permissions", ["fly"]),
    "permissions": put("permissions", ["write"] * 4),
    "limits empty": put("limits", "limits", []),
    "limits rule": put("limits", "limits", 0, "rule", "mean_above_ms"),
    "limits algorithm": put("limits", "limits", 0, "algorithm", "sm9"),
    "limits twice": lambda found: found["limits"]["limits"].append(found["limits"]["limits"][0]),
    "limits mandatory": put("limits", "mandatory", ["sm9"]),
    "limits name": put("limits", "name", "../../x"),
    "limits confidence": put("limits", "limits", 0, "confidence", "E"),
    "selection": put("selection", "all"),
    "time": put("started", "2026-03-01 08:00:00"),
    "time of no month": put("started", "2026-13-01T08:00:00Z"),
    "time with a line": put("started", "2026-03-01T08:00:00Z\n"),
    "time order": put("ended", "2025-03-01T08:00:00Z"),
    "complete": put("is_complete", 1),
    "why": put("incomplete_why", "stopped"),
    "why in one language": put("incomplete_why", {"en": "stopped"}),
    "id": put("checks", 0, "id", '"><script>'),
    "id twice": put("checks", 1, "id", "SKF-BUF-001"),
    "severity": put("checks", 0, "severity", "grave"),
    "confidence": put("checks", 0, "confidence", "E"),
    "title": put("checks", 0, "title", None),
    "result of none": put("results", 0, "check", "SKF-BUF-999"),
    "result twice": put("results", 1, "check", "SKF-BUF-001"),
    "outcome": put("results", 0, "outcome", "passed!"),
    "message": put("results", 0, "message", ["en", "zh"]),
    "observed": put("results", 0, "observed", [["code"]]),
    "observed of three": put("results", 0, "observed", [["code", "a", "b"]]),
    "observed number": put("results", 0, "observed", [["code", 1]]),
    "calls": put("results", 0, "calls", [["SKF_EnumDev", ""]]),
    "calls many": put("results", 0, "calls", [["SKF_EnumDev", "", ""]] * 1001),
    "calls long": put("results", 0, "calls", [["SKF_EnumDev", "x" * 1001, ""]]),
    "call count": put("results", 0, "call_count", "3"),
    "call count float": put("results", 0, "call_count", 3.0),
    "duration": put("results", 0, "duration_s", -1),
    "duration text": put("results", 0, "duration_s", "nan"),
    "latency zero": put("latency", 0, "mean_s", 0),
    "latency count": put("latency", 0, "count", 0),
    "latency order": put("latency", 0, "p95_s", 0.1),
    "latency twice": lambda found: found["latency"].append(found["latency"][0]),
    "latency rate": put("latency", 4, "data_len", 0),
    "half a character": put("device", "label", "\ud800"),
    "half a name": put("device", {"\ud800": "x"}),
    "summary verdict": put("summary", "verdict", "passed"),
    "summary whole": put("summary", "is_whole", True),
    "summary count": put("summary", "counts", "required", "failed", 0),
    "summary functions": put("summary", "functions_called", []),
    "summary known": put("summary", "functions_known", 3),
    "summary latency": put("summary", "latency_verdict", "passed"),
    "summary margin": put("summary", "latency", 3, "margin", 100),
    "summary clause": put("summary", "clauses", 0, "outcome", "passed"),
    "results passed": put("results", 1, "outcome", "passed"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_changed_reports_are_refused(change: Callable[[dict[str, Any]], object]) -> None:
    with pytest.raises(InvalidInputError):
        read_json(changed(change))


TEXTS = {
    "empty": b"",
    "no json": b"report",
    "not utf-8": b'{"format": "\xff"}',
    "utf-16": '{"format": 1}'.encode("utf-16"),
    "list": b"[]",
    "null": b"null",
    "number": b"1",
    "object": b"{}",
    "deep": b"[" * 100_000,
    "deep object": b'{"a":' * 100_000,
    "double": b'{"format": 1, "format": 1}',
    "nan": WRITTEN.replace(b'"call_count": 3', b'"call_count": NaN', 1),
    "infinity": WRITTEN.replace(b'"duration_s": 0.25', b'"duration_s": Infinity', 1),
    "large": WRITTEN.replace(b'"duration_s": 0.25', b'"duration_s": 1e999', 1),
    "digits": WRITTEN.replace(b'"call_count": 3', b'"call_count": ' + b"9" * 5000, 1),
    "cut": WRITTEN[:-20],
    "two": WRITTEN * 2,
    "mark": b"\xef\xbb\xbf" + WRITTEN,
}


@pytest.mark.parametrize("data", TEXTS.values(), ids=TEXTS)
def test_other_texts_are_refused(data: bytes) -> None:
    with pytest.raises(InvalidInputError):
        read_json(data)


def test_deep_profiles_are_refused() -> None:
    value: Any = "end"
    for _ in range(40):
        value = [value]
    with pytest.raises(InvalidInputError):
        read_json(changed(put("driver_profile", "deep", value)))


@pytest.mark.parametrize("data", [b" " * (MAX_LEN + 1), b"[" + b"[]," * 500_001 + b"1]"], ids=["long", "values"])
def test_bounds(data: bytes) -> None:
    with pytest.raises(LimitExceeded):
        read_json(data)


@pytest.mark.parametrize("data", ["{}", None, 1])
def test_only_buffers_are_read(data: Any) -> None:
    with pytest.raises(InvalidTypeError):
        read_json(data)


def test_any_buffer_is_read() -> None:
    assert read_json(memoryview(bytearray(WRITTEN))) == samples.report()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for name, one in inner for place in places(one, (*path, name)))]


PLACES = [place for place in places(json.loads(WRITTEN)) if place]


@given(st.sampled_from(PLACES), JSON)
def test_anything_anywhere_is_read_or_refused(place: tuple[Any, ...], value: Any) -> None:
    try:
        report = read_json(changed(put(*place, value)))
    except InvalidInputError:
        return
    data = write_json(report)
    assert write_json(read_json(data)) == data


@given(st.integers(0, len(WRITTEN) - 1), st.binary(max_size=4))
def test_changed_bytes_are_read_or_refused(offset: int, piece: bytes) -> None:
    with contextlib.suppress(InvalidInputError):
        read_json(WRITTEN[:offset] + piece + WRITTEN[offset + len(piece) :])


# ---- the schema ---------------------------------------------------------------------------
def test_schema_describes_every_member_once() -> None:
    found = json.loads(schema())
    written = json.loads(WRITTEN)
    assert set(found["required"]) == set(found["properties"]) == set(written)
    for name in ("check", "result", "summary", "latency"):
        shape = found["$defs"][name]
        assert set(shape["required"]) == set(shape["properties"])
        assert shape["additionalProperties"] is False
        assert shape["description"]


def test_every_definition_is_used() -> None:
    text = schema()
    for name in json.loads(text)["$defs"]:
        assert f'"#/$defs/{name}"' in text
