"""Times on the command line."""

from __future__ import annotations

import re
from datetime import datetime, time, timezone

import click

__all__ = ["now", "parse_last_second", "parse_time", "show_time"]

FORM = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)?)?", re.ASCII)


def now() -> datetime:
    """Return the time in UTC, in whole seconds."""
    return datetime.now(timezone.utc).replace(microsecond=0)


def parse_time(text: str | None, option: str) -> datetime:
    """Read a time of ISO 8601 in whole seconds, without a zone in UTC, and return it in UTC; without a text it is now.

    :raises click.UsageError: when it is none.
    """
    if text is None:
        return now()
    try:
        if not FORM.fullmatch(text):  # what Python takes differs from version to version
            raise ValueError
        at = datetime.fromisoformat(text.removesuffix("Z") + "+00:00" * text.endswith("Z"))
        return at.replace(tzinfo=timezone.utc) if at.tzinfo is None else at.astimezone(timezone.utc)
    except (ValueError, OverflowError):  # no such time, or in UTC none between the years 1 and 9999
        raise click.UsageError(f"{option} takes a time such as 2026-03-01T08:00:00Z, not {text[:80]!r}") from None


def parse_last_second(text: str | None, option: str) -> datetime:
    """Read the end of a period as :func:`parse_time`; a day without a time of day stands for its last second.

    :raises click.UsageError: when it is no time.
    """
    at = parse_time(text, option)
    is_day = text is not None and len(text) == len("2026-03-01")
    return datetime.combine(at.date(), time(23, 59, 59), timezone.utc) if is_day else at


def show_time(value: datetime | None) -> str | None:
    """Write a time in UTC for JSON, as 2026-03-01T08:00:00Z; ``None`` stays ``None``."""
    if value is None:
        return None
    return value.astimezone(timezone.utc).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"
