"""Recipients: how the key of a content is encrypted to them, and how they find and decrypt it.

Nobody can tell from an error, nor from the work that is done, why a key or a content could not be decrypted; only an
encrypted key that has not even the form of one, which everybody sees, takes less time.

With SM2 the key carries its own proof (C3); when that fails, everything goes on with a random key and fails at the end.
With RSA and PKCS #1 v1.5 nothing may be said about the padding: a wrong one gives a key of the right length that only
the holder of the private key could foresee, and the content then fails as it fails with any wrong key (RFC 3218 2.3.2).
CBC does not authenticate: one time in 256 such a key gives a content, of random bytes, instead of an error. Who cannot
have that takes OAEP, GCM or a signed content.

:standard: RFC 5652 6.2.1; RFC 3218 2.3.2; RFC 3560 (OAEP); GM/T 0010-2012 (confidence B)
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gmpki import oids
from gmpki._inputs import as_bytes, iterated, member
from gmpki.algorithms import rand, sm3
from gmpki.algorithms.sm2 import CiphertextFormat
from gmpki.asn1.gmt0009 import SM2Cipher
from gmpki.asn1.rfc5652 import IssuerAndSerialNumber, KeyTransRecipientInfo
from gmpki.cms.key_history import KeyEntry, KeyHistory, computed_key_identifier
from gmpki.cms.profiles import MessageProfile
from gmpki.cms.variants import Variant
from gmpki.errors import (
    DecodeError,
    DecryptionError,
    InvalidInputError,
    InvalidTypeError,
    LimitExceeded,
    NoRecipientError,
    ProfileError,
    UnsupportedAlgorithm,
)
from gmpki.keys.ciphertext import SM2Ciphertext
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.keys.sm2_public import SM2PublicKey
from gmpki.x509.certificate import Certificate
from gmpki.x509.names import format_name
from gmpki.x509.pair import CertificatePair
from gmpki.x509.profile import ENCRYPTION_USAGES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from typing_extensions import Buffer

    from gmpki.algorithms.rsa import EncryptionPadding
    from gmpki.asn1.rfc5280 import AlgorithmIdentifier
    from gmpki.asn1.rfc5652 import RecipientInfo
    from gmpki.cms.content_ciphers import CipherParameters, ContentDecryptor

__all__ = ["MAX_RECIPIENTS", "SM2_IDENTIFIERS", "ContentKey", "Recipient", "content_key", "recipient_infos"]

MAX_RECIPIENTS: Final = 4096
"""The most recipients that a message is written for."""

_SHOWN_RECIPIENTS: Final = 8
# What stands beside a key that SM2 encrypted, and what it is called where it is not SM2-3.
SM2_IDENTIFIERS: Final = {
    oids.SM2_ENCRYPT: None,
    oids.SM2_EXCHANGE: Variant.EXCHANGE_AS_KEY_ENCRYPTION,
    oids.SM2: Variant.PUBLIC_KEY_AS_KEY_ENCRYPTION,
    oids.EC_PUBLIC_KEY: Variant.PUBLIC_KEY_AS_KEY_ENCRYPTION,
}
_RAW_FORMATS: Final = (
    CiphertextFormat.C1C3C2,
    CiphertextFormat.C1C2C3,
    CiphertextFormat.C1C3C2_BARE,
    CiphertextFormat.C1C2C3_BARE,
    CiphertextFormat.C1C3C2_COMPRESSED,
)
_SUBSTITUTE_SECRET: list[bytes] = []


# ---- writing ------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody a message is encrypted to. Immutable; thread-safe.

    Whether the certificate is valid and not revoked is for the path validation to say, before.

    :ivar certificate: the certificate of the encryption key.
    :ivar key_identifier: name the recipient by the identifier of the key instead of issuer and serial number; None is
        what the profile does: CFCA has the identifier. GM/T 0010 does not know it.
    :ivar padding: of RSA: PKCS #1 v1.5, which everything reads, or OAEP with SHA-256, in RFC5652 only.
    :ivar any_usage: take a certificate whose keyUsage does not allow encryption.
    :raises InvalidTypeError: when a field has the wrong type.
    :raises ProfileError: when the keyUsage of the certificate does not allow encryption, which is that of a signing
        certificate, for instance.
    :raises DecodeError: when the keyUsage is malformed.
    """

    certificate: Certificate
    key_identifier: bool | None = None
    padding: EncryptionPadding | None = None
    any_usage: bool = False

    def __post_init__(self) -> None:
        member(self.certificate, Certificate, "the certificate of a recipient")
        if self.padding is not None:
            from gmpki.algorithms.rsa import EncryptionPadding

            member(self.padding, EncryptionPadding, "padding")
        if self.key_identifier is not None:
            member(self.key_identifier, bool, "key_identifier")
        member(self.any_usage, bool, "any_usage")
        usages = self.certificate.key_usage
        if usages is not None and not usages & ENCRYPTION_USAGES and not self.any_usage:
            raise ProfileError(
                f"the keyUsage of the certificate {self.certificate.serial_number:x} allows no encryption: it is not "
                "the encryption certificate of its pair; Recipient(..., any_usage=True) takes it all the same"
            )


