"""RSA keys for all tests that need any: every process makes each once, and only when it is asked for."""

from __future__ import annotations

from functools import cache

from gmpki.keys.rsa import RSAPrivateKey


@cache
def rsa_key(owner: str = "") -> RSAPrivateKey:
    """Return a key of 2048 bits, always the same one for the same owner."""
    return RSAPrivateKey.generate(2048)
