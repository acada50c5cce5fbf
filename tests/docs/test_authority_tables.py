"""The tables of the guides about authorities beside what the code has: the life of a pair, permissions, errors."""

from __future__ import annotations

import ast
import re
from functools import cache

import pytest

from docs.examples import GUIDES, ROOT
from docs.test_tables import rows
from gmpki.ca.kmc import rows as rows_of_keys
from gmpki.ca.operators.permissions import Permission
from gmpki.ca.registration.settings import DEFAULT_ROUTES, Route
from gmpki.ca.registration.states import TRANSITIONS, Operation, PairState
from gmpki.errors import GmpkiError


def text_of(language: str, page: str) -> str:
    return (GUIDES[language] / page).read_text(encoding="utf-8")


@pytest.mark.parametrize("language", GUIDES)
def test_the_life_of_a_pair(language: str) -> None:
    operations = {each.value: each for each in Operation}
    states = {each.value: each for each in PairState}
    shown = {
        (operations[name], states[before]): states[after.strip("`")]
        for name, (earlier, after) in [row for row in rows(language, "ca-library.md") if row[0] in operations]
        for before in re.findall(r"`(\w+)`", earlier)
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


# What stands in the code in the place of a reason that has a name.
NAMED = {"CHANGED_MEANWHILE": rows_of_keys.CHANGED_MEANWHILE, "rows.CHANGED_MEANWHILE": rows_of_keys.CHANGED_MEANWHILE}


@cache
def reasons_of(kind: str) -> set[str]:
    """Return every reason that an error of a kind may have."""
    found: set[str] = set()
    for path in (ROOT / "src" / "gmpki").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == kind:
                reason = node.args[0]
                found.add(str(reason.value) if isinstance(reason, ast.Constant) else NAMED[ast.unparse(reason)])
    return found


@pytest.mark.once
@pytest.mark.parametrize("kind", ["ConflictError", "NotPermittedError"])
@pytest.mark.parametrize("language", GUIDES)
def test_the_reasons(language: str, kind: str) -> None:
    (part,) = re.findall(rf"`{kind}`[^|]*\n\n((?:\|.*\n)+)", text_of(language, "errors.md"))
    assert set(re.findall(r"^\| `([a-z-]+)` \|", part, re.MULTILINE)) == reasons_of(kind)


def children(kind: type[GmpkiError]) -> set[str]:
    """Return the names of a kind of error and of those below it; what is private to other modules is not among them."""
    below = (each for each in kind.__subclasses__() if each.__module__ == GmpkiError.__module__)
    return {kind.__name__}.union(*(children(each) for each in below))


@pytest.mark.parametrize("language", GUIDES)
def test_the_errors(language: str) -> None:
    tree = text_of(language, "errors.md").split("```text\n")[1].split("```")[0]
    shown = re.findall(r"^[│├└─ ]*(\w+)\b", tree, re.MULTILINE)
    assert sorted(shown) == sorted(children(GmpkiError))
