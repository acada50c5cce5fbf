"""The signatures of a PDF file, each with the bytes that it is over and the revision that it was made in.

What is found here is about the file alone: nothing is verified that needs a key.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gmpki.errors import GmpkiError, LimitExceeded, SealError, UnsupportedAlgorithm
from gmpki.seal.pdf.byte_range import ByteRange, contents_value
from gmpki.seal.pdf.fields import Field, SignatureValue, read_fields, text_of
from gmpki.seal.pdf.pages import placement, rectangle
from gmpki.seal.pdf.profiles import ContentsKind, PDFProfile
from gmpki.seal.pdf.revision import Revision
from gmpki.seal.pdf.syntax import HexString, Reference

if TYPE_CHECKING:
    from gmpki.seal.pdf.pages import PageInfo
    from gmpki.seal.report import Placement

__all__ = ["MAX_SIGNATURES", "LocatedSignature", "locate", "places_of", "stamp_owner"]

MAX_SIGNATURES: Final = 256
"""The most signatures of a file that are looked at."""
_TYPES: Final = ("Sig", "DocTimeStamp")


@dataclass(frozen=True, slots=True)
class LocatedSignature:
    """A signature and its place. Immutable.

    :ivar contents: its DER, without what fills its place; empty when it cannot be told.
    :ivar kind: what that is; UNKNOWN when the names of the dictionary do not say.
    :ivar byte_range: what it is over; None when that is not in order.
    :ivar revision: the file when it was signed; None when there was none.
    :ivar problem: what is not in order about its structure.
    :ivar range_problem: what is not in order about what it covers.
    """

    field: Field
    value: SignatureValue
    contents: bytes
    kind: ContentsKind
    byte_range: ByteRange | None
    revision: Revision | None
    problem: GmpkiError | None = None
    range_problem: GmpkiError | None = None

    @property
    def is_seal(self) -> bool:
        """Tell whether it is a signature with a seal."""
        return self.kind is ContentsKind.SEAL_SIGNATURE

    @property
    def is_timestamp(self) -> bool:
        """Tell whether it is a time-stamp over the document."""
        return self.kind is ContentsKind.TIMESTAMP


def locate(newest: Revision) -> list[LocatedSignature]:
    """Return the signatures of a file in the order in which they were made.

    :raises DecodeError: when the form is malformed.
    :raises LimitExceeded: when there are more than 256 of them, or another bound is reached.
    """
    fields = [(field, field.value) for field in read_fields(newest) if field.value is not None]
    if len(fields) > MAX_SIGNATURES:
        raise LimitExceeded(f"a file with {len(fields)} signatures; at most {MAX_SIGNATURES} are looked at")
    uses: dict[tuple[int, int], int] = {}
    for _, value in fields:
        for key in _identities(value):
            uses[key] = uses.get(key, 0) + 1
    found = [_located(newest, field, value, uses) for field, value in fields]
    return sorted(found, key=lambda one: one.byte_range.end if one.byte_range else newest.end + 1)


def _identities(value: SignatureValue) -> set[tuple[int, int]]:
    """Return what no two fields may have in common: the object and the place of Contents."""
    contents = value.dictionary.get("Contents")
    place = contents.start if isinstance(contents, HexString) and not value.in_stream else -1
    return {(0, value.start if not value.in_stream else value.number), (1, place)} - {(1, -1)}


def _located(
    newest: Revision, field: Field, value: SignatureValue, uses: dict[tuple[int, int], int]
) -> LocatedSignature:
    contents = b""
    kind = ContentsKind.UNKNOWN
    problem: GmpkiError | None = None
    try:
        kind = _kind(value)
        if any(uses[key] > 1 for key in _identities(value)):
            raise SealError("shared-value", "several fields share this signature")
        contents = _contents(value)
    except GmpkiError as error:
        problem = error
    try:
        place = _byte_range(newest, value)
        revision = _signed_revision(newest, field, value, place)
    except GmpkiError as error:
        return LocatedSignature(field, value, contents, kind, None, None, problem, error)
    return LocatedSignature(field, value, contents, kind, place, revision, problem)


def _kind(value: SignatureValue) -> ContentsKind:
    """Return what Contents should be by the names beside it.

    :raises SealError: "type" when the dictionary is of another type.
    :raises UnsupportedAlgorithm: when the table has no such name.
    """
    kind = value.dictionary.get("Type", "Sig")
    if kind not in _TYPES:
        raise SealError("type", "the signature dictionary has another Type than Sig and DocTimeStamp")
    profile = value.profile
    if profile is None:
        raise UnsupportedAlgorithm(
            f"the signature has the SubFilter {value.sub_filter or 'none'!r}, which is not known"
        )
    if (kind == "DocTimeStamp") is not (profile is PDFProfile.TIMESTAMP) and kind == "DocTimeStamp":
        raise SealError("type", "a time-stamp over the document has the SubFilter ETSI.RFC3161")
    return profile.row.contents


def _contents(value: SignatureValue) -> bytes:
    contents = value.dictionary.get("Contents")
    if not isinstance(contents, bytes):
        raise SealError("contents", "the signature has no Contents")
    return contents_value(contents)


def _byte_range(newest: Revision, value: SignatureValue) -> ByteRange:
    if value.in_stream:
        raise SealError("byte-range", "the signature lies in an object stream, where nothing can be left out")
    numbers = value.dictionary.get("ByteRange")
    return ByteRange.read(newest.document.data, numbers, value.dictionary.get("Contents"))


def _signed_revision(newest: Revision, field: Field, value: SignatureValue, place: ByteRange) -> Revision:
    """Return the file as it was signed.

    :raises SealError: "byte-range" when the signature belongs to no field of it.
    :raises DecodeError: when it was no file.
    """
    signed = newest if place.covers_all(newest.document.data) else Revision(newest.document, place.end)
    there = next((one.value for one in read_fields(signed) if one.name == field.name), None)
    if there is None or (there.number, there.start) != (value.number, value.start):
        raise SealError("byte-range", "the signature is not part of the revision that it covers")
    return signed


# ---- where it shows ---------------------------------------------------------------------------
def stamp_owner(revision: Revision, annotation: dict[str, Any]) -> str:
    """Return the name of the field to whose signature a Stamp annotation belongs; an empty text when to none."""
    if annotation.get("Subtype") != "Stamp":
        return ""
    return text_of(revision.resolve(annotation.get("NM"))).rpartition("#")[0]


def places_of(revision: Revision, pages: list[PageInfo]) -> dict[str, tuple[Placement, ...]]:
    """Return where signatures show, by the names of their fields: those of the fields first, then further ones.

    :raises DecodeError: when the pages or the form are malformed.
    """
    widgets = {number: field.name for field in read_fields(revision) for number, _ in field.widgets if number}
    found: dict[str, list[tuple[bool, Placement]]] = {}
    for page in pages:
        if "Annots" not in page.dictionary:
            continue
        for item in revision.array(page.dictionary["Annots"], "Annots of a page"):
            annotation = revision.resolve(item)
            if not isinstance(annotation, dict):
                continue
            own = widgets.get(item.number) if isinstance(item, Reference) else None
            name = own if own is not None else stamp_owner(revision, annotation)
            rect = rectangle(revision, annotation.get("Rect"))
            if name and rect is not None and rect[0] < rect[2] and rect[1] < rect[3]:
                found.setdefault(name, []).append((own is None, placement(revision, page, rect)))
    return {name: tuple(place for _, place in sorted(places, key=_first)) for name, places in found.items()}


def _first(place: tuple[bool, Placement]) -> bool:
    return place[0]
