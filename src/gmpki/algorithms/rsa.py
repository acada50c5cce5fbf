"""RSA through ``cryptography``: for certificates and tokens that still use it beside SM2.

The handles do not look at the policy: who makes or verifies signatures asks :mod:`gmpki.algorithms.policy` first.

:standard: RFC 8017
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any, Final

from gmpki._inputs import as_bytes, number
from gmpki.algorithms import kdf, sm3
from gmpki.algorithms._foreign import foreign, hash_algorithm, load_private_der, load_public_der
from gmpki.algorithms._handles import PrivateHandleBase, PublicHandleBase, demand
from gmpki.errors import DecryptionError, InvalidInputError, InvalidTypeError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.padding import AsymmetricPadding
    from typing_extensions import Buffer

__all__ = [
    "EncryptionPadding",
    "PrivateHandle",
    "PublicHandle",
    "SignaturePadding",
    "decrypt",
    "encrypt",
    "sign",
    "verify",
]

PUBLIC_EXPONENT: Final = 65537
MIN_BITS: Final = 1024
MAX_GENERATED_BITS: Final = 16384
# What PKCS #1 v1.5 puts around a message: 00 02, at least 8 bytes that are not zero, 00 (RFC 8017 7.2.1).
_PKCS1V15_OVERHEAD: Final = 11


class SignaturePadding(enum.Enum):
    """How a digest becomes a number to sign."""

    PKCS1V15 = "pkcs1v15"
    """RSASSA-PKCS1-v1_5 (RFC 8017 8.2)."""
    PSS = "pss"
    """RSASSA-PSS with MGF1 over the same hash (RFC 8017 8.1)."""


class EncryptionPadding(enum.Enum):
    """How a message becomes a number to encrypt."""

    PKCS1V15 = "pkcs1v15"
    """RSAES-PKCS1-v1_5 (RFC 8017 7.2)."""
    OAEP = "oaep"
    """RSAES-OAEP with MGF1 over the same hash (RFC 8017 7.1)."""


class PublicHandle(PublicHandleBase):
    """An RSA public key. Immutable; any thread may use it."""

    __slots__ = ()

    @classmethod
    def from_der(cls, der: Buffer) -> PublicHandle:
        """Load a key.

        :param der: SubjectPublicKeyInfo.
        :raises DecodeError: when it is not one, or holds another kind of key.
        :raises InvalidTypeError: when it is not a buffer.
        """
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

        return cls._over(load_public_der(der, RSAPublicKey, "an RSA public key"))

    @classmethod
    def from_numbers(cls, modulus: int, exponent: int) -> PublicHandle:
        """Make a key of its two numbers.

        :raises InvalidTypeError: when one is not an ``int``.
        :raises InvalidInputError: when they are not an RSA key.
        """
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers

        with foreign("RSA public key"):
            return cls._over(RSAPublicNumbers(exponent, modulus).public_key())

    def numbers(self) -> tuple[int, int]:
        """Return the modulus and the exponent."""
        numbers = self._key.public_numbers()
        return numbers.n, numbers.e

    def __repr__(self) -> str:
        return f"<RSA PublicHandle of {self.bits} bits>"


class PrivateHandle(PrivateHandleBase):
    """An RSA private key, kept by ``cryptography``. Immutable; any thread may use it."""

    __slots__ = ()

    @classmethod
    def generate(cls, bits: int = 3072) -> PrivateHandle:
        """Make a new key with the public exponent 65537.

        :param bits: of the modulus, 1024 to 16384.
        :raises InvalidTypeError: when it is not an ``int``.
        :raises InvalidInputError: when it is outside.
        """
        from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

        number(bits, MIN_BITS, MAX_GENERATED_BITS, "bits")
        with foreign("RSA key generation"):
            return cls._over(generate_private_key(PUBLIC_EXPONENT, bits))

    @classmethod
    def from_der(cls, der: Buffer) -> PrivateHandle:
        """Load a key, and check that its numbers belong together.

        :param der: PKCS#8 PrivateKeyInfo, not encrypted, or RSAPrivateKey of RFC 8017 A.1.2.
        :raises DecodeError: when it is not one, or holds another kind of key.
        :raises InvalidTypeError: when it is not a buffer.
        """
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

        return cls._over(load_private_der(der, RSAPrivateKey, "an RSA private key"))

    @property
    def public(self) -> PublicHandle:
        """The public key."""
        return PublicHandle._over(self._key.public_key())

    def __repr__(self) -> str:
        return f"<RSA PrivateHandle of {self.bits} bits>"


def _signature_padding(
    padding: SignaturePadding, algorithm: Any, *, verifying: bool, salt_len: int | None = None
) -> AsymmetricPadding:
    from cryptography.hazmat.primitives.asymmetric import padding as paddings

    if padding is SignaturePadding.PKCS1V15:
        return paddings.PKCS1v15()
    if padding is SignaturePadding.PSS:
        usual = paddings.PSS.AUTO if verifying else paddings.PSS.DIGEST_LENGTH
        return paddings.PSS(paddings.MGF1(algorithm), usual if salt_len is None else salt_len)
    raise InvalidTypeError(f"padding must be a SignaturePadding, not {type(padding).__name__}")


def _encryption_padding(padding: EncryptionPadding, hash_name: str) -> AsymmetricPadding:
    from cryptography.hazmat.primitives.asymmetric import padding as paddings

    if padding is EncryptionPadding.PKCS1V15:
        return paddings.PKCS1v15()
    if padding is EncryptionPadding.OAEP:
        algorithm = hash_algorithm(hash_name)
        return paddings.OAEP(paddings.MGF1(algorithm), algorithm, None)
    raise InvalidTypeError(f"padding must be an EncryptionPadding, not {type(padding).__name__}")


def sign(
    key: PrivateHandle,
    data: Buffer,
    hash_name: str = "sha256",
    *,
    padding: SignaturePadding = SignaturePadding.PKCS1V15,
    prehashed: bool = False,
) -> bytes:
    """Sign a message, or a digest of it, and return the signature, as long as the modulus.

    :param key: the private key.
    :param data: the message; with prehashed, its digest.
    :param hash_name: the hash, as in ``hashlib``.
    :param padding: the scheme; PSS takes a salt as long as the digest.
    :param prehashed: data is a digest made before.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when a digest has the wrong length, or the key is too short for the hash.
    :raises UnsupportedAlgorithm: when there is no such hash.
    :standard: RFC 8017 8.1.1, 8.2.1
    """
    from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

    demand(key, PrivateHandle, "RSA")
    algorithm = hash_algorithm(hash_name)
    scheme = _signature_padding(padding, algorithm, verifying=False)
    with foreign("RSA sign"):
        signature: bytes = key._key.sign(
            as_bytes(data, "data"), scheme, Prehashed(algorithm) if prehashed else algorithm
        )
    return signature


def verify(
    key: PublicHandle,
    signature: Buffer,
    data: Buffer,
    hash_name: str = "sha256",
    *,
    padding: SignaturePadding = SignaturePadding.PKCS1V15,
    salt_len: int | None = None,
    prehashed: bool = False,
) -> None:
    """Verify a signature of a message, or of a digest of it; return nothing when it holds.

    :param key: the public key.
    :param signature: as long as the modulus.
    :param data: the message; with prehashed, its digest.
    :param hash_name: the hash, as in ``hashlib``.
    :param padding: the scheme.
    :param salt_len: the one length in bytes that the salt of PSS may have; None takes any.
    :param prehashed: data is a digest made before.
    :raises InvalidSignature: when it does not hold.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when a digest has the wrong length, or salt_len is outside 0 to 2048.
    :raises UnsupportedAlgorithm: when there is no such hash.
    :standard: RFC 8017 8.1.2, 8.2.2
    """
    from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

    demand(key, PublicHandle, "RSA")
    algorithm = hash_algorithm(hash_name)
    if salt_len is not None:
        number(salt_len, 0, MAX_GENERATED_BITS // 8, "salt_len")
    scheme = _signature_padding(padding, algorithm, verifying=True, salt_len=salt_len)
    with foreign("RSA verify"):
        key._key.verify(
            as_bytes(signature, "signature"),
            as_bytes(data, "data"),
            scheme,
            Prehashed(algorithm) if prehashed else algorithm,
        )


def encrypt(
    key: PublicHandle,
    message: Buffer,
    *,
    padding: EncryptionPadding = EncryptionPadding.OAEP,
    hash_name: str = "sha256",
) -> bytes:
    """Encrypt a short message, a key for instance.

    :param key: the receiver's public key.
    :param message: PKCS1V15: up to 11 bytes less than the modulus; OAEP: up to two digests and 2 bytes less.
    :param padding: the scheme.
    :param hash_name: the hash of OAEP.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when the message is too long.
    :raises UnsupportedAlgorithm: when there is no such hash.
    :standard: RFC 8017 7.1.1, 7.2.1
    """
    demand(key, PublicHandle, "RSA")
    scheme = _encryption_padding(padding, hash_name)
    with foreign("RSA encrypt"):
        ciphertext: bytes = key._key.encrypt(as_bytes(message, "message"), scheme)
    return ciphertext


def decrypt(
    key: PrivateHandle,
    ciphertext: Buffer,
    *,
    padding: EncryptionPadding = EncryptionPadding.OAEP,
    hash_name: str = "sha256",
    expected_len: int | None = None,
) -> bytes:
    """Decrypt a message.

    With PKCS1V15 a wrong padding is not an error: what comes back then is a message of unforeseeable bytes and length,
    the same each time (implicit rejection), so that the padding is no oracle. With expected_len a message of another
    length is replaced too, and what comes back always has that length. Whether the message is right must be seen from
    what it is used for.

    OpenSSL from 3.2 on, which the wheels of ``cryptography`` hold, rejects so itself and in constant time. Where
    ``cryptography`` was built over an older one, which reports the wrong padding, the answer is replaced here: no
    error tells an attacker anything, but whether the times of the two are equal is not promised there.

    :param key: the receiver's private key.
    :param ciphertext: as long as the modulus.
    :param padding: the scheme.
    :param hash_name: the hash of OAEP.
    :param expected_len: how long the message must be in bytes, where that is known, such as for a symmetric key. With
        OAEP another length is an error.
    :raises DecryptionError: when it cannot be decrypted; with PKCS1V15 only for what everybody can see, a ciphertext
        that is not as long as the modulus or not smaller than it.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when expected_len is outside 0 to 2048.
    :raises UnsupportedAlgorithm: when there is no such hash.
    :standard: RFC 8017 7.1.2, 7.2.2; RFC 3218 2.3.2
    """
    demand(key, PrivateHandle, "RSA")
    scheme = _encryption_padding(padding, hash_name)
    data = as_bytes(ciphertext, "ciphertext")
    if expected_len is not None:
        number(expected_len, 0, MAX_GENERATED_BITS // 8, "expected_len")
    if padding is EncryptionPadding.PKCS1V15:
        return _decrypt_without_oracle(key, data, scheme, expected_len)
    try:
        with foreign("RSA decrypt"):
            message: bytes = key._key.decrypt(data, scheme)
    except InvalidInputError:
        raise DecryptionError from None
    if expected_len is not None and len(message) != expected_len:
        raise DecryptionError
    return message


def _decrypt_without_oracle(
    key: PrivateHandle, ciphertext: bytes, scheme: AsymmetricPadding, expected_len: int | None
) -> bytes:
    """Decrypt with PKCS #1 v1.5, and answer what holds no message with one that the key and the ciphertext give."""
    modulus, _ = key.public.numbers()
    modulus_len = (modulus.bit_length() + 7) // 8
    if len(ciphertext) != modulus_len or int.from_bytes(ciphertext, "big") >= modulus:
        raise DecryptionError
    # Made before anything is known about the ciphertext, so that it costs the same in every case.
    substitute = _substitute(key, ciphertext, modulus_len, expected_len)
    try:
        with foreign("RSA decrypt"):
            message: bytes = key._key.decrypt(ciphertext, scheme)
    except InvalidInputError:
        return substitute
    return message if expected_len is None or len(message) == expected_len else substitute


def _substitute(key: PrivateHandle, ciphertext: bytes, modulus_len: int, expected_len: int | None) -> bytes:
    """Return bytes that only the holder of the private key can foresee, the same for the same ciphertext."""
    secret = sm3.hmac(b"gmpki: PKCS #1 v1.5 implicit rejection", key.to_der())
    if expected_len is None:
        longest = modulus_len - _PKCS1V15_OVERHEAD
        expected_len = int.from_bytes(sm3.hmac(secret, b"length" + ciphertext)[:8], "big") % (longest + 1)
    return kdf.sm3_kdf(sm3.hmac(secret, b"message" + ciphertext), max(expected_len, 1))[:expected_len]
