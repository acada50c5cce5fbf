"""Encrypting the values that a table holds already, and bringing old ones under a new key: one job, which can be
stopped and killed at any moment.

>>> import sqlite3
>>> from gmpki.protect import DBAPITable, FieldCipher, FieldJob, KeyRing
>>> database = sqlite3.connect(":memory:")
>>> _ = database.execute("CREATE TABLE employee (id INTEGER PRIMARY KEY, phone TEXT)")
>>> _ = database.executemany("INSERT INTO employee (phone) VALUES (?)", [("13800000000",), ("13900000000",)])
>>> database.commit()
>>> cipher = FieldCipher(KeyRing.generate(), "employee", "phone")
>>> job = FieldJob(cipher, DBAPITable(database, "employee", "phone", key=["id"]))
>>> job.count()
Tally(rows=2, plain=2, other_key=0, current=0)
>>> job.run()
Tally(rows=2, plain=2, other_key=0, current=0)
>>> job.count()
Tally(rows=2, plain=0, other_key=0, current=2)
>>> database.close()

**Why nothing is lost, doubled or half done.** The job keeps no state of its own; what it has done stands in the
table. Each value says what it is, and that is proved, not guessed: one that begins as an encrypted field does is
decrypted, which only works for what was encrypted for this row, column and table. So

- a value that is encrypted already, under the primary key, is left alone: a second run changes nothing;
- one under an older key is decrypted, encrypted, and decrypted again for comparison before it is written;
- one that does not begin so is plaintext, and encrypted likewise;
- one that begins so and does not decrypt stops the job: :class:`~gmpki.errors.TamperedError` names the row. It was
  changed, belongs to another row, or is a plaintext that begins with those bytes; a person has to look.

Values are written a batch at a time, in one transaction of the database, each on the condition that the value is
still the one that was read. Killed before the commit, a job has done nothing of the batch, and after it all. What
somebody else wrote meanwhile, a second job for instance, is not overwritten but read again. Before the commit each
value is read back: a column too narrow for it, in which some databases cut values off without a word, ends the batch
without a change.

**Around the job.** While it runs the application meets both kinds; :meth:`FieldJob.plain_value` reads both. First let
the application write encrypted values alone, then run the job until :meth:`FieldJob.count` finds no plaintext, then
let the application read with :class:`~gmpki.protect.fields.FieldCipher` alone, which takes no plaintext. Only when no
value is left under an old key may that key be destroyed. Plaintext stays in backups, in the logs of the database and
in its free pages; clean those by the means of the database.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol, runtime_checkable

from gmpki._inputs import iterated, member, number
from gmpki.errors import (
    DecodeError,
    DecryptionError,
    FaultDetected,
    InvalidInputError,
    InvalidTypeError,
    StateError,
    TamperedError,
    UnknownKeyError,
    UnsupportedAlgorithm,
)
from gmpki.protect import canonical
from gmpki.protect.fields import FieldCipher, looks_encrypted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeAlias

    from gmpki.protect.canonical import RowId

__all__ = ["Change", "FieldJob", "FieldStore", "Stored", "Tally"]

Stored: TypeAlias = "str | bytes"

_MAX_BATCH: Final = 100_000
# How often a batch is read again because others write to the same rows.
_MAX_ATTEMPTS: Final = 100


class Change(NamedTuple):
    """One value to replace.

    :ivar row: the identity of its row, as the store gave it.
    :ivar old: the value as it was read.
    :ivar new: the value to write.
    """

    row: RowId
    old: Stored
    new: Stored


@runtime_checkable
class FieldStore(Protocol):
    """One column of a table, wherever it is kept. :class:`~gmpki.protect.rotation_stores.DBAPITable` and
    :class:`~gmpki.protect.rotation_stores.SQLAlchemyTable` are two.
    """

    def read(self, after: RowId | None, limit: int) -> Sequence[tuple[RowId, Stored]]:
        """Return the next rows whose value is not NULL, in the order of their identity, each with its value.

        :param after: the identity behind which to begin; None is the beginning.
        :param limit: how many at most; fewer, or none, only at the end.
        """

    def replace(self, changes: Sequence[Change]) -> int:
        """Write new values in one transaction, each only where the value is still the old one; return how many were.

        :raises StateError: when the store did not keep a new value as it was given; nothing is changed then.
        """


@dataclass(frozen=True, slots=True)
class Tally:
    """What a job found, row by row.

    :ivar rows: how many values that are not NULL.
    :ivar plain: how many of them were plaintext.
    :ivar other_key: how many were encrypted under another key than the primary.
    :ivar current: how many were encrypted under the primary key.
    """

    rows: int = 0
    plain: int = 0
    other_key: int = 0
    current: int = 0

    def _and(self, other: Tally) -> Tally:
        return Tally(
            self.rows + other.rows,
            self.plain + other.plain,
            self.other_key + other.other_key,
            self.current + other.current,
        )


class FieldJob:
    """Brings every value of one column under the primary key of a ring. Per thread, as its store is; two jobs in two
    processes may work on one column, which is safe and not faster.

    :param cipher: of the same table and column, with the same identities of rows, as the application uses.
    :param store: the column.
    :param batch: how many values go into one transaction, 1 to 100,000.
    :raises InvalidTypeError: when an argument has the wrong type.
    :raises InvalidInputError: when batch is outside.
    """

    def __init__(self, cipher: FieldCipher, store: FieldStore, *, batch: int = 500) -> None:
        member(cipher, FieldCipher, "cipher")
        member(store, FieldStore, "store")
        self._cipher = cipher
        self._store = store
        self._batch = number(batch, 1, _MAX_BATCH, "batch")

    def count(self) -> Tally:
        """Count what :meth:`run` would do, and write nothing. Errors as :meth:`run`."""
        tally = Tally()
        after = None
        while rows := self._read(after):
            tally = tally._and(self._judged(rows)[0])
            after = rows[-1][0]
        return tally

    def run(self, progress: Callable[[Tally, RowId], None] | None = None, *, after: RowId | None = None) -> Tally:
        """Do the job; return what was found before it.

        :param progress: called after each batch, with the tally so far and the identity of the last row done.
        :param after: begin behind this row, for instance the last one that progress was given; None is the beginning,
            which is always right and costs the reading of what was done already.
        :raises TamperedError: when a value looks encrypted and does not decrypt; ``place`` is its row. What was done
            before stays done.
        :raises UnknownKeyError: when the ring does not hold the key of a value; the message names the row.
        :raises UnsupportedAlgorithm: when a value has a version or algorithm that is not known here; likewise.
        :raises InvalidTypeError: when the store gives a value that is neither text nor bytes, or an identity of
            another type than :data:`~gmpki.protect.canonical.RowId`.
        :raises InvalidInputError: when the store does not go forward.
        :raises StateError: when others change the same rows all the time, or the column does not keep what is written.
        :raises FaultDetected: when a value that was just encrypted does not decrypt to itself; it was not written.

        What the store itself raises, an error of its database for instance, comes through.
        """
        tally = Tally()
        while rows := self._read(after):
            for _ in range(_MAX_ATTEMPTS):
                found, changes = self._judged(rows)
                if not changes or self._store.replace(changes) == len(changes):
                    break
                rows = self._read(after)
                if not rows:
                    return tally
            else:
                raise StateError(
                    f"others changed the rows behind {'the beginning' if after is None else canonical.shown_row(after)}"
                    f" {_MAX_ATTEMPTS} times while they were read"
                )
            tally = tally._and(found)
            after = rows[-1][0]
            if progress is not None:
                progress(tally, after)
        return tally

    def plain_value(self, stored: Stored, row: RowId) -> Stored:
        """Return the plaintext of a value that may be encrypted or not yet, for the time while the job runs.

        Who can write to the table can also write plaintext, and this takes it. Stop using it when the job is done.

        :raises GmpkiError: as :meth:`run`.
        """
        return self._opened(stored, row)

    # ---- one value ----------------------------------------------------------------------
    def _judged(self, rows: Sequence[tuple[RowId, Stored]]) -> tuple[Tally, list[Change]]:
        """Return what the rows are, and the changes that they need."""
        plain = other_key = 0
        changes = []
        for row, stored in rows:
            value = self._opened(stored, row)
            if not looks_encrypted(stored):
                plain += 1
            elif not self._cipher.is_current(stored):
                other_key += 1
            else:
                continue
            changes.append(Change(row, stored, self._sealed(value, row)))
        return Tally(len(rows), plain, other_key, len(rows) - len(changes)), changes

    def _opened(self, stored: Stored, row: RowId) -> Stored:
        """Return the plaintext of a value, which may be itself."""
        if not isinstance(stored, str | bytes):
            raise InvalidTypeError(
                f"the row {_shown(row)} holds {type(stored).__name__}; text and bytes are encrypted: "
                "change the type of the column first"
            )
        if not looks_encrypted(stored):
            return stored
        try:
            if isinstance(stored, str):
                return self._cipher.decrypt_text(stored, row)
            return self._cipher.decrypt(stored, row)
        except (UnknownKeyError, UnsupportedAlgorithm) as error:
            raise type(error)(f"the row {_shown(row)}: {error}") from None
        except (DecryptionError, DecodeError):
            shown = _shown(row)
            raise TamperedError(
                "changed",
                f"the value of the row {shown} begins as an encrypted field and does not decrypt in its place",
                place=shown,
            ) from None

    def _sealed(self, value: Stored, row: RowId) -> Stored:
        if isinstance(value, str):
            text = self._cipher.encrypt_text(value, row)
            holds = self._cipher.decrypt_text(text, row) == value
            new: Stored = text
        else:
            new = self._cipher.encrypt(value, row)
            holds = self._cipher.decrypt(new, row) == value
        if not holds:
            raise FaultDetected(f"the value of the row {_shown(row)} was encrypted and does not decrypt to itself")
        return new

    def _read(self, after: RowId | None) -> Sequence[tuple[RowId, Stored]]:
        rows = iterated(self._store.read(after, self._batch), "what the store reads")
        for pair in rows:
            if not isinstance(pair, tuple) or len(pair) != 2:
                raise InvalidTypeError("a store reads pairs of identity and value")
            canonical.row_parts(pair[0])
        if len(rows) > self._batch or (rows and rows[-1][0] == after):
            raise InvalidInputError("the store does not go forward batch by batch")
        return rows


def _shown(row: RowId) -> str:
    return canonical.shown_row(row)
