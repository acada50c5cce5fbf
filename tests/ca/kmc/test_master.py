"""The master key: who opens it, and what it is bound to."""

from __future__ import annotations

import copy
import pickle

import pytest

from ca.kmc.kmc_scene import OPENER, OTHER
from gmpki.ca.kmc.master import MasterKey, SharedAmong, Wrapped, unwrap, wrap
from gmpki.ca.kmc.shares import Share, split
from gmpki.errors import (
    DecodeError,
    DecryptionError,
    GmpkiError,
    InvalidInputError,
    InvalidTypeError,
    KeyMismatchError,
    NoRecipientError,
)
from gmpki.keys.ecdsa import ECDSAPrivateKey

KEY = bytes(range(16))
KEY_ID = "aa" * 32


def shared() -> tuple[MasterKey, Wrapped, list[Share]]:
    given: list[Share] = []
    master, wrapped = wrap(SharedAmong(2, 3, given.extend))
    return master, wrapped, given


def test_for_a_key() -> None:
    master, wrapped = wrap(OPENER.public_key)
    assert wrapped.protection == "sm2"
    sealed = master.seal(b"private", "SM2", KEY_ID)
    assert unwrap(wrapped, OPENER).open(sealed, "SM2", KEY_ID) == b"private"


def test_for_another_key() -> None:
    _, wrapped = wrap(OPENER.public_key)
    with pytest.raises(NoRecipientError):
        unwrap(wrapped, OTHER)


def test_for_custodians() -> None:
    master, wrapped, shares = shared()
    sealed = master.seal(b"private", "SM2", KEY_ID)
    for some in (shares[:2], shares[1:], shares, tuple(reversed(shares))):
        assert unwrap(wrapped, some).open(sealed, "SM2", KEY_ID) == b"private"


def test_too_few_shares() -> None:
    _, wrapped, shares = shared()
    for some in ([], shares[:1]):
        with pytest.raises(InvalidInputError):
            unwrap(wrapped, some)


def test_shares_of_another_centre() -> None:
    _, wrapped, shares = shared()
    _, _, others = shared()
    for some in (others, [shares[0], others[1]]):
        with pytest.raises(InvalidInputError):
            unwrap(wrapped, some)


def test_shares_of_another_secret_in_the_same_set() -> None:
    """Who can make shares of any key still cannot pass it off as the master key."""
    _, wrapped, shares = shared()
    forged = [
        Share(shares[0].set_id, share.threshold, share.count, share.index, share.value, share.mac)
        for share in split(KEY, threshold=2, count=3)
    ]
    with pytest.raises(GmpkiError):
        unwrap(wrapped, forged)


def test_the_wrong_way_to_open() -> None:
    _, for_key = wrap(OPENER.public_key)
    _, for_shares, shares = shared()
    with pytest.raises(InvalidInputError, match="shares were given"):
        unwrap(for_key, shares)
    with pytest.raises(InvalidInputError, match="a private key was given"):
        unwrap(for_shares, OPENER)


