"""Ed25519 through ``cryptography``: for certificates that use it beside SM2.

The handles do not look at the policy: who makes or verifies signatures asks :mod:`gmpki.algorithms.policy` first.

:standard: RFC 8032 5.1; RFC 8410 (keys and signatures in certificates)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_bytes
from gmpki.algorithms._foreign import foreign, load_private_der, load_public_der
from gmpki.algorithms._handles import Handle, PrivateHandleBase, PublicHandleBase, demand

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["SIGNATURE_LEN", "PrivateHandle", "PublicHandle", "sign", "verify"]

SIGNATURE_LEN: Final = 64
# The order of the base point is 2^252 and a little (RFC 8032 5.1).
_ORDER_BITS: Final = 253


class _OnCurve25519(Handle):
    """A key on edwards25519, which has one size."""

    __slots__ = ()

    @property
    def bits(self) -> int:
        """The length of the curve's order in bits."""
        return _ORDER_BITS


class PublicHandle(_OnCurve25519, PublicHandleBase):
    """An Ed25519 public key. Immutable; any thread may use it."""

    __slots__ = ()

    @classmethod
    def from_der(cls, der: Buffer) -> PublicHandle:
        """Load a key.

        :param der: SubjectPublicKeyInfo.
        :raises DecodeError: when it is not one, or holds another kind of key.
        :raises InvalidTypeError: when it is not a buffer.
        """
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        return cls._over(load_public_der(der, Ed25519PublicKey, "an Ed25519 public key"))

    def __repr__(self) -> str:
        return "<Ed25519 PublicHandle>"


class PrivateHandle(_OnCurve25519, PrivateHandleBase):
    """An Ed25519 private key, kept by ``cryptography``. Immutable; any thread may use it."""

    __slots__ = ()

    @classmethod
    def generate(cls) -> PrivateHandle:
        """Make a new key.

        :raises UnsupportedAlgorithm: when ``cryptography`` was built without Ed25519.
        """
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        with foreign("Ed25519 key generation"):
            return cls._over(Ed25519PrivateKey.generate())

    @classmethod
    def from_der(cls, der: Buffer) -> PrivateHandle:
        """Load a key.

        :param der: PKCS#8 PrivateKeyInfo, not encrypted.
        :raises DecodeError: when it is not one, or holds another kind of key.
        :raises InvalidTypeError: when it is not a buffer.
        """
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return cls._over(load_private_der(der, Ed25519PrivateKey, "an Ed25519 private key"))

    @property
    def public(self) -> PublicHandle:
        """The public key."""
        return PublicHandle._over(self._key.public_key())

    def __repr__(self) -> str:
        return "<Ed25519 PrivateHandle>"


def sign(key: PrivateHandle, message: Buffer) -> bytes:
    """Sign a message and return the signature, 64 bytes.

    :raises InvalidTypeError: when an input has the wrong type.
    :standard: RFC 8032 5.1.6
    """
    demand(key, PrivateHandle, "Ed25519")
    with foreign("Ed25519 sign"):
        signature: bytes = key._key.sign(as_bytes(message, "message"))
    return signature


def verify(key: PublicHandle, signature: Buffer, message: Buffer) -> None:
    """Verify a signature of a message; return nothing when it holds.

    :param signature: 64 bytes.
    :raises InvalidSignature: when it does not hold.
    :raises InvalidTypeError: when an input has the wrong type.
    :standard: RFC 8032 5.1.7
    """
    demand(key, PublicHandle, "Ed25519")
    with foreign("Ed25519 verify"):
        key._key.verify(as_bytes(signature, "signature"), as_bytes(message, "message"))
