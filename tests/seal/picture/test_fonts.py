"""Fonts: their outlines, and what is no font."""

from __future__ import annotations

import random
import struct
from pathlib import Path

import pytest

from gmpki.errors import DecodeError, GmpkiError, InvalidInputError, InvalidTypeError, LimitExceeded
from gmpki.seal.picture import Font, find_font, load_font
from gmpki.seal.picture._cff import CompactFont
from gmpki.seal.picture.outline import Box, Matrix, Outline, circle, rectangle


def table(tag: bytes, at: int, length: int) -> bytes:
    return struct.pack(">4sIII", tag, 0, at, length)


def font_file(glyphs: list[bytes], characters: dict[int, int]) -> bytes:
    """Return a TrueType font with these glyphs."""
    places = [0]
    for glyph in glyphs:
        places.append(places[-1] + len(glyph))
    groups = b"".join(struct.pack(">3I", code, code, number) for code, number in sorted(characters.items()))
    cmap = struct.pack(">HHHHI", 0, 1, 3, 10, 12) + struct.pack(">HHIII", 12, 0, 16 + len(groups), 0, len(characters))
    name = "Sample".encode("utf-16-be")
    tables = {
        b"cmap": cmap + groups,
        b"glyf": b"".join(glyphs),
        b"head": bytes(18) + struct.pack(">H", 1000) + bytes(30) + struct.pack(">h", 1) + bytes(2),
        b"loca": struct.pack(f">{len(places)}I", *places),
        b"name": struct.pack(">3H", 0, 1, 18) + struct.pack(">6H", 3, 1, 0x409, 1, len(name), 0) + name,
    }
    at = 12 + 16 * len(tables)
    directory, body = b"", b""
    for tag, data in tables.items():
        directory += table(tag, at + len(body), len(data))
        body += data
    return struct.pack(">IHHHH", 0x00010000, len(tables), 0, 0, 0) + directory + body


def square(size: int) -> bytes:
    """Return a glyph: a square from the base line up."""
    steps_x, steps_y = (0, 0, size, 0), (0, size, 0, -size)
    head = struct.pack(">5h", 1, 0, 0, size, size) + struct.pack(">HH", 3, 0) + b"\x01" * 4
    return head + struct.pack(">4h", *steps_x) + struct.pack(">4h", *steps_y)


def composite(*parts: tuple[int, int, int]) -> bytes:
    data = struct.pack(">5h", -1, 0, 0, 0, 0)
    for place, (glyph, x, y) in enumerate(parts):
        more = 0x20 if place < len(parts) - 1 else 0
        data += struct.pack(">HHhh", 0x0003 | more, glyph, x, y)
    return data


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    path = tmp_path / "sample.ttf"
    path.write_bytes(font_file([square(500), composite((0, 0, 0), (0, 500, 500))], {ord("A"): 0, ord("B"): 1}))
    return path


def test_simple_and_composite_glyphs(sample: Path) -> None:
    font = load_font(sample)
    assert repr(font) == "<Font Sample>"
    assert font.outline("A").bounds == Box(0, -0.5, 0.5, 0)
    assert font.outline("B").bounds == Box(0, -1, 1, 0)
    assert ("A" in font, "C" in font, "" in font, 65 in font) == (True, False, False, False)


def test_the_font_that_is_found_has_what_seals_need() -> None:
    font = find_font()
    font.require("示例市社会保障局（北京）有限公司章印之0123456789")
    box = font.outline("国").bounds
    assert box is not None
    assert 0.7 < box.width < 1.0
    assert 0.7 < box.height < 1.0
    with pytest.raises(InvalidInputError, match="does not have: \U0001f600"):
        font.require("示\U0001f600")


