"""A PKCS #12 file as the way in which the encryption key of a pair reaches its owner, whatever its algorithm."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from gmpki._inputs import member
from gmpki.errors import UnsupportedAlgorithm
from gmpki.keys._private import PrivateKeyBase
from gmpki.keys.pbes2 import DEFAULT_ITERATIONS
from gmpki.keystore.pkcs12 import KeyEntry
from gmpki.keystore.pkcs12_writer import StoreProfile, write_pkcs12
from gmpki.x509.certificate import Certificate
from gmpki.x509.pair import CertificatePair

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from gmpki.keys.loader import PrivateKey

__all__ = ["PKCS12Delivery"]


@dataclass(frozen=True, slots=True)
class PKCS12Delivery:
    """A :class:`~gmpki.x509.delivery.KeyDelivery`: the key and both certificates under a password, which the owner
    has to learn on another way. Unlike an envelope it does not need the owner's signing key, so whoever has the file
    and the password has the key.

    :ivar password: at least 1 byte, UTF-8. Secret; not shown by ``repr``.
    :ivar chain: certificates of authorities that go with it.
    :ivar friendly_name: of the key, or None.
    """

    password: Buffer = field(repr=False)
    profile: StoreProfile = StoreProfile.GM
    chain: tuple[Certificate, ...] = ()
    friendly_name: str | None = None
    iterations: int = DEFAULT_ITERATIONS

    def check(self, encryption_key: object, signing_key: object) -> None:  # noqa: ARG002 - the protocol's
        """Refuse an encryption key that cannot be written; the signing key may be of any kind.

        :raises UnsupportedAlgorithm: when it is no private key in software.
        """
        if not isinstance(encryption_key, PrivateKeyBase):
            raise UnsupportedAlgorithm(f"no private key in software, but {type(encryption_key).__name__}")

    def deliver(self, encryption_key: object, pair: CertificatePair) -> bytes:
        """Return the file.

        :raises InvalidTypeError: when an input or a field has the wrong type.
        :raises UnsupportedAlgorithm: when encryption_key is no private key in software.
        :raises KeyMismatchError: when it is not that of the encryption certificate.
        :raises InvalidInputError: when the password is empty, or iterations outside.
        :raises LimitExceeded: for more than 512 certificates, or too many iterations.
        :raises RandomSourceError: when the random source fails.
        """
        member(pair, CertificatePair, "pair")
        self.check(encryption_key, None)
        entry = KeyEntry(cast("PrivateKey", encryption_key), pair.encryption, self.friendly_name)
        return write_pkcs12(
            [entry],
            self.password,
            certificates=(pair.signing, *self.chain),
            profile=self.profile,
            iterations=self.iterations,
        )
