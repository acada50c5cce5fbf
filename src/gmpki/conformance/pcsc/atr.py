"""What a card says when it is switched on: protocols, historical bytes, and what they say the card can do.

>>> from gmpki.conformance.pcsc.atr import AnswerToReset
>>> AnswerToReset.from_bytes(bytes.fromhex("3b80800101")).protocols
(0, 1)

:standard: ISO/IEC 7816-3 8.2, ISO/IEC 7816-4 8.1.1 (not read: as readers take them apart, confidence B)
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import xor
from typing import Final

from gmpki.errors import DecodeError

__all__ = ["AnswerToReset"]

_CONVENTIONS: Final = (0x3B, 0x3F)
_MAX_LEN: Final = 33
# Categories of historical bytes whose objects follow at once; in the first three bytes of a status stand last.
_STATUS_LAST, _OBJECTS = 0x00, 0x80
_STATUS_LEN: Final = 3
_CAPABILITIES: Final = 7  # the tag of the card's capabilities, of which the third byte speaks of commands
_TAKES_CHAINS, _TAKES_EXTENDED = 0x80, 0x40


@dataclass(frozen=True, slots=True)
class AnswerToReset:
    """An ATR taken apart. Immutable.

    :ivar protocols: the numbers of the transmission protocols that it offers, each once.
    :ivar historical: the historical bytes.
    """

    protocols: tuple[int, ...]
    historical: bytes

    @classmethod
    def from_bytes(cls, encoded: bytes) -> AnswerToReset:
        """Take it apart.

        :raises DecodeError: when it has not the form that it must have.
        """
        if not 2 <= len(encoded) <= _MAX_LEN:
            raise DecodeError(f"it has {len(encoded)} bytes, and not 2 to {_MAX_LEN}")
        if encoded[0] not in _CONVENTIONS:
            raise DecodeError(f"it begins with {encoded[0]:02X}, and not with 3B or 3F")
        protocols: list[int] = []
        presence, at = encoded[1] >> 4, 2
        while presence:
            at += presence.bit_count()
            if at > len(encoded):
                raise DecodeError("it ends in the middle of its interface bytes")
            if not presence & 8:
                break
            protocols.append(encoded[at - 1] & 0x0F)
            presence = encoded[at - 1] >> 4
        historical = encoded[at : at + (encoded[1] & 0x0F)]
        # T=0 alone, which is also what no protocol at all means, has no check byte.
        tail = encoded[at + (encoded[1] & 0x0F) :]
        has_check = any(protocol != 0 for protocol in protocols)
        if len(tail) != has_check or len(historical) != encoded[1] & 0x0F:
            raise DecodeError(f"it is not as long as it says: {len(encoded)} bytes")
        if has_check and reduce(xor, encoded[1:]):
            raise DecodeError("its check byte is wrong")
        return cls(tuple(dict.fromkeys(protocols)) or (0,), historical)

    @property
    def takes_extended(self) -> bool:
        """Whether it says that the card takes commands of the extended form."""
        return bool(self._capabilities & _TAKES_EXTENDED)

    @property
    def takes_chains(self) -> bool:
        """Whether it says that the card takes data in chains of commands."""
        return bool(self._capabilities & _TAKES_CHAINS)

    @property
    def _capabilities(self) -> int:
        """The byte that speaks of commands; 0 where there is none."""
        if self.historical[:1] not in (bytes((_STATUS_LAST,)), bytes((_OBJECTS,))):
            return 0
        end = len(self.historical) - (_STATUS_LEN if self.historical[0] == _STATUS_LAST else 0)
        at = 1
        while at < end:
            tag, length = self.historical[at] >> 4, self.historical[at] & 0x0F
            value = self.historical[at + 1 : at + 1 + length]
            if tag == _CAPABILITIES and len(value) == 3:
                return value[2]
            at += 1 + length
        return 0
