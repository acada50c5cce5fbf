"""What changed between two reports, and what is only noise."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from conformance.report import samples
from gmpki.conformance.model import Kind, LatencyRow, Outcome, Permission
from gmpki.conformance.report.comparison import Direction, compare
from gmpki.conformance.report.document import Verdict
from gmpki.errors import InvalidInputError, InvalidTypeError

BEFORE = samples.report()
ROW = LatencyRow("sm2", "sign", 100, 0.020, 0.020, 0.022, 0.030)


def timed(*rows: LatencyRow) -> Any:
    return samples.report(latency=rows)


def scaled(row: LatencyRow, ratio: float, **fields: Any) -> LatencyRow:
    times = {name: getattr(row, name) * ratio for name in ("mean_s", "p50_s", "p95_s", "max_s")}
    return replace(row, **times, **fields)


def test_nothing_changed() -> None:
    found = compare(BEFORE, BEFORE)
    assert (found.identity, found.checks, found.latency) == ((), (), ())
    assert "没有变化 no check came to something else" in found.to_text()


@pytest.mark.parametrize(
    ("identifier", "after", "direction"),
    [
        ("SKF-BUF-002", Outcome.PASSED, Direction.BETTER),
        ("SKF-BUF-002", Outcome.DEVIATION, Direction.BETTER),
        ("SKF-BUF-001", Outcome.FAILED, Direction.WORSE),
        ("SKF-BUF-001", Outcome.DEVIATION, Direction.WORSE),
        ("SKF-BUF-001", Outcome.NOT_RUN, Direction.WORSE),
        ("SKF-SGN-001", Outcome.NOT_RUN, Direction.WORSE),
        ("SKF-PIN-001", Outcome.UNSUPPORTED, Direction.WORSE),
        ("SKF-PIN-001", Outcome.DEVIATION, Direction.BETTER),
    ],
)
def test_checks(identifier: str, after: Outcome, direction: Direction) -> None:
    (change,) = compare(BEFORE, samples.report((identifier, after))).checks
    assert (change.check, change.direction) == (identifier, direction)
    assert (change.before, change.after) == (BEFORE.outcomes[identifier].outcome, after)


def test_new_and_gone_checks() -> None:
    fewer = replace(BEFORE, checks=BEFORE.checks[1:], results=BEFORE.results[1:])
    (gone,) = compare(BEFORE, fewer).checks
    assert (gone.check, gone.direction, gone.after) == ("SKF-BUF-001", Direction.GONE, None)
    (new,) = compare(fewer, BEFORE).checks
    assert (new.check, new.direction, new.before) == ("SKF-BUF-001", Direction.NEW, None)


def test_worse() -> None:
    after = samples.report(("SKF-BUF-001", Outcome.FAILED), ("SKF-BUF-002", Outcome.PASSED))
    assert [change.check for change in compare(BEFORE, after).worse] == ["SKF-BUF-001"]


def test_verdicts() -> None:
    assert compare(BEFORE, samples.report(*samples.passing())).verdicts == (Verdict.FAILED, Verdict.PASSED)


def test_identity() -> None:
    after = samples.report(
        driver=replace(samples.driver(), name="libother.so", sm3="00" * 32),
        device={"label": "Other", "manufacturer": "示例公司", "firmware_version": "2.0"},
        limits=None,
        permissions=frozenset({Permission.WRITE}),
    )
    found = {one.name: (one.before, one.after) for one in compare(BEFORE, after).identity}
    assert found == {
        "driver": ("libexample_skf.so", "libother.so"),
        "driver SM3": ("a5" * 32, "00" * 32),
        "limits": ("tender", None),
        "permissions": ("init, write", "write"),
        "label": ("Example UKey", "Other"),
        "serial_number": ("0123456789", None),
        "firmware_version": (None, "2.0"),
    }


# ---- latency ------------------------------------------------------------------------------
@pytest.mark.parametrize("ratio", [1.0, 1.05, 0.95, 1.09])
def test_what_is_close_is_noise(ratio: float) -> None:
    assert compare(timed(ROW), timed(scaled(ROW, ratio))).latency == ()


@pytest.mark.parametrize(("ratio", "direction"), [(1.2, Direction.WORSE), (0.5, Direction.BETTER)])
def test_what_is_far_is_a_change(ratio: float, direction: Direction) -> None:
    (change,) = compare(timed(ROW), timed(scaled(ROW, ratio))).latency
    assert change.direction is direction
    assert change.ratio == pytest.approx(ratio)


def test_few_and_scattered_operations_show_less() -> None:
    """Keys of RSA take between a third and three times their mean: of five one learns little, of 2000 much."""
    few = LatencyRow("rsa-2048", "generate", 5, 4.0, 3.2, 9.9, 12.4)
    assert compare(timed(few), timed(scaled(few, 1.3))).latency == ()
    many = replace(few, count=2000)
    assert len(compare(timed(many), timed(scaled(many, 1.3))).latency) == 1


def test_operations_that_are_new_or_gone() -> None:
    (gone,) = compare(timed(ROW), timed()).latency
    assert (gone.direction, gone.ratio) == (Direction.GONE, None)
    (new,) = compare(timed(), timed(ROW)).latency
    assert (new.direction, new.ratio) == (Direction.NEW, None)


def test_rates_of_other_lengths_are_compared_by_the_byte() -> None:
    long = LatencyRow("sm4", "encrypt", 50, 0.010, 0.010, 0.0101, 0.011, 16384)
    short = scaled(long, 0.25, data_len=4096)
    assert compare(timed(long), timed(short)).latency == ()
    (change,) = compare(timed(long), timed(scaled(short, 3))).latency
    assert change.ratio == pytest.approx(3)


# ---- the forms ----------------------------------------------------------------------------
AFTER = samples.report(
    *samples.passing("SKF-BUF-002"),
    ("SKF-PIN-002", Outcome.FAILED),
    latency=(scaled(samples.latency()[1], 2),),
    device={"label": "\x1b[31mred"},
)


def test_json_form() -> None:
    found = json.loads(json.dumps(compare(BEFORE, AFTER).to_json()))
    assert found["verdicts"] == ["failed", "failed"]
    assert {one["check"]: one["direction"] for one in found["checks"]} == {
        "SKF-BUF-002": "better",
        "SKF-PIN-002": "worse",
    }
    latency = {f"{one['algorithm']} {one['operation']}": one for one in found["latency"]}
    assert latency["sm2 sign"]["ratio"] == 2
    assert latency["sm2 sign"]["after"] == {"count": 200, "mean_s": 0.041, "data_len": 0}
    assert latency["sm3 digest"] == {
        "algorithm": "sm3",
        "operation": "digest",
        "direction": "gone",
        "ratio": None,
        "before": {"count": 50, "mean_s": 0.002, "data_len": 16384},
        "after": None,
    }


def test_text_form() -> None:
    text = compare(BEFORE, AFTER).to_text()
    lines = text.splitlines()
    assert lines[0] == "libexample_skf.so: 未通过 Failed"
    assert "变好 better: 1" in lines
    assert "变差 worse: 1" in lines
    assert "  SKF-PIN-002  通过 passed -> 未通过 failed  The counter survives a reconnect" in lines
    assert "sm2 sign: 变差 worse  20.500 ms × 200 -> 41.000 ms × 200  (2.00 x)" in lines
    assert "\x1b" not in text


def test_other_interfaces_are_not_compared() -> None:
    with pytest.raises(InvalidInputError, match="different interfaces"):
        compare(BEFORE, samples.report(kind=Kind.PKCS11))


@pytest.mark.parametrize("pair", [(BEFORE, None), (None, BEFORE), (b"", b"")], ids=["after", "before", "bytes"])
def test_other_types_are_refused(pair: tuple[Any, Any]) -> None:
    with pytest.raises(InvalidTypeError):
        compare(*pair)
