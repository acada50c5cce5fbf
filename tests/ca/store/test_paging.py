"""Rows in pages: each once and in order, where many have one value."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert, select

from gmpki.ca.store.paging import in_pages
from gmpki.ca.store.schema import due_publications

if TYPE_CHECKING:
    from gmpki.ca.store.store import Store

COLUMNS = due_publications.c
AT = (5, 3, 3, 4, 3, 1, 5, 4, 9)


@pytest.mark.parametrize("page_len", [1, 2, 3, len(AT), len(AT) + 1])
@pytest.mark.parametrize("first", [-1, 1, 3, 4, 9, 10])
def test_each_row_comes_once_in_its_order(store: Store, first: int, page_len: int) -> None:
    rows = [
        {"publisher": "web", "kind": "crl", "object_id": number, "due_at": at, "attempts": 0}
        for number, at in enumerate(AT, 1)
    ]
    with store.transaction() as tx:
        tx.connection.execute(insert(due_publications), rows)
    query, order = select(COLUMNS.id, COLUMNS.due_at), (COLUMNS.due_at, COLUMNS.id)
    with store.reading() as connection:
        found = [(row.due_at, row.id) for row in in_pages(connection, query, order, first, page_len)]
    assert found == sorted((at, number) for number, at in enumerate(AT, 1) if at >= first)
