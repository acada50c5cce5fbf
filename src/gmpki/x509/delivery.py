"""How the encryption key of a pair reaches its owner: encrypted to the owner's signing key, in a form that suits.

An authority calls a :class:`KeyDelivery` when it has issued a pair. Three are ready, all for SM2: the bare envelope of
GM/T 0009, the answer to a request of GM/T 0092 with the certificates in it, and the block that a token imports
(GM/T 0016). What they wrote, :func:`open_delivery` opens again.

Keys of other algorithms need another one: any object with the same method.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol, cast, runtime_checkable

from gmpki._inputs import as_bytes, member
from gmpki.asn1 import der
from gmpki.asn1.gmt0092 import CSRResponse
from gmpki.errors import DecodeError, InvalidInputError, KeyMismatchError, UnsupportedAlgorithm
from gmpki.keys.envelope import KeyEnvelope, SKFLayout
from gmpki.keys.interfaces import Decryptor
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.keys.sm2_public import SM2PublicKey
from gmpki.x509.certificate import Certificate
from gmpki.x509.pair import CertificatePair

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = [
    "CSRResponseDelivery",
    "EnvelopeDelivery",
    "KeyDelivery",
    "OpenedDelivery",
    "ReadDelivery",
    "SKFBlobDelivery",
    "open_delivery",
    "read_delivery",
]

_MAX_DELIVERY_LEN: Final = 1 << 22
_BLOB_START: Final = b"\x01\x00\x00\x00"  # version 1, as a C structure has it


@runtime_checkable
class KeyDelivery(Protocol):
    """A way to hand the encryption key of a pair to its owner."""

    def check(self, encryption_key: object, signing_key: object) -> None:
        """Refuse keys that cannot be delivered so; asked before the certificates are signed.

        :param encryption_key: the private key.
        :param signing_key: the public key of the owner's signing key.
        :raises UnsupportedAlgorithm: when they are not of a kind that can be delivered so.
        """

    def deliver(self, encryption_key: object, pair: CertificatePair) -> bytes:
        """Return what is sent to the owner.

        :param encryption_key: the private key of the pair's encryption certificate.
        :raises UnsupportedAlgorithm: when the keys are not of a kind that can be delivered so.
        """


class _SM2Delivery:
    """What the ready deliveries have in common."""

    __slots__ = ()

    def check(self, encryption_key: object, signing_key: object) -> None:
        """Refuse keys that are not of SM2.

        :raises UnsupportedAlgorithm: when one is not.
        """
        for what, key, kind in (
            ("encryption", encryption_key, SM2PrivateKey),
            ("signing", signing_key, SM2PublicKey),
        ):
            if not isinstance(key, kind):
                raise UnsupportedAlgorithm(
                    f"the {what} key is no {kind.__name__} but {type(key).__name__}; keys of other algorithms travel "
                    "as EnvelopedData or PKCS #12, by a KeyDelivery of the caller's"
                )

    def _sealed(self, encryption_key: object, pair: CertificatePair) -> KeyEnvelope:
        """Encrypt the key to the owner's signing key."""
        member(pair, CertificatePair, "pair")
        receiver = pair.signing.public_key
        self.check(encryption_key, receiver)
        key = cast("SM2PrivateKey", encryption_key)
        if key.public_key != pair.encryption.public_key:
            raise KeyMismatchError("the encryption key is not that of the pair's encryption certificate")
        return KeyEnvelope.seal(key, cast("SM2PublicKey", receiver))


@dataclass(frozen=True, slots=True)
class EnvelopeDelivery(_SM2Delivery):
    """The DER of SM2EnvelopedKey and nothing else.

    :standard: GM/T 0009-2012 and GB/T 35276-2017, the format that protects a key pair
    """

    def deliver(self, encryption_key: object, pair: CertificatePair) -> bytes:
        """Return the envelope.

        :raises InvalidTypeError: when pair is no CertificatePair.
        :raises UnsupportedAlgorithm: when a key is not of SM2.
        :raises KeyMismatchError: when the private key is not that of the encryption certificate.
        """
        return self._sealed(encryption_key, pair).to_der()


@dataclass(frozen=True, slots=True)
class CSRResponseDelivery(_SM2Delivery):
    """The DER of CSRResponse: both certificates, and the key between them.

    :ivar chain: certificates of authorities that go with the signing certificate. They stand in one SET, sorted by
        their bytes, so a reader that takes the first for the applicant's is led astray by them.
    :ivar explicit_key: tag the key explicitly, for readers that take nothing else.
    :standard: GM/T 0092-2020 clause 8
    """

    chain: tuple[Certificate, ...] = ()
    explicit_key: bool = False

    def deliver(self, encryption_key: object, pair: CertificatePair) -> bytes:
        """Return the response; errors as :meth:`EnvelopeDelivery.deliver`.

        :raises InvalidTypeError: also when the chain is no tuple of certificates.
        """
        key = self._sealed(encryption_key, pair).to_structure()
        member(self.chain, tuple, "chain")
        for certificate in self.chain:
            member(certificate, Certificate, "a certificate of the chain")
        signing = (pair.signing.der, *(certificate.der for certificate in self.chain))
        return CSRResponse(signing, key, (pair.encryption.der,)).to_der(explicit_key=self.explicit_key)


