"""Outlines of the compact font format: fonts whose files end in .otf, and most of the free Chinese ones.

Fonts come from documents of strangers: steps, depth and points are bounded here, which fontTools does not do.

:standard: Adobe Technical Notes #5176 (CFF) and #5177 (Type 2 charstrings)
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

from gmpki.errors import DecodeError, LimitExceeded, UnsupportedAlgorithm
from gmpki.seal.picture.outline import Outline

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gmpki.seal.picture.outline import Segment

__all__ = ["CompactFont"]

_MAX_OPERATIONS: Final = 100_000  # of one glyph; the richest Chinese characters need some thousands
_MAX_DEPTH: Final = 10  # of subroutines (5177, appendix B)
_MAX_STACK: Final = 513  # CFF2 allows this many, CFF 48

# Keys of dictionaries (5176, appendix H); 12 n stands for an escaped one.
_CHAR_STRINGS, _PRIVATE, _SUBRS = 17, 18, 19
_FD_ARRAY, _FD_SELECT = (12, 36), (12, 37)
_CHARSTRING_TYPE = (12, 6)

_Key = int | tuple[int, int]


class CompactFont:
    """The table "CFF " of a font. Immutable.

    :raises DecodeError, IndexError, struct.error: its parts are not where they should be; the caller makes one error
        of them.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        _, at = _index(data, data[2])
        tops, at = _index(data, at)
        _, at = _index(data, at)
        self._global, _ = _index(data, at)
        top = _dictionary(data[slice(*tops[0])])
        if top.get(_CHARSTRING_TYPE, [2])[0] != 2:
            raise UnsupportedAlgorithm("a font with Type 1 charstrings")
        self._glyphs, _ = _index(data, int(top[_CHAR_STRINGS][0]))
        if _FD_ARRAY in top:
            fonts, _ = _index(data, int(top[_FD_ARRAY][0]))
            self._locals = [self._subroutines(_dictionary(data[slice(*where)])) for where in fonts]
            self._selector: int | None = int(top[_FD_SELECT][0])
        else:
            self._locals = [self._subroutines(top)]
            self._selector = None

    def outline(self, glyph: int) -> Outline:
        """Return the outline of a glyph in units of the font, y upwards.

        :raises LimitExceeded: it goes on for too long.
        """
        if not 0 <= glyph < len(self._glyphs):
            raise DecodeError(f"the font has no glyph {glyph}")
        subroutines = self._locals[0 if self._selector is None else self._font_of(glyph, self._selector)]
        return _Pen(self._data, self._global, subroutines).draw(self._glyphs[glyph])

    def _subroutines(self, font: dict[_Key, list[float]]) -> list[tuple[int, int]]:
        if _PRIVATE not in font:
            return []
        size, start = (int(value) for value in font[_PRIVATE])
        private = _dictionary(self._data[start : start + size])
        return _index(self._data, start + int(private[_SUBRS][0]))[0] if _SUBRS in private else []

    def _font_of(self, glyph: int, at: int) -> int:
        data = self._data
        if data[at] == 0:
            return data[at + 1 + glyph]
        if data[at] != 3:
            raise DecodeError(f"FDSelect has format {data[at]}, not 0 or 3")
        low, high = 0, _u16(data, at + 1)
        while high - low > 1:
            middle = (low + high) // 2
            if _u16(data, at + 3 + 3 * middle) <= glyph:
                low = middle
            else:
                high = middle
        return data[at + 5 + 3 * low]


def _u16(data: bytes, at: int) -> int:
    return data[at] << 8 | data[at + 1]


def _index(data: bytes, at: int) -> tuple[list[tuple[int, int]], int]:
    """Return where the items of an INDEX (5176, clause 5) begin and end, and where it ends itself."""
    if at < 0:
        raise DecodeError("an INDEX before the font")
    count = _u16(data, at)
    if count == 0:
        return [], at + 2
    size = data[at + 2]
    if not 1 <= size <= 4:
        raise DecodeError(f"offsets of {size} bytes in an INDEX")
    table, base = at + 3, at + 2 + (count + 1) * size
    raw = data[table : table + (count + 1) * size]
    offsets = [base + int.from_bytes(raw[i : i + size], "big") for i in range(0, len(raw), size)]
    if len(offsets) != count + 1 or offsets[-1] > len(data):
        raise DecodeError("an INDEX that the font cuts off")
    return list(pairwise(offsets)), offsets[-1]


