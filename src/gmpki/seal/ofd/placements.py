"""Where the seals of a document show: stamps as the report of a document has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki.seal.report import Placement

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gmpki.seal.ofd.model import OFDDocument
    from gmpki.seal.ofd.signatures import StampAnnotation

__all__ = ["placements_of"]

_MOST_ASTRAY: Final = 8


def placements_of(
    document: OFDDocument | None, stamps: Iterable[StampAnnotation]
) -> tuple[tuple[Placement, ...], list[str]]:
    """Return where stamps show, and a sentence for each that is on a page that is not there.

    :param document: whose pages they are on; None when it could not be read, and nothing is known of its pages.
    """
    if document is None:
        return (), []
    pages = {page.id: page.number for page in document.pages}
    found, astray = [], []
    for stamp in stamps:
        if stamp.page_id not in pages:
            astray.append(f"a stamp is on a page {stamp.page_id[:40]!r}, which is not there")
            continue
        box = stamp.visible
        found.append(Placement(pages[stamp.page_id], box.x, box.y, box.width, box.height))
    return tuple(found), astray[:_MOST_ASTRAY]
