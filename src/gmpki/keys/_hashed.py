"""What RSA and ECDSA keys have in common: they sign a plain hash, and the algorithm policy has a say."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from gmpki._inputs import as_bytes
from gmpki.asn1.rfc5958 import PrivateKeyInfo
from gmpki.errors import InvalidInputError, InvalidSignature, UnsupportedAlgorithm
from gmpki.keys import pem
from gmpki.keys._immutable import Immutable
from gmpki.keys._private import PrivateKeyBase

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from gmpki.algorithms.policy import AlgorithmPolicy
    from gmpki.asn1.rfc5280 import AlgorithmIdentifier

__all__ = ["HashedPrivateKey", "HashedPublicKey", "algorithm_for", "refuse_user_id"]


def refuse_user_id(user_id: Buffer | None) -> None:
    """Refuse a user id, which only SM2 has.

    :raises InvalidInputError: when one is given.
    """
    if user_id is not None:
        raise InvalidInputError("only SM2 signatures have a user id")


class HashedPublicKey(Immutable, ABC):
    """A public key that verifies signatures over a plain hash. Immutable; thread-safe. Equal keys compare equal."""

    __slots__ = ("_algorithm", "_hash_name", "_policy")
    _algorithm: AlgorithmIdentifier
    _hash_name: str
    _policy: AlgorithmPolicy

    @property
    def signature_algorithm(self) -> AlgorithmIdentifier:
        """The algorithm of the signatures that :meth:`verify` takes."""
        return self._algorithm

    @property
    def hash_name(self) -> str:
        """The hash, as ``hashlib`` names it."""
        return self._hash_name

    @abstractmethod
    def _verify(self, signature: bytes, data: Buffer, *, prehashed: bool) -> None:
        """Verify the signature of a message or, prehashed, of its digest."""

    @abstractmethod
    def to_der(self) -> bytes:
        """Return the DER of SubjectPublicKeyInfo."""

    def standard_signature(self, signature: Buffer) -> bytes:
        """Return a signature in the encoding of certificates and messages.

        :raises InvalidSignature: when it is in no encoding of this algorithm.
        :raises InvalidTypeError: when it is not a buffer.
        :raises InvalidInputError: when its buffer has gaps.
        """
        return as_bytes(signature, "the signature")

    def digest(self, message: Buffer, *, user_id: Buffer | None = None) -> bytes:
        """Return the hash of a message.

        :raises InvalidTypeError: when the message is not a buffer.
        :raises InvalidInputError: when a user id is given.
        """
        refuse_user_id(user_id)
        return hashlib.new(self._hash_name, as_bytes(message, "the message")).digest()

    def verify(self, signature: Buffer, message: Buffer, *, user_id: Buffer | None = None) -> None:
        """Verify the signature of a message.

        :raises InvalidSignature: when it does not hold.
        :raises InvalidTypeError: when an input is not a buffer.
        :raises InvalidInputError: when a user id is given.
        """
        refuse_user_id(user_id)
        self._verify(self.standard_signature(signature), message, prehashed=False)

    def verify_digest(self, signature: Buffer, digest: Buffer) -> None:
        """Verify the signature of a hash made by :meth:`digest`.

        :raises InvalidSignature: when it does not hold.
        :raises InvalidTypeError: when an input is not a buffer.
        :raises InvalidInputError: when the digest has another length than the hash.
        """
        self._verify(self.standard_signature(signature), digest, prehashed=True)

    def is_valid(self, signature: Buffer, message: Buffer, *, user_id: Buffer | None = None) -> bool:
        """Tell whether :meth:`verify` accepts a signature; its other errors are raised."""
        try:
            self.verify(signature, message, user_id=user_id)
        except InvalidSignature:
            return False
        return True

    def to_pem(self) -> bytes:
        """Return the DER as PEM, ``PUBLIC KEY``."""
        return pem.write_pem("PUBLIC KEY", self.to_der())

    def __eq__(self, other: object) -> bool:
        return self.to_der() == other.to_der() if isinstance(other, type(self)) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.to_der())


class HashedPrivateKey(PrivateKeyBase):
    """A private key that signs a plain hash. Immutable; thread-safe. It can be neither pickled nor copied."""

    __slots__ = ("_public",)
    _public: HashedPublicKey

    @property
    def signature_algorithm(self) -> AlgorithmIdentifier:
        """The algorithm of the signatures made."""
        return self._public.signature_algorithm

    @abstractmethod
    def _sign(self, data: Buffer, *, prehashed: bool) -> bytes:
        """Sign a message or, prehashed, its digest."""

    @abstractmethod
    def _pkcs8(self) -> bytes:
        """Return the DER of PrivateKeyInfo."""

    def _info(self) -> PrivateKeyInfo:
        return PrivateKeyInfo.from_der(self._pkcs8())

    def sign(self, message: Buffer, *, user_id: Buffer | None = None) -> bytes:
        """Sign a message; return the signature in the encoding of certificates and messages.

        :raises InvalidTypeError: when the message is not a buffer.
        :raises InvalidInputError: when a user id is given.
        """
        refuse_user_id(user_id)
        return self._sign(message, prehashed=False)

    def sign_digest(self, digest: Buffer) -> bytes:
        """Sign a hash that the public key's ``digest`` made.

        :raises InvalidTypeError: when it is not a buffer.
        :raises InvalidInputError: when it has another length than the hash.
        """
        return self._sign(digest, prehashed=True)


def algorithm_for(table: dict[str, AlgorithmIdentifier], hash_name: str, what: str) -> AlgorithmIdentifier:
    """Return the signature algorithm with a hash.

    :raises UnsupportedAlgorithm: when there is none.
    """
    found = table.get(hash_name)
    if found is None:
        raise UnsupportedAlgorithm(f"{what} signs with {', '.join(table)}, not with {hash_name!r}")
    return found
