"""The kinds of keys that a centre keeps: how they are made, stored and delivered.

A private key is stored as the number of 32 bytes for SM2, as PKCS #8 for RSA.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, TypeAlias, cast

from gmpki._inputs import as_text, member
from gmpki.errors import DecryptionError, GmpkiError, UnsupportedAlgorithm
from gmpki.keys.envelope import KeyEnvelope
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.keys.sm2_public import SM2PublicKey

if TYPE_CHECKING:
    from gmpki.asn1.rfc5280 import AlgorithmIdentifier
    from gmpki.keys.interfaces import PublicKey
    from gmpki.keys.rsa import RSAPrivateKey

    EscrowedKey: TypeAlias = SM2PrivateKey | RSAPrivateKey

__all__ = ["SM2", "check_owner", "checked_kind", "deliver", "generate_many", "read_private", "write_private"]

SM2: Final = "SM2"
_RSA: Final = re.compile("RSA-(2048|3072|4096)", re.ASCII)


def checked_kind(kind: str) -> str:
    """Return the name of a kind.

    :raises InvalidTypeError: when it is no ``str``.
    :raises UnsupportedAlgorithm: when it is none of SM2, RSA-2048, RSA-3072 and RSA-4096.
    """
    if as_text(kind, "kind") != SM2 and not _RSA.fullmatch(kind):
        raise UnsupportedAlgorithm(f"keys of SM2, RSA-2048, RSA-3072 and RSA-4096 are kept, not {kind[:40]!r}")
    return kind


def generate_many(kind: str, count: int) -> list[EscrowedKey]:
    """Make keys, those of SM2 several at a time where the processor can.

    :raises RandomSourceError: when the random source fails.
    """
    if kind == SM2:
        return [*SM2PrivateKey.generate_batch(count)]
    from gmpki.keys.rsa import RSAPrivateKey

    return [RSAPrivateKey.generate(int(kind[4:])) for _ in range(count)]


def write_private(key: EscrowedKey) -> bytes:
    """Return a private key as it is sealed. Secret."""
    return key.to_bytes() if isinstance(key, SM2PrivateKey) else key.to_der()


def read_private(data: bytes, kind: str, public_key: bytes) -> EscrowedKey:
    """Return the private key that was sealed.

    :param public_key: the DER of its SubjectPublicKeyInfo.
    :raises DecryptionError: when it is not that key.
    """
    from gmpki.keys.loader import load_private_key

    try:
        key = SM2PrivateKey.from_bytes(data) if kind == SM2 else load_private_key(data)
    except GmpkiError:
        raise DecryptionError from None
    if key.public_key.to_der() != public_key:
        raise DecryptionError
    return cast("EscrowedKey", key)  # of the kind of the public key


def check_owner(owner: object) -> None:
    """Refuse a signing key to which nothing can be encrypted.

    :raises InvalidTypeError: when it is no public key.
    :raises UnsupportedAlgorithm: when it is neither of SM2 nor of RSA.
    """
    if isinstance(owner, SM2PublicKey):
        return
    from gmpki.keys.interfaces import PublicKey as AnyPublicKey
    from gmpki.keys.rsa import RSAPublicKey

    if not isinstance(owner, RSAPublicKey):
        member(owner, AnyPublicKey, "the owner's key")
        raise UnsupportedAlgorithm(f"keys are delivered to owners with a key of SM2 or RSA, not {type(owner).__name__}")


def deliver(key: EscrowedKey, owner: PublicKey) -> bytes:
    """Return a private key, enveloped for its owner.

    An SM2 key for an SM2 key travels as SM2EnvelopedKey (GM/T 0009). No standard says how the others do: here as
    PKCS #8 in EnvelopedData (RFC 5652) whose recipient is named by the identifier of the owner's key, which
    :func:`~gmpki.cms.pair_delivery.open_enveloped_delivery` opens.

    :raises InvalidInputError: when the owner's key is the key itself.
    :raises UnsupportedAlgorithm: when the owner's key is neither of SM2 nor of RSA.
    :raises KeyMismatchError: when the owner's key is for signatures of RSASSA-PSS alone.
    :raises RandomSourceError: when the random source fails.
    """
    if isinstance(key, SM2PrivateKey) and isinstance(owner, SM2PublicKey):
        return KeyEnvelope.seal(key, owner).to_der()
    check_owner(owner)
    return _enveloped(key.to_der(), owner)


def _enveloped(content: bytes, owner: PublicKey) -> bytes:
    from gmpki.asn1 import der
    from gmpki.asn1.ber_writer import MessageFrame
    from gmpki.asn1.rfc5652.enveloped import KeyTransRecipientInfo, encode_recipients
    from gmpki.cms.content_ciphers import ContentCipher
    from gmpki.cms.enveloping import new_parameters
    from gmpki.cms.profiles import MessageKind, MessageProfile
    from gmpki.x509.certificate_builder import key_identifier

    profile = MessageProfile.RFC5652
    rules = profile.rules
    parameters = new_parameters(ContentCipher.AES256_CBC, profile)
    content_key = parameters.cipher.generate_key()
    algorithm, encrypted = _encrypted_key(content_key, owner, rules.sm2_encryption)
    version = rules.recipient_version(key_identifier=True)
    recipient = KeyTransRecipientInfo(version, key_identifier(owner), algorithm, encrypted)
    before = der.encode_integer(rules.enveloped_version(key_identifiers=True)) + encode_recipients((recipient,))
    inside = der.encode_oid(profile.inner_type(None)) + parameters.algorithm.to_der()
    frame = MessageFrame(profile.content_type(MessageKind.ENVELOPED_DATA), before, inside, implicit=True)
    ciphertext, _ = parameters.encrypt(content_key, content)
    return frame.around(ciphertext, b"")


def _encrypted_key(
    content_key: bytes, owner: PublicKey, sm2_encryption: AlgorithmIdentifier
) -> tuple[AlgorithmIdentifier, bytes]:
    if isinstance(owner, SM2PublicKey):
        return sm2_encryption, owner.encrypt(content_key)
    from gmpki.keys.rsa import EncryptionPadding, RSAPublicKey
    from gmpki.keys.rsa_oaep import oaep_algorithm

    assert isinstance(owner, RSAPublicKey)  # noqa: S101 - check_owner has seen to it
    return oaep_algorithm("sha256"), owner.encrypt(content_key, padding=EncryptionPadding.OAEP)
