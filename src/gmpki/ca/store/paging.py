"""Many rows, some at a time, in the order of a column and then of their numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, or_

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Column, ColumnElement, Connection, Row, Select

__all__ = ["in_pages", "is_behind"]


def is_behind(column: Column[Any], key: Column[int], value: object, last_id: int) -> ColumnElement[bool]:
    """Return the condition of the rows that come after one in the order of a column, then of the number of the row."""
    # In this form every database takes the first half for a range of its index.
    return and_(column >= value, or_(column > value, key > last_id))


def in_pages(
    connection: Connection, query: Select[Any], order: tuple[Column[int], Column[int]], first: int, page_len: int
) -> Iterator[Row[Any]]:
    """Yield the rows of a query, some at a time, so that memory does not grow with their number.

    :param query: without an order; shows both columns of the order under their names.
    :param order: a column, and the number of the row.
    :param first: the least value of that column.
    :param page_len: how many rows are read at a time.
    """
    column, key = order
    query = query.order_by(column, key).limit(page_len)
    value, last_id = first, 0
    while True:
        page = connection.execute(query.where(is_behind(column, key, value, last_id))).all()
        yield from page
        if len(page) < page_len:
            return
        value, last_id = getattr(page[-1], column.name), getattr(page[-1], key.name)
