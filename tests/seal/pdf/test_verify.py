"""Seals and signatures of PDF files that are in order, and each way in which one is not."""

from __future__ import annotations

from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmpki.cms.report import CheckStatus
from gmpki.cms.trust import Trust
from gmpki.errors import (
    DecodeError,
    GmpkiError,
    InvalidInputError,
    InvalidTypeError,
    LimitExceeded,
    SealError,
    UnsupportedAlgorithm,
)
from gmpki.seal.digital import DigitalForm, DigitalSigner
from gmpki.seal.layouts import SealLayout
from gmpki.seal.pdf import (
    FieldStamp,
    PDFProfile,
    Stamp,
    StraddleStamp,
    add_document_timestamp,
    add_validation_data,
    cms_signer,
    sign_pdf,
    verify_pdf,
)
from gmpki.seal.report import DocumentReport, SignatureReport, Verdict
from gmpki.seal.signing import SealSigner
from gmpki.tsa.validation_data import ValidationData
from gmpki.x509.crl import CertificateRevocationList
from gmpki.x509.crl_builder import CRLBuilder, Revocation
from seal import samples
from seal.pdf import documents
from seal.pdf.crafted import (
    RESERVED,
    objects_of,
    problem,
    seal_signer,
    sealed,
    signed_again,
    signed_by_hand,
    statuses,
    updated,
)

ACCEPTED = samples.UNASKED


def verify(data: bytes, **options: object) -> DocumentReport:
    return verify_pdf(data, samples.trust(accept=ACCEPTED), **options)


def somebody(algorithm: str = "sm2") -> samples.Person:
    return samples.signer() if algorithm == "sm2" else samples.signer(algorithm=algorithm)


def detached(algorithm: str = "sm2", **options: object) -> DigitalSigner:
    person = somebody(algorithm)
    return cms_signer(person.key, person.certificate, **options)


# ---- what is in order -----------------------------------------------------------------------
def test_sealed_file_is_valid() -> None:
    report = verify(sealed(), name="合同.pdf")
    report.require()
    (found,) = report.signatures
    assert (report.kind, report.name, found.kind, found.layout) == ("pdf", "合同.pdf", "seal", "GB/T 38540-2020")
    assert found.seal == samples.seal()
    assert found.coverage == "the whole file"
    (place,) = found.placements
    assert (place.page, place.x_mm, place.y_mm) == (1, 50, 50)
    assert (place.width_mm, place.height_mm) == pytest.approx((40, 40), abs=0.01)


def test_what_was_not_asked_keeps_it_from_being_valid() -> None:
    report = verify_pdf(sealed(), samples.trust())
    assert report.verdict is Verdict.INCOMPLETE
    with pytest.raises(SealError, match="seal-status"):
        report.require()


@pytest.mark.parametrize(
    ("layout", "algorithm"),
    [(SealLayout.GBT38540, "sm2"), (SealLayout.GMT0031, "sm2"), (SealLayout.GMT0031, "rsa")],
    ids=["gbt38540", "gmt0031", "gmt0031-rsa"],
)
def test_every_kind_of_seal(layout: SealLayout, algorithm: str) -> None:
    person = somebody(algorithm)
    signer = SealSigner(samples.seal(layout), person.key, person.certificate, clock=lambda: samples.NOW)
    verify(sign_pdf(documents.single_page(), signer, Stamp(1, 20, 20), time=samples.NOW)).require()


@pytest.mark.parametrize("algorithm", ["sm2", "rsa"])
@pytest.mark.parametrize("profile", [PDFProfile.CMS, PDFProfile.CADES], ids=lambda one: one.value)
@pytest.mark.parametrize("streamed", [False, True], ids=["table", "stream"])
def test_signed_messages(algorithm: str, profile: PDFProfile, streamed: bool) -> None:
    data = sign_pdf(documents.document(streamed=streamed), detached(algorithm, profile=profile), time=samples.NOW)
    report = verify(data)
    report.require()
    (found,) = report.signatures
    assert (found.kind, found.layout, found.placements) == ("signature", "CMS", ())
    assert found.claimed_time == samples.NOW


def test_message_around_the_digest() -> None:
    person = samples.signer()
    signer = DigitalSigner(person.key, person.certificate, form=DigitalForm.DIGEST)
    data = sign_pdf(documents.single_page(), signer, time=samples.NOW)
    assert b"/GM.sm2cms.detached" in data
    verify(data).require()


