"""``gmpki ca proofread`` and ``gmpki ca review``: the second and the third person who see an application."""

from __future__ import annotations

import click

from gmpki.cli._ca import CAPlace, ca_options
from gmpki.cli._ca_desk import application_argument, at_desk, once_option
from gmpki.cli._ca_shown import application_report
from gmpki.cli._output import Report, json_option

__all__ = ["command", "review"]

send_back_option = click.option(
    "--send-back", metavar="TEXT", help="Return it to who entered it; the text says what is to be corrected."
)
seen_option = click.option(
    "--seen",
    metavar="DIGEST",
    help="The content_digest of gmpki ca show application: what was entered has to be still the same.",
)


@click.command(
    name="proofread",
    epilog="\b\nExamples:\n  gmpki ca proofread 1\n  gmpki ca proofread 2 --send-back 身份证号与证件不符",
)
@application_argument
@ca_options()
@seen_option
@send_back_option
@once_option
@json_option
def command(*, application: str, place: CAPlace, seen: str | None, send_back: str | None, once: str | None) -> Report:
    """Confirm that an application, by its number or reference, says what the documents say; or send it back.

    Nobody proofreads what they entered.

    校对他人录入的申请；不符则退回。
    """
    if seen is not None and send_back is not None:
        raise click.UsageError("--seen confirms, and goes without --send-back")
    with at_desk(place) as desk:
        number = desk.application_id(application)
        if send_back is not None:
            return application_report(desk.office.send_back(desk.operator, number, send_back, key=once))
        return application_report(desk.office.proofread(desk.operator, number, seen=seen, key=once))


@click.command(
    name="review",
    epilog="\b\nExamples:\n  gmpki ca review 1 --approve\n  gmpki ca review 2 --reject 材料不全",
)
@application_argument
@ca_options()
@click.option("--approve", is_flag=True, help="Approve it.")
@click.option("--reject", metavar="REASON", help="Reject it for good, for this reason.")
@send_back_option
@click.option("--remark", default="", metavar="TEXT", help="What is to be written down with the approval.")
@seen_option
@once_option
@json_option
def review(
    *,
    application: str,
    place: CAPlace,
    approve: bool,
    reject: str | None,
    send_back: str | None,
    remark: str,
    seen: str | None,
    once: str | None,
) -> Report:
    """Approve or reject an application that was proofread, by its number or reference; or send it back.

    Nobody reviews what they entered or proofread, and nobody does at a remote issuing point.

    审核已校对的申请：批准、驳回或退回。
    """
    if (approve, reject is not None, send_back is not None).count(True) != 1:
        raise click.UsageError("give one of --approve, --reject REASON and --send-back TEXT")
    if not approve and (remark or seen is not None):
        raise click.UsageError("--remark and --seen go with --approve")
    with at_desk(place) as desk:
        number = desk.application_id(application)
        if reject is not None:
            return application_report(desk.office.reject(desk.operator, number, reject, key=once))
        if send_back is not None:
            return application_report(desk.office.send_back(desk.operator, number, send_back, key=once))
        return application_report(desk.office.approve(desk.operator, number, remark=remark, seen=seen, key=once))
