"""Session keys inside the token, and the key exchange that ends in one, against the algorithms in software."""

from __future__ import annotations

from typing import Any

import pytest

from gmpki.algorithms import sm4
from gmpki.errors import (
    DecryptionError,
    InvalidInputError,
    InvalidPointError,
    InvalidTypeError,
    LoginRequiredError,
    StateError,
    TokenError,
    TokenFullError,
    TokenNotFoundError,
    UnsupportedAlgorithm,
)
from gmpki.keys.ecdsa import ECDSAPrivateKey
from gmpki.keys.rsa import EncryptionPadding
from gmpki.keys.sm2 import Role, SM2PrivateKey
from gmpki.tokens import interfaces
from gmpki.tokens.skf.algorithm_names import cipher_id, cipher_name, names_of
from gmpki.tokens.skf.application import SKFApplication
from gmpki.tokens.skf.container import SKFContainer
from rsa_keys import rsa_key
from tokens.scene import Issued, provision

IV = bytes(range(16))


@pytest.fixture
def issued(skf_container: SKFContainer) -> Issued:
    return provision(skf_container)


@pytest.mark.parametrize("length", [0, 1, 16, 31, 65536, 200000])
def test_against_sm4_in_software(skf_container: SKFContainer, length: int) -> None:
    receiver = SM2PrivateKey.generate()
    key, wrapped = skf_container.new_session_key("SM4-CBC", receiver.public_key)
    assert isinstance(key, interfaces.SessionKey)
    value = receiver.decrypt(wrapped)
    data = bytes(index & 255 for index in range(length))
    encrypted = key.encrypt(data, iv=IV, padding=True)
    assert encrypted == sm4.encrypt(value, data, sm4.Mode.CBC, IV, padding=sm4.Padding.PKCS7)
    assert key.decrypt(encrypted, iv=IV, padding=True) == data


@pytest.mark.parametrize("mode", ["ECB", "CBC", "CFB", "OFB"])
def test_modes(skf_container: SKFContainer, mode: str) -> None:
    receiver = SM2PrivateKey.generate()
    key, wrapped = skf_container.new_session_key(f"SM4-{mode}", receiver.public_key)
    assert key.algorithm == f"SM4-{mode}"
    iv = b"" if mode == "ECB" else IV
    software = sm4.Mode.CFB128 if mode == "CFB" else sm4.Mode[mode]
    data = bytes(64)
    assert key.encrypt(data, iv=iv) == sm4.encrypt(receiver.decrypt(wrapped), data, software, iv or None)


def test_mac(skf_container: SKFContainer) -> None:
    receiver = SM2PrivateKey.generate()
    key, wrapped = skf_container.new_session_key("SM4-MAC", receiver.public_key)
    for length in (16, 160, 131072):
        expected = sm4.encrypt(receiver.decrypt(wrapped), bytes(length), sm4.Mode.CBC, IV)[-16:]
        assert key.mac(bytes(length), iv=IV) == expected
    with pytest.raises(TokenError):
        key.mac(bytes(17))


def test_wrapped_for_rsa(skf_container: SKFContainer) -> None:
    key, wrapped = skf_container.new_session_key("SM4-ECB", rsa_key().public_key)
    value = rsa_key().decrypt(wrapped, padding=EncryptionPadding.PKCS1V15, expected_len=16)
    assert key.encrypt(bytes(16)) == sm4.encrypt(value, bytes(16), sm4.Mode.ECB)


def test_from_one_container_to_another(skf_application: SKFApplication, issued: Issued) -> None:
    other = skf_application.create_container("con2")
    receiver = skf_application.container("con1")
    sent, wrapped = other.new_session_key("SM4-CBC", issued.encryption_key.public_key)
    received = receiver.import_session_key("SM4-CBC", wrapped)
    assert received.decrypt(sent.encrypt(b"secret", iv=IV, padding=True), iv=IV, padding=True) == b"secret"


def test_what_cannot_be_imported(skf_container: SKFContainer) -> None:
    with pytest.raises(TokenNotFoundError):
        skf_container.import_session_key("SM4-CBC", b"x")
    issued = provision(skf_container)
    wrapped = issued.encryption_key.public_key.encrypt(bytes(16))
    for bad in (b"", wrapped[:-1], wrapped[:-1] + bytes((wrapped[-1] ^ 1,))):
        with pytest.raises(DecryptionError):
            skf_container.import_session_key("SM4-CBC", bad)
    with pytest.raises((TokenError, DecryptionError)):  # no key of SM4
        skf_container.import_session_key("SM4-CBC", issued.encryption_key.public_key.encrypt(bytes(15)))
    skf_container.application.logout()
    with pytest.raises(LoginRequiredError):
        skf_container.import_session_key("SM4-CBC", wrapped)


def test_wrong_padding_and_lengths(skf_container: SKFContainer) -> None:
    key, _ = skf_container.new_session_key("SM4-CBC", SM2PrivateKey.generate().public_key)
    encrypted = key.encrypt(bytes(32), iv=IV)
    for data in (encrypted, key.encrypt(bytes(100000 & ~15), iv=IV)):
        with pytest.raises(DecryptionError):
            key.decrypt(data, iv=IV, padding=True)
    for call in (key.encrypt, key.decrypt):
        with pytest.raises(TokenError):
            call(bytes(17), iv=IV)
        with pytest.raises(TokenError):
            call(bytes(16), iv=bytes(15))
        with pytest.raises(InvalidInputError):
            call(bytes(16), iv=bytes(33))
        with pytest.raises(InvalidTypeError):
            call("text", iv=IV)  # type: ignore[arg-type]
        with pytest.raises(InvalidTypeError):
            call(bytes(16), iv=IV, padding=1)  # type: ignore[arg-type]


