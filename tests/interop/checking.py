"""What the jobs of the matrix demand of those who check."""

from __future__ import annotations

from collections.abc import Callable

from interop.scenario import Refused

__all__ = ["Wrong", "expect", "must_not_read", "must_refuse"]


class Wrong(Exception):
    """An implementation read something else than was written, or accepted what is damaged."""


def must_refuse(what: str, check: Callable[..., object], *arguments: object) -> None:
    """Call a check that must not succeed."""
    try:
        check(*arguments)
    except Refused:
        return
    raise Wrong(f"accepted {what}")


def expect(what: str, found: object, wanted: object) -> None:
    """Compare what was read with what was written."""
    if found != wanted:
        raise Wrong(f"{what}: read {found!r}, written {wanted!r}")


def must_not_read(written: bytes, what: str, read: Callable[..., bytes], *arguments: object) -> None:
    """Call a reader without authentication: of what is damaged it may give something, but not what was written."""
    try:
        found = read(*arguments)
    except Refused:
        return
    if found is None or found == written:
        raise Wrong(f"read {what}")
