"""The encryption keys of pairs at the key-management centre: under which certificate they stand, when they retire.

A key that was kept when a pair was renewed stands at the centre under the encryption certificate that it was given out
for, the first one that had it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import String, cast, exists, literal, select

from gmpki.ca.interfaces import SYSTEM
from gmpki.ca.registration import pairs
from gmpki.ca.registration.states import PairState
from gmpki.ca.store.schema import audit
from gmpki.ca.store.schema import pairs as table
from gmpki.errors import GmpkiError, InvalidInputError, TamperedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from gmpki.ca.interfaces import Actor, KeyCentre
    from gmpki.ca.registration.pairs import Pair
    from gmpki.ca.store.protection import Protection
    from gmpki.ca.store.store import Store

__all__ = ["ended_key", "origin", "retire", "retire_left"]

_RETIRED: Final = "pair.key-retired"
# A later pair has it.
_KEPT: Final = "pair.key-kept"
_PAGE_LEN: Final = 200


def origin(connection: Connection, protection: Protection, pair: Pair) -> int:
    """Return the serial number of the encryption certificate under which the key of a pair stands at the centre.

    :raises InvalidInputError: when the pair has no encryption key.
    :raises TamperedError: when the row of an earlier pair is not as it was written.
    """
    if pair.encryption is None:
        raise InvalidInputError("the pair has no encryption key")
    found = pair
    while (earlier := _before(connection, protection, found)) is not None and _same_key(earlier, pair):
        found = earlier
    return pair.encryption.serial_number if found.encryption is None else found.encryption.serial_number


def ended_key(connection: Connection, protection: Protection, pair: Pair) -> int | None:
    """Return as :func:`origin` does which key ends with a pair; None when there is none, or a later pair has it.

    :raises TamperedError: when the row of a pair is not as it was written.
    """
    if pair.encryption is None:
        return None
    if pair.replaced_by is not None and _same_key(pairs.read(connection, protection, pair.replaced_by), pair):
        return None
    return origin(connection, protection, pair)


def retire(store: Store, keys: KeyCentre | None, pair: Pair) -> None:
    """Move the key of a pair that was revoked to the history of the centre.

    The revocation stands, whatever comes of this: when the centre cannot be reached, the audit log says so, and the
    key stays among those in use until :func:`retire_left`.
    """
    if keys is None or pair.encryption is None:
        return
    try:
        _retire(store, keys, pair, SYSTEM)
    except GmpkiError as error:
        with store.transaction() as tx:
            tx.audit(SYSTEM, "pair.key-not-retired", pair.subject, problem=type(error).__name__)


def retire_left(store: Store, keys: KeyCentre | None, actor: Actor) -> int:
    """Retire the keys of revoked pairs whose retirement failed, or was cut off; return of how many pairs.

    The audit log says of which pairs it is done.

    :raises TamperedError: when the row of a pair is not as it was written; all others have been seen to.
    :raises GmpkiError: what the centre raises; the rest is left for the next time.
    """
    done = last = 0
    problem: TamperedError | None = None
    while keys is not None and (ids := _left(store, last)):
        last = ids[-1]
        for pair_id in ids:
            try:
                with store.reading() as connection:
                    pair = pairs.read(connection, store.protection, pair_id)
                _retire(store, keys, pair, actor)
                done += 1
            except TamperedError as error:  # noqa: PERF203 - a network between
                problem = error
    if problem is not None:
        raise problem
    return done


def _left(store: Store, last: int) -> Sequence[int]:
    """Return some revoked pairs of whose keys the log does not say that they are seen to."""
    said = exists().where(
        audit.c.subject == literal("pair:") + cast(table.c.id, String(20)),
        audit.c.operation.in_((_RETIRED, _KEPT)),
    )
    is_revoked = (table.c.state == PairState.REVOKED.value, table.c.encryption_serial.is_not(None), table.c.id > last)
    with store.reading() as connection:
        query = select(table.c.id).where(*is_revoked, ~said).order_by(table.c.id).limit(_PAGE_LEN)
        return connection.scalars(query).all()


def _retire(store: Store, keys: KeyCentre, pair: Pair, actor: Actor) -> None:
    with store.reading() as connection:
        serial = ended_key(connection, store.protection, pair)
    if serial is not None:
        keys.retire(pair.authority, [serial])
    with store.transaction() as tx:
        tx.audit(actor, _KEPT if serial is None else _RETIRED, pair.subject)


def _before(connection: Connection, protection: Protection, pair: Pair) -> Pair | None:
    query = select(table).where(table.c.applicant_id == pair.applicant_id, table.c.replaced_by == pair.id)
    found = connection.execute(query).mappings().first()
    return None if found is None else pairs.of_row(pairs.ROWS.verify(protection, found))


def _same_key(one: Pair, other: Pair) -> bool:
    if one.encryption is None or other.encryption is None or one.authority != other.authority:
        return False
    return one.encryption.public_key_info.to_der() == other.encryption.public_key_info.to_der()
