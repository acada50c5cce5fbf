"""The path of an authority's certificate: valid at the time of the token, not revoked at that of the verification."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from gmpki.asn1.rfc5280.ext_crl import ReasonCode
from gmpki.errors import RevokedError
from gmpki.x509.path.purposes import Purpose
from gmpki.x509.path.revocation import RevocationMode
from gmpki.x509.path.validate import validate_path
from gmpki.x509.revocation import RevocationResult, RevocationStatus

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gmpki.cms.trust import Trust
    from gmpki.x509.certificate import Certificate
    from gmpki.x509.named_key import NamedKey
    from gmpki.x509.path.result import ValidatedPath
    from gmpki.x509.revocation import RevocationChecker, RevocationContext

__all__ = ["validate_authority"]

# Reasons for which a key that is still in its owner's hands is taken out of use (RFC 3161 4, item 1).
_KEY_UNHARMED: Final = frozenset(
    (ReasonCode.UNSPECIFIED, ReasonCode.AFFILIATION_CHANGED, ReasonCode.SUPERSEDED, ReasonCode.CESSATION_OF_OPERATION)
)


def validate_authority(
    certificate: Certificate, others: Iterable[Certificate], time: datetime, trust: Trust, at: datetime
) -> ValidatedPath:
    """Validate the path of an authority's certificate.

    :param others: certificates that came along.
    :param time: of the token.
    :param at: the time of the verification; the one of whom trust is asked about revocation. What expired before it
        is asked about for the end of its validity: later lists need not name it any more.
    :raises ValidationError: when there is no acceptable path, or a certificate of it is revoked or that is unknown.
    """
    mode = trust.policy.revocation
    if mode is None:
        mode = RevocationMode.HARD if trust.checkers else RevocationMode.NONE
    policy = replace(trust.policy, purpose=Purpose.TIME_STAMPING, revocation=RevocationMode.NONE)
    intermediates = (*trust.intermediates, *others)
    path = validate_path(certificate, anchors=trust.anchors, intermediates=intermediates, policy=policy, at=time)
    if mode is RevocationMode.NONE:
        return path
    ends = [found.not_after for found in path.chain]
    if path.anchor.certificate is not None:
        ends.append(path.anchor.certificate.not_after)
    return validate_path(
        certificate,
        anchors=trust.anchors,
        intermediates=intermediates,
        policy=replace(policy, revocation=mode),
        checkers=[_Sparing(checker, time) for checker in trust.checkers],
        at=max(time, min(at, *ends)),
    )


@dataclass(frozen=True, slots=True)
class _Sparing:
    """A checker that spares what a key signed before it was taken out of use unharmed.

    :ivar checker: who knows about revocation.
    :ivar time: when the signature was made.
    :standard: RFC 3161 4, item 1: with no reason given, and all others, every token of the key is void
    """

    checker: RevocationChecker
    time: datetime

    def check(self, certificate: Certificate, issuer: NamedKey, context: RevocationContext) -> RevocationResult:
        """Ask the checker, and weigh a revocation."""
        try:
            result = self.checker.check(certificate, issuer, context)
        except RevokedError as error:
            if self._is_spared(error.revocation_reason, error.revoked_at):
                return RevocationResult(RevocationStatus.GOOD, detail=_spared(error.revoked_at))
            raise
        if not isinstance(result, RevocationResult) or result.revoked_at is None:
            return result
        if not self._is_spared(result.reason, result.revoked_at):
            return result
        detail = _spared(result.revoked_at)
        return replace(result, status=RevocationStatus.GOOD, reason=None, revoked_at=None, detail=detail)

    def _is_spared(self, reason: object, revoked_at: datetime) -> bool:
        return reason in _KEY_UNHARMED and self.time < revoked_at


def _spared(revoked_at: datetime) -> str:
    return f"taken out of use on {revoked_at:%Y-%m-%d %H:%M:%S} UTC, after this signature, its key unharmed"
