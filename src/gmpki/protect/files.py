"""Encryption of files of any length, in memory of two chunks.

>>> import os, tempfile
>>> from gmpki.protect import KeyRing, decrypt_file, encrypt_file
>>> ring, folder = KeyRing.generate(), tempfile.mkdtemp()
>>> plain, secret, copy = (os.path.join(folder, name) for name in ("contract.ofd", "contract.ofd.enc", "copy.ofd"))
>>> with open(plain, "wb") as stream:
...     _ = stream.write(b"contract" * 100_000)
>>> encrypt_file(ring, plain, secret, context=b"archive/2026/1")
>>> decrypt_file(ring, secret, copy, context=b"archive/2026/1")
>>> os.path.getsize(copy)
800000

A file:

====== ======= =========================================================================================
offset length  what
====== ======= =========================================================================================
0      14      the header of every stored object, with ``GMPL``: :mod:`gmpki.protect._stored`
14     1       the length of a chunk as a power of two: 16 (64 KiB) is written, 12 to 20 are read
15     24      the salt: random
39     l + 16  the first chunk: l bytes encrypted with SM4-GCM, then the tag; l is the length of a chunk,
               and so on
...    r + 16  the last chunk: r = 1 to l bytes, or 0 where the whole file is empty
====== ======= =========================================================================================

**Keys and nonces.** Each file has a key of its own: ``HKDF-Expand(k, the 39 bytes in front || context, 23)`` with k
the ring's key for files (purpose ``file``) gives the SM4 key (16 bytes) and 7 bytes with which each nonce of the file
begins. The salt repeats among q files with a chance below q^2 / 2^193. Behind the 7 bytes a nonce has the number of
the chunk (4 bytes, big endian, from 0) and one byte: 1 for the last chunk, else 0. So no nonce is used twice under a
key; after 2^32 chunks (256 TiB) there are no more, and encryption stops. This is the STREAM construction (Hoang,
Reyhanitabar, Rogaway, Vizár, "Online authenticated-encryption and its nonce-reuse misuse-resistance", CRYPTO 2015): a
chunk that was changed, moved, left out, repeated, taken from another file, or the end that was cut off does not
decrypt. There is no associated data: header and context are in the key.

**Context** is what the file is, such as its path in an archive or its row in a database: a file put in the place of
another then does not decrypt. It is not stored, and the same is given to decrypt.

What stays visible: the length, and which key was used.
"""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Final

from gmpki._files import as_path, create, refuse_existing
from gmpki._inputs import as_bytes, member
from gmpki.algorithms import kdf
from gmpki.algorithms.rand import random_bytes
from gmpki.algorithms.sm4_aead import SM4GCM
from gmpki.errors import DecodeError, InvalidTag, InvalidTypeError, LimitExceeded, UnsupportedAlgorithm
from gmpki.protect._stored import HEADER_LEN, Kind, read_header, write_header
from gmpki.protect.keys import KeyRing, KeyUse

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator

    from typing_extensions import Buffer

__all__ = ["decrypt_file", "decrypt_stream", "encrypt_file", "encrypt_stream", "reencrypt_file"]

_CHUNK_BITS: Final = 16
_CHUNK_BITS_READ: Final = range(12, 21)
_SALT_LEN: Final = 24
_FRONT_LEN: Final = HEADER_LEN + 1 + _SALT_LEN
_TAG_LEN: Final = 16
_PREFIX_LEN: Final = 7
_MAX_CHUNKS: Final = 1 << 32
_MAX_CONTEXT_LEN: Final = 1 << 16
_PURPOSE: Final = "file"


class _Chunks:
    """The key of one file, and its nonces in their order. Per thread."""

    def __init__(self, ring: KeyRing, key_id: bytes, front: bytes, context: bytes) -> None:
        key = kdf.hkdf_expand(ring.derive(KeyUse.FILE, _PURPOSE, key_id), front + context, 16 + _PREFIX_LEN)
        self.cipher = SM4GCM(key[:16])
        self._prefix = key[16:]
        self._number = 0

    def nonce(self, *, last: bool) -> bytes:
        """Return the nonce of the next chunk.

        :raises LimitExceeded: after 2^32.
        """
        if self._number == _MAX_CHUNKS:
            raise LimitExceeded(f"a file of more than {_MAX_CHUNKS} chunks")
        nonce = self._prefix + self._number.to_bytes(4, "big") + bytes((last,))
        self._number += 1
        return nonce


