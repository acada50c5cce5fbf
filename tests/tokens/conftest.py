"""What the tests of tokens share: devices of the software token in a folder of the test's own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from gmpki.algorithms.policy import DEFAULT_POLICY
from gmpki.tokens.interfaces import Container
from gmpki.tokens.pkcs11 import PKCS11Driver
from gmpki.tokens.pkcs11.container import PKCS11Container
from gmpki.tokens.skf.application import SKFApplication
from gmpki.tokens.skf.container import SKFContainer
from gmpki.tokens.skf.device import SKFDevice
from gmpki.tokens.skf.driver import SKFDriver
from gmpki.tokens.soft import SoftSettings, create_soft_device, library_path
from tokens.scene import ADMIN_PIN, APPLICATION, USER_PIN


@pytest.fixture
def soft_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the folder that devices of the software token are in, empty."""
    root = tmp_path / "tokens"
    root.mkdir()
    monkeypatch.setenv("GMPKI_SOFTTOKEN_DIR", os.fspath(root))
    return root


@pytest.fixture
def skf_driver(soft_root: Path) -> Iterator[SKFDriver]:
    """Give the SKF driver of the software token, with one device in it."""
    create_soft_device(SoftSettings(serial="00a1", pin_iterations=1), root=soft_root)
    with SKFDriver.load(library_path("skf"), policy=DEFAULT_POLICY.allowing("rsa-1024")) as driver:
        yield driver


@pytest.fixture
def skf_device(skf_driver: SKFDriver) -> SKFDevice:
    """Give that device, connected."""
    return skf_driver.open()


@pytest.fixture
def skf_application(skf_device: SKFDevice) -> SKFApplication:
    """Give an application there, in which the user has logged in."""
    skf_device.authenticate()
    application = skf_device.create_application(APPLICATION, admin_pin=ADMIN_PIN, user_pin=USER_PIN)
    application.login(USER_PIN)
    return application


@pytest.fixture
def skf_container(skf_application: SKFApplication) -> SKFContainer:
    """Give a new container there."""
    return skf_application.create_container("con1")


@pytest.fixture
def pkcs11_container(soft_root: Path) -> Iterator[PKCS11Container]:
    """Give a new container through the PKCS #11 module of the software token; the user has logged in."""
    create_soft_device(SoftSettings(serial="00a1", pin_iterations=1), root=soft_root)
    driver = PKCS11Driver(library_path("pkcs11"))
    application = driver.open().create_application(APPLICATION, admin_pin=ADMIN_PIN, user_pin=USER_PIN)
    application.login(USER_PIN)
    yield application.create_container("con1")
    driver.close()


@pytest.fixture(params=["skf", "pkcs11"])
def container(request: pytest.FixtureRequest) -> Container:
    """Give a new container through each driver."""
    made: Container = request.getfixturevalue(f"{request.param}_container")
    return made
