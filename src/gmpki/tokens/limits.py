"""How fast a token has to be: tables of limits, and measurements judged by them.

Two tables come with gmpki, ``tender`` and ``gmt0027``; a buyer's own is a file of the same form.

>>> from gmpki.tokens.limits import Measurement, judge, limit_profile
>>> tender = limit_profile("tender")
>>> verdict = judge(tender, [Measurement.of_times("sm2", "sign", [0.004, 0.006])])
>>> row = verdict.row("sm2", "sign")
>>> row.verdict.value, row.shown_figure, row.shown_limit, row.shown_margin
('passed', '6.000 ms', 'each < 30 ms', '5.0 x')
>>> verdict.verdict.value  # nothing else was measured
'incomplete'
>>> verdict.absent[:2]
('rsa-1024', 'rsa-2048')
"""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_text, iterated, member, number
from gmpki.errors import InvalidInputError, InvalidTypeError
from gmpki.tokens._profile_files import CONFIDENCE, MAX_LINE_LEN, check_line, check_name, read_profile

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gmpki.x509._toml_table import Table

__all__ = [
    "ALGORITHMS",
    "OPERATIONS",
    "JudgedRow",
    "Judgement",
    "Limit",
    "LimitProfile",
    "Measurement",
    "Rule",
    "Verdict",
    "judge",
    "limit_profile",
    "limit_profile_names",
    "read_limits",
]

ALGORITHMS: Final = ("rsa-1024", "rsa-2048", "sm2", "ssf33", "sm1", "sm3", "sm4")
"""The algorithms that limits are for."""

OPERATIONS: Final = ("generate", "sign", "verify", "encrypt", "decrypt", "digest")
"""What is measured of an algorithm."""

_FORMAT: Final = 1
_MAX_BOUND: Final = 1_000_000_000
_MAX_COUNT: Final = 1_000_000_000
_MAX_S: Final = 1_000_000
_MAX_DATA_LEN: Final = 1 << 40


class Rule(enum.Enum):
    """What of the measurements a limit is for, and how it compares. The values are the keys of the file."""

    MEAN_BELOW = "mean_below_ms"
    EACH_BELOW = "each_below_ms"
    AT_LEAST = "at_least_kbps"
    ABOVE = "above_kbps"

    @property
    def is_rate(self) -> bool:
        """Whether it is for a rate in kilobits (1000 bits) a second, and not for a time."""
        return self in (Rule.AT_LEAST, Rule.ABOVE)


class Verdict(enum.Enum):
    """What came out, of one row or of all."""

    PASSED = "passed"
    FAILED = "failed"
    INCOMPLETE = "incomplete"
    """Something was not measured: the token does not have it."""


@dataclass(frozen=True, slots=True)
class Limit:
    """One row of a table. Immutable.

    :ivar bound: in milliseconds or kilobits a second, as the rule says.
    :ivar source: where the figure is from.
    :ivar confidence: "A" to "D": from read in the standard to not verified.
    :raises InvalidTypeError: when a field has the wrong type.
    :raises InvalidInputError: when one has a value that is not possible.
    """

    algorithm: str
    operation: str
    rule: Rule
    bound: int
    source: str
    confidence: str

    def __post_init__(self) -> None:
        _known(self.algorithm, ALGORITHMS, "algorithm")
        _known(self.operation, OPERATIONS, "operation")
        member(self.rule, Rule, "rule")
        number(self.bound, 1, _MAX_BOUND, "bound")
        _line(self.source, "source")
        _known(self.confidence, CONFIDENCE, "confidence")

    @property
    def shown(self) -> str:
        """The limit as text, such as "each < 30 ms" or ">= 330 kbps"."""
        if self.rule.is_rate:
            return f"{'>=' if self.rule is Rule.AT_LEAST else '>'} {self.bound} kbps"
        which = "mean" if self.rule is Rule.MEAN_BELOW else "each"
        return f"{which} < {self.bound} ms"


