"""SM3 and what is built on it, from OpenSSL through cryptography."""

from __future__ import annotations

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from cryptography.hazmat.primitives.kdf.x963kdf import X963KDF

NAME = "OpenSSL through cryptography"


def sm3(message: bytes) -> bytes:
    """Hash a message."""
    running = hashes.Hash(hashes.SM3())
    running.update(message)
    return running.finalize()


def hmac(key: bytes, message: bytes) -> bytes:
    """Authenticate a message."""
    running = HMAC(key, hashes.SM3())
    running.update(message)
    return running.finalize()


def kdf(z: bytes, length: int) -> bytes:
    """The X9.63 KDF without shared info: hash(z || counter), counter from 1, as in GB/T 32918.4."""
    return X963KDF(hashes.SM3(), length, None).derive(z)


def pbkdf2(password: bytes, salt: bytes, iterations: int, length: int) -> bytes:
    """PBKDF2 with HMAC-SM3."""
    return PBKDF2HMAC(hashes.SM3(), length, salt, iterations).derive(password)


def hkdf(key_material: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    """HKDF with HMAC-SM3."""
    return HKDF(hashes.SM3(), length, salt, info).derive(key_material)
