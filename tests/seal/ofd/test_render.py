"""Pages are drawn as they look: what stands where, in which colour, is asked of the pixels."""

from __future__ import annotations

import io
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from gmpki.asn1 import gbt38540
from gmpki.errors import DecodeError, GmpkiError, InvalidInputError, LimitExceeded
from gmpki.seal import SealPicture, SealSignature
from gmpki.seal.ofd import OFDWriter, PageRenderer, Stamp, StraddleStamp, build_package, render_page, sign_ofd
from gmpki.seal.ofd.drawing.paths import distances, path_data
from hostile import results
from seal import samples
from seal.forging import forge
from seal.ofd import papers
from seal.ofd.packages import changed

NS = 'xmlns:ofd="http://www.ofdspec.org/2016"'
RED, GREEN, BLUE, BLACK, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (0, 0, 0), (255, 255, 255)
SQUARE = "M 0 0 L 10 0 L 10 10 L 0 10 C"


def page(
    objects: str = "",
    *,
    content: str | None = None,
    before: str = "",
    resources: str = "",
    common: str = "",
    files: dict[str, bytes] | None = None,
    document: str = "",
) -> bytes:
    """Return a document of one page, 40 x 40 mm."""
    inner = f'<ofd:Layer ID="9">{objects}</ofd:Layer>' if content is None else content
    texts = {
        "OFD.xml": f"<ofd:OFD {NS}><ofd:DocBody><ofd:DocRoot>D/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>",
        "D/Document.xml": f"<ofd:Document {NS}><ofd:CommonData><ofd:PageArea><ofd:PhysicalBox>0 0 40 40"
        f"</ofd:PhysicalBox></ofd:PageArea><ofd:PublicRes>Res.xml</ofd:PublicRes>{common}</ofd:CommonData>"
        f'<ofd:Pages><ofd:Page ID="1" BaseLoc="P.xml"/></ofd:Pages>{document}</ofd:Document>',
        "D/Res.xml": f'<ofd:Res {NS} BaseLoc="Res">{resources}</ofd:Res>',
        "D/P.xml": f"<ofd:Page {NS}>{before}<ofd:Content>{inner}</ofd:Content></ofd:Page>",
    }
    return build_package({name: text.encode() for name, text in texts.items()} | (files or {}))


def path(boundary: str, inside: str = "", data: str = SQUARE, **attributes: Any) -> str:
    """Return a path that is filled."""
    said = {"Fill": "true", "Stroke": "false"} | attributes
    shown = " ".join(f'{name}="{value}"' for name, value in said.items())
    return (
        f'<ofd:PathObject ID="2" Boundary="{boundary}" {shown}>{inside}'
        f"<ofd:AbbreviatedData>{data}</ofd:AbbreviatedData></ofd:PathObject>"
    )


def colour(value: str, what: str = "FillColor", **attributes: Any) -> str:
    """Return a colour."""
    shown = "".join(f' {name}="{text}"' for name, text in attributes.items())
    return f'<ofd:{what} Value="{value}"{shown}/>'


class Drawn:
    """A page of pixels, 10 to a millimetre."""

    def __init__(self, data: bytes, number: int = 1, **options: Any) -> None:
        self.renderer = PageRenderer(data, **options)
        self.image = Image.open(io.BytesIO(self.renderer.png(number, dpi=254))).convert("RGBA")

    def __call__(self, x_mm: float, y_mm: float) -> tuple[int, ...]:
        """Return the colour of a place."""
        pixel = self.image.getpixel((round(x_mm * 10), round(y_mm * 10)))
        assert isinstance(pixel, tuple)
        return pixel[:3]

    def inked(self, left: float, top: float, right: float, bottom: float) -> float:
        """Return how much of a place is not white."""
        part = self.image.convert("L").crop(tuple(round(mm * 10) for mm in (left, top, right, bottom)))
        return sum(part.histogram()[:200]) / (part.width * part.height)


