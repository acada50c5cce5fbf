"""Connections: what each kind of database needs for a commit to be on the disk and for writers to keep apart.

SQLite: a write-ahead log that is synced with every commit, and transactions that take the lock for writing when they
begin, so that what they read is still so when they write. PostgreSQL: READ COMMITTED with rows locked by whoever
decides by them; a connection that broke is noticed, and a node that vanished lets go of its locks after a minute.

Kingbase speaks PostgreSQL's language: ``kingbase://user@host/name`` uses its own driver, ksycopg2, under SQLAlchemy's
PostgreSQL dialect. Dameng has a dialect of its own, dmSQLAlchemy: ``dm+dmPython://user@host``. For both the tables'
definitions are compiled in the tests; no server of either has run them.
"""

from __future__ import annotations

import contextlib
import os
import threading
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, Pool, create_engine, event, exc, make_url
from sqlalchemy.dialects import registry
from sqlalchemy.pool import StaticPool

from gmpki import _files
from gmpki._inputs import as_text
from gmpki.ca.store.problems import commit_error
from gmpki.errors import InvalidInputError, StateError, StoreError, UnsupportedPlatform

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Database", "connect", "new_file", "see_alive"]

_WAIT_S: Final = 30
_WRITES: Final = "gmpki_writes"
# How many connections for single questions are kept open.
_IDLE: Final = 16
# By the server's clock: how long a connection may be silent in the middle of a transaction that has locked something.
_SILENT_S: Final = 60
_SQLITE_SETTINGS: Final = (
    f"busy_timeout={_WAIT_S * 1000}",
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "trusted_schema=OFF",
)
_POSTGRESQL_SETTINGS: Final = (
    f"SET lock_timeout = '{_WAIT_S}s'",
    f"SET idle_in_transaction_session_timeout = '{_SILENT_S}s'",
    "SET tcp_keepalives_idle = 30",
    "SET tcp_keepalives_interval = 10",
    "SET tcp_keepalives_count = 3",
    "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'",
)
registry.register("kingbase", "gmpki.ca.store.kingbase", "KingbaseDialect")
# What libpq is told unless the URL says otherwise.
_POSTGRESQL_OPTIONS: Final = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
}
# Connections that a forked process must neither use nor close: both ends belong to its parent.
_of_parents: list[Pool | list[Any]] = []


def connect(url: str) -> Database:
    """Return a database for a URL, without connecting yet.

    :raises InvalidTypeError: when it is no text.
    :raises InvalidInputError: when it is no URL, or one of a kind of database that SQLAlchemy does not know.
    :raises UnsupportedPlatform: when the driver that it names is not installed.
    """
    try:
        return Database(_engine(make_url(as_text(url, "the URL of a database"))))
    except ModuleNotFoundError as error:
        raise UnsupportedPlatform(
            f"{error.name} is not installed; the extra postgresql of gmpki has the driver of PostgreSQL"
        ) from None
    except exc.NoSuchModuleError as error:
        raise InvalidInputError(f"not a database that can be used: {error}") from None
    except InvalidInputError:
        raise
    except (exc.SQLAlchemyError, TypeError, ValueError):
        # What they say may hold a password.
        raise InvalidInputError("not a database that can be used: this is no URL of SQLAlchemy") from None


@contextlib.contextmanager
def new_file(url: str) -> Iterator[None]:
    """Make the file of an SQLite database, which only its owner may read; take it away again when something is raised.

    SQLite gives the files that it makes beside it the same mode.

    :raises StoreError: when the file is there already, or cannot be made.
    """
    path = _sqlite_path(make_url(url))
    if path is None:
        yield
        return
    try:
        with _files.create(path, private=True):
            pass
    except OSError as error:
        raise StoreError(f"the database {path} cannot be made: {error.strerror}") from None
    try:
        yield
    except BaseException:
        for suffix in ("", "-wal", "-shm"):
            with contextlib.suppress(OSError):
                os.unlink(path + suffix)
        raise


def _sqlite_path(url: URL) -> str | None:
    """Return the path of the file that a URL names; None for a database in memory or of another kind."""
    plain = url.get_backend_name() == "sqlite" and "uri" not in url.query
    if not plain or url.database in (None, "", ":memory:"):
        return None
    return _files.as_path(url.database, "the file of a database")


