"""Fonts: read, refused, and cut down to what a text needs."""

from __future__ import annotations

import contextlib
import io
import os
import random
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest
from fontTools.ttLib import TTFont
from PIL import Image

from gmpki.errors import (
    DecodeError,
    GmpkiError,
    InvalidInputError,
    InvalidTypeError,
    LimitExceeded,
    UnsupportedAlgorithm,
    UnsupportedPlatform,
)
from gmpki.seal.ofd import fonts
from gmpki.seal.ofd.drawing.fonts import DocumentFont
from gmpki.seal.ofd.fonts import OpenTypeFont
from gmpki.seal.picture.font_files import files_below, system_directories
from gmpki.seal.picture.raster import render
from seal.ofd import papers
from seal.ofd.papers import MORE, assemble, composite, font_tables

FORMS: dict[str, Callable[[], bytes]] = {"truetype": papers.font, "postscript": papers.postscript_font}
ENDINGS = {"truetype": "ttf", "postscript": "otf"}


def changed(**tables: bytes) -> bytes:
    """Return the font with other tables; an empty one is left out."""
    every = font_tables() | {name.encode().ljust(4).replace(b"OS_2", b"OS/2"): data for name, data in tables.items()}
    return assemble({tag: data for tag, data in every.items() if data})


def opened(font: bytes) -> Any:
    return TTFont(io.BytesIO(font))


# ---- reading ------------------------------------------------------------------------------
@pytest.mark.parametrize("form", FORMS)
def test_a_font_is_read(form: str) -> None:
    font = OpenTypeFont.from_bytes(FORMS[form]())
    assert (font.family, font.units_per_em, font.ascent, font.descent) == ("Papers", 1000, 800, 200)
    assert (font.file_ending, repr(font)) == (ENDINGS[form], "<OpenTypeFont Papers>")
    assert font.missing("ABCCA示\U00020000\0\uffff\U0010ffff") == "C\0\uffff\U0010ffff"
    assert font.width_mm("AB ", 10) == pytest.approx(10 * (600 + 700 + 250) / 1000)
    assert font.width_mm("C", 10) == pytest.approx(10 * 500 / 1000)


def test_a_map_of_the_older_format_is_read() -> None:
    font = OpenTypeFont.from_bytes(assemble(font_tables(form=4)))
    assert font.missing("AB Á示\U00020000") == "\U00020000"
    assert font.width_mm("示B", 1) == pytest.approx((600 + 700) / 1000)


