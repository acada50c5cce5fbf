"""``gmpki ca report``: counts, the ledger of applications, what was done too late."""

from __future__ import annotations

import contextlib
import csv
import io
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from gmpki.cli import _io
from gmpki.cli._ca import CAPlace, ca_options
from gmpki.cli._ca_desk import at_desk
from gmpki.cli._ca_shown import column_name, plain_rows, row_of, table
from gmpki.cli._files import INPUT, OUTPUT, force_option
from gmpki.cli._group import Group
from gmpki.cli._options import together
from gmpki.cli._output import Report, facts, json_option
from gmpki.cli._times import parse_time

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
    from datetime import datetime
    from typing import TextIO

    from sqlalchemy import Connection

    from gmpki.ca.reports.counts import Count
    from gmpki.cli._ca_desk import Desk

__all__ = ["command"]

# What things are counted by, and what it is called; the names of gmpki.ca.reports.counts.By, which a test compares.
BY = {
    "kind": "类别 kind",
    "operation": "业务 operation",
    "state": "状态 state",
    "authority": "签发方 authority",
    "profile": "模板 profile",
    "business-kind": "业务类别 kind of business",
    "medium": "介质 medium",
    "region": "区域 region",
    "point": "发证点 point",
    "free": "免费 free",
    "day": "日 day",
    "month": "月 month",
    "year": "年 year",
}
OF_PAIRS = tuple(name for name in BY if name != "operation")
OF_SEALS = ("state", "day", "month", "year")
MAX_CALENDAR_LEN = 1 << 20

LEDGER_COLUMNS = {
    "reference": "编号 reference",
    "operation": "业务 operation",
    "name": "名称 name",
    "profile": "模板 profile",
    "state": "状态 state",
    "entered_by": "录入 entered",
    "entered_at": "时间 at",
    "reviewed_by": "审核 reviewed",
    "issued_at": "签发 issued",
    "delivered_at": "交付 delivered",
}
DELAY_COLUMNS = {
    "clock": "时限 clock",
    "subject": "对象 subject",
    "begun_at": "开始 begun",
    "due_at": "应于 due",
    "done_at": "完成 done",
    "late": "超时 late",
}

csv_option = click.option(
    "--csv", "target", type=OUTPUT, metavar="FILE", help="Write it there as CSV, which spreadsheets read."
)
period_options = together(
    click.option("--since", metavar="TIME", help="From then on."),
    click.option("--until", metavar="TIME", help="Before then."),
)


@click.group(name="report", cls=Group)
def command() -> None:
    """Count pairs, applications and seals; the ledger of applications; what was, is or will be late.

    统计报表、办理台账、服务时限。
    """


# ---- counts -----------------------------------------------------------------------------
def _by_option(names: Collection[str]) -> Callable[..., Any]:
    return click.option(
        "--by", type=click.Choice(list(names)), multiple=True, help="What they are counted by; several times."
    )


@command.command(epilog="\b\nExamples:\n  gmpki ca report pairs --by profile --by state --since 2026-01-01")
@ca_options()
@_by_option(OF_PAIRS)
@period_options
@csv_option
@force_option
@json_option
def pairs(
    *, place: CAPlace, by: tuple[str, ...], since: str | None, until: str | None, target: str | None, force: bool
) -> Report:
    """Count pairs by when they were issued and what they are. Days begin at midnight in China.

    证书统计。
    """
    from gmpki.ca.reports.counts import count_pairs

    with _reporting(place) as (desk, connection, regions):
        found = count_pairs(connection, _things(by), **_period(since, until), regions=regions)
        return _counted(by, found, target, desk.places(connection), force=force)


@command.command(
    epilog="\b\nExamples:\n  gmpki ca report applications --by month --by operation --csv applications.csv"
)
@ca_options()
@_by_option(BY)
@period_options
@csv_option
@force_option
@json_option
def applications(
    *, place: CAPlace, by: tuple[str, ...], since: str | None, until: str | None, target: str | None, force: bool
) -> Report:
    """Count applications by when they were entered and what they are. Days begin at midnight in China.

    申请统计。
    """
    from gmpki.ca.reports.counts import count_applications

    with _reporting(place) as (desk, connection, regions):
        found = count_applications(connection, _things(by), **_period(since, until), regions=regions)
        return _counted(by, found, target, desk.places(connection), force=force)


