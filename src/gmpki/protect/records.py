"""Integrity of records: a tag for each row, and a seal over a whole table.

A tag tells that a row is as it was written, in its table and under its primary key:

>>> from gmpki.errors import TamperedError
>>> from gmpki.protect import KeyRing, RecordTagger, TableSealer
>>> ring = KeyRing.generate()
>>> tagger = RecordTagger(ring, "grants")
>>> tag = tagger.tag({"user": "zhangsan", "role": "clerk"}, row=7)
>>> tagger.verify(tag, {"user": "zhangsan", "role": "admin"}, row=7)
Traceback (most recent call last):
gmpki.errors.TamperedError: the record 7 of grants is not as it was tagged

A tag has 46 bytes: the header of every stored object, with ``GMPR`` (:mod:`gmpki.protect._stored`), then HMAC-SM3,
under the ring's MAC key of the purpose ``record``, over the header and the canonical encoding
(:mod:`gmpki.protect.canonical`) of the list ``gmpki record 1``, table, the parts of the row's identity as a list, and
the record, a mapping of the names of its columns to their values.

What tags do not see: a row that was removed with its tag, and a row put back as it was earlier. A seal over the table
sees both, and says which rows they are; it suits tables that change seldom, such as those of rights:

>>> sealer = TableSealer(ring, "grants")
>>> seal = sealer.seal([(7, {"role": "clerk"}), (8, {"role": "auditor"})], number=1)
>>> sealer.differences(seal, [(8, {"role": "admin"})])
(TableDifference(row='7', reason='removed'), TableDifference(row='8', reason='changed'))

A seal:

====== ====== ==========================================================================================
offset length what
====== ====== ==========================================================================================
0      14     the header, with ``GMPT``
14     8      the number of the seal, big endian
22     4      the count of rows, big endian
26            for each row, sorted by the hash: SM3 of the canonical encoding of its identity (32 bytes), HMAC-SM3 of
              identity and record as above but with ``gmpki table row 1`` (32), the length (1) and the UTF-8 of how the
              identity is shown in messages
end-32 32     HMAC-SM3 over everything before, preceded by the canonical encoding of ``gmpki table 1`` and the table
====== ====== ==========================================================================================

Both MACs are under the ring's MAC key of the purpose ``table``. Each seal has a number, one above that of the last: an
old table with its old seal is found out by who knows which number the newest has, for instance because each seal is
written to the log of :mod:`gmpki.protect.log_file`. Keep it there, or on another machine; beside the table it
protects from those who cannot write the seal.
"""

from __future__ import annotations

from hmac import compare_digest
from typing import TYPE_CHECKING, Final, NamedTuple

from gmpki._inputs import as_bytes, iterated, member, number
from gmpki.algorithms import sm3
from gmpki.errors import DecodeError, InvalidInputError, InvalidTypeError, LimitExceeded, TamperedError
from gmpki.protect import canonical
from gmpki.protect._stored import HEADER_LEN, Kind, read_header, write_header
from gmpki.protect.keys import KeyRing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from typing_extensions import Buffer

    from gmpki.protect.canonical import RowId, Value

__all__ = ["MAX_ROWS", "TAG_LEN", "RecordTagger", "TableDifference", "TableSealer"]

TAG_LEN: Final = 46
MAX_ROWS: Final = 1_000_000
_MAC_LEN: Final = 32
_RECORD: Final = "gmpki record 1"
_TABLE_ROW: Final = "gmpki table row 1"
_TABLE: Final = "gmpki table 1"
_ROWS_AT: Final = HEADER_LEN + 12
_MAX_NUMBER: Final = (1 << 64) - 1


