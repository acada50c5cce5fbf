"""Round impressions: the seal of an organisation, and seals for one purpose.

What is customary, and how sure that is:

- a round seal, the name from left to right around the upper arc, a five-pointed star in the middle, simplified
  characters in the song style: Order 25 (1999) of the State Council on seals of administrations, enterprises,
  institutions and associations (several public copies agree);
- diameters: 42 mm for enterprises and institutions, 45 and 50 mm for authorities of higher rank, 40 and 38 mm for
  limited companies, departments and seals for a purpose; a star of 14 mm across its points and a rim of 1.2 mm at
  42 mm, a rim of 1.0 mm below; a seal for contracts of 58 mm without a star in some provinces: rules of local
  authorities, known from secondary pages only;
- a code of 13 figures along the lower arc, which the police give out: common use, known from secondary pages only.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_text, member
from gmpki.errors import InvalidInputError
from gmpki.seal.picture.fitting import Placed, code_arc, letters_of, line, ring
from gmpki.seal.picture.fonts import Font, find_font
from gmpki.seal.picture.impression import Impression, Sheet, mark_of
from gmpki.seal.picture.outline import Outline, Segment, circle
from gmpki.seal.picture.raster import DEFAULT_DPI, length_mm, resolution

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["draw_round_seal", "draw_special_seal"]

_NAME_LEN: Final = (2, 40)  # characters
_PURPOSE_LEN: Final = (2, 14)
_CODE_LEN: Final = 20
_STAR: Final = 14 / 42  # of the diameter
_GAP: Final = 0.022  # of the diameter: the least room between two parts
_STRONGER: Final = 0.0022  # of the diameter


def draw_round_seal(
    name: str,
    *,
    diameter_mm: float = 42,
    code: str = "",
    department: str = "",
    font: Font | None = None,
    licensed_maker: bool = False,
    dpi: int = DEFAULT_DPI,
) -> Impression:
    """Draw the round seal of an organisation: its name along the upper arc, a star in the middle.

    The impression carries the mark 样章 (specimen) across it. Whoever states ``licensed_maker=True`` states that he
    is licensed to make seals and was asked for this one by its holder; forging a seal is a crime.

    >>> drawn = draw_round_seal("示例市社会保障局", code="1101010000018")  # doctest: +SKIP
    >>> drawn.picture  # doctest: +SKIP
    SealPicture(type='PNG', width_mm=42, height_mm=42)

    :param name: 2 to 40 characters.
    :param diameter_mm: 30 to 80 millimetres, rim included.
    :param code: the figures or capitals along the lower arc, up to 20, usually 13; empty for none.
    :param department: of the organisation, in a horizontal line below the star, up to 14 characters; empty for none.
    :param font: of all text; without one :func:`~gmpki.seal.picture.find_font` finds it.
    :param dpi: dots per inch of the PNG, 72 to 2400.
    :raises InvalidTypeError: when an argument has the wrong type.
    :raises InvalidInputError: when one is out of its range, when the font lacks a character, or when no font was found.
    :raises UnsupportedPlatform: when the libraries of the extra "seal" are not installed.
    :raises DecodeError, LimitExceeded: when the font is damaged.
    """
    sheet, font = _draw(name, department, diameter_mm=diameter_mm, code=code, star=True, font=font)
    return sheet.impression(resolution(dpi), mark_of(font, licensed_maker))


def draw_special_seal(
    name: str,
    purpose: str,
    *,
    diameter_mm: float = 40,
    code: str = "",
    star: bool = True,
    font: Font | None = None,
    licensed_maker: bool = False,
    dpi: int = DEFAULT_DPI,
) -> Impression:
    """Draw a seal for one purpose, such as 合同专用章: the purpose stands in a line below the star.

    Otherwise as :func:`draw_round_seal`, and it raises the same.

    :param purpose: 2 to 14 characters.
    :param star: draw one; some local rules want the middle empty.
    """
    if not as_text(purpose, "purpose"):
        raise InvalidInputError("the purpose of a seal for one purpose is not empty")
    sheet, font = _draw(name, purpose, diameter_mm=diameter_mm, code=code, star=star, font=font)
    return sheet.impression(resolution(dpi), mark_of(font, licensed_maker))


def _draw(name: str, label: str, *, diameter_mm: float, code: str, star: bool, font: Font | None) -> tuple[Sheet, Font]:
    diameter = length_mm(diameter_mm, 30, 80, "diameter_mm")
    name = _text(name, "name", *_NAME_LEN)
    label = _text(label, "the line below the star", *_PURPOSE_LEN) if label != "" else ""
    code = _code(code)
    member(star, bool, "star")
    if font is None:
        font = find_font()
    member(font, Font, "font")
    font.require(name + label + code)

    radius = diameter / 2
    rim = _rim(diameter)
    gap = _GAP * diameter
    inside = radius - rim
    codes = code_arc(letters_of(code, font), inside - 0.75 * gap, 0.030 * diameter) if code else Placed(Outline(), ())
    widest = math.radians(118 if label else 148)
    if code:
        widest = min(widest, math.pi - codes.end - math.radians(9))
    height = (0.142 if label else 0.155) * diameter
    names = ring(letters_of(name, font), inside - gap, height, widest)
    solid = [circle(0, 0, radius), circle(0, 0, inside, hole=True)]
    star_radius = _STAR * diameter / 2
    if star:
        solid.append(_star(star_radius))
    text = [names.outline, codes.outline]
    if label:
        top = star_radius * math.cos(math.pi / 5) + 1.5 * gap if star else 0.09 * diameter
        text.append(_label(label, font, diameter, top, (*names.corners, *codes.corners)).outline)
    return Sheet(diameter, diameter, Outline.joined(solid), Outline.joined(text), _STRONGER * diameter), font


def _label(label: str, font: Font, diameter: float, top: float, taken: Sequence[tuple[float, float]]) -> Placed:
    """Set the line below the star, or lower where what is beside it leaves it more room there."""
    height, gap = 0.098 * diameter, 1.2 * _GAP * diameter
    inside = diameter / 2 - _rim(diameter) - gap
    letters = letters_of(label, font)
    enough = 0.92 * height * 1.06 * sum(letter.room for letter in letters) / 2
    widths = []
    for step in range(9):
        upper = top + step * 0.0125 * diameter
        lower = upper + height
        half = math.sqrt(max(inside * inside - lower * lower, 1.0))
        beside = [abs(x) - gap for x, y in taken if upper - gap < y < lower + gap]
        # What stands below the middle of the line ends the search: a code.
        if any(abs(x) < half / 2 for x, y in taken if upper - gap < y < lower + gap):
            break
        widths.append((min(enough, half, *beside), -upper))
    half, upper = max(widths)
    return line(letters, -upper, height, half)


def _rim(diameter: float) -> float:
    """Return the width of the rim: 1.2 mm at 42 mm and above, 1.0 mm below, 1.5 mm for the very large."""
    return 1.5 if diameter >= 55 else 1.2 if diameter >= 42 else 1.0


def _star(radius: float) -> Outline:
    """Return a regular five-pointed star about the origin, one point up."""
    inner = radius * math.cos(2 * math.pi / 5) / math.cos(math.pi / 5)
    segments: list[Segment] = []
    for number in range(10):
        distance, angle = (inner if number % 2 else radius), number * math.pi / 5
        segments.append(("L" if number else "M", (distance * math.sin(angle), -distance * math.cos(angle))))
    return Outline((*segments, ("Z", ())))


def _text(value: str, name: str, least: int, most: int) -> str:
    """Return a text without blanks around it.

    :raises InvalidInputError: when it has too few or too many characters, or one that cannot be printed.
    """
    text = as_text(value, name).strip()
    if not least <= len(text) <= most:
        raise InvalidInputError(f"{name} must have {least} to {most} characters, not {len(text)}")
    if not text.isprintable():
        raise InvalidInputError(f"{name} has characters that cannot be printed")
    return text


def _code(value: str) -> str:
    code = as_text(value, "code")
    if len(code) > _CODE_LEN or not all("0" <= char <= "9" or "A" <= char <= "Z" for char in code):
        raise InvalidInputError(f"the code has up to {_CODE_LEN} figures and capital letters")
    return code
