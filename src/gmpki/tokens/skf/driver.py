"""The session protocol over an SKF driver: the driver itself.

>>> from gmpki.tokens.skf.driver import SKFDriver
>>> with SKFDriver.load("/opt/vendor/libskf.so") as driver:  # doctest: +SKIP
...     with driver.open() as device, device.application("A") as application:
...         application.login("12345678")
...         application.container("con1").signing_key.sign(b"message")
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_text, member
from gmpki.algorithms.policy import DEFAULT_POLICY, AlgorithmPolicy
from gmpki.errors import TokenNotFoundError
from gmpki.tokens._opened import Opened
from gmpki.tokens.interfaces import Ability
from gmpki.tokens.skf._turns import Turns
from gmpki.tokens.skf.device import SKFDevice
from gmpki.tokens.skf.events import EventListener, EventStream

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from gmpki.tokens.interfaces import DeviceEvent
    from gmpki.tokens.skf.driver_profile import DriverProfile
    from gmpki.tokens.skf.functions import SKF

__all__ = ["SKFDriver"]


class SKFDriver(Opened):
    """A loaded SKF driver; a :class:`~gmpki.tokens.interfaces.TokenDriver`. Thread-safe.

    :ivar skf: its functions, one by one, for what this class does not do.
    :ivar policy: decides about RSA keys of tokens.
    :ivar turns: which connection has a device for itself.
    :raises InvalidTypeError: when policy is no AlgorithmPolicy.
    """

    _WHAT = "driver"
    kind: Final = "skf"

    def __init__(self, skf: SKF, *, policy: AlgorithmPolicy = DEFAULT_POLICY) -> None:
        member(policy, AlgorithmPolicy, "policy")
        super().__init__(None)
        self.skf = skf
        self.policy = policy
        self.turns = Turns()
        self._listeners: list[EventListener | EventStream] = []

    @classmethod
    def load(
        cls,
        path: str | os.PathLike[str],
        *,
        profile: DriverProfile | None = None,
        isolated: bool = False,
        policy: AlgorithmPolicy = DEFAULT_POLICY,
    ) -> SKFDriver:
        """Load a driver.

        :param path: of the library.
        :param profile: what is known of it; None finds out.
        :param isolated: run it in a process of its own, which may crash without this one.
        :param policy: decides about RSA keys of tokens.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises InvalidInputError: when path is no name of a file.
        :raises DriverError: when it cannot be loaded, or does not keep to its interface.
        :raises UnsupportedPlatform: when cffi is not installed.
        """
        member(isolated, bool, "isolated")
        if isolated:
            from gmpki.tokens.skf.isolation import load_isolated

            return cls(load_isolated(path, profile), policy=policy)
        from gmpki.tokens.skf.library import load

        return cls(load(path, profile), policy=policy)

    @property
    def abilities(self) -> frozenset[Ability]:
        """What it can do: report events."""
        return frozenset() if "SKF_WaitForDevEvent" in self.skf.missing else frozenset({Ability.EVENTS})

    def devices(self) -> tuple[str, ...]:
        """Return the names of the devices that are there.

        :raises StateError: after close.
        :raises TokenError: when the driver fails.
        """
        with self._lock:
            self._use()
        return self.skf.enum_dev(True)

    def open(self, name: str | None = None) -> SKFDevice:
        """Connect to a device.

        :param name: as listed; None is the only one there is.
        :raises InvalidTypeError: when name is not ``str``.
        :raises TokenNotFoundError: when there is none of this name, or None does not say which.
        :raises StateError: after close.
        :raises TokenError: when the driver fails.
        """
        if name is not None:
            as_text(name, "the name of a device")
        present = self.devices()
        if name is None:
            if len(present) != 1:
                there = f"{len(present)} devices are there ({', '.join(present)})" if present else "no device is there"
                raise TokenNotFoundError(f"{there}; one must be named" if present else there)
            name = present[0]
        elif name not in present:
            there = f"those that are: {', '.join(present)}" if present else "no device is"
            raise TokenNotFoundError(f"the device {name!r} is not there; {there}")
        return SKFDevice(self, self.skf.connect_dev(name), name)

    # ---- events -------------------------------------------------------------------------
    def events(self, *, timeout_s: float | None = None) -> EventStream:
        """Return an iterator of what happens to devices from now on, until the time is over or it is closed.

        :param timeout_s: seconds; None is no end.
        :raises InvalidTypeError: when timeout_s is no number.
        :raises InvalidInputError: when it is negative or no time.
        :raises TokenUnsupportedError: when the driver reports none.
        :raises StateError: after close.
        """
        with self._lock:
            self._use()
            stream = EventStream(self.skf, timeout_s)
            self._keep(stream)
        return stream

    def listen(self, told: Callable[[DeviceEvent], None]) -> EventListener:
        """Call a function for each event, in a thread of its own, until the listener is stopped.

        :raises InvalidTypeError: when it is no function.
        :raises TokenUnsupportedError: when the driver reports none.
        :raises StateError: after close.
        """
        with self._lock:
            self._use()
            listener = EventListener(self.skf, told)
            self._keep(listener)
        return listener

    def _keep(self, listener: EventListener | EventStream) -> None:
        self._listeners = [one for one in self._listeners if not one.has_ended]
        self._listeners.append(listener)

    def cancel_events(self) -> None:
        """End every iterator and listener of this driver."""
        with self._lock:
            listeners, self._listeners = self._listeners, []
        for listener in listeners:
            listener.stop()

    def close(self) -> None:
        """End the waiting for events, close every device, then the driver; doing so twice is no error."""
        self.cancel_events()
        super().close()

    def _give_back(self) -> None:
        self.skf.close()

    def __repr__(self) -> str:
        return f"<SKFDriver {self.skf.path!r}{'' if self._is_open else ', closed'}>"
