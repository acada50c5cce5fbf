"""``gmpki ca status``: what there is in the directory of an authority, and what is due."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gmpki.cli._ca import CAPlace, OpenCA, ca_options
from gmpki.cli._output import Report, columns, facts, json_option
from gmpki.cli._times import show_time
from gmpki.cli.ca_crl import latest_lists
from gmpki.cli.ca_key import generation_fields

if TYPE_CHECKING:
    from sqlalchemy import Column, Table

__all__ = ["command", "counted"]


@click.command(
    name="status",
    epilog="\b\nExamples:\n  gmpki ca status --password-env CA_PASSWORD\n"
    "  gmpki ca status --ca ca --password-env CA_PASSWORD --json",
)
@ca_options(acts=False)
@json_option
def command(*, place: CAPlace) -> Report:
    """Show authorities, keys, lists, applications, certificates, spare keys, and what waits to be published.

    查看机构、密钥、撤销列表、申请、证书、备用密钥与待发布事项。
    """
    with place.open() as ca:
        fields = _fields(ca, place)
    rows = [
        ("目录", "directory", place.folder),
        ("数据库", "database", fields["database"]),
        ("时间", "time", fields["at"]),
        ("操作员", "operators", _listed(fields["operators"])),
        ("申请", "applications", _listed(fields["applications"])),
        ("证书", "certificates", _listed(fields["certificates"])),
        ("加密密钥", "encryption keys", _listed(fields["encryption_keys"])),
        ("待发布", "to be published", _listed(fields["due_publications"])),
    ]
    lines = facts(rows)
    titles = ("机构 authority", "密钥 key", "状态 state", "至 until", "列表 list", "下次 next")
    table: list[tuple[str, ...]] = [titles]
    for one in fields["keys"]:
        lists = [each for each in fields["lists"] if (each["authority"], each["generation"]) == _key(one)]
        latest = lists[-1] if lists else {"number": "-", "next_update": "-"}
        texts = (one["authority"], one["number"], one["state"], one["not_after"] or "-")
        table.append((*map(str, texts), str(latest["number"]), latest["next_update"]))
    return Report(fields, [*lines, "", *columns(table)])


def _key(one: dict[str, Any]) -> tuple[str, int]:
    return one["authority"], one["number"]


def _fields(ca: OpenCA, place: CAPlace) -> dict[str, Any]:
    from sqlalchemy import make_url

    from gmpki.ca.store import schema

    authorities = [ca.authority(name) for name in ca.authority_names()]
    return {
        "directory": place.folder,
        "database": make_url(place.database_url(ca.settings)).render_as_string(hide_password=True),
        "at": show_time(ca.store.now()),
        "authority": ca.settings.authority,
        "development": ca.settings.allow_local_operators,
        "keys": [generation_fields(one.name, key) for one in authorities for key in one.generations],
        "lists": [one for authority in authorities for one in latest_lists(ca, authority)],
        "operators": counted(ca, schema.operators, schema.operators.c.state),
        "applications": counted(ca, schema.applications, schema.applications.c.state),
        "certificates": counted(ca, schema.certificates, schema.certificates.c.state),
        "encryption_keys": counted(ca, schema.kmc_keys, schema.kmc_keys.c.state),
        "due_publications": counted(ca, schema.due_publications, schema.due_publications.c.publisher),
    }


def counted(ca: OpenCA, table: Table, column: Column[Any]) -> dict[str, int]:
    """Count the rows of a table by what a column says."""
    from sqlalchemy import func, select

    query = select(column, func.count()).select_from(table).group_by(column).order_by(column)
    with ca.store.reading() as connection:
        return {str(value): int(count) for value, count in connection.execute(query)}


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items()) or "0"
