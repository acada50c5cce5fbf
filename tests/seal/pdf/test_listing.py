"""What a PDF file says of its pages, signatures and pictures, and its pages drawn."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image

from gmpki.errors import DecodeError, InvalidInputError, InvalidTypeError, LimitExceeded
from gmpki.seal.pdf import (
    FieldStamp,
    SignatureTexts,
    Stamp,
    add_document_timestamp,
    cms_signer,
    draw_page,
    extract_pictures,
    list_pdf,
    sign_pdf,
)
from gmpki.seal.pdf.profiles import ContentsKind
from seal import samples
from seal.pdf import documents
from seal.pdf.crafted import RESERVED, body_of, seal_signer, sealed, signed_again, signed_by_hand, size_of, updated


def test_nothing_signed() -> None:
    listing = list_pdf(documents.with_form())
    assert listing.pages == ((210.0, 297.0), (210.0, 297.0))
    assert (listing.revisions, listing.signatures, listing.empty_fields) == (1, (), ("Sign here",))


def test_signatures() -> None:
    listing = list_pdf(add_document_timestamp(signed_again(sealed()), samples.timestamp))
    seal, message, stamp = listing.signatures
    assert [one.revision for one in listing.signatures] == [2, 3, 4]
    assert listing.revisions == 4
    assert [one.kind for one in listing.signatures] == [
        ContentsKind.SEAL_SIGNATURE,
        ContentsKind.DETACHED_CMS,
        ContentsKind.TIMESTAMP,
    ]
    assert (seal.name, seal.filter, seal.sub_filter) == ("Seal1", "Gomain.GMPkiLite", "GM.sm2seal")
    assert seal.signature is not None
    assert seal.signature.seal == samples.seal()
    assert seal.certificate == samples.signer().certificate
    assert seal.claimed_time == samples.NOW
    assert (message.signature, message.certificate) == (None, samples.signer(algorithm="rsa").certificate)
    assert [place.page for place in message.placements] == [2]
    assert stamp.certificate is not None
    assert stamp.placements == ()
    assert not any(one.problem for one in listing.signatures)


def test_texts() -> None:
    texts = SignatureTexts(name="张三", reason="approved", location="示例市")
    data = sign_pdf(documents.single_page(), seal_signer(), texts=texts, time=samples.NOW)
    assert dict(list_pdf(data).signatures[0].texts) == {"name": "张三", "reason": "approved", "location": "示例市"}


@pytest.mark.parametrize(
    ("written", "problem"),
    [(lambda _: f"<{'':0<{RESERVED}}>", "Contents is empty"), (lambda _: f"<{'3003020101':0<{RESERVED}}>", "expected")],
    ids=["empty", "another"],
)
def test_signatures_that_cannot_be_read(written: object, problem: str) -> None:
    (found,) = list_pdf(signed_by_hand(documents.single_page(), contents=written)).signatures
    assert problem in found.problem
    assert found.signature is None


def test_unknown_names() -> None:
    (found,) = list_pdf(signed_by_hand(documents.single_page(), sub_filter="/Nobody.knows")).signatures
    assert (found.kind, found.sub_filter) == (ContentsKind.UNKNOWN, "Nobody.knows")
    assert "not known" in found.problem


# ---- where it shows -------------------------------------------------------------------------
@pytest.mark.parametrize("rotate", [0, 90, 180, 270, -90])
@pytest.mark.parametrize("unit", [1.0, 2.0])
def test_places_are_those_that_were_asked_for(rotate: int, unit: float) -> None:
    page = documents.Page(documents.CROPPED.media_box, documents.CROPPED.crop_box, rotate, unit)
    data = sign_pdf(documents.document(page), seal_signer(), Stamp(1, 30, 60, 40, 40), time=samples.NOW)
    listing = list_pdf(data)
    (place,) = listing.signatures[0].placements
    assert (place.x_mm, place.y_mm, place.width_mm, place.height_mm) == pytest.approx((30, 60, 40, 40), abs=0.01)
    assert listing.pages[0] == pytest.approx(page.size_mm, abs=0.01)


def test_invisible_signature_has_no_place() -> None:
    data = sign_pdf(documents.single_page(), seal_signer(), time=samples.NOW)
    assert list_pdf(data).signatures[0].placements == ()


# ---- pictures -------------------------------------------------------------------------------
def test_picture_of_the_seal_is_taken_from_it() -> None:
    (found,) = extract_pictures(sealed())
    assert (found.name, found.kind, found.data) == ("Seal1", "png", samples.png())
    assert (found.width_mm, found.height_mm) == (40, 40)


def test_picture_that_the_field_shows() -> None:
    person = samples.signer()
    signer = cms_signer(person.key, person.certificate)
    data = sign_pdf(documents.with_form(), signer, FieldStamp("Sign here"), picture=samples.picture())
    (found,) = extract_pictures(data)
    assert (found.name, found.kind) == ("Sign here", "png")
    with Image.open(BytesIO(found.data)) as image, Image.open(BytesIO(samples.png())) as original:
        assert image.convert("RGBA").tobytes() == original.convert("RGBA").tobytes()


@pytest.mark.parametrize(
    "entry",
    [
        b"/Width 99999",
        b"/Width (a)",
        b"/Width -1",
        b"/BitsPerComponent 1",
        b"/ColorSpace /DeviceCMYK",
        b"/ColorSpace [/Indexed]",
        b"/Filter /LZWDecode",
        b"/Width 39",
    ],
)
def test_pictures_that_are_not_read(entry: bytes) -> None:
    data = sign_pdf(documents.single_page(), cms_signer(*_somebody()), Stamp(1, 9, 9), picture=samples.picture())
    number = next(n for n in range(1, size_of(data)) if b"0 obj" in data and b"/SMask" in _body(data, n))
    body = _body(data, number)
    key = entry.split()[0]
    at = body.index(key + b" ")
    end = body.index(b"\n", at)
    assert extract_pictures(updated(data, {number: body[:at] + entry + body[end:]})) == ()


def _somebody() -> tuple[object, object]:
    return samples.signer().key, samples.signer().certificate


def _body(data: bytes, number: int) -> bytes:
    try:
        return body_of(data, number)
    except IndexError:
        return b""


def test_jpeg_stays_as_it_is() -> None:
    made = BytesIO()
    Image.new("RGB", (8, 8), (200, 0, 0)).save(made, "JPEG")
    jpeg = made.getvalue()
    data = sign_pdf(documents.single_page(), cms_signer(*_somebody()), Stamp(1, 9, 9), picture=samples.picture())
    number = next(n for n in range(1, size_of(data)) if b"/SMask" in _body(data, n))
    body = b"<< /Subtype /Image /Filter [/DCTDecode] /Length %d >>\nstream\n" % len(jpeg) + jpeg + b"\nendstream"
    (found,) = extract_pictures(updated(data, {number: body}))
    assert (found.kind, found.data) == ("jpeg", jpeg)


# ---- drawing --------------------------------------------------------------------------------
def test_page_is_drawn_with_its_seal() -> None:
    for data, reddish in [(sealed(), True), (documents.single_page(), False)]:
        with Image.open(BytesIO(draw_page(data, 1, dpi=72))) as image:
            assert image.size == (596, 842)
            left, right = round(50 * 72 / 25.4), round(90 * 72 / 25.4)
            seen = image.convert("RGB").crop((left, left, right, right)).getcolors(1 << 16)
            assert any(red > 150 and green < 60 for _, (red, green, _) in seen) is reddish


def test_drawing_is_bounded() -> None:
    with pytest.raises(InvalidInputError):
        draw_page(sealed(), 3)
    for page, dpi in [(0, 72), (1, 5), (1, 5000)]:
        with pytest.raises(InvalidInputError):
            draw_page(sealed(), page, dpi=dpi)
    with pytest.raises(InvalidTypeError):
        draw_page(sealed(), "1")
    with pytest.raises(LimitExceeded):
        draw_page(documents.document(documents.Page((0, 0, 9000, 9000))), 1, dpi=600)
    with pytest.raises(DecodeError):
        draw_page(b"%PDF-1.7\n", 1)


def test_arguments() -> None:
    for read in (list_pdf, extract_pictures):
        with pytest.raises(InvalidTypeError):
            read(None)
        with pytest.raises(DecodeError):
            read(b"%PDF-1.7\n")
