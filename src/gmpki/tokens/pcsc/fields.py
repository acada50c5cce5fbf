"""Fields of cards' answers: numbers, texts, names. Cards are not trusted: what does not hold is a driver error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gmpki._inputs import as_text
from gmpki.errors import DriverError, InvalidInputError

__all__ = ["CardInfo", "Fields", "encoded_name", "names", "rsa_or_point"]

_MAX_NAMES: Final = 4096
_POINT_BITS: Final = 256
_POINT_LEN: Final = 64
_EXPONENT_LEN: Final = 4
_MAX_RSA_BITS: Final = 4096


class Fields:
    """Takes fields off an answer, one after the other."""

    def __init__(self, data: bytes, what: str) -> None:
        self._data = data
        self._at = 0
        self._what = what

    def take(self, length: int) -> bytes:
        """Return bytes.

        :raises DriverError: when the answer ends before.
        """
        part = self._data[self._at : self._at + length]
        if len(part) != length:
            raise DriverError(f"the card's answer ends in the middle of {self._what}")
        self._at += length
        return part

    def number(self, width: int) -> int:
        """Return a number of width bytes; error as :meth:`take`."""
        return int.from_bytes(self.take(width), "big")

    def text(self, length: int) -> str:
        """Return a text of a field that NUL bytes fill; error as :meth:`take`."""
        return _text(self.take(length).split(b"\0", 1)[0], self._what)

    def version(self) -> str:
        """Return a version, major and minor; error as :meth:`take`."""
        return f"{self.number(1)}.{self.number(1)}"

    def end(self) -> None:
        """Check that nothing is left.

        :raises DriverError: when something is.
        """
        if self._at != len(self._data):
            raise DriverError(f"the card's answer goes on behind {self._what}")


@dataclass(frozen=True, slots=True)
class CardInfo:
    """What GetDevInfo answers. Immutable.

    :ivar max_data_len: bytes of data that the card takes in a command.
    :standard: the layout is that of one public program (confidence C)
    """

    specification_version: str
    manufacturer: str
    issuer: str
    label: str
    serial_number: str
    hardware_version: str
    firmware_version: str
    alg_sym_cap: int
    alg_asym_cap: int
    alg_hash_cap: int
    dev_auth_alg_id: int
    total_space: int
    free_space: int
    max_data_len: int

    @classmethod
    def from_bytes(cls, data: bytes) -> CardInfo:
        """Take the answer apart; what stands behind the fields above is passed over.

        :raises DriverError: when it is too short.
        """
        fields = Fields(data, "the device's information")
        fields.take(2)  # the version of the structure
        return cls(
            specification_version=fields.version(),
            manufacturer=fields.text(64),
            issuer=fields.text(64),
            label=fields.text(32),
            serial_number=fields.text(32),
            hardware_version=fields.version(),
            firmware_version=fields.version(),
            alg_sym_cap=fields.number(4),
            alg_asym_cap=fields.number(4),
            alg_hash_cap=fields.number(4),
            dev_auth_alg_id=fields.number(4),
            total_space=fields.number(4),
            free_space=fields.number(4),
            max_data_len=fields.number(2),
        )


def names(data: bytes, what: str) -> tuple[str, ...]:
    """Return names that each end with NUL, the last perhaps without, and perhaps one NUL more.

    :raises DriverError: when one is no text, or there are too many.
    """
    parts = [part for part in data.split(b"\0") if part]
    if len(parts) > _MAX_NAMES:
        raise DriverError(f"the card lists more than {_MAX_NAMES} {what}")
    return tuple(_text(part, what) for part in parts)


def rsa_or_point(data: bytes) -> bytes | tuple[int, bytes, int]:
    """Return x, y of an SM2 key, 64 bytes, or bits, modulus and exponent of an RSA key.

    :raises DriverError: when it is neither.
    """
    fields = Fields(data, "a public key")
    bits = fields.number(4)
    if bits == _POINT_BITS:
        point = fields.take(_POINT_LEN)
        fields.end()
        return point
    if not 512 <= bits <= _MAX_RSA_BITS or bits % 8:
        raise DriverError(f"the card has a public key of {bits} bits, which is none")
    found = (bits, fields.take(bits // 8), fields.number(_EXPONENT_LEN))
    fields.end()
    return found


def encoded_name(name: str, most: int, what: str) -> bytes:
    """Return a name as cards take it.

    :raises InvalidTypeError: when it is not ``str``.
    :raises InvalidInputError: when it is empty, longer than most bytes, holds NUL, or is no text of UTF-8.
    """
    try:
        encoded = as_text(name, what).encode("utf-8")
    except UnicodeEncodeError:
        raise InvalidInputError(f"{what} is no text of UTF-8") from None
    if not 0 < len(encoded) <= most or 0 in encoded:
        raise InvalidInputError(f"{what} has 1 to {most} bytes of UTF-8 and no NUL")
    return encoded


def _text(data: bytes, what: str) -> str:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise DriverError(f"the card's answer for {what} is no text of UTF-8") from None
    return text
