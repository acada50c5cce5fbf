"""What containers know of whoever signs for them, and what signers know of grants and of the log of uses.

A container (OFD, PDF, a detached signature) hands over the digest of what it protects and gets back the bytes that go
into its place for a signature. Whether these are a seal signature or a signed message is no affair of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from gmpki._inputs import as_bytes, as_text, utc_seconds

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Buffer

    from gmpki.seal.seal import Seal
    from gmpki.x509.certificate import Certificate

__all__ = ["DocumentSigner", "GrantCheck", "PreparedDocumentSignature", "UseEvent", "UseRecorder"]


@runtime_checkable
class PreparedDocumentSignature(Protocol):
    """A signature of a document that waits for its value, which a key elsewhere makes.

    :func:`gmpki.seal.two_phase.prepared_from_bytes` reads what :meth:`to_bytes` gave, in whatever process.
    """

    @property
    def to_be_signed(self) -> bytes:
        """The bytes that are signed."""

    @property
    def digest(self) -> bytes:
        """The digest of these bytes that is signed: for SM2 e = SM3(ZA || to_be_signed), 32 bytes."""

    @property
    def certificate(self) -> Certificate:
        """Whose key signs."""

    def to_bytes(self) -> bytes:
        """Return everything as bytes."""

    def finish(self, signature: Buffer, timestamp: Buffer | Callable[[bytes], Buffer] | None = None) -> bytes:
        """Return the bytes for the container.

        :param signature: DER, or r, s as 64 bytes for SM2.
        :param timestamp: a time-stamp token over the value of the signature, or a function that fetches one for it.
        :raises InvalidSignature: when the signature does not hold.
        :raises GmpkiError: when the time-stamp is over something else.
        """


@runtime_checkable
class DocumentSigner(Protocol):
    """Whoever signs the digest of a document: with a seal, or without."""

    @property
    def kind(self) -> str:
        """The word "seal", or "signature"."""

    @property
    def seal(self) -> Seal | None:
        """The seal that goes onto the document; None for a signature without one."""

    @property
    def certificate(self) -> Certificate:
        """Whose key signs."""

    @property
    def digest_name(self) -> str:
        """The hash by which the container digests what it protects, as ``hashlib`` names it: sm3 for SM2."""

    @property
    def estimated_len(self) -> int:
        """At least as many bytes as :meth:`sign_document` returns, for containers that reserve the place before."""

    def sign_document(self, digest: Buffer, property_info: str) -> bytes:
        """Return the bytes for the container.

        :param digest: of what the container protects, by the hash of :attr:`digest_name`: 32 bytes for SM3.
        :param property_info: what is protected, in the container's words; an ASCII text, such as the path of
            Signature.xml.
        :raises GmpkiError: when the signature cannot be made.
        """

    def prepare_document(self, digest: Buffer, property_info: str) -> PreparedDocumentSignature:
        """Prepare the same for a key elsewhere; parameters and errors as :meth:`sign_document`."""


@runtime_checkable
class GrantCheck(Protocol):
    """Whoever knows who may use which seal."""

    def check(self, seal: Seal, certificate: Certificate, *, purpose: str, at: datetime) -> object:
        """Return when a use is granted, and count it where uses are counted.

        :param certificate: of who wants to use the seal.
        :param purpose: for what, as grants name it.
        :raises SealError: "not-granted", "grant-expired" and their like.
        """


@dataclass(frozen=True, slots=True)
class UseEvent:
    """One use of a seal, as the log of uses keeps it. Immutable.

    :ivar time: when, in UTC.
    :ivar action: "seal" or "sign" (a signature was made, with a seal or without), "prepare" (one was prepared for a key
        elsewhere), or "verify".
    :ivar digest: of the document, or of what the container protects; 32 bytes for SM3.
    :ivar name: of the document or of what is protected, for people.
    :ivar seal_id: esID of the seal; empty for a signature without one.
    :ivar signer: the subject of the signer's certificate.
    :ivar result: "done", or the reason for which it was refused.
    :raises InvalidTypeError: when a field has the wrong type.
    :raises InvalidInputError: when the time has no time zone.
    """

    time: datetime
    action: str
    digest: bytes
    name: str = ""
    seal_id: str = ""
    signer: str = ""
    result: str = "done"

    def __post_init__(self) -> None:
        object.__setattr__(self, "time", utc_seconds(self.time, "time"))
        object.__setattr__(self, "digest", as_bytes(self.digest, "digest"))
        for name in ("action", "name", "seal_id", "signer", "result"):
            as_text(getattr(self, name), name)


@runtime_checkable
class UseRecorder(Protocol):
    """Whoever keeps the log of uses."""

    def record(self, event: UseEvent) -> object:
        """Keep an event for good before it returns.

        :raises GmpkiError: when it cannot be kept: then no signature is released.
        """
