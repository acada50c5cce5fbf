"""pypdfium2 as this package has it: one thread at a time, as PDFium wants it, and every error one of this project."""

from __future__ import annotations

import contextlib
from threading import RLock
from typing import TYPE_CHECKING, Any, Final

from gmpki.seal._extras import extra
from gmpki.seal.pdf._pyhanko import guarded

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["opened"]

_LOCK: Final = RLock()


@contextlib.contextmanager
def opened(octets: bytes) -> Iterator[Any]:
    """Open a file as pypdfium2's ``PdfDocument``, for this thread alone.

    :raises UnsupportedPlatform: when pypdfium2 is not installed.
    :raises DecodeError: when the file cannot be read, or what is done with it fails.
    """
    pdfium = extra("pypdfium2")
    with _LOCK, guarded():
        document = pdfium.PdfDocument(octets)
        try:
            yield document
        finally:
            document.close()
