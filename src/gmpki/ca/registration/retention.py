"""How long registration data are kept."""

from __future__ import annotations

from typing import Final

__all__ = ["MINIMUM_YEARS", "end_of_retention"]

MINIMUM_YEARS: Final = 10
_YEAR_S: Final = 366 * 24 * 3600


def end_of_retention(begins_at: int, years: int = MINIMUM_YEARS) -> int:
    """Return until when something is kept at least, in seconds, when the time runs from ``begins_at``."""
    return begins_at + years * _YEAR_S
