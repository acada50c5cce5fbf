"""The signature fields of a PDF file, as they stand in one of its revisions.

The fields are found by the dictionaries themselves, from the catalog down, and not by what a library takes for a
signature: one with a SubFilter that nobody knows is a signature too, and is reported.

:standard: ISO 32000-1 12.7.3, 12.7.4.5 and 12.8
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, Final

from gmpki.errors import DecodeError, LimitExceeded
from gmpki.seal.pdf.pages import PageInfo, pages_of, placement, rectangle
from gmpki.seal.pdf.profiles import PDFProfile, find_profile
from gmpki.seal.pdf.syntax import Reference, shown

if TYPE_CHECKING:
    from gmpki.seal.pdf.revision import Revision
    from gmpki.seal.report import Placement

__all__ = ["MAX_FIELDS", "Field", "SignatureValue", "date_of", "form_of", "read_fields", "text_of"]

MAX_FIELDS: Final = 10_000
"""The most fields and widgets of a form."""
_MAX_DEPTH: Final = 16
_DATE: Final = re.compile(
    r"D:([0-9]{4})([0-9]{2})?([0-9]{2})?([0-9]{2})?([0-9]{2})?([0-9]{2})?([Z+-])(?:([0-9]{2})'?(?:([0-9]{2})'?)?)?\Z"
)
_LEAST: Final = (1, 1, 1, 0, 0, 0)
_INHERITED: Final = ("FT", "V", "Lock")


@dataclass(frozen=True, slots=True)
class SignatureValue:
    """The signature dictionary that is the value of a field. Immutable.

    :ivar number: of the object that it is or lies in.
    :ivar start: where that object begins in the file.
    :ivar in_stream: whether it lies in an object stream, where no gap of a ByteRange can be.
    """

    number: int
    start: int
    in_stream: bool
    dictionary: dict[str, Any]

    def name(self, key: str) -> str:
        """Return a name among its entries; an empty text when there is none."""
        value = self.dictionary.get(key)
        return shown(value) if isinstance(value, str) else ""

    @property
    def sub_filter(self) -> str:
        """The name of the encoding of Contents."""
        return self.name("SubFilter")

    @property
    def profile(self) -> PDFProfile | None:
        """What the table says that this is; None when it has no such name."""
        return find_profile(self.sub_filter)

    @property
    def is_timestamp(self) -> bool:
        """Tell whether it is a time-stamp over the document."""
        return self.profile is PDFProfile.TIMESTAMP


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a form. Immutable.

    :ivar name: its full name: those of its ancestors and its own, with points between.
    :ivar number: of its object; 0 when it has none of its own.
    :ivar kind: "Sig", "Tx" and so on.
    :ivar dictionary: with what it inherits.
    :ivar widgets: where it shows: the numbers and the dictionaries of its annotations.
    :ivar value: its signature; None when it is no signature field, or not signed.
    """

    name: str
    number: int
    kind: str
    dictionary: dict[str, Any]
    widgets: tuple[tuple[int, dict[str, Any]], ...]
    value: SignatureValue | None

    @property
    def is_signature(self) -> bool:
        """Tell whether it is one for signatures."""
        return self.kind == "Sig"

    def placements(self, revision: Revision, pages: list[PageInfo] | None = None) -> tuple[Placement, ...]:
        """Return where the field can be seen.

        :raises DecodeError: when the pages are malformed.
        """
        seen = [(number, rectangle(revision, widget.get("Rect"))) for number, widget in self.widgets]
        visible = {number: rect for number, rect in seen if rect and rect[0] < rect[2] and rect[1] < rect[3]}
        if not visible:
            return ()
        found = []
        for page in pages_of(revision) if pages is None else pages:
            if "Annots" not in page.dictionary:
                continue
            annotations = revision.array(page.dictionary["Annots"], "Annots of a page")
            found += [
                placement(revision, page, visible[item.number])
                for item in annotations
                if isinstance(item, Reference) and item.number in visible
            ]
        return tuple(found)


def form_of(revision: Revision) -> dict[str, Any]:
    """Return the form of a revision; an empty one when it has none.

    :raises DecodeError: when it is malformed.
    """
    form = revision.resolve(revision.root.get("AcroForm"))
    if form is None:
        return {}
    return revision.dictionary(form, "AcroForm")


