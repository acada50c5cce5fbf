"""What tests look at in a PDF file: its pages as a reader shows them, and the bytes of its signatures."""

from __future__ import annotations

import re
from functools import cache
from io import BytesIO
from typing import Any

import pypdfium2
from PIL import Image, ImageDraw

from gmpki.seal.seal import SealPicture

WIDTH = 500  # pixels
UPRIGHT_MM = 40
_GAP = re.compile(rb"/Contents <([0-9a-fA-F]+)>")
_RANGE = re.compile(rb"/ByteRange \[(\d+) (\d+) (\d+) (\d+)\]")


@cache
def upright() -> SealPicture:
    """Return a picture whose corners differ: red, green, blue and, half transparent, black; nothing in between."""
    image = Image.new("RGBA", (80, 80), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    corners = {(0, 0): (255, 0, 0, 255), (60, 0): (0, 200, 0, 255), (0, 60): (0, 0, 255, 255), (60, 60): (0, 0, 0, 128)}
    for (x, y), colour in corners.items():
        draw.rectangle((x, y, x + 19, y + 19), fill=colour)
    stream = BytesIO()
    image.save(stream, "PNG")
    return SealPicture("PNG", stream.getvalue(), UPRIGHT_MM, UPRIGHT_MM)


def shown(data: bytes, page: int = 1) -> Image.Image:
    """Return a page with its annotations, 500 pixels wide."""
    document = pypdfium2.PdfDocument(data)
    try:
        document.init_forms()
        found = document[page - 1]
        drawn = found.render(scale=WIDTH / found.get_width(), may_draw_forms=True)
        picture: Image.Image = drawn.to_pil().convert("RGB")
    finally:
        document.close()
    return picture


class Page:
    """A page as a reader shows it, asked by mm."""

    def __init__(self, data: bytes, width_mm: float, page: int = 1) -> None:
        self._image = shown(data, page)
        self._scale = self._image.width / width_mm

    def at(self, x_mm: float, y_mm: float) -> str:
        """Return the colour in a point, by its name."""
        red, green, blue = self._image.getpixel((int(x_mm * self._scale), int(y_mm * self._scale)))[:3]
        names = {
            "white": (255, 255, 255),
            "red": (255, 0, 0),
            "green": (0, 200, 0),
            "blue": (0, 0, 255),
            "grey": (127, 127, 127),
        }
        return min(
            names, key=lambda name: sum(abs(a - b) for a, b in zip(names[name], (red, green, blue), strict=True))
        )

    def corners(self, x_mm: float, y_mm: float, side_mm: float = UPRIGHT_MM) -> tuple[str, ...]:
        """Return the colours in the four corners of a seal, and in its middle."""
        near, far = side_mm * 0.125, side_mm * 0.875
        points = ((near, near), (far, near), (near, far), (far, far), (side_mm / 2, side_mm / 2))
        return tuple(self.at(x_mm + x, y_mm + y) for x, y in points)


UPRIGHT = ("red", "green", "blue", "grey", "white")
"""What :meth:`Page.corners` sees of the picture of :func:`upright` when it stands upright on white."""


def ranges(data: bytes) -> list[tuple[int, int, int, int]]:
    """Return the byte ranges of the signatures in the order of the file."""
    return [tuple(map(int, found)) for found in _RANGE.findall(data)]  # type: ignore[misc]


def covered(data: bytes, index: int = -1) -> bytes:
    """Return what a signature covers."""
    a, b, c, d = ranges(data)[index]
    return data[a : a + b] + data[c : c + d]


def contents(data: bytes, index: int = -1) -> bytes:
    """Return the DER of a signature, without the zeros behind it."""
    octets = bytes.fromhex(_GAP.findall(data)[index].decode("ascii"))
    return octets[: _der_len(octets)]


def _der_len(octets: bytes) -> int:
    head = octets[1]
    if head < 0x80:
        return 2 + head
    count = head & 0x7F
    return 2 + count + int.from_bytes(octets[2 : 2 + count], "big")


def reader(data: bytes) -> Any:
    """Return pyHanko's reader."""
    from pyhanko.pdf_utils.reader import PdfFileReader

    return PdfFileReader(BytesIO(data))
