"""``gmpki ca crl``: revocation lists made out of the database, shown, written to files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gmpki.cli import _io
from gmpki.cli._ca import CAPlace, OpenCA, authority_option, ca_options, scheduled_option
from gmpki.cli._files import force_option, output_option
from gmpki.cli._group import Group
from gmpki.cli._output import Report, check_output, columns, facts, json_option
from gmpki.cli._times import show_time

if TYPE_CHECKING:
    from gmpki.ca.authority.authority import Authority
    from gmpki.ca.revocation.lists import IssuedList

__all__ = ["command", "latest_lists", "list_fields"]

part_option = click.option(
    "--part", type=click.IntRange(min=0), default=0, show_default=True, help="The distribution point; 0 is all."
)
delta_option = click.option("--delta", "is_delta", is_flag=True, help="The list of changes since the complete one.")


@click.group(name="crl", cls=Group)
def command() -> None:
    """Make revocation lists out of the database, list the latest ones, write one to a file.

    撤销列表：签发到期的或立即签发，查看，导出。
    """


@command.command(
    epilog="\b\nExamples:\n  gmpki ca crl make --scheduled --password-env CA_PASSWORD\n"
    "  gmpki ca crl make --now --authority ca --password-env CA_PASSWORD --as administrator",
)
@click.option("--now", is_flag=True, help="Make a complete list whether it is due or not.")
@click.option("--authority", metavar="NAME", help="Only lists of this authority.  [default: all whose keys are here]")
@ca_options()
@scheduled_option
@json_option
def make(*, place: CAPlace, now: bool, authority: str | None, scheduled: bool) -> Report:
    """Make the lists that are due, for the publishers that the authority has. For timers: --scheduled.

    签发到期的撤销列表；--now 立即签发。
    """
    if now and scheduled:
        raise click.UsageError("--scheduled makes what is due, and not --now")
    with place.open() as ca:
        actor = ca.acting("crl", scheduled=scheduled)
        made: list[dict[str, Any]] = []
        for name in ca.authority_names() if authority is None else [authority]:
            found = ca.authority(name, signs=True)
            made += [list_fields(found, each) for each in _made(ca, found, now, actor)]
    rows = [_row(one) for one in made]
    lines = columns([TITLE, *rows]) if rows else facts([("没有到期的列表", "no list is due", "")])
    return Report({"lists": made}, lines)


@command.command(name="list", epilog="\b\nExamples:\n  gmpki ca crl list --password-env CA_PASSWORD")
@ca_options(acts=False)
@json_option
def list_lists(*, place: CAPlace) -> Report:
    """List the latest revocation lists of each key.

    查看最新的撤销列表。
    """
    with place.open() as ca:
        found = [one for name in ca.authority_names() for one in latest_lists(ca, ca.authority(name))]
    rows = [_row(one) for one in found]
    return Report({"lists": found}, columns([TITLE, *rows]) if rows else facts([("没有列表", "there is none", "")]))


@command.command(
    epilog="\b\nExamples:\n  gmpki ca crl get --authority ca --password-env CA_PASSWORD --output ca.crl",
)
@authority_option
@click.option("--generation", type=click.IntRange(min=1), metavar="N", help="Of which key.  [default: the latest]")
@part_option
@delta_option
@ca_options(acts=False)
@output_option
@force_option
@json_option
def get(
    *,
    place: CAPlace,
    authority: str | None,
    generation: int | None,
    part: int,
    is_delta: bool,
    output: str,
    force: bool,
) -> Report:
    """Write the latest list of a key to a file, DER.

    导出最新的撤销列表。
    """
    check_output(output, binary=True, force=force)
    with place.open() as ca:
        from gmpki.ca.revocation.lists import latest_list, read_list
        from gmpki.ca.revocation.rules import ListScope
        from gmpki.errors import NotFoundError

        found = ca.authority(authority)
        number = generation or len(found.generations)
        if number > len(found.generations):
            raise NotFoundError(f"the authority {found.name} has no key {number}")
        key = found.generations[number - 1]
        with ca.store.reading() as connection:
            latest = latest_list(connection, ListScope(found.id, key.id, part, is_delta))
            if latest is None:
                raise NotFoundError(f"there is no such list of the authority {found.name} yet; gmpki ca crl make")
            with _io.create(output, force=force) as stream:
                for piece in read_list(connection, latest.id):
                    stream.write(piece)
        fields = list_fields(found, latest)
    rows = [("列表", "list", f"{fields['authority']} {fields['number']}"), ("下次更新", "next", fields["next_update"])]
    rows.append(("条目", "entries", str(latest.entries)))
    return Report({**fields, "output": output}, [] if output == "-" else facts([*rows, ("文件", "file", output)]))


# ---- what they share ------------------------------------------------------------------------
TITLE = ("机构 authority", "密钥 key", "部分 part", "编号 number", "条目 entries", "时间 made", "下次 next")


def _made(ca: OpenCA, authority: Authority, now: bool, actor: Any) -> list[IssuedList]:
    from gmpki.ca.revocation.lists import issue_list
    from gmpki.ca.revocation.schedule import make_due, scopes_of

    publishers = authority.settings.publishers
    if not now:
        return make_due(ca.store, authority.list_issuers(), actor=actor, publishers=publishers)
    made = []
    for issuer in authority.list_issuers():
        with ca.store.reading() as connection:
            scopes = [scope for scope in scopes_of(connection, issuer) if not scope.is_delta]
        made += [issue_list(ca.store, issuer, scope.part, actor=actor, publishers=publishers) for scope in scopes]
    return [one for one in made if one is not None]


def latest_lists(ca: OpenCA, authority: Authority) -> list[dict[str, Any]]:
    """Return what is known of the latest lists of each key of an authority."""
    from gmpki.ca.revocation.lists import latest_list
    from gmpki.ca.revocation.rules import ListScope

    found = []
    with ca.store.reading() as connection:
        for key in authority.generations:
            for part in range(authority.settings.crl_parts + 1):
                for is_delta in (False, True):
                    latest = latest_list(connection, ListScope(authority.id, key.id, part, is_delta))
                    if latest is not None:
                        found.append(list_fields(authority, latest))
    return found


def list_fields(authority: Authority, made: IssuedList) -> dict[str, Any]:
    """Return what a program is told of a list."""
    numbers = {key.id: key.number for key in authority.generations}
    return {
        "authority": authority.name,
        "generation": numbers.get(made.scope.generation_id),
        "part": made.scope.part,
        "delta": made.scope.is_delta,
        "number": made.crl_number,
        "entries": made.entries,
        "this_update": show_time(made.this_update),
        "next_update": show_time(made.next_update),
        "digest": made.digest,
    }


def _row(one: dict[str, Any]) -> tuple[str, ...]:
    part = f"{one['part']} delta" if one["delta"] else str(one["part"])
    texts = (one["authority"], one["generation"], part, one["number"], one["entries"])
    return (*map(str, texts), one["this_update"], one["next_update"])
