"""Which connection of this process has a device for itself.

``SKF_LockDev`` keeps other processes out. Between connections of one process it does so by letting a call wait inside
the driver, where it would keep every other call on the device waiting, the holder's among them. So they wait here.
"""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, Final

from gmpki.errors import TokenTimeoutError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Turns"]

# As long as the software token lets a call wait for whoever has locked the device.
_PATIENCE_S: Final = 30.0


class Turns:
    """The devices of a driver that somebody has for himself. Thread-safe."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._holders: dict[str, object] = {}

    def wait(self, device: str, connection: object, timeout_s: float | None = _PATIENCE_S) -> None:
        """Wait until no other connection has a device for itself.

        :raises TokenTimeoutError: when one has it that long.
        """
        with self._changed:
            self._wait(device, connection, timeout_s)

    @contextlib.contextmanager
    def taken(self, device: str, connection: object, timeout_s: float | None) -> Iterator[bool]:
        """Have a device for one connection until the context ends; tell whether it had it not already.

        :raises TokenTimeoutError: when another one has it that long.
        """
        with self._changed:
            self._wait(device, connection, timeout_s)
            is_first = device not in self._holders
            self._holders[device] = connection
        try:
            yield is_first
        finally:
            if is_first:
                with self._changed:
                    del self._holders[device]
                    self._changed.notify_all()

    def _wait(self, device: str, connection: object, timeout_s: float | None) -> None:
        if not self._changed.wait_for(lambda: self._holders.get(device) in (None, connection), timeout_s):
            raise TokenTimeoutError(f"another connection of this process has locked the device {device!r}")