def read_fields(revision: Revision) -> list[Field]:
    """Return every field of the form of a revision, in the order of the form.

    :raises DecodeError: when the form is malformed, or a field stands in it twice.
    :raises LimitExceeded: when it has more than 10,000 fields and widgets, or is too deep.
    """
    found: list[Field] = []
    seen: set[int] = set()
    roots = revision.array(form_of(revision).get("Fields"), "Fields of the form")
    pending: list[tuple[Any, str, dict[str, Any], int]] = [(item, "", {}, 0) for item in reversed(roots)]
    while pending:
        item, prefix, inherited, depth = pending.pop()
        if depth > _MAX_DEPTH or len(seen) + len(found) + len(pending) > 4 * MAX_FIELDS:
            raise LimitExceeded("a form with too many fields, or too deep")
        number = _number(item, seen)
        node = revision.dictionary(item, "a field of the form")
        name = _joined(prefix, revision, node)
        passed_on = inherited | {key: node[key] for key in _INHERITED if key in node}
        kids = revision.array(node.get("Kids"), "Kids of a field")
        fields = [kid for kid in kids if "T" in revision.dictionary(kid, "a kid of a field")]
        if fields and len(fields) != len(kids):
            raise DecodeError(f"the field {name!r} has both fields and widgets below it")
        if fields:
            pending.extend((kid, name, passed_on, depth + 1) for kid in reversed(fields))
            continue
        if kids:
            widgets = [(_number(kid, seen), revision.dictionary(kid, "a widget")) for kid in kids]
        else:
            widgets = [(number, node)] if node.get("Subtype") == "Widget" else []
        if len(seen) > MAX_FIELDS or len(found) >= MAX_FIELDS:
            raise LimitExceeded(f"a form with more than {MAX_FIELDS} fields")
        found.append(_field(revision, name, number, {**passed_on, **node}, tuple(widgets)))
    return found


def _number(item: Any, seen: set[int]) -> int:
    """Return the number of an object that may stand in the form once; 0 for what is no object of its own."""
    if not isinstance(item, Reference):
        return 0
    if item.number in seen:
        raise DecodeError(f"object {item.number} stands twice in the form")
    seen.add(item.number)
    return item.number


def _joined(prefix: str, revision: Revision, node: dict[str, Any]) -> str:
    own = text_of(revision.resolve(node.get("T")))
    if not own:
        return prefix
    return f"{prefix}.{own}" if prefix else own


def _field(
    revision: Revision, name: str, number: int, node: dict[str, Any], widgets: tuple[tuple[int, dict[str, Any]], ...]
) -> Field:
    kind = revision.resolve(node.get("FT"))
    value = None
    if kind == "Sig" and revision.resolve(node.get("V")) is not None:
        value = _value(revision, node["V"], number)
    return Field(name, number, str(kind or ""), node, widgets, value)


def _value(revision: Revision, item: Any, field_number: int) -> SignatureValue:
    number = item.number if isinstance(item, Reference) else field_number
    dictionary = revision.dictionary(item, "the value of a signature field")
    entry, stored = revision.entry(number), revision.stored(number)
    if entry is None or stored is None:
        raise DecodeError("a signature lies in no object")
    return SignatureValue(number, stored.start, bool(entry.stream), dictionary)


def date_of(value: Any) -> datetime | None:
    """Return the time that a date string says; None when it is none, or says no time zone.

    :standard: ISO 32000-1 7.9.4
    """
    found = _DATE.match(text_of(value))
    if found is None:
        return None
    year, month, day, hour, minute, second = (
        int(part or least) for part, least in zip(found.groups()[:6], _LEAST, strict=True)
    )
    sign, hours, minutes = found[7], int(found[8] or 0), int(found[9] or 0)
    offset = timedelta(hours=hours, minutes=minutes) * (-1 if sign == "-" else 1)
    try:
        zone = timezone.utc if sign == "Z" else timezone(offset)
        return datetime(year, month, day, hour, minute, second, tzinfo=zone).astimezone(timezone.utc)
    except (ValueError, OverflowError):
        return None


def text_of(value: Any) -> str:
    """Return a text string; an empty one for what is none.

    :standard: ISO 32000-1 7.9.2.2
    """
    if not isinstance(value, bytes):
        return ""
    if value.startswith(b"\xfe\xff"):
        return value[2:].decode("utf-16-be", "replace")
    if value.startswith(b"\xef\xbb\xbf"):
        return value[3:].decode("utf-8", "replace")
    return value.decode("latin-1")
