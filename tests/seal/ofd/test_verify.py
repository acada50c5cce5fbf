"""Sealed OFD documents hold, and every way to change them is refused for its own reason."""

from __future__ import annotations

import base64
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from gmpki.algorithms import sm3
from gmpki.cms.report import CheckStatus
from gmpki.cms.trust import Trust
from gmpki.errors import DecodeError, SealError
from gmpki.seal import DigitalSigner, DocumentReport, Seal, SealState, SealStatus, SealTrust, Verdict
from gmpki.seal.ofd import OFDPackage, OFDSignatureReport, Stamp, StraddleStamp, sign_ofd, verify_ofd
from hostile import results
from seal import samples
from seal.forging import forge
from seal.ofd import papers
from seal.ofd.packages import changed, read, sealed

LIST = "Doc_0/Signs/Signatures.xml"
SIGN_0, SIGN_1 = "Doc_0/Signs/Sign_0/", "Doc_0/Signs/Sign_1/"
PAGE = "Doc_0/Pages/Page_0/Content.xml"


def verified(data: bytes, *, lenient: bool = False, **options: Any) -> DocumentReport:
    """Verify with the trust of the samples."""
    return verify_ofd(data, samples.trust(accept=samples.UNASKED, **options), lenient=lenient, name="paper.ofd")


def failures(report: DocumentReport, index: int = 0) -> dict[str, str]:
    """Return which checks of a signature failed, and the reason of each."""
    found = {}
    for check in report.signatures[index].checks:
        if check.status is CheckStatus.FAILED:
            assert check.error is not None
            found[check.name.value] = getattr(check.error, "reason", type(check.error).__name__)
    return found


# ---- what holds ---------------------------------------------------------------------------
@pytest.mark.parametrize(("signatures", "protect_all"), [(1, False), (1, True), (2, False), (3, True)])
def test_sealed_documents_are_valid(signatures: int, protect_all: bool) -> None:
    data = sealed(signatures, protect_all=protect_all)
    report = verified(data)
    report.require()
    assert report.verdict is Verdict.VALID
    assert (report.kind, report.name, report.digest) == ("ofd", "paper.ofd", sm3.digest(data))
    assert [one.index for one in report.signatures] == list(range(signatures))
    for number, one in enumerate(report.signatures):
        assert isinstance(one, OFDSignatureReport)
        assert one.name == f"/Doc_0/Signs/Sign_{number}/Signature.xml"
        assert all(reference.ok for reference in one.references)
        assert one.signer_certificate == samples.signer().certificate
        assert one.seal == samples.seal()
        assert [check.name for check in one.checks] == sorted(
            {c.name for c in one.checks}, key=list(type(one.checks[0].name)).index
        )
    last = report.signatures[-1]
    assert ("no further signature" in last.coverage) is protect_all
    assert (LIST in [reference.path[1:] for reference in last.references]) is protect_all


def test_places_of_a_straddle_seal() -> None:
    data = sign_ofd(papers.paper(2), papers.seal_signer(), [Stamp(2, 20, 30), StraddleStamp(80)], time=samples.NOW)
    places = verified(data).signatures[0].placements
    assert [(place.page, place.x_mm, place.y_mm, place.width_mm) for place in places] == [
        (2, 20, 30, 40),
        (1, 190, 80, 20),
        (2, 190, 80, 20),
    ]


def test_a_signature_without_a_seal() -> None:
    who = samples.signer()
    data = sign_ofd(papers.paper(), DigitalSigner(who.key, who.certificate), time=samples.NOW)
    report = verified(data)
    assert report.verdict is Verdict.VALID
    assert report.signatures[0].kind == "signature"
    assert {check.name.value for check in report.signatures[0].checks} >= {
        "references",
        "coverage",
        "changes",
        "digest",
    }
    assert failures(verified(changed(data, {PAGE: b"<Page/>"}))) == {"references": "changed"}


