"""``gmpki ca expiring`` and ``gmpki ca expire``: pairs whose time runs out, and those whose time is over."""

from __future__ import annotations

import json
import os
import sys
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from gmpki.cli._ca import CAPlace, ca_options, scheduled_option
from gmpki.cli._ca_desk import at_desk
from gmpki.cli._ca_shown import plain_rows, row_of, table
from gmpki.cli._files import OUTPUT
from gmpki.cli._output import Failure, Report, facts, json_option
from gmpki.cli._times import show_time

if TYPE_CHECKING:
    from collections.abc import Callable

    from gmpki.ca.reports.expiring import Reminder

__all__ = ["command", "expire"]

COLUMNS = {
    "pair": "证书对 pair",
    "name": "名称 name",
    "contact_name": "经办人 contact",
    "profile": "模板 profile",
    "state": "状态 state",
    "not_after": "有效期至 until",
    "days_left": "剩余天数 days",
}


@click.command(
    name="expiring",
    epilog="\b\nExamples:\n  gmpki ca expiring --within 30\n"
    "  gmpki ca expiring --remind reminders.jsonl --threshold 90 --threshold 30 --threshold 10",
)
@ca_options()
@click.option("--within", type=click.IntRange(0, 3660), default=90, show_default=True, help="Days until they expire.")
@click.option(
    "--remind",
    type=OUTPUT,
    metavar="FILE",
    help="Write a reminder for each threshold that a pair has passed to the end of FILE, a line of JSON each, once.",
)
@click.option(
    "--threshold",
    type=click.IntRange(1, 3660),
    multiple=True,
    metavar="DAYS",
    help="When to remind, with --remind; several times.  [default: 90, 30 and 10]",
)
@scheduled_option
@json_option
def command(*, place: CAPlace, within: int, remind: str | None, threshold: tuple[int, ...], scheduled: bool) -> Report:
    """List the pairs that expire soon; with --remind, write the reminders that are due, for a program that sends them.

    FILE then has the addresses of contacts, and is for its owner to read. A reminder that could not be written comes
    with the next run.

    到期清单；--remind 按阈值生成一次性提醒。
    """
    if remind is None:
        if threshold or scheduled:
            raise click.UsageError("--threshold and --scheduled go with --remind")
        return _listed(place, within)
    if remind == "-":
        raise click.UsageError("--remind names a file: reminders have the addresses of people")
    from gmpki.ca.reports.expiring import ReminderPolicy
    from gmpki.ca.reports.expiring import remind as remind_of

    policy = ReminderPolicy(threshold) if threshold else ReminderPolicy()
    with place.open() as ca:
        ca.acting("remind", scheduled=scheduled)
        done = remind_of(ca.store, _to_file(remind), policy)
    told = {
        "reminders": done.sent,
        "failed": [{"key": each.key, "problem": each.problem} for each in done.failed],
        "output": remind,
    }
    rows = [("提醒", "reminders", str(done.sent)), ("失败", "failed", str(len(done.failed))), ("文件", "file", remind)]
    failure = Failure("GmpkiError", f"{len(done.failed)} reminders failed") if done.failed else None
    return Report(told, facts(rows), failure)


def _listed(place: CAPlace, within: int) -> Report:
    from gmpki.ca.reports.expiring import expiring

    with at_desk(place) as desk, desk.reading() as connection:
        regions = desk.regions(connection)
        found = expiring(connection, now=desk.store.now(), within=timedelta(days=within), regions=regions)
        rows = [{**row_of(each, "id"), "region": desk.region_code(connection, each.region_id)} for each in found]
    lines = table(COLUMNS, rows) if rows else []
    return Report({"pairs": plain_rows(rows)}, [*lines, *facts([("合计", "total", str(len(rows)))])])


def _to_file(path: str) -> Callable[[Reminder], None]:
    """Return what writes a reminder at the end of a file, in a single write."""

    def write(reminder: Reminder) -> None:
        line = json.dumps(_reminder_fields(reminder), ensure_ascii=False) + "\n"
        data = line.encode("utf-8", "backslashreplace")
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            if os.write(descriptor, data) != len(data):
                os.write(descriptor, b"\n")
                raise OSError("there is no room left")
        finally:
            os.close(descriptor)

    return write


def _reminder_fields(reminder: Reminder) -> dict[str, Any]:
    pair, contact = reminder.pair, reminder.contact
    told: dict[str, Any] = {
        "key": reminder.key,
        "threshold_days": reminder.threshold_days,
        "days_left": pair.days_left,
        "pair": pair.pair_id,
        "name": pair.name,
        "subject": pair.subject,
        "not_after": show_time(pair.not_after),
        "contact": None,
    }
    if contact is not None:
        told["contact"] = {name: getattr(contact, name) for name in ("name", "phone", "email", "address")}
    return told


@click.command(
    name="expire",
    epilog="\b\nExamples:\n  gmpki ca expire --scheduled",
)
@ca_options(shares=True)
@scheduled_option
@json_option
def expire(*, place: CAPlace, scheduled: bool) -> Report:
    """Write down which pairs have expired. A timer runs it each day.

    Their encryption keys go to the history of the key-management centre.

    办理到期：登记已过期的证书，并将加密密钥转入历史库。
    """
    from gmpki.ca.operators.operators import Operator

    with place.open() as ca:
        operator: Operator | None = None if scheduled else ca.operator
        office = ca.office(retires=True)
        is_shown = sys.stderr.isatty()

        def progress(done: int) -> None:
            if is_shown:
                click.echo(f"\r{done}", nl=False, err=True)

        count = office.expire(operator, progress=progress)
        if is_shown:
            click.echo(err=True)
    return Report({"expired": count}, facts([("已过期", "expired", str(count))]))
