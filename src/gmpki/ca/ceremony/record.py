"""The record of a ceremony: who was there, what was done when, and the digests of what was made, in the audit log.

    ceremony = Ceremony.begin(store, "root key", [Witness("张三", "见证人"), Witness("李四", "审计")], actor=actor)
    ceremony.step("the key was made in the token", {"public key": public_key.to_der()})
    print(ceremony.end("everybody has signed").to_text())

Each step is an entry as soon as it is done, so that a ceremony that is broken off has left what was done of it. The
text is what the witnesses sign; its digest is the last entry, so a signed paper and the log vouch for each other.
Nothing here proves that the log is as it was written: :func:`~gmpki.ca.store.audit_verify.verify_audit` does.
"""

from __future__ import annotations

import base64
import re
import secrets
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_bytes, as_text, iterated, member
from gmpki.ca.interfaces import Actor
from gmpki.ca.registration.applicants import line_of_text
from gmpki.ca.store.audit_rows import find_entries
from gmpki.ca.store.columns import digest_text
from gmpki.ca.store.store import Store
from gmpki.errors import InvalidInputError, InvalidTypeError, LifeCycleError, LimitExceeded, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from typing_extensions import Buffer

    from gmpki.ca.store.audit_rows import AuditEntry

__all__ = ["Ceremony", "CeremonyRecord", "CeremonyStep", "Witness", "read_record", "spoken_digest"]

_MAX_WITNESSES: Final = 16
_MAX_STEPS: Final = 500
_MAX_DIGESTS: Final = 16
_IDENTIFIER: Final = re.compile("[0-9]{8}-[A-Z2-7]{8}")
_BETWEEN: Final = " / "
_BEGUN: Final = "ceremony.begun"
_STEP: Final = "ceremony.step"
_ENDED: Final = "ceremony.ended"


@dataclass(frozen=True, slots=True)
class Witness:
    """Who is there. Immutable.

    :ivar name: 1 to 64 characters.
    :ivar role: in which capacity: 1 to 64 characters.
    :raises InvalidTypeError: when one is no text.
    :raises InvalidInputError: when one is empty, too long, not printable, or has " / " in it.
    """

    name: str
    role: str

    def __post_init__(self) -> None:
        for field in ("name", "role"):
            text = line_of_text(getattr(self, field), f"the {field} of a witness", most=64)
            if _BETWEEN in text:
                raise InvalidInputError(f"the {field} of a witness has no {_BETWEEN!r} in it")
            object.__setattr__(self, field, text)


@dataclass(frozen=True, slots=True)
class CeremonyStep:
    """What was done. Immutable.

    :ivar digests: SM3 of what was made or seen, in hexadecimal digits, by its name.
    """

    number: int
    at: datetime
    what: str
    digests: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class CeremonyRecord:
    """A ceremony as the audit log tells of it. Immutable.

    :ivar operator: who did it.
    :ivar ended_at: None as long as it goes on.
    :ivar text_digest: SM3 of the text that was signed; "" as long as it goes on.
    """

    identifier: str
    title: str
    place: str
    operator: str
    witnesses: tuple[Witness, ...]
    begun_at: datetime
    steps: tuple[CeremonyStep, ...] = ()
    ended_at: datetime | None = None
    remark: str = ""
    text_digest: str = ""

    def to_text(self) -> str:
        """Return the record as text to print and sign."""
        return "\n".join(self._lines()) + "\n"

    def _lines(self) -> Iterator[str]:
        yield f"密钥仪式记录 / Record of a key ceremony {self.identifier}"
        yield ""
        yield f"名称 / Title      {self.title}"
        if self.place:
            yield f"地点 / Place      {self.place}"
        yield f"操作 / Operator   {self.operator}"
        yield f"开始 / Begun      {_shown(self.begun_at)}"
        for step in self.steps:
            yield ""
            yield f"{step.number:3}  {_shown(step.at)}  {step.what}"
            for name, digest in step.digests:
                yield f"     {name}: SM3"
                yield from (f"       {half}" for half in _halves(digest))
        yield ""
        if self.ended_at is not None:
            yield f"结束 / Ended      {_shown(self.ended_at)}  {self.remark}".rstrip()
        for witness in self.witnesses:
            yield ""
            yield f"{witness.role}  {witness.name}    签字 / Signed: ____________________"


