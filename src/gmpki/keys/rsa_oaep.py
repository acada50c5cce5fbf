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
from gmpki.keys._mgf1 import HASH_NAMES, one_hash

__all__ = ["oaep_algorithm", "read_oaep"]

# SHA-1 among them: OAEP does not ask that nobody finds collisions.
_OIDS: Final = {name: oid for oid, name in HASH_NAMES.items()}


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
    hash_name = one_hash("RSAES-OAEP", read.hash_algorithm, read.mask_gen_algorithm)
    if not read.has_empty_label:
        raise UnsupportedAlgorithm("RSAES-OAEP with a label; the empty one is read")
    return hash_name
