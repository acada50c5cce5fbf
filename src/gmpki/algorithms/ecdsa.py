"""ECDSA on the NIST curves through ``cryptography``: for certificates and tokens that use it beside SM2.

The handles do not look at the policy: who makes or verifies signatures asks :mod:`gmpki.algorithms.policy` first.

:standard: FIPS 186-5; RFC 5480 (keys); RFC 3279 2.2.3 (signatures in DER)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gmpki.algorithms._foreign import as_data, foreign, hash_algorithm, load_private_der, load_public_der
from gmpki.algorithms._memory import NotCopied
from gmpki.errors import InvalidTypeError, UnsupportedAlgorithm

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["CURVES", "PrivateHandle", "PublicHandle", "sign", "verify"]

CURVES: Final = {
    "P-256": "SECP256R1",
    "P-384": "SECP384R1",
    "P-521": "SECP521R1",
    "P-224": "SECP224R1",
    "P-192": "SECP192R1",
}
"""The curves, by their name in FIPS 186, with the name of the class in ``cryptography``."""


class PublicHandle:
    """A public key on a NIST curve. Immutable; any thread may use it."""

    __slots__ = ("_key",)

    _key: Any

    def __init__(self) -> None:
        raise InvalidTypeError("a PublicHandle is made by PublicHandle.from_der() or taken from a PrivateHandle")

    @classmethod
    def from_der(cls, der: Buffer) -> PublicHandle:
        """Load a key and check that its point is on the curve.

        :param der: SubjectPublicKeyInfo with a named curve.
        :raises DecodeError: when it is not one, or holds another kind of key.
        :raises UnsupportedAlgorithm: for a curve that is not in :data:`CURVES`.
        :raises InvalidTypeError: when it is not a buffer.
        """
        from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

        return cls._over(load_public_der(der, EllipticCurvePublicKey, "a public key on a NIST curve"))

    @classmethod
    def _over(cls, key: Any) -> PublicHandle:
        handle = cls.__new__(cls)
        handle._key = key
        _curve_name(key)
        return handle

    @property
    def curve(self) -> str:
        """The name of the curve, one of :data:`CURVES`."""
        return _curve_name(self._key)

    @property
    def bits(self) -> int:
        """The length of the curve's order in bits."""
        bits: int = self._key.key_size
        return bits

    def to_der(self) -> bytes:
        """Return the key as SubjectPublicKeyInfo."""
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        der: bytes = self._key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return der

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, PublicHandle):
            return NotImplemented
        return self.to_der() == other.to_der()

    def __hash__(self) -> int:
        return hash(self.to_der())

    def __repr__(self) -> str:
        return f"<ECDSA PublicHandle on {self.curve}>"


class PrivateHandle(NotCopied):
    """A private key on a NIST curve, kept by ``cryptography``. Immutable; any thread may use it."""

    __slots__ = ("_key",)

    _key: Any

    def __init__(self) -> None:
        raise InvalidTypeError("a PrivateHandle is made by PrivateHandle.generate() or PrivateHandle.from_der()")

    @classmethod
    def generate(cls, curve: str = "P-256") -> PrivateHandle:
        """Make a new key.

        :param curve: one of :data:`CURVES`.
        :raises UnsupportedAlgorithm: when there is no such curve.
        """
        from cryptography.hazmat.primitives.asymmetric import ec

        if curve not in CURVES:
            raise UnsupportedAlgorithm(f"the curve must be one of {', '.join(CURVES)}, not {curve!r}")
        with foreign("ECDSA key generation"):
            return cls._over(ec.generate_private_key(getattr(ec, CURVES[curve])()))

    @classmethod
    def from_der(cls, der: Buffer) -> PrivateHandle:
        """Load a key.

        :param der: PKCS#8 PrivateKeyInfo, not encrypted, or ECPrivateKey of RFC 5915 with its parameters.
        :raises DecodeError: when it is not one, or holds another kind of key.
        :raises UnsupportedAlgorithm: for a curve that is not in :data:`CURVES`.
        :raises InvalidTypeError: when it is not a buffer.
        """
        from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

        return cls._over(load_private_der(der, EllipticCurvePrivateKey, "a private key on a NIST curve"))

    @classmethod
    def _over(cls, key: Any) -> PrivateHandle:
        handle = cls.__new__(cls)
        handle._key = key
        _curve_name(key)
        return handle

    @property
    def curve(self) -> str:
        """The name of the curve, one of :data:`CURVES`."""
        return _curve_name(self._key)

    @property
    def bits(self) -> int:
        """The length of the curve's order in bits."""
        bits: int = self._key.key_size
        return bits

    @property
    def public(self) -> PublicHandle:
        """The public key."""
        return PublicHandle._over(self._key.public_key())

    def to_der(self) -> bytes:
        """Return the key as PKCS#8 PrivateKeyInfo, not encrypted."""
        from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

        der: bytes = self._key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        return der

    def __repr__(self) -> str:
        return f"<ECDSA PrivateHandle on {self.curve}>"


def _curve_name(key: Any) -> str:
    found: str = key.curve.name
    for name, class_name in CURVES.items():
        if class_name.lower() == found.lower():
            return name
    raise UnsupportedAlgorithm(f"the curve must be one of {', '.join(CURVES)}, not {found}")


def _scheme(hash_name: str, *, prehashed: bool) -> Any:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

    algorithm = hash_algorithm(hash_name)
    return ec.ECDSA(Prehashed(algorithm) if prehashed else algorithm)


def _kind(key: object, kind: type) -> None:
    if not isinstance(key, kind):
        raise InvalidTypeError(f"key must be an ECDSA {kind.__name__}, not {type(key).__name__}")


def sign(key: PrivateHandle, data: Buffer, hash_name: str = "sha256", *, prehashed: bool = False) -> bytes:
    """Sign a message, or a digest of it, and return the signature in DER.

    :param key: the private key.
    :param data: the message; with prehashed, its digest.
    :param hash_name: the hash, as in ``hashlib``.
    :param prehashed: data is a digest made before.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when a digest has the wrong length.
    :raises UnsupportedAlgorithm: when there is no such hash.
    :standard: FIPS 186-5 6.4.1
    """
    _kind(key, PrivateHandle)
    with foreign("ECDSA sign"):
        signature: bytes = key._key.sign(as_data(data, "data"), _scheme(hash_name, prehashed=prehashed))
    return signature


def verify(
    key: PublicHandle, signature: Buffer, data: Buffer, hash_name: str = "sha256", *, prehashed: bool = False
) -> None:
    """Verify a signature of a message, or of a digest of it; return nothing when it holds.

    :param key: the public key.
    :param signature: in DER.
    :param data: the message; with prehashed, its digest.
    :param hash_name: the hash, as in ``hashlib``.
    :param prehashed: data is a digest made before.
    :raises InvalidSignature: when it does not hold.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when a digest has the wrong length.
    :raises UnsupportedAlgorithm: when there is no such hash.
    :standard: FIPS 186-5 6.4.2
    """
    _kind(key, PublicHandle)
    with foreign("ECDSA verify"):
        key._key.verify(as_data(signature, "signature"), as_data(data, "data"), _scheme(hash_name, prehashed=prehashed))
