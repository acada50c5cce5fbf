"""Attacks on sealed OFD documents: what a forger makes readers show, and what the verification says of it."""

from __future__ import annotations

import base64
import hashlib
import io
import time

import pytest
from PIL import Image

from gmpki.algorithms import sm3
from gmpki.algorithms.policy import DEFAULT_POLICY
from gmpki.cms.report import CheckStatus
from gmpki.errors import DecodeError, LimitExceeded
from gmpki.seal import DigitalSigner, DocumentReport, SealPicture, Verdict
from gmpki.seal.ofd import OFDPackage, Stamp, sign_ofd, verify_ofd
from gmpki.seal.ofd.pictures import picture_png
from gmpki.seal.ofd.xml import parse
from gmpki.x509.signatures import SignaturePolicy
from seal import samples
from seal.forging import forge
from seal.ofd import papers
from seal.ofd.packages import OFD, Raw, archive, changed, read, sealed

LIST = "Doc_0/Signs/Signatures.xml"
SIGN_0, SIGN_1 = "Doc_0/Signs/Sign_0/", "Doc_0/Signs/Sign_1/"
PAGE = "Doc_0/Pages/Page_0/Content.xml"


def verified(data: bytes, *, lenient: bool = False) -> DocumentReport:
    """Verify with the trust of the samples."""
    return verify_ofd(data, samples.trust(accept=samples.UNASKED), lenient=lenient)


def failures(report: DocumentReport, index: int = 0) -> dict[str, str]:
    """Return which checks of a signature failed, and the reason of each."""
    checks = report.signatures[index].checks
    return {
        check.name.value: getattr(check.error, "reason", type(check.error).__name__)
        for check in checks
        if check.status is CheckStatus.FAILED
    }


def message(description: bytes) -> bytes:
    """Return what somebody without a seal, whom everybody trusts, signs of a description."""
    who = samples.other_signer()
    signer = DigitalSigner(who.key, who.certificate, clock=lambda: samples.NOW)
    return signer.sign_document(sm3.digest(description), "/" + SIGN_0 + "Signature.xml")


# ---- seals that nobody signed with --------------------------------------------------------
@pytest.mark.parametrize("kind", ["Seal", "Sign"])
def test_a_seal_that_is_shown_beside_the_signature_of_somebody_else(kind: str) -> None:
    """Everybody has the seal from a document of its owner; a reader shows it, whoever signed."""
    text = read(sealed(), SIGN_0 + "Signature.xml")
    listed = read(sealed(), LIST).replace(b'Type="Seal"', b'Type="%b"' % kind.encode())
    data = changed(sealed(), {SIGN_0 + "SignedValue.dat": message(text), LIST: listed})
    report = verified(data)
    assert report.signatures[0].kind == "signature"
    assert failures(report) == {"coverage": "shown-seal"}
    assert verified(data, lenient=True).verdict is Verdict.INCOMPLETE


@pytest.mark.parametrize("lenient", [False, True])
def test_a_page_that_is_called_the_copy_of_the_seal(lenient: bool) -> None:
    """Who signs himself wants to change the page afterwards, and calls it the copy of a seal, which needs no digest."""
    text = read(sealed(), SIGN_0 + "Signature.xml")
    start = text.index(b'<ofd:Reference FileRef="/Doc_0/Pages/Page_0')
    end = text.index(b"</ofd:Reference>", start) + len(b"</ofd:Reference>")
    text = (text[:start] + text[end:]).replace(
        f"<ofd:BaseLoc>/{SIGN_0}Seal.esl".encode(), f"<ofd:BaseLoc>/{PAGE}".encode()
    )
    files: dict[str, bytes | None] = {SIGN_0 + "Signature.xml": text, SIGN_0 + "SignedValue.dat": message(text)}
    report = verified(changed(sealed(), files), lenient=lenient)
    assert failures(report) == {"coverage": "not-covered"}
    assert f"/{PAGE}" in report.signatures[0].check("coverage").detail


# ---- one signature in two places ----------------------------------------------------------
def test_two_signatures_of_one_value() -> None:
    text = read(sealed(2), SIGN_1 + "Signature.xml").replace(b"Sign_1/SignedValue", b"Sign_0/SignedValue")
    report = verified(changed(sealed(2), {SIGN_1 + "Signature.xml": text}))
    assert failures(report, 1)["structure"] == "DecodeError"