# ---- paths and colours --------------------------------------------------------------------
def test_an_area() -> None:
    drawn = Drawn(page(path("5 8 10 10", colour("255 0 0"))))
    assert drawn.image.size == (400, 400)
    assert (drawn(10, 13), drawn(4.5, 13), drawn(15.5, 13), drawn(10, 18.5)) == (RED, WHITE, WHITE, WHITE)
    assert drawn.renderer.problems == []


@pytest.mark.parametrize(
    ("paint", "expected"),
    [
        (colour("0 0 255"), BLUE),
        (colour("#00 #ff #00"), GREEN),
        (colour("999 -5 0"), RED),
        (colour("0"), BLACK),
        (colour("0 255 255 0", ColorSpace="7"), RED),
        (colour("255", ColorSpace="8"), WHITE),
        (colour("", ColorSpace="6", Index="1"), GREEN),
        (colour("", ColorSpace="6", Index="5"), BLACK),
        (colour("255 0 0", Alpha="128"), (255, 127, 127)),
        ("", BLACK),
    ],
    ids=["rgb", "hex", "clamped", "grey", "cmyk", "grey-space", "palette", "no-index", "alpha", "none"],
)
def test_colours(paint: str, expected: tuple[int, ...]) -> None:
    spaces = '<ofd:ColorSpaces><ofd:ColorSpace ID="7" Type="CMYK"/><ofd:ColorSpace ID="8" Type="GRAY"/>'
    spaces += '<ofd:ColorSpace ID="6" Type="RGB"><ofd:Palette><ofd:CV>255 0 0</ofd:CV><ofd:CV>0 255 0</ofd:CV>'
    spaces += "</ofd:Palette></ofd:ColorSpace></ofd:ColorSpaces>"
    drawn = Drawn(page(path("5 5 10 10", paint), resources=spaces))
    assert all(abs(a - b) <= 1 for a, b in zip(drawn(10, 10), expected, strict=True))


def test_lines() -> None:
    line = path(
        "5 5 20 20", colour("255 0 0", "StrokeColor"), "M 0 10 L 20 10", Fill="false", Stroke="true", LineWidth=2
    )
    drawn = Drawn(page(line))
    assert (drawn(15, 14.5), drawn(15, 15.5), drawn(15, 13), drawn(15, 17)) == (RED, RED, WHITE, WHITE)
    dashed = line.replace('LineWidth="2"', 'LineWidth="2" DashPattern="4 4"')
    assert [Drawn(page(dashed))(x, 15) for x in (7, 11, 15)] == [RED, WHITE, RED]


def test_a_drawing_parameter_counts_where_nothing_is_said() -> None:
    parameters = '<ofd:DrawParams><ofd:DrawParam ID="5" LineWidth="3"/>'
    parameters += f'<ofd:DrawParam ID="6" Relative="5">{colour("0 0 255")}</ofd:DrawParam></ofd:DrawParams>'
    shape = path("5 5 20 20", Stroke="true", DrawParam="6")
    drawn = Drawn(page(shape, resources=parameters))
    assert (drawn(10, 10), drawn(16, 10)) == (BLUE, BLACK)


def test_maps_clips_and_boundaries() -> None:
    assert Drawn(page(path("5 5 20 20", colour("255 0 0"), CTM="2 0 0 1 0 5")))(24, 12) == RED
    # What stands beyond the boundary is cut off.
    assert Drawn(page(path("5 5 5 5", colour("255 0 0"))))(12, 12) == WHITE
    clip = '<ofd:Clips><ofd:Clip><ofd:Area><ofd:Path Boundary="0 0 5 5">'
    clip += f"<ofd:AbbreviatedData>{SQUARE}</ofd:AbbreviatedData></ofd:Path></ofd:Area></ofd:Clip></ofd:Clips>"
    clip = clip.replace(SQUARE, "M 0 0 L 4 0 L 4 4 L 0 4 C")
    drawn = Drawn(page(path("5 5 10 10", colour("255 0 0") + clip)))
    assert (drawn(7, 7), drawn(11, 11)) == (RED, WHITE)


