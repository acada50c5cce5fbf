"""How the encryption key of a pair travels when it is no SM2 key: as PKCS #8 in an envelope to the signing key.

It is a :class:`~gmpki.x509.delivery.KeyDelivery` for an authority that issues pairs of RSA, or of both kinds:

>>> from gmpki.cms.pair_delivery import EnvelopedDelivery, open_enveloped_delivery
>>> issuer.issue_pair(request, profile, delivery=EnvelopedDelivery())  # doctest: +SKIP
>>> open_enveloped_delivery(delivered, pair, signing_key)  # doctest: +SKIP

:standard: RFC 5652 6; RFC 5958 (the key inside). No standard says that pairs are delivered so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from gmpki._inputs import member
from gmpki.cms.content_ciphers import ContentCipher
from gmpki.cms.enveloped import decrypt
from gmpki.cms.enveloping import encrypt
from gmpki.cms.profiles import MessageProfile
from gmpki.cms.recipients import Recipient
from gmpki.errors import DecryptionError, GmpkiError, KeyMismatchError, UnsupportedAlgorithm
from gmpki.keys.loader import load_private_key
from gmpki.keys.rsa import EncryptionPadding, RSAPrivateKey, RSAPublicKey
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.keys.sm2_public import SM2PublicKey
from gmpki.x509.pair import CertificatePair

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from gmpki.keys.interfaces import Decryptor

__all__ = ["EnvelopedDelivery", "open_enveloped_delivery"]


@dataclass(frozen=True, slots=True)
class EnvelopedDelivery:
    """The DER of EnvelopedData, or with GCM AuthEnvelopedData, that holds PKCS #8. Immutable; thread-safe.

    The recipient is the holder of the signing certificate, whose keyUsage does not allow encryption: it is the only key
    that the owner has yet, and the one that SM2 pairs are delivered to as well.

    :ivar cipher: of the content; what is changed on the way is found with any, because the key must fit its
        certificate.
    :ivar padding: of RSA: OAEP, which is no oracle for whoever can make the owner open deliveries; or PKCS #1 v1.5, for
        tokens that do nothing else.
    :raises InvalidTypeError: when a field has the wrong type.
    """

    cipher: ContentCipher = ContentCipher.AES256_CBC
    padding: EncryptionPadding = EncryptionPadding.OAEP

    def __post_init__(self) -> None:
        member(self.cipher, ContentCipher, "cipher")
        member(self.padding, EncryptionPadding, "padding")

    def check(self, encryption_key: object, signing_key: object) -> None:
        """Refuse keys that cannot be delivered so: others than those of RSA and SM2.

        :raises UnsupportedAlgorithm: when one is not of these.
        """
        if not isinstance(encryption_key, (RSAPrivateKey, SM2PrivateKey)):
            raise UnsupportedAlgorithm(
                f"an encryption key of RSA or SM2 is delivered, not {type(encryption_key).__name__}"
            )
        if not isinstance(signing_key, (RSAPublicKey, SM2PublicKey)):
            raise UnsupportedAlgorithm(f"it is delivered to a key of RSA or SM2, not {type(signing_key).__name__}")

    def deliver(self, encryption_key: object, pair: CertificatePair) -> bytes:
        """Return the envelope.

        :raises InvalidTypeError: when pair is no CertificatePair.
        :raises UnsupportedAlgorithm: when a key is neither of RSA nor of SM2.
        :raises KeyMismatchError: when the private key is not that of the encryption certificate, or the owner's key is
            for signatures of RSASSA-PSS alone.
        :raises RandomSourceError: when the random source fails.
        """
        member(pair, CertificatePair, "pair")
        receiver = pair.signing.public_key
        self.check(encryption_key, receiver)
        key = cast("RSAPrivateKey | SM2PrivateKey", encryption_key)
        if key.public_key.to_der() != pair.encryption.public_key.to_der():
            raise KeyMismatchError("the encryption key is not that of the pair's encryption certificate")
        padding = self.padding if isinstance(receiver, RSAPublicKey) else None
        recipient = Recipient(pair.signing, padding=padding, any_usage=True)
        return encrypt(key.to_der(), [recipient], profile=MessageProfile.RFC5652, cipher=self.cipher)


def open_enveloped_delivery(
    data: Buffer, pair: CertificatePair, signing_key: Decryptor
) -> RSAPrivateKey | SM2PrivateKey:
    """Open what :class:`EnvelopedDelivery` wrote, and check that the key is that of the encryption certificate.

    :param data: the message.
    :param pair: both certificates.
    :param signing_key: the owner's signing key, in software or in a token that decrypts.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises KeyMismatchError: when the signing key is not that of the signing certificate.
    :raises DecodeError: when the message is malformed.
    :raises MessageError: when it is no envelope.
    :raises UnsupportedAlgorithm: when an algorithm in it is not done.
    :raises NoRecipientError: when it is not for this signing certificate.
    :raises DecryptionError: when it cannot be decrypted, or what comes out is not the key of the encryption
        certificate: one error, because who tells the two apart is an oracle.
    """
    member(pair, CertificatePair, "pair")
    opened = decrypt(data, [(pair.signing, signing_key)])
    try:
        key = load_private_key(opened.content)
        if key.public_key.to_der() != pair.encryption.public_key.to_der():
            raise DecryptionError
    except GmpkiError:
        raise DecryptionError from None
    if not isinstance(key, (RSAPrivateKey, SM2PrivateKey)):
        raise DecryptionError
    return key