def test_signatures_in_sequence_are_all_valid() -> None:
    data = add_document_timestamp(signed_again(signed_again(sealed()), 1), samples.timestamp)
    report = verify(data)
    report.require()
    assert [one.coverage for one in report.signatures] == [
        "revision 2 of 5",
        "revision 3 of 5",
        "revision 4 of 5",
        "the whole file",
    ]
    details = [one.check("changes").detail for one in report.signatures]
    assert details == [
        "nothing but 2 further signatures, 1 time-stamp over the document came after",
        "nothing but 1 further signature, 1 time-stamp over the document came after",
        "nothing but 1 time-stamp over the document came after",
        "nothing came after",
    ]


def test_time_stamp_over_the_document_counts_for_what_it_covers() -> None:
    report = verify(signed_again(add_document_timestamp(sealed(), samples.timestamp)))
    seal, stamp, later = report.signatures
    assert stamp.layout == "RFC 3161"
    assert stamp.signed_at == samples.NOW
    assert seal.check("time-stamp").status is CheckStatus.PASSED
    assert seal.signed_at == samples.NOW
    assert later.check("time-stamp").status is CheckStatus.NOT_CHECKED
    assert later.signed_at is None


def test_time_stamp_of_the_signature_itself() -> None:
    data = sign_pdf(documents.single_page(), detached(timestamp=samples.timestamp), time=samples.NOW)
    (found,) = verify(data).signatures
    assert found.check("time-stamp").status is CheckStatus.PASSED
    assert found.signed_at == samples.NOW


def test_validation_data_may_come_after() -> None:
    known = ValidationData([samples.root().certificate], [crl(samples.root())])
    data = add_validation_data(sealed(), known)
    report = verify(add_document_timestamp(add_validation_data(signed_again(data), known), samples.timestamp))
    report.require()
    assert "validation data" in report.signatures[0].check("changes").detail


def crl(issuer: samples.Person, *entries: Revocation, days: int = 30) -> CertificateRevocationList:
    builder = CRLBuilder(
        issuer=issuer.certificate.subject,
        this_update=samples.NOW - 10 * samples.DAY,
        next_update=samples.NOW + days * samples.DAY,
        number=1,
        entries=list(entries),
    )
    return builder.sign(issuer.key)


def embedding(*lists: CertificateRevocationList) -> SignatureReport:
    """Seal a file, embed revocation lists, and verify it without any others."""
    data = add_validation_data(sealed(), ValidationData([samples.root().certificate], lists))
    return verify_pdf(data, samples.trust()).signatures[0]


def test_lists_in_the_file_answer_what_nobody_else_can() -> None:
    found = embedding(crl(samples.root()), crl(samples.maker_root()))
    for name in ("signer-revocation", "maker-revocation"):
        assert found.check(name).status is CheckStatus.PASSED
        assert found.check(name).detail.endswith("by validation data in the file")
    assert found.signer_path.revocation


def test_lists_in_the_file_that_say_too_little() -> None:
    found = embedding(crl(samples.root()))
    assert found.check("signer-revocation").status is CheckStatus.PASSED
    assert found.check("maker-revocation").status is CheckStatus.NOT_CHECKED


def test_list_in_the_file_that_is_too_old_or_of_somebody_else() -> None:
    forged = crl(samples.Person(samples.other_signer().key, samples.root().certificate))
    for useless in (crl(samples.root(), days=-1), forged):
        assert embedding(useless).check("signer-revocation").status is CheckStatus.NOT_CHECKED


def test_list_in_the_file_that_revokes_the_signer() -> None:
    number = samples.signer().certificate.serial_number
    found = embedding(crl(samples.root(), Revocation(number, samples.NOW - samples.DAY)))
    assert problem(found, "signer-revocation").startswith("revoked")


def test_own_knowledge_comes_before_the_file() -> None:
    number = samples.signer().certificate.serial_number
    data = add_validation_data(sealed(), ValidationData([], [crl(samples.root())]))
    checker = samples.checker(samples.root(), Revocation(number, samples.NOW - samples.DAY))
    report = verify_pdf(data, samples.trust(signers=samples.signer_trust(checkers=[checker])))
    assert problem(report.signatures[0], "signer-revocation").startswith("revoked")


def test_straddle_seal_belongs_to_its_signature() -> None:
    data = documents.many_pages(4)
    first = sign_pdf(data, seal_signer(), [Stamp(1, 50, 50), StraddleStamp(100)], time=samples.NOW)
    both = sign_pdf(first, detached(), StraddleStamp(150), picture=samples.picture(), time=samples.NOW)
    report = verify(both)
    report.require()
    assert [place.page for place in report.signatures[0].placements] == [1, 1, 2, 3, 4]
    assert [place.page for place in report.signatures[1].placements] == [1, 2, 3, 4]


