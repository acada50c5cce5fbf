"""The master key: what the private keys of the centre are encrypted with, and what it is protected with itself.

A private key is stored as a nonce of 12 random bytes and SM4-GCM of it under the master key. Associated data are
``gmpki kmc key 1``, the id of the master key (16 bytes), SM3 of the public key (32) and the kind of the key: a value
that was moved to another row does not decrypt. With random nonces one master key serves for 2^32 private
keys at the most (NIST SP 800-38D 8.3); rotate it long before.

The id of a master key is the first 16 bytes of HMAC-SM3 under it over ``gmpki kmc master 1``, in hexadecimal digits.

The master key itself is stored in one of two ways: encrypted to the SM2 key of whoever opens the centre, most often one
in a token; or not at all, only in shares that its custodians keep (:mod:`gmpki.ca.kmc.shares`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from gmpki._inputs import as_bytes, function, member, number
from gmpki.algorithms import sm3
from gmpki.algorithms.rand import random_bytes
from gmpki.algorithms.sm4_aead import SM4GCM
from gmpki.ca.kmc.shares import MAX_SHARES, Share, combine, split
from gmpki.errors import (
    DecodeError,
    DecryptionError,
    InvalidInputError,
    InvalidTypeError,
    KeyMismatchError,
    NoRecipientError,
)
from gmpki.keys._immutable import Secret
from gmpki.keys.interfaces import Decryptor
from gmpki.keys.sm2_public import SM2PublicKey

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["KEY_LEN", "MasterKey", "Protector", "SharedAmong", "Unlocker", "Wrapped", "unwrap", "wrap"]

KEY_LEN: Final = 16
_ID_LABEL: Final = b"gmpki kmc master 1"
_CONTEXT_LABEL: Final = b"gmpki kmc key 1"
_NONCE_LEN: Final = 12
_RECIPIENT_LEN: Final = 32
_DECRYPTOR: Final = "sm2"
_SHARES: Final = "shares"


@dataclass(frozen=True, slots=True)
class SharedAmong:
    """Custodians who open the centre together. Immutable.

    :ivar threshold: how many of them it takes, at least 2.
    :ivar count: how many there are.
    :ivar hand_out: is given the shares before the master key is used for anything, to bring each to its custodian.
        When it raises, there is no new master key.
    :raises InvalidTypeError: when a field has the wrong type.
    :raises InvalidInputError: when a number is out of bounds.
    """

    threshold: int
    count: int
    hand_out: Callable[[list[Share]], None]

    def __post_init__(self) -> None:
        number(self.count, 2, MAX_SHARES, "count")
        number(self.threshold, 2, self.count, "threshold")
        function(self.hand_out, "hand_out")


Protector: TypeAlias = SM2PublicKey | SharedAmong
"""What a master key is protected with."""
Unlocker: TypeAlias = Decryptor | Sequence[Share]
"""What opens it again: the private key of that public key, in software or a token; or enough shares."""


class MasterKey(Secret):
    """An unlocked master key. Immutable; thread-safe; it can be neither pickled nor copied.

    It lies in memory of the C core that is overwritten when the object goes.

    :ivar key_id: 32 hexadecimal digits.
    """

    __slots__ = ("_cipher", "key_id")
    _cipher: SM4GCM
    key_id: str

    def __init__(self, key: Buffer) -> None:
        """Take a key.

        :param key: 16 bytes.
        :raises InvalidTypeError: when it is no buffer.
        :raises InvalidInputError: when it has another length.
        """
        raw = as_bytes(key, "a master key")
        if len(raw) != KEY_LEN:
            raise InvalidInputError(f"a master key has {KEY_LEN} bytes, not {len(raw)}")
        object.__setattr__(self, "_cipher", SM4GCM(raw))
        object.__setattr__(self, "key_id", sm3.hmac(raw, _ID_LABEL)[:16].hex())

    def seal(self, private_key: Buffer, kind: str, public_key_id: str) -> bytes:
        """Encrypt a private key.

        :param private_key: as :mod:`gmpki.ca.kmc.kinds` encodes keys of that kind.
        :param public_key_id: SM3 of the public key, 64 hexadecimal digits.
        :raises RandomSourceError: when the random source fails.
        """
        nonce = random_bytes(_NONCE_LEN)
        return nonce + self._cipher.encrypt(nonce, private_key, self._context(kind, public_key_id))

    def open(self, sealed: bytes, kind: str, public_key_id: str) -> bytes:
        """Decrypt a private key.

        :raises DecryptionError: when it was changed, moved, or encrypted under another master key.
        """
        nonce, rest = sealed[:_NONCE_LEN], sealed[_NONCE_LEN:]
        if len(nonce) < _NONCE_LEN:
            raise DecryptionError
        return self._cipher.decrypt(nonce, rest, self._context(kind, public_key_id))

    def _context(self, kind: str, public_key_id: str) -> bytes:
        return _CONTEXT_LABEL + bytes.fromhex(self.key_id + public_key_id) + kind.encode("ascii")

    def __repr__(self) -> str:
        return f"<MasterKey {self.key_id}>"


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A master key as it is stored. Immutable.

    :ivar key_id: its id.
    :ivar protection: "sm2" or "shares".
    :ivar content: for "sm2" 32 bytes SM3 of the SubjectPublicKeyInfo, then the SM2Cipher of GM/T 0009; for "shares" 8
        bytes of the set, the threshold and the count, a byte each.
    """

    key_id: str
    protection: str
    content: bytes


