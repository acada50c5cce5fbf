"""What was found out about a sealed document: one report for each signature, one check for each question.

A document is "valid" only when every question about it was answered in its favour. What was not checked, because nobody
who could tell was named or because nothing is there to look at, leaves it "incomplete", unless the caller accepts that
by name.

>>> from gmpki.cms.report import Check, CheckStatus
>>> checks = (Check(SealCheck.DIGEST, CheckStatus.PASSED), Check(SealCheck.STATUS, CheckStatus.NOT_CHECKED))
>>> SignatureReport(0, "/Doc_0/Signs/Sign_0/Signature.xml", checks).verdict().value
'incomplete'
>>> SignatureReport(0, "/Doc_0/Signs/Sign_0/Signature.xml", checks).verdict(accept={"seal-status"}).value
'valid'
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Final

from gmpki._inputs import iterated
from gmpki.cms.report import Check, CheckStatus, Question
from gmpki.errors import InvalidInputError, SealError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from gmpki.asn1.quirks import Quirk
    from gmpki.cms.timestamps import StampedTime
    from gmpki.seal.seal import Seal
    from gmpki.x509.certificate import Certificate
    from gmpki.x509.path.result import ValidatedPath

__all__ = ["DocumentReport", "Placement", "SealCheck", "SignatureReport", "Verdict", "judge"]


class SealCheck(Question):
    """The questions about a sealed document, in the order in which they are asked.

    :standard: GM/T 0031-2014 6; GB/T 38540-2020
    """

    STRUCTURE = "structure"
    """The signature and what it consists of can be read."""
    REFERENCES = "references"
    """Every file or byte range that the signature protects is the one that was signed."""
    COVERAGE = "coverage"
    """The signature protects all of the document that a reader sees."""
    CHANGES = "changes"
    """What came after the signature is nothing but what may come: further signatures and their like."""
    DIGEST = "digest"
    """The digest in the signature is that of the document."""
    SIGNATURE = "signature"
    """The value of the signature holds under the key of the signer."""
    SIGNER_USAGE = "signer-usage"
    """The certificate of the signer is one to sign with."""
    SIGNER_CHAIN = "signer-chain"
    """The certificate of the signer leads to an anchor, at the time of the signature."""
    SIGNER_REVOCATION = "signer-revocation"
    """No certificate of the signer's chain was revoked."""
    SIGNER_LISTED = "signer-listed"
    """The signer is one of those whom the seal names."""
    TIME = "time"
    """The time of the signature lies inside the validity of certificate and seal, and not ahead of now."""
    TIME_STAMP = "time-stamp"
    """A time-stamp over the value of the signature holds. Without one the time is the signer's own word."""
    SEAL_COPY = "seal-copy"
    """The copy of the seal beside the signature is the seal that was signed."""
    SEAL_SIGNATURE = "seal-signature"
    """The seal is as its maker signed it."""
    MAKER_USAGE = "maker-usage"
    """The certificate of the seal's maker is one to sign with."""
    MAKER_CHAIN = "maker-chain"
    """The certificate of the seal's maker leads to an anchor, at the time at which the seal was made."""
    MAKER_REVOCATION = "maker-revocation"
    """No certificate of the maker's chain was revoked."""
    SEAL_VALIDITY = "seal-validity"
    """The seal is inside its period of validity at the time of the signature."""
    STATUS = "seal-status"
    """The seal was in use at the time of the signature: not stopped, replaced or revoked."""


CHECK_TEXTS: Final[dict[SealCheck, tuple[str, str]]] = {
    SealCheck.STRUCTURE: ("结构", "structure"),
    SealCheck.REFERENCES: ("受保护内容", "protected content"),
    SealCheck.COVERAGE: ("保护范围", "coverage"),
    SealCheck.CHANGES: ("签章后的变更", "changes after signing"),
    SealCheck.DIGEST: ("文档摘要", "document digest"),
    SealCheck.SIGNATURE: ("签名值", "signature value"),
    SealCheck.SIGNER_USAGE: ("签章人证书用途", "usage of the signer's certificate"),
    SealCheck.SIGNER_CHAIN: ("签章人证书链", "signer's chain"),
    SealCheck.SIGNER_REVOCATION: ("签章人证书撤销状态", "revocation in the signer's chain"),
    SealCheck.SIGNER_LISTED: ("签章人在印章证书列表内", "signer listed in the seal"),
    SealCheck.TIME: ("签章时间", "time of the signature"),
    SealCheck.TIME_STAMP: ("时间戳", "time-stamp"),
    SealCheck.SEAL_COPY: ("印章副本一致", "copy of the seal"),
    SealCheck.SEAL_SIGNATURE: ("印章签名", "signature of the seal"),
    SealCheck.MAKER_USAGE: ("制章人证书用途", "usage of the maker's certificate"),
    SealCheck.MAKER_CHAIN: ("制章人证书链", "maker's chain"),
    SealCheck.MAKER_REVOCATION: ("制章人证书撤销状态", "revocation in the maker's chain"),
    SealCheck.SEAL_VALIDITY: ("印章有效期", "validity of the seal"),
    SealCheck.STATUS: ("印章状态", "status of the seal"),
}
"""What people call each question: in Chinese and in English."""


