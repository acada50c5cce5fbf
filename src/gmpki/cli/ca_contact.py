"""``gmpki ca contact``: who handles an applicant's matter, and how they are reached."""

from __future__ import annotations

import click

from gmpki.cli._ca import CAPlace, ca_options
from gmpki.cli._ca_desk import at_desk
from gmpki.cli._output import Report, facts, json_option

__all__ = ["command"]


@click.command(
    name="contact",
    epilog="\b\nExamples:\n  gmpki ca contact 1 --contact-name 王五 --contact-phone 000-0000001\n"
    "  gmpki ca contact 1 --contact-email wangwu@example.cn --contact-address ''",
)
@click.argument("applicant", type=click.IntRange(min=1), metavar="ID")
@ca_options()
@click.option("--contact-name", metavar="TEXT", help="Who handles the matter.")
@click.option("--contact-phone", metavar="TEXT", help="Of the contact.")
@click.option("--contact-email", metavar="TEXT", help="Of the contact.")
@click.option("--contact-address", metavar="TEXT", help="Of the contact.")
@json_option
def command(
    *,
    applicant: int,
    place: CAPlace,
    contact_name: str | None,
    contact_phone: str | None,
    contact_email: str | None,
    contact_address: str | None,
) -> Report:
    """Change who handles the matter of an applicant, or how they are reached: ID is the number of the applicant.

    What is not given stays as it was; an empty text takes a number or an address away.

    变更申请人的经办人及联系方式。
    """
    changes = {"name": contact_name, "phone": contact_phone, "email": contact_email, "address": contact_address}
    if all(value is None for value in changes.values()):
        raise click.UsageError("nothing to change: say what is to be another")
    with at_desk(place) as desk:
        contact = desk.office.change_contact(desk.operator, applicant, **changes)
    rows = [("申请人", "applicant", str(applicant)), ("经办人", "contact", contact.name)]
    return Report({"applicant": applicant, "contact_name": contact.name}, facts(rows))
