"""``gmpki ca settle``: what could not be done at its time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gmpki.cli._ca import CAPlace, ca_options, scheduled_option
from gmpki.cli._output import Report, facts, json_option

if TYPE_CHECKING:
    from gmpki.ca.operators.operators import Operator

__all__ = ["command"]


@click.command(
    name="settle",
    epilog="\b\nExamples:\n  gmpki ca settle --scheduled",
)
@ca_options(shares=True)
@scheduled_option
@json_option
def command(*, place: CAPlace, scheduled: bool) -> Report:
    """Do what could not be done at its time, because the key-management centre was closed or out of reach.

    The encryption keys of revoked pairs go to its history. Where the centre opens only with shares, give them: no
    revocation waits for custodians, so their keys are left for this. A timer may run it where no shares are needed.

    补办未完成事项：将已撤销证书的加密密钥转入历史库。
    """
    with place.open() as ca:
        operator: Operator | None = None if scheduled else ca.operator
        count = ca.office(retires=True).settle(operator)
    return Report({"settled": count}, facts([("已补办", "settled", str(count))]))
