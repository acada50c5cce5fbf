"""The MAC over a PKCS #12 file, by its own key derivation or by PBMAC1.

:standard: RFC 7292 4 and appendix B; RFC 9579; RFC 8018 7.1 (PBMAC1)
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Final

from gmpki import oids
from gmpki.algorithms import sm3
from gmpki.algorithms.rand import random_bytes
from gmpki.asn1.rfc5280 import NULL, AlgorithmIdentifier
from gmpki.asn1.rfc7292 import MacData
from gmpki.asn1.rfc8018 import PBKDF2Params, PBMAC1Params
from gmpki.errors import DecryptionError, LimitExceeded, UnsupportedAlgorithm
from gmpki.keys.pbkdf2 import Derivation, hmac_hash
from gmpki.keystore import pkcs12_kdf
from gmpki.keystore._unlocking import bmp_password
from gmpki.keystore.pkcs12_kdf import HASHES, KeyPurpose

if TYPE_CHECKING:
    from gmpki.keystore._unlocking import Unlocking

__all__ = ["check", "classic", "describe", "pbmac1"]

_SALT_LEN: Final = 16
# Longer keys than the block of a hash are only hashed once more; shorter ones than this nobody writes.
_KEY_LENGTHS: Final = range(16, 129)
_UNUSED_SALT: Final = b"NOT USED"
_HASH_OIDS: Final = {"sm3": oids.SM3, "sha256": oids.SHA256}
_HMAC_OIDS: Final = {"sm3": oids.HMAC_SM3, "sha256": oids.HMAC_SHA256}


def check(mac: MacData, content: bytes, unlocking: Unlocking) -> None:
    """Check the MAC in constant time. Of the forms that the password may have, the right one stays in unlocking.

    :raises UnsupportedAlgorithm: when the MAC is of another kind.
    :raises LimitExceeded: when it asks for more work than allowed.
    :raises DecodeError: when its parameters are malformed.
    :raises DecryptionError: when it does not hold: a wrong password, or a file that was changed.
    """
    if mac.algorithm.algorithm == oids.PBMAC1:
        hash_name, derivation = _pbmac1(mac.algorithm, unlocking.max_iterations)
        unlocking.spend(derivation.iterations, pkcs12_kdf.block_count(derivation.prf, derivation.key_len))
        key = derivation.derive(unlocking.password)
        if not hmac.compare_digest(_hmac(hash_name, key, content), mac.digest):
            raise DecryptionError
        return
    hash_name = _classic_hash(mac.algorithm)
    for form in unlocking.forms:
        unlocking.spend(mac.iterations)
        key = _classic_key(hash_name, form, mac.salt, mac.iterations)
        if hmac.compare_digest(_hmac(hash_name, key, content), mac.digest):
            unlocking.settle(form)
            return
    raise DecryptionError


def describe(mac: MacData) -> str:
    """Return one line about a MAC, such as "PBMAC1, PBKDF2-HMAC-SM3 (2048 iterations), HMAC-SM3"; errors as
    :func:`check`.
    """
    if mac.algorithm.algorithm == oids.PBMAC1:
        hash_name, derivation = _pbmac1(mac.algorithm, 1 << 63)
        return (
            f"PBMAC1, PBKDF2-HMAC-{derivation.prf.upper()} ({derivation.iterations} iterations), "
            f"HMAC-{hash_name.upper()}"
        )
    return f"HMAC-{_classic_hash(mac.algorithm).upper()}, PKCS #12 key derivation ({mac.iterations} iterations)"


def classic(hash_name: str, content: bytes, password: bytes, iterations: int) -> MacData:
    """Make the MAC of RFC 7292.

    :param hash_name: sm3 or sha256.
    :raises RandomSourceError: when the random source fails.
    """
    salt = random_bytes(_SALT_LEN)
    key = _classic_key(hash_name, bmp_password(password), salt, iterations)
    # NULL with SM3 too, as OpenSSL writes it: Bouncy Castle compares this structure byte for byte with one of its own.
    algorithm = AlgorithmIdentifier(_HASH_OIDS[hash_name], NULL)
    return MacData(algorithm, _hmac(hash_name, key, content), salt, iterations)


def pbmac1(hash_name: str, content: bytes, password: bytes, iterations: int) -> MacData:
    """Make the MAC of RFC 9579.

    :param hash_name: of both the derivation and the MAC: sm3 or sha256.
    :raises RandomSourceError: when the random source fails.
    """
    scheme = AlgorithmIdentifier(_HMAC_OIDS[hash_name], NULL)
    asked = PBKDF2Params(random_bytes(_SALT_LEN), iterations, pkcs12_kdf.hash_len(hash_name), scheme)
    parameters = PBMAC1Params(AlgorithmIdentifier(oids.PBKDF2, asked.to_der()), scheme)
    algorithm = AlgorithmIdentifier(oids.PBMAC1, parameters.to_der())
    _, derivation = _pbmac1(algorithm, iterations)
    return MacData(algorithm, _hmac(hash_name, derivation.derive(password), content), _UNUSED_SALT)


def _classic_hash(algorithm: AlgorithmIdentifier) -> str:
    name = HASHES.get(algorithm.algorithm) if algorithm.has_no_parameters else None
    if name is None:
        raise UnsupportedAlgorithm(
            f"a MAC with {algorithm.shown}; PBMAC1, and HMAC with SM3, SHA-1 and the hashes of SHA-2 are checked"
        )
    return name


def _classic_key(hash_name: str, form: bytes, salt: bytes, iterations: int) -> bytes:
    length = pkcs12_kdf.hash_len(hash_name)
    return pkcs12_kdf.derive(hash_name, form, salt, iterations, purpose=KeyPurpose.MAC, length=length)


def _pbmac1(algorithm: AlgorithmIdentifier, max_iterations: int) -> tuple[str, Derivation]:
    """Read the parameters of PBMAC1: the hash of the HMAC, and the derivation of its key."""
    parameters = PBMAC1Params.from_der(algorithm.parameters or b"")
    hash_name = hmac_hash(parameters.message_authentication)
    if hash_name is None:
        raise UnsupportedAlgorithm(f"PBMAC1 with {parameters.message_authentication.shown}; HMAC is checked")
    derivation = parameters.key_derivation
    asked = PBKDF2Params.from_der(derivation.parameters or b"") if derivation.algorithm == oids.PBKDF2 else None
    # The length stands there by the standard; go-pkcs12 takes the length of the hash where it does not [C].
    length = asked.key_length if asked is not None else None
    if length is None:
        length = pkcs12_kdf.hash_len(hash_name)
    if length not in _KEY_LENGTHS:
        raise LimitExceeded(f"PBMAC1 with a key of {length} bytes; {_KEY_LENGTHS[0]} to {_KEY_LENGTHS[-1]} are taken")
    return hash_name, Derivation.from_algorithm(derivation, length, max_iterations=max_iterations)


def _hmac(hash_name: str, key: bytes, content: bytes) -> bytes:
    return sm3.hmac(key, content) if hash_name == "sm3" else hmac.digest(key, content, hash_name)