@dataclass(frozen=True, slots=True)
class LimitProfile:
    """A table of limits. Immutable.

    :ivar name: short, in small letters, digits and "-".
    :ivar mandatory: algorithms that every token has to have.
    :raises InvalidTypeError: when a field has the wrong type.
    :raises InvalidInputError: when there is no limit, there are two for one operation, or a mandatory algorithm has
        none.
    """

    name: str
    title: str
    title_zh: str
    mandatory: tuple[str, ...]
    limits: tuple[Limit, ...]
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_name(self.name, "table")
        for name in ("title", "title_zh"):
            _line(getattr(self, name), name)
        for name in ("mandatory", "limits", "notes"):
            member(getattr(self, name), tuple, name)
        for note in self.notes:
            _line(note, "a note")
        for limit in self.limits:
            member(limit, Limit, "a limit")
        rows = [(limit.algorithm, limit.operation) for limit in self.limits]
        if not rows or len(set(rows)) != len(rows):
            raise InvalidInputError("a table has at least one limit, and one for each operation at most")
        for algorithm in self.mandatory:
            _known(algorithm, self.algorithms, "mandatory")

    @property
    def algorithms(self) -> tuple[str, ...]:
        """The algorithms that have limits here, in their order."""
        return tuple(dict.fromkeys(limit.algorithm for limit in self.limits))


@dataclass(frozen=True, slots=True)
class Measurement:
    """How long an operation took. Immutable.

    :ivar count: how often it was done.
    :ivar max_s: the longest, in seconds.
    :ivar data_len: bytes that each one worked on; 0 where there is no rate.
    :raises InvalidTypeError: when a field has the wrong type.
    :raises InvalidInputError: when one has a value that is not possible.
    """

    algorithm: str
    operation: str
    count: int
    mean_s: float
    max_s: float
    data_len: int = 0

    def __post_init__(self) -> None:
        _known(self.algorithm, ALGORITHMS, "algorithm")
        _known(self.operation, OPERATIONS, "operation")
        number(self.count, 1, _MAX_COUNT, "count")
        number(self.data_len, 0, _MAX_DATA_LEN, "data_len")
        for name in ("mean_s", "max_s"):
            _time(getattr(self, name), name)
        if self.mean_s > self.max_s * (1 + 1e-9):  # their rounding aside
            raise InvalidInputError("no mean is above the longest")

    @classmethod
    def of_times(cls, algorithm: str, operation: str, times_s: Iterable[float], *, data_len: int = 0) -> Measurement:
        """Return the measurement of operations that took these times, in seconds.

        :raises InvalidTypeError: when an input has the wrong type.
        :raises InvalidInputError: when there are none, one is not above 0, or another input is not possible.
        """
        times = iterated(times_s, "times_s")
        if not times:
            raise InvalidInputError("there are no times")
        for time_s in times:
            _time(time_s, "a time")
        return cls(algorithm, operation, len(times), math.fsum(times) / len(times), max(times), data_len)

    @property
    def rate_kbps(self) -> float:
        """Kilobits (1000 bits) a second, by the mean."""
        return self.data_len * 8 / self.mean_s / 1000


