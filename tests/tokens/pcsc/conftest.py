"""What the tests of cards share: a card without a reader, and pcscd with the software token in its virtual reader."""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import subprocess
import tempfile
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
from tokens.pcsc.cards import SERIAL, DirectCard, inserted, wait_for
from tokens.scene import ADMIN_PIN, APPLICATION, USER_PIN

_SOCKET = Path("/run/pcscd/pcscd.comm")


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


def answers(address: object, family: socket.AddressFamily) -> bool:
    with socket.socket(family, socket.SOCK_STREAM) as client:
        return client.connect_ex(address) == 0  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def pcscd() -> Iterator[None]:
    """Run pcscd with vpcd for the session, which only root can."""
    program = shutil.which("pcscd") or shutil.which("pcscd", path="/usr/sbin")
    if program is None or not Path("/etc/reader.conf.d/vpcd").is_file() or os.geteuid() != 0:
        pytest.skip("peer program: pcscd with vpcd, and root to run it")
    pytest.importorskip("smartcard", reason="peer program: pyscard")
    # Two test runs on one machine take turns: there is one socket of pcscd.
    with open(Path(tempfile.gettempdir()) / "gmpki-test-pcscd.lock", "w", encoding="ascii") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if _SOCKET.exists() and answers(os.fspath(_SOCKET), socket.AF_UNIX):
            pytest.skip("peer program: pcscd runs already, for somebody else")
        process = subprocess.Popen([program, "--foreground"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_for("pcscd listens", lambda: _SOCKET.exists() and answers(os.fspath(_SOCKET), socket.AF_UNIX))
            yield
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


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
