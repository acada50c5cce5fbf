"""A log of the commands to a card and its answers, for finding faults; what is secret in them is not written.

>>> from gmpki.tokens.pcsc.log import ApduLog
>>> lines = []
>>> log = ApduLog(lines.append)
>>> log.record("VerifyPIN", bytes.fromhex("8418000103aabbcc"), bytes.fromhex("9000"), 0.0014, masked=True)
>>> lines
['VerifyPIN            84 18 00 01 03 [3 bytes] -> 90 00 (1.4 ms)']
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki._inputs import function

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ApduLog"]

_HEADER_LEN: Final = 4
_MAX_SHOWN_LEN: Final = 256


class ApduLog:
    """Writes a line for each command. Thread-safe as far as the function that it writes with is.

    The data of commands that bring a PIN or a key are shown by their length, encrypted or not; so are answers that
    bring plaintext out.

    :param write: called with each line.
    :raises InvalidTypeError: when it is no function.
    """

    def __init__(self, write: Callable[[str], object]) -> None:
        function(write, "write")
        self._write = write

    def record(self, name: str, command: bytes, answer: bytes, seconds: float, *, masked: bool) -> None:
        """Write one command and its answer.

        :param name: of the command.
        :param masked: whether its data are not to be seen.
        """
        shown = _masked_command(command) if masked else _shown(command)
        answered = _masked_answer(answer) if masked else _shown(answer)
        self._write(f"{name:<20} {shown} -> {answered} ({seconds * 1000:.1f} ms)")


def _shown(data: bytes) -> str:
    text = data[:_MAX_SHOWN_LEN].hex(" ")
    return text if len(data) <= _MAX_SHOWN_LEN else f"{text} ... [{len(data)} bytes]"


def _masked_command(command: bytes) -> str:
    # The length field stays; an extended one has three bytes.
    width = 3 if len(command) > _HEADER_LEN and command[_HEADER_LEN] == 0 else 1
    head, rest = command[: _HEADER_LEN + width], command[_HEADER_LEN + width :]
    return f"{head.hex(' ')} [{len(rest)} bytes]" if rest else head.hex(" ")


def _masked_answer(answer: bytes) -> str:
    data, status = answer[:-2], answer[-2:]
    return f"[{len(data)} bytes] {status.hex(' ')}" if data else status.hex(" ")
