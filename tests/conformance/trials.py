"""Run checks in this process, on the software token or the faulty one, for tests of single groups."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import figures
from gmpki.conformance.bench import run_check
from gmpki.conformance.model import Kind, Outcome, Permission, Result
from gmpki.conformance.pkcs11.scene import P11Scene
from gmpki.conformance.recording import Recorder
from gmpki.conformance.registry import selected
from gmpki.conformance.skf.scene import SKFScene
from gmpki.conformance.target import Options, Target

__all__ = ["EVERY_PERMISSION", "FAULTS", "Fault", "expect_lack_told", "expect_named", "expect_passed", "trial"]

EVERY_PERMISSION = tuple(Permission)


@dataclass(frozen=True)
class Fault:
    """A fault of the faulty token.

    :ivar caught_by: the checks that have to fail.
    """

    library: str
    name: str
    en: str
    zh: str
    caught_by: tuple[str, ...]


def _read() -> tuple[Fault, ...]:
    text = Path(__file__).with_name("faults.toml").read_text(encoding="utf-8")
    entries = figures.tomllib.loads(text)["fault"]
    return tuple(Fault(**{**entry, "caught_by": tuple(entry["caught_by"])}) for entry in entries)


FAULTS = _read()

_SCENES = {Kind.SKF: SKFScene, Kind.PKCS11: P11Scene}


def trial(
    path: str,
    *patterns: str,
    kind: Kind = Kind.SKF,
    permissions: Iterable[Permission] = EVERY_PERMISSION,
    options: Options | None = None,
    application: str | None = None,
) -> dict[str, Result]:
    """Run the checks of an interface that patterns choose, a group after another, and return what came of each."""
    recorder = Recorder()
    results: dict[str, Result] = {}
    checks = selected(kind, patterns)
    for group in dict.fromkeys(check.group for check in checks):
        target = Target(kind, path, application=application)
        with _SCENES[kind](target, tuple(permissions), options or Options(), recorder) as scene:
            for check in checks:
                if check.group == group:
                    results[check.id] = run_check(check, scene.bench, recorder)
    return results


def expect_passed(results: Mapping[str, Result], count: int) -> None:
    """Fail unless there are as many checks, and each has passed and says of which functions."""
    assert len(results) == count
    assert {check: result.message for check, result in results.items() if result.outcome is not Outcome.PASSED} == {}
    assert all(result.functions for result in results.values())


def expect_named(result: Result, words: str, *outcomes: Outcome) -> None:
    """Fail unless a check has not passed, and says what is wrong; outcomes: those it may have, if not both."""
    assert result.outcome in (outcomes or (Outcome.FAILED, Outcome.DEVIATION))
    assert (result.outcome is Outcome.DEVIATION) == (result.workaround is not None)
    assert result.message is not None
    assert words in result.message.en
    assert result.message.zh


def expect_lack_told(results: Mapping[str, Result], function: str) -> None:
    """Fail when it is called a mistake, or a refusal, that a driver says what it has not got."""
    about = [result for result in results.values() if function in result.functions]
    assert all(result.outcome is not Outcome.FAILED for result in results.values())
    assert any(result.outcome is Outcome.UNSUPPORTED for result in about)
