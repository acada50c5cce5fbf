"""The messages between a process and the one that runs a driver for it: a few types, sizes bounded, nothing executed.

A message is a length of 4 bytes and one value. A value is a letter and its content. What does not fit is an error:
whatever a driver does to its process, nothing but these types comes out of it.
"""

from __future__ import annotations

import struct
from dataclasses import fields
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from gmpki import errors
from gmpki.algorithms.sm2 import CiphertextFormat
from gmpki.errors import DriverError, GmpkiError, InvalidInputError, InvalidTypeError, TokenError
from gmpki.keys.ciphertext import SM2Ciphertext
from gmpki.keys.envelope import KeyEnvelope
from gmpki.tokens.skf import structures
from gmpki.tokens.skf.calls import MAX_DATA_LEN
from gmpki.tokens.skf.structures import Handle

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["decode", "encode", "error_fields", "error_of", "read_message", "write_message"]

MAX_MESSAGE_LEN: Final = 2 * MAX_DATA_LEN
_MAX_DEPTH: Final = 8
_LENGTH: Final = struct.Struct(">I")
_NUMBER: Final = struct.Struct(">q")
_MAX_NUMBER: Final = 2**63 - 1

_HANDLES: Final[dict[str, type[Handle]]] = {
    kind.__name__: kind
    for kind in (
        structures.DeviceHandle,
        structures.ApplicationHandle,
        structures.ContainerHandle,
        structures.KeyHandle,
        structures.DigestHandle,
        structures.MacHandle,
        structures.AgreementHandle,
    )
}
_VALUES: Final[dict[str, type[Any]]] = {
    kind.__name__: kind
    for kind in (
        structures.BlockCipherParam,
        structures.DevInfo,
        structures.FileAttribute,
        structures.PinState,
        structures.RsaPrivateKey,
        structures.RsaPublicKey,
    )
}


def encode(value: object, session: int) -> bytes:
    """Return a value as it is sent.

    :param session: which handles may be in it.
    :raises InvalidTypeError: for a type that no function takes.
    :raises InvalidInputError: for a number of more than 64 bits, a handle of another session, or all in all too much.
    """
    data = b"".join(_encoded(value, session, 0))
    if len(data) > MAX_MESSAGE_LEN:
        raise InvalidInputError(f"the inputs have more than {MAX_MESSAGE_LEN} bytes together")
    return data


def _encoded(value: Any, session: int, depth: int) -> Iterator[bytes]:
    if depth > _MAX_DEPTH:
        raise InvalidInputError("the input is nested too deep")
    kind = type(value).__name__
    if isinstance(value, (list, tuple)):
        yield b"L" + _LENGTH.pack(len(value))
        for item in value:
            yield from _encoded(item, session, depth + 1)
    elif isinstance(value, Handle) and kind in _HANDLES:
        if value.session != session:
            raise InvalidInputError("the handle is not one of this driver")
        yield _sized(b"H", kind.encode()) + struct.pack(">Q", value.value % 2**64)
        yield from _encoded(value.device, session, depth + 1)
    elif kind in _VALUES and type(value) is _VALUES[kind]:
        yield _sized(b"V", kind.encode())
        yield from _encoded([getattr(value, field.name) for field in fields(value)], session, depth + 1)
    else:
        yield _plain(value)


def _plain(value: Any) -> bytes:
    """Return a value that holds no others."""
    if value is None or value is True or value is False:
        return {None: b"N", True: b"T", False: b"F"}[value]
    if isinstance(value, int):
        if not -_MAX_NUMBER <= value <= _MAX_NUMBER:
            raise InvalidInputError("a number has more than 64 bits")
        return b"I" + _NUMBER.pack(value)
    if isinstance(value, str):
        return _sized(b"S", value.encode("utf-8", "surrogatepass"))
    if isinstance(value, SM2Ciphertext):
        return _sized(b"C", value.to_bytes(CiphertextFormat.DER))
    if isinstance(value, KeyEnvelope):
        return _sized(b"E", value.to_skf_blob())
    return _sized(b"B", _as_bytes(value))


def _as_bytes(value: Any) -> bytes:
    try:
        view = memoryview(value)
    except TypeError:
        raise InvalidTypeError(f"a value of type {type(value).__name__} is taken by no function") from None
    if view.nbytes > MAX_DATA_LEN:
        raise InvalidInputError(f"an input has {view.nbytes} bytes; at most {MAX_DATA_LEN} are taken")
    return bytes(value)


def _sized(letter: bytes, content: bytes) -> bytes:
    return letter + _LENGTH.pack(len(content)) + content


