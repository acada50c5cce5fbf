"""Where an imprint lies and how it is turned: circles by their rim, squares by their sides, both by what is in them."""

from __future__ import annotations

import cmath
import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from gmpki.seal._extras import extra

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from PIL.Image import Image

__all__ = ["Posture", "rim_evidence", "round_posture", "side_evidence", "square_posture"]

_RAYS: Final = 360


@dataclass(frozen=True)
class Posture:
    """How an imprint lies in a picture, in pixels.

    :ivar turned: by how much it is turned clockwise, in radians.
    :ivar width: how wide it is when straightened.
    """

    x: float
    y: float
    width: float
    height: float
    turned: float


def _rim_points(ink: Image, x: float, y: float, across: float, down: float) -> Iterator[tuple[float, float] | None]:
    """Yield the outermost inked point in each direction from the middle; None where there is none near the rim."""
    pixels, (width, height) = ink.tobytes(), ink.size
    step = 1 / max(across, down)
    for ray in range(_RAYS):
        cosine, sine = math.cos(ray * math.tau / _RAYS), math.sin(ray * math.tau / _RAYS)
        share = 1.18
        found = None
        while share > 0.72:
            px, py = x + share * across * cosine, y + share * down * sine
            if 0 <= px < width and 0 <= py < height and pixels[int(py) * width + int(px)] > 127:
                found = px, py
                break
            share -= step
        yield found


def rim_evidence(ink: Image, box: tuple[int, int, int, int]) -> float:
    """Return in which share of all directions the outermost ink of a box lies on the ellipse that fills it."""
    left, top, right, bottom = box
    x, y, across, down = (left + right) / 2, (top + bottom) / 2, (right - left) / 2, (bottom - top) / 2
    points = _rim_points(ink, x, y, across, down)
    near = [abs(math.hypot((p[0] - x) / across, (p[1] - y) / down) - 1) < 0.07 for p in points if p is not None]
    return sum(near) / _RAYS


def side_evidence(ink: Image, angle: float) -> float:
    """Return in which share of its sides an imprint turned by ``angle`` has ink: 1 for a square with a rim."""
    straight = _rotated(ink, angle)
    box = straight.point(lambda value: 255 if value > 127 else 0).getbbox()
    if box is None:
        return 0.0
    left, top, right, bottom = box
    depth = max(2, round(0.05 * (right - left)))
    strips = [
        (left, top, left + depth, bottom),
        (right - depth, top, right, bottom),
        (left, top, right, top + depth),
        (left, bottom - depth, right, bottom),
    ]
    shares = []
    for number, strip in enumerate(strips):
        part = straight.crop(strip).filter(extra("PIL.ImageFilter").MaxFilter(3))
        size = (1, part.height) if number < 2 else (part.width, 1)
        line = part.resize(size, extra("PIL.Image").Resampling.BOX).tobytes()
        shares.append(sum(value > 50 for value in line) / len(line))
    return min(shares)


def round_posture(ink: Image, box: tuple[int, int, int, int]) -> Posture:
    """Fit a circle to the rim of a round imprint, and find out which way is up."""
    left, top, right, bottom = box
    x, y, radius = (left + right) / 2, (top + bottom) / 2, (right - left + bottom - top) / 4
    for _ in range(3):
        points = [point for point in _rim_points(ink, x, y, radius, radius) if point is not None]
        if len(points) < 24:
            break
        x, y, radius = _fitted(points)
    return Posture(x, y, 2 * radius, 2 * radius, _up(ink, x, y, radius))


