"""Applications: PINs, the applications themselves, files (GM/T 0016-2012 7.2.4 to 7.2.8, 7.3, 7.4).

PINs are text, in the encoding of the driver, or bytes. The copies made for the driver are overwritten; what Python
keeps of a str cannot be, of a bytearray its owner can. Errors: see :mod:`gmpki.tokens.skf.device_functions`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gmpki._inputs import number
from gmpki.tokens.skf import sar
from gmpki.tokens.skf.blobs import Blobs
from gmpki.tokens.skf.calls import MAX_DATA_LEN
from gmpki.tokens.skf.structures import ApplicationHandle, DeviceHandle, FileAttribute, PinState

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["ApplicationFunctions"]

_MAX_NAME_LEN: Final = 128
_MAX_FILE_NAME_LEN: Final = 32


class ApplicationFunctions(Blobs):
    """The functions of applications and files."""

    # ---- PINs ---------------------------------------------------------------------------
    def change_pin(self, application: ApplicationHandle, pin_type: int, old: str | Buffer, new: str | Buffer) -> None:
        """Change a PIN: that of the administrator (0) or the user (1).

        :raises PinIncorrectError: when the old one is wrong, with the tries left.
        :raises PinLockedError: when it is locked.
        :raises PinRejectedError: when the token does not take the new one.
        """
        handle, kind = self._handle(application, ApplicationHandle), self._ulong(pin_type, "pin_type")
        with self._pin(old, "the old PIN") as old_text, self._pin(new, "the new PIN") as new_text:
            self._with_tries(application.device, "SKF_ChangePIN", handle, kind, old_text, new_text)

    def get_pin_info(self, application: ApplicationHandle, pin_type: int) -> PinState:
        """Return the state of a PIN."""
        handle, kind = self._handle(application, ApplicationHandle), self._ulong(pin_type, "pin_type")
        (_most_cell, most), (_left_cell, left), (default_cell, _) = (self._number_out() for _ in range(3))
        default = self._ffi.cast("BOOL *", default_cell)
        self._call(application.device, "SKF_GetPINInfo", handle, kind, most, left, default)
        return PinState(int(most[0]), int(left[0]), bool(default[0]))

    def verify_pin(self, application: ApplicationHandle, pin_type: int, pin: str | Buffer) -> None:
        """Log in; a wrong PIN spends one of its tries.

        :raises PinIncorrectError: when it is wrong, with the tries left.
        :raises PinLockedError: when it is locked.
        """
        handle, kind = self._handle(application, ApplicationHandle), self._ulong(pin_type, "pin_type")
        with self._pin(pin, "the PIN") as text:
            self._with_tries(application.device, "SKF_VerifyPIN", handle, kind, text)

    def unblock_pin(self, application: ApplicationHandle, admin_pin: str | Buffer, new_user_pin: str | Buffer) -> None:
        """Set the user's PIN with the administrator's, and give its tries back.

        :raises PinIncorrectError: when the administrator's is wrong, with its tries left.
        :raises PinLockedError: when that is locked.
        :raises PinRejectedError: when the token does not take the new one.
        """
        handle = self._handle(application, ApplicationHandle)
        with self._pin(admin_pin, "the administrator's PIN") as admin, self._pin(new_user_pin, "the new PIN") as new:
            self._with_tries(application.device, "SKF_UnblockPIN", handle, admin, new)

    def _with_tries(self, device: str, function: str, *arguments: Any) -> None:
        """Call a function whose last argument tells how many tries are left."""
        _cell, tries = self._number_out()
        code = self._code(device, function, *arguments, tries)
        if code != sar.OK:
            raise self._error(function, code, tries_left=int(tries[0]))

    def clear_secure_state(self, application: ApplicationHandle) -> None:
        """Log out, user and administrator."""
        self._on(application, ApplicationHandle, "SKF_ClearSecureState")

    # ---- applications -------------------------------------------------------------------
    def create_application(
        self,
        device: DeviceHandle,
        name: str,
        *,
        admin_pin: str | Buffer,
        admin_tries: int,
        user_pin: str | Buffer,
        user_tries: int,
        create_file_rights: int,
    ) -> ApplicationHandle:
        """Create an application, after the authentication of the device.

        :param create_file_rights: who may create files, as rights of the standard.
        :raises LoginRequiredError: without the authentication.
        :raises PinRejectedError: when the token does not take one of the PINs.
        :raises TokenExistsError: when there is one of this name.
        :raises TokenFullError: when there is no room.
        """
        handle, cell = self._handle(device, DeviceHandle), self._ffi.new("HANDLE *")
        text = self._string(name, "the name", most=_MAX_NAME_LEN)
        tries = [self._ulong(value, "tries") for value in (admin_tries, user_tries)]
        rights = self._ulong(create_file_rights, "create_file_rights")
        with self._pin(admin_pin, "the administrator's PIN") as admin, self._pin(user_pin, "the user's PIN") as user:
            self._call(
                device.device, "SKF_CreateApplication", handle, text, admin, tries[0], user, tries[1], rights, cell
            )
        return self._new_handle(ApplicationHandle, cell, device.device)

    def enum_application(self, device: DeviceHandle) -> tuple[str, ...]:
        """Return the names of the applications."""
        handle = self._handle(device, DeviceHandle)
        return self._name_list(device.device, "SKF_EnumApplication", handle)

    def delete_application(self, device: DeviceHandle, name: str) -> None:
        """Delete an application with all that is in it, after the authentication of the device."""
        handle = self._handle(device, DeviceHandle)
        self._call(device.device, "SKF_DeleteApplication", handle, self._string(name, "the name", most=_MAX_NAME_LEN))

    def open_application(self, device: DeviceHandle, name: str) -> ApplicationHandle:
        """Open an application.

        :raises TokenNotFoundError: when there is none of this name.
        """
        handle, cell = self._handle(device, DeviceHandle), self._ffi.new("HANDLE *")
        text = self._string(name, "the name", most=_MAX_NAME_LEN)
        self._call(device.device, "SKF_OpenApplication", handle, text, cell)
        return self._new_handle(ApplicationHandle, cell, device.device)

    def close_application(self, application: ApplicationHandle) -> None:
        """Close an application; it stays logged in."""
        self._on(application, ApplicationHandle, "SKF_CloseApplication")

    # ---- files --------------------------------------------------------------------------
    def create_file(
        self, application: ApplicationHandle, name: str, size: int, read_rights: int, write_rights: int
    ) -> None:
        """Create a file of size bytes, with rights of the standard.

        :raises TokenExistsError: when there is one of this name.
        :raises TokenFullError: when there is no room.
        """
        numbers = (
            self._ulong(size, "size"),
            self._ulong(read_rights, "read_rights"),
            self._ulong(write_rights, "write_rights"),
        )
        self._on_file(application, "SKF_CreateFile", name, *numbers)

    def delete_file(self, application: ApplicationHandle, name: str) -> None:
        """Delete a file.

        :raises TokenNotFoundError: when there is none of this name.
        """
        self._on_file(application, "SKF_DeleteFile", name)

    def enum_files(self, application: ApplicationHandle) -> tuple[str, ...]:
        """Return the names of the files."""
        handle = self._handle(application, ApplicationHandle)
        return self._name_list(application.device, "SKF_EnumFiles", handle)

    def get_file_info(self, application: ApplicationHandle, name: str) -> FileAttribute:
        """Return size and rights of a file.

        :raises TokenNotFoundError: when there is none of this name.
        """
        _buffer, info = self._room("FILEATTRIBUTE")
        self._on_file(application, "SKF_GetFileInfo", name, info)
        # All 32 bytes may be the name, without NUL.
        raw = bytes(self._ffi.buffer(info.FileName)).split(b"\0", 1)[0]
        return FileAttribute(self._decoded(raw), int(info.FileSize), int(info.ReadRights), int(info.WriteRights))

    def read_file(self, application: ApplicationHandle, name: str, offset: int, length: int) -> bytes:
        """Return at most length bytes of a file.

        :raises TokenNotFoundError: when there is none of this name.
        """
        handle = self._handle(application, ApplicationHandle)
        text = self._string(name, "the name", most=_MAX_FILE_NAME_LEN)
        place = self._ulong(offset, "offset")
        number(length, 0, MAX_DATA_LEN, "length")
        return self._output(application.device, "SKF_ReadFile", handle, text, place, length, capacity=length)

    def write_file(self, application: ApplicationHandle, name: str, offset: int, data: Buffer) -> None:
        """Write bytes into a file.

        :raises TokenNotFoundError: when there is none of this name.
        """
        place = self._ulong(offset, "offset")
        copy, length = self._input(data, "data")
        self._on_file(application, "SKF_WriteFile", name, place, copy, length)

    def _on_file(self, application: ApplicationHandle, function: str, name: str, *arguments: Any) -> None:
        handle = self._handle(application, ApplicationHandle)
        text = self._string(name, "the name", most=_MAX_FILE_NAME_LEN)
        self._call(application.device, function, handle, text, *arguments)
