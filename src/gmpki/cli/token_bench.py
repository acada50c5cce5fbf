"""``gmpki token bench``: how fast a token is, beside limits."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import click

from gmpki.cli._batch import each
from gmpki.cli._output import Failure, Report, columns, facts, json_option
from gmpki.cli._token import Pin, Place, application_in, pin_options, place_options

if TYPE_CHECKING:
    from gmpki.tokens.latency import SoftwareBench, TokenBench
    from gmpki.tokens.limits import JudgedRow, Judgement, Limit, Measurement

__all__ = ["command"]

PROFILES = ("tender", "gmt0027")  # of gmpki.tokens.limits; a test compares them
MAX_COUNT = 100_000
VERDICTS = {"passed": "通过 passed", "failed": "超限 failed", "incomplete": "不完整 incomplete"}


@click.command(
    name="bench",
    epilog="\b\nExamples:\n  gmpki token bench --count 2 'soft:dev=00a1;app=GMPKI-TEST' --pin-env USER_PIN\n"
    "  gmpki token bench --software --profile gmt0027 --count 2",
)
@place_options(container=False)
@pin_options()
@click.option("--profile", type=click.Choice(PROFILES), default="tender", show_default=True, help="Whose limits.")
@click.option(
    "--count", type=click.IntRange(1, MAX_COUNT), default=20, show_default=True, metavar="N", help="How often each."
)
@click.option(
    "--most-seconds", type=click.FloatRange(0), default=30.0, show_default=True, metavar="N", help="Of each operation."
)
@click.option("--software", is_flag=True, help="Measure keys in memory in place of a token.")
@json_option
def command(*, place: Place, pin: Pin, profile: str, count: int, most_seconds: float, software: bool) -> Report:
    """Measure each operation that a table of limits names, and judge it.

    The containers that it needs are made in the application, and deleted at the end. What a token does not have makes
    the verdict "incomplete", never "passed". Exit code 1 when a limit is not kept, or an algorithm is absent that the
    table makes mandatory.

    测量令牌各项操作的时延，与指标表比较；缺少的算法使结论为“不完整”。
    """
    from gmpki.tokens.latency import SoftwareBench, TokenBench
    from gmpki.tokens.limits import judge, limit_profile

    limits = limit_profile(profile)
    absent: dict[tuple[str, str], str] = {}
    measured: list[Measurement] = []
    with contextlib.ExitStack() as stack:
        bench: TokenBench | SoftwareBench
        if software:
            bench = stack.enter_context(SoftwareBench())
        else:
            bench = stack.enter_context(TokenBench(stack.enter_context(application_in(place, pin, weak_rsa=True))))
        for limit in each(limits.limits, "测量 measuring", len(limits.limits)):
            found = _measured(bench, limit, count, most_seconds)
            if isinstance(found, str):
                absent[limit.algorithm, limit.operation] = found
            else:
                measured.append(found)
    return _told(judge(limits, measured), absent)


def _measured(bench: TokenBench | SoftwareBench, limit: Limit, count: int, most_s: float) -> Measurement | str:
    """Return a measurement, or why the token has no such operation."""
    from gmpki.errors import TokenUnsupportedError, UnsupportedAlgorithm
    from gmpki.tokens.latency import measure

    try:
        return measure(bench.job(limit.algorithm, limit.operation), count=count, most_s=most_s)
    except (TokenUnsupportedError, UnsupportedAlgorithm) as error:
        return str(error)


def _told(judgement: Judgement, absent: dict[tuple[str, str], str]) -> Report:
    rows = [_row_fields(row, absent) for row in judgement.rows]
    verdict = judgement.verdict.value
    fields = {
        "profile": judgement.profile.name,
        "title": judgement.profile.title,
        "rows": rows,
        "verdict": verdict,
        "absent": list(judgement.absent),
        "absent_mandatory": list(judgement.absent_mandatory),
    }
    title = ("操作 operation", "测得 measured", "指标 limit", "余量 margin", "结论 verdict")
    table = [
        (
            f"{row.limit.algorithm} {row.limit.operation}",
            row.shown_figure,
            row.shown_limit,
            row.shown_margin,
            VERDICTS[row.verdict.value],
        )
        for row in judgement.rows
    ]
    told = [("指标表", "limits", f"{judgement.profile.title_zh} {judgement.profile.title}")]
    if judgement.absent:
        told.append(("缺少", "absent", ", ".join(judgement.absent)))
    lines = [*columns([title, *table]), *facts([*told, ("结论", "verdict", VERDICTS[verdict])])]
    return Report(fields, lines, _failure(judgement))


def _row_fields(row: JudgedRow, absent: dict[tuple[str, str], str]) -> dict[str, Any]:
    measured = row.measurement
    return {
        "algorithm": row.limit.algorithm,
        "operation": row.limit.operation,
        "rule": row.limit.rule.value,
        "bound": row.limit.bound,
        "figure": row.figure,
        "margin": row.margin,
        "count": 0 if measured is None else measured.count,
        "verdict": row.verdict.value,
        "absent": absent.get((row.limit.algorithm, row.limit.operation)),
    }


def _failure(judgement: Judgement) -> Failure | None:
    if judgement.failed:
        names = ", ".join(f"{row.limit.algorithm} {row.limit.operation}" for row in judgement.failed)
        return Failure("GmpkiError", f"limits are not kept: {names}")
    if judgement.absent_mandatory:
        return Failure("GmpkiError", f"mandatory, and absent: {', '.join(judgement.absent_mandatory)}")
    return None
