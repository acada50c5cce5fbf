"""Whatever a caller gives in place of an argument, what comes back is an error of gmpki."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest

import hostile
from gmpki.algorithms.policy import DEFAULT_POLICY
from gmpki.errors import GmpkiError, InvalidInputError, InvalidTypeError
from gmpki.keys import PendingSignature, load_private_key, load_public_key
from gmpki.keys.diagnose import describe_ciphertext, diagnose_signature
from gmpki.keys.ecdsa import ECDSAPrivateKey, ECDSAPublicKey
from gmpki.keys.loader import identify_key, is_encrypted
from gmpki.keys.pem import is_pem, read_pem, write_pem
from gmpki.keys.rsa import RSAPrivateKey, RSAPublicKey, SignaturePadding
from gmpki.keys.sm2 import EncryptionProfile, Role, SM2PrivateKey
from gmpki.keys.sm2_exchange import SM2KeyExchange
from rsa_keys import rsa_key

KEY = SM2PrivateKey.from_bytes(bytes(31) + b"\x05")
POINT = KEY.public_key.to_bytes()
DIGEST = KEY.public_key.digest(b"message")
SIGNATURE = KEY.sign(b"message")
ECDSA = ECDSAPrivateKey.generate()
RSA = rsa_key()


def agree(peer: Any, ephemeral: Any, length: Any, user_id: Any) -> object:
    return KEY.exchange(Role.INITIATOR).agree(peer, ephemeral, length, peer_user_id=user_id)


def confirm(confirmation: Any) -> None:
    agreed = KEY.exchange(Role.INITIATOR).agree(POINT, POINT, 16)
    agreed.check(confirmation)


CALLS: dict[str, tuple[Callable[..., object], tuple[Any, ...]]] = {
    "agree": (agree, (POINT, POINT, 16, b"id")),
    "confirm": (confirm, (bytes(32),)),
    "decrypt": (KEY.decrypt, (KEY.public_key.encrypt(b"m"),)),
    "describe": (describe_ciphertext, (b"",)),
    "diagnose": (
        lambda key, signature, message, ids: diagnose_signature(key, signature, message, user_ids=ids),
        (KEY.public_key, SIGNATURE, b"message", [b"id"]),
    ),
    "diagnose id": (lambda one: diagnose_signature(KEY.public_key, SIGNATURE, b"", user_ids=[one]), (b"id",)),
    "ecdsa digest": (ECDSA.public_key.digest, (b"message",)),
    "ecdsa generate": (ECDSAPrivateKey.generate, ("P-256",)),
    "ecdsa key": (
        lambda handle, name, policy: ECDSAPrivateKey(handle, hash_name=name, policy=policy),
        (ECDSA._handle, "sha256", DEFAULT_POLICY),
    ),
    "ecdsa verify": (ECDSA.public_key.verify, (ECDSA.sign(b"message"), b"message")),
    "ecdsa verify_digest": (ECDSA.public_key.verify_digest, (ECDSA.sign(b"m"), ECDSA.public_key.digest(b"m"))),
    "exchange": (SM2KeyExchange, (KEY._scalar, Role.INITIATOR, b"id")),
    "identify": (identify_key, (KEY.to_pem(),)),
    "is_encrypted": (is_encrypted, (KEY.to_pem(),)),
    "is_pem": (is_pem, (b"",)),
    "load encrypted": (
        lambda data, password, most: load_private_key(data, password, max_iterations=most),
        (KEY.to_pem(b"password", iterations=2, profile=EncryptionProfile.OPENSSL), b"password", 10),
    ),
    "load private": (lambda data, policy: load_private_key(data, policy=policy), (RSA.to_der(), DEFAULT_POLICY)),
    "load public": (
        lambda data, policy: load_public_key(data, policy=policy),
        (ECDSA.public_key.to_der(), DEFAULT_POLICY),
    ),
    "pending": (PendingSignature.prepare, (KEY.public_key, b"message")),
    "pending finish": (PendingSignature.prepare(KEY.public_key, b"message").finish, (SIGNATURE,)),
    "read_pem": (read_pem, (KEY.to_pem(),)),
    "rsa generate": (
        lambda policy: RSAPrivateKey.generate(1024, policy=policy),
        (DEFAULT_POLICY.allowing("rsa-1024"),),
    ),
    "rsa key": (
        lambda handle, name, padding, policy: RSAPrivateKey(handle, hash_name=name, padding=padding, policy=policy),
        (RSA._handle, "sha256", SignaturePadding.PSS, DEFAULT_POLICY),
    ),
    "rsa using": (
        lambda name, padding: RSA.using(hash_name=name, padding=padding),
        ("sha384", SignaturePadding.PSS),
    ),
    "rsa digest": (RSA.public_key.digest, (b"message",)),
    "sign": (KEY.sign, (b"message",)),
    "sign_digest": (KEY.sign_digest, (DIGEST,)),
    "to_der": (
        lambda password, profile, iterations: KEY.to_der(password, profile=profile, iterations=iterations),
        (b"password", EncryptionProfile.GM, 2),
    ),
    "verify": (KEY.public_key.verify, (SIGNATURE, b"message")),
    "verify_digest": (KEY.public_key.verify_digest, (SIGNATURE, DIGEST)),
    "write_pem": (write_pem, ("LABEL", b"data")),
}


@pytest.mark.parametrize("name", CALLS)
def test_only_our_errors_leave(name: str) -> None:
    call, arguments = CALLS[name]
    if name != "confirm":
        call(*arguments)
    for _ in hostile.results(call, arguments):
        pass


def test_messages_say_what_was_wanted_and_what_came() -> None:
    with pytest.raises(InvalidTypeError, match=r"password must be bytes.*not str; encode text yourself"):
        KEY.to_der("password")  # type: ignore[arg-type]
    with pytest.raises(InvalidTypeError, match=r"key file must be bytes.*not str; encode the text as ASCII"):
        load_private_key("text")  # type: ignore[arg-type]
    with pytest.raises(InvalidTypeError, match="padding must be a SignaturePadding, not str"):
        RSAPublicKey(RSA.public_key._handle, padding="pss")  # type: ignore[arg-type]
    with pytest.raises(InvalidTypeError, match="policy must be an AlgorithmPolicy, not NoneType"):
        load_public_key(RSA.public_key.to_der(), policy=None)  # type: ignore[arg-type]
    with pytest.raises(InvalidTypeError, match="iterations must be an int, not str"):
        KEY.to_der(b"password", iterations="many")  # type: ignore[arg-type]
    with pytest.raises(InvalidInputError, match="max_iterations must be 1 to 2147483647, not 0"):
        load_private_key(KEY.to_der(b"password", iterations=2), b"password", max_iterations=0)
    with pytest.raises(InvalidTypeError, match="user_ids is a sequence of ids, not one"):
        diagnose_signature(KEY.public_key, SIGNATURE, b"message", user_ids=b"id")  # type: ignore[arg-type]
    with pytest.raises(InvalidInputError, match="the signature must be a contiguous buffer"):
        ECDSA.public_key.verify(memoryview(bytes(128))[::2], b"message")


def test_an_empty_hash_name_is_no_default() -> None:
    with pytest.raises(GmpkiError, match="''"):
        ECDSAPublicKey(ECDSA.public_key._handle, hash_name="")
    with pytest.raises(GmpkiError, match="''"):
        RSA.using(hash_name="")


@pytest.mark.parametrize(
    "key",
    [
        KEY.public_key,
        ECDSA.public_key.using(hash_name="sha512"),
        RSA.public_key.using(hash_name="sha384", padding=SignaturePadding.PSS),
        ECDSA.public_key._handle,
        RSA.public_key._handle,
    ],
    ids=["sm2", "ecdsa", "rsa", "ecdsa handle", "rsa handle"],
)
def test_public_keys_are_copied_and_pickled(key: Any) -> None:
    for twin in (copy.copy(key), copy.deepcopy(key), pickle.loads(pickle.dumps(key))):
        assert twin == key
        assert type(twin) is type(key)
        assert repr(twin) == repr(key)


def test_the_ephemeral_key_cannot_be_replaced() -> None:
    exchange = KEY.exchange(Role.INITIATOR)
    with pytest.raises(AttributeError):
        exchange.ephemeral = b"other"  # type: ignore[misc]


def test_ecdsa_keys_are_made_under_a_policy() -> None:
    with pytest.raises(GmpkiError, match="ec-192"):
        ECDSAPrivateKey.generate("P-192")
    key = ECDSAPrivateKey.generate("P-192", policy=DEFAULT_POLICY.allowing("ec-192"))
    key.public_key.verify(key.sign(b"message"), b"message")
