"""A report as JSON: the form that programs read, that is signed, and from which the others can be made again.

What is read is held against the schema that comes with gmpki, ``report.schema.json`` in its data, within bounds of
length, depth and number of values; and what a report says in summary has to follow from what it says in detail.

>>> import json
>>> from gmpki.conformance.report.json_form import schema
>>> json.loads(schema())["properties"]["format"]["const"]
1
"""

from __future__ import annotations

import json
from datetime import datetime, timezone
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from gmpki._inputs import as_bytes, member
from gmpki.conformance.model import Clause, Kind, LatencyRow, Permission, Result, Severity, Words
from gmpki.conformance.report._schema import Schema
from gmpki.conformance.report.document import DriverFile, Report, ReportedCheck
from gmpki.conformance.report.summary import summary
from gmpki.conformance.report.wording import STATEMENT
from gmpki.conformance.wire import printable
from gmpki.errors import InvalidInputError, LimitExceeded
from gmpki.tokens.limits import Limit, LimitProfile, Rule

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["FORMAT", "MAX_LEN", "demand_form", "read_json", "report_as_dict", "schema", "write_json"]

FORMAT: Final = 1
"""The number of the format."""
MAX_LEN: Final = 16 << 20
"""The longest report that is read, in bytes."""
_MAX_VALUES: Final = 1_000_000
_TIME: Final = "%Y-%m-%dT%H:%M:%SZ"
_MAX_TEXT_LEN: Final = 4000
_MAX_CALL_LEN: Final = 1000


@cache
def schema() -> str:
    """Return the schema of the format, a text of JSON.

    :standard: JSON Schema, draft 2020-12
    """
    from importlib.resources import files

    return (files("gmpki.data") / "conformance" / "report.schema.json").read_text(encoding="utf-8")


@cache
def _schema() -> Schema:
    return Schema(json.loads(schema()))


def demand_form(name: str, value: Any) -> None:
    """Hold a part of a report against what the schema says of such parts.

    :param name: of the definition; "latency" is a row of times.
    :raises InvalidInputError: when it does not fit.
    """
    _schema().check_part(name, value)


# ---- writing ------------------------------------------------------------------------------
def write_json(report: Report) -> bytes:
    """Return a report as JSON in UTF-8: the same bytes for the same report.

    :raises InvalidTypeError: when report is none.
    :raises InvalidInputError: when it holds what the format has no room for; texts that are too long are cut.
    """
    shown = report_as_dict(report)
    _schema().check(shown)
    return (printable(json.dumps(shown, ensure_ascii=False, indent=1)) + "\n").encode("utf-8")


def report_as_dict(report: Report) -> dict[str, Any]:
    """Return a report as strings, numbers, lists and dictionaries, as :func:`write_json` writes them.

    :raises InvalidTypeError: when report is none.
    """
    member(report, Report, "report")
    driver = report.driver
    return {
        "format": FORMAT,
        "statement": STATEMENT.to_json(),
        "kind": report.kind.value,
        "driver": {"name": driver.name, "sha256": driver.sha256, "sm3": driver.sm3, "length": driver.length},
        "device": _cut(report.device),
        "driver_profile": _cut(report.driver_profile),
        "permissions": sorted(permission.value for permission in report.permissions),
        "limits": None if report.limits is None else _limits_as_dict(report.limits),
        "selection": list(report.selection),
        "started": _time_text(report.started),
        "ended": _time_text(report.ended),
        "environment": _cut(report.environment),
        "is_complete": report.is_complete,
        "incomplete_why": None if report.incomplete_why is None else _cut(report.incomplete_why.to_json()),
        "summary": summary(report),
        "checks": [_check_as_dict(check) for check in report.checks],
        "results": [_result_as_dict(result) for result in report.results],
        "latency": [_latency_as_dict(row) for row in report.latency],
    }


def _check_as_dict(check: ReportedCheck) -> dict[str, Any]:
    return {
        "id": check.id,
        "group": check.group,
        "group_title": check.group_title.to_json(),
        "title": check.title.to_json(),
        "clause": check.clause.document,
        "clause_number": check.clause.clause,
        "confidence": check.clause.confidence,
        "severity": check.severity.value,
        "permissions": sorted(permission.value for permission in check.permissions),
        "functions": list(check.functions),
        "precondition": None if check.precondition is None else check.precondition.to_json(),
        "description": _cut(check.description),
    }


def _result_as_dict(result: Result) -> dict[str, Any]:
    shown = result.to_json()
    return {name: _cut(value, _MAX_CALL_LEN if name == "calls" else _MAX_TEXT_LEN) for name, value in shown.items()}


def _latency_as_dict(row: LatencyRow) -> dict[str, Any]:
    names = ("algorithm", "operation", "count", "mean_s", "p50_s", "p95_s", "max_s", "data_len")
    return {name: getattr(row, name) for name in names}


