"""The encryption key of a pair, and both certificates, into a container: the last step of issuing a pair to a UKey.

The authority gets a request that the container's signing key has signed, issues a pair, and encrypts the encryption key
to the signing key (:mod:`gmpki.x509.delivery`). What comes back is imported as it is, and nobody else can open it:

>>> from gmpki.tokens.delivery import import_delivery
>>> pair = import_delivery(container, delivered)  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gmpki._inputs import member
from gmpki.errors import InvalidTypeError, KeyMismatchError
from gmpki.tokens.interfaces import KeyUsage
from gmpki.x509.delivery import read_delivery
from gmpki.x509.pair import CertificatePair

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from gmpki.tokens.interfaces import Container

__all__ = ["import_delivery"]


def import_delivery(
    container: Container, data: Buffer, *, pair: CertificatePair | None = None
) -> CertificatePair | None:
    """Import a delivered encryption key into a container, and the certificates of both pairs.

    What does not belong together is found before anything is imported. When the token fails half-way, the same
    delivery can be imported again.

    :param data: the DER of SM2EnvelopedKey or CSRResponse, or an ENVELOPEDKEYBLOB; at most 4 MiB.
    :param pair: the certificates, when they came another way.
    :returns: the certificates that are now in the container; None when there were none.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when the delivery is none of the three, holds no key, or is too long.
    :raises DecodeError: when it is malformed.
    :raises ValidationError: when the certificates in it are no pair.
    :raises UnsupportedAlgorithm: when the key is encrypted with something else than SM4-ECB.
    :raises KeyMismatchError: when the key is not that of the encryption certificate, or the signing certificate is for
        another key than the container's.
    :raises LoginRequiredError: unless the user has logged in.
    :raises TokenNotFoundError: when the container has no signing pair.
    :raises TokenError: of its other subclasses, as :mod:`gmpki.tokens.interfaces` lists.
    """
    if not callable(getattr(type(container), "import_encryption_key", None)):
        raise InvalidTypeError(f"container must be one of a token, not {type(container).__name__}")
    if pair is not None:
        member(pair, CertificatePair, "pair")
    delivery = read_delivery(data)
    signing = container.public_key(KeyUsage.SIGNING).to_der()
    for certificates in (delivery.pair, pair):
        if certificates is None:
            continue
        if certificates.signing.public_key.to_der() != signing:
            raise KeyMismatchError("the signing certificate is not that of the container's signing key")
        if certificates.encryption.public_key != delivery.envelope.public_key:
            raise KeyMismatchError("the key that was delivered is not that of the encryption certificate")
    container.import_encryption_key(delivery.envelope)
    stored = delivery.pair if delivery.pair is not None else pair
    if stored is not None:
        container.import_certificate(stored.signing, KeyUsage.SIGNING)
        container.import_certificate(stored.encryption, KeyUsage.ENCRYPTION)
    return stored
