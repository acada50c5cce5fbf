"""AES-CBC through ``cryptography``: for keys and messages that other products encrypted with it.

:standard: FIPS 197; NIST SP 800-38A; RFC 5652 6.3 (padding)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_bytes
from gmpki.algorithms._foreign import foreign
from gmpki.errors import DecryptionError, InvalidInputError

if TYPE_CHECKING:
    from typing import Any

    from typing_extensions import Buffer

__all__ = ["BLOCK_LEN", "KEY_LENGTHS", "decrypt_cbc", "encrypt_cbc"]

BLOCK_LEN: Final = 16
KEY_LENGTHS: Final = (16, 24, 32)


def encrypt_cbc(key: Buffer, iv: Buffer, data: Buffer) -> bytes:
    """Encrypt one message with AES-CBC and PKCS#7 padding.

    :param key: 16, 24 or 32 bytes.
    :param iv: 16 bytes, unforeseeable.
    :param data: any number of bytes.
    :raises InvalidTypeError: when an input is not a buffer.
    :raises InvalidInputError: when key or iv has the wrong length.
    """
    from cryptography.hazmat.primitives.padding import PKCS7

    cipher = _cipher(key, iv)
    padder = PKCS7(8 * BLOCK_LEN).padder()
    padded = padder.update(as_bytes(data, "data")) + padder.finalize()
    context = cipher.encryptor()
    ciphertext: bytes = context.update(padded) + context.finalize()
    return ciphertext


def decrypt_cbc(key: Buffer, iv: Buffer, data: Buffer) -> bytes:
    """Decrypt one message of AES-CBC with PKCS#7 padding; nothing of it is returned when its padding is wrong.

    :param key: 16, 24 or 32 bytes.
    :param iv: 16 bytes.
    :param data: a whole number of blocks, at least one.
    :raises DecryptionError: when length or padding is wrong.
    :raises InvalidTypeError: when an input is not a buffer.
    :raises InvalidInputError: when key or iv has the wrong length.
    """
    from cryptography.hazmat.primitives.padding import PKCS7

    context = _cipher(key, iv).decryptor()
    ciphertext = as_bytes(data, "data")
    unpadder = PKCS7(8 * BLOCK_LEN).unpadder()
    try:
        padded = context.update(ciphertext) + context.finalize()
        return unpadder.update(padded) + unpadder.finalize()
    except ValueError:
        raise DecryptionError from None


def _cipher(key: Buffer, iv: Buffer) -> Any:
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.algorithms import AES
    from cryptography.hazmat.primitives.ciphers.modes import CBC

    secret, start = as_bytes(key, "key"), as_bytes(iv, "iv")
    if len(secret) not in KEY_LENGTHS:
        raise InvalidInputError(f"key must be 16, 24 or 32 bytes long, not {len(secret)}")
    if len(start) != BLOCK_LEN:
        raise InvalidInputError(f"iv must be {BLOCK_LEN} bytes long, not {len(start)}")
    with foreign("AES-CBC"):
        return Cipher(AES(secret), CBC(start))
