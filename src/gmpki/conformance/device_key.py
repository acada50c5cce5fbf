"""The key for device authentication, which is not tried again once the device has refused it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gmpki.errors import LoginRequiredError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["DeviceKey"]


class DeviceKey:
    """A device key as a run uses it. Of one thread.

    Devices may count wrong answers, and lock for good: a run with a wrong key gives one, not one for each check.

    :ivar value: 16 bytes.
    :ivar is_refused: whether the device has refused it.
    """

    def __init__(
        self, value: bytes, *, is_refused: bool = False, on_refused: Callable[[], None] = lambda: None
    ) -> None:
        """Begin.

        :param is_refused: whether that happened before.
        :param on_refused: told when it happens.
        """
        self.value = value
        self.is_refused = is_refused
        self._on_refused = on_refused

    def use(self, authenticate: Callable[[bytes], None]) -> None:
        """Authenticate with it.

        :param authenticate: does so with the key that it is given.
        :raises LoginRequiredError: when the device refuses it, or has refused it before.
        """
        if self.is_refused:
            raise LoginRequiredError("the device has refused the device key before, and it is not tried again")
        try:
            authenticate(self.value)
        except LoginRequiredError:
            self.is_refused = True
            self._on_refused()
            raise
