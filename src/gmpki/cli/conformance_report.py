"""``gmpki conformance report``: a report shown, and its forms written again."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from gmpki.cli import _io
from gmpki.cli._conformance import StoredReport, kept_limits, read_report, report_argument
from gmpki.cli._conformance_told import failure_of, report_fields, report_lines
from gmpki.cli._files import OUTPUT, force_option
from gmpki.cli._output import Report, json_option

if TYPE_CHECKING:
    from gmpki.conformance import Report as RunReport

__all__ = ["command"]


@click.command(
    name="report",
    epilog="\b\nExamples:\n  gmpki conformance report acceptance\n"
    "  gmpki conformance report --html page.html --junit junit.xml acceptance/report.json",
)
@report_argument
@click.option("--html", type=OUTPUT, metavar="FILE", help="Write the page for a buyer.")
@click.option("--junit", type=OUTPUT, metavar="FILE", help="Write the form of JUnit.")
@click.option("--output", "-o", type=OUTPUT, metavar="FILE", help="Write the JSON.")
@force_option
@json_option
def command(*, source: str, html: str | None, junit: str | None, output: str | None, force: bool) -> Report:
    """Show the report in the folder DIR, or that of its JSON in FILE, and write its forms again.

    Of a run that was cut off before it wrote one, it is made from what the folder keeps of the run. Exit code as that
    of the run.

    查看报告并重新生成 JSON、JUnit、HTML；运行被中断时由其日志生成。
    """
    from gmpki.conformance.report import report_page, write_junit

    wanted = [path for path in (output, junit, html) if path is not None]
    if "-" in wanted:
        raise click.UsageError("standard output is where the report is shown: name a file")
    for path in wanted:
        _io.refuse_existing(path, force=force)
    found = _from_journal(source) if _has_only_journal(source) else read_report(source)
    if output is not None:
        _io.write_output(output, found.data, force=force)
    if junit is not None:
        _io.write_output(junit, write_junit(found.report), force=force)
    if html is not None:
        _io.write_output(html, report_page(found.report, found.data).encode("utf-8"), force=force)
    rows = [
        ("已写入" if not number else "", "written" if not number else "", path) for number, path in enumerate(wanted)
    ]
    told = report_lines(found.report, rows)
    return Report({**report_fields(found.report), "files": wanted}, told, failure_of(found.report))


def _has_only_journal(source: str) -> bool:
    """Tell whether a folder keeps what a run did, and no report of it."""
    from gmpki.conformance.journal import JOURNAL_NAME
    from gmpki.conformance.report.signing import REPORT_NAME

    has_report = os.path.lexists(os.path.join(source, REPORT_NAME))
    return not has_report and os.path.lexists(os.path.join(source, JOURNAL_NAME))


def _from_journal(folder: str) -> StoredReport:
    """Return the report of what a run did so far."""
    from gmpki.conformance.journal import Journal
    from gmpki.conformance.report import write_json
    from gmpki.conformance.runner import Run

    with Journal.resume(folder) as journal:
        report: RunReport = Run(journal.order.target, journal).report(kept_limits(folder))
    return StoredReport(folder, write_json(report), report)
