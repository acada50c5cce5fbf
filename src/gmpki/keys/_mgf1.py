"""The one hash of RSASSA-PSS and RSAES-OAEP: for the message and for MGF1 the same."""

from __future__ import annotations

from typing import Final

from gmpki import oids
from gmpki.asn1.rfc5280 import AlgorithmIdentifier
from gmpki.errors import DecodeError, UnsupportedAlgorithm

__all__ = ["HASH_NAMES", "one_hash"]

HASH_NAMES: Final = {oids.SHA256: "sha256", oids.SHA384: "sha384", oids.SHA512: "sha512", oids.SHA1: "sha1"}
"""The hashes that are done, by identifier. SHA-1 is the default of both structures; a policy decides about it."""


def one_hash(scheme: str, hashed: AlgorithmIdentifier, mask: AlgorithmIdentifier) -> str:
    """Return the hash that both algorithms name, as ``hashlib`` does.

    :param scheme: its name, for messages.
    :param mask: the mask generation function.
    :raises DecodeError: when the parameters of a hash are malformed.
    :raises UnsupportedAlgorithm: when they name another mask generation function, two hashes, or one not done.
    :standard: RFC 8017 A.2.1 and A.2.3; RFC 4055 3.1 and 4.1
    """
    if mask.algorithm != oids.MGF1 or mask.parameters is None:
        raise UnsupportedAlgorithm(f"{scheme} with the mask generation function {mask.shown}; MGF1 is read")
    mask_hash = AlgorithmIdentifier.from_der(mask.parameters)
    for part in (hashed, mask_hash):
        if not part.has_no_parameters:
            raise DecodeError(f"the parameters of {part.shown} are absent or NULL, these are neither")
    if mask_hash.algorithm != hashed.algorithm:
        raise UnsupportedAlgorithm(
            f"{scheme} with {hashed.shown} and MGF1 over {mask_hash.shown}; both must be the same"
        )
    if hashed.algorithm not in HASH_NAMES:
        raise UnsupportedAlgorithm(f"{scheme} with the hash {hashed.shown}")
    return HASH_NAMES[hashed.algorithm]
