"""TrueType fonts: what a page needs to place text, and the part of a font that a document carries along.

A document that brings its fonts looks the same wherever it is opened, and that is what is sealed. Fonts with TrueType
outlines are read, alone or in a collection; those with PostScript outlines (CFF) are refused.

:standard: ISO/IEC 14496-22 (OpenType); GB/T 33190-2016 (FontFile)
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, Final, TypeVar

from gmpki._inputs import as_bytes, as_text, number
from gmpki.errors import DecodeError, InvalidInputError, LimitExceeded
from gmpki.seal.picture.fonts import _characters, _family

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Buffer

__all__ = ["MOST_FONT_LEN", "TrueTypeFont"]

MOST_FONT_LEN: Final = 64 << 20
"""No larger file is taken for a font, in bytes: the largest collections of Chinese have about half of that."""

_TRUETYPE: Final = (b"\x00\x01\x00\x00", b"true")
_COLLECTION: Final = b"ttcf"
_POSTSCRIPT: Final = b"OTTO"
_NEEDED: Final = (b"cmap", b"glyf", b"head", b"hhea", b"hmtx", b"loca", b"maxp")
_MOST_TABLES: Final = 128
_MOST_IN_COLLECTION: Final = 256

# OS/2 fsType: what the font's licence lets a document do with it.
_RESTRICTED: Final = 0x0002
_NO_SUBSETTING: Final = 0x0100
_BITMAPS_ONLY: Final = 0x0200

# The flags of a component of a composite glyph.
_WORDS, _SCALE, _MORE, _XY_SCALE, _TWO_BY_TWO = 0x0001, 0x0008, 0x0020, 0x0040, 0x0080

_MOST_NAME_LEN: Final = 100

Result = TypeVar("Result")


class TrueTypeFont:
    """One font with TrueType outlines. Immutable, thread-safe.

    :ivar family: the name of its family, in English where the font has it.
    :ivar units_per_em: how many units of the font are as long as its size.
    :ivar ascent: how far its highest characters stand above the line, in units.
    :ivar descent: how far its lowest reach below the line, in units; a positive number.
    :ivar glyph_count: how many glyphs it has.
    """

    __slots__ = (
        "_advances",
        "_characters",
        "_long_offsets",
        "_tables",
        "ascent",
        "descent",
        "family",
        "glyph_count",
        "units_per_em",
    )

    def __init__(self, tables: dict[bytes, memoryview]) -> None:
        self._tables = tables
        head, hhea = tables[b"head"], tables[b"hhea"]
        self.units_per_em: int = _unpack(">H", head, 18)[0]
        if not 16 <= self.units_per_em <= 16384:
            raise DecodeError(f"a font has 16 to 16384 units in its size, not {self.units_per_em}")
        self._long_offsets: bool = _unpack(">h", head, 50)[0] != 0
        ascent, descent = _unpack(">hh", hhea, 4)
        self.ascent: int = max(0, ascent)
        self.descent: int = max(0, -descent)
        self.glyph_count: int = _unpack(">H", tables[b"maxp"], 4)[0]
        self._advances: int = _unpack(">H", hhea, 34)[0]
        if not self.glyph_count or not 1 <= self._advances <= self.glyph_count:
            raise DecodeError("the font has no widths for its glyphs")
        self._characters = _read(_characters, tables[b"cmap"])
        name = _read(_family, tables[b"name"]) if b"name" in tables else ""
        self.family = name[:_MOST_NAME_LEN] if name.isprintable() and name.strip() else "font"

    @classmethod
    def from_bytes(cls, data: Buffer, *, index: int = 0) -> TrueTypeFont:
        """Read a font.

        :param data: a TrueType font or a collection (.ttf, .ttc).
        :param index: which font of a collection, counted from 0.
        :raises DecodeError: when it is no such font, or its tables lie outside the file.
        :raises InvalidInputError: when it has PostScript outlines, or a collection has no font of that number.
        :raises LimitExceeded: when it is longer than 64 MiB or has more than 128 tables.
        """
        font = as_bytes(data, "font")
        index = number(index, 0, _MOST_IN_COLLECTION - 1, "index")
        if len(font) > MOST_FONT_LEN:
            raise LimitExceeded(f"a font has at most {MOST_FONT_LEN} bytes, not {len(font)}")
        start = 0
        if font[:4] == _COLLECTION:
            (count,) = _unpack(">I", font, 8)
            if index >= count:
                raise InvalidInputError(f"the collection has {count} fonts, none of number {index}")
            (start,) = _unpack(">I", font, 12 + 4 * index)
        elif index:
            raise InvalidInputError("the file is a single font, not a collection")
        return cls(_directory(font, start))

    def table(self, tag: bytes) -> bytes:
        """Return a table of the font, b"" when it has none of that name."""
        return bytes(self._tables.get(tag, b""))

    def glyph_id(self, character: str) -> int:
        """Return the number of a character's glyph; 0 when the font has none for it.

        :raises InvalidInputError: when it is not one character.
        """
        if len(as_text(character, "character")) != 1:
            raise InvalidInputError("a glyph is that of one character")
        glyph = self._characters.get(ord(character), 0)
        return glyph if glyph < self.glyph_count else 0

    def advance(self, glyph_id: int) -> int:
        """Return how far the next glyph stands from this one, in units."""
        width: int = _unpack(">H", self._tables[b"hmtx"], 4 * min(glyph_id, self._advances - 1))[0]
        return width

    def left_bearing(self, glyph_id: int) -> int:
        """Return how far the outline begins from the glyph's origin, in units."""
        place = 4 * glyph_id if glyph_id < self._advances else 2 * (self._advances + glyph_id)
        bearing: int = _unpack(">h", self._tables[b"hmtx"], place + 2 if glyph_id < self._advances else place)[0]
        return bearing

    def glyph(self, glyph_id: int) -> bytes:
        """Return the outline of a glyph as the font stores it; b"" for one without, such as a space.

        :raises DecodeError: when it lies outside the font.
        """
        loca, glyf = self._tables[b"loca"], self._tables[b"glyf"]
        if self._long_offsets:
            start, end = _unpack(">II", loca, 4 * glyph_id)
        else:
            start, end = (2 * offset for offset in _unpack(">HH", loca, 2 * glyph_id))
        if not start <= end <= len(glyf):
            raise DecodeError(f"glyph {glyph_id} lies outside the font")
        return bytes(glyf[start:end])

    def width_mm(self, text: str, size_mm: float) -> float:
        """Return how long a line of text is, in mm.

        :param size_mm: the size of the font, in mm.
        :raises InvalidTypeError: when the text is not ``str``.
        """
        units = sum(self.advance(self.glyph_id(character)) for character in as_text(text, "text"))
        return units * size_mm / self.units_per_em

    def missing(self, text: str) -> str:
        """Return the characters of a text that the font has no glyph for, each once."""
        return "".join(character for character in dict.fromkeys(text) if not self.glyph_id(character))

    def require_embedding(self) -> None:
        """Raise unless the font says that documents may carry a part of it.

        :raises InvalidInputError: when its licence is restricted, or lets it be carried along only whole or as bitmaps.
        """
        os2 = self._tables.get(b"OS/2")
        rights = _unpack(">H", os2, 8)[0] if os2 is not None else 0
        # Of bits 0 to 3 the most permissive counts, as the older versions of the table had several at once.
        if rights & 0x000F == _RESTRICTED or rights & (_NO_SUBSETTING | _BITMAPS_ONLY):
            raise InvalidInputError(f"the font {self.family} says that documents may not carry a part of it")


