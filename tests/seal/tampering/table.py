"""What a row of the table of tampering is: a document that must be refused, and the reasons that must be given."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gmpki.cms.report import Check, CheckStatus
from gmpki.errors import GmpkiError
from gmpki.seal import DocumentReport, SealTrust, Verdict
from gmpki.seal.ofd import OFDPackage, sign_ofd, verify_ofd
from gmpki.seal.ofd import Stamp as OFDStamp
from gmpki.seal.pdf import Stamp as PDFStamp
from gmpki.seal.pdf import sign_pdf, verify_pdf
from seal import samples
from seal.ofd import papers
from seal.pdf import documents
from seal.samples import NOW

__all__ = ["CONTAINERS", "OFD", "PDF", "Container", "Row", "at", "names", "reason_of", "refusal"]


@dataclass(frozen=True)
class Row:
    """One way to tamper.

    :ivar name: of the row, the same in every run.
    :ivar act: does it, and asks about the outcome: a report, or an error for what cannot even be read or made.
    :ivar expected: the checks that must fail, each with its reason after a colon; an error is "refused" for one.
    """

    name: str
    act: Callable[[], DocumentReport | None]
    expected: tuple[str, ...]


@dataclass(frozen=True)
class Container:
    """A kind of document, and how it is sealed and verified."""

    name: str
    sign: Callable[[Any], bytes]
    check: Callable[..., DocumentReport]

    def verified(self, data: bytes, trust: SealTrust | None = None, **options: Any) -> DocumentReport:
        """Verify a document with the trust of the samples."""
        return self.check(data, trust or samples.trust(accept=samples.UNASKED), **options)


def _ofd(signer: Any) -> bytes:
    return sign_ofd(papers.paper(1), signer, OFDStamp(1, 20, 100), time=NOW)


def _pdf(signer: Any) -> bytes:
    return sign_pdf(documents.single_page(), signer, PDFStamp(1, 20, 100), time=NOW)


OFD = Container("ofd", _ofd, verify_ofd)
PDF = Container("pdf", _pdf, verify_pdf)
CONTAINERS = (OFD, PDF)


def reason_of(error: Exception | None) -> str:
    """Return the reason that an error has, or else its kind."""
    return str(getattr(error, "reason", "") or type(error).__name__)


def _failed(checks: Iterable[Check]) -> list[str]:
    return [f"{check.name.value}: {reason_of(check.error)}" for check in checks if check.status is CheckStatus.FAILED]


def refusal(row: Row) -> tuple[str, ...]:
    """Do what a row says, and return the reasons for which the outcome is refused; none where it is taken.

    A document that is not refused but not held to be valid either has the reason "incomplete".
    """
    try:
        report = row.act()
    except GmpkiError as error:
        return (f"refused: {reason_of(error)}",)
    if report is None:
        return ()
    found = [reason for one in report.signatures for reason in _failed(one.checks)] + _failed(report.checks)
    if report.verdict is Verdict.VALID:
        return ()
    if report.verdict is Verdict.INCOMPLETE:
        undone = {
            check.name.value
            for checks in (report.checks, *(one.checks for one in report.signatures))
            for check in checks
            if check.status is CheckStatus.NOT_CHECKED
        }
        return tuple(f"incomplete: {name}" for name in sorted(undone - report.accepted))
    return tuple(dict.fromkeys(found)) or ("not-signed",)


def names(package: bytes) -> list[str]:
    """Return the names of the files of a package."""
    return sorted(OFDPackage.from_bytes(package).names)


def at(when: datetime) -> SealTrust:
    """Return the trust of the samples at a time."""
    return samples.trust(at=when, accept=samples.UNASKED)
