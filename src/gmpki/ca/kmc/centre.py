"""The key-management centre: keys for encryption are made before they are needed, given out, kept, and recovered.

>>> from gmpki.ca.kmc.centre import KeyManagementCentre
>>> from gmpki.ca.store.store import Store
>>> from gmpki.keys.sm2 import SM2PrivateKey
>>> from gmpki.protect import KeyRing
>>> store, opener = Store.create("sqlite://", KeyRing.generate()), SM2PrivateKey.generate()
>>> centre = KeyManagementCentre.create(store, opener.public_key)   # or SharedAmong(3, 5, hand_out)
>>> centre.pool.fill("SM2", 10)
10
>>> centre = KeyManagementCentre.open(store, opener)                # in another process, later
>>> centre.pool.counts()
{'SM2': {'spare': 10}}
>>> store.close()

A key is spare first, then in use, then history, and never goes back. It is known by the authority that asked for it and
the serial number of the encryption certificate that it was given for; a certificate that keeps the key of an older one
is not told to the centre, and its key is asked for by the number of the older one. Keys in the history can be recovered
as those in use: what was encrypted stays readable.

A private key is in clear only in memory, for as long as it takes to envelope it for its owner.

:standard: GM/T 0034 and GM/T 0038, as far as their requirements are known from secondary sources (confidence B)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from sqlalchemy import exc, func, select

from gmpki._inputs import as_text, iterated, member
from gmpki.ca.interfaces import SYSTEM, Actor, AllottedKey, KeyWanted
from gmpki.ca.kmc import kinds, rows
from gmpki.ca.kmc.masters import MasterKeys
from gmpki.ca.kmc.pool import KeyPool, PoolLevel
from gmpki.ca.kmc.recovery import OWNER, JudicialRecovery, write_done
from gmpki.ca.store.columns import public_key_id, seconds, serial_text
from gmpki.ca.store.schema import kmc_keys
from gmpki.ca.store.store import Store
from gmpki.errors import (
    ConflictError,
    InvalidInputError,
    LifeCycleError,
    LimitExceeded,
    NotFoundError,
    StateError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from gmpki.ca.kmc.kinds import EscrowedKey
    from gmpki.ca.kmc.master import Protector, Unlocker
    from gmpki.ca.kmc.rows import KeyRow
    from gmpki.ca.store.store import Transaction
    from gmpki.keys.interfaces import PublicKey

_T = TypeVar("_T")
_V = TypeVar("_V")

__all__ = ["DEFAULT_LEVELS", "MAX_WANTED", "KeyManagementCentre"]

DEFAULT_LEVELS: Final[Mapping[str, PoolLevel]] = {kinds.SM2: PoolLevel(200, 1000)}
MAX_WANTED: Final = 10_000
"""The most keys of one call."""
_MAX_AUTHORITY_LEN: Final = 128
# Others may take what was just made, or change the same rows: then once more.
_ATTEMPTS: Final = 8
# Serial numbers of one audit entry.
_NAMED: Final = 50
_REWRAPPED: Final = 500


class _PoolEmptyError(Exception):
    """There are too few spare keys of a kind."""

    def __init__(self, kind: str, missing: int) -> None:
        super().__init__(kind)
        self.kind = kind
        self.missing = missing


class KeyManagementCentre:
    """A key-management centre over a store: a :class:`~gmpki.ca.interfaces.KeyCentre` in process. Thread-safe.

    Any number of processes may work on one store. Made by :meth:`create` and :meth:`open`.
    """

    def __init__(self, store: Store, masters: MasterKeys, levels: Mapping[str, PoolLevel], *, on_demand: bool) -> None:
        self._store = store
        self._masters = masters
        self._on_demand = on_demand
        self._pool = KeyPool(store, masters, _checked_levels(levels))

    @classmethod
    def create(
        cls,
        store: Store,
        protector: Protector,
        *,
        actor: Actor = SYSTEM,
        levels: Mapping[str, PoolLevel] = DEFAULT_LEVELS,
        make_on_demand: bool = True,
    ) -> KeyManagementCentre:
        """Found a centre: make its master key, and protect it.

        :param protector: the SM2 public key whose private key shall open the centre, most often one in a token; or
            :class:`~gmpki.ca.kmc.master.SharedAmong` some custodians.
        :param levels: by the kind of key ("SM2", "RSA-2048", "RSA-3072", "RSA-4096"), how many spare ones there are to
            be.
        :param make_on_demand: make keys when the pool has none, while whoever asks waits; otherwise they are refused.
        :raises ConflictError: when the store has a centre.
        :raises InvalidTypeError: when an argument has the wrong type.
        :raises UnsupportedAlgorithm: when a level is for a kind that is not kept.
        :raises StoreError: when the database cannot be written.
        :raises RandomSourceError: when the random source fails.
        """
        member(store, Store, "store")
        member(actor, Actor, "actor")
        member(make_on_demand, bool, "make_on_demand")
        checked = _checked_levels(levels)
        return cls(store, MasterKeys.create(store, protector, actor), checked, on_demand=make_on_demand)

    @classmethod
    def open(
        cls,
        store: Store,
        *unlockers: Unlocker,
        levels: Mapping[str, PoolLevel] = DEFAULT_LEVELS,
        make_on_demand: bool = True,
    ) -> KeyManagementCentre:
        """Open a centre: unlock its master key for this process.

        :param unlockers: the private key, or enough shares as a list; while a change of the master key is not finished
            (:meth:`rewrap`), also what opens the old one.
        :raises NotFoundError: when the store has no centre.
        :raises NoRecipientError: when the master key is encrypted to another key.
        :raises InvalidInputError: when shares are too few or of another secret, or a key was given for shares.
        :raises DecryptionError: when it cannot be decrypted.
        :raises TamperedError: when what is stored was changed.
        :raises StateError: when nothing was given that opens it.
        :raises GmpkiError: what a token raises, and otherwise as :meth:`create`.
        """
        member(store, Store, "store")
        member(make_on_demand, bool, "make_on_demand")
        checked = _checked_levels(levels)
        return cls(store, MasterKeys.open(store, unlockers), checked, on_demand=make_on_demand)

    @property
    def store(self) -> Store:
        """The store that it works on."""
        return self._store

    @property
    def pool(self) -> KeyPool:
        """The spare keys."""
        return self._pool

    @property
    def judicial(self) -> JudicialRecovery:
        """Recovery for a court or another authority of the state, by two approvers."""
        return JudicialRecovery(self._store, self._opened)

    @property
    def master_key_id(self) -> str:
        """The id of the master key for everything new."""
        return self._masters.active.key_id

    def close(self) -> None:
        """Drop the master key from memory."""
        self._masters.forget()

    def __enter__(self) -> KeyManagementCentre:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ---- what an authority asks for -----------------------------------------------------
    def allot(self, wanted: Sequence[KeyWanted]) -> list[AllottedKey]:
        """Give spare keys to owners, all or none; the same again for a certificate that has its key already.

        :param wanted: at most 10,000; of each certificate one.
        :raises InvalidTypeError: when one is no KeyWanted, or something in it has the wrong type.
        :raises InvalidInputError: when a certificate is there twice, or a name, number or time is out of bounds.
        :raises LimitExceeded: when there are too many.
        :raises UnsupportedAlgorithm: when the kind is none that is kept, or nothing can be encrypted to the owner.
        :raises ConflictError: with the reason "key-reused" when the key of that certificate was given to another owner.
        :raises LifeCycleError: when the key of that certificate is in the history.
        :raises StateError: when the pool is empty and none may be made now.
        :raises TamperedError: when a row was changed.
        :raises UnknownKeyError: when the master key of a key is not unlocked here.
        :raises StoreError: when the database cannot be written.
        """
        given = self.allot_with(wanted, lambda key, each: AllottedKey(key.public_key, kinds.deliver(key, each.owner)))
        return list(given)

    def allot_with(self, wanted: Sequence[KeyWanted], envelop: Callable[[EscrowedKey, KeyWanted], _T]) -> Sequence[_T]:
        """Do as :meth:`allot`, and have the keys enveloped in another form.

        :param envelop: is given each private key, and returns what leaves the centre; its errors pass through.
        """
        asked = _checked_wanted(wanted)
        claimed = self._claimed(asked)
        return [envelop(self._opened(row), each) for row, each in zip(claimed, asked, strict=True)]

    def recover(self, authority: str, serial_number: int, owner: PublicKey) -> AllottedKey:
        """Give the key of an encryption certificate again, enveloped for the owner's signing key of now.

        That the new signing key is the owner's is for the authority to know.

        :raises NotFoundError: when the centre has given no key for this certificate.
        :raises InvalidTypeError: when an argument has the wrong type.
        :raises InvalidInputError: when a name or number is out of bounds, or the owner's key is the key itself.
        :raises UnsupportedAlgorithm: when nothing can be encrypted to the owner.
        :raises TamperedError: when the row was changed.
        :raises UnknownKeyError: when the master key of the key is not unlocked here.
        :raises StoreError: when the database cannot be written.
        """
        return self.recover_with(
            authority, serial_number, owner, lambda key: AllottedKey(key.public_key, kinds.deliver(key, owner))
        )

    def recover_with(
        self, authority: str, serial_number: int, owner: PublicKey, envelop: Callable[[EscrowedKey], _T]
    ) -> _T:
        """Do as :meth:`recover`, and have the key enveloped in another form.

        :param envelop: is given the private key, and returns what leaves the centre; its errors pass through.
        """
        row = self.find(authority, serial_number)
        kinds.check_owner(owner)
        enveloped = envelop(self._opened(row))
        with self._store.transaction() as tx:
            write_done(tx, row, OWNER, authority, owner)
            tx.audit(Actor(authority), "kmc.recover", f"key:{row.row_id}", serial=serial_text(serial_number))
        return enveloped

    def retire(self, authority: str, serial_numbers: Sequence[int]) -> None:
        """Move the keys of certificates that have ended from those in use to the history; pass over others.

        :raises InvalidTypeError: when an argument has the wrong type.
        :raises InvalidInputError: when a name or number is out of bounds.
        :raises LimitExceeded: when there are more than 10,000.
        :raises TamperedError: when a row was changed.
        :raises StoreError: when the database cannot be written.
        """
        _checked_authority(authority)
        serials = _unique(serial_text(each) for each in _bounded(serial_numbers, "serial_numbers"))

        def move(tx: Transaction) -> None:
            found = rows.of_certificates(tx.connection, tx.protection, authority, serials, lock=True)
            ending = [row for row in found.values() if row.state == rows.IN_USE]
            rows.change(
                tx.connection, tx.protection, [(row, {"state": rows.HISTORY, "ended_at": tx.at}) for row in ending]
            )
            _audit_named(tx, "kmc.retire", authority, [str(row.facts["serial"]) for row in ending])

        self._tried(move)

    # ---- what is there ------------------------------------------------------------------
    def find(self, authority: str, serial_number: int) -> KeyRow:
        """Return what is stored of the key of a certificate; the private key in it is encrypted.

        :raises NotFoundError: when the centre has given no key for this certificate.
        :raises InvalidTypeError: when an argument has the wrong type.
        :raises InvalidInputError: when a name or number is out of bounds.
        :raises TamperedError: when the row was changed.
        :raises StoreError: when the database cannot be read.
        """
        _checked_authority(authority)
        serial = serial_text(serial_number)
        with self._store.reading() as connection:
            found = rows.of_certificates(connection, self._store.protection, authority, [serial])
        if serial not in found:
            raise NotFoundError(f"the centre has given no key for the certificate {serial} of this authority")
        return found[serial]

    # ---- the master key -----------------------------------------------------------------
    def change_master(
        self,
        protector: Protector,
        *,
        actor: Actor = SYSTEM,
        progress: Callable[[int], None] | None = None,
    ) -> int:
        """Make a new master key, encrypt all private keys under it, destroy the old one; return how many keys.

        Other processes have to open the centre again; what they ask for meanwhile is refused by StateError and
        UnknownKeyError. When it is interrupted, :meth:`rewrap` continues, of a centre opened with both.

        :param protector: as in :meth:`create`.
        :param progress: called with the count of keys done.
        :raises GmpkiError: as :meth:`create`, and:
        :raises StateError: when another process changes the master key as well.
        """
        member(actor, Actor, "actor")
        self._masters.renew(protector, actor)
        return self.rewrap(actor=actor, progress=progress)

    def rewrap(self, *, actor: Actor = SYSTEM, progress: Callable[[int], None] | None = None) -> int:
        """Finish a change of the master key; return how many keys were encrypted anew, 0 when there was nothing to do.

        :param progress: called with the count of keys done.
        :raises UnknownKeyError: when the old master key is not unlocked here.
        :raises TamperedError: when a row was changed.
        :raises StateError: when another process does it as well.
        :raises StoreError: when the database cannot be written; what was committed before stays.
        """
        done = 0
        for old_id in self._masters.retired():
            old, last = self._masters.get(old_id), 0
            while batch := self._under(old_id, last):
                last = batch[-1].row_id
                new = self._masters.active
                sealed = [
                    {
                        "master_key_id": new.key_id,
                        "private_sealed": new.seal(
                            old.open(row.private_sealed, row.kind, row.public_key_id), row.kind, row.public_key_id
                        ),
                    }
                    for row in batch
                ]
                try:
                    with self._store.transaction() as tx:
                        rows.change(tx.connection, tx.protection, list(zip(batch, sealed, strict=True)))
                        tx.audit(actor, "kmc.rewrap", f"master:{new.key_id}", count=len(batch), replaces=old_id)
                except ConflictError:
                    last = batch[0].row_id - 1  # one was given out meanwhile: read them again
                    continue
                done += len(batch)
                if progress is not None:
                    progress(done)
            self._masters.destroy(old_id, actor)
        return done

    def _under(self, master_key_id: str, last: int) -> list[KeyRow]:
        # By the number of the row: the next ones are found without passing over those that are done.
        query = select(func.min(kmc_keys.c.id)).where(kmc_keys.c.master_key_id == master_key_id, kmc_keys.c.id > last)
        with self._store.reading() as connection:
            first = connection.scalar(query)
            if first is None:
                return []
            conditions = (
                kmc_keys.c.id >= first,
                kmc_keys.c.id < first + _REWRAPPED,
                kmc_keys.c.master_key_id == master_key_id,
            )
            return rows.find(connection, self._store.protection, *conditions)

    # ---- the parts of allot -------------------------------------------------------------
    def _claimed(self, asked: Sequence[KeyWanted]) -> list[KeyRow]:
        for _ in range(_ATTEMPTS):
            try:
                return self._tried(lambda tx: self._claim(tx, asked))
            except _PoolEmptyError as short:  # noqa: PERF203 - few rounds, and a commit in each
                if not self._on_demand:
                    raise StateError(
                        f"the pool has no spare key of {short.kind}: {short.missing} are missing"
                    ) from None
                self._pool.make(short.kind, short.missing)
        raise StateError("others take the spare keys faster than they are made; fill the pool")

    def _tried(self, change: Callable[[Transaction], _T]) -> _T:
        """Do something in a transaction, and again when somebody else was faster with the same rows."""
        for _ in range(_ATTEMPTS):
            try:
                with self._store.transaction() as tx:
                    return change(tx)
            except ConflictError as error:  # noqa: PERF203 - few rounds, and a commit in each
                if error.reason != rows.CHANGED_MEANWHILE:
                    raise
        raise StateError("others change the same keys all the time")

    def _claim(self, tx: Transaction, asked: Sequence[KeyWanted]) -> list[KeyRow]:
        given = self._given(tx, asked)
        missing: dict[str, list[KeyWanted]] = {}
        for each in asked:
            if _name(each) not in given:
                missing.setdefault(each.kind, []).append(each)
        for kind, some in missing.items():
            spare = rows.take_spare(tx.connection, tx.protection, kind, len(some))
            if len(spare) < len(some):
                raise _PoolEmptyError(kind, len(some) - len(spare))
            changes = [(row, _allotment(each, tx.at)) for row, each in zip(spare, some, strict=True)]
            try:
                changed = rows.change(tx.connection, tx.protection, changes)
            except exc.IntegrityError:
                raise ConflictError(rows.CHANGED_MEANWHILE, "another process gives out the same keys") from None
            given.update(zip(map(_name, some), changed, strict=True))
            by_authority: dict[str, list[str]] = {}
            for each in some:
                by_authority.setdefault(each.authority, []).append(serial_text(each.serial_number))
            for authority, serials in by_authority.items():
                _audit_named(tx, "kmc.allot", authority, serials, kind=kind)
        return [given[_name(each)] for each in asked]

    def _given(self, tx: Transaction, asked: Sequence[KeyWanted]) -> dict[tuple[str, int], KeyRow]:
        """Return the keys that were given out for these certificates before."""
        by_authority: dict[str, dict[str, KeyWanted]] = {}
        for each in asked:
            by_authority.setdefault(each.authority, {})[serial_text(each.serial_number)] = each
        given = {}
        for authority, some in by_authority.items():
            found = rows.of_certificates(tx.connection, tx.protection, authority, list(some), lock=True)
            for serial, row in found.items():
                each = some[serial]
                if row.facts["owner_key_id"] != public_key_id(each.owner) or row.kind != each.kind:
                    raise ConflictError("key-reused", f"the key of the certificate {serial} was given to another owner")
                if row.state != rows.IN_USE:
                    raise LifeCycleError("allot", row.state, f"the key of the certificate {serial} is {row.state}")
                given[_name(each)] = row
        return given

    def _opened(self, row: KeyRow) -> EscrowedKey:
        private = self._masters.get(row.master_key_id).open(row.private_sealed, row.kind, row.public_key_id)
        return kinds.read_private(private, row.kind, row.public_key)


def _name(wanted: KeyWanted) -> tuple[str, int]:
    return wanted.authority, wanted.serial_number


def _allotment(wanted: KeyWanted, at: int) -> dict[str, str | int]:
    return {
        "state": rows.IN_USE,
        "authority": wanted.authority,
        "serial": serial_text(wanted.serial_number),
        "owner_key_id": public_key_id(wanted.owner),
        "not_before": seconds(wanted.not_before),
        "not_after": seconds(wanted.not_after),
        "allotted_at": at,
    }


def _audit_named(tx: Transaction, operation: str, authority: str, serials: Sequence[str], **details: str) -> None:
    for at in range(0, len(serials), _NAMED):
        some = serials[at : at + _NAMED]
        tx.audit(Actor(authority), operation, f"keys:{len(some)}", serials=" ".join(some), **details)


# ---- inputs -------------------------------------------------------------------------------
def _checked_levels(levels: Mapping[str, PoolLevel]) -> dict[str, PoolLevel]:
    from collections.abc import Mapping as AnyMapping

    member(levels, AnyMapping, "levels")
    for kind, level in levels.items():
        kinds.checked_kind(kind)
        member(level, PoolLevel, "a level")
    return dict(levels)


def _checked_authority(name: str) -> str:
    as_text(name, "the name of an authority")
    if not 1 <= len(name) <= _MAX_AUTHORITY_LEN or not name.isprintable():
        raise InvalidInputError(f"the name of an authority is 1 to {_MAX_AUTHORITY_LEN} printable characters")
    return name


def _checked_wanted(wanted: Iterable[KeyWanted]) -> tuple[KeyWanted, ...]:
    asked = _bounded(wanted, "wanted")
    seen: set[tuple[str, int]] = set()
    for each in asked:
        member(each, KeyWanted, "what is wanted")
        _checked_authority(each.authority)
        kinds.checked_kind(each.kind)
        kinds.check_owner(each.owner)
        serial_text(each.serial_number)
        if seconds(each.not_before) > seconds(each.not_after):
            raise InvalidInputError("a key is wanted that ends before it begins")
        if _name(each) in seen:
            raise InvalidInputError(f"the certificate {each.serial_number:x} is there twice")
        seen.add(_name(each))
    return asked


def _bounded(values: Iterable[_V], name: str) -> tuple[_V, ...]:
    found = iterated(values, name, most=MAX_WANTED + 1)
    if len(found) > MAX_WANTED:
        raise LimitExceeded(f"{name}: at most {MAX_WANTED} at once")
    return found


def _unique(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))
