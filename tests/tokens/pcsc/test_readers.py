"""The resource manager of PC/SC as it fails: played, so that no reader is needed."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from gmpki.errors import StateError, TokenError, TokenNotFoundError, TokenRemovedError, UnsupportedPlatform
from gmpki.tokens.interfaces import EventKind
from gmpki.tokens.pcsc import PCSCDriver
from gmpki.tokens.pcsc.readers import Readers

OK = 0
CODES = {
    "SCARD_E_NO_READERS_AVAILABLE": 0x8010002E,
    "SCARD_E_NO_SMARTCARD": 0x8010000C,
    "SCARD_E_NOT_TRANSACTED": 0x80100016,
    "SCARD_E_READER_UNAVAILABLE": 0x80100017,
    "SCARD_E_TIMEOUT": 0x8010000A,
    "SCARD_E_UNKNOWN_READER": 0x80100009,
    "SCARD_W_REMOVED_CARD": 0x80100069,
    "SCARD_W_RESET_CARD": 0x80100068,
    "SCARD_W_UNPOWERED_CARD": 0x80100067,
    "SCARD_W_UNRESPONSIVE_CARD": 0x80100066,
}
NO_SERVICE = 0x8010001D


class Manager:
    """What pyscard's module has, as far as it is used."""

    SCARD_S_SUCCESS = OK
    SCARD_SCOPE_USER = 0
    SCARD_SHARE_SHARED = 2
    SCARD_PROTOCOL_T0 = SCARD_PCI_T0 = 1
    SCARD_PROTOCOL_T1 = SCARD_PCI_T1 = 2
    SCARD_STATE_PRESENT = 0x20
    SCARD_LEAVE_CARD = 0
    SCARD_RESET_CARD = 1

    def __init__(self) -> None:
        vars(self).update(CODES)
        self.established = self.listed = self.connected = self.transmitted = self.reconnected = self.begun = OK
        self.readers = {"R1": True, "R2": False}
        self.answer = [0x01, 0x90, 0x00]
        self.calls: list[str] = []

        vars(self).update(self._functions())

    def _functions(self) -> dict[str, Callable[..., object]]:
        def noted(name: str, answer: Callable[[], object]) -> Callable[..., object]:
            return lambda *_: (self.calls.append(name), answer())[1]

        return {
            "SCardGetErrorMessage": lambda status: f"status {status:08x}.",
            "SCardEstablishContext": lambda *_: (self.established, "context"),
            "SCardReleaseContext": noted("release", lambda: OK),
            "SCardListReaders": lambda *_: (self.listed, list(self.readers)),
            "SCardGetStatusChange": lambda _context, _timeout, states: (
                OK,
                [(name, self.SCARD_STATE_PRESENT if self.readers[name] else 0x10, []) for name, _ in states],
            ),
            "SCardConnect": lambda *_: (self.connected, "handle", self.SCARD_PROTOCOL_T1),
            "SCardReconnect": noted("reconnect", lambda: (self.reconnected, self.SCARD_PROTOCOL_T1)),
            "SCardTransmit": noted("transmit", lambda: (self.transmitted, self.answer)),
            "SCardBeginTransaction": lambda *_: self.begun,
            "SCardEndTransaction": noted("end", lambda: OK),
            "SCardDisconnect": lambda _, action: self.calls.append(
                "reset" if action == self.SCARD_RESET_CARD else "leave"
            ),
        }


@pytest.fixture
def manager(monkeypatch: pytest.MonkeyPatch) -> Manager:
    made = Manager()
    monkeypatch.setitem(sys.modules, "smartcard", SimpleNamespace(scard=made))  # type: ignore[arg-type]
    monkeypatch.setitem(sys.modules, "smartcard.scard", made)  # type: ignore[arg-type]
    return made


def test_without_pyscard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "smartcard.scard", None)  # type: ignore[arg-type]
    with PCSCDriver() as driver, pytest.raises(UnsupportedPlatform, match="pcsc"):
        driver.devices()


def test_without_a_resource_manager(manager: Manager) -> None:
    manager.established = NO_SERVICE
    with PCSCDriver() as driver, pytest.raises(UnsupportedPlatform):
        driver.devices()