def test_a_time_stamp_counts() -> None:
    data = sign_ofd(papers.paper(), papers.seal_signer(timestamp=samples.timestamp), time=samples.NOW)
    assert verified(data).signatures[0].signed_at == samples.NOW


def test_what_was_not_checked_leaves_it_incomplete() -> None:
    report = verify_ofd(sealed(), samples.trust())
    assert report.verdict is Verdict.INCOMPLETE
    with pytest.raises(SealError, match="seal-status"):
        report.require()


def test_without_signatures_nothing_is_valid() -> None:
    report = verified(papers.paper())
    assert report.verdict is Verdict.INVALID
    with pytest.raises(SealError) as caught:
        report.require()
    assert caught.value.reason == "not-signed"


# ---- files that changed -------------------------------------------------------------------
PROTECTED = [*sorted(OFDPackage.from_bytes(papers.paper(2)).names), SIGN_0 + "Seal.esl"]
PICTURE = next(name for name in PROTECTED if name.endswith(".png"))


@pytest.mark.parametrize("name", PROTECTED)
def test_one_byte_of_every_protected_file(name: str) -> None:
    content = bytearray(read(sealed(), name))
    content[-1] ^= 1
    report = _verified_or_unreadable(changed(sealed(), {name: bytes(content)}))
    if report is None:  # OFD.xml and what it leads to are read before anything is verified
        assert name == "OFD.xml"
        return
    found = failures(report)
    assert found.pop("references") == "changed"
    assert f"changed: /{name}" in report.signatures[0].check("references").detail
    assert found == ({"seal-copy": "other-seal"} if name.endswith("Seal.esl") else {})
    assert report.verdict is Verdict.INVALID


def _verified_or_unreadable(data: bytes) -> DocumentReport | None:
    try:
        return verified(data)
    except DecodeError:
        return None


@pytest.mark.parametrize("name", [PAGE, PICTURE, "Doc_0/PublicRes.xml"])
def test_a_file_that_was_taken_away(name: str) -> None:
    report = verified(changed(sealed(), {name: None}))
    assert failures(report) == {"references": "missing"}
    assert f"missing: /{name}" in report.signatures[0].check("references").detail


def test_a_file_that_is_damaged() -> None:
    """Its data no longer fit its CRC: nobody can read it."""
    data = bytearray(sealed())
    data[data.index(PICTURE.encode()) + len(PICTURE) + 20] ^= 1
    report = verified(bytes(data))
    assert failures(report) == {"references": "damaged"}
    assert f"damaged: /{PICTURE}" in report.signatures[0].check("references").detail


def test_more_than_one_file_is_named() -> None:
    report = verified(changed(sealed(), {PAGE: b"<x/>", "Doc_0/PublicRes.xml": None}))
    said = report.signatures[0].check("references").detail
    assert f"changed: /{PAGE}" in said
    assert "missing: /Doc_0/PublicRes.xml" in said


# ---- the description and the value --------------------------------------------------------
def redescribed(old: bytes, new: bytes, data: bytes | None = None) -> DocumentReport:
    """Change the description of the first signature."""
    data = sealed() if data is None else data
    text = read(data, SIGN_0 + "Signature.xml")
    assert old in text
    return verified(changed(data, {SIGN_0 + "Signature.xml": text.replace(old, new)}))


def test_a_digest_that_was_made_to_fit() -> None:
    page = b'<ofd:Page xmlns:ofd="http://www.ofdspec.org/2016"/>'
    old, new = (base64.b64encode(sm3.digest(content)) for content in (read(sealed(), PAGE), page))
    text = read(sealed(), SIGN_0 + "Signature.xml").replace(old, new)
    report = verified(changed(sealed(), {PAGE: page, SIGN_0 + "Signature.xml": text}))
    assert failures(report) == {"digest": "changed"}


