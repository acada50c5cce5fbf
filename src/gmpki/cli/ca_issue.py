"""``gmpki ca issue`` and ``gmpki ca carry-out``: what becomes of approved applications."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gmpki.cli import _io
from gmpki.cli._ca import CAPlace, ca_options
from gmpki.cli._ca_desk import (
    APPLICATION,
    Desk,
    application_argument,
    at_desk,
    load_request,
    once_option,
    request_option,
    token_serial_option,
)
from gmpki.cli._ca_recovered import form_option, write_key
from gmpki.cli._ca_shown import application_fields, outcome_report, pair_fields, table
from gmpki.cli._files import OUTPUT, force_option
from gmpki.cli._output import Failure, Report, facts, json_option

if TYPE_CHECKING:
    from gmpki.ca.registration.carrying import Outcome

__all__ = ["carry_out", "command"]

COLUMNS = {
    "application": "申请 application",
    "pair": "证书对 pair",
    "signing": "签名证书序列号 signing serial",
    "subject": "主体 subject",
}


@click.command(
    name="issue",
    epilog="\b\nExamples:\n  gmpki ca issue 1\n  gmpki ca issue 2 --request lisi.csr --token-serial 00A1\n"
    "  gmpki ca issue 3 4",
)
@click.argument("applications", metavar=f"{APPLICATION}...", nargs=-1, required=True)
@ca_options(shares=True)
@request_option
@token_serial_option
@once_option
@json_option
def command(
    *,
    applications: tuple[str, ...],
    place: CAPlace,
    request: str | None,
    token_serial: str | None,
    once: str | None,
) -> Report:
    """Have the certificates of approved applications issued, each named by its number or reference.

    The pair that new certificates replace ends in the same commit. Of several applications one that fails does not keep
    the others from being issued.

    签发已审核的申请；被替换的旧证书同时失效。
    """
    if len(applications) > 1 and (request, token_serial, once) != (None, None, None):
        raise click.UsageError("--request, --token-serial and --once go with one application")
    given = load_request(request)
    with at_desk(place, issues=True) as desk:
        numbers = [desk.application_id(text) for text in applications]
        if len(numbers) > 1:
            return _issue_several(desk, numbers)
        done = desk.office.issue(desk.operator, numbers[0], request=given, token_serial=token_serial, key=once)
        return outcome_report(done)


def _issue_several(desk: Desk, numbers: list[int]) -> Report:
    from gmpki.ca.registration.issuing import IssueAsked
    from gmpki.errors import GmpkiError

    told: list[dict[str, Any]] = []
    rows: list[dict[str, Any]] = []
    problems: list[tuple[str, str, str]] = []
    given = desk.office.issue_many(desk.operator, [IssueAsked(number) for number in numbers])
    for number, outcome in zip(numbers, given, strict=True):
        if isinstance(outcome, GmpkiError):
            failed = Report({"application": number}, failure=Failure.of(outcome))
            told.append(failed.as_json())
            problems.append(("未签发", "not issued", f"{number}: {outcome}"))
        else:
            told.append({"ok": True, **_issued(outcome)})
            rows.append(_row(outcome))
    lines = [*(table(COLUMNS, rows) if rows else ()), *(facts(problems) if problems else ())]
    fields = {"applications": told, "issued": len(rows), "failed": len(problems)}
    failure = None
    if problems:
        failure = Failure("GmpkiError", f"{len(problems)} of {len(numbers)} applications were not carried out")
    return Report(fields, lines, failure)


def _issued(outcome: Outcome) -> dict[str, Any]:
    pair = None if outcome.pair is None else pair_fields(outcome.pair)
    return {"application": application_fields(outcome.application), "pair": pair}


def _row(outcome: Outcome) -> dict[str, Any]:
    pair = {} if outcome.pair is None else pair_fields(outcome.pair)
    return {
        "application": outcome.application.id,
        "pair": pair.get("pair"),
        "signing": pair.get("signing_serial_number"),
        "subject": pair.get("subject"),
    }


@click.command(
    name="carry-out",
    epilog="\b\nExamples:\n  gmpki ca carry-out 2 --output recovered.der",
)
@application_argument
@ca_options(shares=True)
@click.option(
    "--output", "-o", type=OUTPUT, metavar="FILE", help="Of a recovery: where the enveloped encryption key goes."
)
@form_option
@force_option
@once_option
@json_option
def carry_out(
    *, application: str, place: CAPlace, output: str | None, form: str, force: bool, once: str | None
) -> Report:
    """Carry out an approved application that issues nothing: a recovery, or a revocation where ca.toml has it reviewed.

    What a recovery gives is enveloped for the signing key of the holder, who alone can open it: "gmpki cert pair open".

    办理不签发证书的已审核申请，如密钥恢复。
    """
    from gmpki.ca.registration.states import Operation

    if output is not None:
        _io.refuse_existing(output, force=force)
    with at_desk(place, issues=True) as desk:
        number = desk.application_id(application)
        found = desk.office.application(desk.operator, number)
        is_recovery = found.operation is Operation.RECOVER
        if is_recovery is (output is None):
            said = "needs" if is_recovery else "has no"
            raise click.UsageError(f"the application {number} asks for {found.operation.value}, which {said} --output")
        # Asked again by the same person, a recovery gives the key again: a file that could not be written is no loss.
        key = once if once is not None or not is_recovery else f"carry-out {found.reference}"
        outcome = desk.office.carry_out(desk.operator, number, key=key)
    if output is None:
        return outcome_report(outcome)
    return write_key(outcome, output, form, force=force)
