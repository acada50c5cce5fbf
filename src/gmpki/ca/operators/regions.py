"""Regions, one within another, and the issuing points in them.

Whoever works in a region works in those within it as well. A region stays where it was put: what was entered and
issued there is counted where it was. Every row is tagged, since the tree decides who may work where.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from gmpki._inputs import as_text, member
from gmpki.ca.operators._texts import code_text, title_text
from gmpki.ca.store.columns import row_id
from gmpki.ca.store.schema import issuing_points, regions
from gmpki.ca.store.tagged_rows import TaggedRows
from gmpki.errors import LimitExceeded, NotFoundError, TamperedError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

    from gmpki.ca.interfaces import Actor
    from gmpki.ca.store.protection import Protection
    from gmpki.ca.store.store import Transaction

__all__ = [
    "MAX_DEPTH",
    "IssuingPoint",
    "Region",
    "add_point",
    "add_region",
    "find_point",
    "find_region",
    "is_within",
    "point_of",
    "region_of",
    "regions_within",
    "rename_region",
]

MAX_DEPTH: Final = 16
"""How many regions may lie one within another."""

_CODE_LEN: Final = 32
_REGIONS: Final = TaggedRows(regions, "region")
_POINTS: Final = TaggedRows(issuing_points, "issuing point")
# The databases limit how many values one statement may have.
_CHUNK: Final = 500


@dataclass(frozen=True, slots=True)
class Region:
    """A part of the country, or of an organisation. Immutable.

    :ivar code: its short name, for instance 110000; unique.
    :ivar parent_id: the region that it lies in; None for one that lies in no other.
    """

    id: int
    code: str
    title: str
    parent_id: int | None


@dataclass(frozen=True, slots=True)
class IssuingPoint:
    """A counter where applicants come. Immutable.

    :ivar is_remote: whether it only enters and issues, and leaves review to others.
    """

    id: int
    region_id: int
    code: str
    title: str
    is_remote: bool


# ---- writing --------------------------------------------------------------------------------
def add_region(tx: Transaction, actor: Actor, *, code: str, title: str, parent_id: int | None = None) -> Region:
    """Add a region. That the actor may is for the caller to have demanded.

    :param code: 1 to 32 printable ASCII characters without blanks.
    :param title: 1 to 255 printable characters in NFC.
    :raises InvalidTypeError: when an argument has the wrong type.
    :raises InvalidInputError: when code or title is not as said above.
    :raises NotFoundError: when there is no region ``parent_id``.
    :raises LimitExceeded: when it would lie in :data:`MAX_DEPTH` others.
    :raises ConflictError: with the reason "duplicate" when the code is taken.
    :raises TamperedError: when the row of a region that it lies in is not as it was written.
    """
    if parent_id is not None and len(_lineage(tx.connection, tx.protection, parent_id)) >= MAX_DEPTH:
        raise LimitExceeded(f"regions lie at most {MAX_DEPTH} deep one within another")
    values = {"code": code_text(code, "code", _CODE_LEN), "title": title_text(title), "parent_id": parent_id}
    with tx.savepoint():
        found = Region(_REGIONS.add(tx, values), code, title, parent_id)
    tx.audit(actor, "region.add", f"region:{code}", title=title, parent=parent_id)
    return found


def rename_region(tx: Transaction, actor: Actor, region_id: int, title: str) -> Region:
    """Give a region another title.

    :raises NotFoundError: when there is no such region.
    :raises InvalidTypeError: when the title is no text.
    :raises InvalidInputError: when it is not 1 to 255 printable characters in NFC.
    :raises TamperedError: when its row is not as it was written.
    """
    row = _region_row(tx.connection, tx.protection, region_id)
    _REGIONS.change(tx, row._mapping, title=title_text(title))
    tx.audit(actor, "region.rename", f"region:{row.code}", title=title)
    return Region(row.id, row.code, title, row.parent_id)


def add_point(
    tx: Transaction, actor: Actor, *, region_id: int, code: str, title: str, is_remote: bool = False
) -> IssuingPoint:
    """Add an issuing point. Parameters and errors as :func:`add_region`.

    :param is_remote: whether it only enters and issues. It stays what it is.
    """
    member(is_remote, bool, "is_remote")
    region = _region_row(tx.connection, tx.protection, region_id)
    values = {
        "region_id": region.id,
        "code": code_text(code, "code", _CODE_LEN),
        "title": title_text(title),
        "is_remote": is_remote,
    }
    with tx.savepoint():
        found = IssuingPoint(_POINTS.add(tx, values), region.id, code, title, is_remote)
    tx.audit(actor, "point.add", f"point:{code}", title=title, region=region.code, remote=int(is_remote))
    return found


# ---- reading --------------------------------------------------------------------------------
def find_region(connection: Connection, protection: Protection, code: str) -> Region:
    """Return the region of a code.

    :raises NotFoundError: when there is none.
    :raises TamperedError: when its row is not as it was written.
    :raises InvalidTypeError: when the code is no text.
    """
    found = connection.execute(select(regions).where(regions.c.code == as_text(code, "code"))).first()
    return _region(_present(found, protection))


def region_of(connection: Connection, protection: Protection, region_id: int) -> Region:
    """Return the region of a number; errors as :func:`find_region`."""
    return _region(_region_row(connection, protection, region_id))


def find_point(connection: Connection, protection: Protection, code: str) -> IssuingPoint:
    """Return the issuing point of a code; errors as :func:`find_region`."""
    found = connection.execute(select(issuing_points).where(issuing_points.c.code == as_text(code, "code"))).first()
    return _point(found, protection)


def point_of(connection: Connection, protection: Protection, point_id: int) -> IssuingPoint:
    """Return the issuing point of a number; errors as :func:`find_region`."""
    row_id(point_id, "the number of an issuing point")
    found = connection.execute(select(issuing_points).where(issuing_points.c.id == point_id)).first()
    return _point(found, protection)


def is_within(connection: Connection, protection: Protection, region_id: int, outer_id: int) -> bool:
    """Tell whether a region is another one or lies in it, however deep.

    :raises NotFoundError: when there is no region ``region_id``.
    :raises TamperedError: when a row on the way up is not as it was written.
    """
    return outer_id in _lineage(connection, protection, region_id, until=outer_id)


def regions_within(connection: Connection, protection: Protection, region_id: int) -> tuple[int, ...]:
    """Return the numbers of a region and of all regions in it, for instance to limit a search.

    :raises NotFoundError: when there is no such region.
    :raises TamperedError: when the row of one is not as it was written.
    """
    found = [_region_row(connection, protection, region_id).id]
    level = list(found)
    for _ in range(MAX_DEPTH):
        inner = []
        for start in range(0, len(level), _CHUNK):
            query = select(regions).where(regions.c.parent_id.in_(level[start : start + _CHUNK]))
            inner += [_REGIONS.verify(protection, row)["id"] for row in connection.execute(query).mappings()]
        if not inner:
            return tuple(found)
        found += inner
        level = inner
    raise TamperedError("changed", f"the regions in region {region_id} do not end", place=region_id)


def _lineage(
    connection: Connection, protection: Protection, region_id: int, *, until: int | None = None
) -> tuple[int, ...]:
    """Return a region and those that it lies in, from the inside, up to ``until`` or to the outermost."""
    found: list[int] = []
    here: int | None = region_id
    while here is not None and len(found) <= MAX_DEPTH:
        row = _region_row(connection, protection, here)
        found.append(row.id)
        if row.id == until:
            break
        here = row.parent_id
    return tuple(found)


def _region_row(connection: Connection, protection: Protection, region_id: int) -> Row[Any]:
    row_id(region_id, "the number of a region")
    return _present(connection.execute(select(regions).where(regions.c.id == region_id)).first(), protection)


def _present(row: Row[Any] | None, protection: Protection) -> Row[Any]:
    if row is None:
        raise NotFoundError("there is no such region")
    _REGIONS.verify(protection, row._mapping)
    return row


def _region(row: Row[Any]) -> Region:
    return Region(row.id, row.code, row.title, row.parent_id)


def _point(row: Row[Any] | None, protection: Protection) -> IssuingPoint:
    if row is None:
        raise NotFoundError("there is no such issuing point")
    _POINTS.verify(protection, row._mapping)
    return IssuingPoint(row.id, row.region_id, row.code, row.title, bool(row.is_remote))
