"""The rules of an office."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from gmpki.ca.registration.settings import DEFAULT_ROUTES, OfficeSettings, Route, months_before
from gmpki.ca.registration.states import PAIR_OPERATIONS, Operation
from gmpki.errors import InvalidInputError


def test_every_operation_with_a_pair_has_a_route() -> None:
    assert set(DEFAULT_ROUTES) == PAIR_OPERATIONS - {Operation.UNLOCK}  # unlocking is a matter of the moment


def test_chosen_routes_replace_single_ones() -> None:
    settings = OfficeSettings({Operation.REVOKE: Route.REVIEWED})
    assert settings.routes == {**DEFAULT_ROUTES, Operation.REVOKE: Route.REVIEWED}
    with pytest.raises(TypeError):
        settings.routes[Operation.REVOKE] = Route.DIRECT  # type: ignore[index]


@pytest.mark.parametrize(
    "values",
    [
        {"routes": {Operation.UNLOCK: Route.DIRECT}},
        {"routes": {Operation.APPLY: Route.DIRECT}},
        {"routes": {"revoke": Route.DIRECT}},
        {"routes": {Operation.REVOKE: "direct"}},
        {"routes": [1]},
        {"routes": 5},
        {"renewal_months": 0},
        {"renewal_months": 121},
        {"renewal_months": 1.5},
        {"retention_years": 9},
        {"retention_years": True},
    ],
    ids=str,
)
def test_settings_that_cannot_be_meant(values: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError):
        OfficeSettings(**values)


@pytest.mark.parametrize(
    ("at", "months", "expected"),
    [
        ((2026, 4, 30), 2, (2026, 2, 28)),
        ((2024, 4, 30), 2, (2024, 2, 29)),
        ((2026, 1, 15), 2, (2025, 11, 15)),
        ((2026, 12, 31), 12, (2025, 12, 31)),
        ((2026, 3, 31), 1, (2026, 2, 28)),
    ],
    ids=str,
)
def test_months_of_the_calendar(at: Any, months: int, expected: Any) -> None:
    found = months_before(datetime(*at, 8, 30, tzinfo=timezone.utc), months)
    assert found == datetime(*expected, 8, 30, tzinfo=timezone.utc)


def test_before_the_beginning() -> None:
    with pytest.raises(InvalidInputError):
        months_before(datetime(1, 1, 31, tzinfo=timezone.utc), 1)
