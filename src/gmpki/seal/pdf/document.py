"""A PDF file as bytes: the objects that stand at its places. Which of them are in force is what a revision tells.

Objects are read when they are asked for, once for all revisions of a file.

:standard: ISO 32000-1 7.3.8, 7.3.10 and 7.5
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gmpki.errors import DecodeError, LimitExceeded
from gmpki.seal.pdf._pyhanko import pdf_bytes
from gmpki.seal.pdf.filters import MAX_DECODED_LEN, decoded
from gmpki.seal.pdf.syntax import Stream, read_value, skip_white
from gmpki.seal.pdf.xref import MAX_ALL_ENTRIES, Section, read_section

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["ObjectStream", "PDFDocument", "StoredObject"]

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
class ObjectStream:
    """What an object stream says about itself. Immutable."""

    data: bytes
    first: int
    places: tuple[tuple[int, int], ...]
    start: int
    end: int


class PDFDocument:
    """The bytes of a PDF file, and what was read of them. A context: one thread at a time.

    :ivar data: the file.
    :ivar known_objects: what stands at a place, where that is the same for all revisions.
    :ivar known_references: the numbers to which an object refers, by its place and its own number.
    """

    def __init__(self, data: Buffer) -> None:
        """Take the bytes of a file; nothing is read yet.

        :raises InvalidTypeError: when data has no buffer.
        :raises LimitExceeded: when it is longer than 512 MiB.
        :raises DecodeError: when it does not begin as PDF files do.
        """
        self.data = pdf_bytes(data)
        self._sections: dict[int, Section] = {}
        self._heads: dict[int, tuple[int, int, Any, int]] = {}
        self._streams: dict[tuple[int, int], ObjectStream] = {}
        self._values: dict[tuple[int, int], StoredObject] = {}
        self.known_objects: dict[int, StoredObject] = {}
        self.known_references: dict[tuple[int, int], frozenset[int]] = {}
        self._left = _MAX_READ_FACTOR * len(self.data) + (1 << 20)
        self._decoded_left = _MAX_DECODED
        self._entries_left = MAX_ALL_ENTRIES

    def section(self, at: int) -> Section:
        """Return the cross-references at a place.

        :raises DecodeError: when there are none.
        :raises LimitExceeded: when they list too many objects, in one place or in all.
        """
        found = self._sections.get(at)
        if found is None:
            if at >= len(self.data):
                raise DecodeError("cross-references should stand behind the end of the file")
            found = read_section(self.data, at, self._read_stream)
            self._entries_left -= len(found.entries)
            if self._entries_left < 0:
                raise LimitExceeded(f"cross-references of more than {MAX_ALL_ENTRIES} objects in all")
            self._sections[at] = found
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
            self._spend(0)
            try:
                value, end = read_value(self.data, title.end())
            except DecodeError:
                # What does not end was looked for up to the end of the file.
                self._spend(len(self.data) - at)
                raise
            self._spend(end - at)
            found = self._heads[at] = (int(title[1]), int(title[2]), value, end)
        return found

    def _spend(self, length: int) -> None:
        self._left -= length
        if self._left < 0:
            raise LimitExceeded("objects of the file lie over each other")

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

    def object_stream(self, stored: StoredObject) -> ObjectStream:
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
        found = self._streams[key] = ObjectStream(data, first, places, stored.start, stored.end)
        return found

    def inner(self, stream: ObjectStream, index: int, number: int) -> StoredObject:
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
