"""One record of a log: the line that stands for it, its place in the chain, its MAC.

A log is a text file of lines that each hold one record::

    MAC KIND NUMBER TIME SEAL SEALED PREVIOUS CONTENTS

- MAC: HMAC-SM3 of what follows it, under a key of this log, 64 hexadecimal digits;
- KIND: ``log`` begins a file, ``entry`` holds what was logged, ``seal`` a signature, ``mend`` tells of a line that was
  cut off by a crash, ``end`` says that the log goes on in another file;
- NUMBER: 1 for the first record of a log, and one more for each that follows, from file to file;
- TIME: when it was written, as ``2026-03-01T08:00:00Z``;
- SEAL, SEALED: number and time of the last seal before it, or of the first record as long as there is none;
- PREVIOUS: the SM3 of the line before, its end of line included; zeros for the first record;
- CONTENTS: for an entry ``=`` and text, or ``:`` and base64 where the bytes are no text that a terminal shows.

Through PREVIOUS the chain is one of plain hashes, which needs no key to be followed; the MAC makes each link hold
against whoever has no key; the signature of a seal makes everything up to it hold against whoever has only the MAC key.
"""

from __future__ import annotations

import base64
import hmac
import re
from dataclasses import dataclass, field
from datetime import datetime, timezone
from enum import Enum
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol, runtime_checkable

from gmpki import _inputs
from gmpki.algorithms import sm3
from gmpki.errors import DecodeError, InvalidInputError, LimitExceeded
from gmpki.keys.pem import strict_base64

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from typing_extensions import Buffer

__all__ = [
    "LOG_ID_LEN",
    "MAX_ENTRY_LEN",
    "MAX_KEY_ID_LEN",
    "MAX_LINE_LEN",
    "NO_RECORD",
    "ChainPlace",
    "LogKey",
    "MacKeys",
    "Record",
    "RecordKind",
    "entry_contents",
    "new_record",
    "time_text",
    "words",
]

LOG_ID_LEN: Final = 16
"""The length of the id of a log, in bytes."""
MAX_ENTRY_LEN: Final = 1 << 20
"""The longest entry, in bytes."""
MAX_LINE_LEN: Final = (MAX_ENTRY_LEN + 2) // 3 * 4 + 1024
"""The longest line, in bytes: the longest entry in base64, and what stands before it."""
MAX_KEY_ID_LEN: Final = 32
"""The longest id of a key, in bytes."""
NO_RECORD: Final = bytes(sm3.DIGEST_LEN)
"""What the first record of a log has in the place of the digest of the one before."""
PURPOSE: Final = "gmpki log"
"""What the MAC keys of logs are derived for."""

_DOMAIN: Final = b"gmpki log 1\n"
_MAC_LEN: Final = 64
_TIME: Final = rb"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z"
_LINE: Final = re.compile(
    rb"([0-9a-f]{64}) (log|entry|seal|mend|end) ([1-9][0-9]{0,17}) (" + _TIME + rb") "
    rb"([1-9][0-9]{0,17}) (" + _TIME + rb") ([0-9a-f]{64}) ([^\n]*)\n"
)
_WORD: Final = re.compile(r"([a-z0-9]{1,16})=([A-Za-z0-9+/=._-]*)")
# Spaces and the tab that str.isprintable does not count in, and that nobody is misled by.
_SPACES: Final = frozenset("\t\u00a0\u3000")


class RecordKind(str, Enum):
    """What a record is."""

    LOG = "log"
    ENTRY = "entry"
    SEAL = "seal"
    MEND = "mend"
    END = "end"


@runtime_checkable
class MacKeys(Protocol):
    """Where MAC keys come from; a :class:`~gmpki.protect.keys.KeyRing` is one."""

    @property
    def primary_id(self) -> bytes:
        """The id of the key for what is new."""

    def mac_key(self, purpose: str, key_id: Buffer | None = None) -> bytes:
        """Return the HMAC-SM3 key for a purpose that is derived from the key of an id.

        :raises GmpkiError: when there is no such key.
        """


@dataclass(frozen=True, slots=True)
class LogKey:
    """The MAC key of one log. Immutable; thread-safe.

    :ivar key: secret; not shown by ``repr``.
    """

    log_id: bytes
    key_id: bytes
    key: bytes = field(repr=False)

    @classmethod
    def of(cls, keys: MacKeys, log_id: bytes, key_id: bytes) -> LogKey:
        """Take the key for logs from where keys come from.

        :raises InvalidTypeError: when that is no such thing.
        :raises GmpkiError: as ``keys`` raises it when there is no key of that id.
        """
        _inputs.member(keys, MacKeys, "keys")
        return cls(log_id, key_id, _inputs.as_bytes(keys.mac_key(PURPOSE, key_id), "a MAC key"))

    def mac(self, body: bytes) -> bytes:
        """Return the 64 hexadecimal digits of the MAC of a record of this log."""
        return sm3.hmac(self.key, _DOMAIN + self.log_id + body).hex().encode("ascii")

    def macs_of_lines(self, lines: Sequence[bytes]) -> list[bytes]:
        """Return, for each of many lines, the 64 digits that it begins with if it is a record of this log."""
        begun = _DOMAIN + self.log_id
        macs = sm3.hmac_batch(self.key, [begun + line[_MAC_LEN + 1 : -1] for line in lines])
        return [mac.hex().encode("ascii") for mac in macs]

    def holds(self, record: Record, mac: bytes | None = None) -> bool:
        """Tell whether a record was written with this key, for this log, and as it is.

        :param mac: what :meth:`macs_of_lines` gave for its line; None when it was not asked.
        """
        expected = self.mac(record.body) if mac is None else mac
        return hmac.compare_digest(expected, record.line[:_MAC_LEN])


