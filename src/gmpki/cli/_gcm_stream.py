"""SM4-GCM over streams: ciphertext, then the tag."""

from __future__ import annotations

import os
from typing import IO, TYPE_CHECKING

from gmpki.cli import _io

if TYPE_CHECKING:
    from gmpki.algorithms.sm4_aead import SM4GCM

__all__ = ["TAG_LEN", "decrypt", "encrypt", "read_exactly"]

TAG_LEN = 16


def encrypt(aead: SM4GCM, nonce: bytes, associated_data: bytes, source: IO[bytes], sink: IO[bytes]) -> None:
    """Write the ciphertext of what is left of ``source``, then the tag."""
    encryptor = aead.encryptor(nonce)
    encryptor.authenticate_additional_data(associated_data)
    for piece in _io.chunks(source, label="加密 encrypting"):
        sink.write(encryptor.update(piece))
    sink.write(encryptor.finalize())
    sink.write(encryptor.tag)


def decrypt(aead: SM4GCM, nonce: bytes, associated_data: bytes, source: IO[bytes], sink: IO[bytes]) -> None:
    """Decrypt what :func:`encrypt` wrote. What is in ``sink`` may be used only when this returns.

    :param source: has to be seekable: the tag, which stands at the end, is read first.
    :raises InvalidTag: the tag does not hold, or there is none.
    """
    from gmpki.errors import InvalidTag

    start = source.tell()
    message_len = source.seek(0, os.SEEK_END) - start - TAG_LEN
    if message_len < 0:
        raise InvalidTag
    source.seek(start + message_len)
    decryptor = aead.decryptor(nonce, read_exactly(source, TAG_LEN))
    source.seek(start)
    decryptor.authenticate_additional_data(associated_data)
    for piece in _io.chunks(source, label="解密 decrypting", total_len=message_len):
        sink.write(decryptor.update(piece))
    sink.write(decryptor.finalize())


def read_exactly(source: IO[bytes], length: int) -> bytes:
    """Read the fields at the beginning of an encrypted file.

    :raises DecryptionError: the file ends before.
    """
    data = source.read(length)
    if len(data) < length:
        from gmpki.errors import DecryptionError

        raise DecryptionError
    return data
