"""Whatever a key file, a signature or a ciphertext holds, the answer is a key or an error of gmpki's tree."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmpki.errors import DecryptionError, GmpkiError, InvalidSignature
from gmpki.keys.diagnose import describe_ciphertext, diagnose_signature
from gmpki.keys.ecdsa import ECDSAPrivateKey
from gmpki.keys.loader import load_private_key, load_public_key
from gmpki.keys.sm2 import SM2PrivateKey
from rsa_keys import rsa_key

KEY = SM2PrivateKey.generate()
OTHERS = (rsa_key(), ECDSAPrivateKey.generate())
PRIVATE = [KEY.to_der(), KEY.to_pem(), KEY.to_sec1_pem(parameters=True), *(key.to_der() for key in OTHERS)]
PUBLIC = [KEY.public_key.to_der(), KEY.public_key.to_pem(), *(key.public_key.to_der() for key in OTHERS)]
ENCRYPTED = [KEY.to_der(b"password", iterations=1), KEY.to_pem(b"password", iterations=1)]


@st.composite
def damaged(draw: st.DrawFn, files: list[bytes]) -> bytes:
    """A good file with a few bytes changed, removed or put in."""
    data = bytearray(draw(st.sampled_from(files)))
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(data)))
        data[place : place + draw(st.integers(0, 3))] = draw(st.binary(max_size=3))
    return bytes(data)


def answers(call: Callable[[], object]) -> bool:
    """Return whether the call gave something, False for an error of the tree; other errors pass through."""
    try:
        return call() is not None
    except GmpkiError:
        return False


@given(st.binary(max_size=200) | damaged(PRIVATE))
def test_private_key_files(data: bytes) -> None:
    answers(lambda: load_private_key(data))
    answers(lambda: load_private_key(data, allow_explicit_curve=True))


@given(damaged(ENCRYPTED))
def test_encrypted_key_files(data: bytes) -> None:
    answers(lambda: load_private_key(data, b"password", max_iterations=1000))


@given(st.binary(max_size=200) | damaged(PUBLIC))
def test_public_key_files(data: bytes) -> None:
    answers(lambda: load_public_key(data))


@pytest.mark.parametrize("files", [PRIVATE, PUBLIC], ids=["private", "public"])
def test_undamaged_files_are_read(files: list[bytes]) -> None:
    load = load_private_key if files is PRIVATE else load_public_key
    assert all(answers(lambda data=data: load(data)) for data in files)


@given(st.binary(max_size=100))
def test_signatures(data: bytes) -> None:
    for key in (KEY, *OTHERS):
        with pytest.raises(InvalidSignature):
            key.public_key.verify(data, b"message")
    assert diagnose_signature(KEY.public_key, data, b"message").matched == ()


@given(st.binary(max_size=300))
def test_ciphertexts(data: bytes) -> None:
    with pytest.raises(DecryptionError):
        KEY.decrypt(data)
    assert describe_ciphertext(data).startswith(f"{len(data)} bytes: ")
