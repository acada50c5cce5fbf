"""Backups: all rows of a store in one file, which any kind of database can be filled from.

A file has a line for each of these, all of them JSON::

    {"gmpki store backup": 1, "revision": "0001", "at": "2026-03-01T08:00:00Z", "key": "..."}
    {"table": "pairs", "columns": ["id", ...]}
    [1, ...]                                     one for each row; bytes are in base64
    {"rows": 1, "sm3": "..."}                    SM3 of the lines of the table's rows
    ...                                          the other tables, those first that others refer to
    {"rows": 1, "mac": "..."}                    HMAC-SM3 of all lines before, under a key of the ring

Identity numbers are in it as the database has them, encrypted; names and certificates can be read, so the file is for
its owner only. The key ring is not in it: without the ring a backup is of no use.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from hmac import compare_digest
from itertools import groupby, islice
from typing import IO, TYPE_CHECKING, Any, Final

from sqlalchemy import LargeBinary, func, insert, select, update

from gmpki import _files
from gmpki._inputs import as_text, function, member
from gmpki.algorithms.sm3 import HMACSM3, SM3
from gmpki.ca.store.columns import from_seconds, seconds
from gmpki.ca.store.revisions import HEAD
from gmpki.ca.store.schema import METADATA, authorities
from gmpki.ca.store.store import Store
from gmpki.errors import DecodeError, GmpkiError, StoreError, TamperedError
from gmpki.protect.keys import KeyRing
from gmpki.protect.log_record import time_text

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from sqlalchemy import Connection, Table

    from gmpki.ca.interfaces import Actor
    from gmpki.ca.store.store import Transaction

__all__ = ["Backup", "back_up", "restore", "verify_backup"]

_FORMAT: Final = "gmpki store backup"
_BATCH: Final = 1000
_MAX_HEAD_LEN: Final = 64 << 10
_MAX_LINE_LEN: Final = 256 << 20
# What was published after the backup is not known any more: numbers of lists go on far above what that can have been.
_CRL_NUMBER_STEP: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup holds. Immutable.

    :ivar at: when it was made, by the clock of the store.
    :ivar revision: of the tables.
    :ivar rows: how many rows of each table.
    """

    at: datetime
    revision: str
    rows: dict[str, int] = field(default_factory=dict)


def back_up(store: Store, path: str | os.PathLike[str], *, progress: Callable[[int], None] | None = None) -> Backup:
    """Write all rows of a store, as they are at one moment, to a new file that only its owner can read.

    The store goes on working meanwhile. The file appears when it is complete and on the disk.

    :param progress: is called with the number of rows written so far, now and then.
    :raises StoreError: when the store cannot be read.
    :raises OSError: when the file is there already, or cannot be written.
    :raises InvalidTypeError: when an argument has the wrong type.
    """
    member(store, Store, "store")
    name = _files.as_path(path)
    ring = store.protection.ring
    with _files.create(name, private=True) as stream, store.reading() as connection:
        found = Backup(store.now(), HEAD)
        out = _Writer(stream, ring)
        head = {_FORMAT: 1, "revision": HEAD, "at": seconds(found.at), "key": ring.primary_id.hex()}
        out.line(head)
        for table in METADATA.sorted_tables:
            found.rows[table.name] = _write_table(out, connection, table, sum(found.rows.values()), progress)
        out.end(sum(found.rows.values()))
    return found


def verify_backup(path: str | os.PathLike[str], ring: KeyRing) -> Backup:
    """Verify that a backup is whole and as it was written, and return what it holds.

    :raises TamperedError: when it is not: "truncated" or "changed", ``place`` is the first table concerned, if it is
        one.
    :raises DecodeError: when it is no backup.
    :raises UnknownKeyError: when it was made with another ring.
    :raises OSError: when it cannot be read.
    :raises InvalidTypeError: when an argument has the wrong type.
    """
    member(ring, KeyRing, "ring")
    with open(_files.as_path(path), "rb") as stream:
        reading = _Reading(stream, ring)
        for _ in reading.rows():
            pass
    return reading.found