@dataclass(frozen=True, slots=True)
class SKFBlobDelivery(_SM2Delivery):
    """The ENVELOPEDKEYBLOB that ``SKF_ImportECCKeyPair`` takes.

    :ivar layout: how wide the driver of the token makes ULONG.
    :standard: GM/T 0016-2012, ENVELOPEDKEYBLOB
    """

    layout: SKFLayout = SKFLayout.ULONG_32

    def deliver(self, encryption_key: object, pair: CertificatePair) -> bytes:
        """Return the block; errors as :meth:`EnvelopeDelivery.deliver`."""
        return self._sealed(encryption_key, pair).to_skf_blob(self.layout)


@dataclass(frozen=True, slots=True)
class OpenedDelivery:
    """What a delivery held.

    :ivar encryption_key: the private key, checked against its public key.
    :ivar pair: the certificates, where the delivery brought them; None otherwise.
    """

    encryption_key: SM2PrivateKey
    pair: CertificatePair | None = None


@dataclass(frozen=True, slots=True)
class ReadDelivery:
    """What a delivery is, unopened.

    :ivar envelope: the encryption key, encrypted to the owner's signing key.
    :ivar pair: the certificates, where the delivery brought them; None otherwise.
    """

    envelope: KeyEnvelope
    pair: CertificatePair | None = None


def read_delivery(data: Buffer) -> ReadDelivery:
    """Read an SM2EnvelopedKey, a CSRResponse or an ENVELOPEDKEYBLOB, whichever it is, without opening it.

    :param data: the bytes; at most 4 MiB.
    :raises InvalidTypeError: when data is not a buffer.
    :raises InvalidInputError: when it is none of the three, holds no key, or is too long.
    :raises DecodeError: when it is malformed.
    :raises KeyMismatchError: when the key is not that of the encryption certificate that came with it.
    :raises ValidationError: when the certificates in it are no pair.
    :raises UnsupportedAlgorithm: when the key is encrypted with something else than SM4-ECB.
    """
    encoded = as_bytes(data, "the delivery")
    if len(encoded) > _MAX_DELIVERY_LEN:
        raise InvalidInputError(f"a delivery has at most {_MAX_DELIVERY_LEN} bytes, not {len(encoded)}")
    brought = None
    if encoded[:4] == _BLOB_START:
        envelope = KeyEnvelope.from_skf_blob(encoded)
    elif _is_response(encoded):
        response = CSRResponse.from_der(encoded)
        if response.encrypted_private_key is None:
            raise InvalidInputError("the response holds no encryption key")
        envelope = KeyEnvelope.from_structure(response.encrypted_private_key)
        certificates = (*response.signing_certificates, *response.encryption_certificates)
        brought = CertificatePair.from_certificates([Certificate.from_der(one) for one in certificates])
    else:
        envelope = KeyEnvelope.from_der(encoded)
    _check_delivered(envelope, brought)
    return ReadDelivery(envelope, brought)


def open_delivery(data: Buffer, signing_key: Decryptor, *, pair: CertificatePair | None = None) -> OpenedDelivery:
    """Open an SM2EnvelopedKey, a CSRResponse or an ENVELOPEDKEYBLOB, whichever it is.

    :param data: the bytes; at most 4 MiB.
    :param signing_key: the owner's signing key, in software or in a token that decrypts.
    :param pair: the certificates, when they came another way; the key must be that of the encryption certificate.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when it is none of the three, holds no key, or is too long.
    :raises DecodeError: when it is malformed.
    :raises DecryptionError: when the key is not for this signing key, or was changed.
    :raises KeyMismatchError: when the key is not that of the encryption certificate, or the signing certificate is for
        another key than signing_key.
    :raises ValidationError: when the certificates in it are no pair.
    :raises UnsupportedAlgorithm: when the key is encrypted with something else than SM4-ECB.
    """
    encoded = as_bytes(data, "the delivery")
    member(signing_key, Decryptor, "signing_key")
    if pair is not None:
        member(pair, CertificatePair, "pair")
    delivery = read_delivery(encoded)
    _check_delivered(delivery.envelope, pair)
    private_key = delivery.envelope.open(signing_key)
    for certificates in (delivery.pair, pair):
        # Anybody can encrypt to the owner: that it opens does not make the certificates beside it the owner's.
        if certificates is not None and certificates.match_keys([signing_key])[0] is None:
            raise KeyMismatchError("the signing certificate is not that of the owner's signing key")
    return OpenedDelivery(private_key, delivery.pair if delivery.pair is not None else pair)


def _check_delivered(envelope: KeyEnvelope, pair: CertificatePair | None) -> None:
    if pair is not None and pair.encryption.public_key != envelope.public_key:
        raise KeyMismatchError("the key that was delivered is not that of the encryption certificate")


def _is_response(encoded: bytes) -> bool:
    """Tell a CSRResponse, which begins with a SET, from an SM2EnvelopedKey, which begins with a SEQUENCE."""
    try:
        return der.Reader(encoded).sequence("the delivery").next_is(der.Tag.SET)
    except DecodeError:
        raise InvalidInputError(
            "neither an SM2EnvelopedKey nor a CSRResponse in DER, nor an ENVELOPEDKEYBLOB"
        ) from None
