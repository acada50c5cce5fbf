"""The ways that lead to a container of the software token: each driver, with the user logged in."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from gmpki.algorithms.policy import DEFAULT_POLICY
from gmpki.tokens.interfaces import Application, Container, Device, TokenDriver
from gmpki.tokens.pkcs11 import PKCS11Driver
from gmpki.tokens.skf.driver import SKFDriver
from gmpki.tokens.soft import SoftSettings, create_soft_device, library_path
from tokens.pcsc.reader import virtual_reader
from tokens.scene import ADMIN_PIN, APPLICATION, USER_PIN

__all__ = ["PATHS", "SERIAL", "Place", "TokenPath"]

SERIAL = "00a1"
_POLICY = DEFAULT_POLICY.allowing("rsa-1024")


@dataclass(frozen=True)
class Place:
    """Where a way has led to: an application in which the user has logged in, and a new container there."""

    device: Device
    application: Application
    container: Container


@dataclass(frozen=True)
class TokenPath:
    """A way.

    :ivar open: leads to a new device.
    """

    driver: str
    peer: str
    open: Callable[[], contextlib.AbstractContextManager[Place]]

    @property
    def name(self) -> str:
        """Driver and peer."""
        return f"{self.driver:15} {self.peer}"


def _place(driver: TokenDriver, *, authenticate: bool) -> Place:
    device = driver.open()
    if authenticate:
        device.authenticate()
    application = device.create_application(APPLICATION, admin_pin=ADMIN_PIN, user_pin=USER_PIN)
    application.login(USER_PIN)
    return Place(device, application, application.create_container("con1"))


@contextlib.contextmanager
def _skf(*, isolated: bool) -> Iterator[Place]:
    create_soft_device(SoftSettings(serial=SERIAL, pin_iterations=1))
    with SKFDriver.load(library_path("skf"), isolated=isolated, policy=_POLICY) as driver:
        yield _place(driver, authenticate=True)


@contextlib.contextmanager
def _pkcs11() -> Iterator[Place]:
    create_soft_device(SoftSettings(serial=SERIAL, pin_iterations=1))
    with PKCS11Driver(library_path("pkcs11"), policy=_POLICY) as driver:
        yield _place(driver, authenticate=False)


@contextlib.contextmanager
def _pcsc() -> Iterator[Place]:
    from gmpki.tokens.pcsc import PCSCDriver

    create_soft_device(SoftSettings(serial=SERIAL, pin_iterations=1))
    with virtual_reader(SERIAL), PCSCDriver(policy=_POLICY) as driver:
        yield _place(driver, authenticate=True)


PATHS = (
    TokenPath("SKF", "software token", lambda: _skf(isolated=False)),
    TokenPath("SKF, isolated", "software token", lambda: _skf(isolated=True)),
    TokenPath("PKCS#11", "software token", _pkcs11),
    TokenPath("PC/SC", "pcscd and vpcd", _pcsc),
)
