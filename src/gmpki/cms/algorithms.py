"""The algorithms of a signer: which hash, which signature, and whether the two and the key agree.

A SignerInfo names two algorithms, and the key says a third thing. All three must say the same: an attacker who may
choose one of them against the others would turn one signature into that of something else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki import oids
from gmpki.asn1.rfc5280 import NULL, AlgorithmIdentifier
from gmpki.cms.variants import Variant
from gmpki.errors import DecodeError, MessageError, UnsupportedAlgorithm
from gmpki.keys._hashed import HashedPublicKey
from gmpki.keys.signature_algorithms import SM2_SIGNATURES, key_for
from gmpki.keys.sm2_public import SM2PublicKey

if TYPE_CHECKING:
    from gmpki.algorithms.policy import AlgorithmPolicy
    from gmpki.keys.interfaces import PublicKey

__all__ = ["digest_algorithm", "digest_name", "hash_of_key", "signature_algorithm"]

_HASHES: Final = {
    oids.SM3: "sm3",
    oids.SM3_HASH: "sm3",
    oids.SHA256: "sha256",
    oids.SHA384: "sha384",
    oids.SHA512: "sha512",
    oids.SHA224: "sha224",
    oids.SHA1: "sha1",
    oids.MD5: "md5",
}
_IDENTIFIERS: Final = {
    "sm3": AlgorithmIdentifier(oids.SM3),
    # RFC 5754 2: parameters absent.
    "sha256": AlgorithmIdentifier(oids.SHA256),
    "sha384": AlgorithmIdentifier(oids.SHA384),
    "sha512": AlgorithmIdentifier(oids.SHA512),
}
_RSA_WITH: Final = {
    "sm3": AlgorithmIdentifier(oids.RSA_WITH_SM3, NULL),
    "sha256": AlgorithmIdentifier(oids.RSA_SHA256, NULL),
    "sha384": AlgorithmIdentifier(oids.RSA_SHA384, NULL),
    "sha512": AlgorithmIdentifier(oids.RSA_SHA512, NULL),
    "sha1": AlgorithmIdentifier(oids.RSA_SHA1, NULL),
}
_ECDSA_WITH: Final = {
    "sha256": AlgorithmIdentifier(oids.ECDSA_SHA256),
    "sha384": AlgorithmIdentifier(oids.ECDSA_SHA384),
    "sha512": AlgorithmIdentifier(oids.ECDSA_SHA512),
    "sha1": AlgorithmIdentifier(oids.ECDSA_SHA1),
}
# What names the kind of key where the algorithm of the signature belongs.
_KEY_KINDS: Final = frozenset((oids.SM2, oids.EC_PUBLIC_KEY))
_SM2: Final = AlgorithmIdentifier(oids.SM2_SIGN)


def digest_name(algorithm: AlgorithmIdentifier, *, lenient: bool) -> tuple[str, tuple[Variant, ...]]:
    """Return the hash that a digest algorithm is, and what is unusual about it.

    :raises UnsupportedAlgorithm: when it is none that messages have.
    :raises DecodeError: when its parameters are neither absent nor NULL.
    """
    name = _HASHES.get(algorithm.algorithm)
    variants: tuple[Variant, ...] = ()
    if name is None and lenient and algorithm.algorithm == oids.HMAC_SM3:
        name, variants = "sm3", (Variant.DIGEST_HMAC_IDENTIFIER,)
    if name is None:
        raise UnsupportedAlgorithm(f"the digest algorithm {algorithm.shown} is not one of messages")
    if not algorithm.has_no_parameters:
        raise DecodeError(f"the parameters of {algorithm.shown} are absent or NULL, these are neither")
    return name, variants


def digest_algorithm(name: str) -> AlgorithmIdentifier:
    """Return the identifier of a hash, as it is written.

    :raises UnsupportedAlgorithm: when no message is made with it.
    """
    found = _IDENTIFIERS.get(name)
    if found is None:
        raise UnsupportedAlgorithm(f"messages are signed with {', '.join(_IDENTIFIERS)}, not with {name!r}")
    return found


def hash_of_key(key: PublicKey) -> str:
    """Return the hash of the signatures that a key, as it is used, makes."""
    if isinstance(key, HashedPublicKey):
        return key.hash_name
    if key.signature_algorithm.algorithm in SM2_SIGNATURES:
        return "sm3"
    return "sha512"  # Ed25519 (RFC 8419 2.3)


def signature_algorithm(
    algorithm: AlgorithmIdentifier, hash_name: str, key: PublicKey, policy: AlgorithmPolicy, *, lenient: bool
) -> tuple[AlgorithmIdentifier, tuple[Variant, ...]]:
    """Return the algorithm that verifies a signature, and what is unusual about the one that stands there.

    :param algorithm: of the SignerInfo.
    :param hash_name: of its digest algorithm.
    :raises MessageError: "algorithm-mismatch" when the two algorithms name different hashes.
    :raises KeyMismatchError: when the algorithm is one of other keys.
    :raises UnsupportedAlgorithm: when it is not known.
    :raises DecodeError: when its parameters are malformed.
    :raises PolicyError: when the policy refuses the hash or the key.
    :standard: RFC 5652 5.3; RFC 3370 3 and RFC 5754 3 (rsaEncryption with the digest beside it); RFC 8419 3
    """
    effective, variants = _effective(algorithm, hash_name, key, lenient=lenient)
    own = hash_of_key(key_for(key, effective, policy))
    if own != hash_name:
        raise MessageError(
            "algorithm-mismatch",
            f"the digest algorithm of the signer is {hash_name}, and the signature {effective.shown} is over {own}",
        )
    return effective, variants


def _effective(
    algorithm: AlgorithmIdentifier, hash_name: str, key: PublicKey, *, lenient: bool
) -> tuple[AlgorithmIdentifier, tuple[Variant, ...]]:
    """Replace what says no more than the kind of key."""
    named = algorithm.algorithm
    if named == oids.RSA_ENCRYPTION and hash_name in _RSA_WITH and algorithm.has_no_parameters:
        return _RSA_WITH[hash_name], ()
    if not lenient:
        return algorithm, ()
    if isinstance(key, SM2PublicKey):
        if named in _KEY_KINDS:
            return _SM2, (Variant.KEY_AS_SIGNATURE_ALGORITHM,)
        if named == oids.RSA_MD2:
            return _SM2, (Variant.MD2_RSA_FOR_SM2,)
    elif named == oids.EC_PUBLIC_KEY and hash_name in _ECDSA_WITH:
        return _ECDSA_WITH[hash_name], (Variant.KEY_AS_SIGNATURE_ALGORITHM,)
    return algorithm, ()
