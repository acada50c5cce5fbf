"""When a document was signed, by whose word, and what that means for the certificate of the signer.

The time that a signer writes is his own word. A time-stamp over the value of the signature proves that the signature
existed at its time; what is revoked later takes nothing with it. One that the signer signed along, as the layout of
GM/T 0031-2014 has it, proves the reverse: the signature is no older than the time-stamp.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Final

from gmpki._inputs import member, utc_seconds
from gmpki.cms.timestamps import StampedTime
from gmpki.errors import SealError
from gmpki.seal._checks import attempted, failed, left, passed, path_checks
from gmpki.seal.report import SealCheck
from gmpki.seal.signer_rules import check_times
from gmpki.x509.path.past import PastSignature, validate_past

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gmpki.cms.report import Check
    from gmpki.cms.trust import Trust
    from gmpki.seal.report import SignatureReport
    from gmpki.seal.seal import Seal
    from gmpki.x509.certificate import Certificate
    from gmpki.x509.path.result import ValidatedPath

__all__ = ["SigningTime", "as_of", "check_stamp", "check_time", "signer_path", "time_of_verification", "with_stamp"]

_CLOCK_SKEW: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class SigningTime:
    """All that is known about when a signature was made. Immutable.

    :ivar today: the time of the verification.
    :ivar claimed: what the signer says; None when he says nothing that can be read.
    :ivar signed_at: a time at which the signature is proved to have existed; None when nobody proves it.
    """

    today: datetime
    claimed: datetime | None = None
    signed_at: datetime | None = None

    @property
    def best(self) -> datetime:
        """The time that counts: the one that is proved, else the one that is claimed unless it lies ahead, else now."""
        if self.signed_at is not None:
            return self.signed_at
        return self.today if self.claimed is None else min(self.claimed, self.today)


def time_of_verification(now: datetime | None, trust: Trust) -> datetime:
    """Return the time of a verification: the one that is given, that of the trust, or that of the clock.

    :raises InvalidTypeError: when it is no time.
    :raises InvalidInputError: when it has no time zone.
    """
    if now is None:
        now = trust.at or datetime.now(timezone.utc)
    return utc_seconds(now, "now")


def as_of(trust: Trust, today: datetime) -> Trust:
    """Return a trust for the time of a verification."""
    return replace(trust, at=today) if trust.checks_chain and trust.at != today else trust


def check_stamp(verify: Callable[[], StampedTime]) -> tuple[StampedTime | None, Check]:
    """Verify a time-stamp. One of an authority that nobody looked at decides nothing.

    :param verify: does it, and raises when it does not hold.
    """
    found: list[StampedTime] = []

    def check() -> str:
        stamp = verify()
        member(stamp, StampedTime, "what a verifier of time-stamps returns")
        found.append(stamp)
        return f"{stamp.time:%Y-%m-%d %H:%M:%S} UTC"

    answer = attempted(SealCheck.TIME_STAMP, check)
    if not found:
        return None, answer
    if not found[0].is_trusted:
        return found[0], left(SealCheck.TIME_STAMP, f"{answer.detail}, by an authority that nobody looked at")
    return found[0], answer


def check_time(when: SigningTime, seal: Seal | None, certificate: Certificate, *, text: str = "") -> Check:
    """Check the time of the signature against the validity of certificate and seal, and what the signer says about it
    against what else is known.

    :param text: what he wrote in its place that is no time.
    :standard: GM/T 0031-2014 6
    """
    claimed, proved = when.claimed, when.signed_at
    if claimed is None and proved is None:
        return left(SealCheck.TIME, f"{text!r} is no time" if text else "the signature says no time")

    def check() -> str:
        if claimed is None:
            check_times(when.best, seal, certificate)
            return f"{when.best:%Y-%m-%d %H:%M:%S} UTC, by the time-stamp"
        if claimed > when.today + _CLOCK_SKEW:
            raise SealError("signed-in-future", f"the signature is of {claimed}, and it is {when.today} now")
        if proved is not None and claimed > proved + _CLOCK_SKEW:
            raise SealError("signed-after-stamp", f"the signature says {claimed}, and existed at {proved}")
        check_times(claimed, seal, certificate)
        return f"{claimed:%Y-%m-%d %H:%M:%S} UTC, {'by the signer' if proved is None else 'time-stamped'}"

    return attempted(SealCheck.TIME, check)


def signer_path(
    certificate: Certificate, others: Sequence[Certificate], trust: Trust, when: SigningTime
) -> tuple[ValidatedPath | None, tuple[Check, Check]]:
    """Validate the path of the signer's certificate for the time of the signature.

    Without a proof of that time a signer who was revoked since counts as revoked, unless the reason leaves the key in
    his hands.

    :param others: certificates that came along.
    """
    chain, revocation = SealCheck.SIGNER_CHAIN, SealCheck.SIGNER_REVOCATION
    if not trust.checks_chain:
        detail = "not asked for: signatures alone"
        return None, (left(chain, detail), left(revocation, detail))
    proved = when.signed_at
    if proved is not None:
        of_today = as_of(trust, when.today)
        return path_checks(
            chain,
            revocation,
            lambda: of_today.validate(certificate, others, at=proved),
            "at the time of the time-stamp",
        )
    return path_checks(
        chain,
        revocation,
        lambda: validate_past(
            certificate,
            PastSignature(when.best, when.today),
            trust.policy,
            anchors=trust.anchors,
            intermediates=(*trust.intermediates, *others),
            checkers=trust.checkers,
        ),
        "now" if when.best == when.today else "at the time that the signer says",
    )


def with_stamp(report: SignatureReport, stamp: StampedTime, detail: str) -> SignatureReport:
    """Return a report on a signature without a time-stamp of its own, when one that is trusted covers it from outside.

    It has to come while the certificates of the signer and the seal still hold: with an old key that nobody guards any
    more anybody can sign, with an old date, and have that stamped today.

    :param detail: what the time-stamp is, for people.
    """
    proved = stamp.latest
    chain = () if report.signer_path is None else report.signer_path.chain
    ends = [one.not_after for one in (*chain, *([report.signer_certificate] if report.signer_certificate else []))]
    ends += [report.seal.valid_until] if report.seal is not None else []
    if not ends or proved > min(ends):
        late = left(SealCheck.TIME_STAMP, f"{detail}; it came after the certificate or the seal had ended")
        return replace(report, checks=tuple(late if one.name is late.name else one for one in report.checks))
    answers = {SealCheck.TIME_STAMP: passed(SealCheck.TIME_STAMP, detail)}
    claimed = report.claimed_time
    if claimed is not None and claimed > proved + _CLOCK_SKEW:
        said = f"the signature says {claimed}, and existed at {proved}"
        answers[SealCheck.TIME] = failed(SealCheck.TIME, SealError("signed-after-stamp", said))
    checks = tuple(answers.get(one.name, one) for one in report.checks)  # type: ignore[call-overload]
    return replace(report, checks=checks, signed_at=proved, timestamps=(stamp,))
