"""Grants: who may use which seal, for what, from when to when, and how often.

A signer asks before each use (:class:`~gmpki.seal.interfaces.GrantCheck`). A person is known by the key that signs, so
a renewed certificate over the same key needs no new grant; a seal is known by its esID.

    grants = FileGrants.create("grants")
    grants.grant(seal, certificate, purposes={"合同"}, valid_from=begin, valid_until=end, limit=100, by="李四")
    signer = SealSigner(seal, key, certificate, grant=grants)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from gmpki._inputs import as_bytes, function, iterated, member, number, utc_seconds
from gmpki.algorithms import sm3
from gmpki.algorithms.rand import random_bytes
from gmpki.errors import InvalidInputError, InvalidTypeError, SealError
from gmpki.protect.log_record import time_text
from gmpki.seal._chain_file import ChainPlace, open_chain
from gmpki.seal._journal import FileJournal, Journal, MemoryJournal, read_time
from gmpki.seal.life import line_of_text, steady_time
from gmpki.seal.registry import now_utc
from gmpki.seal.seal import Seal
from gmpki.x509.certificate import Certificate

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable

    from typing_extensions import Buffer

__all__ = ["ANY_PURPOSE", "FileGrants", "Grant", "MemoryGrants", "key_digest"]

ANY_PURPOSE: Final = "*"
"""What a grant for every purpose names."""
MAX_PURPOSES: Final = 100
MAX_LIMIT: Final = 10**9
KIND: Final = "gmpki seal grants 1"
_ID_LEN: Final = 8


def key_digest(certificate: Certificate) -> bytes:
    """Return what a person is known by: SM3 of the SubjectPublicKeyInfo of his certificate, 32 bytes.

    :raises InvalidTypeError: when it is no certificate.
    """
    member(certificate, Certificate, "certificate")
    return sm3.digest(certificate.public_key.to_der())


@dataclass(frozen=True, slots=True)
class Grant:
    """One grant. Immutable.

    :ivar grant_id: 16 hexadecimal digits.
    :ivar seal_id: esID of the seal.
    :ivar key: of whom, as :func:`key_digest`.
    :ivar person: what he is called, for people.
    :ivar purposes: for what; :data:`ANY_PURPOSE` stands for everything.
    :ivar valid_from: the first second, in UTC.
    :ivar valid_until: the last second, in UTC.
    :ivar limit: how many uses; None for any number.
    :ivar given_at: when it was given.
    :ivar by: who gave it.
    :ivar used: how many of a limited number were used.
    :ivar revoked_at: when it was taken back; None when it was not.
    """

    grant_id: str
    seal_id: str
    key: bytes
    person: str
    purposes: frozenset[str]
    valid_from: datetime
    valid_until: datetime
    limit: int | None
    given_at: datetime
    by: str
    why: str = ""
    used: int = 0
    revoked_at: datetime | None = None

    def refusal(self, purpose: str, first: datetime, last: datetime) -> str | None:
        """Return the reason for which it does not cover a use, as :meth:`MemoryGrants.check` names it; None when it
        does.

        :param first: the earlier of the times that have to lie within it.
        """
        if purpose not in self.purposes and ANY_PURPOSE not in self.purposes:
            return "grant-purpose"
        if self.revoked_at is not None:
            return "grant-revoked"
        if last > self.valid_until:
            return "grant-expired"
        if first < self.valid_from:
            return "grant-not-yet"
        if self.limit is not None and self.used >= self.limit:
            return "grant-used-up"
        return None


# Of several grants none of which covers a use, the one that comes nearest to it says why: the later in this order.
_REFUSALS: Final = {
    "grant-purpose": "not for {purpose}",
    "grant-revoked": "it was taken back on {revoked_at}",
    "grant-expired": "it ended on {valid_until}",
    "grant-not-yet": "it begins on {valid_from}",
    "grant-used-up": "its {limit} uses are used up",
}
_ORDER: Final = tuple(_REFUSALS)


class _Grants:
    """What is the same wherever grants are kept. Thread-safe."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        function(clock, "clock")
        self._clock = clock
        self._grants: dict[str, Grant] = {}
        self._pairs: dict[tuple[str, bytes], list[str]] = {}
        self._last: datetime | None = None
        self._journal: Journal = MemoryJournal()

    # ---- giving and taking back ---------------------------------------------------------
    def grant(
        self,
        seal: Seal | str,
        person: Certificate | Buffer,
        *,
        purposes: Iterable[str],
        valid_from: datetime,
        valid_until: datetime,
        by: str,
        why: str = "",
        limit: int | None = None,
        name: str | None = None,
    ) -> Grant:
        """Let somebody use a seal.

        :param seal: the seal, or its esID.
        :param person: his certificate, or the digest of his key as :func:`key_digest`, 32 bytes.
        :param purposes: at least one text, such as "合同"; :data:`ANY_PURPOSE` for everything.
        :param limit: how many times, 1 to 10^9; None for any number.
        :param name: what he is called; None for the subject of the certificate.
        :raises InvalidTypeError: when an argument has the wrong type.
        :raises InvalidInputError: when there is no purpose, a text does not fit, the end lies before the beginning, or
            a time has no time zone.
        :raises StateError: when the clock went back by more than a minute, or it cannot be kept.
        """
        key, called = _person(person, name)
        begin, end = utc_seconds(valid_from, "valid_from"), utc_seconds(valid_until, "valid_until")
        if end < begin:
            raise InvalidInputError("valid_until lies before valid_from")
        with self._journal.writing() as append:
            made = Grant(
                random_bytes(_ID_LEN).hex(),
                _seal_id(seal),
                key,
                called,
                _purposes(purposes),
                begin,
                end,
                None if limit is None else number(limit, 1, MAX_LIMIT, "limit"),
                self._now(),
                _who(by),
                line_of_text(why, "why"),
            )
            append(_to_fields(made))
            self._add(made)
            return made

    def revoke(self, grant_id: str, *, by: str, why: str = "") -> Grant:
        """Take a grant back.

        :raises InvalidTypeError: when an argument has the wrong type.
        :raises InvalidInputError: when a text does not fit.
        :raises SealError: "unknown-grant" when there is none; "grant-revoked" when it was taken back before.
        :raises StateError: as :meth:`grant`.
        """
        line_of_text(grant_id, "grant_id")
        fields = {"do": "revoke", "id": grant_id, "by": _who(by), "why": line_of_text(why, "why")}
        with self._journal.writing() as append:
            at = self._now()
            self._check_revocable(grant_id)
            append({**fields, "at": time_text(at)})
            return self._revoked(grant_id, at)

    # ---- asking -------------------------------------------------------------------------
    def check(self, seal: Seal | str, certificate: Certificate, *, purpose: str, at: datetime) -> Grant:
        """Return the grant that covers a use. Of a limited one, a use is counted for good before this returns: what
        fails afterwards costs it.

        :param at: the time that is to stand in the signature. It and the time of the clock have to lie within the
            grant: nobody brings an old one back by an old date.
        :raises InvalidTypeError: when an argument has the wrong type.
        :raises InvalidInputError: when the time has no time zone.
        :raises SealError: "not-granted" when there is no grant for this person and this seal; else why the grant that
            comes nearest does not cover the use: "grant-purpose", "grant-revoked", "grant-expired", "grant-not-yet" or
            "grant-used-up".
        :raises StateError: when the clock went back by more than a minute, or the use cannot be counted.
        """
        key, seal_id = key_digest(certificate), _seal_id(seal)
        line_of_text(purpose, "purpose")
        moment = utc_seconds(at, "at")
        with self._journal.reading():
            found = self._covering(seal_id, key, purpose, moment)
        if found.limit is None:
            return found
        with self._journal.writing() as append:
            found = self._covering(seal_id, key, purpose, moment)
            if found.limit is None:
                return found
            now = self._now()
            append({"do": "use", "id": found.grant_id, "at": time_text(now), "purpose": purpose})
            return self._used(found.grant_id, now)

    def find(self, *, seal: Seal | str | None = None, person: Certificate | Buffer | None = None) -> tuple[Grant, ...]:
        """Return the grants for a seal, a person, or both, in the order in which they were given.

        :raises InvalidTypeError: when an argument has the wrong type.
        :raises InvalidInputError: when the digest of a key has another length than 32 bytes.
        """
        seal_id = None if seal is None else _seal_id(seal)
        key = None if person is None else _person(person, "")[0]
        with self._journal.reading():
            every = tuple(self._grants.values())
        return tuple(
            one for one in every if (seal_id is None or one.seal_id == seal_id) and (key is None or one.key == key)
        )

    def _covering(self, seal_id: str, key: bytes, purpose: str, at: datetime) -> Grant:
        now = self._now()
        candidates = [self._grants[grant_id] for grant_id in self._pairs.get((seal_id, key), ())]
        if not candidates:
            raise SealError("not-granted", f"this person was given no grant for seal {seal_id}")
        judged = [(grant.refusal(purpose, min(at, now), max(at, now)), grant) for grant in candidates]
        covering = [grant for refusal, grant in judged if refusal is None]
        if covering:
            # What costs nothing is used first, then what ends first.
            return min(covering, key=lambda grant: (grant.limit is not None, grant.valid_until, grant.grant_id))
        reason, nearest = max(judged, key=lambda one: _ORDER.index(one[0] or ""))
        assert reason is not None  # noqa: S101 - none of them covers the use
        raise SealError(reason, _sentence(reason, nearest, purpose))

    def _now(self) -> datetime:
        """Return the time of the clock, which does not go back while this object or the file knows better."""
        self._last = steady_time(self._clock(), self._last)
        return self._last

    # ---- what is in memory --------------------------------------------------------------
    def _add(self, grant: Grant) -> None:
        if grant.grant_id in self._grants:
            raise InvalidInputError(f"there is a grant {grant.grant_id}")
        self._grants[grant.grant_id] = grant
        self._pairs.setdefault((grant.seal_id, grant.key), []).append(grant.grant_id)

    def _check_revocable(self, grant_id: str) -> None:
        grant = self._grants.get(grant_id)
        if grant is None:
            raise SealError("unknown-grant", f"there is no grant {grant_id}")
        if grant.revoked_at is not None:
            raise SealError("grant-revoked", f"grant {grant_id} was taken back on {time_text(grant.revoked_at)}")

    def _revoked(self, grant_id: str, at: datetime) -> Grant:
        self._check_revocable(grant_id)
        self._grants[grant_id] = replace(self._grants[grant_id], revoked_at=at)
        return self._grants[grant_id]

    def _used(self, grant_id: str, at: datetime) -> Grant:
        grant = self._grants[grant_id]
        if grant.limit is None or grant.used >= grant.limit or grant.revoked_at is not None or at > grant.valid_until:
            raise InvalidInputError(f"grant {grant_id} did not cover a use")
        self._grants[grant_id] = replace(grant, used=grant.used + 1)
        return self._grants[grant_id]

    def _apply(self, fields: Mapping[str, Any]) -> None:
        """Take an entry of the journal into memory."""
        at = read_time(fields["at"])
        does = {"grant": self._apply_grant, "revoke": self._apply_revoke, "use": self._apply_use}
        does[fields["do"]](fields, at)
        self._last = at if self._last is None else max(at, self._last)

    def _apply_grant(self, fields: Mapping[str, Any], at: datetime) -> None:
        self._add(
            Grant(
                line_of_text(fields["id"], "id"),
                line_of_text(fields["seal"], "seal"),
                bytes.fromhex(fields["key"]),
                line_of_text(fields["person"], "person"),
                _purposes(fields["purposes"]),
                read_time(fields["from"]),
                read_time(fields["until"]),
                None if fields["limit"] is None else number(fields["limit"], 1, MAX_LIMIT, "limit"),
                at,
                _who(fields["by"]),
                line_of_text(fields["why"], "why"),
            )
        )

    def _apply_revoke(self, fields: Mapping[str, Any], at: datetime) -> None:
        self._revoked(fields["id"], at)

    def _apply_use(self, fields: Mapping[str, Any], at: datetime) -> None:
        self._used(fields["id"], at)