def test_a_signature_in_the_lists_of_two_documents() -> None:
    with_lists = read(sealed(), "OFD.xml")
    start, end = with_lists.index(b"<ofd:DocBody>"), with_lists.index(b"</ofd:DocBody>") + len(b"</ofd:DocBody>")
    other = with_lists[start:end].replace(b"Doc_0/Document", b"Doc_1/Document").replace(b"Doc_0/Signs", b"Doc_1/Signs")
    files: dict[str, bytes | None] = {
        "OFD.xml": with_lists[:end] + other + with_lists[end:],
        "Doc_1/Document.xml": read(sealed(), "Doc_0/Document.xml"),
        "Doc_1/Signs/Signatures.xml": read(sealed(), LIST),
    }
    with pytest.raises(DecodeError, match="two lists"):
        verified(changed(sealed(), files))


@pytest.mark.parametrize("moves", [False, True], ids=["the line", "the description too"])
def test_a_signature_that_is_moved_to_another_document(moves: bool) -> None:
    """Both documents of a package are sealed as one; whoever moves the line in the lists moves the seal."""
    plain = papers.paper()
    entry = read(plain, "OFD.xml")
    start, end = entry.index(b"<ofd:DocBody>"), entry.index(b"</ofd:DocBody>") + len(b"</ofd:DocBody>")
    first = entry[start:end].replace(
        b"</ofd:DocBody>", b"<ofd:Signatures>/Doc_0/Signs/Signatures.xml</ofd:Signatures></ofd:DocBody>"
    )
    both = entry[:start] + first + first.replace(b"Doc_0", b"Doc_1") + entry[end:]
    empty = b'<ofd:Signatures xmlns:ofd="http://www.ofdspec.org/2016"/>'
    files: dict[str, bytes | None] = {"OFD.xml": both, LIST: empty, LIST.replace("Doc_0", "Doc_1"): empty}
    for name in OFDPackage.from_bytes(plain).names:
        if name.startswith("Doc_0/"):
            files[name.replace("Doc_0/", "Doc_1/")] = read(plain, name)
    data = sign_ofd(changed(plain, files), papers.seal_signer(), Stamp(1, 20, 20), time=samples.NOW)
    assert failures(verified(data)) == {}
    listed = read(data, LIST)
    moved: dict[str, bytes | None] = {LIST: empty, LIST.replace("Doc_0", "Doc_1"): listed}
    if moves:
        there = SIGN_0.replace("Doc_0", "Doc_1") + "Signature.xml"
        moved |= {there: read(data, SIGN_0 + "Signature.xml"), SIGN_0 + "Signature.xml": None}
        moved[LIST.replace("Doc_0", "Doc_1")] = listed.replace(b"Doc_0", b"Doc_1")
    assert failures(verified(changed(data, moved))) == {"changes": "moved"}


# ---- names that readers take for one another ----------------------------------------------
@pytest.mark.parametrize(
    "spelling",
    ["annots/annotations.XML", "Annots\\Annotations.xml", "Annots/%41nnotations.xml", "Annots//Annotations.xml"],
)
def test_a_missing_file_by_a_name_that_some_readers_bend(spelling: str) -> None:
    """The document names a file that is not there; who signs after brings one that some readers take for it."""
    text = read(papers.paper(), "Doc_0/Document.xml").decode()
    named = text.replace("</ofd:Document>", f"<ofd:CustomTags>{spelling}</ofd:CustomTags></ofd:Document>")
    data = changed(papers.paper(), {"Doc_0/Document.xml": named.encode()})
    data = sign_ofd(data, papers.seal_signer(), Stamp(1, 20, 20), time=samples.NOW)
    data = changed(data, {"Doc_0/Annots/Annotations.xml": b"<Annotations/>"})
    later = sign_ofd(data, papers.seal_signer(), Stamp(1, 80, 20), time=samples.NOW)
    assert failures(verified(later)) == {"coverage": "not-covered"}


def test_a_part_of_the_document_whose_name_does_not_end_in_xml() -> None:
    """A page of any name refers to resources; they come with a later signature."""
    page = read(papers.paper(), PAGE)
    start = page.index(b">", page.index(b"<ofd:Page")) + 1
    page = page[:start] + b"<ofd:PageRes>late.xml</ofd:PageRes>" + page[start:]
    named = read(papers.paper(), "Doc_0/Document.xml").replace(b"Page_0/Content.xml", b"Page_0/Content")
    files: dict[str, bytes | None] = {"Doc_0/Document.xml": named, PAGE: None, PAGE.removesuffix(".xml"): page}
    data = sign_ofd(changed(papers.paper(), files), papers.seal_signer(), time=samples.NOW)
    data = changed(data, {"Doc_0/Pages/Page_0/late.xml": b"<Res/>"})
    later = sign_ofd(data, papers.seal_signer(), time=samples.NOW)
    assert failures(verified(later)) == {"coverage": "not-covered"}


