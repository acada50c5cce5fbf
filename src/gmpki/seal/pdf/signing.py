"""Sealing and signing PDF files, in incremental updates: nothing that is there changes.

>>> from gmpki.seal.pdf import Stamp, sign_pdf
>>> sealed = sign_pdf(data, SealSigner(seal, key, certificate), Stamp(1, 120, 200))  # doctest: +SKIP
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_text, member, number, utc_seconds
from gmpki.errors import InvalidInputError
from gmpki.seal.interfaces import DocumentSigner
from gmpki.seal.pdf._layout import Request, lay_out
from gmpki.seal.pdf._places import checked_stamps
from gmpki.seal.pdf._pyhanko import pdf_bytes
from gmpki.seal.pdf.signers import checked_profile
from gmpki.seal.pdf.two_phase import PreparedPDF
from gmpki.seal.seal import SealPicture

if TYPE_CHECKING:
    from collections.abc import Iterable

    from typing_extensions import Buffer

    from gmpki.seal.pdf._places import AnyStamp
    from gmpki.seal.pdf.profiles import PDFProfile

__all__ = ["SignatureTexts", "prepare_pdf", "sign_pdf"]

_MAX_TEXT: Final = 1000
_TIMESTAMP_LEN: Final = 12288
_MAX_RESERVE: Final = 1 << 24


@dataclass(frozen=True, slots=True)
class SignatureTexts:
    """What the signature dictionary says for people; it is signed along. Immutable.

    :ivar name: who signs; empty leaves it to the certificate.
    :ivar reason: why.
    :ivar location: where.
    :ivar contact: how to reach who signs.
    :raises InvalidTypeError: when one is no ``str``.
    :raises InvalidInputError: when one is longer than 1000 characters.
    :standard: ISO 32000-1 12.8.1, table 252
    """

    name: str = ""
    reason: str = ""
    location: str = ""
    contact: str = ""

    def __post_init__(self) -> None:
        for entry in self.__dataclass_fields__:
            if len(as_text(getattr(self, entry), entry)) > _MAX_TEXT:
                raise InvalidInputError(f"{entry} is longer than {_MAX_TEXT} characters")


def sign_pdf(
    data: Buffer,
    signer: DocumentSigner,
    stamps: AnyStamp | Iterable[AnyStamp] = (),
    *,
    profile: PDFProfile | None = None,
    picture: SealPicture | None = None,
    texts: SignatureTexts | None = None,
    field_name: str | None = None,
    time: datetime | None = None,
    protect_all: bool = False,
    reserve_len: int | None = None,
) -> bytes:
    """Seal or sign a PDF file, and return the file with the signature at its end.

    :param data: the file.
    :param signer: a :class:`~gmpki.seal.SealSigner`, who :func:`~gmpki.seal.pdf.cms_signer` returns, or another that
        signs documents.
    :param stamps: where the seal stands; none makes an invisible signature. The first place is that of the signature
        field, others are Stamp annotations under the same signature.
    :param profile: the form of the signature, which has to be one that the signer makes; None is his own.
    :param picture: what is shown; None is the picture of the seal.
    :param field_name: of the new signature field; None is the first of Seal1, Seal2 and so on that is free. A field
        that is there is used by :class:`FieldStamp`.
    :param time: that the signature dictionary claims, with a time zone; None is now.
    :param protect_all: say that nothing may come after this signature but validation data and time-stamps, which only
        the first signature can say (DocMDP with P 1).
    :param reserve_len: how many bytes are reserved for the signature; None asks the signer.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when a seal would not be wholly on its page, a word or a field is not there, there is a
        place and no picture, or the time has no time zone.
    :raises DecodeError: when the file cannot be read.
    :raises LimitExceeded: when the file is longer than 512 MiB, or the signature than its place.
    :raises UnsupportedAlgorithm: when the file is encrypted, or the picture of a kind that has no place in PDF.
    :raises SealError: "hybrid" as said of the file; "protected" when an earlier signature allows no further one;
        "signed" when ``protect_all`` comes too late; "field-constraints" when the field demands of its signature what
        is not done here; and what the signer raises.
    :raises GmpkiError: what the signer raises.
    :raises UnsupportedPlatform: when the libraries of the extra "seal" are not installed.
    :standard: ISO 32000-1 12.8
    """
    octets = pdf_bytes(data)
    request = _request(
        signer,
        stamps,
        profile=profile,
        picture=picture,
        texts=texts,
        field_name=field_name,
        time=time,
        protect_all=protect_all,
        reserve_len=reserve_len,
    )
    laid = lay_out(octets, request)
    return laid.filled(signer.sign_document(laid.digest, laid.property_info))


def prepare_pdf(
    data: Buffer,
    signer: DocumentSigner,
    stamps: AnyStamp | Iterable[AnyStamp] = (),
    *,
    profile: PDFProfile | None = None,
    picture: SealPicture | None = None,
    texts: SignatureTexts | None = None,
    field_name: str | None = None,
    time: datetime | None = None,
    protect_all: bool = False,
    reserve_len: int | None = None,
) -> PreparedPDF:
    """Make everything but the value of the signature, for a key elsewhere; parameters and errors as :func:`sign_pdf`.

    :param signer: it needs no key.
    :param reserve_len: None asks the signer, and adds 12 KiB for a time-stamp that may come with the signature.
    """
    if reserve_len is None and isinstance(signer, DocumentSigner):
        reserve_len = signer.estimated_len + _TIMESTAMP_LEN
    octets = pdf_bytes(data)
    request = _request(
        signer,
        stamps,
        profile=profile,
        picture=picture,
        texts=texts,
        field_name=field_name,
        time=time,
        protect_all=protect_all,
        reserve_len=reserve_len,
    )
    laid = lay_out(octets, request)
    return PreparedPDF(laid, signer.prepare_document(laid.digest, laid.property_info))


def _request(
    signer: DocumentSigner,
    stamps: AnyStamp | Iterable[AnyStamp],
    *,
    profile: PDFProfile | None,
    picture: SealPicture | None,
    texts: SignatureTexts | None,
    field_name: str | None,
    time: datetime | None,
    protect_all: bool,
    reserve_len: int | None,
) -> Request:
    """Check what was asked for; errors as :func:`sign_pdf`."""
    form = checked_profile(signer, profile)
    member(protect_all, bool, "protect_all")
    texts = SignatureTexts() if texts is None else texts
    member(texts, SignatureTexts, "texts")
    if picture is not None:
        member(picture, SealPicture, "picture")
    elif signer.seal is not None:
        picture = signer.seal.picture
    reserved = number(signer.estimated_len if reserve_len is None else reserve_len, 1, _MAX_RESERVE, "reserve_len")
    when = utc_seconds(datetime.now(timezone.utc) if time is None else time, "time")
    entries = {
        "/Name": texts.name,
        "/Reason": texts.reason,
        "/Location": texts.location,
        "/ContactInfo": texts.contact,
    }
    return Request(
        form,
        checked_stamps(stamps),
        picture,
        {name: text for name, text in entries.items() if text},
        field_name,
        when,
        reserved,
        signer.digest_name,
        protect_all,
    )
