"""What a drawing consists of while it grows: its parts, what they share, and how much it may become."""

from __future__ import annotations

import math
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from gmpki.errors import LimitExceeded

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Canvas"]

_MM_PER_INCH: Final = 25.4
_MOST_MM: Final = 10_000.0
_MOST_PARTS: Final = 200_000
_MOST_CLIPS: Final = 5_000  # each of them costs the renderer a layer
_MOST_LEN: Final = 128 << 20  # characters, of which pictures are the most


class Canvas:
    """The parts of an SVG drawing. A context: one thread at a time.

    :ivar picture_dpi: for how many dots per inch pictures have to be good.
    """

    def __init__(self, picture_dpi: int) -> None:
        self.picture_dpi = picture_dpi
        self._parts: list[str] = []
        self._shared: list[str] = []
        self._known: dict[str, str] = {}
        self._count = 0
        self._clips = 0
        self._len = 0

    def pixels(self, length_mm: float) -> int:
        """Return how many pixels of a picture a length takes."""
        return max(1, math.ceil(min(abs(length_mm), _MOST_MM) * self.picture_dpi / _MM_PER_INCH))

    def add(self, part: str) -> None:
        """Add a part.

        :raises LimitExceeded: when the drawing becomes larger than any page is.
        """
        self._account(part)
        self._parts.append(part)

    def _account(self, part: str) -> None:
        self._count += 1
        self._len += len(part)
        if self._count > _MOST_PARTS or self._len > _MOST_LEN:
            raise LimitExceeded("a page has more on it than is drawn")

    def shared(self, form: str) -> str:
        """Return the ID of something that parts use: a glyph, a clip, a gradient, a picture; the same ones once.

        :param form: an element with "%s" in the place of its ID.
        :raises LimitExceeded: as :meth:`add`.
        """
        if form not in self._known:
            identifier = f"d{len(self._known)}"
            before, _, after = form.partition("%s")
            element = before + identifier + after
            self._account(element)
            self._shared.append(element)
            self._known[form] = identifier
        return self._known[form]

    def clip(self, form: str) -> str:
        """Return the attribute that cuts a group to a shape, with a space before it.

        :param form: a clipPath with "%s" in the place of its ID.
        :raises LimitExceeded: when there are more than a page needs.
        """
        self._clips += 1
        if self._clips > _MOST_CLIPS:
            raise LimitExceeded(f"a page cuts more than {_MOST_CLIPS} times")
        return f' clip-path="url(#{self.shared(form)})"'

    @contextmanager
    def group(self, attributes: str) -> Iterator[None]:
        """Put what is added inside the block into a group; one without attributes is none."""
        if not attributes:
            yield
            return
        self.add(f"<g{attributes}>")
        try:
            yield
        finally:  # an object that cannot be read is left out, and the drawing goes on
            self.add("</g>")

    def svg(self, view_box: str, width: str, height: str) -> str:
        """Return the drawing, which fills the whole of its size."""
        return (
            '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
            f'width="{width}" height="{height}" viewBox="{view_box}" preserveAspectRatio="none">'
            f"<defs>{''.join(self._shared)}</defs>{''.join(self._parts)}</svg>"
        )
