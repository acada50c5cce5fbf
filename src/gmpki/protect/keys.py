"""Key rings: the secret keys of an application, each with an id, one of them for new use.

A ring holds keys of 32 random bytes. None of them is used itself: each job gets a key of its own, derived with
HKDF-SM3 from the ring's key, so that what one job does with its key says nothing about the key of another:

``HKDF-Expand(key, info, 32)`` with ``info`` =

====== ===========================================================================
length what
====== ===========================================================================
16     ``gmpki protect 1`` and a zero byte
1      the use: 0 key id, 1 MAC, 2 encryption of fields, 3 of files, 4 blind index
2      the length of the purpose, big endian
0..255 the purpose in UTF-8, for instance ``log``
====== ===========================================================================

The ring's keys are uniformly random, and so HKDF's first step, extract, is left out (RFC 5869 3.3). A key's id is the
first 8 bytes of what use 0 derives with an empty purpose: no other key can stand under it by mistake, and a ring
that was damaged is found out when it is read.

A key is *pending* first, then *primary*, then *retired*, then *destroyed*, and never goes back:

>>> from gmpki.protect.keys import KeyRing
>>> ring = KeyRing.generate()
>>> old = ring.primary_id
>>> ring = ring.rotated()          # a new primary; the old key verifies and decrypts only
>>> [key.state.value for key in ring.keys]
['retired', 'primary']
>>> ring.mac_key("log", old) == ring.mac_key("log")
False
>>> ring.destroyed(old).mac_key("log", old)
Traceback (most recent call last):
gmpki.errors.UnknownKeyError: the key ... was destroyed

Where several processes hold copies of a ring, give all of them the new key while it is pending
(:meth:`KeyRing.with_new_key`), and only then make it primary (:meth:`KeyRing.promoted`): otherwise one writes what
another cannot read yet. **Save a ring before its new key is used**; what was encrypted under a key that was never
saved is lost.

How rings are stored is written in :mod:`gmpki.protect.ring_file`.

Python cannot promise to overwrite the keys in its memory. Who needs that keeps the ring's keys behind a token and
runs this in a process of its own.

:standard: RFC 5869 (HKDF) over HMAC-SM3
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from datetime import datetime, timezone
from enum import Enum, IntEnum
from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_bytes, as_text, iterated, member, utc_seconds
from gmpki.algorithms import kdf
from gmpki.algorithms.rand import random_bytes
from gmpki.errors import InvalidInputError, InvalidTypeError, LimitExceeded, UnknownKeyError
from gmpki.keys._immutable import Secret
from gmpki.protect._stored import KEY_ID_LEN

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

    from typing_extensions import Buffer

    from gmpki.keys.interfaces import Decryptor
    from gmpki.keys.sm2_public import SM2PublicKey

__all__ = ["KEY_LEN", "MAX_KEYS", "KeyInfo", "KeyRing", "KeyState", "KeyUse", "RingKey"]

KEY_LEN: Final = 32
MAX_KEYS: Final = 1024
_LABEL: Final = b"gmpki protect 1\x00"
_MAX_PURPOSE_LEN: Final = 255


class KeyState(Enum):
    """What a key may be used for."""

    PENDING = "pending"
    """Verifies and decrypts; becomes primary later."""
    PRIMARY = "primary"
    """The one key for everything new."""
    RETIRED = "retired"
    """Verifies and decrypts what there is; never becomes primary again."""
    DESTROYED = "destroyed"
    """Only the id is left, so that it is known what became of it."""


class KeyUse(IntEnum):
    """What a derived key does, as a number of one byte in its derivation."""

    KEY_ID = 0
    MAC = 1
    FIELD = 2
    FILE = 3
    INDEX = 4


@dataclass(frozen=True, slots=True)
class KeyInfo:
    """What may be known about a key of a ring.

    :ivar key_id: 8 bytes.
    :ivar created: when it was made, in UTC.
    """

    key_id: bytes
    state: KeyState
    created: datetime


@dataclass(frozen=True, slots=True)
class RingKey:
    """A key as the ring holds it.

    :ivar secret: 32 bytes; empty for a destroyed key. Not shown by ``repr``.
    """

    info: KeyInfo
    secret: bytes = field(repr=False)


class KeyRing(Secret):
    """The keys of an application. Immutable; thread-safe: each change returns another ring.

    Made by :meth:`generate`, :meth:`load` and :meth:`from_bytes`.
    """

    __slots__ = ("_keys", "_primary_id")
    _keys: dict[bytes, RingKey]
    _primary_id: bytes

    def __init__(self, keys: Iterable[RingKey]) -> None:
        """Check and take keys, oldest first.

        :raises InvalidTypeError: when one is no :class:`RingKey`.
        :raises InvalidInputError: when an id does not belong to its key or stands twice, or there is not exactly one
            primary.
        :raises LimitExceeded: when there are more than 1024.
        """
        found: dict[bytes, RingKey] = {}
        for key in iterated(keys, "keys", most=MAX_KEYS + 1):
            if not isinstance(key, RingKey):
                raise InvalidTypeError(f"a key ring holds RingKey, not {type(key).__name__}")
            if len(found) == MAX_KEYS:
                raise LimitExceeded(f"a key ring holds at most {MAX_KEYS} keys")
            _check(key)
            if key.info.key_id in found:
                raise InvalidInputError(f"the key {key.info.key_id.hex()} stands twice in the ring")
            found[key.info.key_id] = key
        primaries = [key_id for key_id, key in found.items() if key.info.state is KeyState.PRIMARY]
        if len(primaries) != 1:
            raise InvalidInputError(f"a key ring has one primary key, not {len(primaries)}")
        object.__setattr__(self, "_keys", found)
        object.__setattr__(self, "_primary_id", primaries[0])

    @classmethod
    def generate(cls, *, created: datetime | None = None) -> KeyRing:
        """Make a ring of one new key.

        :param created: when, with a time zone; None is now.
        :raises InvalidInputError: when created has no time zone.
        :raises RandomSourceError: when the random source fails.
        """
        return cls([_new_key(KeyState.PRIMARY, created)])

    # ---- what is there ------------------------------------------------------------------
    @property
    def primary_id(self) -> bytes:
        """The id of the key for everything new: 8 bytes."""
        return self._primary_id

    @property
    def keys(self) -> tuple[KeyInfo, ...]:
        """What may be known about the keys, oldest first."""
        return tuple(key.info for key in self._keys.values())

    def __repr__(self) -> str:
        return f"<KeyRing of {len(self._keys)} keys, primary {self._primary_id.hex()}>"

    # ---- derived keys -------------------------------------------------------------------
    def mac_key(self, purpose: str, key_id: Buffer | None = None) -> bytes:
        """Return the key of HMAC-SM3 for a purpose: 32 bytes.

        :param purpose: what is authenticated, such as ``log``: 1 to 255 bytes of UTF-8, in Unicode's form NFC.
        :param key_id: 8 bytes, from what is verified. None is the primary, for new tags.
        :raises UnknownKeyError: when the ring has no such key, or it was destroyed.
        :raises InvalidTypeError: when purpose is not ``str``, or key_id not a buffer.
        :raises InvalidInputError: when purpose is empty, too long or not in NFC.
        """
        return self.derive(KeyUse.MAC, purpose, key_id)

    def derive(self, use: KeyUse, purpose: str, key_id: Buffer | None = None) -> bytes:
        """Return the key of one use and purpose: 32 bytes; parameters and errors as :meth:`mac_key`.

        :param use: what the key does.
        """
        if not isinstance(use, KeyUse) or use is KeyUse.KEY_ID:
            raise InvalidTypeError("use must be a KeyUse other than KEY_ID")
        return _derived(self._secret(key_id), use, _purpose_bytes(purpose))

    def _secret(self, key_id: Buffer | None) -> bytes:
        wanted = self._primary_id if key_id is None else as_bytes(key_id, "key_id")
        key = self._keys.get(wanted)
        if key is None:
            shown = wanted[:KEY_ID_LEN].hex()
            raise UnknownKeyError(f"the key ring has no key {shown}; was the ring changed without this copy of it?")
        if key.info.state is KeyState.DESTROYED:
            raise UnknownKeyError(f"the key {wanted.hex()} was destroyed")
        return key.secret

    # ---- changes ------------------------------------------------------------------------
    def with_new_key(self, *, created: datetime | None = None) -> KeyRing:
        """Return a ring with a new key behind the others, pending: distribute it, then use :meth:`promoted`.

        :param created: when, with a time zone; None is now.
        :raises InvalidInputError: when created has no time zone.
        :raises LimitExceeded: when the ring has 1024 keys.
        :raises RandomSourceError: when the random source fails.
        """
        return KeyRing([*self._keys.values(), _new_key(KeyState.PENDING, created)])

    def promoted(self, key_id: Buffer) -> KeyRing:
        """Return a ring whose primary is a key that was pending; the primary of now is retired in it.

        :raises UnknownKeyError: when the ring has no such key, or it was destroyed.
        :raises InvalidInputError: when it is the primary already, or was retired.
        :raises InvalidTypeError: when key_id is not a buffer.
        """
        chosen = as_bytes(key_id, "key_id")
        self._secret(chosen)
        state = self._keys[chosen].info.state
        if state is not KeyState.PENDING:
            raise InvalidInputError(f"the key {chosen.hex()} is {state.value}; only a pending key becomes primary")
        return self._changed({self._primary_id: KeyState.RETIRED, chosen: KeyState.PRIMARY})

    def rotated(self, *, created: datetime | None = None) -> KeyRing:
        """Return a ring with a new primary, where one process alone uses it; errors as :meth:`with_new_key`."""
        ring = self.with_new_key(created=created)
        return ring.promoted(ring.keys[-1].key_id)

    def destroyed(self, key_id: Buffer) -> KeyRing:
        """Return a ring without the secret of a key: what it still protects can never be read or verified again.

        :raises UnknownKeyError: when the ring has no such key, or it was destroyed.
        :raises InvalidInputError: when it is the primary.
        :raises InvalidTypeError: when key_id is not a buffer.
        """
        chosen = as_bytes(key_id, "key_id")
        self._secret(chosen)
        if chosen == self._primary_id:
            raise InvalidInputError("the primary key cannot be destroyed; make another one primary first")
        return self._changed({chosen: KeyState.DESTROYED})

    def _changed(self, states: dict[bytes, KeyState]) -> KeyRing:
        keys = []
        for key_id, key in self._keys.items():
            state = states.get(key_id, key.info.state)
            secret = b"" if state is KeyState.DESTROYED else key.secret
            keys.append(RingKey(KeyInfo(key_id, state, key.info.created), secret))
        return KeyRing(keys)

    # ---- files --------------------------------------------------------------------------
    def to_bytes(self, protection: Buffer | SM2PublicKey, *, iterations: int | None = None) -> bytes:
        """Encrypt the ring under a password, or to an SM2 key.

        :param protection: the password's bytes, or the public key whose private key shall open the ring.
        :param iterations: of PBKDF2, where a password is given; None is the default of :mod:`gmpki.keys.pbes2`.
        :raises InvalidTypeError: when an argument has the wrong type.
        :raises InvalidInputError: when the password is empty, or iterations outside 1 to 10,000,000.
        :raises RandomSourceError: when the random source fails.
        """
        from gmpki.protect import ring_file

        return ring_file.write_ring(tuple(self._keys.values()), protection, iterations=iterations)

    @classmethod
    def from_bytes(cls, data: Buffer, protection: Buffer | Decryptor, *, max_iterations: int | None = None) -> KeyRing:
        """Decrypt a ring.

        :param data: what :meth:`to_bytes` returned, at most 1 MiB.
        :param protection: the password's bytes, or the private key: one in software or one in a token.
        :param max_iterations: the most iterations of PBKDF2 that are done; None is 10,000,000.
        :raises InvalidTypeError: when an argument has the wrong type.
        :raises InvalidInputError: when the ring needs a password and a key was given, or the reverse.
        :raises NoRecipientError: when it was encrypted to another SM2 key.
        :raises DecodeError: when it is malformed.
        :raises LimitExceeded: when it is too long, or asks for too many iterations.
        :raises UnsupportedAlgorithm: when it has a version or algorithm that is not known here.
        :raises DecryptionError: when the password or key is wrong, or anything in it was changed.
        """
        from gmpki.protect import ring_file

        return cls(ring_file.read_ring(data, protection, max_iterations=max_iterations))

    def save(
        self, path: str | os.PathLike[str], protection: Buffer | SM2PublicKey, *, iterations: int | None = None
    ) -> None:
        """Write the ring to a new file of mode 0600, whole or not at all. Errors are those of :meth:`to_bytes` too.

        :raises FileExistsError: when there is a file of that name, which may hold the only copy of a key:
            :func:`gmpki.protect.ring_file.change_ring_file` changes it.
        :raises OSError: when it cannot be written.
        """
        from gmpki.protect import ring_file

        ring_file.save(path, self.to_bytes(protection, iterations=iterations))

    @classmethod
    def load(
        cls, path: str | os.PathLike[str], protection: Buffer | Decryptor, *, max_iterations: int | None = None
    ) -> KeyRing:
        """Read the ring of a file. Errors are those of :meth:`from_bytes` too.

        :raises InvalidInputError: when others than its owner may write to the file.
        :raises OSError: when it cannot be read.
        """
        from gmpki.protect import ring_file

        return cls.from_bytes(ring_file.load(path), protection, max_iterations=max_iterations)


def _purpose_bytes(purpose: str) -> bytes:
    text = as_text(purpose, "purpose")
    if not text.isprintable() or not unicodedata.is_normalized("NFC", text):  # isprintable is False for surrogates
        raise InvalidInputError(f"purpose must be printable text in Unicode's form NFC, not {text[:40]!r}")
    encoded = text.encode("utf-8")
    if not 1 <= len(encoded) <= _MAX_PURPOSE_LEN:
        raise InvalidInputError(f"purpose must be 1 to {_MAX_PURPOSE_LEN} bytes of UTF-8, not {len(encoded)}")
    return encoded


def _derived(secret: bytes, use: KeyUse, purpose: bytes) -> bytes:
    return kdf.hkdf_expand(secret, _LABEL + bytes((use,)) + len(purpose).to_bytes(2, "big") + purpose, KEY_LEN)


def _id_of(secret: bytes) -> bytes:
    return _derived(secret, KeyUse.KEY_ID, b"")[:KEY_ID_LEN]


def _new_key(state: KeyState, created: datetime | None) -> RingKey:
    made = datetime.now(timezone.utc).replace(microsecond=0) if created is None else utc_seconds(created, "created")
    secret = random_bytes(KEY_LEN)
    return RingKey(KeyInfo(_id_of(secret), state, made), secret)


def _check(key: RingKey) -> None:
    info = key.info
    member(info, KeyInfo, "info")
    member(info.state, KeyState, "state")
    member(info.key_id, bytes, "key_id")
    utc_seconds(info.created, "created")
    if info.state is KeyState.DESTROYED:
        if key.secret or len(info.key_id) != KEY_ID_LEN:
            raise InvalidInputError("a destroyed key has an id of 8 bytes and no secret")
    elif len(key.secret) != KEY_LEN or _id_of(key.secret) != info.key_id:
        raise InvalidInputError(f"the id {info.key_id.hex()} is not that of its key")
