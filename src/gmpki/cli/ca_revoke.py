"""``gmpki ca revoke``, ``suspend``, ``resume`` and ``report-loss``: pairs that are no longer to be relied on."""

from __future__ import annotations

import click

from gmpki.cli._ca import CAPlace, ca_options, yes_option
from gmpki.cli._ca_desk import asked_by_option, at_desk, once_option, pair_argument, reason_code
from gmpki.cli._ca_shown import outcome_report
from gmpki.cli._output import Report, json_option
from gmpki.cli._times import parse_time
from gmpki.cli._token import confirm

__all__ = ["command", "report_loss", "resume", "suspend"]

# Names of gmpki.asn1.rfc5280.ReasonCode that an office takes; a test compares them.
REASONS = (
    "unspecified",
    "key-compromise",
    "affiliation-changed",
    "superseded",
    "cessation-of-operation",
    "privilege-withdrawn",
)


@click.command(
    name="revoke",
    epilog="\b\nExamples:\n  gmpki ca revoke 1 --reason cessation-of-operation --yes\n"
    "  gmpki ca revoke 2 --reason key-compromise --since 2026-03-01T08:00:00Z --yes",
)
@pair_argument
@ca_options(shares=True)
@click.option("--reason", type=click.Choice(REASONS), required=True, help="Why.")
@click.option("--since", metavar="TIME", help="Since when the key is in wrong hands.")
@asked_by_option
@yes_option
@once_option
@json_option
def command(
    *, pair: str, place: CAPlace, reason: str, since: str | None, asked_by: str, yes: bool, once: str | None
) -> Report:
    """Revoke a pair for good: PAIR is its number, or serial:HEX, the serial number of one of its certificates.

    The next revocation list has it: "gmpki ca crl". The encryption key goes to the history of the key-management
    centre; one that opens only with shares, and none were given, retires it with "gmpki ca settle".

    撤销证书对，不可恢复。
    """
    confirm(f"the pair {pair} is revoked for good", yes=yes)
    invalid = None if since is None else parse_time(since, "--since")
    with at_desk(place, retires=True) as desk:
        outcome = desk.office.revoke(
            desk.operator,
            desk.pair_id(pair),
            reason_code(reason),
            invalidity_date=invalid,
            asked_by=asked_by,
            key=once,
        )
    return outcome_report(outcome)


@click.command(
    name="report-loss",
    epilog="\b\nExamples:\n  gmpki ca report-loss 1 --asked-by 李四\n  gmpki ca report-loss 1 --lift",
)
@pair_argument
@ca_options()
@click.option("--lift", is_flag=True, help="The token was found: the pair is in use again.")
@asked_by_option
@once_option
@json_option
def report_loss(*, pair: str, place: CAPlace, lift: bool, asked_by: str, once: str | None) -> Report:
    """Suspend a pair whose token is missing, until it is found (--lift) or another pair is issued (gmpki ca reissue).

    挂失证书；找回后用 --lift 解除，或补办新证书。
    """
    with at_desk(place) as desk:
        act = desk.office.lift_loss if lift else desk.office.report_loss
        return outcome_report(act(desk.operator, desk.pair_id(pair), asked_by=asked_by, key=once))


@click.command(
    name="suspend",
    epilog="\b\nExamples:\n  gmpki ca suspend 1 --asked-by 李四",
)
@pair_argument
@ca_options()
@asked_by_option
@once_option
@json_option
def suspend(*, pair: str, place: CAPlace, asked_by: str, once: str | None) -> Report:
    """Suspend a pair, until it is resumed or revoked.

    冻结证书，可恢复。
    """
    with at_desk(place) as desk:
        return outcome_report(desk.office.suspend(desk.operator, desk.pair_id(pair), asked_by=asked_by, key=once))


@click.command(
    name="resume",
    epilog="\b\nExamples:\n  gmpki ca resume 1",
)
@pair_argument
@ca_options()
@asked_by_option
@once_option
@json_option
def resume(*, pair: str, place: CAPlace, asked_by: str, once: str | None) -> Report:
    """End the suspension of a pair.

    解冻证书。
    """
    with at_desk(place) as desk:
        return outcome_report(desk.office.resume(desk.operator, desk.pair_id(pair), asked_by=asked_by, key=once))
