"""The check whether a seal was in use, weighed like the revocation of a certificate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gmpki._inputs import member
from gmpki.asn1.rfc5280 import ReasonCode
from gmpki.errors import SealError
from gmpki.seal._checks import failed, left, passed
from gmpki.seal.report import SealCheck
from gmpki.seal.status import SealState, SealStatus
from gmpki.x509.path.past import PastSignature
from gmpki.x509.revocation import said

if TYPE_CHECKING:
    from datetime import datetime

    from gmpki.cms.report import Check
    from gmpki.seal.seal import Seal
    from gmpki.seal.status import SealStatusSource

__all__ = ["check_status"]

_NAME = SealCheck.STATUS


def check_status(
    seal: Seal, source: SealStatusSource | None, *, at: datetime, today: datetime, existed_at: datetime | None = None
) -> Check:
    """Ask whether a seal was in use at a time.

    A seal that was taken out of use later, up to today, takes signatures with it whose time nobody proves but the
    signer; unless the reason leaves the seal in its owner's hands (see :class:`~gmpki.seal.status.SealStatus`).

    :param source: None when there is nobody to ask.
    :param at: when the seal was used, as far as is known.
    :param today: the time of the verification.
    :param existed_at: a time at which what was signed is proved to have existed.
    """
    if source is None:
        return left(_NAME, "nobody was asked")
    try:
        then = source.status(seal, at=at)
        now = then if at >= today else source.status(seal, at=today)
        for status in (then, now):
            member(status, SealStatus, "what a source of statuses returns")
    except Exception as error:  # noqa: BLE001 - whatever a source meets, it has not found the seal in use
        return left(_NAME, said(error))
    if not then.known:
        return left(_NAME, then.detail or "the seal is not known there")
    if then.state is not SealState.IN_USE:
        return failed(_NAME, _refusal(then, ": at the time of the signature" if at < today else ""))
    if now.state is SealState.IN_USE:
        return passed(_NAME, then.detail or "in use")
    if not now.known:
        return left(_NAME, now.detail or "the seal is not known there any more")
    # Whoever takes a seal out of use without a word on why has not said that nobody else had it.
    reason = None if now.reason is ReasonCode.UNSPECIFIED else now.reason
    if PastSignature(at, today, existed_at).outlives(now.since or today, reason, None):
        return passed(_NAME, f"in use then, and {now.state.value}{_since(now)}, which leaves this signature standing")
    return failed(_NAME, _refusal(now, ": today, and nobody but the signer says that he signed before"))


def _refusal(status: SealStatus, when: str) -> SealError:
    detail = f" ({status.detail})" if status.detail else ""
    return SealError(f"seal-{status.state.value}", f"the seal is {status.state.value}{_since(status)}{detail}{when}")


def _since(status: SealStatus) -> str:
    return "" if status.since is None else f" since {status.since:%Y-%m-%d %H:%M:%S} UTC"
