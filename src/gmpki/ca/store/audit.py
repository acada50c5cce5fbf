"""The audit log in the database: lines of :mod:`gmpki.protect.log_record`, one a row, chained and authenticated."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import insert, select, update

from gmpki.ca.store.schema import audit, audit_head
from gmpki.errors import StoreError, TamperedError
from gmpki.protect.log_record import (
    LOG_ID_LEN,
    NO_RECORD,
    ChainPlace,
    LogKey,
    Record,
    RecordKind,
    entry_contents,
    new_record,
)
from gmpki.protect.log_seal import Header

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from sqlalchemy import Connection

    from gmpki.protect.keys import KeyRing

__all__ = ["Entry", "append", "begin", "check_ring", "last_at"]

_HEAD: Final = 1


@dataclass(frozen=True, slots=True)
class Entry:
    """What one entry says."""

    operation: str
    actor: str
    subject: str
    details: Mapping[str, str | int | None]

    def to_bytes(self) -> bytes:
        """Return the entry as the log holds it: JSON with sorted names."""
        facts = {key: value for key, value in self.details.items() if value is not None}
        said = {"operation": self.operation, "by": self.actor, "subject": self.subject, **facts}
        return json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8")


def begin(connection: Connection, ring: KeyRing, now: datetime) -> None:
    """Write the first record of a new log."""
    log_id = secrets.token_bytes(LOG_ID_LEN)
    header = Header(log_id, 1, ring.primary_id)
    key = LogKey.of(ring, log_id, ring.primary_id)
    record = new_record(RecordKind.LOG, ChainPlace(1, now, 1, now, NO_RECORD), header.contents(), key)
    line = record.line.decode("utf-8")
    _insert(connection, [(record, Entry("log.begin", "", "", {}))])
    at = int(now.timestamp())
    connection.execute(
        insert(audit_head), [{"id": _HEAD, "number": 1, "at": at, "last_line": line, "header_line": line}]
    )


def check_ring(connection: Connection, ring: KeyRing) -> None:
    """See that the last record was written with a key of this ring.

    :raises TamperedError: when it was not.
    :raises StoreError: when there is no log.
    """
    head = _head(connection, lock=False)
    if not _key(ring, head.header_line).holds(Record.of_line(head.last_line.encode("utf-8"))):
        raise TamperedError("changed", "the audit log does not end with a record of this key ring", place=head.number)


def last_at(connection: Connection) -> int:
    """Return the time of the last record, in seconds.

    :raises StoreError: when there is no log.
    """
    found = connection.scalar(select(audit_head.c.at).where(audit_head.c.id == _HEAD))
    if found is None:
        raise StoreError("the database has no audit log")
    return int(found)


def append(connection: Connection, ring: KeyRing, now: datetime, entries: Iterable[Entry]) -> None:
    """Write entries behind the last record. Called last in a transaction: from here on others wait."""
    head = _head(connection, lock=True)
    key = _key(ring, head.header_line)
    last = Record.of_line(head.last_line.encode("utf-8"))
    now = max(now, last.at)
    written = []
    for entry in entries:
        is_seal = last.kind is RecordKind.SEAL or last.number == 1
        seal, sealed_at = (last.number, last.at) if is_seal else (last.seal, last.sealed_at)
        place = ChainPlace(last.number + 1, now, seal, sealed_at, last.head)
        last = new_record(RecordKind.ENTRY, place, entry_contents(entry.to_bytes()), key)
        written.append((last, entry))
    _insert(connection, written)
    values = {"number": last.number, "at": int(now.timestamp()), "last_line": last.line.decode("utf-8")}
    connection.execute(update(audit_head).where(audit_head.c.id == _HEAD).values(values))


def _insert(connection: Connection, written: list[tuple[Record, Entry]]) -> None:
    rows = [
        {
            "number": record.number,
            "at": int(record.at.timestamp()),
            "kind": record.kind.value,
            "operation": entry.operation,
            "actor": entry.actor,
            "subject": entry.subject,
            "line": record.line.decode("utf-8"),
        }
        for record, entry in written
    ]
    connection.execute(insert(audit), rows)


def _head(connection: Connection, *, lock: bool):  # type: ignore[no-untyped-def]
    query = select(audit_head).where(audit_head.c.id == _HEAD)
    found = connection.execute(query.with_for_update() if lock else query).first()
    if found is None:
        raise StoreError("the database has no audit log")
    return found


def _key(ring: KeyRing, header_line: str) -> LogKey:
    header = Header.of(Record.of_line(header_line.encode("utf-8")))
    return LogKey.of(ring, header.log_id, header.key_id)
