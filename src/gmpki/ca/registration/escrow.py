"""The encryption keys of pairs at the key-management centre: under which certificate they stand, when they retire.

A key that was kept when a pair was renewed stands at the centre under the encryption certificate that it was given out
for, the first one that had it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from gmpki.ca.interfaces import SYSTEM
from gmpki.ca.registration import pairs
from gmpki.ca.store.schema import pairs as table
from gmpki.errors import GmpkiError, InvalidInputError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from gmpki.ca.interfaces import KeyCentre
    from gmpki.ca.registration.pairs import Pair
    from gmpki.ca.store.protection import Protection
    from gmpki.ca.store.store import Store

__all__ = ["ended_key", "origin", "retire"]


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
    """Return as :func:`origin` does which key ends with a pair; None when there is none, or a later pair has it."""
    if pair.encryption is None:
        return None
    if pair.replaced_by is not None and _same_key(pairs.read(connection, protection, pair.replaced_by), pair):
        return None
    return origin(connection, protection, pair)


def retire(store: Store, keys: KeyCentre | None, pair: Pair) -> None:
    """Move the key of a pair that was revoked to the history of the centre.

    The revocation stands, whatever comes of this: when the centre cannot be reached, the audit log says so, and the
    key stays among those in use.
    """
    if keys is None:
        return
    with store.reading() as connection:
        serial = ended_key(connection, store.protection, pair)
    if serial is None:
        return
    try:
        keys.retire(pair.authority, [serial])
    except GmpkiError as error:
        with store.transaction() as tx:
            tx.audit(SYSTEM, "pair.key-not-retired", pair.subject, problem=type(error).__name__)


def _before(connection: Connection, protection: Protection, pair: Pair) -> Pair | None:
    query = select(table).where(table.c.applicant_id == pair.applicant_id, table.c.replaced_by == pair.id)
    found = connection.execute(query).mappings().first()
    return None if found is None else pairs.of_row(pairs.ROWS.verify(protection, found))


def _same_key(one: Pair, other: Pair) -> bool:
    if one.encryption is None or other.encryption is None or one.authority != other.authority:
        return False
    return one.encryption.public_key_info.to_der() == other.encryption.public_key_info.to_der()