def encrypt_stream(ring: KeyRing, source: IO[bytes], sink: IO[bytes], *, context: Buffer = b"") -> None:
    """Encrypt what is left of a stream.

    :param source: read to its end.
    :param sink: written to; not flushed or closed.
    :param context: what the file is, at most 64 KiB; the same is given to decrypt.
    :raises InvalidTypeError: when an argument has the wrong type, or source gives no bytes.
    :raises LimitExceeded: when context is longer, or the file longer than 256 TiB.
    :raises RandomSourceError: when the random source fails.
    :raises OSError: when source cannot be read or sink not be written.
    """
    bound = _checked(ring, context)
    front = write_header(Kind.FILE, ring.primary_id) + bytes((_CHUNK_BITS,)) + random_bytes(_SALT_LEN)
    chunks = _Chunks(ring, ring.primary_id, front, bound)
    sink.write(front)
    for piece, last in _pieces(source, 1 << _CHUNK_BITS):
        sink.write(chunks.cipher.encrypt(chunks.nonce(last=last), piece))


def decrypt_stream(ring: KeyRing, source: IO[bytes], sink: IO[bytes], *, context: Buffer = b"") -> None:
    """Decrypt what is left of a stream.

    Each chunk is checked before it is written. But only when this returns is it known that none is missing at the
    end: until then what is in the sink may be the beginning of a file that was cut off.

    :param source: read to its end.
    :param sink: written to; not flushed or closed.
    :param context: what was given to encrypt.
    :raises InvalidTag: when anything was changed, moved, repeated, removed or cut off, or context is another.
    :raises DecodeError: when it is no encrypted file.
    :raises UnsupportedAlgorithm: when it has a version, algorithm or chunk length that is not known here.
    :raises UnknownKeyError: when the ring does not hold its key.
    :raises InvalidTypeError: when an argument has the wrong type, or source gives no bytes.
    :raises LimitExceeded: when context is longer than 64 KiB.
    :raises OSError: when source cannot be read or sink not be written.
    """
    for piece in _decrypted(ring, source, _checked(ring, context)):
        sink.write(piece)


def _decrypted(ring: KeyRing, source: IO[bytes], context: bytes) -> Iterator[bytes]:
    front = _read(source, _FRONT_LEN)
    key_id = read_header(front, Kind.FILE, "the file")
    if len(front) < _FRONT_LEN:
        raise DecodeError("an encrypted file that ends inside its head", offset=len(front))
    if front[HEADER_LEN] not in _CHUNK_BITS_READ:
        raise UnsupportedAlgorithm(f"a file with chunks of 2^{front[HEADER_LEN]} bytes; 2^12 to 2^20 are read")
    chunks = _Chunks(ring, key_id, front, context)
    chunk_len = 1 << front[HEADER_LEN]
    for number, (piece, last) in enumerate(_pieces(source, chunk_len + _TAG_LEN)):
        if number and len(piece) == _TAG_LEN:
            raise InvalidTag  # an empty chunk is written for an empty file alone
        yield chunks.cipher.decrypt(chunks.nonce(last=last), piece)


