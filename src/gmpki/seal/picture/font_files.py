"""Font files: where they are, and what is in them.

Fonts come from the machine and from documents of strangers, so all that is read here has bounds.

:standard: OpenType 1.9
"""

from __future__ import annotations

import os
import struct
import sys
from typing import IO, TYPE_CHECKING, Final, NamedTuple, Protocol

from gmpki.errors import DecodeError, LimitExceeded, UnsupportedAlgorithm
from gmpki.seal.picture._cff import CompactFont
from gmpki.seal.picture._glyf import TrueTypeGlyphs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gmpki.seal.picture.outline import Outline

__all__ = ["DAMAGE", "FontFile", "GlyphSource", "Outlines", "files_below", "system_directories"]

DAMAGE: Final = (struct.error, LookupError, ValueError, TypeError, ArithmeticError)
"""What reading a damaged font ends in, besides errors of this package: whoever reads makes one error of them."""

_MAX_FACES: Final = 256
_MAX_TABLES: Final = 256
_MAX_DIRECTORIES: Final = 4000  # that are looked through for a font
_COMPACT: Final = b"\x01\x00"  # how a font begins that is nothing but its outlines (CFF)
_COMPACT_UNITS: Final = 1000  # of such a font, which has no place to say another number


class GlyphSource(Protocol):
    """Where the outlines of glyphs come from."""

    def outline(self, glyph: int) -> Outline:
        """Return an outline in units of the font, y upwards."""


class Outlines(NamedTuple):
    """What a face is drawn with.

    :ivar glyphs: the outlines.
    :ivar units_per_em: how many units are as long as the size of the font.
    :ivar characters: the glyph of each character; fonts in documents may have none.
    """

    glyphs: GlyphSource
    units_per_em: int
    characters: dict[int, int]


class FontFile:
    """Reads one font or a collection of them. A context: one thread at a time.

    Its methods raise :class:`DecodeError`, :class:`LimitExceeded` and what is in :data:`DAMAGE`.
    """

    def __init__(self, stream: IO[bytes], length: int) -> None:
        self._stream = stream
        self._len = length

    def faces(self) -> list[int]:
        """Return where the faces begin: one, or those of a collection."""
        head = self._read(0, 12)
        if head[:4] != b"ttcf":
            return [0]
        (count,) = struct.unpack_from(">I", head, 8)
        if count > _MAX_FACES:
            raise LimitExceeded(f"a collection of {count} faces; at most {_MAX_FACES} are read")
        return list(struct.unpack(f">{count}I", self._read(12, 4 * count)))

    def family(self, face: int) -> str:
        """Return the English name of a face's family: the typographic one where there is one."""
        return _family(self._read(*self._tables(face)["name"]))

    def outlines(self, face: int = 0) -> Outlines:
        """Return what a face is drawn with.

        :raises UnsupportedAlgorithm: when its outlines have another form than TrueType or CFF.
        """
        kind = self._read(face, 4)
        if kind[:2] == _COMPACT:
            return Outlines(CompactFont(self._read(0, self._len)), _COMPACT_UNITS, {})
        tables = self._tables(face)
        characters = _characters(self._read(*tables["cmap"])) if "cmap" in tables else {}
        units, long_places = _COMPACT_UNITS, False
        if "head" in tables:
            head = self._read(*tables["head"])
            (units,), (long_places,) = struct.unpack_from(">H", head, 18), struct.unpack_from(">h", head, 50)
        units = units or _COMPACT_UNITS
        if "CFF " in tables:
            return Outlines(CompactFont(self._read(*tables["CFF "])), units, characters)
        if "glyf" not in tables:
            raise UnsupportedAlgorithm("the outlines of a font are neither TrueType nor CFF")
        data, places = self._read(*tables["glyf"]), self._read(*tables["loca"])
        return Outlines(TrueTypeGlyphs(data, places, long_places=bool(long_places)), units, characters)

    def _read(self, at: int, length: int) -> bytes:
        if not 0 <= at <= at + length <= self._len:
            raise DecodeError("a table of the font lies outside the file")
        self._stream.seek(at)
        return self._stream.read(length)

    def _tables(self, face: int) -> dict[str, tuple[int, int]]:
        (count,) = struct.unpack(">H", self._read(face + 4, 2))
        if count > _MAX_TABLES:
            raise LimitExceeded(f"a font of {count} tables; at most {_MAX_TABLES} are read")
        records = struct.iter_unpack(">4sIII", self._read(face + 12, 16 * count))
        return {tag.decode("latin-1"): (at, length) for tag, _, at, length in records}


def files_below(directory: str) -> Iterator[tuple[str, str]]:
    """Return the files of a directory and of those below it: each name in lower case, and the path."""
    for count, (folder, _, names) in enumerate(os.walk(directory)):
        if count >= _MAX_DIRECTORIES:
            return
        for name in sorted(names):
            yield name.lower(), os.path.join(folder, name)


def system_directories() -> list[str]:
    """Return where fonts are: the directories that fontconfig looks into, and those of two other systems."""
    home = os.path.expanduser("~")
    data = os.environ.get("XDG_DATA_HOME") or os.path.join(home, ".local", "share")
    own = [os.path.join(data, "fonts"), os.path.join(home, ".fonts")]
    if sys.platform == "darwin":
        own += [os.path.join(home, "Library", "Fonts"), "/Library/Fonts", "/System/Library/Fonts"]
    if sys.platform == "win32":
        own.append(os.path.join(os.environ.get("SYSTEMROOT", r"C:\Windows"), "Fonts"))
    return [*own, "/usr/local/share/fonts", "/usr/share/fonts"]


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