class RecordTagger:
    """Makes and checks the tags of one table's rows. Immutable; thread-safe.

    :param ring: tags with its primary key, verifies with the one that a tag names.
    :param table: the name of the table, 1 to 255 printable characters; it becomes part of every tag.
    :raises InvalidTypeError: when an argument has the wrong type.
    :raises InvalidInputError: when the name is empty, too long or not printable text in NFC.
    """

    __slots__ = ("_begun", "_keys", "_ring", "_table")

    def __init__(self, ring: KeyRing, table: str) -> None:
        member(ring, KeyRing, "ring")
        self._ring = ring
        self._table = canonical.label(table, "table")
        # What all tags of the table have in common. A ring is immutable, and so are the keys derived from it.
        self._begun = canonical.begin_list(4, _RECORD, self._table)
        self._keys: dict[bytes, bytes] = {}

    def tag(self, record: Mapping[str, Value], row: RowId) -> bytes:
        """Return the tag of a record: 46 bytes.

        :param record: the columns that are protected, by their names, with their values.
        :param row: the primary key of the row; 7 and "7" are two rows.
        :raises InvalidTypeError: when record is no mapping, or something in it or row has a type without an encoding.
        :raises InvalidInputError: when text is not in NFC, a time has no time zone and the like.
        :raises LimitExceeded: when the record is nested too deep or longer than 16 MiB.
        """
        header = write_header(Kind.RECORD_TAG, self._ring.primary_id)
        return header + self._mac(header, record, row)

    def verify(self, tag: Buffer | None, record: Mapping[str, Value], row: RowId) -> None:
        """Verify the tag of a record; errors beside those of :meth:`tag` are the following.

        :param tag: what stands in the row; None is a row without one.
        :raises TamperedError: when the record is not as it was tagged ("changed") or has no tag ("untagged"); ``place``
            is the row.
        :raises DecodeError: when the tag is none.
        :raises UnsupportedAlgorithm: when it has a version or algorithm that is not known here.
        :raises UnknownKeyError: when the ring does not hold its key.
        """
        shown = _place(row)
        if tag is None:
            raise TamperedError("untagged", f"the record {shown} of {self._table} has no tag", place=shown)
        raw = as_bytes(tag, "tag")
        read_header(raw, Kind.RECORD_TAG, "the tag")
        if len(raw) != TAG_LEN:
            raise DecodeError(f"a tag has {TAG_LEN} bytes, not {len(raw)}")
        if not compare_digest(self._mac(raw[:HEADER_LEN], record, row), raw[HEADER_LEN:]):
            raise TamperedError("changed", f"the record {shown} of {self._table} is not as it was tagged", place=shown)

    def is_current(self, tag: Buffer) -> bool:
        """Tell whether a tag was made under the key that is primary now, without verifying it.

        :raises InvalidTypeError: when it is not a buffer.
        :raises DecodeError: when it is no tag.
        :raises UnsupportedAlgorithm: when it has a version or algorithm that is not known here.
        """
        return read_header(as_bytes(tag, "tag"), Kind.RECORD_TAG, "the tag") == self._ring.primary_id

    def encoded(self, record: Mapping[str, Value], row: RowId) -> bytes:
        """Return what the MAC in a tag is over, behind the header; errors as those of :meth:`tag`."""
        return canonical.encode_behind(self._begun, canonical.row_parts(row), _mapping(record))

    def key_of(self, header: bytes) -> bytes:
        """Return the key of the MAC in a tag: 32 bytes.

        :param header: how the tag begins.
        :raises DecodeError: when it is none of a tag.
        :raises UnsupportedAlgorithm: when it has a version or algorithm that is not known here.
        :raises UnknownKeyError: when the ring does not hold the key.
        """
        key_id = read_header(header, Kind.RECORD_TAG, "the tag")
        key = self._keys.get(key_id)
        if key is None:
            key = self._keys[key_id] = self._ring.mac_key("gmpki record", key_id)
        return key

    def _mac(self, header: bytes, record: Mapping[str, Value], row: RowId) -> bytes:
        return sm3.hmac(self.key_of(header), header + self.encoded(record, row))


class TableDifference(NamedTuple):
    """A row that is not as it was sealed.

    :ivar row: its identity as it is shown in messages.
    :ivar reason: "removed", "added" or "changed".
    """

    row: str
    reason: str


