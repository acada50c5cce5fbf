"""Commands to cards and their answers: taken apart and put together, short and extended, whole and in a chain.

>>> from gmpki.tokens.pcsc.apdu import Command
>>> Command(0x80, 0x50, le=8).to_bytes().hex(" ")
'80 50 00 00 08'
>>> Command.from_bytes(bytes.fromhex("80260000014100")).data
b'A'

:standard: ISO/IEC 7816-4 5.1 (not read: as GM/T 0017 drivers and readers use it, confidence B)
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_bytes, member, number
from gmpki.errors import DecodeError, InvalidInputError

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["CHAINING", "MAX_DATA_LEN", "Answer", "Command"]

MAX_DATA_LEN: Final = 65535
"""The most bytes of data in one command."""
CHAINING: Final = 0x10
"""The bit of CLA that says that more of the data follows in another command."""

_HEADER_LEN: Final = 4
_SHORT_DATA_LEN: Final = 255
_SHORT_LE: Final = 256
_MAX_LE: Final = 65536


@dataclass(frozen=True, slots=True)
class Command:
    """A command. Immutable. Its data do not appear in its repr: they may be a PIN.

    :ivar cla: the class byte; likewise ``ins``, ``p1`` and ``p2``.
    :ivar data: at most 65,535 bytes.
    :ivar le: how many bytes of answer are expected at most: 0 is none, up to 65,536.
    :raises InvalidTypeError: when a field has the wrong type.
    :raises InvalidInputError: when a number is outside, or the data are too long.
    """

    cla: int
    ins: int
    p1: int = 0
    p2: int = 0
    data: bytes = field(default=b"", repr=False)
    le: int = 0

    def __post_init__(self) -> None:
        for name in ("cla", "ins", "p1", "p2"):
            number(getattr(self, name), 0, 0xFF, name)
        number(self.le, 0, _MAX_LE, "le")
        member(self.data, bytes, "data")
        if len(self.data) > MAX_DATA_LEN:
            raise InvalidInputError(f"a command has at most {MAX_DATA_LEN} bytes of data, not {len(self.data)}")

    @property
    def is_extended(self) -> bool:
        """Whether it only has the extended form."""
        return len(self.data) > _SHORT_DATA_LEN or self.le > _SHORT_LE

    def to_bytes(self) -> bytes:
        """Put the command together, in the short form where it has one."""
        header = bytes((self.cla, self.ins, self.p1, self.p2))
        width = 2 if self.is_extended else 1
        body = len(self.data).to_bytes(width, "big") + self.data if self.data else b""
        # The most that can be expected is written as 0.
        tail = (self.le % (1 << 8 * width)).to_bytes(width, "big") if self.le else b""
        mark = b"\0" if self.is_extended else b""
        return header + mark + body + tail

    @classmethod
    def from_bytes(cls, encoded: Buffer) -> Command:
        """Take a command apart.

        :raises InvalidTypeError: when it is not a buffer.
        :raises DecodeError: when it has none of the forms.
        """
        given = as_bytes(encoded, "the command")
        if len(given) < _HEADER_LEN:
            raise DecodeError(f"a command has at least {_HEADER_LEN} bytes, not {len(given)}")
        header, body = given[:_HEADER_LEN], given[_HEADER_LEN:]
        width = 2 if len(body) >= 3 and body[0] == 0 else 1
        rest = body[1:] if width == 2 else body
        data = b""
        if len(rest) > width:
            length = int.from_bytes(rest[:width], "big")
            data, rest = rest[width : width + length], rest[width + length :]
            if not length or len(data) != length:
                raise DecodeError("the data of the command are not as long as it says")
        if len(rest) not in (0, width):
            raise DecodeError("bytes are left at the end of the command")
        le = (int.from_bytes(rest, "big") or 1 << 8 * width) if rest else 0
        cla, ins, p1, p2 = header
        return cls(cla, ins, p1, p2, data, le)

    def pieces(self, length: int) -> tuple[Command, ...]:
        """Return the commands of a chain, each with at most length bytes of the data; only the last expects an answer.

        :param length: 1 to 65,535.
        :raises InvalidTypeError: when it is not an ``int``.
        :raises InvalidInputError: when it is outside.
        """
        number(length, 1, MAX_DATA_LEN, "length")
        parts = [self.data[start : start + length] for start in range(0, len(self.data), length)] or [b""]
        before = (replace(self, cla=self.cla | CHAINING, data=part, le=0) for part in parts[:-1])
        return (*before, replace(self, data=parts[-1]))


@dataclass(frozen=True, slots=True)
class Answer:
    """What a card answers. Immutable.

    :ivar status: the status word, two bytes as a number.
    """

    data: bytes = field(repr=False)
    status: int

    @classmethod
    def from_bytes(cls, encoded: Buffer) -> Answer:
        """Take an answer apart.

        :raises InvalidTypeError: when it is not a buffer.
        :raises DecodeError: when it has no status word, or more data than any command may ask for.
        """
        given = as_bytes(encoded, "the answer")
        if not 2 <= len(given) <= _MAX_LE + 2:
            raise DecodeError(f"an answer has 2 to {_MAX_LE + 2} bytes, not {len(given)}")
        return cls(given[:-2], int.from_bytes(given[-2:], "big"))