@dataclass(frozen=True)
class Record:
    """A record as its line says. Immutable; thread-safe. To read it proves nothing.

    :ivar number: its place in the log, from 1.
    :ivar at: when it was written, by the clock of who wrote it.
    :ivar seal: the number of the last seal before it; as long as there is none, 1.
    :ivar sealed_at: when that was written.
    :ivar previous: the digest of the line before, 32 bytes.
    :ivar line: the whole line, its end included.
    """

    kind: RecordKind
    number: int
    at: datetime
    seal: int
    sealed_at: datetime
    previous: bytes
    contents: bytes = field(repr=False)
    line: bytes = field(repr=False)

    @classmethod
    def of_line(cls, line: bytes, *, head: bytes | None = None) -> Record:
        """Read a line with its end.

        :param head: the digest of the line where it is known; None otherwise.
        :raises DecodeError: when it is not the line of a record.
        """
        found = _LINE.fullmatch(line)
        if found is None:
            raise DecodeError("this is not the line of a record")
        _, kind, number, at, seal, sealed_at, previous, contents = found.groups()
        record = cls(
            RecordKind(kind.decode("ascii")),
            int(number),
            _time(at),
            int(seal),
            _time(sealed_at),
            bytes.fromhex(previous.decode("ascii")),
            contents,
            line,
        )
        if head is not None:
            record.__dict__["head"] = head
        return record

    @property
    def body(self) -> bytes:
        """What the MAC is over: the line without the MAC and without its end."""
        return self.line[_MAC_LEN + 1 : -1]

    @cached_property
    def head(self) -> bytes:
        """The digest of the line, which the next record has as its ``previous``: 32 bytes."""
        return sm3.digest(self.line)

    @property
    def data(self) -> bytes:
        """What was logged.

        :raises InvalidInputError: when this is no entry.
        :raises DecodeError: when the contents are not in one of the two forms.
        """
        if self.kind is not RecordKind.ENTRY:
            raise InvalidInputError(f"record {self.number} is no entry but a {self.kind.value}")
        form, rest = self.contents[:1], self.contents[1:]
        if form == b"=":
            return rest
        if form == b":":
            data = strict_base64(rest)
            if data is not None:
                return data
        raise DecodeError(f"the contents of record {self.number} are neither text nor base64")


class ChainPlace(NamedTuple):
    """Where a new record stands; the fields are those of :class:`Record`."""

    number: int
    at: datetime
    seal: int
    sealed_at: datetime
    previous: bytes

    def front(self, kind: RecordKind) -> bytes:
        """Return what stands before the contents in the body of a record."""
        seal = f"{self.seal} {time_text(self.sealed_at)}"
        return f"{kind.value} {self.number} {time_text(self.at)} {seal} {self.previous.hex()} ".encode("ascii")


def new_record(kind: RecordKind, place: ChainPlace, contents: bytes, key: LogKey) -> Record:
    """Make a record with its MAC."""
    body = place.front(kind) + contents
    return Record(kind, *place, contents, key.mac(body) + b" " + body + b"\n")


def entry_contents(data: Buffer) -> bytes:
    """Return the contents of an entry: text as it is where a terminal can show it, base64 for anything else.

    :raises InvalidTypeError: when data is not a buffer.
    :raises LimitExceeded: when it is longer than :data:`MAX_ENTRY_LEN`.
    """
    raw = _inputs.as_bytes(data, "an entry", text_hint="encode it, for instance as UTF-8")
    if len(raw) > MAX_ENTRY_LEN:
        raise LimitExceeded(f"an entry of {len(raw)} bytes; at most {MAX_ENTRY_LEN} are taken")
    if _is_plain(raw):
        return b"=" + raw
    return b":" + base64.b64encode(raw)


def _is_plain(raw: bytes) -> bool:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return text.isprintable() or all(char.isprintable() or char in _SPACES for char in text)


def words(contents: bytes, names: tuple[str, ...]) -> Mapping[str, str]:
    """Read contents of the form ``NAME=VALUE NAME=VALUE``, with exactly these names in this order.

    :raises DecodeError: when they are anything else.
    """
    try:
        parts = contents.decode("ascii").split(" ")
    except UnicodeDecodeError:
        parts = []
    found = [_WORD.fullmatch(part) for part in parts[: len(names) + 1]]
    pairs = {match[1]: match[2] for match in found if match is not None}
    if len(parts) != len(names) or tuple(pairs) != names:
        raise DecodeError(f"the contents of a record should be the words {', '.join(names)}")
    return pairs


@lru_cache(maxsize=16)  # records come many in a second
def time_text(at: datetime) -> str:
    """Write a time of UTC in whole seconds, as ``2026-03-01T08:00:00Z``."""
    return at.replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


@lru_cache(maxsize=16)  # each record repeats the time of the last seal, and many have one time
def _time(text: bytes) -> datetime:
    try:
        return datetime.fromisoformat(text[:-1].decode("ascii")).replace(tzinfo=timezone.utc)
    except ValueError:
        raise DecodeError(f"there is no such time as {text.decode('ascii')}") from None
