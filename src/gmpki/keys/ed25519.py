"""Ed25519 keys, for certificates that use them beside SM2.

:standard: RFC 8032; RFC 8410
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final, NoReturn

from gmpki import oids
from gmpki._inputs import as_bytes, member
from gmpki.algorithms import ed25519
from gmpki.algorithms.ed25519 import SIGNATURE_LEN, PrivateHandle, PublicHandle
from gmpki.algorithms.policy import DEFAULT_POLICY, AlgorithmPolicy
from gmpki.asn1.rfc5280 import AlgorithmIdentifier
from gmpki.asn1.rfc5958 import PrivateKeyInfo
from gmpki.errors import InvalidSignature, InvalidTypeError, UnsupportedAlgorithm
from gmpki.keys import pem
from gmpki.keys._hashed import refuse_user_id
from gmpki.keys._immutable import Immutable
from gmpki.keys._private import PrivateKeyBase

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["ED25519_ALGORITHM", "Ed25519PrivateKey", "Ed25519PublicKey"]

ED25519_ALGORITHM: Final = AlgorithmIdentifier(oids.ED25519)
"""Of keys and of signatures alike; the parameters are absent (RFC 8410 3)."""


def _no_digests() -> NoReturn:
    raise UnsupportedAlgorithm("Ed25519 signs whole messages: it has no digest that could be signed in their place")


class Ed25519PublicKey(Immutable):
    """An Ed25519 public key. Immutable; thread-safe. Equal keys compare equal."""

    __slots__ = ("_handle", "_policy")
    _handle: PublicHandle
    _policy: AlgorithmPolicy

    def __init__(self, handle: PublicHandle, *, policy: AlgorithmPolicy = DEFAULT_POLICY) -> None:
        """Wrap a handle of :mod:`gmpki.algorithms.ed25519`; :func:`~gmpki.keys.loader.load_public_key` makes one.

        :raises PolicyError: when the policy refuses the key.
        :raises InvalidTypeError: when an input has the wrong type.
        """
        if not isinstance(handle, PublicHandle):
            raise InvalidTypeError(
                f"an Ed25519PublicKey is made of an Ed25519 PublicHandle, not {type(handle).__name__}"
            )
        member(policy, AlgorithmPolicy, "policy")
        policy.check_key("ed25519", handle.bits)
        object.__setattr__(self, "_handle", handle)
        object.__setattr__(self, "_policy", policy)

    @property
    def signature_algorithm(self) -> AlgorithmIdentifier:
        """Ed25519, parameters absent."""
        return ED25519_ALGORITHM

    def digest(self, message: Buffer, *, user_id: Buffer | None = None) -> bytes:  # noqa: ARG002 - the protocol has them
        """Refuse: the algorithm signs whole messages, never a digest of them.

        :raises UnsupportedAlgorithm: always.
        """
        _no_digests()

    def verify(self, signature: Buffer, message: Buffer, *, user_id: Buffer | None = None) -> None:
        """Verify the signature of a message.

        :param signature: 64 bytes.
        :raises InvalidSignature: when it does not hold.
        :raises InvalidTypeError: when an input is not a buffer.
        :raises InvalidInputError: when a user id is given.
        :standard: RFC 8032 5.1.7
        """
        refuse_user_id(user_id)
        ed25519.verify(self._handle, self.standard_signature(signature), message)

    def verify_digest(self, signature: Buffer, digest: Buffer) -> None:  # noqa: ARG002 - the protocol has them
        """Refuse, as :meth:`digest` does.

        :raises UnsupportedAlgorithm: always.
        """
        _no_digests()

    def is_valid(self, signature: Buffer, message: Buffer, *, user_id: Buffer | None = None) -> bool:
        """Tell whether :meth:`verify` accepts a signature; its other errors are raised."""
        try:
            self.verify(signature, message, user_id=user_id)
        except InvalidSignature:
            return False
        return True

    def standard_signature(self, signature: Buffer) -> bytes:
        """Return a signature as it is.

        :raises InvalidSignature: when it is not 64 bytes long.
        :raises InvalidTypeError: when it is not a buffer.
        """
        data = as_bytes(signature, "the signature")
        if len(data) != SIGNATURE_LEN:
            raise InvalidSignature(f"an Ed25519 signature has {SIGNATURE_LEN} bytes, this one has {len(data)}")
        return data

    def to_der(self) -> bytes:
        """Return the DER of SubjectPublicKeyInfo."""
        return self._handle.to_der()

    def to_pem(self) -> bytes:
        """Return the same as PEM, ``PUBLIC KEY``."""
        return pem.write_pem("PUBLIC KEY", self.to_der())

    def __eq__(self, other: object) -> bool:
        return self._handle == other._handle if isinstance(other, Ed25519PublicKey) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._handle)

    def __reduce__(self) -> tuple[object, tuple[PublicHandle]]:
        return partial(Ed25519PublicKey, policy=self._policy), (self._handle,)

    def __repr__(self) -> str:
        return "<Ed25519PublicKey>"


class Ed25519PrivateKey(PrivateKeyBase):
    """An Ed25519 private key. Immutable; thread-safe. It can be neither pickled nor copied."""

    __slots__ = ("_handle", "_public")
    _handle: PrivateHandle
    _public: Ed25519PublicKey

    def __init__(self, handle: PrivateHandle, *, policy: AlgorithmPolicy = DEFAULT_POLICY) -> None:
        """Wrap a handle of :mod:`gmpki.algorithms.ed25519`; parameters and errors as :class:`Ed25519PublicKey`."""
        if not isinstance(handle, PrivateHandle):
            raise InvalidTypeError(
                f"an Ed25519PrivateKey is made of an Ed25519 PrivateHandle, not {type(handle).__name__}"
            )
        object.__setattr__(self, "_handle", handle)
        object.__setattr__(self, "_public", Ed25519PublicKey(handle.public, policy=policy))

    @classmethod
    def generate(cls, *, policy: AlgorithmPolicy = DEFAULT_POLICY) -> Ed25519PrivateKey:
        """Make a new key.

        :raises PolicyError: when the policy refuses it.
        :raises UnsupportedAlgorithm: when ``cryptography`` was built without Ed25519.
        :raises InvalidTypeError: when policy is none.
        """
        return cls(PrivateHandle.generate(), policy=policy)

    @property
    def public_key(self) -> Ed25519PublicKey:
        """The public key of the pair."""
        return self._public

    @property
    def signature_algorithm(self) -> AlgorithmIdentifier:
        """Ed25519, parameters absent."""
        return ED25519_ALGORITHM

    def sign(self, message: Buffer, *, user_id: Buffer | None = None) -> bytes:
        """Sign a message; return 64 bytes.

        :raises InvalidTypeError: when the message is not a buffer.
        :raises InvalidInputError: when a user id is given.
        :standard: RFC 8032 5.1.6
        """
        refuse_user_id(user_id)
        return ed25519.sign(self._handle, message)

    def sign_digest(self, digest: Buffer) -> bytes:  # noqa: ARG002 - the protocol has it
        """Refuse: the algorithm signs whole messages, never a digest of them.

        :raises UnsupportedAlgorithm: always.
        """
        _no_digests()

    def _info(self) -> PrivateKeyInfo:
        return PrivateKeyInfo.from_der(self._handle.to_der())

    def __repr__(self) -> str:
        return "<Ed25519PrivateKey>"
