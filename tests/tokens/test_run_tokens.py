"""The acceptance run itself: what fails is said, what is absent is no success, and nothing is left out silently."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import figures
from tokens import driver_checks, foreign_programs, run_tokens, token_paths
from tokens.checks import Absent, Check, Wrong, expect

SKIPS: dict[str, object] = {"skip": [{"where": "tokens", "reason": "peer program: listed", "why": "a test"}]}


def fail() -> None:
    raise Wrong("something else came")


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> figures.Figures:
    monkeypatch.setattr(figures, "_table", lambda _name: SKIPS)
    return figures.Figures("tokens")


def test_a_check_that_holds(counted: figures.Figures, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_tokens.run(Check("driver", "peer", "operation", lambda: None), counted)
    assert " OK " in capsys.readouterr().out
    assert counted.shortfalls == []


@pytest.mark.parametrize("error", [Wrong("other"), AssertionError(), OSError(5, "input"), KeyError("x")], ids=repr)
def test_a_check_that_fails(counted: figures.Figures, capsys: pytest.CaptureFixture[str], error: BaseException) -> None:
    def raise_it() -> None:
        raise error

    assert not run_tokens.run(Check("driver", "peer", "operation", raise_it), counted)
    assert "FAILED" in capsys.readouterr().out
    assert len(counted.shortfalls) == 1


def test_one_failure_does_not_end_the_group(counted: figures.Figures) -> None:
    def group(folder: Path) -> Iterator[Check]:
        assert folder.is_dir()
        yield Check("d", "p", "first", fail)
        yield Check("d", "p", "second", lambda: None)

    counts = run_tokens.run_group(group, "", counted)
    assert (counts[""], counts["d at p"]) == (2, 1)
    assert run_tokens.run_group(group, "elsewhere", counted).total() == 0


@pytest.mark.parametrize(("reason", "shortfalls"), [("peer program: listed", 0), ("peer program: other", 1)])
def test_a_peer_that_is_absent(counted: figures.Figures, reason: str, shortfalls: int) -> None:
    def group(_folder: Path) -> Iterator[Check]:
        raise Absent(reason)
        yield

    assert run_tokens.run_group(group, "", counted).total() == 0
    assert len(counted.shortfalls) == shortfalls


def test_a_driver_that_fails_before_its_first_check(counted: figures.Figures) -> None:
    def group(_folder: Path) -> Iterator[Check]:
        fail()
        yield Check("d", "p", "never", lambda: None)

    assert run_tokens.run_group(group, "", counted).total() == 0
    assert len(counted.shortfalls) == 1


def test_expect() -> None:
    expect("the same", b"x", b"x")
    with pytest.raises(Wrong, match="the key"):
        expect("the key", b"x", b"y")


def test_every_driver_is_there() -> None:
    assert {path.driver for path in token_paths.PATHS} == {"SKF", "SKF, isolated", "PKCS#11", "PC/SC"}
    assert len(driver_checks.PATH_CHECKS) == len(token_paths.PATHS)
    assert set(foreign_programs.REFUSING) <= set(foreign_programs.PKCS11_TOOL)