def test_a_reference_that_was_removed() -> None:
    text = read(sealed(), SIGN_0 + "Signature.xml")
    start = text.index(b'<ofd:Reference FileRef="/Doc_0/Pages/Page_0')
    end = text.index(b"</ofd:Reference>", start) + len(b"</ofd:Reference>")
    report = verified(changed(sealed(), {SIGN_0 + "Signature.xml": text[:start] + text[end:], PAGE: b"<x/>"}))
    assert failures(report) == {"coverage": "not-covered", "digest": "changed"}
    assert f"/{PAGE}" in report.signatures[0].check("coverage").detail


@pytest.mark.parametrize(
    ("old", "new"),
    [(b"PageRef=", b"Pageref="), (b"20 100", b"21 100"), (b"1.501", b"1.301"), (b"gmpki", b"other")],
    ids=["page", "place", "method", "program"],
)
def test_anything_else_in_the_description(old: bytes, new: bytes) -> None:
    assert failures(redescribed(old, new))["digest"] == "changed"


def test_a_seal_from_another_document() -> None:
    other = sign_ofd(papers.paper(1), papers.seal_signer(), Stamp(1, 5, 5), time=samples.NOW)
    value = read(other, SIGN_0 + "SignedValue.dat")
    report = verified(changed(sealed(), {SIGN_0 + "SignedValue.dat": value}))
    assert failures(report) == {"digest": "changed"}


def test_another_seal_beside_the_signature() -> None:
    report = verified(changed(sealed(), {SIGN_0 + "Seal.esl": samples.new_seal(seal_id="other").der}))
    assert failures(report) == {"references": "changed", "seal-copy": "other-seal"}


def test_a_value_with_a_changed_byte() -> None:
    value = bytearray(read(sealed(), SIGN_0 + "SignedValue.dat"))
    value[-1] ^= 1
    report = verified(changed(sealed(), {SIGN_0 + "SignedValue.dat": bytes(value)}))
    assert failures(report) == {"signature": "InvalidSignature"}


@pytest.mark.parametrize("value", [None, b"", b"0", b"text", b"\x30\x80", b"\x30\x03\x02\x01\x00", bytes(500)])
def test_values_that_are_none(value: bytes | None) -> None:
    for lenient in (False, True):
        report = verified(changed(sealed(), {SIGN_0 + "SignedValue.dat": value}), lenient=lenient)
        assert "structure" in failures(report)
        assert report.verdict is Verdict.INVALID


@pytest.mark.parametrize("text", [None, b"", b"<x/>", b"<!DOCTYPE x><x/>"])
def test_descriptions_that_are_none(text: bytes | None) -> None:
    report = verified(changed(sealed(2), {SIGN_0 + "Signature.xml": text}))
    assert "structure" in failures(report)
    assert failures(report, 1) == {"references": "missing" if text is None else "changed"}


def test_a_description_that_the_list_does_not_find() -> None:
    text = read(sealed(), LIST).replace(b"Sign_0", b"Sign_9")
    report = verified(changed(sealed(), {LIST: text}))
    assert "structure" in failures(report)


# ---- who signed, and with which seal ------------------------------------------------------
def forged(seal: Seal, person: samples.Person, **options: Any) -> DocumentReport:
    """Put another signature over the same description into the document."""
    digest = sm3.digest(read(sealed(), SIGN_0 + "Signature.xml"))
    value = forge(seal, person, digest=digest, **options)
    return verified(changed(sealed(), {SIGN_0 + "SignedValue.dat": value}))


def test_what_is_forged_below_is_otherwise_in_order() -> None:
    assert failures(forged(samples.seal(), samples.signer())) == {}


def test_a_signer_whom_the_seal_does_not_list() -> None:
    assert failures(forged(samples.seal(), samples.other_signer())) == {"signer-listed": "signer-not-listed"}


def test_a_seal_of_another_maker() -> None:
    other = samples.new_seal(by=samples.other_maker())
    found = failures(forged(other, samples.signer()))
    assert set(found) == {"seal-copy", "maker-chain"}