def test_readers_are_listed(manager: Manager) -> None:
    readers = Readers()
    assert readers.names() == ("R1", "R2")
    assert readers.with_card() == ("R1",)
    manager.listed = CODES["SCARD_E_NO_READERS_AVAILABLE"]
    assert readers.with_card() == ()
    manager.listed = NO_SERVICE
    with pytest.raises(TokenError) as failed:
        readers.names()
    assert failed.value.code == NO_SERVICE
    readers.close()
    readers.close()
    assert manager.calls == ["release"]
    with pytest.raises(StateError):
        readers.names()


@pytest.mark.parametrize("code", ["SCARD_E_NO_SMARTCARD", "SCARD_E_UNKNOWN_READER", "SCARD_W_REMOVED_CARD"])
def test_no_card_is_found(manager: Manager, code: str) -> None:
    manager.connected = CODES[code]
    with PCSCDriver() as driver, pytest.raises(TokenNotFoundError):
        driver.open()
    with PCSCDriver() as driver, pytest.raises(TokenNotFoundError):
        driver.open("R2")
    manager.readers["R2"] = True
    with PCSCDriver() as driver, pytest.raises(TokenNotFoundError, match="2 readers"):
        driver.open()


def test_commands_pass(manager: Manager) -> None:
    card = Readers().connect("R1")
    assert card.transmit(b"\x80\x04\0\0") == b"\x01\x90\x00"
    with card.transaction():
        pass
    card.close()
    card.close()
    assert manager.calls == ["transmit", "end", "reset"]
    for use in (lambda: card.transmit(b"\x80\x04\0\0"), lambda: card.transaction().__enter__()):
        with pytest.raises(StateError):
            use()


@pytest.mark.parametrize(
    "code",
    [
        "SCARD_W_REMOVED_CARD",
        "SCARD_E_NO_SMARTCARD",
        "SCARD_E_READER_UNAVAILABLE",
        "SCARD_W_UNPOWERED_CARD",
        "SCARD_W_UNRESPONSIVE_CARD",
        "SCARD_E_NOT_TRANSACTED",
    ],
)
def test_a_card_that_is_gone(manager: Manager, code: str) -> None:
    card = Readers().connect("R1")
    manager.transmitted = CODES[code]
    with pytest.raises(TokenRemovedError):
        card.transmit(b"\x80\x04\0\0")
    assert manager.calls == ["transmit"]


def test_an_answer_of_nothing_is_a_card_that_is_gone(manager: Manager) -> None:
    card = Readers().connect("R1")
    manager.answer = []
    with pytest.raises(TokenRemovedError):
        card.transmit(b"\x80\x04\0\0")


def test_a_card_that_was_reset_is_told_and_nothing_is_sent_again(manager: Manager) -> None:
    card = Readers().connect("R1")
    manager.transmitted = CODES["SCARD_W_RESET_CARD"]
    with pytest.raises(TokenRemovedError, match="reset"):
        card.transmit(b"\x84\x18\0\1")
    assert manager.calls == ["transmit", "reconnect"]
    assert card.generation == 1
    manager.reconnected = CODES["SCARD_W_REMOVED_CARD"]
    with pytest.raises(TokenRemovedError, match="gone"):
        card.transmit(b"\x84\x18\0\1")
    manager.transmitted, manager.begun = OK, CODES["SCARD_W_RESET_CARD"]
    with pytest.raises(TokenRemovedError), card.transaction():
        pass


def test_other_failures_keep_their_code(manager: Manager) -> None:
    card = Readers().connect("R1")
    manager.transmitted = NO_SERVICE
    with pytest.raises(TokenError) as failed:
        card.transmit(b"\x80\x04\0\0")
    assert (type(failed.value), failed.value.function, failed.value.code) == (TokenError, "SCardTransmit", NO_SERVICE)


def test_events(manager: Manager) -> None:
    with PCSCDriver() as driver:
        events = driver.events(timeout_s=20)
        manager.readers = {"R1": False, "R2": True}
        told = [next(events), next(events)]
        assert [(event.device, event.kind) for event in told] == [("R1", EventKind.REMOVED), ("R2", EventKind.INSERTED)]
        stopper: Callable[[], None] = driver.cancel_events
        threading.Timer(0.05, stopper).start()
        assert list(events) == []
        assert list(driver.events(timeout_s=0)) == []
