"""Connections: what each kind of database needs for a commit to be on the disk and for writers to keep apart."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, exc, insert, inspect, select, text
from sqlalchemy.pool import StaticPool

from gmpki.ca.store.schema import METADATA, store_facts
from gmpki.errors import InvalidInputError, StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["check_version", "connect", "create_tables", "reading", "store_errors", "writing"]

SCHEMA_VERSION: Final = "1"
_BUSY_MS: Final = 30_000


def connect(url: str) -> Engine:
    """Return an engine for a URL.

    :raises InvalidInputError: when it is no URL, or the driver that it names is not installed.
    """
    options: dict[str, Any] = {}
    if url in ("sqlite://", "sqlite:///:memory:"):
        options = {"poolclass": StaticPool, "connect_args": {"check_same_thread": False}}
    try:
        engine = create_engine(url, **options)
    except (exc.ArgumentError, exc.NoSuchModuleError, ImportError) as error:
        raise InvalidInputError(f"not a database that can be used: {error}") from None
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions are begun below, not by the driver
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", f"busy_timeout={_BUSY_MS}", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def create_tables(engine: Engine) -> None:
    """Make the tables in an empty database.

    :raises StoreError: when it has tables.
    """
    with engine.begin() as connection:
        if inspect(connection).get_table_names():
            raise StoreError("the database is not empty")
        METADATA.create_all(connection)
        connection.execute(insert(store_facts), [{"name": "schema", "value": SCHEMA_VERSION}])


def check_version(engine: Engine) -> None:
    """See that the database is a store of this version.

    :raises StoreError: when it is not.
    """
    with engine.connect() as connection:
        if not inspect(connection).has_table(store_facts.name):
            raise StoreError("the database is no store of gmpki")
        found = connection.scalar(select(store_facts.c.value).where(store_facts.c.name == "schema"))
    if found != SCHEMA_VERSION:
        raise StoreError(f"the store has schema {found}; this version of gmpki uses {SCHEMA_VERSION}")


@contextlib.contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Begin a transaction that writes; commit it at the end, roll it back when something is raised."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.execute(text("BEGIN IMMEDIATE"))
        try:
            yield connection
        except BaseException:
            _roll_back(connection)
            raise
        connection.commit() if engine.dialect.name != "sqlite" else connection.exec_driver_sql("COMMIT")


def _roll_back(connection: Connection) -> None:
    with contextlib.suppress(exc.SQLAlchemyError):
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("ROLLBACK")
        else:
            connection.rollback()


@contextlib.contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Begin a transaction that reads one state of the database."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN")
            try:
                yield connection
            finally:
                connection.exec_driver_sql("ROLLBACK")
        else:
            yield connection


@contextlib.contextmanager
def store_errors() -> Iterator[None]:
    """Turn what SQLAlchemy raises into errors of gmpki."""
    try:
        yield
    except exc.SQLAlchemyError as error:
        original = getattr(error, "orig", None)
        raise StoreError(f"the database does not do it: {original if original is not None else error}") from error
