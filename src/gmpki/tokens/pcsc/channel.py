"""The way from a command to its answer: chains, answers in pieces, status words, the log."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from gmpki.errors import DecodeError, DriverError, TokenUnsupportedError
from gmpki.tokens.pcsc import status_words
from gmpki.tokens.pcsc.apdu import Answer, Command
from gmpki.tokens.pcsc.command_table import COMMANDS

if TYPE_CHECKING:
    from gmpki.tokens.pcsc.card_profile import CardProfile
    from gmpki.tokens.pcsc.log import ApduLog
    from gmpki.tokens.pcsc.readers import CardTransport

__all__ = ["PLAIN", "PROTECTED", "Channel"]

PLAIN: Final = 0x80
PROTECTED: Final = 0x84
"""CLA of commands whose data are protected."""

_SHORT_LE: Final = 256
_MAX_LE: Final = 65536
_SHORT_DATA_LEN: Final = 255
_MAX_ANSWER_LEN: Final = 65536
_GET_RESPONSE: Final = 0xC0
_MORE: Final = 0x61
_WRONG_LE: Final = 0x6C


class Channel:
    """Sends commands to a card by their names. Not thread-safe.

    :ivar transport: what carries them.
    :ivar profile: what is known of the card; the device sets it when the card has said who made it.
    """

    def __init__(self, transport: CardTransport, profile: CardProfile, log: ApduLog | None = None) -> None:
        self.transport = transport
        self.profile = profile
        self._log = log

    def call(self, name: str, data: bytes = b"", *, p1: int = 0, p2: int = 0, cla: int = PLAIN, le: int = 0) -> bytes:
        """Send a command and return the data of its answer.

        A command is sent once. Only where the card says that it did nothing because of Le (6Cxx), and the command
        brings no PIN, is it sent again with the Le that the card wants.

        :param name: of the command, as :data:`~.command_table.COMMANDS` has it.
        :param le: how many bytes of answer are expected; 0 is none, -1 any number.
        :raises TokenUnsupportedError: when the card's profile lacks the command.
        :raises TokenError: for every status word but 9000, as :mod:`~.status_words` has it.
        :raises DriverError: when the card's answer has no form that answers have.
        """
        status, answer = self.exchange(name, data, p1=p1, p2=p2, cla=cla, le=le)
        if status != status_words.OK:
            takes_pin = COMMANDS[name].pin
            raise status_words.error(name, status, words=self.profile.words, takes_pin=takes_pin)
        return answer

    def exchange(
        self, name: str, data: bytes = b"", *, p1: int = 0, p2: int = 0, cla: int = PLAIN, le: int = 0
    ) -> tuple[int, bytes]:
        """Send a command and return the status word and the data, as :meth:`call` does."""
        info = COMMANDS[name]
        profile = self.profile
        if name in profile.missing:
            raise TokenUnsupportedError(f"cards of the kind {profile.name} have no {name}", function=name)
        ins = profile.commands.get(name, info.ins)
        if le < 0:
            le = min(profile.max_data_len, _MAX_LE) if profile.extended else _SHORT_LE
        command = Command(cla, ins, p1, p2, data, le if profile.extended else min(le, _SHORT_LE))
        length = profile.max_data_len if profile.extended else min(profile.max_data_len, _SHORT_DATA_LEN)
        answer = Answer(b"", status_words.OK)
        for piece in command.pieces(length):
            if answer.status != status_words.OK or answer.data:
                break  # the card takes no more of the chain
            answer = self._once(name, piece, masked=info.secret)
            if answer.status >> 8 == _WRONG_LE and not info.pin:
                wanted = (answer.status & 0xFF) or _SHORT_LE
                answer = self._once(name, Command(piece.cla, ins, p1, p2, piece.data, wanted), masked=info.secret)
        return self._whole(name, answer, masked=info.secret)

    def _whole(self, name: str, answer: Answer, *, masked: bool) -> tuple[int, bytes]:
        """Fetch the rest of an answer that comes in pieces."""
        parts = [answer.data]
        total = len(answer.data)
        while answer.status >> 8 == _MORE:
            wanted = (answer.status & 0xFF) or _SHORT_LE
            answer = self._once(f"{name} (more)", Command(0, _GET_RESPONSE, le=wanted), masked=masked)
            parts.append(answer.data)
            total += len(answer.data)
            if (answer.status >> 8 == _MORE and not answer.data) or total > _MAX_ANSWER_LEN:
                raise DriverError("the card's answer does not come to an end", function=name)
        return answer.status, b"".join(parts)

    def _once(self, name: str, command: Command, *, masked: bool) -> Answer:
        sent = command.to_bytes()
        begun = time.perf_counter()
        received = self.transport.transmit(sent)
        if self._log is not None:
            self._log.record(name, sent, received, time.perf_counter() - begun, masked=masked)
        try:
            return Answer.from_bytes(received)
        except DecodeError as error:
            raise DriverError(f"the card does not answer as cards do: {error}", function=name) from None
