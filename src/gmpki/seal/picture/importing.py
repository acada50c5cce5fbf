"""Pictures of seals that come as files: checked, their paper made transparent, brought to true size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_bytes, member, number
from gmpki.errors import DecodeError, InvalidInputError
from gmpki.seal._extras import extra
from gmpki.seal.picture.raster import DEFAULT_DPI, open_picture, pixels, png, render, resolution
from gmpki.seal.picture.sizes import check_size
from gmpki.seal.picture.svg import Drawing, is_svg

if TYPE_CHECKING:
    from PIL.Image import Image
    from typing_extensions import Buffer

    from gmpki.seal.seal import SealPicture

__all__ = ["MAX_SEAL_PIXELS", "import_picture"]

_MAX_SIDE_MM: Final = 100
_LEAST_DPI: Final = 150  # below it the figures of a code cannot be read
MAX_SEAL_PIXELS: Final = 36_000_000
"""The most pixels of the picture of a seal: 60 mm at 2400 dpi."""
_OFF: Final = 0.03  # how far the proportions of the ink may be from those that are stated
_VISIBLE: Final = 24  # of 255: fainter ink is no border of a seal
_SEARCHED: Final = 1200  # pixels of the side on which the ink of a drawing is looked for
_MAX_RATIO: Final = 10

_Part = tuple[float, float, float, float]  # left, upper, right, lower edge
_WHOLE: Final[_Part] = (0.0, 0.0, 1.0, 1.0)


def import_picture(
    data: Buffer,
    *,
    width_mm: int,
    height_mm: int,
    seal_type: int | None = None,
    dpi: int = DEFAULT_DPI,
    trim: bool = True,
) -> SealPicture:
    """Take over the picture of a seal from a file: SVG, PNG, JPEG, BMP, GIF or TIFF.

    The result is a PNG with transparency and nothing beside its pixels. What has no transparency is taken as ink on
    white paper, and the white is made transparent.

    :param width_mm: how wide the ink is, in whole millimetres, 1 to 100.
    :param height_mm: how high.
    :param seal_type: check the size against what is customary for this :class:`~gmpki.seal.SealType`; None leaves
        that out, and other types than the two of GM/T 0031 have no rule.
    :param dpi: the greatest resolution of the result in dots per inch, 72 to 2400; a drawing gets exactly this one.
    :param trim: cut off margins without ink first. Without it the file as a whole has the stated size.
    :raises InvalidTypeError: when an argument has the wrong type.
    :raises InvalidInputError: when an argument is out of its range, when the size is not customary, when the ink has
        other proportions than stated (3 % are allowed), when the picture is empty, or has fewer than 150 dots per inch.
    :raises DecodeError: when the file is none of these, is damaged, or is a drawing that holds more than shapes.
    :raises LimitExceeded: when it is too large: 64 MiB, 36 million pixels; a drawing: 4 MiB, 3000 elements.
    :raises UnsupportedPlatform: when the libraries of the extra "seal" are not installed.
    """
    from gmpki.seal.seal import SealPicture

    file = as_bytes(data, "the picture")
    number(width_mm, 1, _MAX_SIDE_MM, "width_mm")
    number(height_mm, 1, _MAX_SIDE_MM, "height_mm")
    if seal_type is not None:
        member(seal_type, int, "seal_type")
    resolution(dpi)
    member(trim, bool, "trim")
    check_size(seal_type, width_mm, height_mm)
    goal = pixels(width_mm, dpi), pixels(height_mm, dpi)
    if is_svg(file):
        return SealPicture("PNG", png(_drawn(file, goal, trim=trim), dpi), width_mm, height_mm)
    image = _transparent(open_picture(file, max_pixels=MAX_SEAL_PIXELS))
    box = _ink(image)
    if trim:
        image = image.crop(box)
    _check_proportions(image.width / image.height, goal[0] / goal[1])
    dots = image.width / width_mm * 25.4
    if dots < _LEAST_DPI:
        raise InvalidInputError(
            f"the picture has {dots:.0f} dots per inch at this size; at least {_LEAST_DPI} are needed"
        )
    if dots > dpi:
        image, dots = image.resize(goal, extra("PIL.Image").Resampling.LANCZOS), dpi
    return SealPicture("PNG", png(image, round(dots)), width_mm, height_mm)


def _ink(image: Image) -> tuple[int, int, int, int]:
    """Return where the ink is: left, upper, right, lower edge.

    :raises InvalidInputError: when there is none.
    """
    box = image.getchannel("A").point(lambda alpha: 255 * (alpha >= _VISIBLE)).getbbox()
    if box is None:
        raise InvalidInputError("the picture is empty: there is no ink on it")
    return box


def _check_proportions(are: float, stated: float) -> None:
    if not 1 - _OFF <= are / stated <= 1 + _OFF:
        raise InvalidInputError(f"the picture is {are:.2f} times as wide as high, its stated size {stated:.2f} times")


def _drawn(file: bytes, goal: tuple[int, int], *, trim: bool) -> Image:
    """Render the part of a drawing where ink is; where that is, smaller renderings tell."""
    drawing = Drawing(file)
    if not 1 / _MAX_RATIO <= drawing.ratio <= _MAX_RATIO:
        raise DecodeError(f"the drawing is more than {_MAX_RATIO} times as wide as high, or the reverse")
    width = round(_SEARCHED * min(1.0, drawing.ratio))
    height = round(_SEARCHED * min(1.0, 1 / drawing.ratio))
    part = _inked_part(drawing, (width, height), _WHOLE)
    if trim:
        # Once more closely, with room for what the first look missed.
        x, y = 2 / width, 2 / height
        part = _inked_part(drawing, (width, height), (part[0] - x, part[1] - y, part[2] + x, part[3] + y))
    else:
        part = _WHOLE
    ratio = drawing.ratio * (part[2] - part[0]) / (part[3] - part[1])
    _check_proportions(ratio, goal[0] / goal[1])
    return render(drawing.text(*goal, part), *goal)


def _inked_part(drawing: Drawing, size: tuple[int, int], part: _Part) -> _Part:
    """Return where in a part of a drawing the ink is, in shares of the whole."""
    left, top, right, bottom = _ink(render(drawing.text(*size, part), *size))
    across, down = (part[2] - part[0]) / size[0], (part[3] - part[1]) / size[1]
    return part[0] + left * across, part[1] + top * down, part[0] + right * across, part[1] + bottom * down


def _transparent(image: Image) -> Image:
    """Return the picture with transparency: its own, or else that of white paper.

    A colour is the paper's white and ink in the share that its darkest channel tells; the ink alone remains.
    """
    if image.mode == "RGBA" and image.getchannel("A").getextrema() != (255, 255):
        return image
    chops, image_module = extra("PIL.ImageChops"), extra("PIL.Image")
    red, green, blue = image.convert("RGB").split()
    alpha = chops.invert(chops.darker(chops.darker(red, green), blue))
    maths = extra("PIL.ImageMath")
    inks = [
        maths.lambda_eval(
            lambda args: args["convert"](
                args["max"](args["min"](255 - (255 - args["c"]) * 255 / args["max"](args["a"], 1), 255), 0), "L"
            ),
            c=channel,
            a=alpha,
        )
        for channel in (red, green, blue)
    ]
    made: Image = image_module.merge("RGBA", (*inks, alpha))
    return made
