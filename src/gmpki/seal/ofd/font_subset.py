"""The part of a font that shows one text: a font of its own, small enough to travel in the document.

:standard: ISO/IEC 14496-22 (OpenType)
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from gmpki.errors import DecodeError, LimitExceeded
from gmpki.seal.ofd.fonts import components

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gmpki.seal.ofd.fonts import TrueTypeFont

__all__ = ["subset"]

# Glyphs of a font may share their bytes: what they come to together is bounded here.
_MOST_OUTLINES_LEN: Final = 32 << 20
_CHECKSUM_MAGIC: Final = 0xB1B0AFBA
_WINDOWS, _BASIC, _FULL, _ENGLISH = 3, 1, 10, 0x0409


def subset(font: TrueTypeFont, characters: Iterable[str]) -> bytes:
    """Return a TrueType font with the glyphs of some characters, the same bytes every time.

    :param characters: those without a glyph in the font are left out.
    :raises InvalidInputError: when the font says that documents may not carry a part of it.
    :raises DecodeError: when a glyph lies outside the font.
    :raises LimitExceeded: when the glyphs come to more than 32 MiB.
    """
    font.require_embedding()
    wanted = {ord(character): font.glyph_id(character) for character in sorted(set(characters))}
    wanted = {code: glyph for code, glyph in wanted.items() if glyph}
    outlines = _with_components(font, wanted.values())
    numbers = {glyph: new for new, glyph in enumerate(outlines)}
    places, glyf = [0], bytearray()
    for outline in outlines.values():
        glyf += _renumbered(outline, numbers)
        glyf += bytes(-len(glyf) % 4)
        places.append(len(glyf))
    metrics = (struct.pack(">Hh", font.advance(glyph), font.left_bearing(glyph)) for glyph in outlines)
    tables = {
        b"OS/2": font.table(b"OS/2"),
        b"cmap": _character_map({code: numbers[glyph] for code, glyph in wanted.items()}),
        b"cvt ": font.table(b"cvt "),
        b"fpgm": font.table(b"fpgm"),
        b"glyf": bytes(glyf),
        b"head": _patched(font.table(b"head"), (8, ">I", 0), (50, ">h", 1)),
        b"hhea": _patched(font.table(b"hhea"), (34, ">H", len(outlines))),
        b"hmtx": b"".join(metrics),
        b"loca": struct.pack(f">{len(places)}I", *places),
        b"maxp": _patched(font.table(b"maxp"), (4, ">H", len(outlines))),
        b"name": _names(font.family),
        b"post": struct.pack(">IihhIIIII", 0x00030000, 0, 0, 0, 0, 0, 0, 0, 0),
        b"prep": font.table(b"prep"),
    }
    return _assembled({tag: data for tag, data in tables.items() if data})


def _with_components(font: TrueTypeFont, glyphs: Iterable[int]) -> dict[int, bytes]:
    """Return the outlines of glyphs and of all that they are composed of; first that of the missing character."""
    outlines: dict[int, bytes] = {}
    total = 0
    waiting = [*sorted(set(glyphs), reverse=True), 0]
    while waiting:
        glyph = waiting.pop()
        if glyph in outlines:
            continue
        if glyph >= font.glyph_count:
            raise DecodeError(f"the font has no glyph {glyph}, of which another is composed")
        outlines[glyph] = font.glyph(glyph)
        total += len(outlines[glyph])
        if total > _MOST_OUTLINES_LEN:
            raise LimitExceeded(f"the glyphs come to more than {_MOST_OUTLINES_LEN} bytes")
        waiting.extend(part for part, _ in components(outlines[glyph]) if part not in outlines)
    return outlines


def _renumbered(outline: bytes, numbers: dict[int, int]) -> bytes:
    """Return an outline whose components have their new numbers."""
    changed = bytearray(outline)
    for glyph, place in components(outline):
        struct.pack_into(">H", changed, place, numbers[glyph])
    return bytes(changed)


def _patched(table: bytes, *changes: tuple[int, str, int]) -> bytes:
    changed = bytearray(table)
    for place, form, value in changes:
        struct.pack_into(form, changed, place, value)
    return bytes(changed)


def _runs(glyphs: dict[int, int]) -> list[tuple[int, int, int]]:
    """Return ranges of characters whose glyphs follow each other: first, last, glyph of the first."""
    runs: list[tuple[int, int, int]] = []
    for code, glyph in sorted(glyphs.items()):
        if runs and runs[-1][1] == code - 1 and runs[-1][2] + code - runs[-1][0] == glyph:
            runs[-1] = (runs[-1][0], code, runs[-1][2])
        else:
            runs.append((code, code, glyph))
    return runs


def _character_map(glyphs: dict[int, int]) -> bytes:
    """Return a map in format 12, which has all of Unicode, and one in format 4, where it fits, which all read."""
    runs = _runs(glyphs)
    groups = struct.pack(">HHIII", 12, 0, 16 + 12 * len(runs), 0, len(runs))
    groups += b"".join(struct.pack(">III", *run) for run in runs)
    segments = _segments(_runs({code: glyph for code, glyph in glyphs.items() if code < 0xFFFF}))
    maps = [((_WINDOWS, _BASIC), segments)] if segments else []
    maps.append(((_WINDOWS, _FULL), groups))
    place, directory, body = 4 + 8 * len(maps), struct.pack(">HH", 0, len(maps)), b""
    for (platform, encoding), data in maps:
        directory += struct.pack(">HHI", platform, encoding, place + len(body))
        body += data
    return directory + body


def _segments(runs: list[tuple[int, int, int]]) -> bytes:
    """Return a map in format 4; b"" when its length, a number of 16 bits, could not say how long it is."""
    runs = [*runs, (0xFFFF, 0xFFFF, 0)]  # the last segment is always this one
    count, length = len(runs), 16 + 8 * len(runs)
    if length > 0xFFFF:
        return b""
    power = count.bit_length() - 1
    ends, starts = [last for _, last, _ in runs], [first for first, _, _ in runs]
    deltas = [(glyph - first) & 0xFFFF if first != 0xFFFF else 1 for first, _, glyph in runs]
    head = struct.pack(">HHHHHHH", 4, length, 0, 2 * count, 2 << power, power, 2 * count - (2 << power))
    values = [*ends, 0, *starts, *deltas, *(0 for _ in runs)]
    return head + struct.pack(f">{len(values)}H", *values)


def _names(family: str) -> bytes:
    """Return the names that readers look for: family, style, full name, PostScript name."""
    plain = "".join(letter for letter in family if letter.isascii() and letter.isalnum()) or "Font"
    records, storage = b"", b""
    texts = ((1, family), (2, "Regular"), (4, family), (6, plain))
    for identifier, text in texts:
        data = text.encode("utf-16-be", "replace")
        records += struct.pack(">6H", _WINDOWS, _BASIC, _ENGLISH, identifier, len(data), len(storage))
        storage += data
    return struct.pack(">HHH", 0, len(texts), 6 + len(records)) + records + storage


def _assembled(tables: dict[bytes, bytes]) -> bytes:
    """Return the file: a directory, the tables in the order of their names, and the sum over everything."""
    count = len(tables)
    power = count.bit_length() - 1
    head = struct.pack(">IHHHH", 0x00010000, count, 16 << power, power, 16 * count - (16 << power))
    directory, body, place = b"", b"", 12 + 16 * count
    offsets = {}
    for tag, data in sorted(tables.items()):
        offsets[tag] = place + len(body)
        directory += struct.pack(">4sIII", tag, _checksum(data), offsets[tag], len(data))
        body += data + bytes(-len(data) % 4)
    font = bytearray(head + directory + body)
    struct.pack_into(">I", font, offsets[b"head"] + 8, (_CHECKSUM_MAGIC - _checksum(font)) & 0xFFFFFFFF)
    return bytes(font)


def _checksum(data: bytes | bytearray) -> int:
    padded = bytes(data) + bytes(-len(data) % 4)
    total: int = sum(struct.unpack(f">{len(padded) // 4}I", padded))
    return total & 0xFFFFFFFF
