"""Red imprints taken from scans of paper: found, straightened, cleaned of paper and print, brought to true size."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_bytes, member
from gmpki.errors import InvalidInputError
from gmpki.seal._extras import extra
from gmpki.seal.picture._ink import blobs, clean, ink_of, percentile, redness, step
from gmpki.seal.picture._posture import Posture, rim_evidence, round_posture, side_evidence, square_posture
from gmpki.seal.picture.impression import in_red
from gmpki.seal.picture.raster import DEFAULT_DPI, length_mm, open_picture, pixels, png, resolution

if TYPE_CHECKING:
    from PIL.Image import Image
    from typing_extensions import Buffer

    from gmpki.seal.seal import SealPicture

__all__ = ["ExtractedPicture", "extract_impression"]

_SEARCHED: Final = 900  # pixels of the longer side on which imprints are looked for
_LEAST_SIDE: Final = 0.025  # of that side: what is smaller is no imprint
_LEAST_RED: Final = 16  # of 255, above that of the paper
_JOINED: Final = (3, 7, 13, 21)  # how far apart parts are that may belong together, in pixels of the search
_WORKED: Final = 1400  # pixels of the longer side of the imprint while it is worked on
_MEASURED: Final = 640  # the same while it is measured
_LEAST_PIXELS: Final = 96  # of its side in the scan: less cannot be read
_PRINT_MM: Final = 0.35  # how wide strokes of printed text are


@dataclass(frozen=True)
class ExtractedPicture:
    """An imprint taken from a scan. Immutable.

    :ivar png: the imprint in even red, transparent where no ink is.
    :ivar width_mm: how wide it is.
    :ivar height_mm: how high.
    :ivar dpi: the resolution of ``png`` in dots per inch.
    :ivar shape: "round" or "square"; an oval is "square" too: it is straightened by the lines of text in it.
    :ivar turned_degrees: by how much it was turned clockwise on the paper, which has been undone.
    :ivar box: where it was in the scan: left, upper, right, lower edge in pixels.
    :ivar scan_dpi: the resolution of the scan, concluded from the size of the imprint.
    :ivar restored: which share of the ink lay under print and was concluded from what is around it, 0 to 1.
    """

    png: bytes = field(repr=False)
    width_mm: int
    height_mm: int
    dpi: int
    shape: str
    turned_degrees: float
    box: tuple[int, int, int, int]
    scan_dpi: float
    restored: float

    @property
    def picture(self) -> SealPicture:
        """The picture for a seal."""
        from gmpki.seal.seal import SealPicture

        return SealPicture("PNG", self.png, self.width_mm, self.height_mm)


def extract_impression(
    scan: Buffer,
    *,
    width_mm: int,
    height_mm: int | None = None,
    region: tuple[int, int, int, int] | None = None,
    straighten: bool = True,
    dpi: int = DEFAULT_DPI,
) -> ExtractedPicture:
    """Take the red imprint of a seal from a scan: PNG, JPEG, BMP, GIF or TIFF.

    The largest round or square red imprint is taken; ``region`` chooses another. A round one is turned upright by its
    star and by the open end of its name, up to any angle; a square one by its sides, up to 40 degrees.

    :param width_mm: how wide the imprint is, rim included, in whole millimetres, 8 to 100.
    :param height_mm: how high, for what is not as high as wide.
    :param region: look only here: left, upper, right, lower edge in pixels.
    :param straighten: undo the turn; without it the imprint stays as it is on the paper.
    :param dpi: dots per inch of the result, 72 to 2400; more than the scan has makes edges smooth, no more.
    :raises InvalidTypeError: when an argument has the wrong type.
    :raises InvalidInputError: when an argument is out of its range, when there is no red imprint of these proportions,
        or when it has fewer than 96 pixels from side to side.
    :raises DecodeError: when the scan is no picture, or a damaged one.
    :raises LimitExceeded: when it has more than 64 MiB or 80 million pixels.
    :raises UnsupportedPlatform: when the libraries of the extra "seal" are not installed.
    """
    data = as_bytes(scan, "scan")
    member(width_mm, int, "width_mm")
    height_mm = width_mm if height_mm is None else height_mm
    member(height_mm, int, "height_mm")
    ratio = length_mm(width_mm, 8, 100, "width_mm") / length_mm(height_mm, 8, 100, "height_mm")
    resolution(dpi)
    member(straighten, bool, "straighten")
    image = _on_paper(open_picture(data))
    corner = (0, 0)
    if region is not None:
        area = _checked_region(region, image)
        image, corner = image.crop(area), area[:2]

    box, shape = _found(image, ratio)
    side = max(box[2] - box[0], box[3] - box[1])
    if side < _LEAST_PIXELS:
        raise InvalidInputError(f"the imprint has {side} pixels from side to side; at least {_LEAST_PIXELS} are needed")
    around = _widened(box, round(0.1 * side), image.size)
    part = image.crop(around)
    scale = min(1.0, _WORKED / side)
    if scale < 1:
        size = (round(part.width * scale), round(part.height * scale))
        part = part.resize(size, extra("PIL.Image").Resampling.LANCZOS)
    per_mm = side * scale / max(width_mm, height_mm)
    ink, restored = ink_of(part, _PRINT_MM * per_mm)
    inner = tuple(round((edge - around[place % 2]) * scale) for place, edge in enumerate(box))
    posture, ink = _measured(ink, (inner[0], inner[1], inner[2], inner[3]), shape)
    if not 0.9 <= posture.width / posture.height / ratio <= 1.1:
        raise InvalidInputError("there is no red imprint of these proportions")
    if not straighten:
        posture = Posture(posture.x, posture.y, posture.width, posture.height, 0.0)
    straight = _straightened(ink, posture, (pixels(width_mm, dpi), pixels(height_mm, dpi)), shape)
    where = tuple(edge + corner[place % 2] for place, edge in enumerate(box))
    return ExtractedPicture(
        png(in_red(straight), dpi),
        width_mm,
        height_mm,
        dpi,
        shape,
        round(math.degrees(posture.turned), 2),
        (where[0], where[1], where[2], where[3]),
        round(posture.width / scale / width_mm * 25.4, 1),
        round(restored, 4),
    )


def _on_paper(image: Image) -> Image:
    """Lay what is transparent on white paper."""
    if image.mode != "RGBA":
        return image
    sheet: Image = extra("PIL.Image").new("RGB", image.size, (255, 255, 255))
    sheet.paste(image, mask=image.getchannel("A"))
    return sheet


def _checked_region(region: object, image: Image) -> tuple[int, int, int, int]:
    member(region, tuple, "region")
    edges = region if isinstance(region, tuple) else ()
    if len(edges) != 4 or not all(isinstance(edge, int) and not isinstance(edge, bool) for edge in edges):
        raise InvalidInputError("a region has four edges in whole pixels: left, upper, right, lower")
    left, top, right, bottom = edges
    if not (0 <= left < right <= image.width and 0 <= top < bottom <= image.height):
        raise InvalidInputError(f"the region lies outside the scan of {image.width} by {image.height} pixels")
    return left, top, right, bottom


def _widened(box: tuple[int, int, int, int], by: int, size: tuple[int, int]) -> tuple[int, int, int, int]:
    left, top, right, bottom = box
    return max(0, left - by), max(0, top - by), min(size[0], right + by), min(size[1], bottom + by)


def _found(image: Image, ratio: float) -> tuple[tuple[int, int, int, int], str]:
    """Return the box of the imprint in the scan, and its shape."""
    filters, module = extra("PIL.ImageFilter"), extra("PIL.Image")
    scale = min(1.0, _SEARCHED / max(image.size))
    size = (max(8, round(image.width * scale)), max(8, round(image.height * scale)))
    small = image.resize(size, module.Resampling.BOX)
    red = redness(small)
    paper = percentile(red, 0.5)
    bound = paper + max(_LEAST_RED, round(0.3 * (percentile(red, 0.97, above=paper + _LEAST_RED) - paper)))
    mask = red.point(lambda value: 255 if value > bound else 0)
    best, chosen, shape = 0.0, None, ""
    joined, grown = mask, 1
    for reach in _JOINED:
        # Grown step by step: a filter's effort is the square of its size.
        joined, grown = joined.filter(filters.MaxFilter(reach - grown + 1)), reach
        for _, box, _ in blobs(joined):
            tight = _shrunk(box, reach // 2)
            evidence, kind = _evidence(mask, tight, ratio)
            worth = evidence * (tight[2] - tight[0]) * (tight[3] - tight[1])
            # Only what is clearly larger makes up for parts that lie further apart: they may be strangers.
            if worth > best * 1.1:
                best, chosen, shape = worth, tight, kind
    if chosen is None:
        raise InvalidInputError("there is no red imprint of these proportions")
    left, top, right, bottom = (edge / scale for edge in chosen)
    box = (int(left), int(top), min(image.width, math.ceil(right)), min(image.height, math.ceil(bottom)))
    return box, shape


def _shrunk(box: tuple[int, int, int, int], by: int) -> tuple[int, int, int, int]:
    left, top, right, bottom = box
    return (left + by, top + by, right - by, bottom - by) if min(right - left, bottom - top) > 2 * by + 2 else box


def _evidence(mask: Image, box: tuple[int, int, int, int], ratio: float) -> tuple[float, str]:
    """Return how sure it is that what is in a box is an imprint, and of which shape."""
    width, height = box[2] - box[0], box[3] - box[1]
    if min(width, height) < _LEAST_SIDE * max(mask.size) or min(width, height) < 16:
        return 0.0, ""
    # A turned oblong fills a box that is less oblong than itself.
    low, high = min(ratio, 1.0) * 0.85, max(ratio, 1.0) * 1.18
    if not low <= width / height <= high:
        return 0.0, ""
    round_ = rim_evidence(mask, box) if abs(ratio - 1) < 0.02 else 0.0
    if round_ >= 0.8:
        return round_, "round"
    part = mask.crop(_widened(box, 2, mask.size))
    square = side_evidence(part, square_posture(part).turned)
    if abs(ratio - 1) >= 0.02:
        square = max(square, rim_evidence(mask, box))
    if max(round_, square) < 0.45:
        return 0.0, ""
    return (round_, "round") if round_ >= square else (square, "square")


def _measured(ink: Image, box: tuple[int, int, int, int], shape: str) -> tuple[Posture, Image]:
    """Return how the imprint lies in a picture of ink, and that picture without specks."""
    module = extra("PIL.Image")
    scale = min(1.0, _MEASURED / max(ink.size))
    small = ink.resize((round(ink.width * scale), round(ink.height * scale)), module.Resampling.BOX)
    speck = max(3, round((0.006 * max(small.size)) ** 2))
    tidy = clean(small.point(step(70, 170)), speck)
    # Where nothing is left in the small picture, nothing is left in the large one.
    allowed = tidy.point(lambda value: 255 if value > 20 else 0)
    allowed = allowed.filter(extra("PIL.ImageFilter").MaxFilter(5)).resize(ink.size, module.Resampling.BILINEAR)
    kept: Image = extra("PIL.ImageChops").multiply(ink, allowed)
    if shape == "round":
        left, top, right, bottom = (round(edge * scale) for edge in box)
        found = round_posture(tidy, (left, top, right, bottom))
    else:
        found = square_posture(tidy)
    at = Posture(found.x / scale, found.y / scale, found.width / scale, found.height / scale, found.turned)
    return at, kept


def _straightened(ink: Image, posture: Posture, size: tuple[int, int], shape: str) -> Image:
    """Bring the imprint upright to its true size, with edges as sharp as that size allows."""
    module = extra("PIL.Image")
    width, height = size
    # From each place of the result to its place in the scan; a margin of half a pixel keeps the rim whole.
    across, down = (posture.width + 1) / width, (posture.height + 1) / height
    cosine, sine = math.cos(posture.turned), math.sin(posture.turned)
    a, b, d, e = cosine * across, -sine * down, sine * across, cosine * down
    c = posture.x - a * width / 2 - b * height / 2
    f = posture.y - d * width / 2 - e * height / 2
    source = ink.filter(extra("PIL.ImageFilter").MedianFilter(3)) if max(across, down) > 0.9 else ink
    turned = source.transform(size, module.Transform.AFFINE, (a, b, c, d, e, f), module.Resampling.BICUBIC)
    crisp = turned.point(step(88, 168))
    if shape == "round":
        disc = module.new("L", (width * 2, height * 2), 0)
        extra("PIL.ImageDraw").Draw(disc).ellipse((0, 0, width * 2 - 1, height * 2 - 1), fill=255)
        crisp = extra("PIL.ImageChops").multiply(crisp, disc.resize(size, module.Resampling.BOX))
    made: Image = crisp
    return made
