"""Seals and signatures in PDF files (ISO 32000): made, found, verified.

The names below are loaded when they are first used.

>>> from gmpki.seal.pdf import Stamp, sign_pdf
>>> sealed = sign_pdf(data, signer, Stamp(page=1, x_mm=120, y_mm=200))  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gmpki._lazy import lazy_names

if TYPE_CHECKING:
    from gmpki.seal.pdf.drawing import draw_page
    from gmpki.seal.pdf.listing import ListedSignature, PDFListing, extract_pictures, list_pdf
    from gmpki.seal.pdf.pictures import ShownPicture
    from gmpki.seal.pdf.placing import FieldStamp, KeywordStamp
    from gmpki.seal.pdf.profiles import PDFProfile
    from gmpki.seal.pdf.signers import cms_signer
    from gmpki.seal.pdf.signing import SignatureTexts, prepare_pdf, sign_pdf
    from gmpki.seal.pdf.two_phase import PreparedPDF
    from gmpki.seal.pdf.validation_data import add_document_timestamp, add_validation_data
    from gmpki.seal.pdf.verify import verify_pdf
    from gmpki.seal.stamps import Stamp, StraddleStamp

__all__ = [
    "FieldStamp",
    "KeywordStamp",
    "ListedSignature",
    "PDFListing",
    "PDFProfile",
    "PreparedPDF",
    "ShownPicture",
    "SignatureTexts",
    "Stamp",
    "StraddleStamp",
    "add_document_timestamp",
    "add_validation_data",
    "cms_signer",
    "draw_page",
    "extract_pictures",
    "list_pdf",
    "prepare_pdf",
    "sign_pdf",
    "verify_pdf",
]

_HOMES = {
    "FieldStamp": "gmpki.seal.pdf.placing",
    "KeywordStamp": "gmpki.seal.pdf.placing",
    "ListedSignature": "gmpki.seal.pdf.listing",
    "PDFListing": "gmpki.seal.pdf.listing",
    "PDFProfile": "gmpki.seal.pdf.profiles",
    "PreparedPDF": "gmpki.seal.pdf.two_phase",
    "ShownPicture": "gmpki.seal.pdf.pictures",
    "SignatureTexts": "gmpki.seal.pdf.signing",
    "Stamp": "gmpki.seal.stamps",
    "StraddleStamp": "gmpki.seal.stamps",
    "add_document_timestamp": "gmpki.seal.pdf.validation_data",
    "add_validation_data": "gmpki.seal.pdf.validation_data",
    "cms_signer": "gmpki.seal.pdf.signers",
    "draw_page": "gmpki.seal.pdf.drawing",
    "extract_pictures": "gmpki.seal.pdf.listing",
    "list_pdf": "gmpki.seal.pdf.listing",
    "prepare_pdf": "gmpki.seal.pdf.signing",
    "sign_pdf": "gmpki.seal.pdf.signing",
    "verify_pdf": "gmpki.seal.pdf.verify",
}

__getattr__, __dir__ = lazy_names(__name__, _HOMES)
