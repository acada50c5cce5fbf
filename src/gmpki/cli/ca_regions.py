"""``gmpki ca regions``: regions, one within another, and the issuing points in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gmpki.cli._ca import CAPlace, ca_options
from gmpki.cli._group import Group
from gmpki.cli._output import Report, columns, facts, json_option

if TYPE_CHECKING:
    from gmpki.ca.operators.regions import IssuingPoint, Region

__all__ = ["command"]

code_argument = click.argument("code", metavar="CODE")


@click.group(name="regions", cls=Group)
def command() -> None:
    """List and add regions and issuing points.

    区域与发证点管理。
    """


@command.command(name="list", epilog="\b\nExamples:\n  gmpki ca regions list --password-env CA_PASSWORD")
@ca_options(acts=False)
@json_option
def list_regions(*, place: CAPlace) -> Report:
    """List the regions and their issuing points.

    列出区域与发证点。
    """
    with place.open() as ca:
        from sqlalchemy import select

        from gmpki.ca.operators.regions import point_of, region_of
        from gmpki.ca.store.schema import issuing_points, regions

        with ca.store.reading() as connection:
            protection = ca.store.protection
            ids = list(connection.execute(select(regions.c.id).order_by(regions.c.code)).scalars())
            found = {each: region_of(connection, protection, each) for each in ids}
            point_ids = list(connection.execute(select(issuing_points.c.id).order_by(issuing_points.c.code)).scalars())
            points = [point_of(connection, protection, each) for each in point_ids]
    codes = {number: region.code for number, region in found.items()}
    listed = [_region_fields(region, codes) for region in found.values()]
    fields: dict[str, Any] = {"regions": listed, "points": [_point_fields(each, codes) for each in points]}
    rows = [(one["code"], one["title"], one["parent"] or "", "") for one in listed]
    rows += [
        (each.code, each.title, codes[each.region_id], "远程 remote" if each.is_remote else "发证点 point")
        for each in points
    ]
    return Report(fields, columns([("代码 code", "名称 title", "上级 within", "类别 kind"), *rows]))


@command.command(
    epilog="\b\nExamples:\n"
    "  gmpki ca regions add 110000 --title 示例市 --within 000000 --password-env CA_PASSWORD --as administrator",
)
@code_argument
@click.option("--title", required=True, metavar="TEXT", help="What people call it.")
@click.option("--within", metavar="CODE", help="The region that it lies in. It stays there.")
@ca_options()
@json_option
def add(*, place: CAPlace, code: str, title: str, within: str | None) -> Report:
    """Add a region.

    新增区域。
    """
    with place.open() as ca:
        from gmpki.ca.operators.regions import add_region, find_region

        actor = ca.acting("regions")
        with ca.store.transaction() as tx:
            parent = None if within is None else find_region(tx.connection, tx.protection, within)
            made = add_region(tx, actor, code=code, title=title, parent_id=None if parent is None else parent.id)
    codes = {} if parent is None else {parent.id: parent.code}
    rows = [("已新增", "added", made.code), ("名称", "title", made.title), ("上级", "within", within or "")]
    return Report({"region": _region_fields(made, codes)}, facts(rows))


@command.command(
    epilog="\b\nExamples:\n  gmpki ca regions rename 000000 --title 全国 --password-env CA_PASSWORD --as administrator",
)
@code_argument
@click.option("--title", required=True, metavar="TEXT", help="What people call it from now on.")
@ca_options()
@json_option
def rename(*, place: CAPlace, code: str, title: str) -> Report:
    """Give a region another title.

    变更区域名称。
    """
    with place.open() as ca:
        from gmpki.ca.operators.regions import find_region, rename_region

        actor = ca.acting("regions")
        with ca.store.transaction() as tx:
            found = find_region(tx.connection, tx.protection, code)
            changed = rename_region(tx, actor, found.id, title)
    return Report({"code": changed.code, "title": changed.title}, facts([("已变更", "renamed", f"{code} {title}")]))


@command.command(
    name="add-point",
    epilog="\b\nExamples:\n  gmpki ca regions add-point P01 --region 000000 --title 示例网点 --remote "
    "--password-env CA_PASSWORD --as administrator",
)
@code_argument
@click.option("--region", required=True, metavar="CODE", help="Where it is.")
@click.option("--title", required=True, metavar="TEXT", help="What people call it.")
@click.option("--remote", is_flag=True, help="It only enters and issues, and leaves review to others.")
@ca_options()
@json_option
def add_point(*, place: CAPlace, code: str, region: str, title: str, remote: bool) -> Report:
    """Add an issuing point: a counter where applicants come.

    新增发证点。
    """
    with place.open() as ca:
        from gmpki.ca.operators import regions

        actor = ca.acting("regions")
        with ca.store.transaction() as tx:
            found = regions.find_region(tx.connection, tx.protection, region)
            made = regions.add_point(tx, actor, region_id=found.id, code=code, title=title, is_remote=remote)
    rows = [("已新增", "added", made.code), ("名称", "title", made.title), ("区域", "region", region)]
    return Report({"point": _point_fields(made, {found.id: found.code})}, facts(rows))


def _region_fields(region: Region, codes: dict[int, str]) -> dict[str, Any]:
    parent = None if region.parent_id is None else codes[region.parent_id]
    return {"code": region.code, "title": region.title, "parent": parent}


def _point_fields(point: IssuingPoint, codes: dict[int, str]) -> dict[str, Any]:
    return {"code": point.code, "title": point.title, "region": codes[point.region_id], "remote": point.is_remote}
