"""Fonts: which file a character's outline is taken from, and the outlines.

Pictures of seals are drawn with outlines, not with text, so that they look the same wherever they are shown.
"""

from __future__ import annotations

import functools
import os
import struct
import sys
from typing import IO, TYPE_CHECKING, Final, Protocol

from gmpki._files import as_path
from gmpki._inputs import as_text, member
from gmpki.errors import DecodeError, GmpkiError, InvalidInputError, LimitExceeded, UnsupportedAlgorithm
from gmpki.seal.picture._cff import CompactFont
from gmpki.seal.picture._glyf import TrueTypeGlyphs
from gmpki.seal.picture.outline import Outline

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["Font", "find_font", "load_font"]

_MAX_FILE_LEN: Final = 128 << 20  # bytes; a collection of all Chinese faces has about 30 MB
_MAX_FACES: Final = 256
_MAX_TABLES: Final = 256
_MAX_DIRECTORIES: Final = 4000  # that are looked through for a font

# What seals are set in, best first: the song style, bold enough for small pictures, forms of simplified Chinese.
# File name in lower case -> family. The first is in Debian's fonts-noto-cjk, the last in fonts-arphic-uming.
_SONG: Final = {
    "notoserifcjk-bold.ttc": "Noto Serif CJK SC",
    "notoserifcjksc-bold.otf": "Noto Serif CJK SC",
    "notoserifsc-bold.otf": "Noto Serif SC",
    "sourcehanserif-bold.ttc": "Source Han Serif SC",
    "sourcehanserifsc-bold.otf": "Source Han Serif SC",
    "sourcehanserifcn-bold.otf": "Source Han Serif CN",
    "notoserifcjk-regular.ttc": "Noto Serif CJK SC",
    "simsun.ttc": "SimSun",
    "songti.ttc": "Songti SC",
    "uming.ttc": "AR PL UMing CN",
}


class _Glyphs(Protocol):
    def outline(self, glyph: int) -> Outline:
        """Return an outline in units of the font."""


class Font:
    """One face of a font file; :func:`load_font` and :func:`find_font` give it. Immutable, thread-safe.

    :ivar family: its name, such as "Noto Serif CJK SC".
    """

    def __init__(self, family: str, glyphs: _Glyphs, characters: dict[int, int], units_per_em: int) -> None:
        self.family = family
        self._glyphs = glyphs
        self._characters = characters
        self._units = units_per_em

    def __repr__(self) -> str:
        return f"<Font {self.family}>"

    def __contains__(self, character: object) -> bool:
        return isinstance(character, str) and len(character) == 1 and ord(character) in self._characters

    def outline(self, character: str) -> Outline:
        """Return the outline of a character: 1.0 is the height of the type, y points down, the base line is 0.

        :raises InvalidInputError: when it is not one character, or the font has none such.
        :raises DecodeError: when the font is damaged there.
        :raises LimitExceeded: when the character is drawn with too many steps.
        """
        as_text(character, "character")
        if character not in self:
            raise InvalidInputError(f"the font {self.family} has no character {character!r}")
        return _outline(self, character)

    def require(self, text: str) -> None:
        """Check that the font has every character of a text.

        :raises InvalidInputError: when one is missing; it names all of them.
        """
        missing = "".join(dict.fromkeys(character for character in text if character not in self))
        if missing:
            raise InvalidInputError(f"the font {self.family} does not have: {missing}")


@functools.lru_cache(maxsize=512)
def _outline(font: Font, character: str) -> Outline:
    try:
        drawn = font._glyphs.outline(font._characters[ord(character)])
        scale = 1 / font._units
        flipped = tuple(
            (letter, tuple(value * (scale if place % 2 == 0 else -scale) for place, value in enumerate(numbers)))
            for letter, numbers in drawn.segments
        )
    except GmpkiError:
        raise
    except (struct.error, LookupError, ValueError, TypeError, ArithmeticError):
        raise DecodeError(f"the font {font.family} is damaged at the character {character!r}") from None
    return Outline(flipped)


