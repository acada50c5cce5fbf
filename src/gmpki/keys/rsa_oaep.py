"""The parameters of RSAES-OAEP: reading them, and writing them for one hash.

:standard: RFC 8017 A.2.1; RFC 4055 4.1
"""

from __future__ import annotations

from typing import Final

from gmpki import oids
from gmpki._inputs import as_text, member
from gmpki.asn1.rfc5280 import NULL, AlgorithmIdentifier
from gmpki.asn1.rfc8017 import RSAESOAEPParams
from gmpki.errors import DecodeError, UnsupportedAlgorithm

__all__ = ["oaep_algorithm", "read_oaep"]

# SHA-1 is the default of the structure. OAEP does not ask that nobody finds collisions.
_HASHES: Final = {oids.SHA256: "sha256", oids.SHA384: "sha384", oids.SHA512: "sha512", oids.SHA1: "sha1"}
_OIDS: Final = {name: oid for oid, name in _HASHES.items()}


def oaep_algorithm(hash_name: str) -> AlgorithmIdentifier:
    """Return id-RSAES-OAEP with one hash, MGF1 over the same, and the empty label.

    :param hash_name: sha256, sha384, sha512 or sha1.
    :raises InvalidTypeError: when it is not ``str``.
    :raises UnsupportedAlgorithm: when it is another.
    """
    if as_text(hash_name, "hash_name") not in _OIDS:
        raise UnsupportedAlgorithm(f"RSAES-OAEP is done with {', '.join(_OIDS)}, not with {hash_name!r}")
    hashed = AlgorithmIdentifier(_OIDS[hash_name], NULL)
    parameters = RSAESOAEPParams(hashed, AlgorithmIdentifier(oids.MGF1, hashed.to_der()))
    return AlgorithmIdentifier(oids.RSA_OAEP, parameters.to_der())


def read_oaep(algorithm: AlgorithmIdentifier) -> str:
    """Return the hash of RSAES-OAEP as ``hashlib`` names it.

    :param algorithm: id-RSAES-OAEP with its parameters.
    :raises InvalidTypeError: when it is no AlgorithmIdentifier.
    :raises DecodeError: when the parameters are absent or malformed.
    :raises UnsupportedAlgorithm: when they name another mask generation function, two hashes, one that is not done, or
        a label.
    """
    member(algorithm, AlgorithmIdentifier, "algorithm")
    if algorithm.parameters is None:
        raise DecodeError("RSAES-OAEP without parameters")
    read = RSAESOAEPParams.from_der(algorithm.parameters)
    mask, hashed = read.mask_gen_algorithm, read.hash_algorithm
    if mask.algorithm != oids.MGF1 or mask.parameters is None:
        raise UnsupportedAlgorithm(f"RSAES-OAEP with the mask generation function {mask.shown}; MGF1 is read")
    mask_hash = AlgorithmIdentifier.from_der(mask.parameters)
    for part in (hashed, mask_hash):
        if not part.has_no_parameters:
            raise DecodeError(f"the parameters of {part.shown} are absent or NULL, these are neither")
    if mask_hash.algorithm != hashed.algorithm:
        raise UnsupportedAlgorithm(
            f"RSAES-OAEP with {hashed.shown} and MGF1 over {mask_hash.shown}; both must be the same"
        )
    if hashed.algorithm not in _HASHES:
        raise UnsupportedAlgorithm(f"RSAES-OAEP with the hash {hashed.shown}")
    if not read.has_empty_label:
        raise UnsupportedAlgorithm("RSAES-OAEP with a label; the empty one is read")
    return _HASHES[hashed.algorithm]
