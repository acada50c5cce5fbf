"""What a password encrypts, in every scheme that key files have: PBES2, and those of PKCS #12 before it, for reading.

:standard: RFC 8018 6.2; RFC 7292 appendix C
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final, NamedTuple

from gmpki import oids
from gmpki.asn1.rfc7292 import PKCS12PBEParams
from gmpki.errors import DecryptionError, UnsupportedAlgorithm
from gmpki.keys import pbes2
from gmpki.keystore import pkcs12_kdf
from gmpki.keystore.pkcs12_kdf import KeyPurpose

if TYPE_CHECKING:
    from gmpki.asn1.rfc5280 import AlgorithmIdentifier
    from gmpki.keystore._unlocking import Unlocking

__all__ = ["decrypt", "describe"]

_HASH: Final = "sha1"
_IV_LEN: Final = 8
# RC2 runs in Python: for one block it takes about as long as this many iterations of a derivation.
_RC2_BLOCK_COST: Final = 64


class _Cipher(NamedTuple):
    key_len: int
    rc2_bits: int  # 0 for triple DES


_OLD: Final = {
    oids.PBE_SHA1_3DES: _Cipher(24, 0),
    oids.PBE_SHA1_2DES: _Cipher(16, 0),
    oids.PBE_SHA1_RC2_128: _Cipher(16, 128),
    oids.PBE_SHA1_RC2_40: _Cipher(5, 40),
}


def decrypt(algorithm: AlgorithmIdentifier, ciphertext: bytes, unlocking: Unlocking) -> bytes:
    """Decrypt what a password protects. With a wrong password the answer may also be other bytes, seldom.

    :raises UnsupportedAlgorithm: when the scheme is not read here.
    :raises LimitExceeded: when it asks for more work than allowed.
    :raises DecodeError: when its parameters are malformed.
    :raises DecryptionError: when the password is wrong or the ciphertext damaged.
    """
    if algorithm.algorithm in pbes2.SCHEMES:
        scheme = pbes2.Scheme.from_algorithm(algorithm, max_iterations=unlocking.max_iterations)
        derivation = scheme.derivation
        unlocking.spend(derivation.iterations, -(-derivation.key_len // pkcs12_kdf.hash_len(derivation.prf)))
        return scheme.decrypt(ciphertext, unlocking.password)
    cipher = _old_cipher(algorithm)
    parameters = PKCS12PBEParams.from_der(algorithm.parameters or b"")
    for form in unlocking.forms:
        with contextlib.suppress(DecryptionError):
            return _decrypt_old(cipher, parameters, ciphertext, form, unlocking)
    raise DecryptionError


def _old_cipher(algorithm: AlgorithmIdentifier) -> _Cipher:
    cipher = _OLD.get(algorithm.algorithm)
    if cipher is None:
        raise UnsupportedAlgorithm(
            f"encrypted with {algorithm.shown}; read are PBES2 and the schemes of PKCS #12 with triple DES or RC2"
        )
    return cipher


def _decrypt_old(
    cipher: _Cipher, parameters: PKCS12PBEParams, ciphertext: bytes, form: bytes, unlocking: Unlocking
) -> bytes:
    from gmpki.algorithms import rc2, triple_des

    salt, iterations = parameters.salt, parameters.iterations
    unlocking.spend(iterations, pkcs12_kdf.block_count(_HASH, cipher.key_len) + 1)
    key = pkcs12_kdf.derive(_HASH, form, salt, iterations, purpose=KeyPurpose.KEY, length=cipher.key_len)
    iv = pkcs12_kdf.derive(_HASH, form, salt, iterations, purpose=KeyPurpose.IV, length=_IV_LEN)
    if cipher.rc2_bits:
        unlocking.spend(1, len(ciphertext) // rc2.BLOCK_LEN * _RC2_BLOCK_COST)
        return rc2.decrypt_cbc_vartime(key, cipher.rc2_bits, iv, ciphertext)
    return triple_des.decrypt_cbc(key, iv, ciphertext)


def describe(algorithm: AlgorithmIdentifier) -> str:
    """Return one line about a scheme, such as "PBES2, PBKDF2-HMAC-SM3 (2048 iterations), sm4-cbc".

    :raises UnsupportedAlgorithm: when the scheme is not read here.
    :raises DecodeError: when its parameters are malformed.
    :raises LimitExceeded: when its salt is too long.
    """
    if algorithm.algorithm not in pbes2.SCHEMES:
        _old_cipher(algorithm)
        parameters = PKCS12PBEParams.from_der(algorithm.parameters or b"")
        return f"{algorithm.algorithm.name} ({parameters.iterations} iterations)"
    scheme = pbes2.Scheme.from_algorithm(algorithm, max_iterations=1 << 63)
    derivation = scheme.derivation
    return f"PBES2, PBKDF2-HMAC-{derivation.prf.upper()} ({derivation.iterations} iterations), {scheme.cipher.name}"
