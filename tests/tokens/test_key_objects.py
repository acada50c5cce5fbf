"""Keys in tokens: their public side is done here, their private side by stand-ins over software keys."""

from __future__ import annotations

import copy
import pickle

import pytest

from gmpki import oids
from gmpki.algorithms.policy import DEFAULT_POLICY
from gmpki.algorithms.sm2 import CiphertextFormat, Role, SignatureEncoding
from gmpki.errors import (
    DecryptionError,
    FaultDetected,
    InvalidInputError,
    InvalidTypeError,
    KeyMismatchError,
    LoginRequiredError,
    PolicyError,
    TokenError,
    TokenUnsupportedError,
    UnsupportedAlgorithm,
)
from gmpki.keys.ciphertext import SM2Ciphertext
from gmpki.keys.ecdsa import ECDSAPrivateKey
from gmpki.keys.interfaces import Decryptor, KeyAgreer, KeyExchange, Signer
from gmpki.keys.rsa import EncryptionPadding, RSAPrivateKey, SignaturePadding
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.tokens.key_objects import KeyOperations, TokenDecryptor, TokenKeyAgreer, TokenSigner
from rsa_keys import rsa_key


class SoftwareOperations(KeyOperations):
    """A token whose private key is one in software."""

    def __init__(self, key: object) -> None:
        self.key = key
        self.calls: list[bytes] = []

    @property
    def place(self) -> str:
        return "container con1 of application A"

    def sign_sm2(self, digest: bytes) -> bytes:
        self.calls.append(digest)
        assert isinstance(self.key, SM2PrivateKey)
        return self.key.sign_digest(digest, encoding=SignatureEncoding.RAW)

    def sign_rsa(self, digest_info: bytes) -> bytes:
        """Pad and raise to the private exponent, as a token does (RFC 8017 9.2 and 8.2.1)."""
        assert isinstance(self.key, RSAPrivateKey)
        numbers = self.key._handle._key.private_numbers()
        size = self.key.public_key.bits // 8
        padded = b"\x00\x01" + b"\xff" * (size - len(digest_info) - 3) + b"\x00" + digest_info
        return pow(int.from_bytes(padded, "big"), numbers.d, numbers.public_numbers.n).to_bytes(size, "big")

    def sign_ecdsa(self, digest: bytes) -> bytes:
        assert isinstance(self.key, ECDSAPrivateKey)
        from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

        numbers = decode_dss_signature(self.key.sign_digest(digest))
        return b"".join(number.to_bytes(32, "big") for number in numbers)

    def decrypt_sm2(self, ciphertext: SM2Ciphertext) -> bytes:
        assert isinstance(self.key, SM2PrivateKey)
        try:
            return self.key.decrypt(ciphertext.to_bytes())
        except DecryptionError:
            raise TokenError("the input is wrong", code=0x0A000011) from None

    def decrypt_rsa(self, ciphertext: bytes) -> bytes:
        assert isinstance(self.key, RSAPrivateKey)
        return self.key.decrypt(ciphertext, padding=EncryptionPadding.PKCS1V15)

    def exchange(self, role: Role, user_id: bytes) -> KeyExchange:
        assert isinstance(self.key, SM2PrivateKey)
        return self.key.exchange(role, user_id=user_id)


@pytest.fixture
def sm2() -> SM2PrivateKey:
    return SM2PrivateKey.generate()


def signer(key: SM2PrivateKey | RSAPrivateKey | ECDSAPrivateKey) -> TokenSigner:
    return TokenSigner(key.public_key, SoftwareOperations(key))


# ---- signing --------------------------------------------------------------------------------
def test_protocols(sm2: SM2PrivateKey) -> None:
    operations = SoftwareOperations(sm2)
    assert isinstance(TokenSigner(sm2.public_key, operations), Signer)
    assert isinstance(TokenDecryptor(sm2.public_key, operations), Decryptor)
    assert isinstance(TokenKeyAgreer(sm2.public_key, operations), KeyAgreer)


@pytest.mark.parametrize("user_id", [None, b"", b"somebody"])
def test_sm2_signature(sm2: SM2PrivateKey, user_id: bytes | None) -> None:
    key = signer(sm2)
    signature = key.sign(b"message", user_id=user_id)
    assert signature[:1] == b"\x30"
    sm2.public_key.verify(signature, b"message", user_id=user_id)
    assert key.signature_algorithm == sm2.signature_algorithm


