"""A PDF file with a place for a signature: the increment is written, and only Contents is still empty."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from gmpki.cms.attributes import read_signed
from gmpki.cms.digests import new_hash
from gmpki.cms.signed import SignedMessage
from gmpki.errors import FaultDetected, GmpkiError, InvalidInputError, LimitExceeded
from gmpki.seal._extras import extra
from gmpki.seal.pdf import _fields
from gmpki.seal.pdf._places import resolve
from gmpki.seal.pdf._pyhanko import guarded, open_writer
from gmpki.seal.pdf.appearance import SealAppearance
from gmpki.seal.pdf.profiles import ContentsKind, PDFProfile, piece_name
from gmpki.seal.signature import SealSignature

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from gmpki.seal.pdf._places import AnyStamp, Shown
    from gmpki.seal.seal import SealPicture

__all__ = ["LaidOut", "Request", "lay_out"]

_WIDGET_FLAGS: Final = 4 | 128  # printed, locked
_PIECE_FLAGS: Final = 4 | 64 | 128 | 512  # and read-only, its contents too (ISO 32000-1 12.5.3)


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be written.

    :ivar texts: entries of the signature dictionary.
    :ivar field_name: of the new field; None finds one.
    :ivar reserved_len: for Contents, in bytes.
    """

    profile: PDFProfile
    stamps: tuple[AnyStamp, ...]
    picture: SealPicture | None
    texts: Mapping[str, str]
    field_name: str | None
    when: datetime | None
    reserved_len: int
    digest_name: str
    protect_all: bool = False


@dataclass(frozen=True)
class LaidOut:
    """A file whose Contents waits for its bytes. Immutable.

    :ivar file: all of it, with zeros in Contents.
    :ivar start: where the gap in the byte range begins, at the "<" of Contents.
    :ivar end: where it ends, after the ">".
    """

    file: bytes = field(repr=False)
    start: int
    end: int
    profile: PDFProfile
    digest_name: str

    def covered(self) -> bytes:
        """Return the bytes that are signed."""
        return self.file[: self.start] + self.file[self.end :]

    @cached_property
    def digest(self) -> bytes:
        """The digest of the bytes that are signed, computed once."""
        running = new_hash(self.digest_name)
        view = memoryview(self.file)
        running.update(view[: self.start])
        running.update(view[self.end :])
        digest: bytes = running.digest()
        return digest

    @property
    def property_info(self) -> str:
        """What a seal signature says of the protected range."""
        return f"/ByteRange [0 {self.start} {self.end} {len(self.file) - self.end}]"

    def filled(self, contents: bytes) -> bytes:
        """Return the file with its signature.

        :raises LimitExceeded: when it does not fit into its place.
        :raises FaultDetected: when it is not over this file.
        """
        room = (self.end - self.start - 2) // 2
        if len(contents) > room:
            raise LimitExceeded(f"the signature has {len(contents)} bytes, and {room} were reserved for it")
        self._check(contents)
        at = self.start + 1
        return self.file[:at] + contents.hex().encode("ascii") + self.file[at + 2 * len(contents) :]

    def _check(self, contents: bytes) -> None:
        """Check that a signature is over this file, whoever made it."""
        try:
            signed = _signed_digest(contents, self.profile.row.contents)
        except GmpkiError as error:
            raise FaultDetected(f"what was to be a signature cannot be read: {error}") from None
        if signed is not None and signed != self.digest:
            raise FaultDetected("the signature is over another document")


def _signed_digest(contents: bytes, kind: ContentsKind) -> bytes | None:
    """Return the digest that a signature is over; None where that was looked at before."""
    if kind is ContentsKind.SEAL_SIGNATURE:
        return SealSignature.from_der(contents, lenient=True).data_hash
    if kind is ContentsKind.CMS_OF_DIGEST:
        return SignedMessage.from_der(contents).unverified_content()
    if kind is ContentsKind.DETACHED_CMS:
        info = SignedMessage.from_der(contents).signed_data.signer_infos[0]
        return read_signed(info.attributes().items, lenient=False).message_digest
    return None