def load_font(path: str | os.PathLike[str], family: str | None = None) -> Font:
    """Load a font file: .ttf, .otf, or one face of a collection (.ttc, .otc).

    :param family: which face of a collection; the first without it.
    :raises InvalidTypeError: when the path or the name is none.
    :raises InvalidInputError: when the file has no face of that family.
    :raises DecodeError: when it is no font, or a damaged one.
    :raises LimitExceeded: when it is longer than 128 MiB.
    :raises UnsupportedAlgorithm: when its outlines have another form than TrueType or CFF.
    :raises OSError: when it cannot be read.
    """
    path = as_path(path)
    if family is not None:
        member(family, str, "family")
    status = os.stat(path)
    if status.st_size > _MAX_FILE_LEN:
        raise LimitExceeded(f"a font of {status.st_size} bytes; at most {_MAX_FILE_LEN} are read")
    return _load(path, family, status.st_mtime_ns, status.st_size)


@functools.lru_cache(maxsize=8)
def _load(path: str, family: str | None, _changed: int, _len: int) -> Font:
    with open(path, "rb") as stream:
        try:
            return _Reader(stream, _len).font(family)
        except GmpkiError:
            raise
        except (struct.error, LookupError, ValueError, TypeError, ArithmeticError):
            raise DecodeError(f"{os.path.basename(path)} is no font that can be read") from None


def find_font(directories: Iterable[str | os.PathLike[str]] | None = None) -> Font:
    """Return the best font for seals that is installed: a bold song style for simplified Chinese.

    :param directories: where fonts are; without them where the operating system keeps its own.
    :raises InvalidInputError: when there is none; Debian's package fonts-noto-cjk brings one.
    :raises OSError: when a font that is there cannot be read.
    """
    places = _system_directories() if directories is None else [as_path(place, "directory") for place in directories]
    present: dict[str, str] = {}
    for directory in places:
        for name, path in _files_below(directory):
            present.setdefault(name, path)
    for name, family in _SONG.items():
        if name in present:
            return load_font(present[name], family)
    raise InvalidInputError("no Chinese font was found; name one, or install Debian's package fonts-noto-cjk")


def _files_below(directory: str) -> Iterator[tuple[str, str]]:
    for count, (folder, _, names) in enumerate(os.walk(directory)):
        if count >= _MAX_DIRECTORIES:
            return
        for name in sorted(names):
            yield name.lower(), os.path.join(folder, name)


def _system_directories() -> list[str]:
    """Return where fonts are: the directories that fontconfig looks into, and those of two other systems."""
    home = os.path.expanduser("~")
    data = os.environ.get("XDG_DATA_HOME") or os.path.join(home, ".local", "share")
    own = [os.path.join(data, "fonts"), os.path.join(home, ".fonts")]
    if sys.platform == "darwin":
        own += [os.path.join(home, "Library", "Fonts"), "/Library/Fonts", "/System/Library/Fonts"]
    if sys.platform == "win32":
        own.append(os.path.join(os.environ.get("SYSTEMROOT", r"C:\Windows"), "Fonts"))
    return [*own, "/usr/local/share/fonts", "/usr/share/fonts"]


class _Reader:
    """Reads the tables of a font file (OpenType 1.9) that are needed here."""

    def __init__(self, stream: IO[bytes], length: int) -> None:
        self._stream = stream
        self._len = length

    def _read(self, at: int, length: int) -> bytes:
        if not 0 <= at <= at + length <= self._len:
            raise DecodeError("a table of the font lies outside the file")
        self._stream.seek(at)
        return self._stream.read(length)

    def font(self, family: str | None) -> Font:
        head = self._read(0, 12)
        starts = [0]
        if head[:4] == b"ttcf":
            (count,) = struct.unpack_from(">I", head, 8)
            if count > _MAX_FACES:
                raise LimitExceeded(f"a collection of {count} faces; at most {_MAX_FACES} are read")
            starts = list(struct.unpack(f">{count}I", self._read(12, 4 * count)))
        seen = []
        for start in starts:
            tables = self._tables(start)
            name = _family(self._read(*tables["name"]))
            if family is None or name == family:
                return self._face(name, tables)
            seen.append(name)
        raise InvalidInputError(f"the font has no family {family}; it has {', '.join(dict.fromkeys(seen))}")

    def _tables(self, start: int) -> dict[str, tuple[int, int]]:
        (count,) = struct.unpack(">H", self._read(start + 4, 2))
        if count > _MAX_TABLES:
            raise LimitExceeded(f"a font of {count} tables; at most {_MAX_TABLES} are read")
        records = struct.iter_unpack(">4sIII", self._read(start + 12, 16 * count))
        return {tag.decode("latin-1"): (at, length) for tag, _, at, length in records}

    def _face(self, family: str, tables: dict[str, tuple[int, int]]) -> Font:
        head = self._read(*tables["head"])
        (units,) = struct.unpack_from(">H", head, 18)
        (long_places,) = struct.unpack_from(">h", head, 50)
        characters = _characters(self._read(*tables["cmap"]))
        glyphs: _Glyphs
        if "CFF " in tables:
            glyphs = CompactFont(self._read(*tables["CFF "]))
        elif "glyf" in tables:
            data, places = self._read(*tables["glyf"]), self._read(*tables["loca"])
            glyphs = TrueTypeGlyphs(data, places, long_places=bool(long_places))
        else:
            raise UnsupportedAlgorithm(f"the outlines of the font {family} are neither TrueType nor CFF")
        return Font(family, glyphs, characters, units)


