"""``gmpki ca recover`` and ``gmpki ca unlock``: holders who cannot get at what is theirs."""

from __future__ import annotations

import click

from gmpki.cli import _io
from gmpki.cli._ca import CAPlace, ca_options
from gmpki.cli._ca_desk import asked_by_option, at_desk, once_option, pair_argument
from gmpki.cli._ca_recovered import form_option, write_key
from gmpki.cli._ca_shown import outcome_report
from gmpki.cli._files import OUTPUT, force_option
from gmpki.cli._output import Report, facts, json_option
from gmpki.cli._token import Pin, Place, device_of, pin_options

__all__ = ["command", "unlock"]


@click.command(
    name="recover",
    epilog="\b\nExamples:\n  gmpki ca recover 1 --asked-by 张三\n  gmpki ca recover 1 --recipient 2",
)
@pair_argument
@ca_options(shares=True)
@click.option(
    "--recipient", metavar="PAIR", help="Whose signing key it is enveloped for: another pair of the same holder."
)
@asked_by_option
@click.option(
    "--output",
    "-o",
    type=OUTPUT,
    metavar="FILE",
    help="Where the enveloped key goes, where ca.toml has recoveries done at once.",
)
@form_option
@force_option
@once_option
@json_option
def command(
    *,
    pair: str,
    place: CAPlace,
    recipient: str | None,
    asked_by: str,
    output: str | None,
    form: str,
    force: bool,
    once: str | None,
) -> Report:
    """Ask for the encryption key of a pair to be given to its holder again.

    Unless ca.toml says otherwise it is proofread and reviewed like any application; "gmpki ca carry-out" then gives it.

    申请恢复托管的加密密钥；经校对、审核后由 carry-out 办理。
    """
    from gmpki.ca.registration.settings import Route
    from gmpki.ca.registration.states import Operation

    if output is not None:
        _io.refuse_existing(output, force=force)
    with at_desk(place, issues=output is not None) as desk:
        is_direct = desk.office.settings.routes[Operation.RECOVER] is Route.DIRECT
        if is_direct is (output is None):
            raise click.UsageError(
                "ca.toml has recoveries done at once: say with --output where the key goes"
                if is_direct
                else "ca.toml has recoveries reviewed first: --output goes with gmpki ca carry-out"
            )
        number = desk.pair_id(pair)
        other = None if recipient is None else desk.pair_id(recipient)
        outcome = desk.office.recover(desk.operator, number, recipient_id=other, asked_by=asked_by, key=once)
    return outcome_report(outcome) if output is None else write_key(outcome, output, form, force=force)


@click.command(
    name="unlock",
    epilog="\b\nExamples:\n  gmpki ca unlock 1 --token 'soft:dev=00a1;app=GMPKI-TEST' --admin-pin-env ADMIN_PIN "
    "--new-pin-env NEW_PIN",
)
@pair_argument
@ca_options()
@click.option("--token", required=True, metavar="URI", help="The token at hand.")
@pin_options("admin-pin", "the PIN of the administrator")
@pin_options("new-pin", "the new PIN of the user", asks=False)
@once_option
@json_option
def unlock(*, pair: str, place: CAPlace, token: str, admin_pin: Pin, new_pin: Pin, once: str | None) -> Report:
    """Give the user of the token that has a pair a new PIN, with the administrator's PIN.

    The token at hand has to be the one of the pair. That it was asked for and what came of it is written down.

    解锁 UKey：以管理员 PIN 重设用户 PIN，并留存记录。
    """
    from gmpki.ca.registration.unlocking import Unlocking

    where = Place(token)
    with at_desk(place) as desk, device_of(where) as device:
        number = desk.pair_id(pair)
        secret = new_pin.new("新用户 PIN New PIN of the user")
        desk.office.unlock(desk.operator, number, Unlocking(device, admin_pin, secret, where.own_application), key=once)
        serial = device.info.serial_number
    rows = [("已解锁", "unlocked", serial), ("证书对", "pair", str(number))]
    return Report({"pair": number, "token_serial": serial}, facts(rows))
