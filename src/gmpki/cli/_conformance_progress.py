"""How far a run has come, told on standard error while it goes on."""

from __future__ import annotations

import sys
import time
from collections import Counter
from typing import TYPE_CHECKING

from gmpki.cli._conformance import both
from gmpki.cli._output import visible

if TYPE_CHECKING:
    from typing import TextIO

    from typing_extensions import Self

    from gmpki.conformance import Check, Outcome, Plan, Result

__all__ = ["Progress"]

EVERY_S = 5.0  # between two lines where no terminal is
CLEAR_LINE = "\r\x1b[K"


class Progress:
    """Tells a person, or a log, how far a run has come: on a terminal a line for each group, and one that changes for
    the check that was last; elsewhere a line every few seconds. A context; its end leaves a clean line.
    """

    def __init__(self, foreseen: Plan, *, quiet: bool, stream: TextIO | None = None) -> None:
        """Begin.

        :param quiet: tell nothing.
        :param stream: None is standard error.
        """
        self._stream = sys.stderr if stream is None else stream
        self._is_terminal = self._stream.isatty()
        self._quiet = quiet
        # What is not permitted comes to nothing, and is told at the end.
        self._to_run = {check.id for check in foreseen.to_run}
        self._lens = Counter(check.group for check in foreseen.to_run)
        self._outcomes: dict[str, Outcome] = {}
        self._by_group: dict[str, list[str]] = {}
        self._told_at = time.monotonic()

    def __call__(self, done: int, total: int, check: Check, result: Result) -> None:
        """Take what came of a check: of each one at least once."""
        if self._quiet or check.id not in self._to_run:
            return
        is_first = check.id not in self._outcomes
        self._outcomes[check.id] = result.outcome
        if is_first:
            self._by_group.setdefault(check.group, []).append(check.id)
        if self._is_terminal:
            self._write(f"{CLEAR_LINE}[{done}/{total}] {check.id} {check.group}")
            if is_first and len(self._by_group[check.group]) == self._lens[check.group]:
                self._write(f"{CLEAR_LINE}{self._group_line(check)}\n")
        elif time.monotonic() - self._told_at >= EVERY_S:
            self._told_at = time.monotonic()
            self._write(f"gmpki: {done}/{total} {check.id} {check.group}{_counted(list(self._outcomes.values()))}\n")

    def _group_line(self, check: Check) -> str:
        from gmpki.conformance.registry import groups

        title = next(group.title for group in groups(check.kind) if group.name == check.group)
        outcomes = [self._outcomes[identifier] for identifier in self._by_group[check.group]]
        return visible(f"{both(title)}{_counted(outcomes)}")

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._is_terminal and not self._quiet:
            self._write(CLEAR_LINE)


def _counted(outcomes: list[Outcome]) -> str:
    """Return how many there are of each outcome, as it goes behind something."""
    from gmpki.conformance import Outcome
    from gmpki.conformance.report.wording import OUTCOME

    counts = Counter(outcomes)
    told = [f"{OUTCOME[one].zh} {OUTCOME[one].en} {counts[one]}" for one in Outcome if counts[one]]
    return f": {', '.join(told)}" if told else ""
