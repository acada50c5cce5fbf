"""Text along an arc and in a line, fitted by its length: characters grow narrower before they grow smaller."""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gmpki.seal.picture.outline import Box, Matrix, Outline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gmpki.seal.picture.fonts import Font

__all__ = ["Letter", "Placed", "code_arc", "letters_of", "line", "ring"]

# How much room a character takes beside a Chinese one, which takes 1.
_NARROW: Final = {"（": 0.46, "）": 0.46, "(": 0.46, ")": 0.46, "·": 0.5, "、": 0.5, "，": 0.5}
_SPARE: Final = 0.12  # of room around other characters, in heights of the type
_REFERENCE: Final = "国"  # a character that fills its square


@dataclass(frozen=True)
class Letter:
    """A character, ready to be placed: its ink is centred on x = 0 and stands on y = 0, the face is 1 high.

    :ivar room: how much of a line it takes beside a Chinese character.
    """

    outline: Outline
    room: float


@dataclass(frozen=True)
class Placed:
    """Text that has its place.

    :ivar outline: all of it.
    :ivar corners: of the room of each character: where other things may not be.
    :ivar end: for an arc, how far it goes to either side of its middle, in radians.
    """

    outline: Outline
    corners: tuple[tuple[float, float], ...]
    end: float = 0.0


def letters_of(text: str, font: Font) -> list[Letter]:
    """Return the characters of a text at one scale: the face that its Chinese characters have in common is 1 high."""
    outlines = [font.outline(character) for character in text]
    wide = [outline for character, outline in zip(text, outlines, strict=True) if _is_wide(character)]
    if _REFERENCE in font:
        wide.append(font.outline(_REFERENCE))
    face = Box(0.0, -0.85, 1.0, 0.09)  # where a font has no Chinese characters at all
    boxes = [box for outline in wide if (box := outline.bounds) is not None]
    if boxes:
        face = boxes[0]
        for box in boxes:
            face = face.union(box)
    scale = 1 / face.height
    return [_letter(character, outline, face, scale) for character, outline in zip(text, outlines, strict=True)]


def _letter(character: str, outline: Outline, face: Box, scale: float) -> Letter:
    box = outline.bounds
    if box is None:  # a blank
        return Letter(Outline(), 0.4)
    if _is_wide(character):
        room = _NARROW.get(character, 1.0)
        base = face.bottom
    else:
        room = _NARROW.get(character, box.width * scale + _SPARE)
        # Latin capitals and digits are lower than the face; they stand in its middle.
        base = box.centre[1] + face.height / 2
    matrix = Matrix().moved(-box.centre[0], -base).then(Matrix(a=scale, d=scale))
    return Letter(outline.mapped(matrix), room)


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WF"


def ring(letters: Sequence[Letter], outer: float, height: float, widest: float, *, spread: float = 1.0) -> Placed:
    """Set text along the upper arc of a circle about the origin, from left to right, feet inwards.

    :param outer: the radius that no ink goes beyond.
    :param height: how high characters are when there is room.
    :param widest: how far the arc may go to either side of the top, in radians.
    :param spread: how loosely short names are set; 1 is usual.
    """
    room = sum(letter.room for letter in letters)
    # A long name has lower characters; below a third of the usual height nothing gets narrower any more.
    height *= max(0.34, min(1.0, 1.0 - 0.0135 * (room - 9)))
    for _ in range(40):
        inner = _inner_radius(outer, height, height * 0.9)
        wanted = 0.9 * height * (1.0 + spread * (0.16 + 0.095 * max(0.0, 11 - room))) / (inner + 0.42 * height)
        step = min(wanted, 2 * widest / room)
        # Neighbours stand at an angle: at their feet they have the least room, and need some between them.
        width = min(0.94 * height, 2 * inner * math.tan(step * 0.46))
        if width >= 0.46 * height:
            break
        height *= 0.97
    inner = _inner_radius(outer, height, width)
    angle = -step * room / 2
    outlines, corners = [], []
    for letter in letters:
        angle += step * letter.room / 2
        matrix = Matrix(a=width, d=height).moved(0, -inner).turned(angle)
        outlines.append(letter.outline.mapped(matrix))
        corners += _corners(width * letter.room / 2, -inner - height, -inner, angle)
        angle += step * letter.room / 2
    return Placed(Outline.joined(outlines), tuple(corners), step * room / 2)


def _inner_radius(outer: float, height: float, width: float) -> float:
    """Return where the feet stand, so that the upper corners of a character, which are rarely inked, come near the
    outer radius.
    """
    return math.sqrt(outer * outer - (0.38 * width) ** 2) - height


def _corners(half: float, top: float, bottom: float, angle: float) -> list[tuple[float, float]]:
    sine, cosine = math.sin(angle), math.cos(angle)
    points = [(x, y) for x in (-half, 0.0, half) for y in (top, (top + bottom) / 2, bottom)]
    return [(cosine * x - sine * y, sine * x + cosine * y) for x, y in points]


def code_arc(letters: Sequence[Letter], radius: float, height: float) -> Placed:
    """Set a code along the lower arc of a circle about the origin, from left to right, heads inwards, all characters
    equally wide apart.

    :param radius: on which it stands.
    """
    step = 1.06 * height / radius
    angle = step * (len(letters) - 1) / 2
    outlines, corners = [], []
    for letter in letters:
        # The face is higher than figures are, whose middle is its own.
        matrix = Matrix(a=1.32 * height, d=1.32 * height).moved(0, 0.16 * height + radius).turned(angle)
        outlines.append(letter.outline.mapped(matrix))
        corners += _corners(height / 2, radius - height, radius, angle)
        angle -= step
    return Placed(Outline.joined(outlines), tuple(corners), step * len(letters) / 2)


def line(letters: Sequence[Letter], top: float, height: float, half_width: float) -> Placed:
    """Set text in one horizontal line about x = 0.

    :param top: the upper edge of the characters.
    :param half_width: how far the line may go to either side.
    """
    room = sum(letter.room for letter in letters)
    width = min(0.92 * height, 2 * half_width / (room * 1.06))
    if width < 0.52 * height:
        height, top = width / 0.52, top + (height - width / 0.52) / 2
    step = min(width * (1.06 if room > 4 else 1.22), 2 * half_width / room)
    x = -step * room / 2
    outlines = []
    for letter in letters:
        x += step * letter.room / 2
        outlines.append(letter.outline.mapped(Matrix(a=width, d=height).moved(x, top + height)))
        x += step * letter.room / 2
    half = step * room / 2
    corners = tuple((x, y) for x in (-half, 0.0, half) for y in (top, top + height))
    return Placed(Outline.joined(outlines), corners)
