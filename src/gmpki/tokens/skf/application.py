"""The session protocol over an SKF driver: an application, its PINs, containers and files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_text, member, number
from gmpki.errors import InvalidInputError
from gmpki.tokens._application import MAX_FILE_LEN, ContainerApplication
from gmpki.tokens.interfaces import Ability, FileInfo, PinInfo, PinRequest, PinRole, Rights
from gmpki.tokens.pins import given_pin
from gmpki.tokens.skf.container import SKFContainer

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from gmpki.tokens.interfaces import PinSource
    from gmpki.tokens.skf.device import SKFDevice
    from gmpki.tokens.skf.functions import SKF
    from gmpki.tokens.skf.structures import ApplicationHandle

__all__ = ["SKFApplication"]

_NEEDED: Final = {
    Ability.FILES: ("SKF_CreateFile", "SKF_GetFileInfo", "SKF_ReadFile", "SKF_WriteFile"),
    Ability.PIN_UNBLOCK: ("SKF_UnblockPIN",),
    Ability.MANAGE_CONTAINERS: ("SKF_CreateContainer", "SKF_DeleteContainer"),
}


class SKFApplication(ContainerApplication[SKFContainer]):
    """An open application; a :class:`~gmpki.tokens.interfaces.Application`. Thread-safe.

    Who has logged in is the token's state and not this object's: closing it logs nobody out (GM/T 0016-2012 7.3.6).
    """

    def __init__(self, device: SKFDevice, handle: ApplicationHandle, name: str) -> None:
        super().__init__(device, device.name, name)
        self.device = device
        self._handle = handle

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
        spent = state.tries_left < state.max_tries
        return PinInfo(role, state.max_tries, state.tries_left, state.is_default, spent)

    def _verify_pin(self, role: PinRole, pin: bytearray) -> None:
        self._skf.verify_pin(self._opened(), int(role), pin)

    def logout(self) -> None:
        """Log out, user and administrator."""
        with self._lock:
            self._skf.clear_secure_state(self._opened())

    def _change_pin(self, role: PinRole, old: bytearray, new: bytearray) -> None:
        self._skf.change_pin(self._opened(), int(role), old, new)

    def _unblock_pin(self, admin: bytearray, new: bytearray) -> None:
        self._skf.unblock_pin(self._opened(), admin, new)

    def _given(
        self, pin: str | bytes | bytearray | PinSource, request: PinRequest
    ) -> AbstractContextManager[bytearray]:
        return given_pin(pin, request, encoding=self._skf.profile.encoding)

    # ---- containers ---------------------------------------------------------------------
    def containers(self) -> tuple[str, ...]:
        """Return the names of the containers."""
        with self._lock:
            return self._skf.enum_container(self._opened())

    def _open_container(self, name: str) -> SKFContainer:
        return SKFContainer(self, self._skf.open_container(self._opened(), name), name)

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
            self._demand_no_container(name)
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
        number(size, 0, MAX_FILE_LEN, "size")
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

    def _check_file_name(self, name: str) -> None:
        as_text(name, "the name of a file")

    def _read_piece(self, name: str, offset: int, length: int) -> bytes:
        return self._skf.read_file(self._opened(), name, offset, length)

    def _write_piece(self, name: str, offset: int, piece: bytes) -> None:
        self._skf.write_file(self._opened(), name, offset, piece)

    def _give_back(self) -> None:
        self._skf.close_application(self._handle)

    def __repr__(self) -> str:
        state = "" if self._is_open else ", closed"
        return f"<SKFApplication {self._name!r} in the device {self.device.name!r}{state}>"
