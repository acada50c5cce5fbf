"""The session protocol over PC/SC: an application, its PINs, containers and files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_text, member, number
from gmpki.tokens._application import MAX_FILE_LEN, ContainerApplication
from gmpki.tokens.interfaces import Ability, FileInfo, PinInfo, PinRole, Rights
from gmpki.tokens.pcsc import pin_forms
from gmpki.tokens.pcsc.card_profile import PinForm
from gmpki.tokens.pcsc.container import PCSCContainer
from gmpki.tokens.pcsc.fields import Fields, encoded_name, names

if TYPE_CHECKING:
    from gmpki.tokens.pcsc.channel import Channel
    from gmpki.tokens.pcsc.device import PCSCDevice

__all__ = ["PCSCApplication"]

_MAX_APPLICATION_NAME_LEN: Final = 255
_MAX_NAME_LEN: Final = 64
_MAX_FILE_NAME_LEN: Final = 32


class PCSCApplication(ContainerApplication[PCSCContainer]):
    """An open application; a :class:`~gmpki.tokens.interfaces.Application`. Thread-safe.

    Who has logged in is the card's state and not this object's. When another program resets the card, one call fails
    and says so; the next opens the application again, and a login is needed again.
    """

    def __init__(self, device: PCSCDevice, name: str) -> None:
        encoded_name(name, _MAX_APPLICATION_NAME_LEN, "the name of an application")
        with device._lock:
            channel = device._opened()
            number_now = _number_of(channel, name)
            super().__init__(device, device.name, name)
        self.device = device
        self._number = number_now
        self._generation: int = channel.transport.generation

    @property
    def abilities(self) -> frozenset[Ability]:
        """What it can do, by the profile of the card."""
        found = {Ability.FILES, Ability.MANAGE_CONTAINERS}
        if self.device.profile.pin_form is PinForm.SM2:
            found.add(Ability.PIN_UNBLOCK)
        return frozenset(found)

    def _open(self) -> tuple[Channel, bytes]:
        """Return the channel and the number that the application has now. Under the lock."""
        self._use()
        channel = self.device._opened()
        if self._generation != channel.transport.generation:
            self._number = _number_of(channel, self._name)
            self._generation = channel.transport.generation
        return channel, self._number

    # ---- PINs ---------------------------------------------------------------------------
    def pin_info(self, role: PinRole = PinRole.USER) -> PinInfo:
        """Return the state of a PIN.

        :raises InvalidTypeError: when role is no PinRole.
        """
        member(role, PinRole, "role")
        with self._lock:
            channel, own = self._open()
            fields = Fields(channel.call("GetPINInfo", own, p2=int(role), le=3), "the state of a PIN")
        most, left, is_default = fields.number(1), fields.number(1), fields.number(1) != 0
        return PinInfo(role, most, left, is_default, left < most)

    def _verify_pin(self, role: PinRole, pin: bytearray) -> None:
        channel, own = self._open()
        pin_forms.verify_pin(channel, own, int(role), pin)

    def logout(self) -> None:
        """Log out, user and administrator."""
        with self._lock:
            channel, own = self._open()
            channel.call("ClearSecureState", own)

    def _change_pin(self, role: PinRole, old: bytearray, new: bytearray) -> None:
        channel, own = self._open()
        pin_forms.send_protected(channel, "ChangePIN", pin_forms.counted([old, new]), number=own, p2=int(role))

    def _unblock_pin(self, admin: bytearray, new: bytearray) -> None:
        channel, own = self._open()
        pin_forms.send_protected(channel, "UnblockPIN", pin_forms.counted([admin, new]), number=own)

    # ---- containers ---------------------------------------------------------------------
    def containers(self) -> tuple[str, ...]:
        """Return the names of the containers."""
        with self._lock:
            channel, own = self._open()
            return names(channel.call("EnumContainer", own, le=-1), "containers")

    def _open_container(self, name: str) -> PCSCContainer:
        return PCSCContainer(self, name)

    def create_container(self, name: str) -> PCSCContainer:
        """Create a container and open it.

        :raises InvalidTypeError: when name is not ``str``.
        :raises InvalidInputError: when it is empty or too long.
        :raises LoginRequiredError: unless the user has logged in.
        :raises TokenExistsError: when there is one of this name.
        :raises TokenFullError: when there is no room.
        """
        encoded = encoded_name(name, _MAX_NAME_LEN, "the name of a container")
        with self._lock:
            channel, own = self._open()
            self._demand_no_container(name)
            channel.call("CreateContainer", own + encoded, le=2)
            return PCSCContainer(self, name)

    def delete_container(self, name: str) -> None:
        """Delete a container with all its keys; what is open of it is closed.

        :raises InvalidTypeError: when name is not ``str``.
        :raises LoginRequiredError: unless the user has logged in.
        :raises TokenNotFoundError: when there is none of this name.
        """
        as_text(name, "the name of a container")
        with self._lock:
            channel, own = self._open()
            self._demand_container(name)
            opened = self._below.get(name)
            if opened is not None:
                opened.close()
            channel.call("DeleteContainer", own + name.encode())

    # ---- files --------------------------------------------------------------------------
    def files(self) -> tuple[str, ...]:
        """Return the names of the files."""
        with self._lock:
            channel, own = self._open()
            return names(channel.call("EnumFiles", own, le=-1), "files")

    def file_info(self, name: str) -> FileInfo:
        """Return size and rights of a file.

        :raises InvalidTypeError: when name is not ``str``.
        :raises InvalidInputError: when it is empty or longer than 32 bytes.
        :raises TokenNotFoundError: when there is none of this name.
        """
        encoded = _file_name(name)
        with self._lock:
            channel, own = self._open()
            fields = Fields(channel.call("GetFileInfo", own + encoded, le=12), "the state of a file")
        size, read_rights, write_rights = (fields.number(4) for _ in range(3))
        return FileInfo(name, size, Rights(read_rights & 0xFF), Rights(write_rights & 0xFF))

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
        encoded = _file_name(name)
        number(size, 0, MAX_FILE_LEN, "size")
        member(read_rights, Rights, "read_rights")
        member(write_rights, Rights, "write_rights")
        numbers = b"".join(int(value).to_bytes(4, "big") for value in (size, read_rights, write_rights))
        with self._lock:
            channel, own = self._open()
            channel.call("CreateFile", own + numbers + encoded)

    def delete_file(self, name: str) -> None:
        """Delete a file.

        :raises InvalidTypeError: when name is not ``str``.
        :raises InvalidInputError: when it is empty or longer than 32 bytes.
        :raises LoginRequiredError: unless somebody with the right to create files has logged in.
        :raises TokenNotFoundError: when there is none of this name.
        """
        encoded = _file_name(name)
        with self._lock:
            channel, own = self._open()
            channel.call("DeleteFile", own + encoded)

    def _check_file_name(self, name: str) -> None:
        _file_name(name)

    def _read_piece(self, name: str, offset: int, length: int) -> bytes:
        channel, own = self._open()
        where = offset.to_bytes(4, "big") + length.to_bytes(2, "big")
        return channel.call("ReadFile", own + where + _file_name(name), le=length)[:length]

    def _write_piece(self, name: str, offset: int, piece: bytes) -> None:
        channel, own = self._open()
        encoded = _file_name(name)
        channel.call("WriteFile", own + offset.to_bytes(4, "big") + bytes((len(encoded),)) + encoded + piece)

    def _give_back(self) -> None:
        channel = self.device._channel
        if self._generation == channel.transport.generation:
            channel.call("CloseApplication", self._number)

    def __repr__(self) -> str:
        state = "" if self._is_open else ", closed"
        return f"<PCSCApplication {self._name!r} in the card in {self.device.name!r}{state}>"


def _number_of(channel: Channel, name: str) -> bytes:
    """Open an application; return its number, which stands behind rights and limits of 8 bytes (confidence C)."""
    fields = Fields(channel.call("OpenApplication", name.encode(), le=10), "an opened application")
    fields.take(8)
    return fields.take(2)


def _file_name(name: str) -> bytes:
    return encoded_name(name, _MAX_FILE_NAME_LEN, "the name of a file")
