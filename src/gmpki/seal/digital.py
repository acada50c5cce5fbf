"""Signing documents without a seal: the signed messages that OFD (Type "Sign") and PDF have in their place for a
signature.

>>> from gmpki.seal import DigitalSigner
>>> DigitalSigner(key, certificate).sign_document(digest, "/Doc_0/Signs/Sign_0/Signature.xml")  # doctest: +SKIP
b'...'
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timezone
from enum import Enum
from typing import TYPE_CHECKING, Final

from gmpki import oids
from gmpki._inputs import as_bytes, as_text, function, iterated, member, utc_seconds
from gmpki.asn1 import der
from gmpki.cms.amending import attach_timestamp
from gmpki.cms.digests import ContentDigests, new_hash
from gmpki.cms.profiles import MessageProfile
from gmpki.cms.signed import SignedMessage
from gmpki.cms.signer_spec import SignerPlan, SignerSpec
from gmpki.cms.two_phase import PreparedSignature, prepare
from gmpki.errors import (
    DecodeError,
    FaultDetected,
    InvalidInputError,
    InvalidSignature,
    InvalidTypeError,
    StateError,
    UnsupportedAlgorithm,
)
from gmpki.keys.sm2_public import SM2PublicKey
from gmpki.seal._uses import noted
from gmpki.seal.interfaces import UseEvent
from gmpki.seal.two_phase import PREPARED_FORMAT, checked_token, read_head

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from typing_extensions import Buffer

    from gmpki.asn1.rfc5652 import Attribute
    from gmpki.keys.interfaces import Signer
    from gmpki.seal.interfaces import UseRecorder
    from gmpki.x509.certificate import Certificate

__all__ = ["DigitalForm", "DigitalSigner", "PreparedDigitalSignature"]

_KIND: Final = "signature"
_TOKEN_LEN: Final = 8192
_OTHER_FIELDS_LEN: Final = 2048


class DigitalForm(str, Enum):
    """How a message is tied to the digest of a document."""

    DIGEST = "digest"
    """The digest is the content of the message, and is signed as such, without signed attributes: what GM/T 0099-2020
    7.2.2 is reported to ask for in OFD (C), and what files of the field have (F)."""
    DETACHED = "detached"
    """The content is the document, which is left out; its digest is the signed attribute messageDigest. Readers of PDF
    expect it, and some OFD files have it (F)."""

    __hash__ = str.__hash__


@dataclass(frozen=True, slots=True)
class PreparedDigitalSignature:
    """A signed message that waits for its signature. Immutable; it can be pickled, and kept as bytes.

    Whoever can change it while it waits decides what will be signed: it is kept as carefully as what it signs.
    """

    _prepared: PreparedSignature = field(repr=False)

    @property
    def certificate(self) -> Certificate:
        """Whose key signs."""
        return self._prepared.to_be_signed[0].certificate

    @property
    def to_be_signed(self) -> bytes:
        """The bytes that are signed."""
        return self._prepared.to_be_signed[0].data or b""

    @property
    def digest(self) -> bytes:
        """The digest of these bytes that is signed: for SM2 e = SM3(ZA || to_be_signed), 32 bytes."""
        return self._prepared.to_be_signed[0].digest or b""

    def finish(self, signature: Buffer, timestamp: Buffer | Callable[[bytes], Buffer] | None = None) -> bytes:
        """Put the signature in, after verifying it, and return the message as DER.

        :param signature: DER, or r, s as 64 bytes for SM2.
        :param timestamp: a time-stamp token over the value of the signature in DER, or a function that fetches one.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises InvalidSignature: when the signature does not hold.
        :raises TimestampError: "imprint" when the time-stamp is over something else.
        :raises GmpkiError: when the time-stamp is malformed, and what the function raises.
        """
        message = self._prepared.finish([signature])
        if timestamp is None:
            return message
        read = SignedMessage.from_der(message)
        value = read.signers[0].signature
        token = checked_token(timestamp(value) if callable(timestamp) else timestamp, value)
        return attach_timestamp(read, token)

    # ---- keeping it -------------------------------------------------------------------------
    def to_bytes(self) -> bytes:
        """Return everything as bytes, in a format of this package: to be read by
        :func:`~gmpki.seal.two_phase.prepared_from_bytes` alone.
        """
        return der.encode_sequence(
            der.encode_integer(PREPARED_FORMAT), der.encode_utf8_string(_KIND), self._prepared.to_bytes()
        )

    @classmethod
    def from_bytes(cls, data: Buffer) -> PreparedDigitalSignature:
        """Read what :meth:`to_bytes` gave.

        :raises InvalidTypeError: when data has no buffer.
        :raises DecodeError: when it is something else, or parts of it do not fit together.
        :raises LimitExceeded: when it is longer than 64 MiB.
        """
        reader = der.Reader(data, name="PreparedDigitalSignature")
        with reader.sequence() as fields:
            read_head(fields, _KIND)
            inner = fields.exact(der.Tag.SEQUENCE, "message")
        reader.end()
        prepared = PreparedSignature.from_bytes(inner)
        waiting = prepared.to_be_signed
        if len(waiting) != 1 or waiting[0].data is None or waiting[0].digest is None:
            raise DecodeError("a document is signed by one signer, who knows what he signs")
        return cls(prepared)

    def __reduce__(self) -> tuple[object, tuple[bytes]]:
        """Pickle the bytes."""
        return PreparedDigitalSignature.from_bytes, (self.to_bytes(),)


@dataclass(frozen=True)
class DigitalSigner:
    """Somebody who signs documents without a seal. Immutable; thread-safe when its parts are.

    :ivar signer: the private key, wherever it lives; None when it can only be reached by somebody else, for whom
        :meth:`prepare_document` makes what he signs.
    :ivar certificate: its certificate: of a pair, the signing one.
    :ivar timestamp: returns a time-stamp token over the value of a signature; None for signatures without.
    :ivar form: how the message is tied to the digest.
    :ivar profile: whose identifiers are written; None takes GM/T 0010 for SM2 and RFC 5652 for other keys.
    :ivar certificates: those of the authorities in between, which go along.
    :ivar signed_attributes: others to be signed, in the form DETACHED alone.
    :ivar signing_time: whether the form DETACHED says when it was signed.
    :ivar clock: the time, with a time zone; None for that of this machine.
    :ivar log: who keeps the log of uses; see :class:`~gmpki.seal.signing.SealSigner`.
    :ivar document_name: of the document, for that log.
    :raises InvalidTypeError: when a part has the wrong type.
    :raises KeyMismatchError: when the key is not that of the certificate.
    :raises ProfileError: when the certificate is not one to sign with, or the profile has no such signer.
    :raises UnsupportedAlgorithm: when the key is one of Ed25519, which signs no digests, or not known.
    :raises InvalidInputError: when there are signed attributes in a form without any.
    :raises GmpkiError: when the public key of the certificate cannot be loaded.
    :standard: GM/T 0010-2012; RFC 5652; GM/T 0099-2020 7.2.2 (C)
    """

    signer: Signer | None
    certificate: Certificate
    timestamp: Callable[[bytes], Buffer] | None = None
    form: DigitalForm = DigitalForm.DIGEST
    profile: MessageProfile | None = None
    certificates: Iterable[Certificate] = ()
    signed_attributes: Iterable[Attribute] = ()
    signing_time: bool = True
    clock: Callable[[], datetime] | None = None
    log: UseRecorder | None = None
    document_name: str = ""
    _plan: SignerPlan = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        member(self.form, DigitalForm, "form")
        member(self.signing_time, bool, "signing_time")
        if self.profile is not None:
            member(self.profile, MessageProfile, "profile")
        as_text(self.document_name, "document_name")
        for name in ("timestamp", "clock"):
            if getattr(self, name) is not None:
                function(getattr(self, name), name)
        if self.log is not None and not callable(getattr(self.log, "record", None)):
            raise InvalidTypeError(f"log must have a method record; {type(self.log).__name__} has none")
        for name in ("certificates", "signed_attributes"):
            object.__setattr__(self, name, iterated(getattr(self, name), name))
        plan = self._plan_at(None) if self.signer is None else self._spec(self.signer).plan
        if plan.public_key.signature_algorithm.algorithm == oids.ED25519:
            raise UnsupportedAlgorithm("Ed25519 signs no digests, and documents are signed by their digests")
        if self.profile is None:
            is_sm2 = isinstance(plan.public_key, SM2PublicKey)
            object.__setattr__(self, "profile", MessageProfile.GMT0010 if is_sm2 else MessageProfile.RFC5652)
        object.__setattr__(self, "_plan", plan)
        self._prepared(bytes(new_hash(plan.hash_name).digest_size), None)  # whatever the parts make impossible

    def _spec(self, signer: Signer) -> SignerSpec:
        return SignerSpec(
            signer,
            self.certificate,
            attributes=self.form is DigitalForm.DETACHED,
            signed_attributes=tuple(self.signed_attributes),
        )

    def _plan_at(self, when: datetime | None) -> SignerPlan:
        algorithm = None if self.signer is None else self.signer.signature_algorithm
        return SignerPlan(
            self.certificate,
            signature_algorithm=algorithm,
            attributes=self.form is DigitalForm.DETACHED,
            signing_time=when,
            signed_attributes=tuple(self.signed_attributes),
        )

    # ---- what containers ask ----------------------------------------------------------------
    @property
    def kind(self) -> str:
        """The word "signature"."""
        return "signature"

    @property
    def seal(self) -> None:
        """None: there is no seal."""
        return None

    @property
    def digest_name(self) -> str:
        """The hash of documents, as ``hashlib`` names it: that of the signature."""
        return self._plan.hash_name

    @property
    def estimated_len(self) -> int:
        """More bytes than a message has."""
        own = sum(len(one.der) for one in (self.certificate, *self.certificates))
        attributes = sum(len(one.to_der()) for one in self.signed_attributes)
        return own + attributes + (0 if self.timestamp is None else _TOKEN_LEN) + _OTHER_FIELDS_LEN

    def sign_document(self, digest: Buffer, property_info: str) -> bytes:
        """Sign the digest of a document, and return the message as DER after verifying its signature.

        :param digest: by the hash of :attr:`digest_name`: 32 bytes for SM3.
        :param property_info: what is protected, for the log of uses; a message has no place for it.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises InvalidInputError: when the digest has another length, or the clock gives no time zone.
        :raises StateError: when there is no private key.
        :raises FaultDetected: when the signature that was made does not hold.
        :raises TimestampError: when the time-stamp is over something else.
        :raises GmpkiError: what key, time-stamp and log of uses raise.
        """
        if self.signer is None:
            raise StateError("this DigitalSigner has no private key; prepare_document() makes what somebody else signs")
        hashed, name = self._checked_digest(digest), as_text(property_info, "property_info")
        when = self._time()
        with noted(self.log, lambda: self._event(when, "sign", hashed, name)):
            prepared = self._prepared(hashed, when)
            value = as_bytes(self.signer.sign_digest(prepared.digest), "the signature")
            try:
                return prepared.finish(value, self.timestamp)
            except InvalidSignature as error:
                raise FaultDetected(f"the signature that was just made does not hold: {error}") from None

    def prepare_document(self, digest: Buffer, property_info: str) -> PreparedDigitalSignature:
        """Make everything of a message but its signature; parameters and errors as :meth:`sign_document`."""
        hashed, name = self._checked_digest(digest), as_text(property_info, "property_info")
        when = self._time()
        with noted(self.log, lambda: self._event(when, "prepare", hashed, name)):
            return self._prepared(hashed, when)

    # ---- steps --------------------------------------------------------------------------------
    def _prepared(self, digest: bytes, when: datetime | None) -> PreparedDigitalSignature:
        profile = MessageProfile.GMT0010 if self.profile is None else self.profile
        if self.form is DigitalForm.DIGEST:
            prepared = prepare(digest, self._plan, profile=profile, certificates=self.certificates)
        else:
            plan = self._plan_at(when if self.signing_time else None)
            known = ContentDigests.known({self.digest_name: digest})
            prepared = prepare(
                None, plan, profile=profile, detached=True, certificates=self.certificates, digests=known
            )
        return PreparedDigitalSignature(prepared)

    def _checked_digest(self, digest: Buffer) -> bytes:
        hashed = as_bytes(digest, "the digest")
        wanted = new_hash(self.digest_name).digest_size
        if len(hashed) != wanted:
            raise InvalidInputError(f"a digest by {self.digest_name} has {wanted} bytes, not {len(hashed)}")
        return hashed

    def _time(self) -> datetime:
        return utc_seconds(datetime.now(timezone.utc) if self.clock is None else self.clock(), "the time of the clock")

    def _event(self, when: datetime, action: str, digest: bytes, property_info: str) -> UseEvent:
        name = self.document_name or property_info
        return UseEvent(when, action, digest, name, "", str(self.certificate.subject))
