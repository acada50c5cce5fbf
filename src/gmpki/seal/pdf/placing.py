"""Where a seal goes on the pages of a PDF file: by a word on the page or in a field that is there, and what a page is.

Everything here counts as a person does who looks at a page: in mm from the upper left corner of what is shown, upright,
whatever the page's own units, its crop box and its rotation are.

>>> KeywordStamp("盖章处", occurrence=-1).occurrence
-1
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gmpki._inputs import as_text, number
from gmpki.errors import DecodeError, InvalidInputError, LimitExceeded
from gmpki.seal.pdf._pyhanko import entry, guarded
from gmpki.seal.report import Placement
from gmpki.seal.stamps import MAX_PAGES, checked_mm, checked_page, checked_size

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = [
    "UNIT_MM",
    "FieldStamp",
    "KeywordStamp",
    "PageFrame",
    "Pages",
    "find_keyword",
]

UNIT_MM: Final = 25.4 / 72
"""One unit of a page whose UserUnit is 1, in mm (ISO 32000-1 8.3.2.3)."""

_MAX_DEPTH: Final = 64
_MAX_KEYWORD: Final = 200
_MAX_FOUND: Final = 10_000
_TOLERANCE_MM: Final = 0.5  # of pages whose size was rounded


@dataclass(frozen=True, slots=True)
class KeywordStamp:
    """A place by a word: the middle of the seal comes onto the middle of the word. Immutable.

    :ivar keyword: 1 to 200 characters, upper and lower case told apart.
    :ivar occurrence: which one, in the order of the pages: from 1, or from -1 for the last one.
    :ivar page: where it is looked for; None for all pages.
    :ivar dx_mm: how far to the right of the word.
    :ivar dy_mm: how far below it.
    :ivar width_mm: as for :class:`Stamp`, and so is ``height_mm``.
    :raises InvalidTypeError: when a field has the wrong type.
    :raises InvalidInputError: when one is out of bounds.
    """

    keyword: str
    occurrence: int = 1
    page: int | None = None
    dx_mm: float = 0.0
    dy_mm: float = 0.0
    width_mm: float | None = None
    height_mm: float | None = None

    def __post_init__(self) -> None:
        if not 1 <= len(as_text(self.keyword, "keyword").strip()) <= _MAX_KEYWORD or "\0" in self.keyword:
            raise InvalidInputError(f"a keyword has 1 to {_MAX_KEYWORD} characters")
        if number(self.occurrence, -_MAX_FOUND, _MAX_FOUND, "occurrence") == 0:
            raise InvalidInputError("occurrences are counted from 1, and from -1 backwards")
        if self.page is not None:
            checked_page(self.page)
        for name in ("dx_mm", "dy_mm"):
            object.__setattr__(self, name, checked_mm(getattr(self, name), name))
        for name in ("width_mm", "height_mm"):
            object.__setattr__(self, name, checked_size(getattr(self, name), name))


@dataclass(frozen=True, slots=True)
class FieldStamp:
    """The place of a signature field that the document has, and that nobody has signed. Immutable.

    The seal stands in its middle, made smaller where the field is smaller than the seal.

    :ivar name: the full name of the field.
    :raises InvalidTypeError: when the name is no ``str``.
    :raises InvalidInputError: when it is empty.
    """

    name: str

    def __post_init__(self) -> None:
        if not as_text(self.name, "name"):
            raise InvalidInputError("the name of a field is not empty")


# ---- pages ----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class PageFrame:
    """What is shown of a page, and how. Immutable.

    :ivar number: of the page, counted from 1.
    :ivar reference: pyHanko's reference to the page.
    :ivar box: left, bottom, right, upper edge of what is shown, in units of the page.
    :ivar rotate: how far it is turned clockwise: 0, 90, 180 or 270.
    :ivar unit_mm: one unit of the page.
    """

    number: int
    reference: Any
    box: tuple[float, float, float, float]
    rotate: int
    unit_mm: float

    @property
    def width_mm(self) -> float:
        """The width as it is shown."""
        return self._side(0 if self.rotate % 180 == 0 else 1)

    @property
    def height_mm(self) -> float:
        """The height as it is shown."""
        return self._side(1 if self.rotate % 180 == 0 else 0)

    def _side(self, axis: int) -> float:
        return (self.box[axis + 2] - self.box[axis]) * self.unit_mm

    def to_page(self, x_mm: float, y_mm: float) -> tuple[float, float]:
        """Return a point in units of the page."""
        left, bottom, right, top = self.box
        x, y = x_mm / self.unit_mm, y_mm / self.unit_mm
        if self.rotate == 90:
            return left + y, bottom + x
        if self.rotate == 180:
            return right - x, bottom + y
        if self.rotate == 270:
            return right - y, top - x
        return left + x, top - y

    def to_shown(self, x: float, y: float) -> tuple[float, float]:
        """Return a point given in units of the page, in mm as it is shown."""
        left, bottom, right, top = self.box
        if self.rotate == 90:
            along, down = y - bottom, x - left
        elif self.rotate == 180:
            along, down = right - x, y - bottom
        elif self.rotate == 270:
            along, down = top - y, right - x
        else:
            along, down = x - left, top - y
        return along * self.unit_mm, down * self.unit_mm

    def rectangle(self, place: Placement) -> tuple[float, float, float, float]:
        """Return a place as a Rect of the page: left, bottom, right, upper edge."""
        ax, ay = self.to_page(place.x_mm, place.y_mm)
        bx, by = self.to_page(place.x_mm + place.width_mm, place.y_mm + place.height_mm)
        return min(ax, bx), min(ay, by), max(ax, bx), max(ay, by)

    def placement(self, rectangle: tuple[float, float, float, float]) -> Placement:
        """Return the place of a Rect of the page."""
        ax, ay = self.to_shown(rectangle[0], rectangle[1])
        bx, by = self.to_shown(rectangle[2], rectangle[3])
        return Placement(self.number, min(ax, bx), min(ay, by), abs(ax - bx), abs(ay - by))

    def place(self, x_mm: float, y_mm: float, width_mm: float, height_mm: float) -> Placement:
        """Return a place on this page.

        :raises InvalidInputError: when it is not wholly on the page.
        """
        over = (-x_mm, -y_mm, x_mm + width_mm - self.width_mm, y_mm + height_mm - self.height_mm)
        if max(over) > _TOLERANCE_MM:
            raise InvalidInputError(
                f"the seal of {width_mm:g} x {height_mm:g} mm at {x_mm:g}, {y_mm:g} mm is not wholly on page "
                f"{self.number}, which is {self.width_mm:.1f} x {self.height_mm:.1f} mm"
            )
        return Placement(self.number, x_mm, y_mm, width_mm, height_mm)


class Pages:
    """The pages of a document, whose tree is walked once, and only as far as is needed. One thread at a time."""

    def __init__(self, handler: Any) -> None:
        """Begin.

        :param handler: pyHanko's reader or writer.
        """
        self._walk = _page_references(handler)
        self._found: list[Any] = []

    def frames(self, wanted: Iterable[int] | None = None) -> dict[int, PageFrame]:
        """Return pages by their numbers from 1.

        :param wanted: which ones; negative ones count from the end. None is all.
        :raises InvalidInputError: when there is no such page.
        :raises DecodeError: when the pages cannot be read.
        :raises LimitExceeded: when there are more than 100,000.
        """
        numbers = range(1, self._count() + 1) if wanted is None else [self._number(one) for one in wanted]
        with guarded():
            return {one: _frame(one, self._found[one - 1]) for one in numbers}

    def frame(self, wanted: int) -> PageFrame:
        """Return one page; errors as :meth:`frames`."""
        (found,) = self.frames([wanted]).values()
        return found

    def _number(self, wanted: int) -> int:
        number = wanted if wanted > 0 else self._count() + 1 + wanted
        with guarded():
            while len(self._found) < number and (reference := next(self._walk, None)) is not None:
                self._found.append(reference)
        if not 1 <= number <= len(self._found):
            raise InvalidInputError(f"there is no page {wanted}: the document has {len(self._found)}")
        return number

    def _count(self) -> int:
        """Return how many pages there are. What their tree says of it may be wrong, and is not asked."""
        with guarded():
            self._found += self._walk
        return len(self._found)


def _page_references(handler: Any) -> Iterator[Any]:
    """Give the references to the pages in their order; the tree may be hostile."""
    seen = set()
    pages = 0
    waiting = [(handler.root.raw_get("/Pages"), 0)]
    while waiting:
        reference, depth = waiting.pop()
        key = (reference.idnum, reference.generation)
        if key in seen or depth > _MAX_DEPTH:
            raise DecodeError("the tree of pages goes round, or is too deep")
        seen.add(key)
        if len(seen) > 2 * MAX_PAGES:
            raise LimitExceeded(f"a document has at most {MAX_PAGES} pages here")
        node = reference.get_object()
        if "/Kids" in node:
            waiting += [(kid, depth + 1) for kid in reversed(list(node["/Kids"]))]
        else:
            pages += 1
            yield reference
    if not pages:
        raise DecodeError("the document has no pages")


def _frame(page_number: int, reference: Any) -> PageFrame:
    page = reference.get_object()
    media = _box(_inherited(page, "/MediaBox"))
    crop = _inherited(page, "/CropBox")
    box = media if crop is None else _common(media, _box(crop))
    rotate = _inherited(page, "/Rotate") or 0
    if not isinstance(rotate, int) or rotate % 90:
        raise DecodeError(f"page {page_number} is turned by {rotate!s:.40} degrees")
    unit = float(entry(page, "/UserUnit", 1))
    if not 1e-3 <= unit <= 1e4:
        raise DecodeError(f"page {page_number} has units of {unit:g}/72 inch")
    return PageFrame(page_number, reference, box, rotate % 360, unit * UNIT_MM)


def _inherited(page: Any, name: str) -> Any:
    """Return an entry of a page or of the nodes above it (ISO 32000-1 7.7.3.4)."""
    node = page
    for _ in range(_MAX_DEPTH):
        if name in node:
            return node[name]
        if "/Parent" not in node:
            return None
        node = node["/Parent"]
    raise DecodeError("the tree of pages goes round, or is too deep")


def _box(value: Any) -> tuple[float, float, float, float]:
    """Return a rectangle, whose corners may be given in any order (ISO 32000-1 7.9.5)."""
    if value is None:
        raise DecodeError("a page has no MediaBox")
    ax, ay, bx, by = (float(side) for side in value)
    box = min(ax, bx), min(ay, by), max(ax, bx), max(ay, by)
    if not all(map(math.isfinite, box)) or box[2] - box[0] < 1 or box[3] - box[1] < 1:
        raise DecodeError("a page has no area")
    return box


def _common(
    media: tuple[float, float, float, float], crop: tuple[float, float, float, float]
) -> tuple[float, float, float, float]:
    """Return what of the crop box lies on the medium (ISO 32000-1 14.11.2); all of the medium where nothing does."""
    common = max(media[0], crop[0]), max(media[1], crop[1]), min(media[2], crop[2]), min(media[3], crop[3])
    return common if common[2] - common[0] >= 1 and common[3] - common[1] >= 1 else media


# ---- words ----------------------------------------------------------------------------------------------------------
def find_keyword(octets: bytes, stamp: KeywordStamp, frames: dict[int, PageFrame]) -> tuple[PageFrame, float, float]:
    """Return the page of a word, and the middle of the word there in mm.

    A word that goes on in the next line is found by its part in the first.

    :param frames: the pages on which it is looked for, in their order.
    :raises InvalidInputError: when it is not there so often.
    :raises DecodeError: when the file cannot be read.
    :raises UnsupportedPlatform: when pypdfium2 is not installed.
    """
    from gmpki.seal.pdf._pdfium import opened

    wanted = stamp.occurrence
    found: list[tuple[PageFrame, float, float]] = []
    with opened(octets) as document:
        for frame in frames.values():
            found += [(frame, *frame.to_shown(x, y)) for x, y in _middles(document, frame.number, stamp.keyword)]
            if 0 < wanted <= len(found) or len(found) >= _MAX_FOUND:
                break
    if not -len(found) <= wanted <= len(found) or not found:
        where = "the document" if len(frames) != 1 else f"page {next(iter(frames))}"
        if not found:
            raise InvalidInputError(f"the word {stamp.keyword!r} does not stand on {where}")
        raise InvalidInputError(f"the word {stamp.keyword!r} stands {len(found)} times on {where}, not {abs(wanted)}")
    return found[wanted - 1 if wanted > 0 else wanted]


def _middles(document: Any, page_number: int, keyword: str) -> list[tuple[float, float]]:
    """Return the middle of each occurrence of a word on a page, in units of the page."""
    page = document[page_number - 1]
    text = page.get_textpage()
    search = text.search(keyword, match_case=True)
    found: list[tuple[float, float]] = []
    while len(found) < _MAX_FOUND and (hit := search.get_next()) is not None:
        if text.count_rects(*hit) > 0:
            left, bottom, right, top = text.get_rect(0)
            found.append(((left + right) / 2, (bottom + top) / 2))
    return found
