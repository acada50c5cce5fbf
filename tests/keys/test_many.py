"""Many signatures of one key: what each alone would be, at once only where the key itself is at hand."""

from __future__ import annotations

from typing import Any

import pytest

from gmpki.errors import InvalidTypeError, StateError
from gmpki.keys.ed25519 import Ed25519PrivateKey
from gmpki.keys.many import sign_many, signs_at_once
from gmpki.keys.sm2 import SM2PrivateKey

KEY = SM2PrivateKey.from_bytes(bytes(31) + b"\x05")
MESSAGES = [b"message %d" % number for number in range(11)]


class Elsewhere:
    """A signer that is no key in memory, and notes what it is asked for."""

    public_key = KEY.public_key
    signature_algorithm = KEY.signature_algorithm

    def __init__(self) -> None:
        self.asked: list[Any] = []

    def sign(self, message: Any, *, user_id: Any = None) -> bytes:
        self.asked.append((message, user_id))
        if message == b"not this one":
            raise StateError("the token is gone")
        return KEY.sign(message, user_id=user_id)

    def sign_digest(self, digest: Any) -> bytes:
        return KEY.sign_digest(digest)


def test_who_signs_at_once() -> None:
    assert signs_at_once(KEY)
    assert not signs_at_once(Elsewhere())
    assert not signs_at_once(Ed25519PrivateKey.generate())
    with pytest.raises(InvalidTypeError):
        signs_at_once(KEY.public_key)  # type: ignore[arg-type]


@pytest.mark.parametrize("user_id", [None, b"ALICE"])
@pytest.mark.parametrize("count", [0, 1, 3, 11])
def test_each_signature_holds(count: int, user_id: bytes | None) -> None:
    messages = MESSAGES[:count]
    elsewhere = Elsewhere()
    for signer in (KEY, elsewhere):
        signatures = sign_many(signer, iter(messages), user_id=user_id)
        assert len(signatures) == count
        for signature, message in zip(signatures, messages, strict=True):
            KEY.public_key.verify(signature, message, user_id=user_id)
    assert elsewhere.asked == [(message, user_id) for message in messages]


def test_other_algorithms() -> None:
    key = Ed25519PrivateKey.generate()
    assert sign_many(key, MESSAGES) == [key.sign(message) for message in MESSAGES]


def test_errors_of_the_signer() -> None:
    elsewhere = Elsewhere()
    with pytest.raises(StateError):
        sign_many(elsewhere, [b"first", b"not this one", b"last"])
    assert [message for message, _ in elsewhere.asked] == [b"first", b"not this one"]
    with pytest.raises(InvalidTypeError):
        sign_many(KEY, ["text"])  # type: ignore[list-item]
    with pytest.raises(InvalidTypeError):
        sign_many(KEY, 5)  # type: ignore[arg-type]
    with pytest.raises(InvalidTypeError):
        sign_many(b"key", [])  # type: ignore[arg-type]