def recipient_infos(
    key: Buffer, recipients: Iterable[Recipient | Certificate | CertificatePair], profile: MessageProfile
) -> tuple[KeyTransRecipientInfo, ...]:
    """Encrypt the key of a content to each recipient.

    :param key: the key of the content.
    :param recipients: 1 to 4096; a certificate stands for a Recipient with nothing special, of a pair its encryption
        certificate is taken.
    :param profile: decides how recipients and algorithms are named.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when there is no recipient, or one is there twice.
    :raises LimitExceeded: for more than 4096 recipients.
    :raises ProfileError: when the profile does not have what is asked for, or a certificate is not for encryption.
    :raises UnsupportedAlgorithm: when the key of a certificate is neither of SM2 nor of RSA.
    :raises GmpkiError: when the public key of a certificate cannot be loaded, as
        :attr:`Certificate.public_key <gmpki.x509.certificate.Certificate.public_key>`.
    :raises RandomSourceError: when the random source fails.
    """
    secret = as_bytes(key, "the key")
    member(profile, MessageProfile, "profile")
    given = iterated(recipients, "recipients", most=MAX_RECIPIENTS + 1)
    if not given:
        raise InvalidInputError("a message is encrypted to at least one recipient")
    if len(given) > MAX_RECIPIENTS:
        raise LimitExceeded(f"a message is written for at most {MAX_RECIPIENTS} recipients")
    seen: set[bytes] = set()
    infos = []
    for recipient in map(_recipient, given):
        if recipient.certificate.der in seen:
            raise InvalidInputError(f"the recipient {recipient.certificate.serial_number:x} is there twice")
        seen.add(recipient.certificate.der)
        infos.append(_encrypted_to(recipient, secret, profile))
    return tuple(infos)


def _recipient(given: object) -> Recipient:
    if isinstance(given, Recipient):
        return given
    if isinstance(given, CertificatePair):
        return Recipient(given.encryption)
    if isinstance(given, Certificate):
        return Recipient(given)
    raise InvalidTypeError(f"a recipient is a Recipient, Certificate or CertificatePair, not {type(given).__name__}")


def _encrypted_to(recipient: Recipient, secret: bytes, profile: MessageProfile) -> KeyTransRecipientInfo:
    certificate, rules = recipient.certificate, profile.rules
    public_key = certificate.public_key
    rid: IssuerAndSerialNumber | bytes
    by_key = rules.recipients_by_key_identifier if recipient.key_identifier is None else recipient.key_identifier
    if by_key and not rules.key_identifiers:
        raise ProfileError(f"the profile {profile.value} names recipients by issuer and serial number alone")
    if by_key:
        rid = certificate.subject_key_identifier or computed_key_identifier(certificate)
    else:
        rid = IssuerAndSerialNumber(certificate.issuer, certificate.serial_number)
    if isinstance(public_key, SM2PublicKey):
        if recipient.padding is not None:
            raise InvalidInputError("a padding is chosen for RSA; SM2 has none")
        algorithm, encrypted = rules.sm2_encryption, public_key.encrypt(secret)
    else:
        algorithm, encrypted = _encrypted_with_rsa(recipient, secret, profile)
    return KeyTransRecipientInfo(rules.recipient_version(key_identifier=by_key), rid, algorithm, encrypted)


