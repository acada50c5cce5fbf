"""Devices put in and pulled out, as a driver reports them: an iterator, or a function that is called.

``SKF_WaitForDevEvent`` blocks, and ``SKF_CancelWaitForDevEvent`` ends the waiting of the whole process (GM/T 0016-2012
7.1.2 and 7.1.3). So each listener waits in a thread of its own: who reads the events can stop at any moment, and a
listener that was woken because another one stopped waits on.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from typing import TYPE_CHECKING, Final, Protocol

from gmpki._inputs import function
from gmpki.errors import GmpkiError, InvalidInputError, InvalidTypeError, TokenError, TokenUnsupportedError
from gmpki.tokens.interfaces import DeviceEvent, EventKind

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from typing_extensions import Self

__all__ = ["EventListener", "EventStream", "EventWaiter"]

_POLL_S: Final = 0.02
# How long a listener that stops waits for the driver to let its thread go. Then the thread is left to itself.
_PATIENCE_S: Final = 2.0
# A driver whose waiting fails that often in a row is not being woken by others.
_MAX_FAILURES: Final = 25
_MAX_TIMEOUT_S: Final = 86400.0 * 365


class EventWaiter(Protocol):
    """What a listener needs of a driver."""

    @property
    def missing(self) -> tuple[str, ...]:
        """The functions that it does not have."""

    def wait_for_dev_event(self) -> tuple[str, int] | None:
        """Block until something happens; return the device's name and the number of the event, None when woken."""

    def cancel_wait_for_dev_event(self) -> None:
        """End the waiting of this process."""


class EventListener:
    """Calls a function for each event, in a thread of its own, until it is stopped. Thread-safe.

    Events are told one after the other. An error that ends the listening, the function's own among them, is kept in
    :attr:`error`.

    :raises TokenUnsupportedError: when the driver reports no events.
    :raises InvalidTypeError: when what is to be called is no function.
    """

    def __init__(self, driver: EventWaiter, told: Callable[[DeviceEvent], None]) -> None:
        function(told, "what is to be called")
        if "SKF_WaitForDevEvent" in driver.missing:
            raise TokenUnsupportedError("the driver reports no events", function="SKF_WaitForDevEvent")
        self.error: BaseException | None = None
        self._driver = driver
        self._told = told
        self._stopping = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="gmpki-skf-events", daemon=True)
        self._thread.start()

    @property
    def has_ended(self) -> bool:
        """Whether it listens no more."""
        return self._ended.is_set()

    def stop(self) -> None:
        """Stop listening; doing so twice is no error. From within the called function it does not wait for its end."""
        self._stopping.set()
        if threading.current_thread() is self._thread or "SKF_CancelWaitForDevEvent" in self._driver.missing:
            return
        deadline = time.monotonic() + _PATIENCE_S
        # Again and again: a thread that has not yet begun to wait is not woken.
        while self._thread.is_alive() and time.monotonic() < deadline:
            with contextlib.suppress(GmpkiError):
                self._driver.cancel_wait_for_dev_event()
            self._thread.join(_POLL_S)

    def _listen(self) -> None:
        failures = 0
        try:
            while not self._stopping.is_set():
                try:
                    happened = self._driver.wait_for_dev_event()
                except TokenUnsupportedError:
                    raise
                except TokenError:
                    failures += 1
                    if failures >= _MAX_FAILURES:
                        raise
                    self._stopping.wait(_POLL_S)
                    continue
                failures = 0
                if happened is None:  # another listener was stopped, or this one
                    self._stopping.wait(_POLL_S)
                    continue
                name, number = happened
                if number in (EventKind.INSERTED, EventKind.REMOVED) and not self._stopping.is_set():
                    self._told(DeviceEvent(name, EventKind(number)))
        except BaseException as error:  # noqa: BLE001 - told to whoever reads the events
            self.error = error
        finally:
            self._ended.set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class EventStream:
    """Events one after the other; an iterator that listens from its making on. One thread reads it.

    :param timeout_s: seconds until it ends; None for no end.
    :raises TokenUnsupportedError: when the driver reports no events.
    :raises InvalidTypeError: when timeout_s is no number.
    :raises InvalidInputError: when it is negative or no time.
    """

    def __init__(self, driver: EventWaiter, timeout_s: float | None = None) -> None:
        self._deadline = None if timeout_s is None else time.monotonic() + _checked_timeout(timeout_s)
        self._events: queue.SimpleQueue[DeviceEvent] = queue.SimpleQueue()
        self._listener = EventListener(driver, self._events.put)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> DeviceEvent:
        """Return the next event.

        :raises TokenError: when the driver fails.
        """
        while True:
            # Asked before the queue: what it told before it ended is still read.
            has_ended = self._listener.has_ended
            left = None if self._deadline is None else self._deadline - time.monotonic()
            try:
                # Short waits, so that a signal is seen and the listener's end as well.
                wait = 0 if has_ended or (left is not None and left <= 0) else min(left or 1.0, 5 * _POLL_S)
                return self._events.get(timeout=wait) if wait else self._events.get_nowait()
            except queue.Empty:
                if not wait:
                    break
        self.stop()
        if isinstance(self._listener.error, GmpkiError):
            error, self._listener.error = self._listener.error, None
            raise error
        raise StopIteration

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will come but what has come already."""
        return self._listener.has_ended

    def stop(self) -> None:
        """Stop listening; doing so twice is no error. What has come already can still be read."""
        self._listener.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def __del__(self) -> None:
        if hasattr(self, "_listener"):
            self._listener.stop()


def _checked_timeout(timeout_s: float) -> float:
    if not isinstance(timeout_s, int | float) or isinstance(timeout_s, bool):
        raise InvalidTypeError(f"timeout_s must be a number, not {type(timeout_s).__name__}")
    if not 0 <= timeout_s <= _MAX_TIMEOUT_S:  # also what is not a number
        raise InvalidInputError("timeout_s must be 0 seconds to a year")
    return float(timeout_s)