def test_session_keys_are_few_and_given_back(skf_container: SKFContainer) -> None:
    receiver = SM2PrivateKey.generate().public_key
    keys = [skf_container.new_session_key("SM4-ECB", receiver)[0] for _ in range(8)]
    with pytest.raises(TokenFullError):
        skf_container.new_session_key("SM4-ECB", receiver)
    for _ in range(2):
        keys[0].close()
    with pytest.raises(StateError):
        keys[0].encrypt(bytes(16))
    again, _ = skf_container.new_session_key("SM4-ECB", receiver)
    skf_container.close()
    with pytest.raises(StateError):
        again.encrypt(bytes(16))
    reopened = skf_container.application.container("con1")
    assert len([reopened.new_session_key("SM4-ECB", receiver) for _ in range(8)]) == 8


@pytest.mark.parametrize("name", ["SM4", "SM4-GCM", "SM9-ECB", "", "0x0", "0x"])
def test_names_that_are_none(skf_container: SKFContainer, name: str) -> None:
    with pytest.raises((UnsupportedAlgorithm, InvalidInputError)):
        skf_container.new_session_key(name, SM2PrivateKey.generate().public_key)


def test_ciphers_of_hardware_are_refused_by_the_software_token(skf_container: SKFContainer) -> None:
    for name in ("SM1-ECB", "SSF33-CBC"):
        with pytest.raises(TokenError):
            skf_container.new_session_key(name, SM2PrivateKey.generate().public_key)


def test_recipients_that_are_none(skf_container: SKFContainer) -> None:
    for wrong in (None, SM2PrivateKey.generate(), ECDSAPrivateKey.generate().public_key):
        with pytest.raises(InvalidTypeError):
            skf_container.new_session_key("SM4-ECB", wrong)  # type: ignore[arg-type]


# ---- names of algorithms --------------------------------------------------------------------
def test_names_and_numbers() -> None:
    assert (cipher_id("SM4-CBC"), cipher_id("sm1-ecb"), cipher_id("0x00000801")) == (0x402, 0x101, 0x801)
    assert (cipher_name(0x404), cipher_name(0x801)) == ("SM4-CFB", "0x00000801")
    assert cipher_name(cipher_id("AES-256-OFB")) == "AES-256-OFB"
    assert names_of(0x403, 0x30200, 0x5) == {"SM4-ECB", "SM4-CBC", "RSA", "SM2", "SM3", "SHA256"}
    assert names_of(0, 0, 0) == frozenset()
    assert {"SM1-MAC", "SSF33-ECB", "SM9"} <= names_of(0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF)


# ---- key exchange ---------------------------------------------------------------------------
@pytest.mark.parametrize("ids", [(None, None), (b"initiator", b"responder")], ids=["default", "own"])
def test_between_containers(skf_application: SKFApplication, issued: Issued, ids: tuple[Any, Any]) -> None:
    other = skf_application.create_container("con2")
    theirs = provision(other)
    here = skf_application.container("con1").session_key_exchange("SM4-ECB", Role.INITIATOR, user_id=ids[0])
    there = other.session_key_exchange("SM4-ECB", Role.RESPONDER, user_id=ids[1])
    assert isinstance(here, interfaces.SessionKeyExchange)
    with pytest.raises(StateError):
        _ = there.ephemeral
    one = there.agree(issued.encryption_key.public_key.to_bytes(), here.ephemeral, peer_user_id=ids[0])
    two = here.agree(theirs.encryption_key.public_key.to_bytes(), there.ephemeral, peer_user_id=ids[1])
    assert one.encrypt(bytes(16)) == two.encrypt(bytes(16))
    for used in (here, there):
        with pytest.raises(StateError):
            used.agree(theirs.encryption_key.public_key.to_bytes(), here.ephemeral)


@pytest.mark.parametrize("role", Role)
def test_with_a_peer_in_software(skf_container: SKFContainer, issued: Issued, role: Role) -> None:
    peer = SM2PrivateKey.generate()
    theirs = peer.exchange(Role(1 - role))
    ours = skf_container.session_key_exchange("SM4-ECB", role)
    key = ours.agree(peer.public_key.to_bytes(), theirs.ephemeral)
    agreed = theirs.agree(issued.encryption_key.public_key.to_bytes(), ours.ephemeral, 16)
    assert key.encrypt(bytes(16)) == sm4.encrypt(agreed.key, bytes(16), sm4.Mode.ECB)


def test_inputs_of_an_exchange(skf_container: SKFContainer, issued: Issued) -> None:
    with pytest.raises(InvalidInputError):
        skf_container.session_key_exchange("SM4-ECB", Role.INITIATOR, user_id=bytes(33))
    with pytest.raises(InvalidTypeError):
        skf_container.session_key_exchange("SM4-ECB", 0)  # type: ignore[arg-type]
    with pytest.raises(UnsupportedAlgorithm):
        skf_container.session_key_exchange("SM4", Role.INITIATOR)
    exchange = skf_container.session_key_exchange("SM4-ECB", Role.INITIATOR)
    point = issued.encryption_key.public_key.to_bytes()
    with pytest.raises(InvalidPointError):
        exchange.agree(point, b"\x04" + bytes(64))
    with pytest.raises(InvalidInputError):
        exchange.agree(point, point[:10])
    exchange.agree(point, SM2PrivateKey.generate().public_key.to_bytes())  # what was wrong was found before