def decode(data: bytes, session: int) -> Any:
    """Return the value of a message.

    :param session: what the handles in it get.
    :raises DriverError: when it is none.
    """
    reader = _Reader(data, session)
    try:
        value = reader.value(0)
    except (GmpkiError, TypeError, ValueError, KeyError, struct.error) as error:
        raise DriverError(f"the process of the driver sends what is no message: {type(error).__name__}") from None
    if reader.pos != len(data):
        raise DriverError("the process of the driver sends a message with bytes behind it")
    return value


class _Reader:
    """A cursor over a message."""

    def __init__(self, data: bytes, session: int) -> None:
        self._data = data
        self._session = session
        self.pos = 0

    def take(self, length: int) -> bytes:
        """Return the next bytes."""
        taken = self._data[self.pos : self.pos + length]
        if len(taken) != length:
            raise ValueError
        self.pos += length
        return taken

    def sized(self) -> bytes:
        """Return bytes that come with their length."""
        (length,) = _LENGTH.unpack(self.take(_LENGTH.size))
        return self.take(length)

    def value(self, depth: int) -> Any:
        """Return the next value."""
        if depth > _MAX_DEPTH:
            raise ValueError
        letter = self.take(1)
        if letter in b"NTF":
            return {b"N": None, b"T": True, b"F": False}[letter]
        if letter == b"I":
            return _NUMBER.unpack(self.take(_NUMBER.size))[0]
        if letter == b"L":
            (count,) = _LENGTH.unpack(self.take(_LENGTH.size))
            if count > len(self._data) - self.pos:
                raise ValueError
            return tuple(self.value(depth + 1) for _ in range(count))
        content = self.sized()
        if letter == b"H":
            (number,) = struct.unpack(">Q", self.take(8))
            device = self.value(depth + 1)
            if not isinstance(device, str):
                raise ValueError
            return _HANDLES[content.decode()](number, device, self._session)
        if letter == b"V":
            return _VALUES[content.decode()](*self.value(depth + 1))
        if letter == b"C":
            return SM2Ciphertext.from_bytes(content, CiphertextFormat.DER)
        if letter == b"E":
            return KeyEnvelope.from_skf_blob(content)
        if letter == b"S":
            return content.decode("utf-8", "surrogatepass")
        if letter != b"B":
            raise ValueError
        return content


# ---- errors -----------------------------------------------------------------------------
def error_fields(error: GmpkiError) -> tuple[Any, ...]:
    """Return what is sent of an error: class, text, and what token errors carry."""
    token = error if isinstance(error, TokenError) else None
    carried = (token.function, token.code, token.code_name) if token is not None else (None, None, None)
    return (type(error).__name__, str(error), *carried, getattr(error, "tries_left", None))


def error_of(sent: Any) -> GmpkiError:
    """Return the error that was sent.

    :raises DriverError: when what was sent is none.
    """
    if not isinstance(sent, tuple) or len(sent) != 6 or not all(isinstance(part, str) for part in sent[:2]):
        raise DriverError("the process of the driver sends what is no error")
    name, text, function, code, code_name, tries_left = sent
    if not all(isinstance(part, str | None) for part in (function, code_name)) or not all(
        isinstance(part, int | None) for part in (code, tries_left)
    ):
        raise DriverError("the process of the driver sends an error with what errors do not carry")
    kind = getattr(errors, name, None) if name in errors.__all__ else None
    if not (isinstance(kind, type) and issubclass(kind, GmpkiError)):
        raise DriverError("the process of the driver sends an error of an unknown kind")
    # The text is made up already; what builds it from parts is passed by.
    error = kind.__new__(kind)
    Exception.__init__(error, text)
    if isinstance(error, TokenError):
        error.function, error.code, error.code_name = function, code, code_name
    if isinstance(error, errors.PinIncorrectError):
        error.tries_left = tries_left
    return error


# ---- frames -----------------------------------------------------------------------------
def write_message(stream: BinaryIO, data: bytes) -> None:
    """Send a message.

    :raises OSError: when the other side is gone.
    """
    stream.write(_LENGTH.pack(len(data)) + data)
    stream.flush()


def read_message(stream: BinaryIO) -> bytes | None:
    """Return the next message, None at the end.

    :raises DriverError: when it is longer than messages are.
    :raises OSError: when the other side is gone.
    """
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    if length > MAX_MESSAGE_LEN:
        raise DriverError("the process of the driver sends a message that is too long")
    data = stream.read(length)
    return data if len(data) == length else None
