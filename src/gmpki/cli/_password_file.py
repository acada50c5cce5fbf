"""Files that ``gmpki sm4`` encrypts under a password.

======  ======  ======================================================
offset  length  field
======  ======  ======================================================
0       8       the letters ``GMSM4PW1``
8       4       iterations of PBKDF2-HMAC-SM3, big endian
12      16      salt
28      12      nonce
40      n       ciphertext: SM4-GCM under the 16-byte derived key
40+n    16      tag
======  ======  ======================================================

The first 40 bytes are the associated data of the GCM: no field can be changed unnoticed.
"""

from __future__ import annotations

from typing import IO

from gmpki.cli import _gcm_stream

__all__ = ["decrypt", "encrypt"]

MAGIC = b"GMSM4PW1"
SALT_LEN = 16
NONCE_LEN = 12
KEY_LEN = 16
HEADER_LEN = len(MAGIC) + 4 + SALT_LEN + NONCE_LEN
ITERATIONS = 600_000
# A file from elsewhere says how long its reader computes: bounded, so that it cannot say for ever.
MAX_ITERATIONS = 10_000_000


def encrypt(password: bytes, source: IO[bytes], sink: IO[bytes]) -> None:
    """Encrypt ``source`` into ``sink`` under a password."""
    from gmpki.algorithms.kdf import pbkdf2
    from gmpki.algorithms.rand import random_bytes
    from gmpki.algorithms.sm4_aead import SM4GCM

    salt, nonce = random_bytes(SALT_LEN), random_bytes(NONCE_LEN)
    header = MAGIC + ITERATIONS.to_bytes(4, "big") + salt + nonce
    sink.write(header)
    aead = SM4GCM(pbkdf2(password, salt, ITERATIONS, KEY_LEN), tag_length=_gcm_stream.TAG_LEN)
    _gcm_stream.encrypt(aead, nonce, header, source, sink)


def decrypt(password: bytes, source: IO[bytes], sink: IO[bytes]) -> None:
    """Decrypt what :func:`encrypt` made. What is in ``sink`` may be used only when this returns.

    :raises DecodeError: not such a file.
    :raises LimitExceeded: the file asks for more than ``MAX_ITERATIONS`` iterations.
    :raises InvalidTag: the password is wrong or the file was changed.
    """
    from gmpki.algorithms.kdf import pbkdf2
    from gmpki.algorithms.sm4_aead import SM4GCM
    from gmpki.errors import DecodeError, LimitExceeded

    header = _gcm_stream.read_exactly(source, HEADER_LEN)
    if not header.startswith(MAGIC):
        raise DecodeError(
            "not a file that gmpki encrypted under a password; for one under a key name the key", offset=0
        )
    iterations = int.from_bytes(header[8:12], "big")
    if not 0 < iterations <= MAX_ITERATIONS:
        raise LimitExceeded(f"the file asks for {iterations} iterations; 1 to {MAX_ITERATIONS} are computed")
    salt, nonce = header[12 : 12 + SALT_LEN], header[12 + SALT_LEN :]
    aead = SM4GCM(pbkdf2(password, salt, iterations, KEY_LEN), tag_length=_gcm_stream.TAG_LEN)
    _gcm_stream.decrypt(aead, nonce, header, source, sink)
