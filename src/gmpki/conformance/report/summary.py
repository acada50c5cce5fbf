"""What a report comes to: verdicts of clauses, latency beside its limits, and the summary that programs read."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gmpki._inputs import member
from gmpki.conformance.model import CONFIDENCE, Kind, LatencyRow, Outcome, Severity
from gmpki.conformance.report.document import Report, ReportedCheck

if TYPE_CHECKING:
    from gmpki.tokens.limits import JudgedRow

__all__ = [
    "WORST_FIRST",
    "ClauseVerdict",
    "LatencyLine",
    "clause_verdicts",
    "command_line",
    "functions_known",
    "latency_lines",
    "summary",
]

WORST_FIRST: Final = (Outcome.FAILED, Outcome.UNSUPPORTED, Outcome.NOT_RUN, Outcome.DEVIATION, Outcome.PASSED)
"""Which outcome stands for several: what did not run weighs more than a deviation, for nobody knows what it hides."""


@dataclass(frozen=True, slots=True)
class ClauseVerdict:
    """What came of all checks of one clause. Immutable.

    :ivar confidence: the least of those of its checks.
    :ivar counts: how many checks came to each outcome, the worst first.
    """

    document: str
    clause: str
    confidence: str
    checks: tuple[ReportedCheck, ...]
    counts: dict[Outcome, int]

    @property
    def worst(self) -> Outcome:
        """The outcome that stands for all."""
        return next(iter(self.counts))


@dataclass(frozen=True, slots=True)
class LatencyLine:
    """An operation, what was measured of it, and its limit. Immutable; there is at least one of the two.

    :ivar row: None when it was not measured.
    :ivar judged: None when it has no limit.
    """

    algorithm: str
    operation: str
    row: LatencyRow | None
    judged: JudgedRow | None

    def share(self, time_s: float) -> float | None:
        """Return which part of the limit a time takes: 1 is at the limit, above is beyond. None without a limit.

        A rate becomes the time that the same data takes.
        """
        if self.judged is None or self.row is None:
            return None
        limit = self.judged.limit
        allowed_s = self.row.data_len * 8 / limit.bound / 1000 if limit.rule.is_rate else limit.bound / 1000
        return time_s / allowed_s


def clause_verdicts(report: Report) -> tuple[ClauseVerdict, ...]:
    """Return what came of each clause, by documents and then by the numbers of clauses.

    :raises InvalidTypeError: when report is none.
    """
    member(report, Report, "report")
    outcomes = report.outcomes
    found: dict[tuple[str, str], list[ReportedCheck]] = {}
    for check in report.checks:
        found.setdefault((check.clause.document, check.clause.clause), []).append(check)
    verdicts = []
    for (document, clause), checks in sorted(found.items(), key=lambda one: (one[0][0], _in_order(one[0][1]))):
        came = [outcomes[check.id].outcome for check in checks]
        verdicts.append(
            ClauseVerdict(
                document,
                clause,
                max((check.clause.confidence for check in checks), key=CONFIDENCE.index),
                tuple(checks),
                {outcome: came.count(outcome) for outcome in WORST_FIRST if outcome in came},
            )
        )
    return tuple(verdicts)


def latency_lines(report: Report) -> tuple[LatencyLine, ...]:
    """Return every operation that has a limit or was measured: those of the table first, in its order.

    :raises InvalidTypeError: when report is none.
    """
    member(report, Report, "report")
    rows = {(row.algorithm, row.operation): row for row in report.latency}
    judgement = report.judgement
    lines = []
    for judged in () if judgement is None else judgement.rows:
        name = (judged.limit.algorithm, judged.limit.operation)
        lines.append(LatencyLine(*name, rows.pop(name, None), judged))
    return (*lines, *(LatencyLine(*name, row, None) for name, row in rows.items()))


def functions_known(kind: Kind) -> tuple[str, ...] | None:
    """Return the functions that a driver of an interface has: the 78 of SKF; None for the others, which have no list.

    :raises InvalidTypeError: when kind is none.
    """
    member(kind, Kind, "kind")
    if kind is not Kind.SKF:
        return None
    from gmpki.tokens.skf.header import functions

    return tuple(name for name, function in functions().items() if function.common)


def command_line(report: Report) -> str:
    """Return the command that runs the same again, without what is secret: PINs and keys come from a file or a prompt.

    :raises InvalidTypeError: when report is none.
    """
    import shlex

    member(report, Report, "report")
    words = ["gmpki", "conformance", "run", f"--{report.kind.value}", report.driver.name]
    if report.limits is not None:
        words += ["--profile", report.limits.name]
    words += [f"--allow-{name}" for name in sorted(permission.value for permission in report.permissions)]
    for pattern in report.selection:
        words += ["--select", pattern]
    return " ".join(shlex.quote(word) for word in (*words, "--report", "report"))


def summary(report: Report) -> dict[str, Any]:
    """Return what a report comes to, as its JSON has it: all of it follows from the rest.

    :raises InvalidTypeError: when report is none.
    """
    member(report, Report, "report")
    counts, called, known = report.counts, report.functions_called, functions_known(report.kind)
    judgement = report.judgement
    return {
        "verdict": report.verdict.value,
        "is_whole": report.is_whole,
        "counts": {
            severity.value: {outcome.value: counts.get((severity, outcome), 0) for outcome in Outcome}
            for severity in Severity
        },
        "functions_called": list(called),
        "functions_known": None if known is None else len(known),
        "clauses": [
            {
                "document": one.document,
                "clause": one.clause,
                "confidence": one.confidence,
                "outcome": one.worst.value,
                "checks": [check.id for check in one.checks],
            }
            for one in clause_verdicts(report)
        ],
        "latency_verdict": None if judgement is None else judgement.verdict.value,
        "latency": [
            {
                "algorithm": row.limit.algorithm,
                "operation": row.limit.operation,
                "verdict": row.verdict.value,
                "margin": None if row.margin is None else round(row.margin, 6),
            }
            for row in (() if judgement is None else judgement.rows)
        ],
    }


def _in_order(clause: str) -> tuple[tuple[float, str], ...]:
    """Return the key by which "7.1.4" comes before "7.1.10", and numbers before letters."""
    return tuple((float(part), "") if part.isdecimal() else (math.inf, part) for part in clause.split("."))
