"""A report as one page of HTML in Chinese and English, fit to be handed to a buyer.

The page is one file that needs nothing else and runs nothing: no scripts, no fonts, no pictures from elsewhere, and its
own policy forbids whatever else there might be. What comes from the driver is escaped, and cut where it is long.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from gmpki._inputs import as_bytes, member
from gmpki.conformance.model import Outcome, Severity, Words
from gmpki.conformance.report import wording
from gmpki.conformance.report.document import Report, Verdict
from gmpki.conformance.report.json_form import write_json
from gmpki.conformance.report.summary import (
    LatencyLine,
    clause_verdicts,
    command_line,
    functions_known,
    latency_lines,
)
from gmpki.errors import UnsupportedPlatform
from gmpki.tokens.limits import Verdict as LimitsVerdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jinja2 import Template
    from typing_extensions import Buffer

    from gmpki.conformance.model import Result
    from gmpki.conformance.report.document import ReportedCheck

__all__ = ["report_page"]

_LONGEST: Final = 1000  # characters of one text
_OUTCOME_TONE: Final = {
    Outcome.PASSED: "passed-tone",
    Outcome.FAILED: "failed-tone",
    Outcome.DEVIATION: "open-tone",
    Outcome.UNSUPPORTED: "open-tone",
    Outcome.NOT_RUN: "quiet-tone",
}
_VERDICT_TONE: Final = {
    Verdict.PASSED: "passed-tone",
    Verdict.DEVIATIONS: "open-tone",
    Verdict.FAILED: "failed-tone",
    Verdict.UNSUPPORTED: "failed-tone",
    Verdict.INCOMPLETE: "open-tone",
}
_LIMITS_TONE: Final = {
    LimitsVerdict.PASSED: "passed-tone",
    LimitsVerdict.FAILED: "failed-tone",
    LimitsVerdict.INCOMPLETE: "open-tone",
}
_NO_LIMIT: Final = Words("no limit", "无指标")
_NOT_MEASURED: Final = Words("not measured", "未测")
_KEPT: Final = Words("kept", "符合")
_EXCEEDED: Final = Words("exceeded", "超限")

# The scale of bars: from a thousandth of the limit to ten times the limit, in units of the drawing.
_SCALE_LEN: Final = 200
_DECADES: Final = (-3, 1)


@dataclass(frozen=True, slots=True)
class _Bar:
    """Where a bar ends on its scale; p95 and max are None where the limit is for a rate."""

    label: str
    mean: float
    p95: float | None
    max: float | None
    limit: float
    decades: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class _Line:
    """A row of the table of latency, as it is shown."""

    name: str
    count: int
    figures: tuple[tuple[str, str], ...]
    verdict: Words
    tone: str
    bar: _Bar | None


@dataclass(frozen=True, slots=True)
class _Reason:
    """Why some checks have no verdict."""

    outcome: Outcome
    message: Words | None
    checks: tuple[ReportedCheck, ...]


def report_page(report: Report, data: Buffer | None = None) -> str:
    """Return a report as a page of HTML.

    :param data: the bytes of its ``report.json``, whose digests the page shows; None takes those that
        :func:`~gmpki.conformance.report.json_form.write_json` makes.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when the report holds what its format has no room for.
    :raises UnsupportedPlatform: when jinja2, which the extra conformance brings, is not installed.
    """
    import hashlib

    from gmpki.algorithms.sm3 import SM3
    from gmpki.seal._report_markup import page
    from gmpki.seal._report_style import STYLE

    member(report, Report, "report")
    octets = write_json(report) if data is None else as_bytes(data, "data")
    sm3 = SM3()
    sm3.update(octets)
    body = _template().render(
        _values(report), sm3=sm3.digest().hex(), sha256=hashlib.sha256(octets).hexdigest(), wording=wording
    )
    title = f"{wording.TITLE.zh} {wording.TITLE.en}"
    return page(title, body, STYLE + _shipped("report.css"))


@cache
def _shipped(name: str) -> str:
    from importlib.resources import files

    return (files("gmpki.data") / "conformance" / name).read_text(encoding="utf-8")


@cache
def _template() -> Template:
    try:
        from jinja2 import Environment, StrictUndefined
    except ImportError:
        raise UnsupportedPlatform("pages of reports need jinja2: pip install 'gmpki[conformance]'") from None
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, finalize=_shown
    )
    return environment.from_string(_shipped("report.html.j2"))


def _shown(value: Any) -> Any:
    """Return text without what hides or turns other text, and not too long; markup of the template's own as it is."""
    from markupsafe import Markup

    from gmpki.asn1.rfc5280._name_text import shown_text

    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    return shown_text(value if len(value) <= _LONGEST else f"{value[:_LONGEST]}…")


