"""What a seal looks like on a page: its picture, transparent where it is, upright and in true size."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from gmpki.errors import InvalidInputError, UnsupportedAlgorithm
from gmpki.seal._extras import extra
from gmpki.seal.picture.importing import import_picture
from gmpki.seal.picture.raster import open_picture

if TYPE_CHECKING:
    from gmpki.seal.pdf.placing import PageFrame
    from gmpki.seal.seal import SealPicture

__all__ = ["SealAppearance", "Strip"]

_BITMAPS: Final = frozenset(("png", "jpeg", "gif", "bmp"))
_TURNED: Final = {0: (1, 0, 0, 1), 90: (0, 1, -1, 0), 180: (-1, 0, 0, -1), 270: (0, -1, 1, 0)}
_DIGITS: Final = 5


@dataclass(frozen=True, slots=True)
class _Image:
    """An image as PDF has it: colours and, where it is not opaque throughout, alpha, both deflated."""

    width: int
    height: int
    colours: bytes
    alpha: bytes | None


@lru_cache(maxsize=8)
def _encoded(picture: SealPicture) -> _Image:
    """Return a picture as PDF has it. To deflate it takes longer than to sign, and batches have one picture.

    :raises DecodeError: when it cannot be read.
    :raises LimitExceeded: when it is too large.
    :raises UnsupportedAlgorithm: when it is of a kind that has no place in PDF.
    """
    data = picture.data
    if picture.kind == "svg":
        data = import_picture(data, width_mm=picture.width_mm, height_mm=picture.height_mm, trim=False).data
    elif picture.kind not in _BITMAPS:
        raise UnsupportedAlgorithm(f"a picture of the type {picture.type!r} cannot be shown in PDF; use PNG or SVG")
    shown = open_picture(data)
    alpha = None
    if shown.mode == "RGBA" and shown.getchannel("A").getextrema() != (255, 255):
        alpha = zlib.compress(shown.getchannel("A").tobytes())
    return _Image(shown.width, shown.height, zlib.compress(shown.convert("RGB").tobytes()), alpha)


@dataclass(frozen=True, slots=True)
class Strip:
    """A part of a seal, of its full height. Immutable.

    :ivar from_mm: where it begins, from the left edge of the seal.
    :ivar whole_mm: how wide the whole seal is.
    """

    from_mm: float
    whole_mm: float


class SealAppearance:
    """The picture of a seal in one document, which has it once however often it is shown. One thread at a time."""

    def __init__(self, writer: Any, picture: SealPicture) -> None:
        """Begin; nothing is written before it is shown.

        :param writer: pyHanko's.
        :raises DecodeError: when the picture cannot be read.
        :raises LimitExceeded: when it is too large.
        :raises UnsupportedAlgorithm: when it is of a kind that has no place in PDF.
        """
        self._writer = writer
        self._generic = extra("pyhanko.pdf_utils.generic")
        self._image = _encoded(picture)
        self._reference: Any = None
        if not picture.width_mm or not picture.height_mm:
            raise InvalidInputError("the picture of the seal has no size in mm")
        self.width_mm = float(picture.width_mm)
        self.height_mm = float(picture.height_mm)

    def form(self, frame: PageFrame, width_mm: float, height_mm: float, strip: Strip | None = None) -> Any:
        """Add what a place on a page shows, and return the reference to it.

        The form is turned against the page, so that the seal stands upright when the page is shown: a reader fits the
        turned BBox into the Rect of the annotation.

        :param strip: the part of the seal; None is all of it.
        :standard: ISO 32000-1 12.5.5, algorithm "appearance streams"
        """
        make = self._generic
        whole_mm, from_mm = (width_mm, 0.0) if strip is None else (strip.whole_mm, strip.from_mm)
        wide, high, whole, before = (
            round(length / frame.unit_mm, _DIGITS) for length in (width_mm, height_mm, whole_mm, from_mm)
        )
        content = f"q /Ink gs {whole:g} 0 0 {high:g} {-before:g} 0 cm /Seal Do Q".encode("ascii")
        name = make.pdf_name
        # A picture without transparency is ink on white paper, which lets through what is under it.
        blending = "/Normal" if self._image.alpha is not None else "/Multiply"
        ink = make.DictionaryObject({name("/Type"): name("/ExtGState"), name("/BM"): name(blending)})
        resources = make.DictionaryObject(
            {
                name("/XObject"): make.DictionaryObject({name("/Seal"): self._shown()}),
                name("/ExtGState"): make.DictionaryObject({name("/Ink"): ink}),
            }
        )
        entries = {
            name("/Type"): name("/XObject"),
            name("/Subtype"): name("/Form"),
            name("/BBox"): self._numbers(0, 0, wide, high),
            name("/Matrix"): self._numbers(*_TURNED[frame.rotate], 0, 0),
            name("/Resources"): resources,
        }
        return self._writer.add_object(make.StreamObject(entries, stream_data=content))

    def _shown(self) -> Any:
        """Return the reference to the image, which is written the first time."""
        if self._reference is None:
            image = self._image
            entries = {}
            if image.alpha is not None:
                entries["/SMask"] = self._bitmap("/DeviceGray", image.alpha, {})
            self._reference = self._bitmap("/DeviceRGB", image.colours, entries)
        return self._reference

    def _bitmap(self, colours: str, deflated: bytes, more: dict[str, Any]) -> Any:
        make, name = self._generic, self._generic.pdf_name
        entries = {
            name("/Type"): name("/XObject"),
            name("/Subtype"): name("/Image"),
            name("/Width"): make.NumberObject(self._image.width),
            name("/Height"): make.NumberObject(self._image.height),
            name("/ColorSpace"): name(colours),
            name("/BitsPerComponent"): make.NumberObject(8),
            name("/Filter"): name("/FlateDecode"),
            **{name(key): value for key, value in more.items()},
        }
        return self._writer.add_object(make.StreamObject(entries, encoded_data=deflated))

    def _numbers(self, *values: float) -> Any:
        return self._generic.ArrayObject(self._generic.FloatObject(value) for value in values)
