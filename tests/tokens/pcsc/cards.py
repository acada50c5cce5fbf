"""Cards for tests: the software token without a reader between, and a card that answers what a test says."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator

from gmpki.errors import TokenNotFoundError
from gmpki.tokens.skf.functions import SKF
from gmpki.tokens.soft.card import VPCD_PORT, SoftCard

SERIAL = "00c1"
PATIENCE_S = 20.0


class DirectCard:
    """Carries commands to a device of the software token."""

    def __init__(self, skf: SKF, name: str) -> None:
        self.generation = 0
        self._skf = skf
        self._name = name
        self._handle = skf.connect_dev(name)
        self.commands: list[bytes] = []

    def transmit(self, command: bytes) -> bytes:
        self.commands.append(command)
        return self._skf.transmit(self._handle, command)

    def transaction(self) -> contextlib.AbstractContextManager[None]:
        return contextlib.nullcontext()

    def reset(self) -> None:
        """Forget everything, as a card does that another program resets."""
        self._skf.disconnect_dev(self._handle)
        self._handle = self._skf.connect_dev(self._name)
        self.generation += 1

    def close(self) -> None:
        self._skf.disconnect_dev(self._handle)


class ScriptedCard:
    """Answers each command with what a function says."""

    def __init__(self, answer: Callable[[bytes], bytes]) -> None:
        self.generation = 0
        self._answer = answer
        self.commands: list[bytes] = []
        self.transactions = 0
        self.is_closed = False

    def transmit(self, command: bytes) -> bytes:
        self.commands.append(command)
        return self._answer(command)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        self.transactions += 1
        yield

    def close(self) -> None:
        self.is_closed = True


def wait_for(what: str, is_so: Callable[[], bool]) -> None:
    """Wait until something is so."""
    end = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < end, what
        time.sleep(0.02)


def inserted() -> SoftCard:
    """Put the device in, when the reader listens."""
    end = time.monotonic() + PATIENCE_S
    while True:
        try:
            card = SoftCard(SERIAL, port=VPCD_PORT)
        except TokenNotFoundError:
            assert time.monotonic() < end, "vpcd listens"
            time.sleep(0.05)
            continue
        card.start()
        return card