def test_rules_of_filling() -> None:
    data = "M 0 0 L 20 0 L 20 20 L 0 20 C M 5 5 L 15 5 L 15 15 L 5 15 C"
    assert Drawn(page(path("5 5 20 20", data=data)))(15, 15) == BLACK
    assert Drawn(page(path("5 5 20 20", data=data, Rule="Even-Odd")))(15, 15) == WHITE


def test_shadings() -> None:
    segments = '<ofd:Segment Position="0"><ofd:Color Value="255 0 0"/></ofd:Segment>'
    segments += '<ofd:Segment Position="1"><ofd:Color Value="0 0 255"/></ofd:Segment>'
    axial = f'<ofd:FillColor><ofd:AxialShd StartPoint="0 0" EndPoint="10 0">{segments}</ofd:AxialShd></ofd:FillColor>'
    drawn = Drawn(page(path("5 5 10 10", axial)))
    assert drawn(5.2, 10)[0] > 240 > 100 > drawn(14.8, 10)[0]
    radial = '<ofd:FillColor><ofd:RadialShd StartPoint="5 5" EndPoint="5 5" EndRadius="5">'
    drawn = Drawn(page(path("5 5 10 10", f"{radial}{segments}</ofd:RadialShd></ofd:FillColor>")))
    assert drawn(10, 10)[0] > 240
    assert drawn(14.8, 10)[2] > 200


def test_paths() -> None:
    assert path_data("S 1 2 L 3 4 Q 1 1 2 2 B 1 1 2 2 3 3 A 5 5 0 1 0 9 9 C").data == (
        "M1 2L3 4Q1 1 2 2C1 1 2 2 3 3A5 5 0 1 0 9 9Z"
    )
    assert path_data("L 1 1").data == "M0 0L1 1"
    for text in ("X", "M 1", "M a b", "M 1 2 3", 'M 0 0"/><script>', "M nan 0", "M 100001 0"):
        with pytest.raises(DecodeError):
            path_data(text)


def test_distances() -> None:
    assert distances("1 g 3 2.5 4") == [1, 2.5, 2.5, 2.5, 4]
    for text in ("g", "g 1", "a", "g a 1"):
        with pytest.raises(DecodeError):
            distances(text)
    for text in ("g 1e9 1", "g -1 1"):
        with pytest.raises(LimitExceeded):
            distances(text)


# ---- layers, templates, annotations -------------------------------------------------------
def test_layers_lie_over_each_other_as_they_say() -> None:
    layers = "".join(
        f'<ofd:Layer ID="{number}" Type="{kind}">{path("5 5 10 10", colour(value))}</ofd:Layer>'
        for number, (kind, value) in enumerate(
            [("Foreground", "255 0 0"), ("Body", "0 255 0"), ("Background", "0 0 255")], start=20
        )
    )
    assert Drawn(page(content=layers))(10, 10) == RED


@pytest.mark.parametrize(("order", "expected"), [("Background", GREEN), ("Foreground", RED)])
def test_templates(order: str, expected: tuple[int, ...]) -> None:
    template = f"<ofd:Page {NS}><ofd:Content><ofd:Layer>{path('0 0 10 10', colour('255 0 0'))}</ofd:Layer>"
    data = page(
        path("5 5 10 10", colour("0 255 0")),
        before='<ofd:Template TemplateID="3"/><ofd:Template TemplateID="none"/>',
        common=f'<ofd:TemplatePage ID="3" BaseLoc="T.xml" ZOrder="{order}"/>',
        files={"D/T.xml": f"{template}</ofd:Content></ofd:Page>".encode()},
    )
    drawn = Drawn(data)
    assert (drawn(7, 7), drawn(2, 2)) == (expected, RED)


