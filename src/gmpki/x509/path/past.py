"""Paths of certificates whose keys signed in the past: valid then, and revoked or not as is known later.

What is found out about revocation on the day of a signature may be wrong about that day: a theft is noticed afterwards,
and published later still. So whoever can tell what is known today is asked about today first, and what he says of a
revocation is weighed against the time of the signature.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from gmpki.asn1.rfc5280.ext_crl import ReasonCode
from gmpki.errors import RevokedError
from gmpki.x509.path.revocation import RevocationMode, ask
from gmpki.x509.path.validate import validate_path
from gmpki.x509.revocation import RevocationResult, RevocationStatus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gmpki.x509.certificate import Certificate
    from gmpki.x509.named_key import NamedKey, TrustAnchor
    from gmpki.x509.path.policy import PathPolicy
    from gmpki.x509.path.result import ValidatedPath
    from gmpki.x509.revocation import RevocationChecker, RevocationContext

__all__ = ["AskedToday", "PastSignature", "WeighingChecker", "validate_past"]

# Reasons for which a key that is still in its owner's hands is taken out of use (RFC 3161 4, item 1).
_KEY_UNHARMED: Final = frozenset(
    (ReasonCode.UNSPECIFIED, ReasonCode.AFFILIATION_CHANGED, ReasonCode.SUPERSEDED, ReasonCode.CESSATION_OF_OPERATION)
)


@dataclass(frozen=True, slots=True)
class PastSignature:
    """When a signature was made, and since when somebody else vouches for it.

    :ivar time: when it was made, as far as is known.
    :ivar asked_at: for which time revocation is asked about; what expired before it is asked about for the end of its
        validity, because later lists need not name it any more.
    :ivar existed_at: a time at which it is proved to have existed, by a time-stamp over it; None when nobody proves it
        but the signature itself. What was revoked later takes nothing with it.
    """

    time: datetime
    asked_at: datetime
    existed_at: datetime | None = None

    def outlives(self, revoked_at: datetime, reason: object, invalid_from: datetime | None) -> bool:
        """Tell whether it stands although its key was revoked.

        :param invalid_from: since when the key may have been in wrong hands, where that is known.
        :standard: RFC 3161 4, item 1: without a proof from elsewhere every token of the key is void, unless the reason
            leaves the key in its owner's hands
        """
        harmed_at = revoked_at if invalid_from is None else min(revoked_at, invalid_from)
        if self.existed_at is not None:
            return self.existed_at < harmed_at
        return reason in _KEY_UNHARMED and self.time < harmed_at


def validate_past(
    certificate: Certificate,
    signature: PastSignature,
    policy: PathPolicy,
    *,
    anchors: Sequence[Certificate | TrustAnchor],
    intermediates: Sequence[Certificate],
    checkers: Sequence[RevocationChecker],
) -> ValidatedPath:
    """Validate the path of a certificate whose key made a signature in the past.

    :param policy: its revocation mode decides whether revocation is asked about.
    :raises ValidationError: when there is no acceptable path, or a certificate of it is revoked or that is unknown.
    """
    mode = policy.revocation
    if mode is None:
        mode = RevocationMode.HARD if checkers else RevocationMode.NONE
    unasked = replace(policy, revocation=RevocationMode.NONE)
    path = validate_path(certificate, anchors=anchors, intermediates=intermediates, policy=unasked, at=signature.time)
    if mode is RevocationMode.NONE:
        return path
    ends = [found.not_after for found in path.chain]
    if path.anchor.certificate is not None:
        ends.append(path.anchor.certificate.not_after)
    return validate_path(
        certificate,
        anchors=anchors,
        intermediates=intermediates,
        policy=replace(policy, revocation=mode),
        checkers=[WeighingChecker(checker, signature) for checker in checkers],
        at=max(signature.time, min(signature.asked_at, *ends)),
    )


@dataclass(frozen=True, slots=True)
class WeighingChecker:
    """A checker whose revocations are weighed against the time of a signature. Thread-safe if the checker is."""

    checker: RevocationChecker
    signature: PastSignature

    def check(self, certificate: Certificate, issuer: NamedKey, context: RevocationContext) -> RevocationResult:
        """Ask the checker, and weigh a revocation."""
        try:
            result = self.checker.check(certificate, issuer, context)
        except RevokedError as error:
            if self.signature.outlives(error.revoked_at, error.revocation_reason, None):
                return RevocationResult(RevocationStatus.GOOD, detail=_later(error.revoked_at))
            raise
        if not isinstance(result, RevocationResult) or result.revoked_at is None:
            return result
        if not self.signature.outlives(result.revoked_at, result.reason, result.invalidity_date):
            return result
        detail = _later(result.revoked_at)
        return replace(result, status=RevocationStatus.GOOD, reason=None, revoked_at=None, detail=detail)


@dataclass(frozen=True, slots=True)
class AskedToday:
    """A checker that is asked what it knows today before it is asked about a day in the past. Thread-safe if the
    checker is.

    Of a certificate that has expired since, later lists need not say anything: it is asked about its last day.

    :ivar today: the time of the verification.
    """

    checker: RevocationChecker
    today: datetime

    def check(self, certificate: Certificate, issuer: NamedKey, context: RevocationContext) -> RevocationResult:
        """Ask the checker about today, and about the day in question when it knows nothing of today.

        :raises RevokedError: when the checker raises it.
        """
        last = min(self.today, certificate.not_after)
        if last > context.at:
            result = ask((self.checker,), certificate, issuer, replace(context, at=last))
            if result.status is not RevocationStatus.UNKNOWN:
                return result
        return self.checker.check(certificate, issuer, context)


def _later(revoked_at: datetime) -> str:
    return f"taken out of use on {revoked_at:%Y-%m-%d %H:%M:%S} UTC, which leaves this signature standing"
