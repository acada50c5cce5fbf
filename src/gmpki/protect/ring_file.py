"""How key rings are stored: encrypted under a password or to an SM2 key, and authenticated.

====== ====== ==========================================================================================
offset length what
====== ====== ==========================================================================================
0      4      ``GMPK``
4      1      the version of the format: 1
5      1      the algorithms: 1 = SM4-GCM under a key derived with HKDF-SM3
6      1      the protection of the file key: 1 a password, 2 an SM2 key
7      2      w, the length of the wrapped file key, big endian
9      w      the wrapped file key, 32 random bytes: for a password the EncryptedPrivateKeyInfo of RFC 5958 (PBES2 with
              PBKDF2-HMAC-SM3 and SM4-CBC) with those bytes inside; for an SM2 key 32 bytes SM3 of its
              SubjectPublicKeyInfo, then the SM2Cipher of GM/T 0009
9+w    n      the keys, encrypted with SM4-GCM; everything before is associated data
9+w+n  16     the tag of GCM
====== ====== ==========================================================================================

Key (16 bytes) and nonce (12) of GCM are ``HKDF-Expand(file key, "gmpki key ring 1", 28)``. The file key is new each
time a ring is written and serves for one message.

The keys stand oldest first, each as: id (8 bytes), state (1: 0 pending, 1 primary, 2 retired, 3 destroyed), creation
in seconds since 1970 (8, big endian), and unless destroyed the secret (32).

A password also proves who wrote the file. An SM2 key does not: everybody has the public key, and who can replace the
file can put in a ring of keys that he knows. Guard the file as one guards a program's configuration; on top of that
compare :attr:`KeyRing.primary_id <gmpki.protect.keys.KeyRing.primary_id>` with a note taken elsewhere. For that
reason a file that others than its owner may write to is refused.
"""

from __future__ import annotations

import os
import stat
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Final

from gmpki._files import as_path, create, locked
from gmpki._inputs import as_bytes
from gmpki.algorithms import sm3
from gmpki.algorithms.rand import random_bytes
from gmpki.errors import (
    DecodeError,
    DecryptionError,
    InvalidInputError,
    InvalidTag,
    InvalidTypeError,
    LimitExceeded,
    NoRecipientError,
    UnsupportedAlgorithm,
)
from gmpki.protect._stored import KEY_ID_LEN, derived_cipher
from gmpki.protect.keys import KEY_LEN, KeyInfo, KeyRing, KeyState, RingKey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from typing_extensions import Buffer

    from gmpki.keys.interfaces import Decryptor
    from gmpki.keys.sm2_public import SM2PublicKey

__all__ = ["MAX_FILE_LEN", "change_ring_file", "load", "read_ring", "save", "write_ring"]

MAX_FILE_LEN: Final = 1 << 20
_MAGIC: Final = b"GMPK"
_VERSION: Final = 1
_SM4_SM3: Final = 1
_PASSWORD: Final = 1
_SM2: Final = 2
_FIXED_LEN: Final = 9
_TAG_LEN: Final = 16
_RECIPIENT_LEN: Final = 32
_LABEL: Final = b"gmpki key ring 1"

# In the order of their numbers.
_STATES: Final = (KeyState.PENDING, KeyState.PRIMARY, KeyState.RETIRED, KeyState.DESTROYED)
_ENTRY_LEN: Final = KEY_ID_LEN + 1 + 8


def write_ring(keys: tuple[RingKey, ...], protection: Buffer | SM2PublicKey, *, iterations: int | None) -> bytes:
    """Encrypt keys, as :meth:`KeyRing.to_bytes <gmpki.protect.keys.KeyRing.to_bytes>` says."""
    from gmpki.keys.sm2_public import SM2PublicKey

    file_key = random_bytes(KEY_LEN)
    if isinstance(protection, SM2PublicKey):
        if iterations is not None:
            raise InvalidInputError("iterations belong to a password; a ring under an SM2 key has none")
        kind, wrapped = _SM2, sm3.digest(protection.to_der()) + protection.encrypt(file_key)
    else:
        kind, wrapped = _PASSWORD, _wrap_under_password(file_key, protection, iterations)
    head = _MAGIC + bytes((_VERSION, _SM4_SM3, kind)) + len(wrapped).to_bytes(2, "big") + wrapped
    cipher, nonce = derived_cipher(file_key, _LABEL)
    return head + cipher.encrypt(nonce, b"".join(map(_entry, keys)), head)


