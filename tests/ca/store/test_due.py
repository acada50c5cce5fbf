"""What is due at publishers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from gmpki.ca.interfaces import PublicationKind
from gmpki.ca.store.due import make_due
from gmpki.ca.store.schema import due_publications
from gmpki.errors import ConflictError

if TYPE_CHECKING:
    from gmpki.ca.store.store import Store

COLUMNS = due_publications.c


def rows(store: Store) -> list[tuple[object, ...]]:
    shown = (COLUMNS.publisher, COLUMNS.kind, COLUMNS.object_id, COLUMNS.attempts, COLUMNS.problem)
    with store.reading() as connection:
        return [tuple(row) for row in connection.execute(select(*shown).order_by(COLUMNS.id))]


def test_each_thing_is_due_at_each_publisher_once(store: Store) -> None:
    with store.transaction() as tx:
        assert make_due(tx, ["web", "ldap", "web"], PublicationKind.CRL, [7, 8]) == 4
        at = tx.at
    assert rows(store) == [(name, "crl", number, 0, None) for number in (7, 8) for name in ("web", "ldap")]
    with store.reading() as connection:
        assert set(connection.scalars(select(COLUMNS.due_at))) == {at}


@pytest.mark.parametrize(("publishers", "numbers"), [([], [7]), (["web"], []), ([], [])])
def test_nothing_is_due(store: Store, publishers: list[str], numbers: list[int]) -> None:
    with store.transaction() as tx:
        assert make_due(tx, publishers, PublicationKind.CRL, numbers) == 0
    assert rows(store) == []


def test_what_is_due_already_is_not_made_due_again(store: Store) -> None:
    with store.transaction() as tx:
        make_due(tx, ["web"], PublicationKind.CRL, [7])
    with pytest.raises(ConflictError) as caught, store.transaction() as tx:
        make_due(tx, ["ldap", "web"], PublicationKind.CRL, [7])
    assert caught.value.reason == "duplicate"
    assert len(rows(store)) == 1
