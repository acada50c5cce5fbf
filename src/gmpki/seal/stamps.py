"""Where a seal goes on a document: a place on a page, or the edges of several pages.

Everything here counts as a person does who looks at a page: in mm, from the upper left corner, pages from 1.

>>> Stamp(1, 120, 200, width_mm=42, height_mm=42)
Stamp(page=1, x_mm=120.0, y_mm=200.0, width_mm=42.0, height_mm=42.0)
>>> StraddleStamp(100).strips(20.0, [1, 2, 3, 4])
[(1, 0.0, 5.0), (2, 5.0, 5.0), (3, 10.0, 5.0), (4, 15.0, 5.0)]
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_text, iterated, number
from gmpki.errors import InvalidInputError, InvalidTypeError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["MAX_PAGES", "Stamp", "StraddleStamp", "checked_mm", "checked_page", "checked_size"]

MAX_PAGES: Final = 100_000
_MAX_MM: Final = 20_000.0
_MAX_SIDE_MM: Final = 1000.0
_EDGES: Final = frozenset(("left", "right"))
_USUAL_PAGES: Final = 20  # a strip of a seal of 42 mm is then 2 mm wide, which can still be seen


def checked_mm(value: float, name: str, low: float = -_MAX_MM, high: float = _MAX_MM) -> float:
    """Return a length in mm as a float.

    :raises InvalidTypeError: when it is no number.
    :raises InvalidInputError: when it is not finite, or outside.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise InvalidTypeError(f"{name} must be a number, not {type(value).__name__}")
    if isinstance(value, int) and value.bit_length() > 64:
        raise InvalidInputError(f"{name} must be {low:g} to {high:g} mm")
    if not math.isfinite(value) or not low <= value <= high:
        raise InvalidInputError(f"{name} must be {low:g} to {high:g} mm, not {value:g}")
    return float(value)


def checked_page(value: int) -> int:
    """Return the number of a page: from 1, or from -1 for the last one.

    :raises InvalidTypeError: when it is no ``int``.
    :raises InvalidInputError: when it is 0 or too far away.
    """
    if number(value, -MAX_PAGES, MAX_PAGES, "page") == 0:
        raise InvalidInputError("pages are counted from 1, and from -1 backwards")
    return value


def checked_size(value: float | None, name: str) -> float | None:
    """Return a width or height in mm, 0.1 to 1000; None stays None.

    :raises InvalidTypeError: when it is no number.
    :raises InvalidInputError: when it is out of bounds.
    """
    return None if value is None else checked_mm(value, name, 0.1, _MAX_SIDE_MM)


@dataclass(frozen=True, slots=True)
class Stamp:
    """A place on a page. Immutable.

    :ivar page: counted from 1; -1 is the last one.
    :ivar x_mm: of the left edge of the seal, from the left edge of the page.
    :ivar y_mm: of the upper edge of the seal, from the upper edge of the page.
    :ivar width_mm: None takes the seal's own, which is its true size.
    :ivar height_mm: the same.
    :raises InvalidTypeError: when a field has the wrong type.
    :raises InvalidInputError: when one is out of bounds.
    """

    page: int
    x_mm: float
    y_mm: float
    width_mm: float | None = None
    height_mm: float | None = None

    def __post_init__(self) -> None:
        checked_page(self.page)
        for name in ("x_mm", "y_mm"):
            object.__setattr__(self, name, checked_mm(getattr(self, name), name))
        for name in ("width_mm", "height_mm"):
            object.__setattr__(self, name, checked_size(getattr(self, name), name))


@dataclass(frozen=True, slots=True)
class StraddleStamp:
    """A seal that is shared out over the edges of pages, a strip on each. Immutable.

    The strips stand side by side in the order of the pages. More pages than ``pages_per_seal`` are divided into groups
    of nearly the same size, over each of which stands a seal of its own.

    :ivar y_mm: of the upper edge of the seal, from the upper edge of the page.
    :ivar edge: "right" or "left".
    :ivar pages: over which ones; negative ones count from the end. None is all.
    :ivar pages_per_seal: at most so many; 2 or more.
    :ivar width_mm: of the whole seal; None takes its own, which is its true size. ``height_mm`` the same.
    :raises InvalidTypeError: when a field has the wrong type.
    :raises InvalidInputError: when one is out of bounds, or there are fewer than two pages.
    """

    y_mm: float
    edge: str = "right"
    pages: Iterable[int] | None = None
    pages_per_seal: int = _USUAL_PAGES
    width_mm: float | None = None
    height_mm: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "y_mm", checked_mm(self.y_mm, "y_mm"))
        if as_text(self.edge, "edge") not in _EDGES:
            raise InvalidInputError(f"the edge is right or left, not {self.edge!r}")
        number(self.pages_per_seal, 2, MAX_PAGES, "pages_per_seal")
        if self.pages is not None:
            listed = tuple(checked_page(one) for one in iterated(self.pages, "pages", most=MAX_PAGES + 1))
            if len(set(listed)) < len(listed) or not 2 <= len(listed) <= MAX_PAGES:
                raise InvalidInputError("a straddle seal goes over two pages or more, each once")
            object.__setattr__(self, "pages", listed)
        for name in ("width_mm", "height_mm"):
            object.__setattr__(self, name, checked_size(getattr(self, name), name))

    def strips(self, width_mm: float, pages: Sequence[int]) -> list[tuple[int, float, float]]:
        """Return the strip for each page: its number, where in the seal the strip begins, how wide it is.

        :raises InvalidInputError: when there are fewer than two pages.
        """
        if len(pages) < 2:
            raise InvalidInputError("a straddle seal goes over two pages or more")
        groups = -(-len(pages) // self.pages_per_seal)
        found = []
        for group in range(groups):
            share = pages[group * len(pages) // groups : (group + 1) * len(pages) // groups]
            wide = width_mm / len(share)
            found += [(page, index * wide, wide) for index, page in enumerate(share)]
        return found
