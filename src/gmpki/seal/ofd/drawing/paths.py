"""Paths, matrices and lists of distances of OFD, as SVG has them.

:standard: GB/T 33190-2016 9 (AbbreviatedData), 8.5 (CTM), 11 (DeltaX, DeltaY)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gmpki.errors import DecodeError, LimitExceeded
from gmpki.seal.ofd import xml
from gmpki.seal.picture.outline import Matrix

if TYPE_CHECKING:
    from gmpki.seal.ofd.signatures import Box

__all__ = ["DrawnPath", "distances", "matrix", "moved", "path_data", "shortened", "transform"]

# How many numbers follow each operator, and what SVG calls it. "C" closes in OFD and is a curve in SVG.
_OPERATORS: Final = {
    "S": (2, "M"),
    "M": (2, "M"),
    "L": (2, "L"),
    "Q": (4, "Q"),
    "B": (6, "C"),
    "A": (7, "A"),
    "C": (0, "Z"),
}
_MOST_MM: Final = 100_000.0
_MOST_TOKENS: Final = 1_000_000
_MOST_DISTANCES: Final = 100_000


def shortened(value: float) -> str:
    """Return a number as SVG writes it, with no more digits than anybody sees."""
    text = f"{value:.4f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


@dataclass(frozen=True, slots=True)
class DrawnPath:
    """A path as SVG has it. Immutable.

    :ivar data: the "d" of an SVG path.
    :ivar points: a corner to every side of all its points, handles of curves included: all of it lies between them.
        None when it has arcs, of which that is not known.
    """

    data: str
    points: tuple[tuple[float, float], ...] | None

    def within(self, box: Box, placed: Matrix, margin: float) -> bool:
        """Tell whether it lies inside a rectangle for certain, once it is mapped."""
        if self.points is None:
            return False
        a, b, c, d, e, f = placed
        return all(
            -margin <= a * x + c * y + e <= box.width + margin and -margin <= b * x + d * y + f <= box.height + margin
            for x, y in self.points
        )


def path_data(text: str) -> DrawnPath:
    """Read a path.

    >>> path_data("M 0 0 L 70 0 B 1 1 2 2 3 3 C").data
    'M0 0L70 0C1 1 2 2 3 3Z'

    :raises DecodeError: when it is no path, or one that leads further than any page is large.
    :raises LimitExceeded: when it has more than a million parts.
    """
    tokens = text.replace(",", " ").split()
    if len(tokens) > _MOST_TOKENS:
        raise LimitExceeded(f"a path has more than {_MOST_TOKENS} parts")
    words: list[str] = []
    xs, ys, has_arcs = [0.0], [0.0], False
    at = 0
    while at < len(tokens):
        operator = _OPERATORS.get(tokens[at])
        if operator is None:
            raise DecodeError(f"a path has the operator {tokens[at][:20]!r}, which OFD does not have")
        count, letter = operator
        numbers = xml.numbers(" ".join(tokens[at + 1 : at + 1 + count]), count=count, name="a step of a path")
        at += 1 + count
        if any(abs(value) > _MOST_MM for value in numbers):
            raise DecodeError(f"a path leads further than {_MOST_MM:g} mm")
        has_arcs = has_arcs or letter == "A"
        xs += numbers[::2]
        ys += numbers[1::2]
        if not words and letter != "M":
            words.append("M0 0")  # a path that does not say where it begins
        if letter == "A":
            # Flags are 0 or 1, whatever form a producer gives the numbers.
            numbers = (*numbers[:3], float(numbers[3] != 0), float(numbers[4] != 0), *numbers[5:])
        words.append(letter + " ".join(map(shortened, numbers)))
    corners = tuple((x, y) for x in (min(xs), max(xs)) for y in (min(ys), max(ys)))
    return DrawnPath("".join(words), None if has_arcs else corners)


def matrix(text: str) -> Matrix:
    """Return the map that a CTM describes; without one, the one that changes nothing.

    :raises DecodeError: when it has not six numbers.
    """
    if not text:
        return Matrix()
    a, b, c, d, e, f = xml.numbers(text, count=6, name="a CTM")
    return Matrix(a, b, c, d, e, f)


def transform(map_: Matrix) -> str:
    """Return the attribute of SVG for a map, with a space before it; "" for the one that changes nothing."""
    if map_ == Matrix():
        return ""
    numbers = " ".join(f"{value:.7g}" for value in map_)
    return f' transform="matrix({numbers})"'


def moved(x: float, y: float) -> str:
    """Return the attribute of SVG for a shift, with a space before it; "" for none."""
    return f' transform="translate({shortened(x)} {shortened(y)})"' if x or y else ""


def distances(text: str) -> list[float]:
    """Return a list of distances, in which "g 3 1.5" stands for three times 1.5.

    >>> distances("3 g 2 1.5 4")
    [3.0, 1.5, 1.5, 4.0]

    :raises DecodeError: when something in it is no number.
    :raises LimitExceeded: when it has more than 100,000 distances.
    """
    tokens = text.split()
    found: list[float] = []
    at = 0
    while at < len(tokens):
        if tokens[at] != "g":
            found += xml.numbers(tokens[at], count=1, name="a distance")
            at += 1
        else:
            count, value = xml.numbers(" ".join(tokens[at + 1 : at + 3]), count=2, name="a repeated distance")
            if not 0 <= count <= _MOST_DISTANCES:
                raise LimitExceeded("a distance is repeated too often")
            found += [value] * int(count)
            at += 3
        if len(found) > _MOST_DISTANCES:
            raise LimitExceeded(f"a text has more than {_MOST_DISTANCES} distances")
    return found
