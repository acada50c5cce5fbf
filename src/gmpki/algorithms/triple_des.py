"""Triple DES in CBC through ``cryptography``: for reading key files of older products, never for writing.

:standard: NIST SP 800-67; RFC 5652 6.3 (padding)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_bytes
from gmpki.algorithms._foreign import foreign
from gmpki.errors import DecryptionError, InvalidInputError

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["BLOCK_LEN", "KEY_LENGTHS", "decrypt_cbc"]

BLOCK_LEN: Final = 8
KEY_LENGTHS: Final = (16, 24)


def decrypt_cbc(key: Buffer, iv: Buffer, data: Buffer) -> bytes:
    """Decrypt one message of triple DES in CBC with PKCS#7 padding; nothing is returned when its padding is wrong.

    :param key: 24 bytes, or 16 for two keys, the first of which is used again as the third.
    :param iv: 8 bytes.
    :param data: a whole number of blocks, at least one.
    :raises DecryptionError: when length or padding is wrong.
    :raises InvalidTypeError: when an input is not a buffer.
    :raises InvalidInputError: when key or iv has the wrong length.
    :raises UnsupportedAlgorithm: when the OpenSSL below has no triple DES.
    """
    from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.modes import CBC
    from cryptography.hazmat.primitives.padding import PKCS7

    secret, start, ciphertext = as_bytes(key, "key"), as_bytes(iv, "iv"), as_bytes(data, "data")
    if len(secret) not in KEY_LENGTHS:
        raise InvalidInputError(f"key must be 16 or 24 bytes long, not {len(secret)}")
    if len(start) != BLOCK_LEN:
        raise InvalidInputError(f"iv must be {BLOCK_LEN} bytes long, not {len(start)}")
    with foreign("triple DES"):
        context = Cipher(TripleDES(secret + secret[: 24 - len(secret)]), CBC(start)).decryptor()
    unpadder = PKCS7(8 * BLOCK_LEN).unpadder()
    try:
        padded = context.update(ciphertext) + context.finalize()
        plain: bytes = unpadder.update(padded) + unpadder.finalize()
    except ValueError:
        raise DecryptionError from None
    return plain
