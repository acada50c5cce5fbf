"""A database of an authority, and its transactions.

Everything that changes the database is done within :meth:`Store.transaction`, and says in the audit log what it did;
the entry is part of the same commit:

    with store.transaction() as tx:
        tx.connection.execute(...)
        tx.audit(actor, "certificate.revoke", f"{authority}:{serial}", reason="key-compromise")
"""

from __future__ import annotations

import contextlib
import random
import time
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar

from gmpki._inputs import function, member, utc_seconds
from gmpki.ca.store import audit
from gmpki.ca.store.columns import from_seconds, seconds
from gmpki.ca.store.engine import Database, connect, new_file, see_alive
from gmpki.ca.store.lookup import Lookup
from gmpki.ca.store.problems import is_transient, store_errors
from gmpki.ca.store.protection import Protection
from gmpki.ca.store.revisions import check_revision, create_tables
from gmpki.ca.store.revisions import upgrade as upgrade_tables
from gmpki.errors import InvalidTypeError, StoreError
from gmpki.protect.keys import KeyRing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection, Engine, Select

    from gmpki.ca.interfaces import Actor

__all__ = ["Store", "Transaction"]

T = TypeVar("T")

_ATTEMPTS: Final = 6
_PAUSE_S: Final = 0.005


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
        self._entries.append(audit.Entry(operation, actor.name, subject, details, actor.certificate_digest))

    def after_commit(self, action: Callable[[], None]) -> None:
        """Have something done when the commit has succeeded, such as telling a responder to forget its answers."""
        self._after.append(action)

    @contextlib.contextmanager
    def savepoint(self) -> Iterator[None]:
        """Write a part that may fail by itself: when something is raised within, all that was written there is undone,
        its audit entries included, and the transaction goes on.

        :raises StoreError: when the database does not do it.
        """
        entries, after = len(self._entries), len(self._after)
        try:
            with store_errors(), self.connection.begin_nested():
                yield
        except BaseException:
            del self._entries[entries:], self._after[after:]
            raise


