"""What asks servers, for the commands that do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from gmpki.fetch import Fetcher

__all__ = ["fetcher"]


def fetcher(what: str, **limits: Any) -> Fetcher:
    """Return what fetches within some limits.

    :param what: is done with it, for the message.
    :raises click.UsageError: when gmpki was installed without it.
    """
    try:
        from gmpki.fetch import Fetcher
    except ImportError:
        raise click.UsageError(f'{what} needs the extra "fetch": pip install "gmpki[fetch]"') from None
    return Fetcher(**limits)
