"""The tables of the guide about the conformance suite beside what the code has, and the page of all checks."""

from __future__ import annotations

import importlib.util
from types import ModuleType

import pytest

from docs.examples import GUIDES, ROOT
from docs.test_tables import rows
from gmpki.conformance import Kind, Outcome, Permission, Severity, Verdict, checks

GUIDE = "conformance.md"


def maker() -> ModuleType:
    """Return the program that makes the page of all checks."""
    spec = importlib.util.spec_from_file_location("conformance_checks", ROOT / "docs" / "conformance_checks.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("language", GUIDES)
def test_the_page_of_all_checks(language: str) -> None:
    """When it is not as it was made: ``python docs/conformance_checks.py``."""
    made = maker()
    shown = (GUIDES[language] / made.NAME).read_text(encoding="utf-8").splitlines()
    assert shown == made.page(language).splitlines()


@pytest.mark.parametrize("language", GUIDES)
def test_the_page_names_every_check_once(language: str) -> None:
    named = [name for name, _ in rows(language, "conformance-checks.md")]
    assert named == [check.id for kind in Kind for check in checks(kind)]


@pytest.mark.parametrize("language", GUIDES)
def test_outcomes_severities_and_verdicts(language: str) -> None:
    """One table after the other; names that two of them have stand in both."""
    shown = [name for name, cells in rows(language, GUIDE) if len(cells) == 1]
    assert shown == [one.value for values in (Outcome, Severity, Verdict) for one in values]


@pytest.mark.parametrize("language", GUIDES)
def test_permissions(language: str) -> None:
    shown = [(name, cells[0]) for name, cells in rows(language, GUIDE) if len(cells) == 3]
    assert shown == [(one.value, f"`--allow-{one.value}`") for one in Permission]


def test_nothing_that_is_not_sure_is_required() -> None:
    """The guide says so of confidence C and D."""
    required = [check for kind in Kind for check in checks(kind) if check.severity is Severity.REQUIRED]
    assert [check.id for check in required if check.clause.confidence in ("C", "D")] == []


def test_wrong_pins_are_given_to_applications_of_the_suite_alone() -> None:
    """The guide says so of all interfaces that have applications."""
    giving = [check for kind in (Kind.SKF, Kind.PCSC) for check in checks(kind) if Permission.LOCK in check.permissions]
    assert giving
    assert [check.id for check in giving if Permission.INIT not in check.permissions] == []
