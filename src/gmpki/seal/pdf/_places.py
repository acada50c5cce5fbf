"""From where a caller wants a seal to where it stands: pages and rectangles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from gmpki._inputs import iterated
from gmpki.errors import InvalidInputError, InvalidTypeError
from gmpki.seal.pdf import _fields
from gmpki.seal.pdf.appearance import Strip
from gmpki.seal.pdf.placing import FieldStamp, KeywordStamp, PageFrame, Pages, find_keyword
from gmpki.seal.report import Placement
from gmpki.seal.stamps import MAX_PAGES, Stamp, StraddleStamp

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gmpki.seal.seal import SealPicture

__all__ = ["AnyStamp", "Shown", "checked_stamps", "resolve"]

AnyStamp: TypeAlias = Stamp | KeywordStamp | FieldStamp | StraddleStamp
"""Where a seal is wanted."""

_MAX_STAMPS = 1000


@dataclass(frozen=True, slots=True)
class Shown:
    """One place.

    :ivar strip: the part of the seal that is shown; None for all of it.
    :ivar in_field: the name of the field that was there before; None for a place of one's own.
    """

    frame: PageFrame
    placement: Placement
    strip: Strip | None = None
    in_field: str | None = None


def checked_stamps(stamps: AnyStamp | Iterable[AnyStamp]) -> tuple[AnyStamp, ...]:
    """Return one or several stamps as a tuple.

    :raises InvalidTypeError: when one is none.
    :raises InvalidInputError: when there are more than 1000, or a field that is there is not the first place.
    """
    kinds = (Stamp, KeywordStamp, FieldStamp, StraddleStamp)
    given = (stamps,) if isinstance(stamps, kinds) else iterated(stamps, "stamps", most=_MAX_STAMPS + 1)
    if len(given) > _MAX_STAMPS:
        raise InvalidInputError(f"more than {_MAX_STAMPS} stamps")
    for number, stamp in enumerate(given):
        if not isinstance(stamp, kinds):
            raise InvalidTypeError(f"a stamp says where a seal goes; {type(stamp).__name__} does not")
        if isinstance(stamp, FieldStamp) and number:
            raise InvalidInputError("a signature has one field; it is the first of the stamps")
    return given


def resolve(
    octets: bytes, writer: Any, stamps: tuple[AnyStamp, ...], picture: SealPicture | None
) -> tuple[list[Shown], str | None]:
    """Return the places in the order of the stamps, and the name of the field that is there and is to be used.

    :raises InvalidInputError: when a place is not on its page, a word or field is not there, or there is no picture.
    """
    existing = stamps[0].name if stamps and isinstance(stamps[0], FieldStamp) else None
    if picture is None:
        if existing is not None and len(stamps) == 1 and _fields.place_of(writer, existing) is None:
            return [], existing
        if stamps:
            raise InvalidInputError("there is a place for a seal, and no picture to show there")
        return [], None
    places: list[Shown] = []
    own = float(picture.width_mm), float(picture.height_mm)
    pages = Pages(writer) if stamps else None
    for stamp in stamps:
        if isinstance(stamp, FieldStamp):
            places += _in_field(writer, stamp.name, own)
        elif pages is not None:
            places += _places(octets, pages, stamp, own)
    return places, existing


def _places(
    octets: bytes, pages: Pages, stamp: Stamp | KeywordStamp | StraddleStamp, own: tuple[float, float]
) -> list[Shown]:
    size = stamp.width_mm or own[0], stamp.height_mm or own[1]
    if isinstance(stamp, StraddleStamp):
        return _straddling(pages, stamp, *size)
    if isinstance(stamp, KeywordStamp):
        frames = pages.frames(None if stamp.page is None else [stamp.page])
        frame, x, y = find_keyword(octets, stamp, frames)
        x, y = (
            _kept_on(middle + offset - side / 2, side, edge)
            for middle, offset, side, edge in (
                (x, stamp.dx_mm, size[0], frame.width_mm),
                (y, stamp.dy_mm, size[1], frame.height_mm),
            )
        )
        return [Shown(frame, frame.place(x, y, *size))]
    frame = pages.frame(stamp.page)
    return [Shown(frame, frame.place(stamp.x_mm, stamp.y_mm, *size))]


def _kept_on(start: float, side: float, edge: float) -> float:
    """Move a seal by a word at the edge of the page onto the page."""
    return max(0.0, min(start, edge - side))


def _straddling(pages: Pages, stamp: StraddleStamp, width_mm: float, height_mm: float) -> list[Shown]:
    wanted = None if stamp.pages is None else iterated(stamp.pages, "pages", most=MAX_PAGES)
    frames = pages.frames(wanted)
    found = []
    for number, from_mm, wide in stamp.strips(width_mm, sorted(frames)):
        frame = frames[number]
        x = frame.width_mm - wide if stamp.edge == "right" else 0.0
        found.append(Shown(frame, frame.place(x, stamp.y_mm, wide, height_mm), Strip(from_mm, width_mm)))
    return found


def _in_field(writer: Any, name: str, own: tuple[float, float]) -> list[Shown]:
    """Return the middle of a field that is there; nothing for one that is not visible."""
    found = _fields.place_of(writer, name)
    if found is None:
        return []
    frame, rectangle = found
    room = frame.placement(rectangle)
    scale = min(1.0, room.width_mm / own[0], room.height_mm / own[1])
    width, height = own[0] * scale, own[1] * scale
    x, y = room.x_mm + (room.width_mm - width) / 2, room.y_mm + (room.height_mm - height) / 2
    return [Shown(frame, Placement(frame.number, x, y, width, height), in_field=name)]