@dataclass(frozen=True, slots=True)
class JudgedRow:
    """A limit and what was measured. Immutable.

    :ivar measurement: None when nothing was.
    """

    limit: Limit
    measurement: Measurement | None

    @property
    def figure(self) -> float | None:
        """What is held against the limit, in its unit; None when nothing was measured."""
        measured = self.measurement
        if measured is None:
            return None
        if self.limit.rule.is_rate:
            return measured.rate_kbps
        return 1000 * (measured.mean_s if self.limit.rule is Rule.MEAN_BELOW else measured.max_s)

    @property
    def verdict(self) -> Verdict:
        """INCOMPLETE when nothing was measured."""
        figure = self.figure
        if figure is None:
            return Verdict.INCOMPLETE
        bound, rule = self.limit.bound, self.limit.rule
        holds = {Rule.AT_LEAST: figure >= bound, Rule.ABOVE: figure > bound}.get(rule, figure < bound)
        return Verdict.PASSED if holds else Verdict.FAILED

    @property
    def margin(self) -> float | None:
        """How many times better than the limit it is; below 1 it is worse. None when nothing was measured."""
        figure = self.figure
        if figure is None:
            return None
        return figure / self.limit.bound if self.limit.rule.is_rate else self.limit.bound / figure

    @property
    def shown_limit(self) -> str:
        """The limit as text."""
        return self.limit.shown

    @property
    def shown_figure(self) -> str:
        """The figure as text, such as "6.000 ms", "412 kbps", or "absent"."""
        figure = self.figure
        if figure is None:
            return "absent"
        return f"{figure:,.0f} kbps" if self.limit.rule.is_rate else f"{figure:,.3f} ms"

    @property
    def shown_margin(self) -> str:
        """The margin as text, such as "5.0 x"; empty when nothing was measured."""
        margin = self.margin
        if margin is None:
            return ""
        return f"{margin:,.0f} x" if margin >= 100 else f"{margin:.1f} x" if margin >= 2 else f"{margin:.2f} x"


@dataclass(frozen=True, slots=True)
class Judgement:
    """All rows of a table, judged. Immutable."""

    profile: LimitProfile
    rows: tuple[JudgedRow, ...]

    @property
    def verdict(self) -> Verdict:
        """FAILED when any row is; else INCOMPLETE when any was not measured, whatever its algorithm; else PASSED."""
        found = {row.verdict for row in self.rows}
        return next(one for one in (Verdict.FAILED, Verdict.INCOMPLETE, Verdict.PASSED) if one in found)

    @property
    def absent(self) -> tuple[str, ...]:
        """What was not measured: algorithms, such as "sm1", or where there are others operations, such as
        "sm4 decrypt".
        """
        measured = {row.limit.algorithm for row in self.rows if row.measurement is not None}
        return tuple(
            dict.fromkeys(
                f"{row.limit.algorithm} {row.limit.operation}"
                if row.limit.algorithm in measured
                else row.limit.algorithm
                for row in self.rows
                if row.measurement is None
            )
        )

    @property
    def absent_mandatory(self) -> tuple[str, ...]:
        """Those of :attr:`absent` whose algorithm is mandatory."""
        return tuple(one for one in self.absent if one.split()[0] in self.profile.mandatory)

    @property
    def failed(self) -> tuple[JudgedRow, ...]:
        """The rows whose limit is not kept."""
        return tuple(row for row in self.rows if row.verdict is Verdict.FAILED)

    def row(self, algorithm: str, operation: str) -> JudgedRow:
        """Return one row.

        :raises InvalidInputError: when the table has none for it.
        """
        for row in self.rows:
            if (row.limit.algorithm, row.limit.operation) == (algorithm, operation):
                return row
        raise InvalidInputError(f"{self.profile.name} has no such limit")


def judge(profile: LimitProfile, measurements: Iterable[Measurement]) -> Judgement:
    """Hold measurements against a table of limits; those that it has no row for are passed over.

    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when two are for the same operation, or one that a rate is asked of has none.
    """
    member(profile, LimitProfile, "profile")
    found: dict[tuple[str, str], Measurement] = {}
    for measurement in iterated(measurements, "measurements"):
        member(measurement, Measurement, "a measurement")
        key = (measurement.algorithm, measurement.operation)
        if key in found:
            raise InvalidInputError(f"{' '.join(key)} was measured twice")
        found[key] = measurement
    rows = tuple(JudgedRow(limit, found.get((limit.algorithm, limit.operation))) for limit in profile.limits)
    for row in rows:
        if row.limit.rule.is_rate and row.measurement is not None and row.measurement.data_len == 0:
            raise InvalidInputError(f"{row.limit.algorithm} {row.limit.operation}: a rate needs the length of the data")
    return Judgement(profile, rows)


