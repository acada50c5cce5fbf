"""pyHanko as this package has it: files opened within bounds, and every error one of this project."""

from __future__ import annotations

import logging
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

from gmpki._inputs import as_bytes
from gmpki.errors import DecodeError, LimitExceeded, SealError, UnsupportedAlgorithm
from gmpki.seal import _extras
from gmpki.seal._extras import extra

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from typing_extensions import Buffer

__all__ = ["MAX_PDF_LEN", "entry", "guarded", "open_reader", "open_writer", "pdf_bytes"]

MAX_PDF_LEN: Final = 1 << 29
"""The longest file that is read, in bytes: it lies in memory several times."""


_SILENT: Final = logging.NullHandler()


def guarded(what: str = "the PDF file cannot be read") -> AbstractContextManager[None]:
    """Turn whatever goes wrong below, in a file that others made, into an error of this package."""
    return _extras.guarded(what)


def entry(dictionary: Any, key: str, default: Any = None) -> Any:
    """Return an entry of one of pyHanko's dictionaries; its ``get`` returns the reference where there is one."""
    if key not in dictionary:
        return default
    return dictionary[key]


def pdf_bytes(data: Buffer) -> bytes:
    """Return the bytes of a PDF file.

    :raises InvalidTypeError: when data has no buffer.
    :raises LimitExceeded: when it is longer than 512 MiB.
    :raises DecodeError: when it does not begin as PDF files do.
    """
    octets = as_bytes(data, "the PDF file")
    if len(octets) > MAX_PDF_LEN:
        raise LimitExceeded(f"a PDF file is at most {MAX_PDF_LEN} bytes long here")
    if b"%PDF-" not in octets[:1024]:  # some writers put bytes of their own before it
        raise DecodeError("not a PDF file: it does not begin with %PDF-")
    return octets


def open_reader(octets: bytes) -> Any:
    """Open a file with pyHanko's ``PdfFileReader``, whose own bounds on decoded streams hold.

    :raises UnsupportedPlatform: when pyHanko is not installed.
    :raises DecodeError: when the file cannot be read.
    """
    reading = extra("pyhanko.pdf_utils.reader")
    logging.getLogger("pyhanko").addHandler(_SILENT)  # what it warns of is no output of whoever calls us
    with guarded():
        return reading.PdfFileReader(BytesIO(octets), strict=False)


def open_writer(octets: bytes) -> Any:
    """Open a file for an incremental update, with pyHanko's ``IncrementalPdfFileWriter``.

    :raises UnsupportedPlatform: when pyHanko is not installed.
    :raises DecodeError: when the file cannot be read.
    :raises UnsupportedAlgorithm: when it is encrypted.
    :raises SealError: "hybrid" when it has cross-references in two forms, so that old and new readers see different
        objects in it.
    """
    writing = extra("pyhanko.pdf_utils.incremental_writer")
    reader = open_reader(octets)
    with guarded():
        if reader.encrypted:
            raise UnsupportedAlgorithm("the PDF file is encrypted; seal it before it is encrypted")
        if reader.xrefs.hybrid_xrefs_present:
            raise SealError(
                "hybrid",
                "the PDF file has cross-references in two forms, and readers may see different documents in it; "
                "write it anew before it is sealed",
            )
        writer = writing.IncrementalPdfFileWriter.from_reader(reader)
    # Who seals is not the author: title, producer and dates of the document stay what they were, and no XML of its
    # metadata is parsed.
    writer._update_meta = lambda: None
    return writer