def read_ring(data: Buffer, protection: Buffer | Decryptor, *, max_iterations: int | None) -> tuple[RingKey, ...]:
    """Decrypt keys, as :meth:`KeyRing.from_bytes <gmpki.protect.keys.KeyRing.from_bytes>` says."""
    from gmpki.keys.interfaces import Decryptor

    raw = as_bytes(data, "a key ring")
    kind, end = _head(raw)
    wrapped = raw[_FIXED_LEN:end]
    if isinstance(protection, Decryptor):
        if kind != _SM2:
            raise InvalidInputError("the key ring is encrypted under a password; a private key was given")
        file_key = _unwrap_with_key(wrapped, protection)
    else:
        if not isinstance(protection, bytes | bytearray | memoryview):
            raise InvalidTypeError(
                f"protection must be the bytes of a password or a Decryptor, not {type(protection).__name__}"
            )
        if kind != _PASSWORD:
            raise InvalidInputError("the key ring is encrypted to an SM2 key; a password was given")
        file_key = _unwrap_under_password(wrapped, protection, max_iterations)
    if len(file_key) != KEY_LEN:
        raise DecryptionError
    cipher, nonce = derived_cipher(file_key, _LABEL)
    try:
        content = cipher.decrypt(nonce, raw[end:], raw[:end])
    except InvalidTag:
        raise DecryptionError from None
    return tuple(_entries(content))


def _head(raw: bytes) -> tuple[int, int]:
    """Check the head; return the kind of protection and where the head ends."""
    if len(raw) > MAX_FILE_LEN:
        raise LimitExceeded(f"a key ring of {len(raw)} bytes; at most {MAX_FILE_LEN} are read")
    if raw[:4] != _MAGIC:
        raise DecodeError("a key ring begins with GMPK", offset=0)
    if len(raw) < _FIXED_LEN:
        raise DecodeError("a key ring that ends inside its head", offset=len(raw))
    version, algorithm, kind = raw[4:7]
    if version != _VERSION or algorithm != _SM4_SM3 or kind not in (_PASSWORD, _SM2):
        raise UnsupportedAlgorithm(
            f"a key ring of version {version}, algorithm {algorithm}, protection {kind}; version 1, algorithm 1, "
            "protection 1 (password) and 2 (SM2 key) are read"
        )
    end = _FIXED_LEN + int.from_bytes(raw[7:_FIXED_LEN], "big")
    if len(raw) < end + _TAG_LEN:
        raise DecodeError("a key ring that ends before its tag", offset=len(raw))
    return kind, end


def _wrap_under_password(file_key: bytes, password: Buffer, iterations: int | None) -> bytes:
    from gmpki.asn1.rfc5958 import EncryptedPrivateKeyInfo
    from gmpki.keys import pbes2

    count = pbes2.DEFAULT_ITERATIONS if iterations is None else iterations
    return EncryptedPrivateKeyInfo(*pbes2.encrypt(file_key, password, iterations=count)).to_der()


def _unwrap_under_password(wrapped: bytes, password: Buffer, max_iterations: int | None) -> bytes:
    from gmpki.asn1.rfc5958 import EncryptedPrivateKeyInfo
    from gmpki.keys import pbes2

    info = EncryptedPrivateKeyInfo.from_der(wrapped)
    most = pbes2.MAX_ITERATIONS if max_iterations is None else max_iterations
    return pbes2.decrypt(info.algorithm, info.encrypted_data, password, max_iterations=most)


def _unwrap_with_key(wrapped: bytes, key: Decryptor) -> bytes:
    from gmpki.keys.sm2_public import SM2PublicKey

    recipient, ciphertext = wrapped[:_RECIPIENT_LEN], wrapped[_RECIPIENT_LEN:]
    if not isinstance(key.public_key, SM2PublicKey):
        raise InvalidTypeError("the private key of a key ring is an SM2 key")
    if sm3.digest(key.public_key.to_der()) != recipient:
        raise NoRecipientError("the key ring is encrypted to another SM2 key")
    return key.decrypt(ciphertext)


