"""Signed messages for PDF: over the bytes around them, by whatever key.

>>> from gmpki.seal.pdf import CMSSigner
>>> signer = CMSSigner(certificate, key, certificates=[sub_ca])  # doctest: +SKIP
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_bytes, function, iterated, member
from gmpki.cms.amending import attach_timestamp
from gmpki.cms.digests import ContentDigests
from gmpki.cms.profiles import MessageProfile
from gmpki.cms.signed import SignedMessage
from gmpki.cms.signer_spec import SignerPlan, SignerSpec
from gmpki.cms.signing import encoded_certificates, sign_digests
from gmpki.cms.two_phase import PreparedSignature, prepare
from gmpki.errors import DecodeError, InvalidInputError, StateError
from gmpki.seal.pdf.profiles import PDFProfile
from gmpki.seal.two_phase import checked_token
from gmpki.tsa.signing_certificate import signing_certificate
from gmpki.x509.certificate import Certificate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from typing_extensions import Buffer

    from gmpki.keys.interfaces import Signer

__all__ = ["CMSSigner", "PreparedCMS"]

_PROFILES: Final = frozenset((PDFProfile.CMS, PDFProfile.CADES))
_FRAME_LEN: Final = 2048  # everything but certificates and time-stamp, with a signature of RSA with 4096 bits
_TIMESTAMP_LEN: Final = 12288


@dataclass(frozen=True)
class CMSSigner:
    """Somebody who signs PDF files with messages that every reader knows. Immutable; thread-safe when the key is.

    The messages are those of RFC 5652, with the signer's certificate and without a time of their own: the entry M of
    the signature dictionary has it, which is among the bytes that are signed.

    :ivar certificate: of the signer.
    :ivar signer: the private key, wherever it lives; None when it is to sign in a second phase.
    :ivar profile: ``PDFProfile.CMS``, or ``PDFProfile.CADES`` which signs along whose certificate it is.
    :ivar certificates: of authorities in between, which go along.
    :ivar timestamp: fetches a time-stamp token for the value of a signature; None for none.
    :ivar digest: the hash, for RSA keys, which leave a choice: "sha256", "sha384" or "sha512"; None is the key's own.
    :raises InvalidTypeError: when a field has the wrong type.
    :raises InvalidInputError: when the profile is another one.
    :raises KeyMismatchError: when the key is not that of the certificate.
    :raises GmpkiError: as :class:`~gmpki.cms.SignerPlan` for certificates and digests.
    """

    certificate: Certificate
    signer: Signer | None = None
    profile: PDFProfile = PDFProfile.CMS
    certificates: Iterable[Certificate] = ()
    timestamp: Callable[[bytes], Buffer] | None = None
    digest: str | None = None
    _plan: SignerPlan = field(init=False, repr=False, compare=False)
    _spec: SignerSpec | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        member(self.certificate, Certificate, "certificate")
        if self.profile not in _PROFILES:
            raise InvalidInputError("a message for PDF is of PDFProfile.CMS or PDFProfile.CADES")
        if self.timestamp is not None:
            function(self.timestamp, "timestamp")
        along = iterated(self.certificates, "certificates")
        encoded_certificates(along)
        object.__setattr__(self, "certificates", along)
        named = (signing_certificate(self.certificate),) if self.profile is PDFProfile.CADES else ()
        spec = None
        if self.signer is None:
            plan = SignerPlan(certificate=self.certificate, signed_attributes=named, digest=self.digest)
        else:
            spec = SignerSpec(self.signer, self.certificate, signed_attributes=named, digest=self.digest)
            plan = spec.plan
        object.__setattr__(self, "_plan", plan)
        object.__setattr__(self, "_spec", spec)

    @property
    def kind(self) -> str:
        """The word "signature"."""
        return "signature"

    @property
    def seal(self) -> None:
        """None: there is no seal."""
        return

    @property
    def digest_name(self) -> str:
        """The hash of documents, as ``hashlib`` names it: SM3 for SM2 keys."""
        return self._plan.hash_name

    @property
    def estimated_len(self) -> int:
        """At least as many bytes as a message takes."""
        listed = encoded_certificates((self.certificate, *self.certificates))
        stamped = 0 if self.timestamp is None else _TIMESTAMP_LEN
        return _FRAME_LEN + 2 * len(self.certificate.subject.to_der()) + sum(map(len, listed)) + stamped

    def sign_document(self, digest: Buffer, property_info: str) -> bytes:  # noqa: ARG002 - messages have no place for it
        """Return the message as DER.

        :param digest: of what is signed, by :attr:`digest_name`.
        :raises StateError: when there is no key.
        :raises InvalidInputError: when the digest has another length.
        :raises GmpkiError: what the key and the source of time-stamps raise.
        """
        if self._spec is None:
            raise StateError("there is no key to sign with; prepare the document, and let the key sign")
        message = sign_digests(
            self._digests(digest),
            self._spec,
            profile=MessageProfile.RFC5652,
            certificates=self.certificates,
            crls=(),
            include_signer_certificates=True,
            content_type=None,
        )
        return _stamped(message, self.timestamp)

    def prepare_document(self, digest: Buffer, property_info: str) -> PreparedCMS:  # noqa: ARG002 - as above
        """Prepare the message for a key elsewhere; parameters and errors as :meth:`sign_document`."""
        prepared = prepare(
            None,
            self._plan,
            profile=MessageProfile.RFC5652,
            detached=True,
            certificates=self.certificates,
            digests=self._digests(digest),
        )
        return PreparedCMS(prepared)

    def _digests(self, digest: Buffer) -> ContentDigests:
        return ContentDigests.known({self.digest_name: as_bytes(digest, "digest")})


def _stamped(message: bytes, timestamp: Buffer | Callable[[bytes], Buffer] | None) -> bytes:
    """Put a time-stamp over the signature into a message."""
    if timestamp is None:
        return message
    signature = SignedMessage.from_der(message).signed_data.signer_infos[0].signature
    token = timestamp(signature) if callable(timestamp) else timestamp
    return attach_timestamp(message, checked_token(token, signature))


@dataclass(frozen=True)
class PreparedCMS:
    """A message for PDF that waits for its signature. Immutable.

    :ivar message: what waits.
    """

    message: PreparedSignature

    @property
    def to_be_signed(self) -> bytes:
        """The bytes that are signed: the encoding of the signed attributes."""
        return self.message.to_be_signed[0].data or b""

    @property
    def digest(self) -> bytes:
        """The digest of these bytes that is signed: for SM2 e, 32 bytes. Empty for Ed25519, which signs the bytes."""
        return self.message.to_be_signed[0].digest or b""

    @property
    def certificate(self) -> Certificate:
        """Whose key signs."""
        return self.message.to_be_signed[0].certificate

    def to_bytes(self) -> bytes:
        """Return everything as bytes."""
        return self.message.to_bytes()

    @classmethod
    def from_bytes(cls, data: Buffer) -> PreparedCMS:
        """Read what :meth:`to_bytes` gave.

        :raises DecodeError: when it is something else.
        """
        message = PreparedSignature.from_bytes(data)
        if len(message.to_be_signed) != 1 or message.to_be_signed[0].data is None:
            raise DecodeError("a message for PDF has one signer, who signs attributes")
        return cls(message)

    def finish(self, signature: Buffer, timestamp: Buffer | Callable[[bytes], Buffer] | None = None) -> bytes:
        """Return the message as DER.

        :param signature: DER, or r, s as 64 bytes for SM2.
        :param timestamp: a token over the value of the signature, or a function that fetches one.
        :raises InvalidSignature: when the signature does not hold.
        :raises TimestampError: when the time-stamp is over something else.
        """
        return _stamped(self.message.finish([signature]), timestamp)
