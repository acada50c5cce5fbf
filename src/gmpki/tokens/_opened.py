"""What a driver and its devices, applications and containers have in common: they are open, and then they are not."""

from __future__ import annotations

import abc
import threading
from typing import TYPE_CHECKING, Final

from gmpki.errors import GmpkiError, StateError, TokenNotFoundError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager
    from types import TracebackType

    from typing_extensions import Self

__all__ = ["Closing", "Opened", "the_only"]

_MAX_SHOWN: Final = 20  # names in a message


class Closing(abc.ABC):
    """Something that is closed at the end of its ``with`` block."""

    @abc.abstractmethod
    def close(self) -> None:
        """Close it; doing so twice is no error."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Opened(Closing):
    """Something that was opened, and what was opened below it. Thread-safe.

    One lock serves a device and everything in it: what takes several calls of the driver is not interrupted, and no
    handle is given back while it is used. The driver has a lock of its own, which is never held while a device is used.

    :ivar _below: what was opened below, by name where it is opened once and then found again.
    """

    _WHAT = "object"

    def __init__(self, above: Opened | None, key: object = None, *, own_lock: bool = False) -> None:
        self._above = above
        self._key = self if key is None else key
        self._lock: AbstractContextManager[bool] = threading.RLock() if above is None or own_lock else above._lock
        self._below: dict[object, Opened] = {}
        self._is_open = True
        if above is not None:
            above._below[self._key] = self

    def _use(self) -> None:
        """Check that it is still open, and wait until nobody else has the device for himself; asked under the lock.

        :raises StateError: when it is not.
        :raises TokenTimeoutError: when another connection has it too long.
        """
        if not self._is_open:
            raise StateError(f"the {self._WHAT} is closed")
        self._wait_for_turn()

    def _wait_for_turn(self) -> None:
        if self._above is not None:
            self._above._wait_for_turn()

    def _give_back(self) -> None:
        """Give the driver its handle back."""

    def close(self) -> None:
        """Close what was opened below, then this; doing so twice is no error.

        What the driver answers is passed over: nobody could do anything about it, and the handle is used no more.
        """
        with self._lock:
            if not self._is_open:
                return
            # Closed to newcomers first: from now on nothing is opened below.
            self._is_open = False
            below = tuple(self._below.values())
        for one in reversed(below):
            one.close()
        if self._above is not None:
            self._above._below.pop(self._key, None)
        with self._lock:
            try:
                self._give_back()
            except GmpkiError:
                return


def the_only(names: Sequence[str], place: str, kind: str) -> str:
    """Return the one name that there is, where none was given.

    :param place: where they are, such as "the device 'UKEY-1'".
    :param kind: what they are of, in the singular and with a regular plural.
    :raises TokenNotFoundError: when there is none, or more than one.
    """
    if len(names) != 1:
        shown = f"{', '.join(names[:_MAX_SHOWN])}{', ...' if len(names) > _MAX_SHOWN else ''}"
        there = f"{len(names)} {kind}s; one must be named: {shown}" if names else f"no {kind}"
        raise TokenNotFoundError(f"{place} has {there}")
    return names[0]
