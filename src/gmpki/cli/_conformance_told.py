"""What is said of a report, at the end of a run and whenever somebody asks."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, TypeAlias

from gmpki.cli._conformance import both, spread
from gmpki.cli._output import Failure, facts

if TYPE_CHECKING:
    from gmpki.conformance import Outcome, Report, Words

__all__ = ["failure_of", "report_fields", "report_lines"]

Rows: TypeAlias = "list[tuple[str, str, str]]"

MOST_NAMED = 8  # checks in the one sentence of a failure
LATENCY_GROUP = "latency"


def failure_of(report: Report) -> Failure | None:
    """Return why a report is no success; None when it is one.

    Without a selection that takes a verdict of passed, with deviations or not. Who chose checks is answered about what
    he chose: each has a verdict, and no required one failed or is unsupported. Either way limits of latency are kept.
    """
    problem = _of_checks(report) or _of_latency(report)
    return None if problem is None else Failure("GmpkiError", problem)


def _of_checks(report: Report) -> str | None:
    """Return what is wrong of the checks."""
    from gmpki.conformance import Outcome, Verdict

    if report.verdict is Verdict.FAILED:
        return f"required checks failed: {_named(_required(report, Outcome.FAILED))}"
    if report.verdict is Verdict.UNSUPPORTED:
        return f"required and not supported: {_named(_required(report, Outcome.UNSUPPORTED))}"
    if report.selection:
        if not report.is_complete:
            return "the run was stopped before every check that was chosen had a verdict"
        without = [result.check for result in report.results if not result.outcome.is_verdict]
        return f"chosen, and without a verdict: {_named(without)}" if without else None
    if report.verdict is Verdict.INCOMPLETE:
        missing = _named(_required(report, Outcome.NOT_RUN))
        return f"incomplete, which is no pass: required checks that did not run: {missing}"
    return None


def _of_latency(report: Report) -> str | None:
    """Return what is wrong of latency."""
    judgement = report.judgement
    if judgement is None:
        return None
    if judgement.failed:
        beyond = [f"{row.limit.algorithm} {row.limit.operation}" for row in judgement.failed]
        return f"limits of latency are not kept: {', '.join(beyond)}"
    if judgement.absent_mandatory and _was_to_measure_all(report):
        return f"mandatory, and not measured: {', '.join(judgement.absent_mandatory)}"
    return None


def _was_to_measure_all(report: Report) -> bool:
    """Tell whether every check that measures was chosen."""
    chosen = {result.check for result in report.results}
    measuring = {check.id for check in report.checks if check.group == LATENCY_GROUP}
    return not report.selection or (bool(measuring) and measuring <= chosen)


def _required(report: Report, outcome: Outcome) -> list[str]:
    from gmpki.conformance import Severity

    outcomes = report.outcomes
    required = [check.id for check in report.checks if check.severity is Severity.REQUIRED]
    return [identifier for identifier in required if outcomes[identifier].outcome is outcome]


def _named(checks: list[str]) -> str:
    """Return how many there are, and the names of the first."""
    more = f" and {len(checks) - MOST_NAMED} more" if len(checks) > MOST_NAMED else ""
    return f"{len(checks)} ({', '.join(checks[:MOST_NAMED])}{more})" if checks else "none was chosen"


# ---- for programs -----------------------------------------------------------------------
def report_fields(report: Report) -> dict[str, Any]:
    """Return what a program is told of a report: its summary, and every check that did not pass or is not known."""
    from gmpki.conformance import Outcome
    from gmpki.conformance.report.summary import summary

    comes_to = summary(report)
    del comes_to["clauses"]
    outcomes = report.outcomes
    found: list[dict[str, Any]] = []
    for check in report.checks:
        result = outcomes[check.id]
        if result.outcome is not Outcome.PASSED:
            found.append(
                {
                    "check": check.id,
                    "title": check.title.to_json(),
                    "severity": check.severity.value,
                    "outcome": result.outcome.value,
                    "message": None if result.message is None else result.message.to_json(),
                    "workaround": None if result.workaround is None else result.workaround.to_json(),
                }
            )
    return {
        "kind": report.kind.value,
        "driver": report.driver.name,
        "driver_sm3": report.driver.sm3,
        "device": dict(report.device),
        "permissions": sorted(permission.value for permission in report.permissions),
        "selection": list(report.selection),
        "is_complete": report.is_complete,
        "elapsed_s": round((report.ended - report.started).total_seconds(), 3),
        **comes_to,
        "not_passed": found,
    }


# ---- for a person -----------------------------------------------------------------------
def report_lines(report: Report, more: Rows) -> list[str]:
    """Return what a person is told of a report: what did not pass with the reason, counts, verdict.

    :param more: rows for the end.
    """
    from gmpki.conformance import Outcome, Verdict
    from gmpki.conformance.report.wording import CHOSEN, INCOMPLETE, KIND, STATEMENT, VERDICT, VERDICT_SENTENCE

    rows: Rows = [("被测", "tested", f"{report.driver.name}, {both(KIND[report.kind])}")]
    rows += [
        ("设备" if not number else "", "device" if not number else "", text)
        for number, text in enumerate(_device(report))
    ]
    rows += _counts(report)
    rows += _functions(report)
    rows += _latency(report)
    if report.selection:
        rows.append(("选择", "selection", ", ".join(report.selection)))
    verdict = report.verdict
    rows.append(("结论", "verdict", both(VERDICT[verdict])))
    rows += _block("", "", VERDICT_SENTENCE[verdict])
    if report.selection and verdict is Verdict.INCOMPLETE:
        rows += _block("", "", CHOSEN)
    if not report.is_whole and verdict is not Verdict.INCOMPLETE:
        rows += _block("", "", INCOMPLETE)
    if report.incomplete_why is not None:
        rows += _block("", "", report.incomplete_why)
    rows += [*_block("说明", "note", STATEMENT), *more]
    lines = [
        *_section(report, Outcome.FAILED),
        *_section(report, Outcome.UNSUPPORTED),
        *_section(report, Outcome.DEVIATION),
        *_not_run(report),
    ]
    return [*lines, "", *facts(rows)] if lines else facts(rows)


def _block(chinese: str, english: str, words: Words) -> Rows:
    """Return the rows of a text that may take two lines."""
    first, *others = spread(words)
    return [(chinese, english, first), *(("", "", line) for line in others)]


def _device(report: Report) -> list[str]:
    from gmpki.conformance.report.wording import SOFTWARE

    names = ("manufacturer", "label", "serial_number", "firmware_version")
    told = ", ".join(report.device[name] for name in names if report.device.get(name))
    found = [told] if told else []
    if report.device.get("is_software") == "yes":
        found += spread(SOFTWARE)
    return found


def _counts(report: Report) -> Rows:
    from gmpki.conformance import Outcome, Severity
    from gmpki.conformance.report.wording import OUTCOME, SEVERITY

    counts = report.counts
    rows: Rows = []
    for severity in Severity:
        told = [
            f"{OUTCOME[one].zh} {OUTCOME[one].en} {counts[severity, one]}"
            for one in Outcome
            if (severity, one) in counts
        ]
        if told:
            rows.append((SEVERITY[severity].zh, SEVERITY[severity].en, ", ".join(told)))
    return rows


def _functions(report: Report) -> Rows:
    from gmpki.conformance.report.summary import functions_known

    known = functions_known(report.kind)
    if known is None:
        return [("调用函数", "functions called", str(len(report.functions_called)))]
    return [("调用函数", "functions called", f"{len(set(known) & set(report.functions_called))} / {len(known)}")]


def _latency(report: Report) -> Rows:
    from gmpki.conformance.report.wording import LIMITS_VERDICT

    judgement = report.judgement
    if judgement is None or not report.latency:
        return []
    profile = judgement.profile
    title = profile.title if profile.title == profile.title_zh else f"{profile.title_zh} {profile.title}"
    rows: Rows = [("时延", "latency", f"{title}: {both(LIMITS_VERDICT[judgement.verdict])}")]
    for row in judgement.failed:
        name = f"{row.limit.algorithm} {row.limit.operation}"
        rows.append(("  超限", "  beyond", f"{name}: {row.shown_figure} ({row.shown_limit})"))
    if judgement.absent:
        rows.append(("  未测", "  not measured", ", ".join(judgement.absent)))
    return rows


def _section(report: Report, outcome: Outcome) -> list[str]:
    """Return the lines about the checks of one outcome, each with the reason."""
    from gmpki.conformance.report.wording import OUTCOME, SEVERITY

    outcomes = report.outcomes
    lines: list[str] = []
    for check in report.checks:
        result = outcomes[check.id]
        if result.outcome is not outcome:
            continue
        weight = SEVERITY[check.severity]
        lines.append(f"  {check.id} [{weight.zh} {weight.en}]  {both(check.title)}")
        if result.message is not None:
            lines += [f"      {result.message.zh}", f"      {result.message.en}"]
        if result.workaround is not None:
            lines.append(f"      应对 workaround: {both(result.workaround)}")
    return [f"{both(OUTCOME[outcome])}:", *lines] if lines else []


def _not_run(report: Report) -> list[str]:
    """Return the lines about what was not run: how many for each reason, for there may be hundreds."""
    from gmpki.conformance import Outcome
    from gmpki.conformance.report.wording import OUTCOME

    reasons = Counter(
        "–" if result.message is None else both(result.message)
        for result in report.outcomes.values()
        if result.outcome is Outcome.NOT_RUN
    )
    lines = [f"  {count:4}  {reason}" for reason, count in reasons.most_common()]
    return [f"{both(OUTCOME[Outcome.NOT_RUN])}:", *lines] if lines else []
