"""The pages of a PDF file, and where on them something stands, in the units of reports.

:standard: ISO 32000-1 7.7.3 and 8.3.2
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gmpki.errors import DecodeError, LimitExceeded
from gmpki.seal.pdf.syntax import Real, Reference
from gmpki.seal.report import Placement

if TYPE_CHECKING:
    from gmpki.seal.pdf.revision import Revision

__all__ = ["MAX_PAGES", "PageInfo", "page_size", "pages_of", "placement", "rectangle"]

MAX_PAGES: Final = 100_000
"""The most pages of a file."""
_MAX_TREE_DEPTH: Final = 32
_MM: Final = 25.4 / 72
_INHERITED: Final = ("MediaBox", "CropBox", "Rotate")
_A4: Final = (0.0, 0.0, 595.276, 841.89)
_LARGEST: Final = 1e7

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class PageInfo:
    """A page. Immutable.

    :ivar number: counted from 1.
    :ivar object_number: of its dictionary.
    :ivar dictionary: itself, with what it inherits.
    """

    number: int
    object_number: int
    dictionary: dict[str, Any]


def pages_of(revision: Revision) -> list[PageInfo]:
    """Return the pages of a revision in their order.

    :raises DecodeError: when the tree of pages is malformed.
    :raises LimitExceeded: when there are more than 100,000 of them, or the tree is too deep.
    """
    found: list[PageInfo] = []
    seen: set[int] = set()
    pending: list[tuple[Any, dict[str, Any], int]] = [(revision.root.get("Pages"), {}, 0)]
    while pending:
        reference, inherited, depth = pending.pop()
        if not isinstance(reference, Reference):
            raise DecodeError("the tree of pages consists of references")
        if reference.number in seen:
            raise DecodeError(f"object {reference.number} stands twice in the tree of pages")
        if depth > _MAX_TREE_DEPTH:
            raise LimitExceeded(f"a tree of pages that is deeper than {_MAX_TREE_DEPTH}")
        seen.add(reference.number)
        node = revision.dictionary(reference, "a node of the tree of pages")
        passed_on = inherited | {key: node[key] for key in _INHERITED if key in node}
        if node.get("Type") == "Page" or "Kids" not in node:
            found.append(PageInfo(len(found) + 1, reference.number, {**passed_on, **node}))
            if len(found) > MAX_PAGES:
                raise LimitExceeded(f"a file of more than {MAX_PAGES} pages")
            continue
        kids = revision.array(node["Kids"], "Kids of the tree of pages")
        pending.extend((kid, passed_on, depth + 1) for kid in reversed(kids))
    return found


def rectangle(revision: Revision, value: Any) -> Box | None:
    """Return a rectangle as left, bottom, right, top; None when it is none."""
    sides = revision.resolve(value)
    if not isinstance(sides, list) or len(sides) != 4:
        return None
    numbers = [revision.resolve(side) for side in sides]
    if not all(type(number) in (int, Real) and abs(number) < _LARGEST for number in numbers):
        return None
    one, two, three, four = map(float, numbers)
    return min(one, three), min(two, four), max(one, three), max(two, four)


def placement(revision: Revision, page: PageInfo, rect: Box) -> Placement:
    """Return where a rectangle stands on a page as it is shown, in mm from its upper left corner."""
    (left, bottom, right, top), quarter, scale = _shown(revision, page)
    x, y = (
        (rect[0] - left, top - rect[3]),
        (rect[1] - bottom, rect[0] - left),
        (right - rect[2], rect[1] - bottom),
        (top - rect[3], right - rect[2]),
    )[quarter]
    width, height = rect[2] - rect[0], rect[3] - rect[1]
    if quarter % 2:
        width, height = height, width
    return Placement(page.number, *(round(side * scale, 3) for side in (x, y, width, height)))


def page_size(revision: Revision, page: PageInfo) -> tuple[float, float]:
    """Return width and height of a page as it is shown, in mm."""
    (left, bottom, right, top), quarter, scale = _shown(revision, page)
    width, height = round((right - left) * scale, 2), round((top - bottom) * scale, 2)
    return (height, width) if quarter % 2 else (width, height)


def _shown(revision: Revision, page: PageInfo) -> tuple[Box, int, float]:
    """Return what of a page is shown, how many quarters it is turned clockwise, and how many mm a unit is."""
    media = rectangle(revision, page.dictionary.get("MediaBox")) or _A4
    box = _within(rectangle(revision, page.dictionary.get("CropBox")), media)
    turn = revision.resolve(page.dictionary.get("Rotate"))
    unit = revision.resolve(page.dictionary.get("UserUnit"))
    scale = _MM * (float(unit) if type(unit) in (int, Real) and 0 < unit < _LARGEST else 1.0)
    return box, turn // 90 % 4 if type(turn) is int else 0, scale


def _within(box: Box | None, media: Box) -> Box:
    """Return what of a page is shown."""
    if box is None:
        return media
    shown = (max(box[0], media[0]), max(box[1], media[1]), min(box[2], media[2]), min(box[3], media[3]))
    return shown if shown[0] < shown[2] and shown[1] < shown[3] else media
