"""Handing over what was issued: files, PKCS #12, a UKey; and unlocking a UKey later."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ca import office as scenes
from ca.office import Scene
from gmpki.asn1.gmt0092 import CSRResponse
from gmpki.asn1.rfc5280 import ReasonCode
from gmpki.ca.registration.delivery import DeliveryForm, as_file, as_pkcs12, into_token
from gmpki.ca.registration.pairs import Pair
from gmpki.ca.registration.unlocking import Unlocking
from gmpki.ca.registration.wanted import Wanted
from gmpki.ca.store.store import Store
from gmpki.errors import (
    ConflictError,
    InvalidInputError,
    InvalidTypeError,
    KeyMismatchError,
    LifeCycleError,
    NotPermittedError,
    PinIncorrectError,
)
from gmpki.keystore.pkcs12 import PKCS12
from gmpki.tokens.interfaces import KeyUsage
from gmpki.tokens.skf.device import SKFDevice
from gmpki.tokens.skf.driver import SKFDriver
from gmpki.tokens.soft import SoftSettings, create_soft_device, library_path
from gmpki.x509.delivery import open_delivery
from gmpki.x509.request import RequestBuilder

ADMIN_PIN, USER_PIN, SERIAL = "87654321", "12345678", "00a1"


@pytest.fixture
def scene(store: Store) -> Scene:
    return scenes.scene(store, is_foreign=True)


@pytest.fixture
def pair(scene: Scene) -> Pair:
    found = scene.issued().pair
    assert found is not None
    return found


@pytest.fixture
def device(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SKFDevice]:
    """Give a UKey with an application on it."""
    monkeypatch.setenv("GMPKI_SOFTTOKEN_DIR", os.fspath(tmp_path))
    create_soft_device(SoftSettings(serial=SERIAL, pin_iterations=1), root=tmp_path)
    with SKFDriver.load(library_path("skf")) as driver:
        opened = driver.open()
        opened.authenticate()
        opened.create_application("GMPKI", admin_pin=ADMIN_PIN, user_pin=USER_PIN).close()
        yield opened


@pytest.mark.parametrize("form", DeliveryForm)
def test_files_open_with_the_signing_key(pair: Pair, form: DeliveryForm) -> None:
    written = as_file(pair, form)
    opened = open_delivery(written, scenes.key(0), pair=pair.certificates)
    assert pair.encryption is not None
    assert opened.encryption_key.public_key == pair.encryption.public_key
    if form is DeliveryForm.CSR_RESPONSE:
        assert CSRResponse.from_der(written).signing_certificates == (pair.signing.der,)


def test_pkcs12_holds_both_keys(pair: Pair) -> None:
    written = as_pkcs12(pair, scenes.key(0), b"password 1", iterations=1000)
    opened = PKCS12.from_bytes(written, b"password 1")
    (entry,) = opened.pairs
    assert entry.pair == pair.certificates
    assert entry.signing_key is not None
    assert entry.signing_key.public_key == scenes.key(0).public_key
    assert entry.encryption_key is not None


def test_into_a_ukey(scene: Scene, device: SKFDevice) -> None:
    with device.application() as application:
        application.login(USER_PIN)
        container = application.create_container("张三")
        container.generate()
        request = RequestBuilder().subject(scenes.SUBJECT).sign(container.signing_key)
        approved = scene.approved(request=None, wanted=Wanted(subject=scenes.SUBJECT))
        pair = scene.office.issue(scene.issuer, approved.id, request=request, token_serial=SERIAL).pair
        assert pair is not None
        into_token(pair, container)
        assert container.certificate(KeyUsage.SIGNING) == pair.signing
        assert container.certificate(KeyUsage.ENCRYPTION) == pair.encryption
        assert pair.encryption is not None
        assert container.public_key(KeyUsage.ENCRYPTION) == pair.encryption.public_key


def test_another_s_container(pair: Pair, device: SKFDevice) -> None:
    with device.application() as application:
        application.login(USER_PIN)
        container = application.create_container("李四")
        container.generate()
        with pytest.raises(KeyMismatchError):
            into_token(pair, container)


def test_what_cannot_be_delivered(pair: Pair) -> None:
    single = replace(pair, encryption=None, delivery=None)
    without = replace(pair, delivery=None)
    for found in (single, without):
        with pytest.raises(InvalidInputError):
            as_file(found)
        with pytest.raises(InvalidInputError):
            into_token(found, object())  # type: ignore[arg-type]
    with pytest.raises(KeyMismatchError):
        as_pkcs12(pair, scenes.key(1), b"password 1")
    with pytest.raises(InvalidInputError):
        as_pkcs12(pair, scenes.key(0), b"")
    with pytest.raises(InvalidTypeError):
        as_pkcs12(pair, None, b"password 1")  # type: ignore[arg-type]
    for wrong in (None, b"", pair.signing):
        with pytest.raises(InvalidTypeError):
            as_file(wrong)  # type: ignore[arg-type]
    with pytest.raises(InvalidTypeError):
        as_file(pair, "csr-response")  # type: ignore[arg-type]
    with pytest.raises(InvalidTypeError):
        into_token(pair, None)  # type: ignore[arg-type]
    with pytest.raises(InvalidInputError):
        as_file(replace(pair, delivery=b"\x30\x00"))


@pytest.mark.parametrize("receipt", ["", "x" * 257, "a\nb", None, 5])
def test_receipts_that_are_none(scene: Scene, receipt: Any) -> None:
    issued = scene.issued()
    with pytest.raises(InvalidInputError):
        scene.office.deliver(scene.issuer, issued.application.id, receipt=receipt)


# ---- unlocking ------------------------------------------------------------------------------
def locked(device: SKFDevice) -> None:
    with device.application() as application:
        while (left := application.pin_info().tries_left) is None or left > 0:
            with pytest.raises(Exception, match=r"PIN|pin"):
                application.login("00000000")


def test_unlocked(scene: Scene, device: SKFDevice) -> None:
    pair = scene.delivered(token_serial=SERIAL).pair
    assert pair is not None
    locked(device)
    unlocking = Unlocking(device, ADMIN_PIN, "11112222")
    assert ADMIN_PIN not in repr(unlocking)
    scene.office.unlock(scene.issuer, pair.id, unlocking, key="u")
    with device.application() as application:
        application.login("11112222")
    scene.office.unlock(scene.issuer, pair.id, Unlocking(device, "wrong PIN", "33334444"), key="u")  # done before
    told = [entry for entry in scene.audited() if entry[0] == "pair.unlock"]
    assert told == [("pair.unlock", "issuer", f"pair:{pair.id}")] * 2


def test_a_wrong_administrator_s_pin(scene: Scene, device: SKFDevice) -> None:
    pair = scene.delivered(token_serial=SERIAL).pair
    assert pair is not None
    with pytest.raises(PinIncorrectError):
        scene.office.unlock(scene.issuer, pair.id, Unlocking(device, "00000000", "11112222"), key="u")
    assert len([entry for entry in scene.audited() if entry[0] == "pair.unlock"]) == 2
    scene.office.unlock(scene.issuer, pair.id, Unlocking(device, ADMIN_PIN, "11112222"), key="u")


def test_what_is_not_unlocked(scene: Scene, device: SKFDevice) -> None:
    unlocking = Unlocking(device, ADMIN_PIN, "11112222")
    elsewhere = scene.delivered(token_serial="UK-2").pair
    nowhere = scene.delivered(request=scenes.request(1)).pair
    here = scene.delivered(request=scenes.request(2), token_serial=SERIAL).pair
    assert elsewhere is not None
    assert nowhere is not None
    assert here is not None
    with pytest.raises(ConflictError) as caught:
        scene.office.unlock(scene.issuer, elsewhere.id, unlocking)
    assert caught.value.reason == "other-token"
    with pytest.raises(InvalidInputError):
        scene.office.unlock(scene.issuer, nowhere.id, unlocking)
    with pytest.raises(NotPermittedError):
        scene.office.unlock(scene.clerk, here.id, unlocking)
    scene.office.revoke(scene.issuer, here.id, ReasonCode.SUPERSEDED)
    with pytest.raises(LifeCycleError):
        scene.office.unlock(scene.issuer, here.id, unlocking)
    assert not [entry for entry in scene.audited() if entry[0] == "pair.unlock"]
    for wrong in (None, object(), Unlocking(object(), ADMIN_PIN, "1")):  # type: ignore[arg-type]
        with pytest.raises(InvalidTypeError):
            scene.office.unlock(scene.issuer, here.id, wrong)  # type: ignore[arg-type]
