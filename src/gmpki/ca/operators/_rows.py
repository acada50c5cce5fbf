"""The rows that say who may do what where: which of their columns are tagged, and how they are written and read.

Each of the tables is written through :func:`insert_tagged` and :func:`update_tagged` alone, and a row is acted on only
after :func:`checked`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import insert, update

from gmpki._inputs import as_text
from gmpki.ca.store.problems import store_errors
from gmpki.ca.store.schema import issuing_points, operators, regions
from gmpki.errors import InvalidInputError, TamperedError, UnsupportedAlgorithm
from gmpki.protect import canonical

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Row, Table

    from gmpki.ca.store.protection import Protection
    from gmpki.ca.store.store import Transaction

__all__ = ["checked", "code_text", "insert_tagged", "title_text", "update_tagged"]

# `certificate` is not among them: `certificate_digest` is its SM3.
_TAGGED: Final[Mapping[str, tuple[str, ...]]] = {
    regions.name: ("code", "title", "parent_id"),
    issuing_points.name: ("region_id", "code", "title", "is_remote"),
    operators.name: (
        "name",
        "title",
        "certificate_digest",
        "permissions",
        "region_id",
        "point_id",
        "state",
        "created_at",
    ),
}


def insert_tagged(tx: Transaction, table: Table, values: Mapping[str, Any]) -> int:
    """Insert a row with its tag; return its number.

    :raises ConflictError: with the reason "duplicate" when a value is taken that no two rows may have.
    """
    with store_errors(), tx.connection.begin_nested():
        done = tx.connection.execute(insert(table).values(**values, tag=b""))
    number = int(done.inserted_primary_key[0])  # type: ignore[index]  # a row with a key of one column was inserted
    tag = _tag(tx, table, values, number)
    tx.connection.execute(update(table).where(table.c.id == number).values(tag=tag))
    return number


def update_tagged(tx: Transaction, table: Table, row: Row[Any], changes: Mapping[str, Any]) -> None:
    """Change a row that was read in this transaction, and its tag.

    :raises ConflictError: as :func:`insert_tagged`.
    """
    tag = _tag(tx, table, {**row._mapping, **changes}, row.id)
    with store_errors(), tx.connection.begin_nested():
        tx.connection.execute(update(table).where(table.c.id == row.id).values(**changes, tag=tag))


def checked(protection: Protection, table: Table, row: Row[Any]) -> Row[Any]:
    """Return a row when it is as it was tagged.

    :raises TamperedError: when it is not; ``place`` is its number.
    :raises UnknownKeyError: when the ring does not hold the key of the tag.
    """
    record = {name: getattr(row, name) for name in _TAGGED[table.name]}
    try:
        protection.tagger(table.name).verify(row.tag, record, row.id)
    except (InvalidInputError, UnsupportedAlgorithm) as error:
        raise TamperedError(
            "changed", f"the record {row.id} of {table.name} has no tag that holds", place=str(row.id)
        ) from error
    return row


def _tag(tx: Transaction, table: Table, values: Mapping[str, Any], number: int) -> bytes:
    record = {name: values[name] for name in _TAGGED[table.name]}
    return tx.protection.tagger(table.name).tag(record, number)


def code_text(value: str, name: str, most: int) -> str:
    """Return a short name that others refer to: printable characters of ASCII without blanks.

    :raises InvalidTypeError: when it is no text.
    :raises InvalidInputError: when it is empty, longer than ``most``, or has other characters.
    """
    text = as_text(value, name)
    if not 1 <= len(text) <= most or not text.isascii() or not text.isprintable() or " " in text:
        raise InvalidInputError(f"{name} must be 1 to {most} printable ASCII characters without blanks")
    return text


def title_text(value: str) -> str:
    """Return a title for people.

    :raises InvalidTypeError: when it is no text.
    :raises InvalidInputError: when it is empty, longer than 255 characters, or not printable text in NFC.
    """
    return canonical.label(value, "title")
