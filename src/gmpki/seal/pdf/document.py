"""A PDF file as it stood at the end of one of its revisions: which objects it has, and what they are.

Every revision is looked at as the file that it once was: its first bytes up to an ``%%EOF``. What comes later does not
exist for it. Objects are read when they are asked for, once for all revisions of a file.

:standard: ISO 32000-1 7.5
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gmpki.errors import DecodeError, LimitExceeded, UnsupportedAlgorithm
from gmpki.seal.pdf._pyhanko import pdf_bytes
from gmpki.seal.pdf.filters import MAX_DECODED_LEN, decoded
from gmpki.seal.pdf.syntax import WHITE, Reference, Stream, read_value, references, skip_white
from gmpki.seal.pdf.xref import Entry, Section, last_end, read_section

if TYPE_CHECKING:
    from collections.abc import Iterable

    from typing_extensions import Buffer

__all__ = ["PDFDocument", "Revision", "StoredObject"]

MAX_SECTIONS: Final = 256
"""The most times that a file may have been written."""
_MAX_READ_FACTOR: Final = 4
_MAX_DECODED: Final = 256 << 20

_OBJECT: Final = re.compile(rb"(\d{1,10})[\x00\t\n\x0c\r ]+(\d{1,5})[\x00\t\n\x0c\r ]+obj")
_STREAM: Final = re.compile(rb"stream(?:\r\n|\n)")
_END_OF_STREAM: Final = re.compile(rb"[\r\n]{0,2}endstream")


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object as it is read. Immutable.

    :ivar start: where it begins in the file: its own number, or that of the object stream in which it lies.
    :ivar end: where endobj ends.
    :ivar value: itself.
    """

    start: int
    end: int
    value: Any


@dataclass(frozen=True, slots=True)
class _ObjectStream:
    """What an object stream says about itself. Immutable."""

    data: bytes
    first: int
    places: tuple[tuple[int, int], ...]
    start: int
    end: int


