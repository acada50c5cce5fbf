"""The master keys of a centre that are unlocked in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import insert, select, update

from gmpki.ca.kmc.master import MasterKey, Protector, Unlocker, Wrapped, unwrap, wrap
from gmpki.ca.store.schema import kmc_master_keys
from gmpki.errors import ConflictError, GmpkiError, LimitExceeded, NotFoundError, StateError, UnknownKeyError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from gmpki.ca.interfaces import Actor
    from gmpki.ca.store.protection import Protection
    from gmpki.ca.store.store import Store, Transaction

__all__ = ["ACTIVE", "RETIRED", "MasterKeys"]

ACTIVE: Final = "active"
RETIRED: Final = "retired"
DESTROYED: Final = "destroyed"
_TAGGED: Final = ("state", "protection", "wrapped", "created_at")
_MAX_UNLOCKERS: Final = 16


class MasterKeys:
    """The unlocked master keys, one of them for everything new. Thread-safe.

    Made by :meth:`create` and :meth:`open`.
    """

    def __init__(self, store: Store, keys: dict[str, MasterKey], active_id: str) -> None:
        self._store = store
        self._keys = keys
        self._active_id = active_id

    @classmethod
    def create(cls, store: Store, protector: Protector, actor: Actor) -> MasterKeys:
        """Make the first master key of a store.

        :raises ConflictError: when the store has one.
        """
        master, wrapped = wrap(protector)
        with store.transaction() as tx:
            if tx.connection.scalar(select(kmc_master_keys.c.id).limit(1)) is not None:
                raise ConflictError("duplicate", "the store has a key-management centre")
            _insert(tx, wrapped)
            tx.audit(actor, "kmc.create", f"master:{wrapped.key_id}", protection=wrapped.protection)
        return cls(store, {master.key_id: master}, master.key_id)

    @classmethod
    def open(cls, store: Store, unlockers: Sequence[Unlocker]) -> MasterKeys:
        """Unlock all master keys that private keys are encrypted under.

        :param unlockers: one for each, in any order; one may open several.
        :raises NotFoundError: when the store has no centre.
        :raises GmpkiError: as :func:`~gmpki.ca.kmc.master.unwrap`, when the active one is not opened by any.
        """
        if len(unlockers) > _MAX_UNLOCKERS:
            raise LimitExceeded(f"at most {_MAX_UNLOCKERS} private keys and sets of shares are tried")
        with store.reading() as connection:
            stored = _stored(connection, store.protection)
        keys: dict[str, MasterKey] = {}
        problem: GmpkiError | None = None
        for wrapped, _ in stored:
            for unlocker in unlockers:
                try:
                    keys[wrapped.key_id] = unwrap(wrapped, unlocker)
                    break
                except GmpkiError as error:
                    problem = error
        active = next((wrapped.key_id for wrapped, state in stored if state == ACTIVE), None)
        if active is None:
            raise NotFoundError("the store has no key-management centre")
        if active not in keys:
            raise problem if problem is not None else StateError("nothing was given that opens the master key")
        return cls(store, keys, active)

    @property
    def active(self) -> MasterKey:
        """The master key for everything new.

        :raises UnknownKeyError: when the centre was closed.
        """
        return self.get(self._active_id)

    def get(self, key_id: str) -> MasterKey:
        """Return a master key.

        :raises UnknownKeyError: when it is not unlocked here.
        """
        found = self._keys.get(key_id)
        if found is None:
            raise UnknownKeyError(f"the master key {key_id} is not unlocked in this process; open the centre again")
        return found

    def forget(self) -> None:
        """Drop the master keys from memory; nothing can be opened after that."""
        self._keys = {}

    def retired(self) -> list[str]:
        """Return the ids of master keys that are to go, and that some private key may still be encrypted under.

        :raises TamperedError: when a row is not as it was written.
        """
        with self._store.reading() as connection:
            return [
                wrapped.key_id for wrapped, state in _stored(connection, self._store.protection) if state == RETIRED
            ]

    def check_active(self, connection: Connection) -> None:
        """See, in a transaction that writes, that the active master key is still the one.

        :raises StateError: when another process has made a new one.
        """
        query = select(kmc_master_keys.c.key_id).where(kmc_master_keys.c.state == ACTIVE)
        if connection.scalar(query.with_for_update(read=True)) != self._active_id:
            raise StateError("the master key was changed elsewhere; open the centre again")

    def renew(self, protector: Protector, actor: Actor) -> None:
        """Make another master key the active one; the one of now is retired.

        :raises StateError: when another process has done so meanwhile.
        """
        master, wrapped = wrap(protector)
        with self._store.transaction() as tx:
            old, _ = _one(tx.connection, tx.protection, self._active_id)
            _set_state(tx, old, ACTIVE, RETIRED)
            _insert(tx, wrapped)
            tx.audit(
                actor, "kmc.new-master", f"master:{wrapped.key_id}", protection=wrapped.protection, replaces=old.key_id
            )
        self._keys = {**self._keys, master.key_id: master}
        self._active_id = master.key_id

    def destroy(self, key_id: str, actor: Actor) -> None:
        """Forget a retired master key that nothing is encrypted under any more.

        :raises StateError: when it is not retired, or no longer there.
        :raises TamperedError: when its row is not as it was written.
        """
        with self._store.transaction() as tx:
            old, _ = _one(tx.connection, tx.protection, key_id)
            _set_state(tx, old, RETIRED, DESTROYED)
            tx.audit(actor, "kmc.destroy-master", f"master:{key_id}")
        self._keys = {held: key for held, key in self._keys.items() if held != key_id}


def _facts(wrapped: Wrapped, state: str, created_at: int) -> dict[str, Any]:
    return dict(zip(_TAGGED, (state, wrapped.protection, wrapped.content, created_at), strict=True))


def _insert(tx: Transaction, wrapped: Wrapped) -> None:
    facts = _facts(wrapped, ACTIVE, tx.at)
    tag = tx.protection.tagger(kmc_master_keys.name).tag(facts, wrapped.key_id)
    tx.connection.execute(insert(kmc_master_keys), [{**facts, "key_id": wrapped.key_id, "tag": tag}])


def _set_state(tx: Transaction, wrapped: Wrapped, old: str, new: str) -> None:
    row = tx.connection.execute(select(kmc_master_keys).where(kmc_master_keys.c.key_id == wrapped.key_id)).one()
    # What nobody needs any more is not kept either.
    kept = wrapped if new != DESTROYED else Wrapped(wrapped.key_id, wrapped.protection, b"")
    facts = _facts(kept, new, row.created_at)
    tag = tx.protection.tagger(kmc_master_keys.name).tag(facts, wrapped.key_id)
    changed = tx.connection.execute(
        update(kmc_master_keys)
        .where(kmc_master_keys.c.key_id == wrapped.key_id, kmc_master_keys.c.state == old)
        .values(**facts, tag=tag)
    )
    if changed.rowcount != 1:
        raise StateError(f"the master key {wrapped.key_id} is no longer {old}; open the centre again")


def _stored(connection: Connection, protection: Protection) -> list[tuple[Wrapped, str]]:
    """Return the verified master keys that are not destroyed, with their states."""
    tagger = protection.tagger(kmc_master_keys.name)
    found = []
    for row in connection.execute(
        select(kmc_master_keys).where(kmc_master_keys.c.state != DESTROYED).order_by(kmc_master_keys.c.id)
    ):
        wrapped = Wrapped(row.key_id, row.protection, bytes(row.wrapped))
        tagger.verify(row.tag, _facts(wrapped, row.state, row.created_at), row.key_id)
        found.append((wrapped, row.state))
    return found


def _one(connection: Connection, protection: Protection, key_id: str) -> tuple[Wrapped, str]:
    for wrapped, state in _stored(connection, protection):
        if wrapped.key_id == key_id:
            return wrapped, state
    raise StateError(f"the master key {key_id} is gone; open the centre again")
