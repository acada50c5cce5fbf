"""The processes that a test's process has started."""

from __future__ import annotations

import contextlib
from pathlib import Path

__all__ = ["children"]


def children() -> set[int]:
    """Return those that have not been waited for, of every thread; a thread may end meanwhile."""
    found: set[int] = set()
    for task in Path("/proc/self/task").iterdir():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            found.update(map(int, (task / "children").read_text().split()))
    return found