def wrap(protector: Protector) -> tuple[MasterKey, Wrapped]:
    """Make a new master key, and protect it.

    :raises InvalidTypeError: when protector is no :data:`Protector`.
    :raises RandomSourceError: when the random source fails.
    :raises Exception: what hand_out raises.
    """
    key = random_bytes(KEY_LEN)
    master = MasterKey(key)
    if isinstance(protector, SM2PublicKey):
        content = sm3.digest(protector.to_der()) + protector.encrypt(key)
        return master, Wrapped(master.key_id, _DECRYPTOR, content)
    if not isinstance(protector, SharedAmong):
        raise InvalidTypeError(
            f"a master key is protected by an SM2PublicKey or SharedAmong, not {type(protector).__name__}"
        )
    shares = split(key, threshold=protector.threshold, count=protector.count)
    protector.hand_out(list(shares))
    content = shares[0].set_id + bytes((protector.threshold, protector.count))
    return master, Wrapped(master.key_id, _SHARES, content)


def unwrap(wrapped: Wrapped, unlocker: Unlocker) -> MasterKey:
    """Unlock a master key.

    :param unlocker: the private key that it is encrypted to, or enough shares.
    :raises InvalidTypeError: when it is neither.
    :raises InvalidInputError: when shares are needed and a key was given, or the reverse; when shares are too few, or
        not of this master key.
    :raises NoRecipientError: when it is encrypted to another key.
    :raises DecodeError: when what is stored is malformed.
    :raises DecryptionError: when it cannot be decrypted, or a share was changed.
    :raises KeyMismatchError: when what comes out is another master key.
    :raises GmpkiError: what a token raises.
    """
    member(wrapped, Wrapped, "wrapped")
    if isinstance(unlocker, Decryptor):
        if wrapped.protection != _DECRYPTOR:
            raise InvalidInputError("this master key is in shares; a private key was given")
        key = _decrypted(wrapped.content, unlocker)
    elif isinstance(unlocker, Sequence) and not isinstance(unlocker, (str, bytes)):
        if wrapped.protection != _SHARES:
            raise InvalidInputError("this master key is encrypted to an SM2 key; shares were given")
        key = _combined(wrapped.content, unlocker)
    else:
        raise InvalidTypeError(f"a Decryptor or shares open a master key, not {type(unlocker).__name__}")
    if len(key) != KEY_LEN:
        raise DecryptionError
    master = MasterKey(key)
    if master.key_id != wrapped.key_id:
        raise KeyMismatchError("what was unlocked is not the master key of this centre")
    return master


def _decrypted(content: bytes, unlocker: Decryptor) -> bytes:
    public_key = unlocker.public_key
    if not isinstance(public_key, SM2PublicKey):
        raise InvalidInputError("a master key is encrypted to an SM2 key")
    if sm3.digest(public_key.to_der()) != content[:_RECIPIENT_LEN]:
        raise NoRecipientError("the master key is encrypted to another SM2 key")
    return as_bytes(unlocker.decrypt(content[_RECIPIENT_LEN:]), "what the decryptor returns")


def _combined(content: bytes, shares: Sequence[Share]) -> bytes:
    if len(content) != 10:
        raise DecodeError(f"the description of a master key in shares has 10 bytes, not {len(content)}")
    for share in shares:
        member(share, Share, "a share")
        if share.set_id != content[:8]:
            raise InvalidInputError(f"the share {share.index} is of another secret")
    return combine(shares)