@pytest.mark.parametrize("days", [-400, 800])
def test_a_time_outside_of_the_seal(days: int) -> None:
    found = failures(forged(samples.seal(), samples.signer(), time=samples.NOW + days * samples.DAY))
    assert found["seal-validity" if days < 0 else "time"]


class _Stopped:
    """Keeps account of one seal, which is stopped."""

    def status(self, seal: Seal, *, at: datetime | None = None) -> SealStatus:
        """Return that it is stopped."""
        del seal, at
        return SealStatus(SealState.STOPPED, samples.NOW - samples.DAY)


def test_a_seal_that_was_stopped() -> None:
    assert set(failures(verified(sealed(), statuses=_Stopped()))) == {"seal-status"}


def test_nobody_is_trusted_by_himself() -> None:
    trust = SealTrust(Trust([samples.maker_root().certificate], at=samples.NOW), accept=samples.UNASKED)
    assert "signer-chain" in failures(verify_ofd(sealed(), trust))
    trust = SealTrust(samples.signer_trust(), Trust([samples.root().certificate]), accept=samples.UNASKED)
    assert "maker-chain" in failures(verify_ofd(sealed(), trust, now=samples.NOW))


def test_before_the_seal_was_valid() -> None:
    early = samples.NOW - 400 * samples.DAY
    assert {"time", "signer-chain"} & set(failures(verified(sealed(), at=early)))


# ---- what came afterwards -----------------------------------------------------------------
def test_later_signatures_are_told_apart() -> None:
    report = verified(sealed(2))
    assert "Sign_1/Signature.xml" in report.signatures[0].check("changes").detail
    assert report.signatures[1].check("changes").detail == ""


def test_a_list_that_is_protected_cannot_grow() -> None:
    data = changed(sealed(1, protect_all=True), {LIST: read(sealed(2), LIST)})
    data = changed(
        data,
        {SIGN_1 + name: read(sealed(2), SIGN_1 + name) for name in ("Signature.xml", "SignedValue.dat", "Seal.esl")},
    )
    report = verified(data)
    assert failures(report) == {"references": "changed"}
    assert LIST in report.signatures[0].check("references").detail


def test_a_file_that_nobody_accounts_for() -> None:
    report = verified(changed(sealed(2), {"Doc_0/evil.bin": b"evil"}))
    for index in range(2):
        assert failures(report, index) == {"changes": "addition"}
    assert "/Doc_0/evil.bin" in report.signatures[0].check("changes").detail


def test_a_file_that_the_document_names_and_that_was_not_there() -> None:
    """A document names a list of annotations that does not exist; who adds it draws on sealed pages."""
    text = read(papers.paper(), "Doc_0/Document.xml")
    named = text.replace(
        b"</ofd:Document>", b"<ofd:Annotations>Annots/Annotations.xml</ofd:Annotations></ofd:Document>"
    )
    data = sign_ofd(changed(papers.paper(), {"Doc_0/Document.xml": named}), papers.seal_signer(), time=samples.NOW)
    assert verified(data).verdict is Verdict.VALID
    report = verified(changed(data, {"Doc_0/Annots/Annotations.xml": b"<Annotations/>"}))
    assert failures(report) == {"coverage": "not-covered"}
    assert "/Doc_0/Annots/Annotations.xml" in report.signatures[0].check("coverage").detail


