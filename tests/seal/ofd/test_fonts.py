"""Fonts: read, refused, and cut down to what a text needs."""

from __future__ import annotations

import contextlib
import struct

import pytest

from gmpki.errors import DecodeError, InvalidInputError, InvalidTypeError, LimitExceeded
from gmpki.seal.ofd import fonts
from gmpki.seal.ofd.font_subset import subset
from gmpki.seal.ofd.fonts import TrueTypeFont
from seal.ofd import papers
from seal.ofd.papers import MORE, assemble, composite, font_tables


def changed(**tables: bytes) -> bytes:
    """Return the font with other tables; an empty one is left out."""
    every = font_tables() | {name.encode().ljust(4).replace(b"OS_2", b"OS/2"): data for name, data in tables.items()}
    return assemble({tag: data for tag, data in every.items() if data})


@pytest.mark.parametrize("form", [4, 12])
def test_a_font_is_read(form: int) -> None:
    font = TrueTypeFont.from_bytes(assemble(font_tables(form=form)))
    assert (font.family, font.units_per_em, font.ascent, font.descent, font.glyph_count) == (
        "Papers",
        1000,
        800,
        200,
        5,
    )
    wanted = {letter: glyph for letter, glyph in papers.LETTERS.items() if form == 12 or ord(letter) < 0x10000}
    assert {letter: font.glyph_id(letter) for letter in wanted} == wanted
    assert [font.glyph_id(letter) for letter in "C\0z\uffff\U0010ffff"] == [0] * 5
    assert font.missing("ABCCA") == "C"
    assert font.width_mm("AB ", 10) == pytest.approx(10 * (600 + 700 + 250) / 1000)
    assert [font.glyph(number) for number in range(5)] == list(papers.GLYPHS)


