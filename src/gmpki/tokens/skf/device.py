"""The session protocol over an SKF driver: a connected device."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_text, member, number
from gmpki.errors import InvalidInputError, TokenNotFoundError
from gmpki.tokens._device_facts import FACTORY_KEY, SOFT_MANUFACTURER, checked_device_key
from gmpki.tokens._opened import Opened, the_only
from gmpki.tokens.interfaces import Ability, DeviceInfo, PinRequest, PinRole, Rights
from gmpki.tokens.pins import given_pin
from gmpki.tokens.skf import algorithm_names
from gmpki.tokens.skf.application import SKFApplication

if TYPE_CHECKING:
    from collections.abc import Iterator

    from typing_extensions import Buffer

    from gmpki.tokens.skf.driver import SKFDriver
    from gmpki.tokens.skf.functions import SKF
    from gmpki.tokens.skf.structures import DeviceHandle

__all__ = ["SKFDevice"]

_MAX_TRIES: Final = 0xFFFFFFFF
_MAX_RANDOM_LEN: Final = 1 << 20
_MAX_TIMEOUT_MS: Final = 0xFFFFFFFE
_UNLIMITED: Final = 0xFFFFFFFF  # drivers are met that say so for a size that they do not know

# What a device can do when the driver has all of these functions.
_NEEDED: Final = {
    Ability.RANDOM: ("SKF_GenRandom",),
    Ability.LOCK: ("SKF_LockDev", "SKF_UnlockDev"),
    Ability.LABEL: ("SKF_SetLabel",),
    Ability.DEVICE_AUTHENTICATION: ("SKF_GenRandom", "SKF_DevAuth"),
    Ability.MANAGE_APPLICATIONS: ("SKF_CreateApplication", "SKF_DeleteApplication"),
}


class SKFDevice(Opened):
    """A connected device; a :class:`~gmpki.tokens.interfaces.Device`. Thread-safe: its calls run one at a time.

    Its errors are those that :mod:`gmpki.tokens.interfaces` lists for every call. Made by
    :meth:`SKFDriver.open <gmpki.tokens.skf.driver.SKFDriver.open>`.
    """

    _WHAT = "device"

    def __init__(self, driver: SKFDriver, handle: DeviceHandle, name: str) -> None:
        super().__init__(driver, own_lock=True)
        self.driver = driver
        self._handle = handle
        self._name = name

    @property
    def name(self) -> str:
        """How the driver lists it."""
        return self._name

    @property
    def abilities(self) -> frozenset[Ability]:
        """What it can do, by the functions that the driver has."""
        missing = set(self._skf.missing)
        return frozenset(ability for ability, needed in _NEEDED.items() if missing.isdisjoint(needed))

    @property
    def _skf(self) -> SKF:
        return self.driver.skf

    def _opened(self) -> DeviceHandle:
        self._use()
        return self._handle

    @property
    def info(self) -> DeviceInfo:
        """What the device says of itself, asked anew each time."""
        with self._lock:
            found = self._skf.get_dev_info(self._opened())
        return DeviceInfo(
            name=self._name,
            label=found.label,
            manufacturer=found.manufacturer,
            issuer=found.issuer,
            serial_number=found.serial_number,
            hardware_version=_version(found.hw_version),
            firmware_version=_version(found.firmware_version),
            specification_version=_version(found.version),
            algorithms=algorithm_names.names_of(found.alg_sym_cap, found.alg_asym_cap, found.alg_hash_cap),
            device_auth_algorithm=algorithm_names.cipher_name(found.dev_auth_alg_id) if found.dev_auth_alg_id else None,
            total_len=_size(found.total_space),
            free_len=_size(found.free_space),
            max_input_len=_size(found.max_buffer_size),
            is_software=found.manufacturer == SOFT_MANUFACTURER,
        )

    def set_label(self, label: str) -> None:
        """Give the device a label.

        :param label: less than 32 bytes.
        :raises InvalidTypeError: when it is not ``str``.
        :raises InvalidInputError: when it is longer, or cannot be encoded for the driver.
        """
        as_text(label, "label")
        with self._lock:
            self._skf.set_label(self._opened(), label)

    def random(self, length: int) -> bytes:
        """Return random bytes made by the token.

        :param length: 1 byte to 1 MiB.
        :raises InvalidTypeError: when it is not an ``int``.
        :raises InvalidInputError: when it is outside.
        """
        number(length, 1, _MAX_RANDOM_LEN, "length")
        with self._lock:
            return self._skf.gen_random(self._opened(), length)

    @contextlib.contextmanager
    def lock(self, timeout_ms: int | None = None) -> Iterator[None]:
        """Use the device alone until the context ends: other processes, and other connections of this one, wait.

        Locking it again through the same connection is no error; that ends with the first lock at the latest.

        :param timeout_ms: how long to wait for whoever has it; None waits for ever.
        :raises InvalidTypeError: when it is not an ``int``.
        :raises InvalidInputError: when it is negative or beyond 32 bits.
        :raises TokenTimeoutError: when somebody else holds it that long.
        """
        if timeout_ms is not None:
            number(timeout_ms, 0, _MAX_TIMEOUT_MS, "timeout_ms")
        begin = time.monotonic()
        wait_s = None if timeout_ms is None else timeout_ms / 1000
        with self.driver.turns.taken(self._name, self, wait_s) as is_first:
            with self._lock:
                handle = self._opened()
            if not is_first:  # the driver counts no locks: the first end would be the end of all
                yield
                return
            if timeout_ms is not None:
                timeout_ms = max(0, timeout_ms - int(1000 * (time.monotonic() - begin)))
            # Waited for outside the own lock: another thread may have to use this device for the wait to end.
            self._skf.lock_dev(handle, timeout_ms)
            try:
                yield
            finally:
                with self._lock:
                    if self._is_open:  # disconnecting has unlocked it (GM/T 0016-2012 7.1.6)
                        self._skf.unlock_dev(self._handle)

    def _wait_for_turn(self) -> None:
        self.driver.turns.wait(self._name, self)

    # ---- the device key -----------------------------------------------------------------
    def authenticate(self, key: Buffer | None = None) -> None:
        """Authenticate to the device, which creating and deleting applications and changing the key need.

        :param key: 16 bytes; None takes the one that products are delivered with.
        :raises InvalidTypeError: when key is not a buffer.
        :raises InvalidInputError: when it has another length.
        :raises LoginRequiredError: when the device refuses it.
        :raises TokenUnsupportedError: when the driver has no such authentication, or no cipher for it.
        :standard: GM/T 0016-2012 8.2.3
        """
        from gmpki.tokens.skf import device_auth

        with self._lock:
            device_auth.authenticate(self._skf, self._opened(), FACTORY_KEY if key is None else key)

    def change_device_key(self, key: Buffer) -> None:
        """Give the device a new key, after authenticate.

        :param key: 16 bytes.
        :raises InvalidTypeError: when key is not a buffer.
        :raises InvalidInputError: when it has another length.
        :raises LoginRequiredError: unless authenticated.
        """
        value = checked_device_key(key)
        with self._lock:
            self._skf.change_dev_auth_key(self._opened(), value)

    # ---- applications -------------------------------------------------------------------
    def applications(self) -> tuple[str, ...]:
        """Return the names of the applications."""
        with self._lock:
            return self._skf.enum_application(self._opened())

    def application(self, name: str | None = None) -> SKFApplication:
        """Open an application; one that is open already is returned again.

        :param name: None is the only one there is.
        :raises InvalidTypeError: when name is not ``str``.
        :raises TokenNotFoundError: when there is none of this name, or None does not say which.
        """
        if name is not None:
            as_text(name, "the name of an application")
        with self._lock:
            handle = self._opened()
            if name is None:
                name = the_only(self._skf.enum_application(handle), f"the device {self._name!r}", "application")
            opened = self._below.get(name)
            if isinstance(opened, SKFApplication):
                return opened
            try:
                return SKFApplication(self, self._skf.open_application(handle, name), name)
            except TokenNotFoundError as error:
                there = ", ".join(self._skf.enum_application(handle)) or "none"
                raise TokenNotFoundError(
                    f"the device {self._name!r} has no application {name!r}; it has {there}",
                    function=error.function,
                    code=error.code,
                    code_name=error.code_name,
                ) from None

    def create_application(
        self,
        name: str,
        *,
        admin_pin: str | bytes | bytearray,
        user_pin: str | bytes | bytearray,
        admin_tries: int = 10,
        user_tries: int = 10,
        create_file_rights: Rights = Rights.USER,
    ) -> SKFApplication:
        """Create an application and open it.

        :param admin_tries: wrong tries until the PIN locks, at least 1; likewise user_tries. Tokens take at most 10
            (GM/T 0027-2014 9.2), some more.
        :param create_file_rights: who may create files in it.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises InvalidInputError: when the name is empty, or a number outside.
        :raises LoginRequiredError: unless the device has been authenticated to.
        :raises TokenExistsError: when there is one of this name.
        :raises TokenFullError: when there is no room.
        :raises PinRejectedError: when a PIN has a length or form that the token does not take.
        """
        if not as_text(name, "the name of an application"):
            raise InvalidInputError("the name of an application is not empty")
        for what, tries in (("admin_tries", admin_tries), ("user_tries", user_tries)):
            number(tries, 1, _MAX_TRIES, what)
        member(create_file_rights, Rights, "create_file_rights")
        requests = {role: PinRequest(role, self._name, name, None) for role in PinRole}
        encoding = self._skf.profile.encoding
        with (
            given_pin(admin_pin, requests[PinRole.ADMIN], encoding=encoding) as admin,
            given_pin(user_pin, requests[PinRole.USER], encoding=encoding) as user,
            self._lock,
        ):
            handle = self._skf.create_application(
                self._opened(),
                name,
                admin_pin=admin,
                admin_tries=admin_tries,
                user_pin=user,
                user_tries=user_tries,
                create_file_rights=int(create_file_rights),
            )
            return SKFApplication(self, handle, name)

    def delete_application(self, name: str) -> None:
        """Delete an application with all that is in it; what is open of it is closed.

        :raises InvalidTypeError: when name is not ``str``.
        :raises LoginRequiredError: unless the device has been authenticated to.
        :raises TokenNotFoundError: when there is none of this name.
        """
        as_text(name, "the name of an application")
        with self._lock:
            handle = self._opened()
            self._skf.delete_application(handle, name)
            opened = self._below.get(name)
            if opened is not None:
                opened.close()

    def _give_back(self) -> None:
        self._skf.disconnect_dev(self._handle)

    def __repr__(self) -> str:
        return f"<SKFDevice {self._name!r}{'' if self._is_open else ', closed'}>"


def _version(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"


def _size(value: int) -> int | None:
    return None if value == _UNLIMITED else value