# ---- what the template is given -----------------------------------------------------------
def _values(report: Report) -> dict[str, Any]:
    outcomes = report.outcomes
    judged = [(check, outcomes[check.id]) for check in report.checks]
    groups: dict[Words, list[tuple[ReportedCheck, Result]]] = {}
    for check, result in judged:
        groups.setdefault(check.group_title, []).append((check, result))
    counts = report.counts
    return {
        "report": report,
        "judgement": report.judgement,
        "tone": _OUTCOME_TONE,
        "limits_tone": _LIMITS_TONE,
        "verdict_tone": _VERDICT_TONE[report.verdict],
        "outcomes": tuple(Outcome),
        "severities": [
            (severity, [counts.get((severity, outcome), 0) for outcome in Outcome]) for severity in Severity
        ],
        "identity": _identity(report),
        "extent": _extent(report),
        "wrong": _wrong(judged),
        "absent": _absent(judged),
        "lines": [_line(line) for line in latency_lines(report)],
        "limits_sources": _sources(report),
        "clauses": clause_verdicts(report),
        "device": [*_facts(report.device), *_driver_facts(report)],
        "profile": _facts(report.driver_profile),
        "groups": list(groups.items()),
        "environment": _facts(report.environment),
        "command": command_line(report),
    }


def _identity(report: Report) -> list[tuple[Words, str]]:
    names = [report.device[name] for name in ("manufacturer", "label", "serial_number") if report.device.get(name)]
    return [
        (Words("Device", "设备"), " · ".join(names) or "–"),
        (Words("Driver", "驱动"), report.driver.name),
        (Words("Driver, SM3", "驱动 SM3"), report.driver.sm3 or "–"),
        (Words("Run", "运行时间"), f"{_time(report.started)} – {_time(report.ended)}"),
    ]


def _extent(report: Report) -> list[tuple[Words, str]]:
    called, known = report.functions_called, functions_known(report.kind)
    if known is None:
        functions = str(len(called))
    else:
        count = len(set(called) & set(known))
        functions = f"{count} / {len(known)} ({count / len(known):.1%})"
    permitted = [wording.PERMISSION[one] for one in sorted(report.permissions, key=lambda one: one.value)]
    return [
        (Words("Functions called", "调用的函数"), functions),
        (
            Words("Permitted", "允许的操作"),
            "; ".join(f"{one.zh} {one.en}" for one in permitted) or "只读 read-only",
        ),
        (Words("Selection", "选择"), ", ".join(report.selection) or "全部 all"),
    ]


def _driver_facts(report: Report) -> list[tuple[Words, str]]:
    driver = report.driver
    facts = [(Words("Driver", "驱动"), driver.name)]
    if driver.sha256:
        facts.append((Words("Driver, bytes", "驱动长度（字节）"), f"{driver.length:,}"))
        facts.append((Words("Driver, SHA-256", "驱动 SHA-256"), driver.sha256))
    if driver.sm3:
        facts.append((Words("Driver, SM3", "驱动 SM3"), driver.sm3))
    return facts


def _wrong(judged: list[tuple[ReportedCheck, Result]]) -> list[tuple[ReportedCheck, Result]]:
    """Return what failed and what deviates: the graver severity first, failures before deviations."""
    severities, outcomes = list(Severity), [Outcome.FAILED, Outcome.DEVIATION]
    found = [(check, result) for check, result in judged if result.outcome in outcomes]
    return sorted(found, key=lambda one: (outcomes.index(one[1].outcome), severities.index(one[0].severity)))