# ---- the file ---------------------------------------------------------------------------
def limit_profile(name: str) -> LimitProfile:
    """Return a table that comes with gmpki: "tender" or "gmt0027".

    :raises InvalidTypeError: when name is no text.
    :raises InvalidInputError: when there is none of this name.
    """
    _known(name, limit_profile_names(), "name")
    return _shipped()[name]


def limit_profile_names() -> tuple[str, ...]:
    """Return the names of the tables that come with gmpki."""
    return tuple(_shipped())


@cache
def _shipped() -> Mapping[str, LimitProfile]:
    from importlib.resources import files

    return read_limits((files("gmpki.data") / "limits.toml").read_text(encoding="utf-8"))


def read_limits(text: str) -> dict[str, LimitProfile]:
    """Return the tables of a file, by their names.

    :param text: TOML in the form of ``limits.toml`` of gmpki's data; at most 65536 characters.
    :raises InvalidTypeError: when text is no text.
    :raises ProfileError: when it is no TOML or holds what such a file does not; the message names line and key.
    """
    file = read_profile(text, "the file of limits")
    file.number("format", _FORMAT, _FORMAT)
    profiles: dict[str, LimitProfile] = {}
    for name, table in file.tables().items():
        profiles[name] = _profile(name, table)
    if not profiles:
        file.fail("a table of limits expected")
    return profiles


def _profile(name: str, table: Table) -> LimitProfile:
    source = table.text("source", max_len=MAX_LINE_LEN)
    confidence = table.choice("confidence", CONFIDENCE)
    title = table.text("title", max_len=MAX_LINE_LEN)
    title_zh = table.text("title_zh", title, max_len=MAX_LINE_LEN)
    mandatory = table.items("mandatory", str)
    notes = table.items("notes", str)
    limits: list[Limit] = []
    for algorithm in ALGORITHMS:
        inner = table.table(algorithm)
        if inner is None:
            continue
        for operation in OPERATIONS:
            row = inner.table(operation)
            if row is not None:
                limits.append(_limit(algorithm, operation, row, source, confidence))
        inner.end(OPERATIONS)
    table.end(ALGORITHMS)
    try:
        return LimitProfile(name, title, title_zh, mandatory, tuple(limits), notes)
    except InvalidInputError as error:
        table.fail(str(error))


def _limit(algorithm: str, operation: str, row: Table, source: str, confidence: str) -> Limit:
    keys = [rule.value for rule in Rule]
    rules = [rule for rule in Rule if row.has(rule.value)]
    if len(rules) != 1:
        row.fail(f"one of {', '.join(keys)} expected")
    bound = row.number(rules[0].value, 1, _MAX_BOUND)
    own_source = row.text("source", source, max_len=MAX_LINE_LEN)
    own_confidence = row.choice("confidence", CONFIDENCE, confidence)
    row.end((*keys, "source", "confidence"))
    try:
        return Limit(algorithm, operation, rules[0], bound, own_source, own_confidence)
    except InvalidInputError as error:  # an empty source
        row.fail(str(error))


def _known(value: str, known: Iterable[str], name: str) -> None:
    words = tuple(known)
    if as_text(value, name) not in words:
        raise InvalidInputError(f"{name}: {value[:100]!r} is not known; known: {', '.join(words)}")


def _line(value: str, name: str) -> None:
    check_line(value, name)
    if not value:
        raise InvalidInputError(f"{name} is not empty")


def _time(value: float, name: str) -> None:
    if not isinstance(value, (float, int)) or isinstance(value, bool):
        raise InvalidTypeError(f"{name} must be a float, not {type(value).__name__}")
    if not 0 < value <= _MAX_S:
        raise InvalidInputError(f"{name} must be above 0 s and at most {_MAX_S} s")
