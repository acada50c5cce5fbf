"""The tables of the guides about authorities beside what the code has: the life of a pair, permissions."""

from __future__ import annotations

import re

import pytest

from docs.examples import GUIDES
from docs.test_tables import rows
from gmpki.ca.operators.permissions import Permission
from gmpki.ca.registration.settings import DEFAULT_ROUTES, Route
from gmpki.ca.registration.states import TRANSITIONS, Operation, PairState


def text_of(language: str, page: str) -> str:
    return (GUIDES[language] / page).read_text(encoding="utf-8")


@pytest.mark.parametrize("language", GUIDES)
def test_the_life_of_a_pair(language: str) -> None:
    operations = {each.value: each for each in Operation}
    states = {each.value: each for each in PairState}
    shown = {
        (operations[name], states[before]): states[after.strip("`")]
        for name, (befores, after) in [row for row in rows(language, "ca-library.md") if row[0] in operations]
        for before in re.findall(r"`(\w+)`", befores)
    }
    unchanging = (Operation.RECOVER, Operation.UNLOCK)  # the text below the table says so
    expected = {
        (operation, before): after
        for (operation, before), after in TRANSITIONS.items()
        if isinstance(before, PairState) and operation not in unchanging
    }
    assert shown == expected


@pytest.mark.parametrize("language", GUIDES)
def test_what_is_reviewed(language: str) -> None:
    (sentence,) = re.findall(
        r"^.*`OfficeSettings\(routes=\.\.\.\)`.*$", text_of(language, "ca-library.md"), re.MULTILINE
    )
    reviewed = {operation.value for operation, route in DEFAULT_ROUTES.items() if route is Route.REVIEWED}
    assert set(re.findall(r"`([a-z-]+)`", sentence)) == reviewed


@pytest.mark.parametrize("language", GUIDES)
def test_the_permissions(language: str) -> None:
    permissions = {each.value: each.title_zh for each in Permission}
    shown = {name: cells[0] for name, cells in rows(language, "ca-operations.md") if name in permissions}
    assert shown == permissions
