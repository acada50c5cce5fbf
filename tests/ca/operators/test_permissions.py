"""Permissions: which operation asks for which, and which of them go together."""

from __future__ import annotations

from typing import Any

import pytest

from gmpki.ca.operators.permissions import (
    OPERATIONS,
    REMOTE_PERMISSIONS,
    Permission,
    check_permissions,
    demand_another,
    permission_for,
    permissions_from_text,
    permissions_text,
)
from gmpki.ca.registration.states import Operation
from gmpki.errors import InvalidInputError, InvalidTypeError, NotPermittedError


def test_every_operation_of_the_life_asks_for_a_permission() -> None:
    assert {operation.value for operation in Operation} <= OPERATIONS.keys()


def test_every_permission_is_asked_for() -> None:
    assert set(OPERATIONS.values()) == set(Permission)


def test_what_decides_is_not_what_enters() -> None:
    for name in ("approve", "reject"):
        assert permission_for(name) is Permission.REVIEW
    assert permission_for("apply") is Permission.ENTRY
    assert permission_for("recover") is Permission.RECOVERY


@pytest.mark.parametrize(
    ("operation", "error"), [("", InvalidInputError), ("Apply", InvalidInputError), (7, TypeError)]
)
def test_operations_that_are_none(operation: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        permission_for(operation)


def test_names_in_chinese_differ() -> None:
    assert len({permission.title_zh for permission in Permission}) == len(Permission)


@pytest.mark.parametrize("permission", Permission)
def test_each_permission_alone(permission: Permission) -> None:
    assert check_permissions([permission], is_remote=False) == {permission}
    assert permissions_from_text(permissions_text([permission])) == {permission}


@pytest.mark.parametrize("other", [each for each in Permission if each is not Permission.AUDIT])
def test_who_audits_does_nothing_else(other: Permission) -> None:
    with pytest.raises(InvalidInputError, match="audits"):
        check_permissions([Permission.AUDIT, other], is_remote=False)


@pytest.mark.parametrize("permission", Permission)
def test_remote_points(permission: Permission) -> None:
    if permission in REMOTE_PERMISSIONS:
        assert check_permissions([permission], is_remote=True)
        return
    with pytest.raises(InvalidInputError, match="remote"):
        check_permissions(
            [Permission.ENTRY, permission] if permission is not Permission.AUDIT else [permission], is_remote=True
        )


def test_remote_points_decide_nothing() -> None:
    assert Permission.REVIEW not in REMOTE_PERMISSIONS


@pytest.mark.parametrize(
    ("permissions", "error"), [([], InvalidInputError), (["entry"], InvalidTypeError), (7, TypeError)]
)
def test_permissions_that_are_none(permissions: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        check_permissions(permissions, is_remote=False)


@pytest.mark.parametrize("text", ["entry everything", "ENTRY"])
def test_texts_that_are_no_permissions(text: str) -> None:
    with pytest.raises(InvalidInputError):
        permissions_from_text(text)


def test_nobody_goes_on_with_their_own() -> None:
    demand_another("a", ["b", None])
    with pytest.raises(NotPermittedError) as caught:
        demand_another("a", ["b", "a"])
    assert caught.value.reason == "own-entry"
