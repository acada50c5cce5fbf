"""A registry of seals in the database of an authority.

>>> from gmpki.ca.seal_registry import StoreSealRegistry
>>> from gmpki.ca.store.store import Store
>>> from gmpki.protect import KeyRing
>>> store = Store.create("sqlite://", KeyRing.generate())
>>> registry = StoreSealRegistry(store)
>>> registry.find()
()
>>> store.close()

Each step is one row of ``seal_journal`` and one entry of the audit log, written in one commit before its function
returns; the seals themselves stand in ``seals``. The rows are read into memory when the registry is opened, and those
that others have added since before each question and step.
"""

from __future__ import annotations

import contextlib
import json
from threading import RLock
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, insert, select

from gmpki._inputs import member
from gmpki.algorithms import sm3
from gmpki.ca.interfaces import Actor
from gmpki.ca.store.audit import read_tail
from gmpki.ca.store.columns import digest_text
from gmpki.ca.store.schema import audit, seal_journal, seals
from gmpki.ca.store.store import Store
from gmpki.errors import GmpkiError, TamperedError
from gmpki.seal.registry import JournalRegistry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from sqlalchemy import Connection

    from gmpki.ca.store.store import Transaction

__all__ = ["StoreSealRegistry"]

_AUDITED: Final = "seal.step"
_SUBJECT: Final = "seal-entry:"
_MAX_ID_LEN: Final = 64
_MAX_ACTOR_LEN: Final = 128


class StoreSealRegistry(JournalRegistry):
    """A registry in a store. Thread-safe; any number of processes may share the database.

    Whoever changes, removes or adds rows past this class is found out when they are read: each has a tag over its
    number, what it says, and what the one before says. Rows that were cut off at the end are missed when the registry
    is opened, by the audit log, and by whoever has read them before.

    Every question and step raises StoreError when the database cannot be read or written, and TamperedError when rows
    are not as they were written; a step within a transaction of the same thread raises StateError.

    :param clock: returns the time, with a time zone; None is that of the store.
    :raises InvalidTypeError: when an argument has the wrong type.
    :raises StoreError: when the database cannot be read.
    :raises TamperedError: when a row is not as it was written, or the last ones are missing.
    """

    def __init__(self, store: Store, *, clock: Callable[[], datetime] | None = None) -> None:
        member(store, Store, "store")
        rows = _Rows(store, self._apply)
        super().__init__(store.now if clock is None else clock, rows)
        self._journal = rows
        rows.open()


class _Rows:
    """The rows of both tables: a journal, and the seals by their digests.

    The database is always entered before the lock of the threads is taken: whoever holds a transaction may ask.

    :param apply: takes the fields of an entry into memory.
    """

    def __init__(self, store: Store, apply: Callable[[Mapping[str, Any]], None]) -> None:
        self._store = store
        self._apply = apply
        self._threads = RLock()
        self._number = 0
        self._before = ""
        self._tx: Transaction | None = None

    def open(self) -> None:
        """Read all entries, and see that the last is the last that the audit log knows.

        :raises TamperedError: when one is not as it was written, or it is not.
        """
        query = select(audit.c.subject).where(audit.c.operation == _AUDITED)
        query = query.order_by(audit.c.at.desc(), audit.c.number.desc()).limit(1)
        with self._store.reading() as connection, self._threads:
            self._catch_up(connection)
            logged = connection.scalar(query)
        if (logged or f"{_SUBJECT}0") != f"{_SUBJECT}{self._number}":
            raise TamperedError("truncated", "the registry of seals does not end where the audit log says")

    # ---- the journal --------------------------------------------------------------------
    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        """Catch up with what others have written, and keep other threads from changing what is in memory."""
        with self._store.reading() as connection, self._threads:
            self._catch_up(connection)
            yield

    @contextlib.contextmanager
    def writing(self) -> Iterator[Callable[[Mapping[str, Any]], None]]:
        """Keep others out, caught up; give a function that commits an entry."""
        with contextlib.ExitStack() as stack:
            tx = stack.enter_context(self._store.transaction())
            # Every writer holds this row when it commits. Held from here on, so that two decide one after the other.
            read_tail(tx.connection, tx.protection.ring, lock=True)
            with self._threads:
                self._catch_up(tx.connection)
                self._see_end(tx.connection)
                self._tx = tx

                def append(fields: Mapping[str, Any]) -> None:
                    entry = self._insert(tx, fields)
                    stack.close()
                    self._number, self._before = self._number + 1, entry

                try:
                    yield append
                finally:
                    self._tx = None

    def _insert(self, tx: Transaction, fields: Mapping[str, Any]) -> str:
        """Write an entry; return it as it is written."""
        entry = json.dumps(fields, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
        number, said = self._number + 1, fields.get("made") or {}
        row = {"number": number, "esid": _column(said.get("seal_id", "")), "entry": entry}
        tag = tx.protection.tagger(seal_journal.name).tag(_tagged(row, self._before), number)
        tx.connection.execute(insert(seal_journal), [{**row, "tag": tag}])
        actor = Actor(fields["by"][:_MAX_ACTOR_LEN])
        tx.audit(actor, _AUDITED, f"{_SUBJECT}{number}", step=fields["do"], seal=fields["seal"])
        return entry

    def _catch_up(self, connection: Connection) -> None:
        query = select(seal_journal).where(seal_journal.c.number > self._number).order_by(seal_journal.c.number)
        for row in connection.execute(query).all():
            read = row._asdict()
            if row.number != self._number + 1:
                raise TamperedError("missing", "an entry of the registry of seals is gone", place=self._number + 1)
            tag = read.pop("tag")
            self._store.protection.verify_row(seal_journal.name, tag, _tagged(read, self._before), row.number)
            self._take(row.number, row.entry)
            self._number, self._before = row.number, row.entry

    def _take(self, number: int, entry: str) -> None:
        try:
            self._apply(json.loads(entry))
        except (GmpkiError, KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError) as error:
            message = f"entry {number} of the registry of seals does not follow: {error}"
            raise TamperedError("changed", message, place=number) from error

    def _see_end(self, connection: Connection) -> None:
        last = connection.scalar(select(func.max(seal_journal.c.number))) or 0
        if last != self._number:
            raise TamperedError("truncated", "the last entries of the registry of seals are gone", place=last)

    # ---- the seals ----------------------------------------------------------------------
    def __getitem__(self, digest: bytes) -> bytes:
        """Return the DER of a seal."""
        with self._store.reading() as connection:
            found = connection.scalar(select(seals.c.content).where(seals.c.digest == digest.hex()))
        if found is None:
            raise TamperedError("missing", "a seal of the registry is gone", place=digest.hex())
        content = bytes(found)
        if sm3.digest(content) != digest:
            raise TamperedError("changed", "a seal of the registry is not the one on file", place=digest.hex())
        return content

    def __setitem__(self, digest: bytes, data: bytes) -> None:
        """Write the DER of a seal, in the transaction of the entry that follows."""
        if self._tx is not None:
            self._tx.connection.execute(insert(seals), [{"digest": digest.hex(), "content": data}])


def _tagged(row: Mapping[str, Any], before: str) -> dict[str, str]:
    return {"esid": row["esid"], "entry": row["entry"], "before": digest_text(before.encode("ascii"))}


def _column(seal_id: str) -> str:
    """Return what the entries that take up a seal are found by, whatever stands in the seal."""
    fits = len(seal_id) <= _MAX_ID_LEN and seal_id.isascii() and seal_id.isprintable()
    return seal_id if fits else digest_text(seal_id.encode("utf-8", "surrogatepass"))
