"""``gmpki ca publish`` and ``gmpki ca inspect``: what is due goes to directories, and is compared there."""

from __future__ import annotations

import json
from typing import Any

import click

from gmpki.cli import _io
from gmpki.cli._ca import CAPlace, authority_option, ca_options, scheduled_option
from gmpki.cli._files import OUTPUT, force_option
from gmpki.cli._output import Failure, Report, facts, json_option, refuse_json_beside_output

__all__ = ["inspect", "publish"]


@click.command(
    name="publish",
    epilog="\b\nExamples:\n  gmpki ca publish --scheduled --password-env CA_PASSWORD\n"
    "  gmpki ca publish --again --password-env CA_PASSWORD --as administrator",
)
@click.option(
    "--most", type=click.IntRange(min=1), default=10_000, show_default=True, help="Carry so many things at most."
)
@click.option(
    "--again", is_flag=True, help="First make everything due once more: a directory is new, or has lost something."
)
@ca_options()
@scheduled_option
@json_option
def publish(*, place: CAPlace, most: int, again: bool, scheduled: bool) -> Report:
    """Carry the certificates and lists that are due to the directories and servers of ca.toml.

    What cannot be carried now is tried again later: run this from a timer with --scheduled.

    将到期的证书与撤销列表发布到目录或 LDAP。
    """
    with place.open() as ca:
        from gmpki.ca.publication.again import make_all_due
        from gmpki.ca.publication.queue import publish_due

        actor = ca.acting("publish", scheduled=scheduled)
        if again:
            names = [publisher.name for publisher in ca.publishers]
            for name in ca.authority_names():
                make_all_due(ca.store, ca.authority(name), names, actor=actor)
        done = publish_due(ca.store, ca.publishers, actor=actor, most=most)
    fields = {"done": done.done, "failed": done.failed, "problems": done.problems}
    rows = [("已发布", "published", str(done.done)), ("未成功", "not published", str(done.failed))]
    rows += [("原因", name, problem) for name, problem in done.problems.items()]
    failure = Failure("PublicationError", f"{done.failed} things could not be published") if done.failed else None
    return Report(fields, facts(rows), failure)


@click.command(
    name="inspect",
    epilog="\b\nExamples:\n  gmpki ca inspect --password-env CA_PASSWORD --as administrator --report inspection.json",
)
@authority_option
@click.option("--report", type=OUTPUT, metavar="FILE", help="Write the inspection report there, JSON.")
@force_option
@ca_options()
@json_option
def inspect(*, place: CAPlace, authority: str | None, report: str | None, force: bool) -> Report:
    """Compare the database with its own tags, with the latest lists and with what lies in the directories.

    Exit code 1 when something is found but what is still waiting to be published.

    核对数据库、撤销列表与发布目录，出具检查报告。
    """
    if report is not None:
        refuse_json_beside_output(report, "--report")
        _io.refuse_existing(report, force=force)
    with place.open() as ca:
        from gmpki.ca.publication.inspect import inspect as look

        ca.acting("inspect")
        found = look(ca.store, ca.authority(authority, signs=True), ca.publishers)
    text = found.to_json()
    if report is not None:
        _io.write_output(report, f"{text}\n".encode(), force=force)
    fields: dict[str, Any] = {"clean": found.is_clean, **json.loads(text)}
    number = sum(count for code, count in found.counts.items() if code != "waiting")
    things = "1 thing" if number == 1 else f"{number} things"
    failure = None if found.is_clean else Failure("TamperedError", f"the inspection has found {things}")
    return Report(fields, list(found.lines()), failure)