class TableSealer:
    """Makes and checks seals over all rows of one table. Immutable; thread-safe. Parameters as :class:`RecordTagger`.

    Rows come as pairs of identity and record, in any order, at most 1,000,000.
    """

    __slots__ = ("_ring", "_table")

    def __init__(self, ring: KeyRing, table: str) -> None:
        member(ring, KeyRing, "ring")
        self._ring = ring
        self._table = canonical.label(table, "table")

    def seal(self, rows: Iterable[tuple[RowId, Mapping[str, Value]]], *, number: int) -> bytes:
        """Return a seal over the rows.

        :param number: 0 to 2^64 - 1: one above the number of the last seal.
        :raises InvalidTypeError: when rows are no pairs, or something in them has a type without an encoding.
        :raises InvalidInputError: when a row stands twice, text is not in NFC and the like.
        :raises LimitExceeded: when there are too many rows, or a record is too long.
        """
        _check_number(number, "number")
        key_id = self._ring.primary_id
        parts = [write_header(Kind.TABLE_SEAL, key_id) + number.to_bytes(8, "big")]
        found = self._fingerprints(rows, key_id)
        parts.append(len(found).to_bytes(4, "big"))
        for identity, (mac, shown) in sorted(found.items()):
            parts.append(identity + mac + bytes((len(shown),)) + shown)
        content = b"".join(parts)
        return content + self._mac(content, key_id)

    def verify(
        self, seal: Buffer, rows: Iterable[tuple[RowId, Mapping[str, Value]]], *, minimum_number: int = 0
    ) -> int:
        """Verify that the rows are those that were sealed; return the number of the seal.

        :param minimum_number: the least number that is accepted: that of the newest seal known.
        :raises TamperedError: when the seal was changed ("seal"), is older than that ("outdated"), or a row was
            removed, added or changed ("removed", "added", "changed"); ``place`` is the first row concerned.
        :raises GmpkiError: as :meth:`differences`.
        """
        _check_number(minimum_number, "minimum_number")
        found, different = self._compare(seal, rows)
        if found < minimum_number:
            raise TamperedError(
                "outdated", f"the seal of {self._table} has the number {found}; at least {minimum_number} expected"
            )
        if different:
            first = different[0]
            more = f", and {len(different) - 1} more" if len(different) > 1 else ""
            raise TamperedError(
                first.reason, f"the row {first.row} of {self._table} was {first.reason}{more}", place=first.row
            )
        return found

    def differences(
        self, seal: Buffer, rows: Iterable[tuple[RowId, Mapping[str, Value]]]
    ) -> tuple[TableDifference, ...]:
        """Return all rows that are not as they were sealed, sorted by how they are shown.

        :raises TamperedError: when the seal itself was changed ("seal").
        :raises DecodeError: when it is none.
        :raises UnsupportedAlgorithm: when it has a version or algorithm that is not known here.
        :raises UnknownKeyError: when the ring does not hold its key.
        :raises InvalidInputError: and the others that :meth:`seal` raises.
        """
        return self._compare(seal, rows)[1]

    def _compare(
        self, seal: Buffer, rows: Iterable[tuple[RowId, Mapping[str, Value]]]
    ) -> tuple[int, tuple[TableDifference, ...]]:
        raw = as_bytes(seal, "seal")
        key_id = read_header(raw, Kind.TABLE_SEAL, "the seal")
        content, mac = raw[:-_MAC_LEN], raw[-_MAC_LEN:]
        if len(content) < _ROWS_AT:
            raise DecodeError("a seal that ends inside its head", offset=len(raw))
        if not compare_digest(self._mac(content, key_id), mac):
            raise TamperedError("seal", f"the seal of {self._table} is not as it was made")
        sealed = _sealed_rows(content)
        present = self._fingerprints(rows, key_id)
        different = [
            TableDifference(shown.decode(), "changed" if identity in present else "removed")
            for identity, (fingerprint, shown) in sealed.items()
            if identity not in present or not compare_digest(present[identity][0], fingerprint)
        ]
        different += [
            TableDifference(shown.decode(), "added")
            for identity, (_, shown) in present.items()
            if identity not in sealed
        ]
        return int.from_bytes(content[HEADER_LEN : HEADER_LEN + 8], "big"), tuple(sorted(different))

    def _fingerprints(
        self, rows: Iterable[tuple[RowId, Mapping[str, Value]]], key_id: bytes
    ) -> dict[bytes, tuple[bytes, bytes]]:
        """Return, by the hash of each row's identity, the MAC of the row and how it is shown."""
        key = self._ring.mac_key("gmpki table", key_id)
        found: dict[bytes, tuple[bytes, bytes]] = {}
        for pair in iterated(rows, "rows", most=MAX_ROWS + 1):
            if not isinstance(pair, tuple) or len(pair) != 2:
                raise InvalidTypeError("rows must be pairs of identity and record")
            row, record = pair
            identity = sm3.digest(canonical.encode_row(row))
            if identity in found:
                raise InvalidInputError(f"the row {_place(row)} stands twice in {self._table}")
            if len(found) == MAX_ROWS:
                raise LimitExceeded(f"more than {MAX_ROWS} rows")
            data = canonical.encode((_TABLE_ROW, self._table, canonical.row_parts(row), _mapping(record)))
            found[identity] = (sm3.hmac(key, data), _place(row).encode())
        return found

    def _mac(self, content: bytes, key_id: bytes) -> bytes:
        return sm3.hmac(self._ring.mac_key("gmpki table", key_id), canonical.encode((_TABLE, self._table)) + content)


def _sealed_rows(content: bytes) -> dict[bytes, tuple[bytes, bytes]]:
    """Return the rows of a seal whose MAC holds: a length inside cannot be wrong."""
    rows = {}
    at = _ROWS_AT
    while at < len(content):
        identity, fingerprint = content[at : at + 32], content[at + 32 : at + 64]
        end = at + 65 + content[at + 64]
        rows[identity] = (fingerprint, content[at + 65 : end])
        at = end
    return rows


def _mapping(record: Mapping[str, Value]) -> Mapping[str, Value]:
    from collections.abc import Mapping as AnyMapping

    member(record, AnyMapping, "record")
    return record


def _place(row: RowId) -> str:
    return canonical.shown_row(canonical.row_parts(row))  # type: ignore[arg-type]


def _check_number(value: int, name: str) -> None:
    number(value, 0, _MAX_NUMBER, name)
