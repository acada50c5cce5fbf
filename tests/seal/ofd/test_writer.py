"""OFD documents written here: what is in them, the same every time, and what is refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from gmpki.errors import InvalidInputError
from gmpki.seal.ofd import xml
from gmpki.seal.ofd.fonts import OpenTypeFont
from gmpki.seal.ofd.markup import box, decimal, element
from gmpki.seal.ofd.model import read_documents
from gmpki.seal.ofd.package import OFDPackage
from gmpki.seal.ofd.writer import OFDWriter, PageWriter
from seal import samples
from seal.ofd import papers

ENDINGS = ("truetype", "postscript")


def writer(**options: Any) -> OFDWriter:
    return OFDWriter(**({"created_at": samples.NOW, "document_id": papers.DOCUMENT_ID} | options))


def content(made: OFDWriter, page: int = 0) -> xml.Element:
    """Return the layer of a page of the finished document."""
    root = OFDPackage.from_bytes(made.to_bytes()).xml(f"Doc_0/Pages/Page_{page}/Content.xml")
    return xml.child(xml.child(root, "Content"), "Layer")


def test_a_document_has_its_files() -> None:
    package = OFDPackage.from_bytes(papers.paper(2))
    assert package.names == (
        "OFD.xml",
        "Doc_0/Document.xml",
        "Doc_0/Pages/Page_0/Content.xml",
        "Doc_0/Pages/Page_1/Content.xml",
        "Doc_0/Res/font_1.ttf",
        "Doc_0/PublicRes.xml",
        "Doc_0/DocumentRes.xml",
        "Doc_0/Res/image_7.png",
    )
    assert package.read("Doc_0/Res/image_7.png") == samples.png()
    (document,) = read_documents(package)
    assert [page.path for page in document.pages] == list(package.names[2:4])
    assert document.resources == ("Doc_0/PublicRes.xml", "Doc_0/DocumentRes.xml")


def test_identifiers_are_used_once_and_counted() -> None:
    package = OFDPackage.from_bytes(papers.paper(3))
    texts = [package.read(name).decode() for name in package.names if name.endswith(".xml")]
    found = [int(number) for text in texts for number in re.findall(r'(?<!Resource)\bID="([0-9]+)"', text)]
    assert len(set(found)) == len(found) == 1 + 1 + 3 * 6
    assert f"<ofd:MaxUnitID>{max(found)}</ofd:MaxUnitID>" in package.read("Doc_0/Document.xml").decode()


def test_the_same_calls_give_the_same_bytes() -> None:
    assert papers.paper(2) == papers.paper(2)
    assert papers.paper(2) != papers.paper(3)


def test_a_document_says_what_it_is() -> None:
    made = writer(title="<证明> & 说明", author='"示例"')
    made.add_page()
    package = OFDPackage.from_bytes(made.to_bytes())
    body = xml.child(package.xml("OFD.xml"), "DocBody")
    facts = {xml.local_name(one): one.text for one in xml.child(body, "DocInfo")}
    assert facts["DocID"] == papers.DOCUMENT_ID
    assert (facts["Title"], facts["Author"], facts["CreationDate"]) == ("<证明> & 说明", '"示例"', "2026-03-01")
    assert package.names == ("OFD.xml", "Doc_0/Document.xml", "Doc_0/Pages/Page_0/Content.xml")


def test_documents_have_identifiers_of_their_own() -> None:
    found = set()
    for _ in range(2):
        made = OFDWriter()
        made.add_page()
        found.add(OFDPackage.from_bytes(made.to_bytes()).read("OFD.xml"))
    assert len(found) == 2


def test_text_stands_on_its_line() -> None:
    made = writer()
    page = made.add_page()
    page.text(30, 40, "AB A", size_mm=10, font=made.embed_font(papers.font()), colour=(200, 0, 0))
    (text,) = content(made)
    assert text.attrib == {"ID": "4", "Boundary": "30 32 21.5 10", "Font": "3", "Size": "10"}
    fill, code = text
    assert fill.attrib == {"Value": "200 0 0"}
    assert (code.text, dict(code.attrib)) == ("AB A", {"X": "0", "Y": "8", "DeltaX": "6 7 2.5"})


def test_space_around_a_line_is_no_text() -> None:
    made = writer()
    page = made.add_page()
    page.text(30, 40, "\u3000\u3000一 ", size_mm=10)
    for nothing in ("", "  ", "\u3000"):
        page.text(30, 60, nothing)
    (text,) = content(made)
    assert (text.attrib["Boundary"], text[1].text) == ("50 30 10 12.5", "一")


@pytest.mark.parametrize(("data", "ending"), [(papers.font(), "ttf"), (papers.postscript_font(), "otf")], ids=ENDINGS)
def test_a_font_goes_along_with_the_characters_that_are_used(data: bytes, ending: str) -> None:
    made = writer()
    font = made.embed_font(data)
    made.add_page().text(30, 40, "Á", font=font)
    package = OFDPackage.from_bytes(made.to_bytes())
    assert f">font_{font.identifier}.{ending}</ofd:FontFile>" in package.read("Doc_0/PublicRes.xml").decode()
    carried = OpenTypeFont.from_bytes(package.read(f"Doc_0/Res/font_{font.identifier}.{ending}"))
    assert (carried.missing("Á"), carried.missing("AB")) == ("", "AB")
    assert font.name == "Papers"


def test_a_font_that_is_only_named_does_not_go_along() -> None:
    made = writer()
    page = made.add_page()
    page.text(30, 40, "证明 A", size_mm=4)
    page.text(30, 50, "证明", font=made.name_font("楷体"))
    package = OFDPackage.from_bytes(made.to_bytes())
    assert not [name for name in package.names if name.startswith("Doc_0/Res")]
    assert re.findall('FontName="(.*?)"', package.read("Doc_0/PublicRes.xml").decode()) == ["宋体", "楷体"]
    assert content(made)[0][1].attrib["DeltaX"] == "4 4 2"


def test_one_font_and_one_picture_are_carried_once() -> None:
    made = writer()
    page, font = made.add_page(), OpenTypeFont.from_bytes(papers.font())
    assert made.embed_font(font) is made.embed_font(font)
    assert made.name_font("宋体") is made.name_font("宋体")
    page.image(0, 0, 10, 10, samples.png())
    page.image(20, 0, 10, 10, bytearray(samples.png()))
    page.image(40, 0, 10, 10, b"\xff\xd8\xff\xe0 a photograph")
    names = [name for name in OFDPackage.from_bytes(made.to_bytes()).names if "image" in name]
    assert [name.rpartition(".")[2] for name in names] == ["png", "jpg"]


def test_shapes_have_room_for_their_lines() -> None:
    made = writer()
    page = made.add_page()
    page.line(10, 30, 50, 20, width_mm=1, colour=(0, 0, 255))
    page.rectangle(10, 40, 30, 20, line_mm=2, stroke=None, fill=(255, 255, 0))
    line, rectangle = content(made)
    assert line.attrib["Boundary"] == "9.5 19.5 41 11"
    assert line[-1].text == "M 0.5 10.5 L 40.5 0.5"
    assert (line.attrib["Stroke"], line.attrib["Fill"]) == ("true", "false")
    assert rectangle.attrib["Boundary"] == "9 39 32 22"
    assert rectangle[-1].text == "M 1 1 L 31 1 L 31 21 L 1 21 C"
    assert (rectangle.attrib["Stroke"], rectangle.attrib["Fill"]) == ("false", "true")


def lines(text: str, width: float) -> list[str]:
    """Return what a paragraph of a size of 10 is broken into; ASCII is 5 wide, all else 10."""
    made = writer()
    page = made.add_page()
    end = page.paragraph(0, 10, text, width_mm=width, size_mm=10, spacing=2)
    found = [one[1].text for one in content(made)]
    assert end == 10 + 20 * len(found)
    return found


@pytest.mark.parametrize(
    ("text", "width", "broken"),
    [
        ("一二三四五", 30, ["一二三", "四五"]),
        ("一二三，四五", 30, ["一二", "三，四", "五"]),
        ("一二（三四", 30, ["一二", "（三四"]),
        ("ab cd ef", 25, ["ab cd", "ef"]),
        ("一 word 二", 30, ["一", "word", "二"]),
        ("abcdefgh", 20, ["abcd", "efgh"]),
        ("一\n二三", 30, ["一", "二三"]),
        ("一二", 1, ["一", "二"]),
        ("", 30, []),
    ],
    ids=["chinese", "closing", "opening", "words", "mixed", "long-word", "two", "narrow", "empty"],
)
def test_paragraphs_are_broken_into_lines(text: str, width: float, broken: list[str]) -> None:
    assert lines(text, width) == broken


def test_paragraphs_tell_where_they_end() -> None:
    page = writer().add_page()
    assert page.paragraph(0, 10, "一二三四\n\n五", width_mm=8, size_mm=4, spacing=1.5) == pytest.approx(10 + 4 * 6)


REFUSED: dict[str, Callable[[OFDWriter, PageWriter], object]] = {
    "control character": lambda _, page: page.text(1, 1, "a\x07b"),
    "half a pair": lambda _, page: page.text(1, 1, "\ud800"),
    "two lines": lambda _, page: page.text(1, 1, "a\nb"),
    "no text": lambda _, page: page.text(1, 1, b"a"),  # type: ignore[arg-type]
    "no number": lambda _, page: page.text("1", 1, "a"),  # type: ignore[arg-type]
    "truth": lambda _, page: page.text(True, 1, "a"),
    "nan": lambda _, page: page.text(float("nan"), 1, "a"),
    "infinite": lambda _, page: page.line(0, 0, float("inf"), 1),
    "huge": lambda _, page: page.line(0, 0, 10**400, 1),
    "size 0": lambda _, page: page.text(1, 1, "a", size_mm=0),
    "width 0": lambda _, page: page.line(0, 0, 1, 1, width_mm=0),
    "negative rectangle": lambda _, page: page.rectangle(0, 0, -1, 1),
    "colour": lambda _, page: page.text(1, 1, "a", colour=(0, 0, 256)),
    "grey": lambda _, page: page.text(1, 1, "a", colour=(0,)),  # type: ignore[arg-type]
    "colour by name": lambda _, page: page.rectangle(0, 0, 1, 1, fill="red"),  # type: ignore[arg-type]
    "no glyph": lambda made, page: page.text(1, 1, "Z", font=made.embed_font(papers.font())),
    "font of another": lambda _, page: page.text(1, 1, "A", font=writer().embed_font(papers.font())),
    "no font": lambda _, page: page.text(1, 1, "A", font="宋体"),  # type: ignore[arg-type]
    "no picture": lambda _, page: page.image(0, 0, 1, 1, b"GIF89a"),
    "picture of no size": lambda _, page: page.image(0, 0, 0, 1, samples.png()),
    "font without name": lambda made, _: made.name_font(" "),
    "font that may not go along": lambda made, _: made.embed_font(papers.assemble(papers.font_tables(rights=2))),
    "broken font": lambda made, _: made.embed_font(b"font"),
    "page of no size": lambda made, _: made.add_page(0, 100),
    "page of a mile": lambda made, _: made.add_page(100, 1_600_000),
    "paragraph of no width": lambda _, page: page.paragraph(0, 0, "a", width_mm=0),
    "spacing": lambda _, page: page.paragraph(0, 0, "a", width_mm=10, spacing=float("nan")),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_written_is_refused(case: str) -> None:
    made = writer()
    page = made.add_page()
    before = made.to_bytes()
    with pytest.raises(InvalidInputError):
        REFUSED[case](made, page)
    assert OFDPackage.from_bytes(made.to_bytes()).read("Doc_0/Pages/Page_0/Content.xml") == OFDPackage.from_bytes(
        before
    ).read("Doc_0/Pages/Page_0/Content.xml")


@pytest.mark.parametrize(
    "options",
    [
        {"title": "\0"},
        {"title": 1},
        {"author": "\ufffe"},
        {"created_at": datetime(2026, 1, 1)},
        {"document_id": "x"},
        {"document_id": "A" * 32},
        {"document_id": 5},
    ],
    ids=["title", "number", "author", "naive", "short", "upper", "no-text"],
)
def test_impossible_documents_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError):
        writer(**options)


def test_a_document_without_pages_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="page"):
        writer().to_bytes()


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (-0.00001, "0"), (0.1 + 0.2, "0.3"), (1e-5, "0"), (100000, "100000"), (-1.5, "-1.5"), (1 / 3, "0.3333")],
    ids=str,
)
def test_numbers_have_no_exponent(value: float, text: str) -> None:
    assert decimal(value) == text


def test_markup_is_escaped() -> None:
    assert element("a", "b", c='<"&>', d=None) == '<a c="&lt;&quot;&amp;&gt;">b</a>'
    assert element("a", b="\t\n\r") == '<a b="&#9;&#10;&#13;"/>'
    assert box(0, -1, 2.5, 3) == "0 -1 2.5 3"
