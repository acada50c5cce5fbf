"""Encryption under a password: PBES2 with PBKDF2, SM4-CBC and, for reading, AES-CBC.

:standard: RFC 8018 5.2, 6.2 and appendix A; GM/T 0091-2020, whose own numbers for the same structure are read too
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple

from gmpki import oids
from gmpki._inputs import as_bytes, member, number
from gmpki.algorithms import kdf, sm4
from gmpki.algorithms.rand import random_bytes
from gmpki.asn1 import der
from gmpki.asn1.rfc5280 import NULL, AlgorithmIdentifier
from gmpki.asn1.rfc8018 import PBES2Params, PBKDF2Params
from gmpki.errors import (
    DecodeError,
    DecryptionError,
    InvalidInputError,
    LimitExceeded,
    UnsupportedAlgorithm,
)

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["DEFAULT_ITERATIONS", "MAX_ITERATIONS", "EncryptionProfile", "decrypt", "encrypt"]

# About 0.1 s of PBKDF2-HMAC-SM3 in the C core on one core of a current server: what a person does not notice and an
# attacker pays for every guess.
DEFAULT_ITERATIONS: Final = 300_000
# Five times what any current recommendation asks (below 2,000,000), and a bound of some seconds on what a hostile file
# can cost.
MAX_ITERATIONS: Final = 10_000_000
# What a caller may allow: hashlib counts no further.
_MOST_ITERATIONS: Final = (1 << 31) - 1
SALT_LEN: Final = 16
_MAX_SALT_LEN: Final = 1024
_BLOCK_LEN: Final = 16


class _Profile(NamedTuple):
    prf: AlgorithmIdentifier


class EncryptionProfile(Enum):
    """Who shall be able to read an encrypted key. All use PBES2, PBKDF2 and SM4-CBC; they differ in the PRF."""

    GM = _Profile(AlgorithmIdentifier(oids.HMAC_SM3, NULL))
    """HMAC-SM3 (1.2.156.10197.1.401.2 with NULL): Bouncy Castle, the Go library gmsm, older GmSSL."""
    GMSSL = _Profile(AlgorithmIdentifier(oids.HMAC_SM3))
    """HMAC-SM3 with parameters absent: current GmSSL, which refuses NULL."""
    OPENSSL = _Profile(AlgorithmIdentifier(oids.HMAC_SHA256, NULL))
    """HMAC-SHA256: OpenSSL 3.0, which has no PRF with SM3."""


# PRFs by identifier; "sm3" is ours, the others are hashlib's.
_PRFS: Final = {
    oids.HMAC_SM3: "sm3",
    oids.HMAC_SM3_0091: "sm3",
    oids.HMAC_SHA1: "sha1",
    oids.HMAC_SHA224: "sha224",
    oids.HMAC_SHA256: "sha256",
    oids.HMAC_SHA384: "sha384",
    oids.HMAC_SHA512: "sha512",
}
_SCHEMES: Final = (oids.PBES2, oids.SM_PBES, oids.SM_PBES_ALTERNATE)
# The PRF where none is given: RFC 8018 A.2 says HMAC-SHA1, the GM structure has HMAC-SM3 alone.
_DERIVATIONS: Final = {oids.PBKDF2: "sha1", oids.SM_PBKDF: "sm3", oids.SM_PBKDF_ALTERNATE: "sm3"}
# Ciphers by identifier, with the key length in bytes. SM4 without a mode but with an IV is CBC in files of some CAs.
_CIPHERS: Final = {oids.SM4_CBC: 16, oids.SM4: 16, oids.AES128_CBC: 16, oids.AES192_CBC: 24, oids.AES256_CBC: 32}


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
    salt, iv = random_bytes(SALT_LEN), random_bytes(_BLOCK_LEN)
    # keyLength is left out: it says nothing that SM4 does not, and some readers do not take it.
    derivation = PBKDF2Params(salt, iterations, None, profile.value.prf)
    key = _derive(_PRFS[profile.value.prf.algorithm], secret, derivation, _CIPHERS[oids.SM4_CBC])
    parameters = PBES2Params(
        AlgorithmIdentifier(oids.PBKDF2, derivation.to_der()),
        AlgorithmIdentifier(oids.SM4_CBC, der.encode_octet_string(iv)),
    )
    ciphertext = sm4.encrypt(key, data, sm4.Mode.CBC, iv, padding=sm4.Padding.PKCS7)
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
    number(max_iterations, 1, _MOST_ITERATIONS, "max_iterations")
    if algorithm.algorithm not in _SCHEMES:
        raise UnsupportedAlgorithm(
            f"the key is encrypted with {algorithm.shown}; PBES2 is read. "
            "Convert it where it was made, for instance with: openssl pkcs8 -topk8 -v2 aes-256-cbc"
        )
    parameters = PBES2Params.from_der(algorithm.parameters or b"")
    cipher = parameters.encryption.algorithm
    key_len = _CIPHERS.get(cipher)
    if key_len is None:
        raise UnsupportedAlgorithm(
            f"the key is encrypted with {parameters.encryption.shown}; SM4-CBC and AES-CBC are read"
        )
    iv_reader = der.Reader(parameters.encryption.parameters or b"", name="encryptionScheme")
    iv = iv_reader.octet_string("parameters", size=_BLOCK_LEN)
    iv_reader.end()
    prf, derivation = _derivation(parameters.key_derivation, key_len, max_iterations)
    if not ciphertext or len(ciphertext) % _BLOCK_LEN:
        raise DecryptionError
    key = _derive(prf, secret, derivation, key_len)
    if cipher in (oids.SM4_CBC, oids.SM4):
        return sm4.decrypt(key, ciphertext, sm4.Mode.CBC, iv, padding=sm4.Padding.PKCS7)
    from gmpki.algorithms import aes

    return aes.decrypt_cbc(key, iv, ciphertext)


def _derivation(algorithm: AlgorithmIdentifier, key_len: int, max_iterations: int) -> tuple[str, PBKDF2Params]:
    """Check the key derivation against the limits and the cipher; return the name of its PRF and its parameters."""
    default = _DERIVATIONS.get(algorithm.algorithm)
    if default is None:
        raise UnsupportedAlgorithm(f"the key is derived with {algorithm.shown}; PBKDF2 is read")
    derivation = PBKDF2Params.from_der(algorithm.parameters or b"")
    prf = default if derivation.prf is None else _prf(derivation.prf)
    if derivation.iteration_count > max_iterations:
        raise LimitExceeded(
            f"the key asks for {derivation.iteration_count} iterations of PBKDF2; at most {max_iterations} are done "
            "unless max_iterations says more"
        )
    if derivation.key_length not in (None, key_len):
        raise DecodeError(f"PBKDF2 gives {derivation.key_length} bytes where the cipher takes {key_len}")
    if len(derivation.salt) > _MAX_SALT_LEN:
        raise LimitExceeded(f"a salt of {len(derivation.salt)} bytes; at most {_MAX_SALT_LEN} are read")
    return prf, derivation


def _prf(algorithm: AlgorithmIdentifier) -> str:
    name = _PRFS.get(algorithm.algorithm)
    if name is None or not algorithm.has_no_parameters:
        raise UnsupportedAlgorithm(
            f"PBKDF2 with {algorithm.shown}; HMAC with SM3, SHA-1, SHA-224, SHA-256, SHA-384 and SHA-512 are read"
        )
    return name


def _derive(prf: str, password: bytes, parameters: PBKDF2Params, key_len: int) -> bytes:
    if prf == "sm3":
        return kdf.pbkdf2(password, parameters.salt, parameters.iteration_count, key_len)
    import hashlib

    return hashlib.pbkdf2_hmac(prf, password, parameters.salt, parameters.iteration_count, key_len)
