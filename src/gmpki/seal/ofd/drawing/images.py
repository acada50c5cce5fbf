"""Pictures inside a drawing: as "data:" addresses, so that a drawing needs no other file.

:standard: RFC 2397
"""

from __future__ import annotations

import base64
import io
from typing import Final

from gmpki.seal._extras import extra
from gmpki.seal.picture.raster import open_picture

__all__ = ["picture_address"]

# What the renderer takes as it is, by how it begins; all else is made PNG.
_TAKEN: Final = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}


def picture_address(data: bytes, width: int, height: int) -> str:
    """Return a picture of pixels as an address that holds it.

    :param width: how many pixels across are enough. A picture that has more is made smaller with more care than
        renderers take, which leave pixels out.
    :param height: the same from top to bottom.
    :raises DecodeError: when it is no picture that can be read.
    :raises LimitExceeded: when it has more pixels than are read.
    """
    # Opened in any case: what the renderer gets was read here once, within bounds.
    opened = open_picture(data)
    kind = next((kind for start, kind in _TAKEN.items() if data.startswith(start)), None)
    if opened.width > width and opened.height > height:
        opened, kind = opened.resize((width, height), extra("PIL.Image").Resampling.LANCZOS), None
    if kind is None:
        stream = io.BytesIO()
        opened.save(stream, "PNG")
        kind, data = "image/png", stream.getvalue()
    return f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"
