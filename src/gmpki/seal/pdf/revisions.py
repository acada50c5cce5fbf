"""The revisions of a PDF file: where each one ends, and whether a later one is nothing but an update of an earlier one.

An update appends: objects, cross-references that name them and an end. Whatever else is appended is there for readers
that repair files, which see another document than those that follow the cross-references.

:standard: ISO 32000-1 7.5.6
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki.errors import SealError
from gmpki.seal.pdf.revision import Revision
from gmpki.seal.pdf.syntax import WHITE
from gmpki.seal.pdf.xref import END, last_end

if TYPE_CHECKING:
    from gmpki.seal.pdf.document import PDFDocument

__all__ = ["check_update", "newest_revision", "revision_ends"]

_SHOWN_LEN: Final = 24


def newest_revision(document: PDFDocument) -> Revision:
    """Return a file as it stands.

    :raises DecodeError: when it has no end, or its cross-references are malformed.
    :raises LimitExceeded: when it was written too often.
    :raises UnsupportedAlgorithm: when it is encrypted.
    """
    closing = last_end(document.data, len(document.data))
    end = closing.end()
    # White space behind the end belongs to the file; anything else is told by check_update.
    if not document.data[end:].strip(WHITE):
        end = len(document.data)
    return Revision(document, end)


def revision_ends(newest: Revision) -> list[int]:
    """Return where the revisions of a file end, the oldest first, each behind its ``%%EOF``."""
    declared: dict[int, int] = {}
    for found in END.finditer(newest.document.data, 0, newest.end):
        declared.setdefault(int(found[1]), found.end())
    # A file for the web has two sections in its first revision, of which the second is the one that is declared.
    ends = [declared[place] for place in newest.places if place in declared]
    return sorted(set(ends))


def check_update(signed: Revision, newest: Revision) -> None:
    """Check that a file is an earlier revision of itself with nothing but updates behind it.

    :raises SealError: "changed" when it is not.
    :raises DecodeError: when an object of an update is malformed.
    :raises LimitExceeded: when objects lie over each other.
    """
    document = newest.document
    if newest.places[-len(signed.places) :] != signed.places:
        raise SealError(
            "changed", "the file was written anew since: its cross-references do not go back to what was signed"
        )
    tail = document.data[newest.end :].strip(WHITE)
    if tail:
        raise SealError("changed", f"{len(tail)} bytes follow the end of the file")
    spans: list[tuple[int, int]] = []
    for section in newest.sections[: len(newest.sections) - len(signed.sections)]:
        if section.start < signed.end:
            raise SealError("changed", "cross-references of an update stand among the bytes that were signed")
        if section.is_hybrid:
            raise SealError("changed", "an update has cross-references in two forms, which readers see differently")
        spans.append((section.start, section.end))
        for number, entry in section.entries.items():
            if entry.offset >= signed.end:
                spans.append(newest.span(number, entry))
    spans += [found.span() for found in END.finditer(document.data, signed.end, newest.end)]
    _check_tiles(document.data, spans, signed.end, newest.end)


def _check_tiles(data: bytes, spans: list[tuple[int, int]], start: int, end: int) -> None:
    """Check that spans lie side by side with nothing but white space between them."""
    position = start
    for first, last in sorted(set(spans)):
        if first < position:
            if last <= position and data.startswith(b"startxref", first):
                continue  # bytes inside an object that look like an end
            raise SealError("changed", f"at byte {first} one object of an update lies over another")
        _check_white(data, position, first)
        position = last
    _check_white(data, position, end)


def _check_white(data: bytes, start: int, end: int) -> None:
    between = data[start:end].strip(WHITE)
    if between:
        where = start + data[start:end].find(between[:1])
        raise SealError(
            "changed",
            f"at byte {where} stands {between[:_SHOWN_LEN]!r}, which is no object that cross-references name",
        )
