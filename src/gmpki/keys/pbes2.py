"""Encryption under a password: PBES2 with PBKDF2, SM4-CBC or AES-256-CBC; more for reading.

:standard: RFC 8018 5.2, 6.2 and appendix A; GM/T 0091-2020, whose own numbers for the same structure are read too
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple

from gmpki import oids
from gmpki._inputs import as_bytes, member, number
from gmpki.algorithms import sm4
from gmpki.algorithms.rand import random_bytes
from gmpki.asn1 import der
from gmpki.asn1.rfc5280 import NULL, AlgorithmIdentifier
from gmpki.asn1.rfc8018 import PBES2Params, PBKDF2Params
from gmpki.errors import DecryptionError, InvalidInputError, UnsupportedAlgorithm
from gmpki.keys.pbkdf2 import MAX_ITERATIONS, Derivation

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from gmpki.oids import ObjectIdentifier

__all__ = ["DEFAULT_ITERATIONS", "MAX_ITERATIONS", "SCHEMES", "EncryptionProfile", "Scheme", "decrypt", "encrypt"]

# About 0.1 s of PBKDF2-HMAC-SM3 in the C core on one core of a current server: what a person does not notice and an
# attacker pays for every guess.
DEFAULT_ITERATIONS: Final = 300_000
# What a caller may allow: hashlib counts no further.
MOST_ITERATIONS: Final = (1 << 31) - 1
SALT_LEN: Final = 16


class _Profile(NamedTuple):
    prf: AlgorithmIdentifier
    cipher: ObjectIdentifier = oids.SM4_CBC


class EncryptionProfile(Enum):
    """Who shall be able to read an encrypted key. All use PBES2 and PBKDF2; they differ in the PRF and the cipher."""

    GM = _Profile(AlgorithmIdentifier(oids.HMAC_SM3, NULL))
    """HMAC-SM3 (1.2.156.10197.1.401.2 with NULL), SM4-CBC: the Go library gmsm, older GmSSL, and Bouncy Castle, whose
    provider has to be told of the cipher: 1.72 does not know its identifier."""
    GMSSL = _Profile(AlgorithmIdentifier(oids.HMAC_SM3))
    """HMAC-SM3 with parameters absent, SM4-CBC: current GmSSL, which refuses NULL."""
    OPENSSL = _Profile(AlgorithmIdentifier(oids.HMAC_SHA256, NULL))
    """HMAC-SHA256, SM4-CBC: OpenSSL 3.0, which has no PRF with SM3."""
    AES = _Profile(AlgorithmIdentifier(oids.HMAC_SHA256, NULL), oids.AES256_CBC)
    """HMAC-SHA256, AES-256-CBC: programs without SM4, for RSA and ECDSA keys that they share."""


SCHEMES: Final = (oids.PBES2, oids.SM_PBES, oids.SM_PBES_ALTERNATE)
"""The identifiers of PBES2."""

# Ciphers by identifier, with the lengths in bytes of key and block. SM4 without a mode but with an IV is CBC in files
# of some CAs.
_CIPHERS: Final = {
    oids.SM4_CBC: (16, 16),
    oids.SM4: (16, 16),
    oids.AES128_CBC: (16, 16),
    oids.AES192_CBC: (24, 16),
    oids.AES256_CBC: (32, 16),
    oids.DES_EDE3_CBC: (24, 8),
}


def password_bytes(password: Buffer) -> bytes:
    """Return a password as bytes.

    :raises InvalidTypeError: when it is not a buffer; text is not encoded for the caller.
    """
    return as_bytes(password, "the password", text_hint="encode text yourself, for instance as UTF-8")


def encrypt(
    data: bytes,
    password: Buffer,
    *,
    profile: EncryptionProfile = EncryptionProfile.GM,
    iterations: int = DEFAULT_ITERATIONS,
) -> tuple[AlgorithmIdentifier, bytes]:
    """Encrypt data under a password; return the algorithm identifier and the ciphertext.

    :param password: at least 1 byte.
    :param iterations: of PBKDF2, 1 to :data:`MAX_ITERATIONS`.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when the password is empty, or iterations outside.
    :raises RandomSourceError: when the random source fails.
    """
    member(profile, EncryptionProfile, "profile")
    secret = password_bytes(password)
    if not secret:
        raise InvalidInputError("the password is empty; to write a key without encryption give None")
    number(iterations, 1, MAX_ITERATIONS, "iterations")
    prf, cipher = profile.value
    key_len, block_len = _CIPHERS[cipher]
    salt, iv = random_bytes(SALT_LEN), random_bytes(block_len)
    # keyLength is left out: it says nothing that the cipher does not, and some readers do not take it.
    derivation = AlgorithmIdentifier(oids.PBKDF2, PBKDF2Params(salt, iterations, None, prf).to_der())
    parameters = PBES2Params(derivation, AlgorithmIdentifier(cipher, der.encode_octet_string(iv)))
    key = Derivation.from_algorithm(derivation, key_len).derive(secret)
    if cipher == oids.SM4_CBC:
        ciphertext = sm4.encrypt(key, data, sm4.Mode.CBC, iv, padding=sm4.Padding.PKCS7)
    else:
        from gmpki.algorithms import aes

        ciphertext = aes.encrypt_cbc(key, iv, data)
    return AlgorithmIdentifier(oids.PBES2, parameters.to_der()), ciphertext


def decrypt(
    algorithm: AlgorithmIdentifier, ciphertext: bytes, password: Buffer, *, max_iterations: int = MAX_ITERATIONS
) -> bytes:
    """Decrypt what a password protects. With a wrong password the answer may also be other bytes, seldom.

    :param max_iterations: the most iterations of PBKDF2 that are done, 1 to 2^31 - 1.
    :raises InvalidTypeError: when password is not a buffer, or max_iterations no ``int``.
    :raises InvalidInputError: when max_iterations is outside.
    :raises UnsupportedAlgorithm: when the scheme, the key derivation, its PRF or the cipher is not read here.
    :raises LimitExceeded: when the file asks for more iterations.
    :raises DecodeError: when the parameters are malformed.
    :raises DecryptionError: when the password is wrong or the ciphertext damaged.
    """
    secret = password_bytes(password)
    number(max_iterations, 1, MOST_ITERATIONS, "max_iterations")
    return Scheme.from_algorithm(algorithm, max_iterations=max_iterations).decrypt(ciphertext, secret)


@dataclass(frozen=True, slots=True)
class Scheme:
    """What the parameters of PBES2 ask for, checked; no work has been done. Immutable; thread-safe.

    :ivar derivation: how the key is made of the password, with its cost.
    """

    cipher: ObjectIdentifier
    iv: bytes
    derivation: Derivation

    @classmethod
    def from_algorithm(cls, algorithm: AlgorithmIdentifier, *, max_iterations: int = MAX_ITERATIONS) -> Scheme:
        """Read the parameters.

        :raises UnsupportedAlgorithm: when the scheme, the key derivation, its PRF or the cipher is not read here.
        :raises LimitExceeded: when more than max_iterations are asked for, or the salt is longer than 1024 bytes.
        :raises DecodeError: when the parameters are malformed.
        """
        if algorithm.algorithm not in SCHEMES:
            raise UnsupportedAlgorithm(
                f"the key is encrypted with {algorithm.shown}; PBES2 is read. "
                "Convert it where it was made, for instance with: openssl pkcs8 -topk8 -v2 aes-256-cbc"
            )
        parameters = PBES2Params.from_der(algorithm.parameters or b"")
        cipher = parameters.encryption.algorithm
        lengths = _CIPHERS.get(cipher)
        if lengths is None:
            raise UnsupportedAlgorithm(
                f"the key is encrypted with {parameters.encryption.shown}; SM4, AES and triple DES in CBC are read"
            )
        key_len, block_len = lengths
        iv_reader = der.Reader(parameters.encryption.parameters or b"", name="encryptionScheme")
        iv = iv_reader.octet_string("parameters", size=block_len)
        iv_reader.end()
        derivation = Derivation.from_algorithm(parameters.key_derivation, key_len, max_iterations=max_iterations)
        return cls(cipher, iv, derivation)

    def decrypt(self, ciphertext: bytes, password: bytes) -> bytes:
        """Derive the key and decrypt.

        :raises DecryptionError: when the password is wrong or the ciphertext damaged.
        """
        if not ciphertext or len(ciphertext) % len(self.iv):
            raise DecryptionError
        key = self.derivation.derive(password)
        if self.cipher in (oids.SM4_CBC, oids.SM4):
            return sm4.decrypt(key, ciphertext, sm4.Mode.CBC, self.iv, padding=sm4.Padding.PKCS7)
        if self.cipher == oids.DES_EDE3_CBC:
            from gmpki.algorithms import triple_des

            return triple_des.decrypt_cbc(key, self.iv, ciphertext)
        from gmpki.algorithms import aes

        return aes.decrypt_cbc(key, self.iv, ciphertext)