def _absent(judged: list[tuple[ReportedCheck, Result]]) -> list[_Reason]:
    """Return why checks have no verdict, each reason once."""
    found: dict[tuple[Outcome, Words | None], list[ReportedCheck]] = {}
    for check, result in judged:
        if result.outcome in (Outcome.NOT_RUN, Outcome.UNSUPPORTED):
            found.setdefault((result.outcome, result.message), []).append(check)
    return [_Reason(outcome, message, tuple(checks)) for (outcome, message), checks in found.items()]


def _sources(report: Report) -> str:
    limits = () if report.limits is None else report.limits.limits
    return "; ".join(dict.fromkeys(f"{limit.source} ({limit.confidence})" for limit in limits))


def _facts(values: Mapping[str, Any]) -> list[tuple[Words, str]]:
    return [(wording.LABEL.get(name, Words("", name)), _text(value)) for name, value in values.items()]


def _text(value: Any) -> str:
    """Return what a driver's profile holds as one line."""
    if isinstance(value, dict):
        return "; ".join(f"{name}: {_text(inner)}" for name, inner in value.items()) or "–"
    if isinstance(value, (list, tuple)):
        return ", ".join(_text(inner) for inner in value) or "–"
    if isinstance(value, bool):
        return "是 yes" if value else "否 no"
    return "–" if value is None or value == "" else str(value)


def _time(value: Any) -> str:
    return f"{value:%Y-%m-%d %H:%M:%S} UTC"


# ---- latency ------------------------------------------------------------------------------
def _line(line: LatencyLine) -> _Line:
    row, judged = line.row, line.judged
    times = ("mean_s", "p50_s", "p95_s", "max_s")
    figures = [(name[:-2], "–" if row is None else _shown_time(getattr(row, name))) for name in times]
    if row is None:
        rate = "–"
    elif row.data_len:
        rate = f"{row.rate_kbps:,.0f} kbps"
    else:
        rate = f"{row.per_second:,.1f} /s"
    verdict, tone = _NO_LIMIT, "quiet-tone"
    if judged is not None:
        tone = _LIMITS_TONE[judged.verdict]
        verdict = {LimitsVerdict.PASSED: _KEPT, LimitsVerdict.FAILED: _EXCEEDED}.get(judged.verdict, _NOT_MEASURED)
    return _Line(
        name=f"{line.algorithm} {line.operation}",
        count=0 if row is None else row.count,
        figures=(
            *figures,
            ("rate", rate),
            ("limit", "–" if judged is None else judged.shown_limit),
            ("margin", "–" if judged is None else judged.shown_margin or "–"),
        ),
        verdict=verdict,
        tone=tone,
        bar=_bar(line),
    )


def _bar(line: LatencyLine) -> _Bar | None:
    row, judged = line.row, line.judged
    if row is None or judged is None:
        return None
    is_rate = judged.limit.rule.is_rate
    low, high = _DECADES
    return _Bar(
        label=f"{judged.shown_figure}, {judged.shown_limit}",
        mean=_place(line.share(row.mean_s)),
        p95=None if is_rate else _place(line.share(row.p95_s)),
        max=None if is_rate else _place(line.share(row.max_s)),
        limit=_place(1.0),
        decades=tuple(_place(10.0**power) for power in range(low + 1, high)),
    )


def _place(share: float | None) -> float:
    """Return where a share of the limit lies on the scale."""
    low, high = _DECADES
    power = low if not share else min(max(math.log10(share), low), high)
    return round((power - low) * _SCALE_LEN / (high - low), 1)


def _shown_time(time_s: float) -> str:
    """Return a time in ms with about four digits."""
    time_ms = time_s * 1000
    digits = 3 if time_ms < 10 else 2 if time_ms < 100 else 1 if time_ms < 1000 else 0
    return f"{time_ms:,.{digits}f} ms"
