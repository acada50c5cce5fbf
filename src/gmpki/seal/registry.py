"""Registries of seals: what was made, what is on file, what is in use, and every step that led there.

A registry answers :class:`~gmpki.seal.status.SealStatusSource`, so a verifier can be given one. The one here keeps
everything in memory; :mod:`gmpki.seal.file_registry` keeps it on the disk.

    registry = MemorySealRegistry()
    registry.make(seal, by="制章员 01")
    registry.file(seal, by="备案员 07", record_number="4403-2026-000123")
    registry.stop(seal, by="李四", why="印章保管人变更")
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from gmpki._inputs import as_bytes, as_text, function, member, utc_seconds
from gmpki.asn1.rfc5280 import ReasonCode
from gmpki.errors import InvalidInputError, InvalidTypeError, SealError
from gmpki.protect.log_record import time_text
from gmpki.seal._journal import Journal, MemoryJournal, read_time
from gmpki.seal.life import SealAction, SealRecord, SealStage, SealStep, line_of_text, steady_time
from gmpki.seal.seal import Seal
from gmpki.seal.status import SealState, SealStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["JournalRegistry", "MemorySealRegistry", "SealRegistry"]


@runtime_checkable
class SealRegistry(Protocol):
    """Whoever keeps account of seals.

    A seal is named by itself, by its digest (SM3 of its DER, 32 bytes), or by its esID; of several seals with one esID
    that means the one that was neither replaced nor revoked, or else the newest.

    Every step takes who does it and why. It raises SealError "unknown-seal" for a seal of which no account is kept,
    SealError "transition" where the life of a seal does not allow it (:mod:`gmpki.seal.life`), and InvalidInputError
    for texts that are too long.
    """

    def make(self, seal: Seal, *, by: str, why: str = "", holder: str | None = None) -> SealRecord:
        """Take up a seal that was made.

        :param holder: whose it is; None for the name in the seal.
        :raises SealError: "known-seal" when it was taken up before; "seal-id" when another seal of the same esID was
            neither replaced nor revoked.
        """

    def file(self, seal: Seal | str | bytes, *, by: str, why: str = "", record_number: str = "") -> SealRecord:
        """Put a seal on file, which brings it into use."""

    def stop(
        self,
        seal: Seal | str | bytes,
        *,
        by: str,
        why: str,
        reason: ReasonCode = ReasonCode.CERTIFICATE_HOLD,
    ) -> SealRecord:
        """Take a seal out of use for a time."""

    def resume(self, seal: Seal | str | bytes, *, by: str, why: str = "") -> SealRecord:
        """Take a stopped seal into use again."""

    def replace(
        self,
        seal: Seal | str | bytes,
        successor: Seal,
        *,
        by: str,
        why: str,
        reason: ReasonCode = ReasonCode.SUPERSEDED,
        record_number: str = "",
    ) -> SealRecord:
        """Put another seal in the place of one: it is taken up, put on file, and in use; return its record.

        :raises SealError: "known-seal" and "seal-id" as in :meth:`make`.
        """

    def revoke(
        self,
        seal: Seal | str | bytes,
        *,
        by: str,
        why: str,
        reason: ReasonCode = ReasonCode.UNSPECIFIED,
        since: datetime | None = None,
    ) -> SealRecord:
        """Take a seal out of use for good.

        :param since: from when on it counts as revoked, where its key was lost earlier; None for now.
        """

    def record(self, seal: Seal | str | bytes) -> SealRecord:
        """Return what is known about a seal.

        :raises SealError: "unknown-seal".
        """

    def seal(self, seal: str | bytes) -> Seal:
        """Return a seal itself.

        :raises SealError: "unknown-seal".
        """

    def find(
        self,
        *,
        seal_id: str | None = None,
        holder: str | None = None,
        name: str | None = None,
        stage: SealStage | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> tuple[SealRecord, ...]:
        """Return the records that fit all that is asked for, in the order in which the seals were taken up.

        :param seal_id: the whole esID.
        :param holder: a part of the holder, like name a part of the name.
        :param since: with a step at that time or after it, and, with ``until``, before that.
        """

    def status(self, seal: Seal, *, at: datetime | None = None) -> SealStatus:
        """Return where a seal stood at a time, as :class:`~gmpki.seal.status.SealStatusSource` says."""


class SealStore(Protocol):
    """Where the seals themselves are kept, by their digests."""

    def __getitem__(self, digest: bytes, /) -> bytes:
        """Return the DER of a seal that is kept."""

    def __setitem__(self, digest: bytes, data: bytes, /) -> None:
        """Keep the DER of a seal for good."""


def now_utc() -> datetime:
    """Return the time."""
    return datetime.now(timezone.utc)


class JournalRegistry:
    """What registries have in common that rebuild their accounts from a journal. Thread-safe."""

    def __init__(self, clock: Callable[[], datetime], seals: SealStore) -> None:
        function(clock, "clock")
        self._clock = clock
        self._seals = seals
        self._records: dict[bytes, SealRecord] = {}
        self._ids: dict[str, list[bytes]] = {}
        self._last: datetime | None = None
        self._journal: Journal = MemoryJournal()

    # ---- steps --------------------------------------------------------------------------
    def make(self, seal: Seal, *, by: str, why: str = "", holder: str | None = None) -> SealRecord:
        """Take up a seal that was made; see :meth:`SealRegistry.make`."""
        made = _record_of(seal, holder)
        return self._step(seal, SealAction.MAKE, by, why, made=made)

    def file(self, seal: Seal | str | bytes, *, by: str, why: str = "", record_number: str = "") -> SealRecord:
        """Put a seal on file; see :meth:`SealRegistry.file`."""
        return self._step(seal, SealAction.FILE, by, why, record_number=record_number)

    def stop(
        self,
        seal: Seal | str | bytes,
        *,
        by: str,
        why: str,
        reason: ReasonCode = ReasonCode.CERTIFICATE_HOLD,
    ) -> SealRecord:
        """Take a seal out of use for a time; see :meth:`SealRegistry.stop`."""
        return self._step(seal, SealAction.STOP, by, why, reason=reason)

    def resume(self, seal: Seal | str | bytes, *, by: str, why: str = "") -> SealRecord:
        """Take a stopped seal into use again; see :meth:`SealRegistry.resume`."""
        return self._step(seal, SealAction.RESUME, by, why)

    def replace(
        self,
        seal: Seal | str | bytes,
        successor: Seal,
        *,
        by: str,
        why: str,
        reason: ReasonCode = ReasonCode.SUPERSEDED,
        record_number: str = "",
    ) -> SealRecord:
        """Put another seal in the place of one; see :meth:`SealRegistry.replace`."""
        made = _record_of(successor, None)
        self._step(
            seal,
            SealAction.REPLACE,
            by,
            why,
            reason=reason,
            record_number=record_number,
            made=made,
            successor=successor,
        )
        return self.record(successor)

    def revoke(
        self,
        seal: Seal | str | bytes,
        *,
        by: str,
        why: str,
        reason: ReasonCode = ReasonCode.UNSPECIFIED,
        since: datetime | None = None,
    ) -> SealRecord:
        """Take a seal out of use for good; see :meth:`SealRegistry.revoke`."""
        return self._step(seal, SealAction.REVOKE, by, why, reason=reason, since=since)

    def _step(
        self,
        seal: Seal | str | bytes,
        action: SealAction,
        by: str,
        why: str,
        *,
        made: SealRecord | None = None,
        successor: Seal | None = None,
        **details: Any,
    ) -> SealRecord:
        with self._journal.writing() as append:
            at = steady_time(self._clock(), self._last)
            digest = made.digest if action is SealAction.MAKE and made is not None else self._digest_of(seal)
            other = made.digest if successor is not None and made is not None else None
            step = SealStep(action, at, by, why, other=other, **details)
            changed = self._changed(digest, step, made)
            new = seal if action is SealAction.MAKE else successor
            if isinstance(new, Seal):
                self._seals[new.digest()] = new.der
            append(_to_fields(digest, step, made))
            self._take(at, changed)
            return self._records[digest]

    def _changed(self, digest: bytes, step: SealStep, made: SealRecord | None) -> list[SealRecord]:
        """Return the records as a step leaves them."""
        if made is None:
            return [self._known(digest).after(step)]
        if made.digest in self._records:
            raise SealError("known-seal", f"seal {made.seal_id} was taken up before, or is taken up twice")
        if step.action is SealAction.MAKE:
            self._refuse_id(made, None)
            return [made.after(step)]
        old = self._known(digest).after(step)
        self._refuse_id(made, digest)
        first = SealStep(SealAction.MAKE, step.at, step.by, step.why, other=digest)
        second = SealStep(SealAction.FILE, step.at, step.by, record_number=step.record_number)
        return [old, made.after(first).after(second)]

    def _refuse_id(self, made: SealRecord, replaced: bytes | None) -> None:
        over = (SealStage.REPLACED, SealStage.REVOKED)
        for digest in self._ids.get(made.seal_id, ()):
            if digest != replaced and self._records[digest].stage not in over:
                raise SealError("seal-id", f"another seal {made.seal_id} was neither replaced nor revoked")

    def _take(self, at: datetime, changed: list[SealRecord]) -> None:
        for record in changed:
            if record.digest not in self._records:
                self._ids.setdefault(record.seal_id, []).append(record.digest)
            self._records[record.digest] = record
        self._last = at

    def _apply(self, fields: Mapping[str, Any]) -> None:
        """Take an entry of the journal into memory."""
        digest, step, made = _from_fields(fields)
        if self._last is not None and step.at < self._last:
            raise InvalidInputError("its time lies before that of the entry before")
        self._take(step.at, self._changed(digest, step, made))

    # ---- questions ----------------------------------------------------------------------
    def record(self, seal: Seal | str | bytes) -> SealRecord:
        """Return what is known about a seal.

        :raises SealError: "unknown-seal".
        """
        with self._journal.reading():
            return self._known(self._digest_of(seal))

    def seal(self, seal: str | bytes) -> Seal:
        """Return a seal itself.

        :raises SealError: "unknown-seal".
        """
        with self._journal.reading():
            record = self._known(self._digest_of(seal))
        return Seal.from_der(self._seals[record.digest], lenient=True)

    def find(
        self,
        *,
        seal_id: str | None = None,
        holder: str | None = None,
        name: str | None = None,
        stage: SealStage | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> tuple[SealRecord, ...]:
        """Return the records that fit all that is asked for; see :meth:`SealRegistry.find`."""
        for text, called in ((seal_id, "seal_id"), (holder, "holder"), (name, "name")):
            if text is not None:
                line_of_text(text, called)
        if stage is not None:
            member(stage, SealStage, "stage")
        first = None if since is None else utc_seconds(since, "since")
        end = None if until is None else utc_seconds(until, "until")
        with self._journal.reading():
            digests = self._records if seal_id is None else self._ids.get(seal_id, ())
            found = [self._records[digest] for digest in digests]
        return tuple(
            record
            for record in found
            if (holder is None or holder in record.holder)
            and (name is None or name in record.name)
            and (stage is None or record.stage is stage)
            and any((first is None or step.at >= first) and (end is None or step.at < end) for step in record.steps)
        )

    def status(self, seal: Seal, *, at: datetime | None = None) -> SealStatus:
        """Return where a seal stood at a time, by all that is known today; of one unknown, UNKNOWN.

        :param at: None for now.
        :raises InvalidTypeError: when it is no seal.
        :raises InvalidInputError: when the time has no time zone.
        """
        member(seal, Seal, "seal")
        with self._journal.reading():
            record = self._records.get(seal.digest())
            if record is None and seal.seal_id in self._ids:
                return SealStatus(
                    SealState.UNKNOWN, detail=f"the seal on file under {seal.seal_id} is another one, not this"
                )
        if record is None:
            return SealStatus(SealState.UNKNOWN, detail="the registry keeps no account of this seal")
        return record.status(at)

    def _digest_of(self, seal: Seal | str | bytes) -> bytes:
        if isinstance(seal, Seal):
            return seal.digest()
        if not isinstance(seal, str):
            return as_bytes(seal, "seal")
        digests = self._ids.get(seal)
        if not digests:
            raise _unknown(line_of_text(seal, "seal"))
        over = (SealStage.REPLACED, SealStage.REVOKED)
        return next((one for one in digests if self._records[one].stage not in over), digests[-1])

    def _known(self, digest: bytes) -> SealRecord:
        record = self._records.get(digest)
        if record is None:
            raise _unknown(digest.hex()[:64])
        return record


class MemorySealRegistry(JournalRegistry):
    """A registry in memory. Thread-safe; gone when the process ends.

    :param clock: gives the time, with a time zone.
    :raises InvalidTypeError: when the clock cannot be called.
    """

    def __init__(self, *, clock: Callable[[], datetime] = now_utc) -> None:
        super().__init__(clock, {})


def _unknown(seal: str) -> SealError:
    return SealError("unknown-seal", f"the registry keeps no account of a seal {seal}")


def _record_of(seal: Seal, holder: str | None) -> SealRecord:
    if not isinstance(seal, Seal):
        raise InvalidTypeError(f"seal must be a Seal, not {type(seal).__name__}")
    return SealRecord(
        seal.digest(),
        seal.seal_id,
        seal.name,
        seal.name if holder is None else line_of_text(holder, "holder"),
        seal.seal_type,
        seal.vendor_id,
        seal.valid_from,
        seal.valid_until,
    )


# ---- entries of a journal -------------------------------------------------------------------------------------------
def _to_fields(digest: bytes, step: SealStep, made: SealRecord | None) -> dict[str, Any]:
    fields: dict[str, Any] = {"do": step.action.value, "seal": digest.hex(), "at": time_text(step.at), "by": step.by}
    optional = {
        "why": step.why,
        "reason": None if step.reason is None else step.reason.value,
        "since": None if step.effective == step.at else time_text(step.effective),
        "record_number": step.record_number,
        "other": None if step.other is None else step.other.hex(),
    }
    fields.update({name: value for name, value in optional.items() if value not in ("", None)})
    if made is not None:
        fields["made"] = {
            "digest": made.digest.hex(),
            "seal_id": made.seal_id,
            "name": made.name,
            "holder": made.holder,
            "vendor_id": made.vendor_id,
            "seal_type": made.seal_type,
            "valid_from": time_text(made.valid_from),
            "valid_until": time_text(made.valid_until),
        }
    return fields


def _from_fields(fields: Mapping[str, Any]) -> tuple[bytes, SealStep, SealRecord | None]:
    """Read an entry; errors are those of what it should hold, KeyError and ValueError among them."""
    step = SealStep(
        SealAction(fields["do"]),
        read_time(fields["at"]),
        fields["by"],
        fields.get("why", ""),
        ReasonCode(fields["reason"]) if "reason" in fields else None,
        read_time(fields["since"]) if "since" in fields else None,
        fields.get("record_number", ""),
        bytes.fromhex(fields["other"]) if "other" in fields else None,
    )
    made = fields.get("made")
    if made is None:
        return bytes.fromhex(fields["seal"]), step, None
    record = SealRecord(
        bytes.fromhex(made["digest"]),
        as_text(made["seal_id"], "seal_id"),
        as_text(made["name"], "name"),
        as_text(made["holder"], "holder"),
        int(made["seal_type"]),
        as_text(made["vendor_id"], "vendor_id"),
        read_time(made["valid_from"]),
        read_time(made["valid_until"]),
    )
    return bytes.fromhex(fields["seal"]), step, record
