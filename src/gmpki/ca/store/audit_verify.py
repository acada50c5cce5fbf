"""Verifying the audit log of a database: every record in its place and as it was written, or where it is not.

The rules are those of :mod:`gmpki.protect.log_verify`. On top of them, the columns that repeat what a line says are
compared with it, and the row that says where the log ends with where it does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gmpki._inputs import function, member
from gmpki.ca.store.audit import columns_of
from gmpki.ca.store.audit_rows import line_bytes, read_rows, where_it_ends
from gmpki.errors import DecodeError
from gmpki.protect.log_ahead import in_blocks
from gmpki.protect.log_record import Record
from gmpki.protect.log_seal import Checkpoint, SignerKeys
from gmpki.protect.log_verify import LogReport, LogWalk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sqlalchemy import Row

    from gmpki.ca.store.audit_rows import LogEnd
    from gmpki.ca.store.store import Store
    from gmpki.keys.interfaces import PublicKey
    from gmpki.x509.certificate import Certificate

__all__ = ["AuditWalk", "verify_audit"]

# The line of a record that begins a part; the MAC, 64 digits and a blank, stands before it.
_BEGINS: Final = slice(65, 69)


def verify_audit(
    store: Store,
    *,
    signers: Iterable[Certificate | PublicKey] = (),
    expected: Checkpoint | None = None,
    collect: bool = False,
    progress: Callable[[int, int], None] | None = None,
    on_entry: Callable[[Record], None] | None = None,
) -> LogReport:
    """Verify the audit log up to where it ended when this was called; others may go on writing.

    Memory does not grow with the log. In findings, ``file`` is the part of the log, and ``line`` counts the rows of it.

    :param signers: certificates or public keys of those who may seal it.
    :param expected: a checkpoint that was kept elsewhere: without one, a log that was cut off together with the row
        that says where it ends is not found out.
    :param collect: return a report with findings instead of raising the first.
    :param progress: called with the records read and their number.
    :param on_entry: called with each entry that is as it was written.
    :raises TamperedError: with ``reason`` and ``place`` of the first finding, unless they are collected.
    :raises StoreError: when the database cannot be read, or has no log.
    :raises InvalidTypeError: when an argument has the wrong type.
    :raises GmpkiError: as :class:`~gmpki.protect.log_seal.SignerKeys`, for a certificate that may not sign.
    """
    if expected is not None:
        member(expected, Checkpoint, "expected")
    for name, called in (("progress", progress), ("on_entry", on_entry)):
        if called is not None:
            function(called, name)
    ring = store.protection.ring
    walk = AuditWalk(LogWalk(ring, SignerKeys(signers), expected, collect=collect, on_entry=on_entry))
    end = where_it_ends(store)
    count = 0
    for block in in_blocks(read_rows(store, end.number), _length):
        walk.look_ahead(block)
        for row in block:
            walk.take(row)
            count += 1
            if progress is not None and (count % 1000 == 0 or count == end.number):
                progress(count, end.number)
    return walk.finish(end)


def _length(row: Row[Any] | int) -> int:
    return 0 if isinstance(row, int) else len(line_bytes(row.line))


class AuditWalk:
    """Follows the rows of the audit log. A context."""

    def __init__(self, walk: LogWalk) -> None:
        self._walk = walk
        self._parts = 0
        self._place = 0
        self._last_line = self._header_line = b""

    @property
    def begins_part(self) -> bool:
        """Whether the row that was taken last began a part of the log."""
        return self._last_line[_BEGINS] == b"log "

    def look_ahead(self, rows: Sequence[Row[Any] | int]) -> None:
        """Compute what takes time about the rows that :meth:`take` will be given, all at once; decide nothing."""
        self._walk.look_ahead([line_bytes(row.line) for row in rows if not isinstance(row, int)])

    def take(self, row: Row[Any] | int) -> bytes:
        """Judge one row; return its line."""
        line = b"" if isinstance(row, int) else line_bytes(row.line)
        is_first = not self._place
        self._place = row if isinstance(row, int) else row.number
        self._last_line = line
        if self.begins_part or not self._parts:
            self._parts += 1
            self._header_line = line
            self._walk.begin_file(f"part {self._parts} of the audit log")
        # In a row nothing is torn by a crash: what has no end was changed.
        record = self._walk.take(line if line.endswith(b"\n") else b"\n")
        if record is not None and not isinstance(row, int):
            if is_first and record.number != 1:
                self._walk.note("removed", 1, f"the records before {record.number} are missing")
            self._compare(record, row)
        return line

    def _compare(self, record: Record, row: Row[Any]) -> None:
        try:
            meant = columns_of(record)
        except DecodeError as error:
            self._walk.note("changed", record.number, str(error))
            return
        for column, value in meant.items():
            if getattr(row, column) != value:
                self._walk.note("changed", record.number, f"its column {column} says something else than its line")

    def finish(self, end: LogEnd) -> LogReport:
        """Judge how the log ends, and tell."""
        if not self._place or self._place != end.number:
            self._walk.note("truncated", self._place + 1, f"the log ends before record {end.number}, its last one")
        elif (line_bytes(end.last_line), line_bytes(end.header_line)) != (self._last_line, self._header_line):
            self._walk.note("changed", end.number, "the row that says where the log ends is not as it was written")
        elif self._last_at() != end.at:
            self._walk.note("changed", end.number, "the row that says when the log ended is not as it was written")
        if end.highest is not None and end.highest > end.number:
            message = f"rows up to {end.highest} stand behind record {end.number}, with which the log ends"
            self._walk.note("moved", end.number + 1, message)
        return self._walk.finish(whole=True)

    def _last_at(self) -> int | None:
        try:
            return int(Record.of_line(self._last_line).at.timestamp())
        except DecodeError:
            return None
