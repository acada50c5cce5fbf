"""Where a seal goes on the pages of a document, as it is said on the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gmpki.cli._options import together

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gmpki.seal.ofd import Stamp
    from gmpki.seal.ofd.stamps import AnyStamp

__all__ = ["place_options", "stamps_of"]

_AT_TAKES = "--at takes a page and two lengths in mm, such as 1,120,200"

place_options = together(
    click.option(
        "--at",
        "places",
        metavar="PAGE,X,Y",
        multiple=True,
        help="Page from 1, or -1 for the last one; mm from its left and upper edge. May be given several times.",
    ),
    click.option(
        "--straddle",
        type=click.FloatRange(0, 20000),
        metavar="Y",
        help="Over the edges of all pages, Y mm from the upper edge.",
    ),
    click.option("--edge", type=click.Choice(["right", "left"]), default="right", show_default=True),
)


def stamps_of(places: Iterable[str], straddle: float | None, edge: str) -> list[AnyStamp]:
    """Return where the seal goes.

    :raises click.UsageError: when a place is none.
    """
    from gmpki.seal.ofd import StraddleStamp

    found: list[AnyStamp] = [_stamp(text) for text in places]
    if straddle is not None:
        found.append(StraddleStamp(straddle, edge))
    return found


def _stamp(text: str) -> Stamp:
    from gmpki.errors import InvalidInputError
    from gmpki.seal.ofd import Stamp

    try:
        page, *place = text.split(",")
        number, (x, y) = int(page), map(float, place)
    except ValueError:
        raise click.UsageError(f"{_AT_TAKES}, not {text[:40]!r}") from None
    try:
        return Stamp(number, x, y)
    except InvalidInputError as error:
        raise click.UsageError(f"{_AT_TAKES}: {error}") from None