@pytest.mark.parametrize(
    "spelling",
    [
        "Annots/Annotations.xml",
        "./Annots/Annotations.xml",
        "/Doc_0/Annots/Annotations.xml",
        "Annots/&#65;nnotations.xml",
    ],
)
def test_such_a_file_is_no_part_of_a_later_signature_either(spelling: str) -> None:
    """Who names the missing file as the value of a signature of his own does not get it past."""
    text = read(papers.paper(), "Doc_0/Document.xml").decode()
    named = text.replace("</ofd:Document>", f"<ofd:Annotations>{spelling}</ofd:Annotations></ofd:Document>")
    data = changed(papers.paper(), {"Doc_0/Document.xml": named.encode()})
    data = sign_ofd(data, papers.seal_signer(), Stamp(1, 20, 20), time=samples.NOW)
    listed = read(data, LIST).replace(
        b"</ofd:Signatures>",
        b'<ofd:Signature ID="s9" Type="Seal" BaseLoc="/Doc_0/Signs/Sign_9/Signature.xml"/></ofd:Signatures>',
    )
    own = read(data, SIGN_0 + "Signature.xml").replace(
        b"/Doc_0/Signs/Sign_0/SignedValue.dat", b"/Doc_0/Annots/Annotations.xml"
    )
    added: dict[str, bytes | None] = {
        LIST: listed,
        "Doc_0/Signs/Sign_9/Signature.xml": own,
        "Doc_0/Annots/Annotations.xml": b"<Annotations/>",
    }
    report = verified(changed(data, added))
    assert failures(report) == {"coverage": "not-covered"}


def test_a_resource_in_the_folder_of_resources() -> None:
    resources = (
        b'<ofd:Res xmlns:ofd="http://www.ofdspec.org/2016" BaseLoc="Res"><ofd:MultiMedias><ofd:MultiMedia ID="90" '
    )
    resources += b'Type="Image"><ofd:MediaFile>late.png</ofd:MediaFile></ofd:MultiMedia></ofd:MultiMedias></ofd:Res>'
    data = changed(papers.paper(), {"Doc_0/PublicRes.xml": resources})
    data = sign_ofd(data, papers.seal_signer(), time=samples.NOW)
    assert failures(verified(changed(data, {"Doc_0/Res/late.png": samples.png()}))) == {"coverage": "not-covered"}


def test_another_entry_to_the_package() -> None:
    """OFD.xml names another document than the one that was signed."""
    text = read(sealed(), "OFD.xml").replace(b"Doc_0/Document.xml", b"Doc_1/Document.xml")
    moved: dict[str, bytes | None] = {"OFD.xml": text, "Doc_1/Document.xml": read(sealed(), "Doc_0/Document.xml")}
    assert failures(verified(changed(sealed(), moved)))["references"] == "changed"


def test_a_second_signature_that_was_removed() -> None:
    data = sealed(2)
    listed = read(data, LIST)
    start = listed.index(b"<ofd:Signature ID", listed.index(b"Sign_0"))
    end = listed.index(b"/>", start) + 2
    stripped = listed[:start] + listed[end:]
    # What it left behind shows it.
    report = verified(changed(data, {LIST: stripped}))
    assert failures(report) == {"changes": "addition"}
    # Taken away with all its files, it shows in the numbers that were given away; nothing in the first signature does.
    rest: dict[str, bytes | None] = {SIGN_1 + name: None for name in ("Signature.xml", "SignedValue.dat", "Seal.esl")}
    report = verified(changed(data, rest | {LIST: stripped}))
    assert failures(report) == {}
    assert report.verdict is Verdict.INCOMPLETE
    assert [check.name.value for check in report.checks if check.status is CheckStatus.NOT_CHECKED] == ["changes"]
    assert (
        verify_ofd(changed(data, rest | {LIST: stripped}), samples.trust(accept=samples.UNASKED | {"changes"})).verdict
        is Verdict.VALID
    )


def test_the_first_of_two_signatures_that_was_removed() -> None:
    rest: dict[str, bytes | None] = {SIGN_0 + name: None for name in ("Signature.xml", "SignedValue.dat", "Seal.esl")}
    listed = read(sealed(2), LIST)
    start = listed.index(b"<ofd:Signature ID")
    text = listed[:start] + listed[listed.index(b"/>", start) + 2 :]
    assert failures(verified(changed(sealed(2), rest | {LIST: text}))) == {"references": "missing"}


