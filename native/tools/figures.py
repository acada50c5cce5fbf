"""The last line of every target: its figure, held against the floors and the listed skips.

tests/floors.toml names the least figure of each target; it only grows. tests/skips.toml lists what may be skipped and
why; anything else that is skipped makes the target fall short.
"""

from __future__ import annotations

import fnmatch
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parent.parent.parent


def _table(name: str) -> dict[str, Any]:
    table: dict[str, Any] = tomllib.loads((ROOT / "tests" / name).read_text(encoding="utf-8"))
    return table


def floors() -> dict[str, dict[str, int]]:
    """Return the floors: section, name, least figure."""
    return _table("floors.toml")


def skip_is_listed(where: str, reason: str) -> bool:
    """Return whether tests/skips.toml allows this skip of that place; ``*`` in an entry stands for anything."""
    entries = _table("skips.toml").get("skip", [])
    return any(entry["where"] == where and fnmatch.fnmatchcase(reason, entry["reason"]) for entry in entries)


@dataclass
class Figures:
    """What a target counted and where it fell short."""

    target: str
    shortfalls: list[str] = field(default_factory=list)

    def count(self, name: str, value: int) -> None:
        """Hold a figure against its floor in the target's section."""
        least = floors()[self.target][name]
        if value < least:
            self.shortfalls.append(f"{name}: {value}, floor {least}")

    def skip(self, reason: str) -> None:
        """Note something that was not run."""
        print(f"{self.target}: skipped: {reason}", flush=True)
        if not skip_is_listed(self.target, reason):
            self.shortfalls.append(f"skipped without an entry in tests/skips.toml: {reason}")

    def short(self, what: str) -> None:
        """Note something that is wrong."""
        self.shortfalls.append(what)

    def finish(self, line: str) -> int:
        """Print the shortfalls and, last, the figure; return the exit code."""
        for shortfall in self.shortfalls:
            print(f"{self.target}: short: {shortfall}", flush=True)
        print(f"{self.target}: {line}" + (" - FELL SHORT" if self.shortfalls else ""), flush=True)
        return 1 if self.shortfalls else 0