def _encrypted_with_rsa(
    recipient: Recipient, secret: bytes, profile: MessageProfile
) -> tuple[AlgorithmIdentifier, bytes]:
    from gmpki.keys.rsa import EncryptionPadding, RSAPublicKey

    public_key = recipient.certificate.public_key
    if not isinstance(public_key, RSAPublicKey):
        raise UnsupportedAlgorithm(
            f"keys are encrypted with SM2 and RSA; the certificate {recipient.certificate.serial_number:x} has "
            f"{recipient.certificate.public_key_info.algorithm.shown}"
        )
    if recipient.padding is EncryptionPadding.OAEP:
        from gmpki.keys.rsa_oaep import oaep_algorithm

        if profile is not MessageProfile.RFC5652:
            raise ProfileError(f"OAEP is of the profile rfc5652, not of {profile.value}")
        return oaep_algorithm("sha256"), public_key.encrypt(secret, padding=EncryptionPadding.OAEP)
    return profile.rules.rsa_encryption, public_key.encrypt(secret, padding=EncryptionPadding.PKCS1V15)


# ---- reading ------------------------------------------------------------------------------
class ContentKey:
    """The key of a content as a recipient decrypted it, or what stands for it. Immutable; thread-safe.

    Whether the key is right shows only when the content has been decrypted.

    :ivar recipient: the entry of the key history that it was encrypted to.
    :ivar info: what the message says about that recipient.
    :ivar variants: what is unusual about :attr:`info`.
    """

    __slots__ = ("_doomed", "_key", "info", "recipient", "variants")

    def __init__(
        self,
        key: bytes,
        recipient: KeyEntry,
        info: KeyTransRecipientInfo,
        variants: tuple[Variant, ...] = (),
        *,
        doomed: bool = False,
    ) -> None:
        self._key = key
        self._doomed = doomed
        self.recipient = recipient
        self.info = info
        self.variants = variants

    def decryptor(
        self, parameters: CipherParameters, tag: bytes | None = None, associated_data: bytes = b""
    ) -> ContentDecryptor:
        """Return a context that decrypts the content; it fails at its end when this is not the key."""
        return parameters.decryptor(self._key, tag, associated_data, doomed=self._doomed)

    def decrypt(
        self,
        parameters: CipherParameters,
        ciphertext: Buffer,
        tag: bytes | None = None,
        associated_data: bytes = b"",
    ) -> bytes:
        """Decrypt a whole content.

        :raises DecryptionError: when it cannot be decrypted, for whatever cause.
        """
        return parameters.decrypt(self._key, ciphertext, tag, associated_data, doomed=self._doomed)

    def __repr__(self) -> str:
        return f"<ContentKey for {self.recipient.certificate.serial_number:x}>"


def content_key(infos: Sequence[RecipientInfo], keys: KeyHistory, key_len: int) -> ContentKey:
    """Find a recipient of a message whose key is at hand, and decrypt the key of the content.

    Nothing is said about whether that succeeded: see :class:`ContentKey`. The first recipient counts that is found.

    :param infos: the recipients that the message names.
    :param keys: the private keys at hand.
    :param key_len: the length of the content cipher's key in bytes.
    :raises NoRecipientError: when none of the keys belongs to one of the recipients.
    :raises UnsupportedAlgorithm: when the key is encrypted with an algorithm that is not done, or one that the
        private key at hand does not do.
    :raises DecodeError: when the parameters of the algorithm are malformed.
    :raises InvalidTypeError: when keys is no KeyHistory, or a private key returns something else than bytes.
    :raises GmpkiError: what a private key outside raises that is no DecryptionError, such as a token that is gone.
    """
    member(keys, KeyHistory, "keys")
    for info in infos:
        if isinstance(info, KeyTransRecipientInfo):
            entry = keys.find(info.rid)
            if entry is not None:
                return _decrypted(info, entry, key_len)
    raise NoRecipientError(f"no key is at hand for any recipient of the message: {_shown(infos)}")


def _shown(infos: Sequence[RecipientInfo]) -> str:
    shown = []
    for info in infos[:_SHOWN_RECIPIENTS]:
        if not isinstance(info, KeyTransRecipientInfo):
            shown.append("one by another way than key transport")
        elif isinstance(info.rid, bytes):
            shown.append(f"key {info.rid[:32].hex()}")
        else:
            shown.append(f"{info.rid.serial_number & (1 << 256) - 1:x} of {format_name(info.rid.issuer)[:200]}")
    more = len(infos) - len(shown)
    return "; ".join(shown) + (f"; and {more} more" if more else "")