def test_curves_and_stems_agree_with_the_outlines_of_freetype() -> None:
    """The area of a glyph, and its box, are those that another program draws."""
    from PIL import Image, ImageDraw, ImageFont

    from gmpki.seal.picture.font_files import system_directories
    from gmpki.seal.picture.raster import render

    font = find_font()
    paths = [path for folder in system_directories() for path in Path(folder).rglob("NotoSerifCJK-Bold.ttc")]
    if not paths:
        pytest.skip("peer program: Pillow has no path to this font")
    number = next(n for n in range(12) if ImageFont.truetype(paths[0], 8, index=n).getname()[0] == font.family)
    peer = ImageFont.truetype(paths[0], 200, index=number)
    for character in "示例骨会印章鑫8（永":
        theirs = Image.new("L", (300, 300), 0)
        ImageDraw.Draw(theirs).text((40, 240), character, fill=255, font=peer, anchor="ls")
        path = font.outline(character).mapped(Matrix(200, 0, 0, 200, 40, 240)).svg()
        svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="300" height="300"><path d="{path}"/></svg>'
        ours = render(svg, 300, 300).getchannel("A")
        differ = sum(abs(a - b) for a, b in zip(ours.tobytes(), theirs.tobytes(), strict=True)) / 255
        inked = sum(theirs.tobytes()) / 255
        assert differ < 0.05 * inked, character


def test_outlines_of_characters_that_are_none(sample: Path) -> None:
    font = load_font(sample)
    for text in ("", "AB", "C"):
        with pytest.raises(InvalidInputError):
            font.outline(text)
    with pytest.raises(InvalidTypeError):
        font.outline(65)  # type: ignore[arg-type]


def test_what_is_no_font(tmp_path: Path) -> None:
    for number, data in enumerate([b"", b"OTTO", b"ttcf" + bytes(40), b"\0" * 100, b"ttcf\0\1\0\0\xff\xff\xff\xff"]):
        path = tmp_path / str(number)
        path.write_bytes(data)
        with pytest.raises(GmpkiError):
            load_font(path)
    with pytest.raises(FileNotFoundError):
        load_font(tmp_path / "none")
    with pytest.raises(InvalidTypeError):
        load_font(b"font")  # type: ignore[arg-type]


def test_a_family_that_is_not_there(sample: Path) -> None:
    with pytest.raises(InvalidInputError, match="no family Other; it has Sample"):
        load_font(sample, "Other")


def test_no_font_at_all(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="fonts-noto-cjk"):
        find_font([tmp_path])


def test_glyphs_that_hold_themselves(tmp_path: Path) -> None:
    path = tmp_path / "loop.ttf"
    path.write_bytes(font_file([composite(*[(0, 0, 0)] * 30)], {65: 0}))
    with pytest.raises(LimitExceeded):
        load_font(path).outline("A")


def test_damaged_fonts_end_in_one_kind_of_error(tmp_path: Path) -> None:
    whole = font_file([square(500), composite((0, 0, 0), (0, 500, 500))], {65: 0, 66: 1})
    draws = random.Random(1)
    for number in range(400):
        data = bytearray(whole)
        for _ in range(draws.randrange(1, 6)):
            data[draws.randrange(len(data))] = draws.randrange(256)
        path = tmp_path / f"{number}.ttf"
        path.write_bytes(bytes(data[: draws.randrange(20, len(data) + 1)] if number % 3 == 0 else data))
        try:
            font = load_font(path)
            for character in "AB":
                if character in font:
                    font.outline(character)
        except GmpkiError:
            pass


def cff(charstring: bytes, *subroutines: bytes) -> bytes:
    """Return a CFF table with one glyph and these global subroutines."""

    def index(*items: bytes) -> bytes:
        if not items:
            return b"\0\0"
        offsets = [1]
        for item in items:
            offsets.append(offsets[-1] + len(item))
        return struct.pack(">HB", len(items), 2) + struct.pack(f">{len(offsets)}H", *offsets) + b"".join(items)

    head = b"\x01\x00\x04\x01" + index(b"X")
    tail = index() + index(*subroutines)
    at = len(head) + len(index(bytes(6))) + len(tail)
    top = b"\x1d" + struct.pack(">i", at) + b"\x11"
    return head + index(top) + tail + index(charstring)