def _engine(url: URL) -> Engine:
    options: dict[str, Any] = {"hide_parameters": True}
    backend = url.get_dialect().name
    if backend == "sqlite":
        path = _sqlite_path(url)
        if path is None and "uri" not in url.query:
            options |= {"poolclass": StaticPool, "connect_args": {"check_same_thread": False}}
        elif path is not None:
            # A file that is not there is not made by opening it.
            query = {**url.query, "mode": "rw", "uri": "true"}
            url = url.set(database=f"file:{quote(os.path.abspath(path))}", query=query)
    else:
        options["pool_pre_ping"] = True
    if backend == "postgresql":
        options["isolation_level"] = "READ COMMITTED"
        options["connect_args"] = {name: value for name, value in _POSTGRESQL_OPTIONS.items() if name not in url.query}
    engine = create_engine(url, **options)
    if backend == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    elif backend == "postgresql":
        event.listen(engine, "connect", _prepare_postgresql)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions are begun below, not by the driver
    cursor = connection.cursor()
    for setting in _SQLITE_SETTINGS:
        cursor.execute(f"PRAGMA {setting}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _prepare_postgresql(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    for setting in _POSTGRESQL_SETTINGS:
        cursor.execute(setting)
    cursor.close()
    connection.commit()


class Database:
    """The connections to a database. Thread-safe; a forked process makes its own connections.

    A database in memory has one connection: its threads take turns, and a forked process has none of it.

    :ivar engine: SQLAlchemy's.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.is_in_memory = isinstance(engine.pool, StaticPool)
        self._has_lone = not self.is_in_memory and engine.dialect.driver in ("pysqlite", "psycopg")
        self._is_closed = False
        self._begin_process()

    def _begin_process(self) -> None:
        self._process = os.getpid()
        self._turn = threading.Lock()
        self._threads = threading.local()
        # Connections that are in no transaction, each used by one thread at a time.
        self._lone: list[Any] = []

    def close(self) -> None:
        """Close all connections; nothing can be read or written any more."""
        self._is_closed = True
        if os.getpid() == self._process:
            _close_all(self._lone)
            self.engine.dispose()

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """Begin a transaction that writes; commit it at the end, roll it back when something is raised.

        :raises StateError: within another transaction of the same thread, and in memory within its reading.
        :raises StoreError: when it could not be committed.
        """
        here = self._connections_here()
        if here and (self.is_in_memory or _writes(here[-1])):
            raise StateError("a transaction within another of the same thread; use the one that there is")
        with self._connection(here, {_WRITES: True}) as connection:
            yield connection
            see_alive(connection)
            try:
                connection.commit()
            except exc.SQLAlchemyError as error:
                raise commit_error(error) from error

    def look_up(self, statement: str, parameters: Any) -> list[tuple[Any, ...]] | None:
        """Ask a question outside of any transaction: what is committed at this moment is the answer.

        :param statement: a query in the words of the database, with the parameters as its driver takes them.
        :returns: the rows; None when it has to be asked by :meth:`reading`, because this thread is within something
            already, connections to this kind of database do not do this, or it failed.
        :raises StateError: when it is closed.
        """
        if self._connections_here() or not self._has_lone:
            return None
        try:
            lone = self._lone.pop() if self._lone else _lone_connection(self.engine)
        except (IndexError, exc.SQLAlchemyError, self.engine.dialect.loaded_dbapi.Error):
            return None
        is_kept = False
        try:
            # All rows, although there may be one: SQLite keeps its state of the database until the end is seen.
            rows = list(lone.execute(statement, parameters).fetchall())
            is_kept = len(self._lone) < _IDLE
        except self.engine.dialect.loaded_dbapi.Error:
            return None
        finally:
            if is_kept:
                self._lone.append(lone)
            else:
                _close_all([lone])
        if self._is_closed:
            _close_all(self._lone)
        return rows

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """Read one state of the database. Within a transaction, or another reading of the same thread, it is that one.

        :raises StateError: when it is closed.
        """
        here = self._connections_here()
        if here:
            yield here[-1]
            return
        options = {}
        if self.engine.dialect.name == "postgresql":
            options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with self._connection(here, options) as connection:
            yield connection

    def _connections_here(self) -> list[Connection]:
        """Return those that this thread has begun something on, the latest last."""
        if self._is_closed:
            raise StateError("the store is closed")
        if os.getpid() != self._process:
            self._leave_parent()
        here: list[Connection] = self._threads.__dict__.setdefault("connections", [])
        return here

    def _leave_parent(self) -> None:
        if self.is_in_memory:
            raise StoreError("a store in memory is that of the process which made it")
        _of_parents.extend((self.engine.pool, self._lone))
        self.engine.dispose(close=False)
        self._begin_process()

    @contextlib.contextmanager
    def _connection(self, here: list[Connection], options: dict[str, Any]) -> Iterator[Connection]:
        with self._turn_taken(), self.engine.connect() as connection:
            connection.execution_options(**options)
            here.append(connection)
            try:
                connection.begin()
                yield connection
            finally:
                here.remove(connection)
                if connection.in_transaction():
                    with contextlib.suppress(exc.SQLAlchemyError):
                        connection.rollback()

    @contextlib.contextmanager
    def _turn_taken(self) -> Iterator[None]:
        if not self.is_in_memory:
            yield
            return
        if not self._turn.acquire(timeout=_WAIT_S):
            raise StoreError("another thread does not let go of the store in memory")
        try:
            yield
        finally:
            self._turn.release()


def _lone_connection(engine: Engine) -> Any:
    """Return a connection that leaves the pool and commits each statement by itself."""
    pooled = engine.raw_connection()
    pooled.detach()
    lone: Any = pooled.dbapi_connection
    try:
        if engine.dialect.name == "postgresql":
            lone.autocommit = True
    except BaseException:
        lone.close()
        raise
    return lone


def _close_all(connections: list[Any]) -> None:
    while connections:
        with contextlib.suppress(IndexError, Exception):  # another thread was quicker, or it is broken
            connections.pop().close()


def see_alive(connection: Connection) -> None:
    """See that the transaction is still the one that was begun: databases end one by themselves when a disk is full,
    for instance, and an error that was passed over would leave half of it.

    :raises StoreError: when it was rolled back.
    """
    if connection.dialect.name == "sqlite":
        if not connection.connection.dbapi_connection.in_transaction:  # type: ignore[union-attr]
            raise StoreError("the database has rolled the transaction back after an error")
    else:
        connection.exec_driver_sql("SELECT 1")  # refused in a transaction that has failed


def _writes(connection: Connection) -> bool:
    return bool(connection.get_execution_options().get(_WRITES))