class Verdict(str, Enum):
    """What the checks come to."""

    VALID = "valid"
    INCOMPLETE = "incomplete"
    """Nothing failed, but something was not checked that the caller did not say he does without."""
    INVALID = "invalid"


def judge(checks: Iterable[Check], accept: Iterable[str] = ()) -> Verdict:
    """Return what checks come to.

    :param accept: the names of checks that the caller does without. A check that failed is never accepted.
    :raises InvalidInputError: when a name is none of :class:`SealCheck`.
    """
    accepted = {_named(name) for name in iterated(accept, "accept")}
    found = tuple(checks)
    if any(check.status is CheckStatus.FAILED for check in found):
        return Verdict.INVALID
    open_ones = [check for check in found if check.status is CheckStatus.NOT_CHECKED and check.name not in accepted]
    answered = any(check.status is CheckStatus.PASSED for check in found)
    return Verdict.VALID if answered and not open_ones else Verdict.INCOMPLETE


def _named(name: object) -> SealCheck:
    try:
        return SealCheck(name)
    except ValueError:
        raise InvalidInputError(f"{name!r} is no check; there are {', '.join(SealCheck)}") from None


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a seal stands on a page. Immutable.

    :ivar page: counted from 1.
    :ivar x_mm: from the left edge of the page, in mm.
    :ivar y_mm: from the upper edge of the page, in mm, as OFD counts.
    """

    page: int
    x_mm: float
    y_mm: float
    width_mm: float
    height_mm: float


@dataclass(frozen=True, slots=True)
class SignatureReport:
    """What was found out about one signature of a document. Immutable.

    :ivar index: which signature of the document, counted from 0.
    :ivar name: the path of Signature.xml in an OFD package, the name of the field in a PDF file.
    :ivar checks: one for each question; after one that failed, later ones may be NOT_CHECKED.
    :ivar kind: "seal" or "signature".
    :ivar layout: which standard's structure it is, such as "GB/T 38540-2020" or "CMS".
    :ivar claimed_time: what the signer says himself, which proves nothing.
    :ivar signed_at: a time at which the signature existed, by a time-stamp of an authority that is trusted.
    :ivar coverage: one sentence on what the signature protects.
    :ivar quirks: where it departs from the standards in form.
    :ivar variants: where it departs from them in meaning, one sentence each.
    """

    index: int
    name: str
    checks: tuple[Check, ...]
    kind: str = "seal"
    layout: str = ""
    seal: Seal | None = None
    signer_certificate: Certificate | None = None
    signer_path: ValidatedPath | None = None
    maker_path: ValidatedPath | None = None
    claimed_time: datetime | None = None
    signed_at: datetime | None = None
    timestamps: tuple[StampedTime, ...] = ()
    placements: tuple[Placement, ...] = ()
    coverage: str = ""
    quirks: tuple[Quirk, ...] = ()
    variants: tuple[str, ...] = ()

    def check(self, name: SealCheck | str) -> Check:
        """Return the check of a name, such as "digest".

        :raises SealError: "no-check" when there is none of that name.
        """
        for check in self.checks:
            if check.name == name:
                return check
        raise SealError("no-check", f"the report of a signature has no check {name!r}")

    def verdict(self, accept: Iterable[str] = ()) -> Verdict:
        """Return what the checks come to, as :func:`judge`.

        :raises InvalidInputError: when a name is no check.
        """
        return judge(self.checks, accept)


@dataclass(frozen=True, slots=True)
class DocumentReport:
    """What was found out about a document. Immutable.

    :ivar kind: "ofd", "pdf", "detached", "seal-signature" or "seal".
    :ivar name: of the file, for people.
    :ivar digest: SM3 of the whole file, 32 bytes.
    :ivar checks: those about the document as a whole.
    :ivar signatures: one report for each; a document that nobody signed is never valid.
    :ivar accepted: the names of the checks that the caller does without.
    """

    kind: str
    name: str
    digest: bytes
    signatures: tuple[SignatureReport, ...]
    checks: tuple[Check, ...] = ()
    accepted: frozenset[str] = field(default=frozenset())

    @property
    def verdict(self) -> Verdict:
        """What everything comes to."""
        if not self.signatures:
            return Verdict.INVALID
        verdicts = [signature.verdict(self.accepted) for signature in self.signatures]
        if self.checks:
            verdicts.append(judge(self.checks, self.accepted))
        for verdict in (Verdict.INVALID, Verdict.INCOMPLETE):
            if verdict in verdicts:
                return verdict
        return Verdict.VALID

    def require(self) -> None:
        """Raise unless the document is valid.

        :raises GmpkiError: the error of the first check that failed.
        :raises SealError: "not-signed" when nobody signed it; "not-checked" when something was not checked that the
            caller did not accept, which the message names.
        """
        if not self.signatures:
            raise SealError("not-signed", "nobody has signed the document")
        every = [*self.checks, *(check for signature in self.signatures for check in signature.checks)]
        for check in every:
            if check.error is not None:
                raise check.error
        if self.verdict is Verdict.VALID:
            return
        missing = sorted(
            {check.name.value for check in every if check.status is not CheckStatus.PASSED} - self.accepted
        )
        raise SealError("not-checked", f"not everything was checked: {', '.join(missing)}")