def test_the_token_gets_e_and_nothing_else(sm2: SM2PrivateKey) -> None:
    operations = SoftwareOperations(sm2)
    TokenSigner(sm2.public_key, operations).sign(b"message")
    assert operations.calls == [sm2.public_key.digest(b"message")]


@pytest.mark.parametrize("hash_name", ["sha256", "sha384", "sha512", "sm3"])
def test_rsa_signature(hash_name: str) -> None:
    key = signer(rsa_key()).using(hash_name=hash_name)
    signature = key.sign(b"message")
    assert signature == rsa_key().using(hash_name=hash_name).sign(b"message")
    assert key.signature_algorithm == rsa_key().using(hash_name=hash_name).signature_algorithm


def test_ecdsa_signature() -> None:
    key = ECDSAPrivateKey.generate("P-256")
    key.public_key.verify(signer(key).sign(b"message"), b"message")
    assert signer(key).using(hash_name="sha384").signature_algorithm.algorithm == oids.ECDSA_SHA384


def test_hashes_that_are_refused(sm2: SM2PrivateKey) -> None:
    assert signer(sm2).using(hash_name="sm3").sign(b"m")
    with pytest.raises(UnsupportedAlgorithm):
        signer(sm2).using(hash_name="sha256")
    with pytest.raises(PolicyError):
        signer(rsa_key()).using(hash_name="sha1")
    with pytest.raises(UnsupportedAlgorithm):
        signer(rsa_key()).using(hash_name="sha3_256")
    old = RSAPrivateKey(rsa_key()._handle, policy=DEFAULT_POLICY.allowing("sha1-signature"))
    assert signer(old).using(hash_name="sha1").sign(b"m") == old.using(hash_name="sha1").sign(b"m")


def test_pss_is_not_made() -> None:
    with pytest.raises(TokenUnsupportedError, match="PSS"):
        signer(rsa_key().using(padding=SignaturePadding.PSS)).sign(b"m")


@pytest.mark.parametrize("length", [0, 31, 33])
def test_digests_of_another_length(sm2: SM2PrivateKey, length: int) -> None:
    for key in (signer(sm2), signer(rsa_key())):
        with pytest.raises(InvalidInputError):
            key.sign_digest(bytes(length))


def test_wrong_types(sm2: SM2PrivateKey) -> None:
    with pytest.raises(InvalidTypeError):
        signer(sm2).sign("message")  # type: ignore[arg-type]
    with pytest.raises(InvalidTypeError):
        signer(sm2).sign_digest("e" * 32)  # type: ignore[arg-type]
    with pytest.raises(InvalidTypeError):
        TokenSigner(sm2, SoftwareOperations(sm2))  # type: ignore[arg-type]
    with pytest.raises(InvalidTypeError):
        TokenSigner(sm2.public_key, object())  # type: ignore[arg-type]
    with pytest.raises(InvalidInputError):
        signer(rsa_key()).sign(b"m", user_id=b"x")
    with pytest.raises(InvalidInputError):
        signer(sm2).sign(b"m", user_id=bytes(8192))


class HashingAgain(SoftwareOperations):
    """A driver that takes e for a message."""

    def sign_sm2(self, digest: bytes) -> bytes:
        assert isinstance(self.key, SM2PrivateKey)
        return self.key.sign(digest, encoding=SignatureEncoding.RAW)


class AnswersNonsense(SoftwareOperations):
    def sign_sm2(self, digest: bytes) -> bytes:
        return bytes(2 * len(digest))

    def sign_rsa(self, digest_info: bytes) -> bytes:
        return digest_info[:0]


@pytest.mark.parametrize("kind", [HashingAgain, AnswersNonsense])
def test_a_wrong_signature_is_not_given_out(sm2: SM2PrivateKey, kind: type[SoftwareOperations]) -> None:
    with pytest.raises(FaultDetected, match="con1"):
        TokenSigner(sm2.public_key, kind(sm2)).sign(b"message")


def test_an_empty_rsa_signature_is_not_given_out() -> None:
    with pytest.raises(FaultDetected):
        TokenSigner(rsa_key().public_key, AnswersNonsense(rsa_key())).sign(b"message")


