"""The pictures of a report: the seals, and the pages that carry them, small and with a bound on everything."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gmpki.errors import DecodeError, GmpkiError
from gmpki.seal._extras import extra

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from gmpki.seal.report import DocumentReport, Placement
    from gmpki.seal.seal import SealPicture

__all__ = ["PageMark", "SealedPage", "seal_png", "sealed_pages"]

MOST_MARKS: Final = 40
"""On one page."""
_PAGES_OF_ONE: Final = 4  # a seal over the edges of all pages leaves room for others
_LONG_SIDE: Final = 1000  # pixels of the longer side of a page
_SEAL_SIDE: Final = 480  # pixels of the longer side of a seal
_MM_PER_INCH: Final = 25.4
_LEAST_DPI: Final = 18  # what both renderers of pages draw
_MOST_DPI: Final = 150
_LARGEST_MM: Final = 1e5
_JPEG_QUALITY: Final = 85


@dataclass(frozen=True, slots=True)
class PageMark:
    """Where the seal of a signature shows on a page. Immutable.

    :ivar signature: which one of the report, counted from 0.
    """

    signature: int
    place: Placement


@dataclass(frozen=True, slots=True)
class SealedPage:
    """A page with seals on it. Immutable.

    :ivar number: counted from 1.
    :ivar jpeg: the page; empty when it could not be drawn.
    :ivar problem: why not.
    """

    number: int
    width_mm: float
    height_mm: float
    jpeg: bytes
    marks: tuple[PageMark, ...]
    problem: str = ""


def sealed_pages(report: DocumentReport, document: bytes, most: int) -> tuple[tuple[SealedPage, ...], int]:
    """Draw pages that carry seals; return them, and how many more there are.

    What cannot be drawn is said in the page.

    :param most: how many are drawn.
    """
    marks = _marks(report)
    numbers = _chosen(report, marks, most)
    more = len(marks) - len(numbers)
    if not numbers:
        return (), more
    try:
        draw = _drawer(report.kind, document)
    except GmpkiError as error:
        return tuple(SealedPage(number, 0, 0, b"", marks[number], str(error)) for number in numbers), more
    return tuple(_page(number, marks[number], draw) for number in numbers), more


def seal_png(picture: SealPicture) -> bytes:
    """Return the picture of a seal as a PNG of at most 480 pixels.

    :raises GmpkiError: when it cannot be drawn.
    """
    from gmpki.seal.ofd.pictures import picture_png
    from gmpki.seal.picture.raster import open_picture, render
    from gmpki.seal.picture.svg import Drawing

    if picture.kind == "svg":
        drawing = Drawing(picture.data)
        sides = min(1.0, drawing.ratio), min(1.0, 1 / drawing.ratio)
        width, height = (max(1, round(_SEAL_SIDE * side)) for side in sides)
        image = render(drawing.text(width, height), width, height)
    else:
        image = open_picture(picture_png(picture))
        image.thumbnail((_SEAL_SIDE, _SEAL_SIDE))
    return _saved(image, "PNG", optimize=True)


def _marks(report: DocumentReport) -> dict[int, tuple[PageMark, ...]]:
    """Return what is marked on each page; places that cannot be any are left out."""
    found: dict[int, list[PageMark]] = {}
    for one in report.signatures:
        for place in one.placements:
            sides = (place.x_mm, place.y_mm, place.width_mm, place.height_mm)
            if all(math.isfinite(side) and abs(side) < _LARGEST_MM for side in sides):
                found.setdefault(place.page, []).append(PageMark(one.index, place))
    return {number: tuple(on_page[:MOST_MARKS]) for number, on_page in found.items()}


def _chosen(report: DocumentReport, marks: Collection[int], most: int) -> list[int]:
    """Return the numbers of the pages that are drawn, in order: the first ones of each signature."""
    chosen: dict[int, None] = {}
    for one in report.signatures:
        pages = dict.fromkeys(place.page for place in one.placements if place.page in marks)
        for number in list(pages)[:_PAGES_OF_ONE]:
            if len(chosen) < most:
                chosen[number] = None
    return sorted(chosen)


Draw = tuple[float, float, bytes]


def _drawer(kind: str, document: bytes) -> Callable[[int], Draw]:
    """Return what draws a page of a document: its size in mm, and a PNG.

    :raises GmpkiError: when the document cannot be read.
    """
    if kind == "ofd":
        from gmpki.seal.ofd.render import PageRenderer

        renderer = PageRenderer(document)

        def draw_ofd(number: int) -> Draw:
            width, height = renderer.size_mm(number)
            return width, height, renderer.png(number, dpi=_dpi(width, height))

        return draw_ofd
    from gmpki.seal.pdf import draw_page, list_pdf

    sizes = list_pdf(document).pages

    def draw_pdf(number: int) -> Draw:
        if not 1 <= number <= len(sizes):
            raise DecodeError(f"the document has {len(sizes)} pages; {number} is none")
        width, height = sizes[number - 1]
        return width, height, draw_page(document, number, dpi=_dpi(width, height))

    return draw_pdf


def _dpi(width_mm: float, height_mm: float) -> int:
    long_side = max(width_mm, height_mm, 1.0)
    return min(_MOST_DPI, max(_LEAST_DPI, round(_LONG_SIDE * _MM_PER_INCH / long_side)))


def _page(number: int, marks: tuple[PageMark, ...], draw: Callable[[int], Draw]) -> SealedPage:
    from gmpki.seal.picture.raster import open_picture

    try:
        width, height, drawn = draw(number)
        image = open_picture(drawn)
        image.thumbnail((_LONG_SIDE, _LONG_SIDE))
        jpeg = _saved(image.convert("RGB"), "JPEG", quality=_JPEG_QUALITY, subsampling=0, optimize=True)
    except GmpkiError as error:
        return SealedPage(number, 0, 0, b"", marks, str(error))
    return SealedPage(number, width, height, jpeg, marks)


def _saved(image: Any, form: str, **options: Any) -> bytes:
    """Return pixels as a file that says nothing else."""
    plain = extra("PIL.Image").new(image.mode, image.size)
    plain.paste(image)
    stream = io.BytesIO()
    plain.save(stream, form, **options)
    return stream.getvalue()
