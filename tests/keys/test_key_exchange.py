"""The key exchange between two key objects, and two-phase signatures."""

from __future__ import annotations

import pickle

import pytest

from gmpki.errors import (
    InvalidInputError,
    InvalidPointError,
    InvalidSignature,
    InvalidTag,
    InvalidTypeError,
    StateError,
)
from gmpki.keys.interfaces import AgreedKey, KeyExchange
from gmpki.keys.pending import PendingSignature
from gmpki.keys.sm2 import PointFormat, Role, SignatureEncoding, SM2PrivateKey

ALICE, BOB = SM2PrivateKey.generate(), SM2PrivateKey.generate()


def run(
    length: int = 16, *, alice_id: bytes | None = None, bob_id: bytes | None = None, bob_thinks: bytes | None = None
):
    initiator = ALICE.exchange(Role.INITIATOR, user_id=alice_id)
    responder = BOB.exchange(Role.RESPONDER, user_id=bob_id)
    at_bob = responder.agree(ALICE.public_key.to_bytes(), initiator.ephemeral, length, peer_user_id=bob_thinks)
    at_alice = initiator.agree(BOB.public_key.to_bytes(), responder.ephemeral, length, peer_user_id=bob_id)
    return at_alice, at_bob


@pytest.mark.parametrize("length", [1, 16, 32, 33, 1000])
def test_both_sides_agree(length: int) -> None:
    at_alice, at_bob = run(length)
    assert at_alice.key == at_bob.key
    assert len(at_alice.key) == length
    assert at_alice.confirmation != at_bob.confirmation
    at_alice.check(at_bob.confirmation)
    at_bob.check(at_alice.confirmation)


def test_user_ids_are_part_of_it() -> None:
    at_alice, at_bob = run(alice_id=b"alice", bob_id=b"bob", bob_thinks=b"alice")
    assert at_alice.key == at_bob.key
    at_alice.check(at_bob.confirmation)
    at_alice, at_bob = run(alice_id=b"alice", bob_id=b"bob", bob_thinks=b"mallory")
    assert at_alice.key != at_bob.key
    with pytest.raises(InvalidTag):
        at_alice.check(at_bob.confirmation)


def test_own_confirmation_does_not_pass() -> None:
    at_alice, _ = run()
    for confirmation in (at_alice.confirmation, b"", bytes(32), bytes(33)):
        with pytest.raises(InvalidTag):
            at_alice.check(confirmation)
    with pytest.raises(InvalidTypeError):
        at_alice.check("text")


def test_same_role_on_both_sides_does_not_agree() -> None:
    one, two = ALICE.exchange(Role.INITIATOR), BOB.exchange(Role.INITIATOR)
    first = one.agree(BOB.public_key.to_bytes(), two.ephemeral, 16)
    second = two.agree(ALICE.public_key.to_bytes(), one.ephemeral, 16)
    assert first.key != second.key


def test_an_exchange_is_used_once() -> None:
    exchange = ALICE.exchange(Role.INITIATOR)
    peer = BOB.public_key.to_bytes(PointFormat.COMPRESSED)
    exchange.agree(peer, BOB.exchange(Role.RESPONDER).ephemeral, 16)
    with pytest.raises(StateError, match="used"):
        exchange.agree(peer, BOB.exchange(Role.RESPONDER).ephemeral, 16)


def test_a_failed_exchange_is_used_too() -> None:
    exchange = ALICE.exchange(Role.INITIATOR)
    with pytest.raises(InvalidPointError):
        exchange.agree(BOB.public_key.to_bytes(), b"\x04" + bytes(64), 16)
    with pytest.raises(StateError):
        exchange.agree(BOB.public_key.to_bytes(), BOB.exchange(Role.RESPONDER).ephemeral, 16)


@pytest.mark.parametrize("length", [0, -1, 65537])
def test_length_is_bounded(length: int) -> None:
    with pytest.raises(InvalidInputError):
        ALICE.exchange(Role.INITIATOR).agree(BOB.public_key.to_bytes(), BOB.exchange(Role.RESPONDER).ephemeral, length)


def test_wrong_role_or_user_id_is_found_at_once() -> None:
    with pytest.raises(InvalidTypeError):
        ALICE.exchange(0)
    with pytest.raises(InvalidInputError):
        ALICE.exchange(Role.INITIATOR, user_id=bytes(8192))


def test_secrets_stay_inside() -> None:
    exchange = ALICE.exchange(Role.INITIATOR)
    agreed, _ = run()
    assert repr(exchange) == "<SM2KeyExchange initiator open>"
    assert isinstance(exchange, KeyExchange)
    assert isinstance(agreed, AgreedKey)
    assert agreed.key.hex() not in repr(agreed)
    for secret in (exchange, agreed):
        with pytest.raises(InvalidTypeError):
            pickle.dumps(secret)
    with pytest.raises(AttributeError):
        agreed.key = b""


# ---- two-phase signatures ---------------------------------------------------------------
def test_signature_made_elsewhere() -> None:
    pending = PendingSignature.prepare(ALICE.public_key, b"contract", user_id=b"alice")
    assert pending.to_be_signed == b"contract"
    assert pending.digest == ALICE.public_key.digest(b"contract", user_id=b"alice")
    # The token answers with raw r, s; certificates and messages want DER.
    answer = ALICE.sign_digest(pending.digest, encoding=SignatureEncoding.RAW)
    finished = pending.finish(answer)
    assert finished[0] == 0x30
    ALICE.public_key.verify(finished, b"contract", user_id=b"alice")
    assert PendingSignature(ALICE.public_key, pending.digest).finish(finished) == finished


@pytest.mark.parametrize("signer", [BOB, ALICE])
def test_a_wrong_answer_is_refused(signer: SM2PrivateKey) -> None:
    pending = PendingSignature.prepare(ALICE.public_key, b"contract")
    with pytest.raises(InvalidSignature):
        pending.finish(signer.sign(b"contract", user_id=b"other"))
    with pytest.raises(InvalidSignature):
        pending.finish(b"\x00" * 64)
    with pytest.raises(InvalidSignature):
        pending.finish(b"")
