"""OFD documents sealed: what is protected, what stays as it is, several signatures, two modes, and what is refused."""

from __future__ import annotations

import base64
import zipfile
from datetime import datetime, timezone
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from gmpki.algorithms import sm3
from gmpki.errors import DecodeError, InvalidInputError, LimitExceeded, SealError
from gmpki.seal.digital import DigitalForm, DigitalSigner
from gmpki.seal.layouts import SealLayout
from gmpki.seal.ofd.package import OFDPackage, PackageLimits, build_package
from gmpki.seal.ofd.signatures import Provider, SignatureFile, signature_lists
from gmpki.seal.ofd.signing import sign_ofd
from gmpki.seal.ofd.stamps import Stamp, StraddleStamp
from gmpki.seal.ofd.verify import verify_ofd
from gmpki.seal.report import DocumentReport, SealCheck
from gmpki.seal.signature import SealSignature
from seal import samples
from seal.ofd import papers

LIST = "Doc_0/Signs/Signatures.xml"
FIRST, SECOND = (f"Doc_0/Signs/Sign_{number}/Signature.xml" for number in (0, 1))


def sealed(data: bytes | None = None, **options: Any) -> bytes:
    """Return a document with a seal on its first page."""
    said: dict[str, Any] = {"stamps": Stamp(1, 120, 200), "time": samples.NOW} | options
    signer = said.pop("signer", None) or papers.seal_signer()
    return sign_ofd(papers.paper() if data is None else data, signer, **said)


def verified(data: bytes) -> DocumentReport:
    return verify_ofd(data, samples.trust(accept=samples.UNASKED), now=samples.NOW)


def described(data: bytes, path: str = FIRST) -> SignatureFile:
    return SignatureFile.parse(OFDPackage.from_bytes(data), path)


def failed(report: DocumentReport) -> list[list[str]]:
    """Return the names of the checks that failed, for each signature."""
    return [[one.name.value for one in found.checks if one.status.value == "failed"] for found in report.signatures]


# ---- one signature ------------------------------------------------------------------------
def test_a_sealed_document_is_valid() -> None:
    report = verified(sealed())
    report.require()
    (only,) = report.signatures
    assert (only.kind, only.name, only.layout) == ("seal", f"/{FIRST}", SealLayout.GBT38540.value)
    assert only.seal is not None
    assert only.seal.der == samples.seal().der
    (place,) = only.placements
    assert (place.page, place.x_mm, place.y_mm, place.width_mm, place.height_mm) == (1, 120, 200, 40, 40)


def test_the_seal_signs_the_description_and_its_path() -> None:
    data = sealed()
    package, one = OFDPackage.from_bytes(data), described(data)
    signature = SealSignature.from_der(package.read(one.signed_value))
    assert signature.data_hash == sm3.digest(package.read(FIRST))
    assert signature.property_info == f"/{FIRST}"
    assert package.read(str(one.seal)) == samples.seal().der


def test_every_file_is_protected_but_the_list_and_the_signature_itself() -> None:
    data = sealed()
    package, one = OFDPackage.from_bytes(data), described(data)
    assert {reference.path for reference in one.references} == set(package.names) - {LIST, FIRST, one.signed_value}
    assert one.check_method == "1.2.156.10197.1.401"
    for reference in one.references:
        assert reference.digest == sm3.digest(package.read(reference.path))


def test_files_of_the_document_keep_their_bytes() -> None:
    before, after = zipfile.ZipFile(BytesIO(papers.paper())), zipfile.ZipFile(BytesIO(sealed()))
    kept = [name for name in before.namelist() if name != "OFD.xml"]
    assert [name for name in after.namelist() if name in kept] == kept
    raw = {archive: archive.fp.getvalue() for archive in (before, after)}  # type: ignore[union-attr]
    for name in kept:
        old, new = before.getinfo(name), after.getinfo(name)
        size = 30 + len(name) + old.compress_size
        assert raw[before][old.header_offset :][:size] == raw[after][new.header_offset :][:size]


def test_the_description_says_how_and_when() -> None:
    one = described(sealed(provider=Provider('"A" & B', "示例公司", "1.0")))
    assert (one.method, one.time_text) == ("1.2.156.10197.1.501", "20260301080000Z")
    assert (one.provider.name, one.provider.company, one.provider.version) == ('"A" & B', "示例公司", "1.0")
    assert described(sealed()).provider.name == "gmpki"


