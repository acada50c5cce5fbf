"""How fast a token is: each operation that limits are for is one check, by whatever interface.

An operation is done until its mean is known to 5 %, as far as a few seconds allow; what was measured goes to the
report's table whatever the verdict. The clock runs in this process: what a driver's client has to do for an operation,
such as asking for a length first, is part of it, for a user waits for that too.
"""

from __future__ import annotations

import math
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gmpki.conformance.clauses import GMT_0027, TENDERS
from gmpki.conformance.model import Clause, LatencyRow, Permission, Severity, Words
from gmpki.tokens.limits import JudgedRow, Limit, Measurement, Rule, Verdict, limit_profile

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from typing import Any

    from gmpki.conformance.bench import Bench
    from gmpki.conformance.registry import Group
    from gmpki.tokens.latency import Job, TokenBench

__all__ = ["OPERATIONS", "STANDARD", "Operation", "add_checks", "measure_operation", "row_of", "standard_error"]

STANDARD: Final = "gmt0027"
"""The table that always holds; that of a tender is held beside it where it is the one chosen."""

_WARM_UP: Final = 2
_LONG_S: Final = 1.0  # an operation that takes so long is not much slower when it is done first
_SHORT_LEN: Final = 512  # bytes that a cipher or a digest is tried with
_CALL_S: Final = 0.5  # that each call of it may take with more
_FIRST_S: Final = 90.0  # for the number of times that was asked for
_MORE_S: Final = 10.0  # for what the mean takes beyond that
# As many as were asked for, in all: few for keys, whose making wears memory out.
_MORE_KEYS: Final = 5
_MORE_TIMES: Final = 25
_WANTED_ERROR: Final = 0.05
_TIMEOUT_S: Final = 600.0
_SURE: Final = 2.0  # standard errors: 95 of 100 means are no farther off

