"""What a PDF file says of itself: pages, revisions, signatures and the pictures that they show. Nothing is verified.

>>> from gmpki.seal.pdf import list_pdf
>>> [one.name for one in list_pdf(data).signatures]  # doctest: +SKIP
['Seal1']
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gmpki.cms.signed import SignedMessage
from gmpki.cms.signer_certificate import find_certificate
from gmpki.cms.trust import Trust
from gmpki.errors import GmpkiError
from gmpki.seal.pdf.document import PDFDocument
from gmpki.seal.pdf.fields import date_of, read_fields, text_of
from gmpki.seal.pdf.located import LocatedSignature, locate, places_of
from gmpki.seal.pdf.pages import page_size, pages_of
from gmpki.seal.pdf.pictures import ShownPicture, shown_picture
from gmpki.seal.pdf.profiles import ContentsKind
from gmpki.seal.pdf.revisions import newest_revision, revision_ends
from gmpki.seal.signature import SealSignature

if TYPE_CHECKING:
    from datetime import datetime

    from typing_extensions import Buffer

    from gmpki.seal.pdf.revision import Revision
    from gmpki.seal.report import Placement
    from gmpki.x509.certificate import Certificate

__all__ = ["ListedSignature", "PDFListing", "extract_pictures", "list_pdf"]

_TEXTS: Final = {"Name": "name", "Reason": "reason", "Location": "location", "ContactInfo": "contact"}
_MAX_TEXT: Final = 1000


@dataclass(frozen=True, slots=True)
class ListedSignature:
    """One signature of a file, as it describes itself. Immutable.

    :ivar name: of its field.
    :ivar filter: of the signature dictionary, and ``sub_filter``, without slashes.
    :ivar kind: what Contents should be by these names.
    :ivar revision: the number of the revision that it covers, from 1; 0 when it covers none as it should.
    :ivar claimed_time: what the signature dictionary says.
    :ivar texts: what else it says for people, with what each text is: "name", "reason", "location", "contact".
    :ivar signature: the signature with a seal; None for others, and for one that cannot be read.
    :ivar certificate: of the signer, as the signature brings it; None when it does not.
    :ivar problem: why it cannot be read, or what it covers is not in order; "" when all is.
    """

    name: str
    filter: str
    sub_filter: str
    kind: ContentsKind
    revision: int
    claimed_time: datetime | None = None
    texts: tuple[tuple[str, str], ...] = ()
    placements: tuple[Placement, ...] = ()
    signature: SealSignature | None = None
    certificate: Certificate | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class PDFListing:
    """What a file says of itself. Immutable.

    :ivar pages: width and height of each as it is shown, in mm.
    :ivar revisions: how often the file was written.
    :ivar signatures: in the order in which they were made.
    :ivar empty_fields: the names of signature fields that nobody has signed.
    """

    pages: tuple[tuple[float, float], ...]
    revisions: int
    signatures: tuple[ListedSignature, ...]
    empty_fields: tuple[str, ...] = ()


def list_pdf(data: Buffer) -> PDFListing:
    """Return what a PDF file says of itself; errors as :func:`~gmpki.seal.pdf.verify_pdf` has them about files.

    :raises InvalidTypeError: when data has no buffer.
    :raises DecodeError: when the file is malformed.
    :raises UnsupportedAlgorithm: when it is encrypted, or its structure has other filters than FlateDecode.
    :raises LimitExceeded: when it is longer than 512 MiB, or another bound is reached.
    """
    newest = newest_revision(PDFDocument(data))
    pages = pages_of(newest)
    ends = revision_ends(newest)
    places = places_of(newest, pages)
    return PDFListing(
        tuple(page_size(newest, page) for page in pages),
        len(ends),
        tuple(_listed(one, ends, places.get(one.field.name, ())) for one in locate(newest)),
        tuple(one.name for one in read_fields(newest) if one.is_signature and one.value is None),
    )


def _listed(one: LocatedSignature, ends: list[int], placements: tuple[Placement, ...]) -> ListedSignature:
    value = one.value
    problem = one.problem or one.range_problem
    signature = certificate = None
    try:
        signature, certificate = _read(one)
    except GmpkiError as error:
        problem = problem or error
    revision = 0 if one.byte_range is None else sum(end <= one.byte_range.end for end in ends)
    texts = [(word, text_of(value.dictionary.get(key))[:_MAX_TEXT]) for key, word in _TEXTS.items()]
    return ListedSignature(
        one.field.name,
        value.name("Filter"),
        value.sub_filter,
        one.kind,
        revision,
        date_of(value.dictionary.get("M")),
        tuple((word, text) for word, text in texts if text),
        placements,
        signature,
        certificate,
        "" if problem is None else str(problem),
    )


def _read(one: LocatedSignature) -> tuple[SealSignature | None, Certificate | None]:
    """Return the seal signature, and the certificate of the signer.

    :raises GmpkiError: when Contents cannot be read.
    """
    if not one.contents:
        return None, None
    if one.is_seal:
        signature = SealSignature.from_der(one.contents, lenient=True)
        return signature, signature.signer_certificate
    message = SignedMessage.from_der(one.contents, lenient=True)
    signers = message.signers[:1]
    if not signers:
        return None, None
    return None, find_certificate(signers[0].sid, message.certificates, Trust.signature_only())


def extract_pictures(data: Buffer) -> tuple[ShownPicture, ...]:
    """Return the picture of each signature that shows one: that of its seal, else the image that its field shows.

    :raises InvalidTypeError: when data has no buffer.
    :raises DecodeError: when the file is malformed.
    :raises UnsupportedAlgorithm: when it is encrypted, or its structure has other filters than FlateDecode.
    :raises LimitExceeded: when it is longer than 512 MiB, or another bound is reached.
    :raises UnsupportedPlatform: when an image has to be written as PNG and Pillow is not installed.
    """
    newest = newest_revision(PDFDocument(data))
    places = places_of(newest, pages_of(newest))
    found = (_picture(newest, one, places.get(one.field.name, ())) for one in locate(newest))
    return tuple(picture for picture in found if picture is not None)


def _picture(newest: Revision, one: LocatedSignature, placements: tuple[Placement, ...]) -> ShownPicture | None:
    if one.is_seal and one.contents:
        try:
            picture = SealSignature.from_der(one.contents, lenient=True).seal.picture
        except GmpkiError:  # the listing says why; the field may show something all the same
            picture = None
        if picture is not None:
            return ShownPicture(one.field.name, picture.kind, picture.data, picture.width_mm, picture.height_mm)
    if not placements:
        return None
    place = placements[0]
    for _, widget in one.field.widgets:
        image = shown_picture(newest, widget)
        if image is not None:
            kind, picture_data = image
            return ShownPicture(one.field.name, kind, picture_data, place.width_mm, place.height_mm)
    return None
