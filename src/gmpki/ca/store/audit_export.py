"""The audit log as files: what :func:`gmpki.protect.log_verify.verify_log` and ``gmpki log verify`` read."""

from __future__ import annotations

import contextlib
from typing import IO, TYPE_CHECKING

from gmpki import _files
from gmpki._inputs import function, member
from gmpki.ca.interfaces import Actor
from gmpki.ca.store.audit_rows import line_bytes, read_rows, where_it_ends
from gmpki.ca.store.audit_verify import AuditWalk
from gmpki.errors import DecodeError
from gmpki.protect.log_file import part_name
from gmpki.protect.log_record import Record
from gmpki.protect.log_seal import Header, SignerKeys
from gmpki.protect.log_verify import LogReport, LogWalk

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Iterator

    from gmpki.ca.store.audit_rows import LogEnd
    from gmpki.ca.store.store import Store
    from gmpki.keys.interfaces import PublicKey
    from gmpki.x509.certificate import Certificate

__all__ = ["export_audit"]


def export_audit(
    store: Store,
    path: str | os.PathLike[str],
    *,
    actor: Actor,
    signers: Iterable[Certificate | PublicKey] = (),
    progress: Callable[[int, int], None] | None = None,
) -> LogReport:
    """Write the log to files that are readable for their owner only, and verify it on the way.

    The lines are written as they are, changed ones too: what the report finds is found in the files as well. The last
    part of the log gets the name that is given, earlier ones a number behind it.

    That it was exported becomes an entry behind what was exported.

    :param path: the name of a file that is not there yet.
    :param actor: who has it exported.
    :param signers: certificates or public keys of those who may seal it.
    :param progress: called with the records read and their number.
    :returns: what was found; its checkpoint fits the files and, later, the database:
        :func:`~gmpki.ca.store.audit_verify.verify_audit` takes it as ``expected``.
    :raises FileExistsError: when there is a file of one of the names.
    :raises OSError: when a file cannot be written; none is there then.
    :raises StoreError: when the database cannot be read, or has no log.
    :raises InvalidTypeError: when an argument has the wrong type.
    """
    path = _files.as_path(path)
    member(actor, Actor, "actor")
    if progress is not None:
        function(progress, "progress")
    end = where_it_ends(store)
    walk = AuditWalk(LogWalk(store.protection.ring, SignerKeys(signers), None, collect=True, on_entry=None))
    with contextlib.ExitStack() as files:
        stream: IO[bytes] | None = None
        parts = _names(path, end)
        for count, row in enumerate(read_rows(store, end.number), start=1):
            line = walk.take(row)
            name = next(parts, None) if stream is None or walk.begins_part else None
            if name is not None:
                stream = files.enter_context(_files.create(name, private=True))
            if stream is not None:
                stream.write(line)
            if progress is not None and (count % 1000 == 0 or count == end.number):
                progress(count, end.number)
    report = walk.finish(end)
    with store.transaction() as tx:
        tx.audit(actor, "audit.export", f"audit:{report.last}", entries=report.entries, findings=report.finding_count)
    return report


def _names(path: str, end: LogEnd) -> Iterator[str]:
    """Yield the names of the parts; of one, when the row that says how many there are says nothing."""
    try:
        parts = Header.of(Record.of_line(line_bytes(end.header_line))).part
    except DecodeError:
        parts = 1
    for part in range(1, parts):
        yield part_name(path, part)
    yield path
