"""What checking for revocation means, whatever it is done with: the question, the answer, and who may be asked.

A checker answers for one certificate of a path. It never decides what an unknown status is worth: that is the
policy's affair (:class:`~gmpki.x509.path.PathPolicy`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Final, Protocol, runtime_checkable

from gmpki._inputs import as_text, member, utc
from gmpki.errors import InvalidInputError, RevocationUnknownError, RevokedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gmpki.asn1.rfc5280 import ReasonCode
    from gmpki.x509.certificate import Certificate
    from gmpki.x509.named_key import NamedKey
    from gmpki.x509.signatures import SignaturePolicy

__all__ = [
    "RevocationChecker",
    "RevocationContext",
    "RevocationResult",
    "RevocationStatus",
    "SignerValidator",
    "said",
]


class RevocationStatus(str, Enum):
    """Whether a certificate has been revoked."""

    GOOD = "good"
    REVOKED = "revoked"
    UNKNOWN = "unknown"


_TIMES: Final = ("revoked_at", "invalidity_date", "this_update", "next_update")


@dataclass(frozen=True, slots=True)
class RevocationResult:
    """What a checker found out about one certificate.

    :ivar status: good, revoked, or unknown.
    :ivar source: where that comes from: "crl", "ocsp", or "" when there was nothing to ask.
    :ivar reason: why the certificate was revoked, ``None`` when it was not, or nobody said.
    :ivar revoked_at: when it was revoked, in UTC; ``None`` when it was not.
    :ivar invalidity_date: since when the key may have been in wrong hands, in UTC, where the source says so.
    :ivar this_update: from when the information is, in UTC.
    :ivar next_update: until when there will be newer, in UTC.
    :ivar detail: one sentence for a person: why the status is unknown, or what the answer rests on.
    """

    status: RevocationStatus
    source: str = ""
    reason: ReasonCode | None = None
    revoked_at: datetime | None = None
    invalidity_date: datetime | None = None
    this_update: datetime | None = None
    next_update: datetime | None = None
    detail: str = ""

    def __post_init__(self) -> None:
        """Check that the parts make sense together.

        :raises InvalidTypeError: when a part has the wrong type.
        :raises InvalidInputError: when a revoked certificate has no date of revocation, or another has one.
        """
        member(self.status, RevocationStatus, "status")
        as_text(self.source, "source")
        as_text(self.detail, "detail")
        for name in _TIMES:
            value = getattr(self, name)
            if value is not None and type(value) is not datetime:
                member(value, datetime, name)
        if self.reason is not None:
            from gmpki.asn1.rfc5280 import ReasonCode

            member(self.reason, ReasonCode, "reason")
        if (self.status is RevocationStatus.REVOKED) != (self.revoked_at is not None):
            raise InvalidInputError("a result says when the certificate was revoked if, and only if, it was")

    def require_good(self, certificate: Certificate | None = None) -> None:
        """Raise unless the certificate is good.

        :param certificate: what the error names.
        :raises RevokedError: when it is revoked.
        :raises RevocationUnknownError: when that is not known.
        """
        if self.status is RevocationStatus.GOOD:
            return
        if self.revoked_at is not None:
            why = f", {self.reason.name.lower().replace('_', ' ')}" if self.reason is not None else ""
            raise RevokedError(
                f"the certificate was revoked on {self.revoked_at:%Y-%m-%d %H:%M:%S} UTC{why}",
                revoked_at=self.revoked_at,
                revocation_reason=self.reason,
                certificate=certificate,
            )
        why = f": {self.detail}" if self.detail else ""
        raise RevocationUnknownError(
            "revocation-unknown", f"whether the certificate was revoked is unknown{why}", certificate=certificate
        )


class SignerValidator(Protocol):
    """A function that validates the certificate of who signed a list or an answer, to the anchors of the path."""

    def __call__(self, signer: Certificate, /, *, certificates: Sequence[Certificate] = ()) -> None:
        """Return when the signer's certificate is valid now and leads to a trust anchor of the path.

        What the signer's key is for is checked by who calls: cRLSign, or the extended key usage of OCSP responders.

        :param certificates: others that may be needed on the way, not trusted.
        :raises ValidationError: when it is not valid.
        """


def said(error: Exception) -> str:
    """Return what an exception of the caller's own function or checker says, if it can."""
    try:
        return f"{type(error).__name__}: {error}"
    except Exception:  # noqa: BLE001 - it is no exception of ours
        return type(error).__name__


def _standard_signatures() -> SignaturePolicy:
    from gmpki.x509.signatures import STANDARD_SIGNATURES

    return STANDARD_SIGNATURES


@dataclass(frozen=True, slots=True)
class RevocationContext:
    """What a checker needs to know besides the certificate and its issuer. Immutable; thread-safe if its parts are.

    :ivar at: the time for which the question is asked, with a time zone.
    :ivar signatures: which signatures of lists and answers are taken.
    :ivar validate_signer: validates certificates other than the issuer's that sign lists and answers; with ``None``
        nobody but the issuer may sign, and OCSP responders whose certificate the issuer gave id-pkix-ocsp-nocheck.
    """

    at: datetime
    signatures: SignaturePolicy = field(default_factory=_standard_signatures)
    validate_signer: SignerValidator | None = None

    def __post_init__(self) -> None:
        """Check the time.

        :raises InvalidTypeError: when at is no ``datetime``.
        :raises InvalidInputError: when at has no time zone.
        """
        utc(self.at, "the time")


@runtime_checkable
class RevocationChecker(Protocol):
    """Whoever can tell whether a certificate has been revoked: revocation lists, an OCSP responder, a database."""

    def check(self, certificate: Certificate, issuer: NamedKey, context: RevocationContext) -> RevocationResult:
        """Find out whether a certificate has been revoked.

        Sources that are missing, broken, out of date or not authorised give UNKNOWN with the reason in ``detail``;
        they are no errors.

        :param issuer: whose key verified the certificate: a certificate that was validated, or a trust anchor.
        """