def number(value: int) -> bytes:
    return b"\x1c" + struct.pack(">h", value)


def program(*words: int | str) -> bytes:
    operators = {"rmoveto": b"\x15", "rlineto": b"\x05", "hhcurveto": b"\x1b", "callgsubr": b"\x1d", "endchar": b"\x0e"}
    operators |= {
        "vhcurveto": b"\x1e",
        "flex": b"\x0c\x23",
        "hflex": b"\x0c\x22",
        "hintmask": b"\x13",
        "hstemhm": b"\x12",
    }
    return b"".join(number(word) if isinstance(word, int) else operators[word] for word in words)


@pytest.mark.parametrize(
    ("words", "box"),
    [
        ((10, 20, "rmoveto", 100, 0, 0, 50, "rlineto", "endchar"), Box(10, 20, 110, 70)),
        ((7, 10, 20, "rmoveto", 100, 0, "rlineto", "endchar"), Box(10, 20, 110, 20)),
        ((0, 0, "rmoveto", 30, 30, 0, 30, "hhcurveto", "endchar"), Box(0, 0, 90, 0)),
        (
            (0, 0, "rmoveto", 10, 10, 10, 10, 10, 10, 10, -10, 10, -10, 10, -10, 50, "flex", "endchar"),
            Box(0, 0, 60, 30),
        ),
        ((0, 0, "rmoveto", 10, 10, 20, 10, 10, 10, 10, "hflex", "endchar"), Box(0, 0, 60, 17.32)),
    ],
)
def test_operators_of_charstrings(words: tuple[int | str, ...], box: Box) -> None:
    drawn = CompactFont(cff(program(*words))).outline(0).bounds
    assert drawn is not None
    assert tuple(drawn) == pytest.approx(tuple(box), abs=4)


def test_masks_of_hints_are_skipped() -> None:
    words = program(1, 2, 3, 4, "hstemhm", "hintmask") + b"\xff" + program(5, 5, "rmoveto", 9, 9, "rlineto", "endchar")
    assert CompactFont(cff(words)).outline(0).bounds == Box(5, 5, 14, 14)


def test_subroutines_without_end() -> None:
    font = CompactFont(cff(program(-107, "callgsubr"), program(-107, "callgsubr")))
    with pytest.raises(LimitExceeded):
        font.outline(0)
    many = program(*[-107, "callgsubr"] * 400)
    bomb = CompactFont(cff(program(-106, "callgsubr"), program(1, 1, "rlineto") * 400, many, many))
    with pytest.raises(LimitExceeded):
        bomb.outline(0)
    with pytest.raises(DecodeError):
        CompactFont(cff(program(100, "callgsubr"), b"\x0b")).outline(0)
    with pytest.raises(DecodeError):
        CompactFont(cff(b"\x00\x0e")).outline(0)
    with pytest.raises(DecodeError):
        CompactFont(cff(b"\x0e")).outline(1)


def test_shapes() -> None:
    assert circle(1, 2, 3).bounds == pytest.approx(Box(-2, -1, 4, 5), abs=1e-9)
    assert rectangle(Box(0, 0, 4, 2), 0.5, hole=True).bounds == pytest.approx(Box(0, 0, 4, 2))
    assert Outline().bounds is None
    assert Outline().svg() == ""
    assert rectangle(Box(0, 0, 1, 1)).mapped(Matrix(a=2)).bounds == Box(0, 0, 2, 1)
    turned = rectangle(Box(1, 0, 2, 0)).mapped(Matrix().turned(3.141592653589793 / 2)).bounds
    assert turned == pytest.approx(Box(0, 1, 0, 2), abs=1e-9)
    assert isinstance(find_font(), Font)
