"""Regions and issuing points."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from ca.operators.staff import Staff
from gmpki.ca.interfaces import SYSTEM
from gmpki.ca.operators.regions import (
    MAX_DEPTH,
    add_point,
    add_region,
    find_point,
    find_region,
    is_within,
    point_of,
    region_of,
    regions_within,
    rename_region,
)
from gmpki.ca.store.store import Store
from gmpki.errors import ConflictError, InvalidInputError, LimitExceeded, NotFoundError, TamperedError


def tamper(store: Store, statement: str) -> None:
    with store.engine.begin() as connection:
        connection.execute(text(statement))


def test_who_lies_in_whom(staff: Staff) -> None:
    order = [staff.city, staff.district, staff.street]
    with staff.store.reading() as connection:
        for inner in (*order, staff.elsewhere):
            for outer in (*order, staff.elsewhere):
                inside = inner in order and outer in order and order.index(inner) >= order.index(outer)
                found = is_within(connection, staff.store.protection, inner.id, outer.id)
                assert found == (inside or inner == outer)


def test_regions_within(staff: Staff) -> None:
    protection = staff.store.protection
    with staff.store.reading() as connection:
        assert regions_within(connection, protection, staff.city.id) == (
            staff.city.id,
            staff.district.id,
            staff.street.id,
        )
        assert regions_within(connection, protection, staff.street.id) == (staff.street.id,)
        with pytest.raises(NotFoundError):
            regions_within(connection, protection, 99)


def test_what_was_added_is_found(staff: Staff) -> None:
    protection = staff.store.protection
    with staff.store.reading() as connection:
        assert find_region(connection, protection, "110101") == region_of(connection, protection, staff.district.id)
        assert find_point(connection, protection, "P2") == point_of(connection, protection, staff.remote.id)
        assert find_point(connection, protection, "P2") == staff.remote


@pytest.mark.parametrize("find", [find_region, find_point])
@pytest.mark.parametrize(("code", "error"), [("999", NotFoundError), (7, TypeError)])
def test_what_is_not_there(staff: Staff, find: Any, code: Any, error: type[Exception]) -> None:
    with staff.store.reading() as connection, pytest.raises(error):
        find(connection, staff.store.protection, code)


def test_a_new_title(staff: Staff) -> None:
    with staff.store.transaction() as tx:
        assert rename_region(tx, SYSTEM, staff.city.id, "新示例市").title == "新示例市"
    with staff.store.reading() as connection:
        assert region_of(connection, staff.store.protection, staff.city.id).title == "新示例市"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code": ""}, InvalidInputError),
        ({"code": "x" * 33}, InvalidInputError),
        ({"code": "11 00"}, InvalidInputError),
        ({"code": "市"}, InvalidInputError),
        ({"code": 110000}, TypeError),
        ({"code": "110000"}, ConflictError),
        ({"title": ""}, InvalidInputError),
        ({"title": "e\u0301"}, InvalidInputError),
        ({"title": "x" * 256}, InvalidInputError),
        ({"parent_id": 99}, NotFoundError),
        ({"parent_id": 0}, InvalidInputError),
        ({"parent_id": "1"}, TypeError),
    ],
    ids=lambda value: str(ascii(value))[:40],
)
def test_regions_that_are_none(staff: Staff, changes: dict[str, Any], error: type[Exception]) -> None:
    with staff.store.transaction() as tx, pytest.raises(error):
        add_region(tx, SYSTEM, **{"code": "500000", "title": "示例市"} | changes)
    with staff.store.reading() as connection:
        assert connection.scalar(text("SELECT count(*) FROM regions")) == 4


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"region_id": 99}, NotFoundError),
        ({"code": "P1"}, ConflictError),
        ({"is_remote": 1}, TypeError),
    ],
    ids=lambda value: str(ascii(value))[:40],
)
def test_points_that_are_none(staff: Staff, changes: dict[str, Any], error: type[Exception]) -> None:
    values = {"code": "P9", "title": "服务大厅", "region_id": staff.city.id}
    with staff.store.transaction() as tx, pytest.raises(error):
        add_point(tx, SYSTEM, **values | changes)


def test_regions_are_not_nested_without_end(staff: Staff) -> None:
    with staff.store.transaction() as tx:
        parent = staff.city.id
        for depth in range(1, MAX_DEPTH):
            parent = add_region(tx, SYSTEM, code=f"D{depth}", title="区", parent_id=parent).id
        with pytest.raises(LimitExceeded):
            add_region(tx, SYSTEM, code="D", title="区", parent_id=parent)


@pytest.mark.parametrize(
    "change",
    [
        "parent_id = 4",
        "parent_id = NULL",
        "code = 'X'",
        "title = 'X'",
        "tag = x'00'",
        "tag = (SELECT tag FROM regions WHERE id = 1)",
    ],
)
def test_a_region_that_was_changed(staff: Staff, change: str) -> None:
    tamper(staff.store, f"UPDATE regions SET {change} WHERE id = {staff.district.id}")
    protection = staff.store.protection
    with staff.store.reading() as connection:
        for call in (
            lambda: region_of(connection, protection, staff.district.id),
            lambda: is_within(connection, protection, staff.street.id, staff.city.id),
        ):
            with pytest.raises(TamperedError) as caught:
                call()
            assert caught.value.place == str(staff.district.id)


def test_a_ring_of_regions_has_an_end(staff: Staff) -> None:
    """Even somebody with the keys makes no loop without end."""
    with staff.store.transaction() as tx:
        tag = tx.protection.tagger("regions").tag(
            {"code": "110000", "title": "示例市", "parent_id": staff.street.id}, staff.city.id
        )
        tx.connection.execute(
            text("UPDATE regions SET parent_id = :parent, tag = :tag WHERE id = :id"),
            {"parent": staff.street.id, "tag": tag, "id": staff.city.id},
        )
    with staff.store.reading() as connection:
        assert not is_within(connection, staff.store.protection, staff.street.id, staff.elsewhere.id)
        with pytest.raises(TamperedError):
            regions_within(connection, staff.store.protection, staff.city.id)


@pytest.mark.parametrize("change", ["is_remote = 0", "region_id = 4", "code = 'P9'", "tag = x''"])
def test_a_point_that_was_changed(staff: Staff, change: str) -> None:
    tamper(staff.store, f"UPDATE issuing_points SET {change} WHERE id = {staff.remote.id}")
    with staff.store.reading() as connection, pytest.raises(TamperedError):
        point_of(connection, staff.store.protection, staff.remote.id)
