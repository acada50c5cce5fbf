"""A PDF file that waits for the value of its signature, which a key elsewhere makes.

>>> from gmpki.seal.pdf import PreparedPDF, prepare_pdf
>>> prepared = prepare_pdf(data, SealSigner(seal, None, certificate), Stamp(1, 120, 200))  # doctest: +SKIP
>>> stored = prepared.to_bytes()  # kept until the signature comes  # doctest: +SKIP
>>> signature = token.sign_digest(prepared.digest)  # doctest: +SKIP
>>> sealed = PreparedPDF.from_bytes(stored).finish(signature)  # doctest: +SKIP
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_bytes
from gmpki.asn1 import der
from gmpki.errors import DecodeError, LimitExceeded
from gmpki.seal.pdf._layout import LaidOut
from gmpki.seal.pdf._pyhanko import MAX_PDF_LEN
from gmpki.seal.pdf.profiles import PDFProfile
from gmpki.seal.two_phase import prepared_from_bytes
from gmpki.seal.waiting import MAX_HEAD_LEN, WaitingDocument, with_head, without_head

if TYPE_CHECKING:
    from typing_extensions import Buffer


__all__ = ["PreparedPDF"]

_FORMAT: Final = 1
_PROFILES: Final = {profile.value: profile for profile in PDFProfile if profile is not PDFProfile.TIMESTAMP}


@dataclass(frozen=True)
class PreparedPDF(WaitingDocument):
    """A sealed file but for the value of its signature. Immutable; it can be pickled, and kept as bytes.

    Whoever can change it while it waits decides what will be signed: it is kept as carefully as what it signs.
    """

    _laid: LaidOut = field(repr=False)

    def to_bytes(self) -> bytes:
        """Return everything as bytes, in a format of this package: to be read by :meth:`from_bytes` alone."""
        laid = self._laid
        head = der.encode_sequence(
            der.encode_integer(_FORMAT),
            der.encode_utf8_string(laid.profile.value),
            der.encode_utf8_string(laid.digest_name),
            der.encode_integer(laid.start),
            der.encode_integer(laid.end),
            der.encode_octet_string(laid.digest),
            der.encode_octet_string(self._signature.to_bytes()),
        )
        return with_head(head, laid.file)

    @classmethod
    def from_bytes(cls, data: Buffer) -> PreparedPDF:
        """Read what :meth:`to_bytes` gave.

        :raises InvalidTypeError: when data has no buffer.
        :raises DecodeError: when it is something else, or parts of it do not fit together.
        :raises LimitExceeded: when it is longer than such bytes are.
        :raises GmpkiError: as :func:`~gmpki.seal.two_phase.prepared_from_bytes`.
        """
        what = "a PDF file that is prepared"
        octets = as_bytes(data, what)
        if len(octets) > MAX_PDF_LEN + MAX_HEAD_LEN:
            raise LimitExceeded(f"{what} is not so long")
        reader, file = without_head(octets, "PreparedPDF", what)
        with reader.sequence() as fields:
            fields.integer("format", minimum=_FORMAT, maximum=_FORMAT)
            at = fields.offset
            profile = _PROFILES.get(fields.utf8_string("profile"))
            if profile is None:
                raise fields.error("no profile of signatures", "profile", offset=at)
            name = fields.utf8_string("digestName")
            start = fields.integer("start", minimum=0, maximum=len(file))
            end = fields.integer("end", minimum=start, maximum=len(file))
            digest = fields.octet_string("digest")
            waiting = fields.octet_string("signature")
        reader.end()
        laid = LaidOut(file, start, end, profile, name)
        if file[start : start + 1] != b"<" or file[end - 1 : end] != b">" or file[start + 1 : end - 1].strip(b"0"):
            raise DecodeError("there is no place for a signature where it should be")
        if laid.digest != digest:
            raise DecodeError("the file is not the one that was prepared")
        return cls(laid, prepared_from_bytes(waiting))

    def __reduce__(self) -> tuple[object, tuple[bytes]]:
        """Pickle the bytes."""
        return PreparedPDF.from_bytes, (self.to_bytes(),)
