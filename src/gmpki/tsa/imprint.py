"""Imprints: the hash under which data is stamped, and its value.

>>> Imprint.of(b"abc").digest.hex()[:8]
'66c7f0f4'
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gmpki._inputs import as_bytes, as_text, member
from gmpki.asn1.rfc3161 import MessageImprint
from gmpki.cms.algorithms import digest_algorithm, digest_name
from gmpki.cms.digests import new_hash
from gmpki.errors import DecodeError, InvalidInputError, InvalidTypeError, UnsupportedAlgorithm

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["HASH_NAMES", "STRONG_HASHES", "Imprint"]

HASH_NAMES: Final = ("sm3", "sha256", "sha384", "sha512", "sha1")
"""The hashes of imprints that are known, as ``hashlib`` names them."""
STRONG_HASHES: Final = frozenset(HASH_NAMES) - {"sha1"}
"""Those that are made and taken unless a caller says otherwise."""


@dataclass(frozen=True, slots=True)
class Imprint:
    """The hash of what is stamped. Immutable.

    :ivar hash_name: one of :data:`HASH_NAMES`.
    :ivar digest: the value, as long as the hash has it.
    :raises InvalidTypeError: when a field has the wrong type.
    :raises UnsupportedAlgorithm: when there is no such hash.
    :raises InvalidInputError: when the digest has another length.
    :standard: RFC 3161 2.4.1
    """

    hash_name: str
    digest: bytes

    def __post_init__(self) -> None:
        digest = as_bytes(self.digest, "digest")
        expected = _running(self.hash_name).digest_size
        if len(digest) != expected:
            raise InvalidInputError(f"a digest of {self.hash_name} has {expected} bytes, not {len(digest)}")
        object.__setattr__(self, "digest", digest)

    @classmethod
    def of(cls, data: Buffer, hash_name: str = "sm3") -> Imprint:
        """Return the imprint of data.

        :raises InvalidTypeError: when data has no buffer, or hash_name is no ``str``.
        :raises UnsupportedAlgorithm: when there is no such hash.
        """
        running = _running(hash_name)
        running.update(as_bytes(data, "data"))
        return cls(hash_name, running.digest())

    @classmethod
    def of_pieces(cls, pieces: Iterable[Buffer], hash_name: str = "sm3") -> Imprint:
        """Return the imprint of data that comes in pieces, such as those of a long file.

        :raises InvalidTypeError: when pieces are no iterable of buffers, or hash_name is no ``str``.
        :raises UnsupportedAlgorithm: when there is no such hash.
        """
        running = _running(hash_name)
        if isinstance(pieces, (str, memoryview)) or not isinstance(pieces, Iterable):
            raise InvalidTypeError(f"pieces must be an iterable of buffers, not {type(pieces).__name__}")
        for piece in pieces:
            running.update(as_bytes(piece, "a piece"))
        return cls(hash_name, running.digest())

    @classmethod
    def from_structure(cls, structure: MessageImprint) -> Imprint:
        """Read a MessageImprint.

        :raises InvalidTypeError: when structure is none.
        :raises UnsupportedAlgorithm: when its hash is not known.
        :raises DecodeError: when the hash has parameters, or the value another length than the hash.
        """
        member(structure, MessageImprint, "structure")
        name, _ = digest_name(structure.hash_algorithm, lenient=False)
        if name not in HASH_NAMES:
            raise UnsupportedAlgorithm(f"imprints are not taken with {structure.hash_algorithm.shown}")
        try:
            return cls(name, structure.hashed_message)
        except InvalidInputError as error:
            raise DecodeError(f"the imprint is none: {error}") from None

    def to_structure(self) -> MessageImprint:
        """Return the MessageImprint.

        :raises UnsupportedAlgorithm: when the hash is SHA-1, with which nothing new is made.
        """
        return MessageImprint(digest_algorithm(self.hash_name), self.digest)

    def matches(self, data: Buffer | Imprint) -> bool:
        """Tell whether this is the imprint of data, or the same as another imprint.

        :raises InvalidTypeError: when data is neither.
        """
        other = data if isinstance(data, Imprint) else Imprint.of(data, self.hash_name)
        return self.hash_name == other.hash_name and hmac.compare_digest(self.digest, other.digest)

    def __repr__(self) -> str:
        return f"<Imprint {self.hash_name} {self.digest.hex()}>"


def _running(name: str) -> Any:
    """Return a running hash.

    :raises InvalidTypeError: when name is no ``str``.
    :raises UnsupportedAlgorithm: when it is none of imprints.
    """
    if as_text(name, "hash_name") not in HASH_NAMES:
        raise UnsupportedAlgorithm(f"imprints are made with {', '.join(HASH_NAMES)}, not with {name!r}")
    return new_hash(name)