def _dictionary(data: bytes) -> dict[_Key, list[float]]:
    """Return what a DICT (5176, clause 4) holds."""
    found: dict[_Key, list[float]] = {}
    values: list[float] = []
    at = 0
    while at < len(data):
        first = data[at]
        at += 1
        if first <= 21:
            key: _Key = first
            if first == 12:
                key = (12, data[at])
                at += 1
            found[key], values = values, []
        elif first == 28:
            values.append(int.from_bytes(data[at : at + 2], "big", signed=True))
            at += 2
        elif first == 29:
            values.append(int.from_bytes(data[at : at + 4], "big", signed=True))
            at += 4
        elif first == 30:  # a real number in nibbles; none of the keys used here has one
            while data[at] & 0x0F != 0x0F and data[at] >> 4 != 0x0F:
                at += 1
            at += 1
            values.append(0.0)
        else:
            value, at = _small(data, first, at)
            values.append(value)
    return found


def _small(data: bytes, first: int, at: int) -> tuple[int, int]:
    """Return a number of one or two bytes, which dictionaries and charstrings write alike."""
    if 32 <= first <= 246:
        return first - 139, at
    if 247 <= first <= 250:
        return (first - 247) * 256 + data[at] + 108, at + 1
    if 251 <= first <= 254:
        return -(first - 251) * 256 - data[at] - 108, at + 1
    raise DecodeError(f"byte {first} begins no number")


