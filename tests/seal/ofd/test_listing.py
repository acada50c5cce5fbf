"""What a document says of itself, and the pictures of its seals."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from gmpki.errors import DecodeError, UnsupportedAlgorithm
from gmpki.seal import DigitalSigner, SealPicture
from gmpki.seal.ofd import OFDListing, extract_seals, list_ofd, sign_ofd
from gmpki.seal.ofd.pictures import picture_png
from hostile import results
from seal import samples
from seal.ofd import papers
from seal.ofd.packages import changed, sealed

VALUE = "Doc_0/Signs/Sign_0/SignedValue.dat"


def test_a_document() -> None:
    found = list_ofd(sealed(2))
    assert found.pages == ((210.0, 297.0),) * 2
    assert [one.name for one in found.signatures] == [f"/Doc_0/Signs/Sign_{n}/Signature.xml" for n in range(2)]
    first = found.signatures[0]
    assert (first.type, first.time_text, first.problem) == ("Seal", "20260301080000Z", "")
    assert first.signature is not None
    assert first.signature.seal == samples.seal()
    assert first.provider is not None
    assert first.provider.name == "gmpki"
    assert "/Doc_0/Document.xml" in first.protected
    assert [(place.page, place.x_mm, place.y_mm) for place in first.placements] == [(1, 20, 100)]
    assert list_ofd(papers.paper()).signatures == ()


def test_a_signature_without_a_seal() -> None:
    who = samples.signer()
    data = sign_ofd(papers.paper(), DigitalSigner(who.key, who.certificate), time=samples.NOW)
    (one,) = list_ofd(data).signatures
    assert (one.type, one.signature, one.problem) == ("Sign", None, "")
    assert extract_seals(data) == ()


@pytest.mark.parametrize(
    "files",
    [
        {VALUE: None},
        {VALUE: b""},
        {"Doc_0/Signs/Sign_0/Signature.xml": None},
        {"Doc_0/Signs/Sign_0/Signature.xml": b"x"},
    ],
)
def test_what_cannot_be_read_is_named(files: dict[str, bytes | None]) -> None:
    first, second = list_ofd(changed(sealed(2), files)).signatures
    assert first.problem
    assert first.signature is None
    assert second.problem == ""
    assert [one.name for one in extract_seals(changed(sealed(2), files))] == [second.name]


@pytest.mark.parametrize("name", ["OFD.xml", "Doc_0/Document.xml", "Doc_0/Signs/Signatures.xml"])
def test_documents_that_are_malformed(name: str) -> None:
    with pytest.raises(DecodeError):
        list_ofd(changed(sealed(), {name: b"<x/>"}))


def test_pictures_of_seals() -> None:
    (one,) = extract_seals(sealed())
    assert one.picture == samples.picture()
    assert one.seal == samples.seal()
    assert Image.open(io.BytesIO(picture_png(one.picture))).format == "PNG"


@pytest.mark.parametrize(
    ("data", "error"),
    [(b"", DecodeError), (b"GIF89a", DecodeError), (b"<svg/>", UnsupportedAlgorithm), (b"PK\3\4", DecodeError)],
)
def test_pictures_that_cannot_be_drawn(data: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        picture_png(SealPicture("PNG", data, 40, 40))


def test_any_arguments() -> None:
    for result in results(list_ofd, (sealed(),)):
        assert isinstance(result, OFDListing)
        raise AssertionError(result)
    assert list(results(extract_seals, (sealed(),))) == []
