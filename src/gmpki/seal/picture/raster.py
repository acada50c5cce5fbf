"""Pictures of pixels: drawings become some, and those of others are opened with bounds."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final, cast

from gmpki.errors import DecodeError, GmpkiError, InvalidInputError, InvalidTypeError, LimitExceeded
from gmpki.seal._extras import extra

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["DEFAULT_DPI", "MAX_PIXELS", "length_mm", "open_picture", "pixels", "png", "render", "resolution"]

DEFAULT_DPI: Final = 600
MAX_PIXELS: Final = 80_000_000  # an A4 page at 900 dpi
_MAX_LEN: Final = 64 << 20  # bytes of a picture file
_MAX_SIDE: Final = 30_000  # pixels
# A progressive JPEG is decoded whole once for each scan. Within the data of a scan these bytes do not occur.
_SCAN: Final = b"\xff\xda"
_MAX_SCANNED: Final = 24 * MAX_PIXELS
_FORMATS: Final = ("PNG", "JPEG", "BMP", "GIF", "TIFF")
_MM_PER_INCH: Final = 25.4


def length_mm(value: float, low: float, high: float, name: str) -> float:
    """Return a length in millimetres.

    :raises InvalidTypeError: for what is no number.
    :raises InvalidInputError: for one outside ``low`` .. ``high``.
    """
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise InvalidTypeError(f"{name} must be a number of millimetres, not {type(value).__name__}")
    if not low <= value <= high:  # not a number, too
        raise InvalidInputError(f"{name} must be {low:g} to {high:g} mm")
    return float(value)


def resolution(dpi: int) -> int:
    """Return a resolution in dots per inch.

    :raises InvalidTypeError: for what is no ``int``.
    :raises InvalidInputError: for one outside 72 .. 2400.
    """
    from gmpki._inputs import number

    return number(dpi, 72, 2400, "dpi")


def pixels(mm: float, dpi: int) -> int:
    """Return how many pixels a length takes."""
    return max(1, round(mm * dpi / _MM_PER_INCH))


def render(svg: str, width: int, height: int) -> Image:
    """Render a drawing without text, which is our own or was checked, to pixels with transparency.

    :param svg: states the size ``width`` by ``height`` itself.
    :raises InvalidInputError: when the renderer does not take it.
    :raises UnsupportedPlatform: when the libraries of the extra "seal" are not installed.
    """
    renderer, image = extra("resvg_py"), extra("PIL.Image")
    try:
        made = renderer.svg_to_bytes(svg_string=svg, width=width, height=height, skip_system_fonts=True)
        with image.open(io.BytesIO(made), formats=("PNG",)) as opened:
            drawn: Image = opened.convert("RGBA")
    except (ValueError, OSError) as error:
        raise InvalidInputError(f"the drawing cannot be rendered: {error}") from None
    return drawn


def png(image: Image, dpi: int) -> bytes:
    """Return a picture as PNG that states its resolution, and nothing else beside the pixels."""
    stream = io.BytesIO()
    plain = extra("PIL.Image").new(image.mode, image.size)
    plain.paste(image)
    plain.save(stream, "PNG", dpi=(dpi, dpi), optimize=True)
    return stream.getvalue()


def open_picture(data: bytes, *, max_pixels: int = MAX_PIXELS) -> Image:
    """Open a picture of pixels: PNG, JPEG, BMP, GIF (the first frame) or TIFF (the first page), upright.

    What it needs is known and bounded before anything is unpacked.

    :param max_pixels: the most that are read, at most 80 million.
    :returns: a picture of mode "RGBA", or "RGB" when nothing in it can be transparent; ``info["dpi"]`` where it says.
    :raises DecodeError: when it is none of these, or a damaged one.
    :raises LimitExceeded: when it has more than 64 MiB, 80 million pixels or 30000 in a row, or a JPEG more scans of
            so many pixels than pictures have.
    :raises UnsupportedPlatform: when Pillow is not installed.
    """
    if len(data) > _MAX_LEN:
        raise LimitExceeded(f"a picture of {len(data)} bytes; at most {_MAX_LEN} are read")
    image, operations = extra("PIL.Image"), extra("PIL.ImageOps")
    try:
        with _silent(), image.open(io.BytesIO(data), formats=_FORMATS) as opened:
            width, height = opened.size
            if width * height > max_pixels or max(width, height) > _MAX_SIDE:
                raise LimitExceeded(f"a picture of {width} by {height} pixels; at most {max_pixels} are read")
            if opened.format == "JPEG" and data.count(_SCAN) * width * height > _MAX_SCANNED:
                raise LimitExceeded("a picture that is painted over and over: its scans take too long to read")
            opened.load()
            dpi = opened.info.get("dpi")
            upright = operations.exif_transpose(opened)
            clear = upright.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in upright.info
            made: Image = _eight_bits(upright).convert("RGBA" if clear else "RGB")
    except GmpkiError:
        raise
    except image.DecompressionBombError:
        raise LimitExceeded(f"a picture of too many pixels; at most {MAX_PIXELS} are read") from None
    except Exception as error:  # noqa: BLE001 - decoders of pictures raise whatever their input makes them
        raise DecodeError(f"no picture that can be read: {type(error).__name__}") from None
    made.info.clear()
    if _plausible(dpi):
        made.info["dpi"] = float(dpi[0])
    return made


def _silent() -> Any:
    """Silence Pillow's warnings: what it warns of is refused by :func:`open_picture` itself, or does no harm."""
    import warnings

    context = warnings.catch_warnings()
    warnings.simplefilter("ignore")
    return context


def _eight_bits(opened: Image) -> Image:
    """Bring samples of 16 bits, which "convert" would cut off at 255, to 8."""
    if opened.mode.startswith("I;16"):
        return opened.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if opened.mode in ("I", "F"):
        whole = opened.convert("F")
        _, highest = cast("tuple[float, float]", whole.getextrema())
        return whole.point(lambda value: value * (1 / 256)).convert("L") if highest > 255 else whole
    return opened


def _plausible(dpi: Any) -> bool:
    """Tell whether what a file says of its resolution can be true."""
    try:
        across, down = (float(value) for value in dpi)
    except (TypeError, ValueError, ArithmeticError):
        return False
    return 50 <= across <= 4800 and abs(across - down) < 1