class _Pen:
    """Runs the charstring of one glyph (5177, clause 4)."""

    def __init__(self, data: bytes, global_: list[tuple[int, int]], local: list[tuple[int, int]]) -> None:
        self._data = data
        self._subroutines = {29: global_, 10: local}
        self._stack: list[float] = []
        self._segments: list[Segment] = []
        self._x = self._y = 0.0
        self._hints = 0
        self._left = _MAX_OPERATIONS
        self._open = self._ended = self._has_width = False

    def draw(self, where: tuple[int, int]) -> Outline:
        self._run(where, 0)
        self._close()
        return Outline(tuple(self._segments))

    def _run(self, where: tuple[int, int], depth: int) -> None:
        if depth > _MAX_DEPTH:
            raise LimitExceeded("subroutines of a glyph call each other too deeply")
        data, (at, end), stack = self._data, where, self._stack
        while at < end and not self._ended:
            self._left -= 1
            if self._left < 0 or len(stack) > _MAX_STACK:
                raise LimitExceeded("a glyph of the font does not come to its end")
            first = data[at]
            at += 1
            if first == 255:
                stack.append(int.from_bytes(data[at : at + 4], "big", signed=True) / 65536)
                at += 4
            elif first == 28:
                stack.append(int.from_bytes(data[at : at + 2], "big", signed=True))
                at += 2
            elif first >= 32:
                value, at = _small(data, first, at)
                stack.append(value)
            elif first in self._subroutines:
                routines = self._subroutines[first]
                number = int(stack.pop()) + (107 if len(routines) < 1240 else 1131 if len(routines) < 33900 else 32768)
                if not 0 <= number < len(routines):
                    raise DecodeError(f"the font has no subroutine {number}")
                self._run(routines[number], depth + 1)
            elif first == 11:
                return
            elif first in (19, 20):
                self._stems()
                at += (self._hints + 7) // 8
            else:
                if first == 12:
                    first = 1200 + data[at]
                    at += 1
                self._operate(first)

    def _operate(self, code: int) -> None:
        if code in (1, 3, 18, 23):
            self._stems()
            return
        if code == 14:
            self._ended = True
            return
        operation = _OPERATIONS.get(code)
        if operation is None:
            raise DecodeError(f"operator {code} in a glyph")
        operation(self)
        self._stack.clear()

    def _stems(self) -> None:
        self._hints += len(self._stack) // 2
        self._has_width = True
        self._stack.clear()

    def _close(self) -> None:
        if self._open:
            self._segments.append(("Z", ()))
        self._open = False

    # ---- moves: the first one may have the width of the glyph before its numbers ----
    def _move(self, horizontal: int, vertical: int) -> None:
        self._close()
        values = self._stack[-(horizontal + vertical) :]
        self._x += values[0] if horizontal else 0
        self._y += values[-1] if vertical else 0
        self._segments.append(("M", (self._x, self._y)))
        self._open = True

    def _rmoveto(self) -> None:
        self._move(1, 1)

    def _hmoveto(self) -> None:
        self._move(1, 0)

    def _vmoveto(self) -> None:
        self._move(0, 1)

    # ---- lines and curves ----
    def _line(self, dx: float, dy: float) -> None:
        self._x += dx
        self._y += dy
        self._segments.append(("L", (self._x, self._y)))

    def _curve(self, *steps: float) -> None:
        dx1, dy1, dx2, dy2, dx3, dy3 = steps
        x1, y1 = self._x + dx1, self._y + dy1
        x2, y2 = x1 + dx2, y1 + dy2
        self._x, self._y = x2 + dx3, y2 + dy3
        self._segments.append(("C", (x1, y1, x2, y2, self._x, self._y)))

    def _groups(self, size: int, values: list[float] | None = None) -> Iterator[tuple[float, ...]]:
        numbers = self._stack if values is None else values
        for at in range(0, len(numbers) - size + 1, size):
            yield tuple(numbers[at : at + size])

    def _rlineto(self) -> None:
        for dx, dy in self._groups(2):
            self._line(dx, dy)

    def _alternating_lines(self, horizontal: bool) -> None:
        for value in self._stack:
            self._line(value if horizontal else 0, 0 if horizontal else value)
            horizontal = not horizontal

    def _hlineto(self) -> None:
        self._alternating_lines(True)

    def _vlineto(self) -> None:
        self._alternating_lines(False)

    def _rrcurveto(self) -> None:
        for numbers in self._groups(6):
            self._curve(*numbers)

    def _rcurveline(self) -> None:
        for numbers in self._groups(6, self._stack[:-2]):
            self._curve(*numbers)
        self._line(*self._stack[-2:])

    def _rlinecurve(self) -> None:
        for numbers in self._groups(2, self._stack[:-6]):
            self._line(*numbers)
        self._curve(*self._stack[-6:])

    def _vvcurveto(self) -> None:
        first = self._stack[0] if len(self._stack) % 4 else 0
        for a, b, c, d in self._groups(4, self._stack[len(self._stack) % 4 :]):
            self._curve(first, a, b, c, 0, d)
            first = 0

    def _hhcurveto(self) -> None:
        first = self._stack[0] if len(self._stack) % 4 else 0
        for a, b, c, d in self._groups(4, self._stack[len(self._stack) % 4 :]):
            self._curve(a, first, b, c, d, 0)
            first = 0

    def _alternating_curves(self, horizontal: bool) -> None:
        last = self._stack[-1] if len(self._stack) % 4 else 0
        count = len(self._stack) // 4
        for number, (a, b, c, d) in enumerate(self._groups(4, self._stack[: count * 4])):
            extra = last if number == count - 1 else 0
            if horizontal:
                self._curve(a, 0, b, c, extra, d)
            else:
                self._curve(0, a, b, c, d, extra)
            horizontal = not horizontal

    def _hvcurveto(self) -> None:
        self._alternating_curves(True)

    def _vhcurveto(self) -> None:
        self._alternating_curves(False)

    # ---- flexes: two curves, drawn as such ----
    def _flex(self) -> None:
        self._curve(*self._stack[0:6])
        self._curve(*self._stack[6:12])

    def _hflex(self) -> None:
        a, b, c, d, e, f, g = self._stack[:7]
        self._curve(a, 0, b, c, d, 0)
        self._curve(e, 0, f, -c, g, 0)

    def _hflex1(self) -> None:
        a, b, c, d, e, f, g, h, i = self._stack[:9]
        self._curve(a, b, c, d, e, 0)
        self._curve(f, 0, g, h, i, -(b + d + h))

    def _flex1(self) -> None:
        a, b, c, d, e, f, g, h, i, j, last = self._stack[:11]
        dx, dy = a + c + e + g + i, b + d + f + h + j
        self._curve(a, b, c, d, e, f)
        self._curve(g, h, i, j, *((last, -dy) if abs(dx) > abs(dy) else (-dx, last)))


_OPERATIONS: Final[dict[int, Callable[[_Pen], None]]] = {
    4: _Pen._vmoveto,
    5: _Pen._rlineto,
    6: _Pen._hlineto,
    7: _Pen._vlineto,
    8: _Pen._rrcurveto,
    21: _Pen._rmoveto,
    22: _Pen._hmoveto,
    24: _Pen._rcurveline,
    25: _Pen._rlinecurve,
    26: _Pen._vvcurveto,
    27: _Pen._hhcurveto,
    30: _Pen._vhcurveto,
    31: _Pen._hvcurveto,
    1234: _Pen._hflex,
    1235: _Pen._flex,
    1236: _Pen._hflex1,
    1237: _Pen._flex1,
}