def test_only_the_signature_itself_differs_from_time_to_time() -> None:
    first, second = (OFDPackage.from_bytes(sealed()) for _ in range(2))
    value = described(sealed()).signed_value
    assert first.names == second.names
    assert [name for name in first.names if first.read(name) != second.read(name)] == [value]


def test_a_seal_of_the_older_layout_signs() -> None:
    report = verified(sealed(signer=papers.seal_signer(seal=samples.seal(SealLayout.GMT0031))))
    report.require()
    assert report.signatures[0].layout == SealLayout.GMT0031.value


def test_rsa_brings_its_own_hash() -> None:
    who = samples.signer(algorithm="rsa")
    signer = papers.seal_signer(seal=samples.seal(SealLayout.GMT0031), signer=who.key, certificate=who.certificate)
    data = sealed(signer=signer)
    one = described(data)
    assert (one.check_method, one.method) == ("2.16.840.1.101.3.4.2.1", "1.2.840.113549.1.1.11")
    assert failed(verified(data)) == [[]]


def test_a_time_stamp_comes_along() -> None:
    report = verified(sealed(signer=papers.seal_signer(timestamp=samples.timestamp)))
    assert report.signatures[0].check(SealCheck.TIME_STAMP).status.value == "passed"


@pytest.mark.parametrize("form", DigitalForm)
def test_a_signature_without_a_seal_shows_nothing(form: DigitalForm) -> None:
    who = samples.signer()
    signer = DigitalSigner(who.key, who.certificate, form=form, clock=lambda: samples.NOW)
    data = sealed(signer=signer, stamps=())
    package, one = OFDPackage.from_bytes(data), described(data)
    (entry,) = signature_lists(package)[0].entries
    assert (entry.type, one.seal, one.stamps) == ("Sign", None, ())
    assert failed(verified(data)) == [[]]
    assert verified(data).signatures[0].kind == "signature"


def test_a_seal_may_show_nowhere() -> None:
    data = sealed(stamps=())
    assert described(data).stamps == ()
    verified(data).require()


# ---- further signatures -------------------------------------------------------------------
def test_further_signatures_keep_the_earlier_ones_valid() -> None:
    data = papers.paper(2)
    for count in range(1, 4):
        data = sealed(data, stamps=Stamp(1, 10 * count, 10))
        report = verified(data)
        report.require()
        assert len(report.signatures) == count


def test_a_later_signature_protects_the_earlier_one() -> None:
    data = sealed(sealed())
    first, second = described(data), described(data, SECOND)
    assert {FIRST, first.signed_value, first.seal} <= {reference.path for reference in second.references}
    package = OFDPackage.from_bytes(data)
    spoilt = package.with_members({}, replaced={str(first.signed_value): b"\0"})
    assert "references" in failed(verified(spoilt))[1]


def test_signatures_and_stamps_are_numbered_in_one_row() -> None:
    data = sealed(sealed(stamps=[Stamp(1, 10, 10), Stamp(1, 60, 10)]))
    package = OFDPackage.from_bytes(data)
    (listed,) = signature_lists(package)
    assert [entry.id for entry in listed.entries] == ["s001", "s004"]
    assert [stamp.id for stamp in described(data).stamps] == ["s002", "s003"]
    assert [stamp.id for stamp in described(data, SECOND).stamps] == ["s005"]
    assert listed.max_sign_id == "s005"
    assert package.read(LIST).count(b"MaxSignId>") == 2


def test_numbers_of_others_are_not_used_again() -> None:
    package = OFDPackage.from_bytes(sealed())
    changed = package.read(LIST).replace(b">s002<", b">77<")
    data = sealed(package.with_members({}, replaced={LIST: changed}))
    assert [entry.id for entry in signature_lists(OFDPackage.from_bytes(data))[0].entries] == ["s001", "s078"]
    failed_ones = failed(verified(data))
    assert failed_ones == [[], []]


def test_folders_that_are_there_are_not_used_again() -> None:
    package = OFDPackage.from_bytes(papers.paper())
    data = package.with_members({"Doc_0/Signs/sign_0/Signature.xml": b"a", "Doc_0/Signs/Sign_1/inner/b": b"b"})
    assert "Doc_0/Signs/Sign_2/Signature.xml" in OFDPackage.from_bytes(sealed(data))


