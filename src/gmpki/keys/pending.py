"""Signing in two phases, for private keys that only some other program or machine can reach."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gmpki._inputs import as_bytes
from gmpki.errors import InvalidTypeError
from gmpki.keys.interfaces import PublicKey

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["PendingSignature"]


@dataclass(frozen=True, slots=True)
class PendingSignature:
    """A signature that is still to be made elsewhere. Immutable; thread-safe.

    Send :attr:`digest` to what signs digests (SKF_ECCSignData, SDF_InternalSign_ECC), or :attr:`to_be_signed` to what
    signs messages, and bring the answer to :meth:`finish`.

    :ivar public_key: the public key of the key that will sign.
    :ivar digest: what is signed: e = SM3(ZA || message) for SM2, 32 bytes.
    :ivar to_be_signed: the message; None when only its digest was given.
    """

    public_key: PublicKey
    digest: bytes
    to_be_signed: bytes | None = None

    @classmethod
    def prepare(cls, public_key: PublicKey, message: Buffer, *, user_id: Buffer | None = None) -> PendingSignature:
        """Begin the signature of a message.

        :param user_id: the signer's id, for SM2 only; None is the default.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises InvalidInputError: when the user id is too long, or given for another algorithm.
        """
        if not isinstance(public_key, PublicKey):
            raise InvalidTypeError(f"public_key must be a public key, not {type(public_key).__name__}")
        content = as_bytes(message, "the message")
        return cls(public_key, public_key.digest(content, user_id=user_id), content)

    def finish(self, signature: Buffer) -> bytes:
        """Verify the answer; return it in the encoding of certificates and messages.

        :param signature: DER or raw r, s where the algorithm has both.
        :raises InvalidTypeError: when it is not a buffer.
        :raises InvalidSignature: when it does not hold for this public key and digest.
        """
        self.public_key.verify_digest(signature, self.digest)
        return self.public_key.standard_signature(signature)
