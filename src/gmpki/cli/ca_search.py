"""``gmpki ca search``: pairs, applications and applicants, found by what is known of them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import click

from gmpki.cli._ca import CAPlace, ca_options
from gmpki.cli._ca_desk import at_desk, read_number
from gmpki.cli._ca_shown import plain_rows, row_of, table
from gmpki.cli._group import Group
from gmpki.cli._options import together
from gmpki.cli._output import Report, facts, json_option
from gmpki.cli._serial_numbers import parse_serial_number
from gmpki.cli._times import parse_time

if TYPE_CHECKING:
    from collections.abc import Callable

    from gmpki.ca.reports.search import Criteria, Page

__all__ = ["command"]

# The values of gmpki.ca.registration.states; a test compares them.
APPLICATION_STATES = (
    "entered",
    "returned",
    "proofread",
    "approved",
    "rejected",
    "withdrawn",
    "issued",
    "delivered",
    "closed",
)
PAIR_STATES = ("issued", "active", "lost", "suspended", "revoked", "replaced", "expired")

PAIR_COLUMNS = {
    "pair": "证书对 pair",
    "name": "名称 name",
    "profile": "模板 profile",
    "state": "状态 state",
    "signing_serial_number": "签名证书序列号 signing serial",
    "not_after": "有效期至 until",
    "token_serial": "令牌 token",
    "region": "区域 region",
}
APPLICATION_COLUMNS = {
    "application": "申请 application",
    "reference": "编号 reference",
    "operation": "业务 operation",
    "name": "名称 name",
    "profile": "模板 profile",
    "state": "状态 state",
    "entered_by": "录入 entered by",
    "entered_at": "时间 at",
    "region": "区域 region",
}
APPLICANT_COLUMNS = {
    "applicant": "申请人 applicant",
    "kind": "类别 kind",
    "name": "名称 name",
    "identity_kind": "证件 kind of number",
    "identity": "号码 number",
    "contact": "经办人 contact",
    "region": "区域 region",
}
criteria_options = together(
    click.option(
        "--identity",
        metavar="NUMBER",
        help="The identity number of the holder, of any kind; - reads it from standard input.",
    ),
    click.option("--credit-code", metavar="CODE", help="Of the organisation, or of the one of a person or device."),
    click.option("--name", metavar="TEXT", help="The whole name of the holder."),
    click.option("--name-prefix", metavar="TEXT", help="How the name begins."),
    click.option("--contact-prefix", metavar="TEXT", help="How the name of the contact begins."),
    click.option("--token-serial", metavar="TEXT", help="The serial number of the token."),
    click.option("--business-kind", metavar="TEXT", help="What the certificates are for."),
    click.option("--handler", metavar="NAME", help="The operator who entered the application."),
    click.option("--authority", metavar="NAME", help="Who issues."),
    click.option("--profile", metavar="NAME", help="The profile."),
    click.option("--since", metavar="TIME", help="Issued, or entered, from then on."),
    click.option("--until", metavar="TIME", help="Issued, or entered, before then."),
)
page_options = together(
    click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="At most so many."),
    click.option("--after", metavar="TEXT", help='Go on where another answer ended: its "next".'),
)


@click.group(name="search", cls=Group)
def command() -> None:
    """Find pairs, applications and applicants, in the regions in which you work.

    查询证书、申请与申请人（限本区域）。
    """


@command.command(epilog="\b\nExamples:\n  gmpki ca search pairs --name-prefix 张 --state active")
@ca_options()
@criteria_options
@click.option("--serial", metavar="HEX", help="The serial number of one of the certificates.")
@click.option("--subject-prefix", metavar="TEXT", help="How the text of the subject begins, as CN=... does.")
@click.option("--state", type=click.Choice(PAIR_STATES), help="Only pairs in this state.")
@page_options
@json_option
def pairs(*, place: CAPlace, limit: int, after: str | None, **options: Any) -> Report:
    """Find pairs: the newest first, or in the order of the prefix that is looked for.

    查询证书对。
    """
    from gmpki.ca.registration.states import PairState, named
    from gmpki.ca.reports.search import pairs_like

    serial, state = options.pop("serial"), options.pop("state")
    options["serial"] = None if serial is None else parse_serial_number(serial, "--serial", max_digits=40)
    options["state"] = None if state is None else named(PairState, state)
    search = partial(pairs_like, criteria=_criteria(options), after=after, limit=limit)
    return _found(place, search, "pair", PAIR_COLUMNS)


@command.command(epilog="\b\nExamples:\n  gmpki ca search applications --state approved --limit 20")
@ca_options()
@criteria_options
@click.option("--reference", metavar="TEXT", help="Its reference.")
@click.option("--state", type=click.Choice(APPLICATION_STATES), help="Only applications in this state.")
@page_options
@json_option
def applications(*, place: CAPlace, limit: int, after: str | None, **options: Any) -> Report:
    """Find applications: the newest first, or in the order of the prefix that is looked for.

    查询申请。
    """
    from gmpki.ca.registration.states import ApplicationState, named
    from gmpki.ca.reports.search import applications_like

    state = options.pop("state")
    options["state"] = None if state is None else named(ApplicationState, state)
    search = partial(applications_like, criteria=_criteria(options), after=after, limit=limit)
    return _found(place, search, "application", APPLICATION_COLUMNS)


@command.command(epilog="\b\nExamples:\n  gmpki ca search applicants 11010519491231002X")
@click.argument("identity", metavar="NUMBER")
@ca_options()
@json_option
def applicants(*, identity: str, place: CAPlace) -> Report:
    """Find who is registered with an identity number of any kind. It is shown with stars in its middle.

    NUMBER is "-" for standard input, where no list of processes shows it.

    按证件号码查询已登记的申请人。
    """
    from gmpki.ca.registration.applicants import find

    identity = read_number(identity)
    with at_desk(place) as desk, desk.reading() as connection:
        people = find(connection, desk.store.protection, identity, regions=desk.regions(connection))
        found: list[dict[str, object]] = [
            {
                "applicant": each.id,
                "kind": each.applicant.kind,
                "name": each.applicant.name,
                "identity_kind": each.applicant.identity.kind,
                "identity": each.applicant.identity.masked,
                "contact": None if each.applicant.contact is None else each.applicant.contact.name,
                "region": desk.region_code(connection, each.applicant.region_id),
            }
            for each in people
        ]
    return _answer("applicants", found, APPLICANT_COLUMNS, None)


# ---- how it is done -------------------------------------------------------------------------
def _criteria(options: dict[str, Any]) -> Criteria:
    from gmpki.ca.reports.search import Criteria

    if options["identity"] is not None:
        options["identity"] = read_number(options["identity"])
    for name in ("since", "until"):
        if options[name] is not None:
            options[name] = parse_time(options[name], f"--{name}")
    return Criteria(**options)


def _found(place: CAPlace, search: Callable[..., Page[Any]], what: str, columns: dict[str, str]) -> Report:
    """Return the page that a search gives in the regions in which the operator works."""
    with at_desk(place) as desk, desk.reading() as connection:
        page = search(connection, desk.store.protection, regions=desk.regions(connection))
        rows = [desk.with_codes(connection, row_of(each, what)) for each in page.rows]
    return _answer(f"{what}s", rows, columns, page.next)


def _answer(name: str, found: list[dict[str, object]], columns: dict[str, str], last: str | None) -> Report:
    if not found:
        return Report({name: [], "next": None}, facts([("没有找到", "nothing found", "")]))
    lines = table(columns, found)
    if last is not None:
        lines += facts([("还有更多", "there is more", f"--after {last}")])
    return Report({name: plain_rows(found), "next": last}, lines)
