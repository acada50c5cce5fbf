"""Targets for seals, signatures with them, sealed documents, pictures of seals and files about seals.

Who does not have the keys of the seeds cannot make anything that is valid: whatever is shows what the seeds show.
"""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fuzz import seal_seeds as seeds
from fuzz.promises import attempt, outcome, promise, quietly
from fuzz.seeds import AT, LEAF_KEY
from gmpki import seal as library
from gmpki.asn1 import der
from gmpki.seal import DocumentReport, Seal, SealSignature, Verdict
from gmpki.seal.ofd import OFDPackage, PreparedOFD, build_package, extract_seals, list_ofd, verify_ofd
from gmpki.seal.ofd.render import PageRenderer
from gmpki.seal.pdf import PreparedPDF, extract_pictures, list_pdf, verify_pdf
from gmpki.seal.picture import extract_impression, import_picture

__all__ = ["TARGETS"]

# Pictures are rendered this coarse: what takes time is what stands in them, not their size.
DPI = 200
MAX_FILES = 64


def explained(report: DocumentReport) -> None:
    """Write a report out in each form."""
    promise(bool(library.report_lines(report)) and bool(library.report_as_dict(report)), "nothing is explained")


def seal(data: bytes) -> None:
    for lenient in (False, True):
        report = library.verify_seal(data, seeds.trust(), lenient=lenient)
        explained(report)
        if report.verdict is Verdict.VALID:
            promise(any(said_of(report) == each for each in contents_of_seeds()), "another seal is valid")
    found = Seal.from_der(data, lenient=True)
    promise(found.der == data and pickle.loads(pickle.dumps(found)) == found, "a seal is not its bytes")
    quietly(lambda: found.names(seeds.seal().signer_certificates[0]))
    for strict in outcome(lambda: Seal.from_der(data)):
        promise(strict.structure.to_der() == data, "re-encoding changes the bytes")
        promise(strict == found, "strict and lenient reading differ")


def said_of(report: DocumentReport) -> tuple[object, ...]:
    """Return what the maker of a seal signed."""
    one = report.signatures[0].seal
    promise(one is not None, "a report without a seal is valid")
    assert one is not None
    return one.name, one.seal_id, one.valid_until, one.picture


def contents_of_seeds() -> list[tuple[object, ...]]:
    return [(one.name, one.seal_id, one.valid_until, one.picture) for one in map(Seal.from_der, seeds.seals())]


def seal_signature(data: bytes) -> None:
    for lenient in (False, True):
        report = library.verify_seal_signature(data, seeds.DIGEST, seeds.trust(), lenient=lenient)
        explained(report)
        if report.verdict is Verdict.VALID:
            signature = SealSignature.from_der(data, lenient=lenient)
            promise(signature.data_hash == seeds.DIGEST and signature.time in (AT, None), "another signature is valid")
    found = SealSignature.from_der(data, lenient=True)
    promise(found.der == data, "a signature is not its bytes")
    quietly(lambda: library.consent_of(found))
    for strict in outcome(lambda: SealSignature.from_der(data)):
        promise(strict.structure.to_der() == data, "re-encoding changes the bytes")


# ---- documents ----------------------------------------------------------------------------
def archive(data: bytes) -> None:
    """A package as it comes: whatever can be read of it, can be read of the package that is made of it."""
    package = OFDPackage.from_bytes(data)
    promise(len(package.names) == len({name.lower() for name in package.names}), "two files have one name")
    again = OFDPackage.from_bytes(package.with_members({"fuzz/new.bin": data}))
    promise(again.read("fuzz/new.bin") == data, "a new file is another one")
    for name in package.names:
        for content in outcome(lambda name=name: package.read(name)):  # type: ignore[misc]
            promise(again.read(name) == content, "a file changes when another one is added")
    document(data)


def package(data: bytes) -> None:
    """A package of whatever files: SEQUENCE OF { name, content }."""
    files: dict[str, bytes] = {}
    reader = der.Reader(data)
    with reader.sequence() as listed:
        while not listed.at_end() and len(files) < MAX_FILES:
            with listed.sequence() as each:
                name = each.utf8_string()
                files[name] = each.octet_string()
    document(build_package(files))


def document(data: bytes) -> None:
    """Verify, list and draw an OFD document."""
    for lenient in (False, True):
        for report in outcome(lambda lenient=lenient: verify_ofd(data, seeds.trust(), lenient=lenient, now=AT)):  # type: ignore[misc]
            explained(report)
            if report.verdict is Verdict.VALID:
                shown = OFDPackage.from_bytes(data).read("Doc_0/Pages/Page_0/Content.xml")
                own = OFDPackage.from_bytes(seeds.paper()).read("Doc_0/Pages/Page_0/Content.xml")
                promise(shown == own, "another page is valid")
    quietly(lambda: list_ofd(data))
    quietly(lambda: extract_seals(data))
    quietly(lambda: PageRenderer(data).svg(1))


