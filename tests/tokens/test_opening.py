"""What URIs name, opened on the software token."""

from __future__ import annotations

import gc
import os
from pathlib import Path
from typing import Any

import pytest

from gmpki.errors import (
    DriverError,
    InvalidInputError,
    InvalidTypeError,
    LoginRequiredError,
    PinIncorrectError,
    TokenNotFoundError,
)
from gmpki.tokens import interfaces, open_driver, open_token, open_token_key
from gmpki.tokens.interfaces import KeyUsage
from gmpki.tokens.key_objects import TokenDecryptor, TokenSigner
from gmpki.tokens.skf.container import SKFContainer
from gmpki.tokens.skf.driver import SKFDriver
from gmpki.tokens.soft import library_path
from gmpki.tokens.uri import SKFUri
from tokens.scene import APPLICATION, USER_PIN, Issued, provision

CONTAINER = f"soft:dev=00a1;app={APPLICATION};con=con1"


@pytest.fixture
def issued(skf_container: SKFContainer) -> Issued:
    """Provision a container, and leave the token to whoever opens it."""
    made = provision(skf_container)
    skf_container.application.device.driver.close()
    return made


def test_as_far_as_it_names(issued: Issued) -> None:
    with open_token("soft:") as token:
        assert isinstance(token.driver, SKFDriver)
        assert (token.device, token.application, token.container) == (None, None, None)
        assert "soft:" in repr(token)
    with open_token("soft:dev=00a1") as token:
        assert token.device is not None
        assert (token.application, token.container) == (None, None)
        with pytest.raises(InvalidInputError):
            token.login(USER_PIN)
    with open_token(f"soft:app={APPLICATION}") as token:  # of the only device
        assert token.application is not None
        with pytest.raises(InvalidInputError):
            token.key()
    with open_token(CONTAINER) as token:
        assert token.container is not None
        assert token.container.certificate() == issued.pair.signing


def test_what_there_is_only_one_of_need_not_be_named(issued: Issued) -> None:
    for uri in ("soft:con=con1", "soft:dev=00a1;con=con1"):
        with open_token(uri) as token:
            assert token.application is not None
            assert token.application.name == APPLICATION
            assert token.container is not None
            assert token.container.certificate() == issued.pair.signing
    assert isinstance(open_token_key("soft:con=con1;usage=signing", USER_PIN), TokenSigner)
    with open_token("soft:dev=00a1") as token:
        assert token.device is not None
        token.device.authenticate()
        token.device.create_application("B", admin_pin="87654321", user_pin=USER_PIN)
    with pytest.raises(TokenNotFoundError, match="2 applications; one must be named"):
        open_token("soft:con=con1")


def test_keys(issued: Issued) -> None:
    with open_token(CONTAINER) as token:
        with pytest.raises(LoginRequiredError):
            token.key().sign(b"message")  # type: ignore[union-attr]
        with pytest.raises(InvalidInputError, match="PIN"):
            token.login()
        token.login(USER_PIN)
        assert isinstance(token.key(), TokenSigner)
        assert isinstance(token.key(KeyUsage.ENCRYPTION), TokenDecryptor)
        with pytest.raises(InvalidTypeError):
            token.key("signing")  # type: ignore[arg-type]


@pytest.mark.once
@pytest.mark.parametrize("scheme", ["soft", "skf", "isolated"])
def test_key_of_a_uri(issued: Issued, scheme: str) -> None:
    uri = CONTAINER
    if scheme != "soft":
        uri = str(SKFUri(library_path("skf"), "00a1", APPLICATION, "con1", isolated=scheme == "isolated"))
    signer = open_token_key(uri, USER_PIN)
    assert isinstance(signer, TokenSigner)
    issued.pair.signing.public_key.verify(signer.sign(b"message"), b"message")
    decryptor = open_token_key(uri + ";usage=encryption", lambda _: USER_PIN)
    assert isinstance(decryptor, TokenDecryptor)
    assert decryptor.decrypt(issued.encryption_key.public_key.encrypt(b"secret")) == b"secret"


def test_the_driver_ends_with_the_key(issued: Issued) -> None:
    key = open_token_key(CONTAINER, USER_PIN)
    driver = key._operations._container.application.device.driver  # type: ignore[attr-defined]
    del key
    gc.collect()
    assert "closed" in repr(driver)


def test_a_wrong_pin_costs_one_try(issued: Issued) -> None:
    with pytest.raises(PinIncorrectError) as caught:
        open_token_key(CONTAINER, "00000000")
    assert caught.value.tries_left == 9
    with open_token(CONTAINER) as token:
        assert isinstance(token.application, interfaces.Application)
        assert token.application.pin_info().tries_left == 9


@pytest.mark.parametrize(
    ("uri", "error"),
    [
        ("soft:dev=00a2", TokenNotFoundError),
        ("soft:dev=00a1;app=B", TokenNotFoundError),
        (f"soft:dev=00a1;app={APPLICATION};con=con2", TokenNotFoundError),
        ("soft:profile=none", InvalidInputError),
        ("skf:lib=/none/libskf.so", DriverError),
        ("pcsc:profile=none", InvalidInputError),
        ("pkcs11:token=A", InvalidInputError),
        ("pkcs11:token=A?module-path=/none/libp11.so", DriverError),
        ("nonsense", InvalidInputError),
        (b"soft:", InvalidTypeError),
        (None, InvalidTypeError),
    ],
    ids=range(11),
)
def test_what_is_not_there(issued: Issued, uri: Any, error: type[Exception]) -> None:
    for call in (open_token, open_token_key):
        with pytest.raises(error):
            call(uri)


def test_our_own_driver_is_known_without_a_device(soft_root: Path) -> None:
    for uri in ("soft:", "soft:isolated=yes"):
        with open_driver(uri) as driver:
            assert isinstance(driver, SKFDriver)
            assert driver.devices() == ()
            assert driver.skf.profile.name == "gmpki"
            assert driver.skf.profile.sm2_numbering is not None


def test_a_key_is_named_with_its_container(issued: Issued) -> None:
    with pytest.raises(InvalidInputError):
        open_token_key(f"soft:dev=00a1;app={APPLICATION}", USER_PIN)


def test_policy(soft_root: Path) -> None:
    assert os.environ["GMPKI_SOFTTOKEN_DIR"] == os.fspath(soft_root)
    with pytest.raises(InvalidTypeError):
        open_driver("soft:", policy=None)  # type: ignore[arg-type]
