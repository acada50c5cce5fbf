"""What the pages of reports show: seals, pages of documents with the places of their seals, certificates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki.errors import GmpkiError
from gmpki.seal._report_markup import clipped, data_address, element, words
from gmpki.seal.report_json import time_text
from gmpki.seal.report_pages import seal_png
from gmpki.seal.report_words import Words, certificate_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from gmpki.seal.report_pages import SealedPage
    from gmpki.seal.seal import Seal
    from gmpki.x509.certificate import Certificate

__all__ = ["certificate_item", "page_figure", "seal_figure", "time_shown"]

_CSS_PIXELS: Final = 96 / 25.4  # in one mm
_SHOWN_MM: Final = (10, 60)  # as large as a seal is shown at least and at most


def seal_figure(seal: Seal) -> str:
    """Return the picture of a seal in its true size, or why it cannot be drawn."""
    picture = seal.picture
    size = f"{picture.width_mm} × {picture.height_mm} mm"
    try:
        address = data_address("image/png", seal_png(picture))
    except GmpkiError as error:
        shown = element("p", clipped(f"{error}"), "small")
    else:
        least, most = _SHOWN_MM
        width, height = (
            round(min(max(side, least), most) * _CSS_PIXELS) for side in (picture.width_mm, picture.height_mm)
        )
        # The border and its room are part of what is drawn.
        shown = f'<img src="{address}" width="{width + 14}" height="{height + 14}" alt="{clipped(seal.name)}">'
    return element("figure", shown + element("figcaption", clipped(size)), "seal")


def page_figure(page: SealedPage, verdicts: Mapping[int, str]) -> str:
    """Return a page with the places of its seals marked.

    :param verdicts: of each signature, by its place in the report: the class that its mark has.
    """
    numbers = sorted({mark.signature + 1 for mark in page.marks})
    seals = ", ".join(str(one) for one in numbers)
    caption = element(
        "figcaption", words(Words(f"第 {page.number} 页，签章 {seals}", f"page {page.number}, seal {seals}"))
    )
    if not page.jpeg:
        why = words(Words("无法绘制此页", "This page could not be drawn"))
        return element("figure", element("div", f"{why}<br>{clipped(page.problem)}", "empty") + caption)
    width, height = page.width_mm, page.height_mm
    marks = []
    for mark in page.marks:
        place = mark.place
        x, y = place.x_mm, place.y_mm
        right, top = min(max(x + place.width_mm, 5.0), width - 5), min(max(y, 5.0), height - 5)
        marks.append(
            f'<g class="{verdicts[mark.signature]}"><rect class="place" x="{x:.2f}" y="{y:.2f}" '
            f'width="{max(place.width_mm, 0):.2f}" height="{max(place.height_mm, 0):.2f}"/>'
            f'<circle class="tag" cx="{right:.2f}" cy="{top:.2f}" r="4.5"/>'
            f'<text class="tag-text" x="{right:.2f}" y="{top:.2f}">{mark.signature + 1}</text></g>'
        )
    picture = (
        f'<svg viewBox="0 0 {width:.2f} {height:.2f}" role="img" aria-label="page {page.number}">'
        f'<image href="{data_address("image/jpeg", page.jpeg)}" width="{width:.2f}" height="{height:.2f}" '
        f'preserveAspectRatio="none"/>{"".join(marks)}</svg>'
    )
    return element("figure", picture + caption)


def certificate_item(certificate: Certificate) -> str:
    """Return what a certificate is, and its period."""
    period = f"{time_shown(certificate.not_before)} – {time_shown(certificate.not_after)}"
    return clipped(certificate_text(certificate)) + element("span", period, "small")


def time_shown(value: datetime) -> str:
    """Return a time for people."""
    return f"{time_text(value)}".replace("T", " ").replace("Z", " UTC")