def test_annotations() -> None:
    appearance = f'<ofd:Appearance Boundary="20 20 10 10">{path("0 0 10 10", colour("0 0 255"))}</ofd:Appearance>'
    annotations = f"<ofd:PageAnnot {NS}><ofd:Annot ID='1' Type='Stamp'>{appearance}</ofd:Annot>"
    annotations += f"<ofd:Annot ID='2' Visible='false'>{appearance.replace('20 20', '0 0')}</ofd:Annot></ofd:PageAnnot>"
    listed = f"<ofd:Annotations {NS}><ofd:Page PageID='1'><ofd:FileLoc>A.xml</ofd:FileLoc></ofd:Page></ofd:Annotations>"
    data = page(
        document="<ofd:Annotations>L.xml</ofd:Annotations>",
        files={"D/L.xml": listed.encode(), "D/A.xml": annotations.encode()},
    )
    drawn = Drawn(data)
    assert (drawn(25, 25), drawn(5, 5)) == (BLUE, WHITE)


# ---- pictures and drawings used many times ------------------------------------------------
MEDIA = '<ofd:MultiMedias><ofd:MultiMedia ID="4" Type="Image"><ofd:MediaFile>p.png</ofd:MediaFile></ofd:MultiMedia>'
MEDIA += "</ofd:MultiMedias>"


def picture(kind: str = "PNG", colour: tuple[int, ...] = RED, size: tuple[int, int] = (8, 8)) -> bytes:
    """Return a picture of one colour."""
    stream = io.BytesIO()
    Image.new("RGB", size, colour).save(stream, kind)
    return stream.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "BMP", "GIF", "TIFF", "JPEG"])
def test_pictures(kind: str) -> None:
    placed = '<ofd:ImageObject ID="5" Boundary="5 5 10 10" ResourceID="4" CTM="10 0 0 10 0 0"/>'
    drawn = Drawn(page(placed, resources=MEDIA, files={"D/Res/p.png": picture(kind)}))
    assert drawn(10, 10)[0] > 250
    assert drawn(10, 10)[1] < 5
    assert drawn(16, 10) == WHITE


@pytest.mark.parametrize("data", [b"", b"no picture", b"\x89PNG\r\n\x1a\n", picture()[:40], b"<svg/>"])
def test_a_picture_that_cannot_be_read_is_left_out_and_named(data: bytes) -> None:
    placed = '<ofd:ImageObject ID="5" Boundary="5 5 10 10" ResourceID="4" CTM="10 0 0 10 0 0"/>'
    objects = placed + placed.replace('"4"', '"none"') + path("5 5 10 10", colour("0 255 0"))
    drawn = Drawn(page(objects, resources=MEDIA, files={"D/Res/p.png": data}))
    assert drawn(10, 10) == GREEN
    assert len(drawn.renderer.problems) == 2
    assert "ImageObject 5" in drawn.renderer.problems[0]


def test_a_drawing_used_many_times() -> None:
    unit = '<ofd:CompositeGraphicUnits><ofd:CompositeGraphicUnit ID="6" Width="10" Height="10"><ofd:Content>'
    unit += (
        f"{path('0 0 10 10', colour('255 0 0'))}</ofd:Content></ofd:CompositeGraphicUnit></ofd:CompositeGraphicUnits>"
    )
    used = '<ofd:CompositeObject ID="7" Boundary="{} 5 10 10" ResourceID="6"/>'
    drawn = Drawn(page(used.format(5) + used.format(20), resources=unit))
    assert (drawn(10, 10), drawn(25, 10), drawn(17, 10)) == (RED, RED, WHITE)