def test_short_offsets_are_read() -> None:
    places = [0]
    for glyph in papers.GLYPHS:
        places.append(places[-1] + len(glyph))
    head = bytearray(font_tables()[b"head"])
    head[50:52] = b"\0\0"
    data = changed(head=bytes(head), loca=struct.pack(f">{len(places)}H", *(place // 2 for place in places)))
    assert TrueTypeFont.from_bytes(data).glyph(1) == papers.GLYPHS[1]


def test_the_fonts_of_a_collection_are_told_apart() -> None:
    second = font_tables()
    second[b"hhea"] = struct.pack(">Ihhh", 0x10000, 900, -100, 0) + second[b"hhea"][10:]
    first = assemble(font_tables(), at=20)
    data = b"ttcf" + struct.pack(">IIII", 0x10000, 2, 20, 20 + len(first)) + first
    data += assemble(second, at=len(data))
    assert [TrueTypeFont.from_bytes(data, index=index).ascent for index in (0, 1)] == [800, 900]
    with pytest.raises(InvalidInputError, match="has 2 fonts"):
        TrueTypeFont.from_bytes(data, index=2)
    with pytest.raises(InvalidInputError, match="single font"):
        TrueTypeFont.from_bytes(first, index=1)


def test_a_part_of_a_font_has_what_the_text_needs() -> None:
    font = TrueTypeFont.from_bytes(papers.font())
    part = subset(font, "Á示\U00020000C")
    assert part == subset(font, ["\U00020000", "示", "Á"])
    small = TrueTypeFont.from_bytes(part)
    assert (small.family, small.glyph_count) == ("Papers", 4)  # missing, Á, and A and B, of which it is composed
    assert small.missing("Á示\U00020000") == ""
    assert small.missing("AB ") == "AB "
    assert small.glyph_id("示") != small.glyph_id("\U00020000")
    for letter in "Á示\U00020000":
        assert small.width_mm(letter, 1) == font.width_mm(letter, 1)
    composed = fonts.components(small.glyph(small.glyph_id("Á")))
    assert small.glyph(composed[0][0])[: len(papers.GLYPHS[1])] == papers.GLYPHS[1]
    assert sum(struct.unpack(f">{len(part) // 4}I", part)) & 0xFFFFFFFF == 0xB1B0AFBA


def test_a_part_for_no_text_is_a_font() -> None:
    assert TrueTypeFont.from_bytes(subset(TrueTypeFont.from_bytes(papers.font()), "")).glyph_count == 1


def test_format_four_finds_in_the_part_what_format_twelve_finds() -> None:
    part = TrueTypeFont.from_bytes(subset(TrueTypeFont.from_bytes(papers.font()), "AB Á示"))
    tables = {tag: part.table(tag) for tag in font_tables()}
    cmap = bytearray(tables[b"cmap"])
    assert struct.unpack_from(">HHHHHH", cmap, 0)[1] == 2
    cmap[2:4] = b"\0\1"  # only the first map, that in format 4
    old = TrueTypeFont.from_bytes(assemble(tables | {b"cmap": bytes(cmap)}))
    assert [old.glyph_id(letter) for letter in "AB Á示C"] == [part.glyph_id(letter) for letter in "AB Á示C"]


@pytest.mark.parametrize("rights", [0x0002, 0x0100, 0x0200], ids=["restricted", "whole-only", "bitmaps-only"])
def test_a_font_that_may_not_be_carried_along_is_refused(rights: int) -> None:
    font = TrueTypeFont.from_bytes(assemble(font_tables(rights=rights)))
    with pytest.raises(InvalidInputError, match="may not carry"):
        font.require_embedding()
    with pytest.raises(InvalidInputError, match="may not carry"):
        subset(font, "A")


@pytest.mark.parametrize("rights", [0, 0x0004, 0x0008, 0x000A], ids=["installable", "preview", "editable", "several"])
def test_a_font_that_may_be_carried_along_is_taken(rights: int) -> None:
    TrueTypeFont.from_bytes(assemble(font_tables(rights=rights))).require_embedding()


def test_outlines_of_another_kind_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="PostScript"):
        TrueTypeFont.from_bytes(assemble(font_tables(), kind=b"OTTO"))


BROKEN = {
    "empty": b"",
    "no font": b"%PDF-1.7 and so on",
    "head alone": b"\0\1\0\0",
    "no glyphs": changed(glyf=b""),
    "no map": changed(cmap=b""),
    "short head": changed(head=bytes(20)),
    "no units": changed(head=bytes(54)),
    "short hhea": changed(hhea=bytes(10)),
    "no widths": changed(hhea=bytes(36)),
    "more widths than glyphs": changed(hhea=bytes(34) + b"\xff\xff"),
    "no count": changed(maxp=bytes(4)),
    "map outside": changed(cmap=struct.pack(">HHHHI", 0, 1, 3, 10, 0xFFFFFFF0)),
    "segments without end": changed(cmap=struct.pack(">HHHHIHHHH", 0, 1, 3, 1, 12, 4, 16, 0, 0xFFFE)),
    "maps without end": changed(cmap=struct.pack(">HH", 0, 0xFFFF)),
    "names without end": changed(name=struct.pack(">HHH", 0, 0xFFFF, 6)),
    "table outside": papers.font()[:400],
    "collection without fonts": b"ttcf" + struct.pack(">II", 0x10000, 1),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_font_is_refused(case: str) -> None:
    with pytest.raises(DecodeError):
        TrueTypeFont.from_bytes(BROKEN[case])


@pytest.mark.parametrize(
    "cmap",
    [struct.pack(">HHHHIH", 0, 1, 1, 0, 12, 0), struct.pack(">HHHHIHHIII", 0, 1, 3, 10, 12, 12, 0, 16, 0, 0xFFFFFFFF)],
    ids=["of-another-kind", "without-groups"],
)
def test_a_font_may_have_glyphs_for_nothing(cmap: bytes) -> None:
    assert TrueTypeFont.from_bytes(changed(cmap=cmap)).missing("AB") == "AB"


def test_maps_that_go_round_in_circles_are_refused() -> None:
    groups = struct.pack(">III", 0, 0x10FFFF, 0) * 2
    table = struct.pack(">HHIII", 12, 0, 16 + len(groups), 0, 2) + groups
    with pytest.raises(DecodeError, match="no characters"):
        TrueTypeFont.from_bytes(changed(cmap=struct.pack(">HHHHI", 0, 1, 3, 10, 12) + table))
    ends, starts = struct.pack(">3H", *[0xFFFF] * 3), bytes(6)
    table = struct.pack(">HHHHHHH", 4, 40, 0, 6, 0, 0, 0) + ends + b"\0\0" + starts + bytes(12)
    with pytest.raises(DecodeError, match="more than once"):
        TrueTypeFont.from_bytes(changed(cmap=struct.pack(">HHHHI", 0, 1, 3, 1, 12) + table))


BROKEN_GLYPHS = {
    "outside": {b"loca": struct.pack(">6I", 0, 0, 0xFFFFFF, 0xFFFFFF, 0xFFFFFF, 0xFFFFFF)},
    "backwards": {b"loca": struct.pack(">6I", 40, 40, 20, 20, 20, 20)},
    "no end": {b"loca": struct.pack(">2I", 0, 10)},
    "composed of none": font_tables(glyphs=(*papers.GLYPHS[:1], composite((0, 999)), *papers.GLYPHS[2:])),
    "composition without end": font_tables(glyphs=(*papers.GLYPHS[:1], composite((MORE, 2)), *papers.GLYPHS[2:])),
    "no metrics": {b"hmtx": b"\0\0"},
}


@pytest.mark.parametrize("case", BROKEN_GLYPHS)
def test_a_broken_glyph_is_refused(case: str) -> None:
    font = TrueTypeFont.from_bytes(assemble(font_tables() | BROKEN_GLYPHS[case]))
    with pytest.raises(DecodeError):
        subset(font, "A")


def test_glyphs_composed_of_each_other_come_to_an_end() -> None:
    glyphs = (papers.GLYPHS[0], composite((0, 2)), composite((0, 1)), b"", composite((MORE | 0x40, 4), (0x80, 1)))
    font = TrueTypeFont.from_bytes(assemble(font_tables(glyphs=glyphs)))
    assert TrueTypeFont.from_bytes(subset(font, "ABÁ")).glyph_count == 4


def test_what_is_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(LimitExceeded, match="tables"):
        TrueTypeFont.from_bytes(b"\0\1\0\0" + struct.pack(">HHHH", 129, 0, 0, 0) + bytes(129 * 16))
    font = TrueTypeFont.from_bytes(papers.font())
    monkeypatch.setattr("gmpki.seal.ofd.font_subset._MOST_OUTLINES_LEN", 40)
    with pytest.raises(LimitExceeded, match="glyphs"):
        subset(font, "Á")
    monkeypatch.setattr(fonts, "MOST_FONT_LEN", 100)
    with pytest.raises(LimitExceeded, match="bytes"):
        TrueTypeFont.from_bytes(papers.font())


def test_a_font_is_bytes() -> None:
    with pytest.raises(InvalidTypeError):
        TrueTypeFont.from_bytes("font.ttf")  # type: ignore[arg-type]
    with pytest.raises(InvalidTypeError):
        TrueTypeFont.from_bytes(papers.font()).width_mm(b"AB", 4)  # type: ignore[arg-type]
    with pytest.raises(InvalidInputError):
        TrueTypeFont.from_bytes(papers.font()).glyph_id("AB")


def test_every_cut_of_a_font_is_read_or_refused() -> None:
    data = papers.font()
    for end in range(0, len(data), 7):
        with contextlib.suppress(InvalidInputError):
            subset(TrueTypeFont.from_bytes(data[:end]), papers.LETTERS)
