"""Pictures of seals that come as files, and files that are meant to do harm."""

from __future__ import annotations

import contextlib
import io
import struct
import time
import zlib
from typing import Any

import pytest
from PIL import Image, ImageChops

from gmpki.errors import DecodeError, GmpkiError, InvalidInputError, InvalidTypeError, LimitExceeded
from gmpki.seal import SealType
from gmpki.seal.picture import draw_name_seal, draw_round_seal, import_picture
from gmpki.seal.picture.raster import open_picture
from gmpki.seal.picture.scan import extract_impression
from seal.picture.scans import overlap

SIZE = {"width_mm": 42, "height_mm": 42, "dpi": 300}
RING = '<circle cx="50" cy="50" r="45" fill="none" stroke="#e0141e" stroke-width="10"/>'


def svg(body: str = RING, attributes: str = 'viewBox="0 0 100 100"', head: str = "") -> bytes:
    return f'{head}<svg xmlns="http://www.w3.org/2000/svg" {attributes}>{body}</svg>'.encode()


def saved(image: Image.Image, form: str = "PNG", **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, form, **options)
    return stream.getvalue()


def opened(data: bytes) -> Image.Image:
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        return image.copy()


@pytest.mark.once
@pytest.mark.parametrize("margin", [0, 37])
def test_drawings_become_pixels_of_true_size(margin: int) -> None:
    drawn = draw_round_seal("示例市社会保障局", licensed_maker=True, dpi=300)
    box = f"{-21 - margin} {-21 - margin} {42 + 2 * margin} {42 + 2 * margin}"
    data = drawn.svg.replace('viewBox="-21 -21 42 42"', f'viewBox="{box}"').encode()
    made = import_picture(data, seal_type=SealType.ORGANISATION, **SIZE)
    assert (made.type, made.kind, made.width_mm, made.height_mm) == ("PNG", "png", 42, 42)
    picture = opened(made.data)
    assert picture.size == (496, 496)
    assert picture.info == {"dpi": pytest.approx((300, 300), abs=0.02)}
    assert overlap(made.data, drawn.png) > 0.97


