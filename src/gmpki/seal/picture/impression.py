"""An impression of a seal, drawn: outlines in red, as a drawing and as pixels of true size."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gmpki._inputs import member
from gmpki.errors import InvalidInputError
from gmpki.seal._extras import extra
from gmpki.seal.picture.outline import Box, Matrix, Outline, rectangle
from gmpki.seal.picture.raster import pixels, png, render

if TYPE_CHECKING:
    from PIL.Image import Image

    from gmpki.seal.picture.fonts import Font
    from gmpki.seal.seal import SealPicture

__all__ = ["RED", "Impression", "Sheet", "in_red", "mark_of"]

RED: Final = (224, 20, 30)  # of a fresh ink pad
_MARK: Final = "样章"
_MARK_ANGLE: Final = math.radians(-20)


def in_red(ink: Image) -> Image:
    """Return red as dense as a picture of mode "L" says, and nothing else."""
    made: Image = extra("PIL.Image").new("RGBA", ink.size, (*RED, 0))
    made.putalpha(ink)
    return made


def mark_of(font: Font, licensed_maker: bool) -> Font | None:
    """Return the font of the mark 样章, or None when the caller states that he is a licensed maker.

    :raises InvalidTypeError: when the statement is no ``bool``: only True itself leaves the mark out.
    :raises InvalidInputError: when the font lacks its characters.
    """
    member(licensed_maker, bool, "licensed_maker")
    if licensed_maker:
        return None
    font.require(_MARK)
    return font


@dataclass(frozen=True)
class Impression:
    """A drawn impression. Immutable.

    :ivar svg: the drawing: paths only, in millimetres, the same on every screen and printer.
    :ivar png: the same as pixels, transparent where no ink is.
    :ivar width_mm: how wide it is.
    :ivar height_mm: how high.
    :ivar dpi: the resolution of ``png`` in dots per inch.
    """

    svg: str = field(repr=False)
    png: bytes = field(repr=False)
    width_mm: float
    height_mm: float
    dpi: int

    @property
    def picture(self) -> SealPicture:
        """The picture for a seal.

        :raises InvalidInputError: when its size is not in whole millimetres, which is all that a seal can state.
        """
        from gmpki.seal.seal import SealPicture

        if self.width_mm % 1 or self.height_mm % 1:
            raise InvalidInputError(
                f"a seal states the size of its picture in whole millimetres, not {self.width_mm:g} by "
                f"{self.height_mm:g}"
            )
        return SealPicture("PNG", self.png, int(self.width_mm), int(self.height_mm))


@dataclass(frozen=True)
class Sheet:
    """What an impression is drawn on: millimetres from its centre, y downwards.

    :ivar solid: what is filled as it is: rims, stars.
    :ivar text: characters, whose finest strokes are made a little stronger, as a cut seal has them.
    :ivar stronger: by how many millimetres.
    :ivar cut: what is cut out of the rest.
    """

    width: float
    height: float
    solid: Outline
    text: Outline
    stronger: float = 0.0
    cut: Outline | None = None

    def impression(self, dpi: int, mark: Font | None) -> Impression:
        """Draw it.

        :param mark: the font of the mark 样章; None leaves it out.
        """
        across, down = pixels(self.width, dpi), pixels(self.height, dpi)
        drawn = self._drawn(None if mark is None else self._mark(mark))
        # Rendered from a size in pixels: one in millimetres is rounded to pixels of a screen first.
        image = render(self._head(f'width="{across}" height="{down}"') + drawn, across, down)
        image = in_red(image.getchannel("A"))
        svg = self._head(f'width="{self.width:g}mm" height="{self.height:g}mm"') + drawn
        return Impression(svg, png(image, dpi), self.width, self.height, dpi)

    def _head(self, size: str) -> str:
        box = f"{-self.width / 2:g} {-self.height / 2:g} {self.width:g} {self.height:g}"
        return f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="{box}" preserveAspectRatio="none">'

    def _drawn(self, marked: tuple[Outline, Outline] | None) -> str:
        red = "#{:02x}{:02x}{:02x}".format(*RED)
        stroke = f' stroke="{red}" stroke-width="{self.stronger:g}" stroke-linejoin="round"' if self.stronger else ""
        ink = f'<path d="{self.solid.svg()}"/><path d="{self.text.svg()}"{stroke}/>'
        holes = f'<path d="{self.cut.svg()}"/>' if self.cut is not None else ""
        shown = ""
        if marked is not None:
            # The impression has a hole there, and the mark is of the same red: no filter takes it away.
            mark, room = marked
            holes += f'<path d="{room.svg()}"/>'
            shown = f'<path d="{mark.svg()}"/>'
        if not holes:
            return f'<g fill="{red}">{ink}</g></svg>\n'
        x, y = f"{-self.width / 2:g}", f"{-self.height / 2:g}"
        frame = f'x="{x}" y="{y}" width="{self.width:g}" height="{self.height:g}"'
        mask = f'<mask id="cut" maskUnits="userSpaceOnUse" {frame}><rect {frame} fill="#fff"/>{holes}</mask>'
        return f'{mask}<g fill="{red}"><g mask="url(#cut)">{ink}</g>{shown}</g></svg>\n'

    def _mark(self, font: Font) -> tuple[Outline, Outline]:
        """Return the mark, two characters in a frame across the impression, and the room that it takes."""
        size = min(self.width, self.height)
        room = Box(-0.38 * size, -0.1 * size, 0.38 * size, 0.1 * size)
        outer = Box(
            room.left + 0.016 * size, room.top + 0.016 * size, room.right - 0.016 * size, room.bottom - 0.016 * size
        )
        inner = Box(*(edge - math.copysign(0.01 * size, edge) for edge in outer))
        parts = [rectangle(outer), rectangle(inner, hole=True)]
        for number, character in enumerate(_MARK):
            outline = font.outline(character)
            x, y = (outline.bounds or Box(0, 0, 0, 0)).centre
            letter = Matrix().moved(-x, -y).then(Matrix(a=0.14 * size, d=0.125 * size))
            parts.append(outline.mapped(letter.moved((number - 0.5) * 0.3 * size, 0)))
        turn = Matrix().turned(_MARK_ANGLE)
        return Outline.joined(parts).mapped(turn), rectangle(room).mapped(turn)
