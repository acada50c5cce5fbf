"""What targets have in common: promises, and what may be refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gmpki.errors import GmpkiError

__all__ = ["Broken", "attempt", "outcome", "promise", "quietly"]


class Broken(Exception):
    """A promise does not hold."""


def promise(holds: bool, what: str) -> None:
    """Raise Broken unless something holds."""
    if not holds:
        raise Broken(what)


def quietly(action: Callable[[], object]) -> None:
    """Do something that may be refused."""
    attempt(action)


def outcome(action: Callable[[], Any]) -> tuple[Any, ...]:
    """Do something that may be refused; return what came of it, or nothing."""
    try:
        return (action(),)
    except GmpkiError:
        return ()


def attempt(action: Callable[[], object]) -> GmpkiError | None:
    """Do something that may be refused; return the error."""
    try:
        action()
    except GmpkiError as error:
        return error
    return None
