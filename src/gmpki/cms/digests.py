"""Digests of the content of a message, computed in one pass, whether it lies in memory or streams past.

What a signer without signed attributes signs is the content itself: for SM2 the digest begins with Z, which is the
signer's own. All of these are SM3 of some prefix and the content, so one pass over the content serves every signer.

>>> digests = ContentDigests(hashes=("sm3", "sha256"))
>>> digests.update(b"a")
>>> digests.update(b"bc")
>>> digests.hash("sm3") == ContentDigests.of(b"abc").hash("sm3")
True
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

from gmpki._inputs import as_bytes, as_text
from gmpki.algorithms import sm3
from gmpki.asn1 import der
from gmpki.asn1.quirks import QuirkLog
from gmpki.asn1.rfc5652 import MAX_ATTRIBUTES, Attribute
from gmpki.errors import DecodeError, InvalidInputError, StateError, UnsupportedAlgorithm
from gmpki.oids import CONTENT_TYPE, MESSAGE_DIGEST

if TYPE_CHECKING:
    from collections.abc import Iterable

    from typing_extensions import Buffer, Self

__all__ = ["MAX_ATTRIBUTES_LEN", "ContentDigests", "hash_of", "is_attributes", "new_hash"]

MAX_ATTRIBUTES_LEN: Final = 1 << 20
"""The longest signed attributes, in bytes: those with revocation lists among them have hundreds of thousands."""

_HASHLIB: Final = frozenset({"md5", "sha1", "sha224", "sha256", "sha384", "sha512"})


def new_hash(name: str) -> Any:
    """Return a running hash.

    :raises InvalidTypeError: when name is no ``str``.
    :raises UnsupportedAlgorithm: when it is none that messages have.
    """
    if as_text(name, "the name of a hash") == "sm3":
        return sm3.SM3()
    if name not in _HASHLIB:
        raise UnsupportedAlgorithm(f"the digest of a message is SM3 or one of {', '.join(sorted(_HASHLIB))}")
    return hashlib.new(name, usedforsecurity=False)


def hash_of(name: str, data: Buffer) -> bytes:
    """Return the hash of some bytes.

    :raises InvalidTypeError: when name is no ``str``, or data has no buffer.
    :raises UnsupportedAlgorithm: when it is none that messages have.
    """
    if name == "sm3":
        return sm3.digest(data)
    running = new_hash(name)
    running.update(as_bytes(data, "what is hashed"))
    digest: bytes = running.digest()
    return digest


class ContentDigests:
    """The digests of one content. A context: one thread at a time, unless it was made by :meth:`of`."""

    __slots__ = ("_content", "_hashes", "_head", "_is_attributes", "_known", "_known_after", "_prefixed", "size")

    def __init__(self, hashes: Iterable[str] = (), prefixes: Iterable[bytes] = ()) -> None:
        """Begin the digests of a content that comes in pieces.

        :param hashes: the hashes that will be asked for.
        :param prefixes: what :meth:`sm3_after` will be asked for.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises UnsupportedAlgorithm: when a hash is none that messages have.
        """
        self._content: bytes | None = None
        # Signers may be many and the content long: what was computed for one of them is kept for the next.
        self._known: dict[str, bytes] = {}
        self._known_after: dict[bytes, bytes] = {}
        self._is_attributes: bool | None = None
        self._hashes = {name: new_hash(name) for name in hashes}
        self._prefixed = {prefix: sm3.SM3(prefix) for prefix in prefixes}
        self._head: bytearray | None = bytearray()
        self.size = 0

    @classmethod
    def of(cls, content: Buffer) -> Self:
        """Return the digests of a content in memory, each computed when it is first asked for.

        :raises InvalidTypeError: when content has no buffer.
        """
        self = cls()
        self._content = as_bytes(content, "the content")
        self._head = None
        self.size = len(self._content)
        return self

    @classmethod
    def known(cls, digests: dict[str, bytes]) -> Self:
        """Take digests that somebody else computed; nothing else can be asked for.

        :raises InvalidTypeError: when a digest has no buffer.
        :raises UnsupportedAlgorithm: when a hash is none that messages have.
        :raises InvalidInputError: when a digest has another length than its hash.
        """
        self = cls()
        self._head = None
        for name, digest in digests.items():
            value = as_bytes(digest, "a digest")
            wanted = new_hash(name).digest_size
            if len(value) != wanted:
                raise InvalidInputError(f"a digest of {name} has {wanted} bytes, not {len(value)}")
            self._known[name] = value
        return self

    def update(self, data: Buffer, /) -> None:
        """Add the next piece of the content.

        :raises InvalidTypeError: when it has no buffer.
        :raises StateError: when the content was there from the beginning.
        """
        if self._content is not None:
            raise StateError("the digests of a content that is complete take no more of it")
        piece = as_bytes(data, "the content")
        for running in (*self._hashes.values(), *self._prefixed.values()):
            running.update(piece)
        self.size += len(piece)
        self._keep_head(piece)

    def _keep_head(self, piece: bytes) -> None:
        """Keep what may turn out to be signed attributes; all else is dropped at its first byte."""
        if self._head is None:
            return
        self._head += piece[: MAX_ATTRIBUTES_LEN + 1 - len(self._head)]
        if self._head and (self._head[0] != der.Tag.SET or self.size > MAX_ATTRIBUTES_LEN):
            self._head = None

    def hash(self, name: str) -> bytes:
        """Return the hash of the content.

        :raises InvalidInputError: when it was not announced and the content is gone.
        :raises InvalidTypeError: when name is no ``str``.
        :raises UnsupportedAlgorithm: when it is none that messages have.
        """
        found = self._known.get(name)
        if found is not None:
            return found
        if self._content is not None:
            found = self._known[name] = hash_of(name, self._content)
            return found
        if name not in self._hashes:
            raise InvalidInputError(f"the {as_text(name, 'a hash')} hash of this content was not computed")
        digest: bytes = self._hashes[name].digest()
        return digest

    def sm3_after(self, prefix: bytes) -> bytes:
        """Return SM3 of a prefix and the content: with ZA of a signer, the digest that SM2 signs.

        :raises InvalidInputError: when it was not announced and the content is gone.
        """
        found = self._known_after.get(prefix)
        if found is not None:
            return found
        if self._content is not None:
            running = sm3.SM3(prefix)
            running.update(self._content)
            found = self._known_after[prefix] = running.digest()
            return found
        if prefix not in self._prefixed:
            raise InvalidInputError("the content is needed for this digest, which a signature without attributes has")
        return self._prefixed[prefix].digest()

    @property
    def content(self) -> bytes | None:
        """The content, when it lies in memory."""
        return self._content

    @property
    def is_attributes(self) -> bool:
        """Tell whether the content is itself the encoding of signed attributes; see :func:`is_attributes`."""
        if self._content is None:
            return bool(self._head) and is_attributes(bytes(self._head or b""))
        if self._is_attributes is None:
            self._is_attributes = is_attributes(self._content)
        return self._is_attributes


def is_attributes(content: bytes) -> bool:
    """Tell whether a content is the SET OF Attribute that a signer with signed attributes signs.

    The signature of such a signer is over that SET alone. Who takes the attributes out of a message and puts their
    encoding in the place of the content gets a message without attributes under which the same signature holds; and
    who lets somebody sign such a content without attributes gets the reverse.

    :standard: RFC 5652 5.4 and 5.6, which leave the two indistinguishable
    """
    if content[:1] != b"\x31" or len(content) > MAX_ATTRIBUTES_LEN:
        return False
    kinds = set()
    try:
        reader = der.Reader(content, quirks=QuirkLog())
        with reader.set_of(any_order=True) as items:
            for _ in range(MAX_ATTRIBUTES + 1):
                if items.at_end():
                    break
                kinds.add(Attribute.read(items).type)
        reader.end()
    except DecodeError:
        return False
    return CONTENT_TYPE in kinds or MESSAGE_DIGEST in kinds