@pytest.mark.once
def test_pages_that_would_keep_the_renderer_busy() -> None:
    begin = time.perf_counter()
    with pytest.raises(LimitExceeded, match="cuts"):
        PageRenderer(page(path("5 5 5 5") * 5001)).svg(1)
    dashes = path("0 0 40 40", data="M 0 0 L 90000 90000", Stroke="true", Fill="false", DashPattern="0.0001 0.0001")
    assert "stroke-dasharray" not in PageRenderer(page(dashes)).svg(1)
    PageRenderer(page(dashes * 50)).png(1, dpi=72)
    assert time.perf_counter() - begin < 5


def test_drawings_inside_each_other_have_an_end() -> None:
    used = '<ofd:CompositeObject ID="7" Boundary="0 0 10 10" ResourceID="6"/>'
    unit = '<ofd:CompositeGraphicUnits><ofd:CompositeGraphicUnit ID="6" Width="10" Height="10"><ofd:Content>'
    unit += f"{used * 10}</ofd:Content></ofd:CompositeGraphicUnit></ofd:CompositeGraphicUnits>"
    begin = time.perf_counter()
    with pytest.raises(LimitExceeded):
        PageRenderer(page(used, resources=unit)).svg(1)
    assert time.perf_counter() - begin < 5


# ---- text ---------------------------------------------------------------------------------
FONTS = '<ofd:Fonts><ofd:Font ID="3" FontName="Papers"><ofd:FontFile>f.ttf</ofd:FontFile></ofd:Font></ofd:Fonts>'


def text(codes: str, attributes: str = "", inside: str = "") -> str:
    """Return a text object, whose line is 15 mm below the upper edge."""
    return (
        f'<ofd:TextObject ID="2" Boundary="5 5 30 12" Font="3" Size="10" {attributes}>{inside}'
        f'<ofd:TextCode X="0" Y="10" {codes}</ofd:TextCode></ofd:TextObject>'
    )


def written(objects: str) -> Drawn:
    """Draw text in the font of the papers, whose A is a triangle, half as wide as its size."""
    return Drawn(page(objects, resources=FONTS, files={"D/Res/f.ttf": papers.font()}))


def test_characters_of_an_embedded_font() -> None:
    drawn = written(text('DeltaX="10">AA', inside=colour("255 0 0")))
    assert (drawn(8, 12), drawn(18, 12), drawn(13, 12), drawn(8, 8)) == (RED, RED, WHITE, WHITE)


def test_glyphs_that_are_named_by_number() -> None:
    drawn = written(
        text(
            'DeltaX="10">xx',
            inside='<ofd:CGTransform CodePosition="0" CodeCount="2" GlyphCount="2">'
            "<ofd:Glyphs>1 1</ofd:Glyphs></ofd:CGTransform>",
        )
    )
    assert (drawn(8, 12), drawn(18, 12)) == (BLACK, BLACK)


def test_how_text_is_placed() -> None:
    assert written(text('DeltaY="12">AA', 'CTM="0.5 0 0 0.5 0 0"'))(6, 15) == BLACK
    assert (written(text(">A"))(13, 14.5), written(text(">A", 'HScale="2"'))(13, 14.5)) == (WHITE, BLACK)
    assert written(text(">A", 'Fill="false" Stroke="true" LineWidth="0.5"'))(8, 12) == WHITE
    assert written(text(">A", 'Visible="false"'))(8, 12) == WHITE
    turned = written(text(">A", 'CharDirection="90"'))
    assert (turned(8, 17), turned(8, 12)) == (BLACK, WHITE)


def test_an_installed_font_stands_in() -> None:
    named = '<ofd:Fonts><ofd:Font ID="3" FontName="宋体"/></ofd:Fonts>'
    drawn = Drawn(page(text('DeltaX="10">示例'), resources=named))
    for left in (5, 15):
        assert 0.05 < drawn.inked(left, 5, left + 10, 17) < 0.6


@pytest.mark.parametrize("data", [b"", b"no font", papers.font()[:40], papers.font()[:200], b"OTTO" + bytes(50)])
def test_a_font_that_cannot_be_read(data: bytes) -> None:
    drawn = Drawn(page(text(">示"), resources=FONTS, files={"D/Res/f.ttf": data}))
    assert drawn.inked(5, 5, 15, 17) > 0.05