class MemoryGrants(_Grants):
    """Grants in memory. Thread-safe; gone when the process ends.

    :param clock: gives the time, with a time zone.
    :raises InvalidTypeError: when the clock cannot be called.
    """

    def __init__(self, *, clock: Callable[[], datetime] = now_utc) -> None:
        super().__init__(clock)


class FileGrants(_Grants):
    """Grants in a file. Thread-safe; any number of processes of one machine may share it.

    What changes the file past this class is found as in a :class:`~gmpki.seal.file_registry.FileSealRegistry`. Every
    call raises StateError when the file cannot be read, written or locked, and TamperedError when it is not as it was
    written.
    """

    def __init__(
        self, path: str | os.PathLike[str], *, key: Buffer | None = None, clock: Callable[[], datetime] = now_utc
    ) -> None:
        """Open a file that :meth:`create` made.

        :param key: under which the entries are chained, 16 to 1024 bytes; None for a file without one.
        :param clock: gives the time, with a time zone.
        :raises InvalidTypeError: when an argument has the wrong type.
        :raises InvalidInputError: when the path is none, or the key has the wrong length.
        :raises StateError: when there is none, it cannot be read, or it was made with a key and none is given, or the
            reverse.
        :raises TamperedError: when an entry is not as it was written.
        """
        super().__init__(clock)
        self._file = open_chain(path, KIND, key)
        self._file_journal = FileJournal(self._file, self._apply)
        self._journal = self._file_journal
        with self._journal.reading():
            pass

    @classmethod
    def create(
        cls, path: str | os.PathLike[str], *, key: Buffer | None = None, clock: Callable[[], datetime] = now_utc
    ) -> FileGrants:
        """Make the file, without any grants. Parameters as the constructor.

        :raises InvalidTypeError: when an argument has the wrong type.
        :raises InvalidInputError: when the path is none, or the key has the wrong length.
        :raises StateError: when the file exists or cannot be written.
        """
        function(clock, "clock")
        open_chain(path, KIND, key).create()
        return cls(path, key=key, clock=clock)

    @property
    def place(self) -> ChainPlace:
        """How many entries there are, and the digest of the last, which holds all of them; to be kept elsewhere."""
        with self._journal.reading():
            return self._file_journal.place

    def __repr__(self) -> str:
        return f"<FileGrants {self._file.path!r}>"