def test_what_makers_added_to_the_list_stays() -> None:
    package = OFDPackage.from_bytes(sealed())
    extended = package.read(LIST).replace(b"</ofd:Signatures>", b'<x:Note xmlns:x="urn:x">a</x:Note></ofd:Signatures>')
    data = sealed(package.with_members({}, replaced={LIST: extended}))
    assert b'<x:Note xmlns:x="urn:x">a</x:Note>' in OFDPackage.from_bytes(data).read(LIST)
    assert failed(verified(data)) == [[], []]


# ---- the mode that closes a document --------------------------------------------------------
def test_a_document_can_be_closed() -> None:
    data = sealed(sealed(), protect_all=True)
    verified(data).require()
    assert LIST in {reference.path for reference in described(data, SECOND).references}
    with pytest.raises(SealError, match="no further") as caught:
        sealed(data)
    assert caught.value.reason == "protected"


def test_the_first_signature_can_close_it() -> None:
    data = sealed(protect_all=True)
    verified(data).require()
    with pytest.raises(SealError, match=f"/{FIRST} protects /{LIST}"):
        sealed(data)


def two_documents() -> bytes:
    """Return a package with two documents."""
    package = OFDPackage.from_bytes(papers.paper())
    entry = package.read("OFD.xml")
    body = entry[entry.index(b"<ofd:DocBody>") : entry.index(b"</ofd:OFD>")]
    files = {name: package.read(name) for name in package.names}
    files["OFD.xml"] = entry.replace(body, body + body.replace(b"Doc_0", b"Doc_1"))
    files |= {name.replace("Doc_0", "Doc_1"): data for name, data in files.items() if name.startswith("Doc_0")}
    return build_package(files)


def test_each_document_of_a_package_has_its_own_list() -> None:
    data = sealed(two_documents(), document_index=1)
    (listed,) = signature_lists(OFDPackage.from_bytes(data))
    assert (listed.path, listed.document) == ("Doc_1/Signs/Signatures.xml", 1)
    assert failed(verified(data)) == [[]]
    # The list of the other document would have to be named in OFD.xml, which is protected now.
    with pytest.raises(SealError, match=r"protects /OFD\.xml") as caught:
        sealed(data)
    assert caught.value.reason == "protected"
    with pytest.raises(InvalidInputError):
        sealed(data, document_index=2)


def test_a_package_whose_files_are_listed_stays_closed() -> None:
    data = OFDPackage.from_bytes(papers.paper()).with_members({"OFDEntries.xml": b"<a/>"})
    with pytest.raises(SealError, match="OFDEntries") as caught:
        sealed(data)
    assert caught.value.reason == "protected"


@pytest.mark.parametrize("name", ["V4RideRight", "h", "allprotected"])
def test_documents_that_others_closed_stay_closed(name: str, test_data: Path) -> None:
    with pytest.raises(SealError) as caught:
        sealed((test_data / "seals" / f"{name}.ofd").read_bytes())
    assert caught.value.reason == "protected"


def test_a_seal_beside_the_signature_of_another_maker(test_data: Path) -> None:
    data = (test_data / "seals" / "DigitalSign.ofd").read_bytes()
    report = verify_ofd(sealed(data), samples.trust(accept=samples.UNASKED), now=samples.NOW, lenient=True)
    first, second = report.signatures
    assert first.check(SealCheck.REFERENCES).status.value == "passed"
    assert second.verdict(samples.UNASKED).value == "valid"


# ---- tampering --------------------------------------------------------------------------------
PROTECTED = (*OFDPackage.from_bytes(papers.paper()).names, "Doc_0/Signs/Sign_0/Seal.esl")


@pytest.mark.parametrize("name", PROTECTED)
def test_one_byte_of_a_protected_file_is_found(name: str) -> None:
    package = OFDPackage.from_bytes(sealed())
    content = bytearray(package.read(name))
    place = content.rfind(b"1") if name.endswith(".xml") else len(content) // 2
    content[place] ^= 1
    report = verified(package.with_members({}, replaced={name: bytes(content)}))
    check = report.signatures[0].check(SealCheck.REFERENCES)
    assert check.status.value == "failed"
    assert f"/{name}" in str(check.error)