@command.command(epilog="\b\nExamples:\n  gmpki ca report seals --registry seals --by state")
@ca_options()
@click.option("--registry", type=INPUT, required=True, metavar="DIRECTORY", help="The registry of seals.")
@_by_option(OF_SEALS)
@csv_option
@force_option
@json_option
def seals(*, place: CAPlace, registry: str, by: tuple[str, ...], target: str | None, force: bool) -> Report:
    """Count the seals of a registry.

    印章统计。
    """
    from gmpki.ca.reports.counts import count_seals
    from gmpki.cli._seal_signer import open_registry

    with _reporting(place):
        return _counted(by, count_seals(open_registry(registry), _things(by)), target, {}, force=force)


def _things(by: tuple[str, ...]) -> list[Any]:
    from gmpki.ca.reports.counts import By

    return [By[name.upper().replace("-", "_")] for name in by]


def _counted(
    by: tuple[str, ...],
    found: tuple[Count, ...],
    target: str | None,
    places: Mapping[str, Callable[[int], str]],
    *,
    force: bool,
) -> Report:
    """Tell of counts, regions and issuing points by their codes."""
    rows: list[dict[str, object]] = []
    for each in found:
        row: dict[str, Any] = dict(zip(by, each.values, strict=True))
        for name in row.keys() & places.keys():
            row[name] = None if row[name] is None else places[name](row[name])
        rows.append({**row, "count": each.count})
    titles = {**{name: BY[name] for name in by}, "count": "数量 count"}
    told = {"by": list(by), "counts": plain_rows(rows), "total": sum(each.count for each in found)}
    if target is not None:
        return _as_csv(rows, [*by, "count"], target, told, force=force)
    total = facts([("合计", "total", str(told["total"]))])
    return Report(told, [*(table(titles, rows) if by and rows else ()), *total])


# ---- ledger and service levels ----------------------------------------------------------
@command.command(
    epilog="\b\nExamples:\n  gmpki ca report ledger --since 2026-01-01 --until 2027-01-01 --csv ledger.csv"
)
@ca_options()
@click.option("--since", metavar="TIME", help="Entered from then on.  [default: 30 days ago]")
@click.option("--until", metavar="TIME", help="Entered before then.  [default: now]")
@csv_option
@force_option
@json_option
def ledger(*, place: CAPlace, since: str | None, until: str | None, target: str | None, force: bool) -> Report:
    """Show the ledger of applications: each with who did what and when, the oldest first.

    办理台账。
    """
    from gmpki.ca.reports.ledger import LedgerRow
    from gmpki.ca.reports.ledger import ledger as entries

    with _reporting(place) as (desk, connection, regions):
        begin, end = _recently(desk, since, until)
        found = (
            desk.with_codes(connection, row_of(each, "id"))
            for each in entries(connection, since=begin, until=end, regions=regions)
        )
        if target is not None:
            return _as_csv(found, _names(LedgerRow), target, {}, force=force)
        rows = list(found)
    lines = table(LEDGER_COLUMNS, rows) if rows else []
    return Report({"applications": plain_rows(rows)}, [*lines, *facts([("合计", "total", str(len(rows)))])])