# ---- stamps -------------------------------------------------------------------------------
def red_seal() -> Any:
    """Return who seals with a picture that is red all over."""
    seal = samples.new_seal(picture=SealPicture("PNG", picture(), 40, 40))
    return papers.seal_signer(seal=seal)


def test_stamps() -> None:
    data = sign_ofd(papers.paper(2), red_seal(), [Stamp(1, 20, 100), StraddleStamp(200)], time=samples.NOW)
    first, second = Drawn(data), Drawn(data, 2)
    assert (first(40, 120), first(62, 120), second(40, 120)) == (RED, WHITE, WHITE)
    assert [(drawn(205, 220), drawn(188, 220)) for drawn in (first, second)] == [(RED, WHITE)] * 2
    assert Drawn(data, stamps=False)(40, 120) == WHITE


def test_a_seal_whose_picture_is_a_page() -> None:
    nested = page(path("0 0 40 40", colour("0 0 255"), "M 0 0 L 40 0 L 40 40 L 0 40 C"))
    seal = samples.new_seal(picture=SealPicture("ofd", nested, 40, 40))
    data = sign_ofd(papers.paper(), papers.seal_signer(seal=seal), Stamp(1, 20, 100), time=samples.NOW)
    assert Drawn(data)(40, 120) == BLUE


@pytest.mark.once
@pytest.mark.parametrize("data", [b"", b"<svg/>", b"PK\3\4", picture()[:40]])
def test_a_seal_whose_picture_cannot_be_drawn(data: bytes) -> None:
    whole = SealSignature.from_der(forge(samples.seal(), samples.signer())).structure
    assert isinstance(whole, gbt38540.SESSignature)
    seal = whole.tbs.seal
    info = replace(seal.info, picture=replace(seal.info.picture, data=data))
    other = replace(seal, info=info, info_der=info.to_der())
    tbs = replace(whole.tbs, seal=other, seal_der=other.to_der())
    value = replace(whole, tbs=tbs, tbs_der=tbs.to_der()).to_der()
    sealed = sign_ofd(papers.paper(), red_seal(), Stamp(1, 20, 100), time=samples.NOW)
    drawn = Drawn(changed(sealed, {"Doc_0/Signs/Sign_0/SignedValue.dat": value}))
    assert drawn(40, 120) == WHITE
    assert len(drawn.renderer.problems) == 1


# ---- documents ----------------------------------------------------------------------------
def test_pages_of_a_document() -> None:
    writer = OFDWriter(title="两页")
    writer.add_page(100, 50)
    writer.add_page(30, 80)
    renderer = PageRenderer(writer.to_bytes())
    assert renderer.page_count == 2
    assert [renderer.size_mm(number) for number in (1, 2)] == [(100, 50), (30, 80)]
    assert Image.open(io.BytesIO(renderer.png(2, dpi=254))).size == (300, 800)
    for number in (0, 3, -1, "1"):
        with pytest.raises(InvalidInputError):
            renderer.svg(number)  # type: ignore[arg-type]
    with pytest.raises(InvalidInputError):
        PageRenderer(writer.to_bytes(), paper="red")


def test_a_drawing_needs_nothing_else() -> None:
    drawing = PageRenderer(papers.paper()).svg(1)
    assert "<text" not in drawing
    assert "font-family" not in drawing
    assert {part.split('"')[0][:5] for part in drawing.split('href="')[1:]} == {"data:", "#d0", "#d1", "#d2"} or all(
        part.startswith(("#", "data:image/")) for part in drawing.split('href="')[1:]
    )


