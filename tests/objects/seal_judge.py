"""Judge outside seals, signatures with them and sealed OFD packages, and compare with what their index says.

The index tells of each signature by the file that describes it (a dash where there is no package) whether it holds, and
which of the files that it protects are no longer the ones that were signed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gmpki.cms import Trust
from gmpki.cms.report import CheckStatus
from gmpki.errors import GmpkiError
from gmpki.seal import Seal, SealCheck, SealSignature, SealTrust, check_seal_signature, verify_seal
from gmpki.seal.ofd import OFDSignatureReport, verify_ofd
from gmpki.x509.signatures import LENIENT_SIGNATURES, STANDARD_SIGNATURES
from objects.judgement import Entry, Judgement

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gmpki.asn1.quirks import Quirk
    from gmpki.seal.report import SignatureReport

__all__ = ["judge_seal"]

VALID, INVALID, UNKNOWN = "VALID", "INVALID", "?"
STANDARD = SealTrust(Trust.signature_only(signatures=STANDARD_SIGNATURES))
LENIENT = SealTrust(Trust.signature_only(signatures=LENIENT_SIGNATURES))
# What tells whether the bytes are the ones that were signed; who signed them, the index does not judge.
ASKED = (
    SealCheck.STRUCTURE,
    SealCheck.REFERENCES,
    SealCheck.DIGEST,
    SealCheck.SIGNATURE,
    SealCheck.SEAL_COPY,
    SealCheck.SEAL_SIGNATURE,
)


@dataclass(frozen=True)
class Found:
    """What one way of reading makes of a file."""

    verdict: str
    quirks: tuple[Quirk, ...] = ()
    variants: tuple[str, ...] = ()
    refused: str = ""


def judge_seal(entry: Entry) -> Judgement:
    """Read a file in both modes, verify what stands in it, and compare with the index."""
    judgement = Judgement()
    data = entry.path.read_bytes()
    found, strict = read(data, judgement, lenient=True), read(data, judgement, lenient=False)
    judgement.verdict = found.verdict
    judgement.quirks += found.quirks
    judgement.variants += found.variants
    judgement.strict = strict.verdict == found.verdict and not strict.refused
    named = judgement.quirks or judgement.variants
    if not judgement.strict and not named:
        judgement.problems.append(f"strict reading says {strict.verdict!r}, and lenient reading names no reason")
    if found.refused:
        judgement.problems.append(f"not even lenient reading takes it: {found.refused}")
    if found.verdict != entry.evaluates_to:
        judgement.problems.append(f"evaluates to {found.verdict!r}, the index says {entry.evaluates_to!r}")
    return judgement


def read(data: bytes, judgement: Judgement, *, lenient: bool) -> Found:
    """Read a file of any of the three kinds."""
    if data.startswith(b"PK"):
        return read_package(data, lenient=lenient)
    try:
        signature = SealSignature.from_der(data, lenient=lenient)
    except GmpkiError:
        return read_seal(data, judgement, lenient=lenient)
    reencodes(signature, judgement)
    reencodes(signature.seal, judgement)
    # The document is not there: its digest is the one that was signed.
    report = check_seal_signature(signature, signature.data_hash, LENIENT if lenient else STANDARD)
    return Found(f"-: {held((report,))}", report.quirks, report.variants)


def read_seal(data: bytes, judgement: Judgement, *, lenient: bool) -> Found:
    """Read a seal that stands by itself."""
    try:
        seal = Seal.from_der(data, lenient=lenient)
    except GmpkiError as error:
        return Found(f"-: {INVALID}", refused=str(error))
    reencodes(seal, judgement)
    (report,) = verify_seal(seal, LENIENT if lenient else STANDARD).signatures
    return Found(f"-: {held((report,))}", report.quirks, report.variants)


def read_package(data: bytes, *, lenient: bool) -> Found:
    """Read a package and all signatures in it."""
    try:
        report = verify_ofd(data, LENIENT if lenient else STANDARD, lenient=lenient)
    except GmpkiError as error:
        return Found(INVALID, refused=str(error))
    each = [(one, in_package(one)) for one in report.signatures if isinstance(one, OFDSignatureReport)]
    quirks = tuple(quirk for one, _ in each for quirk in one.quirks)
    variants = tuple(variant for one, _ in each for variant in one.variants)
    return Found("; ".join(said for _, said in each), quirks, variants)


def in_package(report: OFDSignatureReport) -> str:
    """Return what the index says of a signature in a package."""
    bad = [one.path.removeprefix("/") for one in report.references if not one.ok]
    verdict = held((report,))
    return (
        f"{report.name.removeprefix('/')}: {verdict} (refs ok={len(report.references) - len(bad)} bad={len(bad)} {bad})"
    )


def held(reports: Iterable[SignatureReport]) -> str:
    """Tell whether the bytes are the ones that were signed; a question mark where nobody can be found who signed."""
    asked = [check for report in reports for check in report.checks if check.name in ASKED]
    if any(check.status is CheckStatus.FAILED for check in asked):
        return INVALID
    return VALID if all(check.status is CheckStatus.PASSED for check in asked) else UNKNOWN


def reencodes(found: Seal | SealSignature, judgement: Judgement) -> None:
    """Check that what was read as DER is written as it came."""
    if not found.is_lenient and found.structure.to_der() != found.der:
        judgement.problems.append(f"{type(found).__name__} does not re-encode to the same bytes")
