"""A database of an authority, and its transactions.

Everything that changes the database is done within :meth:`Store.transaction`, and says in the audit log what it did;
the entry is part of the same commit:

    with store.transaction() as tx:
        tx.connection.execute(...)
        tx.audit(actor, "certificate.revoke", f"{authority}:{serial}", reason="key-compromise")
"""

from __future__ import annotations

import contextlib
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from gmpki._inputs import function, member, utc_seconds
from gmpki.ca.store import audit, engine
from gmpki.ca.store.columns import from_seconds, seconds
from gmpki.ca.store.protection import Protection
from gmpki.protect.keys import KeyRing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection, Engine

    from gmpki.ca.interfaces import Actor

__all__ = ["Store", "Transaction", "from_seconds", "seconds"]


class Transaction:
    """What one commit writes. A context: one thread, and only within its ``with``.

    :ivar connection: the connection, in a transaction; on SQLite it already has the lock for writing.
    :ivar now: the time of everything that is written: that of the clock, but never before the last entry of the audit
        log, so that a clock that was set back turns nothing round.
    :ivar at: the same in seconds.
    :ivar protection: encrypts, indexes and tags what is stored.
    """

    def __init__(self, connection: Connection, protection: Protection, now: datetime) -> None:
        self.connection = connection
        self.protection = protection
        self.now = now
        self.at = seconds(now)
        self._entries: list[audit.Entry] = []
        self._after: list[Callable[[], None]] = []

    def audit(self, actor: Actor, operation: str, subject: str, **details: str | int | None) -> None:
        """Add an entry to the audit log; it is written with the commit.

        :param operation: what was done, such as "certificate.revoke".
        :param subject: what it was done to, such as "pair:17".
        :param details: further facts, never secret and never a person's identity number.
        """
        self._entries.append(audit.Entry(operation, actor.name, subject, details))

    def after_commit(self, action: Callable[[], None]) -> None:
        """Have something done when the commit has succeeded, such as telling a responder to forget its answers."""
        self._after.append(action)


class Store:
    """A database of an authority. Thread-safe; any number of processes may use one database.

    :param ring: what identity numbers are encrypted with, and states, permissions and the audit log authenticated.
    :param clock: returns the time with a time zone; None is that of the system.
    """

    def __init__(self, database: Engine, ring: KeyRing, *, clock: Callable[[], datetime] | None = None) -> None:
        member(ring, KeyRing, "ring")
        if clock is not None:
            function(clock, "clock")
        self._engine = database
        self._protection = Protection(ring)
        self._clock = clock if clock is not None else _system_time

    @classmethod
    def create(cls, url: str, ring: KeyRing, *, clock: Callable[[], datetime] | None = None) -> Store:
        """Make the tables in an empty database, and open it.

        :param url: an SQLAlchemy URL: ``sqlite:///ca.db``, ``sqlite://`` for one in memory, ``postgresql+psycopg://...``.
        :raises StoreError: when it cannot be reached, or is not empty.
        :raises InvalidInputError: when the URL is none.
        """
        database = engine.connect(url)
        store = cls(database, ring, clock=clock)
        with engine.store_errors():
            engine.create_tables(database)
            with database.begin() as connection:
                audit.begin(connection, ring, store._system_now())
        return store

    @classmethod
    def open(cls, url: str, ring: KeyRing, *, clock: Callable[[], datetime] | None = None) -> Store:
        """Open a database that :meth:`create` made.

        :raises StoreError: when it cannot be reached, or is no store of this version.
        :raises TamperedError: when the ring is not that of this store.
        """
        database = engine.connect(url)
        store = cls(database, ring, clock=clock)
        with engine.store_errors():
            engine.check_version(database)
            with database.connect() as connection:
                audit.check_ring(connection, ring)
        return store

    @property
    def engine(self) -> Engine:
        """The engine of SQLAlchemy, for reading."""
        return self._engine

    @property
    def protection(self) -> Protection:
        """Encrypts, indexes and tags what is stored."""
        return self._protection

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Write: everything within is committed together with its audit entries, or nothing is.

        :raises StoreError: when the database cannot be written; whether the commit was the thing that failed or not,
            nothing of it is there.
        """
        with engine.store_errors(), engine.writing(self._engine) as connection:
            tx = Transaction(connection, self._protection, self._steady(connection))
            yield tx
            if tx._entries:
                audit.append(connection, self._protection.ring, tx.now, tx._entries)
        for action in tx._after:
            action()

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """Read a consistent state of the database.

        :raises StoreError: when it cannot be read.
        """
        with engine.store_errors(), engine.reading(self._engine) as connection:
            yield connection

    def now(self) -> datetime:
        """Return the time that a transaction would have now.

        :raises StoreError: when the database cannot be read.
        """
        with self.reading() as connection:
            return self._steady(connection)

    def _steady(self, connection: Connection) -> datetime:
        return max(self._system_now(), from_seconds(audit.last_at(connection)))

    def _system_now(self) -> datetime:
        return utc_seconds(self._clock(), "what the clock returns")


def _system_time() -> datetime:
    return datetime.now(timezone.utc)