def _decrypted(info: KeyTransRecipientInfo, entry: KeyEntry, key_len: int) -> ContentKey:
    algorithm = info.key_encryption_algorithm
    if entry.certificate.public_key_info.algorithm.algorithm == oids.RSA_ENCRYPTION:
        return _decrypted_with_rsa(info, entry, key_len)
    if algorithm.algorithm not in SM2_IDENTIFIERS:
        raise UnsupportedAlgorithm(f"the key is encrypted with {algorithm.shown} to an SM2 key")
    if algorithm.algorithm != oids.EC_PUBLIC_KEY and not algorithm.has_no_parameters:
        raise DecodeError(f"parameters with {algorithm.shown}", path=("keyEncryptionAlgorithm",))
    named = SM2_IDENTIFIERS[algorithm.algorithm]
    variants = [] if named is None else [named]
    try:
        SM2Cipher.from_der(info.encrypted_key)
        is_der = True
    except InvalidInputError:
        is_der = False
        variants.append(Variant.RAW_CIPHERTEXT)
    # Drawn in every case, so that success and failure cost the same.
    substitute = rand.random_bytes(key_len)
    found = _decrypted_with_sm2(info.encrypted_key, entry, is_der=is_der)
    failed = found is None or len(found) != key_len
    key = substitute if found is None or failed else found
    return ContentKey(key, entry, info, tuple(variants), doomed=failed)


def _decrypted_with_sm2(encrypted: bytes, entry: KeyEntry, *, is_der: bool) -> bytes | None:
    """Return what SM2 decrypts, or None when C3 says that it is nothing."""
    decryptor = entry.decryptor
    if isinstance(decryptor, SM2PrivateKey):
        formats = CiphertextFormat.DER if is_der else CiphertextFormat.AUTO_WITH_C1C2C3
        try:
            return decryptor.decrypt(encrypted, formats=formats)
        except DecryptionError:
            return None
    # A token takes the form of the standard and no other; which raw form it is, C3 says.
    for form in (encrypted,) if is_der else _as_der(encrypted):
        with suppress(DecryptionError):
            return as_bytes(decryptor.decrypt(form), "what the decryptor returns")
    return None


def _as_der(encrypted: bytes) -> list[bytes]:
    """Return what a raw ciphertext can be, as DER."""
    found = []
    for form in _RAW_FORMATS:
        with suppress(InvalidInputError):
            found.append(SM2Ciphertext.from_bytes(encrypted, form).to_bytes(CiphertextFormat.DER))
    return found


def _decrypted_with_rsa(info: KeyTransRecipientInfo, entry: KeyEntry, key_len: int) -> ContentKey:
    from gmpki.keys.rsa import EncryptionPadding, RSAPrivateKey

    algorithm = info.key_encryption_algorithm
    decryptor = entry.decryptor
    if algorithm.algorithm == oids.RSA_OAEP:
        from gmpki.keys.rsa_oaep import read_oaep

        hash_name = read_oaep(algorithm)
        if not isinstance(decryptor, RSAPrivateKey):
            raise UnsupportedAlgorithm("OAEP is done with software keys; a Decryptor decrypts PKCS #1 v1.5")
        try:
            key = decryptor.decrypt(
                info.encrypted_key, padding=EncryptionPadding.OAEP, hash_name=hash_name, expected_len=key_len
            )
        except DecryptionError:
            return ContentKey(rand.random_bytes(key_len), entry, info, doomed=True)
        return ContentKey(key, entry, info)
    if algorithm.algorithm != oids.RSA_ENCRYPTION:
        raise UnsupportedAlgorithm(f"the key is encrypted with {algorithm.shown} to an RSA key")
    if not algorithm.has_no_parameters:
        raise DecodeError(f"parameters with {algorithm.shown}", path=("keyEncryptionAlgorithm",))
    # Not doomed, whatever comes: to fail always where a wrong key would seldom succeed is an oracle too.
    substitute = _substitute(info.encrypted_key, key_len)
    try:
        if isinstance(decryptor, RSAPrivateKey):
            key = decryptor.decrypt(info.encrypted_key, padding=EncryptionPadding.PKCS1V15, expected_len=key_len)
        else:
            key = as_bytes(decryptor.decrypt(info.encrypted_key), "what the decryptor returns")
    except DecryptionError:
        key = substitute
    return ContentKey(key if len(key) == key_len else substitute, entry, info)


def _substitute(encrypted: bytes, key_len: int) -> bytes:
    """Return a key for a ciphertext that holds none, the same for the same ciphertext as long as the process lives.

    A private key in a token gives nothing to derive it from that would outlive the process.
    """
    if not _SUBSTITUTE_SECRET:
        _SUBSTITUTE_SECRET.append(rand.random_bytes(32))
    return sm3.hmac(_SUBSTITUTE_SECRET[0], encrypted)[:key_len]
