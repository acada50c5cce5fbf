"""The algorithm policy: which hashes and key sizes are refused, and by which name a caller may allow one.

Old tokens and certificates still use algorithms that nobody should trust now. They are refused by default; who must
read them says so, by name, for one operation:

>>> from gmpki.algorithms.policy import DEFAULT_POLICY
>>> DEFAULT_POLICY.allowing("sha1-signature", "rsa-1024").check_key("rsa", 1024)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gmpki._inputs import as_text, member, shown_number
from gmpki.errors import InvalidInputError, InvalidTypeError, LimitExceeded, PolicyError, UnsupportedAlgorithm

__all__ = ["DEFAULT_POLICY", "EXCEPTIONS", "MAX_RSA_BITS", "AlgorithmPolicy", "check_hash", "check_key"]

EXCEPTIONS: Final = {
    "md5": "signatures over MD5, for which collisions are found in seconds",
    "sha1-signature": "signatures over SHA-1, for which collisions have been found",
    "rsa-1024": "RSA keys of 1024 to 2047 bits",
    "ec-192": "elliptic curves of 192 to 223 bits",
}
"""What :meth:`AlgorithmPolicy.allowing` takes, and what each name allows."""

MAX_RSA_BITS: Final = 16384
"""The largest RSA key: larger ones only serve to keep a verifier busy."""

_HASHES: Final = frozenset(
    {"sm3", "sha224", "sha256", "sha384", "sha512", "sha3_224", "sha3_256", "sha3_384", "sha3_512"}
)
_WEAK_HASHES: Final = {"md5": "md5", "sha1": "sha1-signature"}

# For each kind of key: the least size in bits by default, then the exception and the least size that it allows.
_KEY_SIZES: Final = {
    "sm2": (256, None, 256),
    "rsa": (2048, "rsa-1024", 1024),
    "ec": (224, "ec-192", 192),
    "ed25519": (253, None, 253),
}


@dataclass(frozen=True)
class AlgorithmPolicy:
    """Which algorithms may be used. Immutable; any thread may use it.

    :param allowed: names of :data:`EXCEPTIONS` that are not refused.
    :raises InvalidTypeError: when it is no ``frozenset`` of ``str``.
    :raises InvalidInputError: when there is no exception of that name.
    """

    allowed: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        member(self.allowed, frozenset, "allowed")
        for name in self.allowed:
            if as_text(name, "the name of an exception") not in EXCEPTIONS:
                raise InvalidInputError(f"the policy knows the exceptions {', '.join(EXCEPTIONS)}, not {name!r}")

    def allowing(self, *names: str) -> AlgorithmPolicy:
        """Return a policy that allows more.

        :param names: names of :data:`EXCEPTIONS`.
        :raises InvalidTypeError: when a name is not ``str``.
        :raises InvalidInputError: when there is no exception of that name.
        """
        return AlgorithmPolicy(self.allowed.union(as_text(name, "the name of an exception") for name in names))

    def check_hash(self, name: str) -> None:
        """Check a hash that a signature is made or verified with.

        :param name: as in ``hashlib``: "sm3", "sha256", "sha1", "md5", ...
        :raises PolicyError: when it is refused; the message names what would allow it.
        :raises UnsupportedAlgorithm: when the policy does not know it.
        :raises InvalidTypeError: when name is not ``str``.
        """
        if as_text(name, "name") in _HASHES:
            return
        if name not in _WEAK_HASHES:
            raise UnsupportedAlgorithm(f"no signatures are made or verified with the hash {name!r}")
        self._demand(_WEAK_HASHES[name], f"signatures with {name}")

    def check_key(self, kind: str, bits: int) -> None:
        """Check the size of a key.

        :param kind: "sm2", "rsa", "ec" or "ed25519".
        :param bits: of the modulus for RSA, of the curve's order otherwise.
        :raises PolicyError: when it is too small; the message names what would allow it, if anything does.
        :raises LimitExceeded: for an RSA key of more than 16384 bits.
        :raises UnsupportedAlgorithm: when there is no such kind.
        :raises InvalidTypeError: when bits is not an ``int``, or kind not ``str``.
        """
        if not isinstance(bits, int) or isinstance(bits, bool):
            raise InvalidTypeError(f"bits must be an int, not {type(bits).__name__}")
        if as_text(kind, "kind") not in _KEY_SIZES:
            raise UnsupportedAlgorithm(f"a key is of kind {', '.join(_KEY_SIZES)}, not {kind!r}")
        least, exception, least_allowed = _KEY_SIZES[kind]
        if kind == "rsa" and bits > MAX_RSA_BITS:
            raise LimitExceeded(f"an RSA key of {shown_number(bits)} bits is over the limit of {MAX_RSA_BITS}")
        if bits >= least:
            return
        if exception is None or bits < least_allowed:
            raise PolicyError(f"{kind} keys of {shown_number(bits)} bits are refused, and nothing allows them")
        self._demand(exception, f"{kind} keys of {bits} bits")

    def _demand(self, exception: str, what: str) -> None:
        if exception not in self.allowed:
            raise PolicyError(f"{what} are refused; DEFAULT_POLICY.allowing({exception!r}) would allow them")


DEFAULT_POLICY: Final = AlgorithmPolicy()
"""The policy where the caller names no other: nothing of :data:`EXCEPTIONS` is allowed."""


def check_hash(name: str) -> None:
    """Check a hash by :data:`DEFAULT_POLICY`; see :meth:`AlgorithmPolicy.check_hash`.

    :raises PolicyError: when it is refused.
    :raises UnsupportedAlgorithm: when the policy does not know it.
    :raises InvalidTypeError: when name is not ``str``.
    """
    DEFAULT_POLICY.check_hash(name)


def check_key(kind: str, bits: int) -> None:
    """Check the size of a key by :data:`DEFAULT_POLICY`; see :meth:`AlgorithmPolicy.check_key`.

    :raises PolicyError: when it is too small.
    :raises LimitExceeded: when it is absurdly large.
    :raises UnsupportedAlgorithm: when there is no such kind.
    :raises InvalidTypeError: when bits is not an ``int``, or kind not ``str``.
    """
    DEFAULT_POLICY.check_key(kind, bits)