@pytest.mark.parametrize("box", ["0 0 0 0", "0 0 -1 5", "0 0 1e9 1", "0 0 1", "a b c d"])
def test_pages_that_no_paper_has(box: str) -> None:
    with pytest.raises(DecodeError):
        PageRenderer(page(before=f"<ofd:Area><ofd:PhysicalBox>{box}</ofd:PhysicalBox></ofd:Area>")).png(1)


def test_pages_without_end() -> None:
    big = page(before="<ofd:Area><ofd:PhysicalBox>0 0 9000 9000</ofd:PhysicalBox></ofd:Area>")
    with pytest.raises(LimitExceeded):
        PageRenderer(big).png(1, dpi=600)
    with pytest.raises(LimitExceeded):
        PageRenderer(page(text(">" + "A" * 200_001))).svg(1)


@pytest.mark.parametrize(
    "objects",
    [
        path("0 0 1 onload"),
        path("5 5 10 10", '<ofd:FillColor Value="url(#x)"/>'),
        path("5 5 10 10", CTM="1 2 3"),
        path("5 5 10 10", data="M 0 0 Z"),
        text('DeltaX="x">A'),
        '<ofd:TextObject ID="1" Boundary="0 0 1 1" Font="3"/>',
        '<ofd:PathObject ID="1"/>',
        '<ofd:CompositeObject ID="1" Boundary="0 0 1 1" ResourceID="none"/>',
    ],
    ids=["boundary", "colour", "ctm", "data", "deltas", "size", "bare", "composite"],
)
def test_objects_that_are_malformed_are_left_out_and_named(objects: str) -> None:
    drawn = Drawn(page(objects + path("20 20 10 10", colour("0 255 0"))))
    assert drawn(25, 25) == GREEN
    assert len(drawn.renderer.problems) == 1


def test_what_a_document_says_does_not_become_markup() -> None:
    evil = "&quot;/&gt;&lt;image href=&quot;file:///etc/passwd&quot;/&gt;"
    objects = path("5 5 10 10", colour(evil)) + path("5 5 10 10", LineWidth=evil, Stroke="true", Cap=evil, Rule=evil)
    objects += text(f">{evil}", f'Weight="{evil}"')
    assert "passwd" not in PageRenderer(page(objects)).svg(1)


@pytest.mark.once
@pytest.mark.parametrize(
    ("name", "pages", "places"),
    [
        ("V4RideRight", 5, [(207, 60)]),
        ("h", 5, [(207, 148), (70, 53)]),
        ("allprotected", 1, [(70, 53)]),
        ("DigitalSign", 1, []),
    ],
)
def test_outside_documents(test_data: Path, name: str, pages: int, places: list[tuple[float, float]]) -> None:
    drawn = Drawn((test_data / "seals" / f"{name}.ofd").read_bytes())
    assert drawn.renderer.page_count == pages
    assert drawn.renderer.problems == []
    for x, y in places:
        assert drawn.inked(x - 3, y - 3, min(x + 3, 210), y + 3) > 0.1


def test_any_arguments() -> None:
    assert list(results(render_page, (papers.paper(),))) == []
    renderer = PageRenderer(papers.paper())
    for result in results(lambda number: renderer.png(number, dpi=18), (1,)):
        assert result[:4] == b"\x89PNG"
    for result in results(lambda dpi: renderer.png(1, dpi=dpi), (18,)):
        raise AssertionError(result)


def test_any_page() -> None:
    """Pages with a changed byte are drawn, or refused by an error of this package."""
    whole = bytearray((path("5 5 10 10", colour("255 0 0")) + text('DeltaX="10">AA', inside=colour("1 2 3"))).encode())
    for step in range(60):
        place = step * 7919 % len(whole)
        other = bytearray(whole)
        other[place] = b'<>"&a0- .'[step % 9]
        try:
            PageRenderer(page(other.decode(), resources=FONTS, files={"D/Res/f.ttf": papers.font()})).svg(1)
        except GmpkiError as error:
            assert str(error)  # noqa: PT017 - most of them are drawn
