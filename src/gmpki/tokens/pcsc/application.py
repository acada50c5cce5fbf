"""The session protocol over PC/SC: an application, its PINs, containers and files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_bytes, as_text, member, number
from gmpki.errors import InvalidInputError, TokenError, TokenExistsError, TokenNotFoundError
from gmpki.tokens._opened import Opened
from gmpki.tokens.interfaces import Ability, FileInfo, PinInfo, PinRequest, PinRole, Rights
from gmpki.tokens.pcsc import pin_forms
from gmpki.tokens.pcsc.card_profile import PinForm
from gmpki.tokens.pcsc.container import PCSCContainer
from gmpki.tokens.pcsc.fields import Fields, encoded_name, names
from gmpki.tokens.pins import given_pin

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from gmpki.tokens.interfaces import PinSource
    from gmpki.tokens.pcsc.channel import Channel
    from gmpki.tokens.pcsc.device import PCSCDevice

__all__ = ["PCSCApplication"]

_MAX_OFFSET: Final = 0xFFFFFFFF
_MAX_FILE_LEN: Final = 1 << 24
_MAX_APPLICATION_NAME_LEN: Final = 255
_MAX_NAME_LEN: Final = 64
_MAX_FILE_NAME_LEN: Final = 32
_PIECE_LEN: Final = 1024


class PCSCApplication(Opened):
    """An open application; a :class:`~gmpki.tokens.interfaces.Application`. Thread-safe.

    Who has logged in is the card's state and not this object's. When another program resets the card, one call fails
    and says so; the next opens the application again, and a login is needed again.
    """

    _WHAT = "application"

    def __init__(self, device: PCSCDevice, name: str) -> None:
        encoded_name(name, _MAX_APPLICATION_NAME_LEN, "the name of an application")
        with device._lock:
            channel = device._opened()
            number_now = _number_of(channel, name)
            super().__init__(device, name)
        self.device = device
        self._name = name
        self._number = number_now
        self._generation = channel.transport.generation

    @property
    def name(self) -> str:
        """Its name in the device."""
        return self._name

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
        return PinInfo(role, fields.number(1), fields.number(1), fields.number(1) != 0)

    def login(self, pin: str | bytes | bytearray | PinSource, role: PinRole = PinRole.USER) -> None:
        """Log in. A PIN that is wrong spends a try; nothing is tried twice.

        :param pin: the PIN, or a function that is asked for it once.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises PinIncorrectError: when it is wrong, with the tries left.
        :raises PinLockedError: when it is locked.
        :raises PinRejectedError: when it has a length or form that the card does not take.
        """
        member(role, PinRole, "role")
        with given_pin(pin, self._request(role, pin)) as value, self._lock:
            channel, own = self._open()
            pin_forms.verify_pin(channel, own, int(role), value)

    def logout(self) -> None:
        """Log out, user and administrator."""
        with self._lock:
            channel, own = self._open()
            channel.call("ClearSecureState", own)

    def change_pin(
        self, old: str | bytes | bytearray | PinSource, new: str | bytes | bytearray, role: PinRole = PinRole.USER
    ) -> None:
        """Change a PIN.

        :raises InvalidTypeError: when an input has the wrong type.
        :raises PinIncorrectError: when the old one is wrong, with the tries left.
        :raises PinLockedError: when it is locked.
        :raises PinRejectedError: when one has a length or form that the card does not take.
        :raises TokenUnsupportedError: when it is not known how this kind of card wants it.
        """
        member(role, PinRole, "role")
        request = self._request(role, old)
        # The new one first: when it is no PIN, nobody is asked for the old one.
        with given_pin(new, request) as new_value, given_pin(old, request) as old_value, self._lock:
            channel, own = self._open()
            fields = pin_forms.counted([old_value, new_value])
            pin_forms.send_protected(channel, "ChangePIN", fields, number=own, p2=int(role))

    def unblock_pin(
        self, admin_pin: str | bytes | bytearray | PinSource, new_user_pin: str | bytes | bytearray
    ) -> None:
        """Set a new user PIN with the administrator's, and give its tries back.

        :raises InvalidTypeError: when an input has the wrong type.
        :raises PinIncorrectError: when the administrator's PIN is wrong, with its tries left.
        :raises PinLockedError: when that is locked.
        :raises PinRejectedError: when one has a length or form that the card does not take.
        :raises TokenUnsupportedError: when it is not known how this kind of card wants it.
        """
        request = self._request(PinRole.ADMIN, admin_pin)
        with given_pin(new_user_pin, request) as new, given_pin(admin_pin, request) as admin, self._lock:
            channel, own = self._open()
            pin_forms.send_protected(channel, "UnblockPIN", pin_forms.counted([admin, new]), number=own)

    def _request(self, role: PinRole, pin: object) -> PinRequest:
        """Return what a source is told. Only a source is worth asking the card for the tries left."""
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
            channel, own = self._open()
            return names(channel.call("EnumContainer", own, le=-1), "containers")

    def container(self, name: str) -> PCSCContainer:
        """Open a container; one that is open already is returned again.

        :raises InvalidTypeError: when name is not ``str``.
        :raises TokenNotFoundError: when there is none of this name.
        """
        as_text(name, "the name of a container")
        with self._lock:
            self._use()
            opened = self._below.get(name)
            if isinstance(opened, PCSCContainer):
                return opened
            self._demand_container(name)
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
            if name in self.containers():
                raise TokenExistsError(f"the application {self._name!r} has a container {name!r} already")
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

    def _demand_container(self, name: str) -> None:
        listed = self.containers()
        if name not in listed:
            there = ", ".join(listed) or "none"
            raise TokenNotFoundError(f"the application {self._name!r} has no container {name!r}; it has {there}")

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
        number(size, 0, _MAX_FILE_LEN, "size")
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

    def read_file(self, name: str, offset: int = 0, length: int | None = None) -> bytes:
        """Return bytes of a file.

        :param offset: where to begin.
        :param length: how many; None reads to the end. Fewer come where the file ends before.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises InvalidInputError: when the name or a number is outside.
        :raises LoginRequiredError: unless somebody with the right to read it has logged in.
        :raises TokenNotFoundError: when there is none of this name.
        """
        encoded = _file_name(name)
        number(offset, 0, _MAX_OFFSET, "offset")
        if length is not None:
            number(length, 0, _MAX_FILE_LEN, "length")
        parts: list[bytes] = []
        with self._lock:
            size = min(self.file_info(name).size, _MAX_FILE_LEN)
            end = size if length is None else min(size, offset + length)
            while offset < end:
                wanted = min(_PIECE_LEN, end - offset)
                channel, own = self._open()
                where = offset.to_bytes(4, "big") + wanted.to_bytes(2, "big")
                part = channel.call("ReadFile", own + where + encoded, le=wanted)[:wanted]
                if not part:
                    break
                parts.append(part)
                offset += len(part)
        return b"".join(parts)

    def write_file(self, name: str, data: Buffer, offset: int = 0) -> None:
        """Write bytes into a file. They go in pieces of 1 KiB, and when one fails those before stay.

        :param offset: where to begin.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises InvalidInputError: when the name or offset is outside, or the file too short.
        :raises LoginRequiredError: unless somebody with the right to write it has logged in.
        :raises TokenNotFoundError: when there is none of this name.
        """
        encoded = _file_name(name)
        content = as_bytes(data, "the data")
        number(offset, 0, _MAX_OFFSET, "offset")
        with self._lock:
            size = self.file_info(name).size
            if offset + len(content) > size:  # found before the first piece is written
                raise InvalidInputError(
                    f"{len(content)} bytes from {offset} on do not fit into the {size} of the file {name!r}"
                )
            for start in range(0, len(content), _PIECE_LEN):
                channel, own = self._open()
                where = (offset + start).to_bytes(4, "big") + bytes((len(encoded),)) + encoded
                channel.call("WriteFile", own + where + content[start : start + _PIECE_LEN])

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