def test_field_that_was_there_may_be_signed_later() -> None:
    data = sign_pdf(documents.with_form(), seal_signer(), Stamp(1, 20, 20), time=samples.NOW)
    data = sign_pdf(data, detached(), FieldStamp("Sign here"), picture=samples.picture(), time=samples.NOW)
    report = verify(data)
    report.require()
    assert [one.name for one in report.signatures] == ["Seal1", "Sign here"]


def test_certified_file_takes_time_stamps_and_validation_data_alone() -> None:
    data = sign_pdf(documents.single_page(), seal_signer(), Stamp(1, 20, 20), time=samples.NOW, protect_all=True)
    known = ValidationData([samples.root().certificate])
    verify(add_document_timestamp(add_validation_data(data, known), samples.timestamp)).require()


def test_files_that_pyhanko_signed(tmp_path: Path) -> None:
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import fields, signers

    person = somebody("rsa")
    (tmp_path / "key.pem").write_bytes(person.key.to_pem())
    (tmp_path / "certificate.pem").write_bytes(person.certificate.to_pem())
    signer = signers.SimpleSigner.load(str(tmp_path / "key.pem"), str(tmp_path / "certificate.pem"))
    data = sealed()
    for name in ("One", "Two"):
        place = fields.SigFieldSpec(name, on_page=1, box=(20, 20, 120, 60))
        metadata = signers.PdfSignatureMetadata(field_name=name)
        data = signers.sign_pdf(
            IncrementalPdfFileWriter(BytesIO(data)), metadata, signer, new_field_spec=place
        ).getvalue()
    report = verify(data, now=samples.NOW + 300 * samples.DAY)
    assert [one.name for one in report.signatures] == ["Seal1", "One", "Two"]
    for found in report.signatures:
        for check in ("structure", "coverage", "changes", "digest", "signature"):
            assert found.check(check).status is CheckStatus.PASSED, str(found.check(check))


# ---- what is not ----------------------------------------------------------------------------
def test_file_that_nobody_signed() -> None:
    report = verify(documents.single_page())
    assert (report.verdict, report.signatures, report.checks) == (Verdict.INVALID, (), ())
    with pytest.raises(SealError, match="nobody has signed"):
        report.require()


def test_every_part_of_what_is_signed_is_protected() -> None:
    data = sealed()
    start = data.index(b"/Contents <") + len(b"/Contents ")
    end = data.index(b">", start) + 1
    changed = 0
    for place in [20, 200, 700, start - 40, end + 4, len(data) - 30]:
        tampered = bytearray(data)
        tampered[place] ^= 1
        try:
            report = verify(bytes(tampered))
        except GmpkiError:
            changed += 1
            continue
        assert report.verdict is Verdict.INVALID, place
        changed += 1
    assert changed == 6


def test_changed_page_is_told_by_the_digest() -> None:
    data = sealed()
    at = data.index(b"stream\n") + 20  # in what the first page shows
    tampered = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
    (found,) = verify(tampered).signatures
    assert problem(found, "digest").startswith("changed: the document is not the one that was signed")
    assert found.check("signature").status is CheckStatus.PASSED


def test_seal_of_another_document() -> None:
    one, other = sealed(), signed_by_hand(documents.single_page())
    start = one.index(b"/Contents <") + len(b"/Contents <")
    taken = one[start : one.index(b">", start)].decode().rstrip("0")
    data = signed_by_hand(documents.single_page(), contents=lambda _: f"<{taken + '0' * (len(taken) % 2):0<12000}>")
    (found,) = verify(data).signatures
    assert problem(found, "digest").startswith("changed")
    verify(other).require()


@pytest.mark.parametrize(
    ("trust", "check", "reason"),
    [
        ({"signers": samples.maker_trust}, "signer-chain", "no-path"),
        ({"makers": samples.signer_trust}, "maker-chain", "no-path"),
    ],
    ids=["signer", "maker"],
)
def test_nobody_trusts_them(trust: dict[str, object], check: str, reason: str) -> None:
    parts = {name: make() for name, make in trust.items()}
    (found,) = verify_pdf(sealed(), samples.trust(**parts)).signatures
    assert found.check(check).status is CheckStatus.FAILED, reason


def test_message_alone_without_trust() -> None:
    report = verify_pdf(sealed(), samples.trust(signers=Trust.signature_only(), makers=None))
    assert report.signatures[0].check("signer-chain").status is CheckStatus.NOT_CHECKED
    assert report.verdict is Verdict.INCOMPLETE


def test_time_before_the_seal() -> None:
    report = verify(sealed(), now=samples.NOW - 30 * samples.DAY)
    assert problem(report.signatures[0], "time").startswith("signed-in-future")


def test_time_stamp_over_another_document() -> None:
    token = samples.timestamp(b"something else").hex()
    data = signed_by_hand(
        documents.single_page(), sub_filter="/ETSI.RFC3161", contents=lambda _: f"<{token:0<{RESERVED}}>"
    )
    assert problem(verify(data).signatures[0], "time-stamp").startswith("imprint")


