"""Devices of the software token: made, listed, pulled out and put in, reset and deleted.

>>> from gmpki.tokens.soft import SoftSettings, create_soft_device, list_soft_devices
>>> import tempfile
>>> with tempfile.TemporaryDirectory() as root:  # the user's own folder, when no root is given
...     device = create_soft_device(SoftSettings(serial="00a1"), root=root)
...     [(one.name, one.is_present) for one in list_soft_devices(root)]
[('00a1', True)]
"""

from __future__ import annotations

import contextlib
import os
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from gmpki._files import lock
from gmpki._inputs import as_text, member, number
from gmpki.errors import InvalidInputError, InvalidTypeError, TokenError, TokenExistsError, TokenNotFoundError
from gmpki.tokens.soft.paths import library_path, store_root

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "SoftDevice",
    "SoftSettings",
    "create_soft_device",
    "delete_soft_device",
    "list_soft_devices",
    "pull_out",
    "put_in",
    "reset_soft_device",
]

_STATE: Final = "token"
_LOCK: Final = "lock"
_ABSENT: Final = "absent"
# The state first: with it the device is gone, whatever happens to the rest.
_FILES: Final = (_STATE, "token.new", "token.key", "exclusive", _ABSENT, _LOCK)
_SERIAL: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,30}")
_DEVICE_KEY_LEN: Final = 16
_MAX_LABEL_LEN: Final = 31
_PROFILES: Final = ("ukey-128k", "ukey-64k")
_LIMITS: Final = {
    "pin_cost_ms": (1, 10_000),
    "pin_iterations": (1, 50_000_000),
    "max_applications": (1, 64),
    "max_containers": (1, 64),
    "max_session_keys": (1, 1024),
    "total_space": (1024, 4_194_304),
    "pin_tries": (1, 15),
}


@dataclass(frozen=True, slots=True)
class SoftSettings:
    """What a device is made with. Immutable. None leaves a value to the profile.

    :ivar profile: "ukey-128k" or "ukey-64k", what the other values begin with: 8 applications of 8 containers, 8
        session keys, 128 or 64 KiB.
    :ivar serial: 1 to 31 letters, digits, "-", "_" and ".", no "." first: the device's name. None is a random one.
    :ivar label: 1 to 31 bytes of UTF-8.
    :ivar device_key: 16 bytes; None is the key that products are delivered with.
    :ivar pin_cost_ms: how long trying a PIN shall take, measured when the device is made, 1 to 10,000.
    :ivar pin_iterations: the same given as rounds of PBKDF2, 1 to 50,000,000, in place of pin_cost_ms.
    :ivar max_applications: 1 to 64; likewise ``max_containers`` in each.
    :ivar max_session_keys: 1 to 1024.
    :ivar total_space: bytes for the user, 1024 to 4,194,304.
    :ivar pin_tries: how many wrong tries a PIN has where an application does not say, 1 to 15.
    :raises InvalidTypeError: when a field has the wrong type.
    :raises InvalidInputError: when a field is outside, or both forms of the PIN's cost are given.
    """

    profile: str = "ukey-128k"
    serial: str | None = None
    label: str | None = None
    device_key: bytes | None = field(default=None, repr=False)
    pin_cost_ms: int | None = None
    pin_iterations: int | None = None
    max_applications: int | None = None
    max_containers: int | None = None
    max_session_keys: int | None = None
    total_space: int | None = None
    pin_tries: int | None = None

    def __post_init__(self) -> None:
        if as_text(self.profile, "profile") not in _PROFILES:
            raise InvalidInputError(f"profile must be one of {', '.join(_PROFILES)}, not {self.profile!r}")
        if self.serial is not None:
            _checked_name(self.serial)
        if self.label is not None:
            _check_label(self.label)
        if self.device_key is not None:
            member(self.device_key, bytes, "device_key")
            if len(self.device_key) != _DEVICE_KEY_LEN:
                raise InvalidInputError(f"device_key must be {_DEVICE_KEY_LEN} bytes long, not {len(self.device_key)}")
        for name, (low, high) in _LIMITS.items():
            value = getattr(self, name)
            if value is not None:
                number(value, low, high, name)
        if self.pin_cost_ms is not None and self.pin_iterations is not None:
            raise InvalidInputError("the cost of a PIN is given as pin_cost_ms or as pin_iterations, not as both")

    def to_text(self) -> str:
        """Return the lines that ``SKF_SoftCreateDevice`` takes. They hold the device key, where one is given."""
        values: dict[str, object] = {"profile": self.profile, "serial": self.serial, "label": self.label}
        values["device_key"] = None if self.device_key is None else self.device_key.hex()
        values.update((name, getattr(self, name)) for name in _LIMITS)
        return "".join(f"{name}={value}\n" for name, value in values.items() if value is not None)


@dataclass(frozen=True, slots=True)
class SoftDevice:
    """A device on disk. Immutable.

    :ivar name: its serial number, by which the drivers list it.
    :ivar folder: where its files are.
    :ivar is_present: False while it is pulled out.
    """

    name: str
    folder: str
    is_present: bool


