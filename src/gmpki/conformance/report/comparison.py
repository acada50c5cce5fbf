"""What changed between two reports: of two drivers, or of two versions of one.

>>> from gmpki.conformance.report.comparison import compare
>>> comparison = compare(before, after)  # doctest: +SKIP
>>> comparison.worse  # doctest: +SKIP
(CheckChange(check='SKF-PIN-002', ...),)
"""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gmpki._inputs import member
from gmpki.conformance.model import LatencyRow, Outcome, Words
from gmpki.conformance.report.document import Report, Verdict
from gmpki.conformance.report.summary import WORST_FIRST
from gmpki.conformance.report.wording import LABEL, OUTCOME, VERDICT
from gmpki.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gmpki.conformance.report.document import ReportedCheck

__all__ = ["CheckChange", "Comparison", "Direction", "IdentityChange", "LatencyChange", "compare"]

_P95_SIGMA: Final = 1.645
"""How many standard deviations p95 lies above the median of a normal distribution."""
_SURE: Final = 3.0
"""By how many standard errors two means have to differ: by chance that happens once in 370 times."""
_LEAST_RATIO: Final = 1.1
"""What is closer than this is not told apart: two runs of one driver on one machine differ by as much."""


class Direction(enum.Enum):
    """Which way something changed."""

    BETTER = "better"
    WORSE = "worse"
    NEW = "new"
    """It is in the second report alone."""
    GONE = "gone"
    """It is in the first report alone."""


@dataclass(frozen=True, slots=True)
class IdentityChange:
    """Something that the two devices, drivers or runs say differently. Immutable; None where one does not say it."""

    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class CheckChange:
    """A check that came to something else. Immutable.

    :ivar before: None when the first report does not have the check; likewise after.
    :ivar message: what the second report says of it.
    """

    check: str
    title: Words
    direction: Direction
    before: Outcome | None
    after: Outcome | None
    message: Words | None = None