@command.command(epilog="\b\nExamples:\n  gmpki ca report delays\n  gmpki ca report delays --answer-days 2 --soon 2")
@ca_options()
@click.option(
    "--answer-days", type=click.IntRange(1, 366), default=3, show_default=True, help="Working days to review."
)
@click.option(
    "--delivery-days", type=click.IntRange(1, 366), default=5, show_default=True, help="Working days to deliver."
)
@click.option(
    "--revocation-hours", type=click.IntRange(1, 8760), default=24, show_default=True, help="Hours to publish."
)
@click.option("--calendar", type=INPUT, metavar="FILE", help='Holidays as JSON: {"holidays": [...], "worked": [...]}.')
@click.option("--since", metavar="TIME", help="Of what is done, what was begun since then.  [default: 30 days ago]")
@click.option("--soon", type=click.IntRange(0, 366), default=1, show_default=True, help="Days before it is due.")
@csv_option
@force_option
@json_option
def delays(
    *,
    place: CAPlace,
    answer_days: int,
    delivery_days: int,
    revocation_hours: int,
    calendar: str | None,
    since: str | None,
    soon: int,
    target: str | None,
    force: bool,
) -> Report:
    """Show what is late, what was done late, and what is due soon: answers, deliveries, published revocations.

    服务时限：超时与即将到期的办理事项。
    """
    from gmpki.ca.reports import service_levels
    from gmpki.ca.reports.service_levels import Delay, ServiceLevels

    levels: dict[str, Any] = {"answer_days": answer_days, "delivery_days": delivery_days}
    if calendar is not None:
        levels["calendar"] = _calendar(calendar)
    rules = ServiceLevels(revocation_s=revocation_hours * 3600, **levels)
    with _reporting(place) as (desk, connection, regions):
        begin, now = _recently(desk, since, None)
        found = service_levels.delays(
            connection, rules, now=now, since=begin, soon=timedelta(days=soon), regions=regions
        )
        rows = [desk.with_codes(connection, row_of(each, "id")) for each in found]
    late = sum(bool(row["late"]) for row in rows)
    told = {"late": late, "soon": len(rows) - late, "delays": plain_rows(rows)}
    if target is not None:
        return _as_csv(rows, _names(Delay), target, told, force=force)
    lines = table(DELAY_COLUMNS, rows) if rows else []
    total = [("超时", "late", str(late)), ("即将到期", "due soon", str(len(rows) - late))]
    return Report(told, [*lines, *facts(total)])


def _calendar(path: str) -> Any:
    from gmpki.ca.reports.workdays import WorkCalendar
    from gmpki.errors import InvalidInputError

    try:
        text = _io.read_input(path, max_len=MAX_CALENDAR_LEN).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidInputError(f"{_io.display_name(path)} is no UTF-8") from None
    return WorkCalendar.from_json(text)


# ---- how it is done ---------------------------------------------------------------------
@contextlib.contextmanager
def _reporting(place: CAPlace) -> Iterator[tuple[Desk, Connection, tuple[int, ...] | None]]:
    """Give who asks for a report, a connection, and the regions that it is about; after demanding that they may."""
    with at_desk(place) as desk, desk.reading() as connection:
        desk.permit(connection, "report", desk.operator.region_id)
        yield desk, connection, desk.regions(connection)


def _period(since: str | None, until: str | None) -> dict[str, Any]:
    found = {}
    for name, text in (("since", since), ("until", until)):
        found[name] = None if text is None else parse_time(text, f"--{name}")
    return found


def _recently(desk: Desk, since: str | None, until: str | None) -> tuple[datetime, datetime]:
    now = desk.store.now()
    begin = now - timedelta(days=30) if since is None else parse_time(since, "--since")
    return begin, now + timedelta(seconds=1) if until is None else parse_time(until, "--until")


def _names(kind: Any) -> list[str]:
    """Return the columns of a report of dataclasses."""
    return [column_name(name) for name in kind.__dataclass_fields__]


def _as_csv(
    rows: Iterable[Mapping[str, object]], names: list[str], target: str, told: dict[str, Any], *, force: bool
) -> Report:
    """Write rows as CSV in UTF-8 with a mark at its begin, without which spreadsheets take it for something else."""
    from gmpki.ca.reports.writing import csv_cell

    count = 0
    with _io.create(target, private=True, force=force) as stream:
        text: TextIO = io.TextIOWrapper(stream, "utf-8-sig", newline="", write_through=True)
        writer = csv.writer(text, lineterminator="\r\n")
        writer.writerow(names)
        for row in rows:
            writer.writerow([csv_cell(row[name]) for name in names])
            count += 1
        text.detach()  # type: ignore[attr-defined] # the stream stays open
    lines = [] if target == "-" else facts([("行数", "rows", str(count)), ("文件", "file", target)])
    return Report({**told, "rows": count, "output": target}, lines)