def _fitted(points: list[tuple[float, float]]) -> tuple[float, float, float]:
    """Fit a circle to points, leaving out again and again those that lie far off."""
    kept = points
    x = y = radius = 0.0
    for _ in range(5):
        x, y, radius = _least_squares(kept)
        off = sorted(abs(math.hypot(px - x, py - y) - radius) for px, py in kept)
        bound = max(0.75, 2.5 * off[len(off) // 2])
        closer = [(px, py) for px, py in kept if abs(math.hypot(px - x, py - y) - radius) <= bound]
        if len(closer) == len(kept) or len(closer) < 24:
            break
        kept = closer
    return x, y, radius


def _least_squares(points: list[tuple[float, float]]) -> tuple[float, float, float]:
    """Return the circle with the least algebraic distance to points (I. Kåsa, 1976)."""
    count = len(points)
    mx, my = sum(px for px, _ in points) / count, sum(py for _, py in points) / count
    sxx = syy = sxy = sxz = syz = 0.0
    for px, py in points:
        u, v = px - mx, py - my
        z = u * u + v * v
        sxx, syy, sxy = sxx + u * u, syy + v * v, sxy + u * v
        sxz, syz = sxz + u * z, syz + v * z
    divisor = 2 * (sxx * syy - sxy * sxy)
    if abs(divisor) < 1e-9:
        return mx, my, math.sqrt((sxx + syy) / count)
    u, v = (sxz * syy - syz * sxy) / divisor, (syz * sxx - sxz * sxy) / divisor
    return mx + u, my + v, math.sqrt(u * u + v * v + (sxx + syy) / count)


def _up(ink: Image, x: float, y: float, radius: float) -> float:
    """Return by how much a round imprint is turned: roughly by the open end of the name, exactly by the star."""
    pixels, width = ink.tobytes(), ink.width
    star = text = 0j
    star_mass = text_mass = 0.0
    for py in range(max(0, int(y - radius)), min(ink.height, int(y + radius) + 1)):
        for px in range(max(0, int(x - radius)), min(width, int(x + radius) + 1)):
            value = pixels[py * width + px]
            if value < 64:
                continue
            at = complex(px + 0.5 - x, py + 0.5 - y)
            share = abs(at) / radius
            if 0.16 < share < 0.36:
                star += value * (at / abs(at)) ** 5
                star_mass += value
            elif 0.6 < share < 0.88:
                text += value * at / abs(at)
                text_mass += value
    # The name is open below: what there is of it pulls upwards, which is -90 degrees where y points down.
    roughly = cmath.phase(text * 1j) if text_mass and abs(text) > 0.04 * text_mass else 0.0
    if star_mass and abs(star) > 0.35 * star_mass:
        # The fifth power of the direction is the same for all five points; upright it is -i.
        exact = cmath.phase(star * 1j) / 5
        fifth = math.tau / 5
        return exact + fifth * round((roughly - exact) / fifth)
    return _refined(ink, x, y, radius, roughly)


def _refined(ink: Image, x: float, y: float, radius: float, roughly: float) -> float:
    """Improve a rough angle, to about a degree, by the line of text below the middle: level, few rows hold it all."""
    # Blurred, so that no angle looks better for being reached without interpolation.
    soft = ink.filter(extra("PIL.ImageFilter").GaussianBlur(0.006 * radius))
    part = (round(x - 0.55 * radius), round(y + 0.1 * radius), round(x + 0.55 * radius), round(y + 0.72 * radius))

    def level(angle: float) -> float:
        upright = soft.rotate(math.degrees(angle), extra("PIL.Image").Resampling.BILINEAR, center=(x, y)).crop(part)
        _, rows = _profiles(upright)
        # Without a line of text there is nothing to go by.
        total = sum(rows)
        return sum(value * value for value in rows) / (total * total) if total > 4 * len(rows) else 0.0

    best = max((roughly + math.radians(number) for number in range(-14, 15)), key=level)
    best = max((best + math.radians(number / 4) for number in range(-4, 5)), key=level)
    return best if level(best) else roughly


def square_posture(ink: Image) -> Posture:
    """Find the angle of a square or oblong imprint by its sides, and then where these are."""
    angle = _sharpest(ink, math.radians(40))
    straight = _rotated(ink, angle)
    columns, rows = _profiles(straight)
    left, right = _edges(columns)
    top, bottom = _edges(rows)
    # The middle of the straightened imprint, turned back about the middle of the picture.
    u, v = (left + right) / 2 - straight.width / 2, (top + bottom) / 2 - straight.height / 2
    cosine, sine = math.cos(angle), math.sin(angle)
    x = ink.width / 2 + cosine * u - sine * v
    y = ink.height / 2 + sine * u + cosine * v
    return Posture(x, y, right - left, bottom - top, angle)


def _edges(profile: Sequence[float]) -> tuple[float, float]:
    """Return where a profile begins and ends: at half the height of its first and of its last summit."""
    bound = max(profile) / 5
    inked = [place for place, value in enumerate(profile) if value >= bound]
    first, last = inked[0], inked[-1]
    depth = max(2, (last - first) // 16)
    return _half(profile, first, depth), len(profile) - _half(profile[::-1], len(profile) - 1 - last, depth)


def _half(profile: Sequence[float], first: int, depth: int) -> float:
    half = max(profile[first : first + depth]) / 2
    place = next(place for place in range(first, first + depth) if profile[place] >= half)
    before = profile[place - 1] if place else 0.0
    # Between the middles of two pixels, where the straight line from one to the other has this height.
    return place + 0.5 - (profile[place] - half) / max(profile[place] - before, 1e-6)


def _rotated(ink: Image, angle: float) -> Image:
    """Turn a picture back by an angle about its middle."""
    return ink.rotate(math.degrees(angle), extra("PIL.Image").Resampling.BILINEAR)


def _profiles(ink: Image) -> tuple[list[float], list[float]]:
    """Return how much ink each column has, and each row."""
    module, exact = extra("PIL.Image"), ink.convert("F")
    columns = exact.resize((ink.width, 1), module.Resampling.BOX).tobytes()
    rows = exact.resize((1, ink.height), module.Resampling.BOX).tobytes()
    return list(memoryview(columns).cast("f")), list(memoryview(rows).cast("f"))


def _sharpest(ink: Image, within: float) -> float:
    """Return the angle at which sides lie level: rows and columns differ most from their neighbours."""
    module = extra("PIL.Image").Resampling
    scale = min(1.0, 300 / max(ink.size))
    small = ink.resize((max(8, round(ink.width * scale)), max(8, round(ink.height * scale))), module.BOX)

    def sharpness(angle: float) -> float:
        return sum((b - a) ** 2 for line in _profiles(_rotated(small, angle)) for a, b in pairwise(line))

    best, width = 0.0, within
    for step in (math.radians(2), math.radians(0.5), math.radians(0.1)):
        count = math.ceil(width / step)
        best = max((best + number * step for number in range(-count, count + 1)), key=sharpness)
        width = 1.5 * step
    return best