@pytest.mark.once
@pytest.mark.parametrize("form", ["PNG", "JPEG", "BMP", "GIF", "TIFF"])
def test_white_paper_becomes_transparent(form: str) -> None:
    drawn = draw_round_seal("示例市社会保障局", licensed_maker=True, dpi=300)
    sheet = Image.new("RGB", (700, 650), "white")
    seal = opened(drawn.png)
    sheet.paste(seal, (120, 60), seal)
    made = import_picture(saved(sheet, form), **SIZE)
    picture = opened(made.data)
    assert picture.mode == "RGBA"
    assert abs(picture.width - seal.width) <= 8
    assert overlap(made.data, drawn.png) > 0.93
    # Laid on white again, it is what it was.
    again = Image.new("RGB", picture.size, "white")
    again.paste(picture, mask=picture.getchannel("A"))
    assert again.getpixel((picture.width // 2, picture.height // 2)) == pytest.approx((224, 20, 30), abs=12)


def test_transparency_is_kept_and_nothing_beside_pixels() -> None:
    drawn = draw_name_seal("张三", licensed_maker=True, dpi=300)
    image = opened(drawn.png)
    exif = Image.Exif()
    exif[0x010E] = "a note"
    made = import_picture(saved(image, exif=exif, dpi=(72, 72)), width_mm=20, height_mm=20, seal_type=SealType.PERSON)
    assert b"a note" not in made.data
    assert ImageChops.difference(opened(made.data), image).getbbox() is None


@pytest.mark.once
def test_a_picture_with_more_dots_than_wanted_gets_fewer() -> None:
    drawn = draw_round_seal("示例市社会保障局", dpi=450)
    assert opened(import_picture(drawn.png, **{**SIZE, "dpi": 150}).data).size == (248, 248)


def test_trimming_can_be_left_out() -> None:
    made = import_picture(svg('<rect x="30" y="30" width="40" height="20" fill="red"/>'), trim=False, **SIZE)
    box = opened(made.data).getchannel("A").getbbox()
    assert box == pytest.approx((149, 149, 347, 248), abs=1)


@pytest.mark.once
@pytest.mark.parametrize(
    ("seal_type", "width", "height"),
    [(1, 42, 42), (1, 40, 40), (1, 45, 30), (1, 40, 30), (2, 18, 18), (2, 20, 20), (2, 25, 12), (7, 77, 33)],
)
def test_customary_sizes(seal_type: int, width: int, height: int) -> None:
    data = svg('<rect width="100%" height="100%" fill="red"/>', f'width="{width}" height="{height}"')
    assert import_picture(data, width_mm=width, height_mm=height, seal_type=seal_type, dpi=100).width_mm == width


@pytest.mark.parametrize(
    ("seal_type", "width", "height"), [(1, 20, 20), (1, 42, 40), (1, 30, 45), (2, 42, 42), (2, 5, 5)]
)
def test_sizes_that_are_not_customary(seal_type: int, width: int, height: int) -> None:
    with pytest.raises(InvalidInputError, match="not customary"):
        import_picture(svg(), width_mm=width, height_mm=height, seal_type=seal_type)


@pytest.mark.parametrize(
    "body",
    [
        "<script>alert(1)</script>" + RING,
        "<text>示例</text>",
        '<image href="seal.png" width="10" height="10"/>',
        '<image href="data:image/png;base64,AAAA" width="10" height="10"/>',
        "<foreignObject/>",
        '<filter id="f"><feGaussianBlur stdDeviation="500"/></filter>',
        "<animate/>",
        '<a href="#x"/>',
        '<pattern id="p"/>',
        '<use href="http://example.cn/a.svg#b"/>',
        '<use href="a.svg#b"/>',
        '<use xmlns:x="http://www.w3.org/1999/xlink" x:href="file:///etc/hostname#b"/>',
        '<rect width="9" height="9" fill="url(http://example.cn/a.svg#b)"/>',
        '<rect width="9" height="9" style="fill:url(//example.cn/a)"/>',
        '<rect width="9" height="9" style="fill:u\\72l(//example.cn/a)"/>',
        '<rect width="9" height="9" onload="alert(1)"/>',
        "<style>@import url(http://example.cn/a.css);</style>",
        "<style>rect{fill:url(http://example.cn/a)}</style>",
        '<path d="M0 0H100" stroke="red" stroke-dasharray="0.0001"/>',
        '<path d="M0 0H100" style="stroke:red;stroke-dasharray:0.0001"/>',
    ],
)
def test_drawings_that_are_more_than_shapes(body: str) -> None:
    if "stroke-dasharray=" in body:  # taken out: the line is drawn whole
        import_picture(svg(RING + body), **SIZE)
        return
    with pytest.raises(DecodeError):
        import_picture(svg(RING + body), **SIZE)


ENTITIES = '<!DOCTYPE svg [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    "data",
    [
        svg(head=ENTITIES),
        svg(head='<!DOCTYPE svg SYSTEM "file:///etc/hostname">'),
        svg(head='<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/hostname">]>', body="<title>&x;</title>"),
        svg().decode().encode("utf-16"),
        b'<svg xmlns="http://www.w3.org/2000/svg"><svg',
        b"<svg/>",
        b"<html><svg/></html>",
        svg(attributes=""),
        svg(attributes='viewBox="0 0 0 0"'),
        svg(attributes='viewBox="0 0 1e999 1"'),
        svg(attributes='viewBox="0 0 nan 1"'),
        svg(attributes='viewBox="0 0 100000 1"'),
        svg(attributes='width="100%" height="100%"'),
    ],
)
def test_drawings_that_are_none(data: bytes) -> None:
    with pytest.raises(GmpkiError):
        import_picture(data, **SIZE)


def test_the_document_type_that_drawing_programs_write() -> None:
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/a.dtd">'
    style = "<style>.a{fill:none;stroke:#e0141e;stroke-width:10}</style>"
    notes = '<metadata><x xmlns="urn:x">note</x></metadata><y xmlns="urn:y" onload="x"/>'
    body = f'{style}{notes}<circle class="a" cx="50" cy="50" r="45" data-name="rim"/>'
    assert import_picture(svg(body, head=head), **SIZE).kind == "png"


def test_drawings_that_unfold() -> None:
    groups = [f'<g id="g{n}">' + f'<use href="#g{n - 1}"/>' * 10 + "</g>" for n in range(1, 12)]
    bomb = '<g id="g0"><rect width="1" height="1"/></g>' + "".join(groups) + '<use href="#g11"/>'
    began = time.monotonic()
    with pytest.raises(LimitExceeded, match="unfolds"):
        import_picture(svg(f"<defs>{bomb}</defs>" + RING), **SIZE)
    for body in ('<g id="a"><use href="#b"/></g><g id="b"><use href="#a"/></g>', '<g id="a"><use href="#a"/></g>'):
        with pytest.raises(DecodeError, match="without end"):
            import_picture(svg(body), **SIZE)
    with pytest.raises(LimitExceeded, match="levels"):
        import_picture(svg("<g>" * 60 + "</g>" * 60), **SIZE)
    with pytest.raises(LimitExceeded, match="elements"):
        import_picture(svg("<g/>" * 3001), **SIZE)
    with pytest.raises(LimitExceeded):
        import_picture(svg(RING + " " * (4 << 20)), **SIZE)
    with pytest.raises(LimitExceeded, match="unfolds"):
        import_picture(svg('<rect width="99" height="99" style="opacity:.9"/>' * 100), **SIZE)
    assert time.monotonic() - began < 10


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_of(width: int, height: int, data: bytes = b"") -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("width", "height"), [(2**31 - 1, 2**31 - 1), (100_000, 100_000), (40_000, 10), (30_000, 2_700)]
)
def test_pictures_of_too_many_pixels_are_not_unpacked(width: int, height: int) -> None:
    data = png_of(width, height, zlib.compress(bytes(1 << 20)))
    began = time.monotonic()
    with pytest.raises((LimitExceeded, DecodeError)):
        import_picture(data, **SIZE)
    with pytest.raises((LimitExceeded, DecodeError)):
        extract_impression(data, width_mm=42)
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GIF89a",
        b"\xff\xd8\xff\xe0",
        b"BM" + bytes(60),
        png_of(10, 10),
        png_of(0, 0),
        b"%PDF-1.7",
        b"P6 1 1 255\n\0\0\0",
    ],
)
def test_what_is_no_picture(data: bytes) -> None:
    with pytest.raises(DecodeError):
        import_picture(data, **SIZE)


