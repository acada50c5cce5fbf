"""The life of a seal: made, put on file, in use, stopped and taken up again, replaced, revoked.

Which step may follow which stage is one table. A record is what all steps of one seal come to:

    made --file--> in use <--stop, resume--> stopped
    in use, stopped --replace--> replaced
    made, in use, stopped, replaced --revoke--> revoked

A seal that was replaced can still be revoked: that its key was stolen may come out later. Nothing follows revocation.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

from gmpki._inputs import as_text, member, utc_seconds
from gmpki.asn1.rfc5280 import ReasonCode
from gmpki.errors import InvalidInputError, SealError, StateError
from gmpki.seal.status import SealState, SealStatus

__all__ = ["CLOCK_TOLERANCE", "SealAction", "SealRecord", "SealStage", "SealStep", "line_of_text", "steady_time"]

MAX_TEXT_LEN: Final = 1000
CLOCK_TOLERANCE: Final = timedelta(seconds=60)
"""By how much a clock may go back, as it does when it is set right."""


class SealAction(str, Enum):
    """A step in the life of a seal."""

    MAKE = "make"
    """The seal was made; this is the first step."""
    FILE = "file"
    """A record of it was filed with whoever keeps account of seals, and it came into use."""
    STOP = "stop"
    RESUME = "resume"
    REPLACE = "replace"
    """Another seal took its place."""
    REVOKE = "revoke"

    __hash__ = str.__hash__


class SealStage(str, Enum):
    """Where a seal stands."""

    MADE = "made"
    """It was made and not yet put on file; it may not be used."""
    IN_USE = "in-use"
    STOPPED = "stopped"
    REPLACED = "replaced"
    REVOKED = "revoked"

    __hash__ = str.__hash__


TRANSITIONS: Final[dict[tuple[SealStage | None, SealAction], SealStage]] = {
    (None, SealAction.MAKE): SealStage.MADE,
    (SealStage.MADE, SealAction.FILE): SealStage.IN_USE,
    (SealStage.IN_USE, SealAction.STOP): SealStage.STOPPED,
    (SealStage.STOPPED, SealAction.RESUME): SealStage.IN_USE,
    (SealStage.IN_USE, SealAction.REPLACE): SealStage.REPLACED,
    (SealStage.STOPPED, SealAction.REPLACE): SealStage.REPLACED,
    (SealStage.MADE, SealAction.REVOKE): SealStage.REVOKED,
    (SealStage.IN_USE, SealAction.REVOKE): SealStage.REVOKED,
    (SealStage.STOPPED, SealAction.REVOKE): SealStage.REVOKED,
    (SealStage.REPLACED, SealAction.REVOKE): SealStage.REVOKED,
}
"""What each step makes of a stage; what is not in the table is not allowed."""
_STAGES: Final = {action: stage for (_, action), stage in TRANSITIONS.items()}
"""Where a step leads, from wherever it is allowed."""

_STATES: Final = {
    SealStage.IN_USE: SealState.IN_USE,
    SealStage.STOPPED: SealState.STOPPED,
    SealStage.REPLACED: SealState.REPLACED,
    SealStage.REVOKED: SealState.REVOKED,
}


@dataclass(frozen=True, slots=True)
class SealStep:
    """One step in the life of a seal. Immutable.

    :ivar at: when it was recorded, in UTC.
    :ivar by: who did it, 1 to 1000 characters.
    :ivar why: in a person's words, up to 1000 characters.
    :ivar reason: why the seal was taken out of use, for :class:`~gmpki.seal.status.SealStatus`; None for other steps.
    :ivar since: from when on it counts, where that is before it was recorded; else the same as ``at``.
    :ivar record_number: under which number the seal is on file; empty for other steps.
    :ivar other: the digest of the seal that takes its place, or whose place it takes; None for other steps.
    :raises InvalidTypeError: when a field has the wrong type.
    :raises InvalidInputError: when a text is too long or has characters that cannot be shown, or a time has no zone,
        or ``since`` is behind ``at``.
    """

    action: SealAction
    at: datetime
    by: str
    why: str = ""
    reason: ReasonCode | None = None
    since: datetime | None = None
    record_number: str = ""
    other: bytes | None = None

    def __post_init__(self) -> None:
        member(self.action, SealAction, "action")
        object.__setattr__(self, "at", utc_seconds(self.at, "at"))
        if not line_of_text(self.by, "by"):
            raise InvalidInputError("by must name who does it")
        line_of_text(self.why, "why")
        line_of_text(self.record_number, "record_number")
        if self.reason is not None:
            member(self.reason, ReasonCode, "reason")
        object.__setattr__(self, "since", self.at if self.since is None else utc_seconds(self.since, "since"))
        if self.effective > self.at:
            raise InvalidInputError("since lies in the future")

    @property
    def effective(self) -> datetime:
        """From when on the step counts."""
        return self.at if self.since is None else self.since


@dataclass(frozen=True, slots=True)
class SealRecord:
    """What is known about a seal. Immutable.

    :ivar digest: SM3 of the seal's DER, 32 bytes: what tells it from every other seal.
    :ivar seal_id: esID. A seal that replaces another may carry the same.
    :ivar holder: whose seal it is, for people.
    :ivar steps: from the first, which made it, to the last.
    """

    digest: bytes
    seal_id: str
    name: str
    holder: str
    seal_type: int
    vendor_id: str
    valid_from: datetime
    valid_until: datetime
    steps: tuple[SealStep, ...] = field(default=())

    @property
    def stage(self) -> SealStage:
        """Where the seal stands.

        :raises StateError: when there is no step.
        """
        if not self.steps:
            raise StateError("a record without steps is of no seal")
        return _STAGES[self.steps[-1].action]

    @property
    def since(self) -> datetime:
        """Since when it stands there."""
        return self.steps[-1].effective

    @property
    def record_number(self) -> str:
        """Under which number the seal is on file; empty as long as it is not."""
        return next((step.record_number for step in self.steps if step.action is SealAction.FILE), "")

    @property
    def successor(self) -> bytes | None:
        """The digest of the seal that took its place; None when none did."""
        return next((step.other for step in self.steps if step.action is SealAction.REPLACE), None)

    def after(self, step: SealStep) -> SealRecord:
        """Return the record with one more step.

        :raises SealError: "transition" when the step is not allowed where the seal stands, which the message names.
        :raises InvalidInputError: when the step counts from before the seal was made.
        """
        stage = self.stage if self.steps else None
        if (stage, step.action) not in TRANSITIONS:
            where = "not known" if stage is None else stage.value
            others = ", ".join(action.value for start, action in TRANSITIONS if start is stage)
            raise SealError(
                "transition",
                f"seal {self.seal_id} is {where}: there is no {step.action.value} from there, "
                + (f"only {others}" if others else "nor anything else"),
            )
        if self.steps and step.effective < self.steps[0].at:
            raise InvalidInputError("since lies before the seal was made")
        return replace(self, steps=(*self.steps, step))

    def status(self, at: datetime | None = None) -> SealStatus:
        """Return where the seal stood at a time, by all that is known.

        What was made and not put on file counts as stopped: it is known, and may not be used.

        :param at: None for now.
        :raises InvalidInputError: when the time has no time zone.
        """
        moment = None if at is None else utc_seconds(at, "at")
        # The last step that counts by then, in the order in which they were recorded: what is found out later prevails.
        last = next((one for one in reversed(self.steps) if moment is None or one.effective <= moment), None)
        if last is None:
            return SealStatus(SealState.UNKNOWN, detail="the seal was not yet made")
        stage = _STAGES[last.action]
        if stage is SealStage.MADE:
            return SealStatus(SealState.STOPPED, last.effective, detail="the seal was made and not yet put on file")
        said = f": {last.why}" if last.why else ""
        return SealStatus(_STATES[stage], last.effective, last.reason, f"{stage.value}{said}")


def line_of_text(text: str, name: str) -> str:
    """Return a text that fits into a line of a record.

    :raises InvalidTypeError: when it is not ``str``.
    :raises InvalidInputError: when it is longer than 1000 characters, or has some that cannot be shown.
    """
    if len(as_text(text, name)) > MAX_TEXT_LEN or not text.isprintable():
        raise InvalidInputError(f"{name} must be up to {MAX_TEXT_LEN} characters that can be shown")
    return text


def steady_time(now: datetime, last: datetime | None) -> datetime:
    """Return the time of what is recorded next: never before what was recorded last.

    :param now: what the clock says.
    :param last: the time of the last entry; None when there is none.
    :raises InvalidTypeError: when the clock gives no ``datetime``.
    :raises InvalidInputError: when it has no time zone.
    :raises StateError: when the clock is behind that by more than :data:`CLOCK_TOLERANCE`.
    """
    moment = utc_seconds(now, "the time of the clock")
    if last is None or moment >= last:
        return moment
    if last - moment > CLOCK_TOLERANCE:
        raise StateError(f"the clock went back: it says {moment:%Y-%m-%dT%H:%M:%SZ}, after {last:%Y-%m-%dT%H:%M:%SZ}")
    return last
