"""Red ink told from paper, from black print and from noise, pixel by pixel, with Pillow alone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from gmpki.errors import InvalidInputError
from gmpki.seal._extras import extra

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL.Image import Image

__all__ = ["blobs", "clean", "ink_of", "percentile", "redness", "step"]

_RUN: Final = re.compile(rb"\xff+")
_NO_RED = 22  # of 255: what is less red than this is no ink


def step(low: float, high: float) -> list[int]:
    """Return a table for ``Image.point`` that rises smoothly from 0 at ``low`` to 255 at ``high``."""
    table = []
    for value in range(256):
        t = min(1.0, max(0.0, (value - low) / (high - low)))
        table.append(round(255 * t * t * (3 - 2 * t)))
    return table


def percentile(image: Image, share: float, *, above: int = -1) -> int:
    """Return the value that ``share`` of the pixels above ``above`` do not exceed; 0 when there are none."""
    counts = image.histogram()[:256]
    counts[: above + 1] = [0] * (above + 1)
    wanted, seen = sum(counts) * share, 0
    for value, count in enumerate(counts):
        seen += count
        if count and seen >= wanted:
            return value
    return 0


def _math(rule: Callable[[Any], Any], **images: Image) -> Image:
    """Compute a picture of mode "L" from others, in floating point."""
    maths = extra("PIL.ImageMath")

    def whole(args: Any) -> Any:
        floats = {name: args["float"](args[name]) for name in images}
        value = rule({**args, **floats})
        return args["convert"](args["min"](args["max"](value, 0.0), 255.0), "L")

    made: Image = maths.lambda_eval(whole, **images)
    return made


def redness(image: Image) -> Image:
    """Return how much more red than anything else each pixel is."""
    chops = extra("PIL.ImageChops")
    red, green, blue = image.split()
    made: Image = chops.subtract(red, chops.lighter(green, blue))
    return made


def _on_white(image: Image) -> Image:
    """Divide a picture by the colour of its paper, which may change from place to place."""
    filters, module = extra("PIL.ImageFilter"), extra("PIL.Image")
    resampling = module.Resampling
    small = (max(8, min(72, image.width // 6)), max(8, min(72, image.height // 6)))
    paper = image.resize(small, resampling.BOX).filter(filters.MaxFilter(7)).filter(filters.GaussianBlur(4))
    paper = paper.resize(image.size, resampling.BICUBIC)
    pairs = zip(image.split(), paper.split(), strict=True)
    rule = lambda a: a["c"] * 255.0 / a["max"](a["p"], 1.0)  # noqa: E731
    made: Image = module.merge("RGB", [_math(rule, c=channel, p=ground) for channel, ground in pairs])
    return made


def ink_of(image: Image, stroke: float) -> tuple[Image, float]:
    """Return how much red ink lies on each pixel, 255 for fully inked, and which share of it was under black print.

    :param stroke: how wide the strokes of printed text are, in pixels.
    :raises InvalidInputError: when there is no red ink.
    """
    chops, filters, module = extra("PIL.ImageChops"), extra("PIL.ImageFilter"), extra("PIL.Image")
    white = _on_white(image)
    red, green, blue = white.split()
    dark = chops.invert(green)
    reddish = chops.subtract(red, chops.lighter(green, blue))
    # Red in proportion to darkness tells ink from print; ink alone has 0.7 and more, grey 0.
    share = _math(lambda a: a["r"] * 255.0 / a["max"](a["d"], 24.0), r=reddish, d=dark).point(step(50, 110))
    raw = chops.multiply(dark, share)
    full = percentile(raw, 0.85, above=40)
    if full < _NO_RED:
        raise InvalidInputError("there is no red imprint")
    # What is faded gets as strong as the rest: by the strongest ink around it, up to three times.
    tiles = (max(4, min(24, image.width // 16)), max(4, min(24, image.height // 16)))
    strongest = raw.filter(filters.MedianFilter(3)).reduce(max(1, image.width // (tiles[0] * 6)))
    strongest = strongest.filter(filters.MaxFilter(9)).filter(filters.GaussianBlur(3))
    strongest = strongest.point(lambda value: max(value, full / 3)).resize(image.size, module.Resampling.BILINEAR)
    ink = _math(lambda a: a["i"] * 255.0 / a["max"](a["s"] * 0.95, 1.0), i=raw, s=strongest)
    # Under black print no red is seen: what lies around it tells whether there is ink.
    printed = chops.invert(red).point(step(85, 135))
    kept = chops.invert(printed)
    blur = filters.GaussianBlur(max(1.0, stroke))
    around = _math(
        lambda a: a["i"] * 255.0 / a["max"](a["k"], 1.0), i=chops.multiply(ink, kept).filter(blur), k=kept.filter(blur)
    )
    guessed = chops.multiply(around.point(step(80, 140)), printed)
    made: Image = chops.add(chops.multiply(ink, kept), guessed)
    total = sum(value * count for value, count in enumerate(made.histogram()))
    below = sum(value * count for value, count in enumerate(guessed.histogram()))
    return made, below / total if total else 0.0


def blobs(mask: Image) -> list[tuple[int, tuple[int, int, int, int], list[tuple[int, int]]]]:
    """Return the connected parts of a mask: size, box (left, upper, right, lower), and the runs of pixels in rows.

    A run is the place of its first pixel and of the one after its last. Runs that overlap those above them are
    joined, so that the effort grows with the number of runs and not with that of the pixels.
    """
    width, height = mask.size
    inked = mask.point(lambda value: 255 if value > 127 else 0).tobytes()
    runs: list[tuple[int, int]] = []
    parents: list[int] = []  # of each run: one of the same part that comes before it; the first is its own

    def first_of(number: int) -> int:
        while parents[number] != number:
            parents[number] = number = parents[parents[number]]
        return number

    above = 0  # the first run of the row above that may still overlap
    for y in range(height):
        begin = len(runs)
        for match in _RUN.finditer(inked, y * width, (y + 1) * width):
            start, end = match.span()
            number = len(runs)
            runs.append((start, end))
            parents.append(number)
            while above < begin and runs[above][1] + width <= start:
                above += 1
            other = above
            while other < begin and runs[other][0] + width < end:
                one, two = first_of(other), first_of(number)
                parents[max(one, two)] = min(one, two)
                other += 1
        above = begin
    parts: dict[int, list[tuple[int, int]]] = {}
    for number, run in enumerate(runs):
        parts.setdefault(first_of(number), []).append(run)
    return [(sum(end - start for start, end in part), _box(part, width), part) for part in parts.values()]


def _box(part: list[tuple[int, int]], width: int) -> tuple[int, int, int, int]:
    left = min(start % width for start, _ in part)
    right = max((end - 1) % width for _, end in part) + 1
    return left, part[0][0] // width, right, part[-1][0] // width + 1


def clean(ink: Image, speck: int) -> Image:
    """Take away specks: parts of fewer than ``speck`` pixels that have no neighbour."""
    filters, chops, module = extra("PIL.ImageFilter"), extra("PIL.ImageChops"), extra("PIL.Image")
    near = ink.filter(filters.MaxFilter(3))
    keep = bytearray(ink.width * ink.height)
    for size, _, runs in blobs(near):
        if size >= speck:
            for start, end in runs:
                keep[start:end] = b"\xff" * (end - start)
    mask = module.frombytes("L", ink.size, bytes(keep)).filter(filters.MaxFilter(3))
    made: Image = chops.multiply(ink, mask)
    return made