def restore(
    path: str | os.PathLike[str],
    url: str,
    ring: KeyRing,
    *,
    actor: Actor,
    clock: Callable[[], datetime] | None = None,
    progress: Callable[[int], None] | None = None,
) -> Store:
    """Fill an empty database from a backup that was verified before anything is written, and open it.

    What was issued or revoked after the backup is not in it: revoke again what was. Revocation lists go on with numbers
    far above those of before.

    :param url: of an empty SQLite or PostgreSQL database; the backup may come from the other kind.
    :param actor: who restores, for the audit log.
    :param progress: is called with the number of rows restored so far, now and then.
    :raises StoreError: when the database is not empty, cannot be written, or is of another kind; when the backup has
        tables of another version of gmpki.
    :raises TamperedError: as :func:`verify_backup`; so the three errors below it there.
    :raises InvalidInputError: when the URL is none.
    """
    if progress is not None:
        function(progress, "progress")
    found = verify_backup(path, ring)
    if found.revision != HEAD:
        raise StoreError(
            f"the backup has tables of revision {found.revision}, this version of gmpki those of {HEAD}: restore it "
            "with the version that wrote it, then upgrade the store"
        )

    def fill(tx: Transaction) -> None:
        with open(_files.as_path(path), "rb") as stream:
            try:
                _fill(tx.connection, _Reading(stream, ring), progress)
            except (KeyError, TypeError, ValueError) as error:
                if isinstance(error, GmpkiError):
                    raise
                # It was verified a moment ago.
                raise TamperedError("changed", "the backup was changed while it was read") from None
        number = authorities.c.last_crl_number
        tx.connection.execute(update(authorities).values({number: number + _CRL_NUMBER_STEP}))
        tx.audit(actor, "store.restore", "store", made_at=time_text(found.at), rows=sum(found.rows.values()))

    return Store.create_filled(url, ring, fill, clock=clock)