def _seal_id(seal: Seal | str) -> str:
    if isinstance(seal, Seal):
        return line_of_text(seal.seal_id, "the esID of the seal")
    return line_of_text(seal, "seal")


def _person(person: Certificate | Buffer, name: str | None) -> tuple[bytes, str]:
    if isinstance(person, Certificate):
        subject = str(person.subject)
        return key_digest(person), line_of_text(subject if name is None else name, "name")
    key = as_bytes(person, "person", text_hint="give his certificate, or the digest of his key")
    if len(key) != sm3.DIGEST_LEN:
        raise InvalidInputError(f"the digest of a key is {sm3.DIGEST_LEN} bytes, not {len(key)}")
    return key, line_of_text("" if name is None else name, "name")


def _purposes(purposes: Iterable[str]) -> frozenset[str]:
    if isinstance(purposes, str | Mapping):
        raise InvalidTypeError(f"purposes must be a set of texts, not {type(purposes).__name__}")
    found = iterated(purposes, "purposes", most=MAX_PURPOSES + 1)
    if not 1 <= len(found) <= MAX_PURPOSES or not all(line_of_text(one, "a purpose") for one in found):
        raise InvalidInputError(f"purposes must be 1 to {MAX_PURPOSES} texts that are not empty")
    return frozenset(found)


def _who(by: str) -> str:
    if not line_of_text(by, "by"):
        raise InvalidInputError("by must name who does it")
    return by


def _to_fields(grant: Grant) -> dict[str, Any]:
    return {
        "do": "grant",
        "id": grant.grant_id,
        "seal": grant.seal_id,
        "key": grant.key.hex(),
        "person": grant.person,
        "purposes": sorted(grant.purposes),
        "from": time_text(grant.valid_from),
        "until": time_text(grant.valid_until),
        "limit": grant.limit,
        "at": time_text(grant.given_at),
        "by": grant.by,
        "why": grant.why,
    }


def _sentence(reason: str, grant: Grant, purpose: str) -> str:
    said = _REFUSALS[reason].format(
        purpose=f"the purpose {purpose}" if purpose else "a use whose purpose is not named",
        revoked_at="" if grant.revoked_at is None else time_text(grant.revoked_at),
        valid_until=time_text(grant.valid_until),
        valid_from=time_text(grant.valid_from),
        limit=grant.limit,
    )
    return f"grant {grant.grant_id} for seal {grant.seal_id} does not cover this use: {said}"
