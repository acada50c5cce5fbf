"""Verifying a log: every record in its place and as it was written, or where it is not.

One pass over the files in bounded memory. What can be found depends on what the verifier has:

- the MAC keys: every change, removal, insertion and move, at the record where it begins;
- the public keys of the signers: the same up to the last seal, but where somebody has also made the digests fit, only
  between which two seals it lies; nothing about what stands behind the last seal;
- a :class:`~gmpki.protect.log_seal.Checkpoint` kept elsewhere: that the log was cut off, or written anew, before it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gmpki import _inputs
from gmpki._files import as_path, unwritten
from gmpki.errors import DecodeError, GmpkiError, InvalidInputError, InvalidSignature, TamperedError
from gmpki.protect import log_file
from gmpki.protect.log_ahead import Ahead, in_blocks
from gmpki.protect.log_record import MAX_LINE_LEN, NO_RECORD, LogKey, MacKeys, Record, RecordKind
from gmpki.protect.log_seal import Checkpoint, Header, SignerKeys

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from gmpki.keys.interfaces import PublicKey
    from gmpki.x509.certificate import Certificate

__all__ = ["MAX_FINDINGS", "Finding", "LogReport", "LogWalk", "verify_log"]

MAX_FINDINGS: Final = 100
"""How many findings a report holds; the others are counted."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it was written. Immutable; thread-safe.

    :ivar reason: "changed", "removed", "moved" (out of its place, or there twice), "spliced" (two histories put
        together), "seal" (a signature that does not hold), "torn" (the last line is not whole), "truncated" (the log
        ends too early), "rewritten" (not the log that the checkpoint is of), "replaced" (a file of another log),
        "no-key" (the key that the file names is not there),
        "no-seal" (nothing that an auditor without keys could go by).
    :ivar place: the number of the record where it begins.
    :ivar file: the name of the file.
    :ivar line: the number of the line in it, from 1.
    """

    reason: str
    place: int
    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"record {self.place} ({self.file}, line {self.line}): {self.message}"


@dataclass(frozen=True, slots=True)
class LogReport:
    """What the verification of a log found. Immutable; thread-safe.

    :ivar log_id: which log, 16 bytes.
    :ivar first: the number of the first record that was there; 1 unless older files are not.
    :ivar last: the number of the last record.
    :ivar entries: how many entries there are.
    :ivar seals: how many seals held.
    :ivar mends: the numbers of the records that tell of a line that was cut off, at most :data:`MAX_FINDINGS`.
    :ivar sealed_through: the number of the last seal that held; None when none did, or no signer was given.
    :ivar macs_verified: whether the MAC keys were there.
    :ivar checkpoint: up to where the log goes; None when findings make that uncertain.
    :ivar findings: what is not as it was written, the first :data:`MAX_FINDINGS`.
    :ivar finding_count: how many there are.
    """

    log_id: bytes
    first: int
    last: int
    entries: int
    seals: int
    mends: tuple[int, ...]
    sealed_through: int | None
    macs_verified: bool
    checkpoint: Checkpoint | None
    findings: tuple[Finding, ...]
    finding_count: int

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    @property
    def unsealed(self) -> int:
        """How many records stand behind the last seal that held: by MACs alone protected, and by nothing that a
        verifier without MAC keys sees.
        """
        return self.last - (self.first - 1 if self.sealed_through is None else self.sealed_through)

    def require(self) -> None:
        """Raise what was found first.

        :raises TamperedError: when something was; ``reason`` and ``place`` are those of the finding.
        """
        if self.findings:
            raise _error(self.findings[0])


def verify_log(
    source: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    *,
    keys: MacKeys | None = None,
    signers: Iterable[Certificate | PublicKey] = (),
    expected: Checkpoint | None = None,
    collect: bool = False,
    progress: Callable[[int, int], None] | None = None,
    on_entry: Callable[[Record], None] | None = None,
) -> LogReport:
    """Verify a log from its first file that is there to its last record.

    :param source: the name of the file that is written to; files that were ended are found beside it. Or all files,
        the oldest first.
    :param keys: where the MAC keys come from; None for an auditor who has none.
    :param signers: certificates or public keys of those who may seal; trusted as they are given.
    :param expected: what was kept elsewhere.
    :param collect: return a report with findings instead of raising the first.
    :param progress: called with the bytes read and their sum.
    :param on_entry: called with each entry in its place; what was found before it is not told to it, and without
        keys nothing about it is proved before the next seal.
    :raises TamperedError: with ``reason`` and ``place`` of the first :class:`Finding`, unless they are collected.
    :raises FileNotFoundError: when there is no such log.
    :raises OSError: when a file cannot be read.
    :raises InvalidInputError: when neither keys nor signers are given, or a file is no log at all.
    :raises InvalidTypeError: when an argument has the wrong type.
    :raises GmpkiError: what ``keys`` raises for a key that they do not have.
    """
    if keys is not None:
        _inputs.member(keys, MacKeys, "keys")
    if expected is not None:
        _inputs.member(expected, Checkpoint, "expected")
    seal_keys = SignerKeys(signers)
    if keys is None and not seal_keys:
        raise InvalidInputError("to verify a log takes its MAC keys, the public keys of its signers, or both")
    if isinstance(source, (str, os.PathLike)):
        names, newest, size = _files_of(as_path(source, "source"))
        whole = True
    else:
        names = [as_path(name) for name in _inputs.iterated(source, "source")]
        if not names:
            raise InvalidInputError("a log has at least one file")
        newest = log_file.open_read(names[-1])
        size = os.fstat(newest).st_size
        whole = False
    walk = LogWalk(keys, seal_keys, expected, collect=collect, on_entry=on_entry)
    try:
        total = sum(os.stat(name).st_size for name in names[:-1]) + size
        _read_all(walk, names, newest, size, lambda done: None if progress is None else progress(done, total))
    finally:
        os.close(newest)
    return walk.finish(whole=whole)


def _files_of(path: str) -> tuple[list[str], int, int]:
    """Find the files of a log, open the one that is written to and see how long it is, while nobody writes."""
    with unwritten(path):
        names = log_file.part_names(path) or [path]
        newest = log_file.open_read(names[-1])
        return names, newest, os.fstat(newest).st_size


def _read_all(walk: LogWalk, names: list[str], newest: int, size: int, told: Callable[[int], None]) -> None:
    done = 0
    for position, name in enumerate(names, start=1):
        last = position == len(names)
        descriptor = newest if last else log_file.open_read(name)
        try:
            walk.begin_file(name)
            lines = log_file.lines(descriptor, 0, size if last else os.fstat(descriptor).st_size)
            for block in in_blocks(lines, len):
                walk.look_ahead(block)
                for line in block:
                    walk.take(line)
                    done += len(line)
                    told(done)
        finally:
            if not last:
                os.close(descriptor)


def _error(finding: Finding) -> TamperedError:
    return TamperedError(finding.reason, str(finding), place=finding.place)


class LogWalk:
    """Follows a log line by line, wherever the lines come from. A context.

    Parameters as :func:`verify_log`. Each method raises the first finding as TamperedError, unless they are collected.
    """

    def __init__(
        self,
        keys: MacKeys | None,
        signers: SignerKeys,
        expected: Checkpoint | None,
        *,
        collect: bool,
        on_entry: Callable[[Record], None] | None,
    ) -> None:
        self._keys = keys
        self._signers = signers
        self._expected = expected
        self._collect = collect
        self._on_entry = on_entry
        self._file, self._line = "", 0
        self._header: Header | None = None
        self._key: LogKey | None = None
        self._ahead = Ahead()
        self._first: int | None = None
        self._last: Record | None = None  # the last one that stands where it belongs
        self._number = 0  # of the last line, as far as that can be told
        self._damaged = 0  # lines since the last record that was as it was written
        self._lost = False  # the beginning of a file says nothing: the rest of it cannot be told
        self._entries = self._seals = self._finding_count = 0
        self._sealed_through: int | None = None
        self._compared = False  # with the checkpoint
        self._mends: list[int] = []
        self._findings: list[Finding] = []

    def begin_file(self, name: str) -> None:
        """Note that the next line is the first of a file."""
        self._file, self._line, self._lost = name, 0, False

    def look_ahead(self, lines: Sequence[bytes]) -> None:
        """Compute what takes time about the lines that :meth:`take` will be given, all at once; decide nothing."""
        if not self._lost:
            self._ahead.compute(lines, self._key)

    def take(self, line: bytes) -> Record | None:
        """Judge one line; return its record when it is as it was written and where it belongs."""
        self._line += 1
        if self._lost:
            return None
        try:
            record = Record.of_line(line, head=self._ahead.head(line))
        except DecodeError as error:
            torn = not line.endswith(b"\n") and len(line) <= MAX_LINE_LEN
            self._damage("torn" if torn else "changed", str(error))
            return None
        if self._line == 1 and not self._begin(record):
            return None
        if self._key is not None and not self._key.holds(record, self._ahead.mac(line, self._key)):
            self._damage("changed", "it is not as it was written: its MAC does not hold")
        elif self._in_sequence(record):
            self._accept(record)
            return record
        return None

    def note(self, reason: str, place: int, message: str) -> None:
        """Add a finding of whoever keeps the lines, about the line that was taken last."""
        self._find(reason, place, message)

    def finish(self, *, whole: bool) -> LogReport:
        """Judge how the log ends, and tell."""
        if self._last is None and not self._finding_count:
            self._find("truncated", 1, "there is nothing")
        last = self._last
        if self._keys is None and last is not None and self._sealed_through is None and not self._compared:
            self._find("no-seal", self._first or 1, "there is no seal that holds: without keys, nothing is proved")
        if whole and last is not None and last.kind is RecordKind.END:
            self._find(
                "truncated", last.number + 1, "the file was ended, and the one with which the log goes on is missing"
            )
        wanted = self._expected
        if wanted is not None and self._header is not None and not self._lost:
            if wanted.number > self._number:
                message = f"the log ends before it; it had come to record {wanted.number}"
                self._find("truncated", self._number + 1, message)
            elif wanted.number < (self._first or 1) - 1:
                self._find("removed", wanted.number, f"the files before record {self._first} are needed to compare")
        header = self._header
        clean = last is not None and header is not None and not self._finding_count
        return LogReport(
            b"" if header is None else header.log_id,
            self._first or 1,
            self._number,
            self._entries,
            self._seals,
            tuple(self._mends),
            self._sealed_through,
            self._keys is not None,
            Checkpoint(header.log_id, last.number, last.head) if clean and last and header else None,
            tuple(self._findings),
            self._finding_count,
        )

    # ---- the beginning of a file ------------------------------------------------------------
    def _begin(self, record: Record) -> bool:
        """Take the first record of a file; tell whether what follows can be judged."""
        expected = self._number + 1
        try:
            header = Header.of(record)
            if (record.number == 1) != (header.part == 1) or (record.number == 1) != (record.previous == NO_RECORD):
                raise DecodeError("the first record of a log, and no other, begins part 1")
            key = None if self._keys is None else LogKey.of(self._keys, header.log_id, header.key_id)
        except DecodeError as error:
            return self._lose("changed", expected, str(error))
        except GmpkiError as error:
            return self._lose("no-key", expected, f"its MAC key is not there, or this line was changed: {error}")
        known = self._header
        if known is not None and known.log_id != header.log_id:
            return self._lose("replaced", expected, f"this is a file of another log, {header.log_id.hex()}")
        if self._expected is not None and self._expected.log_id != header.log_id:
            message = f"this is the log {header.log_id.hex()}, and not {self._expected.log_id.hex()}"
            return self._lose("replaced", expected, message)
        if known is None and self._number == 0 and (key is None or key.holds(record)):
            # Older files may be elsewhere: what this one says it follows is taken as it is.
            self._first, self._number = record.number, record.number - 1
            self._follows_expected(record)
        self._header, self._key = header, key
        return True

    def _follows_expected(self, record: Record) -> None:
        wanted = self._expected
        if wanted is not None and wanted.number == record.number - 1 and wanted.head != record.previous:
            self._find("rewritten", record.number, "it does not follow the record of the checkpoint")

    def _lose(self, reason: str, place: int, message: str) -> bool:
        self._lost = True
        self._number = place
        self._damaged += 1
        self._find(reason, place, message)
        return False

    # ---- one record after another -----------------------------------------------------------
    def _damage(self, reason: str, message: str) -> None:
        self._number += 1
        self._damaged += 1
        self._lost = self._lost or self._line == 1
        self._find(reason, self._number, message)

    def _in_sequence(self, record: Record) -> bool:
        """Judge the place of a record that is as it was written, or seems so to who has no keys."""
        due, number = self._number + 1, record.number
        damaged, self._damaged = self._damaged, 0
        follows = self._last is None or (not damaged and record.previous == self._last.head)
        if record.kind is RecordKind.LOG and self._line > 1:
            self._find("moved", due, f"record {number}, which begins a file, stands here")
            return False
        if follows:
            if number != due:
                self._find("changed", due, f"it says that its number is {number}")
        elif number > due:
            missing = f"records {due} to {number - 1} are" if number - 1 > due else f"record {due} is"
            self._find("removed", due, f"{missing} missing here")
        elif number < due - damaged:
            self._find("moved", due, f"record {number} stands here, out of its place or once more")
            self._damaged = damaged
            return False
        elif not damaged and self._key is None:
            message = f"it, or what record {number} says of it, was changed: the digests do not fit"
            self._find("changed", number - 1, message)
        elif not damaged:
            self._find("spliced", number, "it follows another record than the one before it here")
        return True

    def _accept(self, record: Record) -> None:
        self._last, self._number = record, record.number
        wanted = self._expected
        if wanted is not None and wanted.number == record.number:
            self._compared = wanted.head == record.head
            if not self._compared:
                self._find("rewritten", record.number, "it is not the record of which the checkpoint was kept")
        if record.kind is RecordKind.SEAL:
            self._seal(record)
        elif record.kind is RecordKind.MEND and len(self._mends) < MAX_FINDINGS:
            self._mends.append(record.number)
        elif record.kind is RecordKind.ENTRY:
            self._entries += 1
            if self._on_entry is not None:
                self._on_entry(record)

    def _seal(self, record: Record) -> None:
        if not self._signers or self._header is None:
            return
        try:
            self._signers.verify(record, self._header)
        except InvalidSignature as error:
            since = "the beginning" if self._sealed_through is None else f"record {self._sealed_through}"
            self._find("seal", record.number, f"{error}; between {since} and here something may have been changed")
            return
        self._seals += 1
        self._sealed_through = record.number

    def _find(self, reason: str, place: int, message: str) -> None:
        finding = Finding(reason, place, self._file, self._line, message)
        if not self._collect:
            raise _error(finding)
        self._finding_count += 1
        if len(self._findings) < MAX_FINDINGS:
            self._findings.append(finding)
