"""``gmpki ca batch``: applications and issues by the thousand, a row each."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING, Any

import click

from gmpki.cli._ca import CAPlace, ca_options
from gmpki.cli._ca_desk import at_desk
from gmpki.cli._files import INPUT, OUTPUT
from gmpki.cli._group import Group
from gmpki.cli._options import together
from gmpki.cli._output import Failure, Report, columns, facts, json_option

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from gmpki.ca.registration.batch import BatchSummary, RowResult
    from gmpki.ca.registration.batch_rows import BatchRow

__all__ = ["command"]

MAX_SHOWN = 20

batch_options = together(
    click.option(
        "--name",
        required=True,
        metavar="TEXT",
        help="Of the batch, another one for each file: run again under the same name, it goes on where it ended.",
    ),
    click.option(
        "--results",
        type=OUTPUT,
        metavar="FILE",
        help="Where the result of each row goes, a line of JSON each.  [default: FILE.results.jsonl]",
    ),
    click.option(
        "--encoding",
        default="utf-8-sig",
        show_default=True,
        metavar="NAME",
        help="Of the file: gb18030 for what a spreadsheet in Chinese writes.",
    ),
)


@click.group(name="batch", cls=Group)
def command() -> None:
    """Enter applications, or have certificates issued, for each row of a CSV or JSON Lines file.

    A row that fails keeps no other from being done. The file can be run again after an interruption, or corrected: what
    was done is not done twice.

    批量申请与签发：逐行给出结果，中断后可继续。
    """


@command.command(
    name="apply",
    epilog="\b\nExamples:\n  gmpki ca batch apply --name 2026-03-social --profile personal persons.csv",
)
@click.argument("source", type=INPUT, metavar="FILE")
@ca_options()
@batch_options
@click.option("--authority", metavar="NAME", help="Who is to issue.  [default: that of ca.toml]")
@click.option("--profile", default="", metavar="NAME", help="Where a row does not say one.")
@click.option("--business-kind", default="new", show_default=True, metavar="TEXT", help="Where a row says none.")
@click.option("--medium", default="ukey", show_default=True, metavar="TEXT", help="Where a row says none.")
@click.option("--region", metavar="CODE", help="Of who is not registered yet.  [default: yours, or the only one]")
@json_option
def apply(
    *,
    source: str,
    place: CAPlace,
    name: str,
    results: str | None,
    encoding: str,
    region: str | None,
    **options: Any,
) -> Report:
    """Enter an application for each row; who is not registered yet is.

    Columns: kind (person, organization, device), name, identity_kind, identity, and as far as they are needed
    credit_code, contact_name, contact_phone, contact_email, contact_address, authority, profile, business_kind, medium,
    token_serial, is_free, subject, request (PEM, or base64).

    批量录入申请；未登记的申请人同时登记。
    """
    from gmpki.ca.registration.batch import Batch, apply_batch

    refuse_stream(source)
    with at_desk(place) as desk:
        options["authority"] = options["authority"] or desk.authority
        if options["profile"]:
            desk.refuse_unknown_profile(options["authority"], options["profile"])
        batch = Batch(name, region_id=desk.region_id(region), **options)
        with _rows(source, encoding, "录入 entering") as (rows, shows):
            return _carried_out(apply_batch(desk.office, desk.operator, rows, batch), _target(source, results), shows)


@command.command(
    name="issue",
    epilog="\b\nExamples:\n  gmpki ca batch issue --name 2026-03-issue approved.csv",
)
@click.argument("source", type=INPUT, metavar="FILE")
@ca_options(shares=True)
@batch_options
@json_option
def issue(*, source: str, place: CAPlace, name: str, results: str | None, encoding: str) -> Report:
    """Have the certificates of an approved application issued for each row.

    Columns: application (its number or reference), and where it came without them request and token_serial.

    批量签发已审核的申请。
    """
    from gmpki.ca.registration.batch import Batch, issue_batch

    refuse_stream(source)
    with at_desk(place, issues=True) as desk, _rows(source, encoding, "签发 issuing") as (rows, shows):
        found = issue_batch(desk.office, desk.operator, rows, Batch(name))
        return _carried_out(found, _target(source, results), shows)


def refuse_stream(source: str) -> None:
    """Refuse what cannot be read again after an interruption.

    :raises click.UsageError: it is standard input.
    """
    if source == "-":
        raise click.UsageError("a batch is a file: it is read again when it goes on after an interruption")


def _target(source: str, results: str | None) -> str:
    if results == "-":
        raise click.UsageError("--results names a file")
    return f"{source}.results.jsonl" if results is None else results


@contextlib.contextmanager
def _rows(
    source: str, encoding: str, label: str
) -> Iterator[tuple[Iterable[BatchRow], Callable[[BatchSummary], None]]]:
    """Give the rows of a file, and what shows how far they have come, where a person waits."""
    from gmpki.ca.registration.batch_rows import read_batch

    reading: Any = read_batch(source, encoding=encoding)
    with contextlib.closing(reading) as rows:
        if not sys.stderr.isatty():
            yield rows, lambda _: None
            return
        length = sum(1 for _ in read_batch(source, encoding=encoding))
        with click.progressbar(length=length, label=label, file=sys.stderr) as bar:
            yield rows, lambda _: bar.update(1)


def _carried_out(results: Iterable[RowResult], target: str, shows: Callable[[BatchSummary], None]) -> Report:
    """Write the results, and tell how many there are, and why rows failed: each reason once."""
    from dataclasses import asdict

    from gmpki.ca.registration.batch import write_results

    failed: list[RowResult] = []
    reasons: dict[str, list[int]] = {}  # the first row that failed for it, and how many did

    def noting() -> Iterator[RowResult]:
        for result in results:
            if result.problem:
                if len(failed) < MAX_SHOWN:
                    failed.append(result)
                reason = f"{result.problem}: {result.message}"
                if reason in reasons:
                    reasons[reason][1] += 1
                elif len(reasons) < MAX_SHOWN:
                    reasons[reason] = [result.row, 1]
            yield result

    summary = write_results(noting(), target, progress=shows)
    fields = {
        "done": summary.done,
        "failed": summary.failed,
        "results": target,
        "failures": [{name: asdict(each)[name] for name in ("row", "problem", "message")} for each in failed],
    }
    lines = facts(
        [
            ("完成", "done", str(summary.done)),
            ("失败", "failed", str(summary.failed)),
            ("逐行结果", "results", target),
        ]
    )
    if failed:
        shown = [(str(first), str(count), reason) for reason, (first, count) in reasons.items()]
        lines += columns([("首行 first row", "行数 rows", "原因 reason"), *shown])
    total = summary.done + summary.failed
    failure = Failure("GmpkiError", f"{summary.failed} of {total} rows failed") if summary.failed else None
    return Report(fields, lines, failure)
