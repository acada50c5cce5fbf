"""ECDSA on the NIST curves through ``cryptography``: for certificates and tokens that use it beside SM2.

The handles do not look at the policy: who makes or verifies signatures asks :mod:`gmpki.algorithms.policy` first.

:standard: FIPS 186-5; RFC 5480 (keys); RFC 3279 2.2.3 (signatures in DER)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

from gmpki._inputs import as_bytes, as_text
from gmpki.algorithms._foreign import foreign, hash_algorithm, load_private_der, load_public_der
from gmpki.algorithms._handles import Handle, PrivateHandleBase, PublicHandleBase, demand
from gmpki.errors import UnsupportedAlgorithm

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["CURVES", "PrivateHandle", "PublicHandle", "sign", "verify"]

_K = TypeVar("_K", bound="_OnCurve")

CURVES: Final = {
    "P-256": "SECP256R1",
    "P-384": "SECP384R1",
    "P-521": "SECP521R1",
    "P-224": "SECP224R1",
    "P-192": "SECP192R1",
}
"""The curves, by their name in FIPS 186, with the name of the class in ``cryptography``."""


class _OnCurve(Handle):
    """A key on one of :data:`CURVES`."""

    __slots__ = ()

    @classmethod
    def _over(cls: type[_K], key: Any) -> _K:
        _curve_name(key)
        return super()._over(key)

    @property
    def curve(self) -> str:
        """The name of the curve, one of :data:`CURVES`."""
        return _curve_name(self._key)


class PublicHandle(_OnCurve, PublicHandleBase):
    """A public key on a NIST curve. Immutable; any thread may use it."""

    __slots__ = ()

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

    def __repr__(self) -> str:
        return f"<ECDSA PublicHandle on {self.curve}>"


class PrivateHandle(_OnCurve, PrivateHandleBase):
    """A private key on a NIST curve, kept by ``cryptography``. Immutable; any thread may use it."""

    __slots__ = ()

    @classmethod
    def generate(cls, curve: str = "P-256") -> PrivateHandle:
        """Make a new key.

        :param curve: one of :data:`CURVES`.
        :raises InvalidTypeError: when curve is not ``str``.
        :raises UnsupportedAlgorithm: when there is no such curve.
        """
        from cryptography.hazmat.primitives.asymmetric import ec

        if as_text(curve, "curve") not in CURVES:
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

    @property
    def public(self) -> PublicHandle:
        """The public key."""
        return PublicHandle._over(self._key.public_key())

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
    demand(key, PrivateHandle, "ECDSA")
    with foreign("ECDSA sign"):
        signature: bytes = key._key.sign(as_bytes(data, "data"), _scheme(hash_name, prehashed=prehashed))
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
    demand(key, PublicHandle, "ECDSA")
    with foreign("ECDSA verify"):
        key._key.verify(
            as_bytes(signature, "signature"), as_bytes(data, "data"), _scheme(hash_name, prehashed=prehashed)
        )
