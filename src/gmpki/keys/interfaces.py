"""What a key must be able to do, wherever it lives: in software, in a token, behind a service.

A class of one's own states the members itself: from Python 3.12 on, ``isinstance`` does not see what ``__getattr__``
would give.

``user_id`` belongs to SM2 alone. None stands for the algorithm's default, ``1234567812345678`` for SM2; b"" is the
empty id. Keys of other algorithms refuse anything but None.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from gmpki.algorithms.sm2 import Role
    from gmpki.asn1.rfc5280 import AlgorithmIdentifier

__all__ = ["AgreedKey", "Decryptor", "KeyAgreer", "KeyExchange", "PublicKey", "Signer"]


@runtime_checkable
class PublicKey(Protocol):
    """A public key that verifies signatures."""

    @property
    def signature_algorithm(self) -> AlgorithmIdentifier:
        """The algorithm of the signatures that :meth:`verify` takes, as certificates and messages name it."""

    def digest(self, message: Buffer, *, user_id: Buffer | None = None) -> bytes:
        """Return the digest that is signed for a message: e = SM3(ZA || message) for SM2, a plain hash for others."""

    def verify(self, signature: Buffer, message: Buffer, *, user_id: Buffer | None = None) -> None:
        """Verify the signature of a message.

        :raises InvalidSignature: when it does not hold.
        """

    def verify_digest(self, signature: Buffer, digest: Buffer) -> None:
        """Verify the signature of a digest made by :meth:`digest`.

        :raises InvalidSignature: when it does not hold.
        """

    def standard_signature(self, signature: Buffer) -> bytes:
        """Return a signature in the encoding of certificates and messages: DER where it has two numbers.

        :raises InvalidSignature: when it is in no encoding of this algorithm.
        """

    def to_der(self) -> bytes:
        """Return the DER of SubjectPublicKeyInfo."""


@runtime_checkable
class Signer(Protocol):
    """A private key that signs."""

    @property
    def public_key(self) -> PublicKey:
        """The public key of the pair."""

    @property
    def signature_algorithm(self) -> AlgorithmIdentifier:
        """The algorithm of the signatures made, as certificates and messages name it."""

    def sign(self, message: Buffer, *, user_id: Buffer | None = None) -> bytes:
        """Sign a message; return the signature in the encoding of certificates and messages."""

    def sign_digest(self, digest: Buffer) -> bytes:
        """Sign a digest that the public key's ``digest`` made; return the signature in the same encoding."""


@runtime_checkable
class Decryptor(Protocol):
    """A private key that decrypts short messages, such as keys."""

    @property
    def public_key(self) -> object:
        """The public key of the pair."""

    def decrypt(self, ciphertext: Buffer) -> bytes:
        """Decrypt a message.

        :raises DecryptionError: when it cannot be decrypted, for whatever cause.
        """


@runtime_checkable
class AgreedKey(Protocol):
    """What both sides of a key exchange hold at its end."""

    @property
    def key(self) -> bytes:
        """The shared key."""

    @property
    def confirmation(self) -> bytes:
        """32 bytes for the peer, which prove that this side has the same key."""

    def check(self, confirmation: Buffer) -> None:
        """Check the peer's 32 bytes.

        :raises InvalidTag: when the peer has another key.
        """


@runtime_checkable
class KeyExchange(Protocol):
    """One run of a key exchange. A context: one thread at a time, used once."""

    @property
    def ephemeral(self) -> bytes:
        """The ephemeral public key for the peer: 65 bytes (04, x, y)."""

    def agree(
        self, peer: Buffer, peer_ephemeral: Buffer, length: int, *, peer_user_id: Buffer | None = None
    ) -> AgreedKey:
        """Derive length bytes of key from the peer's public key and ephemeral key, points of 33, 64 or 65 bytes."""


@runtime_checkable
class KeyAgreer(Protocol):
    """A private key that takes part in the SM2 key exchange."""

    @property
    def public_key(self) -> object:
        """The public key of the pair."""

    def exchange(self, role: Role, *, user_id: Buffer | None = None) -> KeyExchange:
        """Begin a key exchange on one of its sides."""