# ---- writing --------------------------------------------------------------------------------
def _line(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8") + b"\n"


class _Writer:
    """Writes lines, and reckons their MAC."""

    def __init__(self, stream: IO[bytes], ring: KeyRing) -> None:
        self._stream = stream
        self._mac = HMACSM3(ring.mac_key(_FORMAT))

    def line(self, value: object) -> bytes:
        line = _line(value)
        self._stream.write(line)
        self._mac.update(line)
        return line

    def end(self, rows: int) -> None:
        self._stream.write(_line({"rows": rows, "mac": self._mac.digest().hex()}))


def _write_table(
    out: _Writer, connection: Connection, table: Table, before: int, progress: Callable[[int], None] | None
) -> int:
    binary = [index for index, column in enumerate(table.columns) if isinstance(column.type, LargeBinary)]
    out.line({"table": table.name, "columns": [column.name for column in table.columns]})
    digest, count = SM3(), 0
    query = select(table).order_by(*table.primary_key.columns)
    for batch in connection.execution_options(yield_per=_BATCH).execute(query).partitions():
        for row in batch:
            values = list(row)
            for index in binary:
                if values[index] is not None:
                    values[index] = base64.b64encode(values[index]).decode("ascii")
            digest.update(out.line(values))
        count += len(batch)
        if progress is not None:
            progress(before + count)
    out.line({"rows": count, "sm3": digest.hexdigest()})
    return count


# ---- reading --------------------------------------------------------------------------------
class _Reading:
    """Reads the lines of a backup. The MAC at its end is verified when the last row has been read.

    :ivar found: what it holds, once everything has been read.
    :raises DecodeError: when it is no backup.
    :raises UnknownKeyError: when it was made with another ring.
    """

    def __init__(self, stream: IO[bytes], ring: KeyRing) -> None:
        self._stream = stream
        head = stream.readline(_MAX_HEAD_LEN)
        try:
            said = _object(head)
            if said[_FORMAT] != 1:
                raise DecodeError("a backup of another format")
            self.found = Backup(from_seconds(said["at"]), as_text(said["revision"], "revision"))
            key_id = bytes.fromhex(said["key"])
        except (KeyError, TypeError, ValueError) as error:
            if isinstance(error, DecodeError):
                raise
            raise DecodeError("this is no backup of a store") from None
        self._mac = HMACSM3(ring.mac_key(_FORMAT, key_id), head)
        self._table: str | None = None

    def rows(self) -> Iterator[tuple[str, list[str], bytes]]:
        """Yield the table, its columns and the line of each row.

        :raises TamperedError: when the backup was changed or cut off.
        """
        wrong: str | None = None
        columns: list[str] = []
        digest, count = SM3(), 0
        while True:
            line = self._next_line()
            if line.startswith(b"["):
                self._mac.update(line)
                digest.update(line)
                count += 1
                if self._table is None:
                    raise self._changed()
                yield self._table, columns, line
                continue
            said = self._control(line)
            if "mac" in said:
                break
            self._mac.update(line)
            if "table" in said:
                self._table, columns = str(said["table"]), said.get("columns", [])
                digest, count = SM3(), 0
            elif (said.get("rows"), said.get("sm3")) == (count, digest.hexdigest()):
                self.found.rows[str(self._table)] = count
            else:
                wrong = wrong or self._table
        is_whole = said == {"rows": sum(self.found.rows.values()), "mac": said["mac"]} and not self._stream.read(1)
        # As bytes: text is compared only when it is ASCII.
        mac = str(said["mac"]).encode("utf-8", "surrogatepass")
        if not compare_digest(self._mac.digest().hex().encode("ascii"), mac) or not is_whole:
            self._table = wrong
            raise self._changed()

    def _next_line(self) -> bytes:
        line = self._stream.readline(_MAX_LINE_LEN)
        if not line.endswith(b"\n"):
            raise TamperedError("truncated", "the backup ends in the middle", place=self._table)
        return line

    def _control(self, line: bytes) -> dict[str, Any]:
        try:
            return _object(line[:_MAX_HEAD_LEN])
        except (TypeError, ValueError):
            raise self._changed() from None

    def _changed(self) -> TamperedError:
        where = f" at the table {self._table}" if self._table is not None else ""
        return TamperedError("changed", f"the backup is not as it was written{where}", place=self._table)


def _object(line: bytes) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except RecursionError:
        raise ValueError("nested") from None
    if not isinstance(value, dict):
        raise TypeError("no object")
    return value


# ---- filling --------------------------------------------------------------------------------
def _fill(connection: Connection, reading: _Reading, progress: Callable[[int], None] | None) -> None:
    """Write the rows into tables that are empty."""
    later: list[tuple[Table, dict[str, Any]]] = []
    done = 0
    for (name, columns), lines in groupby(reading.rows(), key=lambda row: (row[0], row[1])):
        table = METADATA.tables[name]
        filling = _Filling(table, columns)
        while batch := [filling.row(line) for _, _, line in islice(lines, _BATCH)]:
            later += [(table, link) for link in map(filling.cut_link, batch) if link is not None]
            connection.execute(insert(table), batch)
            done += len(batch)
            if progress is not None:
                progress(done)
    for table, link in later:
        key = table.c.id == link.pop("id")
        connection.execute(update(table).where(key).values(link))
    if connection.dialect.name == "postgresql":
        _set_sequences(connection)


class _Filling:
    """Makes rows of a table from the lines of a backup."""

    def __init__(self, table: Table, columns: list[str]) -> None:
        self._columns = columns
        self._binary = {column.name for column in table.columns if isinstance(column.type, LargeBinary)}
        # Links to rows of the same table, which may come later.
        self._links = [
            column.name for column in table.columns for key in column.foreign_keys if key.column.table is table
        ]

    def row(self, line: bytes) -> dict[str, Any]:
        row = dict(zip(self._columns, json.loads(line), strict=True))
        for name in self._binary:
            if row[name] is not None:
                row[name] = base64.b64decode(row[name])
        return row

    def cut_link(self, row: dict[str, Any]) -> dict[str, Any] | None:
        links = {name: row[name] for name in self._links if row[name] is not None}
        row.update(dict.fromkeys(links))
        return {"id": row["id"], **links} if links else None


def _set_sequences(connection: Connection) -> None:
    """Let PostgreSQL number new rows after those that brought their numbers."""
    for table in METADATA.sorted_tables:
        if table.autoincrement_column is not None:
            last = connection.scalar(select(func.max(table.autoincrement_column)))
            if last is not None:
                sequence = func.pg_get_serial_sequence(table.name, table.autoincrement_column.name)
                connection.execute(select(func.setval(sequence, last)))
