"""Rows that somebody who administers the database has put back to what they were, tags included, or has deleted."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Table, delete, select, update

from ca.authorities import ACTOR, Authorities, found, order, serials
from gmpki.ca.interfaces import Issued
from gmpki.ca.store.schema import certificates, kmc_keys
from gmpki.ca.store.store import Store
from gmpki.errors import KeyMismatchError, TamperedError


@pytest.fixture
def made(store: Store) -> Authorities:
    return found(store)


def snapshot(store: Store, table: Table) -> dict[int, dict[str, Any]]:
    with store.reading() as connection:
        return {row["id"]: dict(row) for row in connection.execute(select(table)).mappings()}


def put_back(store: Store, table: Table, before: dict[int, dict[str, Any]]) -> None:
    with store.transaction() as tx:
        for number, row in before.items():
            tx.connection.execute(update(table).where(table.c.id == number).values(row))


def test_a_spent_encryption_key_is_not_given_out_again(made: Authorities) -> None:
    made.centre.pool.fill()
    spare = snapshot(made.store, kmc_keys)
    first = made.authority.issue(order(1), actor=ACTOR)
    assert first.encryption is not None
    put_back(made.store, kmc_keys, spare)
    with pytest.raises(KeyMismatchError):
        made.authority.issue(order(2), actor=ACTOR)


def test_one_key_for_two_orders_of_a_batch(made: Authorities, monkeypatch: pytest.MonkeyPatch) -> None:
    allot = made.centre.allot

    def same(wanted: Any) -> Any:
        keys = allot(wanted)
        return [keys[0]] * len(keys)

    monkeypatch.setattr(made.centre, "allot", same)
    first, second = made.authority.issue_many([order(1), order(2)], actor=ACTOR)
    assert isinstance(first, Issued)
    assert isinstance(second, KeyMismatchError)


def test_a_kept_key_is_no_spent_one(made: Authorities) -> None:
    first = made.authority.issue(order(1), actor=ACTOR)
    again = made.authority.issue(order(2, encryption_key=serials(first)[1]), actor=ACTOR)
    assert first.encryption is not None
    assert again.encryption is not None
    assert again.encryption.public_key.to_der() == first.encryption.public_key.to_der()


def test_deleted_certificates_of_an_order(made: Authorities) -> None:
    issued = made.authority.issue(order(1), actor=ACTOR)
    with made.store.transaction() as tx:
        gone = certificates.c.serial.in_([f"{serial:x}" for serial in serials(issued)])
        tx.connection.execute(delete(certificates).where(gone))
    with pytest.raises(TamperedError):
        made.authority.issue(order(1), actor=ACTOR)
