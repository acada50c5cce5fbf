"""Enveloped keys opened and made by other software: SM2 of OpenSSL, SM4 of ``cryptography``.

No other program here knows the structures as a whole, so asn1crypto reads and writes SM2EnvelopedKey from its own
description of it, and :mod:`struct` the block of a token.
"""

from __future__ import annotations

import shutil
import struct
import subprocess
from pathlib import Path
from typing import Any, ClassVar

import pytest
from asn1crypto import algos, core
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from gmpki.keys.envelope import KeyEnvelope
from gmpki.keys.sm2 import PointFormat, SM2PrivateKey
from vector_files import use_generators

use_generators()

from peers import libcrypto  # noqa: E402 - importable from here on

SM4_ECB = "1.2.156.10197.1.104.1"
ROUNDS = 5


class Ciphertext(core.Sequence):  # type: ignore[misc]
    """SM2Cipher."""

    _fields: ClassVar = [("x", core.Integer), ("y", core.Integer), ("c3", core.OctetString), ("c2", core.OctetString)]


class EnvelopedKey(core.Sequence):  # type: ignore[misc]
    """SM2EnvelopedKey."""

    _fields: ClassVar = [
        ("algorithm", algos.AlgorithmIdentifier),
        ("key", Ciphertext),
        ("public", core.BitString),
        ("private", core.BitString),
    ]


@pytest.fixture(scope="module", autouse=True)
def _libcrypto() -> None:
    try:
        libcrypto.version()
    except OSError as error:
        pytest.skip(f"peer program: {error}")


def sm4(key: bytes, data: bytes, *, encrypt: bool) -> bytes:
    cipher = Cipher(algorithms.SM4(key), modes.ECB())
    context = cipher.encryptor() if encrypt else cipher.decryptor()
    return context.update(data) + context.finalize()


def octets(value: Any) -> bytes:
    """Return the bytes of a BIT STRING of asn1crypto."""
    return bytes(value.contents[1:])


def test_others_open_what_gmpki_seals() -> None:
    for _ in range(ROUNDS):
        receiver, pair = SM2PrivateKey.generate(), SM2PrivateKey.generate()
        found = EnvelopedKey.load(KeyEnvelope.seal(pair, receiver.public_key).to_der(), strict=True)
        assert found["algorithm"]["algorithm"].dotted == SM4_ECB
        assert found["algorithm"]["parameters"].native is None
        assert octets(found["public"]) == pair.public_key.to_bytes()
        key = libcrypto.decrypt(receiver.to_bytes(), found["key"].dump())
        assert key is not None
        assert sm4(key, octets(found["private"]), encrypt=False) == pair.to_bytes()


def test_others_open_the_block_of_a_token() -> None:
    for _ in range(ROUNDS):
        receiver, pair = SM2PrivateKey.generate(), SM2PrivateKey.generate()
        blob = KeyEnvelope.seal(pair, receiver.public_key).to_skf_blob()
        layout = "<III64sI64s64s64s64s32sI16s"
        assert struct.calcsize(layout) == len(blob)
        version, algorithm, bits, field, point_bits, x, y, c1x, c1y, c3, c2_len, c2 = struct.unpack(layout, blob)
        assert (version, algorithm, bits, point_bits, c2_len) == (1, 0x401, 256, 256, 16)
        assert (x[:32], y[:32]) == (bytes(32), bytes(32))
        assert x[32:] + y[32:] == pair.public_key.to_bytes(PointFormat.BARE)
        numbers = (int.from_bytes(number, "big") for number in (c1x, c1y))
        ciphertext = Ciphertext(dict(zip(("x", "y", "c3", "c2"), (*numbers, c3, c2), strict=True)))
        key = libcrypto.decrypt(receiver.to_bytes(), ciphertext.dump())
        assert key is not None
        assert sm4(key, field, encrypt=False) == bytes(32) + pair.to_bytes()


def openssl_encrypts(public_key: bytes, data: bytes, folder: Path) -> bytes:
    """Encrypt with the program, which has what the library's caller here has not."""
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("peer program: openssl")
    path = folder / "receiver.pem"
    path.write_bytes(public_key)
    command = [program, "pkeyutl", "-encrypt", "-pubin", "-inkey", str(path)]
    return subprocess.run(command, input=data, capture_output=True, check=True, timeout=60).stdout


def test_gmpki_opens_what_others_seal(tmp_path: Path) -> None:
    for number in range(ROUNDS):
        receiver, pair = SM2PrivateKey.generate(), SM2PrivateKey.generate()
        key = bytes((number,)) * 16
        encrypted = openssl_encrypts(receiver.public_key.to_pem(), key, tmp_path)
        sealed = EnvelopedKey(
            {
                "algorithm": {"algorithm": SM4_ECB, "parameters": core.Null()},
                "key": Ciphertext.load(encrypted),
                "public": core.BitString.load(b"\x03\x42\x00" + pair.public_key.to_bytes()),
                "private": core.BitString.load(b"\x03\x21\x00" + sm4(key, pair.to_bytes(), encrypt=True)),
            }
        ).dump()
        assert KeyEnvelope.from_der(sealed).open(receiver).to_bytes() == pair.to_bytes()
        # The parts are the same in both forms, the first half of the token's field apart.
        assert KeyEnvelope.from_skf_blob(KeyEnvelope.from_der(sealed).to_skf_blob()).to_der() == sealed