def test_the_description_cannot_be_changed() -> None:
    package = OFDPackage.from_bytes(sealed())
    moved = package.read(FIRST).replace(b'Boundary="120 200', b'Boundary="121 200')
    assert failed(verified(package.with_members({}, replaced={FIRST: moved}))) == [["digest"]]


def test_a_signature_does_not_fit_another_document() -> None:
    package, other = OFDPackage.from_bytes(sealed()), OFDPackage.from_bytes(sealed(papers.paper(2)))
    value = described(sealed()).signed_value
    assert failed(verified(other.with_members({}, replaced={value: package.read(value)}))) == [["digest"]]


# ---- what is refused ----------------------------------------------------------------------------
REFUSED: dict[str, dict[str, Any]] = {
    "no page": {"stamps": Stamp(2, 10, 10)},
    "no page from behind": {"stamps": Stamp(-2, 10, 10)},
    "right of the page": {"stamps": Stamp(1, 171, 10)},
    "below the page": {"stamps": Stamp(1, 10, 258)},
    "left of the page": {"stamps": Stamp(1, -1, 10)},
    "above the page": {"stamps": Stamp(1, 10, -1)},
    "too wide": {"stamps": Stamp(1, 0, 0, width_mm=300)},
    "straddle over one page": {"stamps": StraddleStamp(100)},
    "straddle below": {"data": papers.paper(2), "stamps": StraddleStamp(270)},
    "straddle beyond": {"data": papers.paper(2), "stamps": StraddleStamp(100, pages=[1, 3])},
    "no stamp": {"stamps": [(1, 2, 3)]},
    "stamps": {"stamps": 5},
    "naive time": {"time": datetime(2026, 3, 1)},
    "no signer": {"signer": "me"},
    "no truth": {"protect_all": 1},
    "no provider": {"provider": "gmpki"},
    "provider": {"provider": Provider("\0")},
    "no document": {"document_index": 1},
    "no package": {"data": b"PK"},
    "text": {"data": "text"},
    "no limits": {"limits": None},
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_makes_no_sense_is_refused(case: str) -> None:
    with pytest.raises(InvalidInputError):
        sealed(**REFUSED[case])


def test_a_place_needs_a_seal() -> None:
    who = samples.signer()
    with pytest.raises(InvalidInputError, match="the signer has none"):
        sealed(signer=DigitalSigner(who.key, who.certificate))


def test_a_package_beyond_the_limits_is_refused() -> None:
    with pytest.raises(LimitExceeded):
        sealed(limits=PackageLimits(members=5))
    count = len(OFDPackage.from_bytes(papers.paper()).names)
    with pytest.raises(LimitExceeded):
        sealed(limits=PackageLimits(members=count + 1))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (FIRST, b"<a/>"),
        (LIST, b"<!DOCTYPE a><a/>"),
        ("OFD.xml", b""),
        ("Doc_0/Document.xml", b"<ofd:Document/>"),
    ],
    ids=["description", "list", "entry", "document"],
)
def test_what_cannot_be_read_is_not_sealed(name: str, content: bytes) -> None:
    data = OFDPackage.from_bytes(sealed()).with_members({}, replaced={name: content})
    with pytest.raises(DecodeError):
        sealed(data)


def test_more_signatures_than_are_read_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gmpki.seal.ofd.ledger.MAX_SIGNATURES", 1)
    with pytest.raises(SealError, match="1 signatures") as caught:
        sealed(sealed())
    assert caught.value.reason == "protected"


def test_what_the_signer_refuses_is_refused() -> None:
    late = papers.seal_signer(clock=lambda: datetime(2040, 1, 1, tzinfo=timezone.utc))
    with pytest.raises(SealError) as caught:
        sealed(signer=late)
    assert caught.value.reason == "signed-after-certificate"


class Hasher:
    """A signer of a hash by which nothing is signed any more."""

    kind = "seal"
    seal = samples.seal()
    certificate = samples.signer().certificate
    digest_name = "sha1"
    estimated_len = 1

    def sign_document(self, digest: bytes, property_info: str) -> bytes:
        raise AssertionError(base64.b64encode(digest + property_info.encode()))

    def prepare_document(self, digest: bytes, property_info: str) -> Any:
        raise AssertionError(base64.b64encode(digest + property_info.encode()))


def test_weak_hashes_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="sha1"):
        sealed(signer=Hasher())
