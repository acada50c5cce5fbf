"""Devices: found, connected, described, locked, authenticated to (GM/T 0016-2012 7.1, 7.2.2, 7.2.3, 7.6.2).

Errors of every function: those of sar.py's table, :class:`~gmpki.errors.TokenUnsupportedError` where the driver lacks
it, :class:`~gmpki.errors.DriverError` when the driver breaks its interface, :class:`~gmpki.errors.InvalidTypeError` and
:class:`~gmpki.errors.InvalidInputError` for inputs of a wrong type or size or for handles of another driver, and
:class:`~gmpki.errors.StateError` after ``close``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gmpki._inputs import number
from gmpki.tokens.skf import sar
from gmpki.tokens.skf.blobs import Blobs
from gmpki.tokens.skf.calls import MAX_DATA_LEN
from gmpki.tokens.skf.probe import examine_device, merged
from gmpki.tokens.skf.structures import DeviceHandle, DevInfo

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["DeviceFunctions"]

_NO_DEVICE: Final = ""
_MAX_NAME_LEN: Final = 1024
_LABEL_LEN: Final = 31
_FOREVER: Final = 0xFFFFFFFF
_MAX_ANSWER_LEN: Final = 65536 + 2


class DeviceFunctions(Blobs):
    """The functions of devices."""

    # What the last cancel_wait_for_dev_event was: a wait that began before and fails was cancelled.
    _cancelled = 0

    def wait_for_dev_event(self) -> tuple[str, int] | None:
        """Wait until a device is inserted (1) or removed (2), and return its name and which; None when cancelled.

        Other threads go on meanwhile, and other calls on devices too.
        """
        ffi = self._ffi
        name = ffi.new("char[]", _MAX_NAME_LEN)
        _cell, length = self._number_out()
        _event_cell, event = self._number_out()
        length[0] = _MAX_NAME_LEN
        cancelled = self._cancelled
        code = self._code(None, "SKF_WaitForDevEvent", name, length, event)
        if code != sar.OK:
            # The standard has no code for a wait that was cancelled.
            if self._named(code) == "SAR_NOT_EVENTERR" or self._cancelled != cancelled:
                return None
            raise self._error("SKF_WaitForDevEvent", code)
        raw: bytes = ffi.string(name, _MAX_NAME_LEN)
        if not raw and self._cancelled != cancelled:
            return None
        return self._decoded(raw), int(event[0])

    def cancel_wait_for_dev_event(self) -> None:
        """Make the waits of this process return."""
        self._cancelled += 1
        self._call(None, "SKF_CancelWaitForDevEvent")

    def enum_dev(self, present: bool = True) -> tuple[str, ...]:
        """Return the names of the devices that are present, or of all that the driver supports."""
        return self._name_list(_NO_DEVICE, "SKF_EnumDev", self._flag(present, "present"))

    def connect_dev(self, name: str) -> DeviceHandle:
        """Connect to a device. Where the packing could only be assumed before, this finds it out."""
        cell = self._ffi.new("HANDLE *")
        self._call(name, "SKF_ConnectDev", self._string(name, "the name"), cell)
        handle = self._new_handle(DeviceHandle, cell, name)
        if self._findings is not None and not self._findings.packing_known:
            with self._lock_of(name):
                self._findings = examine_device(self._library, self._findings, handle.value)
                self._profile = merged(self._profile, self._findings)
        return handle

    def disconnect_dev(self, device: DeviceHandle) -> None:
        """Disconnect; the driver closes what belongs to the device."""
        self._on(device, DeviceHandle, "SKF_DisConnectDev")

    def get_dev_state(self, name: str) -> int:
        """Return 0 for absent, 1 for present, 2 for unknown."""
        _cell, state = self._number_out()
        self._call(_NO_DEVICE, "SKF_GetDevState", self._string(name, "the name"), state)
        return int(state[0])

    def set_label(self, device: DeviceHandle, label: str) -> None:
        """Give a device a label of at most 31 bytes."""
        handle = self._handle(device, DeviceHandle)
        self._call(device.device, "SKF_SetLabel", handle, self._string(label, "the label", most=_LABEL_LEN))

    def get_dev_info(self, device: DeviceHandle) -> DevInfo:
        """Return what a device says of itself."""
        handle = self._handle(device, DeviceHandle)
        _buffer, info = self._room("DEVINFO")
        self._call(device.device, "SKF_GetDevInfo", handle, info)
        return DevInfo(
            version=_version(info.Version),
            manufacturer=self._field(info.Manufacturer),
            issuer=self._field(info.Issuer),
            label=self._field(info.Label),
            serial_number=self._field(info.SerialNumber),
            hw_version=_version(info.HWVersion),
            firmware_version=_version(info.FirmwareVersion),
            alg_sym_cap=int(info.AlgSymCap),
            alg_asym_cap=int(info.AlgAsymCap),
            alg_hash_cap=int(info.AlgHashCap),
            dev_auth_alg_id=int(info.DevAuthAlgId),
            total_space=int(info.TotalSpace),
            free_space=int(info.FreeSpace),
            max_ecc_buffer_size=int(info.MaxECCBufferSize),
            max_buffer_size=int(info.MaxBufferSize),
        )

    def _field(self, field: Any) -> str:
        """Return the text of a field that ends with NUL or is full."""
        return self._decoded(bytes(self._ffi.buffer(field)).split(b"\0", 1)[0])

    def lock_dev(self, device: DeviceHandle, timeout_ms: int | None = None) -> None:
        """Use a device alone; None waits for ever.

        Others of this process may call the device while one waits here: whoever holds the lock must be able to unlock.

        :raises TokenTimeoutError: when somebody else holds it that long.
        """
        handle = self._handle(device, DeviceHandle)
        timeout = _FOREVER if timeout_ms is None else self._ulong(timeout_ms, "timeout_ms", _FOREVER - 1)
        self._call(None, "SKF_LockDev", handle, timeout)

    def unlock_dev(self, device: DeviceHandle) -> None:
        """Let others use the device again."""
        self._on(device, DeviceHandle, "SKF_UnlockDev")

    def transmit(self, device: DeviceHandle, command: Buffer) -> bytes:
        """Pass a command APDU to the device and return its answer; for tests."""
        handle = self._handle(device, DeviceHandle)
        data, length = self._input(command, "the command", most=_MAX_ANSWER_LEN + 16)
        return self._output(device.device, "SKF_Transmit", handle, data, length, capacity=_MAX_ANSWER_LEN)

    def change_dev_auth_key(self, device: DeviceHandle, key: Buffer) -> None:
        """Give a device a new key for its authentication, after that."""
        handle = self._handle(device, DeviceHandle)
        with self._secret(key, "the key") as (data, length):
            self._call(device.device, "SKF_ChangeDevAuthKey", handle, data, length)

    def dev_auth(self, device: DeviceHandle, auth_data: Buffer) -> None:
        """Authenticate to a device with an encrypted challenge.

        :func:`gmpki.tokens.skf.device_auth.authenticate` makes it.
        """
        handle = self._handle(device, DeviceHandle)
        data, length = self._input(auth_data, "auth_data", most=1024)
        self._call(device.device, "SKF_DevAuth", handle, data, length)

    def gen_random(self, device: DeviceHandle, length: int) -> bytes:
        """Return random bytes made by the device.

        :param length: in bytes, at least 1.
        """
        handle = self._handle(device, DeviceHandle)
        number(length, 1, MAX_DATA_LEN, "length")
        buffer = self._ffi.new("BYTE[]", length)
        self._call(device.device, "SKF_GenRandom", handle, buffer, length)
        return bytes(self._ffi.buffer(buffer))

    def soft_create_device(self, folder: str | None = None, settings: str | None = None) -> str:
        """Make a device of the software token, and return its name; only that driver has this.

        :param folder: where its devices are kept; None for the default.
        :param settings: lines name=value; None for the defaults.
        """
        arguments = [
            self._ffi.NULL if text is None else self._string(text, name)
            for text, name in ((folder, "folder"), (settings, "settings"))
        ]
        raw = self._output(_NO_DEVICE, "SKF_SoftCreateDevice", *arguments, capacity=_MAX_NAME_LEN)
        return self._decoded(raw.split(b"\0", 1)[0])


def _version(version: Any) -> tuple[int, int]:
    return int(version.major), int(version.minor)
