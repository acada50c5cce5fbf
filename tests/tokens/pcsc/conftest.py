"""What the tests of cards share: a card without a reader, and pcscd with the software token in its virtual reader."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from gmpki.algorithms.policy import DEFAULT_POLICY
from gmpki.tokens.pcsc import PCSCDriver
from gmpki.tokens.pcsc.application import PCSCApplication
from gmpki.tokens.pcsc.container import PCSCContainer
from gmpki.tokens.pcsc.device import PCSCDevice
from gmpki.tokens.skf.library import load
from gmpki.tokens.soft import SoftSettings, create_soft_device, library_path
from gmpki.tokens.soft.card import SoftCard
from tokens.checks import Absent
from tokens.pcsc.cards import SERIAL, DirectCard, inserted, wait_for
from tokens.pcsc.reader import running_pcscd
from tokens.scene import ADMIN_PIN, APPLICATION, USER_PIN


@pytest.fixture
def direct(soft_root: Path) -> DirectCard:
    """Give the software token as a card, no reader between."""
    create_soft_device(SoftSettings(serial=SERIAL, pin_iterations=1), root=soft_root)
    return DirectCard(load(library_path("skf")), SERIAL)


@pytest.fixture
def card_device(direct: DirectCard) -> Iterator[PCSCDevice]:
    """Give it as a device."""
    with PCSCDriver(policy=DEFAULT_POLICY.allowing("rsa-1024")) as driver:
        yield driver.open_card(direct, "direct")


@pytest.fixture
def card_application(card_device: PCSCDevice) -> PCSCApplication:
    """Give an application there, in which the user has logged in."""
    card_device.authenticate()
    application = card_device.create_application(
        APPLICATION, admin_pin=ADMIN_PIN, user_pin=USER_PIN, admin_tries=3, user_tries=3
    )
    application.login(USER_PIN)
    return application


@pytest.fixture
def card_container(card_application: PCSCApplication) -> PCSCContainer:
    """Give a new container there."""
    return card_application.create_container("con1")


@pytest.fixture(scope="module")
def pcscd() -> Iterator[None]:
    """Run pcscd with vpcd as long as the tests of one file."""
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(running_pcscd())
        except Absent as absent:
            pytest.skip(str(absent))
        yield


@pytest.fixture
def reader_card(pcscd: None, soft_root: Path) -> Iterator[SoftCard]:
    """Give a device of the software token in the virtual reader."""
    create_soft_device(SoftSettings(serial=SERIAL, pin_iterations=1), root=soft_root)
    with PCSCDriver() as driver:
        # pcscd looks at its readers now and then: it must see the card of the test before go.
        with inserted() as card:
            wait_for("pcscd sees the card", lambda: bool(driver.devices()))
            yield card
        wait_for("pcscd sees the card go", lambda: not driver.devices())
