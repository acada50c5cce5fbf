"""Where PINs come from: a function of the caller's, a prompt, the environment, a file descriptor, a file.

A :data:`~gmpki.tokens.interfaces.PinSource` is any function that takes a :class:`~gmpki.tokens.interfaces.PinRequest`
and returns the PIN. It is asked once for each login, and what it answers is used once: after a wrong PIN nobody is
asked again and nothing is tried again, because each try counts.

>>> from gmpki.tokens.interfaces import PinRequest, PinRole
>>> from gmpki.tokens.pins import pin_from_environment
>>> import os
>>> os.environ["UKEY_PIN"] = "12345678"
>>> pin_from_environment("UKEY_PIN")(PinRequest(PinRole.USER, "UKEY-1", "A", None))
b'12345678'
"""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING, Final

from gmpki._files import as_path
from gmpki._inputs import as_bytes, as_text, number
from gmpki.errors import InvalidInputError, InvalidTypeError, PinRejectedError
from gmpki.tokens.interfaces import PinRequest, PinRole, PinSource

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "MAX_PIN_LEN",
    "given_pin",
    "pin_from_descriptor",
    "pin_from_environment",
    "pin_from_file",
    "pin_from_prompt",
    "pin_from_source",
]

MAX_PIN_LEN: Final = 255
"""The longest PIN that is handed to a token, in bytes. What a token takes is mostly less, and its own rule."""

_ROLE_NAMES: Final = {PinRole.ADMIN: "administrator", PinRole.USER: "user"}


def pin_from_environment(name: str) -> PinSource:
    """Return a source that takes the PIN from an environment variable when it is asked.

    :raises InvalidTypeError: when the name is not ``str``.
    :raises InvalidInputError: when it is no name of a variable; from the source, when there is no such variable.
    """
    as_text(name, "the name of an environment variable")
    if not name or "=" in name or "\0" in name:
        raise InvalidInputError("that is no name of an environment variable")

    def source(_: PinRequest) -> bytes:
        value = os.environ.get(name)
        if value is None:
            raise InvalidInputError(f"the environment has no variable {name}, from which the PIN should come")
        return os.fsencode(value)

    return source


def pin_from_descriptor(descriptor: int) -> PinSource:
    """Return a source that reads a line from a file descriptor each time it is asked, so that several PINs may follow.

    :raises InvalidTypeError: when it is not an ``int``.
    :raises InvalidInputError: when it is negative; from the source, when nothing can be read, or the line is too long.
    """
    number(descriptor, 0, (1 << 31) - 1, "descriptor")
    return lambda _: _line(descriptor, f"the file descriptor {descriptor}")


def pin_from_file(path: str | os.PathLike[str]) -> PinSource:
    """Return a source that reads the first line of a file when it is asked.

    :raises InvalidTypeError: when it is no path.
    :raises InvalidInputError: when it is no name of a file; from the source, when nothing can be read, or the line is
        too long.
    """
    name = as_path(path)

    def source(_: PinRequest) -> bytearray:
        try:
            descriptor = os.open(name, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
        except OSError as error:
            raise InvalidInputError(f"the file with the PIN cannot be read: {error.strerror}") from None
        try:
            return _line(descriptor, "the file with the PIN")
        finally:
            os.close(descriptor)

    return source


def pin_from_prompt() -> PinSource:
    """Return a source that asks on the terminal, without showing what is typed.

    From the source :class:`~gmpki.errors.InvalidInputError` is raised when there is no terminal, or no answer came.
    """

    def source(request: PinRequest) -> str:
        import getpass

        try:
            # getpass falls back to standard input and shows the PIN there: what is no terminal is refused before.
            if sys.platform != "win32":
                os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
            return getpass.getpass(_question(request))
        except (OSError, EOFError):
            raise InvalidInputError("there is no terminal on which to ask for the PIN") from None

    return source


def pin_from_source(text: str) -> PinSource:
    """Return the source that a ``pin-source`` of a URI names.

    :param text: ``file:PATH`` or a path, ``env:NAME``, ``fd:NUMBER``, or ``prompt:``. Programs (``|program``) are not
        run.
    :raises InvalidTypeError: when it is not ``str``.
    :raises InvalidInputError: when it is none of these.
    :standard: RFC 7512 2.4 for file: and bare paths
    """
    as_text(text, "the source of a PIN")
    kind, colon, rest = text.partition(":")
    if text.startswith("|"):
        raise InvalidInputError("a pin-source that is a program is not run")
    if colon and kind == "env":
        return pin_from_environment(rest)
    if colon and kind == "fd":
        if not rest.isascii() or not rest.isdigit() or len(rest) > 10:
            raise InvalidInputError("fd: is followed by the number of a file descriptor")
        return pin_from_descriptor(int(rest))
    if colon and kind == "prompt" and not rest:
        return pin_from_prompt()
    if colon and kind == "file":
        rest = rest.removeprefix("//localhost") if rest.startswith("//localhost/") else rest
        return pin_from_file(rest.removeprefix("//") if rest.startswith("///") else rest)
    return pin_from_file(text)


@contextlib.contextmanager
def given_pin(
    pin: str | bytes | bytearray | PinSource, request: PinRequest, *, encoding: str = "utf-8"
) -> Iterator[bytearray]:
    """Give a PIN, or what a source answers, in memory that is overwritten when the context ends. For drivers.

    A bytearray that a source answers is overwritten too; one that the caller handed in himself is not. What is ``str``
    or ``bytes`` stays in Python's memory.

    :param encoding: of text, as the token wants it.
    :raises InvalidTypeError: when it is no PIN and no function, or the source answers with none.
    :raises PinRejectedError: when it is empty, longer than 255 bytes, or holds NUL, where C would cut it: a token would
        spend a try on it.
    """
    answer = pin(request) if callable(pin) else pin
    if isinstance(answer, str):
        try:
            value = bytearray(answer, encoding)
        except UnicodeEncodeError:
            raise PinRejectedError(f"the PIN cannot be written in {encoding}") from None
    elif isinstance(answer, bytes | bytearray):
        value = bytearray(as_bytes(answer, "the PIN"))
    else:
        raise InvalidTypeError(f"a PIN is str, bytes or a function that returns one, not {type(answer).__name__}")
    try:
        if not 0 < len(value) <= MAX_PIN_LEN or 0 in value:
            raise PinRejectedError(f"a PIN has 1 to {MAX_PIN_LEN} bytes and no NUL")
        yield value
    finally:
        value[:] = bytes(len(value))
        if callable(pin) and isinstance(answer, bytearray):
            answer[:] = bytes(len(answer))


def _line(descriptor: int, what: str) -> bytearray:
    """Read to the end of a line, and no further."""
    line = bytearray()
    try:
        while len(line) <= MAX_PIN_LEN + 1:
            byte = os.read(descriptor, 1)
            if byte == b"\n" or (not byte and line):
                return line[:-1] if line.endswith(b"\r") else line
            if not byte:
                raise InvalidInputError(f"{what} holds no PIN")
            line += byte
    except OSError as error:
        raise InvalidInputError(f"{what} cannot be read: {error.strerror}") from None
    raise InvalidInputError(f"{what} holds a line of more than {MAX_PIN_LEN} bytes, which is no PIN")


def _question(request: PinRequest) -> str:
    left = "" if request.tries_left is None else f", tries left: {request.tries_left}"
    question = f"PIN of the {_ROLE_NAMES[request.role]} of {request.application} on {request.device}{left}: "
    # The names are the token's: what a terminal would obey or hide is shown as an escape.
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in question)
