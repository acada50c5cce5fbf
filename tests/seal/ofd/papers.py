"""Documents to seal, and a font of five glyphs to write them with, in two forms; all of it made here."""

from __future__ import annotations

import io
import struct
from functools import cache
from typing import Any

from fontTools.fontBuilder import FontBuilder
from fontTools.misc.psCharStrings import T2CharString

from gmpki.seal.ofd.writer import OFDWriter
from gmpki.seal.signing import SealSigner
from seal import samples

DOCUMENT_ID = "0123456789abcdef" * 2
# Glyphs: that of a missing character, A, B, a space, and Á, which is composed of A and B.
LETTERS = {" ": 3, "A": 1, "B": 2, "Á": 4, "示": 1, "\U00020000": 2}
ADVANCES = (500, 600, 700, 250, 800)
UNITS = 1000
_TRIANGLE = [(0, 0), (500, 0), (250, 700)]
_SQUARE = [(0, 0), (600, 0), (600, 600), (0, 600)]


def _simple(points: list[tuple[int, int]]) -> bytes:
    """Return a glyph of one contour of straight lines."""
    xs, ys = [x for x, _ in points], [y for _, y in points]
    head = struct.pack(">hhhhhHH", 1, min(xs), min(ys), max(xs), max(ys), len(points) - 1, 0)
    deltas = [[b - a for a, b in zip([0, *line], line, strict=False)] for line in (xs, ys)]
    body = bytes([1] * len(points)) + b"".join(struct.pack(f">{len(line)}h", *line) for line in deltas)
    return head + body + bytes(-len(head + body) % 2)


def composite(*parts: tuple[int, int]) -> bytes:
    """Return a glyph composed of others: the flags and the number of each."""
    head = struct.pack(">hhhhh", -1, 0, 0, 600, 700)
    pieces = [
        struct.pack(">HHhh", 1 | flags, glyph, 0, 0) + bytes(_EXTRA.get(flags & 0xC8, 0)) for flags, glyph in parts
    ]
    return head + b"".join(pieces)


_EXTRA = {0x08: 2, 0x40: 4, 0x80: 8}
MORE = 0x20
GLYPHS = (_simple(_SQUARE), _simple(_TRIANGLE), _simple(_SQUARE), b"", composite((MORE | 0x08, 1), (0, 2)))


def character_map(form: int = 12) -> bytes:
    """Return a map of characters, in format 4 (two kinds of segments) or 12."""
    codes = sorted((ord(letter), glyph) for letter, glyph in LETTERS.items())
    if form == 12:
        table = struct.pack(">HHIII", 12, 0, 16 + 12 * len(codes), 0, len(codes))
        table += b"".join(struct.pack(">III", code, code, glyph) for code, glyph in codes)
        return struct.pack(">HHHHI", 0, 1, 3, 10, 12) + table
    codes = [*((code, glyph) for code, glyph in codes if code < 0xFFFF), (0xFFFF, 0)]
    count = len(codes)
    ends = struct.pack(f">{count}H", *(code for code, _ in codes))
    # The first segment is looked up in the list of glyphs behind the offsets, the others by a difference.
    deltas = struct.pack(f">{count}H", 0, *((glyph - code) & 0xFFFF for code, glyph in codes[1:]))
    offsets = struct.pack(f">{count}H", 2 * count, *(0 for _ in codes[1:]))
    table = struct.pack(">HHHHHHH", 4, 18 + 8 * count, 0, 2 * count, 0, 0, 0) + ends + b"\0\0" + ends + deltas + offsets
    return struct.pack(">HHHHI", 0, 1, 3, 1, 12) + table + struct.pack(">H", codes[0][1])


