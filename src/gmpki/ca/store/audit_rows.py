"""Reading the rows of the audit log: all of them in their order, or those that were searched for."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import func, select

from gmpki._inputs import as_text, number
from gmpki.ca.store.audit import columns_of
from gmpki.ca.store.columns import from_seconds, seconds
from gmpki.ca.store.schema import audit, audit_head
from gmpki.errors import DecodeError, StoreError, TamperedError
from gmpki.protect.log_record import MAX_LINE_LEN, Record, RecordKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from sqlalchemy import Row

    from gmpki.ca.store.store import Store

__all__ = ["AuditEntry", "LogEnd", "find_entries", "line_bytes", "read_rows", "where_it_ends"]

_PAGE: Final = 2000
_MOST_FOUND: Final = 10_000
# SQLite's rowid has this range, and any number in it can have been put there.
_BEFORE_ALL: Final = -(1 << 63)


class LogEnd(NamedTuple):
    """Where the log ends, as the database says it.

    :ivar number: of the last record, as ``audit_head`` has it.
    :ivar highest: the highest number of a row; None when there is no row.
    """

    number: int
    at: int
    last_line: str
    header_line: str
    highest: int | None


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """An entry of the audit log, as its line says. Immutable. To read it proves nothing; to verify the log does.

    :ivar number: its place in the log.
    :ivar certificate: SM3 of the certificate that the actor had logged in with; "" for a part of the system.
    :ivar details: what else was said.
    """

    number: int
    at: datetime
    operation: str
    actor: str
    subject: str
    certificate: str
    details: Mapping[str, str | int]


def where_it_ends(store: Store) -> LogEnd:
    """Return where the log ends; one statement, so that it fits together while others write.

    :raises StoreError: when there is no log.
    """
    highest = select(func.max(audit.c.number)).scalar_subquery()
    query = select(
        audit_head.c.number, audit_head.c.at, audit_head.c.last_line, audit_head.c.header_line, highest
    ).where(audit_head.c.id == 1)
    with store.reading() as connection:
        found = connection.execute(query).first()
    if found is None:
        raise StoreError("the database has no audit log")
    return LogEnd(*found)


def read_rows(store: Store, last: int) -> Iterator[Row[Any] | int]:
    """Yield the rows up to a number in their order, some thousand at a time.

    Each page is read by itself, so that a long verification holds nothing up.

    :returns: a row, or the number of one that the database cannot read: on SQLite a text may be no UTF-8.
    """
    after = _BEFORE_ALL
    while True:
        query = select(audit).where(audit.c.number > after, audit.c.number <= last).order_by(audit.c.number)
        try:
            with store.reading() as connection:
                rows: list[Row[Any] | int] = list(connection.execute(query.limit(_PAGE)).all())
        except StoreError:
            rows = _one_by_one(store, after, last)
        if not rows:
            return
        yield from rows
        end = rows[-1]
        after = end if isinstance(end, int) else end.number


def _one_by_one(store: Store, after: int, last: int) -> list[Row[Any] | int]:
    query = select(audit.c.number).where(audit.c.number > after, audit.c.number <= last).order_by(audit.c.number)
    with store.reading() as connection:
        numbers = connection.execute(query.limit(_PAGE)).scalars().all()
    found: list[Row[Any] | int] = []
    for each in numbers:
        try:
            with store.reading() as connection:
                row = connection.execute(select(audit).where(audit.c.number == each)).first()
        except StoreError:
            row = None
        found.append(each if row is None else row)
    return found


def line_bytes(value: object) -> bytes:
    """Return the line of a row; whatever else somebody has put in its place as what is no line."""
    if isinstance(value, bytes):
        return value[: MAX_LINE_LEN + 1]
    return value.encode("utf-8", "surrogatepass")[: MAX_LINE_LEN + 1] if isinstance(value, str) else b""


def find_entries(
    store: Store,
    *,
    operation: str | None = None,
    actor: str | None = None,
    subject: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    before: int | None = None,
    most: int = 100,
) -> list[AuditEntry]:
    """Find entries, the newest first.

    :param operation: such as "pair.revoke".
    :param actor: the name of an operator.
    :param subject: such as "pair:17".
    :param since: and ``until``, which is no longer meant.
    :param before: only those with a smaller number: that of the last one found, to go on.
    :param most: how many, 1 to 10,000.
    :raises InvalidTypeError: when an argument has the wrong type.
    :raises InvalidInputError: when a time has no time zone, or ``most`` is out of its range.
    :raises TamperedError: when a line is none, or says something else than its columns; ``place`` is its number.
    :raises StoreError: when the database cannot be read.
    """
    query = select(audit).where(audit.c.kind == RecordKind.ENTRY.value)
    for column, text, name in (
        (audit.c.operation, operation, "operation"),
        (audit.c.actor, actor, "actor"),
        (audit.c.subject, subject, "subject"),
    ):
        if text is not None:
            query = query.where(column == as_text(text, name))
    if since is not None:
        query = query.where(audit.c.at >= seconds(since))
    if until is not None:
        query = query.where(audit.c.at < seconds(until))
    number(most, 1, _MOST_FOUND, "most")
    # Times never go back in the log, so this is the order of the numbers; but the indexes are sorted by time.
    query = query.order_by(audit.c.at.desc(), audit.c.number.desc()).limit(most)
    with store.reading() as connection:
        if before is not None:
            number(before, 1, 10**18, "before")
            at = connection.scalar(select(audit.c.at).where(audit.c.number == before))
            query = query.where(audit.c.number < before, *([] if at is None else [audit.c.at <= at]))
        rows = connection.execute(query).all()
    return [_entry(row) for row in rows]


def _entry(row: Row[Any]) -> AuditEntry:
    try:
        record = Record.of_line(line_bytes(row.line))
        columns = columns_of(record)
        if columns.items() <= row._mapping.items():
            said = json.loads(record.data)
            del said["operation"], said["by"], said["subject"]
            certificate = said.pop("with", "")
            return AuditEntry(
                record.number,
                from_seconds(columns["at"]),
                columns["operation"],
                columns["actor"],
                columns["subject"],
                certificate,
                said,
            )
    except DecodeError:
        pass
    raise TamperedError("changed", f"record {row.number} of the audit log is not as it was written", place=row.number)
