"""What the checks of one group share: the loaded driver, the device, and the application that the suite works in."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

from gmpki.conformance.device_key import DeviceKey
from gmpki.conformance.model import Permission
from gmpki.conformance.scene import OWN_NAME, Pins, Scene
from gmpki.conformance.skf.bench import SKFBench
from gmpki.conformance.skf.recorded import RecordedLibrary
from gmpki.errors import GmpkiError, InvalidInputError, LoginRequiredError, TokenNotFoundError
from gmpki.tokens.interfaces import Rights
from gmpki.tokens.skf import device_auth
from gmpki.tokens.skf.driver_profile import DriverProfile
from gmpki.tokens.skf.functions import SKF
from gmpki.tokens.skf.library import path_text
from gmpki.tokens.skf.probe import settled

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from gmpki.conformance.recording import Recorder
    from gmpki.conformance.target import Options, Target
    from gmpki.tokens.skf.structures import DeviceHandle

__all__ = ["TEMPORARY_KEY", "SKFScene"]

TEMPORARY_KEY: Final = b"gmpki-device-key"
"""What the device key is while a check has changed it: known, so that a device left with it is not lost."""

_CHANGED_KEY: Final = f"{OWN_NAME}device-key-"
_TRIES: Final = 6


class SKFScene(Scene):
    """A driver with a device, for the checks of a group. A context of one thread: its end removes what it made.

    :ivar library: the driver as it is; skf: the same by its functions. Both are recorded.
    :ivar device_key: the key for device authentication.
    """

    def __init__(
        self,
        target: Target,
        permissions: Collection[Permission],
        options: Options,
        recorder: Recorder,
        *,
        on_made: Callable[[str], None] = lambda _: None,
        on_removed: Callable[[str], None] = lambda _: None,
        is_key_refused: bool = False,
        on_key_refused: Callable[[], None] = lambda: None,
    ) -> None:
        """Load the driver.

        :param on_made: told the name of an application before it is created; on_removed: when it is gone.
        :param is_key_refused: whether the device was found to refuse the device key; on_key_refused: told that it does.
        :raises DriverError: when the driver cannot be loaded.
        """
        super().__init__(target, permissions, options, recorder, on_made=on_made, on_removed=on_removed)
        key = target.device_key or device_auth.FACTORY_KEY
        self.device_key = DeviceKey(key, is_refused=is_key_refused, on_refused=on_key_refused)
        known = target.driver_profile or DriverProfile()
        self.library = RecordedLibrary(path_text(target.path), known.spelling, recorder)
        self.skf = SKF(self.library, *settled(self.library, known))
        self._device_name: str | None = None
        self._application_name: str | None = None
        self._pins: Pins | None = None

    def bench(self) -> SKFBench:
        """Return what the next check is given."""
        return SKFBench(self)

    def authenticate(self, device: DeviceHandle) -> None:
        """Authenticate to a device.

        :raises LoginRequiredError: when it refuses the device key, or has done so before.
        :raises TokenError: for any other answer of the driver.
        """
        self.device_key.use(lambda key: device_auth.authenticate(self.skf, device, key))

    @property
    def device_name(self) -> str:
        """The device under test.

        :raises TokenNotFoundError: when there is none, or the target does not say which of several.
        """
        if self._device_name is None:
            names = self.skf.enum_dev()
            wanted = self.target.device
            if wanted is not None and wanted not in names:
                raise TokenNotFoundError(f"the driver lists no device {wanted!r}")
            if wanted is None and len(names) != 1:
                raise TokenNotFoundError(f"the driver lists {len(names)} devices; name the one to test")
            self._device_name = names[0] if wanted is None else wanted
        return self._device_name

    # ---- applications ---------------------------------------------------------------------
    @property
    def pins(self) -> Pins:
        """The PINs of the application that the suite works in."""
        if self._pins is None:
            if Permission.INIT in self.permissions:
                self._pins = Pins.new()
            else:
                self._pins = self.given_pins
        return self._pins

    @property
    def application_name(self) -> str:
        """The application that the suite works in: its own, or the one that the target names.

        :raises TokenNotFoundError: when none may be created and none is named.
        """
        if self._application_name is None:
            if Permission.INIT in self.permissions:
                self._application_name = self._create_own()
            elif self.target.application is not None:
                self._application_name = self.target.application
            else:
                raise TokenNotFoundError("it takes --allow-init or --application")
        return self._application_name

    def _create_own(self) -> str:
        name = self.new_name()
        device = self.skf.connect_dev(self.device_name)
        try:
            self.authenticate(device)
            self.made(name)
            handle = self.skf.create_application(
                device,
                name,
                admin_pin=self.pins.admin,
                admin_tries=_TRIES,
                user_pin=self.pins.user,
                user_tries=_TRIES,
                create_file_rights=Rights.USER,
            )
            self.skf.close_application(handle)
        finally:
            self.skf.disconnect_dev(device)
        return name

    # ---- the device key -------------------------------------------------------------------
    @property
    def _key_note(self) -> str:
        """How it is noted that the device key is changed. It tells one key from another, and not what a key is."""
        from gmpki.algorithms.sm3 import SM3

        digest = SM3()
        digest.update(b"gmpki device key" + self.device_key.value)
        return f"{_CHANGED_KEY}{digest.digest()[:4].hex()}"

    def key_changes(self) -> None:
        """Note that the device key is about to be :data:`TEMPORARY_KEY`."""
        self.made(self._key_note)

    def restore_key(self) -> None:
        """Give the device its own key again, if it has the temporary one.

        :raises LoginRequiredError: when it has another.
        :raises TokenError: when it refuses.
        """
        self.remove_application(self._key_note)

    def _restore_key(self, device: DeviceHandle) -> None:
        with contextlib.suppress(LoginRequiredError):
            device_auth.authenticate(self.skf, device, TEMPORARY_KEY)
            self.skf.change_dev_auth_key(device, self.device_key.value)
        device_auth.authenticate(self.skf, device, self.device_key.value)

    def _remove(self, name: str) -> None:
        is_key = name.startswith(_CHANGED_KEY)
        if is_key and name != self._key_note:
            raise InvalidInputError("the key to be given back to the device is another than the one that it had")
        device = self.skf.connect_dev(self.device_name)
        try:
            if is_key:
                self._restore_key(device)
            elif self._is_there(device, name):
                self.authenticate(device)
                self.skf.delete_application(device, name)
        finally:
            self.skf.disconnect_dev(device)

    def _is_there(self, device: DeviceHandle, name: str) -> bool:
        """Tell whether an application is there: it is listed, or can be opened where the driver's list is broken."""
        with contextlib.suppress(GmpkiError):
            if name in self.skf.enum_application(device):
                return True
        try:
            self.skf.close_application(self.skf.open_application(device, name))
        except GmpkiError:
            return False
        return True

    def close(self) -> None:
        """Remove the applications that were made. What cannot be removed stays noted as made."""
        super().close()
        self.skf.close()
