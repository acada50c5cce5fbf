"""Through the real pcscd: the software token in a virtual reader."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gmpki.cms import SignerSpec, Trust, sign, verify
from gmpki.errors import LoginRequiredError, PinIncorrectError, TokenNotFoundError, TokenRemovedError
from gmpki.tokens import open_token, open_token_key
from gmpki.tokens.interfaces import EventKind, KeyUsage
from gmpki.tokens.pcsc import PCSCDriver
from gmpki.tokens.pcsc.application import PCSCApplication
from gmpki.tokens.soft import pull_out
from gmpki.tokens.soft.card import SoftCard
from gmpki.x509.pair import CertificatePair
from seal import samples
from tokens.pcsc.cards import PATIENCE_S, SERIAL, inserted, wait_for
from tokens.scene import ADMIN_PIN, APPLICATION, USER_PIN, provision

READER = "Virtual PCD 00 00"


def made(driver: PCSCDriver) -> PCSCApplication:
    """Make an application on the card, in which the user has logged in."""
    device = driver.open(READER)
    device.authenticate()
    application = device.create_application(APPLICATION, admin_pin=ADMIN_PIN, user_pin=USER_PIN)
    application.login(USER_PIN)
    return application


def test_the_signing_flow(reader_card: SoftCard) -> None:
    with PCSCDriver() as driver:
        assert driver.devices() == (READER,)
        issued = provision(made(driver).create_container("con1"))
    with open_token(f"pcsc:app={APPLICATION};con=con1") as token:
        assert token.container is not None
        kept = [token.container.certificate(usage) for usage in KeyUsage]
        assert CertificatePair.from_certificates([one for one in kept if one is not None]) == issued.pair
        with pytest.raises(LoginRequiredError):  # letting the card go has reset it
            token.key().sign(b"message")
    key = open_token_key(f"pcsc:reader={READER.replace(' ', '%20')};app={APPLICATION};con=con1", USER_PIN)
    message = sign(b"message", SignerSpec(key, issued.pair.signing))  # type: ignore[arg-type]
    verified = verify(message, Trust([samples.root().certificate], at=samples.NOW))
    assert verified.content == b"message"
    assert verified.ok


def test_wrong_pins_are_counted(reader_card: SoftCard) -> None:
    with PCSCDriver() as driver:
        application = made(driver)
        with pytest.raises(PinIncorrectError) as wrong:
            application.login("99999999")
        assert wrong.value.tries_left == 9
        assert application.pin_info().tries_left == 9


def test_large_data_pass(reader_card: SoftCard) -> None:
    content = os.urandom(20_000)
    with PCSCDriver() as driver:
        application = made(driver)
        application.create_file("file", len(content))
        application.write_file("file", content)
        assert application.read_file("file") == content
        begun = time.perf_counter()
        for _ in range(50):
            application.device.random(8)
        # Without quick acknowledgements each command takes 40 ms and more.
        assert (time.perf_counter() - begun) / 50 < 0.03


def test_a_second_program_shares_the_card(reader_card: SoftCard) -> None:
    program = (
        "from gmpki.tokens.pcsc import PCSCDriver\n"
        "with PCSCDriver() as driver, driver.open() as device:\n    print(device.applications())\n"
    )
    with PCSCDriver() as driver:
        container = made(driver).create_container("con1")
        public_key = container.generate()
        with container.application.device.lock():
            other = subprocess.Popen([sys.executable, "-B", "-c", program], stdout=subprocess.PIPE, text=True)
            public_key.verify(container.signing_key.sign(b"message"), b"message")
        output, _ = other.communicate(timeout=PATIENCE_S)
        assert APPLICATION in output
        # The other program has reset the card at its end: one call says so, then a login is needed again.
        with pytest.raises(TokenRemovedError):
            container.signing_key.sign(b"message")
        with pytest.raises(LoginRequiredError):
            container.signing_key.sign(b"message")
        container.application.login(USER_PIN)
        public_key.verify(container.signing_key.sign(b"message"), b"message")


def test_a_card_is_pulled_out_and_put_in(reader_card: SoftCard, soft_root: Path) -> None:
    with PCSCDriver() as driver:
        application = made(driver)
        events = driver.events(timeout_s=PATIENCE_S)
        reader_card.close()
        assert next(events).kind is EventKind.REMOVED
        with pytest.raises(TokenRemovedError):
            application.containers()
        assert driver.devices() == ()
        with pytest.raises(TokenNotFoundError):
            driver.open()
        with inserted():
            event = next(events)
            assert (event.device, event.kind) == (READER, EventKind.INSERTED)
            assert driver.open().applications() == (APPLICATION,)
            pull_out(SERIAL, root=soft_root)  # the device itself
            with pytest.raises(TokenRemovedError):
                driver.open(READER)
            wait_for("the reader sees it", lambda: driver.devices() == ())
        assert next(events).kind is EventKind.REMOVED
        driver.cancel_events()
        assert list(events) == []