def test_short_offsets_are_read() -> None:
    places = [0]
    for glyph in papers.GLYPHS:
        places.append(places[-1] + len(glyph))
    head = bytearray(font_tables()[b"head"])
    head[50:52] = b"\0\0"
    data = changed(head=bytes(head), loca=struct.pack(f">{len(places)}H", *(place // 2 for place in places)))
    assert OpenTypeFont.from_bytes(data).subset("Á") == OpenTypeFont.from_bytes(papers.font()).subset("Á")


def test_the_fonts_of_a_collection_are_told_apart() -> None:
    second = font_tables()
    second[b"hhea"] = struct.pack(">Ihhh", 0x10000, 900, -100, 0) + second[b"hhea"][10:]
    first = assemble(font_tables(), at=20)
    data = b"ttcf" + struct.pack(">IIII", 0x10000, 2, 20, 20 + len(first)) + first
    data += assemble(second, at=len(data))
    read = [OpenTypeFont.from_bytes(data, index=index) for index in (0, 1)]
    assert [font.ascent for font in read] == [800, 900]
    assert [opened(font.subset("A"))["hhea"].ascent for font in read] == [800, 900]
    with pytest.raises(InvalidInputError, match="has 2 fonts"):
        OpenTypeFont.from_bytes(data, index=2)
    with pytest.raises(InvalidInputError, match="has 1 fonts"):
        OpenTypeFont.from_bytes(papers.font(), index=1)


@pytest.mark.parametrize("rights", [0x0002, 0x0100, 0x0200], ids=["restricted", "whole-only", "bitmaps-only"])
def test_a_font_that_may_not_be_carried_along_is_refused(rights: int) -> None:
    font = OpenTypeFont.from_bytes(assemble(font_tables(rights=rights)))
    with pytest.raises(InvalidInputError, match="may not carry"):
        font.require_embedding()
    with pytest.raises(InvalidInputError, match="may not carry"):
        font.subset("A")


@pytest.mark.parametrize("rights", [0, 0x0004, 0x0008, 0x000A], ids=["installable", "preview", "editable", "several"])
def test_a_font_that_may_be_carried_along_is_taken(rights: int) -> None:
    OpenTypeFont.from_bytes(assemble(font_tables(rights=rights))).require_embedding()


# ---- the part that a document carries -------------------------------------------------------
@pytest.mark.parametrize("form", FORMS)
def test_a_part_of_a_font_has_what_the_text_needs(form: str) -> None:
    font = OpenTypeFont.from_bytes(FORMS[form]())
    part = font.subset("Á示\U00020000C")
    assert part == font.subset(["\U00020000", "示", "Á", "Á"])
    small = OpenTypeFont.from_bytes(part)
    assert (small.family, small.file_ending, small.ascent) == ("Papers", ENDINGS[form], 800)
    assert small.missing("Á示\U00020000") == ""
    assert small.missing("AB ") == "AB "
    drawn, whole = DocumentFont(part), DocumentFont(FORMS[form]())
    for letter in "Á示\U00020000":
        assert small.width_mm(letter, 1) == font.width_mm(letter, 1)
        assert drawn.character(letter) == whole.character(letter)
        assert drawn.character(letter)


@pytest.mark.once
@pytest.mark.parametrize("form", FORMS)
def test_a_part_is_the_same_in_another_process(form: str) -> None:
    program = (
        "import sys; from gmpki.seal.ofd.fonts import OpenTypeFont; "
        "sys.stdout.buffer.write(OpenTypeFont.from_bytes(sys.stdin.buffer.read()).subset('BAÁ示'))"
    )
    environment = os.environ | {"PYTHONHASHSEED": "7", "TZ": "Asia/Shanghai"}
    made = subprocess.run(
        [sys.executable, "-B", "-c", program], input=FORMS[form](), capture_output=True, env=environment, check=True
    )
    assert made.stdout == OpenTypeFont.from_bytes(FORMS[form]()).subset("示ÁAB")
    assert made.stderr == b""


@pytest.mark.parametrize("form", FORMS)
def test_a_part_for_no_text_is_a_font(form: str) -> None:
    part = OpenTypeFont.from_bytes(FORMS[form]()).subset("C")
    assert opened(part).getGlyphOrder() == [".notdef"]
    assert OpenTypeFont.from_bytes(part).missing("AB") == "AB"


def test_what_a_line_of_text_does_not_need_stays_behind() -> None:
    part = opened(OpenTypeFont.from_bytes(changed(GSUB=b"broken", EBDT=b"bitmaps", fvar=b"broken")).subset("A"))
    assert sorted(part.keys()) == [
        "GlyphOrder",
        *("OS/2", "cmap", "glyf", "head", "hhea", "hmtx", "loca", "maxp", "name", "post"),
    ]


def test_readers_find_the_tables_they_insist_on() -> None:
    part = opened(OpenTypeFont.from_bytes(changed(name=b"", OS_2=b"")).subset("A"))
    assert part["name"].getBestFamilyName() == "font"
    assert (part["OS/2"].fsType & 0x0F, part["post"].formatType) == (4, 3)
    assert [(one.format, one.isUnicode()) for one in part["cmap"].tables] == [(4, True), (4, True)]


def test_resvg_draws_a_part_with_postscript_outlines(tmp_path: Any) -> None:
    import resvg_py

    path = tmp_path / "part.otf"
    path.write_bytes(OpenTypeFont.from_bytes(papers.postscript_font()).subset("AB"))
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="200" height="100">'
        '<text x="0" y="80" font-size="100" font-family="Papers">AB</text></svg>'
    )
    drawn = resvg_py.svg_to_bytes(svg_string=svg, font_files=[str(path)], skip_system_fonts=True)
    image = Image.open(io.BytesIO(bytes(drawn))).getchannel("A")
    # The base line is at 80: A is a triangle from 0 to 50, B a square of 60 from 60 on.
    places = [(25, 75), (25, 30), (5, 30), (25, 5), (64, 75), (116, 25), (90, 10)]
    assert [image.getpixel(place) == 255 for place in places] == [True, True, False, False, True, True, False]


LARGE = {
    "notoserifcjk-regular.ttc": ("Noto Serif CJK SC", 2, "otf"),
    "uming.ttc": ("AR PL UMing CN", 0, "ttf"),
}


@pytest.mark.once
@pytest.mark.parametrize("name", LARGE)
def test_large_chinese_fonts_are_cut(name: str) -> None:
    found = dict(file for directory in system_directories() for file in files_below(directory))
    if name not in found:
        pytest.skip(f"peer program: no {name} is installed")
    family, index, ending = LARGE[name]
    with open(found[name], "rb") as stream:
        font = OpenTypeFont.from_bytes(stream.read(), index=index)
    assert (font.family, font.file_ending) == (family, ending)
    text = "示例市社会保障局参保证明（2026）"
    part = font.subset(text)
    assert 3_000 < len(part) < 40_000
    drawn = DocumentFont(part)
    for letter in text:
        path = drawn.character(letter)
        svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"><path d="{path}"/></svg>'
        inked = render(svg.replace("<path", '<path transform="translate(0 0.85)"'), 40, 40).getchannel("A")
        assert 40 < sum(inked.tobytes()) / 255 < 800, letter


# ---- what is refused ------------------------------------------------------------------------
BROKEN = {
    "empty": b"",
    "no font": b"%PDF-1.7 and so on",
    "head alone": b"\0\1\0\0",
    "outlines alone": b"\1\0\4\1" + bytes(40),
    "compressed": b"wOFF" + papers.font()[4:],
    "no places": changed(loca=b""),
    "no metrics": changed(hmtx=b""),
    "short metrics": changed(hmtx=b"\0\0"),
    "short head": changed(head=bytes(20)),
    "no units": changed(head=bytes(54)),
    "short hhea": changed(hhea=bytes(10)),
    "no widths": changed(hhea=bytes(36)),
    "no count": changed(maxp=bytes(6)),
    "map outside": changed(cmap=struct.pack(">HHHHI", 0, 1, 3, 10, 0xFFFFFFF0)),
    "segments without end": changed(cmap=struct.pack(">HHHHIHHHH", 0, 1, 3, 1, 12, 4, 16, 0, 0xFFFE)),
    "maps without end": changed(cmap=struct.pack(">HH", 0, 0xFFFF)),
    "table outside": papers.font()[:400],
    "collection without fonts": b"ttcf" + struct.pack(">II", 0x10000, 1),
    "cut outlines": assemble({b"CFF ": b"\1\0\4\1\0\1"} | font_tables(), kind=b"OTTO"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_font_is_refused(case: str) -> None:
    with pytest.raises(DecodeError):
        OpenTypeFont.from_bytes(BROKEN[case])


def test_outlines_of_another_kind_are_refused() -> None:
    with pytest.raises(UnsupportedAlgorithm, match="neither TrueType nor CFF"):
        OpenTypeFont.from_bytes(changed(glyf=b"", CFF2=b"\2\0"))


@pytest.mark.parametrize(
    "cmap",
    [
        b"",
        struct.pack(">HHHHIH", 0, 1, 1, 0, 12, 0),
        struct.pack(">HHHHIHHIII", 0, 1, 3, 10, 12, 12, 0, 16, 0, 1 << 31),
    ],
    ids=["none", "of-another-kind", "without-groups"],
)
def test_a_font_may_have_glyphs_for_nothing(cmap: bytes) -> None:
    assert OpenTypeFont.from_bytes(changed(cmap=cmap)).missing("AB") == "AB"


def test_glyphs_that_are_not_there_are_missing() -> None:
    table = struct.pack(">HHIIIIII", 12, 0, 28, 0, 1, 0x41, 0x50, 3)
    font = OpenTypeFont.from_bytes(changed(cmap=struct.pack(">HHHHI", 0, 1, 3, 10, 12) + table))
    assert font.missing("@ABCD") == "@CD"


def test_maps_that_go_round_in_circles_are_refused() -> None:
    groups = struct.pack(">III", 0, 0x10FFFF, 0) * 2
    table = struct.pack(">HHIII", 12, 0, 16 + len(groups), 0, 2) + groups
    with pytest.raises(DecodeError, match="no characters"):
        OpenTypeFont.from_bytes(changed(cmap=struct.pack(">HHHHI", 0, 1, 3, 10, 12) + table))
    ends, starts = struct.pack(">3H", *[0xFFFF] * 3), bytes(6)
    table = struct.pack(">HHHHHHH", 4, 40, 0, 6, 0, 0, 0) + ends + b"\0\0" + starts + bytes(12)
    with pytest.raises(DecodeError, match="more than once"):
        OpenTypeFont.from_bytes(changed(cmap=struct.pack(">HHHHI", 0, 1, 3, 1, 12) + table))


def test_a_map_that_we_do_not_read_does_not_fill_the_memory() -> None:
    """Format 13 gives one glyph to a whole range; fontTools would list four thousand million characters."""
    table = struct.pack(">HHIIIII", 13, 0, 28, 0, 1, 0, 0xFFFFFFFF) + struct.pack(">I", 1)
    begin = time.perf_counter()
    font = OpenTypeFont.from_bytes(changed(cmap=struct.pack(">HHHHI", 0, 1, 3, 10, 12) + table))
    assert font.missing("A") == "A"
    font.subset("A")
    assert time.perf_counter() - begin < 5


BROKEN_GLYPHS = {
    "outside": {b"loca": struct.pack(">6I", 0, 0, 0xFFFFFF, 0xFFFFFF, 0xFFFFFF, 0xFFFFFF)},
    "backwards": {b"loca": struct.pack(">6I", 40, 40, 20, 20, 20, 20)},
    "no end": {b"loca": struct.pack(">2I", 0, 10)},
    "composed of none": font_tables(glyphs=(*papers.GLYPHS[:1], composite((0, 999)), *papers.GLYPHS[2:])),
    "composition without end": font_tables(glyphs=(*papers.GLYPHS[:1], composite((MORE, 2)), *papers.GLYPHS[2:])),
}


@pytest.mark.parametrize("case", BROKEN_GLYPHS)
def test_a_broken_glyph_is_refused(case: str) -> None:
    font = OpenTypeFont.from_bytes(assemble(font_tables() | BROKEN_GLYPHS[case]))
    with pytest.raises(DecodeError):
        font.subset("A")


def test_glyphs_composed_of_each_other_are_refused() -> None:
    glyphs = (papers.GLYPHS[0], composite((0, 2)), composite((0, 1)), b"", composite((MORE | 0x40, 4), (0x80, 1)))
    font = OpenTypeFont.from_bytes(assemble(font_tables(glyphs=glyphs)))
    for letter in "ABÁ":
        with pytest.raises(LimitExceeded):
            font.subset(letter)


def test_subroutines_that_multiply_are_refused() -> None:
    """Each calls the next twenty times: in ten steps, as deep as is allowed, that is ten million million times."""
    call = [word for routine in range(1, 10) for word in ([routine - 107, "callgsubr"] * 20, ["return"])]
    routines = [call[place] + call[place + 1] for place in range(0, len(call), 2)]
    font = OpenTypeFont.from_bytes(papers.postscript_font(tuple(tuple(one) for one in (*routines, ["return"]))))
    begin = time.perf_counter()
    with pytest.raises(LimitExceeded, match="does not come to its end"):
        font.subset("A")
    assert time.perf_counter() - begin < 5


def test_what_is_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(LimitExceeded, match="tables"):
        OpenTypeFont.from_bytes(b"\0\1\0\0" + struct.pack(">HHHH", 257, 0, 0, 0) + bytes(257 * 16))
    font = OpenTypeFont.from_bytes(papers.font())
    monkeypatch.setattr(fonts, "_MOST_SEGMENTS", 10)
    with pytest.raises(LimitExceeded, match="lines and curves"):
        font.subset("Á")
    monkeypatch.setattr(fonts, "MOST_FONT_LEN", 100)
    with pytest.raises(LimitExceeded, match="bytes"):
        OpenTypeFont.from_bytes(papers.font())


def test_a_font_is_bytes() -> None:
    with pytest.raises(InvalidTypeError):
        OpenTypeFont.from_bytes("font.ttf")  # type: ignore[arg-type]
    font = OpenTypeFont.from_bytes(papers.font())
    with pytest.raises(InvalidTypeError):
        font.width_mm(b"AB", 4)  # type: ignore[arg-type]
    with pytest.raises(InvalidTypeError):
        font.missing(b"AB")  # type: ignore[arg-type]
    for index in (-1, 256):
        with pytest.raises(InvalidInputError):
            OpenTypeFont.from_bytes(papers.font(), index=index)


def test_without_fonttools_it_is_said_what_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fontTools.ttLib", None)
    with pytest.raises(UnsupportedPlatform, match=r"gmpki\[seal\]"):
        OpenTypeFont.from_bytes(papers.font())


@pytest.mark.parametrize("form", FORMS)
def test_every_cut_of_a_font_is_read_or_refused(form: str) -> None:
    data = FORMS[form]()
    for end in range(0, len(data), 23):
        with contextlib.suppress(GmpkiError):
            OpenTypeFont.from_bytes(data[:end]).subset(papers.LETTERS)


@pytest.mark.once
@pytest.mark.parametrize("form", FORMS)
def test_damaged_fonts_end_in_errors_of_ours(form: str) -> None:
    whole, draws, cut = FORMS[form](), random.Random(5), 0
    for _ in range(150):
        data = bytearray(whole)
        for _ in range(draws.randrange(1, 5)):
            data[draws.randrange(len(data))] = draws.randrange(256)
        with contextlib.suppress(GmpkiError):
            OpenTypeFont.from_bytes(data).subset(papers.LETTERS)
            cut += 1
    assert 0 < cut < 150
