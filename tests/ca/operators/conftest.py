"""A store with operators and regions."""

from __future__ import annotations

import pytest

from ca.operators.staff import Staff
from gmpki.ca.store.store import Store


@pytest.fixture
def staff(store: Store) -> Staff:
    return Staff(store)