def _entry(key: RingKey) -> bytes:
    info = key.info
    seconds = int((info.created - datetime(1970, 1, 1, tzinfo=timezone.utc)).total_seconds())
    state = bytes((_STATES.index(info.state),))
    return info.key_id + state + seconds.to_bytes(8, "big", signed=True) + key.secret


def _entries(content: bytes) -> Iterator[RingKey]:
    at = 0
    while at < len(content):
        fixed = content[at : at + _ENTRY_LEN]
        if len(fixed) < _ENTRY_LEN or fixed[KEY_ID_LEN] >= len(_STATES):
            raise DecodeError("a key ring whose keys are malformed", offset=at)
        state = _STATES[fixed[KEY_ID_LEN]]
        seconds = int.from_bytes(fixed[KEY_ID_LEN + 1 :], "big", signed=True)
        try:
            created = datetime.fromtimestamp(seconds, tz=timezone.utc)
        except (OverflowError, ValueError, OSError):
            raise DecodeError("a key ring with a time outside the years 1 to 9999", offset=at) from None
        at += _ENTRY_LEN
        secret = b"" if state is KeyState.DESTROYED else content[at : at + KEY_LEN]
        at += len(secret)
        yield RingKey(KeyInfo(fixed[:KEY_ID_LEN], state, created), secret)


def save(path: str | os.PathLike[str], data: bytes) -> None:
    """Write a ring to a new file of mode 0600, as :meth:`KeyRing.save <gmpki.protect.keys.KeyRing.save>` says."""
    with create(as_path(path), private=True) as stream:
        stream.write(data)


def load(path: str | os.PathLike[str]) -> bytes:
    """Read the bytes of a ring's file, as :meth:`KeyRing.load <gmpki.protect.keys.KeyRing.load>` says."""
    name = as_path(path)
    with open(name, "rb") as stream:
        if os.fstat(stream.fileno()).st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise InvalidInputError(f"others than its owner may write to the key ring {name!r}; set its mode to 0600")
        return stream.read(MAX_FILE_LEN + 1)


def change_ring_file(
    path: str | os.PathLike[str],
    change: Callable[[KeyRing], KeyRing],
    protection: Buffer | Decryptor,
    *,
    write_protection: Buffer | SM2PublicKey | None = None,
    iterations: int | None = None,
) -> KeyRing:
    """Read the ring of a file, change it, write it back whole or not at all, and return the new ring.

    Two that change one file at once come one after the other: a lock on a file beside it, named ``<path>.lock``,
    which stays.

    >>> ring = change_ring_file("app.ring", KeyRing.rotated, password)  # doctest: +SKIP

    :param change: takes a ring and returns another, which still knows the ids of all its keys.
    :param protection: what opens the file, as in :meth:`KeyRing.load`.
    :param write_protection: what protects the new file, as in :meth:`KeyRing.save`; None is the same password or key.
    :param iterations: of PBKDF2 in the new file.
    :raises InvalidInputError: when the new ring has lost a key.
    :raises GmpkiError: as :meth:`KeyRing.load` and :meth:`KeyRing.to_bytes`.
    :raises OSError: when the file cannot be read or written.
    """
    from gmpki.keys.interfaces import Decryptor

    real = os.path.realpath(as_path(path))
    with locked(real):
        ring = KeyRing.load(real, protection)
        changed = change(ring)
        if not isinstance(changed, KeyRing):
            raise InvalidTypeError(f"change must return a KeyRing, not {type(changed).__name__}")
        if not {key.key_id for key in ring.keys} <= {key.key_id for key in changed.keys}:
            raise InvalidInputError("the changed key ring has lost a key; a key goes by KeyRing.destroyed alone")
        if write_protection is not None:
            target: Buffer | SM2PublicKey = write_protection
        else:
            # read_ring has checked that a Decryptor's key is one of SM2.
            target = protection.public_key if isinstance(protection, Decryptor) else protection  # type: ignore[assignment]
        with create(real, private=True, force=True) as stream:
            stream.write(changed.to_bytes(target, iterations=iterations))
    return changed
