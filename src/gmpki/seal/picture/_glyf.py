"""Outlines of TrueType fonts: curves of the second degree, which become those of the third.

Fonts come from documents of strangers: steps, depth and points are bounded here, which fontTools does not do.

:standard: OpenType 1.9, tables "glyf" and "loca"
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from gmpki.errors import DecodeError, LimitExceeded
from gmpki.seal.picture.outline import Matrix, Outline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gmpki.seal.picture.outline import Segment

__all__ = ["TrueTypeGlyphs"]

_MAX_DEPTH: Final = 6  # of glyphs made of glyphs
_MAX_PARTS: Final = 200
_MAX_POINTS: Final = 20_000

# Flags of a simple glyph, then of a part of a composite one.
_ON_CURVE, _X_SHORT, _Y_SHORT, _REPEAT, _X_SAME, _Y_SAME = 0x01, 0x02, 0x04, 0x08, 0x10, 0x20
_WORDS, _OFFSETS, _SCALE, _MORE, _TWO_SCALES, _FOUR_SCALES = 0x0001, 0x0002, 0x0008, 0x0020, 0x0040, 0x0080

_Point = tuple[float, float, bool]


class TrueTypeGlyphs:
    """The tables "glyf" and "loca" of a font. Immutable."""

    def __init__(self, glyphs: bytes, places: bytes, *, long_places: bool) -> None:
        self._glyphs = glyphs
        self._places = places
        self._long = long_places

    def outline(self, glyph: int) -> Outline:
        """Return the outline of a glyph in units of the font, y upwards.

        :raises LimitExceeded: it has too many parts.
        """
        return self._outline(glyph, 0, [_MAX_PARTS])

    def _outline(self, glyph: int, depth: int, left: list[int]) -> Outline:
        left[0] -= 1
        if depth > _MAX_DEPTH or left[0] < 0:
            raise LimitExceeded("a glyph of the font has too many parts")
        if self._long:
            start, end = struct.unpack_from(">2I", self._places, 4 * glyph)
        else:
            start, end = (2 * place for place in struct.unpack_from(">2H", self._places, 2 * glyph))
        if start == end:
            return Outline()
        if not start < end <= len(self._glyphs):
            raise DecodeError(f"glyph {glyph} lies outside the font")
        data = self._glyphs[start:end]
        (contours,) = struct.unpack_from(">h", data)
        return self._composite(data, depth, left) if contours < 0 else _simple(data, contours)

    def _composite(self, data: bytes, depth: int, left: list[int]) -> Outline:
        parts, at, flags = [], 10, _MORE
        while flags & _MORE:
            flags, glyph = struct.unpack_from(">2H", data, at)
            x, y = struct.unpack_from(">2h" if flags & _WORDS else ">2b", data, at + 4)
            at += 8 if flags & _WORDS else 6
            if not flags & _OFFSETS:
                x = y = 0  # parts that hang on points of each other do not occur in Chinese fonts
            scales = 1 if flags & _SCALE else 2 if flags & _TWO_SCALES else 4 if flags & _FOUR_SCALES else 0
            numbers = [value / 16384 for value in struct.unpack_from(f">{scales}h", data, at)]
            at += 2 * scales
            if scales < 4:  # none, one for both directions, or one for each
                across, down = (numbers * 2)[:2] if numbers else (1.0, 1.0)
                numbers = [across, 0.0, 0.0, down]
            a, b, c, d = numbers
            parts.append(self._outline(glyph, depth + 1, left).mapped(Matrix(a, b, c, d, x, y)))
        return Outline.joined(parts)


def _simple(data: bytes, contours: int) -> Outline:
    ends = struct.unpack_from(f">{contours}H", data, 10)
    count = ends[-1] + 1 if ends else 0
    if count > _MAX_POINTS or list(ends) != sorted(ends):
        raise LimitExceeded("a glyph of the font has too many points")
    at = 10 + 2 * contours
    at += 2 + struct.unpack_from(">H", data, at)[0]
    flags: list[int] = []
    while len(flags) < count:
        flag = data[at]
        at += 1
        repeated = 0
        if flag & _REPEAT:
            repeated = data[at]
            at += 1
        flags += [flag] * (1 + repeated)
    del flags[count:]
    xs, at = _coordinates(data, at, flags, _X_SHORT, _X_SAME)
    ys, at = _coordinates(data, at, flags, _Y_SHORT, _Y_SAME)
    points = [(x, y, bool(flag & _ON_CURVE)) for x, y, flag in zip(xs, ys, flags, strict=True)]
    segments: list[Segment] = []
    start = 0
    for end in ends:
        segments += _contour(points[start : end + 1])
        start = end + 1
    return Outline(tuple(segments))


def _coordinates(data: bytes, at: int, flags: list[int], short: int, same: int) -> tuple[list[int], int]:
    value, values = 0, []
    for flag in flags:
        if flag & short:
            value += data[at] if flag & same else -data[at]
            at += 1
        elif not flag & same:
            value += struct.unpack_from(">h", data, at)[0]
            at += 2
        values.append(value)
    return values, at


def _contour(points: Sequence[_Point]) -> list[Segment]:
    """Return one closed contour. Between two points off the curve, one on it lies in the middle."""
    if not points:
        return []
    whole: list[_Point] = []
    for (x, y, on), (next_x, next_y, next_on) in zip(points, [*points[1:], points[0]], strict=True):
        whole.append((x, y, on))
        if not on and not next_on:
            whole.append(((x + next_x) / 2, (y + next_y) / 2, True))
    first = next((index for index, point in enumerate(whole) if point[2]), None)
    if first is None:
        return []
    whole = whole[first:] + whole[:first]
    x, y, _ = whole[0]
    segments: list[Segment] = [("M", (x, y))]
    handle: tuple[float, float] | None = None
    for next_x, next_y, on in [*whole[1:], whole[0]]:
        if not on:
            handle = next_x, next_y
            continue
        if handle is None:
            segments.append(("L", (next_x, next_y)))
        else:
            hx, hy = handle
            x1, y1 = x + 2 / 3 * (hx - x), y + 2 / 3 * (hy - y)
            x2, y2 = next_x + 2 / 3 * (hx - next_x), next_y + 2 / 3 * (hy - next_y)
            segments.append(("C", (x1, y1, x2, y2, next_x, next_y)))
        x, y, handle = next_x, next_y, None
    segments.append(("Z", ()))
    return segments
