"""``gmpki ca tokens``: the register of tokens, in stock and in the field."""

from __future__ import annotations

import click

from gmpki.cli import _io
from gmpki.cli._ca import CAPlace, ca_options
from gmpki.cli._ca_desk import at_desk
from gmpki.cli._ca_shown import plain_rows, row_of, shown, table
from gmpki.cli._files import INPUT
from gmpki.cli._group import Group
from gmpki.cli._output import Report, facts, json_option

__all__ = ["command"]

# The values of gmpki.ca.registration.media.MediumState; a test compares them. Tokens are issued with certificates.
STATES = ("stock", "issued", "lost", "damaged", "returned")
MAX_LIST_LEN = 1 << 26
COLUMNS = {
    "serial": "令牌 token",
    "kind": "类别 kind",
    "maker": "厂商 maker",
    "state": "状态 state",
    "applicant": "申请人 applicant",
    "pair": "证书对 pair",
    "region": "区域 region",
    "changed_at": "时间 at",
}
HISTORY_COLUMNS = {"at": "时间 at", "operation": "操作 operation", "actor": "操作者 by"}


@click.group(name="tokens", cls=Group)
def command() -> None:
    """Keep account of tokens: take them into stock, list them, show what was done with one, note what became of it.

    令牌台账：入库、查询、历史与状态登记。
    """


@command.command(
    epilog="\b\nExamples:\n  gmpki ca tokens add --maker 示例厂商 00a1 00a2\n  gmpki ca tokens add --list serials.txt",
)
@click.argument("serials", metavar="[SERIAL]...", nargs=-1)
@ca_options()
@click.option("--list", "listed", type=INPUT, metavar="FILE", help="A file with a serial number in each line.")
@click.option("--kind", default="ukey", show_default=True, metavar="TEXT", help="What they are.")
@click.option("--maker", default="", metavar="TEXT", help="Who made them.")
@click.option("--region", metavar="CODE", help="Where they lie.  [default: yours, or the only one]")
@json_option
def add(
    *, serials: tuple[str, ...], place: CAPlace, listed: str | None, kind: str, maker: str, region: str | None
) -> Report:
    """Take tokens into stock, all of them or none.

    令牌入库。
    """
    from gmpki.ca.registration import media
    from gmpki.ca.registration.media import NewMedium

    names = [*serials, *_listed(listed)]
    if not names:
        raise click.UsageError("name tokens by their serial numbers, or --list FILE")
    with at_desk(place) as desk:
        where = desk.region_id(region)
        with desk.store.transaction() as tx:
            desk.permit(tx.connection, "media", where)
            new = [NewMedium(serial, kind, maker, where) for serial in names]
            count = media.register(tx, new, actor=desk.operator.actor)
    return Report({"added": count}, facts([("已入库", "taken into stock", str(count))]))


def _listed(path: str | None) -> list[str]:
    if path is None:
        return []
    text = _io.read_input(path, max_len=MAX_LIST_LEN).decode("utf-8-sig", "replace")
    return [line.strip() for line in text.splitlines() if line.strip()]


@command.command(
    name="set",
    epilog="\b\nExamples:\n  gmpki ca tokens set 00a1 damaged --reason 外壳破损",
)
@click.argument("serial", metavar="SERIAL")
@click.argument("state", type=click.Choice([state for state in STATES if state != "issued"]))
@ca_options()
@click.option("--reason", default="", metavar="TEXT", help="Why, for the audit log.")
@json_option
def set_(*, serial: str, state: str, place: CAPlace, reason: str) -> Report:
    """Note what became of a token: it lies in stock, is lost, damaged, or has come back (returned).

    A lost token does not suspend the certificates in it: "gmpki ca report-loss" does.

    登记令牌状态：在库、丢失、损坏、回收。
    """
    from gmpki.ca.registration import media
    from gmpki.ca.registration.media import MediumState

    with at_desk(place) as desk, desk.store.transaction() as tx:
        desk.permit(tx.connection, "media", media.read(tx.connection, serial).region_id)
        found = media.move(tx, serial, MediumState(state), actor=desk.operator.actor, reason=reason)
    return Report({"token": found.serial, "state": state}, facts([("令牌", "token", serial), ("状态", "state", state)]))


@command.command(name="list", epilog="\b\nExamples:\n  gmpki ca tokens list --state stock")
@ca_options()
@click.option("--state", type=click.Choice(STATES), help="Only tokens in this state.")
@click.option("--applicant", type=click.IntRange(min=1), metavar="ID", help="Only those of one holder.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="At most so many.")
@click.option("--after", default="", metavar="SERIAL", help="Only serial numbers behind this one.")
@json_option
def list_tokens(*, place: CAPlace, state: str | None, applicant: int | None, limit: int, after: str) -> Report:
    """List tokens in the order of their serial numbers.

    查询令牌台账。
    """
    from gmpki.ca.registration import media
    from gmpki.ca.registration.media import MediumState

    wanted = None if state is None else MediumState(state)
    with at_desk(place) as desk, desk.reading() as connection:
        regions = desk.regions(connection)
        found = media.find(connection, state=wanted, regions=regions, applicant_id=applicant, after=after, limit=limit)
        rows = [desk.with_codes(connection, row_of(each, "token")) for each in found]
    last = found[-1].serial if len(found) == limit else None
    lines = table(COLUMNS, rows) if rows else facts([("没有找到", "nothing found", "")])
    if last is not None:
        lines += facts([("还有更多", "there is more", f"--after {last}")])
    return Report({"tokens": plain_rows(rows), "next": last}, lines)


@command.command(epilog="\b\nExamples:\n  gmpki ca tokens show 00a1")
@click.argument("serial", metavar="SERIAL")
@ca_options()
@json_option
def show(*, serial: str, place: CAPlace) -> Report:
    """Show a token of the register, and what was done with it.

    查看令牌的状态与历史。
    """
    from gmpki.ca.registration import media

    with at_desk(place) as desk, desk.reading() as connection:
        found = media.read(connection, serial)
        if found.region_id is not None:
            desk.permit_reading(connection, found.region_id)
        steps = media.history(connection, serial)
        row = desk.with_codes(connection, row_of(found, "token"))
    titles = ((name, *title.split(" ", 1)) for name, title in COLUMNS.items())
    rows = [(chinese, english, shown(row[name])) for name, chinese, english in titles]
    history = [row_of(each, "id") for each in steps]
    fields = {**plain_rows([row])[0], "history": plain_rows(history)}
    return Report(fields, [*facts(rows), *table(HISTORY_COLUMNS, history)])