class Store:
    """A database of an authority. Thread-safe; any number of processes may use one database.

    :param ring: what identity numbers are encrypted with, and states, permissions and the audit log authenticated.
    :param clock: returns the time with a time zone; None is that of the system.
    """

    def __init__(self, database: Database, ring: KeyRing, *, clock: Callable[[], datetime] | None = None) -> None:
        member(ring, KeyRing, "ring")
        if clock is not None:
            function(clock, "clock")
        self._database = database
        self._protection = Protection(ring)
        self._clock = clock if clock is not None else _system_time

    @classmethod
    def create(cls, url: str, ring: KeyRing, *, clock: Callable[[], datetime] | None = None) -> Store:
        """Make the tables in an empty database, and open it. The file of an SQLite database is made for its owner only.

        :param url: an SQLAlchemy URL: ``sqlite:///ca.db``, ``sqlite://`` for one in memory, ``postgresql+psycopg://...``.
        :raises StoreError: when it cannot be reached, or is not empty.
        :raises InvalidInputError: when the URL is none.
        :raises UnsupportedPlatform: when the driver that it names is not installed.
        """

        def begin_log(connection: Connection) -> None:
            audit.begin(connection, ring, store._system_now())

        store = cls(connect(url), ring, clock=clock)
        store._create(url, begin_log)
        return store

    @classmethod
    def create_filled(
        cls,
        url: str,
        ring: KeyRing,
        fill: Callable[[Transaction], None],
        *,
        clock: Callable[[], datetime] | None = None,
    ) -> Store:
        """Make the tables in an empty database, have them filled, audit log included, and open it; all or nothing.

        :raises GmpkiError: what ``fill`` and :meth:`create` raise.
        """
        store = cls(connect(url), ring, clock=clock)

        def fill_all(connection: Connection) -> None:
            tx = Transaction(connection, store._protection, store._system_now())
            fill(tx)
            audit.append(connection, ring, tx.now, tx._entries)

        store._create(url, fill_all)
        return store

    def _create(self, url: str, fill: Callable[[Connection], None]) -> None:
        with self._closed_on_error(), store_errors(), new_file(url), self._database.writing() as connection:
            create_tables(connection)
            fill(connection)

    @classmethod
    def open(cls, url: str, ring: KeyRing, *, clock: Callable[[], datetime] | None = None) -> Store:
        """Open a database that :meth:`create` made.

        :raises StoreError: when it cannot be reached, or is no store of this version.
        :raises InvalidInputError: when the URL is none.
        :raises UnsupportedPlatform: when the driver that it names is not installed.
        :raises UnknownKeyError: when the ring is not that of this store.
        :raises TamperedError: when the audit log does not end as it was written.
        """
        store = cls(connect(url), ring, clock=clock)
        with store._closed_on_error(), store.reading() as connection:
            check_revision(connection)
            audit.check_ring(connection, ring)
        return store

    @classmethod
    def upgrade(cls, url: str, ring: KeyRing, *, clock: Callable[[], datetime] | None = None) -> Store:
        """Lead the tables of an older version of gmpki to those of this one, all or nothing, and open the store.

        Back it up before: an older version of gmpki does not open it afterwards.

        :raises StoreError: when it cannot be reached, is no store, or one of a newer version.
        :raises InvalidInputError: when the URL is none.
        :raises UnsupportedPlatform: when alembic or the driver is not installed.
        :raises UnknownKeyError: when the ring is not that of this store.
        :raises TamperedError: when the audit log does not end as it was written.
        """
        store = cls(connect(url), ring, clock=clock)
        with store._closed_on_error(), store_errors(), store._database.writing() as connection:
            upgrade_tables(connection)
            audit.check_ring(connection, ring)
        return store

    @property
    def engine(self) -> Engine:
        """The engine of SQLAlchemy, for reading."""
        return self._database.engine

    @property
    def protection(self) -> Protection:
        """Encrypts, indexes and tags what is stored."""
        return self._protection

    def close(self) -> None:
        """Close all connections. What is asked of the store afterwards raises StateError."""
        self._database.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise InvalidTypeError("a store can be neither pickled nor copied; another process opens it for itself")

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Write: everything within is committed together with its audit entries, or nothing is.

        :raises StoreError: when the database cannot be written. Nothing of it is there then, unless ``is_unknown``.
        :raises ConflictError: with the reason "duplicate", for a row that is there already.
        :raises InvalidInputError: for a value that a column cannot hold.
        :raises StateError: within another transaction of the same thread, or when the store is closed.
        """
        with store_errors(), self._database.writing() as connection:
            tx = Transaction(connection, self._protection, self._steady(connection))
            yield tx
            if tx._entries:
                see_alive(connection)
                audit.append(connection, self._protection.ring, tx.now, tx._entries)
        for action in tx._after:
            action()

    def run(self, work: Callable[[Transaction], T]) -> T:
        """Do something in a transaction; where others were in the way, or the connection had broken before the commit,
        do it again in a new one, a few times.

        :param work: is called once or more often; what it does outside the transaction, it may do more often too.
        :raises GmpkiError: what it raises, and what :meth:`transaction` raises.
        """
        for attempt in range(1, _ATTEMPTS):
            try:
                with self.transaction() as tx:
                    return work(tx)
            except StoreError as error:
                if not is_transient(error):
                    raise
            time.sleep(random.uniform(0, _PAUSE_S * 2**attempt))  # noqa: S311 - so that two do not meet again
        with self.transaction() as tx:
            return work(tx)

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """Read a consistent state of the database; within a transaction of the same thread, what that one sees.

        :raises StoreError: when it cannot be read.
        :raises StateError: when the store is closed.
        """
        with store_errors(), self._database.reading() as connection:
            yield connection

    def lookup(self, statement: Select[Any]) -> Lookup:
        """Return a query for at most one row that is going to be asked often.

        :param statement: with named parameters; its columns have different names.
        """
        return Lookup(self._database, statement)

    def now(self) -> datetime:
        """Return the time that a transaction would have now.

        :raises StoreError: when the database cannot be read.
        """
        with self.reading() as connection:
            return self._steady(connection)

    @contextlib.contextmanager
    def _closed_on_error(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self.close()
            raise

    def _steady(self, connection: Connection) -> datetime:
        return max(self._system_now(), from_seconds(audit.last_at(connection)))

    def _system_now(self) -> datetime:
        return utc_seconds(self._clock(), "what the clock returns")


def _system_time() -> datetime:
    return datetime.now(timezone.utc)