def _limits_as_dict(limits: LimitProfile) -> dict[str, Any]:
    return {
        "name": limits.name,
        "title": limits.title,
        "title_zh": limits.title_zh,
        "mandatory": list(limits.mandatory),
        "limits": [
            {
                "algorithm": limit.algorithm,
                "operation": limit.operation,
                "rule": limit.rule.value,
                "bound": limit.bound,
                "source": limit.source,
                "confidence": limit.confidence,
            }
            for limit in limits.limits
        ],
        "notes": list(limits.notes),
    }


def _time_text(value: datetime) -> str:
    return f"{value.replace(tzinfo=None).isoformat()}Z"  # strftime would not fill up years before 1000


def _cut(value: Any, most: int = _MAX_TEXT_LEN) -> Any:
    """Return a value with its texts cut where they are too long, and without what no file could hold."""
    if isinstance(value, str):
        text = value.encode("utf-8", "backslashreplace").decode("utf-8")
        return text if len(text) <= most else f"{text[: most - 1]}…"
    if isinstance(value, dict):
        return {name: _cut(inner, most) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_cut(inner, most) for inner in value]
    return value


# ---- reading ------------------------------------------------------------------------------
def read_json(data: Buffer) -> Report:
    """Read a report, whoever wrote it.

    :param data: at most 16 MiB.
    :raises InvalidTypeError: when data is no buffer.
    :raises LimitExceeded: when it is longer, or holds more than a million values.
    :raises InvalidInputError: when it is no JSON, does not fit the schema, is of another format, contradicts itself, or
        its summary does not follow from the rest.
    """
    found = _parsed(as_bytes(data, "data"))
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise InvalidInputError(f"this is no report of format {FORMAT}")
    _schema().check(found)
    report = Report(
        kind=Kind(found["kind"]),
        driver=DriverFile(**found["driver"]),
        started=_time(found["started"]),
        ended=_time(found["ended"]),
        checks=tuple(_read_check(check) for check in found["checks"]),
        results=tuple(Result.from_json(result) for result in found["results"]),
        device=found["device"],
        driver_profile=found["driver_profile"],
        permissions=frozenset(Permission(name) for name in found["permissions"]),
        limits=None if found["limits"] is None else _read_limits(found["limits"]),
        selection=tuple(found["selection"]),
        environment=found["environment"],
        latency=tuple(LatencyRow(**row) for row in found["latency"]),
        is_complete=found["is_complete"],
        incomplete_why=_words_or_none(found["incomplete_why"]),
    )
    if summary(report) != found["summary"]:
        raise InvalidInputError("the summary of the report does not follow from its results")
    return report


def _parsed(data: bytes) -> Any:
    if len(data) > MAX_LEN:
        raise LimitExceeded(f"a report of {len(data)} bytes; at most {MAX_LEN} are read")
    # Each value but the first follows one of these; counted first, so that nothing is built that is too much.
    if sum(data.count(mark) for mark in (b",", b"[", b"{")) > _MAX_VALUES:
        raise LimitExceeded(f"a report of more than {_MAX_VALUES} values")
    try:
        return json.loads(data.decode("utf-8"), object_pairs_hook=_without_doubles, parse_constant=_no_constant)
    except InvalidInputError:
        raise
    except (ValueError, RecursionError) as error:
        what = "nested too deep" if isinstance(error, RecursionError) else str(error)
        raise InvalidInputError(f"the report is no JSON: {what}") from None


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise InvalidInputError("the report is no JSON: a name stands twice in one object")
    return found


def _no_constant(name: str) -> None:
    raise InvalidInputError(f"the report is no JSON: {name} is no number")


def _time(text: str) -> datetime:
    try:
        return datetime.strptime(text, _TIME).replace(tzinfo=timezone.utc)
    except ValueError:
        raise InvalidInputError("a time of the report is none that there is") from None


def _words_or_none(value: Any) -> Words | None:
    return None if value is None else Words.from_json(value)


def _read_check(found: dict[str, Any]) -> ReportedCheck:
    return ReportedCheck(
        id=found["id"],
        group=found["group"],
        group_title=Words.from_json(found["group_title"]),
        title=Words.from_json(found["title"]),
        clause=Clause(found["clause"], found["clause_number"], found["confidence"]),
        severity=Severity(found["severity"]),
        permissions=frozenset(Permission(name) for name in found["permissions"]),
        functions=tuple(found["functions"]),
        description=found["description"],
        precondition=_words_or_none(found["precondition"]),
    )


def _read_limits(found: dict[str, Any]) -> LimitProfile:
    return LimitProfile(
        found["name"],
        found["title"],
        found["title_zh"],
        tuple(found["mandatory"]),
        tuple(Limit(**{**row, "rule": Rule(row["rule"])}) for row in found["limits"]),
        tuple(found["notes"]),
    )
