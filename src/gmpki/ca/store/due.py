"""What is to reach publishers, written down in the commit that makes it."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

from sqlalchemy import insert

from gmpki.ca.store.schema import due_publications

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gmpki.ca.store.store import Transaction

__all__ = ["make_due"]


def make_due(tx: Transaction, publishers: Iterable[str], kind: str, object_ids: Iterable[int]) -> int:
    """Make each of these things due at each of these publishers from now on; return how many rows that gave.

    :param publishers: their names.
    :param kind: what the things are, as in :class:`~gmpki.ca.interfaces.PublicationKind`.
    :param object_ids: the numbers of their rows.
    :raises ConflictError: with the reason "duplicate" when one of them is due at one of the publishers already.
    :raises StoreError: when the database does not do it.
    """
    due = [
        {"publisher": publisher, "kind": kind, "object_id": number, "due_at": tx.at, "attempts": 0}
        for number, publisher in product(object_ids, dict.fromkeys(publishers))
    ]
    if due:
        tx.connection.execute(insert(due_publications), due)
    return len(due)
