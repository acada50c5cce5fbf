"""``gmpki conformance compare``: what changed between two reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gmpki.cli._conformance import read_report
from gmpki.cli._files import INPUT
from gmpki.cli._output import Failure, Report, json_option

if TYPE_CHECKING:
    from gmpki.conformance.report import Comparison

__all__ = ["command"]


@click.command(name="compare", epilog="\b\nExamples:\n  gmpki conformance compare version-1 version-2")
@click.argument("before", type=INPUT, metavar="BEFORE")
@click.argument("after", type=INPUT, metavar="AFTER")
@json_option
def command(*, before: str, after: str) -> Report:
    """Say what changed from the report BEFORE to the report AFTER, of two drivers or of two versions of one. Each is
    named by its folder or by the file of its JSON.

    Exit code 1 when something got worse: a check, or how long an operation takes. Times count as different when they
    are 10 % apart or more, and further than chance makes them.

    比较两份报告：设备、检测结果、时延的变化；有任何一项变差时退出码为 1。
    """
    from gmpki.conformance.report import compare

    found = compare(read_report(before).report, read_report(after).report)
    return Report(found.to_json(), found.to_text().splitlines(), _failure(found))


def _failure(found: Comparison) -> Failure | None:
    from gmpki.conformance.report.comparison import Direction

    worse = [change.check for change in found.worse]
    slower = [change for change in found.latency if change.direction is Direction.WORSE]
    worse += [f"{change.algorithm} {change.operation} takes longer" for change in slower]
    return Failure("GmpkiError", f"it got worse: {', '.join(worse)}") if worse else None