class PDFDocument:
    """A PDF file and its revisions. A context: one thread at a time, for it remembers what it has read."""

    def __init__(self, data: Buffer) -> None:
        """Take the bytes of a file; nothing is read yet.

        :raises InvalidTypeError: when data has no buffer.
        :raises LimitExceeded: when it is longer than 512 MiB.
        :raises DecodeError: when it does not begin as PDF files do.
        """
        self.data = pdf_bytes(data)
        self._sections: dict[int, Section] = {}
        self._heads: dict[int, tuple[int, int, Any, int]] = {}
        self._streams: dict[tuple[int, int], _ObjectStream] = {}
        self._values: dict[tuple[int, int], StoredObject] = {}
        self.known_references: dict[tuple[int, int], frozenset[int]] = {}
        self._left = _MAX_READ_FACTOR * len(self.data) + (1 << 20)
        self._decoded_left = _MAX_DECODED

    def at(self, end: int) -> Revision:
        """Return the file as it stood when it had that many bytes.

        :raises DecodeError: when it had no end there, or its cross-references are malformed.
        :raises LimitExceeded: when it was written more than 256 times.
        :raises UnsupportedAlgorithm: when it is encrypted.
        """
        return Revision(self, end)

    def section(self, at: int) -> Section:
        """Return the cross-references at a place.

        :raises DecodeError: when there are none.
        """
        found = self._sections.get(at)
        if found is None:
            if at >= len(self.data):
                raise DecodeError("cross-references should stand behind the end of the file")
            found = self._sections[at] = read_section(self.data, at, self._read_stream)
        return found

    def _read_stream(self, at: int) -> tuple[int, Stream, int]:
        """Read a stream of cross-references, whose length stands in itself."""
        number, _, value, end = self.head(at)
        if not isinstance(value, dict) or type(value.get("Length")) is not int:
            raise DecodeError("cross-references lie in a stream that tells its own length", offset=at)
        stream, end = self.payload(value, end, value["Length"])
        return number, stream, self.closing(end)

    def head(self, at: int) -> tuple[int, int, Any, int]:
        """Return number, generation and value of the object at a place, and where the value ends.

        :raises DecodeError: when there is none.
        :raises LimitExceeded: when objects lie over each other, so that reading them would not end.
        """
        found = self._heads.get(at)
        if found is None:
            start = skip_white(self.data, at)
            title = _OBJECT.match(self.data, start)
            if title is None:
                raise DecodeError("no object where one should stand", offset=at)
            value, end = read_value(self.data, title.end())
            self._left -= end - at
            if self._left < 0:
                raise LimitExceeded("objects of the file lie over each other")
            found = self._heads[at] = (int(title[1]), int(title[2]), value, end)
        return found

    def payload(self, dictionary: dict[str, Any], at: int, length: int) -> tuple[Stream, int]:
        """Return the stream that a dictionary begins, and where endstream ends.

        :raises DecodeError: when it has another length.
        """
        title = _STREAM.match(self.data, skip_white(self.data, at))
        if title is None or length < 0:
            raise DecodeError("a stream is malformed", offset=at)
        closing = _END_OF_STREAM.match(self.data, title.end() + length)
        if closing is None:
            raise DecodeError("a stream has another length than it says", offset=at)
        return Stream(dictionary, title.end(), title.end() + length), closing.end()

    def closing(self, at: int) -> int:
        """Return where endobj ends.

        :raises DecodeError: when it is missing.
        """
        at = skip_white(self.data, at)
        if self.data[at : at + 6] != b"endobj":
            raise DecodeError("an object does not end with endobj", offset=at)
        return at + 6

    def is_stream(self, at: int) -> bool:
        """Tell whether a dictionary that ends at a place is that of a stream."""
        return self.data.startswith(b"stream", skip_white(self.data, at))

    def object_stream(self, stored: StoredObject) -> _ObjectStream:
        """Return what an object stream holds.

        :raises DecodeError: when it is none, or malformed.
        :raises LimitExceeded: when object streams decode to too much.
        """
        stream = stored.value
        if not isinstance(stream, Stream) or stream.dictionary.get("Type") != "ObjStm":
            raise DecodeError("objects should lie in a stream that is none of objects", offset=stored.start)
        key = (stream.start, stream.end)
        found = self._streams.get(key)
        if found is not None:
            return found
        count, first = stream.dictionary.get("N"), stream.dictionary.get("First")
        if type(count) is not int or type(first) is not int or count < 0 or first < 0:
            raise DecodeError("an object stream says neither N nor First", offset=stored.start)
        max_len = min(MAX_DECODED_LEN, self._decoded_left)
        data = decoded(
            stream.dictionary, self.data[stream.start : stream.end], at=stream.start, max_len=max(0, max_len)
        )
        self._decoded_left -= len(data)
        numbers = data[:first].split()
        if (
            len(numbers) != 2 * count
            or first > len(data)
            or not all(len(one) < 11 and one.isdigit() for one in numbers)
        ):
            raise DecodeError("the list of an object stream is malformed", offset=stored.start)
        values = list(map(int, numbers))
        places = tuple(zip(values[::2], values[1::2], strict=True))
        found = self._streams[key] = _ObjectStream(data, first, places, stored.start, stored.end)
        return found

    def inner(self, stream: _ObjectStream, index: int, number: int) -> StoredObject:
        """Return an object of an object stream.

        :raises DecodeError: when it is not there.
        """
        key = (stream.start, index)
        found = self._values.get(key)
        if found is None:
            if index >= len(stream.places) or stream.places[index][0] != number:
                raise DecodeError(f"object {number} is not where the cross-references say", offset=stream.start)
            try:
                value, end = read_value(stream.data, stream.first + stream.places[index][1])
            except DecodeError as error:
                raise DecodeError(f"object {number} is malformed: {error}", offset=stream.start) from None
            self._decoded_left -= end - stream.first - stream.places[index][1]
            if self._decoded_left < 0:
                raise LimitExceeded("objects of the file lie over each other, or decode to too much")
            found = self._values[key] = StoredObject(stream.start, stream.end, value)
        return found


