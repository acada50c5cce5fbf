"""Where a log goes on: the record that it ends with, and which ones can follow that.

Whatever keeps the lines, a file or a table, writes the records that are made here, one behind the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gmpki import _inputs
from gmpki.errors import InvalidInputError
from gmpki.protect.log_record import (
    MAX_KEY_ID_LEN,
    NO_RECORD,
    ChainPlace,
    LogKey,
    MacKeys,
    Record,
    RecordKind,
    new_record,
)
from gmpki.protect.log_seal import Checkpoint, Header, seal_contents

if TYPE_CHECKING:
    from datetime import datetime

    from gmpki.keys.interfaces import Signer

__all__ = ["Tail"]

_MAX_RECORDS: Final = 10**18 - 1


@dataclass(frozen=True, slots=True)
class Tail:
    """The end of a log, as far as somebody knows it. Immutable.

    :ivar header: of the part that is written to.
    :ivar key: that of its MACs.
    :ivar last: the last record.
    """

    header: Header
    key: LogKey
    last: Record

    @classmethod
    def begun(cls, keys: MacKeys, log_id: bytes, at: datetime, ended: Tail | None = None) -> Tail:
        """Return the tail of a part that has its first record, under the primary key, and nothing else.

        :param ended: the end of the part before; None for a new log.
        :raises InvalidInputError: when the id of the primary key is empty or too long.
        :raises GmpkiError: what the keys raise.
        """
        key_id = _inputs.as_bytes(keys.primary_id, "the id of the primary key")
        if not 1 <= len(key_id) <= MAX_KEY_ID_LEN:
            raise InvalidInputError(f"the id of a key is 1 to {MAX_KEY_ID_LEN} bytes, not {len(key_id)}")
        key = LogKey.of(keys, log_id, key_id)
        if ended is None:
            header, place = Header(log_id, 1, key_id), ChainPlace(1, at, 1, at, NO_RECORD)
        else:
            header, place = Header(log_id, ended.header.part + 1, key_id), ended._following(at)
        return cls(header, key, new_record(RecordKind.LOG, place, header.contents(), key))

    @property
    def seal(self) -> tuple[int, datetime]:
        """Number and time of the last seal, or of the first record of the log."""
        if self.last.kind is RecordKind.SEAL or self.last.number == 1:
            return self.last.number, self.last.at
        return self.last.seal, self.last.sealed_at

    @property
    def checkpoint(self) -> Checkpoint:
        """The same for who keeps it elsewhere."""
        return Checkpoint(self.header.log_id, self.last.number, self.last.head)

    def with_record(self, kind: RecordKind, contents: bytes, at: datetime) -> Tail:
        """Return the tail with one more record.

        :raises InvalidInputError: when there is none after 10^18 - 1.
        """
        return Tail(self.header, self.key, new_record(kind, self._following(at), contents, self.key))

    def with_seal(self, signer: Signer, at: datetime) -> Tail:
        """Return the tail with a seal.

        :raises GmpkiError: what the signer raises.
        """
        contents = seal_contents(self._following(at).front(RecordKind.SEAL), self.header, signer)
        return self.with_record(RecordKind.SEAL, contents, at)

    def _following(self, at: datetime) -> ChainPlace:
        number = _inputs.number(self.last.number + 1, 1, _MAX_RECORDS, "the number of a record")
        return ChainPlace(number, at, *self.seal, self.last.head)