@pytest.mark.parametrize("wrong", [None, "shares", b"key", 5])
def test_nothing_that_opens(wrong: object) -> None:
    _, wrapped = wrap(OPENER.public_key)
    with pytest.raises(InvalidTypeError):
        unwrap(wrapped, wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", [None, OPENER, b"password", 5], ids=["None", "private", "bytes", "int"])
def test_nothing_that_protects(wrong: object) -> None:
    with pytest.raises(InvalidTypeError):
        wrap(wrong)  # type: ignore[arg-type]


def test_another_master_key_is_found() -> None:
    master, _ = wrap(OPENER.public_key)
    _, other = wrap(OPENER.public_key)
    with pytest.raises(KeyMismatchError):
        unwrap(Wrapped(master.key_id, "sm2", other.content), OPENER)


@pytest.mark.parametrize("keep", [0, 31, 32, 60, -1])
def test_cut_off(keep: int) -> None:
    _, wrapped = wrap(OPENER.public_key)
    with pytest.raises((NoRecipientError, DecryptionError)):
        unwrap(Wrapped(wrapped.key_id, "sm2", wrapped.content[:keep]), OPENER)


def test_a_description_of_another_length() -> None:
    _, wrapped, shares = shared()
    with pytest.raises(DecodeError):
        unwrap(Wrapped(wrapped.key_id, "shares", wrapped.content[:9]), shares)


class Odd:
    """Decrypts everything to one thing, and has the public key of another."""

    def __init__(self, answer: object, public_key: object) -> None:
        self.answer = answer
        self.public_key = public_key

    def decrypt(self, _ciphertext: object) -> object:
        return self.answer


@pytest.mark.parametrize(
    ("answer", "error"),
    [(b"", DecryptionError), (bytes(17), DecryptionError), (bytes(16), KeyMismatchError), ("text", InvalidTypeError)],
    ids=["empty", "long", "another", "text"],
)
def test_an_odd_token(answer: object, error: type[Exception]) -> None:
    _, wrapped = wrap(OPENER.public_key)
    with pytest.raises(error):
        unwrap(wrapped, Odd(answer, OPENER.public_key))  # type: ignore[arg-type]


def test_a_key_of_another_algorithm() -> None:
    _, wrapped = wrap(OPENER.public_key)
    with pytest.raises(InvalidInputError):
        unwrap(wrapped, Odd(bytes(16), ECDSAPrivateKey.generate().public_key))  # type: ignore[arg-type]


def test_nobody_takes_the_shares() -> None:
    """No share may be lost that the key depends on: what hand_out raises is what the caller sees."""

    def lost(_: list[Share]) -> None:
        raise OSError("no paper")

    with pytest.raises(OSError, match="no paper"):
        wrap(SharedAmong(2, 2, lost))


@pytest.mark.parametrize(("threshold", "count"), [(1, 2), (3, 2), (2, 256), (0, 0)])
def test_how_many_custodians(threshold: int, count: int) -> None:
    with pytest.raises(InvalidInputError):
        SharedAmong(threshold, count, lambda shares: None)  # noqa: ARG005 - never called


# ---- what is sealed -----------------------------------------------------------------------
@pytest.mark.parametrize(("kind", "key_id"), [("RSA-2048", KEY_ID), ("SM2", "ab" * 32), ("SM", KEY_ID), ("", KEY_ID)])
def test_bound_to_the_row(kind: str, key_id: str) -> None:
    sealed = MasterKey(KEY).seal(b"private", "SM2", KEY_ID)
    with pytest.raises(DecryptionError):
        MasterKey(KEY).open(sealed, kind, key_id)


def test_bound_to_the_master_key() -> None:
    sealed = MasterKey(KEY).seal(b"private", "SM2", KEY_ID)
    with pytest.raises(DecryptionError):
        MasterKey(bytes(16)).open(sealed, "SM2", KEY_ID)


def test_every_changed_byte_is_found() -> None:
    master = MasterKey(KEY)
    sealed = master.seal(b"private", "SM2", KEY_ID)
    for at in range(len(sealed)):
        with pytest.raises(DecryptionError):
            master.open(sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :], "SM2", KEY_ID)
        with pytest.raises(DecryptionError):
            master.open(sealed[:at], "SM2", KEY_ID)


def test_never_the_same_twice() -> None:
    master = MasterKey(KEY)
    assert len({master.seal(b"private", "SM2", KEY_ID) for _ in range(20)}) == 20


def test_the_key_does_not_leave() -> None:
    master = MasterKey(KEY)
    assert KEY.hex() not in repr(master)
    for leave in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(InvalidTypeError):
            leave(master)


@pytest.mark.parametrize("length", [0, 15, 17, 32])
def test_another_length(length: int) -> None:
    with pytest.raises(InvalidInputError):
        MasterKey(bytes(length))
