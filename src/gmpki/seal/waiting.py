"""What documents have in common that wait for the value of a signature, which a key elsewhere makes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from gmpki.asn1 import der
from gmpki.errors import DecodeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Buffer

    from gmpki.seal.interfaces import PreparedDocumentSignature
    from gmpki.x509.certificate import Certificate

__all__ = ["MAX_HEAD_LEN", "LaidOutDocument", "WaitingDocument", "with_head", "without_head"]

MAX_HEAD_LEN: Final = 1 << 25
"""The most that stands before a document that waits, in bytes."""
_LEN_OCTETS: Final = 4


class LaidOutDocument(Protocol):
    """A document in which everything of a signature is in its place but its value."""

    @property
    def digest(self) -> bytes:
        """The digest of what the signature protects."""

    def filled(self, value: bytes, /) -> bytes:
        """Return the document with the value of the signature."""


@dataclass(frozen=True)
class WaitingDocument:
    """A sealed document but for the value of its signature. Immutable.

    Whoever can change it while it waits decides what will be signed: it is kept as carefully as what it signs.
    """

    _laid: LaidOutDocument = field(repr=False)
    _signature: PreparedDocumentSignature = field(repr=False)

    @property
    def to_be_signed(self) -> bytes:
        """The bytes that are signed: not the document itself, but what its signature says of it."""
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
        """The digest of what the signature protects: a byte range of PDF, the description of a signature in OFD."""
        return self._laid.digest

    def finish(self, signature: Buffer, timestamp: Buffer | Callable[[bytes], Buffer] | None = None) -> bytes:
        """Put the signature in, and return the sealed document.

        :param signature: DER, or r, s as 64 bytes for SM2.
        :param timestamp: a time-stamp token over the value of the signature, or a function that fetches one.
        :raises InvalidTypeError: when the signature has no buffer.
        :raises InvalidSignature: when it does not hold.
        :raises FaultDetected: when what was prepared belongs to another document.
        :raises LimitExceeded: when the document has not enough place for it.
        :raises GmpkiError: when the time-stamp is over something else.
        """
        return self._laid.filled(self._signature.finish(signature, timestamp))


def with_head(head: bytes, document: bytes) -> bytes:
    """Return a document behind what is kept of its signature."""
    return len(head).to_bytes(_LEN_OCTETS, "big") + head + document


def without_head(octets: bytes, name: str, what: str) -> tuple[der.Reader, bytes]:
    """Return a reader of what stands before a document, and the document.

    :param name: of the structure, for the path in errors.
    :param what: such as "a PDF file that is prepared".
    :raises DecodeError: when it is something else.
    """
    begin = _LEN_OCTETS + int.from_bytes(octets[:_LEN_OCTETS], "big")
    if not _LEN_OCTETS < begin <= min(len(octets), _LEN_OCTETS + MAX_HEAD_LEN):
        raise DecodeError(f"not {what}")
    return der.Reader(octets[_LEN_OCTETS:begin], name=name), octets[begin:]
