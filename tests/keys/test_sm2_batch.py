"""Batches with key objects: signatures in either encoding, a result for each verification, new keys."""

from __future__ import annotations

from typing import Any

import pytest

from gmpki.errors import InvalidInputError, InvalidSignature, InvalidTypeError
from gmpki.keys.sm2 import SignatureEncoding, SM2PrivateKey, SM2PublicKey, verify_batch

KEY = SM2PrivateKey.from_bytes(bytes(31) + b"\x05")
OTHER = SM2PrivateKey.from_bytes(bytes(31) + b"\x06")
MESSAGES = [i.to_bytes(2, "big") * (i * 7 % 100) for i in range(300)]


@pytest.mark.parametrize("count", [0, 1, 9, 300])
@pytest.mark.parametrize("encoding", SignatureEncoding)
def test_signatures_are_those_of_single_calls(count: int, encoding: SignatureEncoding) -> None:
    expected = [KEY.sign(message, user_id=b"id", encoding=encoding, deterministic=True) for message in MESSAGES[:count]]
    for messages in (MESSAGES[:count], iter(MESSAGES[:count])):
        assert KEY.sign_batch(messages, user_id=b"id", encoding=encoding, deterministic=True) == expected


def test_signatures_hold() -> None:
    signatures = KEY.sign_batch(MESSAGES, verify=True)
    items = list(zip(signatures, MESSAGES, strict=True))
    assert KEY.public_key.verify_batch(items) == [None] * len(items)
    assert KEY.public_key.verify_batch(iter(items)) == [None] * len(items)
    assert KEY.public_key.verify_batch([]) == []
    assert all(isinstance(result, InvalidSignature) for result in OTHER.public_key.verify_batch(items))
    assert all(isinstance(result, InvalidSignature) for result in KEY.public_key.verify_batch(items, user_id=b"x"))


def test_every_bad_one_has_its_own_result() -> None:
    """In neither encoding, in none that is strict, of another key, of another message; raw and DER side by side."""
    der, raw = KEY.sign(b"m"), KEY.sign(b"m", encoding=SignatureEncoding.RAW)
    public = KEY.public_key
    items = [
        (public, der, b"m"),
        (public, b"", b"m"),
        (public, raw, b"m"),
        (public, der + b"\0", b"m"),
        (OTHER.public_key, der, b"m"),
        (OTHER.public_key, OTHER.sign(b"m"), b"m"),
        (public, der, b"n"),
        (public, bytearray(der), memoryview(b"m")),
        (public, bytes(64), b"m"),
    ] * 60
    expected = [True, False, True, False, False, True, False, True, False] * 60
    for given in (items, iter(items)):
        results = verify_batch(given)
        assert [result is None for result in results] == expected
        assert {type(result) for result in results} == {type(None), InvalidSignature}
    for (key, signature, message), right in zip(items[:9], expected, strict=False):
        assert key.is_valid(signature, message) is right


@pytest.mark.parametrize("wrong", [None, 7, object(), [None], [b""], [(b"s",)], "text"])
def test_refused_inputs(wrong: Any) -> None:
    for call in (KEY.public_key.verify_batch, verify_batch):
        with pytest.raises(InvalidTypeError):
            call(wrong)
    for call in (KEY.sign_batch, lambda value: KEY.sign_batch([value])):
        if wrong == [b""]:
            continue
        with pytest.raises(InvalidTypeError):
            call(wrong)


def test_refused_keys_signatures_messages_and_ids() -> None:
    signature = KEY.sign(b"m")
    for item in (
        (KEY, signature, b"m"),
        (None, signature, b"m"),
        (KEY.public_key, "signature", b"m"),
        (KEY.public_key, signature, "m"),
    ):
        with pytest.raises(InvalidTypeError):
            verify_batch([item])
    with pytest.raises(InvalidInputError):
        verify_batch([(KEY.public_key, signature, b"m")], user_id=bytes(8192))
    with pytest.raises(InvalidInputError):
        KEY.sign_batch([b"m"], user_id=bytes(8192))
    with pytest.raises(InvalidTypeError):
        KEY.sign_batch([b"m"], encoding="der")


def test_new_keys() -> None:
    keys = SM2PrivateKey.generate_batch(20)
    assert len({key.to_bytes() for key in keys}) == 20
    for key in keys:
        key.public_key.verify(key.sign(b"m"), b"m")
        assert SM2PublicKey.from_bytes(key.public_key.to_bytes()) == key.public_key
    assert SM2PrivateKey.generate_batch(0) == []
    with pytest.raises(InvalidInputError):
        SM2PrivateKey.generate_batch(-1)
    with pytest.raises(InvalidTypeError):
        SM2PrivateKey.generate_batch("1")