def encrypt_file(
    ring: KeyRing,
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    *,
    context: Buffer = b"",
    force: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Encrypt a file into another, which appears whole or not at all, with mode 0600.

    :param force: replace target where it exists; it may be source itself.
    :param progress: called with the bytes read so far and the bytes there are.
    :raises FileExistsError: when target exists and force is not set.
    :raises OSError: when a file cannot be read or written.
    :raises GmpkiError: as :func:`encrypt_stream`.
    """
    _convert(encrypt_stream, ring, source, target, context, force=force, progress=progress)


def decrypt_file(
    ring: KeyRing,
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    *,
    context: Buffer = b"",
    force: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Decrypt a file into another of mode 0600, which appears when all of it has been checked, and else not at all.

    Parameters as :func:`encrypt_file`.

    :raises FileExistsError: when target exists and force is not set.
    :raises OSError: when a file cannot be read or written.
    :raises GmpkiError: as :func:`decrypt_stream`.
    """
    _convert(decrypt_stream, ring, source, target, context, force=force, progress=progress)


def reencrypt_file(ring: KeyRing, path: str | os.PathLike[str], *, context: Buffer = b"") -> bool:
    """Bring a file under the primary key; tell whether it was under another one.

    The file is replaced as a whole, with mode 0600, when all of it has been checked; no plaintext reaches the disk.

    :raises GmpkiError: as :func:`decrypt_stream`.
    :raises OSError: when the file cannot be read or written.
    """
    bound = _checked(ring, context)
    name = as_path(path)
    with open(name, "rb") as stream:
        if read_header(_read(stream, HEADER_LEN), Kind.FILE, "the file") == ring.primary_id:
            return False
        stream.seek(0)
        plain = _Joined(_decrypted(ring, stream, bound))
        with create(name, private=True, force=True) as out:
            encrypt_stream(ring, plain, out, context=bound)  # type: ignore[arg-type]
    return True


def _convert(
    convert: Callable[..., None],
    ring: KeyRing,
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    context: Buffer,
    *,
    force: bool,
    progress: Callable[[int, int], None] | None,
) -> None:
    import os

    _checked(ring, context)
    wanted = as_path(target, "target")
    refuse_existing(wanted, force=force)
    with open(as_path(source, "source"), "rb") as stream:
        total = os.fstat(stream.fileno()).st_size
        read: IO[bytes] = stream if progress is None else _Watched(stream, total, progress)  # type: ignore[assignment]
        with create(wanted, private=True, force=force, withhold=True) as out:
            convert(ring, read, out, context=context)


class _Joined:
    """Pieces as a stream that is read."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._left = b""

    def read(self, length: int) -> bytes:
        """Return what is left of a piece, or the next one that is not empty, up to a length; b"" at the end."""
        while not self._left:
            following = next(self._pieces, None)
            if following is None:
                return b""
            self._left = following
        piece, self._left = self._left[:length], self._left[length:]
        return piece


class _Watched:
    """A stream that tells how far it was read."""

    def __init__(self, stream: IO[bytes], total: int, progress: Callable[[int, int], None]) -> None:
        self._stream = stream
        self._total = total
        self._progress = progress
        self._done = 0

    def read(self, length: int) -> bytes:
        """Read, and tell."""
        piece = self._stream.read(length)
        self._done += len(piece)
        self._progress(self._done, max(self._total, self._done))
        return piece


def _checked(ring: KeyRing, context: Buffer) -> bytes:
    member(ring, KeyRing, "ring")
    bound = as_bytes(context, "context")
    if len(bound) > _MAX_CONTEXT_LEN:
        raise LimitExceeded(f"a context of {len(bound)} bytes; at most {_MAX_CONTEXT_LEN} are taken")
    return bound


def _pieces(source: IO[bytes], length: int) -> Iterator[tuple[bytes, bool]]:
    """Yield pieces of a length, the last one shorter or not, each with whether it is the last; at least one."""
    piece = _read(source, length)
    while len(piece) == length and (following := _read(source, length)):
        yield piece, False
        piece = following
    yield piece, True


def _read(source: IO[bytes], length: int) -> bytes:
    """Read so many bytes, fewer only at the end: a pipe gives what it has."""
    parts: list[bytes] = []
    missing = length
    while missing:
        piece = source.read(missing)
        if not isinstance(piece, bytes) or len(piece) > missing:
            raise InvalidTypeError(f"source must give bytes, not {type(piece).__name__}; open the file in binary mode")
        if not piece:
            break
        parts.append(piece)
        missing -= len(piece)
    return b"".join(parts)
