"""One row found again and again by the same query: what a service asks for each request that it answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gmpki.ca.store.problems import store_errors

if TYPE_CHECKING:
    from sqlalchemy import Select

    from gmpki.ca.store.engine import Database

__all__ = ["Lookup"]


class Lookup:
    """A query for at most one row. Thread-safe.

    Its text is made once, and it is asked by :meth:`~gmpki.ca.store.engine.Database.look_up`, which costs a tenth of
    what a reading of its own costs. Each answer is what is committed when it is asked for, or, within a transaction or
    reading of the same thread, what that one sees.

    :param statement: with named parameters; its columns have different names.
    """

    def __init__(self, database: Database, statement: Select[Any]) -> None:
        self._database = database
        self._statement = statement
        self._names = tuple(column.name for column in statement.selected_columns)
        compiled = statement.compile(dialect=database.engine.dialect)
        self._text = str(compiled)
        self._order = compiled.positiontup if compiled.positional else None

    def first(self, **parameters: Any) -> dict[str, Any] | None:
        """Return the columns of the row by their names; None when there is none.

        :raises StoreError: when the database cannot be read.
        :raises StateError: when the store is closed.
        """
        given = parameters if self._order is None else tuple(parameters[name] for name in self._order)
        with store_errors():
            rows = self._database.look_up(self._text, given)
            if rows is None:
                with self._database.reading() as connection:
                    rows = [tuple(row) for row in connection.execute(self._statement, parameters).fetchmany(1)]
        return dict(zip(self._names, rows[0], strict=True)) if rows else None
