"""PBKDF2 as files ask for it: its parameters are read and bounded first, the work is done in a second step.

:standard: RFC 8018 5.2 and A.2; GM/T 0091-2020, whose own numbers for the same structure are read too
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gmpki import oids
from gmpki.algorithms import kdf
from gmpki.asn1.rfc8018 import PBKDF2Params
from gmpki.errors import DecodeError, LimitExceeded, UnsupportedAlgorithm

if TYPE_CHECKING:
    from gmpki.asn1.rfc5280 import AlgorithmIdentifier

__all__ = ["MAX_ITERATIONS", "Derivation", "hmac_hash"]

# Five times what any current recommendation asks (below 2,000,000), and a bound of some seconds on what a hostile file
# can cost.
MAX_ITERATIONS: Final = 10_000_000
_MAX_SALT_LEN: Final = 1024

# HMACs by identifier; "sm3" is ours, the others are hashlib's.
_HMACS: Final = {
    oids.HMAC_SM3: "sm3",
    oids.HMAC_SM3_0091: "sm3",
    oids.HMAC_SHA1: "sha1",
    oids.HMAC_SHA224: "sha224",
    oids.HMAC_SHA256: "sha256",
    oids.HMAC_SHA384: "sha384",
    oids.HMAC_SHA512: "sha512",
}
# The PRF where none is given: RFC 8018 A.2 says HMAC-SHA1, the GM structure has HMAC-SM3 alone.
_DERIVATIONS: Final = {oids.PBKDF2: "sha1", oids.SM_PBKDF: "sm3", oids.SM_PBKDF_ALTERNATE: "sm3"}


def hmac_hash(algorithm: AlgorithmIdentifier) -> str | None:
    """Return the name of the hash of an HMAC, such as "sm3"; None when it is no HMAC that is known."""
    return _HMACS.get(algorithm.algorithm) if algorithm.has_no_parameters else None


@dataclass(frozen=True, slots=True)
class Derivation:
    """A derivation that was asked for. Immutable; thread-safe. Nothing in it is secret.

    :ivar prf: the name of the hash that HMAC uses.
    :ivar key_len: of the key to derive, in bytes.
    """

    prf: str
    salt: bytes = field(repr=False)
    iterations: int
    key_len: int

    @classmethod
    def from_algorithm(
        cls, algorithm: AlgorithmIdentifier, key_len: int, *, max_iterations: int = MAX_ITERATIONS
    ) -> Derivation:
        """Read the parameters of a key derivation, and check them against the limits; no work is done.

        :param key_len: how many bytes its user takes.
        :raises UnsupportedAlgorithm: when it is another than PBKDF2, or its PRF is not known.
        :raises LimitExceeded: when it asks for more than max_iterations, or has a salt of more than 1024 bytes.
        :raises DecodeError: when its parameters are malformed, or it gives a key of another length.
        """
        default = _DERIVATIONS.get(algorithm.algorithm)
        if default is None:
            raise UnsupportedAlgorithm(f"the key is derived with {algorithm.shown}; PBKDF2 is read")
        asked = PBKDF2Params.from_der(algorithm.parameters or b"")
        prf = default if asked.prf is None else hmac_hash(asked.prf)
        if prf is None and asked.prf is not None:
            raise UnsupportedAlgorithm(
                f"PBKDF2 with {asked.prf.shown}; HMAC with SM3, SHA-1, SHA-224, SHA-256, SHA-384 and SHA-512 are read"
            )
        if asked.iteration_count > max_iterations:
            raise LimitExceeded(
                f"the key asks for {asked.iteration_count} iterations of PBKDF2; at most {max_iterations} are done "
                "unless max_iterations says more"
            )
        if asked.key_length not in (None, key_len):
            raise DecodeError(f"PBKDF2 gives {asked.key_length} bytes where the cipher takes {key_len}")
        if len(asked.salt) > _MAX_SALT_LEN:
            raise LimitExceeded(f"a salt of {len(asked.salt)} bytes; at most {_MAX_SALT_LEN} are read")
        return cls(prf or default, asked.salt, asked.iteration_count, key_len)

    def derive(self, password: bytes) -> bytes:
        """Return the key."""
        if self.prf == "sm3":
            return kdf.pbkdf2(password, self.salt, self.iterations, self.key_len)
        import hashlib

        return hashlib.pbkdf2_hmac(self.prf, password, self.salt, self.iterations, self.key_len)
