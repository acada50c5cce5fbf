"""Pages of PDF files as pictures, with their seals, as readers show them.

>>> from gmpki.seal.pdf import draw_page
>>> png = draw_page(data, 1, dpi=96)  # doctest: +SKIP
"""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Final

from gmpki._inputs import number
from gmpki.errors import InvalidInputError, LimitExceeded
from gmpki.seal.pdf._pdfium import opened
from gmpki.seal.pdf._pyhanko import pdf_bytes
from gmpki.seal.pdf.pages import MAX_PAGES

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["draw_page"]

_MAX_PIXELS: Final = 1 << 25


def draw_page(data: Buffer, page: int, *, dpi: int = 150) -> bytes:
    """Return a page as PNG, drawn by PDFium. Nothing is verified: a seal is shown whether its signature holds or not.

    :param page: counted from 1.
    :param dpi: dots per inch, 18 to 600.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when there is no such page, or dpi is out of bounds.
    :raises LimitExceeded: when the file is longer than 512 MiB, or the picture would have more than 32 million pixels.
    :raises DecodeError: when the file cannot be read.
    :raises UnsupportedPlatform: when pypdfium2 or Pillow is not installed.
    """
    octets = pdf_bytes(data)
    number(page, 1, MAX_PAGES, "page")
    number(dpi, 18, 600, "dpi")
    with opened(octets) as document:
        if page > len(document):
            raise InvalidInputError(f"the document has {len(document)} pages; {page} is none")
        document.init_forms()  # signature fields are drawn with the form they belong to
        shown = document[page - 1]
        width, height = shown.get_size()
        scale = dpi / 72
        if width * height * scale * scale > _MAX_PIXELS:
            raise LimitExceeded(f"page {page} at {dpi} dpi has more than {_MAX_PIXELS} pixels")
        made = BytesIO()
        shown.render(scale=scale).to_pil().save(made, "PNG")
    return made.getvalue()