def pdf(data: bytes) -> None:
    for lenient in (False, True):
        for report in outcome(lambda lenient=lenient: verify_pdf(data, seeds.trust(), lenient=lenient, now=AT)):  # type: ignore[misc]
            explained(report)
            if report.verdict is Verdict.VALID:
                promise(data.startswith(seeds.page()), "another page is valid")
    quietly(lambda: list_pdf(data))
    quietly(lambda: extract_pictures(data))


def sealed_file(data: bytes) -> None:
    for lenient in (False, True):
        for report in outcome(  # type: ignore[misc]
            lambda lenient=lenient: library.verify_detached(data, seeds.CONTENT, seeds.trust(), lenient=lenient, now=AT)
        ):
            explained(report)
            if report.verdict is Verdict.VALID:
                promise(report.name == "form.html", "another name is valid")
            other = library.verify_detached(data, seeds.CONTENT + b" ", seeds.trust(), lenient=lenient, now=AT)
            promise(other.verdict is not Verdict.VALID, "another file is valid")


def two_phase(data: bytes) -> None:
    """A state that somebody else kept: what is made of it is what was prepared, or nothing."""
    kinds: tuple[Callable[[bytes], Any], ...] = (
        library.PreparedSealSignature.from_bytes,
        library.prepared_from_bytes,
        library.PreparedFile.from_bytes,
        PreparedOFD.from_bytes,
        PreparedPDF.from_bytes,
    )
    for kind in kinds:
        for prepared in outcome(lambda kind=kind: kind(data)):  # type: ignore[misc]
            promise(kind(prepared.to_bytes()).to_bytes() == prepared.to_bytes(), "a state changes when it is kept")
            promise(attempt(lambda one=prepared: one.finish(bytes(64))) is not None, "no signature is taken")  # type: ignore[misc]
            value = LEAF_KEY.sign_digest(prepared.digest)
            for made in outcome(lambda one=prepared, value=value: one.finish(value)):  # type: ignore[misc]
                promise(len(made) > 0, "nothing was made")


# ---- pictures -----------------------------------------------------------------------------
def picture(data: bytes) -> None:
    found = import_picture(data, width_mm=40, height_mm=40, dpi=DPI)
    promise(found.kind == "png" and not found.says_otherwise, "a picture is none")
    again = import_picture(found.data, width_mm=40, height_mm=40, dpi=DPI, trim=False)
    promise(again.kind == "png", "a picture that was taken is refused")


def scan(data: bytes) -> None:
    found = extract_impression(data, width_mm=40, dpi=DPI)
    promise(found.png.startswith(b"\x89PNG") and found.picture.width_mm == 40, "an imprint is no picture")


# ---- files about seals ----------------------------------------------------------------------
def seal_journal(data: bytes) -> None:
    """A registry, grants and a log of uses that somebody wrote: what can be read says no more than what is there."""
    with tempfile.TemporaryDirectory(prefix="gmpki-fuzz-") as directory:
        folder = Path(directory)
        file = folder / "file"
        file.write_bytes(data)
        for grants in outcome(lambda: library.FileGrants(file, clock=lambda: AT)):
            quietly(
                lambda grants=grants: grants.check(
                    seeds.seal(), seeds.seal().signer_certificates[0], purpose="合同", at=AT
                )
            )
        for log in outcome(lambda: library.FileUseLog(file)):
            quietly(lambda log=log: log.drain(lambda events: promise(len(events) <= len(data), "events without end")))
        (folder / "registry" / "seals").mkdir(parents=True)
        (folder / "registry" / "registry").write_bytes(data)
        for registry in outcome(lambda: library.FileSealRegistry(folder / "registry", clock=lambda: AT)):
            quietly(registry.find)
            state = outcome(lambda registry=registry: registry.status(seeds.seal()))
            promise(
                not state or state[0].state is not library.SealState.IN_USE or b'"file"' in data, "in use by nobody"
            )


TARGETS: dict[str, Callable[[bytes], None]] = {
    "seal": seal,
    "seal_signature": seal_signature,
    "archive": archive,
    "package": package,
    "pdf": pdf,
    "sealed_file": sealed_file,
    "two_phase": two_phase,
    "picture": picture,
    "scan": scan,
    "seal_journal": seal_journal,
}
