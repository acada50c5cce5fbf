"""Fonts of documents written here: how wide their characters are, and the part that a document carries along.

A document that brings its fonts looks the same wherever it is opened, and that is what is sealed. OpenType fonts are
taken with outlines of both forms, TrueType and PostScript (CFF), alone or in a collection; fontTools cuts them.

:standard: ISO/IEC 14496-22 (OpenType); GB/T 33190-2016 (FontFile)
"""

from __future__ import annotations

import io
import logging
from typing import TYPE_CHECKING, Any, Final

from gmpki._inputs import as_bytes, as_text, number
from gmpki.errors import DecodeError, InvalidInputError, LimitExceeded
from gmpki.seal._extras import extra, guarded
from gmpki.seal.picture.font_files import FontFile

if TYPE_CHECKING:
    from collections.abc import Iterable

    from typing_extensions import Buffer

__all__ = ["MOST_FONT_LEN", "OpenTypeFont"]

MOST_FONT_LEN: Final = 64 << 20
"""No larger file is taken for a font, in bytes: the largest collections of Chinese have about half of that."""

_KINDS: Final = (b"\x00\x01\x00\x00", b"true", b"OTTO")
_MOST_IN_COLLECTION: Final = 256
_MOST_NAME_LEN: Final = 100
# Glyphs of a font may share their bytes: what they come to together is bounded here. The 30000 characters of the
# largest Chinese fonts have about 5 million lines and curves.
_MOST_SEGMENTS: Final = 10_000_000

# What is left of a font: lines of text need neither ligatures, kerning, columns nor bitmaps. Variations go too, which
# leaves the regular form of a font that varies.
_KEPT: Final = frozenset(
    [
        *("head", "hhea", "hmtx", "maxp", "name", "OS/2", "post"),
        *("glyf", "loca", "cvt ", "fpgm", "prep", "gasp"),  # TrueType
        "CFF ",
        "GlyphOrder",  # no table, but fontTools lists it among them
    ]
)

# OS/2 fsType: what the font's licence lets a document do with it.
_RESTRICTED: Final = 0x0002
_NO_SUBSETTING: Final = 0x0100
_BITMAPS_ONLY: Final = 0x0200

_BROKEN: Final = "the font cannot be read"
_SILENT: Final = logging.NullHandler()


