"""Verifying evidence: from the newest time-stamp inwards, each layer proving when the one inside existed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, TypeVar

from gmpki._inputs import member, utc_seconds
from gmpki.cms.report import CheckStatus
from gmpki.cms.trust import Trust
from gmpki.cms.verification import verify as verify_message
from gmpki.errors import GmpkiError, InvalidInputError, MessageError, TimestampError
from gmpki.tsa.evidence import Evidence
from gmpki.tsa.validation_data import ValidationData
from gmpki.tsa.verify import DEFAULT_TOKENS, MAX_CLOCK_SKEW, TokenPolicy, TokenVerifier, VerifiedTimestamp
from gmpki.x509.crl_checker import CRLChecker
from gmpki.x509.path.past import AskedToday, PastSignature, validate_past
from gmpki.x509.path.purposes import Purpose
from gmpki.x509.path.revocation import RevocationMode

if TYPE_CHECKING:
    from collections.abc import Callable

    from gmpki.tsa.imprint import Imprint
    from gmpki.tsa.token import TimestampToken
    from gmpki.x509.certificate import Certificate
    from gmpki.x509.path.result import ValidatedPath

__all__ = ["EvidenceReport", "EvidenceStep", "verify_evidence"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class EvidenceStep:
    """One step of a verification, in words. Immutable.

    :ivar name: what it is about, such as "archive-time-stamp 1" or "signer".
    :ivar detail: one sentence for a person.
    :ivar time: until when the step goes back; None when it failed or tells none.
    :ivar error: what was raised; None unless the step failed.
    """

    name: str
    status: CheckStatus
    detail: str
    time: datetime | None = None
    error: GmpkiError | None = None

    def __str__(self) -> str:
        """Return one line for a report."""
        return f"{self.name}: {self.status.value} ({self.detail})"


@dataclass(frozen=True, slots=True)
class EvidenceReport:
    """What came of verifying evidence. Immutable.

    :ivar steps: from the newest time-stamp inwards to the signer.
    :ivar signed_at: a time at which the signature existed, by the oldest time-stamp that holds: the end of what its
        accuracy leaves open; None without one.
    :ivar signer_certificate: None when it was not found.
    :ivar path: of the signer's certificate, as it was then; None when it was not found.
    :ivar timestamps: the time-stamps over the signature that hold.
    :ivar archive_timestamps: those over everything that hold, the oldest first.
    """

    steps: tuple[EvidenceStep, ...]
    signed_at: datetime | None
    signer_certificate: Certificate | None
    path: ValidatedPath | None
    timestamps: tuple[VerifiedTimestamp, ...]
    archive_timestamps: tuple[VerifiedTimestamp, ...]
    _content: bytes | None = field(default=None, repr=False)

    @property
    def ok(self) -> bool:
        """Tell whether every step holds."""
        return bool(self.steps) and all(step.status is CheckStatus.PASSED for step in self.steps)

    def require(self) -> None:
        """Raise the error of the first step that failed.

        :raises GmpkiError: that error; :class:`MessageError` "not-verified" when a step could not be taken.
        """
        for step in self.steps:
            if step.error is not None:
                raise step.error
        if not self.ok:
            raise MessageError("not-verified", "the evidence was not verified completely")

    @property
    def content(self) -> bytes:
        """The content that was signed.

        :raises GmpkiError: as :meth:`require`, unless every step holds.
        """
        self.require()
        return self._content or b""


def verify_evidence(
    evidence: Evidence,
    trust: Trust,
    *,
    authorities: Trust | None = None,
    policy: TokenPolicy = DEFAULT_TOKENS,
    collect: bool = False,
) -> EvidenceReport:
    """Verify evidence with what it brings along and the anchors that one trusts.

    The newest time-stamp has to hold now; each other one, and the signature, at the time of the one around it. What
    was revoked after that takes nothing with it any more. For each path the checkers of the trust are asked first,
    about now before the time in question, and then the lists and responses that are kept with it.

    :param trust: its anchors, and its ``at`` as the time of the verification. Revocation has to be known unless its
        policy says otherwise.
    :param authorities: whom to trust about time-stamps, where that is somebody else; its ``at`` does not count.
    :param policy: which time-stamps are taken.
    :param collect: return a report in place of an error.
    :raises TimestampError: when a time-stamp does not hold, as :meth:`TokenVerifier.verify`; "no-time-stamp" when
        there is none over the signature, "future" when one is newer than what is around it, "later-data" when what is
        kept with one is.
    :raises InvalidSignature: when a signature does not hold.
    :raises ValidationError: when a certificate is not acceptable for its time, or its revocation is not known.
    :raises InvalidInputError: when trust looks at signatures alone.
    :raises GmpkiError: another error when something in it is malformed or not known.
    :raises InvalidTypeError: when an input has the wrong type.
    :standard: RFC 5126 6.3, 6.4 and annex C
    """
    member(evidence, Evidence, "evidence")
    member(trust, Trust, "trust")
    if authorities is None:
        authorities = trust
    member(authorities, Trust, "authorities")
    member(policy, TokenPolicy, "policy")
    member(collect, bool, "collect")
    if not trust.checks_chain or not authorities.checks_chain:
        raise InvalidInputError("evidence is verified up to trust anchors; Trust.signature_only() has none")
    return _Verification(evidence, trust, authorities, policy, collect=collect).report()


class _Verification:
    """One verification. A context: one thread at a time."""

    def __init__(
        self, evidence: Evidence, trust: Trust, authorities: Trust, policy: TokenPolicy, *, collect: bool
    ) -> None:
        self._evidence = evidence
        self._trust = trust
        self._authorities = authorities
        self._policy = policy
        self._collect = collect
        self._at = trust.at or utc_seconds(datetime.now(timezone.utc), "now")
        self._steps: list[EvidenceStep] = []

    def report(self) -> EvidenceReport:
        """Go through the layers."""
        evidence = self._evidence
        archives: list[VerifiedTimestamp] = []
        around: datetime | None = None
        for older in reversed(range(len(evidence.archive_timestamps))):
            token = evidence.archive_timestamps[older]
            found = self._stamp(f"archive-time-stamp {older + 1}", token, around, older)
            archives += found
            around = found[0].latest if found else token.time
        stamps: list[VerifiedTimestamp] = []
        for index, token in enumerate(evidence.timestamps):
            stamps += self._stamp(f"signature-time-stamp {index + 1}", token, around, None)
        if not evidence.timestamps:
            self._take("signature-time-stamp", _no_stamp)
        signed_at = min((stamp.latest for stamp in stamps), default=None)
        certificate = self._take("signer", self._signer)
        path = None
        if certificate is not None and signed_at is not None:
            path = self._take("signer-path", lambda: self._signer_path(certificate, signed_at))
        else:
            detail = "without the certificate, and a time-stamp that holds, there is no path to look at"
            self._steps.append(EvidenceStep("signer-path", CheckStatus.NOT_CHECKED, detail))
        content = evidence.content if evidence.content is not None else evidence.message.unverified_content()
        return EvidenceReport(
            tuple(self._steps), signed_at, certificate, path, tuple(stamps), tuple(reversed(archives)), content
        )

    def _take(self, name: str, step: Callable[[], tuple[T, str, datetime | None]]) -> T | None:
        """Take a step; note that it holds, or that it failed and why.

        :raises GmpkiError: what the step raised, unless errors are collected.
        """
        try:
            value, detail, time = step()
        except GmpkiError as error:
            if not self._collect:
                raise
            self._steps.append(EvidenceStep(name, CheckStatus.FAILED, str(error), None, error))
            return None
        self._steps.append(EvidenceStep(name, CheckStatus.PASSED, detail, time))
        return value

    # ---- time-stamps --------------------------------------------------------------------
    def _stamp(
        self, name: str, token: TimestampToken, around: datetime | None, older: int | None
    ) -> list[VerifiedTimestamp]:
        """Verify a time-stamp; return it, or nothing when it does not hold.

        :param around: the time of the time-stamp around it; None for the newest.
        :param older: how many archive time-stamps it covers; None for one over the signature.
        """

        def step() -> tuple[VerifiedTimestamp, str, datetime | None]:
            data = ValidationData.of_attributes(token.signer.other_attributes())
            if older is None:
                over: Imprint | bytes = self._evidence.signer.signature
            else:
                over = self._evidence.archive_imprint(token.imprint.hash_name, older=older)
            others = (*self._authorities.intermediates, *data.certificates)
            only = Trust.signature_only(others, signatures=self._authorities.signatures)
            # Whether it is of the future is told by what is around it, below.
            policy = replace(self._policy, clock_skew=MAX_CLOCK_SKEW)
            stamp = TokenVerifier(only, policy=policy).verify(token, over)
            if stamp.certificate is None:
                raise MessageError("signer-missing", "the certificate of the authority is not known")
            limit = self._at if around is None else around
            if stamp.time - limit > self._policy.clock_skew:
                raise TimestampError("future", f"the time-stamp is of {stamp.time}, what is around it of {limit}")
            trusted = replace(
                self._authorities, policy=replace(self._authorities.policy, purpose=Purpose.TIME_STAMPING)
            )
            signature = self._past(stamp.time, data, around, around, trusted)
            path = self._path(stamp.certificate, signature, trusted, data, token.certificates)
            what = "the signature" if older is None else f"everything, with {older} older archive time-stamps"
            detail = f"over {what}, by {stamp.certificate.subject}; {_asked(path, signature)}"
            return replace(stamp, path=path, is_trusted=True), detail, stamp.time

        found = self._take(name, step)
        return [] if found is None else [found]

    # ---- the signer ---------------------------------------------------------------------
    def _signer(self) -> tuple[Certificate, str, datetime | None]:
        evidence = self._evidence
        others = (*self._trust.intermediates, *evidence.data.certificates)
        only = Trust.signature_only(others, signatures=self._trust.signatures)
        report = verify_message(evidence.message, only, content=evidence.content, collect=True).signers[evidence.index]
        report.require()
        if report.signer_certificate is None:
            raise MessageError("signer-missing", "the certificate of the signer is not known")
        return report.signer_certificate, f"the signature of {report.signer_certificate.subject} holds", None

    def _signer_path(self, certificate: Certificate, signed_at: datetime) -> tuple[ValidatedPath, str, datetime | None]:
        data = self._evidence.data
        archives = self._evidence.archive_timestamps
        signature = self._past(signed_at, data, signed_at, archives[0].time if archives else None, self._trust)
        path = self._path(certificate, signature, self._trust, data, self._evidence.message.certificates)
        return path, _asked(path, signature), signed_at

    # ---- paths --------------------------------------------------------------------------
    def _past(
        self,
        time: datetime,
        data: ValidationData,
        existed_at: datetime | None,
        covered_by: datetime | None,
        trust: Trust,
    ) -> PastSignature:
        """Return when a signature was made, and for which time revocation is asked about.

        What is kept is of a day soon after it. Without that, and for the newest time-stamp, who can still tell is
        asked about now.

        :param existed_at: the time of the time-stamp over the signature; None when there is none.
        :param covered_by: the time of the archive time-stamp over what is kept; None when there is none.
        :raises TimestampError: "later-data" when what is kept is newer than the time-stamp over it, or than now.
        """
        known_at = data.known_at
        limit = self._at if covered_by is None else covered_by
        if known_at is not None and known_at - limit > self._policy.clock_skew:
            raise TimestampError("later-data", f"what is kept is of {known_at}, after {limit}")
        if known_at is None or (existed_at is None and trust.checkers):
            return PastSignature(time, self._at, existed_at)
        return PastSignature(time, max(time, known_at), existed_at)

    def _path(
        self,
        certificate: Certificate,
        signature: PastSignature,
        trust: Trust,
        data: ValidationData,
        along: tuple[Certificate, ...],
    ) -> ValidatedPath:
        """Validate a path with what is kept. Who made the evidence chose that: the verifier's own checkers go first."""
        own = tuple(AskedToday(checker, self._at) for checker in trust.checkers)
        # Nobody to ask is somebody who knows nothing: revocation has to be known, unless the policy says otherwise.
        checkers = (*own, *data.checkers()) or (CRLChecker(),)
        return validate_past(
            certificate,
            signature,
            replace(trust.policy, revocation=trust.policy.revocation or RevocationMode.HARD),
            anchors=trust.anchors,
            intermediates=(*trust.intermediates, *along, *data.certificates),
            checkers=checkers,
        )


def _no_stamp() -> tuple[None, str, None]:
    raise TimestampError("no-time-stamp", "the signature has no time-stamp: when it was made is not known")


def _asked(path: ValidatedPath, signature: PastSignature) -> str:
    """Say what was found out about a path."""
    anchor = f"up to {path.anchor.subject}"
    if not path.revocation:
        return f"{anchor}, valid at {signature.time:%Y-%m-%d %H:%M:%S} UTC; nobody was asked about revocation"
    asked = max(signature.time, signature.asked_at)
    return f"{anchor}, valid at {signature.time:%Y-%m-%d %H:%M:%S} UTC; not revoked as of {asked:%Y-%m-%d %H:%M:%S} UTC"
