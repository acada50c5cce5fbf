"""``gmpki kmc judicial``: a key given out because somebody else than its owner has ordered it, by two approvers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import click

from gmpki.cli import _io
from gmpki.cli._ca import CAPlace, OpenCA, ca_options, read_certificate, yes_option
from gmpki.cli._files import INPUT, force_option, output_option
from gmpki.cli._group import Group
from gmpki.cli._output import Report, check_output, facts, json_option
from gmpki.cli._serial_numbers import parse_serial_number
from gmpki.cli._times import show_time
from gmpki.cli._token import confirm

if TYPE_CHECKING:
    from gmpki.ca.kmc.kinds import EscrowedKey
    from gmpki.ca.kmc.recovery import JudicialRecovery, RequestedRecovery
    from gmpki.ca.kmc.rows import KeyRow

__all__ = ["command"]

CHUNK_LEN = 1 << 20

number_argument = click.argument("number", type=click.IntRange(min=1), metavar="NUMBER")


@click.group(name="judicial", cls=Group)
def command() -> None:
    """Give a key out by order of a court or another authority: requested by one, approved by two others.

    司法恢复：一人申请，另两人批准，执行一次。
    """


@command.command(
    epilog="\b\nExamples:\n  gmpki kmc judicial request --serial 1234abcd --reason 调查 --document order.pdf "
    "--recipient court.pem --password-env CA_PASSWORD --as recovery",
)
@click.option("--authority", metavar="NAME", help="Whose certificate it is.  [default: that of ca.toml]")
@click.option("--serial", required=True, metavar="HEX", help="The number of the encryption certificate.")
@click.option("--reason", required=True, metavar="TEXT", help="Why; it is kept, and not in the audit log.")
@click.option("--document", type=INPUT, required=True, metavar="FILE", help="The order; its SM3 digest is kept.")
@click.option("--recipient", type=INPUT, required=True, metavar="FILE", help="The certificate of who shall have it.")
@ca_options()
@json_option
def request(
    *, place: CAPlace, authority: str | None, serial: str, reason: str, document: str, recipient: str
) -> Report:
    """Ask for the key of an encryption certificate; answer with the number of the request.

    提出司法恢复申请。
    """
    number = parse_serial_number(serial, "--serial", max_digits=40)
    key = read_certificate(recipient).public_key
    digest = _digest(document)
    with place.open() as ca:
        operator = ca.operator
        judicial = _judicial(ca)
        name = authority or ca.settings.authority
        made = judicial.request(operator, name, number, reason=reason, document=digest, recipient=key)
        return _told(judicial.get(made), ("已申请", "requested"))


@command.command(epilog="\b\nExamples:\n  gmpki kmc judicial show 1 --password-env CA_PASSWORD --as recovery2")
@number_argument
@ca_options()
@json_option
def show(*, place: CAPlace, number: int) -> Report:
    """Show a request.

    查看司法恢复申请。
    """
    with place.open() as ca:
        ca.acting("recover")
        return _told(_judicial(ca).get(number), ("申请", "request"))


@command.command(epilog="\b\nExamples:\n  gmpki kmc judicial approve 1 --yes --password-env CA_PASSWORD --as recovery2")
@number_argument
@yes_option
@ca_options()
@json_option
def approve(*, place: CAPlace, number: int, yes: bool) -> Report:
    """Approve a request, as the first or the second of two.

    批准司法恢复申请。
    """
    confirm(f"the recovery {number} is approved", yes=yes)
    return _decided(place, number, "approve", ("已批准", "approved"))


@command.command(epilog="\b\nExamples:\n  gmpki kmc judicial refuse 1 --yes --password-env CA_PASSWORD --as recovery2")
@number_argument
@yes_option
@ca_options()
@json_option
def refuse(*, place: CAPlace, number: int, yes: bool) -> Report:
    """Refuse a request for good.

    驳回司法恢复申请。
    """
    confirm(f"the recovery {number} is refused for good", yes=yes)
    return _decided(place, number, "refuse", ("已驳回", "refused"))


@command.command(
    name="carry-out",
    epilog="\b\nExamples:\n  gmpki kmc judicial carry-out 2 --yes --password-env CA_PASSWORD --as recovery "
    "--output key.der",
)
@number_argument
@yes_option
@ca_options(shares=True)
@output_option
@force_option
@json_option
def carry_out(*, place: CAPlace, number: int, yes: bool, output: str, force: bool) -> Report:
    """Envelope the key for the recipient, once, after two have approved.

    执行司法恢复（仅一次）。
    """
    check_output(output, binary=True, force=force)
    confirm(f"the key of the recovery {number} is given out, once", yes=yes)
    with place.open() as ca, _io.create(output, private=True, force=force) as stream:
        judicial = ca.local_key_centre.judicial
        allotted = judicial.carry_out(ca.operator, number)
        stream.write(allotted.delivery or b"")
        told = _told(judicial.get(number), ("已执行", "carried out"))
    return Report({**told.fields, "output": output}, [] if output == "-" else told.lines)


def _decided(place: CAPlace, number: int, how: Literal["approve", "refuse"], done: tuple[str, str]) -> Report:
    with place.open() as ca:
        judicial = _judicial(ca)
        decide = judicial.approve if how == "approve" else judicial.refuse
        decide(ca.operator, number)
        return _told(judicial.get(number), done)


def _judicial(ca: OpenCA) -> JudicialRecovery:
    """Return the recoveries without unlocking any key: only to carry one out takes that."""
    from gmpki.ca.kmc.recovery import JudicialRecovery

    return JudicialRecovery(ca.store, _locked)


def _locked(_: KeyRow) -> EscrowedKey:
    from gmpki.errors import StateError

    raise StateError("the key-management centre is not unlocked")


def _digest(path: str) -> bytes:
    from gmpki.algorithms import sm3

    with _io.open_input(path) as stream:
        state = sm3.SM3()
        while piece := stream.read(CHUNK_LEN):
            state.update(piece)
    return state.digest()


def _told(found: RequestedRecovery, done: tuple[str, str]) -> Report:
    fields: dict[str, Any] = {
        "number": found.id,
        "state": found.state.value,
        "reason": found.reason,
        "document_digest": found.document_digest,
        "requested_by": found.requested_by,
        "requested_at": show_time(found.requested_at),
        "approvers": list(found.approvers),
        "done_at": show_time(found.done_at),
    }
    rows = [
        (*done, str(found.id)),
        ("状态", "state", found.state.value),
        ("事由", "reason", found.reason),
        ("申请人", "requested by", f"{found.requested_by} {fields['requested_at']}"),
        ("批准人", "approved by", ", ".join(found.approvers)),
    ]
    return Report(fields, facts(rows))
