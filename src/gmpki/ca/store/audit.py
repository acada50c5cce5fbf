"""The audit log in the database: lines of :mod:`gmpki.protect.log_record`, one a row, chained and authenticated.

What is logged stands in the line. The other columns repeat it so that it can be searched, and are compared with it
when the log is verified. ``audit_head`` has one row that says where the log ends: its first use is that writers wait
for each other there, its second that rows which were cut off are missed.

A log goes on in a new part, under the primary key, when the ring has retired the key of the part before.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import insert, select, update

from gmpki._inputs import as_text
from gmpki.ca.store.schema import audit, audit_head
from gmpki.errors import DecodeError, InvalidInputError, InvalidTypeError, StoreError, TamperedError
from gmpki.protect.keys import KeyState
from gmpki.protect.log_record import LOG_ID_LEN, LogKey, Record, RecordKind, entry_contents
from gmpki.protect.log_seal import Header
from gmpki.protect.log_tail import Tail

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from sqlalchemy import Connection, Row

    from gmpki.protect.keys import KeyRing

__all__ = ["Entry", "append", "begin", "check_ring", "columns_of", "last_at", "next_part", "read_tail", "write"]

_HEAD: Final = 1
_MAX_OPERATION: Final = 64
_MAX_NAME: Final = 128
# One for all entries: to make one takes longer than to use it.
_JSON: Final = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


@dataclass(frozen=True, slots=True)
class Entry:
    """What one entry says. Immutable.

    :ivar operation: what was done, such as "certificate.revoke": 1 to 64 printable characters.
    :ivar actor: the name of who did it, at most 128 printable characters.
    :ivar subject: what it was done to, such as "pair:17", at most 128 printable characters.
    :ivar details: further facts; None is left out.
    :ivar certificate: SM3 of the certificate that the actor logged in with; "" for a part of the system.
    """

    operation: str
    actor: str
    subject: str
    details: Mapping[str, str | int | None]
    certificate: str = ""

    def to_bytes(self) -> bytes:
        """Return the entry as the log holds it: JSON with sorted names.

        :raises InvalidTypeError: when something is no text, or a detail neither text nor a number.
        :raises InvalidInputError: when operation, actor or subject is not as said above, a detail has a name that says
            something else here, or is text that has no encoding in UTF-8.
        """
        said: dict[str, str | int] = {"operation": self.operation, "by": self.actor, "subject": self.subject}
        if self.certificate:
            said["with"] = self.certificate
        for name, text, most in (
            ("operation", self.operation, _MAX_OPERATION),
            ("actor", self.actor, _MAX_NAME),
            ("subject", self.subject, _MAX_NAME),
        ):
            if len(as_text(text, name)) > most or not text.isprintable():
                raise InvalidInputError(f"the {name} of an entry is at most {most} printable characters")
        for name, value in self.details.items():
            if name in ("operation", "by", "subject", "with"):
                raise InvalidInputError(f"the detail {name} of an entry has the name of something else")
            if value is not None:
                said[name] = value
        try:
            return _JSON.encode(said).encode("utf-8")
        except TypeError:
            raise InvalidTypeError("the details of an entry are text and numbers") from None
        except ValueError:  # lone surrogates; numbers that Python does not write out
            raise InvalidInputError("a detail of an entry that cannot be written down") from None


# ---- writing --------------------------------------------------------------------------------
def begin(connection: Connection, ring: KeyRing, now: datetime) -> None:
    """Write the first record of a new log."""
    tail = Tail.begun(ring, secrets.token_bytes(LOG_ID_LEN), now)
    line = tail.last.line.decode("ascii")
    connection.execute(
        insert(audit_head), [{"id": _HEAD, "number": 0, "at": 0, "last_line": line, "header_line": line}]
    )
    write(connection, [tail])


def append(connection: Connection, ring: KeyRing, now: datetime, entries: Iterable[Entry]) -> None:
    """Write entries behind the last record. Called last in a transaction: from here on others wait.

    :raises TamperedError: when the log does not end with a record of this ring.
    :raises GmpkiError: as :meth:`Entry.to_bytes`, and UnknownKeyError when the ring has lost the key of the log.
    """
    tail = read_tail(connection, ring, lock=True)
    written: list[tuple[Tail, Entry]] = []
    for behind in next_part(tail, ring, now):
        tail = behind
        written.append((tail, _of_kind(tail.last.kind)))
    now = max(now, tail.last.at)
    for entry in entries:
        tail = tail.with_record(RecordKind.ENTRY, entry_contents(entry.to_bytes()), now)
        written.append((tail, entry))
    _insert(connection, written)


def write(connection: Connection, tails: Iterable[Tail]) -> None:
    """Write the last record of each of these, which are no entries, and follow the end of the log and one another."""
    _insert(connection, [(tail, _of_kind(tail.last.kind)) for tail in tails])


def next_part(tail: Tail, ring: KeyRing, now: datetime) -> tuple[Tail, ...]:
    """Return the end of this part of the log and the beginning of the next one when its key was retired, or nothing.

    A key that is only not primary is not enough: another node may have begun with a key that is pending here.
    """
    if all(key.state is not KeyState.RETIRED or key.key_id != tail.header.key_id for key in ring.keys):
        return ()
    now = max(now, tail.last.at)
    ended = tail.with_record(RecordKind.END, b"", now)
    return ended, Tail.begun(ring, tail.header.log_id, now, ended)


def columns_of(record: Record) -> dict[str, Any]:
    """Return what the columns beside the line of a record should hold.

    :raises DecodeError: when it is an entry that was not written here.
    """
    if record.kind is not RecordKind.ENTRY:
        return _columns(record, _of_kind(record.kind))
    said = _said(record.data)
    return _columns(record, Entry(said["operation"], said["by"], said["subject"], {}))


def _columns(record: Record, entry: Entry) -> dict[str, Any]:
    return {
        "number": record.number,
        "at": int(record.at.timestamp()),
        "kind": record.kind.value,
        "operation": entry.operation,
        "actor": entry.actor,
        "subject": entry.subject,
    }


def _of_kind(kind: RecordKind) -> Entry:
    """Return what is searched for where no entry says it."""
    return Entry(f"log.{kind.value}", "", "", {})


def _insert(connection: Connection, written: list[tuple[Tail, Entry]]) -> None:
    rows = [{**_columns(tail.last, entry), "line": tail.last.line.decode("utf-8")} for tail, entry in written]
    if not rows:
        return
    connection.execute(insert(audit), rows)
    head = {"number": rows[-1]["number"], "at": rows[-1]["at"], "last_line": rows[-1]["line"]}
    for row in rows:
        if row["kind"] == RecordKind.LOG.value:
            head["header_line"] = row["line"]
    connection.execute(update(audit_head).where(audit_head.c.id == _HEAD).values(head))


def _said(data: bytes) -> dict[str, Any]:
    try:
        said = json.loads(data)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict) or not all(isinstance(said.get(key), str) for key in ("operation", "by", "subject")):
        raise DecodeError("the entry does not say who did what to what")
    return said


# ---- where it ends --------------------------------------------------------------------------
def read_tail(connection: Connection, ring: KeyRing, *, lock: bool = False) -> Tail:
    """Return the end of the log.

    :param lock: keep others from writing behind it until the transaction ends.
    :raises TamperedError: when the log does not end with a record of this ring.
    :raises UnknownKeyError: when the ring does not have the key of the log.
    :raises StoreError: when there is no log.
    """
    head = _head(connection, lock=lock)
    try:
        first = Record.of_line(head.header_line.encode("utf-8"))
        header = Header.of(first)
        last = Record.of_line(head.last_line.encode("utf-8"))
    except (DecodeError, AttributeError, UnicodeError):  # whoever changed it may have left no text at all
        raise TamperedError("changed", "where the audit log ends is not as it was written") from None
    key = LogKey.of(ring, header.log_id, header.key_id)
    is_there = (head.number, head.at) == (last.number, int(last.at.timestamp()))
    if not is_there or not key.holds(last) or not key.holds(first):
        raise TamperedError("changed", "the audit log does not end with a record of this key ring", place=last.number)
    return Tail(header, key, last)


def check_ring(connection: Connection, ring: KeyRing) -> None:
    """See that the last record was written with a key of this ring; errors as :func:`read_tail`."""
    read_tail(connection, ring)


def last_at(connection: Connection) -> int:
    """Return the time of the last record, in seconds.

    :raises StoreError: when there is no log.
    """
    found = connection.scalar(select(audit_head.c.at).where(audit_head.c.id == _HEAD))
    if found is None:
        raise StoreError("the database has no audit log")
    return int(found)


def _head(connection: Connection, *, lock: bool) -> Row[Any]:
    query = select(audit_head).where(audit_head.c.id == _HEAD)
    found = connection.execute(query.with_for_update() if lock else query).first()
    if found is None:
        raise StoreError("the database has no audit log")
    return found
