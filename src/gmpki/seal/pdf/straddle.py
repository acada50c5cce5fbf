"""The straddle seal: one seal over the edges of several pages, which shows whole only when they lie fanned out.

>>> StraddleStamp(100).strips(20.0, [1, 2, 3, 4])
[(1, 0.0, 5.0), (2, 5.0, 5.0), (3, 10.0, 5.0), (4, 15.0, 5.0)]
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_text, iterated, number
from gmpki.errors import InvalidInputError
from gmpki.seal.pdf.placing import MAX_PAGES, checked_mm, checked_page

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["StraddleStamp"]

_EDGES: Final = frozenset(("left", "right"))
_USUAL_PAGES: Final = 20  # a strip of a seal of 42 mm is then 2 mm wide, which can still be seen


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
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, checked_mm(value, name, 0.1, 1000))

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