def test_a_list_of_signatures_that_is_something_else_as_well() -> None:
    """No signature protects the list; so it must not be anything that is shown."""
    named = read(papers.paper(), "Doc_0/Document.xml").replace(
        b"</ofd:Document>", b"<ofd:Annotations>/Doc_0/Signs/Signatures.xml</ofd:Annotations></ofd:Document>"
    )
    data = changed(papers.paper(), {"Doc_0/Document.xml": named})
    data = sign_ofd(data, papers.seal_signer(), Stamp(1, 20, 20), time=samples.NOW)
    assert failures(verified(data)) == {"coverage": "not-covered"}


# ---- containers ---------------------------------------------------------------------------
@pytest.mark.parametrize("between", [b" " * 300, b"\n" * 5000], ids=["spaces", "lines"])
def test_another_encoding_behind_much_white_space(between: bytes) -> None:
    with pytest.raises(DecodeError, match="UTF-8"):
        parse(b'<?xml version="1.0"' + between + b'encoding="GBK"?><OFD/>')


def test_a_stored_member_whose_length_is_told_behind_it() -> None:
    """A reader that goes from the front has to guess where such a member ends."""
    stored = Raw(b"a.bin", b"PK\7\x08 is the mark of what follows", method=0)
    from seal.ofd.packages import streamed

    OFDPackage.from_bytes(archive(OFD, streamed(Raw(b"a.bin", b"content"))))
    with pytest.raises(DecodeError, match="stored"):
        OFDPackage.from_bytes(archive(OFD, streamed(stored)))


@pytest.mark.once
def test_extra_fields_take_time_by_their_length_alone() -> None:
    extra = b"\xff\xff" + (60_000).to_bytes(2, "little") + bytes(60_000)
    members = [Raw(b"a%d" % number, b"", method=0, extra=extra) for number in range(300)]
    data = archive(OFD, *members)
    begin = time.perf_counter()
    OFDPackage.from_bytes(data)
    assert time.perf_counter() - begin < 1.5


def test_digests_are_compared_as_they_stand() -> None:
    """A digest that is cut short is that of no file."""
    digest = base64.b64encode(sm3.digest(read(sealed(), PAGE)))
    cut = base64.b64encode(sm3.digest(read(sealed(), PAGE))[:1])
    text = read(sealed(), SIGN_0 + "Signature.xml").replace(digest, cut)
    assert failures(verified(changed(sealed(), {SIGN_0 + "Signature.xml": text})))["references"] == "changed"


# ---- weak hashes --------------------------------------------------------------------------
def test_weak_hashes_of_files_are_taken_where_the_policy_allows_them_alone() -> None:
    """Lenient reading is about form; who prepares a document can make two files of one MD5."""
    text = read(sealed(), SIGN_0 + "Signature.xml").replace(b'CheckMethod="1.2.156.10197.1.401"', b'CheckMethod="MD5"')
    for name in OFDPackage.from_bytes(sealed()).names:
        content = read(sealed(), name)
        broken = base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest())
        text = text.replace(base64.b64encode(sm3.digest(content)), broken)
    who = samples.signer()
    value = forge(samples.seal(), who, digest=sm3.digest(text))
    data = changed(sealed(), {SIGN_0 + "Signature.xml": text, SIGN_0 + "SignedValue.dat": value})
    assert failures(verified(data, lenient=True)) == {"references": "weak-hash"}
    policy = SignaturePolicy(algorithms=DEFAULT_POLICY.allowing("md5"))
    trust = samples.trust(signers=samples.signer_trust(signatures=policy), accept=samples.UNASKED)
    report = verify_ofd(data, trust)
    assert failures(report) == {}
    assert any("md5" in variant for variant in report.signatures[0].variants)


def test_pictures_of_seals_are_not_unpacked_beyond_what_seals_have() -> None:
    """A document brings as many seals as it likes, each of few bytes."""
    stream = io.BytesIO()
    Image.new("1", (6001, 6001)).save(stream, "PNG")
    assert len(stream.getvalue()) < 10_000
    with pytest.raises(LimitExceeded, match="36000000"):
        picture_png(SealPicture("PNG", stream.getvalue(), 40, 40))
