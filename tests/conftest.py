"""What the whole suite shares: outside test data, hypothesis profiles, and the account of what was skipped.

A skip whose reason is not in ``skips.toml`` fails the run. ``GMPKI_TEST_FIGURES`` may name a file that receives the
counts as JSON for the program that started the run.
"""

from __future__ import annotations

import gc
import json
import os
import re
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

import figures

ROOT = Path(__file__).resolve().parent.parent

settings.register_profile("full", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("short", settings.get_profile("full"), max_examples=25)
settings.load_profile(os.environ.get("GMPKI_HYPOTHESIS_PROFILE", "full"))


def outside_data() -> Path:
    """Return the folder of other projects' vectors and objects, which may be absent."""
    return Path(os.environ.get("GMPKI_TEST_DATA", ROOT.parent / "shared" / "data"))


@pytest.fixture(scope="session")
def test_data() -> Path:
    """Give the folder of outside test data, or skip."""
    path = outside_data()
    if not path.is_dir():
        pytest.skip("outside test data: folder not present (GMPKI_TEST_DATA)")
    return path


class Account:
    """Counts what ran and collects why something did not."""

    def __init__(self) -> None:
        self.counts = {"passed": 0, "failed": 0, "skipped": 0}
        self.reasons: dict[str, str] = {}  # node id: reason

    def note_skip(self, report: Any) -> None:
        """Note a skipped test, or a file that was skipped while it was collected."""
        self.counts["skipped"] += 1
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        self.reasons[report.nodeid] = reason.removeprefix("Skipped: ")

    def unlisted(self) -> list[str]:
        """Return the skips that skips.toml does not allow."""
        return [f"{node}: {r}" for node, r in self.reasons.items() if not figures.skip_is_listed("pytest", r)]

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Count files that were skipped as a whole."""
        if report.skipped:
            self.note_skip(report)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count one phase of one test."""
        if report.failed:
            self.counts["failed"] += 1
        elif report.skipped:
            self.note_skip(report)
        elif report.when == "call":
            self.counts["passed"] += 1

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fail the run for an unlisted skip; write the counts."""
        if self.unlisted() and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        path = os.environ.get("GMPKI_TEST_FIGURES")
        if path:
            Path(path).write_text(json.dumps(self.counts), encoding="utf-8")

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Name the unlisted skips."""
        for line in self.unlisted():
            terminalreporter.write_line(f"skipped without an entry in tests/skips.toml: {line}", red=True)


def pytest_configure(config: pytest.Config) -> None:
    """Keep the account in the process that sees every report."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Account(), "gmpki-account")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect without searches for garbage, and spare later ones what was collected: it stays to the end."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name cases of bytes by their parameter, not by what may be random in them: every process collects the same."""
    return argname if isinstance(val, bytes | bytearray | memoryview) else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse names that hold an address: processes that share the work would not agree on what there is."""
    unstable = [item.nodeid for item in items if re.search(r" at 0x[0-9a-f]{6,}", item.nodeid)]
    if unstable:
        raise pytest.UsageError(f"names of cases that differ from process to process: {unstable[:3]}")
