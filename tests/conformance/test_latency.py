"""How fast tokens are: the numbers of a row, how often is often enough, and the limits that judge it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import pytest

from gmpki.conformance import latency
from gmpki.conformance.bench import Bench, CheckEnded
from gmpki.conformance.latency import OPERATIONS, Operation, measure_operation, row_of, standard_error
from gmpki.conformance.model import Outcome
from gmpki.conformance.recording import Recorder
from gmpki.conformance.target import Options
from gmpki.tokens.latency import Job
from gmpki.tokens.limits import limit_profile, limit_profile_names

SIGN = next(one for one in OPERATIONS if (one.algorithm, one.operation) == ("sm2", "sign"))
GENERATE = next(one for one in OPERATIONS if (one.algorithm, one.operation) == ("sm2", "generate"))


class Clock:
    """A clock that only jobs move."""

    def __init__(self) -> None:
        self.now = 100.0
        self.calls = 0

    def read(self) -> float:
        return self.now

    def job(self, one: Operation, times_s: Callable[[int], float], data_len: int = 0) -> Job:
        def call() -> None:
            self.now += times_s(self.calls)
            self.calls += 1

        return Job(one.algorithm, one.operation, call, data_len=data_len)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    moved = Clock()
    monkeypatch.setattr("time.perf_counter", moved.read)
    monkeypatch.setattr("time.monotonic", moved.read)
    yield moved
    monkeypatch.undo()


def new_bench(count: int = 20, limits: str = "tender") -> Bench:
    return Bench(Recorder(), Options(latency_count=count, limits=limits))


def failure(bench: Bench, job: Job, one: Operation) -> str:
    with pytest.raises(CheckEnded) as ended:
        measure_operation(bench, job, one)
    assert ended.value.outcome is Outcome.FAILED
    assert "性能要求" in ended.value.message.zh
    return ended.value.message.en


@pytest.mark.parametrize(
    ("count", "p50", "p95"), [(1, 1, 1), (2, 1, 2), (3, 2, 3), (19, 10, 19), (20, 10, 19), (100, 50, 95), (101, 51, 96)]
)
def test_nearest_ranks(count: int, p50: int, p95: int) -> None:
    row = row_of(Job("sm4", "encrypt", lambda: None, data_len=125), [float(one) for one in range(count, 0, -1)])
    assert (row.p50_s, row.p95_s, row.max_s, row.count) == (p50, p95, count, count)
    assert row.mean_s == pytest.approx((count + 1) / 2)
    assert row.rate_kbps == pytest.approx(1 / row.mean_s)


def test_standard_errors() -> None:
    assert standard_error([1.0]) == math.inf
    assert standard_error([2.0, 2.0, 2.0]) == 0
    assert standard_error([1.0, 3.0]) == pytest.approx(1.0)  # deviation sqrt(2), by sqrt(2)


def test_every_limit_has_its_check() -> None:
    """Ids do not change: a number belongs to an operation for ever."""
    numbers = {(one.algorithm, one.operation): one.number for one in OPERATIONS}
    assert sorted(numbers.values()) == list(range(1, 23))
    assert (numbers["sm2", "generate"], numbers["sm3", "digest"], numbers["rsa-2048", "generate"]) == (1, 6, 9)
    assert numbers["ssf33", "decrypt"] == 22
    for name in limit_profile_names():
        assert {(limit.algorithm, limit.operation) for limit in limit_profile(name).limits} <= set(numbers)


def test_what_is_steady_is_measured_as_often_as_was_asked(clock: Clock) -> None:
    bench = new_bench(7)
    measure_operation(bench, clock.job(SIGN, lambda _: 0.001), SIGN)
    assert clock.calls == 7 + 2
    assert dict(bench.observed) == {"count": "7", "mean": "1.000 ms", "standard error of the mean": "0.0%"}
    (row,) = bench.recorder.rows
    assert (row.algorithm, row.operation, row.count, row.data_len) == ("sm2", "sign", 7, 0)


def test_warm_up_does_not_count(clock: Clock) -> None:
    bench = new_bench(3)
    measure_operation(bench, clock.job(SIGN, lambda call: 0.9 if call < 2 else 0.001), SIGN)
    assert bench.recorder.rows[0].max_s == pytest.approx(0.001)


def test_long_operations_warm_up_once(clock: Clock) -> None:
    measure_operation(new_bench(3, "gmt0027"), clock.job(GENERATE, lambda _: 2.0), GENERATE)
    assert clock.calls == 3 + 1


def test_what_varies_is_measured_more_often(clock: Clock) -> None:
    bench = new_bench(4)
    measure_operation(bench, clock.job(SIGN, lambda call: 0.001 if call % 2 else 0.002), SIGN)
    count = bench.recorder.rows[0].count
    assert 40 < count < 50  # the deviation is a third of the mean, over the root of 45 that is 5 %
    assert "mean known to 5 %" not in dict(bench.observed)


@pytest.mark.parametrize(("one", "most"), [(SIGN, 25), (GENERATE, 5)], ids=["sign", "generate"])
def test_there_is_an_end(clock: Clock, one: Operation, most: int) -> None:
    bench = new_bench(4)
    measure_operation(bench, clock.job(one, lambda call: 0.02 if call % 5 == 3 else 0.00001), one)
    assert bench.recorder.rows[0].count == 4 * most
    assert dict(bench.observed)["mean known to 5 %"] == "no"


def test_there_is_an_end_in_time(clock: Clock) -> None:
    bench = new_bench(1000, "gmt0027")
    measure_operation(bench, clock.job(GENERATE, lambda call: 4.0 if call % 2 else 1.0), GENERATE)
    assert clock.now - 100 < 90 + 10 + 10


def test_one_slow_call_among_many(clock: Clock) -> None:
    message = failure(new_bench(), clock.job(SIGN, lambda call: 0.6 if call == 9 else 0.001), SIGN)
    assert message == "too slow by gmt0027: the slowest took 600 ms (each < 500 ms)"


def test_the_standard_kept_and_the_tender_not(clock: Clock) -> None:
    job = clock.job(SIGN, lambda _: 0.06)
    assert failure(new_bench(3), job, SIGN) == "too slow by tender: the slowest took 60 ms (each < 30 ms)"
    measure_operation(new_bench(3, "gmt0027"), job, SIGN)


def test_a_mean_may_have_a_slow_call(clock: Clock) -> None:
    bench = new_bench(20)
    measure_operation(bench, clock.job(GENERATE, lambda call: 2.0 if call == 5 else 0.5), GENERATE)
    assert "limit within the error of the mean" not in dict(bench.observed)
    assert failure(bench, clock.job(GENERATE, lambda _: 0.9), GENERATE) == "too slow by tender: 900 ms (mean < 800 ms)"


def test_a_mean_near_its_limit_is_told(clock: Clock) -> None:
    bench = new_bench(20)
    measure_operation(bench, clock.job(GENERATE, lambda call: 0.9 if call % 2 else 0.68), GENERATE)
    assert dict(bench.observed)["limit within the error of the mean"] == "tender: mean < 800 ms"


def test_rates(clock: Clock) -> None:
    sm4 = next(one for one in OPERATIONS if (one.algorithm, one.operation) == ("sm4", "encrypt"))
    slow = clock.job(sm4, lambda _: 1.0, data_len=500)
    assert failure(new_bench(3), slow, sm4) == "too slow by gmt0027: 4 kbps (> 5 kbps)"
    middling = clock.job(sm4, lambda _: 0.4, data_len=16384)
    assert failure(new_bench(3), middling, sm4) == "too slow by tender: 327.7 kbps (>= 330 kbps)"


def test_what_no_limit_is_for_is_measured(clock: Clock) -> None:
    digest = next(one for one in OPERATIONS if one.algorithm == "sm1")
    bench = new_bench(3, "gmt0027")
    measure_operation(bench, clock.job(digest, lambda _: 100.0, data_len=16), digest)
    assert bench.recorder.rows[0].mean_s == pytest.approx(100)


def test_slow_devices_get_less_data(clock: Clock) -> None:
    sm4 = next(one for one in OPERATIONS if (one.algorithm, one.operation) == ("sm4", "encrypt"))
    for took_s, length in ((0.8, 512), (0.3, 512), (0.1, 2560), (0.01, 16384), (1e-6, 16384)):
        assert latency._length_for(clock.job(sm4, lambda _, took=took_s: took, data_len=512)) == length  # type: ignore[misc]


def test_calls_are_described_again_afterwards(clock: Clock) -> None:
    bench = new_bench(3)

    def fail() -> None:
        assert not bench.recorder.keeps_arguments
        raise RuntimeError("the job")

    with pytest.raises(RuntimeError, match="the job"):
        measure_operation(bench, Job("sm2", "sign", fail), SIGN)
    assert bench.recorder.keeps_arguments
