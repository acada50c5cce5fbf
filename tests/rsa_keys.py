"""One RSA key for all tests that need any: every process makes it once, and only when it is asked for."""

from __future__ import annotations

from functools import cache

from gmpki.keys.rsa import RSAPrivateKey


@cache
def rsa_key() -> RSAPrivateKey:
    """Return a key of 2048 bits, always the same one."""
    return RSAPrivateKey.generate(2048)