def _family(table: bytes) -> str:
    """Return the English name of the family: the typographic one where there is one."""
    _, count, storage = struct.unpack_from(">3H", table)
    names: dict[tuple[int, bool], str] = {}
    for at in range(6, 6 + 12 * count, 12):
        platform, _, language, kind, length, place = struct.unpack_from(">6H", table, at)
        if platform == 3 and kind in (1, 16):
            text = table[storage + place : storage + place + length].decode("utf-16-be", "replace")
            names.setdefault((kind, language == 0x409), text)
    return next((names[key] for key in ((16, True), (1, True), (16, False), (1, False)) if key in names), "unnamed")


def _characters(table: bytes) -> dict[int, int]:
    """Return the glyph of each character, from the largest map of Unicode that the font has."""
    (count,) = struct.unpack_from(">H", table, 2)
    best: dict[int, int] = {}
    for number in range(min(count, 64)):
        platform, encoding, at = struct.unpack_from(">HHI", table, 4 + 8 * number)
        if (platform, encoding) not in ((0, 3), (0, 4), (0, 6), (3, 1), (3, 10)):
            continue
        (form,) = struct.unpack_from(">H", table, at)
        found = _groups(table, at) if form == 12 else _ranges(table, at) if form == 4 else {}
        best = max(best, found, key=len)
    return best


def _groups(table: bytes, at: int) -> dict[int, int]:
    (count,) = struct.unpack_from(">I", table, at + 12)
    found: dict[int, int] = {}
    left = sys.maxunicode + 1  # ranges may lie over each other, so they are counted, not what they come to
    for first, last, glyph in struct.iter_unpack(">3I", table[at + 16 : at + 16 + 12 * count]):
        left -= last - first + 1
        if first > last or last > sys.maxunicode or left < 0:
            raise DecodeError("the font maps what are no characters")
        found.update(zip(range(first, last + 1), range(glyph, glyph + last - first + 1), strict=True))
    return found


def _ranges(table: bytes, at: int) -> dict[int, int]:
    (doubled,) = struct.unpack_from(">H", table, at + 6)
    count = doubled // 2
    ends = struct.unpack_from(f">{count}H", table, at + 14)
    starts = struct.unpack_from(f">{count}H", table, at + 16 + doubled)
    deltas = struct.unpack_from(f">{count}H", table, at + 16 + 2 * doubled)
    offsets_at = at + 16 + 3 * doubled
    found: dict[int, int] = {}
    left = 1 << 17
    for number, (first, last) in enumerate(zip(starts, ends, strict=True)):
        left -= max(0, last - first + 1)
        if left < 0:
            raise DecodeError("the font maps characters more than once")
        (offset,) = struct.unpack_from(">H", table, offsets_at + 2 * number)
        for code in range(first, min(last, 0xFFFE) + 1):
            glyph = code
            if offset:
                (glyph,) = struct.unpack_from(">H", table, offsets_at + 2 * number + offset + 2 * (code - first))
            if glyph or not offset:
                found[code] = (glyph + deltas[number]) & 0xFFFF
    return {code: glyph for code, glyph in found.items() if glyph}
