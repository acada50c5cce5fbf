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

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Buffer

    from gmpki.seal.interfaces import PreparedDocumentSignature
    from gmpki.x509.certificate import Certificate

__all__ = ["PreparedPDF"]

_FORMAT: Final = 1
_LEN_OCTETS: Final = 4
_MAX_HEAD: Final = 1 << 25
_PROFILES: Final = {profile.value: profile for profile in PDFProfile if profile is not PDFProfile.TIMESTAMP}


@dataclass(frozen=True)
class PreparedPDF:
    """A sealed file but for the value of its signature. Immutable; it can be pickled, and kept as bytes.

    Whoever can change it while it waits decides what will be signed: it is kept as carefully as what it signs.
    """

    _laid: LaidOut = field(repr=False)
    _signature: PreparedDocumentSignature = field(repr=False)

    @property
    def to_be_signed(self) -> bytes:
        """The bytes that are signed: not the file itself, but what its signature says of it."""
        return self._signature.to_be_signed

    @property
    def digest(self) -> bytes:
        """The digest of these bytes that is signed: for SM2 e, 32 bytes."""
        return self._signature.digest

    @property
    def certificate(self) -> Certificate:
        """Whose key signs."""
        return self._signature.certificate

    @property
    def document_digest(self) -> bytes:
        """The digest of what the signature protects of the file."""
        return self._laid.digest

    def finish(self, signature: Buffer, timestamp: Buffer | Callable[[bytes], Buffer] | None = None) -> bytes:
        """Put the signature in, and return the sealed file.

        :param signature: DER, or r, s as 64 bytes for SM2.
        :param timestamp: a time-stamp token over the value of the signature, or a function that fetches one.
        :raises InvalidTypeError: when the signature has no buffer.
        :raises InvalidSignature: when it does not hold.
        :raises FaultDetected: when what was prepared belongs to another file.
        :raises LimitExceeded: when there is not enough place for it.
        :raises GmpkiError: when the time-stamp is over something else.
        """
        return self._laid.filled(self._signature.finish(signature, timestamp))

    # ---- keeping it -------------------------------------------------------------------------
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
        return len(head).to_bytes(_LEN_OCTETS, "big") + head + laid.file

    @classmethod
    def from_bytes(cls, data: Buffer) -> PreparedPDF:
        """Read what :meth:`to_bytes` gave.

        :raises InvalidTypeError: when data has no buffer.
        :raises DecodeError: when it is something else, or parts of it do not fit together.
        :raises LimitExceeded: when it is longer than such bytes are.
        :raises GmpkiError: as :func:`~gmpki.seal.two_phase.prepared_from_bytes`.
        """
        octets = as_bytes(data, "a PDF file that is prepared")
        if len(octets) > MAX_PDF_LEN + _MAX_HEAD:
            raise LimitExceeded("a PDF file that is prepared is not so long")
        head_len = int.from_bytes(octets[:_LEN_OCTETS], "big")
        begin = _LEN_OCTETS + head_len
        if not 0 < head_len <= _MAX_HEAD or begin > len(octets):
            raise DecodeError("not a PDF file that is prepared")
        reader = der.Reader(octets[_LEN_OCTETS:begin], name="PreparedPDF")
        file = octets[begin:]
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
