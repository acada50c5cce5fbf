"""What applications of SKF drivers and of cards have in common: PINs, containers and files are of one model."""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING, Final, Generic, TypeVar, cast

from gmpki._inputs import as_bytes, as_text, member, number
from gmpki.errors import InvalidInputError, TokenError, TokenExistsError, TokenNotFoundError
from gmpki.tokens._opened import Opened
from gmpki.tokens._two_pairs import TwoPairContainer
from gmpki.tokens.interfaces import PinRequest, PinRole
from gmpki.tokens.pins import given_pin

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from typing_extensions import Buffer

    from gmpki.tokens.interfaces import FileInfo, PinInfo, PinSource

__all__ = ["MAX_FILE_LEN", "ContainerApplication"]

C = TypeVar("C", bound=TwoPairContainer)

MAX_FILE_LEN: Final = 1 << 24
"""Bytes of the longest file."""

_MAX_OFFSET: Final = 0xFFFFFFFF
# Of a file that is read or written at once: drivers pass it on in commands, and some do not divide it themselves.
_PIECE_LEN: Final = 1024


class ContainerApplication(Opened, Generic[C]):
    """An application of containers and files. Thread-safe. What a driver does beneath is asked under the lock.

    :param device_name: how the device is called.
    """

    _WHAT = "application"

    def __init__(self, device: Opened, device_name: str, name: str) -> None:
        super().__init__(device, name)
        self._device_name = device_name
        self._name = name

    @property
    def name(self) -> str:
        """Its name in the device."""
        return self._name

    # ---- what a driver does -------------------------------------------------------------
    @abc.abstractmethod
    def pin_info(self, role: PinRole = PinRole.USER) -> PinInfo:
        """Return the state of a PIN."""

    @abc.abstractmethod
    def containers(self) -> tuple[str, ...]:
        """Return the names of the containers."""

    @abc.abstractmethod
    def file_info(self, name: str) -> FileInfo:
        """Return size and rights of a file."""

    @abc.abstractmethod
    def _verify_pin(self, role: PinRole, pin: bytearray) -> None:
        """Log in."""

    @abc.abstractmethod
    def _change_pin(self, role: PinRole, old: bytearray, new: bytearray) -> None:
        """Change a PIN."""

    @abc.abstractmethod
    def _unblock_pin(self, admin: bytearray, new: bytearray) -> None:
        """Set a new user PIN."""

    @abc.abstractmethod
    def _open_container(self, name: str) -> C:
        """Open a container that is there."""

    @abc.abstractmethod
    def _check_file_name(self, name: str) -> None:
        """Refuse what is no name of a file, as far as that is known without the driver."""

    @abc.abstractmethod
    def _read_piece(self, name: str, offset: int, length: int) -> bytes:
        """Return at most length bytes of a file."""

    @abc.abstractmethod
    def _write_piece(self, name: str, offset: int, piece: bytes) -> None:
        """Write bytes into a file."""

    # ---- PINs ---------------------------------------------------------------------------
    def login(self, pin: str | bytes | bytearray | PinSource, role: PinRole = PinRole.USER) -> None:
        """Log in. A PIN that is wrong spends a try; nothing is tried twice.

        :param pin: the PIN, or a function that is asked for it once.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises PinIncorrectError: when it is wrong, with the tries left.
        :raises PinLockedError: when it is locked.
        :raises PinRejectedError: when it has a length or form that the token does not take.
        """
        member(role, PinRole, "role")
        with self._given(pin, self._request(role, pin)) as value, self._lock:
            self._verify_pin(role, value)

    def change_pin(
        self, old: str | bytes | bytearray | PinSource, new: str | bytes | bytearray, role: PinRole = PinRole.USER
    ) -> None:
        """Change a PIN.

        :raises InvalidTypeError: when an input has the wrong type.
        :raises PinIncorrectError: when the old one is wrong, with the tries left.
        :raises PinLockedError: when it is locked.
        :raises PinRejectedError: when one has a length or form that the token does not take.
        :raises TokenUnsupportedError: when it is not known how the token wants it.
        """
        member(role, PinRole, "role")
        request = self._request(role, old)
        # The new one first: when it is no PIN, nobody is asked for the old one.
        with self._given(new, request) as new_value, self._given(old, request) as old_value, self._lock:
            self._change_pin(role, old_value, new_value)

    def unblock_pin(
        self, admin_pin: str | bytes | bytearray | PinSource, new_user_pin: str | bytes | bytearray
    ) -> None:
        """Set a new user PIN with the administrator's, and give its tries back.

        :raises InvalidTypeError: when an input has the wrong type.
        :raises PinIncorrectError: when the administrator's PIN is wrong, with its tries left.
        :raises PinLockedError: when that is locked.
        :raises PinRejectedError: when one has a length or form that the token does not take.
        :raises TokenUnsupportedError: when it is not known how the token wants it.
        """
        request = self._request(PinRole.ADMIN, admin_pin)
        with self._given(new_user_pin, request) as new, self._given(admin_pin, request) as admin, self._lock:
            self._unblock_pin(admin, new)

    def _given(
        self, pin: str | bytes | bytearray | PinSource, request: PinRequest
    ) -> AbstractContextManager[bytearray]:
        return given_pin(pin, request)

    def _request(self, role: PinRole, pin: object) -> PinRequest:
        """Return what a source is told. Only a source is worth asking the token for the tries left."""
        tries_left = None
        if callable(pin):
            try:
                tries_left = self.pin_info(role).tries_left
            except TokenError:
                tries_left = None
        return PinRequest(role, self._device_name, self._name, tries_left)

    # ---- containers ---------------------------------------------------------------------
    def container(self, name: str) -> C:
        """Open a container; one that is open already is returned again.

        :raises InvalidTypeError: when name is not ``str``.
        :raises TokenNotFoundError: when there is none of this name.
        """
        as_text(name, "the name of a container")
        with self._lock:
            self._use()
            opened = self._below.get(name)
            if opened is not None:
                return cast("C", opened)
            self._demand_container(name)
            return self._open_container(name)

    def _demand_container(self, name: str) -> None:
        """Look for a container in the list: drivers have no common code for one that is not there."""
        listed = self.containers()
        if name not in listed:
            there = ", ".join(listed) or "none"
            raise TokenNotFoundError(f"the application {self._name!r} has no container {name!r}; it has {there}")

    def _demand_no_container(self, name: str) -> None:
        """Look for one before another is made: the edition of 2012 has no code for this, and drivers are met that
        answer SAR_OK and open the old one.
        """
        if name in self.containers():
            raise TokenExistsError(f"the application {self._name!r} has a container {name!r} already")

    # ---- files --------------------------------------------------------------------------
    def read_file(self, name: str, offset: int = 0, length: int | None = None) -> bytes:
        """Return bytes of a file.

        :param offset: where to begin.
        :param length: how many; None reads to the end. Fewer come where the file ends before.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises InvalidInputError: when the name or a number is outside.
        :raises LoginRequiredError: unless somebody with the right to read it has logged in.
        :raises TokenNotFoundError: when there is none of this name.
        """
        self._check_file_name(name)
        number(offset, 0, _MAX_OFFSET, "offset")
        if length is not None:
            number(length, 0, MAX_FILE_LEN, "length")
        pieces: list[bytes] = []
        with self._lock:
            size = min(self.file_info(name).size, MAX_FILE_LEN)
            end = size if length is None else min(size, offset + length)
            while offset < end:
                piece = self._read_piece(name, offset, min(_PIECE_LEN, end - offset))
                if not piece:
                    break
                pieces.append(piece)
                offset += len(piece)
        return b"".join(pieces)

    def write_file(self, name: str, data: Buffer, offset: int = 0) -> None:
        """Write bytes into a file. They go in pieces of 1 KiB, and when one fails those before stay.

        :param offset: where to begin.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises InvalidInputError: when the name or offset is outside, or the file too short.
        :raises LoginRequiredError: unless somebody with the right to write it has logged in.
        :raises TokenNotFoundError: when there is none of this name.
        """
        self._check_file_name(name)
        content = as_bytes(data, "the data")
        number(offset, 0, _MAX_OFFSET, "offset")
        with self._lock:
            size = self.file_info(name).size
            if offset + len(content) > size:  # found before the first piece is written
                raise InvalidInputError(
                    f"{len(content)} bytes from {offset} on do not fit into the {size} of the file {name!r}"
                )
            for start in range(0, len(content), _PIECE_LEN):
                self._write_piece(name, offset + start, content[start : start + _PIECE_LEN])