class OpenTypeFont:
    """One font. Immutable, thread-safe.

    To read one of the large Chinese fonts takes half a second, and to cut it for a document half as long: whoever
    writes many documents reads a font once and embeds the same object in each.

    :ivar family: the name of its family, in English where the font has it.
    :ivar units_per_em: how many units of the font are as long as its size.
    :ivar ascent: how far its highest characters stand above the line, in units.
    :ivar descent: how far its lowest reach below the line, in units; a positive number.
    :ivar file_ending: how the name of its file ends: "otf" for PostScript outlines, else "ttf".
    """

    __slots__ = (
        "_characters",
        "_data",
        "_glyphs",
        "_index",
        "_rights",
        "_widths",
        "ascent",
        "descent",
        "family",
        "file_ending",
        "units_per_em",
    )

    def __init__(self, data: bytes, index: int) -> None:
        self._data, self._index = data, index
        with guarded(_BROKEN):
            # fontTools follows any font wherever it leads, so the maps of characters are read by our own reader alone.
            file = FontFile(io.BytesIO(data), len(data))
            face = _face(file.faces(), index)
            if data[face : face + 4] not in _KINDS:
                raise DecodeError("the file is no OpenType font")
            self._glyphs, _, characters = file.outlines(face)
            font = _opened(data, index)
            head, hhea, metrics = font["head"], font["hhea"], font["hmtx"]
            order = font.getGlyphOrder()
            if not order:
                raise DecodeError("the font has no glyphs")
            self.units_per_em: int = head.unitsPerEm
            self.ascent: int = max(0, hhea.ascent)
            self.descent: int = max(0, -hhea.descent)
            self._characters = {code: glyph for code, glyph in characters.items() if 0 < glyph < len(order)}
            self._widths: list[int] = [metrics[name][0] for name in order]
            self._rights: int = font["OS/2"].fsType if "OS/2" in font else 0
            name = (font["name"].getBestFamilyName() if "name" in font else None) or ""
            self.file_ending = "otf" if "CFF " in font else "ttf"
        if not 16 <= self.units_per_em <= 16384:
            raise DecodeError(f"a font has 16 to 16384 units in its size, not {self.units_per_em}")
        self.family = name[:_MOST_NAME_LEN] if name.isprintable() and name.strip() else "font"

    def __repr__(self) -> str:
        return f"<OpenTypeFont {self.family}>"

    @classmethod
    def from_bytes(cls, data: Buffer, *, index: int = 0) -> OpenTypeFont:
        """Read a font.

        :param data: an OpenType font or a collection (.ttf, .otf, .ttc).
        :param index: which font of a collection, counted from 0.
        :raises DecodeError: when it is no such font, or a damaged one.
        :raises InvalidInputError: when a collection has no font of that number.
        :raises LimitExceeded: when it is longer than 64 MiB or has more than 256 tables.
        :raises UnsupportedAlgorithm: when its outlines have another form than TrueType or CFF.
        :raises UnsupportedPlatform: when fontTools is not installed.
        """
        font = as_bytes(data, "font")
        index = number(index, 0, _MOST_IN_COLLECTION - 1, "index")
        if len(font) > MOST_FONT_LEN:
            raise LimitExceeded(f"a font has at most {MOST_FONT_LEN} bytes, not {len(font)}")
        return cls(font, index)

    def width_mm(self, text: str, size_mm: float) -> float:
        """Return how long a line of text is, in mm; characters that the font lacks have the width of its sign for them.

        :param size_mm: the size of the font, in mm.
        :raises InvalidTypeError: when the text is not ``str``.
        """
        units = sum(self._widths[self._characters.get(ord(character), 0)] for character in as_text(text, "text"))
        return units * size_mm / self.units_per_em

    def missing(self, text: str) -> str:
        """Return the characters of a text that the font has no glyph for, each once.

        :raises InvalidTypeError: when the text is not ``str``.
        """
        once = dict.fromkeys(as_text(text, "text"))
        return "".join(character for character in once if ord(character) not in self._characters)

    def require_embedding(self) -> None:
        """Raise unless the font says that documents may carry a part of it.

        :raises InvalidInputError: when its licence is restricted, or lets it be carried along only whole or as bitmaps.
        """
        # Of bits 0 to 3 the most permissive counts, as the older versions of the table had several at once.
        if self._rights & 0x000F == _RESTRICTED or self._rights & (_NO_SUBSETTING | _BITMAPS_ONLY):
            raise InvalidInputError(f"the font {self.family} says that documents may not carry a part of it")

    def subset(self, characters: Iterable[str]) -> bytes:
        """Return a font with the glyphs of some characters, the same bytes every time.

        :param characters: those without a glyph in the font are left out.
        :raises InvalidInputError: when the font says that documents may not carry a part of it.
        :raises DecodeError: when the font is damaged.
        :raises LimitExceeded: when a glyph takes too many steps, or the glyphs do together.
        """
        self.require_embedding()
        codes = sorted({ord(character) for character in characters} & self._characters.keys())
        wanted = {code: self._characters[code] for code in codes}
        with guarded(_BROKEN):
            self._require_bounded({0, *wanted.values()})
            return _cut(_opened(self._data, self._index), wanted, self.family)

    def _require_bounded(self, glyphs: Iterable[int]) -> None:
        """Raise when glyphs take more steps than outlines do: fontTools would take them all."""
        left = _MOST_SEGMENTS
        for glyph in glyphs:
            left -= len(self._glyphs.outline(glyph).segments)
            if left < 0:
                raise LimitExceeded(f"the glyphs come to more than {_MOST_SEGMENTS} lines and curves")


def _face(faces: list[int], index: int) -> int:
    if index >= len(faces):
        raise InvalidInputError(f"the file has {len(faces)} fonts, none of number {index}")
    return faces[index]


def _opened(data: bytes, index: int) -> Any:
    """Open a font with fontTools; of its tables only those that go along are there, and no map of characters."""
    logging.getLogger("fontTools").addHandler(_SILENT)  # what it warns of is no output of whoever calls us
    font = extra("fontTools.ttLib").TTFont(
        io.BytesIO(data), fontNumber=index, lazy=True, recalcBBoxes=False, recalcTimestamp=False
    )
    for tag in set(font.keys()) - _KEPT:
        del font[tag]
    return font


def _cut(font: Any, wanted: dict[int, int], family: str) -> bytes:
    """Return what is left of a font when it has these glyphs of characters; what readers insist on is added."""
    subset, builder = extra("fontTools.subset"), extra("fontTools.fontBuilder").FontBuilder(font=font)
    order = font.getGlyphOrder()  # asked for before any table changes, as it is found in them
    names = {code: order[glyph] for code, glyph in wanted.items()}
    builder.setupCharacterMap(names, allowFallback=True)
    if "OS/2" not in font:
        builder.setupOS2()
    if "post" not in font:
        builder.setupPost(keepGlyphNames=False)
    if "name" not in font:
        builder.setupNameTable({"familyName": family, "styleName": "Regular", "psName": "Font"}, mac=False)
    options = subset.Options(name_languages=["*"], notdef_outline=True, desubroutinize=True)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=wanted)
    cutter.subset(font)
    file = io.BytesIO()
    font.save(file)
    return file.getvalue()
