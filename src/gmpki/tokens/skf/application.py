"""The session protocol over an SKF driver: an application, its PINs, containers and files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_bytes, as_text, member, number
from gmpki.errors import InvalidInputError, TokenError, TokenExistsError, TokenNotFoundError
from gmpki.tokens._opened import Opened
from gmpki.tokens.interfaces import Ability, FileInfo, PinInfo, PinRequest, PinRole, Rights
from gmpki.tokens.pins import given_pin
from gmpki.tokens.skf.container import SKFContainer

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from typing_extensions import Buffer

    from gmpki.tokens.interfaces import PinSource
    from gmpki.tokens.skf.device import SKFDevice
    from gmpki.tokens.skf.functions import SKF
    from gmpki.tokens.skf.structures import ApplicationHandle

__all__ = ["SKFApplication"]

_MAX_ULONG: Final = 0xFFFFFFFF
_MAX_FILE_LEN: Final = 1 << 24
# Of a file that is read or written at once: drivers pass it on in commands, and some do not divide it themselves.
_PIECE_LEN: Final = 1024

_NEEDED: Final = {
    Ability.FILES: ("SKF_CreateFile", "SKF_GetFileInfo", "SKF_ReadFile", "SKF_WriteFile"),
    Ability.PIN_UNBLOCK: ("SKF_UnblockPIN",),
    Ability.MANAGE_CONTAINERS: ("SKF_CreateContainer", "SKF_DeleteContainer"),
}


class SKFApplication(Opened):
    """An open application; a :class:`~gmpki.tokens.interfaces.Application`. Thread-safe.

    Who has logged in is the token's state and not this object's: closing it logs nobody out (GM/T 0016-2012 7.3.6).
    """

    _WHAT = "application"

    def __init__(self, device: SKFDevice, handle: ApplicationHandle, name: str) -> None:
        super().__init__(device, name)
        self.device = device
        self._handle = handle
        self._name = name

    @property
    def name(self) -> str:
        """Its name in the device."""
        return self._name

    @property
    def abilities(self) -> frozenset[Ability]:
        """What it can do, by the functions that the driver has."""
        missing = set(self._skf.missing)
        return frozenset(ability for ability, needed in _NEEDED.items() if missing.isdisjoint(needed))

    @property
    def _skf(self) -> SKF:
        return self.device.driver.skf

    def _opened(self) -> ApplicationHandle:
        self._use()
        return self._handle

    # ---- PINs ---------------------------------------------------------------------------
    def pin_info(self, role: PinRole = PinRole.USER) -> PinInfo:
        """Return the state of a PIN.

        :raises InvalidTypeError: when role is no PinRole.
        """
        member(role, PinRole, "role")
        with self._lock:
            state = self._skf.get_pin_info(self._opened(), int(role))
        return PinInfo(role, state.max_tries, state.tries_left, state.is_default)

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
            self._skf.verify_pin(self._opened(), int(role), value)

    def logout(self) -> None:
        """Log out, user and administrator."""
        with self._lock:
            self._skf.clear_secure_state(self._opened())

    def change_pin(
        self, old: str | bytes | bytearray | PinSource, new: str | bytes | bytearray, role: PinRole = PinRole.USER
    ) -> None:
        """Change a PIN.

        :raises InvalidTypeError: when an input has the wrong type.
        :raises PinIncorrectError: when the old one is wrong, with the tries left.
        :raises PinLockedError: when it is locked.
        :raises PinRejectedError: when one has a length or form that the token does not take.
        """
        member(role, PinRole, "role")
        request = self._request(role, old)
        # The new one first: when it is no PIN, nobody is asked for the old one.
        with self._given(new, request) as new_value, self._given(old, request) as old_value, self._lock:
            self._skf.change_pin(self._opened(), int(role), old_value, new_value)

    def unblock_pin(
        self, admin_pin: str | bytes | bytearray | PinSource, new_user_pin: str | bytes | bytearray
    ) -> None:
        """Set a new user PIN with the administrator's, and give its tries back.

        :raises InvalidTypeError: when an input has the wrong type.
        :raises PinIncorrectError: when the administrator's PIN is wrong, with its tries left.
        :raises PinLockedError: when that is locked.
        :raises PinRejectedError: when one has a length or form that the token does not take.
        """
        request = self._request(PinRole.ADMIN, admin_pin)
        with self._given(new_user_pin, request) as new, self._given(admin_pin, request) as admin, self._lock:
            self._skf.unblock_pin(self._opened(), admin, new)

    def _given(
        self, pin: str | bytes | bytearray | PinSource, request: PinRequest
    ) -> AbstractContextManager[bytearray]:
        return given_pin(pin, request, encoding=self._skf.profile.encoding)

    def _request(self, role: PinRole, pin: object) -> PinRequest:
        """Return what a source is told. Only a source is worth asking the token for the tries left."""
        tries_left = None
        if callable(pin):
            try:
                tries_left = self.pin_info(role).tries_left
            except TokenError:
                tries_left = None
        return PinRequest(role, self.device.name, self._name, tries_left)

    # ---- containers ---------------------------------------------------------------------
    def containers(self) -> tuple[str, ...]:
        """Return the names of the containers."""
        with self._lock:
            return self._skf.enum_container(self._opened())

    def container(self, name: str) -> SKFContainer:
        """Open a container; one that is open already is returned again.

        :raises InvalidTypeError: when name is not ``str``.
        :raises TokenNotFoundError: when there is none of this name.
        """
        as_text(name, "the name of a container")
        with self._lock:
            handle = self._opened()
            opened = self._below.get(name)
            if isinstance(opened, SKFContainer):
                return opened
            self._demand_container(name)
            return SKFContainer(self, self._skf.open_container(handle, name), name)

    def create_container(self, name: str) -> SKFContainer:
        """Create a container and open it.

        :raises InvalidTypeError: when name is not ``str``.
        :raises InvalidInputError: when it is empty.
        :raises LoginRequiredError: unless the user has logged in.
        :raises TokenExistsError: when there is one of this name.
        :raises TokenFullError: when there is no room.
        """
        if not as_text(name, "the name of a container"):
            raise InvalidInputError("the name of a container is not empty")
        with self._lock:
            handle = self._opened()
            # The edition of 2012 has no code for this, and drivers are met that answer SAR_OK and open the old one.
            if name in self._skf.enum_container(handle):
                raise TokenExistsError(f"the application {self._name!r} has a container {name!r} already")
            return SKFContainer(self, self._skf.create_container(handle, name), name)

    def delete_container(self, name: str) -> None:
        """Delete a container with all its keys; what is open of it is closed.

        :raises InvalidTypeError: when name is not ``str``.
        :raises LoginRequiredError: unless the user has logged in.
        :raises TokenNotFoundError: when there is none of this name.
        """
        as_text(name, "the name of a container")
        with self._lock:
            handle = self._opened()
            self._demand_container(name)
            self._skf.delete_container(handle, name)
            opened = self._below.get(name)
            if opened is not None:
                opened.close()

    def _demand_container(self, name: str) -> None:
        """Look for a container in the list: drivers have no common code for one that is not there."""
        listed = self._skf.enum_container(self._handle)
        if name not in listed:
            there = ", ".join(listed) or "none"
            raise TokenNotFoundError(f"the application {self._name!r} has no container {name!r}; it has {there}")

    # ---- files --------------------------------------------------------------------------
    def files(self) -> tuple[str, ...]:
        """Return the names of the files."""
        with self._lock:
            return self._skf.enum_files(self._opened())

    def file_info(self, name: str) -> FileInfo:
        """Return size and rights of a file.

        :raises InvalidTypeError: when name is not ``str``.
        :raises InvalidInputError: when it is longer than 32 bytes.
        :raises TokenNotFoundError: when there is none of this name.
        """
        as_text(name, "the name of a file")
        with self._lock:
            found = self._skf.get_file_info(self._opened(), name)
        return FileInfo(name, found.size, Rights(found.read_rights & 0xFF), Rights(found.write_rights & 0xFF))

    def create_file(
        self, name: str, size: int, *, read_rights: Rights = Rights.USER, write_rights: Rights = Rights.USER
    ) -> None:
        """Create a file.

        :param name: 1 to 32 bytes.
        :param size: bytes, fixed from now on.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises InvalidInputError: when the name is empty or too long, or the size outside.
        :raises LoginRequiredError: unless somebody with the right to create files has logged in.
        :raises TokenExistsError: when there is one of this name.
        :raises TokenFullError: when there is no room.
        """
        if not as_text(name, "the name of a file"):
            raise InvalidInputError("the name of a file is not empty")
        number(size, 0, _MAX_FILE_LEN, "size")
        member(read_rights, Rights, "read_rights")
        member(write_rights, Rights, "write_rights")
        with self._lock:
            self._skf.create_file(self._opened(), name, size, int(read_rights), int(write_rights))

    def delete_file(self, name: str) -> None:
        """Delete a file.

        :raises InvalidTypeError: when name is not ``str``.
        :raises LoginRequiredError: unless somebody with the right to create files has logged in.
        :raises TokenNotFoundError: when there is none of this name.
        """
        as_text(name, "the name of a file")
        with self._lock:
            self._skf.delete_file(self._opened(), name)

    def read_file(self, name: str, offset: int = 0, length: int | None = None) -> bytes:
        """Return bytes of a file.

        :param offset: where to begin.
        :param length: how many; None reads to the end. Fewer come where the file ends before.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises InvalidInputError: when a number is outside.
        :raises LoginRequiredError: unless somebody with the right to read it has logged in.
        :raises TokenNotFoundError: when there is none of this name.
        """
        as_text(name, "the name of a file")
        number(offset, 0, _MAX_ULONG, "offset")
        if length is not None:
            number(length, 0, _MAX_FILE_LEN, "length")
        with self._lock:
            handle = self._opened()
            size = min(self._skf.get_file_info(handle, name).size, _MAX_FILE_LEN)
            end = size if length is None else min(size, offset + length)
            pieces: list[bytes] = []
            while offset < end:
                piece = self._skf.read_file(handle, name, offset, min(_PIECE_LEN, end - offset))
                if not piece:
                    break
                pieces.append(piece)
                offset += len(piece)
        return b"".join(pieces)

    def write_file(self, name: str, data: Buffer, offset: int = 0) -> None:
        """Write bytes into a file. They go in pieces of 1 KiB, and when one fails those before stay.

        :param offset: where to begin.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises InvalidInputError: when offset is outside, or the file too short.
        :raises LoginRequiredError: unless somebody with the right to write it has logged in.
        :raises TokenNotFoundError: when there is none of this name.
        """
        as_text(name, "the name of a file")
        content = as_bytes(data, "the data")
        number(offset, 0, _MAX_ULONG, "offset")
        with self._lock:
            handle = self._opened()
            size = self._skf.get_file_info(handle, name).size
            if offset + len(content) > size:  # found before the first piece is written
                raise InvalidInputError(
                    f"{len(content)} bytes from {offset} on do not fit into the {size} of the file {name!r}"
                )
            for start in range(0, len(content), _PIECE_LEN):
                self._skf.write_file(handle, name, offset + start, content[start : start + _PIECE_LEN])

    def _give_back(self) -> None:
        self._skf.close_application(self._handle)

    def __repr__(self) -> str:
        state = "" if self._is_open else ", closed"
        return f"<SKFApplication {self._name!r} in the device {self.device.name!r}{state}>"
