"""A PDF file as it stood at the end of one of its revisions: which objects it has, and what they are.

Every revision is looked at as the file that it once was: its first bytes up to an ``%%EOF``. What comes later does not
exist for it.

:standard: ISO 32000-1 7.5
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gmpki.errors import DecodeError, LimitExceeded, UnsupportedAlgorithm
from gmpki.seal.pdf.document import StoredObject
from gmpki.seal.pdf.syntax import WHITE, Reference, references
from gmpki.seal.pdf.xref import last_end

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gmpki.seal.pdf.document import PDFDocument
    from gmpki.seal.pdf.xref import Entry, Section

__all__ = ["Revision"]

MAX_SECTIONS: Final = 256
"""The most times that a file may have been written."""


class Revision:
    """A file as it stood at the end of one of its revisions. A context, as its document.

    :ivar end: how many bytes the file had.
    :ivar places: where its cross-references are said to stand, the newest first.
    :ivar sections: these cross-references.
    :ivar trailer: the newest trailer.
    """

    def __init__(self, document: PDFDocument, end: int) -> None:
        """Read the cross-references of a file as it stood when it had some bytes.

        :raises DecodeError: when it had no end there, or its cross-references are malformed.
        :raises LimitExceeded: when it was written more than 256 times.
        :raises UnsupportedAlgorithm: when it is encrypted.
        """
        self.document = document
        self.end = end
        closing = last_end(document.data, end)
        if document.data[closing.end() : end].strip(WHITE):
            raise DecodeError("something follows the end of the file", offset=closing.end())
        self._referrers: dict[int, int] | None = None
        self.places, self.sections = self._chain(int(closing[1]))
        self.trailer = self.sections[0].trailer
        if any("Encrypt" in section.trailer for section in self.sections):
            raise UnsupportedAlgorithm("the PDF file is encrypted; decrypt it first")

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
        title, generation, value, end = document.head(entry.offset)
        if (title, generation) != (number, entry.generation):
            raise DecodeError(f"object {number} is not where the cross-references say", offset=entry.offset)
        stored = document.known_objects.get(entry.offset)
        if stored is not None and stored.end <= self.end:
            return stored
        is_same_for_all = True
        if isinstance(value, dict) and document.is_stream(end):
            length = value.get("Length")
            if isinstance(length, Reference):
                is_same_for_all = False
                length = self._length(length, in_file=holds_objects)
            if type(length) is not int:
                raise DecodeError("a stream does not tell its length", offset=entry.offset)
            value, end = document.payload(value, end, length)
        end = document.closing(end)
        if end > self.end:
            raise DecodeError(f"object {number} stands behind the end of its revision", offset=entry.offset)
        stored = StoredObject(entry.offset, end, value)
        if is_same_for_all:
            document.known_objects[entry.offset] = stored
        return stored

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
