"""Who signs, and how: a certificate with a key (:class:`SignerSpec`), or without one yet (:class:`SignerPlan`)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final

from gmpki import oids
from gmpki._inputs import as_bytes, as_text, member, utc_seconds
from gmpki.algorithms.policy import DEFAULT_POLICY
from gmpki.asn1 import der
from gmpki.asn1.rfc5280 import AlgorithmIdentifier
from gmpki.asn1.rfc5652 import IssuerAndSerialNumber, SignerInfo, encode_attributes
from gmpki.cms.algorithms import digest_algorithm, hash_of_key
from gmpki.cms.attributes import build_signed, check_extra
from gmpki.cms.profiles import MessageProfile
from gmpki.errors import (
    FaultDetected,
    InvalidInputError,
    InvalidSignature,
    KeyMismatchError,
    MessageError,
    ProfileError,
    UnsupportedAlgorithm,
)
from gmpki.keys._hashed import HashedPrivateKey
from gmpki.keys.signature_algorithms import SM2_SIGNATURES, key_for
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.keys.sm2_public import SM2PublicKey
from gmpki.x509._building import demand_signer
from gmpki.x509.certificate import Certificate
from gmpki.x509.profile import SIGNING_USAGES

if TYPE_CHECKING:
    from gmpki.asn1.rfc5652 import Attribute
    from gmpki.cms.digests import ContentDigests
    from gmpki.keys.interfaces import PublicKey, Signer

__all__ = ["SignerPlan", "SignerSpec", "Unsigned"]

_DATA_TYPES: Final = frozenset((oids.DATA, oids.GM_DATA))


@dataclass(frozen=True, slots=True)
class Unsigned:
    """A signer's entry that waits for its signature.

    :ivar info: the entry, its signature empty.
    :ivar data: the bytes to sign; None when only their digest is known, because the content went past.
    """

    info: SignerInfo
    data: bytes | None
    _key: PublicKey
    _digests: ContentDigests
    _user_id: bytes | None

    def digest(self) -> bytes | None:
        """Return what the public key's ``digest`` gives for the bytes; None for Ed25519, which signs no digests.

        :raises InvalidInputError: when a digest of the content is needed that was not computed.
        :raises UnsupportedAlgorithm: when Ed25519 is to sign a content that went past.
        """
        key = self._key
        if key.signature_algorithm.algorithm == oids.ED25519:
            if self.data is None:
                raise UnsupportedAlgorithm("Ed25519 signs whole contents, and this one went past; sign with attributes")
            return None
        if self.info.signed_attributes is not None and self.data is not None:
            return key.digest(self.data, user_id=self._user_id)
        if isinstance(key, SM2PublicKey):
            return self._digests.sm3_after(key.za(user_id=self._user_id))
        return self._digests.hash(hash_of_key(key))

    def verified(self, signature: bytes, digest: bytes | None) -> bytes:
        """Verify a signature that was just made, and return it as messages have it.

        :param digest: what was signed; None when it was the bytes.
        :raises FaultDetected: when it does not hold.
        """
        try:
            encoded = self._key.standard_signature(signature)
            if digest is not None:
                self._key.verify_digest(encoded, digest)
            else:
                self._key.verify(encoded, self.data or b"", user_id=self._user_id)
        except InvalidSignature as error:
            raise FaultDetected(f"the signature that was just made does not hold: {error}") from None
        return encoded

    def signed(self, signature: bytes) -> SignerInfo:
        """Return the entry with its signature."""
        info = self.info
        return SignerInfo(
            info.version,
            info.sid,
            info.digest_algorithm,
            info.signed_attributes,
            info.signature_algorithm,
            signature,
            info.unsigned_attributes,
        )


@dataclass(frozen=True, kw_only=True)
class _Wishes:
    """How somebody signs, whoever has the key.

    :ivar attributes: sign signed attributes, of which one is the digest of the content; False signs the content
        itself, as the software of CFCA does.
    :ivar user_id: of an SM2 signature, 0 to 8191 bytes; None is the default id.
    :ivar key_identifier: name the certificate by its subject key identifier instead of issuer and serial number.
    :ivar signing_time: the time that the signer claims, without parts of a second; None claims none. It proves
        nothing; a time-stamp does.
    :ivar signed_attributes: others to be signed.
    :ivar unsigned_attributes: others to go along without being signed.
    :ivar digest: the hash: "sm3", "sha256", "sha384" or "sha512"; None takes that of the key.
    """

    attributes: bool = True
    user_id: bytes | None = None
    key_identifier: bool = False
    signing_time: datetime | None = None
    signed_attributes: tuple[Attribute, ...] = ()
    unsigned_attributes: tuple[Attribute, ...] = ()
    digest: str | None = None

    def _check_wishes(self, certificate: Certificate) -> None:
        member(certificate, Certificate, "certificate")
        for name in ("attributes", "key_identifier"):
            member(getattr(self, name), bool, name)
        if self.digest is not None:
            as_text(self.digest, "digest")
        if self.user_id is not None:
            object.__setattr__(self, "user_id", as_bytes(self.user_id, "user_id"))
        if self.signing_time is not None:
            object.__setattr__(self, "signing_time", utc_seconds(self.signing_time, "signing_time"))
        signed = check_extra(self.signed_attributes, signed=True)
        object.__setattr__(self, "signed_attributes", signed)
        object.__setattr__(self, "unsigned_attributes", check_extra(self.unsigned_attributes, signed=False))
        if not self.attributes and (signed or self.signing_time is not None):
            raise InvalidInputError("a signer without signed attributes has no place for a time or other attributes")
        usages = certificate.key_usage
        if usages is not None and not usages & SIGNING_USAGES:
            raise ProfileError(
                "the certificate is not one to sign with: its keyUsage has neither digitalSignature nor "
                "nonRepudiation; of a pair, take the signing certificate"
            )
        if self.key_identifier and certificate.subject_key_identifier is None:
            raise ProfileError("the certificate has no subjectKeyIdentifier to name it by")


@dataclass(frozen=True)
class SignerPlan(_Wishes):
    """Somebody who will sign, with a key that is elsewhere. Immutable; thread-safe. The other fields are as in
    :class:`SignerSpec`.

    :ivar certificate: of the signer.
    :ivar signature_algorithm: of the signature, where the key leaves a choice, as RSA does; None takes the usual one
        of the key with the digest.
    :raises InvalidTypeError: when a field has the wrong type.
    :raises InvalidInputError: when one has a value that it must not have.
    :raises ProfileError: when the certificate is not one to sign with, or has no key identifier and needs one.
    :raises KeyMismatchError: when the digest or the algorithm is not one of the key.
    :raises UnsupportedAlgorithm: when the key, or the digest, is one that signs no messages.
    :raises PolicyError: when the algorithm policy refuses the digest.
    :raises GmpkiError: when the public key of the certificate cannot be loaded.
    """

    certificate: Certificate
    signature_algorithm: AlgorithmIdentifier | None = field(default=None, kw_only=True)
    _key: PublicKey = field(init=False, repr=False, compare=False)
    _sid: IssuerAndSerialNumber | bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._check_wishes(self.certificate)
        key: PublicKey = self.certificate.public_key
        if self.signature_algorithm is not None:
            key = key_for(key, self.signature_algorithm, DEFAULT_POLICY)
        if self.digest is not None and self.digest != hash_of_key(key):
            key = _with_digest(key, self.digest)
        if self.user_id is not None and not isinstance(key, SM2PublicKey):
            raise InvalidInputError("only SM2 signatures have a user id")
        digest_algorithm(hash_of_key(key))
        object.__setattr__(self, "_key", key)
        certificate = self.certificate
        if self.key_identifier:
            object.__setattr__(self, "_sid", certificate.subject_key_identifier)
        else:
            object.__setattr__(self, "_sid", IssuerAndSerialNumber(certificate.issuer, certificate.serial_number))

    @property
    def hash_name(self) -> str:
        """The hash of the content and of the signature."""
        return hash_of_key(self._key)

    @property
    def public_key(self) -> PublicKey:
        """The key of the certificate, as it is used."""
        return self._key

    @property
    def needed(self) -> tuple[tuple[str, ...], tuple[bytes, ...]]:
        """The hashes and prefixes that :class:`~gmpki.cms.digests.ContentDigests` needs for this signer."""
        if self.attributes or not isinstance(self._key, SM2PublicKey):
            return (self.hash_name,), ()
        return (), (self._key.za(user_id=self.user_id),)

    def unsigned(self, digests: ContentDigests, content_type: str | None, profile: MessageProfile) -> Unsigned:
        """Return the entry of this signer up to its signature.

        :param content_type: None for a counter-signature.
        :raises ProfileError: when the profile has no such signer, or the content type asks for signed attributes.
        :raises MessageError: "content-is-attributes" when the content itself would pass for signed attributes.
        :raises UnsupportedAlgorithm: when a content cannot be signed without attributes, as with Ed25519.
        """
        rules = profile.rules
        is_sm2 = isinstance(self._key, SM2PublicKey)
        if self.key_identifier and not rules.key_identifiers:
            raise ProfileError(f"the profile {profile.value} names signers by issuer and serial number alone")
        if not is_sm2 and not rules.versions_by_content:
            raise ProfileError(f"the profile {profile.value} has SM2 signers alone; others are of RFC5652")
        signed = data = None
        if self.attributes:
            digest = digests.hash(self.hash_name)
            signed = build_signed(content_type, digest, self.signing_time, self.signed_attributes)
            data = der.encode(der.Tag.SET, signed)
        else:
            _check_bare(digests, content_type)
            data = digests.content
        info = SignerInfo(
            rules.signer_version(key_identifier=self.key_identifier),
            self._sid,
            digest_algorithm(self.hash_name),
            signed,
            self._identifier(profile),
            b"",
            encode_attributes(self.unsigned_attributes) if self.unsigned_attributes else None,
        )
        return Unsigned(info, data, self._key, digests, self.user_id)

    def _identifier(self, profile: MessageProfile) -> AlgorithmIdentifier:
        """Return what stands beside the signature."""
        own = self._key.signature_algorithm
        if own.algorithm in SM2_SIGNATURES:
            return profile.rules.sm2_signature
        return profile.rules.rsa_signature if own.algorithm in _RSA_PKCS1 else own


_RSA_PKCS1: Final = frozenset((oids.RSA_SHA256, oids.RSA_SHA384, oids.RSA_SHA512))


def _with_digest(key: PublicKey, digest: str) -> PublicKey:
    using = getattr(key, "using", None)
    if using is None:
        raise KeyMismatchError(f"the key signs with {hash_of_key(key)}, not with {digest}")
    found: PublicKey = using(hash_name=digest)
    return found


def _check_bare(digests: ContentDigests, content_type: str | None) -> None:
    """Check that a content may be signed without attributes."""
    if content_type is not None and content_type not in _DATA_TYPES:
        raise ProfileError(f"a content of the type {oids.find(content_type).name} is signed with signed attributes")
    if digests.is_attributes:
        raise MessageError(
            "content-is-attributes",
            "the content is the encoding of signed attributes; signed as it is, it would pass for those of a message",
        )


@dataclass(frozen=True)
class SignerSpec(_Wishes):
    """Somebody who signs. Immutable; thread-safe when the signer is.

    >>> SignerSpec(key, certificate)  # doctest: +SKIP
    >>> SignerSpec(key, certificate, attributes=False)  # the content itself  # doctest: +SKIP

    :ivar signer: the private key, wherever it lives.
    :ivar certificate: its certificate: of a pair, the signing one.
    :raises KeyMismatchError: when the key is not that of the certificate.

    The other fields and errors are those of :class:`SignerPlan`.
    """

    signer: Signer
    certificate: Certificate
    plan: SignerPlan = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        demand_signer(self.signer)
        member(self.certificate, Certificate, "certificate")
        if self.signer.public_key.to_der() != self.certificate.public_key.to_der():
            raise KeyMismatchError("the private key is not that of the certificate")
        if self.digest is not None and isinstance(self.signer, HashedPrivateKey):
            using = getattr(self.signer, "using")  # noqa: B009 - each of the two classes has its own
            object.__setattr__(self, "signer", using(hash_name=self.digest))
        wishes = {name: getattr(self, name) for name in _WISHES}
        plan = SignerPlan(certificate=self.certificate, signature_algorithm=self.signer.signature_algorithm, **wishes)
        object.__setattr__(self, "plan", plan)

    def sign(self, digests: ContentDigests, content_type: str | None, profile: MessageProfile) -> SignerInfo:
        """Return the entry of this signer; errors as :meth:`SignerPlan.unsigned`, and those of the key.

        :raises FaultDetected: when the signer is none of this package, and its signature does not hold.
        """
        waiting = self.plan.unsigned(digests, content_type, profile)
        digest = waiting.digest() if waiting.info.signed_attributes is None else None
        if digest is not None:
            signature = self.signer.sign_digest(digest)
        else:
            signature = self.signer.sign(waiting.data or b"", user_id=self.plan.user_id)
        encoded = as_bytes(signature, "the signature")
        # Keys in software look after their own; a token may answer with anything.
        if not isinstance(self.signer, (SM2PrivateKey, HashedPrivateKey)):
            encoded = waiting.verified(encoded, digest)
        return waiting.signed(encoded)


_WISHES: Final = tuple(_Wishes.__dataclass_fields__)
