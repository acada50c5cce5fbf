"""Columns of databases, as :class:`~gmpki.protect.rotation.FieldJob` works through them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from gmpki._inputs import as_text, iterated
from gmpki.errors import InvalidInputError, InvalidTypeError, StateError, UnsupportedAlgorithm

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import ColumnElement, Connection, Engine, Table
    from sqlalchemy.sql.elements import KeyedColumnElement

    from gmpki.protect.canonical import RowId
    from gmpki.protect.rotation import Change, Stored

__all__ = ["DBAPITable", "SQLAlchemyTable"]

_NAME: Final = re.compile(r"[^\W\d]\w{0,127}(?:\.[^\W\d]\w{0,127}){0,2}")
_PARAMETERS: Final = {"qmark": "?", "format": "%s", "pyformat": "%s"}
_MAX_KEY_COLUMNS: Final = 16


class DBAPITable:
    """A column behind a connection of PEP 249. Per thread.

    The statements are SELECT with LIMIT, and UPDATE; for databases that write these otherwise there is
    :class:`SQLAlchemyTable`.

    :param connection: one of its own: each batch commits on it or rolls back.
    :param table: its name, written as it is: letters, digits and underscores, with the schema in front if needed.
    :param column: the name of the column.
    :param key: the names of the columns of the primary key, in the order in which the application gives the identity
        of a row. One column gives its value, several a tuple.
    :param paramstyle: "qmark", "format" or "pyformat", as the driver's module says.
    :param lock: a clause such as ``FOR UPDATE`` behind the SELECT with which each value is read in the transaction that
        replaces it. Needed where ``=`` finds texts equal that are not the same (upper and lower case in MySQL).
    :raises InvalidTypeError: when an argument has the wrong type.
    :raises InvalidInputError: when a name is none, or the key has no columns or more than 16.
    :raises UnsupportedAlgorithm: for another paramstyle.
    """

    def __init__(
        self,
        connection: Any,
        table: str,
        column: str,
        *,
        key: Iterable[str],
        paramstyle: str = "qmark",
        lock: str = "",
    ) -> None:
        for needed in ("cursor", "commit", "rollback"):
            if not callable(getattr(connection, needed, None)):
                raise InvalidTypeError(f"connection must be one of PEP 249, not {type(connection).__name__}")
        if isinstance(key, str):
            raise InvalidTypeError("key must be a sequence of names, not str")
        if as_text(paramstyle, "paramstyle") not in _PARAMETERS:
            raise UnsupportedAlgorithm(f"paramstyle must be one of {', '.join(_PARAMETERS)}, not {paramstyle[:20]!r}")
        if as_text(lock, "lock") not in ("", "FOR UPDATE"):
            raise InvalidInputError("lock must be FOR UPDATE or empty")
        self._connection = connection
        self._table = _name(table, "table")
        self._column = _name(column, "column")
        self._key = tuple(_name(one, "key") for one in iterated(key, "key", most=_MAX_KEY_COLUMNS + 1))
        if not 1 <= len(self._key) <= _MAX_KEY_COLUMNS:
            raise InvalidInputError(f"key has 1 to {_MAX_KEY_COLUMNS} columns")
        self._mark = _PARAMETERS[paramstyle]
        self._lock = f" {lock}" if lock else ""

    def read(self, after: RowId | None, limit: int) -> Sequence[tuple[RowId, Stored]]:
        """Return the next rows, as :meth:`gmpki.protect.rotation.FieldStore.read` says."""
        where, parameters = self._behind(after)
        names = ", ".join(self._key)
        # Every name was checked, values are parameters.
        statement = (
            f"SELECT {names}, {self._column} FROM {self._table} "  # noqa: S608
            f"WHERE {self._column} IS NOT NULL{where} ORDER BY {names} LIMIT {int(limit)}"
        )
        cursor = self._connection.cursor()
        try:
            cursor.execute(statement, parameters)
            return [(_row_id(row[:-1]), _plain(row[-1])) for row in cursor.fetchall()]
        finally:
            cursor.close()
            self._connection.rollback()

    def replace(self, changes: Sequence[Change]) -> int:
        """Replace values, as :meth:`gmpki.protect.rotation.FieldStore.replace` says."""
        this = " AND ".join(f"{name} = {self._mark}" for name in self._key)
        select = f"SELECT {self._column} FROM {self._table} WHERE {this}"  # noqa: S608
        update = (
            f"UPDATE {self._table} SET {self._column} = {self._mark} "  # noqa: S608
            f"WHERE {this} AND {self._column} = {self._mark}"
        )
        done = 0
        cursor = self._connection.cursor()
        try:
            for change in changes:
                row = _parts(change.row, len(self._key))
                if self._lock:
                    cursor.execute(select + self._lock, row)
                    if [_plain(found[0]) for found in cursor.fetchall()] != [change.old]:
                        continue
                cursor.execute(update, (change.new, *row, change.old))
                changed = cursor.rowcount
                cursor.execute(select, row)
                done += _was_kept(change, changed, [_plain(found[0]) for found in cursor.fetchall()])
            self._connection.commit()
        except BaseException:
            self._connection.rollback()
            raise
        finally:
            cursor.close()
        return done

    def _behind(self, after: RowId | None) -> tuple[str, tuple[object, ...]]:
        """Return the condition for the rows behind one, and its parameters."""
        if after is None:
            return "", ()
        row = _parts(after, len(self._key))
        parts = []
        parameters: list[object] = []
        for last in range(len(row)):
            equal = [f"{name} = {self._mark}" for name in self._key[:last]]
            parts.append("(" + " AND ".join([*equal, f"{self._key[last]} > {self._mark}"]) + ")")
            parameters += row[: last + 1]
        return f" AND ({' OR '.join(parts)})", tuple(parameters)


class SQLAlchemyTable:
    """A column of a table of SQLAlchemy, on whatever database it speaks to. Per thread. Needs the extra "sqlalchemy".

    :param engine: where the table is.
    :param table: its description, a ``sqlalchemy.Table``, with a primary key. Types of columns that convert (those of
        :mod:`gmpki.protect.sqlalchemy`, or an ``Enum``) are not asked: values are read and written as they are stored.
    :param column: the name of the column.
    :raises InvalidTypeError: when an argument has the wrong type.
    :raises InvalidInputError: when the table has no such column or no primary key.
    """

    def __init__(self, engine: Engine, table: Table, column: str) -> None:
        import sqlalchemy

        if not isinstance(engine, sqlalchemy.Engine) or not isinstance(table, sqlalchemy.Table):
            raise InvalidTypeError("engine must be an Engine and table a Table of SQLAlchemy")
        if as_text(column, "column") not in table.c:
            raise InvalidInputError(f"the table {table.name} has no column {column[:100]!r}")
        self._engine = engine
        self._table = table
        self._key: tuple[KeyedColumnElement[Any], ...] = tuple(table.primary_key.columns)
        if not self._key:
            raise InvalidInputError(f"the table {table.name} has no primary key")
        self._target = table.c[column]
        binary = isinstance(_impl(table.c[column].type), sqlalchemy.LargeBinary)
        self._column = sqlalchemy.type_coerce(
            table.c[column], sqlalchemy.LargeBinary() if binary else sqlalchemy.Text()
        )
        # SQLite has no such clause, and its = compares exactly.
        self._locks = engine.dialect.name != "sqlite"

    def read(self, after: RowId | None, limit: int) -> Sequence[tuple[RowId, Stored]]:
        """Return the next rows, as :meth:`gmpki.protect.rotation.FieldStore.read` says."""
        import sqlalchemy

        statement = sqlalchemy.select(*self._key, self._column).where(self._column.is_not(None))
        if after is not None:
            statement = statement.where(self._behind(after))
        with self._engine.connect() as connection:
            found = connection.execute(statement.order_by(*self._key).limit(limit)).all()
        return [(_row_id(tuple(row)[:-1]), _plain(row[-1])) for row in found]

    def replace(self, changes: Sequence[Change]) -> int:
        """Replace values, as :meth:`gmpki.protect.rotation.FieldStore.replace` says."""
        with self._engine.begin() as connection:
            return sum(self._replaced(connection, change) for change in changes)

    def _replaced(self, connection: Connection, change: Change) -> int:
        import sqlalchemy

        row = _parts(change.row, len(self._key))
        this = sqlalchemy.and_(*(column == part for column, part in zip(self._key, row, strict=True)))
        select = sqlalchemy.select(self._column).where(this)
        if self._locks and [_plain(v) for v in connection.scalars(select.with_for_update())] != [change.old]:
            return 0
        new = sqlalchemy.literal(change.new, self._column.type)
        update = sqlalchemy.update(self._table).where(this, self._column == change.old)
        changed = connection.execute(update.values({self._target: new})).rowcount
        return _was_kept(change, changed, [_plain(value) for value in connection.scalars(select)])

    def _behind(self, after: RowId) -> ColumnElement[bool]:
        import sqlalchemy

        row = _parts(after, len(self._key))
        parts = []
        for last in range(len(row)):
            equal = [self._key[i] == row[i] for i in range(last)]
            parts.append(sqlalchemy.and_(*equal, self._key[last] > row[last]))
        return sqlalchemy.or_(*parts)


def _was_kept(change: Change, changed: int, found: list[Stored]) -> bool:
    """Tell from what is read back whether a value was replaced.

    :raises StateError: when it was, but the database holds something else than it was given.
    """
    if found == [change.new]:
        return True
    # Drivers may say -1 for "not known"; then what was found in its place counts as another's.
    if changed > 0:
        raise StateError("the database did not keep a value as it was given: is the column wide enough for it?")
    return False


def _row_id(parts: Sequence[Any]) -> RowId:
    """Return the identity of a row: its one value, or the tuple of several."""
    values = tuple(_plain(part) for part in parts)
    return values[0] if len(values) == 1 else values


def _parts(row: RowId, count: int) -> tuple[Any, ...]:
    """Return the parts of the identity of a row, one for each column of the key.

    :raises InvalidInputError: when there are more or fewer.
    """
    parts = row if isinstance(row, tuple) else (row,)
    if len(parts) != count:
        raise InvalidInputError(f"the identity of a row has {count} parts here, not {len(parts)}")
    return parts


def _plain(value: Any) -> Any:
    """Return a value with bytes as ``bytes``: drivers also give ``memoryview`` and ``bytearray``."""
    return bytes(value) if isinstance(value, memoryview | bytearray) else value


def _impl(kind: Any) -> Any:
    """Return what a column's type is stored as."""
    return getattr(kind, "impl", kind)


def _name(text: str, what: str) -> str:
    if not _NAME.fullmatch(as_text(text, what)):
        raise InvalidInputError(f"{what} must be a name of letters, digits and underscores, not {text[:100]!r}")
    return text
