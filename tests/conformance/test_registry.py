"""Ids of checks: several groups may share a beginning, and no two checks an id."""

from __future__ import annotations

from collections import Counter

import pytest

from gmpki.conformance import Kind
from gmpki.conformance.registry import check_named, checks


@pytest.mark.parametrize("kind", Kind, ids=lambda kind: kind.value)
def test_no_two_checks_have_an_id(kind: Kind) -> None:
    counts = Counter(check.id for check in checks(kind))
    assert [name for name, count in counts.items() if count > 1] == []
    assert all(check_named(check.id) is check for check in checks(kind))
