"""A card whose commands are recorded: their names and lengths, never what is in them."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final, Protocol

from gmpki.errors import DecodeError
from gmpki.tokens.pcsc.apdu import CHAINING, Answer, Command
from gmpki.tokens.pcsc.command_table import COMMANDS
from gmpki.tokens.pcsc.readers import CardTransport

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from gmpki.conformance.recording import Recorder
    from gmpki.tokens.pcsc.card_profile import CardProfile

__all__ = ["GET_RESPONSE", "Card", "RecordedCard", "word_name"]

GET_RESPONSE: Final = 0xC0
_INTERINDUSTRY_MAX: Final = 0x7F
_SM_BITS: Final = 0x0C  # CLA 84: the data are protected


class Card(CardTransport, Protocol):
    """What leads to a card that was switched on."""

    @property
    def atr(self) -> bytes:
        """What the card said when it was switched on."""


class RecordedCard:
    """Carries commands to a card and tells a recorder each.

    :ivar generation: how often the card was found to have forgotten everything.
    """

    def __init__(self, card: Card, recorder: Recorder) -> None:
        self._card = card
        self._recorder = recorder
        self.generation = card.generation
        self._names = {info.ins: name for name, info in COMMANDS.items()}
        self._overheard: list[bytes] | None = None

    def name_commands(self, profile: CardProfile) -> None:
        """Call commands from now on as the numbers of the card's profile have it."""
        self._names = {profile.commands.get(name, info.ins): name for name, info in COMMANDS.items()}

    @property
    def atr(self) -> bytes:
        """What the card said when it was switched on.

        :raises TokenError: when the resource manager fails.
        """
        self._recorder.calling("SCardStatus")
        answered = "no answer"
        try:
            found = self._card.atr
            answered = f"ATR of {len(found)} bytes"
        finally:
            self._recorder.called("SCardStatus", "", answered)
        return found

    def transmit(self, command: bytes) -> bytes:
        """Pass a command, return the answer.

        :raises TokenError: when the resource manager fails, or the card is gone.
        """
        if self._overheard is not None:
            self._overheard.append(command)
        name = self._name(command)
        self._recorder.calling(name)
        answered = "no answer"
        try:
            received = self._card.transmit(command)
            answered = _answered(received)
        finally:
            self.generation = self._card.generation
            self._recorder.called(name, _shown(command) if self._recorder.keeps_arguments else "", answered)
        return received

    @contextlib.contextmanager
    def overheard(self) -> Iterator[list[bytes]]:
        """Keep the commands that pass until the context ends, as somebody between reader and card would."""
        commands: list[bytes] = []
        self._overheard = commands
        try:
            yield commands
        finally:
            self._overheard = None

    def transaction(self) -> AbstractContextManager[None]:
        """Keep other programs off the card until the context ends."""
        return self._card.transaction()

    def close(self) -> None:
        """Let the card go; doing so twice is no error."""
        self._card.close()

    def _name(self, command: bytes) -> str:
        if len(command) < 2:
            return "no command"
        cla, ins = command[:2]
        if cla <= _INTERINDUSTRY_MAX:
            return "GET RESPONSE" if (cla, ins) == (0, GET_RESPONSE) else f"CLA {cla:02X} INS {ins:02X}"
        return self._names.get(ins, f"INS {ins:02X}")


def word_name(status: int) -> str:
    """Return a status word as reports show it, such as "SW 6982"."""
    return f"SW {status:04X}"


def _answered(received: bytes) -> str:
    try:
        answer = Answer.from_bytes(received)
    except DecodeError:
        return f"{len(received)} bytes without a status word"
    return word_name(answer.status) + (f", {len(answer.data)} bytes" if answer.data else "")


def _shown(command: bytes) -> str:
    """Return class, parameters and lengths of a command."""
    try:
        parts = Command.from_bytes(command)
    except DecodeError:
        return f"{len(command)} bytes that are no command"
    marks = ((CHAINING, "chained"), (_SM_BITS, "protected"))
    words = [f"P1 {parts.p1:02X}", f"P2 {parts.p2:02X}", *(word for bit, word in marks if parts.cla & bit)]
    words += [f"{len(parts.data)} bytes"] if parts.data else []
    words += [f"Le {parts.le}"] if parts.le else []
    return ", ".join(words)