def lay_out(octets: bytes, request: Request) -> LaidOut:
    """Write everything but the signature; errors as :func:`~gmpki.seal.pdf.signing.sign_pdf`."""
    writer = open_writer(octets)
    with guarded("the PDF file cannot be signed"):
        stamping = request.profile is PDFProfile.TIMESTAMP
        if not stamping:  # a time-stamp may come after a signature that allows nothing else (ISO 32000-2 12.8.2.2)
            _fields.check_allowed(writer, protect_all=request.protect_all)
        places, existing = resolve(octets, writer, request.stamps, request.picture)
        name = existing or _fields.new_name(writer, request.field_name, "Timestamp" if stamping else "Seal")
        embedder, field_reference = _begin(writer, name, places, existing=existing is not None)
        if places and request.picture is not None:
            _show(writer, places, request.picture, field_reference, name)
        return _write(embedder, request, _fields.locks(writer, field_reference, request))


def _begin(writer: Any, name: str, places: list[Shown], *, existing: bool) -> tuple[Any, Any]:
    """Make the signature field, or find the one that is there."""
    fields = extra("pyhanko.sign.fields")
    embedding = extra("pyhanko.sign.signers.cms_embedder")
    first = places[0] if places else None
    spec = None
    if not existing:
        on_page = 0 if first is None else first.frame.number - 1
        box = None if first is None else first.frame.rectangle(first.placement)
        spec = fields.SigFieldSpec(name, on_page=on_page, box=box)
    embedder = embedding.PdfCMSEmbedder(new_field_spec=spec).write_cms(name, writer, existing_fields_only=existing)
    return embedder, next(embedder)


def _show(writer: Any, places: list[Shown], picture: SealPicture, field_reference: Any, name: str) -> None:
    """Let the field show the seal, and further annotations what is shown in other places."""
    generic = extra("pyhanko.pdf_utils.generic")
    forms = extra("pyhanko.pdf_utils.form_tools")
    key = generic.pdf_name
    appearance = SealAppearance(writer, picture)
    for number, place in enumerate(places):
        size = place.placement
        form = appearance.form(place.frame, size.width_mm, size.height_mm, place.strip)
        shown = generic.DictionaryObject({key("/N"): form})
        if number == 0:
            widget = forms.get_single_field_annot(field_reference.get_object())
            widget[key("/AP")] = shown
            widget[key("/F")] = generic.NumberObject(_WIDGET_FLAGS)
            if place.in_field is not None:  # the seal is smaller than the field, and stands in its middle
                widget[key("/Rect")] = _numbers(generic, place.frame.rectangle(size))
            writer.update_container(widget)
            continue
        piece = generic.DictionaryObject(
            {
                key("/Type"): key("/Annot"),
                key("/Subtype"): key("/Stamp"),
                key("/Rect"): _numbers(generic, place.frame.rectangle(size)),
                key("/P"): place.frame.reference,
                key("/F"): generic.NumberObject(_PIECE_FLAGS),
                key("/NM"): generic.pdf_string(piece_name(name, number)),
                key("/AP"): shown,
            }
        )
        writer.register_annotation(place.frame.reference, writer.add_object(piece))


def _numbers(generic: Any, values: tuple[float, ...]) -> Any:
    return generic.ArrayObject(generic.FloatObject(round(value, 4)) for value in values)


def _write(embedder: Any, request: Request, locks: Any) -> LaidOut:
    """Write the file with an empty Contents."""
    generic = extra("pyhanko.pdf_utils.generic")
    ranges = extra("pyhanko.sign.signers.pdf_byterange")
    embedding = extra("pyhanko.sign.signers.cms_embedder")
    key = generic.pdf_name
    row = request.profile.row
    dictionary = ranges.PdfSignedData(
        key(f"/{row.type}"), timestamp=request.when, bytes_reserved=2 * request.reserved_len
    )
    dictionary[key("/Filter")] = key(f"/{row.filter}")
    dictionary[key("/SubFilter")] = key(f"/{row.sub_filter}")
    for name, text in request.texts.items():
        dictionary[key(name)] = generic.pdf_string(text)
    embedder.send(embedding.SigObjSetup(sig_placeholder=dictionary, mdp_setup=locks))
    # The library computes a digest on the way; which one is of no concern, ours is computed by LaidOut.
    prepared, output = embedder.send(embedding.SigIOSetup(md_algorithm="sha256"))
    made = LaidOut(
        output.getvalue(),
        prepared.reserved_region_start,
        prepared.reserved_region_end,
        request.profile,
        request.digest_name,
    )
    if made.end - made.start != 2 * request.reserved_len + 2:
        raise InvalidInputError("the place for the signature was not written as it should be")
    return made
