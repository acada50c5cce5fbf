"""Options that several commands share, or that are too many to stand above one."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["together"]


def together(*options: Callable[[Any], Any]) -> Callable[[Callable[..., Any]], Any]:
    """Return one decorator that adds all these options; ``--help`` lists them in this order."""
    return lambda function: functools.reduce(lambda inner, option: option(inner), reversed(options), function)
