"""``gmpki ca attach``: the files that belong to an application, by their digests."""

from __future__ import annotations

import mimetypes
from pathlib import Path

import click

from gmpki.cli._ca import CAPlace, ca_options
from gmpki.cli._ca_desk import application_argument, at_desk
from gmpki.cli._ca_shown import plain_rows, row_of
from gmpki.cli._files import INPUT
from gmpki.cli._output import Report, facts, json_option

__all__ = ["command"]

UNKNOWN = "application/octet-stream"


@click.command(
    name="attach",
    epilog="\b\nExamples:\n  gmpki ca attach 1 report.pdf --title 身份证复印件",
)
@application_argument
@click.argument("source", type=INPUT, metavar="FILE")
@ca_options()
@click.option("--title", required=True, metavar="TEXT", help="What it is.")
@click.option("--media-type", metavar="TYPE", help="Such as application/pdf.  [default: by the name of the file]")
@json_option
def command(*, application: str, source: str, place: CAPlace, title: str, media_type: str | None) -> Report:
    """Write down that a file belongs to an application: its digest, its length, what it is. You keep the file.

    为申请登记附件（记录摘要，文件自行保存）。
    """
    from gmpki.ca.registration import attachments

    if source == "-":
        raise click.UsageError("an attachment is a file: it is kept beside its entry")
    kind = media_type or mimetypes.guess_type(source)[0] or UNKNOWN
    with at_desk(place) as desk:
        number = desk.application_id(application)
        region_id = desk.office.application(desk.operator, number).region_id
        with desk.store.transaction() as tx:
            desk.permit(tx.connection, "attach", region_id)
            added = attachments.add(tx, number, title, kind, Path(source), actor=desk.operator.actor)
    rows = [("附件", "attachment", f"{added.title}, {added.media_type}"), ("摘要", "SM3 digest", added.digest)]
    return Report(plain_rows([row_of(added, "attachment")])[0], facts(rows))
