"""Revocation along a path: who is asked, and what the answers are worth."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from gmpki.errors import RevokedError
from gmpki.x509.revocation import RevocationResult, RevocationStatus, said

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gmpki.x509.certificate import Certificate
    from gmpki.x509.named_key import NamedKey
    from gmpki.x509.revocation import RevocationChecker, RevocationContext

__all__ = ["RevocationMode", "ask", "require"]


class RevocationMode(str, Enum):
    """How much has to be known about the revocation of each certificate of a path."""

    HARD = "hard"
    """Each must be known to be good."""
    SOFT = "soft"
    """None may be known to be revoked. Whoever can keep answers from arriving can hide a revocation."""
    NONE = "none"
    """Nobody is asked."""


def ask(
    checkers: Sequence[RevocationChecker], certificate: Certificate, issuer: NamedKey, context: RevocationContext
) -> RevocationResult:
    """Ask the checkers in their order; the first that knows decides.

    A checker that raises, or whose answer is no result, does not know; unless what it raises says that this very
    certificate is revoked.

    :raises RevokedError: when a checker raises it.
    """
    details = []
    for checker in checkers:
        try:
            result = checker.check(certificate, issuer, context)
        except Exception as error:  # whatever a checker meets, it has not found the certificate good
            if isinstance(error, RevokedError) and error.certificate in (None, certificate):
                error.certificate = certificate
                raise
            details.append(f"{type(checker).__name__}: {said(error)}")
            continue
        if not isinstance(result, RevocationResult):
            details.append(f"{type(checker).__name__}: the answer is no RevocationResult")
        elif result.status is not RevocationStatus.UNKNOWN:
            return result
        else:
            details.append(result.detail or "nothing known")
    return RevocationResult(RevocationStatus.UNKNOWN, detail="; ".join(details) or "there is nobody to ask")


def require(result: RevocationResult, certificate: Certificate, mode: RevocationMode) -> None:
    """Raise unless an answer is enough for the mode.

    :raises RevokedError: when the certificate is revoked, in every mode that asks.
    :raises RevocationUnknownError: when that is unknown and the mode is HARD.
    """
    if result.status is RevocationStatus.REVOKED or mode is RevocationMode.HARD:
        result.require_good(certificate)
