"""Rows whose tag covers all that decides about them: written, read with the tag verified, changed.

ROWS = TaggedRows(regions, "region")
with store.transaction() as tx:
    region_id = ROWS.add(tx, {"code": "110000", "title": "示例市", "parent_id": None})
    ROWS.change(tx, ROWS.lock(tx, region_id), title="示例省")
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, update

from gmpki.errors import ConflictError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection, RowMapping, Table

    from gmpki.ca.store.protection import Protection
    from gmpki.ca.store.store import Transaction

__all__ = ["TaggedRows"]


class TaggedRows:
    """The rows of a table with the columns ``id`` and ``tag``. Immutable; thread-safe.

    :param table: the table.
    :param what: what one of its rows is called in messages.
    :param untagged: the columns that decide about nothing.
    """

    def __init__(self, table: Table, what: str, *, untagged: tuple[str, ...] = ()) -> None:
        self._table = table
        self._what = what
        self._tagged = tuple(each.name for each in table.columns if each.name not in ("id", "tag", *untagged))

    def add(self, tx: Transaction, values: Mapping[str, Any]) -> int:
        """Insert a row, and return its id."""
        # The tag covers the id, which the database gives.
        done = tx.connection.execute(insert(self._table).values({**values, "tag": b""}))
        row_id = int(done.inserted_primary_key[0])  # type: ignore[index] # a single row was inserted
        tag = self.tag(tx.protection, values, row_id)
        tx.connection.execute(update(self._table).where(self._table.c.id == row_id).values(tag=tag))
        return row_id

    def read(self, connection: Connection, protection: Protection, row_id: int) -> RowMapping:
        """Return a row.

        :raises NotFoundError: when there is none.
        :raises TamperedError: when it is not as it was written.
        """
        return self._one(connection, protection, row_id, select(self._table))

    def lock(self, tx: Transaction, row_id: int) -> RowMapping:
        """Return a row that nobody else changes before the end of the transaction; errors as :meth:`read`."""
        return self._one(tx.connection, tx.protection, row_id, select(self._table).with_for_update())

    def change(self, tx: Transaction, row: RowMapping, **values: Any) -> None:
        """Change a row that was read in this transaction.

        :raises ConflictError: with the reason "changed", when somebody else has changed its state since, where the
            table has a column ``state``.
        """
        tag = self.tag(tx.protection, {**row, **values}, row["id"])
        unchanged = self._table.c.id == row["id"]
        if "state" in self._table.c:
            unchanged &= self._table.c.state == row["state"]
        done = tx.connection.execute(update(self._table).where(unchanged).values(**values, tag=tag))
        if done.rowcount != 1:
            raise ConflictError("changed", f"somebody else has changed the {self._what} {row['id']} in the meantime")

    def verify(self, protection: Protection, row: RowMapping) -> RowMapping:
        """Return a row when it is as it was written.

        :raises TamperedError: when it is not.
        """
        protection.verify_row(self._table.name, row["tag"], {name: row[name] for name in self._tagged}, row["id"])
        return row

    def tag(self, protection: Protection, values: Mapping[str, Any], row_id: int) -> bytes:
        """Return the tag of a row; a column that ``values`` does not have is NULL."""
        return protection.tagger(self._table.name).tag({name: values.get(name) for name in self._tagged}, row_id)

    def _one(self, connection: Connection, protection: Protection, row_id: int, query: Any) -> RowMapping:
        found = connection.execute(query.where(self._table.c.id == row_id)).mappings().first()
        if found is None:
            raise NotFoundError(f"there is no {self._what} {row_id}")
        return self.verify(protection, found)