def font_tables(*, glyphs: tuple[bytes, ...] = GLYPHS, form: int = 12, rights: int = 0) -> dict[bytes, bytes]:
    """Return the tables of the font."""
    places = [0]
    for glyph in glyphs:
        places.append(places[-1] + len(glyph))
    name = "Papers".encode("utf-16-be")
    return {
        b"OS/2": struct.pack(">HhHHH", 4, 500, 400, 5, rights) + bytes(86),
        b"cmap": character_map(form),
        b"glyf": b"".join(glyphs),
        b"head": struct.pack(">IIIIHH", 0x10000, 0x10000, 0, 0x5F0F3CF5, 0, UNITS)
        + bytes(30)
        + struct.pack(">hh", 1, 0),
        b"hhea": struct.pack(">Ihhh", 0x10000, 800, -200, 0) + bytes(24) + struct.pack(">H", len(ADVANCES)),
        b"hmtx": b"".join(struct.pack(">Hh", advance, 10) for advance in ADVANCES),
        b"loca": struct.pack(f">{len(places)}I", *places),
        b"maxp": struct.pack(">IHHHHHH", 0x10000, len(glyphs), 4, 1, 8, 2, 2) + bytes(16),
        b"name": struct.pack(">HHH6H", 0, 1, 18, 3, 1, 0x0409, 1, len(name), 0) + name,
    }


def assemble(tables: dict[bytes, bytes], kind: bytes = b"\0\1\0\0", at: int = 0) -> bytes:
    """Return a font of tables; ``at`` is where it stands in a collection."""
    directory, body = b"", b""
    for tag, data in sorted(tables.items()):
        directory += struct.pack(">4sIII", tag, 0, at + 12 + 16 * len(tables) + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    return kind + struct.pack(">HHHH", len(tables), 0, 0, 0) + directory + body


@cache
def font() -> bytes:
    """Return the font."""
    return assemble(font_tables())


def _charstring(advance: int, *contours: list[tuple[int, int]]) -> list[int | str]:
    """Return the program of a glyph of straight lines."""
    words: list[int | str] = [advance]
    x = y = 0
    for points in contours:
        for place, (to_x, to_y) in enumerate(points):
            words += [to_x - x, to_y - y, "rlineto" if place else "rmoveto"]
            x, y = to_x, to_y
    return [*words, "endchar"]


@cache
def postscript_font(subroutines: tuple[tuple[int | str, ...], ...] = ()) -> bytes:
    """Return the same font with PostScript outlines; with subroutines, A calls the first of them."""
    shapes = ([_SQUARE], [_TRIANGLE], [_SQUARE], [], [_TRIANGLE, _SQUARE])
    names = [".notdef", "one", "two", "space", "both"]
    programs: dict[str, Any] = {}
    for name, advance, contours in zip(names, ADVANCES, shapes, strict=True):
        programs[name] = T2CharString(program=_charstring(advance, *contours))
    if subroutines:
        programs["one"] = T2CharString(program=[-107, "callgsubr", "endchar"])
    builder = FontBuilder(UNITS, isTTF=False)
    builder.updateHead(created=0, modified=0)
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap({ord(letter): names[glyph] for letter, glyph in LETTERS.items()})
    builder.setupHorizontalMetrics({name: (advance, 10) for name, advance in zip(names, ADVANCES, strict=True)})
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": "Papers", "styleName": "Regular", "psName": "Papers"})
    builder.setupOS2(fsType=0)
    builder.setupPost()
    builder.setupCFF("Papers", {}, programs, {})
    top = builder.font["CFF "].cff.topDictIndex[0]
    for routine in subroutines:
        top.GlobalSubrs.append(T2CharString(program=list(routine)))
    builder.font.recalcTimestamp = builder.font.recalcBBoxes = False
    file = io.BytesIO()
    builder.save(file)
    return file.getvalue()


def paper(pages: int = 1, width_mm: float = 210, height_mm: float = 297) -> bytes:
    """Return a document: each page has a line of text in the embedded font, a line, a rectangle and a picture."""
    writer = OFDWriter(title="参保证明", author=samples.ORGANISATION, created_at=samples.NOW, document_id=DOCUMENT_ID)
    letters = writer.embed_font(font())
    for _ in range(pages):
        page = writer.add_page(width_mm, height_mm)
        page.text(30, 40, "AB ÁB", size_mm=6, font=letters)
        page.line(30, 45, 100, 45)
        page.rectangle(30, 50, 40, 20, fill=(240, 240, 200))
        page.image(80, 50, 20, 20, samples.png())
    return writer.to_bytes()


def seal_signer(**options: Any) -> SealSigner:
    """Return who seals, at NOW."""
    who = samples.signer()
    said: dict[str, Any] = {"seal": samples.seal(), "signer": who.key, "certificate": who.certificate}
    return SealSigner(**(said | {"clock": lambda: samples.NOW} | options))