class Revision:
    """A file as it stood at the end of one of its revisions. A context, as its document.

    :ivar end: how many bytes the file had.
    :ivar places: where its cross-references are said to stand, the newest first.
    :ivar sections: these cross-references.
    :ivar trailer: the newest trailer.
    """

    def __init__(self, document: PDFDocument, end: int) -> None:
        """Read the cross-references; see :meth:`PDFDocument.at`."""
        self.document = document
        self.end = end
        closing = last_end(document.data, end)
        if document.data[closing.end() : end].strip(WHITE):
            raise DecodeError("something follows the end of the file", offset=closing.end())
        self._referrers: dict[int, int] | None = None
        self.places, self.sections = self._chain(int(closing[1]))
        self.trailer = self.sections[0].trailer
        if any("Encrypt" in section.trailer for section in self.sections):
            raise UnsupportedAlgorithm("the PDF file is encrypted; decrypt it before it is verified")

    def _chain(self, start: int) -> tuple[tuple[int, ...], tuple[Section, ...]]:
        sections: list[Section] = []
        seen: dict[int, None] = {}
        place: int | None = start
        while place is not None:
            if place in seen:
                raise DecodeError("the cross-references run in a circle", offset=place)
            if len(sections) == MAX_SECTIONS:
                raise LimitExceeded(f"a file that was written more than {MAX_SECTIONS} times")
            seen[place] = None
            section = self.document.section(place)
            if section.end > self.end:
                raise DecodeError("the cross-references of a revision stand behind its end", offset=place)
            sections.append(section)
            place = section.previous
        return tuple(seen), tuple(sections)

    # ---- objects --------------------------------------------------------------------------
    def entry(self, number: int) -> Entry | None:
        """Return where an object stands; None when the revision has none of the number."""
        for section in self.sections:
            entry = section.entries.get(number)
            if entry is not None:
                return None if entry.is_free else entry
        return None

    def stored(self, number: int) -> StoredObject | None:
        """Return an object with its place; None when there is none of the number.

        :raises DecodeError: when it is malformed, or not where it should be.
        """
        entry = self.entry(number)
        if entry is None:
            return None
        if not entry.stream:
            return self._at(number, entry)
        holder = self.entry(entry.stream)
        if holder is None or holder.stream:
            raise DecodeError(f"object {number} should lie in object stream {entry.stream}, which is none")
        document = self.document
        stream = document.object_stream(self._at(entry.stream, holder, holds_objects=True))
        return document.inner(stream, entry.index, number)

    def _at(self, number: int, entry: Entry, *, holds_objects: bool = False) -> StoredObject:
        """Read an object that lies in the file itself."""
        document = self.document
        found = document.head(entry.offset)
        if found[:2] != (number, entry.generation):
            raise DecodeError(f"object {number} is not where the cross-references say", offset=entry.offset)
        value, end = found[2], found[3]
        if isinstance(value, dict) and document.is_stream(end):
            length = value.get("Length")
            if isinstance(length, Reference):
                length = self._length(length, in_file=holds_objects)
            if type(length) is not int:
                raise DecodeError("a stream does not tell its length", offset=entry.offset)
            value, end = document.payload(value, end, length)
        end = document.closing(end)
        if end > self.end:
            raise DecodeError(f"object {number} stands behind the end of its revision", offset=entry.offset)
        return StoredObject(entry.offset, end, value)

    def span(self, number: int, entry: Entry) -> tuple[int, int]:
        """Return where an object that lies in the file itself begins and ends.

        :raises DecodeError: when it is malformed, or not where it should be.
        """
        found = self._at(number, entry)
        return found.start, found.end

    def _length(self, reference: Reference, *, in_file: bool) -> Any:
        """Return the length of a stream that stands in an object of its own.

        :param in_file: that of a stream of objects, which cannot lie in such a stream.
        """
        entry = self.entry(reference.number)
        if entry is None or entry.generation != reference.generation:
            return None
        if entry.stream:
            return None if in_file else self.value(reference.number)
        number, _, value, _ = self.document.head(entry.offset)
        return value if number == reference.number else None

    def resolve(self, value: Any) -> Any:
        """Return what a value refers to; itself when it is no reference.

        :raises DecodeError: when that object is malformed, or itself nothing but a reference.
        """
        if not isinstance(value, Reference):
            return value
        entry = self.entry(value.number)
        if entry is None:
            return None
        if entry.generation != value.generation:
            # Some readers take the object, some null.
            raise DecodeError(f"{value} refers to another generation than there is")
        found = self.value(value.number)
        if isinstance(found, Reference):
            raise DecodeError(f"object {value.number} is nothing but a reference")
        return found

    def value(self, number: int) -> Any:
        """Return the object of a number; None when there is none.

        :raises DecodeError: when it is malformed, or not where it should be.
        """
        stored = self.stored(number)
        return None if stored is None else stored.value

    def dictionary(self, value: Any, what: str) -> dict[str, Any]:
        """Return a dictionary that a value is or refers to.

        :raises DecodeError: when it is none.
        """
        found = self.resolve(value)
        if not isinstance(found, dict):
            raise DecodeError(f"{what} is no dictionary")
        return found

    def array(self, value: Any, what: str) -> list[Any]:
        """Return an array that a value is or refers to; an empty one for null.

        :raises DecodeError: when it is none.
        """
        found = self.resolve(value)
        if found is None:
            return []
        if not isinstance(found, list):
            raise DecodeError(f"{what} is no array")
        return found

    @property
    def root(self) -> dict[str, Any]:
        """The catalog of the document.

        :raises DecodeError: when there is none.
        """
        return self.dictionary(self.inherited("Root"), "the catalog")

    def inherited(self, key: str) -> Any:
        """Return what the newest trailer says that says anything about a key."""
        return next((section.trailer[key] for section in self.sections if key in section.trailer), None)

    def numbers(self) -> set[int]:
        """Return the numbers of the objects that there are."""
        found: set[int] = set()
        free: set[int] = set()
        for section in self.sections:
            for number, entry in section.entries.items():
                if number not in found and number not in free:
                    (free if entry.is_free else found).add(number)
        return found

    def missing(self) -> set[int]:
        """Return the numbers of objects that something refers to and that do not exist: who adds one of them later
        changes what refers to it.

        :raises DecodeError: when any object of the revision is malformed.
        """
        return self._counted().keys() - self.numbers()

    def referrers(self, number: int) -> int:
        """Return how many objects, trailers included, refer to an object.

        :raises DecodeError: when any object of the revision is malformed.
        """
        return self._counted().get(number, 0)

    def _counted(self) -> dict[int, int]:
        """Count for every number the objects that refer to it."""
        if self._referrers is not None:
            return self._referrers
        counts: dict[int, int] = {}
        known = self.document.known_references
        groups: list[Iterable[int]] = [set().union(*(references(section.trailer) for section in self.sections))]
        for number in self.numbers():
            entry, stored = self.entry(number), self.stored(number)
            if entry is None or stored is None:
                continue
            # Objects of one stream share its place: their numbers tell them apart.
            key = (stored.start, number)
            if key not in known:
                known[key] = frozenset(references(stored.value))
            groups.append(known[key])
            groups.append((entry.stream,) if entry.stream else ())
        for group in groups:
            for number in group:
                counts[number] = counts.get(number, 0) + 1
        self._referrers = counts
        return counts
