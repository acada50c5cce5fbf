"""The list of all files of a package, which shows what was added or taken away."""

from __future__ import annotations

import pytest

from gmpki.algorithms import sm3
from gmpki.cms.report import CheckStatus
from gmpki.errors import DecodeError
from gmpki.seal import DigitalSigner, DocumentReport, Verdict
from gmpki.seal.ofd import OFDPackage, verify_ofd
from gmpki.seal.ofd.integrity import read_integrity
from seal import samples
from seal.ofd import packages, papers
from seal.ofd.packages import changed, sealed

NS = 'xmlns:ofd="http://www.ofdspec.org/2016"'


def listing(names: list[str]) -> bytes:
    """Return a list of files."""
    files = "".join(f'<ofd:File ID="{number}" FileLoc="/{name}"/>' for number, name in enumerate(names, start=1))
    text = f'<ofd:DocEntries {NS} ID="1" Version="1.0"><ofd:SignedValueLoc>/signedvalue.dat</ofd:SignedValueLoc>'
    return f"{text}<ofd:FileList>{files}</ofd:FileList></ofd:DocEntries>".encode()


def listed(data: bytes, *, without: str = "", also: str = "", own: bool = False) -> bytes:
    """Add a signed list of the files of a package."""
    names = [name for name in OFDPackage.from_bytes(data).names if name != without]
    names += ["OFDEntries.xml", "signedvalue.dat"] if own else []
    entries = listing(names + ([also] if also else []))
    who = samples.signer()
    signer = DigitalSigner(who.key, who.certificate, clock=lambda: samples.NOW)
    value = signer.sign_document(sm3.digest(entries), "/OFDEntries.xml")
    return changed(data, {"OFDEntries.xml": entries, "signedvalue.dat": value})


def verified(data: bytes) -> DocumentReport:
    """Verify with the trust of the samples."""
    return verify_ofd(data, samples.trust(accept=samples.UNASKED))


def of_package(report: DocumentReport) -> dict[str, CheckStatus]:
    """Return what became of the checks about the package."""
    return {check.name.value: check.status for check in report.checks}


@pytest.mark.parametrize("own", [False, True])
def test_a_list_of_every_file(own: bool) -> None:
    report = verified(listed(sealed(), own=own))
    assert report.verdict is Verdict.VALID
    assert of_package(report) == {"structure": CheckStatus.PASSED, "changes": CheckStatus.PASSED}


def test_a_list_whose_signature_was_not_checked_in_full() -> None:
    report = verify_ofd(listed(sealed()), samples.trust(accept=samples.UNASKED - {"signer-revocation"}))
    assert of_package(report)["changes"] is CheckStatus.NOT_CHECKED
    assert report.checks[1].detail.endswith("not everything was checked: signer-revocation")


def test_a_list_proves_nothing_about_the_document() -> None:
    report = verified(listed(papers.paper()))
    assert report.signatures == ()
    assert report.verdict is Verdict.INVALID


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (listed(sealed(), without="Doc_0/PublicRes.xml"), "not in the list of all files: /Doc_0/PublicRes.xml"),
        (listed(sealed(), also="Doc_0/gone.xml"), "missing: /Doc_0/gone.xml"),
    ],
    ids=["added", "missing"],
)
def test_lists_that_do_not_fit(data: bytes, said: str) -> None:
    report = verified(data)
    assert report.verdict is Verdict.INVALID
    assert said in report.checks[1].detail
    assert getattr(report.checks[1].error, "reason", "") == "smuggled-file"


@pytest.mark.parametrize(
    "files",
    [
        {"OFDEntries.xml": b""},
        {"OFDEntries.xml": b"<DocEntries/>"},
        {"OFDEntries.xml": listing(["../x"])},
        {"OFDEntries.xml": listing([""])},
        {"signedvalue.dat": None},
        {"signedvalue.dat": b""},
        {"signedvalue.dat": packages.read(listed(sealed(2)), "signedvalue.dat")},
    ],
    ids=["empty", "bare", "outside", "nowhere", "unsigned", "no-value", "other-value"],
)
def test_lists_that_are_malformed(files: dict[str, bytes | None]) -> None:
    report = verified(changed(listed(sealed()), files))
    assert of_package(report)["changes"] is CheckStatus.FAILED
    assert report.verdict is Verdict.INVALID


def test_what_a_list_says() -> None:
    found = read_integrity(OFDPackage.from_bytes(listed(sealed())))
    assert found is not None
    assert found.signed_value == "signedvalue.dat"
    assert set(found.files) == set(OFDPackage.from_bytes(sealed()).names)
    assert read_integrity(OFDPackage.from_bytes(sealed())) is None
    with pytest.raises(DecodeError):
        read_integrity(OFDPackage.from_bytes(changed(sealed(), {"OFDEntries.xml": b"<a/>"})))
