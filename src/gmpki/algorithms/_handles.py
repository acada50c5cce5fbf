"""What the keys that ``cryptography`` keeps have in common, whichever algorithm they are for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from gmpki.algorithms._memory import NotCopied
from gmpki.errors import InvalidTypeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Buffer

__all__ = ["Handle", "PrivateHandleBase", "PublicHandleBase", "demand"]

_H = TypeVar("_H", bound="Handle")


class Handle:
    """A key object of ``cryptography``. Immutable; any thread may use it."""

    __slots__ = ("_key",)

    _key: Any

    def __init__(self) -> None:
        raise InvalidTypeError(f"a {type(self).__name__} is made by its class methods, such as from_der()")

    @classmethod
    def _over(cls: type[_H], key: Any) -> _H:
        handle = cls.__new__(cls)
        handle._key = key
        return handle

    @property
    def bits(self) -> int:
        """The length in bits: of the modulus for RSA, of the curve's order otherwise."""
        bits: int = self._key.key_size
        return bits


class PublicHandleBase(Handle):
    """A public key. Equal keys compare equal; it can be pickled."""

    __slots__ = ("_der",)
    _der: bytes

    from_der: Callable[[Buffer], Any]

    def to_der(self) -> bytes:
        """Return the key as SubjectPublicKeyInfo, encoded when it is first asked for."""
        der: bytes | None = getattr(self, "_der", None)
        if der is None:
            from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

            # Two threads at once encode the same key to the same bytes, whichever of them is kept.
            der = self._der = self._key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return der

    def __eq__(self, other: object) -> bool:
        return self.to_der() == other.to_der() if isinstance(other, type(self)) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.to_der())

    def __reduce__(self) -> tuple[Callable[[Buffer], Any], tuple[bytes]]:
        return type(self).from_der, (self.to_der(),)


class PrivateHandleBase(Handle, NotCopied):
    """A private key, which can be neither pickled nor copied."""

    __slots__ = ()

    def to_der(self) -> bytes:
        """Return the key as PKCS#8 PrivateKeyInfo, not encrypted."""
        from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

        der: bytes = self._key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        return der


def demand(key: object, kind: type[Handle], algorithm: str) -> None:
    """Check the key that a function was given.

    :raises InvalidTypeError: when it is of another class.
    """
    if not isinstance(key, kind):
        raise InvalidTypeError(f"key must be an {algorithm} {kind.__name__}, not {type(key).__name__}")