def test_time_stamp_that_nobody_verifies() -> None:
    data = add_document_timestamp(sealed(), samples.timestamp)
    found = verify_pdf(data, samples.trust(timestamps=None)).signatures
    assert [one.check("time-stamp").status for one in found] == [CheckStatus.NOT_CHECKED] * 2


def test_unknown_sub_filter() -> None:
    report = verify(signed_by_hand(documents.single_page(), sub_filter="/Nobody.knows"))
    assert problem(report.signatures[0], "structure").startswith("UnsupportedAlgorithm")


@pytest.mark.parametrize(
    "sub_filter", ["/adbe.pkcs7.detached", "/ETSI.CAdES.detached", "/GM.sm2cms.detached", "/GM.SM2"]
)
def test_contents_of_another_kind_than_the_names_say(sub_filter: str) -> None:
    data = signed_by_hand(documents.single_page(), sub_filter=sub_filter)
    assert statuses(data)["structure"] == "failed"
    report = verify(data, lenient=True)
    report.require()
    assert report.signatures[0].variants[-1] == f"under the SubFilter {sub_filter[1:]} stands seal-signature"


@pytest.mark.parametrize("sub_filter", ["/ETSI.RFC3161", "/adbe.x509.rsa_sha1", "/adbe.pkcs7.sha1"])
def test_what_is_no_seal_signature_even_leniently(sub_filter: str) -> None:
    report = verify(signed_by_hand(documents.single_page(), sub_filter=sub_filter), lenient=True)
    assert report.verdict is Verdict.INVALID


def test_message_with_its_content_inside_is_not_detached() -> None:
    person = samples.signer()
    signer = DigitalSigner(person.key, person.certificate, form=DigitalForm.DIGEST)
    data = sign_pdf(documents.single_page(), signer, time=samples.NOW)
    (found,) = verify(data.replace(b"/GM.sm2cms.detached", b"/adbe.pkcs7.detached")).signatures
    assert problem(found, "structure").startswith("content: ")


# ---- arguments and files --------------------------------------------------------------------
def test_arguments() -> None:
    for arguments in [(None, samples.trust()), ("%PDF-", samples.trust()), (sealed(), samples.signer_trust())]:
        with pytest.raises(InvalidTypeError):
            verify_pdf(*arguments)
    for options in [{"lenient": 1}, {"name": b""}, {"now": 5}]:
        with pytest.raises(InvalidTypeError):
            verify(sealed(), **options)
    with pytest.raises(InvalidInputError, match="time zone"):
        verify(sealed(), now=samples.NOW.replace(tzinfo=None))


@pytest.mark.parametrize(
    "data", [b"", b"%PDF-1.7", b"%PDF-1.7\n%%EOF", b"PK\x03\x04", b"%PDF-1.7\nstartxref\n9\n%%EOF"]
)
def test_no_pdf_file(data: bytes) -> None:
    with pytest.raises(DecodeError):
        verify(data)


def test_encrypted_file() -> None:
    with pytest.raises(UnsupportedAlgorithm, match="encrypted"):
        verify(documents.encrypted())


def test_file_that_is_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gmpki.seal.pdf._pyhanko.MAX_PDF_LEN", 1000)
    with pytest.raises(LimitExceeded):
        verify(sealed())


@cache
def signed_twice() -> bytes:
    return signed_again(sealed(streamed=True))


@given(st.data())
def test_damaged_files_have_a_report_or_an_error(data: Any) -> None:
    whole = signed_twice() if data.draw(st.booleans()) else sealed()
    damaged = bytearray(whole)
    places = [place for place in range(len(whole)) if whole[place : place + 8] != b"00000000"]
    for _ in range(data.draw(st.integers(1, 3))):
        damaged[data.draw(st.sampled_from(places))] = data.draw(st.integers(0, 255))
    try:
        report = verify(bytes(damaged))
    except GmpkiError:
        return
    # Digits of Contents are the same in capitals.
    assert report.verdict is not Verdict.VALID or damaged.upper() == whole.upper()


@given(st.data())
def test_no_update_by_chance_is_taken(data: Any) -> None:
    number = data.draw(st.sampled_from(sorted(objects_of(sealed()))))
    body = data.draw(
        st.sampled_from([b"null", b"[]", b"<< >>", b"(a)", b"1 0 R", b"<< /Type /Page >>", b"<< /Kids [1 0 R] >>"])
    )
    try:
        report = verify(updated(sealed(), {number: body}))
    except GmpkiError:
        return
    assert report.verdict is Verdict.INVALID
