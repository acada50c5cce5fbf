"""Where a seal shows in an OFD document: the places that a caller names, as the document says them.

A place is a boundary on a page, in mm, into which the whole picture of the seal is fitted, and for a straddle seal the
part of the picture that this page shows. The boundary of a strip lies partly outside of its page; only the part inside
is shown.

:standard: GB/T 33190-2016 chapter 18 (StampAnnot: PageRef, Boundary, Clip)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from gmpki._inputs import iterated
from gmpki.errors import InvalidInputError, InvalidTypeError
from gmpki.seal.ofd import xml
from gmpki.seal.ofd.model import physical_box
from gmpki.seal.ofd.signatures import MAX_STAMPS, Box
from gmpki.seal.stamps import Stamp, StraddleStamp

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gmpki.seal.ofd.model import OFDDocument, OFDPage
    from gmpki.seal.ofd.package import OFDPackage
    from gmpki.seal.seal import SealPicture

__all__ = ["AnyStamp", "Stamp", "StampPlace", "StraddleStamp", "checked_stamps", "places"]

AnyStamp: TypeAlias = Stamp | StraddleStamp
"""Where a seal is wanted."""

_TOLERANCE_MM: Final = 0.5  # of pages whose size was rounded


@dataclass(frozen=True, slots=True)
class StampPlace:
    """One place, as a StampAnnot says it. Immutable.

    :ivar page_id: the ID of the page in its document.
    :ivar boundary: where the whole picture lies on the page.
    :ivar clip: the part of it that is shown, from the upper left corner of the boundary; None for all of it.
    """

    page_id: str
    boundary: Box
    clip: Box | None = None


def checked_stamps(stamps: AnyStamp | Iterable[AnyStamp]) -> tuple[AnyStamp, ...]:
    """Return one or several stamps as a tuple.

    :raises InvalidTypeError: when one is none.
    :raises InvalidInputError: when there are more than a signature may have.
    """
    kinds = (Stamp, StraddleStamp)
    given = (stamps,) if isinstance(stamps, kinds) else iterated(stamps, "stamps", most=MAX_STAMPS + 1)
    if len(given) > MAX_STAMPS:
        raise InvalidInputError(f"more than {MAX_STAMPS} stamps")
    for stamp in given:
        if not isinstance(stamp, kinds):
            raise InvalidTypeError(f"a stamp says where a seal goes; {type(stamp).__name__} does not")
    return given


def places(
    package: OFDPackage, document: OFDDocument, stamps: Iterable[AnyStamp], picture: SealPicture
) -> list[StampPlace]:
    """Return the places of stamps, in their order.

    :raises InvalidInputError: when a page is not there, a seal would not be wholly on its page, or there are too many
        places.
    :raises DecodeError: when the area of a page cannot be read.
    """
    found: list[StampPlace] = []
    for stamp in stamps:
        width = float(picture.width_mm) if stamp.width_mm is None else stamp.width_mm
        height = float(picture.height_mm) if stamp.height_mm is None else stamp.height_mm
        if isinstance(stamp, StraddleStamp):
            found += _straddling(package, document, stamp, width, height)
        else:
            page = _page(document, stamp.page)
            boundary = Box(stamp.x_mm, stamp.y_mm, width, height)
            _demand_on_page(boundary, _area(package, document, page), page)
            found.append(StampPlace(page.id, boundary))
        if len(found) > MAX_STAMPS:
            raise InvalidInputError(f"the seal would show at more than {MAX_STAMPS} places")
    return found


def _straddling(
    package: OFDPackage, document: OFDDocument, stamp: StraddleStamp, width: float, height: float
) -> list[StampPlace]:
    """Share a seal out over the edges of pages: each shows its strip of the picture, the rest of it is clipped."""
    count = len(document.pages)
    wanted = range(1, count + 1) if stamp.pages is None else iterated(stamp.pages, "pages")
    numbers = sorted({_number(one, count) for one in wanted})
    found = []
    for number, begin, wide in stamp.strips(width, numbers):
        page = document.pages[number - 1]
        area = _area(package, document, page)
        edge = area.width - wide if stamp.edge == "right" else 0.0
        _demand_on_page(Box(edge, stamp.y_mm, wide, height), area, page)
        found.append(StampPlace(page.id, Box(edge - begin, stamp.y_mm, width, height), Box(begin, 0, wide, height)))
    return found


def _number(page: int, count: int) -> int:
    """Return the number of a page counted from 1, of one that may be counted backwards from -1."""
    number = page if page > 0 else count + 1 + page
    if not 1 <= number <= count:
        raise InvalidInputError(f"there is no page {page}; the document has {count}")
    return number


def _page(document: OFDDocument, page: int) -> OFDPage:
    return document.pages[_number(page, len(document.pages)) - 1]


def _area(package: OFDPackage, document: OFDDocument, page: OFDPage) -> Box:
    """Return the area of a page: what the page says itself, or else its document."""
    return physical_box(xml.child(package.xml(page.path), "Area"), document.area)


def _demand_on_page(boundary: Box, area: Box, page: OFDPage) -> None:
    """Raise unless what is shown lies on the page; a seal that is half off its page is a mistake."""
    right, bottom = boundary.x + boundary.width, boundary.y + boundary.height
    least, inside = -_TOLERANCE_MM, right <= area.width + _TOLERANCE_MM and bottom <= area.height + _TOLERANCE_MM
    if boundary.x < least or boundary.y < least or not inside:
        raise InvalidInputError(
            f"the seal would not be wholly on page {page.number}: it reaches from {boundary.x:g}, {boundary.y:g} to "
            f"{right:g}, {bottom:g} mm, and the page is {area.width:g} x {area.height:g} mm"
        )
