"""Rows with tags: every table that is written through them has the same rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Table, select, update

from certified import NOW
from gmpki.ca.store.protection import Protection
from gmpki.ca.store.schema import issuing_points, operators, regions
from gmpki.ca.store.tagged_rows import TaggedRows
from gmpki.errors import ConflictError, NotFoundError, TamperedError
from gmpki.protect.keys import KeyRing

if TYPE_CHECKING:
    from gmpki.ca.store.store import Store

REGIONS = TaggedRows(regions, "region")
OPERATORS = TaggedRows(operators, "operator", untagged=("certificate",))
REGION = {"code": "110000", "title": "示例市", "parent_id": None}
CLERK = {
    "name": "clerk",
    "title": "录入员",
    "certificate_digest": "0" * 64,
    "certificate": b"x",
    "permissions": "entry",
    "region_id": None,
    "point_id": None,
    "state": "active",
    "created_at": 1,
}


def alter(store: Store, table: Table, **values: Any) -> None:
    """Change rows behind the back of their tags."""
    with store.transaction() as tx:
        tx.connection.execute(update(table).values(values))


def added(store: Store, rows: TaggedRows, values: dict[str, Any]) -> int:
    """Add a row; return its number."""
    with store.transaction() as tx:
        return rows.add(tx, values)


def test_added_read_changed(store: Store) -> None:
    row_id = added(store, OPERATORS, CLERK)
    with store.transaction() as tx:
        OPERATORS.change(tx, OPERATORS.lock(tx, row_id), state="suspended", region_id=None)
    with store.reading() as connection:
        row = OPERATORS.read(connection, store.protection, row_id)
    assert dict(row) == {**CLERK, "state": "suspended", "id": row_id, "tag": row["tag"]}


def test_an_untagged_column_decides_about_nothing(store: Store) -> None:
    row_id = added(store, OPERATORS, CLERK)
    alter(store, operators, certificate=b"y")
    with store.reading() as connection:
        assert OPERATORS.read(connection, store.protection, row_id)["certificate"] == b"y"


CHANGES: dict[str, dict[str, Any]] = {
    "text": {"title": "X"},
    "number": {"parent_id": 1},
    "no-tag": {"tag": b""},
    "no-header": {"tag": bytes(46)},
    "short-tag": {"tag": b"\x01"},
    "not-in-NFC": {"title": "e\u0301"},
}


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_is_wrong_with_a_row_is_one_thing(store: Store, change: str) -> None:
    row_id = added(store, REGIONS, REGION)
    alter(store, regions, **CHANGES[change])
    with store.transaction() as tx:
        for act in (
            lambda: REGIONS.read(tx.connection, tx.protection, row_id),
            lambda: REGIONS.lock(tx, row_id),
            lambda: REGIONS.verify(tx.protection, tx.connection.execute(select(regions)).mappings().one()),
        ):
            with pytest.raises(TamperedError) as caught:
                act()
            assert (caught.value.reason, caught.value.place) == ("changed", str(row_id))


def test_a_tag_of_a_key_that_the_ring_has_not(store: Store) -> None:
    row_id = added(store, REGIONS, REGION)
    foreign = Protection(KeyRing.generate(created=NOW))
    alter(store, regions, tag=REGIONS.tag(foreign, REGION, row_id))
    with store.reading() as connection, pytest.raises(TamperedError) as caught:
        REGIONS.read(connection, store.protection, row_id)
    assert caught.value.place == str(row_id)


def test_a_tag_of_another_row_or_table(store: Store) -> None:
    row_id = added(store, REGIONS, REGION)
    others = TaggedRows(issuing_points, "issuing point")
    for tag in (REGIONS.tag(store.protection, REGION, row_id + 1), others.tag(store.protection, REGION, row_id)):
        alter(store, regions, tag=tag)
        with store.reading() as connection, pytest.raises(TamperedError):
            REGIONS.read(connection, store.protection, row_id)


def test_a_row_that_is_not_there(store: Store) -> None:
    with store.transaction() as tx:
        for act in (lambda: REGIONS.read(tx.connection, tx.protection, 9), lambda: REGIONS.lock(tx, 9)):
            with pytest.raises(NotFoundError, match="region 9"):
                act()


def test_a_state_that_somebody_else_has_changed(store: Store) -> None:
    row_id = added(store, OPERATORS, CLERK)
    with store.transaction() as tx:
        before = OPERATORS.lock(tx, row_id)
        OPERATORS.change(tx, before, state="removed")
        with pytest.raises(ConflictError) as caught:
            OPERATORS.change(tx, before, state="active")
    assert caught.value.reason == "changed"
    with store.reading() as connection:
        assert OPERATORS.read(connection, store.protection, row_id)["state"] == "removed"


def test_a_table_without_states_is_changed_by_its_id(store: Store) -> None:
    row_id = added(store, REGIONS, REGION)
    other_id = added(store, REGIONS, {**REGION, "code": "120000"})
    with store.transaction() as tx:
        REGIONS.change(tx, REGIONS.lock(tx, row_id), title="示例省")
    with store.reading() as connection:
        titles = [REGIONS.read(connection, store.protection, each)["title"] for each in (row_id, other_id)]
    assert titles == ["示例省", "示例市"]