def create_soft_device(
    settings: SoftSettings | None = None, *, root: str | os.PathLike[str] | None = None
) -> SoftDevice:
    """Make a device.

    :param settings: None are the defaults.
    :param root: the folder of devices; None is the user's, see :func:`~gmpki.tokens.soft.paths.store_root`.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when root is no name of a folder.
    :raises TokenExistsError: when there is a device of this serial number.
    :raises TokenError: when it cannot be written.
    :raises UnsupportedPlatform: when this installation came without the software token.
    """
    wanted = SoftSettings() if settings is None else settings
    member(wanted, SoftSettings, "settings")
    base = store_root(root)
    if wanted.serial is not None and _is_device(os.path.join(base, wanted.serial)):
        raise TokenExistsError(f"there is a software token {wanted.serial} already")
    return _created(base, wanted.to_text())


def list_soft_devices(root: str | os.PathLike[str] | None = None) -> tuple[SoftDevice, ...]:
    """Return the devices, sorted by name; a folder that is not there has none.

    :raises InvalidTypeError: when root is no path.
    :raises InvalidInputError: when it is no name of a folder.
    :raises TokenError: when it cannot be read.
    """
    base = store_root(root)
    with _file_errors("the folder of software tokens cannot be read"):
        try:
            names = sorted(os.listdir(base))
        except FileNotFoundError:
            return ()
    folders = ((name, os.path.join(base, name)) for name in names if _SERIAL.fullmatch(name))
    return tuple(_found(name, folder) for name, folder in folders if _is_device(folder))


def reset_soft_device(
    name: str, settings: SoftSettings | None = None, *, root: str | os.PathLike[str] | None = None
) -> SoftDevice:
    """Make a device anew under its name: everything in it is gone, in one step, and others see the old or the new.

    :param settings: of the new one; its serial must be None or the name.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when the name is none, or the settings have another.
    :raises TokenNotFoundError: when there is no such device.
    :raises TokenError: when it cannot be written.
    :raises UnsupportedPlatform: when this installation came without the software token.
    """
    wanted = SoftSettings() if settings is None else settings
    member(wanted, SoftSettings, "settings")
    if wanted.serial not in (None, name):
        raise InvalidInputError(f"the settings have another serial number, {wanted.serial}")
    folder = _existing(name, root)
    return _created(os.path.dirname(folder), replace(wanted, serial=name).to_text() + "replace=1\n")


def delete_soft_device(name: str, *, root: str | os.PathLike[str] | None = None) -> None:
    """Delete a device with all that is in it. The bytes of its files stay on the disk until others take their place.

    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when the name is none.
    :raises TokenNotFoundError: when there is no such device.
    :raises TokenError: when it cannot be deleted.
    :raises UnsupportedPlatform: where files cannot be locked.
    """
    folder = _existing(name, root)
    with _file_errors(f"the software token {name} cannot be deleted"):
        # The lock that every change takes: no process is writing when the state goes.
        descriptor = os.open(os.path.join(folder, _LOCK), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            lock(descriptor)
            for file in _FILES:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(os.path.join(folder, file))
            os.rmdir(folder)
        finally:
            os.close(descriptor)


def pull_out(name: str, *, root: str | os.PathLike[str] | None = None) -> None:
    """Make a device look pulled out: drivers report the event, and every use of it ends; twice is no error.

    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when the name is none.
    :raises TokenNotFoundError: when there is no such device.
    :raises TokenError: when its folder cannot be written.
    """
    folder = _existing(name, root)
    with _file_errors(f"the software token {name} cannot be pulled out"):
        flags = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        os.close(os.open(os.path.join(folder, _ABSENT), flags, 0o600))


def put_in(name: str, *, root: str | os.PathLike[str] | None = None) -> None:
    """Put a device back in; errors as :func:`pull_out`."""
    folder = _existing(name, root)
    with _file_errors(f"the software token {name} cannot be put in"), contextlib.suppress(FileNotFoundError):
        os.unlink(os.path.join(folder, _ABSENT))


# ---- devices and files ----------------------------------------------------------------------
def _created(base: str, text: str) -> SoftDevice:
    from gmpki.tokens.skf.driver_profile import DriverProfile
    from gmpki.tokens.skf.library import load

    name = load(library_path("skf"), DriverProfile.shipped("gmpki")).soft_create_device(base, text)
    return _found(name, os.path.join(base, name))


def _existing(name: str, root: str | os.PathLike[str] | None) -> str:
    folder = os.path.join(store_root(root), _checked_name(name))
    if not _is_device(folder):
        raise TokenNotFoundError(f"there is no software token {name}")
    return folder


def _is_device(folder: str) -> bool:
    return os.path.isfile(os.path.join(folder, _STATE))


def _found(name: str, folder: str) -> SoftDevice:
    return SoftDevice(name, folder, not os.path.lexists(os.path.join(folder, _ABSENT)))


def _checked_name(name: str) -> str:
    if _SERIAL.fullmatch(as_text(name, "the serial number")) is None:
        raise InvalidInputError(
            "a serial number has 1 to 31 letters, digits, '-', '_' and '.', and does not begin with '.'"
        )
    return name


def _check_label(label: str) -> None:
    if not isinstance(label, str):
        raise InvalidTypeError(f"label must be str, not {type(label).__name__}")
    try:
        length = len(label.encode("utf-8"))
    except UnicodeEncodeError:
        length = 0
    if not 0 < length <= _MAX_LABEL_LEN or any(character in label for character in "\0\r\n"):
        raise InvalidInputError(f"a label has 1 to {_MAX_LABEL_LEN} bytes of UTF-8 and is one line")


@contextlib.contextmanager
def _file_errors(message: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise TokenError(f"{message}: {error.strerror}") from None
