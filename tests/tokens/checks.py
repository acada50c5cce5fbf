"""What the acceptance run of tokens is made of: checks, each of one operation with one driver at one peer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Absent", "Check", "Group", "Wrong", "expect"]


class Wrong(Exception):
    """A driver or a peer did something else than it should."""


class Absent(Exception):
    """A peer is not on this machine; the message is the reason of the skip."""


@dataclass(frozen=True)
class Check:
    """One operation.

    :ivar driver: who calls.
    :ivar peer: who is called.
    :ivar run: does it, and raises when it is not as it should be; what it returns is shown.
    """

    driver: str
    peer: str
    operation: str
    run: Callable[[], str | None]


# Yields checks that build on one another; it gets a folder of its own, where the software token's devices are too.
Group = Callable[[Path], Iterator[Check]]


def expect(what: str, found: object, wanted: object) -> None:
    """Compare what came with what should have come."""
    if found != wanted:
        raise Wrong(f"{what}: {found!r}, not {wanted!r}")
