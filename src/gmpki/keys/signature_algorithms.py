"""Which key a signature algorithm belongs to, and how that key is used with it.

The algorithm stands beside the signature, where whoever made the signature wrote it; what verifies is decided by the
key. :func:`key_for` brings the two together, or refuses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki import oids
from gmpki._inputs import member
from gmpki.algorithms.policy import AlgorithmPolicy
from gmpki.asn1.rfc5280 import AlgorithmIdentifier
from gmpki.errors import DecodeError, InvalidTypeError, KeyMismatchError, UnsupportedAlgorithm
from gmpki.keys._hashed import HashedPublicKey
from gmpki.keys.interfaces import PublicKey
from gmpki.keys.sm2_public import SM2PublicKey

if TYPE_CHECKING:
    from gmpki.keys.rsa import RSAPublicKey

__all__ = ["SM2_SIGNATURES", "is_oid_synonym", "key_for"]

SM2_SIGNATURES: Final = frozenset({oids.SM2_WITH_SM3, oids.SM2_SIGN})
"""The algorithms of SM2 signatures: SM2-with-SM3, and SM2-1, which is met in its place."""

_RSA_HASHES: Final = {
    oids.RSA_SHA256: "sha256",
    oids.RSA_SHA384: "sha384",
    oids.RSA_SHA512: "sha512",
    oids.RSA_WITH_SM3: "sm3",
    oids.RSA_SHA1: "sha1",
}
_ECDSA_HASHES: Final = {
    oids.ECDSA_SHA256: "sha256",
    oids.ECDSA_SHA384: "sha384",
    oids.ECDSA_SHA512: "sha512",
    oids.ECDSA_SHA1: "sha1",
}


def is_oid_synonym(algorithm: AlgorithmIdentifier) -> bool:
    """Tell whether a signature algorithm is one that stands in the place of the usual identifier."""
    return algorithm.algorithm == oids.SM2_SIGN


def key_for(public_key: PublicKey, algorithm: AlgorithmIdentifier, policy: AlgorithmPolicy) -> PublicKey:
    """Return a public key as it verifies signatures of an algorithm.

    A key of this package is asked for its class. Any other object that satisfies
    :class:`~gmpki.keys.interfaces.PublicKey` verifies the one algorithm that it names.

    :param policy: decides about the hash and the size of the key.
    :raises KeyMismatchError: when the algorithm is one of other keys.
    :raises UnsupportedAlgorithm: when it is not known, or known and not done.
    :raises DecodeError: when its parameters are malformed or not those of the algorithm.
    :raises PolicyError: when the policy refuses its hash, or the key.
    :raises InvalidTypeError: when an input has the wrong type.
    :standard: RFC 4055 5 and 3.1 (RSA); RFC 5758 3.2 (ECDSA); RFC 8410 6 (Ed25519)
    """
    member(algorithm, AlgorithmIdentifier, "algorithm")
    # The classes are asked first: what a protocol asks for takes ten times as long to find out.
    if not isinstance(public_key, (SM2PublicKey, HashedPublicKey, PublicKey)):
        raise InvalidTypeError(f"public_key must be a public key, not {type(public_key).__name__}")
    own = public_key.signature_algorithm.algorithm
    wanted = algorithm.algorithm
    if own in SM2_SIGNATURES and wanted in SM2_SIGNATURES:
        _check_empty(algorithm)
        return public_key
    if own == oids.ED25519 and wanted == oids.ED25519:
        if algorithm.parameters is not None:
            raise DecodeError(f"the parameters of {algorithm.shown} are absent, these are not")
        return public_key
    return _other_key(public_key, algorithm, policy)


def _other_key(public_key: PublicKey, algorithm: AlgorithmIdentifier, policy: AlgorithmPolicy) -> PublicKey:
    # Their modules bring ``cryptography`` in, so they are imported only here.
    from gmpki.keys.ecdsa import ECDSAPublicKey
    from gmpki.keys.rsa import RSAPublicKey, SignaturePadding

    wanted = algorithm.algorithm
    if isinstance(public_key, RSAPublicKey):
        if wanted in _RSA_HASHES:
            _check_empty(algorithm)
            return public_key.using(hash_name=_RSA_HASHES[wanted], padding=SignaturePadding.PKCS1V15, policy=policy)
        if wanted == oids.RSA_PSS:
            return _pss(public_key, algorithm, policy)
    elif isinstance(public_key, ECDSAPublicKey):
        if wanted in _ECDSA_HASHES:
            _check_empty(algorithm)
            return public_key.using(hash_name=_ECDSA_HASHES[wanted], policy=policy)
    elif public_key.signature_algorithm == algorithm:
        return public_key
    raise _refusal(public_key, algorithm)


def _check_empty(algorithm: AlgorithmIdentifier) -> None:
    """Check that parameters are absent or NULL, which are taken for the same everywhere (RFC 4055 5 asks for that)."""
    if not algorithm.has_no_parameters:
        raise DecodeError(f"the parameters of {algorithm.shown} are absent or NULL, these are neither")


def _pss(public_key: RSAPublicKey, algorithm: AlgorithmIdentifier, policy: AlgorithmPolicy) -> RSAPublicKey:
    """Return the key as it is used with the parameters of RSASSA-PSS."""
    from gmpki.keys.rsa import SignaturePadding
    from gmpki.keys.rsa_pss import read_pss

    if algorithm.has_no_parameters or algorithm.parameters is None:
        raise DecodeError("a signature with RSASSA-PSS says which hash it has; the parameters are missing")
    hash_name, salt_len = read_pss(algorithm.parameters)
    if salt_len > public_key.bits // 8:
        raise DecodeError("the salt of RSASSA-PSS is longer than the key")
    return public_key.using(hash_name=hash_name, padding=SignaturePadding.PSS, salt_len=salt_len, policy=policy)


def _refusal(public_key: PublicKey, algorithm: AlgorithmIdentifier) -> KeyMismatchError | UnsupportedAlgorithm:
    known = (*SM2_SIGNATURES, *_RSA_HASHES, *_ECDSA_HASHES, oids.RSA_PSS, oids.ED25519)
    if algorithm.algorithm not in known:
        return UnsupportedAlgorithm(f"a signature of the algorithm {algorithm.shown}, which is not verified")
    return KeyMismatchError(
        f"the signature says {algorithm.shown}, but the key that should have made it is {public_key!r}"
    )