def components(outline: bytes) -> list[tuple[int, int]]:
    """Return the components of a composite glyph: for each its glyph's number and where in the outline that stands.

    :raises DecodeError: when the outline ends before its components do.
    """
    if not outline or _unpack(">h", outline, 0)[0] >= 0:
        return []
    found, place, flags = [], 10, _MORE
    while flags & _MORE:
        flags, glyph = _unpack(">HH", outline, place)
        found.append((glyph, place + 2))
        place += 4 + (4 if flags & _WORDS else 2)
        if flags & _SCALE:
            place += 2
        elif flags & _XY_SCALE:
            place += 4
        elif flags & _TWO_BY_TWO:
            place += 8
    return found


def _unpack(form: str, data: bytes | memoryview, offset: int) -> tuple[Any, ...]:
    try:
        return struct.unpack_from(form, data, offset)
    except struct.error:
        raise DecodeError("the font ends before its tables do") from None


def _directory(font: bytes, start: int) -> dict[bytes, memoryview]:
    """Return the tables of a font of a file."""
    kind = bytes(font[start : start + 4])
    if kind == _POSTSCRIPT:
        raise InvalidInputError("the font has PostScript outlines (CFF); one with TrueType outlines is needed")
    if kind not in _TRUETYPE:
        raise DecodeError("the file is no TrueType font")
    (count,) = _unpack(">H", font, start + 4)
    if count > _MOST_TABLES:
        raise LimitExceeded(f"a font has at most {_MOST_TABLES} tables, not {count}")
    tables: dict[bytes, memoryview] = {}
    for entry in range(count):
        tag, _, offset, length = _unpack(">4sIII", font, start + 12 + 16 * entry)
        if offset + length > len(font):
            raise DecodeError(f"table {tag!r} lies outside the font")
        tables[tag] = memoryview(font)[offset : offset + length]
    if missing := [tag.decode() for tag in _NEEDED if tag not in tables]:
        raise DecodeError(f"the font lacks the tables {', '.join(missing)}")
    return tables


def _read(reader: Callable[[bytes], Result], table: memoryview) -> Result:
    """Read a table as pictures of seals do, whose reader leaves it to its callers to say what is broken."""
    try:
        return reader(bytes(table))
    except struct.error:
        raise DecodeError("the font ends before its tables do") from None
