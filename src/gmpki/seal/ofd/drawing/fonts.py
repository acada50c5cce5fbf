"""The outlines of the characters of a page: from the fonts that the document brings, or from installed ones.

Fonts of documents are subsets: many have no map of characters and no name, and pages name their glyphs by number.

:standard: GB/T 33190-2016 11 (fonts); OpenType 1.9
"""

from __future__ import annotations

import functools
import io
import os
from typing import TYPE_CHECKING, Final, Protocol

from gmpki.errors import DecodeError, GmpkiError, LimitExceeded
from gmpki.seal.picture.font_files import DAMAGE, FontFile, files_below, system_directories
from gmpki.seal.picture.fonts import load_font
from gmpki.seal.picture.outline import Matrix

if TYPE_CHECKING:
    from gmpki.seal.picture.fonts import Font

__all__ = ["DocumentFont", "InstalledFont", "PageFont", "installed_font"]

_MOST_FONT_LEN: Final = 64 << 20
_DECIMALS: Final = 4  # of a coordinate, where 1 is the size of the font

# Which installed font stands in for one that a document only names: parts of the name, and files in the order in which
# they are taken, the regular and the bold one. The first are from Debian's fonts-noto-cjk and fonts-arphic-*.
_SONG = (
    ("simsun.ttc", "notoserifcjk-regular.ttc", "uming.ttc", "sourcehanserif-regular.ttc", "notosanscjk-regular.ttc"),
    ("notoserifcjk-bold.ttc", "simsun.ttc", "uming.ttc"),
)
_HEI = (
    ("simhei.ttf", "msyh.ttc", "notosanscjk-regular.ttc", "wqy-microhei.ttc", "notoserifcjk-regular.ttc"),
    ("notosanscjk-bold.ttc", "msyhbd.ttc", "simhei.ttf"),
)
_KAI = (("simkai.ttf", "ukai.ttc", "notoserifcjk-regular.ttc"), ("ukai.ttc", "simkai.ttf", "notoserifcjk-bold.ttc"))
_FANG = (("simfang.ttf", "uming.ttc", "notoserifcjk-regular.ttc"), ("simfang.ttf", "notoserifcjk-bold.ttc"))
_SERIF = (("times.ttf", "liberationserif-regular.ttf", "dejavuserif.ttf"), ("timesbd.ttf", "liberationserif-bold.ttf"))
_SANS = (("arial.ttf", "liberationsans-regular.ttf", "dejavusans.ttf"), ("arialbd.ttf", "liberationsans-bold.ttf"))
_MONO = (("cour.ttf", "liberationmono-regular.ttf", "dejavusansmono.ttf"), ("courbd.ttf", "liberationmono-bold.ttf"))
_STAND_INS: Final = (
    (("楷", "kai"), _KAI),
    (("仿宋", "fang"), _FANG),
    (("黑", "雅黑", "hei", "yahei", "gothic", "等线"), _HEI),
    (("宋", "song", "sun", "ming", "serif cjk"), _SONG),
    (("times", "georgia", "cambria"), _SERIF),
    (("arial", "helvetica", "calibri", "verdana", "tahoma"), _SANS),
    (("courier", "mono", "consolas", "ocr"), _MONO),
)
_MOST_STAND_INS: Final = 3  # looked into, one after the other, for a character
# The face of a collection with the forms of simplified Chinese, by the beginning of the file's name.
_FACES: Final = {
    "notoserifcjk": "Noto Serif CJK SC",
    "notosanscjk": "Noto Sans CJK SC",
    "sourcehanserif": "Source Han Serif SC",
    "uming": "AR PL UMing CN",
    "ukai": "AR PL UKai CN",
}


class PageFont(Protocol):
    """Where the outlines of characters come from. Coordinates: 1 is the size of the font, y points down."""

    def character(self, character: str) -> str | None:
        """Return the outline as the "d" of an SVG path; None when the font does not have the character."""

    def glyph(self, number: int) -> str | None:
        """Return the outline of a glyph by its number; None when the font has none such, or may not be asked so."""


class DocumentFont:
    """A font that a document brings along. Not for several threads at once.

    :raises DecodeError: when it is no font.
    :raises LimitExceeded: when it is longer than 64 MiB.
    :raises UnsupportedAlgorithm: when its outlines have another form than TrueType or CFF.
    """

    def __init__(self, data: bytes) -> None:
        if len(data) > _MOST_FONT_LEN:
            raise LimitExceeded(f"a font of {len(data)} bytes; at most {_MOST_FONT_LEN} are read")
        self._drawn: dict[int, str] = {}
        try:
            self._glyphs, self._units, self._characters = FontFile(io.BytesIO(data), len(data)).outlines()
        except GmpkiError:
            raise
        except DAMAGE:
            raise DecodeError("a font of the document cannot be read") from None

    def character(self, character: str) -> str | None:
        """Return the outline of a character."""
        number = self._characters.get(ord(character))
        return None if number is None else self.glyph(number)

    def glyph(self, number: int) -> str | None:
        """Return the outline of a glyph; None when the font is damaged there."""
        if number not in self._drawn:
            try:
                scale = 1 / self._units
                outline = self._glyphs.outline(number).mapped(Matrix(scale, 0, 0, -scale))
            except (GmpkiError, *DAMAGE):
                return None
            self._drawn[number] = outline.svg(_DECIMALS)
        return self._drawn[number]


class InstalledFont:
    """A font of this machine that stands in for one that the document does not bring."""

    def __init__(self, font: Font) -> None:
        self._font = font

    def character(self, character: str) -> str | None:
        """Return the outline of a character."""
        return _installed_outline(self._font, character) if character in self._font else None

    def glyph(self, number: int) -> str | None:
        """Return nothing: the numbers of glyphs are those of the font that the document means."""
        del number
        return None


@functools.lru_cache(maxsize=4096)
def _installed_outline(font: Font, character: str) -> str | None:
    try:
        return font.outline(character).svg(_DECIMALS)
    except (DecodeError, LimitExceeded):
        return None


def installed_font(name: str, *, bold: bool = False) -> tuple[InstalledFont, ...]:
    """Return the installed fonts that stand in for one of a name, best first; none when none is installed.

    The name decides about the style; what is unknown is set in song, the style of documents.
    """
    return _installed(_style(name.lower()), bold)


def _style(name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return next((files for parts, files in _STAND_INS if any(part in name for part in parts)), _SONG)


@functools.lru_cache(maxsize=32)
def _installed(style: tuple[tuple[str, ...], tuple[str, ...]], bold: bool) -> tuple[InstalledFont, ...]:
    present: dict[str, str] = {}
    for directory in system_directories():
        for name, path in files_below(directory):
            present.setdefault(name, path)
    wanted = [*(style[1] if bold else ()), *style[0], *_SONG[0], "dejavusans.ttf"]
    found: list[InstalledFont] = []
    for name in dict.fromkeys(wanted):
        if name in present and len(found) < _MOST_STAND_INS:
            font = _loaded(present[name])
            if font is not None:
                found.append(InstalledFont(font))
    return tuple(found)


def _loaded(path: str) -> Font | None:
    """Return a font, of a collection the face for simplified Chinese; None when it cannot be read."""
    stem = os.path.basename(path).lower()
    family = next((face for start, face in _FACES.items() if stem.startswith(start)), None)
    try:
        return load_font(path, family)
    except (GmpkiError, OSError):
        return None
