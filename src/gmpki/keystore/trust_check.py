"""How things in a trust folder stand at some time: certificates that lead to no anchor, lists that are out of date."""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gmpki._inputs import member, utc_seconds
from gmpki.errors import GmpkiError, RevokedError, ValidationError
from gmpki.keystore.crl_update import Authorities
from gmpki.keystore.trust_folder import HeldList, TrustFolder, TrustRole
from gmpki.x509.certificate import Certificate
from gmpki.x509.crl_verify import out_of_date

if TYPE_CHECKING:
    from datetime import datetime

    from gmpki.cms.trust import Trust

__all__ = ["Checked", "TrustStatus", "certificate_status", "check_trust_folder"]


class TrustStatus(enum.Enum):
    """How a certificate or a revocation list stands."""

    VALID = "valid"
    """It has a path to an anchor, or is one; the list can be used."""
    UNCHECKED = "unchecked"
    """It is within its validity; there is no anchor to look further."""
    EXPIRED = "expired"
    """Its validity is over; the next list should be there."""
    NOT_YET_VALID = "not-yet-valid"
    """Its validity has not begun."""
    REVOKED = "revoked"
    """It, or an authority above it, was revoked."""
    UNTRUSTED = "untrusted"
    """It has no acceptable path, or nobody knows whether it was revoked; nobody in the folder signed the list."""


@dataclass(frozen=True, slots=True)
class Checked:
    """How one thing in a trust folder stands. Immutable.

    :ivar role: of the certificate; ``None`` for a list.
    :ivar detail: what is wrong with it, for a person; empty for what is valid.
    """

    role: TrustRole | None
    item: Certificate | HeldList
    status: TrustStatus
    detail: str


def check_trust_folder(folder: TrustFolder, now: datetime) -> tuple[Checked, ...]:
    """Look at everything in a trust folder, anchors first.

    :param now: the time in question, with a time zone.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when now has no time zone.
    :raises GmpkiError: as :class:`~gmpki.keystore.trust_folder.TrustFolder`.
    """
    member(folder, TrustFolder, "folder")
    at = utc_seconds(now, "now")
    anchors = folder.certificates(TrustRole.ANCHOR)
    trust = folder.trust(at) if anchors else None
    found = []
    for role in TrustRole:
        for certificate in folder.certificates(role):
            judge = trust if role is TrustRole.INTERMEDIATE else None
            status, detail = certificate_status(certificate, judge, at)
            if status is TrustStatus.UNCHECKED and role is not TrustRole.INTERMEDIATE:
                status, detail = TrustStatus.VALID, ""
            found.append(Checked(role, certificate, status, detail))
    authorities = Authorities(folder)
    found += [Checked(None, held, *_list_status(held, authorities, at)) for held in folder.crls]
    return tuple(found)


def certificate_status(certificate: Certificate, trust: Trust | None, at: datetime) -> tuple[TrustStatus, str]:
    """Tell how a certificate stands, and what is wrong with it.

    :param trust: who vouches for it; None looks at its validity only.
    :param at: the time in question, with a time zone, whatever the time of ``trust`` is.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when at has no time zone.
    """
    member(certificate, Certificate, "certificate")
    moment = utc_seconds(at, "at")
    if moment > certificate.not_after:
        return TrustStatus.EXPIRED, f"expired on {certificate.not_after:%Y-%m-%d %H:%M:%S} UTC"
    if moment < certificate.not_before:
        return TrustStatus.NOT_YET_VALID, f"not valid before {certificate.not_before:%Y-%m-%d %H:%M:%S} UTC"
    if trust is None or not trust.anchors:
        return TrustStatus.UNCHECKED, "there is no anchor that could vouch for it"
    try:
        replace(trust, at=moment).validate(certificate)
    except RevokedError as error:
        return TrustStatus.REVOKED, str(error)
    except ValidationError as error:
        return TrustStatus.UNTRUSTED, f"{error.reason}: {error}"
    except GmpkiError as error:  # a key or an algorithm that is not known
        return TrustStatus.UNTRUSTED, str(error)
    return TrustStatus.VALID, ""


def _list_status(held: HeldList, authorities: Authorities, at: datetime) -> tuple[TrustStatus, str]:
    try:
        authorities.signer_of(held.crl, at)
    except GmpkiError as error:
        is_over = held.crl.next_update is not None and at > held.crl.next_update
        problem = out_of_date(held.crl, at) if is_over else None
        return (TrustStatus.EXPIRED, problem) if problem else (TrustStatus.UNTRUSTED, str(error))
    return TrustStatus.VALID, ""
