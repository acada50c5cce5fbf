"""Signatures with the seal of the samples, how they are judged, and who keeps account of seals."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

from gmpki.asn1.rfc5280 import ReasonCode
from gmpki.cms.report import CheckStatus
from gmpki.seal import (
    Seal,
    SealLayout,
    SealSigner,
    SealState,
    SealStatus,
    SealTrust,
    SignatureReport,
    check_seal_signature,
)
from seal import samples
from seal.samples import DAY, DIGEST, NOW

GBT, OLD = SealLayout.GBT38540, SealLayout.GMT0031


@cache
def signed(layout: SealLayout = GBT, *, stamped: bool = False) -> bytes:
    """Sign the digest with the seal of the organisation."""
    person = samples.signer()
    stamp = samples.timestamp if stamped else None
    signer = SealSigner(samples.seal(layout), person.key, person.certificate, timestamp=stamp, clock=lambda: NOW)
    return signer.sign(DIGEST, samples.PROPERTY_INFO).der


def judged(data: Any, trust: SealTrust | None = None, *, digest: bytes = DIGEST, **options: Any) -> SignatureReport:
    return check_seal_signature(data, digest, trust or samples.trust(), **options)


def reasons(report: SignatureReport) -> dict[str, str]:
    """Return the checks that failed, each with its reason."""
    return {
        check.name.value: getattr(check.error, "reason", type(check.error).__name__)
        for check in report.checks
        if check.status is CheckStatus.FAILED
    }


def status(report: SignatureReport, name: str) -> str:
    return report.check(name).status.value


class Account:
    """Somebody who keeps account of one seal: its states with their beginnings."""

    def __init__(self, *steps: tuple[datetime, SealStatus]) -> None:
        self.steps = steps

    def status(self, _seal: Seal, *, at: datetime | None = None) -> SealStatus:
        """Return the last state that began until then."""
        found = SealStatus(SealState.IN_USE)
        for since, said in self.steps:
            if at is not None and since <= at:
                found = said
        return found


def in_state(state: SealState = SealState.IN_USE, days: float = -0.5, reason: ReasonCode | None = None) -> Account:
    since = NOW + days * DAY
    return Account((since, SealStatus(state, since, reason, "so says the account")))
