"""What a check of an SKF driver is given: the driver, a device, and an application of its own with keys in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

from gmpki.conformance.calling import CallingBench, Guarded
from gmpki.conformance.model import Permission
from gmpki.conformance.scene import Pins
from gmpki.conformance.skf.recorded import answer_name
from gmpki.errors import TokenError
from gmpki.keys.envelope import KeyEnvelope
from gmpki.keys.sm2 import SM2PrivateKey, SM2PublicKey
from gmpki.tokens.interfaces import PinRole, Rights
from gmpki.tokens.skf import header

if TYPE_CHECKING:
    from collections.abc import Callable

    from gmpki.conformance.skf.scene import SKFScene
    from gmpki.conformance.skf.second_process import SecondProcess
    from gmpki.tokens.skf.functions import SKF
    from gmpki.tokens.skf.structures import ApplicationHandle, ContainerHandle, DeviceHandle, DevInfo

__all__ = ["Dual", "Guarded", "OwnApplication", "SKFBench"]

_TRIES: Final = 6


@dataclass(frozen=True, slots=True)
class OwnApplication:
    """An application that the suite made. Immutable."""

    name: str
    handle: ApplicationHandle
    pins: Pins


@dataclass(frozen=True, slots=True)
class Dual:
    """A container with both pairs. Immutable.

    :ivar signing_point: x || y in 64 bytes.
    :ivar encryption_key: made outside and imported, so that it is known here.
    """

    container: ContainerHandle
    signing_point: bytes
    encryption_key: SM2PrivateKey


class SKFBench(CallingBench):
    """What a check of an SKF driver is given.

    :ivar skf: the driver by functions that negotiate sizes and make codes errors.
    :ivar shared: what all checks of the group share.
    """

    OK: ClassVar[str] = "SAR_OK"
    UNSUPPORTED: ClassVar[str] = "SAR_NOTSUPPORTYETERR"
    BYTE: ClassVar[str] = "BYTE"

    def __init__(self, shared: SKFScene) -> None:
        super().__init__(shared.recorder, shared.options)
        self.shared = shared
        self.skf: SKF = shared.skf
        self._device: DeviceHandle | None = None
        self._application: ApplicationHandle | None = None
        self._names: dict[ContainerHandle, str] = {}

    # ---- calling the driver as it is ------------------------------------------------------
    @property
    def ffi(self) -> Any:
        """CFFI with the types of the driver's layout."""
        return self.shared.library.ffi(self.skf.layout)

    def code(self, function: str, *arguments: Any) -> int:
        """Call a function with arguments as C takes them, and return its code.

        :raises TokenUnsupportedError: when the driver does not have it.
        """
        return self.shared.library.call(self.skf.layout, function, arguments)

    def answer(self, function: str, *arguments: Any) -> str:
        """Call a function and return the name of its code, such as "SAR_OK"; errors as :meth:`code`."""
        return answer_name(self.code(function, *arguments))

    def ulong(self, value: int = 0) -> tuple[Any, Any]:
        """Return a cell of 8 bytes and it as ULONG*; whoever passes the pointer keeps the cell."""
        cell = self.ffi.new("uint64_t *")
        pointer = self.ffi.cast("ULONG *", cell)
        pointer[0] = value
        return cell, pointer

    def text(self, content: str | bytes) -> Any:
        """Return a C string."""
        return self.ffi.new("char[]", content if isinstance(content, bytes) else content.encode())

    def data(self, content: bytes) -> Any:
        """Return bytes as an input, which the interface does not keep the driver from writing."""
        return self.ffi.new("BYTE[]", content + b"\0")

    def raw(self, handle: Any) -> Any:
        """Return a handle as C takes it."""
        return self.ffi.cast("HANDLE", handle.value)

    def has(self, *functions: str) -> bool:
        """Tell whether the driver has all of these functions."""
        return not any(function in self.skf.missing for function in functions)

    def constant(self, name: str) -> int:
        """Return a number of the standard, such as that of "SGD_SM4_ECB"."""
        return header.constants()[name]

    # ---- the device -----------------------------------------------------------------------
    @property
    def device_name(self) -> str:
        """How the driver lists the device under test."""
        return self.shared.device_name

    @property
    def device(self) -> DeviceHandle:
        """The device, connected for this check."""
        if self._device is None:
            with self.scene():
                device = self._device = self.skf.connect_dev(self.device_name)
                self.later(self._disconnect, device)
        return self._device

    def _disconnect(self, device: DeviceHandle) -> None:
        if device is self._device:
            self._device = None
            self.skf.disconnect_dev(device)

    def connect(self) -> DeviceHandle:
        """Connect to the device once more, until the end of the check."""
        device = self.skf.connect_dev(self.device_name)
        self.later(self.skf.disconnect_dev, device)
        return device

    @property
    def info(self) -> DevInfo:
        """What the device says of itself."""
        with self.scene():
            return self.skf.get_dev_info(self.device)

    def authenticate(self, device: DeviceHandle | None = None) -> None:
        """Authenticate to the device, which takes the permission to initialise."""
        self._demand_init()
        with self.scene():
            self.shared.authenticate(device or self.device)

    def _demand_init(self) -> None:
        if Permission.INIT not in self.shared.permissions:
            self.not_run("it takes --allow-init", "需要 --allow-init")

    # ---- the application ------------------------------------------------------------------
    @property
    def pins(self) -> Pins:
        """The PINs of :attr:`application`."""
        return self.shared.pins

    @property
    def application_name(self) -> str:
        """The name of :attr:`application`."""
        with self.scene():
            return self.shared.application_name

    @property
    def application(self) -> ApplicationHandle:
        """The application that the suite works in, opened for this check; nobody has logged in."""
        if self._application is None:
            name = self.application_name
            device = self.device
            with self.scene():
                application = self.skf.open_application(device, name)
                self._application = application
                self.later(self._close_application, application)
                # A login may be the device's and outlast the handle it was made with.
                self.skf.clear_secure_state(application)
        return self._application

    def _close_application(self, application: ApplicationHandle) -> None:
        if application is self._application:
            self._application = None
            self.skf.clear_secure_state(application)
            self.skf.close_application(application)

    def reconnect(self) -> None:
        """Close :attr:`application` and disconnect; they are opened anew when they are next used."""
        self._leave(disconnect=True)

    def reopen(self, *, reconnect: bool = False) -> ApplicationHandle:
        """Close :attr:`application` and open it again; whoever had logged in is not logged out.

        :param reconnect: disconnect between.
        """
        name = self.application_name
        self._leave(disconnect=reconnect)
        device = self.device
        with self.scene():
            application = self._application = self.skf.open_application(device, name)
        self.later(self._close_application, application)
        return application

    def _leave(self, *, disconnect: bool) -> None:
        application, self._application = self._application, None
        with self.scene():
            if application is not None:
                self.skf.close_application(application)
            if disconnect and self._device is not None:
                device, self._device = self._device, None
                self.skf.disconnect_dev(device)

    def login(self) -> None:
        """Log the user in to :attr:`application`."""
        self._log_in(PinRole.USER, self.pins.user)

    def login_admin(self) -> None:
        """Log the administrator in to :attr:`application`."""
        self._log_in(PinRole.ADMIN, self.pins.admin)

    def _log_in(self, role: PinRole, pin: bytes) -> None:
        application = self.application
        if not pin:
            # A PIN that nobody gave would be a wrong one, and count.
            self.not_run("it takes a PIN of the application", "需要该应用的 PIN")
        with self.scene():
            if not self.shared.is_own_name(self.application_name):
                self._spare_tries(application, role)
            self.skf.verify_pin(application, role, pin)

    def _spare_tries(self, application: ApplicationHandle, role: PinRole) -> None:
        """End the check where a PIN was wrong before: otherwise each check would spend one more try of its owner's."""
        try:
            state = self.skf.get_pin_info(application, role)
        except TokenError:
            return  # such a driver is tried once for each check: nothing tells better
        if state.tries_left < state.max_tries:
            left = f"{state.tries_left}/{state.max_tries}"
            self.not_run(
                f"a wrong PIN was given before ({left} tries left); the suite spends no more of them",
                f"此前输入过错误的 PIN（剩余 {left} 次），检测不再消耗尝试次数",
            )

    def logout(self) -> None:
        """Log out whoever has logged in to :attr:`application`."""
        application = self.application
        with self.scene():
            self.skf.clear_secure_state(application)

    def new_application(
        self, *, admin_tries: int = _TRIES, user_tries: int = _TRIES, create_file_rights: int = Rights.USER
    ) -> OwnApplication:
        """Create one more application with PINs of its own, until the end of the check.

        :param create_file_rights: who may create files.
        """
        self._demand_init()
        device = self.device
        self.authenticate()
        with self.scene():
            name, pins = self.shared.new_name(), Pins.new()
            self.shared.made(name)
            handle = self.skf.create_application(
                device,
                name,
                admin_pin=pins.admin,
                admin_tries=admin_tries,
                user_pin=pins.user,
                user_tries=user_tries,
                create_file_rights=create_file_rights,
            )
        self.later(self.shared.remove_application, name)
        return OwnApplication(name, handle, pins)

    @property
    def has_opened(self) -> bool:
        """Whether this check has opened :attr:`application`."""
        return self._application is not None

    def second_process(self, function: Callable[..., object], **arguments: Any) -> SecondProcess:
        """Run a function of the suite in a second process, on this device and the application that is open here.

        :param function: of a module, by its name; it is given a bench of its own, then the arguments.
        :param arguments: as JSON has them; what is secret may be among them.
        :raises DriverError: when no process can be started.
        """
        from gmpki.conformance.skf.second_process import SecondProcess

        return SecondProcess(self, function, arguments)

    # ---- containers -----------------------------------------------------------------------
    def new_container(self, application: OwnApplication | None = None) -> ContainerHandle:
        """Create a container, until the end of the check; the user is logged in for it.

        :param application: where; None is :attr:`application`.
        """
        if application is None:
            self.login()
        handle = self.application if application is None else application.handle
        name = self.shared.new_name()
        with self.scene():
            if application is not None:
                self.skf.verify_pin(handle, PinRole.USER, application.pins.user)
            container = self.skf.create_container(handle, name)
        self._names[container] = name
        self.later(self._delete_container, name, application)
        return container

    def name_of(self, container: ContainerHandle) -> str:
        """Return the name of a container that :meth:`new_container` made."""
        return self._names[container]

    def _delete_container(self, name: str, application: OwnApplication | None) -> None:
        if application is None:
            self.login()
            self.skf.delete_container(self.application, name)
        else:
            self.skf.verify_pin(application.handle, PinRole.USER, application.pins.user)
            self.skf.delete_container(application.handle, name)

    def signing_container(self, application: OwnApplication | None = None) -> tuple[ContainerHandle, bytes]:
        """Create a container with a signing pair; return it and the public key, x || y in 64 bytes."""
        container = self.new_container(application)
        with self.scene():
            return container, self.skf.gen_ecc_key_pair(container)

    def dual_container(self, application: OwnApplication | None = None) -> Dual:
        """Create a container with both pairs."""
        container, point = self.signing_container(application)
        key = SM2PrivateKey.generate()
        with self.scene():
            envelope = KeyEnvelope.seal(key, SM2PublicKey.from_bytes(point))
            self.skf.import_ecc_key_pair(container, envelope)
        return Dual(container, point, key)
