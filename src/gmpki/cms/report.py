"""What was found out about a message: one report for each signer, one check for each question.

A report is for people and programs that want to know why. Whoever only wants the content calls
:func:`~gmpki.cms.verification.verify`, which raises what the first failed check holds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING

from gmpki.errors import GmpkiError, MessageError

if TYPE_CHECKING:
    from gmpki.asn1.quirks import Quirk
    from gmpki.cms.timestamps import StampedTime
    from gmpki.cms.variants import Variant
    from gmpki.oids import ObjectIdentifier
    from gmpki.x509.certificate import Certificate
    from gmpki.x509.path.result import ValidatedPath

__all__ = ["Check", "CheckName", "CheckStatus", "Question", "SignerReport", "VerifiedMessage"]


class Question(str, Enum):
    """What a check is about; each kind of report has its own questions."""

    # Equal to its text, so it hashes as that; the hash of Enum, which is Python code, would not.
    __hash__ = str.__hash__


class CheckName(Question):
    """The questions about a signer, in the order in which they are asked."""

    CERTIFICATE = "certificate"
    """Exactly one certificate is the one that the signer names."""
    DIGEST = "digest"
    """The content is the one that was signed, by the algorithms that the message declares."""
    SIGNATURE = "signature"
    """The signature holds under the key of the certificate."""
    USAGE = "usage"
    """The certificate is one to sign with."""
    TIME_STAMP = "time-stamp"
    """Time-stamps over the signature hold."""
    CHAIN = "chain"
    """The certificate leads to a trust anchor, at the time of the signature."""
    REVOCATION = "revocation"
    """No certificate of the chain was revoked."""
    COUNTERSIGNATURE = "countersignature"
    """Counter-signatures hold."""


class CheckStatus(str, Enum):
    """What became of a check."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_CHECKED = "not-checked"

    __hash__ = str.__hash__


@dataclass(frozen=True, slots=True)
class Check:
    """One question and its answer. Immutable.

    :ivar detail: one sentence for a person.
    :ivar error: what was raised; None unless the check failed.
    """

    name: Question
    status: CheckStatus
    detail: str = ""
    error: GmpkiError | None = None

    def __str__(self) -> str:
        """Return one line for a report."""
        return f"{self.name.value}: {self.status.value}{f' ({self.detail})' if self.detail else ''}"


@lru_cache(maxsize=256, typed=True)
def check_without_error(name: Question, status: CheckStatus, detail: str) -> Check:
    """Return a check that did not fail; most reports hold the same ones."""
    return Check(name, status, detail)


@dataclass(frozen=True, slots=True)
class SignerReport:
    """What was found out about one signer. Immutable.

    :ivar index: which signer of the message, counted from 0.
    :ivar signer_certificate: None when it was not found.
    :ivar checks: one for each question; after one that failed, later ones may be NOT_CHECKED.
    :ivar signed_at: a time at which the signature existed, by a time-stamp of an authority that is trusted: the end of
        what its accuracy leaves open; None without one.
    :ivar claimed_signing_time: what the signer says himself, which proves nothing.
    :ivar timestamps: the time-stamps over the signature that hold.
    :ivar path: the certificates up to the trust anchor; None when they were not looked for, or not found.
    :ivar signed_attributes: the types of the attributes that were signed.
    :ivar countersignatures: reports about those who signed this signature.
    :ivar variants: where the signer departs from the standards in meaning.
    :ivar quirks: where his signature departs from them in form.
    """

    index: int
    signer_certificate: Certificate | None
    checks: tuple[Check, ...]
    signed_at: datetime | None = None
    claimed_signing_time: datetime | None = None
    timestamps: tuple[StampedTime, ...] = ()
    path: ValidatedPath | None = None
    signed_attributes: tuple[ObjectIdentifier, ...] = ()
    countersignatures: tuple[SignerReport, ...] = ()
    variants: tuple[Variant, ...] = ()
    quirks: tuple[Quirk, ...] = ()

    @property
    def chain(self) -> tuple[Certificate, ...]:
        """The certificates of the path, that of the signer first; empty when there is none."""
        return () if self.path is None else self.path.chain

    @property
    def ok(self) -> bool:
        """Tell whether no check failed, and digest and signature were checked."""
        digest = signature = False
        for check in self.checks:
            if check.status is CheckStatus.FAILED:
                return False
            if check.status is CheckStatus.PASSED:
                digest = digest or check.name is CheckName.DIGEST
                signature = signature or check.name is CheckName.SIGNATURE
        return digest and signature

    def check(self, name: CheckName | str) -> Check:
        """Return the check of a name, such as "chain".

        :raises MessageError: "no-check" when there is none of that name.
        """
        for check in self.checks:
            if check.name == name:
                return check
        raise MessageError("no-check", f"the report of a signer has no check {name!r}")

    def require(self) -> None:
        """Raise the error of the first check that failed.

        :raises GmpkiError: that error; :class:`MessageError` "not-verified" when none failed and yet not all that
            has to be checked was.
        """
        for check in self.checks:
            if check.error is not None:
                raise check.error
        if not self.ok:
            raise MessageError("not-verified", f"the signature of signer {self.index} was not verified")


@dataclass(frozen=True, slots=True)
class VerifiedMessage:
    """What came of verifying a message. Immutable.

    :ivar signers: one report for each signer, at least one.
    :ivar quirks: where the encoding of the message departs from the standards.
    :ivar variants: where the message as a whole departs from them in meaning.
    """

    _content: bytes | None = field(repr=False)
    signers: tuple[SignerReport, ...]
    quirks: tuple[Quirk, ...] = ()
    variants: tuple[Variant, ...] = ()

    @property
    def ok(self) -> bool:
        """Tell whether there is a signer, and every signer's checks are in order."""
        return bool(self.signers) and all(signer.ok for signer in self.signers)

    def require(self) -> None:
        """Raise the first error of the first signer that has one.

        :raises GmpkiError: that error.
        :raises MessageError: "no-signers" when there is no signer.
        """
        if not self.signers:
            raise MessageError("no-signers", "nobody has signed the message")
        for signer in self.signers:
            signer.require()

    @property
    def content(self) -> bytes:
        """The content that every signer signed.

        :raises GmpkiError: as :meth:`require`, unless every signature holds.
        :raises MessageError: "content-elsewhere" when the content streamed past and was not kept.
        """
        self.require()
        if self._content is None:
            raise MessageError("content-elsewhere", "the content was not kept: it went where it was written to")
        return self._content
