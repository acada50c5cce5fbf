"""What a seal looks like in PDF: every kind of picture, and what is under it."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image

from gmpki.errors import DecodeError, GmpkiError, InvalidInputError, UnsupportedAlgorithm
from gmpki.seal.pdf import Stamp, sign_pdf
from gmpki.seal.seal import SealPicture
from seal import samples
from seal.pdf import documents, looking
from seal.pdf.crafted import seal_signer

SVG = b"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40">
<path fill="#f00" d="M0 0h10v10h-10z"/><path fill="#00c800" d="M30 0h10v10h-10z"/>
<path fill="#00f" d="M0 30h10v10h-10z"/><path fill="#7f7f7f" d="M30 30h10v10h-10z"/></svg>"""


def opaque(kind: str) -> SealPicture:
    """Return the picture on white paper, in a format without transparency."""
    image = Image.open(BytesIO(looking.upright().data))
    paper = Image.new("RGB", image.size, "white")
    paper.paste(image, mask=image.getchannel("A"))
    stream = BytesIO()
    if kind == "JPEG":
        paper.save(stream, kind, quality=100, subsampling=0)
    else:
        paper.save(stream, kind)
    return SealPicture(kind, stream.getvalue(), 40, 40)


def shown(picture: SealPicture, x: float = 70, y: float = 90) -> looking.Page:
    return looking.Page(sign_pdf(documents.single_page(), seal_signer(), Stamp(1, x, y), picture=picture), 210)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "GIF"])
def test_pictures_without_transparency(kind: str) -> None:
    assert shown(opaque(kind)).corners(70, 90) == looking.UPRIGHT


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_white_paper_hides_nothing(kind: str) -> None:
    under = looking.Page(documents.single_page(), 210)
    over = shown(opaque(kind), 20, 0)  # the middle of the seal comes onto the first line of text
    assert dark(under) == dark(over) > 5


def test_transparent_ground_hides_nothing() -> None:
    under = looking.Page(documents.single_page(), 210)
    assert dark(under) == dark(shown(looking.upright(), 20, 0)) > 5


def dark(page: looking.Page) -> int:
    """Return how many points of the first line of text between the corners of the seal are dark."""
    return sum(page.at(x / 4, y / 4) == "grey" for x in range(4 * 31, 4 * 49) for y in range(4 * 20, 4 * 26))


def test_drawings() -> None:
    assert shown(SealPicture("SVG", SVG, 40, 40)).corners(70, 90) == looking.UPRIGHT


def test_picture_of_the_seal_unless_another_is_given() -> None:
    data = sign_pdf(documents.single_page(), seal_signer(), Stamp(1, 70, 90))
    assert looking.Page(data, 210).corners(70, 90) == ("white",) * 5  # a ring of 40 mm
    assert looking.Page(data, 210).at(71.5, 110) == "red"


@pytest.mark.parametrize("data", [b"PK\x03\x04", b"text", b""], ids=["ofd", "text", "empty"])
def test_pictures_without_a_place_in_pdf(data: bytes) -> None:
    with pytest.raises(UnsupportedAlgorithm, match="cannot be shown"):
        shown(SealPicture("ofd", data, 40, 40))


@pytest.mark.parametrize("length", [8, 40, 60, 100])
def test_pictures_that_are_damaged(length: int) -> None:
    with pytest.raises(DecodeError):
        shown(SealPicture("PNG", samples.png()[:length], 40, 40))


@pytest.mark.parametrize(
    "drawing",
    [
        b"<svg",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        SVG.replace(b"<path", b"<script>1</script><path", 1),
        b"<!DOCTYPE x [<!ENTITY a 'b'>]>" + SVG,
    ],
    ids=["cut off", "empty", "script", "entity"],
)
def test_drawings_that_are_refused(drawing: bytes) -> None:
    with pytest.raises(GmpkiError):
        shown(SealPicture("SVG", drawing, 40, 40))


@pytest.mark.parametrize("size", [(0, 40), (40, 0)])
def test_pictures_without_a_size(size: tuple[int, int]) -> None:
    with pytest.raises(InvalidInputError, match="no size"):
        shown(SealPicture("PNG", samples.png(), *size))