# ---- forms of the field -------------------------------------------------------------------
@pytest.mark.parametrize(
    ("method", "strict", "lenient"),
    [
        ("1.2.156.10197.1.401", "valid", "valid"),
        ("sm3", "valid", "valid"),
        ("1.2.156.10197.1.401.2", "valid", "valid"),
        ("", "valid", "valid"),
        ("MD5", "weak-hash", "weak-hash"),
        ("SHA1", "weak-hash", "weak-hash"),
        ("sha256", "changed", "changed"),
        ("rot13", "UnsupportedAlgorithm", "UnsupportedAlgorithm"),
    ],
)
def test_how_the_hash_is_named(method: str, strict: str, lenient: str) -> None:
    for reading, expected in ((False, strict), (True, lenient)):
        text = read(sealed(), SIGN_0 + "Signature.xml")
        start = text.index(b'CheckMethod="') + len(b'CheckMethod="')
        text = text[:start] + method.encode() + text[text.index(b'"', start) :]
        report = verified(changed(sealed(), {SIGN_0 + "Signature.xml": text}), lenient=reading)
        assert failures(report).get("references", "valid") == expected


def test_the_copy_of_the_seal_may_be_left_out() -> None:
    """The description names it, and it is neither there nor protected."""
    data = changed(sealed(), {SIGN_0 + "Seal.esl": None})
    report = verified(data)
    assert failures(report) == {"references": "missing"}
    assert report.signatures[0].check("seal-copy").status is CheckStatus.PASSED
    assert any("Seal.esl" in variant for variant in report.signatures[0].variants)


def test_a_type_that_is_not_true() -> None:
    text = read(sealed(), LIST).replace(b'Type="Seal"', b'Type="Sign"')
    report = verified(changed(sealed(), {LIST: text}))
    assert report.signatures[0].kind == "seal"
    assert any("Sign" in variant for variant in report.signatures[0].variants)


# ---- outside documents --------------------------------------------------------------------
SIGNATURES_ALONE = frozenset(
    {"signer-chain", "signer-revocation", "maker-chain", "maker-revocation", "seal-status", "time-stamp"}
)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("V4RideRight", [("valid", 9, {})]),
        ("allprotected", [("valid", 6, {})]),
        ("h", [("invalid", 9, {"references": "changed"}), ("valid", 11, {})]),
        ("DigitalSign", [("incomplete", 4, {})]),
    ],
)
def test_outside_documents(test_data: Path, name: str, expected: list[tuple[str, int, dict[str, str]]]) -> None:
    data = (test_data / "seals" / f"{name}.ofd").read_bytes()
    trust = SealTrust(Trust.signature_only(), accept=SIGNATURES_ALONE)
    report = verify_ofd(data, trust, lenient=name == "DigitalSign")
    found = []
    for index, one in enumerate(report.signatures):
        assert isinstance(one, OFDSignatureReport)
        found.append((one.verdict(SIGNATURES_ALONE).value, len(one.references), failures(report, index)))
        if one.kind == "seal":
            assert one.layout == "GB/T 38540-2020"
            assert one.check("seal-signature").status is CheckStatus.PASSED
    assert found == expected


def test_a_bare_signature_is_refused_by_strict_reading(test_data: Path) -> None:
    data = (test_data / "seals" / "DigitalSign.ofd").read_bytes()
    assert set(failures(verify_ofd(data, SealTrust(Trust.signature_only())))) == {"structure"}


# ---- anything at all ----------------------------------------------------------------------
def test_any_arguments() -> None:
    assert list(results(verify_ofd, (sealed(), samples.trust()))) == []
    for result in results(lambda name: verify_ofd(sealed(), samples.trust(), name=name), ("paper",)):
        assert isinstance(result, DocumentReport)


def test_many_pages_take_little_time_beside_cryptography() -> None:
    data = sign_ofd(papers.paper(100), papers.seal_signer(), StraddleStamp(80), time=samples.NOW)
    begin = time.perf_counter()
    assert verified(data).verdict is Verdict.VALID
    assert time.perf_counter() - begin < 1