def test_what_a_driver_lacks_is_named(sm2: SM2PrivateKey) -> None:
    for key, public in ((sm2, sm2.public_key), (rsa_key(), rsa_key().public_key)):
        assert key is not None
        bare = KeyOperations()
        with pytest.raises(TokenUnsupportedError, match="signatures"):
            TokenSigner(public, bare).sign(b"m")
    with pytest.raises(TokenUnsupportedError, match="decryption"):
        TokenDecryptor(sm2.public_key, KeyOperations()).decrypt(sm2.public_key.encrypt(b"m"))
    with pytest.raises(TokenUnsupportedError, match="exchange"):
        TokenKeyAgreer(sm2.public_key, KeyOperations()).exchange(Role.INITIATOR)


# ---- decryption -----------------------------------------------------------------------------
def test_sm2_decryption(sm2: SM2PrivateKey) -> None:
    key = TokenDecryptor(sm2.public_key, SoftwareOperations(sm2))
    assert key.decrypt(sm2.public_key.encrypt(b"secret")) == b"secret"


def test_rsa_decryption() -> None:
    key = TokenDecryptor(rsa_key().public_key, SoftwareOperations(rsa_key()))
    assert key.decrypt(rsa_key().public_key.encrypt(b"secret", padding=EncryptionPadding.PKCS1V15)) == b"secret"


def test_every_failure_to_decrypt_is_the_same(sm2: SM2PrivateKey) -> None:
    key = TokenDecryptor(sm2.public_key, SoftwareOperations(sm2))
    good = sm2.public_key.encrypt(b"secret")
    raw = SM2Ciphertext.from_bytes(good, CiphertextFormat.DER).to_bytes(CiphertextFormat.C1C3C2)
    for bad in (b"", b"\x30\x00", good[:-1], good + b"\0", good[:-1] + bytes((good[-1] ^ 1,)), raw):
        with pytest.raises(DecryptionError) as caught:
            key.decrypt(bad)
        assert str(caught.value) == DecryptionError.MESSAGE
        assert caught.value.__cause__ is None


class LoggedOut(SoftwareOperations):
    def decrypt_sm2(self, ciphertext: SM2Ciphertext) -> bytes:
        raise LoginRequiredError(f"a ciphertext of {len(ciphertext.c2)} bytes needs a login")


def test_a_missing_login_is_told(sm2: SM2PrivateKey) -> None:
    with pytest.raises(LoginRequiredError):
        TokenDecryptor(sm2.public_key, LoggedOut(sm2)).decrypt(sm2.public_key.encrypt(b"m"))


def test_ecdsa_keys_decrypt_nothing() -> None:
    key = ECDSAPrivateKey.generate("P-256")
    with pytest.raises(TokenUnsupportedError):
        TokenDecryptor(key.public_key, SoftwareOperations(key)).decrypt(b"x")
    with pytest.raises(KeyMismatchError):
        TokenKeyAgreer(key.public_key, SoftwareOperations(key))


# ---- key exchange ---------------------------------------------------------------------------
def test_key_exchange(sm2: SM2PrivateKey) -> None:
    peer = SM2PrivateKey.generate()
    here = TokenKeyAgreer(sm2.public_key, SoftwareOperations(sm2)).exchange(Role.INITIATOR)
    there = peer.exchange(Role.RESPONDER)
    one = here.agree(peer.public_key.to_bytes(), there.ephemeral, 16)
    other = there.agree(sm2.public_key.to_bytes(), here.ephemeral, 16)
    assert one.key == other.key
    one.check(other.confirmation)


def test_user_ids_of_an_exchange_are_checked(sm2: SM2PrivateKey) -> None:
    key = TokenKeyAgreer(sm2.public_key, SoftwareOperations(sm2))
    with pytest.raises(InvalidInputError):
        key.exchange(Role.INITIATOR, user_id=bytes(8192))
    with pytest.raises(InvalidTypeError):
        key.exchange("initiator")  # type: ignore[arg-type]


# ---- as objects -----------------------------------------------------------------------------
def test_neither_copied_nor_changed(sm2: SM2PrivateKey) -> None:
    key = signer(sm2)
    for duplicate in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(InvalidTypeError):
            duplicate(key)
    with pytest.raises(AttributeError):
        key.place = "elsewhere"  # type: ignore[misc]
    assert "con1" in repr(key)
