"""Text objects: every character at the place that the document gives it, as an outline.

:standard: GB/T 33190-2016 11 (text objects, text codes, glyph transformations)
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gmpki.errors import LimitExceeded
from gmpki.seal.ofd import xml
from gmpki.seal.ofd.drawing.paths import distances, shortened
from gmpki.seal.picture.outline import Matrix

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gmpki.seal.ofd.drawing.canvas import Canvas
    from gmpki.seal.ofd.drawing.fonts import PageFont
    from gmpki.seal.ofd.xml import Element

__all__ = ["TextStyle", "draw_text"]

_MOST_CHARACTERS: Final = 200_000  # of one text object
_SLANT: Final = math.tan(math.radians(12))  # of an italic that the font does not have


@dataclass(frozen=True, slots=True)
class TextStyle:
    """How the characters of a text object look. Immutable.

    :ivar paint: the attributes of SVG for their inside and their edge.
    :ivar angle: by which each character is turned, in degrees clockwise.
    """

    size: float
    paint: str
    horizontal: float = 1.0
    italic: bool = False
    angle: float = 0.0

    @property
    def matrix(self) -> Matrix:
        """What makes an outline of size 1 into one of this text."""
        slanted = Matrix(c=-_SLANT) if self.italic else Matrix()
        sized = slanted.then(Matrix(self.size * self.horizontal, 0, 0, self.size))
        return sized.turned(math.radians(self.angle)) if self.angle else sized


@dataclass(frozen=True, slots=True)
class _Glyphs:
    """Glyphs that stand for characters: which, from where on, and for how many."""

    characters: int
    numbers: tuple[int, ...]


def draw_text(canvas: Canvas, element: Element, fonts: Sequence[PageFont], style: TextStyle) -> None:
    """Draw a text object inside its boundary.

    :raises DecodeError: when it is malformed.
    :raises LimitExceeded: when it has more than 200,000 characters.
    """
    transforms = _transforms(element)
    number = 0
    x = y = 0.0
    with canvas.group(style.paint):
        for code in xml.children(element, "TextCode"):
            text = "".join(character for character in (code.text or "") if character not in "\r\n")
            if number + len(text) > _MOST_CHARACTERS:
                raise LimitExceeded(f"a text has more than {_MOST_CHARACTERS} characters")
            # A code that does not say where it begins goes on where the last one began.
            x, y = _coordinate(code, "X", x), _coordinate(code, "Y", y)
            places = list(_places(code, text, x, y, style.size))
            at = 0
            while at < len(text):
                glyphs = transforms.get(number + at)
                if glyphs is None:
                    _draw(canvas, _character(fonts, text[at]), places[at], style)
                    at += 1
                    continue
                for place, glyph in enumerate(glyphs.numbers):
                    where = places[min(at + place, len(places) - 1)]
                    # Glyphs are numbered in the document's own font; where that cannot be read the character is left.
                    own = fonts[0].glyph(glyph) if fonts else None
                    if own is None and at + place < len(text):
                        own = _character(fonts, text[at + place])
                    _draw(canvas, own, where, style)
                at += max(glyphs.characters, 1)
            number += len(text)


def _coordinate(code: Element, name: str, default: float) -> float:
    text = xml.attribute(code, name)
    return xml.numbers(text, count=1, name=f"{name} of a text")[0] if text else default


def _places(code: Element, text: str, x: float, y: float, size: float) -> Iterator[tuple[float, float]]:
    """Yield where each character stands."""
    right, down = distances(xml.attribute(code, "DeltaX")), distances(xml.attribute(code, "DeltaY"))
    for at, character in enumerate(text):
        yield x, y
        if right or down:
            x += right[at] if at < len(right) else 0.0
            y += down[at] if at < len(down) else 0.0
        else:
            # Where nothing is said the font would; half and whole widths are what fonts of Chinese have.
            x += size / 2 if character.isascii() else size


def _transforms(element: Element) -> dict[int, _Glyphs]:
    """Return which characters are shown by glyphs that the document names itself."""
    found: dict[int, _Glyphs] = {}
    # The standard puts them beside the codes; some producers put them inside.
    inside = [one for code in xml.children(element, "TextCode") for one in xml.children(code, "CGTransform")]
    for one in [*xml.children(element, "CGTransform"), *inside]:
        numbers = xml.numbers(xml.text_of(one, "Glyphs"), name="the glyphs of a text")[:_MOST_CHARACTERS]
        position = int(_whole(one, "CodePosition", 0))
        characters = int(_whole(one, "CodeCount", 1))
        if characters == len(numbers):
            found |= {position + at: _Glyphs(1, (int(number),)) for at, number in enumerate(numbers)}
        elif numbers:
            found[position] = _Glyphs(characters, tuple(map(int, numbers)))
    return found


def _whole(element: Element, name: str, default: int) -> float:
    text = xml.attribute(element, name)
    value = xml.numbers(text, count=1, name=name)[0] if text else default
    return min(max(value, 0), _MOST_CHARACTERS)


def _character(fonts: Sequence[PageFont], character: str) -> str | None:
    return next((outline for font in fonts if (outline := font.character(character)) is not None), None)


def _draw(canvas: Canvas, outline: str | None, where: tuple[float, float], style: TextStyle) -> None:
    if not outline:  # nothing installed has it, or it is a space
        return
    identifier = canvas.shared(f'<path id="%s" d="{outline}"/>')
    a, b, c, d, _, _ = style.matrix
    numbers = " ".join(f"{value:.6g}" for value in (a, b, c, d))
    place = f"{shortened(where[0])} {shortened(where[1])}"
    canvas.add(f'<use xlink:href="#{identifier}" transform="matrix({numbers} {place})"/>')
