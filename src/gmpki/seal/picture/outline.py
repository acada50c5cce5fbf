"""Shapes made of lines and Bézier curves: what characters, stars and rims are drawn with."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["Box", "Matrix", "Outline", "Segment", "circle", "rectangle"]

# How far the handles of a curve lie out that stands for a quarter of a circle of radius 1.
_QUARTER = 4 / 3 * (math.sqrt(2) - 1)

# "M" x y, "L" x y, "C" x1 y1 x2 y2 x y, "Z": the letters and the order of SVG paths.
Segment = tuple[str, tuple[float, ...]]


class Box(NamedTuple):
    """An upright rectangle: the least and the greatest coordinates."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """How wide it is."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """How high it is."""
        return self.bottom - self.top

    @property
    def centre(self) -> tuple[float, float]:
        """Its middle."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    def union(self, other: Box) -> Box:
        """Return the smallest box that holds both."""
        return Box(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )


class Matrix(NamedTuple):
    """An affine map: x' = a x + c y + e, y' = b x + d y + f, as SVG names its numbers."""

    a: float = 1.0
    b: float = 0.0
    c: float = 0.0
    d: float = 1.0
    e: float = 0.0
    f: float = 0.0

    def then(self, other: Matrix) -> Matrix:
        """Return the map that does this one first and the other one after it."""
        a, b, c, d, e, f = self
        return Matrix(
            other.a * a + other.c * b,
            other.b * a + other.d * b,
            other.a * c + other.c * d,
            other.b * c + other.d * d,
            other.a * e + other.c * f + other.e,
            other.b * e + other.d * f + other.f,
        )

    def moved(self, x: float, y: float) -> Matrix:
        """Return this map with a shift after it."""
        return self._replace(e=self.e + x, f=self.f + y)

    def turned(self, angle: float) -> Matrix:
        """Return this map with a turn about the origin after it, clockwise where y points down; in radians."""
        sine, cosine = math.sin(angle), math.cos(angle)
        return self.then(Matrix(cosine, sine, -sine, cosine))


@dataclass(frozen=True)
class Outline:
    """A shape, immutable.

    :ivar segments: the path that goes round it; inner contours run the other way round, as in fonts.
    """

    segments: tuple[Segment, ...] = ()

    def __add__(self, other: Outline) -> Outline:
        return Outline(self.segments + other.segments)

    @classmethod
    def joined(cls, outlines: Iterable[Outline]) -> Outline:
        """Return several shapes as one."""
        return cls(tuple(segment for outline in outlines for segment in outline.segments))

    def mapped(self, matrix: Matrix) -> Outline:
        """Return the shape after an affine map."""
        a, b, c, d, e, f = matrix
        made = []
        for letter, numbers in self.segments:
            pairs = zip(numbers[::2], numbers[1::2], strict=True)
            made.append((letter, tuple(v for x, y in pairs for v in (a * x + c * y + e, b * x + d * y + f))))
        return Outline(tuple(made))

    @property
    def bounds(self) -> Box | None:
        """The box that the shape fills, exactly, curves included; None for an empty shape."""
        points = list(self._extremes())
        if not points:
            return None
        xs, ys = [x for x, _ in points], [y for _, y in points]
        return Box(min(xs), min(ys), max(xs), max(ys))

    def _extremes(self) -> Iterator[tuple[float, float]]:
        x = y = 0.0
        for letter, numbers in self.segments:
            if letter == "Z":
                continue
            if letter == "C":
                for t in _turning_points(x, *numbers[0::2]) + _turning_points(y, *numbers[1::2]):
                    yield _at(t, x, *numbers[0::2]), _at(t, y, *numbers[1::2])
            x, y = numbers[-2:]
            yield x, y

    def svg(self, decimals: int = 3) -> str:
        """Return the shape as the ``d`` attribute of an SVG path; the same shape always gives the same text."""
        words = []
        for letter, numbers in self.segments:
            words.append(letter + " ".join(_short(number, decimals) for number in numbers))
        return "".join(words)


def circle(x: float, y: float, radius: float, *, hole: bool = False) -> Outline:
    """Return a circle, or with ``hole`` one that runs the other way round."""
    k = radius * _QUARTER
    quarters = [
        (x + radius, y + k, x + k, y + radius, x, y + radius),
        (x - k, y + radius, x - radius, y + k, x - radius, y),
        (x - radius, y - k, x - k, y - radius, x, y - radius),
        (x + k, y - radius, x + radius, y - k, x + radius, y),
    ]
    made = Outline((("M", (x + radius, y)), *(("C", quarter) for quarter in quarters), ("Z", ())))
    return made.mapped(Matrix(d=-1.0, f=2 * y)) if hole else made


def rectangle(box: Box, radius: float = 0.0, *, hole: bool = False) -> Outline:
    """Return a rectangle with rounded corners, or with ``hole`` one that runs the other way round."""
    left, top, right, bottom = box
    k = radius * (1 - _QUARTER)
    segments: list[Segment] = [
        ("M", (left + radius, top)),
        ("L", (right - radius, top)),
        ("C", (right - k, top, right, top + k, right, top + radius)),
        ("L", (right, bottom - radius)),
        ("C", (right, bottom - k, right - k, bottom, right - radius, bottom)),
        ("L", (left + radius, bottom)),
        ("C", (left + k, bottom, left, bottom - k, left, bottom - radius)),
        ("L", (left, top + radius)),
        ("C", (left, top + k, left + k, top, left + radius, top)),
        ("Z", ()),
    ]
    made = Outline(tuple(segments))
    return made.mapped(Matrix(d=-1.0, f=top + bottom)) if hole else made


def _at(t: float, p0: float, p1: float, p2: float, p3: float) -> float:
    u = 1 - t
    return u * u * u * p0 + 3 * u * u * t * p1 + 3 * u * t * t * p2 + t * t * t * p3


def _turning_points(p0: float, p1: float, p2: float, p3: float) -> list[float]:
    """Return where a coordinate of a cubic curve turns back: the zeros of its derivative between the ends."""
    a = p3 - 3 * p2 + 3 * p1 - p0
    b = 2 * (p2 - 2 * p1 + p0)
    c = p1 - p0
    if abs(a) < 1e-12:
        roots = [] if abs(b) < 1e-12 else [-c / b]
    else:
        inner = b * b - 4 * a * c
        roots = [] if inner < 0 else [(-b + sign * math.sqrt(inner)) / (2 * a) for sign in (1, -1)]
    return [t for t in roots if 0 < t < 1]


def _short(number: float, decimals: int) -> str:
    text = f"{number:.{decimals}f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text