class Ceremony:
    """A ceremony that goes on. A context: one thread."""

    def __init__(self, store: Store, identifier: str, actor: Actor) -> None:
        self._store = store
        self._identifier = identifier
        self._actor = actor

    @classmethod
    def begin(
        cls, store: Store, title: str, witnesses: Iterable[Witness], *, actor: Actor, place: str = ""
    ) -> Ceremony:
        """Begin a ceremony.

        :param title: 1 to 128 characters.
        :param witnesses: 1 to 16.
        :param actor: who does it.
        :param place: where, at most 128 characters.
        :raises InvalidTypeError: when an argument has the wrong type.
        :raises InvalidInputError: when a text is too long or not printable, or nobody is there.
        :raises LimitExceeded: when there are more than 16 witnesses.
        :raises StoreError: when the database does not do it.
        """
        member(store, Store, "store")
        member(actor, Actor, "actor")
        there = iterated(witnesses, "witnesses", most=_MAX_WITNESSES + 1)
        for each in there:
            member(each, Witness, "a witness")
        if not there:
            raise InvalidInputError("a ceremony has at least one witness")
        if len(there) > _MAX_WITNESSES:
            raise LimitExceeded(f"a ceremony has at most {_MAX_WITNESSES} witnesses")
        title = line_of_text(title, "the title", most=128)
        place = line_of_text(place, "the place", most=128, empty=True)
        named = {f"witness_{number}": f"{each.name}{_BETWEEN}{each.role}" for number, each in enumerate(there, 1)}
        with store.transaction() as tx:
            identifier = f"{tx.now:%Y%m%d}-{base64.b32encode(secrets.token_bytes(5)).decode('ascii')}"
            tx.audit(actor, _BEGUN, _subject(identifier), title=title, place=place or None, **named)
        return cls(store, identifier, actor)

    @classmethod
    def resume(cls, store: Store, identifier: str, *, actor: Actor) -> Ceremony:
        """Go on with a ceremony, in another process for instance.

        :raises NotFoundError: when there is none of that identifier.
        :raises LifeCycleError: when it has ended.
        :raises GmpkiError: otherwise as :func:`read_record`.
        """
        member(actor, Actor, "actor")
        if read_record(store, identifier).ended_at is not None:
            raise LifeCycleError("resume", "ended", f"the ceremony {identifier} has ended")
        return cls(store, identifier, actor)

    @property
    def identifier(self) -> str:
        """What it is found by again."""
        return self._identifier

    def step(self, what: str, made: Mapping[str, Buffer] | None = None) -> CeremonyStep:
        """Write down what has been done.

        :param what: 1 to 256 characters in one line.
        :param made: what was made or seen, by its name; only digests of it are written, so it may not be a secret that
            somebody could guess.
        :raises InvalidTypeError: when an argument has the wrong type.
        :raises InvalidInputError: when a text is too long or not printable.
        :raises LimitExceeded: when there are more than 500 steps, or 16 digests.
        :raises LifeCycleError: when the ceremony has ended.
        :raises StoreError: when the database does not do it.
        """
        text = line_of_text(what, "what was done", most=256)
        digests = _digests({} if made is None else made)
        record = self._going_on("step")
        if len(record.steps) >= _MAX_STEPS:
            raise LimitExceeded(f"a ceremony has at most {_MAX_STEPS} steps")
        number = len(record.steps) + 1
        named = {f"digest_{place}": f"{name}{_BETWEEN}{digest}" for place, (name, digest) in enumerate(digests, 1)}
        with self._store.transaction() as tx:
            tx.audit(self._actor, _STEP, _subject(self._identifier), number=number, what=text, **named)
            return CeremonyStep(number, tx.now, text, digests)

    def end(self, remark: str = "") -> CeremonyRecord:
        """End the ceremony, and return its record.

        :param remark: at most 256 characters.
        :raises InvalidTypeError: when it is no text.
        :raises InvalidInputError: when it is too long or not printable.
        :raises LifeCycleError: when the ceremony has ended already.
        :raises StoreError: when the database does not do it.
        """
        text = line_of_text(remark, "the remark", most=256, empty=True)
        record = self._going_on("end")
        with self._store.transaction() as tx:
            record = replace(record, ended_at=tx.now, remark=text)
            digest = digest_text(record.to_text().encode("utf-8"))
            tx.audit(self._actor, _ENDED, _subject(self._identifier), remark=text or None, text=digest)
        return replace(record, text_digest=digest)

    def _going_on(self, operation: str) -> CeremonyRecord:
        record = read_record(self._store, self._identifier)
        if record.ended_at is not None:
            raise LifeCycleError(operation, "ended", f"the ceremony {self._identifier} has ended")
        return record


