"""The cross-references of a PDF file: one section for each time it was written.

:standard: ISO 32000-1 7.5.4 to 7.5.8
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gmpki.errors import DecodeError, LimitExceeded
from gmpki.seal.pdf.filters import decoded
from gmpki.seal.pdf.syntax import MAX_OBJECT_NUMBER, Stream, read_value, skip_white

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["END", "MAX_ALL_ENTRIES", "Entry", "Section", "last_end", "read_section"]

MAX_ENTRIES: Final = 1 << 20
"""The most objects that one section lists."""
MAX_ALL_ENTRIES: Final = 2 * MAX_ENTRIES
"""The most that all sections of a file list: each takes memory, and packed ones take hardly any room in the file."""

END: Final = re.compile(rb"startxref[\x00\t\n\x0c\r ]{1,64}(\d{1,10})[\x00\t\n\x0c\r ]{1,64}%%EOF")
"""The end of a file, or of a revision of it."""
_HEAD: Final = re.compile(rb"xref[\x00\t\n\x0c\r ]+")
_SUBSECTION: Final = re.compile(rb"(\d{1,10}) (\d{1,10})[\x00\t\x0c ]*(?:\r\n|\r|\n)")
_ROWS: Final = re.compile(rb"(?:\d{10} \d{5} [nf](?: \r| \n|\r\n))*\Z")
_ROW_LEN: Final = 20
_TRAILER: Final = re.compile(rb"[\x00\t\n\x0c\r ]*trailer")
_OBJECT: Final = re.compile(rb"(\d{1,10})[\x00\t\n\x0c\r ]+(\d{1,5})[\x00\t\n\x0c\r ]+obj")


@dataclass(frozen=True, slots=True)
class Entry:
    """Where an object stands. Immutable.

    :ivar offset: in the file; -1 when the number is free, or the object lies in an object stream.
    :ivar stream: the number of that object stream; 0 when it lies in none.
    :ivar index: which object of it, counted from 0.
    """

    offset: int
    generation: int = 0
    stream: int = 0
    index: int = 0

    @property
    def is_free(self) -> bool:
        """Tell whether there is no object of the number."""
        return self.offset < 0 and not self.stream


_FREE: Final = Entry(-1)


@dataclass(frozen=True, slots=True)
class Section:
    """One section of cross-references, with its trailer. Immutable.

    :ivar start: where it begins in the file.
    :ivar end: where its trailer or stream ends.
    :ivar is_hybrid: whether it has a second form for newer readers.
    """

    start: int
    end: int
    entries: dict[int, Entry]
    trailer: dict[str, Any]
    is_hybrid: bool = False

    @property
    def previous(self) -> int | None:
        """Where the section before it stands.

        :raises DecodeError: when that is no number.
        """
        return _offset_in(self.trailer, "Prev")


def _offset_in(trailer: dict[str, Any], key: str) -> int | None:
    value = trailer.get(key)
    if value is not None and (type(value) is not int or value < 0):
        raise DecodeError(f"{key} in a trailer is no place in the file")
    return value


def last_end(data: bytes, end: int) -> re.Match[bytes]:
    """Return the last end of a revision among the first bytes of a file.

    :raises DecodeError: when there is none.
    """
    position = end
    while (position := data.rfind(b"startxref", 0, position)) >= 0:
        found = END.match(data, position, end)
        if found is not None:
            return found
    raise DecodeError("the file has no end: startxref and %%EOF are missing")


def read_section(data: bytes, at: int, read_stream: Callable[[int], tuple[int, Stream, int]]) -> Section:
    """Read the section that stands somewhere.

    :param read_stream: reads the stream object at a place; returns its number, itself and where it ends.
    :raises DecodeError: when there is none, or it is malformed, or lists an object twice.
    :raises LimitExceeded: when it lists too many objects.
    """
    at = skip_white(data, at)
    head = _HEAD.match(data, at)
    if head is None:
        if _OBJECT.match(data, at) is None:
            raise DecodeError("no cross-references where they should stand", offset=at)
        return _stream_section(data, at, read_stream)
    entries, position = _table(data, head.end())
    trailer, end = read_value(data, position)
    if not isinstance(trailer, dict):
        raise DecodeError("a trailer is no dictionary", offset=position)
    newer = _offset_in(trailer, "XRefStm")
    if newer is None:
        return Section(at, end, entries, trailer)
    # Old readers do not see what the stream lists; what the table has in use is in use for all of them.
    other = _stream_section(data, skip_white(data, newer), read_stream)
    merged = {**{number: entry for number, entry in entries.items() if entry.is_free}, **other.entries}
    merged.update((number, entry) for number, entry in entries.items() if not entry.is_free)
    return Section(at, end, merged, trailer, is_hybrid=True)


def _table(data: bytes, at: int) -> tuple[dict[int, Entry], int]:
    """Read the rows of a table, up to the word trailer; return where that ends."""
    entries: dict[int, Entry] = {}
    while True:
        found = _SUBSECTION.match(data, at)
        if found is None:
            trailer = _TRAILER.match(data, at)
            if trailer is None:
                raise DecodeError("a table of cross-references is malformed", offset=at)
            return entries, trailer.end()
        first, count = int(found[1]), int(found[2])
        rows = data[found.end() : found.end() + _ROW_LEN * count] if count <= MAX_ENTRIES else b""
        if len(entries) + count > MAX_ENTRIES:
            raise LimitExceeded(f"a table of cross-references with more than {MAX_ENTRIES} objects")
        if len(rows) != _ROW_LEN * count or _ROWS.match(rows) is None:
            raise DecodeError("a table of cross-references consists of rows of 20 bytes", offset=found.end())
        for index in range(count):
            row = rows[_ROW_LEN * index : _ROW_LEN * index + 18]
            entry = _FREE if row[17:18] == b"f" else Entry(int(row[:10]), int(row[11:16]))
            _add(entries, first + index, entry, at)
        at = found.end() + len(rows)


def _add(entries: dict[int, Entry], number: int, entry: Entry, at: int) -> None:
    if number in entries:
        raise DecodeError(f"cross-references list object {number} twice", offset=at)
    if number > MAX_OBJECT_NUMBER:
        raise LimitExceeded(f"object {number}: numbers of objects go to {MAX_OBJECT_NUMBER}")
    if number:  # object 0 is the head of the list of free ones
        entries[number] = entry


def _stream_section(data: bytes, at: int, read_stream: Callable[[int], tuple[int, Stream, int]]) -> Section:
    _, stream, end = read_stream(at)
    dictionary = stream.dictionary
    if dictionary.get("Type") != "XRef":
        raise DecodeError("a stream of cross-references has the type XRef", offset=at)
    widths: Any = dictionary.get("W")
    index: Any = dictionary.get("Index", [0, dictionary.get("Size")])
    if not _are_numbers(widths, 8) or len(widths) != 3 or not sum(widths):
        raise DecodeError("W of a stream of cross-references is malformed", offset=at)
    if not _are_numbers(index, MAX_OBJECT_NUMBER + 1) or len(index) % 2:
        raise DecodeError("Index of a stream of cross-references is malformed", offset=at)
    count, width = sum(index[1::2]), sum(widths)
    if count > MAX_ENTRIES:
        raise LimitExceeded(f"a stream of cross-references with more than {MAX_ENTRIES} objects")
    # A predictor adds one byte to each of its rows, which are as long as those here, or shorter.
    rows = decoded(dictionary, data[stream.start : stream.end], at=at, max_len=2 * count * width + 1)
    if len(rows) != count * width:
        raise DecodeError("a stream of cross-references has another length than its Index says", offset=at)
    entries: dict[int, Entry] = {}
    position = 0
    for first, number in zip(index[::2], index[1::2], strict=True):
        for item in range(number):
            _add(entries, first + item, _entry(rows[position : position + width], widths, at), at)
            position += width
    return Section(at, end, entries, dictionary)


def _are_numbers(values: Any, most: int) -> bool:
    return isinstance(values, list) and all(type(value) is int and 0 <= value <= most for value in values)


def _entry(row: bytes, widths: list[int], at: int) -> Entry:
    first, second, _ = widths
    kind = int.from_bytes(row[:first], "big") if first else 1
    place = int.from_bytes(row[first : first + second], "big")
    last = int.from_bytes(row[first + second :], "big")
    if kind == 0:
        return _FREE
    if kind == 1:
        return Entry(place, last)
    if kind == 2 and 0 < place <= MAX_OBJECT_NUMBER:
        return Entry(-1, 0, place, last)
    # ISO 32000-1 7.5.8.3 has readers take unknown kinds for null, which not all of them do.
    raise DecodeError("cross-references of an unknown kind", offset=at)
