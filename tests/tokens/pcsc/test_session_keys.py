"""Session keys inside a card, against the same in software."""

from __future__ import annotations

import pytest

from gmpki.algorithms import sm4
from gmpki.errors import (
    DecryptionError,
    InvalidInputError,
    InvalidTypeError,
    LoginRequiredError,
    StateError,
    TokenError,
    TokenFullError,
    TokenNotFoundError,
    TokenUnsupportedError,
    UnsupportedAlgorithm,
)
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.tokens.interfaces import KeyUsage, SessionKey
from gmpki.tokens.pcsc.container import PCSCContainer
from tokens.pcsc.cards import DirectCard
from tokens.scene import provision

IV = bytes(range(16))


@pytest.fixture
def container(card_container: PCSCContainer) -> PCSCContainer:
    provision(card_container)
    return card_container


@pytest.mark.parametrize("length", [0, 1, 15, 16, 1000, 1024, 1025, 5000])
def test_messages_are_those_of_software(container: PCSCContainer, length: int) -> None:
    receiver = SM2PrivateKey.generate()
    key, wrapped = container.new_session_key("SM4-CBC", receiver.public_key)
    assert isinstance(key, SessionKey)
    message = bytes(length)
    encrypted = key.encrypt(message, iv=IV, padding=True)
    assert encrypted == sm4.encrypt(receiver.decrypt(wrapped), message, sm4.Mode.CBC, iv=IV, padding=sm4.Padding.PKCS7)
    assert key.decrypt(encrypted, iv=IV, padding=True) == message


def test_an_imported_key_is_the_same(container: PCSCContainer) -> None:
    key, wrapped = container.new_session_key("SM4-ECB", container.public_key(KeyUsage.ENCRYPTION))
    same = container.import_session_key("SM4-ECB", wrapped)
    assert same.algorithm == "SM4-ECB"
    assert same.decrypt(key.encrypt(bytes(2048))) == bytes(2048)
    assert same.mac(bytes(2048)) == key.mac(bytes(2048))
    assert len(key.mac(bytes(16))) == 16


def test_what_does_not_decrypt_has_one_error(container: PCSCContainer) -> None:
    key, wrapped = container.new_session_key("SM4-CBC", container.public_key(KeyUsage.ENCRYPTION))
    for wrong in (b"", b"\x30\x00", wrapped[:-1] + bytes((wrapped[-1] ^ 1,))):
        with pytest.raises(DecryptionError):
            container.import_session_key("SM4-CBC", wrong)
    for length in (16, 4096):
        with pytest.raises(DecryptionError):
            key.decrypt(bytes(length), iv=IV, padding=True)


def test_wrong_lengths_are_refused_by_the_card(container: PCSCContainer) -> None:
    key, _ = container.new_session_key("SM4-CBC", container.public_key())
    for refused in (
        lambda: key.encrypt(bytes(15), iv=IV),
        lambda: key.encrypt(bytes(16), iv=b"short"),
        lambda: key.mac(bytes(15)),
        lambda: key.mac(b""),
    ):
        with pytest.raises(TokenError):
            refused()
    with pytest.raises(InvalidInputError):
        key.encrypt(bytes(16), iv=bytes(33))


def test_keys_are_gone_when_closed(container: PCSCContainer) -> None:
    keys = [container.new_session_key("SM4-CBC", container.public_key())[0] for _ in range(8)]
    with pytest.raises(TokenFullError):
        container.new_session_key("SM4-CBC", container.public_key())
    keys[0].close()
    keys[0].close()
    with pytest.raises(StateError):
        keys[0].encrypt(bytes(16), iv=IV)
    container.new_session_key("SM4-CBC", container.public_key())
    assert "closed" in repr(keys[0])


def test_a_reset_ends_keys(direct: DirectCard, container: PCSCContainer) -> None:
    key, wrapped = container.new_session_key("SM4-CBC", container.public_key(KeyUsage.ENCRYPTION))
    direct.reset()
    with pytest.raises(StateError):
        key.encrypt(bytes(16), iv=IV)
    with pytest.raises(LoginRequiredError):
        container.import_session_key("SM4-CBC", wrapped)
    key.close()


def test_what_there_is_not(card_container: PCSCContainer) -> None:
    card_container.generate()
    public_key = card_container.public_key()
    _, wrapped = card_container.new_session_key("SM4-CBC", public_key)
    with pytest.raises(TokenNotFoundError):
        card_container.import_session_key("SM4-CBC", wrapped)
    with pytest.raises(TokenUnsupportedError):
        card_container.new_session_key("SM1-ECB", public_key)
    with pytest.raises(UnsupportedAlgorithm):
        card_container.new_session_key("ROT-13", public_key)
    with pytest.raises(InvalidTypeError):
        card_container.new_session_key("SM4-CBC", b"key")  # type: ignore[arg-type]
    with pytest.raises(InvalidTypeError):
        card_container.import_session_key("SM4-CBC", "wrapped")  # type: ignore[arg-type]