_ALGORITHMS: Final = ("sm2", "sm3", "sm4", "rsa-2048", "rsa-1024", "sm1", "ssf33")
_DONE: Final = {
    "generate": Words("key pairs are made", "生成密钥对"),
    "sign": Words("signatures are made", "签名"),
    "verify": Words("signatures are verified", "验签"),
    "encrypt": Words("data is encrypted", "加密"),
    "decrypt": Words("data is decrypted", "解密"),
    "digest": Words("digests are made", "摘要"),
}
_OPERATIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "sm3": ("digest",),
    **dict.fromkeys(("sm2", "rsa-2048", "rsa-1024"), ("generate", "sign", "verify", "encrypt", "decrypt")),
    **dict.fromkeys(("sm4", "sm1", "ssf33"), ("encrypt", "decrypt")),
}
_CLAUSE: Final = Clause(GMT_0027, "annex A")


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation that is measured. Immutable.

    :ivar number: of its check.
    """

    number: int
    algorithm: str
    operation: str

    @property
    def title(self) -> Words:
        """What holds of a token that is fast enough."""
        done, name = _DONE[self.operation], self.algorithm.upper()
        return Words(f"{name}: {done.en} as fast as demanded", f"{name} {done.zh}性能达到要求")

    @property
    def limits(self) -> tuple[Limit, ...]:
        """What the standard demands of it; nothing where it says nothing."""
        return _limits(STANDARD, self)


OPERATIONS: Final = tuple(
    Operation(number, algorithm, operation)
    for number, (algorithm, operation) in enumerate(
        ((algorithm, operation) for algorithm in _ALGORITHMS for operation in _OPERATIONS[algorithm]), 1
    )
)
"""All of them, in the order of their checks: fixed, for ids are."""


def add_checks(
    group: Group,
    prepared: Callable[[Any], TokenBench],
    functions: Callable[[Operation], Collection[str]],
    *,
    required: Collection[tuple[str, str]] = (),
) -> None:
    """Add the check of every operation to a group.

    :param prepared: makes the jobs of operations, given the bench of a check.
    :param functions: which functions of the driver do an operation.
    :param required: the operations whose limits are those of the standard, by algorithm and operation.
    """
    for one in OPERATIONS:
        known = (one.algorithm, one.operation)
        group.check(
            one.number,
            one.title.en,
            one.title.zh,
            clause=_CLAUSE if one.limits else Clause(TENDERS, "", "C"),
            functions=functions(one),
            severity=Severity.REQUIRED if known in required else Severity.RECOMMENDED,
            needs=(Permission.WRITE,),
            timeout_s=_TIMEOUT_S,
        )(_check_of(one, prepared))


def _check_of(one: Operation, prepared: Callable[[Any], TokenBench]) -> Callable[[Any], None]:
    def run(bench: Any) -> None:
        with bench.scene():
            jobs = prepared(bench)
            job = jobs.job(one.algorithm, one.operation, data_len=_SHORT_LEN)
        if job.data_len == _SHORT_LEN:
            job = jobs.job(one.algorithm, one.operation, data_len=_length_for(job))
        measure_operation(bench, job, one)

    run.__doc__ = (
        f"Measure {one.algorithm.upper()} {one.operation}, those aside that warm up, until the mean is known to 5 %; "
        f"hold it against the limits of GM/T 0027 and of the table that was chosen."
    )
    return run


def _length_for(job: Job) -> int:
    """Return how many bytes to work on, by how long a few take: what a call costs by itself should not count much."""
    from gmpki.tokens.latency import BULK_LEN, measured_times

    (needed_s,) = measured_times(job, count=1, warm_up=0)
    return max(_SHORT_LEN, min(BULK_LEN, _SHORT_LEN * int(_CALL_S / needed_s)))


def measure_operation(bench: Bench, job: Job, one: Operation) -> None:
    """Do a job often enough, hand over how long it took, and end the check as failed when a limit is not kept.

    :raises GmpkiError: what the operation raises.
    """
    with _undisturbed(bench):
        times_s = _enough_times(job, bench.options.latency_count)
    row = row_of(job, times_s)
    bench.measured(row)
    error = standard_error(times_s) / row.mean_s
    bench.observe("count", row.count)
    bench.observe("mean", f"{row.mean_s * 1000:.3f} ms")
    bench.observe("standard error of the mean", f"{error:.1%}")
    if error > _WANTED_ERROR:
        bench.observe("mean known to 5 %", "no")
    measurement = Measurement(row.algorithm, row.operation, row.count, row.mean_s, row.max_s, row.data_len)
    for name in dict.fromkeys((STANDARD, bench.options.limits)):
        for limit in _limits(name, one):
            _judge(bench, name, JudgedRow(limit, measurement), error)


def _judge(bench: Bench, name: str, judged: JudgedRow, error: float) -> None:
    """End the check as failed when a limit is not kept; tell when its mean is too close to be sure."""
    each, margin = judged.limit.rule is Rule.EACH_BELOW, judged.margin
    if not each and margin is not None and abs(margin - 1) < _SURE * error:
        bench.observe("limit within the error of the mean", f"{name}: {judged.shown_limit}")
    what, what_zh = ("the slowest took ", "最慢一次 ") if each else ("", "")
    figure = f"{judged.figure:.4g} {'kbps' if judged.limit.rule.is_rate else 'ms'}"
    limit_zh = judged.shown_limit.replace("each", "每次").replace("mean", "平均")
    bench.expect(
        judged.verdict is Verdict.PASSED,
        f"too slow by {name}: {what}{figure} ({judged.shown_limit})",
        f"未达到 {name} 的性能要求：{what_zh}{figure}（{limit_zh}）",
    )


def _limits(name: str, one: Operation) -> tuple[Limit, ...]:
    known = (one.algorithm, one.operation)
    return tuple(limit for limit in limit_profile(name).limits if (limit.algorithm, limit.operation) == known)


@contextmanager
def _undisturbed(bench: Bench) -> Iterator[None]:
    """Have calls counted and not described meanwhile: that takes longer than a fast driver does."""
    bench.recorder.keeps_arguments = False
    try:
        yield
    finally:
        bench.recorder.keeps_arguments = True


def _enough_times(job: Job, count: int) -> tuple[float, ...]:
    """Return the times of a job, in seconds: count of them, and more while the mean is not known well."""
    from gmpki.tokens.latency import measured_times

    for _ in range(_WARM_UP):
        if measured_times(job, count=1, warm_up=0)[0] > _LONG_S:
            break
    times_s = measured_times(job, count=count, most_s=_FIRST_S, warm_up=0)
    end = time.monotonic() + _MORE_S
    most = count * (_MORE_KEYS if job.operation == "generate" else _MORE_TIMES)
    while (
        len(times_s) < most
        and standard_error(times_s) > _WANTED_ERROR * math.fsum(times_s) / len(times_s)
        and time.monotonic() < end
    ):
        times_s += measured_times(job, count=1, most_s=0, warm_up=0)
    return times_s


def standard_error(times_s: Sequence[float]) -> float:
    """Return the standard error of the mean, in the unit of the times; without end for a single one."""
    if len(times_s) < 2:
        return math.inf
    mean = math.fsum(times_s) / len(times_s)
    variance = math.fsum((one - mean) ** 2 for one in times_s) / (len(times_s) - 1)
    return math.sqrt(variance / len(times_s))


def row_of(job: Job, times_s: Sequence[float]) -> LatencyRow:
    """Return the row of a report's table: of the times, in seconds, the mean and the nearest ranks."""
    ordered = sorted(times_s)
    return LatencyRow(
        algorithm=job.algorithm,
        operation=job.operation,
        count=len(ordered),
        mean_s=math.fsum(ordered) / len(ordered),
        p50_s=_ranked(ordered, 50),
        p95_s=_ranked(ordered, 95),
        max_s=ordered[-1],
        data_len=job.data_len,
    )


def _ranked(ordered: Sequence[float], percent: int) -> float:
    """Return the least that so many of a hundred do not exceed."""
    return ordered[-(-percent * len(ordered) // 100) - 1]
