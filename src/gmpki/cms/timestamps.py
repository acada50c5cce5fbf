"""What a message needs to know about time-stamps: somebody who verifies a token, and what he found out.

Messages do not depend on time-stamps; :mod:`gmpki.tsa` implements this protocol and is passed in.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from gmpki._inputs import member, utc

if TYPE_CHECKING:
    from gmpki.x509.certificate import Certificate

__all__ = ["StampedTime", "TimestampVerifier"]


@dataclass(frozen=True, slots=True)
class StampedTime:
    """What a time-stamp proves: that some bytes existed at a time. Immutable.

    :ivar time: genTime of the token, in UTC.
    :ivar accuracy: how far the real time may be from it; None when the token does not say.
    :ivar policy: the object identifier of the policy under which the token was made.
    :ivar certificate: of the authority that made it.
    :ivar serial_number: of the token; None when who verified it does not say.
    :ivar token: the DER of the token, empty when who verified it does not say.
    :ivar is_trusted: whether the authority is one that is trusted. Of another one, only the signature holds: the time
        is what anybody may have written, and decides nothing.
    :raises InvalidTypeError: when a time is none.
    :raises InvalidInputError: when the time has no time zone.
    """

    time: datetime
    accuracy: timedelta | None = None
    policy: str = ""
    certificate: Certificate | None = None
    serial_number: int | None = None
    token: bytes = b""
    is_trusted: bool = field(default=True, kw_only=True)

    def __post_init__(self) -> None:
        utc(self.time, "the time of a time-stamp")
        if self.accuracy is not None:
            member(self.accuracy, timedelta, "the accuracy of a time-stamp")
        member(self.is_trusted, bool, "is_trusted")

    @property
    def earliest(self) -> datetime:
        """The earliest real time at which the token can have been made, by its accuracy."""
        try:
            return self.time - (self.accuracy or timedelta(0))
        except OverflowError:
            return datetime.min.replace(tzinfo=timezone.utc)

    @property
    def latest(self) -> datetime:
        """The latest real time at which the token can have been made, by its accuracy: what was stamped existed then.

        :standard: RFC 3161 2.4.2 (accuracy)
        """
        try:
            return self.time + (self.accuracy or timedelta(0))
        except OverflowError:
            return datetime.max.replace(tzinfo=timezone.utc)


@runtime_checkable
class TimestampVerifier(Protocol):
    """Whoever can verify the token of a time-stamping authority."""

    def verify(self, token: bytes, imprinted: bytes) -> StampedTime:
        """Verify a token completely: imprint, signature, certificate of the authority and its path.

        :param token: the DER of TimeStampToken.
        :param imprinted: the bytes that were stamped: the signature of a signer.
        :raises TimestampError: when the token is over other bytes, or not acceptable in itself.
        :raises GmpkiError: another error when its signature, certificate or encoding is not in order.
        """
