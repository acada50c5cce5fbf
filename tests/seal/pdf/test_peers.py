"""Our PDF files in the programs of others: their structure, their signatures, their pages."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from gmpki.seal.pdf import (
    FieldStamp,
    KeywordStamp,
    PDFProfile,
    Stamp,
    StraddleStamp,
    add_document_timestamp,
    add_validation_data,
    cms_signer,
    sign_pdf,
)
from gmpki.tsa.validation_data import ValidationData
from seal import samples
from seal.pdf import documents, looking
from seal.pdf.crafted import seal_signer

pytestmark = pytest.mark.once

needs_qpdf = pytest.mark.skipif(shutil.which("qpdf") is None, reason="peer program: qpdf not found")
needs_pdfsig = pytest.mark.skipif(shutil.which("pdfsig") is None, reason="peer program: pdfsig not found")
needs_pdftoppm = pytest.mark.skipif(shutil.which("pdftoppm") is None, reason="peer program: pdftoppm not found")


def message_signer(algorithm: str = "rsa", profile: PDFProfile = PDFProfile.CMS) -> Any:
    person = samples.signer(algorithm=algorithm)
    return cms_signer(person.key, person.certificate, profile=profile)


def placed(name: str) -> bytes:
    return sign_pdf(documents.DOCUMENTS[name](), seal_signer(), Stamp(1, 70, 90), picture=looking.upright())


@cache
def long_life() -> bytes:
    """Return a form with a seal in its field, a straddle seal, two messages, validation data and a time-stamp."""
    data = sign_pdf(documents.with_form(), seal_signer(), FieldStamp("Sign here"), time=samples.NOW)
    data = sign_pdf(data, seal_signer(), [Stamp(2, 10, 10), StraddleStamp(100)], time=samples.NOW)
    data = sign_pdf(
        data, message_signer(), KeywordStamp(documents.KEYWORD), picture=samples.picture(), time=samples.NOW
    )
    data = sign_pdf(data, message_signer("sm2", PDFProfile.CADES), time=samples.NOW)
    data = add_validation_data(data, ValidationData((samples.root().certificate,)))
    return add_document_timestamp(data, samples.timestamp)


def said_by(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


# ---- qpdf -----------------------------------------------------------------------------------
@needs_qpdf
@pytest.mark.parametrize("name", list(documents.DOCUMENTS))
def test_qpdf_finds_nothing_wrong(name: str, tmp_path: Path) -> None:
    path = tmp_path / "sealed.pdf"
    path.write_bytes(placed(name))
    assert "No syntax or stream encoding errors found" in said_by("qpdf", "--check", str(path))


@needs_qpdf
def test_qpdf_finds_nothing_wrong_after_many_updates(tmp_path: Path) -> None:
    path = tmp_path / "sealed.pdf"
    path.write_bytes(long_life())
    assert "No syntax or stream encoding errors found" in said_by("qpdf", "--check", str(path))


# ---- pdfsig ---------------------------------------------------------------------------------
@needs_pdfsig
def test_pdfsig_sees_every_signature_and_what_it_covers(tmp_path: Path) -> None:
    path = tmp_path / "sealed.pdf"
    path.write_bytes(long_life())
    said = said_by("pdfsig", "-nocert", str(path))
    found = looking.ranges(long_life())
    assert len(found) == 5
    for _, before, after, rest in found:
        assert f"Signed Ranges: [0 - {before}], [{after} - {after + rest}]" in said
    assert said.count("Not total document signed") == 4
    assert said.count("Total document signed") == 1
    names = ("Sign here", "Seal1", "Seal2", "Seal3", "Timestamp1")
    assert all(f"Signature Field Name: {name}" in said for name in names)
    assert said.count("Signing Time: Mar 01 2026") == 4


@needs_pdfsig
@pytest.mark.parametrize(
    ("profile", "name"), [(PDFProfile.CMS, "adbe.pkcs7.detached"), (PDFProfile.CADES, "ETSI.CAdES.detached")]
)
def test_pdfsig_verifies_rsa(profile: PDFProfile, name: str, tmp_path: Path) -> None:
    path = tmp_path / "signed.pdf"
    path.write_bytes(sign_pdf(documents.single_page(), message_signer(profile=profile)))
    said = said_by("pdfsig", "-nocert", str(path))
    assert "Signature is Valid" in said
    assert f"Signature Type: {name}" in said
    damaged = path.read_bytes().replace(b"/Rotate", b"/Rotat3").replace(b"/Helvetica", b"/Helvetic4")
    path.write_bytes(damaged)
    assert "Signature is Valid" not in said_by("pdfsig", "-nocert", str(path))


# ---- pyHanko --------------------------------------------------------------------------------
@pytest.mark.parametrize("profile", [PDFProfile.CMS, PDFProfile.CADES])
@pytest.mark.parametrize("streamed", [False, True], ids=["table", "stream"])
def test_pyhanko_verifies_rsa(profile: PDFProfile, streamed: bool) -> None:
    data = sign_pdf(
        documents.document(streamed=streamed),
        message_signer(profile=profile),
        Stamp(1, 9, 9),
        picture=samples.picture(),
    )
    (found,) = looking.reader(data).embedded_signatures
    found.compute_integrity_info()
    status = found.summarise_integrity_info()
    assert found.evaluate_signature_coverage().name == "ENTIRE_FILE"
    assert status["docmdp_ok"] is True
    assert found.compute_digest() == message_digest(found)


def message_digest(found: Any) -> bytes:
    attributes = {one["type"].native: one["values"].native[0] for one in found.signer_info["signed_attrs"]}
    digest: bytes = attributes["message_digest"]
    return digest


def test_pyhanko_finds_further_signatures_harmless() -> None:
    """Its policy about changes lets through what comes after: a further seal in a field of its own, validation data."""
    data = sign_pdf(documents.many_pages(2), message_signer(), Stamp(1, 9, 9), picture=samples.picture())
    data = sign_pdf(data, message_signer(profile=PDFProfile.CADES), Stamp(2, 9, 9), picture=samples.picture())
    data = add_validation_data(data, ValidationData((samples.root().certificate,)))
    levels = []
    for found in looking.reader(data).embedded_signatures:
        found.compute_integrity_info()
        status = found.summarise_integrity_info()
        assert status["docmdp_ok"] is True
        levels.append(status["diff_result"].modification_level.name)
    assert levels == ["FORM_FILLING", "LTA_UPDATES"]


# ---- pages ----------------------------------------------------------------------------------
@needs_pdftoppm
@pytest.mark.parametrize("name", [name for name in documents.DOCUMENTS if "unit" not in name])
def test_poppler_shows_the_seal_in_its_place(name: str, tmp_path: Path) -> None:
    """Poppler knows no UserUnit."""
    (tmp_path / "sealed.pdf").write_bytes(placed(name))
    where = str(tmp_path / "page")
    said_by("pdftoppm", "-cropbox", "-r", "50", "-f", "1", "-l", "1", "-png", str(tmp_path / "sealed.pdf"), where)
    (picture,) = tmp_path.glob("page*.png")
    with Image.open(BytesIO(picture.read_bytes())) as image:
        shown = image.convert("RGB")
    points = [(75, 95), (105, 95), (75, 125), (105, 125), (90, 110), (69, 110), (111, 110)]
    colours = [shown.getpixel((int(x / 25.4 * 50), int(y / 25.4 * 50))) for x, y in points]
    white = (255, 255, 255)
    assert colours[:3] == [(255, 0, 0), (0, 200, 0), (0, 0, 255)]
    assert 120 <= colours[3][0] <= 135
    assert colours[4:] == [white] * 3