def read_record(store: Store, identifier: str) -> CeremonyRecord:
    """Return a ceremony as the audit log tells of it.

    :raises InvalidTypeError: when an argument has the wrong type.
    :raises NotFoundError: when there is none of that identifier.
    :raises TamperedError: when a line of the log is none.
    :raises StoreError: when the database cannot be read.
    """
    member(store, Store, "store")
    if _IDENTIFIER.fullmatch(as_text(identifier, "identifier")) is None:
        raise NotFoundError("a ceremony is found by its date and eight letters and digits, as 20260131-ABCDEFGH")
    entries = find_entries(store, subject=_subject(identifier), most=_MAX_STEPS + 2)[::-1]
    if not entries or entries[0].operation != _BEGUN:
        raise NotFoundError(f"there is no ceremony {identifier}")
    first = entries[0]
    ends = [entry for entry in entries if entry.operation == _ENDED]
    last = ends[0] if ends else None
    return CeremonyRecord(
        identifier=identifier,
        title=str(first.details["title"]),
        place=str(first.details.get("place", "")),
        operator=first.actor,
        witnesses=tuple(Witness(*parts) for parts in _numbered(first, "witness")),
        begun_at=first.at,
        steps=tuple(_step(entry) for entry in entries if entry.operation == _STEP),
        ended_at=None if last is None else last.at,
        remark="" if last is None else str(last.details.get("remark", "")),
        text_digest="" if last is None else str(last.details["text"]),
    )


def spoken_digest(data: Buffer) -> str:
    """Return SM3 of data in groups of four digits, for one person to read out and another to compare.

    >>> spoken_digest(b"abc")
    '66c7 f0f4 62ee edd9 d1f2 d46b dc10 e4e2 4167 c487 5cf2 f7a2 297d a02b 8f4b a8e0'

    :raises InvalidTypeError: when it is no buffer.
    """
    return " ".join(_groups(digest_text(as_bytes(data, "data"))))


# ---- entries ------------------------------------------------------------------------------
def _subject(identifier: str) -> str:
    return f"ceremony:{identifier}"


def _digests(made: Mapping[str, Buffer]) -> tuple[tuple[str, str], ...]:
    from collections.abc import Mapping as AnyMapping

    member(made, AnyMapping, "what was made")
    if len(made) > _MAX_DIGESTS:
        raise LimitExceeded(f"a step has at most {_MAX_DIGESTS} digests")
    found = []
    for name, data in made.items():
        if isinstance(data, str):
            raise InvalidTypeError("what was made is bytes, not str")
        text = line_of_text(name, "the name of what was made", most=64)
        if _BETWEEN in text:
            raise InvalidInputError(f"the name of what was made has no {_BETWEEN!r} in it")
        found.append((text, digest_text(as_bytes(data, "what was made"))))
    return tuple(found)


def _numbered(entry: AuditEntry, name: str) -> Iterator[tuple[str, str]]:
    number = 1
    while (text := entry.details.get(f"{name}_{number}")) is not None:
        one, _, other = str(text).partition(_BETWEEN)
        yield one, other
        number += 1


def _step(entry: AuditEntry) -> CeremonyStep:
    return CeremonyStep(
        int(entry.details["number"]), entry.at, str(entry.details["what"]), tuple(_numbered(entry, "digest"))
    )


def _groups(digest: str) -> list[str]:
    return [digest[begin : begin + 4] for begin in range(0, len(digest), 4)]


def _halves(digest: str) -> tuple[str, str]:
    groups = _groups(digest)
    half = len(groups) // 2
    return " ".join(groups[:half]), " ".join(groups[half:])


def _shown(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"
