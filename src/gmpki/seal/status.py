"""What is known about a seal beside what stands in it: whether it is in use, stopped, replaced or revoked.

A seal says nothing of its own life after it was made. Whoever keeps account of seals, such as
:mod:`gmpki.seal.registry`, is asked through :class:`SealStatusSource`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from gmpki._inputs import as_text, member, utc_seconds
from gmpki.asn1.rfc5280 import ReasonCode

if TYPE_CHECKING:
    from gmpki.seal.seal import Seal

__all__ = ["SealState", "SealStatus", "SealStatusSource"]


class SealState(str, Enum):
    """Where a seal stands in its life."""

    IN_USE = "in-use"
    STOPPED = "stopped"
    """Out of use for a time; it may be taken up again."""
    REVOKED = "revoked"
    REPLACED = "replaced"
    """Another seal has taken its place."""
    UNKNOWN = "unknown"
    """Who was asked keeps no account of this seal."""

    __hash__ = str.__hash__


@dataclass(frozen=True, slots=True)
class SealStatus:
    """The state of a seal at a time. Immutable.

    :ivar since: when the seal came into that state; None when that is not known.
    :ivar reason: why it was taken out of use. It decides about signatures that claim an earlier time without a
        time-stamp that proves it: they stand when the reason leaves the seal in its owner's hands (superseded,
        cessation of operation, affiliation changed), and fall with any other, unspecified among them, and with None,
        because a signer can write any time.
    :ivar detail: one sentence for a person.
    :raises InvalidTypeError: when a field has the wrong type.
    :raises InvalidInputError: when the time has no time zone.
    """

    state: SealState
    since: datetime | None = None
    reason: ReasonCode | None = None
    detail: str = ""

    def __post_init__(self) -> None:
        member(self.state, SealState, "state")
        if self.since is not None:
            object.__setattr__(self, "since", utc_seconds(self.since, "since"))
        if self.reason is not None:
            member(self.reason, ReasonCode, "reason")
        as_text(self.detail, "detail")

    @property
    def known(self) -> bool:
        """Tell whether who was asked keeps account of the seal."""
        return self.state is not SealState.UNKNOWN


@runtime_checkable
class SealStatusSource(Protocol):
    """Whoever knows which seals are in use."""

    def status(self, seal: Seal, *, at: datetime | None = None) -> SealStatus:
        """Return the state of a seal at a time, by all that is known today; of one unknown to it, UNKNOWN.

        :param at: a time in UTC; None for now.
        :raises GmpkiError: when nobody can be asked at present.
        """
