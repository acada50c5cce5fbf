"""The pool of spare keys: how many there are, and how it is filled again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select

from gmpki._inputs import number
from gmpki.ca.interfaces import SYSTEM, Actor
from gmpki.ca.kmc import kinds, rows
from gmpki.ca.store.columns import digest_text
from gmpki.ca.store.schema import kmc_keys
from gmpki.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from gmpki.ca.kmc.masters import MasterKeys
    from gmpki.ca.store.store import Store

__all__ = ["KeyPool", "PoolLevel"]

_MAX_KEYS: Final = 10_000_000
# Keys of one commit: SM2 keys are made by the thousand in a second, RSA keys one by one.
_SM2_BATCH: Final = 500
_RSA_BATCH: Final = 4


@dataclass(frozen=True, slots=True)
class PoolLevel:
    """How many spare keys of a kind there should be. Immutable.

    :ivar low: fewer than these, and the pool is to be filled.
    :ivar full: up to which it is filled.
    :raises InvalidTypeError: when one is no ``int``.
    :raises InvalidInputError: when one is outside 0 to 10,000,000, or low above full.
    """

    low: int
    full: int

    def __post_init__(self) -> None:
        number(self.full, 1, _MAX_KEYS, "full")
        number(self.low, 0, _MAX_KEYS, "low")
        if self.low > self.full:
            raise InvalidInputError("the low-water mark is above what the pool is filled to")


class KeyPool:
    """The spare keys of a centre. Thread-safe; any number of processes may fill one pool.

    :attr:`KeyManagementCentre.pool <gmpki.ca.kmc.centre.KeyManagementCentre.pool>` gives it.
    """

    def __init__(self, store: Store, masters: MasterKeys, levels: dict[str, PoolLevel]) -> None:
        self._store = store
        self._masters = masters
        self._levels = levels

    def counts(self) -> dict[str, dict[str, int]]:
        """Return how many keys there are: by kind, then by state ("spare", "in-use", "history").

        :raises StoreError: when the database cannot be read.
        """
        query = select(kmc_keys.c.kind, kmc_keys.c.state, func.count()).group_by(kmc_keys.c.kind, kmc_keys.c.state)
        found: dict[str, dict[str, int]] = {kind: {} for kind in self._levels}
        with self._store.reading() as connection:
            for kind, state, count in connection.execute(query):
                found.setdefault(kind, {})[state] = count
        return found

    def spare(self, kind: str = kinds.SM2) -> int:
        """Return how many spare keys of a kind there are.

        :raises StoreError: when the database cannot be read.
        """
        query = select(func.count()).select_from(kmc_keys)
        query = query.where(kmc_keys.c.kind == kind, kmc_keys.c.state == rows.SPARE)
        with self._store.reading() as connection:
            return int(connection.scalar(query) or 0)

    def due(self) -> dict[str, int]:
        """Return how many keys of each kind have to be made: of those that have sunk below their low-water mark.

        :raises StoreError: when the database cannot be read.
        """
        needed = {}
        for kind, level in self._levels.items():
            spare = self.spare(kind)
            if spare < level.low:
                needed[kind] = level.full - spare
        return needed

    def keep_filled(self, *, stop: Callable[[], bool] | None = None) -> int:
        """Fill what is below its low-water mark; return how many keys were made. For a scheduler to call.

        :param stop: asked before each batch; when it says True, the rest stays due.
        :raises GmpkiError: as :meth:`fill`.
        """
        return sum(self.fill(kind, self._levels[kind].full, stop=stop) for kind in self.due())

    def fill(
        self,
        kind: str = kinds.SM2,
        full: int | None = None,
        *,
        progress: Callable[[int, int], None] | None = None,
        stop: Callable[[], bool] | None = None,
        actor: Actor = SYSTEM,
    ) -> int:
        """Make spare keys of a kind until there are enough; return how many were made.

        Each batch is a commit of its own. Two processes that fill at once may make some more than asked for, which does
        no harm.

        :param full: how many there shall be; None is what the level of the kind says.
        :param progress: called after each batch with the count made and the count to make.
        :param stop: asked before each batch; when it says True, no more are made.
        :raises InvalidTypeError: when an argument has the wrong type.
        :raises InvalidInputError: when full is out of bounds, or not given for a kind without a level.
        :raises UnsupportedAlgorithm: when the kind is none that is kept.
        :raises StateError: when another process has changed the master key.
        :raises StoreError: when the database cannot be written; what was committed before stays.
        :raises RandomSourceError: when the random source fails.
        """
        kinds.checked_kind(kind)
        if full is None:
            level = self._levels.get(kind)
            if level is None:
                raise InvalidInputError(f"no level is set for keys of {kind}; say how many there shall be")
            full = level.full
        number(full, 0, _MAX_KEYS, "full")
        made, wanted = 0, max(0, full - self.spare(kind))
        while made < wanted and not (stop is not None and stop()):
            # Asked again each time: others take from the pool, and others fill it.
            count = min(_SM2_BATCH if kind == kinds.SM2 else _RSA_BATCH, full - self.spare(kind), wanted - made)
            if count <= 0:
                break
            self.make(kind, count, actor)
            made += count
            if progress is not None:
                progress(made, wanted)
        return made

    def make(self, kind: str, count: int, actor: Actor = SYSTEM) -> None:
        """Make some spare keys in one commit, whatever the level; errors as :meth:`fill`."""
        master = self._masters.active
        sealed = []
        for key in kinds.generate_many(kind, count):
            public_key = key.public_key.to_der()
            key_id = digest_text(public_key)
            private = master.seal(kinds.write_private(key), kind, key_id)
            sealed.append((kind, public_key, private, key_id, master.key_id))
        with self._store.transaction() as tx:
            self._masters.check_active(tx.connection)
            rows.insert_spare(tx.connection, tx.protection, sealed, tx.at)
            tx.audit(actor, "kmc.fill", f"pool:{kind}", count=count)