@dataclass(frozen=True, slots=True)
class LatencyChange:
    """An operation that takes longer or shorter than before. Immutable.

    :ivar before: None when it was not measured; likewise after.
    """

    algorithm: str
    operation: str
    direction: Direction
    before: LatencyRow | None
    after: LatencyRow | None

    @property
    def ratio(self) -> float | None:
        """The mean after through the mean before, for the same amount of data; None where one is missing."""
        if self.before is None or self.after is None:
            return None
        return _mean(self.after) / _mean(self.before)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What changed between two reports. Immutable.

    :ivar names: of the two drivers.
    :ivar verdicts: of the two runs.
    :ivar checks: those that came to something else, in their order.
    :ivar latency: the operations whose means differ by more than noise.
    """

    names: tuple[str, str]
    verdicts: tuple[Verdict, Verdict]
    identity: tuple[IdentityChange, ...]
    checks: tuple[CheckChange, ...]
    latency: tuple[LatencyChange, ...]

    @property
    def worse(self) -> tuple[CheckChange, ...]:
        """The checks that came to something worse."""
        return tuple(change for change in self.checks if change.direction is Direction.WORSE)

    def to_json(self) -> dict[str, Any]:
        """Return it as strings, numbers, lists and dictionaries."""
        return {
            "names": list(self.names),
            "verdicts": [verdict.value for verdict in self.verdicts],
            "identity": [{"name": one.name, "before": one.before, "after": one.after} for one in self.identity],
            "checks": [
                {
                    "check": one.check,
                    "title": one.title.to_json(),
                    "direction": one.direction.value,
                    "before": None if one.before is None else one.before.value,
                    "after": None if one.after is None else one.after.value,
                    "message": None if one.message is None else one.message.to_json(),
                }
                for one in self.checks
            ],
            "latency": [
                {
                    "algorithm": one.algorithm,
                    "operation": one.operation,
                    "direction": one.direction.value,
                    "ratio": None if one.ratio is None else round(one.ratio, 4),
                    "before": _row_as_dict(one.before),
                    "after": _row_as_dict(one.after),
                }
                for one in self.latency
            ],
        }

    def to_text(self) -> str:
        """Return it as lines for a person, in Chinese and English."""
        return "\n".join(self._lines()) + "\n"

    def _lines(self) -> Iterator[str]:
        for name, verdict in zip(self.names, self.verdicts, strict=True):
            yield f"{_shown(name)}: {_both(VERDICT[verdict])}"
        for change in self.identity:
            label = _both(LABEL[change.name]) if change.name in LABEL else change.name
            yield f"  {_shown(label)}: {_shown(change.before or '–')} -> {_shown(change.after or '–')}"
        for direction in Direction:
            found = [one for one in self.checks if one.direction is direction]
            if found:
                yield f"{_both(_DIRECTION[direction])}: {len(found)}"
            for check in found:
                yield f"  {check.check}  {_outcome(check.before)} -> {_outcome(check.after)}  {_shown(check.title.en)}"
                if direction is Direction.WORSE and check.message is not None:
                    yield f"      {_shown(_both(check.message))}"
        if not self.checks:
            yield "检查结果没有变化 no check came to something else"
        yield from (_latency_line(one) for one in self.latency)


def compare(before: Report, after: Report) -> Comparison:
    """Return what changed between two reports of the same interface.

    Means of times count as different when they are 10 % apart or more, and further than chance makes them: three
    standard errors, by the spread from p50 to p95 and the numbers of operations.

    :raises InvalidTypeError: when an input is no report.
    :raises InvalidInputError: when they are of different interfaces.
    """
    member(before, Report, "before")
    member(after, Report, "after")
    if before.kind is not after.kind:
        raise InvalidInputError("reports of different interfaces cannot be compared")
    return Comparison(
        (before.driver.name, after.driver.name),
        (before.verdict, after.verdict),
        tuple(_identity(before, after)),
        tuple(_checks(before, after)),
        tuple(_latency(before, after)),
    )


def _identity(before: Report, after: Report) -> Iterator[IdentityChange]:
    for name, one, other in (
        ("driver", before.driver.name, after.driver.name),
        ("driver SM3", before.driver.sm3, after.driver.sm3),
        ("limits", _limits_name(before), _limits_name(after)),
        ("permissions", _permissions(before), _permissions(after)),
    ):
        if one != other:
            yield IdentityChange(name, one or None, other or None)
    for old, new in ((before.device, after.device), (before.environment, after.environment)):
        for name in dict.fromkeys((*old, *new)):
            if old.get(name) != new.get(name):
                yield IdentityChange(name, old.get(name), new.get(name))


def _limits_name(report: Report) -> str:
    return "" if report.limits is None else report.limits.name


def _permissions(report: Report) -> str:
    return ", ".join(sorted(permission.value for permission in report.permissions))


def _checks(before: Report, after: Report) -> Iterator[CheckChange]:
    old, new = before.outcomes, after.outcomes
    known: dict[str, ReportedCheck] = {check.id: check for check in (*before.checks, *after.checks)}
    for identifier in dict.fromkeys((*new, *old)):
        first, second = old.get(identifier), new.get(identifier)
        if first is not None and second is not None and first.outcome is second.outcome:
            continue
        yield CheckChange(
            identifier,
            known[identifier].title,
            _direction(None if first is None else first.outcome, None if second is None else second.outcome),
            None if first is None else first.outcome,
            None if second is None else second.outcome,
            None if second is None else second.message,
        )


def _direction(before: Outcome | None, after: Outcome | None) -> Direction:
    if before is None:
        return Direction.NEW
    if after is None:
        return Direction.GONE
    return Direction.BETTER if WORST_FIRST.index(after) > WORST_FIRST.index(before) else Direction.WORSE


def _latency(before: Report, after: Report) -> Iterator[LatencyChange]:
    old = {(row.algorithm, row.operation): row for row in before.latency}
    new = {(row.algorithm, row.operation): row for row in after.latency}
    for name in dict.fromkeys((*old, *new)):
        first, second = old.get(name), new.get(name)
        if first is None or second is None:
            yield LatencyChange(*name, Direction.NEW if first is None else Direction.GONE, first, second)
        elif (first.data_len == 0) == (second.data_len == 0) and _differs(first, second):
            direction = Direction.WORSE if _mean(second) > _mean(first) else Direction.BETTER
            yield LatencyChange(*name, direction, first, second)


def _mean(row: LatencyRow) -> float:
    """Return the mean, of a row with a rate that of one byte: the two may have worked on different lengths."""
    return row.mean_s / (row.data_len or 1)


def _differs(first: LatencyRow, second: LatencyRow) -> bool:
    one, other = _mean(first), _mean(second)
    if max(one, other) < min(one, other) * _LEAST_RATIO:
        return False
    return abs(one - other) > _SURE * math.hypot(_standard_error(first), _standard_error(second))


def _standard_error(row: LatencyRow) -> float:
    spread = (row.p95_s - row.p50_s) / _P95_SIGMA
    return spread / math.sqrt(row.count) / (row.data_len or 1)


# ---- for a person -------------------------------------------------------------------------
_DIRECTION: Final = {
    Direction.BETTER: Words("better", "变好"),
    Direction.WORSE: Words("worse", "变差"),
    Direction.NEW: Words("new", "新增"),
    Direction.GONE: Words("gone", "不再有"),
}


def _latency_line(change: LatencyChange) -> str:
    figures = " -> ".join(
        "–" if row is None else f"{row.mean_s * 1000:,.3f} ms × {row.count}" for row in (change.before, change.after)
    )
    ratio = "" if change.ratio is None else f"  ({change.ratio:.2f} x)"
    return f"{change.algorithm} {change.operation}: {_both(_DIRECTION[change.direction])}  {figures}{ratio}"


def _row_as_dict(row: LatencyRow | None) -> dict[str, Any] | None:
    return None if row is None else {"count": row.count, "mean_s": row.mean_s, "data_len": row.data_len}


def _outcome(outcome: Outcome | None) -> str:
    return "–" if outcome is None else _both(OUTCOME[outcome])


def _both(words: Words) -> str:
    return f"{words.zh} {words.en}"


def _shown(text: str) -> str:
    from gmpki.asn1.rfc5280._name_text import shown_text

    return shown_text(text)