def test_cut_off_and_damaged_pictures() -> None:
    for form in ("PNG", "JPEG", "BMP", "GIF", "TIFF"):
        whole = saved(Image.new("RGB", (300, 300), (220, 20, 30)), form)
        for end in range(1, len(whole), max(1, len(whole) // 20)):
            for data in (whole[:end], whole[:end] + b"\xff" + whole[end + 1 :]):
                with contextlib.suppress(GmpkiError):
                    import_picture(data, **SIZE)


def test_pictures_that_do_not_fit_what_is_stated() -> None:
    with pytest.raises(InvalidInputError, match="as wide as high"):
        import_picture(svg('<rect width="60" height="50" fill="red"/>'), **SIZE)
    with pytest.raises(InvalidInputError, match="dots per inch"):
        import_picture(saved(Image.new("RGB", (100, 100), "red")), **SIZE)
    for empty in (svg(""), saved(Image.new("RGB", (400, 400), "white")), saved(Image.new("RGBA", (400, 400)))):
        with pytest.raises(InvalidInputError, match="empty"):
            import_picture(empty, **SIZE)


@pytest.mark.parametrize(
    "options",
    [{"width_mm": 0}, {"width_mm": 101}, {"height_mm": -1}, {"dpi": 71}, {"dpi": 2401}],
)
def test_arguments_out_of_range(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError):
        import_picture(svg(), **{**SIZE, **options})


@pytest.mark.parametrize("options", [{"width_mm": 42.0}, {"seal_type": "1"}, {"trim": 1}, {"dpi": "600"}])
def test_arguments_of_the_wrong_type(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidTypeError):
        import_picture(svg(), **{**SIZE, **options})
    with pytest.raises(InvalidTypeError):
        import_picture("<svg/>", **SIZE)  # type: ignore[arg-type]


def test_samples_of_16_bits() -> None:
    rows = [[0xFFFF] * 300] * 20 + [[0xFFFF] * 20 + [0x2000] * 260 + [0xFFFF] * 20] * 260 + [[0xFFFF] * 300] * 20
    wide = Image.frombytes("I;16", (300, 300), b"".join(struct.pack("<300H", *row) for row in rows))
    made = opened(import_picture(saved(wide), width_mm=20, height_mm=20).data)
    assert made.size == (260, 260)
    assert made.getpixel((130, 130))[3] == pytest.approx(223, abs=2)


def test_a_picture_that_is_painted_over_and_over() -> None:
    """A progressive JPEG of some hundred kilobytes whose scans take hours to read."""
    stream = io.BytesIO()
    Image.new("RGB", (3000, 3000)).save(stream, "JPEG", progressive=True, quality=1)
    plain = stream.getvalue()
    assert open_picture(plain).size == (3000, 3000)
    scan = plain[plain.rindex(b"\xff\xda") : -2]
    begin = time.perf_counter()
    with pytest.raises(LimitExceeded, match="scans"):
        open_picture(plain[:-2] + 5000 * scan + b"\xff\xd9")
    assert time.perf_counter() - begin < 5
