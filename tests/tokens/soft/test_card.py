"""The virtual card, with a reader that a test plays."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from gmpki.errors import InvalidInputError, InvalidTypeError, StateError, TokenNotFoundError
from gmpki.tokens.soft import SoftCard, SoftSettings, create_soft_device, pull_out
from gmpki.tokens.soft.card import ATR

SERIAL = "00c2"


class Reader:
    """The other end of the connection: what vpcd does."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]

    def accept(self) -> None:
        self._peer, _ = self._listener.accept()
        self._peer.settimeout(20)

    def send(self, message: bytes) -> None:
        # In two parts, as vpcd does.
        self._peer.sendall(len(message).to_bytes(2, "big"))
        self._peer.sendall(message)

    def ask(self, message: str) -> bytes:
        self.send(bytes.fromhex(message))
        head = self._peer.recv(2, socket.MSG_WAITALL)
        return self._peer.recv(int.from_bytes(head, "big"), socket.MSG_WAITALL)

    def is_left(self) -> bool:
        return self._peer.recv(1) == b""

    def close(self) -> None:
        self._peer.close()
        self._listener.close()


@pytest.fixture
def reader(soft_root: Path) -> Iterator[Reader]:
    create_soft_device(SoftSettings(serial=SERIAL, pin_iterations=1), root=soft_root)
    made = Reader()
    with SoftCard(SERIAL, port=made.port) as card:
        made.accept()
        card.start()
        yield made
    made.close()


def test_commands_are_answered(reader: Reader) -> None:
    reader.send(b"\x01")  # power on
    assert reader.ask("04") == ATR
    assert reader.ask("8004000000ffff")[4:24] == b"gmpki SOFTWARE TOKEN"
    assert reader.ask("8004") == b"\x67\x00"
    assert reader.ask("80fe0000") == b"\x6d\x00"


def test_a_reset_forgets(reader: Reader) -> None:
    for control in ("00", "01", "02"):
        assert reader.ask("8004000010")[-2:] == b"\x61\x00"
        assert reader.ask("00c0000001")[-2:] == b"\x61\x00"
        reader.send(bytes.fromhex(control))
        assert reader.ask("00c0000001") == b"\x69\x85"


def test_control_messages_without_meaning_are_passed_over(reader: Reader) -> None:
    reader.send(b"\x55")
    reader.send(b"")
    assert reader.ask("04") == ATR


def test_a_pulled_out_device_leaves_the_reader(reader: Reader, soft_root: Path) -> None:
    assert reader.ask("8004000000ffff")[-2:] == b"\x90\x00"
    pull_out(SERIAL, root=soft_root)
    reader.send(bytes.fromhex("8004000000"))
    assert reader.is_left()


def test_a_card_closes(soft_root: Path) -> None:
    create_soft_device(SoftSettings(serial=SERIAL, pin_iterations=1), root=soft_root)
    reader = Reader()
    card = SoftCard(SERIAL, port=reader.port)
    reader.accept()
    card.start()
    with pytest.raises(StateError):
        card.start()
    card.close()
    card.close()
    assert reader.is_left()
    with pytest.raises(StateError):
        card.start()
    assert "closed" in repr(card)
    assert card.device == SERIAL
    reader.close()


def test_what_is_not_there_is_not_found(soft_root: Path) -> None:
    with pytest.raises(TokenNotFoundError):
        SoftCard("00ff")
    create_soft_device(SoftSettings(serial=SERIAL, pin_iterations=1), root=soft_root)
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    listener.close()
    with pytest.raises(TokenNotFoundError):
        SoftCard(SERIAL, port=port)


def test_wrong_inputs_are_refused(soft_root: Path) -> None:
    for port in (0, 65536):
        with pytest.raises(InvalidInputError):
            SoftCard(SERIAL, port=port)
    for wrong in ({"device": 1}, {"device": SERIAL, "host": 1}, {"device": SERIAL, "port": "35963"}):
        with pytest.raises(InvalidTypeError):
            SoftCard(**wrong)  # type: ignore[arg-type]
