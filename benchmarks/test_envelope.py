"""An envelope of 1 MiB made and opened, beside the bare cipher over the same bytes and beside the cipher with SM2.

What an envelope costs beyond the two is this package's own: the structures around them, and the copies of the content
that they need.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

LENGTH = 1 << 20
CONTENT = bytes(range(256)) * (LENGTH // 256)
IMPLEMENTATIONS = ["gmpki[cipher]", "gmpki[cipher, SM2]", "gmpki[envelope]"]
CIPHERS = ["SM4_CBC", "SM4_GCM"]


@functools.cache
def recipient() -> tuple[Any, Any]:
    """Return a certificate and its key."""
    from gmpki.keys.sm2 import SM2PrivateKey
    from gmpki.x509.certificate_builder import CertificateBuilder
    from gmpki.x509.names import build_name

    key, name = SM2PrivateKey.generate(), build_name(("C", "CN"), ("CN", "Example"))
    begin = datetime(2026, 1, 1, tzinfo=timezone.utc)
    builder = CertificateBuilder().issuer(name).subject(name).serial_number(1).public_key(key.public_key)
    return builder.validity(begin, begin + timedelta(days=365)).sign(key), key


@functools.cache
def jobs(cipher_name: str) -> dict[str, tuple[Callable[[], Any], Callable[[], bytes]]]:
    """Return, for each implementation, what encrypts and what decrypts; all of it is set up before."""
    from gmpki.algorithms import sm4
    from gmpki.algorithms.sm4_aead import SM4GCM
    from gmpki.cms import ContentCipher, KeyHistory, MessageProfile, decrypt, encrypt

    certificate, key = recipient()
    secret, iv = os.urandom(16), os.urandom(16)
    cbc, padding, gcm = sm4.Mode.CBC, sm4.Padding.PKCS7, SM4GCM(secret)

    def bare() -> bytes:
        if cipher_name == "SM4_CBC":
            return sm4.encrypt(secret, CONTENT, cbc, iv, padding=padding)
        return gcm.encrypt(iv[:12], CONTENT)

    sealed, wrapped = bare(), key.public_key.encrypt(secret)

    def bare_back() -> bytes:
        if cipher_name == "SM4_CBC":
            return sm4.decrypt(secret, sealed, cbc, iv, padding=padding)
        return gcm.decrypt(iv[:12], sealed)

    history = KeyHistory([(certificate, key)])
    options: Any = {"profile": MessageProfile.RFC5652, "cipher": ContentCipher[cipher_name]}
    message = encrypt(CONTENT, [certificate], **options)
    return {
        IMPLEMENTATIONS[0]: (bare, bare_back),
        IMPLEMENTATIONS[1]: (
            lambda: (key.public_key.encrypt(secret), bare()),
            lambda: (key.decrypt(wrapped), bare_back())[1],
        ),
        IMPLEMENTATIONS[2]: (
            lambda: encrypt(CONTENT, [certificate], **options),
            lambda: decrypt(message, history).content,
        ),
    }


def measure(benchmark: Any, operation: str, cipher: str, name: str, call: Callable[[], Any]) -> Any:
    benchmark.group = f"{operation} 1 MiB, {cipher.replace('_', '-')}"
    benchmark.extra_info["implementation"] = name
    benchmark.extra_info["data_len"] = LENGTH
    return benchmark.pedantic(call, rounds=50, warmup_rounds=5)


each = pytest.mark.parametrize("name", IMPLEMENTATIONS)
each_cipher = pytest.mark.parametrize("cipher", CIPHERS)


@each_cipher
@each
def test_make(benchmark, cipher, name):
    assert measure(benchmark, "make an envelope of", cipher, name, jobs(cipher)[name][0])


@each_cipher
@each
def test_open(benchmark, cipher, name):
    assert measure(benchmark, "open an envelope of", cipher, name, jobs(cipher)[name][1]) == CONTENT
