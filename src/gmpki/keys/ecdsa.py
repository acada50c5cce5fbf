"""ECDSA keys on the NIST curves, for certificates and tokens that use them beside SM2.

:standard: FIPS 186-5; RFC 5480
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from gmpki import oids
from gmpki._inputs import member
from gmpki.algorithms import ecdsa
from gmpki.algorithms.ecdsa import PrivateHandle, PublicHandle
from gmpki.algorithms.policy import DEFAULT_POLICY, AlgorithmPolicy
from gmpki.asn1 import der
from gmpki.asn1.rfc5280 import AlgorithmIdentifier
from gmpki.errors import DecodeError, InvalidSignature, InvalidTypeError
from gmpki.keys._hashed import HashedPrivateKey, HashedPublicKey, algorithm_for

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["ECDSAPrivateKey", "ECDSAPublicKey"]

_ALGORITHMS: Final = {
    "sha256": AlgorithmIdentifier(oids.ECDSA_SHA256),
    "sha384": AlgorithmIdentifier(oids.ECDSA_SHA384),
    "sha512": AlgorithmIdentifier(oids.ECDSA_SHA512),
    "sha1": AlgorithmIdentifier(oids.ECDSA_SHA1),
}
_P384_BITS: Final = 384


def _usual_hash(bits: int) -> str:
    """Return the hash that matches the curve's strength (RFC 5480 4)."""
    return "sha256" if bits < _P384_BITS else "sha384" if bits == _P384_BITS else "sha512"


class ECDSAPublicKey(HashedPublicKey):
    """An ECDSA public key with the hash it is used with. Immutable; thread-safe. Equal keys compare equal."""

    __slots__ = ("_handle",)
    _handle: PublicHandle

    def __init__(
        self, handle: PublicHandle, *, hash_name: str | None = None, policy: AlgorithmPolicy = DEFAULT_POLICY
    ) -> None:
        """Wrap a handle of :mod:`gmpki.algorithms.ecdsa`; :func:`~gmpki.keys.loader.load_public_key` makes one.

        :param hash_name: sha256, sha384 or sha512; None is the one that matches the curve.
        :raises PolicyError: when the policy refuses the hash or the curve.
        :raises UnsupportedAlgorithm: when the hash is none of these.
        :raises InvalidTypeError: when an input has the wrong type.
        """
        if not isinstance(handle, PublicHandle):
            raise InvalidTypeError(f"an ECDSAPublicKey is made of an ECDSA PublicHandle, not {type(handle).__name__}")
        member(policy, AlgorithmPolicy, "policy")
        hash_name = _usual_hash(handle.bits) if hash_name is None else hash_name
        policy.check_key("ec", handle.bits)
        policy.check_hash(hash_name)
        object.__setattr__(self, "_algorithm", algorithm_for(_ALGORITHMS, hash_name, "ECDSA"))
        object.__setattr__(self, "_handle", handle)
        object.__setattr__(self, "_hash_name", hash_name)
        object.__setattr__(self, "_policy", policy)

    def using(self, *, hash_name: str, policy: AlgorithmPolicy | None = None) -> ECDSAPublicKey:
        """Return the same key with another hash or policy; errors as the constructor."""
        if hash_name == self._hash_name and (policy is None or policy is self._policy):
            return self
        return ECDSAPublicKey(self._handle, hash_name=hash_name, policy=self._policy if policy is None else policy)

    @property
    def curve(self) -> str:
        """The name of the curve, such as P-256."""
        return self._handle.curve

    def standard_signature(self, signature: Buffer) -> bytes:
        """Return a signature as DER; r, s of fixed width, as tokens give it, is converted.

        :raises InvalidSignature: when it is neither.
        :raises InvalidTypeError: when it is not a buffer.
        """
        data = super().standard_signature(signature)
        half = (self._handle.bits + 7) // 8
        try:
            reader = der.Reader(data)
            with reader.sequence("signature") as fields:
                fields.integer("r", minimum=1)
                fields.integer("s", minimum=1)
            reader.end()
        except DecodeError as error:
            if len(data) != 2 * half:
                raise InvalidSignature(
                    f"expected an ECDSA signature, DER or {2 * half} raw bytes r, s; not DER: {error}"
                ) from None
            numbers = (int.from_bytes(part, "big") for part in (data[:half], data[half:]))
            return der.encode_sequence(*map(der.encode_integer, numbers))
        return data

    def _verify(self, signature: bytes, data: Buffer, *, prehashed: bool) -> None:
        ecdsa.verify(self._handle, signature, data, self._hash_name, prehashed=prehashed)

    def to_der(self) -> bytes:
        """Return the DER of SubjectPublicKeyInfo."""
        return self._handle.to_der()

    def __reduce__(self) -> tuple[object, tuple[PublicHandle]]:
        return partial(ECDSAPublicKey, hash_name=self._hash_name, policy=self._policy), (self._handle,)

    def __repr__(self) -> str:
        return f"<ECDSAPublicKey on {self.curve} with {self._hash_name}>"


class ECDSAPrivateKey(HashedPrivateKey):
    """An ECDSA private key with the hash it is used with. Immutable; thread-safe. It cannot be pickled or copied."""

    __slots__ = ("_handle",)
    _handle: PrivateHandle
    _public: ECDSAPublicKey

    def __init__(
        self, handle: PrivateHandle, *, hash_name: str | None = None, policy: AlgorithmPolicy = DEFAULT_POLICY
    ) -> None:
        """Wrap a handle of :mod:`gmpki.algorithms.ecdsa`; parameters and errors as :class:`ECDSAPublicKey`."""
        if not isinstance(handle, PrivateHandle):
            raise InvalidTypeError(f"an ECDSAPrivateKey is made of an ECDSA PrivateHandle, not {type(handle).__name__}")
        public = ECDSAPublicKey(handle.public, hash_name=hash_name, policy=policy)
        object.__setattr__(self, "_handle", handle)
        object.__setattr__(self, "_public", public)

    @classmethod
    def generate(cls, curve: str = "P-256", *, policy: AlgorithmPolicy = DEFAULT_POLICY) -> ECDSAPrivateKey:
        """Make a new key.

        :param curve: P-256, P-384, P-521 or P-224; P-192 where the policy allows it.
        :raises UnsupportedAlgorithm: when there is no such curve.
        :raises PolicyError: when the policy refuses it.
        :raises InvalidTypeError: when an input has the wrong type.
        """
        return cls(PrivateHandle.generate(curve), policy=policy)

    def using(self, *, hash_name: str) -> ECDSAPrivateKey:
        """Return the same key with another hash; errors as the constructor."""
        return ECDSAPrivateKey(self._handle, hash_name=hash_name, policy=self.public_key._policy)

    @property
    def public_key(self) -> ECDSAPublicKey:
        """The public key of the pair, used the same way."""
        return self._public

    def _sign(self, data: Buffer, *, prehashed: bool) -> bytes:
        return ecdsa.sign(self._handle, data, self._public.hash_name, prehashed=prehashed)

    def _pkcs8(self) -> bytes:
        return self._handle.to_der()

    def __repr__(self) -> str:
        return f"<ECDSAPrivateKey of {self._public!r}>"
