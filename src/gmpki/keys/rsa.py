"""RSA keys, for certificates and tokens that use them beside SM2.

:standard: RFC 8017
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from gmpki import oids
from gmpki._inputs import member, number
from gmpki.algorithms import rsa
from gmpki.algorithms.policy import DEFAULT_POLICY, MAX_RSA_BITS, AlgorithmPolicy
from gmpki.algorithms.rsa import EncryptionPadding, PrivateHandle, PublicHandle, SignaturePadding
from gmpki.asn1.rfc5280 import NULL, AlgorithmIdentifier
from gmpki.asn1.rfc8017 import RSASSAPSSParams
from gmpki.errors import InvalidInputError, InvalidTypeError
from gmpki.keys._hashed import HashedPrivateKey, HashedPublicKey, algorithm_for

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["EncryptionPadding", "RSAPrivateKey", "RSAPublicKey", "SignaturePadding"]

_PKCS1V15: Final = {
    "sha256": AlgorithmIdentifier(oids.RSA_SHA256, NULL),
    "sha384": AlgorithmIdentifier(oids.RSA_SHA384, NULL),
    "sha512": AlgorithmIdentifier(oids.RSA_SHA512, NULL),
    "sm3": AlgorithmIdentifier(oids.RSA_WITH_SM3, NULL),
    "sha1": AlgorithmIdentifier(oids.RSA_SHA1, NULL),
}
_PSS_HASHES: Final = {"sha256": (oids.SHA256, 32), "sha384": (oids.SHA384, 48), "sha512": (oids.SHA512, 64)}


def _pss(hash_name: str, salt_len: int | None = None) -> AlgorithmIdentifier:
    """Return id-RSASSA-PSS with MGF1 over the same hash and, unless told, a salt as long as it (RFC 8017 A.2.3)."""
    hash_oid, hash_len = _PSS_HASHES[hash_name]
    hashed = AlgorithmIdentifier(hash_oid, NULL)
    mask = AlgorithmIdentifier(oids.MGF1, hashed.to_der())
    parameters = RSASSAPSSParams(hashed, mask, hash_len if salt_len is None else salt_len)
    return AlgorithmIdentifier(oids.RSA_PSS, parameters.to_der())


_PSS: Final = {name: _pss(name) for name in _PSS_HASHES}


class RSAPublicKey(HashedPublicKey):
    """An RSA public key with the way it is used. Immutable; thread-safe. Equal keys compare equal."""

    __slots__ = ("_handle", "_padding", "_salt_len")
    _handle: PublicHandle
    _padding: SignaturePadding
    _salt_len: int | None

    def __init__(
        self,
        handle: PublicHandle,
        *,
        hash_name: str = "sha256",
        padding: SignaturePadding = SignaturePadding.PKCS1V15,
        salt_len: int | None = None,
        policy: AlgorithmPolicy = DEFAULT_POLICY,
    ) -> None:
        """Wrap a handle of :mod:`gmpki.algorithms.rsa`; :func:`~gmpki.keys.loader.load_public_key` makes one.

        :param hash_name: the hash of signatures: sha256, sha384 or sha512; with PKCS1V15 also sm3, and sha1 where the
            policy allows it.
        :param padding: the scheme of signatures.
        :param salt_len: the one length in bytes that the salts of PSS may have, 0 to 2048; None takes any.
        :raises PolicyError: when the policy refuses the hash or the size of the key.
        :raises UnsupportedAlgorithm: when the hash is none of these.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises InvalidInputError: when salt_len is outside, or given without PSS.
        """
        if not isinstance(handle, PublicHandle):
            raise InvalidTypeError(f"an RSAPublicKey is made of an RSA PublicHandle, not {type(handle).__name__}")
        member(padding, SignaturePadding, "padding")
        member(policy, AlgorithmPolicy, "policy")
        policy.check_key("rsa", handle.bits)
        policy.check_hash(hash_name)
        table = _PSS if padding is SignaturePadding.PSS else _PKCS1V15
        algorithm = algorithm_for(table, hash_name, f"RSA with {padding.name}")
        if salt_len is not None:
            if padding is not SignaturePadding.PSS:
                raise InvalidInputError("only PSS has a salt")
            algorithm = _pss(hash_name, number(salt_len, 0, MAX_RSA_BITS // 8, "salt_len"))
        object.__setattr__(self, "_algorithm", algorithm)
        object.__setattr__(self, "_handle", handle)
        object.__setattr__(self, "_hash_name", hash_name)
        object.__setattr__(self, "_padding", padding)
        object.__setattr__(self, "_salt_len", salt_len)
        object.__setattr__(self, "_policy", policy)

    def using(
        self,
        *,
        hash_name: str | None = None,
        padding: SignaturePadding | None = None,
        salt_len: int | None = None,
        policy: AlgorithmPolicy | None = None,
    ) -> RSAPublicKey:
        """Return the same key with another hash, scheme of signatures or policy; errors as the constructor.

        The length of salts is taken as it is given here: None takes any.
        """
        return RSAPublicKey(
            self._handle,
            hash_name=self._hash_name if hash_name is None else hash_name,
            padding=self._padding if padding is None else padding,
            salt_len=salt_len,
            policy=self._policy if policy is None else policy,
        )

    @property
    def bits(self) -> int:
        """The length of the modulus in bits."""
        return self._handle.bits

    def _verify(self, signature: bytes, data: Buffer, *, prehashed: bool) -> None:
        rsa.verify(
            self._handle,
            signature,
            data,
            self._hash_name,
            padding=self._padding,
            salt_len=self._salt_len,
            prehashed=prehashed,
        )

    def encrypt(
        self, message: Buffer, *, padding: EncryptionPadding = EncryptionPadding.OAEP, hash_name: str = "sha256"
    ) -> bytes:
        """Encrypt a short message, such as a key; OAEP with SHA-256 unless told.

        :param hash_name: the hash of OAEP.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises InvalidInputError: when the message is too long.
        :raises UnsupportedAlgorithm: when there is no such hash.
        :standard: RFC 8017 7
        """
        return rsa.encrypt(self._handle, message, padding=padding, hash_name=hash_name)

    def to_der(self) -> bytes:
        """Return the DER of SubjectPublicKeyInfo."""
        return self._handle.to_der()

    def __reduce__(self) -> tuple[object, tuple[PublicHandle]]:
        make = partial(
            RSAPublicKey,
            hash_name=self._hash_name,
            padding=self._padding,
            salt_len=self._salt_len,
            policy=self._policy,
        )
        return make, (self._handle,)

    def __repr__(self) -> str:
        return f"<RSAPublicKey of {self.bits} bits, {self._padding.value} with {self._hash_name}>"


class RSAPrivateKey(HashedPrivateKey):
    """An RSA private key with the way it is used. Immutable; thread-safe. It can be neither pickled nor copied."""

    __slots__ = ("_handle",)
    _handle: PrivateHandle
    _public: RSAPublicKey

    def __init__(
        self,
        handle: PrivateHandle,
        *,
        hash_name: str = "sha256",
        padding: SignaturePadding = SignaturePadding.PKCS1V15,
        policy: AlgorithmPolicy = DEFAULT_POLICY,
    ) -> None:
        """Wrap a handle of :mod:`gmpki.algorithms.rsa`; parameters and errors as those of :class:`RSAPublicKey`."""
        if not isinstance(handle, PrivateHandle):
            raise InvalidTypeError(f"an RSAPrivateKey is made of an RSA PrivateHandle, not {type(handle).__name__}")
        public = RSAPublicKey(handle.public, hash_name=hash_name, padding=padding, policy=policy)
        object.__setattr__(self, "_handle", handle)
        object.__setattr__(self, "_public", public)

    @classmethod
    def generate(cls, bits: int = 3072, *, policy: AlgorithmPolicy = DEFAULT_POLICY) -> RSAPrivateKey:
        """Make a new key.

        :raises PolicyError: when the policy refuses the size.
        :raises InvalidInputError: when bits is outside 1024 to 16384.
        :raises InvalidTypeError: when an input has the wrong type.
        """
        member(policy, AlgorithmPolicy, "policy")
        policy.check_key("rsa", bits)
        return cls(PrivateHandle.generate(bits), policy=policy)

    def using(self, *, hash_name: str | None = None, padding: SignaturePadding | None = None) -> RSAPrivateKey:
        """Return the same key with another hash or scheme of signatures; errors as the constructor."""
        public = self.public_key.using(hash_name=hash_name, padding=padding)
        return RSAPrivateKey(self._handle, hash_name=public._hash_name, padding=public._padding, policy=public._policy)

    @property
    def public_key(self) -> RSAPublicKey:
        """The public key of the pair, used the same way."""
        return self._public

    def _sign(self, data: Buffer, *, prehashed: bool) -> bytes:
        public = self.public_key
        return rsa.sign(self._handle, data, public._hash_name, padding=public._padding, prehashed=prehashed)

    def decrypt(
        self,
        ciphertext: Buffer,
        *,
        padding: EncryptionPadding = EncryptionPadding.OAEP,
        hash_name: str = "sha256",
        expected_len: int | None = None,
    ) -> bytes:
        """Decrypt a short message; OAEP with SHA-256 unless told.

        With PKCS1V15 a wrong padding gives unforeseeable bytes instead of an error, which would be an oracle; see
        :func:`gmpki.algorithms.rsa.decrypt`.

        :param hash_name: the hash of OAEP.
        :param expected_len: how long the message must be in bytes, where that is known. PKCS1V15 then gives
            unforeseeable bytes of that length for a message of another; OAEP raises.
        :raises DecryptionError: when it cannot be decrypted.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises InvalidInputError: when expected_len is outside 0 to 2048.
        :raises UnsupportedAlgorithm: when there is no such hash.
        :standard: RFC 8017 7; RFC 3218 2.3.2
        """
        return rsa.decrypt(self._handle, ciphertext, padding=padding, hash_name=hash_name, expected_len=expected_len)

    def _pkcs8(self) -> bytes:
        return self._handle.to_der()

    def __repr__(self) -> str:
        return f"<RSAPrivateKey of {self._public!r}>"
