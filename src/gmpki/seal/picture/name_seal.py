"""The personal name square: two, three or four characters and 印, in columns from right to left.

Customary are squares of 18 and 20 mm; authorities want those of legal representatives filed at 18 or 20 mm (secondary
pages only). A name of two characters is filled up to four with 之印, one of three with 印.
"""

from __future__ import annotations

from typing import Final

from gmpki._inputs import as_text, member
from gmpki.errors import InvalidInputError
from gmpki.seal.picture.fitting import Letter, letters_of
from gmpki.seal.picture.fonts import Font, find_font
from gmpki.seal.picture.impression import Impression, Sheet, mark_of
from gmpki.seal.picture.outline import Box, Matrix, Outline, rectangle
from gmpki.seal.picture.raster import DEFAULT_DPI, length_mm, resolution

__all__ = ["draw_name_seal"]

# How many characters stand in each column, the right one first, by how many there are.
_COLUMNS: Final = {1: (1,), 2: (1, 1), 3: (1, 2), 4: (2, 2), 5: (2, 3), 6: (3, 3)}
_ENDINGS: Final = {2: "之印", 3: "印", 4: "之印"}
_RIM: Final = 0.055  # of the side
_STRONGER: Final = 0.005


def draw_name_seal(
    name: str,
    *,
    side_mm: float = 20,
    ending: str | None = None,
    white: bool = False,
    font: Font | None = None,
    licensed_maker: bool = False,
    dpi: int = DEFAULT_DPI,
) -> Impression:
    """Draw the square seal of a person.

    The impression carries the mark 样章 (specimen), as :func:`~gmpki.seal.picture.draw_round_seal` says.

    :param name: 2 to 4 characters.
    :param side_mm: 10 to 40 millimetres, rim included.
    :param ending: what follows the name: 印, 之印, 印信, nothing; None for the usual one, which makes the columns even.
    :param white: the characters white on red (白文) in place of red in a rim (朱文).
    :param font: of the characters; without one :func:`~gmpki.seal.picture.find_font` finds it.
    :param dpi: dots per inch of the PNG, 72 to 2400.
    :raises InvalidTypeError: when an argument has the wrong type.
    :raises InvalidInputError: when one is out of its range, when the font lacks a character, or when no font was found.
    :raises UnsupportedPlatform: when the libraries of the extra "seal" are not installed.
    :raises DecodeError, LimitExceeded: when the font is damaged.
    """
    side = length_mm(side_mm, 10, 40, "side_mm")
    text = _text(name, ending)
    member(white, bool, "white")
    if font is None:
        font = find_font()
    member(font, Font, "font")
    font.require(text)

    rim, half = _RIM * side, side / 2
    whole = Box(-half, -half, half, half)
    free = half - (1.9 if white else 1.75) * rim
    written = _columns(letters_of(text, font), Box(-free, -free, free, free), gap=0.045 * side)
    corner = 0.045 * side
    if white:
        sheet = Sheet(side, side, rectangle(whole, corner), Outline(), cut=written)
    else:
        inner = Box(-half + rim, -half + rim, half - rim, half - rim)
        frame = rectangle(whole, corner) + rectangle(inner, corner / 2, hole=True)
        sheet = Sheet(side, side, frame, written, _STRONGER * side)
    return sheet.impression(resolution(dpi), mark_of(font, licensed_maker))


def _text(name: str, ending: str | None) -> str:
    """Return name and ending."""
    plain = as_text(name, "name").strip()
    if len(plain) not in _ENDINGS or not plain.isprintable():
        raise InvalidInputError(f"the name on a square seal has 2 to 4 characters, not {len(plain)}")
    if ending is None:
        return plain + _ENDINGS[len(plain)]
    text = plain + as_text(ending, "ending").strip()
    if len(text) not in _COLUMNS or not text.isprintable():
        raise InvalidInputError(f"a square seal has room for {max(_COLUMNS)} characters, ending included")
    return text


def _columns(letters: list[Letter], box: Box, *, gap: float) -> Outline:
    """Set characters in columns from right to left, each as large as its part of the box."""
    counts = _COLUMNS[len(letters)]
    width = (box.width - gap * (len(counts) - 1)) / len(counts)
    placed, rest = [], list(letters)
    for column, count in enumerate(counts):
        right = box.right - column * (width + gap)
        height = (box.height - gap * (count - 1)) / count
        for row in range(count):
            top = box.top + row * (height + gap)
            placed.append(_fill(rest.pop(0), Box(right - width, top, right, top + height)))
    return Outline.joined(placed)


def _fill(letter: Letter, room: Box) -> Outline:
    """Put a character into its room. A flat or narrow one grows towards it a little, as engravers do."""
    box = letter.outline.bounds
    if box is None:
        return letter.outline
    across = room.width / max(box.width, 0.8)
    down = room.height / max(box.height, 0.8)
    x, y = box.centre
    return letter.outline.mapped(Matrix().moved(-x, -y).then(Matrix(a=across, d=down)).moved(*room.centre))
